# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Samples of what is dropped: which port, which rule, which packet."""

import re
import subprocess
import time

import frames
from sandbox import find_program, wait_until

GUEST, PEER = frames.mac(1), frames.mac(2)
OUT = {"src": GUEST, "dst": PEER}
IN = {"src": PEER, "dst": GUEST}

FILTER = """<filter name='web'>
<rule action='drop' direction='out'><tcp dstportstart='25'/></rule>
<rule action='drop' direction='in'><udp dstportstart='7'/></rule>
<rule action='reject' direction='out'><udp dstportstart='9'/></rule>
<rule action='drop' direction='out'><mac protocolid='0x88b5'/></rule>
<rule action='drop' direction='in'><tcp dstportstart='22'
 state='NEW'/></rule>
</filter>"""

LINE = re.compile(r"(?P<when>[-\d]+ [:\d.]+) (?P<port>\S+) (?P<dir>in|out) "
                  r"(?P<count>\d+)x (?P<packet>\S+)"
                  r"(?: \((?P<state>\w+)\))? (?P<rule>.*)")


def lab(sandbox):
    sandbox.define(FILTER)
    guest = sandbox.add_port("guest", filter="web", mac=GUEST)
    net = sandbox.add_port("net")
    sandbox.wait_installed("guest")
    sandbox.sync()
    net.send(frames.arp(sha=PEER, spa="10.0.0.2", tpa="10.0.0.3"))
    wait_until(guest.receive, "the guest got the broadcast")
    return guest, net


def drops(sandbox, *args):
    lines = sandbox.nwfctl("drops", *args).splitlines()
    found = [LINE.fullmatch(line) for line in lines]
    assert all(found), lines
    return [match.groupdict() for match in found]


def dropped(sandbox, n, *args):
    """The drops as soon as there are so many entries."""
    got = []
    wait_until(lambda: got.append(drops(sandbox, *args))
               or len(got[-1]) >= n, f"{n} drops")
    assert len(got[-1]) == n, got[-1]
    return got[-1]


def test_each_verdict(sandbox):
    guest, net = lab(sandbox)
    assert drops(sandbox) == []
    for n, (port, frame, direction, state, packet, rule) in enumerate((
            (guest, frames.tcp(dport=25, **OUT), "out", "new",
             ("tcp", "nw_dst=10.0.0.2", "tp_dst=25", "tcp_flags=syn"),
             "filter web:2: drop out tcp dstportstart=25"),
            (net, frames.udp(dport=7, **IN), "in", "new",
             ("udp", "dl_src=" + PEER, "udp_dst=7"),
             "filter web:3: drop in udp dstportstart=7"),
            (guest, frames.udp(dport=9, **OUT), "out", "new",
             ("udp", "udp_dst=9"),
             "filter web:4: reject out udp dstportstart=9"),
            (guest, frames.ethernet(0x88b5, b"x" * 50, **OUT), "out", None,
             ("dl_type=0x88b5",),
             "filter web:5: drop out mac protocolid=0x88b5"),
            (net, frames.tcp(dport=22, data=b"x" * 1400, **IN), "in", "new",
             ("tcp", "tp_dst=22"),
             "filter web:6: drop in tcp dstportstart=22 state=NEW")), 1):
        port.send(frame)
        last = dropped(sandbox, n)[-1]
        assert last["port"] == "guest" and last["dir"] == direction, last
        assert last["rule"] == rule and last["count"] == "1", last
        assert last["state"] == state, last
        for part in packet:
            assert part in last["packet"].split(","), (part, last)
    assert len(drops(sandbox, "guest")) == 5
    assert drops(sandbox, "net") == []
    # The packet is in the form in which one asks about it.
    for drop in drops(sandbox):
        trace = sandbox.trace("br-int", f"in_port=1,{drop['packet']}")
        assert "Datapath actions" in trace, trace


def test_repeated(sandbox):
    """What differs only in the port that a client has is one entry."""
    guest, _ = lab(sandbox)
    for sport in (40000, 40001, 40002):
        guest.send(frames.tcp(sport, 25, **OUT))
    guest.send(frames.tcp(40000, 25, daddr="10.0.0.9", **OUT))
    one, other = dropped(sandbox, 2)
    assert one["count"] == "3" and "tp_src=40002," in one["packet"], one
    assert other["count"] == "1", other
    guest.send(frames.tcp(40003, 25, **OUT))
    wait_until(lambda: drops(sandbox)[1]["count"] == "4", "four of the first")


