# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Random frames near the boundaries of a filter's rules.

A frame is a dict of fields first, so that rules can pull single fields to
their values or one beside them; build() makes the bytes.
"""

import struct
import zlib

import universe as u

PEER, GUEST = u.PEER_MACS, u.GUEST_MACS
KINDS = ["ip4", "ip4", "ip4", "ip6", "ip6", "arp", "rarp", "other", "llc"]
L4_DEFAULTS = {"sport": 1000, "dport": 2000, "flags": 2, "seq": 1, "ack": 0,
               "type": 8, "code": 0, "id": 7, "data": b""}


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


def crc32c(data):
    """The checksum of SCTP, which the kernel's conntrack looks at."""
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return ~crc & 0xffffffff


def pseudo_header(f, protocol, length):
    return (u.ip_bytes(f["saddr"]) + u.ip_bytes(f["daddr"])
            + struct.pack(">II", length, protocol))


def put_sum(f, protocol, segment, at, pseudo=True):
    head = pseudo_header(f, protocol, len(segment)) if pseudo else b""
    value = checksum(head + segment)
    if protocol == 17 and not value:
        value = 0xffff
    return segment[:at] + struct.pack(">H", value) + segment[at + 2:]


def first_seq(f):
    """The sequence number with which this sender begins to talk to this
    receiver: always the same, so that what one conversation leaves behind does
    not put the next one out of the window, and far from 0, where the userspace
    datapath supposes what it does not know."""
    ends = f"{f['saddr']} {f['sport']} {f['daddr']} {f['dport']}"
    return zlib.crc32(ends.encode()) & 0x1fffffff | 0x20000000


def reversed_ends(f):
    return dict(f, saddr=f["daddr"], daddr=f["saddr"], sport=f["dport"],
                dport=f["sport"])


def build_l4(f):
    """The transport header of an IP frame and what follows it."""
    protocol, data = f["proto"], f["data"]
    if protocol == 6:
        segment = struct.pack(">HHIIBBHHH", f["sport"], f["dport"], f["seq"],
                              f["ack"], 5 << 4, f["flags"], 8192, 0, 0) + data
        return put_sum(f, 6, segment, 16)
    if protocol == 17:
        segment = struct.pack(">HHHH", f["sport"], f["dport"],
                              8 + len(data), 0) + data
        return put_sum(f, 17, segment, 6)
    if protocol == 136:
        segment = struct.pack(">HHHH", f["sport"], f["dport"], 0, 0) + data
        return put_sum(f, 136, segment, 6)
    if protocol == 132:
        ports = struct.pack(">HHI", f["sport"], f["dport"], 0)
        chunk = struct.pack(">BBHIIHHI", 1, 0, 20, 1, 1000, 1, 1, 1)
        return ports + struct.pack("<I", crc32c(ports + bytes(4) + chunk)
                                   ) + chunk
    if protocol == 1:
        message = struct.pack(">BBHHH", f["type"], f["code"], 0, f["id"], 1)
        return put_sum(f, 1, message + data, 2, pseudo=False)
    if protocol == 58:
        body = struct.pack(">HH", f["id"], 1) + (data or bytes(16))
        return put_sum(f, 58, struct.pack(">BBH", f["type"], f["code"], 0)
                       + body, 2)
    if protocol == 51:
        return struct.pack(">BBHII", 59, 4, 0, 1, 1) + bytes(12)
    if protocol == 2:
        return put_sum(f, 2, struct.pack(">BBHI", 0x16, 0, 0, 0xe00000fb), 2,
                       pseudo=False)
    return data or bytes(12)


FIRST_PART = 448            # Bytes; conntrack takes none below 400.


def fragment(f, segment):
    """The part of the segment that the frame carries."""
    if not f.get("frag"):
        return segment
    if f["frag"] == "first":
        return segment[:FIRST_PART].ljust(FIRST_PART, b"y")
    return segment[FIRST_PART:].ljust(32, b"y")


