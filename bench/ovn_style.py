# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.
"""The policy in OVN's style: one logical switch with port security and ACLs.

Each stage of the logical switch is a table, and a packet goes through all of
them: port security, "is it for connection tracking", ct(), hints for the ACLs,
ACLs, commit, the look-up of the destination; then the same for the receiver.
Each port has a zone.  An ACL for a group of ports is a flow for each port and
hint.  Left out: IPv6, DHCP and ARP answers, copies for broadcast; load
balancers and QoS are tables that packets pass."""

from style import SERVICES, UPLINK, Flows

# Tables as of OVN 23.03.
(CHECK_IN, APPLY_IN, FDB, PUT_FDB, PRE_ACL_IN, PRE_LB_IN, PRE_STATEFUL_IN,
 HINT_IN, ACL_IN) = range(8, 17)
STATEFUL_IN, L2_LOOKUP, L2_UNKNOWN = 26, 33, 34
REMOTE_OUTPUT, LOCAL_OUTPUT, LOOPBACK = 37, 38, 39
(PRE_ACL_OUT, PRE_LB_OUT, PRE_STATEFUL_OUT, HINT_OUT, ACL_OUT, QOS_MARK,
 QOS_METER, STATEFUL_OUT, CHECK_OUT, APPLY_OUT) = range(40, 50)
SAVE_IN_PORT, TO_PHYSICAL = 64, 65
IN_SECURITY, IN_SECURITY_ARP, OUT_SECURITY = 73, 74, 75
SWITCH = "metadata=0x1"

# What the hint tables say of a connection, in bits of reg0.
ALLOW_NEW, ALLOW, DROP, BLOCK = 7, 8, 9, 10
COMMIT, TO_CT = 1, 0


def bit(number, register="reg0"):
    return f"{register}={1 << number:#x}/{1 << number:#x}"


def set_bits(*numbers):
    mask = sum(1 << number for number in numbers)
    return f"set_field:{mask:#x}/{mask:#x}->reg0,"


def hints(flows, table):
    """What an ACL may want to know about the packet's connection."""
    after = f"resubmit(,{table + 1})"
    for priority, state, numbers in (
            (7, "ct_state=+new-est+trk", (ALLOW_NEW, DROP)),
            (6, "ct_state=-new+est-rpl+trk,ct_mark=0x1/0x1",
             (ALLOW_NEW, DROP)),
            (5, "ct_state=-trk", (ALLOW, DROP)),
            (4, "ct_state=-new+est-rpl+trk,ct_mark=0/0x1", (ALLOW, BLOCK)),
            (3, "ct_state=-est+trk", (DROP,)),
            (2, "ct_state=+est+trk,ct_mark=0x1/0x1", (DROP,)),
            (1, "ct_state=+est+trk,ct_mark=0/0x1", (BLOCK,))):
        flows.add(table, priority, f"{SWITCH},{state}",
                  set_bits(*numbers) + after)
    flows.add(table, 0, SWITCH, after)


def acl_basics(flows, table):
    """Answers pass, invalid packets do not, the default is to commit."""
    after = f"resubmit(,{table + 1})"
    flows.add(table, 65532, f"{SWITCH},ct_mark=0/0x1,"
              "ct_state=-new+est-rel+rpl-inv+trk", after)
    flows.add(table, 65532, f"{SWITCH},ct_mark=0/0x1,"
              "ct_state=-new-est+rel-inv+trk", after)
    flows.add(table, 65532, f"{SWITCH},ct_state=+inv+trk", "drop")
    flows.add(table, 65532, f"{SWITCH},ct_mark=0x1/0x1,"
              "ct_state=+est+rpl+trk", "drop")
    flows.add(table, 1, f"{SWITCH},ip,ct_state=-est+trk",
              set_bits(COMMIT) + after)
    flows.add(table, 1, f"{SWITCH},ip,ct_state=+est+trk,ct_mark=0x1/0x1",
              set_bits(COMMIT) + after)
    flows.add(table, 0, SWITCH, after)


