# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Counters of each rule for one port, while the others share the flows."""

import concurrent.futures
import re

import frames
from sandbox import Sandbox, wait_until

GUEST, OTHER, PEER = frames.mac(1), frames.mac(2), frames.mac(3)
LINK = {"src": GUEST, "dst": PEER}

FILTER = """<filter name='web'>
<rule action='drop' direction='out'><tcp dstportstart='25'/></rule>
<rule action='accept' direction='out'><udp dstportstart='53'
 state='NONE'/></rule>
<rule action='accept' direction='in'><udp dstportstart='53'
 state='NONE'/></rule>
{more}
</filter>"""
MORE = ("<rule action='drop' direction='out' priority='{}'>"
        "<udp dstportstart='99'/></rule>")
DROP = "drop out tcp dstportstart=25"
ROW = re.compile(r" (in|out) +(\d+) +(\d+) +(.*)")


def lab(sandbox):
    sandbox.define(FILTER.format(more=""))
    guest = sandbox.add_port("guest", filter="web", mac=GUEST)
    other = sandbox.add_port("other", filter="web", mac=OTHER)
    net = sandbox.add_port("net")
    sandbox.wait_installed("guest", "other")
    sandbox.sync()
    return guest, other, net


def arrives(source, target, frame):
    source.send(frame)
    return wait_until(lambda: frame in target.receive(), "the frame arrives")


def program(sandbox, port):
    number = sandbox.vsctl("get", "Interface", port, "ofport").strip()
    flow = next(f for f in sandbox.flows()
                if re.search(rf"in_port={number}\b", f)
                and "resubmit(,11)" in f)
    return re.search(r"set_field:(0x\w+)->reg11", flow)[1]


def counts(sandbox, port="guest"):
    """Direction and rule, without where it stands, to packets and bytes."""
    sandbox.revalidate()
    lines = sandbox.nwfctl("watch", port).splitlines()
    rows = [ROW.fullmatch(line.rstrip()) for line in lines[2:]]
    assert all(rows) and rows, lines
    return {(row[1], re.sub(r"filter \w+:\d+: ", "", row[4])):
            (int(row[2]), int(row[3])) for row in rows}


def test_own_counters(sandbox):
    guest, other, net = lab(sandbox)
    shared = program(sandbox, "guest")
    assert program(sandbox, "other") == shared
    cookies = {f.split(",")[0] for f in sandbox.flows()}
    refused = sandbox.nwfctl("watch", "guest", check=False)
    assert refused.returncode and "not watched" in refused.stderr, refused
    guest.send(frames.tcp(dport=25, **LINK))
    sandbox.settle()        # That one is not counted.

    sandbox.nwfctl("watch", "guest", "on")
    sandbox.sync()
    assert sandbox.nwfctl("watch") == "guest\n"
    assert program(sandbox, "other") == shared != program(sandbox, "guest")
    rules = {c for c in cookies if "0x4e571" in c}
    assert rules == {f.split(",")[0] for f in sandbox.flows()
                     if "cookie=0x4e571" in f}
    for n in range(3):
        guest.send(frames.tcp(n + 1000, 25, **LINK))
        other.send(frames.tcp(n + 1000, 25, src=OTHER, dst=PEER))
    assert arrives(guest, net, frames.udp(dport=53, **LINK))
    assert arrives(guest, net, frames.udp(dport=54, **LINK))
    assert arrives(net, guest, frames.udp(dport=53, src=PEER, dst=GUEST))
    got = wait_until(lambda: counts(sandbox)["out", DROP][0] == 3
                     and counts(sandbox), "the drops are counted")
    assert got["out", DROP] == (3, 180), got
    assert got["in", "accept in udp dstportstart=53 state=NONE"][0] == 1
    assert got["out", "accept out udp dstportstart=53 state=NONE"][0] == 1
    assert got["out", "accept: end of the IP rules"][0] == 1, got
    # "Drop" holds for what would be an answer, too.
    assert got["in", DROP] == (0, 0), got

    sandbox.nwfctl("watch", "guest", "off")
    sandbox.sync()
    assert sandbox.nwfctl("watch") == ""
    assert program(sandbox, "guest") == shared
    # Twice, and by hand: what is configured counts, not who has done it.
    sandbox.nwfctl("watch", "guest", "on")
    sandbox.vsctl("remove", "Interface", "guest", "external_ids",
                  "nwfilter-watch")
    sandbox.sync()
    assert program(sandbox, "guest") == shared
    sandbox.vsctl("set", "Interface", "guest",
                  "external_ids:nwfilter-watch=true")
    sandbox.sync()
    assert program(sandbox, "guest") != shared


def test_changes_and_restart(sandbox):
    """A watched port gets what is edited, and stays watched."""
    guest, _, _ = lab(sandbox)
    sandbox.nwfctl("watch", "guest", "on")
    sandbox.sync()
    own = program(sandbox, "guest")
    sandbox.define(FILTER.format(more=MORE.format(100)))
    sandbox.sync()
    assert program(sandbox, "guest") == own
    guest.send(frames.udp(dport=99, **LINK))
    wait_until(lambda: any("=99" in key[1] and packets for key, (packets, _)
                           in counts(sandbox).items()), "the new rule counts")
    before = sandbox.flows()
    sandbox.restart("ovs-nwfilterd")
    sandbox.sync()
    assert sandbox.flows() == before
    assert counts(sandbox)
    # It has nothing of its own without filter.
    sandbox.vsctl("remove", "Interface", "guest", "external_ids", "nwfilter")
    sandbox.sync()
    assert sandbox.nwfctl("watch") == "guest (not yet)\n"
    refused = sandbox.nwfctl("watch", "guest", check=False)
    assert "has no filter in force" in refused.stderr, refused


def test_words(sandbox):
    lab(sandbox)
    for args, text in {("nobody",): "no port 'nobody'",
                       ("guest", "yes"): "'yes' is neither on nor off"
                       }.items():
        refused = sandbox.nwfctl("watch", *args, check=False)
        assert refused.returncode and text in refused.stderr, refused


def test_port_leaves_its_bridge_meanwhile():
    """The counters of a port that has another bridge when the switch answers
    are not to be had, and the daemon goes on."""
    with Sandbox(bridges=("br-int", "br-two")) as sandbox:
        lab(sandbox)
        sandbox.nwfctl("watch", "guest", "on")
        sandbox.sync()
        uuid = sandbox.vsctl("get", "Port", "guest", "_uuid").strip()

        def see(port):
            sandbox.nwfctl("watch", port, "on")
            wait_until(lambda: port in sandbox.nwfctl("watch"),
                       "the daemon has read it")

        with concurrent.futures.ThreadPoolExecutor() as pool:
            with sandbox.paused("ovs-vswitchd"):
                answer = pool.submit(sandbox.nwfctl, "watch", "guest",
                                     check=False)
                see("net")
                sandbox.vsctl("--no-wait", "remove", "Bridge", "br-int",
                              "ports", uuid, "--", "add", "Bridge", "br-two",
                              "ports", uuid)
                see("other")  # And so that, too.
            answer.result()
        sandbox.sync()
        assert "guest" in sandbox.nwfctl("watch").split()
