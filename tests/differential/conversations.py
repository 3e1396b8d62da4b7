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
    [(1, SYN, 0), (0, ACK, 0), (1, ACK, 0), (1, RST, 0)],
    [(1, SYN, 0), (0, ACK, 0), (1, RST, 0)],
    [(1, SYN, 0), (1, RST, 0)],
    [(1, SYN, 0), (0, FIN | ACK, 0), (1, ACK, 0)],
    [(1, ACK, 4), (0, ACK, 3), (1, ACK, 2)],
    [(1, ACK, 0), (1, ACK, 4)],
    [(1, FIN | ACK, 0)],
    [(1, RST, 0)],
    [(1, 0, 0)],
    [(1, SYN | FIN, 0)],
    [(1, SYN, 0), (0, SYN, 0), (0, SYN | ACK, 0), (1, SYN | ACK, 0),
     (0, ACK, 0), (1, ACK, 3)],
]

# A connection in which a server sends data.
TRANSFER = [(1, SYN, 0), (0, SYN | ACK, 0), (1, ACK, 0), (0, PSH | ACK, 4)]

# What the segments of any other script may be: flags and bytes of data.
TCP_SEGMENTS = [(SYN, 0), (SYN, 0), (SYN | ACK, 0), (ACK, 0), (PSH | ACK, 4),
                (FIN | ACK, 0), (RST, 0), (RST | ACK, 0)]


def answer(f, **changes):
    """The frame that goes the other way, to the one who answers there."""
    back = dict(f, src=f["dst"], dst=f["src"], saddr=f["daddr"],
                daddr=f["saddr"], sport=f["dport"], dport=f["sport"])
    if int(f["dst"][:2], 16) & 1:       # Nobody answers from a group address.
        back["src"] = (packets.PEER if f["src"][:5] == "52:54"
                       else packets.GUEST)[0]
    back.update(changes)
    return back


def other(direction):
    return "in" if direction == "out" else "out"


def talk(direction, f, script):
    """The segments of one TCP connection: (by the initiator?, flags,
    data) each."""
    back = answer(f)
    start = [packets.first_seq(f), packets.first_seq(back)]
    following = [number + 1 for number in start]
    result = []
    for by_initiator, flags, data in script:
        me, base = (0, f) if by_initiator else (1, back)
        seq = start[me] if flags & SYN else following[me]
        ack = following[1 - me] if flags & ACK else 0
        result.append((direction if by_initiator else other(direction),
                       dict(base, flags=flags, seq=seq, ack=ack,
                            data=data)))
        following[me] = (seq + len(data) + bool(flags & SYN)
                         + (flags & FIN))
        if not flags & (SYN | ACK):
            following[me] = seq
    return result


def in_turns(talks):
    """The talks' frames turn by turn: few changes of direction, so that frames
    can go in bursts."""
    result = []
    for turn in range(max(map(len, talks), default=0)):
        result += sorted((talk[turn] for talk in talks if turn < len(talk)),
                         key=lambda step: step[0])
    return result


class Generator:
    def __init__(self, random, frames):
        self.r = random
        self.frames = frames            # packets.Generator
        # Are fragments put together before layer 3 sees them?
        self.whole_packets = frames.stateful and not frames.peer

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

    def script(self, usual):
        """One of the usual ones, or any segments."""
        script = self.r.choice(usual)
        if self.r.random() < 0.3:
            script = [(self.r.randint(0, 1), *self.r.choice(TCP_SEGMENTS))
                      for _ in range(self.r.randint(2, 6))]
            script[0] = (1, *script[0][1:])
        return [(who, flags, b"x" * size) for who, flags, size in script]

    def tcp(self, direction, f):
        return talk(direction, f, self.script(TCP_SCRIPTS))

    def ftp(self, direction, f):
        """A control connection and the data connection that it announces."""
        f = dict(f, sport=40000, dport=21, proto=6)
        passive = self.r.random() < 0.5
        owner = f["daddr"] if passive else f["saddr"]
        port = self.r.choice([50001, 50002])
        numbers = ",".join(owner.split(".") + [str(port >> 8),
                                               str(port & 255)])
        hello = [(1, SYN, b""), (0, SYN | ACK, b""), (1, ACK, b"")]
        if passive:
            words = [(1, PSH | ACK, b"PASV\r\n"),
                     (0, PSH | ACK, f"227 Entering Passive Mode "
                                    f"({numbers}).\r\n".encode())]
            data = dict(f, sport=40001, dport=port)
        else:
            words = [(1, PSH | ACK, f"PORT {numbers}\r\n".encode()),
                     (0, PSH | ACK, b"200 ok\r\n")]
            direction, data = direction, answer(f, sport=20, dport=port)
        if self.r.random() < 0.3:
            data["dport"] += 1          # Nobody has announced that one.
        control = talk(direction, f, hello + words)
        return control + talk(direction if passive else other(direction),
                              data, self.script([TRANSFER]))

    def fragmented(self, direction, f):
        """Datagrams in two parts each, in either order."""
        result = []
        for turn in self.r.choice(["01", "0", "00", "10"]):
            g = f if turn == "0" else answer(f)
            g = dict(g, ipid=self.r.randint(1, 65535), data=b"z" * 480)
            parts = [dict(g, frag="first"), dict(g, frag="later")]
            if self.r.random() < 0.3:
                parts.reverse()
            result += [(direction if turn == "0" else other(direction), part)
                       for part in parts]
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
        protocol, v6 = f["proto"], f["kind"] == "ip6"
        if protocol == 6 and not v6 and self.frames.related and (
                self.r.random() < 0.5):
            return self.ftp(direction, f)
        if protocol == 6:
            script = self.tcp(direction, f)
        elif protocol == (58 if v6 else 1):
            script = self.icmp(direction, f)
        elif protocol in (17, 50) and not v6 and self.whole_packets and (
                self.r.random() < 0.3):
            return self.fragmented(direction, f)
        else:
            script = self.plain(direction, f)
        if self.r.random() < 0.2:
            at = self.r.randint(0, len(script) - 1)
            error = self.error_about(*script[at])
            script.insert(self.r.choice([at + 1, at]), error)
        return [(d, self.frames.addressed(g, d)) for d, g in script]
