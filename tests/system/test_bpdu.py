# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Fields of spanning tree frames: the daemon says which rules they match."""

import re
import time

import frames
from sandbox import wait_until

GUEST, PEER = frames.mac(1), frames.mac(2)
BRIDGES = "01:80:c2:00:00:00"


def rule(fields, direction="inout", action="drop"):
    return (f"<rule action='{action}' direction='{direction}'>"
            f"<stp {fields}/></rule>")


def filter_of(rules, name="f"):
    return f"<filter name='{name}'>{rules}</filter>"


def bpdu(kind=0, flags=0, priority=0x8000, cost=0, number=0, version=0,
         src=PEER, vlan=None):
    """A configuration BPDU; the number is behind it, where no rule looks."""
    body = (bytes.fromhex("4242030000") + bytes([version, kind, flags])
            + priority.to_bytes(2, "big") + bytes(6) + cost.to_bytes(4, "big")
            + bytes(18) + number.to_bytes(4, "big"))
    return frames.ethernet(len(body), body, src=src, dst=BRIDGES, vlan=vlan)


def lab(sandbox, *filters, ports=("guest",)):
    """Ports with the filter that is named as they are, or "f"."""
    sandbox.vsctl("set", "Bridge", "br-int", "other_config:forward-bpdu=true")
    sandbox.define(*filters)
    known = "".join(filters)
    guests = [sandbox.add_port(name, mac=frames.mac(i + 1), filter=(
        name if f"name='{name}'" in known else "f"))
              for i, name in enumerate(ports)]
    net = sandbox.add_port("net")
    for name in ports:
        sandbox.wait_installed(name)
    sandbox.sync()
    return *guests, net


def up_to(target, last):
    """What arrives at a port before this frame."""
    got = []
    wait_until(lambda: got.extend(bare(target.receive()))
               or bare([last])[0] in got, "the last frame has arrived")
    return got[:got.index(bare([last])[0]) + 1]


def bare(frames_):
    """Without the padding, which depends on tags."""
    return [frame.rstrip(b"\0") for frame in frames_]


def arrive(source, target, *sent):
    """Which of the frames arrive: those that wait for the daemon keep their
    order, so it is before one that every filter here accepts."""
    last = bpdu(version=0xff, number=0xffffffff)
    target.receive()
    for frame in sent + (last,):
        source.send(frame)
    got = up_to(target, last)
    return [frame in got for frame in bare(sent)]


def test_fields(sandbox):
    """Each is looked for one byte too early."""
    guest, net = lab(sandbox, filter_of(rule("flags='2'")))
    for source, target in ((guest, net), (net, guest)):
        assert arrive(source, target, bpdu(number=1), bpdu(2, number=2),
                      bpdu(flags=2, number=3),
                      bpdu(2, version=2, number=4)) == [
                          True, False, True, True]
    sandbox.define(filter_of(rule("match='no' root-priority='0x180'")
                             + rule("root-cost='0x00000001' "
                                    "root-cost-hi='0x00ffffff'")))
    sandbox.sync()
    for source, target in ((guest, net), (net, guest)):
        assert arrive(source, target, bpdu(flags=1, number=1),
                      bpdu(flags=1, priority=0x100, number=2),
                      bpdu(flags=1, cost=0x100, number=3),
                      bpdu(flags=1, cost=0xff, number=4),
                      bpdu(version=2, number=5)) == [
                          True, False, False, True, True]
    assert " BPDUs 0" not in sandbox.daemon("nwfilter/status")


def test_tagged(sandbox):
    sandbox.vsctl("set", "Bridge", "br-int", "other_config:forward-bpdu=true")
    sandbox.define(filter_of(rule("type='0'", "out")))
    guest = sandbox.add_port("guest", filter="f", mac=GUEST,
                             port=("trunks=7",))
    net = sandbox.add_port("net")
    sandbox.wait_installed("guest")
    sandbox.sync()
    last = bpdu(version=1, vlan=7)
    for frame in (bpdu(vlan=7), last):
        guest.send(frame)
    assert up_to(net, last) == bare([last])


def test_two_ports(sandbox):
    """The sender's rules and the receiver's: each asks its own."""
    one, two, net = lab(sandbox,
                        filter_of(rule("flags='1'", "out")
                                  + rule("flags='2'", "in"), "one"),
                        filter_of(rule("flags='3'", "out")
                                  + rule("flags='4'", "in"), "two"),
                        ports=("one", "two"))
    sent = [bpdu(kind, number=kind) for kind in range(6)]
    assert [i for i, there in enumerate(arrive(one, two, *sent))
            if there] == [0, 2, 3, 5]
    assert [i for i, there in enumerate(arrive(two, one, *sent))
            if there] == [0, 1, 4, 5]
    assert all(arrive(net, one, sent[0], sent[1]))
    # To an unfiltered port, only the sender's rules count.
    assert [i for i, there in enumerate(arrive(one, net, *sent))
            if there] == [0, 2, 3, 4, 5]