def acl_allow(flows, table, port, match):
    after = f"resubmit(,{table + 1})"
    flows.add(table, 2002, f"{SWITCH},{port},{bit(ALLOW_NEW)},{match}",
              set_bits(COMMIT) + after)
    flows.add(table, 2002, f"{SWITCH},{port},{bit(ALLOW)},{match}", after)


def acl_drop(flows, table, port):
    flows.add(table, 2001, f"{SWITCH},{port},{bit(DROP)},ip", "drop")
    flows.add(table, 2001, f"{SWITCH},{port},{bit(BLOCK)},ip",
              "ct(commit,zone=NXM_NX_REG13[0..15],"
              "exec(set_field:0x1/0x1->ct_mark))")


def connection_tables(flows, pre_acl, register):
    """From "is it for connection tracking" to the ACLs, for one direction."""
    pre_stateful, acl = pre_acl + 2, pre_acl + 4
    # The network's port has no ACLs; what the sender's zone says ends here.
    clear = "ct_clear," if register == "reg15" else ""
    flows.add(pre_acl, 110, f"{SWITCH},{register}={UPLINK},ip",
              f"{clear}resubmit(,{pre_acl + 1})")
    flows.add(pre_acl, 100, f"{SWITCH},ip",
              set_bits(TO_CT) + f"resubmit(,{pre_acl + 1})")
    flows.add(pre_stateful, 100, f"{SWITCH},{bit(TO_CT)},ip",
              f"ct(table={pre_stateful + 1},zone=NXM_NX_REG13[0..15])")
    hints(flows, acl - 1)
    acl_basics(flows, acl)


def commit(flows, table):
    flows.add(table, 100, f"{SWITCH},{bit(COMMIT)},ip",
              "ct(commit,zone=NXM_NX_REG13[0..15],"
              f"exec(set_field:0/0x1->ct_mark)),resubmit(,{table + 1})")


def security(flows, check, table):
    """Asks a table of port security, whose verdict lands in reg0[15]."""
    flows.add(check, 50, SWITCH, f"set_field:0/0x1000->reg10,"
              f"resubmit(,{table}),move:NXM_NX_REG10[12]->NXM_NX_REG0[15],"
              f"resubmit(,{check + 1})")
    flows.add(check + 1, 50, f"{SWITCH},{bit(15)}", "drop")


def switch(flows):
    """What does not depend on ports."""
    flows.add(CHECK_IN, 100, f"{SWITCH},vlan_tci=0x1000/0x1000", "drop")
    flows.add(CHECK_IN, 100, f"{SWITCH},dl_src=01:00:00:00:00:00/"
              "01:00:00:00:00:00", "drop")
    security(flows, CHECK_IN, IN_SECURITY)
    connection_tables(flows, PRE_ACL_IN, "reg14")
    commit(flows, STATEFUL_IN)
    flows.add(L2_LOOKUP, 0, SWITCH, f"resubmit(,71),resubmit(,{L2_UNKNOWN})")
    flows.add(L2_UNKNOWN, 50, f"{SWITCH},reg15=0",
              f"set_field:{UPLINK}->reg15,resubmit(,{REMOTE_OUTPUT})")
    flows.add(L2_UNKNOWN, 0, SWITCH, f"resubmit(,{REMOTE_OUTPUT})")
    flows.add(REMOTE_OUTPUT, 0, "", f"resubmit(,{LOCAL_OUTPUT})")
    flows.add(LOOPBACK, 0, "", ",".join(
        [f"set_field:0->reg{number}" for number in range(10)]
        + [f"resubmit(,{PRE_ACL_OUT})"]))
    connection_tables(flows, PRE_ACL_OUT, "reg15")
    commit(flows, STATEFUL_OUT)
    security(flows, CHECK_OUT, OUT_SECURITY)
    flows.add(APPLY_OUT, 0, SWITCH, f"resubmit(,{SAVE_IN_PORT})")
    flows.add(SAVE_IN_PORT, 0, "", f"resubmit(,{TO_PHYSICAL})")
    used = {int(line.split(",")[0][6:]) for line in flows.lines
            if f"priority=0,{SWITCH} " in line}
    for table in (*range(CHECK_IN, L2_LOOKUP), *range(PRE_ACL_OUT, APPLY_OUT)):
        if table not in used and table not in (CHECK_IN, CHECK_OUT):
            flows.add(table, 0, SWITCH, f"resubmit(,{table + 1})")


