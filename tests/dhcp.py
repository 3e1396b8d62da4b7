# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Frames of DHCP (RFC 2131), DHCPv6 (RFC 8415) and neighbour discovery (RFC
4861) for tests, as bytes."""

import ipaddress
import struct

import frames

DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE = range(1, 8)
SERVER_MAC = frames.mac(0xfe)
SERVER = "10.0.0.254"
SERVER6 = "fe80::fe"
FOREVER = 0xffffffff


def _packed(address):
    return ipaddress.IPv4Address(address).packed


def _message(op, kind, mac, xid, ciaddr, yiaddr, options):
    head = struct.pack(">BBBBIHH", op, 1, 6, 0, xid, 0, 0)
    body = (head + _packed(ciaddr) + _packed(yiaddr) + bytes(8)
            + frames.mac_bytes(mac) + bytes(10) + bytes(192)
            + b"\x63\x82\x53\x63" + bytes([53, 1, kind]))
    for code, value in options:
        body += bytes([code, len(value)]) + value
    return (body + b"\xff").ljust(300, b"\0")


def client(kind, mac, xid=1, ciaddr="0.0.0.0", requested=None, server=None):
    """What a guest sends."""
    options = []
    if requested:
        options.append((50, _packed(requested)))
    if server:
        options.append((54, _packed(server)))
    unicast = kind == RELEASE
    return frames.udp(68, 67, _message(1, kind, mac, xid, ciaddr, "0.0.0.0",
                                       options),
                      saddr=ciaddr,
                      daddr=SERVER if unicast else "255.255.255.255", src=mac,
                      dst=SERVER_MAC if unicast else frames.BROADCAST)


def server(kind, mac, address, xid=1, lease=3600, broadcast=False,
           saddr=SERVER, src=SERVER_MAC, vlan=None):
    """What a server answers."""
    options = [(54, _packed(saddr))]
    if lease is not None:
        options.append((51, struct.pack(">I", lease)))
    to_all = broadcast or kind == NAK
    return frames.udp(67, 68, _message(2, kind, mac, xid, "0.0.0.0", address,
                                       options),
                      saddr=saddr,
                      daddr="255.255.255.255" if to_all else address, src=src,
                      dst=frames.BROADCAST if to_all else mac, vlan=vlan)


# DHCPv6.

SOLICIT, ADVERTISE, REQUEST6, RENEW, REPLY, RELEASE6, DECLINE6 = (
    1, 2, 3, 5, 7, 8, 9)


def _option(code, value):
    return struct.pack(">HH", code, len(value)) + value


def _duid(mac):
    return struct.pack(">HH", 3, 1) + frames.mac_bytes(mac)


def link_local(mac):
    b = frames.mac_bytes(mac)
    eui = bytes([b[0] ^ 2]) + b[1:3] + b"\xff\xfe" + b[3:]
    return str(ipaddress.IPv6Address(b"\xfe\x80" + bytes(6) + eui))


def _message6(kind, mac, xid, address, lifetime):
    body = bytes([kind]) + xid.to_bytes(3, "big") + _option(1, _duid(mac))
    body += _option(2, _duid(SERVER_MAC))
    ia = struct.pack(">III", 1, 0, 0)
    if address:
        ia += _option(5, ipaddress.IPv6Address(address).packed
                      + struct.pack(">II", lifetime, lifetime))
    return body + _option(3, ia)


def client6(kind, mac, xid=1, address=None):
    return frames.udp(546, 547, _message6(kind, mac, xid, address, 0),
                      saddr=link_local(mac), daddr="ff02::1:2", src=mac,
                      dst="33:33:00:01:00:02")


def server6(kind, mac, address, xid=1, lifetime=3600, src=SERVER_MAC):
    return frames.udp(547, 546, _message6(kind, mac, xid, address, lifetime),
                      saddr=SERVER6, daddr=link_local(mac), src=src, dst=mac)


def dad(mac, address):
    """A neighbour solicitation that asks whether somebody has the address."""
    target = ipaddress.IPv6Address(address).packed
    group = b"\xff\x02" + bytes(9) + b"\x01\xff" + target[13:]
    return frames.icmpv6(135, 0, bytes(4) + target, saddr="::",
                         daddr=str(ipaddress.IPv6Address(group)), src=mac,
                         dst="33:33:ff:" + target[13:].hex(":"), hops=255)