def test_share(sandbox):
    """Ports with one filter: the daemon is asked once."""
    ports = [f"guest{i}" for i in range(5)]
    *guests, net = lab(sandbox, filter_of(rule("flags='2'", "in")),
                       ports=ports)
    for guest in guests:
        assert arrive(net, guest, bpdu(number=1), bpdu(2, number=2)) == [
            True, False]
    asked = int(re.search(r" BPDUs (\d+)",
                          sandbox.daemon("nwfilter/status"))[1])
    assert asked == 3 * len(guests), asked


def test_redefinition(sandbox):
    """An answer is about the rules that there are."""
    guest, net = lab(sandbox, filter_of(rule("flags='0'") + rule("flags='1'")))
    for i in range(1, 40):
        wanted = [j for j in range(4) if j != i % 4]
        sandbox.define(filter_of("".join(
            rule(f"flags='{j}'") for j in (i % 4, 100 + i))))
        sandbox.sync()
        got = arrive(net, guest, *[bpdu(j, number=4 * i + j)
                                   for j in range(4)])
        assert [j for j in range(4) if got[j]] == wanted, (i, got)
        time.sleep(0.05)    # Or the meter would have its say.
    # Rules that do not ask: nobody is shown anything.
    sandbox.define(filter_of(rule("")))
    sandbox.sync()
    before = sandbox.daemon("nwfilter/status")
    assert not sandbox.crosses(net, guest, bpdu())
    assert sandbox.crosses(guest, net, frames.udp())
    assert "userdata" not in sandbox.ofctl("dump-flows", "br-int",
                                           "table=125")
    count = re.search(r" BPDUs (\d+)", before)[0]
    assert count in sandbox.daemon("nwfilter/status")


def test_flood_of_bpdus(sandbox):
    """One port's rate is limited; other receivers of the same frames never
    wait."""
    guest, other, net = lab(sandbox, filter_of(rule("flags='2'", "in")),
                            filter_of("", "other"), ports=("guest", "other"))
    del guest
    begin = time.monotonic()
    for start in range(0, 900, 60):     # What a port of the switch queues.
        burst = [bpdu(number=start + i + 1) for i in range(60)]
        sandbox.all_cross(net, other, burst)
    asked = int(re.search(r" BPDUs (\d+)",
                          sandbox.daemon("nwfilter/status"))[1])
    assert 0 < asked <= 100 + 100 * (time.monotonic() - begin) + 2, asked


def test_lost_without_daemon(sandbox):
    guest, net = lab(sandbox, filter_of(rule("flags='2'")))
    sandbox.stop("ovs-nwfilterd")
    assert not sandbox.crosses(net, guest, bpdu())
    assert not sandbox.crosses(guest, net, bpdu())
    assert sandbox.crosses(guest, net, frames.udp())
    sandbox.start_daemon()
    sandbox.sync()
    assert arrive(net, guest, bpdu(number=1), bpdu(2, number=2)) == [
        True, False]


def test_taken_over(sandbox):
    """The questions are in the switch: a daemon that takes the policy over
    answers them."""
    guest, net = lab(sandbox, filter_of(rule("flags='2'")))
    sandbox.stop("ovs-nwfilterd")
    sandbox.nwfctl("destroy", "Filter", "f")
    sandbox.start_daemon()
    sandbox.sync()
    assert "keeps its last good policy" in sandbox.status("guest")
    assert arrive(net, guest, bpdu(number=1), bpdu(2, number=2)) == [
        True, False]


def test_too_many(sandbox):
    rules = "".join(rule(f"flags='{i}'", "in") for i in range(30))
    sandbox.vsctl("set", "Bridge", "br-int", "other_config:forward-bpdu=true")
    sandbox.define(filter_of(rules))
    sandbox.add_port("guest", filter="f", mac=GUEST)
    wait_until(lambda: "in 30 ways" in sandbox.status("guest"),
               "the port says why")


def test_trace(sandbox):
    """As if the daemon had answered, to the sender's rules and the
    receiver's."""
    lab(sandbox, filter_of(rule("flags='1'", "out") + rule("flags='2'", "in"),
                           "one"),
        filter_of(rule("flags='3'", "out") + rule("flags='4'", "in"), "two"),
        ports=("one", "two"))

    def trace(kind, *way):
        return sandbox.nwfctl("trace", *way, bpdu(kind).hex())

    for kind, verdict in ((0, "accept"), (1, "drop"), (4, "accept")):
        text = trace(kind, "one", "out")
        assert text.startswith(f"one out: {verdict}"), text
        assert "DIFFERS" not in text, text
    assert text.count("goes on to two in: drop") == 1, text
    for kind, verdict in ((1, "accept"), (2, "drop")):
        assert trace(kind, "one", "in").startswith(f"one in: {verdict}")
    for kind, verdict in ((0, "accept"), (1, "drop"), (4, "drop")):
        text = trace(kind, "--between", "one", "two")
        assert text.startswith(f"one to two: {verdict}"), text
        assert "DIFFERS" not in text, text
    # From a port that the flow names.
    for sender in ("two", "net"):
        text = sandbox.nwfctl("trace", "one", "in", f"in_port={sender},"
                              f"dl_src={frames.mac(2)},dl_dst={BRIDGES},"
                              "dl_type=0x5ff")
        assert text.startswith("one in: accept"), text
        assert f"comes from {sender} out: accept" in text, text
        assert "DIFFERS" not in text, text
