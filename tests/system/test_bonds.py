# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Bonds on a managed bridge send, receive and fail over."""

import re

import frames
from policies import PASS
from sandbox import Sandbox, wait_until

REMOTE = frames.mac(70)


def frame(src, dst, **options):
    return frames.udp(data=bytes(60), src=src, dst=dst, **options)


def lab(sandbox, *settings, members=("up1", "up2")):
    """Two guests, one of them unfiltered, and a bond."""
    sandbox.define(PASS)
    sandbox.add_port("guest", filter="pass", mac=frames.mac(1))
    sandbox.add_port("open")
    sandbox.add_bond("bond0", members, *settings)
    sandbox.wait_installed("guest")
    sandbox.sync()
    return sandbox.ports


def set_link(sandbox, member, state, wait=True):
    sandbox.vswitchd("netdev-dummy/set-admin-state", member, state)
    if not wait:
        return
    up = "enabled" if state == "up" else "disabled"
    wait_until(lambda: f"member {member}: {up}"
               in sandbox.vswitchd("bond/show"), f"{member} is {up}")
    sandbox.active_member("bond0")
    if "ovs-nwfilterd" in sandbox.processes:
        sandbox.sync()
    sandbox.revalidate()


def check_active_backup(sandbox, up, down):
    ports = sandbox.ports
    for source, mac in (("guest", frames.mac(1)), ("open", frames.mac(2))):
        other = "open" if source == "guest" else "guest"
        got = sandbox.reaches(ports[source], frame(mac, frames.BROADCAST))
        assert got == sorted([other, up]), (source, got)
        got = sandbox.reaches(ports[source], frame(mac, frames.mac(99)))
        assert got == sorted({"open", up} - {source}), (source, got)
    got = sandbox.reaches(ports[up], frame(REMOTE, frames.BROADCAST))
    assert got == ["guest", "open"], got
    for target, mac in (("guest", frames.mac(1)), ("open", frames.mac(2))):
        got = sandbox.reaches(ports[up], frame(REMOTE, mac))
        assert got == [target], got
        assert sandbox.reaches(ports[down], frame(REMOTE, mac)) == []
        got = sandbox.reaches(ports[target], frame(mac, REMOTE))
        assert got == [up], got
    # What the network floods to the backup too, and nobody here has.
    assert sandbox.reaches(ports[down], frame(REMOTE, frames.BROADCAST)) == []
    assert sandbox.reaches(ports[up], frame(REMOTE, frames.mac(98))) == [
        "open"]


def test_active_backup(sandbox):
    lab(sandbox, "bond_mode=active-backup")
    first = sandbox.active_member("bond0")
    second = {"up1": "up2", "up2": "up1"}[first]
    check_active_backup(sandbox, first, second)
    set_link(sandbox, first, "down")
    assert announced(sandbox, 1) == {second: [RARP]}
    check_active_backup(sandbox, second, first)
    # As in Open vSwitch, the one that comes back does not take over.
    set_link(sandbox, first, "up")
    assert announced(sandbox, 0) == {}
    check_active_backup(sandbox, second, first)
    sandbox.vswitchd("bond/set-active-slave", "bond0", first)
    assert sandbox.active_member("bond0") == first
    sandbox.sync()
    sandbox.revalidate()
    assert announced(sandbox, 1) == {first: [RARP]}
    check_active_backup(sandbox, first, second)


# What tells the network where the guest is: source and target are both its
# address, and no IP address is said.
RARP = frames.ethernet(
    0x8035, b"\0\1\x08\0\x06\x04\0\x03"
    + 2 * (frames.mac_bytes(frames.mac(1)) + bytes(4)),
    src=frames.mac(1), dst=frames.BROADCAST)[:42]


def announced(sandbox, n):
    """What the bond's members have sent by themselves, as soon as it is so
    much."""
    got = {"up1": [], "up2": []}

    def come():
        for name, found in got.items():
            found += sandbox.ports[name].receive()
        return sum(map(len, got.values())) >= n

    wait_until(come, "the bond's members have sent something")
    return {name: found for name, found in got.items() if found}


