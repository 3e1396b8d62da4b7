# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""Random filters: every protocol, chain, priority, negation, list and state.

A filter set is a list of Filter; the first is the top one.  It prints as XML,
and its parts can be taken away one by one, which is how a difference is made
small.
"""

import copy

import universe as u

ACTIONS = ["accept", "drop", "return", "reject", "continue"]
CHAINS = ["mac", "vlan", "stp", "arp", "rarp", "ipv4", "ipv6"]
L2_PROTOCOLS = ["", "mac", "vlan", "stp", "arp", "rarp", "ip", "ipv6"]
L3_V4 = ["tcp", "udp", "udplite", "sctp", "esp", "ah", "icmp", "igmp", "all"]
L3_V6 = ["tcp-ipv6", "udp-ipv6", "udplite-ipv6", "sctp-ipv6", "esp-ipv6",
         "ah-ipv6",
         "icmpv6", "all-ipv6"]
STATES = ["NEW", "ESTABLISHED", "RELATED", "INVALID", "NONE"]


class Element:
    """One protocol element of a rule."""

    def __init__(self, negate=False, attrs=()):
        self.negate = negate
        self.attrs = dict(attrs)

    def xml(self, protocol):
        parts = [protocol]
        if self.negate:
            parts.append("match='no'")
        parts += [f"{name}='{value}'" for name, value in self.attrs.items()]
        return "<" + " ".join(parts) + "/>"


class Rule:
    side = "guest"              # Whose filter it is in.
    variables = {}              # Those of its port.

    def __init__(self, action, direction, priority, protocol):
        self.action = action
        self.direction = direction
        self.priority = priority
        self.protocol = protocol
        self.statematch = True
        self.elements = []

    def xml(self):
        head = (f"<rule action='{self.action}' direction='{self.direction}'"
                f" priority='{self.priority}'"
                + ("" if self.statematch else " statematch='false'"))
        if not self.protocol:
            return head + "/>"
        return (head + ">" + "".join(e.xml(self.protocol)
                                     for e in self.elements) + "</rule>")

    def items(self):
        """Attribute to (value, negated), merged over the elements."""
        return {name: (value, e.negate) for e in self.elements
                for name, value in e.attrs.items()}

    def layer(self):
        if self.protocol in L2_PROTOCOLS:
            return 2
        return 6 if "v6" in self.protocol else 4

    def tests_state(self):
        if self.layer() == 2 or not self.statematch:
            return False
        states = [e.attrs["state"] for e in self.elements
                  if "state" in e.attrs]
        if states:
            return "NONE" not in ",".join(states)
        return self.action == "accept" and self.direction != "inout"


class Ref:
    def __init__(self, name, params=()):
        self.name = name
        self.params = dict(params)

    def xml(self):
        inside = "".join(f"<parameter name='{name}' value='{value}'/>"
                         for name, values in self.params.items()
                         for value in values)
        return f"<filterref filter='{self.name}'>{inside}</filterref>"


class Filter:
    def __init__(self, name, chain=None, priority=None):
        self.name = name
        self.chain = chain
        self.priority = priority
        self.entries = []

    def xml(self):
        head = f"<filter name='{self.name}'"
        if self.chain:
            head += f" chain='{self.chain}'"
        if self.priority is not None:
            head += f" priority='{self.priority}'"
        return (head + ">\n" + "".join(f"  {e.xml()}\n" for e in self.entries)
                + "</filter>")

    def rules(self):
        return [e for e in self.entries if isinstance(e, Rule)]


class FilterSet:
    """Filters, the first of them the top one, and the port's variables."""

    def __init__(self):
        self.filters = []
        self.variables = {}

    def documents(self):
        return {f.name: f.xml() for f in self.filters}

    def rules(self):
        return [rule for f in self.filters for rule in f.rules()]

    def sets(self):
        """Names of the address sets that the rules test."""
        return {e.attrs["ipset"] for rule in self.rules()
                for e in rule.elements if "ipset" in e.attrs}

    def knows_ah(self):
        """Do its IPv6 rules tell an authentication header from what follows
        it?  Those of a filter that never asks for one do not."""
        protocols = {rule.protocol for rule in self.rules()
                     if rule.layer() == 6}
        return "ah-ipv6" in protocols or not protocols

    def tests_state(self, version):
        return any(rule.layer() == version and rule.tests_state()
                   for rule in self.rules())

    def copy(self):
        return copy.deepcopy(self)


# What the switch can not do, so that the filter is refused.
INEXPRESSIBLE = [("tcp", "option", "3"), ("all", "connlimit-above", "2"),
                 ("vlan", "vlanid", "4095")]


