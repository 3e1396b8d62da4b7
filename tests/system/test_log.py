# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""The packet log: which packets, in which form, to where, how many."""

import json
import os
import re
import time

import frames
from sandbox import wait_until

GUEST, OTHER, PEER = frames.mac(1), frames.mac(2), frames.mac(3)
OUT = {"src": GUEST, "dst": PEER}
IN = {"src": PEER, "dst": GUEST}

BASE = """<filter name='base' chain='root'>
<rule action='drop' direction='out'><tcp dstportstart='25'/></rule>
</filter>"""
WEB = """<filter name='web'>
<filterref filter='base'/>
<rule action='accept' direction='inout'>
 <mac protocolid='0x88b6'/></rule>
<rule action='accept' direction='in' priority='600'>
 <tcp dstportstart='80'/></rule>
<rule action='accept' direction='out' priority='600'>
 <udp dstportstart='53' state='NONE'/></rule>
<rule action='drop' direction='out' priority='700'>
 <udp dstportstart='99'/></rule>
</filter>"""


def lab(sandbox, form="json"):
    sandbox.define(BASE, WEB)
    sandbox.vsctl("set", "Open_vSwitch", ".",
                  f"external_ids:nwfilter-log-file={log_path(sandbox)}",
                  f"external_ids:nwfilter-log-format={form}")
    guest = sandbox.add_port("guest", filter="web", mac=GUEST)
    other = sandbox.add_port("other", filter="web", mac=OTHER)
    net = sandbox.add_port("net")
    sandbox.wait_installed("guest", "other")
    sandbox.sync()
    net.send(frames.arp(sha=PEER, spa="10.0.0.2", tpa="10.0.0.3"))
    wait_until(guest.receive, "the guest got the broadcast")
    return guest, other, net


def log_path(sandbox):
    return os.path.join(sandbox.dir, "packets.log")


def configure(sandbox, port, events):
    sandbox.vsctl("set", "Interface", port,
                  f"external_ids:nwfilter-log=\"{events}\"")
    sandbox.sync()


def lines(sandbox, n=None):
    """The log, as soon as it has so many lines."""
    def read():
        try:
            with open(log_path(sandbox), encoding="ascii") as stream:
                return stream.read().split("\n")[:-1]
        except FileNotFoundError:
            return []
    if n:
        wait_until(lambda: len(read()) >= n, f"{n} lines of log")
    return read()


def records(sandbox, n):
    found = [json.loads(line) for line in lines(sandbox, n)]
    assert len(found) == n, found
    return found


def send_marked(sandbox, guest, n):
    """A drop that is logged, after whatever is not."""
    guest.send(frames.udp(dport=99, sport=n, **OUT))
    last = records(sandbox, n)[-1]
    assert last["event"] == "drop" and f"udp_src={n}," in last["packet"], last


def test_port(sandbox):
    """Drops and accepts of one port, as JSON."""
    guest, other, net = lab(sandbox)
    guest.send(frames.tcp(dport=25, **OUT))
    wait_until(lambda: sandbox.nwfctl("drops", "guest"), "the drop is seen")
    configure(sandbox, "guest", "drop,accept")
    other.send(frames.tcp(dport=25, src=OTHER, dst=PEER))
    guest.send(frames.tcp(40000, 25, **OUT))
    drop = records(sandbox, 1)[0]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
                        drop.pop("time"))
    packet = drop.pop("packet").split(",")
    assert {"tcp", "tp_src=40000", "tp_dst=25"} <= set(packet), packet
    assert drop == {
        "event": "drop", "port": "guest", "bridge": "br-int",
        "direction": "out", "filter": "base", "line": 2, "state": "new",
        "rule": "drop out tcp dstportstart=25"}, drop

    # A connection once, and what is in none packet by packet.
    net.send(frames.tcp(40000, 80, **IN))
    accept = records(sandbox, 2)[1]
    assert (accept["event"], accept["direction"], accept["filter"],
            accept["line"]) == ("accept", "in", "web", 5), accept
    guest.send(frames.tcp(80, 40000, flags=frames.SYN | frames.ACK, ack=2,
                          saddr="10.0.0.2", daddr="10.0.0.1", **OUT))
    net.send(frames.tcp(40000, 80, flags=frames.ACK, seq=2, ack=2, **IN))
    for _ in range(2):
        guest.send(frames.ethernet(0x88b6, b"x" * 50, **OUT))
    for record in records(sandbox, 4)[2:]:
        assert (record["filter"], record["line"]) == ("web", 3), record
        assert "state" not in record
    # No rule: the end of them.
    net.send(frames.udp(dport=7, **IN))
    last = records(sandbox, 5)[-1]
    assert last["reason"] == "the end of the rules", last
    assert "filter" not in last

    configure(sandbox, "guest", "drop")
    net.send(frames.udp(dport=8, **IN))
    send_marked(sandbox, guest, 6)
    configure(sandbox, "guest", "none")
    assert not [f for f in sandbox.flows() if "table=124" in f]
    assert "[[" not in sandbox.log()


