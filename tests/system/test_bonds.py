# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Bonds on a managed bridge send, receive and fail over."""

import frames
from sandbox import Port, Sandbox, wait_until

PASS = ("<filter name='pass'><rule action='accept' direction='inout'/>"
        "</filter>")
REMOTE = frames.mac(70)


def frame(src, dst, **options):
    return frames.udp(data=bytes(60), src=src, dst=dst, **options)


def add_bond(sandbox, name, members, *settings, bridge="br-int"):
    """A bond of dummy ports; their outer ends are in sandbox.ports."""
    args = ["add-bond", bridge, name, *members, *settings]
    for member in members:
        args += ["--", "set", "Interface", member, "type=dummy",
                 f"options:pstream=punix:{sandbox.dir}/{member}.port"]
    sandbox.vsctl(*args)
    for member in members:
        sandbox.ports[member] = Port(member, f"{sandbox.dir}/{member}.port")


def lab(sandbox, *settings, members=("up1", "up2")):
    """Two guests, one of them unfiltered, and a bond."""
    sandbox.define(PASS)
    sandbox.add_port("guest", filter="pass", mac=frames.mac(1))
    sandbox.add_port("open")
    add_bond(sandbox, "bond0", members, *settings)
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
    sandbox.revalidate()


def active(sandbox, bond="bond0"):
    """The member that ovs-vswitchd takes for the active one."""
    for line in sandbox.vswitchd("bond/show", bond).splitlines():
        if line.startswith("active member mac"):
            return line.split("(")[1].rstrip(")")
    return None


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
    first = active(sandbox)
    second = {"up1": "up2", "up2": "up1"}[first]
    check_active_backup(sandbox, first, second)
    set_link(sandbox, first, "down")
    sandbox.sync()
    sandbox.revalidate()
    check_active_backup(sandbox, second, first)
    # As in Open vSwitch, the one that comes back does not take over.
    set_link(sandbox, first, "up")
    sandbox.sync()
    sandbox.revalidate()
    check_active_backup(sandbox, second, first)
    sandbox.vswitchd("bond/set-active-slave", "bond0", first)
    wait_until(lambda: sandbox.reaches(sandbox.ports["guest"], frame(
        frames.mac(1), REMOTE)) == [first], "the chosen one sends")
    sandbox.sync()
    sandbox.revalidate()
    check_active_backup(sandbox, first, second)


def test_fail_over_without_daemon(sandbox):
    """Which member is alive is the switch's to know."""
    lab(sandbox, "bond_mode=active-backup")
    first = active(sandbox)
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
            self.add_member(member)
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

    def add_member(self, member):
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
        return {member: int(self.vsctl("get", "Interface", member,
                                       "statistics:tx_packets"))
                for member in self.members}


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