def any_port(flows, ofport):
    """What the network's port has like a guest's."""
    port = f"set_field:{ofport}"
    flows.add(0, 100, f"in_port={ofport}", f"{port}->reg13,set_field:1->"
              f"metadata,{port}->reg14,resubmit(,{CHECK_IN})")
    flows.add(LOCAL_OUTPUT, 100, f"{SWITCH},reg15={ofport}",
              f"{port}->reg13,resubmit(,{LOOPBACK})")
    flows.add(LOOPBACK, 100, f"{SWITCH},reg14={ofport},reg15={ofport},"
              "reg10=0/0x1", "drop")
    flows.add(TO_PHYSICAL, 100, f"{SWITCH},reg15={ofport}",
              f"output:{ofport}")


def guest_security(flows, guest):
    ours = "set_field:0/0x1000->reg10"
    denied = "set_field:0x1000/0x1000->reg10"
    sender, receiver = f"reg14={guest.ofport}", f"reg15={guest.ofport}"
    flows.add(IN_SECURITY, 95, f"{SWITCH},{sender},arp",
              f"resubmit(,{IN_SECURITY_ARP})")
    flows.add(IN_SECURITY, 90, f"{SWITCH},{sender},ip,dl_src={guest.mac},"
              f"nw_src={guest.ip}", ours)
    flows.add(IN_SECURITY, 90, f"{SWITCH},{sender},udp,dl_src={guest.mac},"
              "nw_src=0.0.0.0,nw_dst=255.255.255.255,tp_src=68,tp_dst=67",
              ours)
    flows.add(IN_SECURITY, 80, f"{SWITCH},{sender}", denied)
    flows.add(IN_SECURITY_ARP, 90, f"{SWITCH},{sender},arp,"
              f"dl_src={guest.mac},arp_sha={guest.mac},arp_spa={guest.ip}",
              ours)
    flows.add(IN_SECURITY_ARP, 80, f"{SWITCH},{sender},arp", denied)
    for address in (guest.ip, "255.255.255.255", "224.0.0.0/4"):
        flows.add(OUT_SECURITY, 95, f"{SWITCH},{receiver},ip,"
                  f"dl_dst={guest.mac},nw_dst={address}", ours)
    flows.add(OUT_SECURITY, 90, f"{SWITCH},{receiver},ip", denied)
    flows.add(OUT_SECURITY, 85, f"{SWITCH},{receiver},dl_dst={guest.mac}",
              ours)
    flows.add(OUT_SECURITY, 80, f"{SWITCH},{receiver}", denied)


def generate(guests):
    """The flows for 'guests' and the network's port, as text."""
    flows = Flows()
    switch(flows)
    any_port(flows, UPLINK)
    for guest in guests:
        sender, receiver = f"reg14={guest.ofport}", f"reg15={guest.ofport}"
        any_port(flows, guest.ofport)
        guest_security(flows, guest)
        flows.add(L2_LOOKUP, 50, f"{SWITCH},dl_dst={guest.mac}",
                  f"set_field:{guest.ofport}->reg15,"
                  f"resubmit(,{REMOTE_OUTPUT})")
        for number in SERVICES:
            acl_allow(flows, ACL_OUT, receiver, f"tcp,tp_dst={number}")
        acl_drop(flows, ACL_OUT, receiver)
        acl_allow(flows, ACL_IN, sender, "udp,tp_dst=53")
        acl_allow(flows, ACL_IN, sender, "icmp")
        acl_drop(flows, ACL_IN, sender)
    return flows.text()
