# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Frames as bytes, for tests: each function gives a whole Ethernet frame with
right lengths and checksums (RFC 791, 768, 793, 792, 826, 8200, 4443)."""

import ipaddress
import struct

BROADCAST = "ff:ff:ff:ff:ff:ff"
FIN, SYN, RST, PSH, ACK, URG = (1 << bit for bit in range(6))


def mac(n):
    """A locally administered address; the same for the same number."""
    return "02:00:00:%02x:%02x:%02x" % (n >> 16 & 255, n >> 8 & 255, n & 255)


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ethernet(ethertype, payload, src=mac(1), dst=mac(2), vlan=None):
    """Padded to the 60 bytes that a frame has at least."""
    tag = b"" if vlan is None else struct.pack(">HH", 0x8100, vlan)
    frame = (mac_bytes(dst) + mac_bytes(src) + tag
             + struct.pack(">H", ethertype) + payload)
    return frame.ljust(60, b"\0")


def arp(op=1, sha=mac(1), spa="10.0.0.1", tha="00:00:00:00:00:00",
        tpa="10.0.0.2", src=None, dst=BROADCAST, vlan=None):
    payload = (struct.pack(">HHBBH", 1, 0x0800, 6, 4, op)
               + mac_bytes(sha) + ipaddress.IPv4Address(spa).packed
               + mac_bytes(tha) + ipaddress.IPv4Address(tpa).packed)
    return ethernet(0x0806, payload, src or sha, dst, vlan)


def ip(protocol, payload, saddr="10.0.0.1", daddr="10.0.0.2", tos=0,
       fragment=0, hops=64, **link):
    """IPv4 or IPv6, as the addresses are.  'fragment' is the IPv4 header's
    flags and offset; 'link' goes to ethernet()."""
    source, target = map(ipaddress.ip_address, (saddr, daddr))
    if source.version == 6:
        header = struct.pack(">IHBB", 6 << 28 | tos << 20, len(payload),
                             protocol, hops)
        return ethernet(0x86dd, header + source.packed + target.packed
                        + payload, **link)
    header = struct.pack(">BBHHHBBH4s4s", 0x45, tos, 20 + len(payload), 1,
                         fragment, hops, protocol, 0, source.packed,
                         target.packed)
    header = header[:10] + struct.pack(">H", checksum(header)) + header[12:]
    return ethernet(0x0800, header + payload, **link)


def _with_checksum(protocol, segment, at, saddr, daddr):
    """Puts the checksum over pseudo header and 'segment' at offset 'at'."""
    pseudo = (ipaddress.ip_address(saddr).packed
              + ipaddress.ip_address(daddr).packed
              + struct.pack(">II", len(segment), protocol))
    value = checksum(pseudo + segment) or 0xffff
    return segment[:at] + struct.pack(">H", value) + segment[at + 2:]


def udp(sport=1000, dport=2000, data=b"", saddr="10.0.0.1", daddr="10.0.0.2",
        **options):
    segment = struct.pack(">HHHH", sport, dport, 8 + len(data), 0) + data
    segment = _with_checksum(17, segment, 6, saddr, daddr)
    return ip(17, segment, saddr, daddr, **options)


def tcp(sport=1000, dport=2000, flags=SYN, seq=1, ack=0, data=b"",
        saddr="10.0.0.1", daddr="10.0.0.2", **options):
    segment = struct.pack(">HHIIBBHHH", sport, dport, seq, ack, 5 << 4, flags,
                          8192, 0, 0) + data
    segment = _with_checksum(6, segment, 16, saddr, daddr)
    return ip(6, segment, saddr, daddr, **options)


def icmp(kind=8, code=0, ident=1, seq=1, data=b"", saddr="10.0.0.1",
         daddr="10.0.0.2", **options):
    message = struct.pack(">BBHHH", kind, code, 0, ident, seq) + data
    value = struct.pack(">H", checksum(message))
    return ip(1, message[:2] + value + message[4:], saddr, daddr, **options)


def icmpv6(kind=128, code=0, body=b"\0\1\0\1", saddr="fe80::1",
           daddr="fe80::2", **options):
    message = struct.pack(">BBH", kind, code, 0) + body
    message = _with_checksum(58, message, 2, saddr, daddr)
    return ip(58, message, saddr, daddr, **options)
