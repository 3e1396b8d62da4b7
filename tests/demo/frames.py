# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Raw frames: made by hand, sent and watched for on packet sockets.

A frame that a filter drops does not announce itself.  So every frame carries a
tag, and honest frames follow it on the same way: once those have arrived, the
first one would have as well."""
import itertools
import os
import socket
import struct
import time

from lab import Failure

BROADCAST = "ff:ff:ff:ff:ff:ff"
ETH_P_ALL = 3


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return struct.pack("!H", ~total & 0xffff)


def ethernet(dst, src, eth_type, payload, tag):
    frame = mac(dst) + mac(src) + struct.pack("!H", eth_type) + payload
    return frame.ljust(60 - len(tag), b"\0") + tag


def arp(sha, spa, tpa):
    """The payload of an ARP request (RFC 826)."""
    return (struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + mac(sha)
            + socket.inet_aton(spa) + bytes(6) + socket.inet_aton(tpa))


def ipv4(src, dst, protocol, payload):
    header = struct.pack("!BBHHHBB", 0x45, 0, 20 + len(payload), 0, 0x4000,
                         64, protocol)
    addresses = socket.inet_aton(src) + socket.inet_aton(dst)
    return header + checksum(header + addresses) + addresses + payload


def echo_request(src, dst, tag):
    header = b"\x08\0" + b"\0\0" + tag[:2] + b"\0\x01"
    return ipv4(src, dst, 1, header[:2] + checksum(header + tag) + header[4:]
                + tag)


def udp(src, dst, port, data):
    """Without a checksum, which UDP over IPv4 allows (RFC 768)."""
    return ipv4(src, dst, 17, struct.pack("!HHHH", port, port, 8 + len(data),
                                          0) + data)


def tcp_syn(src, dst, src_port, dst_port, data):
    tcp = struct.pack("!HHIIBBHHH", src_port, dst_port, 1, 0, 0x50, 2, 1024,
                      0, 0) + data
    pseudo = (socket.inet_aton(src) + socket.inet_aton(dst)
              + struct.pack("!HH", 6, len(tcp)))
    return ipv4(src, dst, 6, tcp[:16] + checksum(pseudo + tcp) + tcp[18:])


class Wire:
    """A packet socket at each host of the laboratory."""

    def __init__(self, lab):
        self.hosts = lab.hosts
        self.sockets = {name: lab.inside(name, self.open)
                        for name in lab.hosts}
        self.inbox = {name: [] for name in lab.hosts}
        self.new_port = itertools.count(61000)  # Linux's own end at 60999.

    @staticmethod
    def open():
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW,
                          socket.htons(ETH_P_ALL))
        s.bind(("eth0", 0))
        s.setblocking(False)
        return s

    def came(self, name, tag):
        """Has a frame with TAG come in at host NAME?"""
        while True:
            try:
                frame, address = self.sockets[name].recvfrom(4096)
            except BlockingIOError:
                return any(tag in frame for frame in self.inbox[name])
            if address[2] != socket.PACKET_OUTGOING:
                self.inbox[name].append(frame)

    def honest(self, sender, receiver, tag):
        """A frame that every policy of the demonstration lets through."""
        a, b = self.hosts[sender], self.hosts[receiver]
        packet = (tcp_syn(a.ip, b.ip, next(self.new_port), 80, tag)
                  if receiver == "guest" else echo_request(a.ip, b.ip, tag))
        return ethernet(b.mac, a.mac, 0x0800, packet, tag)

    def send_honest(self, sender, receiver):
        mark = os.urandom(8)
        self.sockets[sender].send(self.honest(sender, receiver, mark))
        end = time.monotonic() + 60
        while not self.came(receiver, mark):
            if time.monotonic() > end:
                raise Failure(f"an honest frame from {sender} to {receiver} "
                              "has been lost")
            time.sleep(0.001)

    def reaches(self, watched, sender, make, receiver=None):
        """Does the frame make(TAG), sent by SENDER, come in at WATCHED?
        RECEIVER, by default WATCHED, gets the honest frames after it."""
        for name in self.hosts:
            self.came(name, b"")
            self.inbox[name].clear()
        tag = os.urandom(8)
        self.sockets[sender].send(make(tag))
        # Frames of one batch may overtake one that needs a decision: twice.
        self.send_honest(sender, receiver or watched)
        self.send_honest(sender, receiver or watched)
        return self.came(watched, tag)
