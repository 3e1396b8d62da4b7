# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Connections that the rules have accepted go past them, as long as these are
the port's rules."""

import re
import struct

import frames

GUEST, CLIENT = "10.0.0.5", "10.0.0.9"


def document(*rules):
    return ("<filter name='f'>" + "".join(
        f"<rule action='{action}' direction='{direction}' priority='{i}'>"
        f"{element}</rule>"
        for i, (action, direction, element) in enumerate(rules)) + "</filter>")


WEB = ("accept", "in", "<tcp dstportstart='80'/>")
SSH = ("accept", "in", "<tcp dstportstart='22'/>")
NAMES = ("accept", "out", "<udp dstportstart='53'/>")
DROP = ("drop", "inout", "<all/>")


class Connection:
    """Packets of one TCP connection to the guest, as a client sends them."""

    def __init__(self, sandbox, net, guest, port, sport):
        self.sandbox, self.net, self.guest = sandbox, net, guest
        self.ports = sport, port

    def says(self, flags=frames.ACK, seq=2, ack=2):
        frame = frames.tcp(src=frames.mac(9), dst=frames.mac(1),
                           saddr=CLIENT, daddr=GUEST, sport=self.ports[0],
                           dport=self.ports[1], flags=flags, seq=seq, ack=ack)
        return self.sandbox.crosses(self.net, self.guest, frame)

    def answers(self, flags=frames.ACK, seq=2, ack=2):
        frame = frames.tcp(src=frames.mac(1), dst=frames.mac(9),
                           saddr=GUEST, daddr=CLIENT, sport=self.ports[1],
                           dport=self.ports[0], flags=flags, seq=seq, ack=ack)
        return self.sandbox.crosses(self.guest, self.net, frame)

    def begins(self):
        return (self.says(frames.SYN, seq=1, ack=0)
                and self.answers(frames.SYN | frames.ACK, seq=1)
                and self.says())

    def goes_on(self):
        said, answered = self.says(), self.answers()
        assert said == answered
        return said


def lab(sandbox, *rules):
    sandbox.define(document(*rules))
    net = sandbox.add_port("net")
    guest = sandbox.add_port("guest", mac=frames.mac(1), filter="f")
    sandbox.wait_installed("guest")
    sandbox.sync()
    return lambda port, sport=4000: Connection(sandbox, net, guest, port,
                                               sport)


def change(sandbox, *rules):
    sandbox.define(document(*rules))
    sandbox.sync()


def marks(sandbox):
    """The stamps of the connections that there are."""
    text = sandbox.vswitchd("dpctl/dump-conntrack")
    return [int(mark) >> 4 for mark in re.findall(r"mark=(\d+)", text)]


def stamps(sandbox):
    """The stamps that the switch's flows know."""
    return sorted({int(stamp, 16) >> 4 for flow in sandbox.flows()
                   for stamp in re.findall(r"ct_mark=(0x\w+)/0xfffffff0",
                                           flow)})


def rule_packets(sandbox):
    """Packets that flows of rules have decided."""
    text = sandbox.ofctl("dump-flows", "br-int",
                         "cookie=0x4e57100000000000/0xfffff00000000000")
    return sum(map(int, re.findall(r"n_packets=(\d+)", text)))


def test_only_first_packets_pass_the_rules(sandbox):
    connect = lab(sandbox, WEB, SSH, NAMES, DROP)
    web = connect(80)
    assert web.begins() and web.goes_on()
    assert marks(sandbox) == stamps(sandbox) and len(marks(sandbox)) == 1
    sandbox.revalidate()
    before = rule_packets(sandbox)
    for _ in range(5):
        assert web.goes_on()
    sandbox.revalidate()
    assert rule_packets(sandbox) == before
    assert connect(22).begins() and not connect(23).begins()


def test_watched_ports_count_everything(sandbox):
    connect = lab(sandbox, WEB, DROP)
    web = connect(80)
    assert web.begins()
    sandbox.nwfctl("watch", "guest", "on")
    sandbox.sync()
    assert not stamps(sandbox)
    for _ in range(5):
        assert web.goes_on()
    sandbox.revalidate()
    assert rule_packets(sandbox) == 10
    sandbox.nwfctl("watch", "guest", "off")
    sandbox.sync()
    assert stamps(sandbox) and web.goes_on()