def test_closed_port(sandbox):
    """A port without policy says why nothing passes."""
    _, net = lab(sandbox)
    lost = sandbox.add_port("lost", filter="nowhere", mac=frames.mac(3))
    sandbox.wait_status("lost", "error")
    lost.send(frames.udp(src=frames.mac(3)))
    drop = dropped(sandbox, 1, "lost")[0]
    assert drop["dir"] == "out" and drop["rule"] == \
        "no rule: filter 'nowhere' is not defined", drop
    tagged = sandbox.add_port("tagged", filter="web", mac=frames.mac(4),
                              port=("tag=7",))
    sandbox.wait_installed("tagged")
    tagged.send(frames.udp(src=frames.mac(4), vlan=8))
    drop = dropped(sandbox, 1, "tagged")[0]
    assert drop["rule"] == "no rule: the port is not in the frame's VLAN"
    # After the port, its name.
    sandbox.del_port("lost")
    sandbox.sync()
    assert dropped(sandbox, 1, "lost")
    assert "no port 'other'" in sandbox.nwfctl("drops", "other",
                                               check=False).stderr
    assert not net.receive()


def samples(sandbox):
    return int(re.search(r"samples of drops (\d+)",
                         sandbox.daemon("nwfilter/status"))[1])


def test_flood(sandbox):
    """A flood is a handful of packets for the daemon, and leaves others
    theirs."""
    guest, _ = lab(sandbox)
    other = sandbox.add_port("other", filter="web", mac=frames.mac(3))
    sandbox.wait_installed("other")
    begin = time.monotonic()
    for n in range(5000):
        guest.send(frames.tcp(n, 25, **OUT))
    other.send(frames.tcp(dport=25, src=frames.mac(3), dst=PEER))
    drop = dropped(sandbox, 1, "other")[0]
    assert drop["count"] == "1", drop
    sandbox.settle()
    seen, seconds = samples(sandbox), time.monotonic() - begin
    assert 1 < seen <= 10 + 10 * seconds + 2, (seen, seconds)
    # Shared with the flood's or not: the datapath has few flows for it.
    flows = sandbox.vswitchd("dpctl/dump-flows").splitlines()
    assert len([f for f in flows if "userspace" in f]) < 10, flows


def test_broadcast(sandbox):
    """A frame that many guests drop is not as many samples; what a guest
    sends to all is one."""
    guest, net = lab(sandbox)
    sandbox.define("<filter name='deaf'><rule action='drop'"
                   " direction='inout'/></filter>")
    deaf = sandbox.add_port("deaf", filter="deaf", mac=frames.mac(3))
    sandbox.wait_installed("deaf")
    net.send(frames.arp(sha=PEER))
    net.send(frames.udp(src=PEER, dst=frames.mac(3)))
    dropped(sandbox, 1, "deaf")
    deaf.send(frames.arp(sha=frames.mac(3)))
    one, other = dropped(sandbox, 2, "deaf")
    assert (one["dir"], other["dir"]) == ("in", "out")
    assert one["packet"].startswith("udp,"), one
    assert wait_until(guest.receive, "the broadcast")


def test_follow(sandbox):
    guest, _ = lab(sandbox)
    guest.send(frames.tcp(40000, 25, **OUT))
    dropped(sandbox, 1)
    with subprocess.Popen(
            [find_program(sandbox.build, "nwfctl"),
             f"--ctl={sandbox.daemon_ctl}", "drops", "--follow", "guest"],
            stdout=subprocess.PIPE, text=True) as follow:
        first = LINE.fullmatch(follow.stdout.readline().strip())
        assert first["count"] == "1"
        guest.send(frames.tcp(40001, 25, **OUT))
        second = LINE.fullmatch(follow.stdout.readline().strip())
        assert second["count"] == "2" and second["rule"] == first["rule"]
        follow.terminate()


def cached(sandbox, guest, net):
    """What the datapath's flows for a few hundred dropped packets match."""
    sandbox.vswitchd("revalidator/purge")
    for n in range(100):
        guest.send(frames.tcp(n + 1000, 25, daddr=f"10.0.{n}.2", **OUT))
        guest.send(frames.ethernet(0x88b5, b"x" * 50, **OUT))
        net.send(frames.udp(n + 1000, 7, saddr=f"10.0.{n}.2", **IN))
        net.send(frames.tcp(n + 1000, 22, src=PEER,
                            dst=frames.mac(n % 5 + 10)))
    sandbox.settle()
    flows = sandbox.vswitchd("dpctl/dump-flows").splitlines()
    assert len(flows) > 3, flows
    return sorted(re.sub(r"recirc_id\(\w+\)|, packets:.*", "", flow)
                  for flow in flows)


def test_datapath(sandbox):
    """Samples do not make the datapath's flows more, nor their masks."""
    guest, net = lab(sandbox)
    with_samples = cached(sandbox, guest, net)
    assert samples(sandbox)
    sandbox.vsctl("set", "Open_vSwitch", ".",
                  "external_ids:nwfilter-drops=false")
    sandbox.sync()
    assert cached(sandbox, guest, net) == with_samples


def test_switched_off(sandbox):
    guest, _ = lab(sandbox)
    sandbox.vsctl("set", "Open_vSwitch", ".",
                  "external_ids:nwfilter-drops=false")
    sandbox.sync()
    assert not [f for f in sandbox.flows()
                if "controller(userdata=4e.57.03" in f]
    guest.send(frames.tcp(dport=25, **OUT))
    sandbox.settle()
    assert drops(sandbox) == [] and samples(sandbox) == 0
