# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""The small world in which random filters and random frames meet.

Values come from short lists, so that a random frame has a fair chance to be
exactly at, or one beside, what a random rule says.  MAC addresses are divided:
a guest's begin with 52:54, the network's with 52:56.  A frame goes from one
side to the other, so that switching, which is not what is tested here, never
has a reason of its own to drop it.
"""

import ipaddress

MAC = "52:54:00:12:34:56"
GUEST_MACS = [MAC, "52:54:00:12:34:57", "52:54:00:12:35:56",
              "52:54:80:12:34:56"]
PEER_MACS = ["52:56:00:aa:bb:01", "52:56:00:aa:bb:02", "52:56:00:aa:ba:01",
             "52:56:80:aa:bb:01"]
GROUP_MACS = ["ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:01", "33:33:00:00:00:01",
              "01:80:c2:00:00:00"]
# Bytes of BPDUs, in frames and in rules; and the fields: where they are, from
# the version on, and their size.
BPDU_BYTES = [0, 0, 1, 2, 0x80]
BPDU_FIELDS = {"type": (0, 1), "flags": (1, 1), "root-priority": (2, 2),
               "root-address": (4, 6), "root-cost": (10, 4),
               "sender-priority": (14, 2), "sender-address": (16, 6),
               "port": (22, 2), "age": (24, 2), "max-age": (26, 2),
               "hello-time": (28, 2), "forward-delay": (30, 2)}
MAC_MASKS = ["ff:ff:ff:ff:ff:ff", "ff:ff:ff:ff:ff:fe", "ff:ff:ff:ff:ff:00",
             "ff:ff:ff:ff:00:00", "ff:ff:ff:00:00:00"]

GUEST_IPS = ["10.1.1.5", "10.1.1.6", "10.1.2.5", "0.0.0.0"]
PEER_IPS = ["10.1.1.9", "10.1.1.8", "10.1.2.0", "10.1.3.255", "192.168.1.1",
            "224.0.0.251", "255.255.255.255"]
IPS = GUEST_IPS + PEER_IPS
IP_MASKS = ["32", "31", "30", "24", "22", "16", "8", "255.255.255.0",
            "255.255.254.0", "1", "0"]

GUEST_IP6S = ["fd00::5", "fd00::6", "fe80::5", "::"]
PEER_IP6S = ["fd00::9", "fd00::8", "fd00:0:0:1::1", "fe80::9", "ff02::1",
             "ff02::1:2"]
IP6S = GUEST_IP6S + PEER_IP6S
IP6_MASKS = ["128", "127", "126", "112", "64", "48", "10", "8", "1", "0"]

PORTS = [0, 1, 22, 23, 67, 68, 80, 443, 1023, 1024, 32768, 65534, 65535]
ETHERTYPES = [0x0800, 0x0806, 0x8035, 0x86dd, 0x8100, 0x88b5, 0x0835, 0x0600,
              0x8847]
ETHERTYPE_NAMES = {0x0800: "ipv4", 0x0806: "arp", 0x8035: "rarp",
                   0x86dd: "ipv6", 0x8100: "vlan"}
VLANS = [0, 1, 10, 11, 4094]
DSCPS = [0, 1, 2, 33, 46, 63]
ICMP_TYPES = [0, 3, 5, 8, 11, 13, 14, 30]
ICMPV6_TYPES = [1, 2, 3, 4, 128, 129, 133, 134, 135, 136, 137, 130, 143]
ICMP_CODES = [0, 1, 3, 255]
OPCODES = [1, 2, 3, 4, 8, 9, 200, 0, 256, 300]
HWTYPES = [1, 1, 6, 15]
PROTOTYPES = [0x0800, 0x0800, 0x0801, 0x86dd]
PROTOCOLS = {"tcp": 6, "udp": 17, "udplite": 136, "esp": 50, "ah": 51,
             "icmp": 1, "igmp": 2, "sctp": 132, "icmpv6": 58}
OTHER_PROTOCOLS = [47, 89]

# Names in TCP flag lists, and sets of them that rules and segments have.
FLAG_RULES = ["SYN/SYN", "SYN,ACK/SYN", "SYN,ACK,FIN,RST/SYN", "ALL/NONE",
              "ALL/SYN", "SYN,RST/NONE", "ACK/ACK", "RST/RST", "FIN,ACK/FIN",
              "SYN/ALL", "ALL/ALL"]
SEGMENT_FLAGS = [2, 18, 16, 24, 17, 4, 20, 1, 0, 3, 6, 41, 63, 32, 48]

# Variables of the port.  Lists have different lengths on purpose.
VARIABLES = {
    "IP": [["10.1.1.5"], ["10.1.1.5", "10.1.1.6"],
           ["10.1.1.5", "10.1.1.6", "10.1.1.5"]],
    "IPV6": [["fd00::5"], ["fd00::5", "fe80::5"]],
    "PEERS": [["10.1.1.9", "10.1.1.8"], ["10.1.1.9"],
              ["10.1.1.9", "10.1.2.0", "192.168.1.1"]],
    "PEERS6": [["fd00::9", "fd00::8"]],
    "P": [["22", "80"], ["22"], ["80", "443", "22"], ["22", "80", "22"]],
    "Q": [["1024", "65535"], ["1023"]],
    "PEER_MAC": [["52:56:00:aa:bb:01"],
                 ["52:56:00:aa:bb:01", "52:56:00:aa:bb:02"]],
    "PROTO": [["tcp"], ["17"], ["udp", "icmp"]],
}

# Address sets, of every type: name to type and entries.
SETS = {
    "ips": ("hash:ip", ["10.1.1.5", "10.1.1.9", "10.1.2.0/31", "fd00::5",
                        "fd00::9"]),
    "nets": ("hash:net", ["10.1.1.0/24", "10.1.1.8/31 nomatch", "224.0.0.0/4",
                          "fd00::/64", "fd00::8/127 nomatch", "fd00::9"]),
    "ipports": ("hash:ip,port", ["10.1.1.5,tcp:22", "10.1.1.9,udp:67",
                                 "10.1.1.9,tcp:80-443", "10.1.1.5,icmp:8/0",
                                 "10.1.1.9,esp:0", "fd00::9,tcp:22",
                                 "fd00::5,icmpv6:128/0"]),
    "netports": ("hash:net,port", ["10.1.0.0/16,tcp:80", "fd00::/16,udp:67",
                                   "10.1.1.8/31,udp:1024-65535",
                                   "10.1.1.0/24,tcp:80 nomatch"]),
    "macs": ("hash:mac", GUEST_MACS[:2] + PEER_MACS[:1]),
    "ipmacs": ("hash:ip,mac", ["10.1.1.5,52:54:00:12:34:56",
                               "10.1.1.9,52:56:00:aa:bb:01"]),
    "netnets": ("hash:net,net", ["10.1.1.0/24,10.1.1.0/24",
                                 "10.1.1.5,10.1.1.8/31 nomatch",
                                 "fd00::/16,fd00::/16"]),
    "pairs": ("hash:ip,port,ip", ["10.1.1.5,tcp:22,10.1.1.9",
                                  "10.1.1.9,udp:67,10.1.1.5"]),
    "ports": ("bitmap:port", ["22", "80-443"]),
}


def mac_bytes(text):
    return bytes(int(part, 16) for part in text.split(":"))


def mac_text(data):
    return ":".join("%02x" % byte for byte in data)


def ip_int(text):
    return int(ipaddress.ip_address(text))


def ip_bytes(text):
    return ipaddress.ip_address(text).packed


def ip_text(number, version):
    """The address as text; 'number' wraps around."""
    if version == 4:
        return str(ipaddress.IPv4Address(number % (1 << 32)))
    return str(ipaddress.IPv6Address(number % (1 << 128)))


def mask_length(text, version):
    if text.isdigit():
        return int(text)
    return bin(int(ipaddress.ip_address(text))).count("1")
