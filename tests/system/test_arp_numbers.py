# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""ARP headers that the switch can not read: the daemon reads them."""

import re
import time

import frames
from sandbox import wait_until

GUEST, PEER = frames.mac(1), frames.mac(2)


def filter_of(attributes, direction="inout", element="arp"):
    return (f"<filter name='f'><rule action='drop' direction='{direction}'>"
            f"<{element} {attributes}/></rule></filter>")


def header(hardware=1, protocol=0x800, op=1, length=6, sender=GUEST,
           dst=frames.BROADCAST, ethertype=0x806, vlan=None):
    frame = bytearray(frames.arp(op=op, sha=sender, dst=dst, vlan=vlan))
    at = 12 if vlan is None else 16
    frame[at:at + 2] = ethertype.to_bytes(2, "big")
    frame[at + 2:at + 6] = (hardware << 16 | protocol).to_bytes(4, "big")
    frame[at + 6] = length
    return bytes(frame)


def lab(sandbox, document, port=()):
    sandbox.define(document)
    guest = sandbox.add_port("guest", filter="f", mac=GUEST, port=port)
    net = sandbox.add_port("net")
    sandbox.wait_installed("guest")
    sandbox.sync()
    return guest, net


def marker(sender, vlan=None):
    """A frame that every filter here accepts.  Those that wait for the daemon
    keep their order: what was sent before has arrived before, or never will.
    """
    return header(protocol=0x86dd, op=77, sender=sender, vlan=vlan)


def up_to(target, last):
    """What arrives at a port before this frame."""
    got = []
    wait_until(lambda: got.extend(bare(target.receive()))
               or bare([last])[0] in got, "the next frame has arrived")
    return got[:got.index(bare([last])[0])]


def crosses(source, target, frame, sender):
    """Whether the frame arrives."""
    target.receive()
    source.send(frame)
    source.send(marker(sender))
    return bare([frame])[0] in up_to(target, marker(sender))


def check(guest, net, **numbers):
    """Whether a frame with these numbers passes, the same either way."""
    passes = crosses(guest, net, header(**numbers), GUEST)
    assert passes == crosses(net, guest, header(sender=PEER, **numbers),
                             PEER), numbers
    return passes


def bare(frames_):
    """Without the padding, which depends on tags."""
    return [frame.rstrip(b"\0") for frame in frames_]


def test_hwtype(sandbox):
    guest, net = lab(sandbox, filter_of("hwtype='6'"))
    for hardware in (0, 1, 6, 7, 0x106, 0x600):
        assert check(guest, net,
                     hardware=hardware) == (hardware != 6), hardware
    assert not check(guest, net, hardware=6, op=2)
    assert check(guest, net, hardware=6, ethertype=0x8035)


def test_standard_hwtype_negated(sandbox):
    guest, net = lab(sandbox, filter_of("match='no' hwtype='1'"))
    for hardware in (0, 1, 2, 65535):
        assert check(guest, net,
                     hardware=hardware) == (hardware == 1), hardware
    # Another reason why the switch can not read it.
    assert check(guest, net, protocol=0x86dd)
    assert check(guest, net, length=8)


def test_protocol_and_opcode(sandbox):
    guest, net = lab(sandbox, filter_of(
        "hwtype='1' protocoltype='0x86dd' opcode='300'", element="rarp"))
    for numbers in ({"protocol": 0x86dd, "op": 300},
                    {"protocol": 0x86dd, "op": 44},
                    {"protocol": 0x800, "op": 300},
                    {"hardware": 6, "protocol": 0x86dd, "op": 300}):
        assert check(guest, net, ethertype=0x8035, **numbers) == (
            numbers != {"protocol": 0x86dd, "op": 300}), numbers


def test_opcodes(sandbox):
    guest, net = lab(sandbox, filter_of("opcode='0'"))
    for op in (0, 1, 255, 256, 65535):
        assert check(guest, net, op=op) == (op != 0), op
    sandbox.define(filter_of("opcode='65535'"))
    sandbox.sync()
    for op in (0, 1, 255, 256, 65535):
        assert check(guest, net, op=op) == (op != 65535), op


def test_opcode_of_any_header(sandbox):
    """An opcode that the switch reads counts in headers, too, that it does
    not read."""
    guest, net = lab(sandbox, filter_of("opcode='2'"))
    for hardware in (1, 7):
        assert check(guest, net, hardware=hardware)
        assert not check(guest, net, hardware=hardware, op=2)
    sandbox.define(filter_of("match='no' opcode='77'"))
    sandbox.sync()
    for hardware in (1, 7):
        assert not check(guest, net, hardware=hardware)
        assert check(guest, net, hardware=hardware, op=77)


