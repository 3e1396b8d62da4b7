# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Rejected packets: dropped by the switch, and the sender is told."""

import ipaddress
import re
import struct
import time

import frames
from sandbox import wait_until

TOLD = {4: (3, 3), 6: (1, 4)}   # Port unreachable.

FILTER = """<filter name='picky'>
<rule action='reject' direction='in'><udp dstportstart='7'/></rule>
<rule action='reject' direction='in'><udp-ipv6 dstportstart='7'/></rule>
<rule action='reject' direction='out'><udp dstportstart='9'/></rule>
<rule action='reject' direction='out'><udp-ipv6 dstportstart='9'/></rule>
<rule action='reject' direction='out'><icmp type='3'/></rule>
<rule action='reject' direction='out'><icmp type='8'/></rule>
<rule action='reject' direction='out'>
 <tcp state='NEW' dstportstart='9'/></rule>
</filter>"""

GUEST, PEER = frames.mac(1), frames.mac(2)
V4 = {4: ("10.0.0.1", "10.0.0.2"), 6: ("fd00::1", "fd00::2")}
OUT = {"src": GUEST, "dst": PEER}
IN = {"src": PEER, "dst": GUEST}


def lab(sandbox, vlan=None):
    sandbox.define(FILTER)
    port = () if vlan is None else (f"tag={vlan}",)
    guest = sandbox.add_port("guest", filter="picky", mac=GUEST, port=port)
    net = sandbox.add_port("net")
    sandbox.wait_installed("guest")
    sandbox.sync()
    net.send(frames.arp(sha=PEER, spa="10.0.0.2", tpa="10.0.0.3", vlan=vlan))
    wait_until(guest.receive, "the guest got the broadcast")
    net.receive()
    return guest, net


def packet(version, port, link, data=b"who is there?", **options):
    source, target = V4[version]
    if link is IN:
        source, target = target, source
    return frames.udp(dport=port, data=data, saddr=source, daddr=target,
                      **link, **options)


def icmp_answers(received):
    return [f for f in received
            if re.search(rb"^.{12}(\x81\x00..)?(\x08\x00.{9}\x01"
                         rb"|\x86\xdd.{6}\x3a)", f, re.S)]


def check_answer(answer, frame, version, vlan=None):
    """The answer to 'frame' (that has no tag), field by field."""
    assert answer[:6] == frame[6:12] and answer[6:12] == frame[:6]
    if vlan is not None:
        assert answer[12:16] == struct.pack(">HH", 0x8100, vlan), answer.hex()
        answer = answer[:12] + answer[16:]
    assert answer[12:14] == frame[12:14]
    ip, quoted = answer[14:], frame[14:]
    source, target = V4[version]
    if frame[6:12] == frames.mac_bytes(PEER):
        source, target = target, source
    if version == 4:
        assert ip[0] == 0x45 and ip[9] == 1
        assert frames.checksum(ip[:20]) == 0
        assert ip[12:16] == ipaddress.ip_address(target).packed
        assert ip[16:20] == ipaddress.ip_address(source).packed
        icmp = ip[20:struct.unpack(">H", ip[2:4])[0]]
        assert frames.checksum(icmp) == 0
        length = struct.unpack(">H", quoted[2:4])[0]
    else:
        assert ip[0] == 0x60 and ip[6] == 58
        assert ip[8:24] == ipaddress.ip_address(target).packed
        assert ip[24:40] == ipaddress.ip_address(source).packed
        icmp = ip[40:40 + struct.unpack(">H", ip[4:6])[0]]
        pseudo = ip[8:40] + struct.pack(">II", len(icmp), 58)
        assert frames.checksum(pseudo + icmp) == 0
        length = 40 + struct.unpack(">H", quoted[4:6])[0]
    assert tuple(icmp[:2]) == TOLD[version], icmp.hex()
    assert icmp[8:] == quoted[:length][:len(icmp) - 8]
    assert len(icmp) - 8 == min(length, {4: 548, 6: 1232}[version])


def told(port):
    """The one answer that arrives at a port."""
    return wait_until(lambda: icmp_answers(port.receive()), "an answer")[0]


def test_both_directions(sandbox):
    guest, net = lab(sandbox)
    for version in (4, 6):
        for data in (b"", b"12345678", bytes(range(200)) * 7):
            frame = packet(version, 9, OUT, data)
            guest.send(frame)
            check_answer(told(guest), frame, version)
            frame = packet(version, 7, IN, data)
            net.send(frame)
            check_answer(told(net), frame, version)
    assert quiet(guest, net)
    # Other packets pass, and nobody is told anything.
    assert sandbox.crosses(guest, net, packet(4, 7, OUT))
    assert sandbox.crosses(net, guest, packet(6, 9, IN))


def test_access_port(sandbox):
    """The guest knows nothing of its VLAN, the network gets its tag back."""
    guest, net = lab(sandbox, vlan=7)
    for version in (4, 6):
        frame = packet(version, 9, OUT)
        guest.send(frame)
        check_answer(told(guest), frame, version)
        net.send(packet(version, 7, IN, vlan=7))
        check_answer(told(net), packet(version, 7, IN), version, vlan=7)