def test_changes_hold_for_the_next_packet(sandbox):
    connect = lab(sandbox, WEB, SSH, DROP)
    web, ssh = connect(80), connect(22)
    assert web.begins() and ssh.begins()
    first = marks(sandbox)

    change(sandbox, WEB, DROP)
    assert web.goes_on() and not ssh.goes_on()
    change(sandbox, WEB, SSH, NAMES, DROP)
    assert web.goes_on() and ssh.goes_on()
    assert set(marks(sandbox)) == set(stamps(sandbox)) != set(first)

    change(sandbox, ("drop", "in", "<tcp srcipaddr='10.0.0.9'/>"), WEB, SSH,
           DROP)
    assert not stamps(sandbox)
    assert not web.goes_on() and not ssh.goes_on()


def test_answers_end_with_their_rule(sandbox):
    """Also those that a rule for the other direction only drops."""
    connect = lab(sandbox, WEB, DROP)
    web = connect(80)
    assert web.begins() and web.goes_on()
    change(sandbox, ("drop", "out", "<tcp srcportstart='80'/>"), WEB, DROP)
    assert not web.says() and not web.answers()


def test_sctp_ports_are_told_apart(sandbox):
    """Though the userspace datapath takes all of them for one connection."""
    lab(sandbox, ("accept", "in", "<sctp dstportstart='22'/>"), DROP)
    net, guest = sandbox.ports["net"], sandbox.ports["guest"]

    def sent(dport):
        segment = struct.pack(">HHII", 4000, dport, 1, 0) + bytes(8)
        return frames.ip(132, segment, src=frames.mac(9), dst=frames.mac(1),
                         saddr=CLIENT, daddr=GUEST)

    for _ in range(2):
        assert sandbox.crosses(net, guest, sent(22))
        assert not sandbox.crosses(net, guest, sent(23))


def test_who_does_not_stamp(sandbox):
    """Rules that compare what differs from packet to packet, or from port to
    port, or come after a drop."""
    for rule in (("accept", "in", "<tcp dstportstart='80' dscp='0'/>"),
                 ("accept", "in", "<tcp dstportstart='80' "
                  "srcmacaddr='02:00:00:00:00:09'/>"),
                 ("accept", "in", "<tcp dstportstart='80' "
                  "match='no'/>"),
                 ("accept", "in", "<tcp dstportstart='80' "
                  "state='NEW,ESTABLISHED'/>"),
                 ("accept", "in", "<tcp dstportstart='80' flags='SYN/SYN'/>"),
                 ("accept", "in", "<icmp/>"),
                 ("accept", "in", "<sctp dstportstart='80'/>"),
                 ("accept", "inout", "<tcp dstportstart='80'/>")):
        text = sandbox.nwfctl("compile", "--filter=f", "--mac=" +
                              frames.mac(1), sandbox.file(
                                  "f.xml", document(rule, DROP)))
        assert "table=117" not in text, rule
    for rules in ((("drop", "in", "<udp/>"), WEB), (WEB, DROP)):
        text = sandbox.nwfctl("compile", "--filter=f", "--mac=" +
                              frames.mac(1),
                              sandbox.file("f.xml", document(*rules)))
        assert ("table=117" in text) == (rules[0] == WEB), rules


def test_answers_come_from_the_other_side(sandbox):
    """What comes from where the connection began, with its addresses
    exchanged, is no answer."""
    sandbox.define("<filter name='f'><rule action='accept' direction='in'>"
                   "<all/></rule><rule action='drop' direction='inout'><all/>"
                   "</rule></filter>")
    guest = sandbox.add_port("guest", filter="f", mac=frames.mac(1))
    net = sandbox.add_port("net")
    sandbox.wait_installed("guest")
    sandbox.sync()
    way = {"src": frames.mac(2), "dst": frames.mac(1)}
    back = {"saddr": "10.0.0.2", "daddr": "10.0.0.1", "sport": 2000,
            "dport": 1000}
    assert sandbox.crosses(net, guest, frames.udp(**way))
    assert not sandbox.crosses(net, guest, frames.udp(**way, **back))
    assert sandbox.crosses(guest, net, frames.udp(**back))
    assert sandbox.crosses(net, guest, frames.udp(**way))
