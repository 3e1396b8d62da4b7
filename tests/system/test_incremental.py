# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""However the configuration was reached, the flows follow from it alone: after
each step of a random sequence of changes, a daemon that starts anew and works
everything out from scratch finds nothing to change in the switch."""

import os
import random

import frames

STEPS = 40

RULES = [
    "<rule action='return' direction='out'><mac srcmacaddr='$MAC'/></rule>",
    "<rule action='accept' direction='in'><tcp dstportstart='$PORT'/></rule>",
    "<rule action='accept' direction='out'><udp dstportstart='53'/></rule>",
    "<rule action='drop' direction='out'><ip match='no' srcipaddr='$IP'/>"
    "</rule>",
    "<rule action='accept' direction='inout' priority='-500'><arp "
    "gratuitous='true'/></rule>",
    "<rule action='drop' direction='in'><icmp type='8'/></rule>",
    "<rule action='accept' direction='in' priority='100'><tcp "
    "state='NEW,RELATED'/></rule>",
    "<rule action='drop' direction='inout' priority='1000'><all/></rule>",
]
NAMES = ["a", "b", "c"]


def document(rng, name):
    rules = "".join(rng.sample(RULES, rng.randint(1, 5)))
    if name == "a" and rng.random() < .7:
        rules += "<filterref filter='b'><parameter name='PORT' value='80'/>" \
            "</filterref>"
    chain = rng.choice(["root", "mac", "ipv4"])
    return f"<filter name='{name}' chain='{chain}'>{rules}</filter>"


class Walk:
    def __init__(self, sandbox, rng):
        self.sandbox, self.rng = sandbox, rng
        self.ports, self.count = [], 0
        self.bonds = {}

    def add(self):
        name = f"p{self.count}"
        self.count += 1
        parameters = {"IP": f"10.0.0.{self.count}"}
        if self.rng.random() < .6:
            parameters["PORT"] = self.rng.choice(["22", "80", "22,80"])
        self.sandbox.add_port(name, mac=frames.mac(self.count),
                              filter=self.rng.choice(NAMES + [None]),
                              params=parameters)
        self.ports.append(name)

    def remove(self, name=None):
        if self.ports:
            name = name or self.rng.choice(self.ports)
            self.ports.remove(name)
            self.sandbox.del_port(name)

    def set_ids(self):
        if self.ports:
            key, value = self.rng.choice([
                ("nwfilter", self.rng.choice(NAMES)),
                ("nwfilter.IP", self.rng.choice(["10.9.9.9", "rubbish",
                                                 "10.0.0.1,10.0.0.2"])),
                ("nwfilter.PORT", self.rng.choice(["22", "443"])),
                ("nwfilter-flood-unknown", self.rng.choice(["true",
                                                            "false"]))])
            self.sandbox.vsctl("set", "interface", self.rng.choice(self.ports),
                               f'external_ids:{key}="{value}"')

    def exchange(self):
        """Two ports exchange their numbers."""
        if len(self.ports) > 1:
            two = self.rng.sample(self.ports, 2)
            numbers = [self.sandbox.vsctl("get", "Interface", name,
                                          "ofport").strip() for name in two]
            self.sandbox.vsctl("set", "Interface", two[0],
                               f"ofport_request={numbers[1]}", "--",
                               "set", "Interface", two[1],
                               f"ofport_request={numbers[0]}")

    def set_vlan(self):
        if self.ports:
            self.sandbox.vsctl("set", "port", self.rng.choice(self.ports),
                               *self.rng.choice([["tag=5"], ["tag=[]"],
                                                 ["trunks=5,6"],
                                                 ["trunks=[]"]]))

    def add_bond(self):
        name = f"b{self.count}"
        self.count += 1
        self.bonds[name] = [f"{name}m{i}" for i in range(self.rng.randint(2,
                                                                         3))]
        self.sandbox.add_bond(name, self.bonds[name])

    def change_bond(self):
        if not self.bonds:
            return
        name = self.rng.choice(sorted(self.bonds))
        members = self.bonds[name]
        what = self.rng.randrange(5)
        if what == 0:
            self.count += 1
            self.sandbox.add_member(name, f"{name}m{self.count}")
            members.append(f"{name}m{self.count}")
        elif what == 1 and len(members) > 1:
            self.sandbox.del_member(name, members.pop(
                self.rng.randrange(len(members))))
        elif what == 2:
            mode, lacp = self.rng.choice([
                ("active-backup", "off"), ("balance-slb", "off"),
                ("balance-slb", "active"), ("balance-tcp", "passive"),
                ("balance-tcp", "off")])
            self.sandbox.vsctl("set", "port", name, f"bond_mode={mode}",
                               f"lacp={lacp}")
        elif what == 3:
            self.sandbox.vsctl("set", "port", name, self.rng.choice(
                ["tag=5", "tag=[]", "trunks=5,6", "trunks=[]"]))
        else:
            self.sandbox.vswitchd("netdev-dummy/set-admin-state",
                                  self.rng.choice(members),
                                  self.rng.choice(["up", "down"]))

    def wait_for_bonds(self):
        """Until the database has the active members."""
        for name, members in self.bonds.items():
            if len(members) > 1:
                self.sandbox.active_member(name)

    def define(self):
        self.sandbox.define(document(self.rng, self.rng.choice(NAMES)))

    def step(self):
        action = self.rng.choice([self.add, self.add, self.remove,
                                  self.set_ids, self.set_vlan, self.define,
                                  self.exchange,
                                  self.add_bond, self.change_bond,
                                  self.change_bond, self.change_bond])
        action()
        self.wait_for_bonds()
        return action.__name__


def stale(sandbox, ports):
    """Ports that keep an older policy, which a new daemon can not know."""
    return [p for p in ports
            if sandbox.status(p).endswith("last good policy)")]


def test_same_as_from_scratch(sandbox):
    seed = int(os.environ.get("SEED", random.randrange(1 << 32)))
    print(f"seed {seed}")
    walk = Walk(sandbox, random.Random(seed))
    sandbox.define(*(document(walk.rng, name) for name in NAMES))
    compared, skipped = 0, False
    for number in range(STEPS):
        what = walk.step()
        sandbox.sync()
        found = stale(sandbox, walk.ports)
        if found and not skipped:       # The next step may mend them.
            skipped = True
            continue
        for name in found:
            walk.remove(name)
        skipped = False
        sandbox.sync()
        before = sorted(sandbox.flows())
        sandbox.kill("ovs-nwfilterd")
        sandbox.start_daemon()
        sandbox.sync()
        after = sorted(sandbox.flows())
        assert before == after, (seed, number, what,
                                 set(before) ^ set(after))
        compared += 1
    assert compared >= STEPS // 2
