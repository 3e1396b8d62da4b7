# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""VLANs of ports: the same frames are sent into two bridges whose ports are
configured alike, one of them managed, one left to Open vSwitch's own NORMAL
action; the same must come out."""

import random

import frames
from policies import PASS
from sandbox import Failure, Sandbox

# Settings of the Port, by name.
KINDS = {
    "plain": [],
    "access5": ["tag=5"],
    "access6": ["tag=6"],
    "access0": ["vlan_mode=access"],
    "trunk": ["vlan_mode=trunk"],
    "trunk56": ["trunks=5,6"],
    "trunk06": ["trunks=0,6"],
    "tag-and-trunks": ["tag=5", "trunks=6,7"],
    "tagged5": ["vlan_mode=native-tagged", "tag=5"],
    "tagged5-67": ["vlan_mode=native-tagged", "tag=5", "trunks=6,7"],
    "untagged5": ["vlan_mode=native-untagged", "tag=5"],
    "untagged6-5": ["vlan_mode=native-untagged", "tag=6", "trunks=5"],
    "untagged": ["vlan_mode=native-untagged"],
}
TAGS = [None, 0, 0x6000, 1, 5, 0xa005, 6, 7, 4095]


def without_priority_tag(frame):
    """NORMAL removes a tag that has a priority but no VLAN; here it stays on
    ports that have tags, and is part of what filters see."""
    if frame[12:14] == b"\x81\x00" and frame[14] & 15 == frame[15] == 0:
        return frame[:12] + frame[16:]
    return frame


def frame(src, dst=frames.BROADCAST, vlan=None, data=bytes(60)):
    return frames.udp(data=data, src=src, dst=dst, vlan=vlan)


class Twins:
    """Each port exists on the managed bridge and, with "n." before its name,
    on the other."""

    def __init__(self, sandbox, guests):
        self.sandbox = sandbox
        sandbox.define(PASS)
        sandbox.add_bridge("br-normal")
        sandbox.ofctl("add-flow", "br-normal", "actions=NORMAL")
        self.macs = {}
        for n, (kind, settings) in enumerate(KINDS.items(), 1):
            self.macs[kind] = frames.mac(n)
            guest = kind in guests
            sandbox.add_port(kind, port=self.settings(kind, settings),
                             mac=frames.mac(n) if guest else None,
                             filter="pass" if guest else None)
            sandbox.add_port(f"n.{kind}", "br-normal",
                             port=self.settings(f"n.{kind}", settings))
        sandbox.sync()

    @staticmethod
    def settings(name, settings):
        return ["--", "set", "Port", name, *settings] if settings else []

    def set(self, kind, *settings):
        for name in (kind, f"n.{kind}"):
            self.sandbox.vsctl("clear", "Port", name, "tag", "trunks",
                               "vlan_mode",
                               *self.settings(name, settings))
        self.sandbox.sync()
        self.sandbox.revalidate()

    def compare(self, source, sent, at=tuple(KINDS)):
        """Sends a frame into both, and wants the same to come out of the
        ports 'at'.  Returns whether that is anything."""
        ours = self.sandbox.arrivals(self.sandbox.ports[source], sent)
        theirs = self.sandbox.arrivals(self.sandbox.ports[f"n.{source}"],
                                       sent)
        for name in at:
            a = [without_priority_tag(f) for f in ours.get(name, [])]
            b = [without_priority_tag(f) for f in theirs.get(f"n.{name}", [])]
            if a != b:
                raise Failure(
                    f"{sent[:20].hex()} from {source} at {name}: "
                    f"{[f[:20].hex() for f in a]}, with NORMAL "
                    f"{[f[:20].hex() for f in b]}")
        return bool(ours)

    def compare_all(self):
        n = 0
        for source in KINDS:
            for tag in TAGS:
                n += self.compare(source, frame(self.macs[source], vlan=tag))
        assert n > len(KINDS), n


def test_floods_between_unfiltered_ports(sandbox):
    Twins(sandbox, []).compare_all()


def test_floods_between_filtered_ports(sandbox):
    Twins(sandbox, list(KINDS)).compare_all()


def test_unicast_between_any_ports(sandbox):
    guests = list(KINDS)[::2]
    others = list(KINDS)[1::2]          # Get what nobody is known to have.
    twins = Twins(sandbox, guests)
    for kind, mac in twins.macs.items():        # NORMAL has to learn guests'.
        for tag in TAGS:
            twins.compare(kind, frame(mac, vlan=tag))
    random.seed(1)
    for _ in range(1000):
        source, target = random.sample(list(KINDS), 2)
        tag = random.choice(TAGS)
        if tag in (None, 0, 0x6000) and target in ("tagged5",
                                                      "untagged5"):
            # A guest in all VLANs but 0: its address is taken there, too.
            assert target in guests
            continue
        twins.compare(source, frame(twins.macs[source], twins.macs[target],
                                    tag), {target, *others})


def test_changes_at_run_time(sandbox):
    twins = Twins(sandbox, list(KINDS)[::2])
    for settings in (["tag=6"], ["trunks=6"], [], ["tag=7"],
                     ["vlan_mode=native-untagged", "tag=6"],
                     ["vlan_mode=native-tagged", "tag=6", "trunks=7"],
                     ["vlan_mode=trunk", "tag=5"]):
        for kind in ("plain", "access5"):
            twins.set(kind, *settings)
            for source in ("plain", "access5", "trunk56", "trunk"):
                for tag in (None, 5, 6, 7):
                    twins.compare(source, frame(twins.macs[source], vlan=tag))


def test_guest_behind_access_port_is_filtered_untagged():
    """Its rules see what the guest sees: no tag."""
    with Sandbox() as sandbox:
        sandbox.define(
            "<filter name='no-udp-9'>"
            "<rule action='drop' direction='in' priority='100'>"
            "<udp dstportstart='9'/></rule>"
            "<rule action='drop' direction='out' priority='100'>"
            "<udp dstportstart='9'/></rule>"
            "<rule action='accept' direction='inout'/></filter>",
            "<filter name='no-vlan' chain='root'>"
            "<rule action='drop' direction='inout' priority='100'>"
            "<vlan/></rule></filter>")
        trunk = sandbox.add_port("trunk")
        access = ["--", "set", "Port"]
        guest = sandbox.add_port("guest", filter="no-udp-9",
                                 mac=frames.mac(1),
                                 port=[*access, "guest", "tag=5"])
        plain = sandbox.add_port("plain", filter="no-vlan",
                                 mac=frames.mac(2),
                                 port=[*access, "plain", "tag=5"])
        sandbox.wait_installed("guest", "plain")
        sandbox.sync()

        def udp(dport, dst, vlan=None, src=frames.mac(9)):
            return frames.udp(dport=dport, data=bytes(60), src=src, dst=dst,
                              vlan=vlan)

        for dport, passes in ((9, False), (10, True)):
            got = sandbox.arrivals(trunk, udp(dport, frames.mac(1), 5))
            assert got == ({"guest": [udp(dport, frames.mac(1))]} if passes
                           else {}), (dport, got)
            got = sandbox.arrivals(guest, udp(dport, frames.mac(9),
                                              src=frames.mac(1)))
            out = udp(dport, frames.mac(9), 5, src=frames.mac(1))
            assert got == ({"trunk": [out]} if passes else {}), (dport, got)
        # Without tag it is no VLAN frame, and with one it does not come in.
        got = sandbox.arrivals(trunk, udp(1, frames.mac(2), 5))
        assert got == {"plain": [udp(1, frames.mac(2))]}, got
        got = sandbox.arrivals(plain, udp(1, frames.mac(9), 5,
                                          src=frames.mac(2)))
        assert got == {}, got


def test_guest_on_trunk_is_filtered_with_its_tags(sandbox):
    sandbox.define("<filter name='only-5' chain='root'>"
                   "<rule action='accept' direction='inout' priority='100'>"
                   "<vlan vlanid='5'/></rule>"
                   "<rule action='drop' direction='inout'/></filter>")
    net = sandbox.add_port("net")
    guest = sandbox.add_port("guest", filter="only-5", mac=frames.mac(1))
    sandbox.wait_installed("guest")
    sandbox.sync()
    for tag in (None, 5, 6):
        to_guest = frame(frames.mac(9), frames.mac(1), tag)
        from_guest = frame(frames.mac(1), frames.mac(9), tag)
        assert sandbox.reaches(net, to_guest) == (
            ["guest"] if tag == 5 else []), tag
        assert sandbox.reaches(guest, from_guest) == (
            ["net"] if tag == 5 else []), tag


def test_same_address_in_two_vlans(sandbox):
    """An address may be in two VLANs at two ports."""
    sandbox.define(PASS)
    trunk = sandbox.add_port("trunk")
    for name, tag in (("one", 5), ("two", 6)):
        sandbox.add_port(name, filter="pass", mac=frames.mac(1),
                         port=["--", "set", "Port", name, f"tag={tag}"])
    sandbox.wait_installed("one", "two")
    sandbox.sync()
    for tag, name in ((5, "one"), (6, "two")):
        got = sandbox.arrivals(trunk, frame(frames.mac(9), frames.mac(1),
                                            tag))
        assert list(got) == [name], (tag, got)