def bundles(sandbox):
    return int(re.search(r", bundles (\d+),",
                         sandbox.daemon("nwfilter/status"))[1])


def test_switch_dies_before_the_announcement():
    """The flows are in, the switch's cache is still to be purged; then there
    is nobody to send a RARP frame through."""
    with Sandbox() as sandbox:
        lab(sandbox, "bond_mode=active-backup")
        first = sandbox.active_member("bond0")
        second = {"up1": "up2", "up2": "up1"}[first]
        with sandbox.posing_as_vswitchd():
            sandbox.sync()
            before = bundles(sandbox)
            sandbox.vswitchd("bond/set-active-slave", "bond0", second)
            wait_until(lambda: bundles(sandbox) > before,
                       "the flows of the other member are in")
            sandbox.kill("ovs-vswitchd")
            wait_until(lambda: "br-int: disconnected" in sandbox.log(),
                       "the session has ended")
        sandbox.start_vswitchd()
        sandbox.sync()
        sandbox.wait_installed("guest")


def test_fail_over_without_daemon(sandbox):
    """Which member is alive is the switch's to know."""
    lab(sandbox, "bond_mode=active-backup")
    first = sandbox.active_member("bond0")
    second = {"up1": "up2", "up2": "up1"}[first]
    sandbox.kill("ovs-nwfilterd")
    set_link(sandbox, first, "down")
    check_active_backup(sandbox, second, first)


def test_is_one_port(sandbox):
    lab(sandbox)
    text = sandbox.nwfctl("ports")
    assert "bond0" in text and "up1" not in text, text
    text = sandbox.nwfctl("flows", "bond0")
    assert "# port bond0 (BOND_IN)" in text, text
    assert [sandbox.status(name) for name in ("up1", "up2")] == ["", ""]


class Site(Sandbox):
    """A bond whose members lead to another switch, br-peer, with port "net".
    That switch is Open vSwitch's own switching."""

    def __init__(self, *settings, peer=(), members=("up1", "up2")):
        super().__init__()
        try:
            self.settings, self.peer, self.members = settings, peer, members
            self.build_site()
        except BaseException:
            self.close()
            raise

    def build_site(self):
        self.add_bridge("br-peer")
        self.vsctl("set-fail-mode", "br-peer", "standalone")
        self.add_port("net", "br-peer")
        self.define(PASS)
        self.add_port("guest", filter="pass", mac=frames.mac(1))
        self.add_port("open")
        for member in self.members:
            self.add_peer(member)
        outer = [f"{member}-peer" for member in self.members]
        self.join("br-int", "bond0", self.members, "pstream=punix",
                  *self.settings)
        if self.peer:
            self.join("br-peer", "bond1", outer, "stream=unix", *self.peer)
        self.wait_installed("guest")
        self.sync()
        self.wait_links()

    def join(self, bridge, bond, members, option, *settings):
        args = ["add-bond", bridge, bond, *members, *settings]
        for member in members:
            args += self.device(member, option)
        self.vsctl(*args)

    def device(self, member, option):
        path = f"{self.dir}/{member.removesuffix('-peer')}.link"
        return ["--", "set", "Interface", member, "type=dummy",
                f"options:{option}:{path}"]

    def add_peer(self, member):
        """The other switch's end, unless it has a bond too."""
        if not self.peer:
            self.vsctl("add-port", "br-peer", f"{member}-peer",
                       *self.device(f"{member}-peer", "stream=unix"))

    def wait_links(self):
        def works():
            for member in self.members:
                if f"member {member}: enabled" not in self.vswitchd(
                        "bond/show", "bond0"):
                    return False
            return self.arrivals(self.ports["guest"], frame(
                frames.mac(1), REMOTE)).get("net")

        wait_until(works, "the links work")
        self.forget()

    def forget(self):
        self.vswitchd("fdb/flush", "br-peer")
        self.revalidate()

    def settle(self):
        """A frame has three hops to go."""
        for _ in range(4):
            super().settle()

    def transmitted(self):
        """How many frames left through each member."""
        return {member: int(re.search(r"tx pkts=(\d+)", self.ofctl(
            "dump-ports", "br-int", member))[1]) for member in self.members}


