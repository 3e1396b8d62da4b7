# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""The policy in the style of Neutron's Open vSwitch firewall driver.

Each port has its own copy of everything: the address checks, the rules of its
security group, the flows of connections.  Ports of a network share a zone.  A
packet between guests passes the sender's tables 71 to 73 and the receiver's 81
and 82; one for the network leaves by table 94.  Left out: IPv6, DHCP, and
broadcast, which goes out by NORMAL."""

from style import SERVICES, UPLINK, Flows

TRANSIENT = 60
BASE_EGRESS, RULES_EGRESS, ACCEPT_OR_INGRESS = 71, 72, 73
BASE_INGRESS, RULES_INGRESS = 81, 82
ACCEPTED, ACCEPTED_INGRESS, DROPPED = 91, 92, 93
NORMAL = 94
NETWORK = 1                     # The network's number, in reg6.
ZONE = "zone=NXM_NX_REG6[0..15]"
INVALID = "set_field:0x1->ct_mark"


def bridge(flows):
    """What does not depend on guests."""
    flows.add(0, 3, f"in_port={UPLINK},vlan_tci=0/0x1fff",
              f"push_vlan:0x8100,set_field:{4096 + NETWORK}->vlan_vid,"
              f"resubmit(,{TRANSIENT})")
    flows.add(0, 2, f"in_port={UPLINK}", "drop")
    flows.add(0, 0, "", f"resubmit(,{TRANSIENT})")
    flows.add(TRANSIENT, 3, "", "NORMAL")
    for table in (BASE_EGRESS, RULES_EGRESS, BASE_INGRESS, RULES_INGRESS,
                  ACCEPT_OR_INGRESS):
        flows.add(table, 0, "", f"resubmit(,{DROPPED})")
    flows.add(ACCEPTED, 1, "", f"resubmit(,{NORMAL})")
    flows.add(ACCEPTED_INGRESS, 0, "", "drop")
    flows.add(DROPPED, 0, "", "drop")
    flows.add(NORMAL, 1, "", "NORMAL")


def guest_switching(flows, guest):
    load = f"set_field:{guest.ofport}->reg5,set_field:{NETWORK}->reg6,"
    flows.add(TRANSIENT, 100, f"in_port={guest.ofport}",
              load + f"resubmit(,{BASE_EGRESS})")
    flows.add(TRANSIENT, 90, f"dl_vlan={NETWORK},dl_dst={guest.mac}",
              load + f"pop_vlan,resubmit(,{BASE_INGRESS})")
    flows.add(ACCEPT_OR_INGRESS, 100, f"reg6={NETWORK},dl_dst={guest.mac}",
              f"set_field:{guest.ofport}->reg5,resubmit(,{BASE_INGRESS})")
    flows.add(ACCEPT_OR_INGRESS, 90,
              f"ip,ct_state=+new-est,reg5={guest.ofport}",
              f"ct(commit,{ZONE}),resubmit(,{ACCEPTED})")
    flows.add(ACCEPT_OR_INGRESS, 80, f"reg5={guest.ofport}",
              f"resubmit(,{NORMAL})")
    flows.add(NORMAL, 12, f"reg6={NETWORK},dl_dst={guest.mac}",
              f"output:{guest.ofport}")
    flows.add(NORMAL, 10, f"reg6={NETWORK},dl_src={guest.mac},"
              "dl_dst=00:00:00:00:00:00/01:00:00:00:00:00",
              f"output:{UPLINK}")


def guest_bases(flows, guest):
    """Which packets go to connection tracking, and forged ones."""
    reg = f"reg5={guest.ofport}"
    sender = f"{reg},in_port={guest.ofport},dl_src={guest.mac}"
    flows.add(BASE_EGRESS, 95, f"arp,{sender},arp_sha={guest.mac},"
              f"arp_spa={guest.ip}", f"resubmit(,{NORMAL})")
    flows.add(BASE_EGRESS, 80, f"udp,{reg},in_port={guest.ofport},tp_src=68,"
              "tp_dst=67", f"resubmit(,{ACCEPT_OR_INGRESS})")
    flows.add(BASE_EGRESS, 70, f"udp,{reg},in_port={guest.ofport},tp_src=67,"
              "tp_dst=68", f"resubmit(,{DROPPED})")
    flows.add(BASE_EGRESS, 65, f"ip,{sender},nw_src={guest.ip}",
              f"ct(table={RULES_EGRESS},{ZONE})")
    flows.add(BASE_EGRESS, 10, f"{reg},in_port={guest.ofport}",
              f"resubmit(,{DROPPED})")
    flows.add(BASE_INGRESS, 100, f"arp,{reg}", f"output:{guest.ofport}")
    flows.add(BASE_INGRESS, 95, f"udp,{reg},tp_src=67,tp_dst=68",
              f"output:{guest.ofport}")
    flows.add(BASE_INGRESS, 90, f"ip,ct_state=-trk,{reg}",
              f"ct(table={RULES_INGRESS},{ZONE})")
    flows.add(BASE_INGRESS, 80, f"ct_state=+trk,{reg}",
              f"resubmit(,{RULES_INGRESS})")


def guest_connections(flows, table, guest, accept):
    """What the tables of rules have for a port besides rules."""
    reg = f"reg5={guest.ofport}"
    drop = f"resubmit(,{DROPPED})"
    mark = f"ct(commit,{ZONE},exec({INVALID}))"
    flows.add(table, 50, f"ct_mark=0x1,{reg}", drop)
    flows.add(table, 50, f"ct_state=+inv+trk,{reg}", drop)
    flows.add(table, 50, f"ct_state=+est-rel+rpl,ct_zone={NETWORK},ct_mark=0,"
              f"{reg}", accept)
    flows.add(table, 50, "ct_state=-new-est+rel-inv,"
              f"ct_zone={NETWORK},ct_mark=0,{reg}", accept)
    flows.add(table, 40, f"ct_state=-est,{reg}", drop)
    flows.add(table, 40, f"ip,ct_state=+est,{reg}", mark)


def guest_rules(flows, guest):
    reg = f"reg5={guest.ofport}"
    output = f"output:{guest.ofport}"
    for match in [f"tcp,{reg},tp_dst={number}" for number in SERVICES]:
        flows.add(RULES_INGRESS, 77, f"{match},ct_state=+est-rel-rpl", output)
        flows.add(RULES_INGRESS, 77, f"{match},ct_state=+new-est",
                  f"ct(commit,{ZONE}),{output},resubmit(,{ACCEPTED_INGRESS})")
    for match in (f"udp,{reg},tp_dst=53", f"icmp,{reg}"):
        for state in ("+est-rel-rpl", "+new-est"):
            flows.add(RULES_EGRESS, 77, f"{match},ct_state={state}",
                      f"resubmit(,{ACCEPT_OR_INGRESS})")


def generate(guests):
    """The flows for 'guests' and the network's port, as text."""
    flows = Flows()
    bridge(flows)
    for guest in guests:
        guest_switching(flows, guest)
        guest_bases(flows, guest)
        guest_connections(flows, RULES_EGRESS, guest, f"resubmit(,{NORMAL})")
        guest_connections(flows, RULES_INGRESS, guest,
                          f"output:{guest.ofport}")
        guest_rules(flows, guest)
    return flows.text()
