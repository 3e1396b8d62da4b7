# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Sequences of frames that belong together: what connection tracking is for.

Each conversation is a list of (direction, frame).  Sequence numbers are those
of hosts that behave; what is out of the ordinary is the order of the frames.
"""

import packets

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

# (by the initiator?, flags, bytes of data)
TCP_SCRIPTS = [
    [(1, SYN, 0), (0, SYN | ACK, 0), (1, ACK, 0), (1, PSH | ACK, 5),
     (0, PSH | ACK, 7), (1, FIN | ACK, 0), (0, FIN | ACK, 0), (1, ACK, 0)],
    [(1, SYN, 0), (0, SYN | ACK, 0), (1, ACK, 0), (0, PSH | ACK, 9),
     (1, ACK, 0)],
    [(1, SYN, 0), (1, SYN, 0), (0, SYN | ACK, 0), (1, ACK, 0)],
    [(1, SYN, 0), (0, RST | ACK, 0), (1, SYN, 0)],
    [(0, SYN | ACK, 0), (1, SYN, 0), (0, SYN | ACK, 0)],
    [(1, ACK, 4), (0, ACK, 3), (1, ACK, 2)],
    [(1, ACK, 0), (1, ACK, 4)],
    [(1, FIN | ACK, 0)],
    [(1, RST, 0)],
    [(1, 0, 0)],
    [(1, SYN | FIN, 0)],
]


def answer(f, **changes):
    """The frame that goes the other way."""
    back = dict(f, src=f["dst"], dst=f["src"], saddr=f["daddr"],
                daddr=f["saddr"], sport=f["dport"], dport=f["sport"])
    if int(f["dst"][:2], 16) & 1:       # Nobody answers from a group address.
        back["src"] = (packets.PEER if f["src"][:5] == "52:54"
                       else packets.GUEST)[0]
    back.update(changes)
    return back


def other(direction):
    return "in" if direction == "out" else "out"


class Generator:
    def __init__(self, random, frames):
        self.r = random
        self.frames = frames            # packets.Generator

    def start(self):
        """A first IP frame near some rule, and its direction."""
        rules = [rule for rule in self.frames.rules if rule.layer() != 2]
        for _ in range(20):
            direction = self.r.choice(["in", "out"])
            if rules and self.r.random() < 0.9:
                f = self.frames.at_rule(self.r.choice(rules), direction)
            else:
                f = self.frames.blank(self.r.choice(["ip4", "ip6"]),
                                      direction)
            if f["kind"] in ("ip4", "ip6") and not f.get("frag"):
                return direction, f
        return "out", self.frames.blank("ip4", "out")

    def tcp(self, direction, f):
        start = [self.r.randint(1, 1 << 31), self.r.randint(1, 1 << 31)]
        following = list(start)
        back = answer(f)
        result = []
        for by_initiator, flags, size in self.r.choice(TCP_SCRIPTS):
            me, base = (0, f) if by_initiator else (1, back)
            seq = start[me] if flags & SYN else following[me]
            ack = following[1 - me] if flags & ACK else 0
            result.append((direction if by_initiator else other(direction),
                           dict(base, flags=flags, seq=seq, ack=ack,
                                data=b"x" * size)))
            following[me] = seq + size + bool(flags & SYN) + (flags & FIN)
        return result

    def icmp(self, direction, f):
        request, reply = (128, 129) if f["kind"] == "ip6" else (8, 0)
        f = dict(f, type=request, code=0)
        back = answer(f, type=reply)
        return self.r.choice([
            [(direction, f), (other(direction), back), (direction, f)],
            [(other(direction), back), (direction, f),
             (other(direction), back)]])

    def plain(self, direction, f):
        back = answer(f)
        turns = self.r.choice(["01", "010", "0101", "10", "001", "0011"])
        return [(direction, f) if t == "0" else (other(direction), back)
                for t in turns]

    def error_about(self, direction, f):
        """An ICMP error in answer to 'f', from its receiver or a router."""
        v6 = f["kind"] == "ip6"
        quoted = packets.build(dict(f, vlans=[]))[14:]
        error = answer(f, proto=58 if v6 else 1, type=1 if v6 else 3,
                       code=4 if v6 else 3, id=0, frag=None, ext=[], tos=0,
                       data=quoted)
        if self.r.random() < 0.4:
            error["saddr"] = "fd00::fe" if v6 else "10.1.1.254"
        return other(direction), error

    def conversation(self):
        direction, f = self.start()
        protocol = f["proto"]
        if protocol == 6:
            script = self.tcp(direction, f)
        elif protocol == (58 if f["kind"] == "ip6" else 1):
            script = self.icmp(direction, f)
        else:
            script = self.plain(direction, f)
        if self.r.random() < 0.2:
            at = self.r.randint(0, len(script) - 1)
            error = self.error_about(*script[at])
            script.insert(self.r.choice([at + 1, at]), error)
        return script