def check_site(site):
    """Everything once, and nothing back."""
    ports, mac = site.ports, {"guest": frames.mac(1), "open": frames.mac(2),
                              "net": REMOTE}
    for dst in (frames.BROADCAST, "01:00:5e:01:02:03"):
        for source in mac:
            got = site.reaches(ports[source], frame(mac[source], dst))
            assert got == sorted(set(mac) - {source}), (source, dst, got)
    site.revalidate()
    for source in mac:      # The addresses are known.
        for target in set(mac) - {source}:
            got = site.reaches(ports[source],
                               frame(mac[source], mac[target]))
            assert got == [target], (source, target, got)


def fail_over(site):
    """Each member in turn is lost, and comes back."""
    for member in site.members:
        for state in ("down", "up"):
            if site.peer:
                set_link(site, f"{member}-peer", state, wait=False)
            set_link(site, member, state)
            if site.peer:
                set_link(site, f"{member}-peer", state)
            site.sync()
            site.forget()
            check_site(site)


def test_active_backup_at_a_switch():
    with Site("bond_mode=active-backup") as site:
        check_site(site)
        fail_over(site)


def test_balance_slb():
    with Site("bond_mode=balance-slb") as site:
        check_site(site)
        sent = site.transmitted()
        for n in range(100, 140):
            got = site.reaches(site.ports["open"],
                               frame(frames.mac(n), frames.BROADCAST))
            assert got == ["guest", "net"], (n, got)
        wait_until(lambda: all_send(site, sent, 10), "both members send")
        fail_over(site)


def all_send(site, before, at_least):
    after = site.transmitted()
    return all(after[m] - before[m] >= at_least for m in before)


LACP = ["lacp=active", "other_config:lacp-time=fast"]


def test_lacp():
    for mode in ("balance-tcp", "balance-slb", "active-backup"):
        with Site(f"bond_mode={mode}", *LACP,
                  peer=["bond_mode=balance-tcp", *LACP]) as site:
            check_site(site)
            fail_over(site)
            sent = site.transmitted()
            for port in range(128):
                got = site.reaches(site.ports["open"], frames.udp(
                    sport=1000 + port, src=frames.mac(2), dst=REMOTE))
                assert got == ["net"], (port, got)
            if mode == "balance-tcp":
                wait_until(lambda: all_send(site, sent, 30),
                           "both members send")


def test_vlans(sandbox):
    """A bond's VLANs are those of its Port, for each member."""
    lab(sandbox, "trunks=10,20", "bond_mode=balance-slb")
    sandbox.vsctl("set", "Port", "guest", "tag=10")
    sandbox.vsctl("set", "Port", "open", "trunks=10,30")
    sandbox.sync()
    sandbox.revalidate()
    first = sandbox.active_member("bond0")
    second = {"up1": "up2", "up2": "up1"}[first]
    source, remote = frames.mac(1), REMOTE
    tagged = frame(source, frames.BROADCAST, vlan=10)
    got = sandbox.arrivals(sandbox.ports["guest"],
                           frame(source, frames.BROADCAST))
    assert got.pop("open") == [tagged] and len(got) == 1, got
    assert list(got.values()) == [[tagged]] and set(got) < {"up1", "up2"}
    inside = frame(remote, frames.BROADCAST)
    got = sandbox.arrivals(sandbox.ports[first],
                           frame(remote, frames.BROADCAST, vlan=10))
    assert got == {"guest": [inside],
                   "open": [frame(remote, frames.BROADCAST, vlan=10)]}, got
    # Unicast comes in through any, multicast not.
    got = sandbox.arrivals(sandbox.ports[second],
                           frame(remote, source, vlan=10))
    assert got == {"guest": [frame(remote, source)]}, got
    for vlan in (None, 10, 30):
        got = sandbox.arrivals(sandbox.ports[second],
                               frame(remote, frames.BROADCAST, vlan=vlan))
        assert got == {}, (vlan, got)
    for vlan in (None, 30):
        got = sandbox.arrivals(sandbox.ports[first],
                               frame(remote, frames.BROADCAST, vlan=vlan))
        assert got == {}, (vlan, got)
        got = sandbox.arrivals(sandbox.ports["open"],
                               frame(frames.mac(2), REMOTE, vlan=vlan))
        assert got == {}, (vlan, got)