def test_filter(sandbox):
    """A filter that is logged: its own rules, at all ports, unless one says
    otherwise."""
    guest, other, _ = lab(sandbox)
    sandbox.nwfctl("log", "base", "drop")
    sandbox.sync()
    assert sandbox.nwfctl("log", "base") == "drop\n"
    assert re.search(r"^ base +drop$", sandbox.nwfctl("log"), re.M)
    guest.send(frames.udp(dport=99, **OUT))
    guest.send(frames.tcp(dport=25, **OUT))
    other.send(frames.tcp(dport=25, src=OTHER, dst=PEER))
    got = records(sandbox, 2)
    assert {r["port"] for r in got} == {"guest", "other"}, got
    assert {r["filter"] for r in got} == {"base"}, got
    configure(sandbox, "other", "none")
    other.send(frames.tcp(dport=25, src=OTHER, dst=PEER))
    guest.send(frames.tcp(dport=25, **OUT))
    assert records(sandbox, 3)[2]["port"] == "guest"
    # Another definition does not change what is logged.
    sandbox.define(BASE.replace("25", "26"))
    sandbox.sync()
    guest.send(frames.tcp(dport=26, **OUT))
    records(sandbox, 4)
    sandbox.nwfctl("log", "base", "none")
    sandbox.sync()
    assert sandbox.nwfctl("log", "base") == "none\n"
    guest.send(frames.tcp(dport=26, **OUT))
    refused = sandbox.nwfctl("log", "base", "everything", check=False)
    assert refused.returncode and "'everything'" in refused.stderr
    configure(sandbox, "guest", "everything")
    assert "nwfilter-log is 'everything'" in sandbox.log()
    assert len(lines(sandbox)) == 4


def log_flows(sandbox):
    return [f for f in sandbox.flows() if "table=124" in f
            or "table=123" in f and "priority=40" in f]


def test_restart(sandbox):
    """The flows stay while the daemon is away, and go with the port."""
    guest, _, _ = lab(sandbox)
    configure(sandbox, "guest", "accept,drop")
    before = sandbox.flows()
    assert len(log_flows(sandbox)) == 3, log_flows(sandbox)
    sandbox.restart("ovs-nwfilterd")
    sandbox.sync()
    assert sandbox.flows() == before
    guest.send(frames.tcp(dport=25, **OUT))
    records(sandbox, 1)
    sandbox.del_port("guest")
    sandbox.sync()
    assert not log_flows(sandbox)


def test_refused(sandbox):
    """What can not be shown is not logged; the port is as well filtered."""
    guest, _, net = lab(sandbox)
    number = sandbox.vsctl("get", "Interface", "guest", "ofport").strip()
    place = f"table=124,priority=20,reg3=1/1,reg14={number}"
    sandbox.ofctl("add-flow", "br-int", f"{place},actions=drop")
    configure(sandbox, "guest", "accept,drop")
    wait_until(lambda: place.split(",", maxsplit=1)[0] in sandbox.log(),
               "the daemon says which flow it can not have")
    assert sandbox.status("guest") == "installed"
    assert not log_flows(sandbox), log_flows(sandbox)
    guest.send(frames.tcp(dport=25, **OUT))
    sandbox.settle()
    assert not net.receive()
    sandbox.ofctl("del-flows", "br-int", "table=124")
    wait_until(lambda: len(log_flows(sandbox)) == 3, "the flows of the log")


def test_rate(sandbox):
    """Lines are limited, and the next one says how many are missing."""
    guest, _, _ = lab(sandbox, "text")
    sandbox.vsctl("set", "Open_vSwitch", ".",
                  "external_ids:nwfilter-log-rate=5")
    configure(sandbox, "guest", "drop")
    begin = time.monotonic()
    for n in range(100):
        guest.send(frames.tcp(n + 1, 25, **OUT))

    def told():
        guest.send(frames.tcp(dport=25, **OUT))
        return any("suppressed=" in line for line in lines(sandbox))

    wait_until(told, "a line that tells")
    got = lines(sandbox)
    seconds = time.monotonic() - begin
    assert 5 <= len(got) <= 5 + 5 * seconds + 1, (got, seconds)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\S+Z drop port=guest bridge=br-int "
                        r"direction=out filter=base line=2 "
                        r'rule="drop out tcp dstportstart=25" state=new '
                        r"packet=tcp,\S+", got[0]), got[0]


def test_quotes(sandbox):
    """A text's words can be told apart, whatever a filter is called."""
    guest, _, _ = lab(sandbox, "text")
    sandbox.define("""<filter name='odd "name"'><rule action='drop'
                   direction='out'><udp/></rule></filter>""")
    configure(sandbox, "guest", "drop")
    sandbox.vsctl("set", "Interface", "guest",
                  r'external_ids:nwfilter="odd \"name\""')
    sandbox.wait_installed("guest")
    sandbox.sync()
    guest.send(frames.udp(dport=9, **OUT))
    line = lines(sandbox, 1)[-1]
    assert (r' direction=out filter="odd \"name\"" line=1 rule="drop out udp" '
            in line), line


def test_destinations(sandbox):
    """A file that is moved away is begun anew; without one, the daemon's own
    log has the lines."""
    guest, _, _ = lab(sandbox)
    configure(sandbox, "guest", "drop")
    guest.send(frames.tcp(dport=25, **OUT))
    lines(sandbox, 1)
    os.rename(log_path(sandbox), log_path(sandbox) + ".1")
    sandbox.daemon("vlog/reopen")
    guest.send(frames.tcp(dport=25, **OUT))
    assert len(lines(sandbox, 1)) == 1
    sandbox.vsctl("remove", "Open_vSwitch", ".", "external_ids",
                  "nwfilter-log-file", "nwfilter-log-format")
    sandbox.sync()
    guest.send(frames.tcp(dport=25, **OUT))
    wait_until(lambda: re.search(
        r"\|packet_log\|INFO\|drop port=guest .* packet=tcp,",
        sandbox.log()), "a line in the daemon's log")
    for key, value in {"file": "relative", "format": "xml"}.items():
        sandbox.vsctl("set", "Open_vSwitch", ".",
                      f"external_ids:nwfilter-log-{key}={value}")
        sandbox.sync()
        assert f"nwfilter-log-{key} is '{value}'" in sandbox.log()