def build_ip4(f):
    body = fragment(f, build_l4(f))
    flags = {None: 0, "first": 0x2000,
             "later": FIRST_PART // 8}[f.get("frag")]
    header = struct.pack(">BBHHHBBH4s4s", 0x45, f["tos"], 20 + len(body),
                         f.get("ipid", 77), flags, 64, f["proto"], 0,
                         u.ip_bytes(f["saddr"]), u.ip_bytes(f["daddr"]))
    return (header[:10] + struct.pack(">H", checksum(header)) + header[12:]
            + body)


# What follows the number of the next header: hop-by-hop, routing, AH, dstopts.
EXTENSIONS = {0: b"\0\1\4" + bytes(4), 43: bytes(7),
              51: b"\4\0\0" + struct.pack(">II", 256, 1) + bytes(12),
              60: b"\0\1\4" + bytes(4)}


def build_ip6(f):
    body = fragment(f, build_l4(f))
    protocol = f["proto"]
    if f.get("frag"):
        offset = 1 if f["frag"] == "first" else FIRST_PART
        body = struct.pack(">BBHI", protocol, 0, offset,
                           f.get("ipid", 77)) + body
        protocol = 44
    for extension in f.get("ext", ()):
        body = struct.pack(">B", protocol) + EXTENSIONS[extension] + body
        protocol = extension
    return (struct.pack(">IHBB", 6 << 28 | f["tos"] << 20, len(body),
                        protocol, 64)
            + u.ip_bytes(f["saddr"]) + u.ip_bytes(f["daddr"]) + body)


def build_arp(f):
    return (struct.pack(">HHBBH", f["hrd"], f["pro"], f["hln"], f["pln"],
                        f["op"])
            + u.mac_bytes(f["sha"]).ljust(f["hln"], b"\x07")
            + u.ip_bytes(f["spa"]).ljust(f["pln"], b"\x07")
            + u.mac_bytes(f["tha"]).ljust(f["hln"], b"\x07")
            + u.ip_bytes(f["tpa"]).ljust(f["pln"], b"\x07"))


def build(f):
    """The bytes of a frame, without padding."""
    kind = f["kind"]
    if kind == "ip4":
        body = build_ip4(f)
    elif kind == "ip6":
        body = build_ip6(f)
    elif kind in ("arp", "rarp"):
        body = build_arp(f)
    elif kind == "llc":
        body = (bytes([0x42, 0x42, 3, 0, 0]) + f["bpdu"] if f.get("stp")
                else bytes([0xaa, 0xaa, 3, 0, 0, 0, 8, 9]) + bytes(30))
    else:
        body = bytes(40)
    tags = b"".join(struct.pack(">HH", 0x8100, vid) for vid in f["vlans"])
    return (u.mac_bytes(f["dst"]) + u.mac_bytes(f["src"]) + tags
            + struct.pack(">H", f["ethertype"]) + body)


def describe(f):
    """One line for people."""
    hidden = {"data": b"", "vlans": [], "tos": 0, "id": 7, "seq": 1, "ack": 0}
    names = {"ip4": ["saddr", "daddr", "proto", "tos", "frag", "sport",
                     "dport", "flags", "type", "code", "data"],
             "ip6": ["saddr", "daddr", "proto", "tos", "ext", "frag", "sport",
                     "dport", "flags", "type", "code", "data"],
             "arp": ["op", "sha", "spa", "tha", "tpa", "hrd", "pro", "pln"],
             "rarp": ["op", "sha", "spa", "tha", "tpa", "hrd", "pro", "pln"]}
    f = dict(f, data=len(f["data"])) if len(f.get("data", "")) > 60 else f
    parts = [f"{f['src']}>{f['dst']}"]
    parts += [f"{name}={f[name]}" for name in
              ["vlans", "ethertype"] + names.get(f["kind"], [])
              if name in f and f[name] is not None
              and hidden.get(name, None) != f[name]]
    return f["kind"] + " " + " ".join(parts)


def step(direction, f):
    """The frame as a case has it."""
    return {"dir": direction, "frame": build(f).hex(), "note": describe(f)}


class Generator:
    """Frames for a guest, and for its peer if that is filtered, too."""

    def __init__(self, random, filter_sets):
        self.r = random
        self.peer = len(filter_sets) > 1
        self.rules = [rule for fs in filter_sets for rule in fs.rules()]
        # Without connection tracking fragments are on their own.  Later IPv6
        # ones have no protocol in the switch, so layer 3 differs.
        self.stateful = any(fs.tests_state(4) for fs in filter_sets)
        self.fragments = {4: not self.stateful,
                          6: not any(rule.layer() == 6
                                     for rule in self.rules)}
        self.ah = all(fs.knows_ah() for fs in filter_sets)
        self.related = any("RELATED" in e.attrs.get("state", "")
                           for rule in self.rules for e in rule.elements)

    # Frames without a rule in mind.

    def macs(self, direction):
        near, far = (GUEST, PEER) if direction == "out" else (PEER, GUEST)
        if self.peer:                   # Only he is to get it, or everybody.
            far = far[:1]
        groups = u.GROUP_MACS if self.r.random() < 0.2 else far
        return (self.r.choice([near[0]] * 3 + near),
                self.r.choice([groups[0]] * 3 + groups))

    def blank(self, kind, direction):
        src, dst = self.macs(direction)
        types = {"ip4": 0x0800, "ip6": 0x86dd, "arp": 0x0806, "rarp": 0x8035,
                 "llc": 0x26, "other": self.r.choice([0x88b5, 0x0835, 0x0600,
                                                      0x8847])}
        f = {"kind": kind, "src": src, "dst": dst, "vlans": [],
             "ethertype": types[kind]}
        if kind in ("ip4", "ip6"):
            self.fill_ip(f, direction)
        elif kind in ("arp", "rarp"):
            self.fill_arp(f, direction)
        if kind == "llc":
            f["stp"] = self.r.random() < 0.5
            if f["stp"]:
                f["dst"] = u.GROUP_MACS[3]
            self.fill_bpdu(f)
        return f

    def fill_bpdu(self, f):
        version = self.r.choice([0, 0, 0, 0, 0, 2])
        f["bpdu"] = bytes([version]) + bytes(
            self.r.choices(u.BPDU_BYTES, k=32))

    def fill_ip(self, f, direction):
        v6 = f["kind"] == "ip6"
        guests, peers = ((u.GUEST_IP6S, u.PEER_IP6S) if v6
                         else (u.GUEST_IPS, u.PEER_IPS))
        near, far = (guests, peers) if direction == "out" else (peers, guests)
        f.update(L4_DEFAULTS, saddr=self.r.choice([near[0]] * 2 + near),
                 daddr=self.r.choice([far[0]] * 2 + far), tos=0)
        self.fill_l4(f, self.r.choice([6, 6, 17, 17, 58 if v6 else 1]))
        if self.r.random() < 0.15:
            self.fill_l4(f, self.r.choice(self.protocols(v6)))
        if self.r.random() < 0.2:
            f["tos"] = (self.r.choice(u.DSCPS) << 2) + self.r.choice([0, 1, 3])
        if v6 and self.r.random() < 0.1:
            f["ext"] = [self.r.choice([0, 43, 60])]
        if v6 and self.ah and self.r.random() < 0.1:
            self.put_ah(f)

    def put_ah(self, f):
        """An authentication header, with others before and behind it."""
        f["ext"] = f.get("ext", [])[:] + [51]
        if self.r.random() < 0.3:
            f["ext"].append(self.r.choice([0, 43, 60]))

    def protocols(self, v6):
        numbers = [n for n in u.PROTOCOLS.values() if n != (51 if v6 else -1)]
        return numbers + u.OTHER_PROTOCOLS

    def fill_l4(self, f, protocol):
        v6 = f["kind"] == "ip6"
        f["proto"] = protocol
        f["sport"] = self.r.choice(u.PORTS + [1000])
        f["dport"] = self.r.choice(u.PORTS + [1000])
        f["flags"] = self.r.choice([2] * 6 + u.SEGMENT_FLAGS)
        f["type"] = self.r.choice(u.ICMPV6_TYPES if v6 else u.ICMP_TYPES)
        f["code"] = self.r.choice([0, 0, 0] + u.ICMP_CODES)
        f["id"] = self.r.randint(0, 65535)

    def fill_arp(self, f, direction):
        near, far = ((u.GUEST_IPS, u.PEER_IPS) if direction == "out"
                     else (u.PEER_IPS, u.GUEST_IPS))
        f.update(hrd=1, pro=0x0800, hln=6, pln=4,
                 op=self.r.choice(u.OPCODES[:7] * 3 + u.OPCODES), sha=f["src"],
                 spa=self.r.choice(near), tpa=self.r.choice(far),
                 tha=self.r.choice(["00:00:00:00:00:00", f["dst"]]))
        if self.r.random() < 0.1:
            f["tpa"] = f["spa"]
        if self.r.random() < 0.12:
            self.odd_header(f)

    def odd_header(self, f):
        """An ARP header that the switch does not read, for any reason."""
        f.update(hrd=self.r.choice(u.HWTYPES), hln=self.r.choice([6, 6, 8]),
                 pro=self.r.choice(u.PROTOTYPES), pln=self.r.choice([4, 4, 5]))
        if f["hln"] != 6:
            f["sha"] = f["tha"] = "07:07:07:07:07:07"
        if f["pln"] != 4:
            f["spa"] = f["tpa"] = "7.7.7.7"

    # Frames at a rule.

    def resolve(self, text):
        """A literal, or one of the values of the variable."""
        if not text.startswith("$"):
            return text
        name = text[1:].split("[")[0]
        return self.r.choice(self.variables.get(name, ["1"]))

    def near_number(self, low, high, top):
        """In [low, high], at its edges, or one outside."""
        return self.r.choice([low, high, low, high, (low + high) // 2,
                              max(low - 1, 0), min(high + 1, top)])

    def near_ip(self, text, mask, version):
        bits = 32 if version == 4 else 128
        length = u.mask_length(mask, version) if mask else bits
        base = u.ip_int(text)
        low = base >> (bits - length) << (bits - length)
        high = low + (1 << (bits - length)) - 1
        number = self.near_number(low, high, (1 << bits) - 1)
        return u.ip_text(self.r.choice([base, number]), version)

    def near_mac(self, text, own_side):
        data = bytearray(u.mac_bytes(text))
        if self.r.random() < 0.3:
            data[self.r.randint(2, 5)] ^= 1 << self.r.randint(0, 7)
        result = u.mac_text(data)
        return result if result[:5] in own_side else None

    def numeric(self, text, names=None):
        text = self.resolve(text)
        if names and text.lower() in names:
            return names[text.lower()]
        return int(text, 0)

    def pull_range(self, f, items, name, low_attr, high_attr, top):
        if low_attr in items:
            low = self.numeric(items[low_attr][0])
            high = (self.numeric(items[high_attr][0]) if high_attr in items
                    else low)
            f[name] = self.near_number(low, max(low, high), top)

    def pull_macs(self, f, items, mirrored, direction):
        near, far = (("52:54",), ("52:56", "ff:ff", "01:00", "33:33", "01:80"))
        if direction == "in":
            near, far = ("52:56",), ("52:54",) + far[1:]
        fields = ("dst", "src") if mirrored else ("src", "dst")
        for side, field in zip(("src", "dst"), fields):
            if f"{side}macaddr" in items:
                mac = self.near_mac(self.resolve(items[f"{side}macaddr"][0]),
                                    near if field == "src" else far)
                f[field] = mac or f[field]
        f["dst"] = self.addressed(f, direction)["dst"]

    def addressed(self, f, direction):
        """Between two filtered ports: to the other one, or to everybody."""
        if self.peer and f["dst"] not in u.GROUP_MACS:
            return dict(f, dst=(PEER if direction == "out" else GUEST)[0])
        return f

    def pull_ips(self, f, items, mirrored, version, prefix="",
                 names=("saddr", "daddr")):
        fields = names[::-1] if mirrored else names
        for side, field in zip(("src", "dst"), fields):
            addr = items.get(f"{prefix}{side}ipaddr")
            mask = items.get(f"{prefix}{side}ipmask")
            low, high = items.get(f"{side}ipfrom"), items.get(f"{side}ipto")
            if addr:
                f[field] = self.near_ip(self.resolve(addr[0]),
                                        mask and mask[0], version)
            elif low and not prefix:
                low = u.ip_int(low[0])
                high = u.ip_int(high[0]) if high else low
                number = self.near_number(low, high, (1 << 32) - 1
                                          if version == 4 else (1 << 128) - 1)
                f[field] = u.ip_text(number, version)

    def pull_ports(self, f, items, mirrored):
        names = ("dport", "sport") if mirrored else ("sport", "dport")
        for side, name in zip(("src", "dst"), names):
            self.pull_range(f, items, name, f"{side}portstart",
                            f"{side}portend", 65535)

    def at_arp(self, rule, items, mirrored, direction):
        f = self.blank(rule.protocol, direction)
        self.pull_macs(f, items, mirrored, direction)
        if f["hln"] != 6 or f["pln"] != 4:
            return f
        if "opcode" in items:
            f["op"] = self.near_number(*[self.numeric(items["opcode"][0])] * 2,
                                       65535)
        self.pull_ips(f, items, mirrored, 4, "arp", ("spa", "tpa"))
        names = ("tha", "sha") if mirrored else ("sha", "tha")
        for side, name in zip(("src", "dst"), names):
            mac = items.get(f"arp{side}macaddr")
            if mac and self.r.random() < 0.8:
                f[name] = self.resolve(mac[0])
        if "gratuitous" in items and self.r.random() < 0.6:
            f["tpa"] = f["spa"]
        return f

    def at_vlan(self, items, mirrored, direction):
        kind = self.r.choice(["ip4", "ip6", "arp", "other"])
        f = self.blank(kind, direction)
        self.pull_macs(f, items, mirrored, direction)
        f["vlans"] = [self.r.choice(u.VLANS)]
        self.pull_range(f, items, "vid", "vlanid", "vlanid", 4094)
        if "vid" in f:
            f["vlans"] = [f.pop("vid")]
        if "encap-protocol" in items and self.r.random() < 0.7:
            number = self.numeric(items["encap-protocol"][0])
            if number == 0x8100:
                f["vlans"].append(10)
            elif number not in (0x0800, 0x86dd, 0x0806, 0x8035):
                f.update(kind="other", ethertype=number)
        return f

    def at_mac(self, items, mirrored, direction):
        f = self.blank(self.r.choice(KINDS), direction)
        names = {v: k for k, v in u.ETHERTYPE_NAMES.items()}
        if "protocolid" in items and self.r.random() < 0.7:
            number = self.numeric(items["protocolid"][0], names)
            kinds = {0x0800: "ip4", 0x0806: "arp", 0x8035: "rarp",
                     0x86dd: "ip6"}
            f = self.blank(kinds.get(number, "other"), direction)
            if number == 0x8100:
                f["vlans"] = [self.r.choice(u.VLANS)]
            elif number not in kinds:
                f["ethertype"] = number
        self.pull_macs(f, items, mirrored, direction)
        return f

    def at_ip(self, rule, items, mirrored, direction):
        l3 = rule.layer() != 2
        version = (rule.layer() if l3 else 6 if rule.protocol == "ipv6"
                   else 4)
        f = self.blank("ip%d" % version, direction)
        protocol = None
        if l3:
            protocol = u.PROTOCOLS.get(rule.protocol.replace("-ipv6", ""))
        elif "protocol" in items and self.r.random() < 0.85:
            protocol = self.numeric(items["protocol"][0], u.PROTOCOLS)
        if protocol == 51 and version == 6:
            if self.ah:
                self.put_ah(f)
        elif protocol is not None:
            self.fill_l4(f, protocol)
        if not l3 or not mirrored:
            self.pull_macs(f, items, mirrored, direction)
        self.pull_ips(f, items, mirrored, version)
        self.pull_ports(f, items, mirrored)
        self.pull_range(f, items, "type", "type", "typeend", 254)
        self.pull_range(f, items, "code", "code", "codeend", 255)
        if "dscp" in items and self.r.random() < 0.8:
            dscp = self.numeric(items["dscp"][0])
            f["tos"] = self.near_number(dscp, dscp, 63) << 2
        if "flags" in items:
            f["flags"] = self.r.choice(u.SEGMENT_FLAGS)
        return f

    def orientation(self, rule, direction):
        """Is the rule mirrored for frames in the guest's direction?"""
        if rule.side == "peer":
            direction = "in" if direction == "out" else "out"
        if rule.direction == "inout":
            return direction == "out"
        return rule.layer() != 2 and rule.direction != direction

    def at_stp(self, items, direction):
        f = self.blank("llc", direction)
        f["dst"] = u.GROUP_MACS[3]
        f["stp"] = True
        body = bytearray(f["bpdu"])
        for name, (at, size) in u.BPDU_FIELDS.items():
            if name in items and self.r.random() < 0.8:
                value = items[name][0]
                body[at:at + size] = (
                    u.mac_bytes(value) if size == 6
                    else self.numeric(value).to_bytes(size, "big"))
        f["bpdu"] = bytes(body)
        self.pull_macs(f, items, False, direction)
        return f

    def at_rule(self, rule, direction):
        items = rule.items()
        self.variables = rule.variables
        mirrored = self.orientation(rule, direction)
        if rule.protocol in ("arp", "rarp"):
            return self.at_arp(rule, items, mirrored, direction)
        if rule.protocol == "vlan":
            return self.at_vlan(items, mirrored, direction)
        if rule.protocol == "stp":
            return self.at_stp(items, direction)
        if rule.protocol in ("", "mac"):
            return self.at_mac(items, mirrored, direction)
        return self.at_ip(rule, items, mirrored, direction)

    def spoil(self, f):
        """Small changes that cross a boundary of their own."""
        if f["kind"] in ("ip4", "ip6"):
            version = 4 if f["kind"] == "ip4" else 6
            if self.fragments[version] and self.r.random() < 0.06:
                f["frag"] = self.r.choice(["first", "later", "later"])
            if self.r.random() < 0.05:
                f["saddr"], f["daddr"] = f["daddr"], f["saddr"]
            if self.r.random() < 0.05:
                f["sport"], f["dport"] = f["dport"], f["sport"]
        if not f["vlans"] and self.r.random() < 0.04:
            f["vlans"] = [self.r.choice(u.VLANS)
                          for _ in range(self.r.choice([1, 1, 2]))]
        return f

    def single(self):
        """A direction and a frame."""
        direction = self.r.choice(["in", "out"])
        if self.rules and self.r.random() < 0.8:
            f = self.at_rule(self.r.choice(self.rules), direction)
        else:
            f = self.blank(self.r.choice(KINDS), direction)
        f = self.spoil(f)
        if f.get("proto") == 6:
            f["seq"] = first_seq(f) + (not f["flags"] & 2)
            f["ack"] = (first_seq(reversed_ends(f)) + 1 if f["flags"] & 16
                        else 0)
        return direction, f
