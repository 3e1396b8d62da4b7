# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""AH over IPv6, which the switch goes past: the daemon looks for it."""

import re
import time

import frames

GUEST, PEER = frames.mac(1), frames.mac(2)


def filter_of(rules, name="f"):
    return f"<filter name='{name}'>{rules}</filter>"


DROP = "<rule action='drop' direction='inout'><{}/></rule>"


def packet(ah, number=1, src=PEER, dst=GUEST, vlan=None):
    """An ICMPv6 echo request, behind an authentication header or not."""
    body = bytes([128, 0, 0, 0]) + number.to_bytes(4, "big")
    following = 58
    if ah:
        body = bytes([58, 4]) + bytes(22) + body
        following = 51
    header = (bytes([0x60, 0, 0, 0]) + len(body).to_bytes(2, "big")
              + bytes([following, 64])
              + bytes.fromhex("fd" + "00" * 14 + "01")
              + bytes.fromhex("fd" + "00" * 14 + "02"))
    return frames.ethernet(0x86dd, header + body, src=src, dst=dst, vlan=vlan)


def lab(sandbox, rules):
    sandbox.define(filter_of(rules))
    guest = sandbox.add_port("guest", filter="f", mac=GUEST)
    net = sandbox.add_port("net")
    sandbox.wait_installed("guest")
    sandbox.sync()
    return guest, net


def arrive(source, target, wanted):
    """Which of the frames arrive: those that wait for the daemon keep their
    order, so it is before a last one."""
    target.receive()
    for frame in wanted:
        source.send(frame)
    got = target.receive_until(wanted[-1])
    return [frame in got for frame in wanted]


def both(guest, net, ah_passes):
    plain, last = packet(False, 2), packet(False, 3)
    assert arrive(net, guest, [packet(True), plain, last]) == [
        ah_passes, True, True]
    outward = [packet(ah, n, GUEST, PEER)
               for ah, n in ((True, 1), (False, 2), (False, 3))]
    assert arrive(guest, net, outward) == [ah_passes, True, True]


def test_drop(sandbox):
    guest, net = lab(sandbox, DROP.format("ah-ipv6"))
    both(guest, net, False)
    assert sandbox.crosses(guest, net, frames.udp())
    tagged = packet(True, 1, GUEST, PEER, vlan=7)
    assert sandbox.crosses(guest, net, tagged)
    # In the database the rule is another: the same packets pass.
    sandbox.define(filter_of(DROP.format("ah-ipv6 srcipaddr='fd00::9'")))
    sandbox.sync()
    both(guest, net, True)


def test_other_protocols(sandbox):
    """To an element for another protocol, the packet is one of AH."""
    guest, net = lab(sandbox, DROP.format("ah-ipv6 srcipaddr='fd00::9'")
                     + DROP.format("icmpv6 type='128'"))
    target = [packet(False), packet(True)]
    assert arrive(net, guest, target) == [False, True]
    # Who does not ask for the header goes past it.
    sandbox.define(filter_of(DROP.format("icmpv6 type='128'")))
    sandbox.sync()
    assert not sandbox.crosses(net, guest, packet(True))


def test_layer_2_never_matches(sandbox):
    guest, net = lab(sandbox, DROP.format("ipv6 protocol='ah'"))
    assert sandbox.crosses(net, guest, packet(True))
    assert "IPv6 headers 0" in sandbox.daemon("nwfilter/status")


def test_flood_of_packets(sandbox):
    """One port's rate is limited; other receivers of the same frames, and
    other ports, never wait."""
    guest, net = lab(sandbox, DROP.format("ah-ipv6"))
    sandbox.define(filter_of("", "all"))
    other = sandbox.add_port("other", filter="all", mac=frames.mac(3))
    sandbox.wait_installed("other")
    sandbox.sync()
    begin = time.monotonic()
    group = "33:33:00:00:00:01"
    for start in range(0, 3000, 60):    # What a port of the switch queues.
        burst = [packet(False, start + i, dst=group) for i in range(60)]
        sandbox.all_cross(net, other, burst)
    read = int(re.search(r"IPv6 headers (\d+)",
                         sandbox.daemon("nwfilter/status"))[1])
    assert read <= 500 + 500 * (time.monotonic() - begin) + 2, read


def test_lost_without_daemon(sandbox):
    guest, net = lab(sandbox, DROP.format("ah-ipv6"))
    sandbox.stop("ovs-nwfilterd")
    assert not sandbox.crosses(net, guest, packet(False))
    assert not sandbox.crosses(guest, net, packet(False, 1, GUEST, PEER))
    assert sandbox.crosses(guest, net, frames.udp())
    sandbox.start_daemon()
    sandbox.sync()
    both(guest, net, False)