def test_addresses_of_any_hardware(sandbox):
    """IPv4 addresses count whatever the hardware type is, MAC addresses
    whatever the protocol type is; and the frame arrives as it was sent."""
    guest, net = lab(
        sandbox, "<filter name='f'>"
        "<rule action='drop' direction='out'>"
        "<arp match='no' arpsrcipaddr='10.0.0.1'/></rule>"
        "<rule action='drop' direction='out'>"
        f"<arp match='no' arpsrcmacaddr='{GUEST}'/></rule></filter>")

    def passes(**numbers):
        return crosses(guest, net, header(sender=GUEST, **numbers), GUEST)

    def forged(**numbers):
        return crosses(guest, net, forge(header(sender=GUEST, **numbers)),
                       GUEST)

    for hardware in (1, 6, 0x106):
        assert passes(hardware=hardware), hardware
        assert not forged(hardware=hardware), hardware
        assert passes(hardware=hardware, op=300), hardware
        assert not forged(hardware=hardware, op=300), hardware
    for protocol in (0x800, 0x806, 0x86dd):
        assert passes(protocol=protocol), protocol
        assert not forged(protocol=protocol), protocol
    # Neither: nothing to compare.
    assert forged(hardware=6, protocol=0x86dd)


def forge(frame):
    """Another sender's addresses, both of them."""
    frame = bytearray(frame)
    frame[22:32] = frames.mac_bytes(PEER) + bytes([10, 0, 0, 7])
    return bytes(frame)


def test_unwrapped_for_every_receiver(sandbox):
    """A broadcast with addresses goes to each port whose rules accept it, with
    the tag that the port has, as it was sent."""
    sandbox.define("<filter name='one'><rule action='drop' direction='in'>"
                   "<arp arpsrcipaddr='10.0.0.1'/></rule></filter>")
    sandbox.define("<filter name='two'><rule action='drop' direction='in'>"
                   "<arp arpsrcipaddr='10.0.0.2'/></rule></filter>")
    guest, net = lab(sandbox, filter_of("match='no' arpsrcipaddr='10.0.0.1'",
                                        "out"), port=("tag=5",))
    ones = [sandbox.add_port(f"g{n}", filter="one", mac=frames.mac(n),
                             port=("tag=5",)) for n in range(3, 8)]
    twos = [sandbox.add_port(f"g{n}", filter="two", mac=frames.mac(n),
                             port=("tag=5",)) for n in range(8, 13)]
    open_ = sandbox.add_port("open", port=("tag=5",))
    sandbox.wait_installed(*(f"g{n}" for n in range(3, 13)))
    sandbox.sync()
    guest.send(header(hardware=6))
    guest.send(marker(GUEST))
    tagged = bare([header(hardware=6, vlan=5)])
    assert up_to(net, marker(GUEST, vlan=5)) == tagged
    for port in twos + [open_]:
        assert up_to(port, marker(GUEST)) == bare([header(hardware=6)])
    for port in ones:
        assert not up_to(port, marker(GUEST))
    # Nothing comes back to where it is from.
    open_.send(header(hardware=6, sender=PEER))
    open_.send(marker(PEER))
    assert up_to(twos[0], marker(PEER)) == bare([header(hardware=6,
                                                        sender=PEER)])
    sandbox.sync()
    assert bare([header(hardware=6, sender=PEER)])[0] not in bare(
        open_.receive())


def test_every_receiver_once(sandbox):
    """A broadcast that waited for the daemon reaches everybody that it may,
    once, and on a port with a VLAN, too."""
    guest, net = lab(sandbox, filter_of("hwtype='6'", "in"), port=("tag=5",))
    sandbox.define("<filter name='all'/>")
    others = [sandbox.add_port(f"g{n}", filter="all", mac=frames.mac(n),
                               port=("tag=5",)) for n in range(3, 8)]
    sandbox.wait_installed(*(f"g{n}" for n in range(3, 8)))
    sandbox.sync()
    guest.send(header(hardware=6))
    guest.send(marker(GUEST))
    assert up_to(net, marker(GUEST, vlan=5)) == bare([header(hardware=6,
                                                             vlan=5)])
    for port in others:
        assert up_to(port, marker(GUEST)) == bare([header(hardware=6)])
    net.send(header(hardware=6, sender=PEER, vlan=5))
    net.send(marker(PEER, vlan=5))
    for port in others:
        assert up_to(port, marker(PEER)) == bare([header(hardware=6,
                                                         sender=PEER)])
    assert not up_to(guest, marker(PEER))


def test_flood_is_metered(sandbox):
    guest, net = lab(sandbox, filter_of("hwtype='6'"))
    begin = time.monotonic()
    for _ in range(2000):
        guest.send(header(hardware=9))
    wait_until(lambda: sandbox.crosses(guest, net, header()),
               "other frames pass")
    sandbox.sync()
    read = int(re.search(r"ARP headers (\d+)",
                         sandbox.daemon("nwfilter/status"))[1])
    assert read <= 100 + 100 * (time.monotonic() - begin) + 2, read


def test_lost_without_daemon(sandbox):
    """Nothing passes unread; what the switch can read passes."""
    guest, net = lab(sandbox, filter_of("hwtype='6'"))
    sandbox.stop("ovs-nwfilterd")
    assert not sandbox.crosses(guest, net, header(hardware=6))
    assert not sandbox.crosses(guest, net, header(hardware=7))
    assert sandbox.crosses(guest, net, header())
    sandbox.start_daemon()


def test_only_where_needed(sandbox):
    """Other filters do not send frames to the daemon."""
    guest, net = lab(sandbox, filter_of("srcmacaddr='2:0:0:0:0:9'", "out"))
    assert sandbox.crosses(guest, net, header(hardware=7))
    assert "ARP headers 0" in sandbox.daemon("nwfilter/status")