def test_reflections_and_moves(sandbox):
    """What was sent through the bond does not come in from it; unless the
    station has gone."""
    lab(sandbox, "bond_mode=balance-slb")
    ports = sandbox.ports
    first = sandbox.active_member("bond0")
    for source, mac in (("guest", frames.mac(1)), ("open", frames.mac(2))):
        sandbox.reaches(ports[source], frame(mac, frames.BROADCAST))
        for dst in (frames.BROADCAST, REMOTE, frames.mac(1), frames.mac(2)):
            got = sandbox.reaches(ports[first], frame(mac, dst))
            assert got == [], (source, dst, got)
    # Known is what was sent, not who is here: a migrated guest's frames come
    # in as soon as its port here is gone.
    sandbox.del_port("guest")
    sandbox.sync()
    sandbox.revalidate()
    got = sandbox.reaches(ports[first], frame(frames.mac(1),
                                              frames.BROADCAST))
    assert got == ["open"], got
    sandbox.revalidate()
    got = sandbox.reaches(ports["open"], frame(frames.mac(2), frames.mac(1)))
    assert len(got) == 1 and got[0] in ("up1", "up2"), got


def test_members_come_and_go(sandbox):
    lab(sandbox, "bond_mode=active-backup")

    def works(*members):
        sandbox.sync()
        sandbox.revalidate()
        up = sandbox.active_member("bond0")
        for member in members:
            if member != up:
                check_active_backup(sandbox, up, member)

    sandbox.add_member("bond0", "up3")
    works("up1", "up2", "up3")
    # The first number stands for the bond; it goes.
    sandbox.del_member("bond0", "up1")
    works("up2", "up3")
    sandbox.vsctl("set", "Port", "bond0", "bond_mode=balance-tcp")
    sandbox.wait_status("up2", "error: bond_mode balance-tcp needs LACP")
    sandbox.sync()
    sandbox.revalidate()
    for name in ("up2", "up3"):
        assert sandbox.reaches(sandbox.ports[name], frame(
            REMOTE, frames.BROADCAST)) == []
    sandbox.vsctl("set", "Port", "bond0", "bond_mode=active-backup")
    sandbox.wait_status("up3", "")
    works("up2", "up3")
    # The last one is a port like any other.
    sandbox.del_member("bond0", "up2")
    sandbox.sync()
    sandbox.revalidate()
    got = sandbox.reaches(sandbox.ports["up3"], frame(REMOTE,
                                                      frames.BROADCAST))
    assert got == ["guest", "open"], got
    assert "up3" in sandbox.nwfctl("ports")