def test_between_guests(sandbox):
    """A guest is told what the other one rejects, whatever its own filter
    lets in."""
    guest, _ = lab(sandbox)
    sandbox.define("<filter name='deaf'><rule action='drop' direction='in'/>"
                   "</filter>")
    other = sandbox.add_port("other", filter="deaf", mac=PEER)
    sandbox.wait_installed("other")
    frame = packet(4, 7, IN)
    other.send(frame)
    check_answer(told(other), frame, 4)
    assert not guest.receive()


def test_tracked(sandbox):
    """After connection tracking the packet is still known by where it came
    from."""
    guest, _ = lab(sandbox)
    frame = frames.tcp(dport=9, **OUT)
    guest.send(frame)
    answer = told(guest)
    assert answer[34:36] == b"\3\3" and answer[42:82] == frame[14:54]


def quiet(guest, net, *frames_):
    """Whether frames of the guest are dropped and nobody is told; what is
    sent after them comes back first."""
    for frame in frames_:
        guest.send(frame)
    marker = packet(4, 9, OUT, b"marker")
    guest.send(marker)
    check_answer(told(guest), marker, 4)
    return not guest.receive() and not net.receive()


def test_no_answer(sandbox):
    guest, net = lab(sandbox)
    error = frames.icmp(3, 3, data=frames.udp()[14:42], **OUT)
    broadcast = {"src": GUEST, "dst": frames.BROADCAST}
    multicast = {"src": GUEST, "dst": "01:00:5e:00:00:fb"}
    mdns = {"saddr": "10.0.0.1", "daddr": "224.0.0.251"}
    wrong = bytearray(packet(4, 9, OUT))
    wrong[45] ^= 1
    for name, frame in {
            "ICMP error": error,
            "broadcast": frames.udp(dport=9, **broadcast),
            "multicast": frames.udp(dport=9, **mdns, **multicast),
            "multicast address": frames.udp(dport=9, **mdns, **OUT),
            "no source": frames.udp(dport=9, saddr="0.0.0.0", **OUT),
            "checksum": bytes(wrong)}.items():
        assert quiet(guest, net, frame), name
    text = sandbox.daemon("nwfilter/status")
    for reason in ("itself an ICMP error", "sent to more than one host",
                   "source address is not", "a checksum is wrong"):
        assert f"rejected 1: {reason}" in re.sub(" the ", " ", text), text


def test_later_fragments(sandbox):
    sandbox.define("<filter name='none'><rule action='reject' direction='out'>"
                   "<all/></rule></filter>")
    guest = sandbox.add_port("guest", filter="none", mac=GUEST)
    net = sandbox.add_port("net")
    sandbox.wait_installed("guest")
    guest.send(frames.ip(17, bytes(64), fragment=0x2000, **OUT))
    assert told(guest)
    assert quiet(guest, net, frames.ip(17, bytes(64), fragment=8, **OUT))


def test_flood(sandbox):
    """A flood is answered at a limited rate, and does not keep others from
    being answered."""
    guest, net = lab(sandbox)
    other = sandbox.add_port("other", filter="picky", mac=frames.mac(3))
    sandbox.wait_installed("other")
    begin = time.monotonic()
    for _ in range(3000):
        guest.send(packet(4, 9, OUT))
    frame = packet(4, 9, {"src": frames.mac(3), "dst": PEER})
    other.send(frame)
    check_answer(told(other), frame, 4)
    sandbox.sync()
    answers = len(icmp_answers(guest.receive()))
    received = int(re.search(r"packets from the switch (\d+)",
                             sandbox.daemon("nwfilter/status"))[1])
    seconds = time.monotonic() - begin
    assert 0 < answers <= 50 + 50 * seconds + 1, (answers, seconds)
    assert received <= 100 + 100 * seconds + 2, (received, seconds)
    assert not net.receive()


def meters(sandbox):
    text = sandbox.ofctl("dump-meters", "br-int")
    return {int(m) for m in re.findall(r"meter=(\d+)", text)}


def test_meters_come_back(sandbox):
    """Meters are made for a new switch, and those that are missing in an old
    one; other people's are left alone."""
    guest, _ = lab(sandbox)
    ours = meters(sandbox)
    assert len(ours) == 115 and min(ours) == 0x4e570100
    foreign = "meter=5,pktps,band=type=drop,rate=77"
    sandbox.ofctl("add-meter", "br-int", foreign)
    sandbox.ofctl("del-meter", "br-int", f"meter={min(ours) + 1}")
    sandbox.restart("ovs-nwfilterd")
    sandbox.sync()
    wait_until(lambda: meters(sandbox) == ours | {5}, "the meter is back")
    assert "rate=77" in sandbox.ofctl("dump-meters", "br-int")
    sandbox.restart("ovs-vswitchd")
    wait_until(lambda: meters(sandbox) == ours, "the new switch has meters")
    sandbox.sync()
    wait_until(lambda: guest.send(packet(4, 9, OUT))
               or icmp_answers(guest.receive()), "an answer")
    assert "OpenFlow error" not in sandbox.log()


def test_dropped_without_daemon(sandbox):
    guest, net = lab(sandbox)
    sandbox.stop("ovs-nwfilterd")
    assert not sandbox.crosses(guest, net, packet(4, 9, OUT))
    assert not guest.receive()
    sandbox.start_daemon()