class Generator:
    """Makes filter sets from a random.Random, for the guest or its peer."""

    def __init__(self, random, side="guest"):
        self.r = random
        self.side = side
        self.variables = dict(u.VARIABLES, MAC=[[u.MAC]])
        self.own_macs, self.other_macs = u.GUEST_MACS, u.PEER_MACS
        if side == "peer":
            self.variables.update(MAC=[u.PEER_MACS[:1]],
                                  PEER_MAC=[u.GUEST_MACS[:2], [u.MAC]])
            self.own_macs, self.other_macs = u.PEER_MACS, u.GUEST_MACS

    # Values of attributes.

    def number(self, value):
        """Decimal or hexadecimal, as documents write it."""
        return str(value) if self.r.random() < 0.7 else hex(value)

    def reference(self, name):
        """A reference to a variable of the port, in one of its forms."""
        form = self.r.random()
        if form < 0.7:
            return f"${name}"
        if form < 0.9:
            return f"${name}[@{self.r.choice([0, 1, 2])}]"
        return f"${name}[0]"

    def value(self, literal, variables=()):
        if variables and self.r.random() < 0.15:
            return self.reference(self.r.choice(variables))
        return literal

    def mac(self, rule, source):
        """The side that has this address in the rule as it is written."""
        own = (rule.direction == "out") == source
        if self.r.random() < 0.1:
            own = not own
        if not source and self.r.random() < 0.2:
            return self.r.choice(u.GROUP_MACS)
        if own:
            return self.value(self.r.choice(self.own_macs), ["MAC"])
        return self.value(self.r.choice(self.other_macs), ["PEER_MAC"])

    def ip(self, version):
        if version == 4:
            return self.value(self.r.choice(u.IPS), ["IP", "PEERS"])
        return self.value(self.r.choice(u.IP6S), ["IPV6", "PEERS6"])

    def ip_range(self, version):
        addresses = u.IPS if version == 4 else u.IP6S
        a, b = (u.ip_int(self.r.choice(addresses)) for _ in range(2))
        if a > b and self.r.random() < 0.9:     # Reversed ones never hit.
            a, b = b, a
        return u.ip_text(a, version), u.ip_text(b, version)

    # Attributes of one element.

    def put_macs(self, rule, attrs, destination=True):
        for side in ("src", "dst") if destination else ("src",):
            if self.r.random() < 0.25:
                attrs[f"{side}macaddr"] = self.mac(rule, side == "src")
                if rule.layer() == 2 and self.r.random() < 0.4:
                    attrs[f"{side}macmask"] = self.r.choice(u.MAC_MASKS)

    def put_ips(self, attrs, version, prefix="", ranges=True):
        masks = u.IP_MASKS if version == 4 else u.IP6_MASKS
        for side in ("src", "dst"):
            dice = self.r.random()
            if dice < 0.3:
                attrs[f"{prefix}{side}ipaddr"] = self.ip(version)
                if self.r.random() < 0.5:
                    attrs[f"{prefix}{side}ipmask"] = self.r.choice(masks)
            elif ranges and dice < 0.42:
                low, high = self.ip_range(version)
                attrs[f"{side}ipfrom"] = low
                if self.r.random() < 0.9:
                    attrs[f"{side}ipto"] = high

    def put_ports(self, attrs):
        for side in ("src", "dst"):
            if self.r.random() > 0.35:
                continue
            low, high = sorted(self.r.choice(u.PORTS) for _ in range(2))
            attrs[f"{side}portstart"] = self.value(str(low), ["P", "Q"])
            if self.r.random() < 0.5:
                if attrs[f"{side}portstart"].startswith("$"):
                    high = 65535
                attrs[f"{side}portend"] = str(high)

    def put_mac(self, rule, attrs):
        if self.r.random() < 0.5:
            number = self.r.choice(u.ETHERTYPES)
            attrs["protocolid"] = u.ETHERTYPE_NAMES.get(number,
                                                        self.number(number))

    def put_vlan(self, rule, attrs):
        if self.r.random() < 0.5:
            attrs["vlanid"] = self.number(self.r.choice(u.VLANS))
        if self.r.random() < 0.4:
            number = self.r.choice(u.ETHERTYPES)
            attrs["encap-protocol"] = self.number(number)

    def put_arp(self, rule, attrs):
        if self.r.random() < 0.35:
            attrs["opcode"] = self.number(self.r.choice(u.OPCODES))
        if self.r.random() < 0.1:
            attrs["hwtype"] = self.number(self.r.choice(u.HWTYPES))
        if self.r.random() < 0.1:
            attrs["protocoltype"] = self.number(self.r.choice(u.PROTOTYPES))
        for side in ("src", "dst"):
            if self.r.random() < 0.2:
                macs = u.GUEST_MACS + u.PEER_MACS
                attrs[f"arp{side}macaddr"] = self.value(self.r.choice(macs),
                                                        ["MAC", "PEER_MAC"])
        self.put_ips(attrs, 4, "arp", ranges=False)
        if self.r.random() < 0.1:
            attrs["gratuitous"] = "true"

    def put_ip(self, rule, attrs):
        version = 6 if rule.protocol == "ipv6" else 4
        self.put_ips(attrs, version, ranges=False)
        if version == 4 and self.r.random() < 0.15:
            attrs["dscp"] = self.number(self.r.choice(u.DSCPS))
        if self.r.random() > 0.5:
            return
        names = list(u.PROTOCOLS)
        name = self.r.choice(names + ["tcp", "udp", "icmpv6"])
        attrs["protocol"] = (name if self.r.random() < 0.7
                             else self.number(u.PROTOCOLS[name]))
        if name in ("tcp", "udp", "sctp"):
            self.put_ports(attrs)
        elif name == "icmpv6" and version == 6:
            self.put_icmpv6_range(attrs)
        elif self.r.random() < 0.2:
            attrs["protocol"] = self.value("17", ["PROTO"])

    def put_bpdu(self, attrs):
        for name in self.r.sample(list(u.BPDU_FIELDS),
                                  self.r.choice([0, 1, 1, 2, 3])):
            size = u.BPDU_FIELDS[name][1]
            if size == 6:
                attrs[name] = ":".join(
                    f"{self.r.choice(u.BPDU_BYTES):02x}" for _ in range(6))
                attrs[name + "-mask"] = self.r.choice(
                    ["ff:00:00:00:00:00", "80:00:00:00:00:00"] + u.MAC_MASKS)
                continue
            low, high = sorted(
                int.from_bytes(self.r.choices(u.BPDU_BYTES, k=size), "big")
                for _ in range(2))
            attrs[name] = self.number(low)
            if name not in ("type", "flags") and self.r.random() < 0.7:
                attrs[name + "-hi"] = self.number(high)

    def put_icmpv6_range(self, attrs):
        for name, values in (("type", u.ICMPV6_TYPES), ("code", u.ICMP_CODES)):
            low, high = sorted(self.r.choice(values) for _ in range(2))
            if self.r.random() < 0.5:
                attrs[name] = self.number(low)
            if self.r.random() < 0.3:
                attrs[name + "end"] = self.number(high)

    def put_l3(self, rule, attrs):
        version = rule.layer()
        if self.r.random() < 0.1:
            attrs["srcmacaddr"] = self.mac(rule, True)
        self.put_ips(attrs, version)
        if self.r.random() < 0.12:
            attrs["dscp"] = self.number(self.r.choice(u.DSCPS))
        name = rule.protocol.replace("-ipv6", "")
        if name in ("tcp", "udp", "sctp"):
            self.put_ports(attrs)
        if name == "tcp" and self.r.random() < 0.2:
            attrs["flags"] = self.r.choice(u.FLAG_RULES)
        if name in ("icmp", "icmpv6") and self.r.random() < 0.6:
            types = u.ICMP_TYPES if name == "icmp" else u.ICMPV6_TYPES
            attrs["type"] = self.number(self.r.choice(types + [255]))
            if self.r.random() < 0.5:
                attrs["code"] = self.number(self.r.choice(u.ICMP_CODES))
        if self.r.random() < 0.25:
            count = self.r.choice([1, 1, 2, 2, 3])
            states = self.r.sample(STATES[:4], count)
            if self.r.random() < 0.1:
                states = ["NONE"]
            attrs["state"] = ",".join(states)
        if self.r.random() < 0.1:
            attrs["ipset"] = self.r.choice(list(u.SETS))
            if self.r.random() < 0.8:
                flags = self.r.choices(["src", "dst"],
                                       k=self.r.choice([1, 2, 2, 3]))
                attrs["ipsetflags"] = ",".join(flags)
        if self.r.random() < 0.05:
            attrs["comment"] = "a comment"

    def put_attrs(self, rule, attrs):
        if rule.layer() != 2:
            self.put_l3(rule, attrs)
            return
        if rule.protocol == "stp":
            if rule.direction != "inout":
                self.put_macs(rule, attrs, destination=False)
            self.put_bpdu(attrs)
            return
        self.put_macs(rule, attrs)
        {"mac": self.put_mac, "vlan": self.put_vlan, "arp": self.put_arp,
         "rarp": self.put_arp, "ip": self.put_ip,
         "ipv6": self.put_ip}[rule.protocol](rule, attrs)

    # Rules.

    def elements(self, rule):
        element = Element()
        self.put_attrs(rule, element.attrs)
        element.negate = self.r.random() < 0.2
        if element.negate:
            # Negated protocols with ports or types are refused.
            protocol = element.attrs.pop("protocol", None)
            if protocol and set(element.attrs) & {
                    "srcportstart", "dstportstart", "type", "code", "typeend",
                    "codeend"}:
                return [Element(False, {"protocol": protocol}), element]
            if protocol:
                element.attrs["protocol"] = protocol
        if len(element.attrs) > 1 and self.r.random() < 0.15:
            return self.split(element)
        return [element]

    def split(self, element):
        """Some of the attributes move to an element of the other kind."""
        tied = {"protocol", "srcportstart", "srcportend", "dstportstart",
                "dstportend", "type", "typeend", "code", "codeend"}
        other = Element(not element.negate)
        for name in list(element.attrs):
            if name not in tied and self.r.random() < 0.5:
                other.attrs[name] = element.attrs.pop(name)
        return [e for e in (element, other) if e.attrs] or [element]

    def rule(self, protocols):
        protocol = self.r.choice(protocols)
        l3 = protocol not in L2_PROTOCOLS
        weights = [45, 30, 10, 8, 0 if l3 else 7]
        rule = Rule(self.r.choices(ACTIONS, weights)[0],
                    self.r.choices(["in", "out", "inout"], [3, 3, 2])[0],
                    self.r.choice([-1000, -800, -500, 0, 100, 400, 500, 500,
                                   500, 500, 900, 1000]), protocol)
        rule.statematch = self.r.random() > 0.1
        if self.r.random() < 0.002:
            rule.protocol, name, value = self.r.choice(INEXPRESSIBLE)
            rule.elements = [Element(False, {name: value})]
        elif protocol:
            rule.elements = self.elements(rule)
        return rule

    def closing_rules(self, mode):
        """Drop what is left, as policies do."""
        rules = []
        if mode != "l2":
            for protocol in ("all", "all-ipv6"):
                if self.r.random() < 0.6:
                    rule = Rule("drop", "inout", 1000, protocol)
                    rule.elements = [Element()]
                    rules.append(rule)
        if mode != "l3" and self.r.random() < 0.4:
            rules.append(Rule("drop", self.r.choice(["in", "out", "inout"]),
                              1000, ""))
        return rules

    # Filters.

    def chain(self, name):
        """Name and priority of a random chain."""
        suffix = self.r.choice(["", "", "-x", "-y", "z"])
        priority = None
        if self.r.random() < 0.4:
            priority = self.r.choice([-1000, -800, -500, -1, 0, 100, 500,
                                      1000])
        return name + suffix, priority

    def chain_protocols(self, chain):
        """Protocols that make sense in a chain, and some that do not."""
        own = {"ipv4": ["ip"], "ipv6": ["ipv6"], "arp": ["arp"],
               "rarp": ["rarp"], "vlan": ["vlan"], "stp": ["stp"]}
        return own.get(chain, []) * 4 + ["", "mac"]

    def params(self):
        if self.r.random() < 0.8:
            return {}
        name = self.r.choice(["P", "IP", "PEERS", "INNER"])
        return {name: self.r.choice(u.VARIABLES.get(name, [["1"]]))}

    def filters(self, mode):
        protocols = {"l2": L2_PROTOCOLS, "l3": L3_V4 + L3_V6,
                     "mix": L2_PROTOCOLS + L3_V4 + L3_V6}[mode]
        prefix = "" if self.side == "guest" else "peer-"
        top = Filter(prefix + "top")
        result = [top]
        for i in range(self.r.choice([0, 0, 1, 2, 3])):
            chain = self.r.choice([None] + CHAINS)
            sub = Filter(f"{prefix}sub{i}")
            inside = protocols
            if chain and mode != "l3":
                sub.chain, sub.priority = self.chain(chain)
                inside = self.chain_protocols(chain)
                if mode == "mix":
                    inside = inside + self.r.sample(L3_V4, 1)
            sub.entries = [self.rule(inside)
                           for _ in range(self.r.randint(1, 4))]
            parent = self.r.choice(result)
            at = self.r.randint(0, len(parent.entries))
            parent.entries.insert(at, Ref(sub.name, self.params()))
            if self.r.random() < 0.1:
                top.entries.append(Ref(sub.name, self.params()))
            result.append(sub)
        for _ in range(self.r.randint(1, 6)):
            top.entries.insert(self.r.randint(0, len(top.entries)),
                               self.rule(protocols))
        top.entries += self.closing_rules(mode)
        return result

    def filter_set(self, mode):
        """'mode' is "l2", "l3" or "mix"."""
        fs = FilterSet()
        fs.filters = self.filters(mode)
        fs.variables = {name: self.r.choice(values)
                        for name, values in self.variables.items()}
        for rule in fs.rules():
            rule.side, rule.variables = self.side, fs.variables
        return fs