def test_no_filter_on_a_bond(sandbox):
    """Nothing passes a bond that should have a filter, whichever way that is
    said."""
    lab(sandbox)
    says = "error: a bond can not have a filter (the port is closed)"

    def check(closed):
        sandbox.sync()
        sandbox.revalidate()
        for name in ("up1", "up2"):
            sandbox.wait_status(name, says if closed == "error" else "")
        got = sandbox.reaches(sandbox.ports[sandbox.active_member("bond0")],
                              frame(REMOTE, frames.BROADCAST))
        assert bool(got) == (not closed), got
        got = sandbox.reaches(sandbox.ports["guest"],
                              frame(frames.mac(1), frames.BROADCAST))
        assert bool(set(got) & {"up1", "up2"}) == (not closed), got

    def set_default(policy):
        sandbox.vsctl("set", "Open_vSwitch", ".",
                      f"external_ids:nwfilter-default={policy}")

    check(closed=None)
    sandbox.vsctl("set", "Interface", "up2", "external_ids:nwfilter=pass")
    check(closed="error")
    for name in ("up1", "up2"):
        sandbox.reaches(sandbox.ports[name], frame(REMOTE, frames.mac(1)))
    wait_until(lambda: sandbox.nwfctl("drops", "bond0").count("no rule") >= 2,
               "both members' frames are among the dropped ones")
    sandbox.vsctl("remove", "Interface", "up2", "external_ids", "nwfilter")
    check(closed=None)
    for port in ("bond0", "up1"):
        binding = sandbox.file("binding.xml", f"<filterbinding><portdev name="
                               f"'{port}'/><mac address='{frames.mac(5)}'/>"
                               "<owner><name>x</name><uuid>d2b1e6ae-3f15-4ed9-"
                               "8d43-1a8ed4b1a0a5</uuid></owner><filterref "
                               "filter='pass'/></filterbinding>")
        sandbox.nwfctl("binding-create", binding)
        check(closed="error")
        sandbox.nwfctl("binding-delete", port)
        check(closed=None)
    set_default("drop")
    sandbox.vsctl("set", "Interface", "guest", "external_ids:nwfilter=pass")
    check(closed="drop")
    set_default("accept")
    check(closed=None)


STATEFUL = """<filter name='stateful'>
  <rule action='accept' direction='out'><tcp state='NEW,ESTABLISHED'/></rule>
  <rule action='accept' direction='in'><tcp state='ESTABLISHED'/></rule>
  <rule action='accept' direction='inout'><mac protocolid='arp'/></rule>
  <rule action='reject' direction='inout' priority='900'><all/></rule>
</filter>"""


def check_connections(site):
    """A guest whose connections are tracked talks to the network."""
    guest, net = site.ports["stateful"], site.ports["net"]
    inside = {"src": frames.mac(5), "dst": REMOTE, "saddr": "10.0.0.5",
              "daddr": "10.0.0.9"}
    outside = {"src": REMOTE, "dst": frames.mac(5), "saddr": "10.0.0.9",
               "daddr": "10.0.0.5"}
    site.arrivals(net, frame(REMOTE, frames.BROADCAST))
    site.revalidate()
    for port in range(2000, 2010):
        syn = frames.tcp(sport=port, dport=80, **inside)
        assert site.reaches(guest, syn) == ["net"]
        answer = frames.tcp(sport=80, dport=port, ack=2,
                            flags=frames.SYN | frames.ACK, **outside)
        assert site.reaches(net, answer) == ["stateful"]
    site.arrivals(net, frames.tcp(sport=80, dport=9, **outside))
    # What is rejected is answered through the bond.
    wait_until(lambda: [f for f in net.receive()
                        if f[:6] == frames.mac_bytes(REMOTE)] or site.arrivals(
        net, frames.tcp(sport=80, dport=9, **outside)).get("net"),
        "the network is told")


def test_stateful_guest():
    for settings, peer in ((["bond_mode=balance-slb"], []),
                           (["bond_mode=balance-tcp", *LACP],
                            ["bond_mode=balance-tcp", *LACP])):
        with Site(*settings, peer=peer) as site:
            site.define(STATEFUL)
            site.add_port("stateful", filter="stateful", mac=frames.mac(5))
            site.wait_installed("stateful")
            site.sync()
            check_connections(site)


# A port number is part of a program, so these guests share no rules.
NUMBERED = """<filter name='numbered'>
  <rule action='drop' direction='in'><tcp dstportstart='$NUMBER'/></rule>
</filter>"""


def test_lacp_among_many_ports():
    """Broadcast to so many guests that the switch recirculates it."""
    with Site("bond_mode=balance-tcp", *LACP,
              peer=["bond_mode=balance-tcp", *LACP]) as site:
        site.define(NUMBERED)
        args = []
        for n in range(500, 660):
            args += ["--", "add-port", "br-int", f"g{n}", "--", "set",
                     "Interface", f"g{n}", "type=dummy",
                     "external_ids:nwfilter=numbered",
                     f"external_ids:nwfilter.NUMBER={n}",
                     f'external_ids:attached-mac="{frames.mac(n)}"']
        site.vsctl(*args[1:])
        site.wait_installed("g659")
        site.sync()
        assert "group:" in "".join(
            flow for flow in site.flows() if "table=59," in flow)
        check_site(site)


def test_lacp_fallback():
    """The other switch does not speak LACP: the bond is as without."""
    with Site("bond_mode=balance-tcp", *LACP,
              "other_config:lacp-fallback-ab=true") as site:
        wait_until(lambda: "lacp_status: configured" in site.vswitchd(
            "bond/show", "bond0"), "nobody answers")
        site.active_member("bond0")
        site.sync()
        site.forget()
        check_site(site)
        fail_over(site)


def test_lacp_without_answer():
    """Nothing passes, as in Open vSwitch."""
    with Sandbox() as sandbox:
        lab(sandbox, "bond_mode=active-backup", *LACP)
        wait_until(lambda: "lacp_status: configured" in sandbox.vswitchd(
            "bond/show", "bond0"), "nobody answers")
        sandbox.sync()
        sandbox.revalidate()
        for source, mac in (("up1", REMOTE), ("up2", REMOTE),
                            ("guest", frames.mac(1))):
            sent = frame(mac, frames.BROADCAST)
            got = sandbox.arrivals(sandbox.ports[source], sent)
            # (LACP's own frames may be among them.)
            assert [name for name, found in got.items() if sent in found] == (
                ["open"] if source == "guest" else []), got


def test_two_bonds(sandbox):
    """What one bond sends is no reflection at the other."""
    sandbox.define(PASS)
    sandbox.add_port("guest", filter="pass", mac=frames.mac(1))
    for bond, members in (("left", ["l1", "l2"]), ("right", ["r1", "r2"])):
        sandbox.add_bond(bond, members, "bond_mode=balance-slb")
    left, right = (sandbox.ports[sandbox.active_member(bond)]
                   for bond in ("left", "right"))
    sandbox.sync()
    for _ in range(2):
        for source, mac, other in ((left, frames.mac(50), "r"),
                                   (right, frames.mac(60), "l")):
            got = sandbox.reaches(source, frame(mac, frames.BROADCAST))
            assert len(got) == 2 and "guest" in got, got
            assert [name for name in got if name.startswith(other)], got
    sandbox.revalidate()
    got = sandbox.reaches(left, frame(frames.mac(50), frames.mac(60)))
    assert len(got) == 1 and got[0] in ("r1", "r2"), got
    assert sandbox.reaches(right, frame(frames.mac(50),
                                        frames.BROADCAST)) == []


def test_named_like_a_member(sandbox):
    """A port with its only interface's name gets a second one."""
    sandbox.define(PASS)
    sandbox.add_port("guest", filter="pass", mac=frames.mac(1))
    sandbox.add_port("open")
    sandbox.add_port("up1", filter="pass", mac=frames.mac(3))
    sandbox.wait_installed("guest", "up1")
    sandbox.add_member("up1", "up2")
    sandbox.wait_status("up2", "error: a bond can not have a filter")
    sandbox.vsctl("remove", "Interface", "up1", "external_ids", "nwfilter")
    sandbox.wait_status("up1", "")
    first = sandbox.active_member("up1")
    sandbox.sync()
    sandbox.revalidate()
    check_active_backup(sandbox, first, {"up1": "up2", "up2": "up1"}[first])
    sandbox.del_member("up1", "up2")
    sandbox.vsctl("set", "Interface", "up1", "external_ids:nwfilter=pass")
    sandbox.wait_installed("up1")
