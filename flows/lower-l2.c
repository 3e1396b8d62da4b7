/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* Layer 2: what ebtables compares (semantics reference 1.6, 3.5), except that
 * every ethertype goes with "no VLAN tag", because the switch's eth_type of a
 * tagged frame is the inner one. */

#include <config.h>

#include "flows/arp-header.h"
#include "flows/lower-private.h"
#include "flows/pipeline.h"
#include "openvswitch/packets.h"
#include "packets.h"
#include "util.h"

static void
lower_macs(struct lowering *l)
{
    lw_mac(l, NW_A_SRCMACADDR, NW_A_SRCMACMASK,
           lw_swap(l, MFF_ETH_SRC, MFF_ETH_DST));
    lw_mac(l, NW_A_DSTMACADDR, NW_A_DSTMACMASK,
           lw_swap(l, MFF_ETH_DST, MFF_ETH_SRC));
}

static void
lower_mac(struct lowering *l)
{
    bool negate;
    const struct nw_value *type = lw_value(l, NW_A_PROTOCOLID, &negate);

    if (!type) {
        return;
    }
    if (type->num == ETH_TYPE_VLAN_8021AD) {
        lw_fail(l, NW_A_PROTOCOLID,
                "protocolid 0x88a8: Open vSwitch can not "
                "tell 802.1ad tags from 802.1Q tags");
        return;
    }

    struct lw_alt *alt = lw_alt_add(lw_item_add(l, negate));

    if (type->num == ETH_TYPE_VLAN_8021Q) {
        lw_clause_be16(alt, MFF_VLAN_TCI, 0x1000, 0x1000);
    } else {
        lw_clause_untagged_type(alt, type->num);
    }
}

static void
lower_vlan(struct lowering *l)
{
    bool negate;
    const struct nw_value *vid = lw_value(l, NW_A_VLANID, &negate);

    lw_clause_be16(lw_base(l), MFF_VLAN_TCI, 0x1000, 0x1000);
    if (vid && vid->num == 4095) {
        lw_fail(l, NW_A_VLANID, "vlanid 4095 is reserved");
    } else if (vid) {
        lw_clause_be16(lw_alt_add(lw_item_add(l, negate)), MFF_VLAN_TCI,
                       0x1000 | vid->num, 0x1fff);
    }

    const struct nw_value *type = lw_value(l, NW_A_ENCAP_PROTOCOL, &negate);

    if (type) {
        lw_clause_be16(lw_alt_add(lw_item_add(l, negate)), MFF_ETH_TYPE,
                       type->num, UINT16_MAX);
    }
}

/* A number of an ARP header that the daemon read. */
static void
clause_arp_number(struct lw_item *item, int shift, uint16_t value)
{
    lw_clause_be64(lw_alt_add(item), MFF_METADATA,
                   ARP_HEADER_READ | (uint64_t) value << shift,
                   ARP_HEADER_READ | (uint64_t) UINT16_MAX << shift);
}

/* The switch reads a header only if it is for Ethernet and IPv4: others come
 * back from the daemon with their numbers. */
static void
lower_arp_type(struct lowering *l, enum nw_attr attr, uint32_t standard,
               int shift)
{
    bool negate;
    const struct nw_value *value = lw_value(l, attr, &negate);

    if (!value) {
        return;
    }

    struct lw_item *item = lw_item_add(l, negate);

    if (value->num == standard) {
        lw_clause_be32(lw_alt_add(item), PL_R_HEADER, PL_HEADER_ARP,
                       PL_HEADER_ARP);
        l->out->tests_arp_header = true;
    }
    clause_arp_number(item, shift, value->num);
}

static bool
is_switch_opcode(uint32_t opcode)
{
    return opcode > 0 && opcode <= UINT8_MAX;
}

/* The addresses that a header must have for the rule's items, for negated ones
 * too (reference 1.6, preconditions): PL_HEADER_* bits. */
static uint32_t
needed_addresses(const struct lowering *l)
{
    const struct nw_value *gratuitous = lw_value(l, NW_A_GRATUITOUS, NULL);
    bool ips = (lw_has(l, NW_A_ARPSRCIPADDR) || lw_has(l, NW_A_ARPDSTIPADDR)
                || (gratuitous && gratuitous->boolean));
    bool macs = (lw_has(l, NW_A_ARPSRCMACADDR)
                 || lw_has(l, NW_A_ARPDSTMACADDR));

    return (ips ? PL_HEADER_IPS : 0) | (macs ? PL_HEADER_MACS : 0);
}

/* Whether the rule can only be decided with what the daemon reads.  An opcode
 * is that of any header, unless the rule has addresses: headers with those the
 * switch reads, wrapped ones at least. */
static bool
needs_arp_numbers(const struct lowering *l)
{
    const struct nw_value *op = lw_value(l, NW_A_OPCODE, NULL);

    return lw_has(l, NW_A_HWTYPE) || lw_has(l, NW_A_PROTOCOLTYPE)
           || (op && !(is_switch_opcode(op->num) && needed_addresses(l)));
}

static void
lower_opcode(struct lowering *l)
{
    bool negate;
    const struct nw_value *op = lw_value(l, NW_A_OPCODE, &negate);

    if (!op) {
        return;
    }

    struct lw_item *item = lw_item_add(l, negate);

    if (is_switch_opcode(op->num)) {
        lw_clause_be16(lw_alt_add(item), MFF_ARP_OP, op->num, UINT16_MAX);
    }
    if (needs_arp_numbers(l)) {
        clause_arp_number(item, ARP_HEADER_OPCODE_SHIFT, op->num);
    }
}

static void
lower_gratuitous(struct lowering *l)
{
    bool negate;
    const struct nw_value *value = lw_value(l, NW_A_GRATUITOUS, &negate);

    if (value && value->boolean) {
        lw_clause_be32(lw_alt_add(lw_item_add(l, negate)), PL_R_HEADER,
                       PL_HEADER_GRATUITOUS, PL_HEADER_GRATUITOUS);
        l->out->tests_gratuitous = true;
    }
}

static void
lower_arp(struct lowering *l, uint16_t eth_type)
{
    uint32_t addresses = needed_addresses(l);

    lw_clause_untagged_type(lw_base(l), eth_type);
    if (addresses) {
        lw_clause_be32(lw_base(l), PL_R_HEADER, addresses, addresses);
        l->out->tests_arp_header = true;
        l->out->tests_arp_numbers = true;
    }
    if (needs_arp_numbers(l)) {
        /* A header that is cut off has no numbers to compare, whatever they
         * are compared with. */
        lw_clause_be64(lw_base(l), MFF_METADATA, 0, ARP_HEADER_CUT);
        l->out->tests_arp_numbers = true;
    }
    lower_arp_type(l, NW_A_HWTYPE, ARP_HRD_ETHERNET,
                   ARP_HEADER_HARDWARE_SHIFT);
    lower_arp_type(l, NW_A_PROTOCOLTYPE, ARP_PRO_IP,
                   ARP_HEADER_PROTOCOL_SHIFT);
    lower_opcode(l);
    lw_mac(l, NW_A_ARPSRCMACADDR, NW_N_ATTRS,
           lw_swap(l, MFF_ARP_SHA, MFF_ARP_THA));
    lw_mac(l, NW_A_ARPDSTMACADDR, NW_N_ATTRS,
           lw_swap(l, MFF_ARP_THA, MFF_ARP_SHA));
    lw_ip(l, NW_A_ARPSRCIPADDR, NW_A_ARPSRCIPMASK,
          lw_swap(l, MFF_ARP_SPA, MFF_ARP_TPA));
    lw_ip(l, NW_A_ARPDSTIPADDR, NW_A_ARPDSTIPMASK,
          lw_swap(l, MFF_ARP_TPA, MFF_ARP_SPA));
    lower_gratuitous(l);
}

struct port_fields {
    uint8_t protocol;
    enum mf_field_id src, dst;
};

static const struct port_fields port_fields[] = {
    { IPPROTO_TCP, MFF_TCP_SRC, MFF_TCP_DST },
    { IPPROTO_UDP, MFF_UDP_SRC, MFF_UDP_DST },
    { IPPROTO_SCTP, MFF_SCTP_SRC, MFF_SCTP_DST },
};

static bool
has_ports(const struct lowering *l)
{
    return lw_has(l, NW_A_SRCPORTSTART) || lw_has(l, NW_A_DSTPORTSTART);
}

static void
lower_l2_ports(struct lowering *l, const struct nw_value *protocol)
{
    const struct port_fields *f = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(port_fields); i++) {
        if (protocol && protocol->num == port_fields[i].protocol) {
            f = &port_fields[i];
        }
    }
    if (!f) {
        lw_fail(l, NW_A_PROTOCOL,
                "ports of this protocol can not be "
                "matched in Open vSwitch");
        return;
    }

    lw_not_later(l);
    lw_refuse_reversed_ports(l, NW_A_SRCPORTSTART, NW_A_SRCPORTEND);
    lw_refuse_reversed_ports(l, NW_A_DSTPORTSTART, NW_A_DSTPORTEND);
    lw_ports(l, NW_A_SRCPORTSTART, NW_A_SRCPORTEND,
             lw_swap(l, f->src, f->dst));
    lw_ports(l, NW_A_DSTPORTSTART, NW_A_DSTPORTEND,
             lw_swap(l, f->dst, f->src));
}

/* ebtables, as Open vSwitch, goes past an authentication header over IPv6. */
static bool
is_never_found(const struct lowering *l, const struct nw_value *protocol)
{
    return l->in->rule->protocol == NW_P_IPV6 && protocol->num == IPPROTO_AH;
}

/* "protocol", and what depends on it. */
static void
lower_protocol(struct lowering *l)
{
    bool negate = false;
    const struct nw_value *protocol = lw_value(l, NW_A_PROTOCOL, &negate);
    bool needs_protocol = has_ports(l) || lw_has(l, NW_A_ICMP_TYPE)
                          || lw_has(l, NW_A_ICMP_TYPEEND)
                          || lw_has(l, NW_A_ICMP_CODE)
                          || lw_has(l, NW_A_ICMP_CODEEND);

    if (negate && needs_protocol) {
        lw_fail(l, NW_A_PROTOCOL,
                "match='no' on a protocol can not go with "
                "its ports or types; use a second element of the same rule");
    } else if (protocol && needs_protocol) {
        lw_clause_u8(lw_base(l), MFF_IP_PROTO, protocol->num);
    } else if (protocol) {
        struct lw_item *item = lw_item_add(l, negate);

        if (!is_never_found(l, protocol)) {
            lw_clause_u8(lw_alt_add(item), MFF_IP_PROTO, protocol->num);
        }
    }
    if (has_ports(l) && l->ok) {
        lower_l2_ports(l, protocol);
    }
}

static void
lower_ip(struct lowering *l)
{
    bool negate;
    const struct nw_value *dscp = lw_value(l, NW_A_DSCP, &negate);

    lw_clause_untagged_type(lw_base(l), ETH_TYPE_IP);
    lw_ip(l, NW_A_SRCIPADDR, NW_A_SRCIPMASK,
          lw_swap(l, MFF_IPV4_SRC, MFF_IPV4_DST));
    lw_ip(l, NW_A_DSTIPADDR, NW_A_DSTIPMASK,
          lw_swap(l, MFF_IPV4_DST, MFF_IPV4_SRC));
    if (dscp) {
        lw_clause_u8(lw_alt_add(lw_item_add(l, negate)), MFF_IP_DSCP_SHIFTED,
                     dscp->num);
    }
    lower_protocol(l);
}

/* type...typeend and code...codeend are one tuple, negated as a whole by the
 * type's match='no'; an end counts without a start here. */
static void
lower_icmpv6(struct lowering *l)
{
    bool negate = false;
    const struct nw_value *type = lw_value(l, NW_A_ICMP_TYPE, &negate);
    const struct nw_value *typeend = lw_value(l, NW_A_ICMP_TYPEEND, NULL);
    const struct nw_value *code = lw_value(l, NW_A_ICMP_CODE, NULL);
    const struct nw_value *codeend = lw_value(l, NW_A_ICMP_CODEEND, NULL);
    const struct nw_value *protocol = lw_value(l, NW_A_PROTOCOL, NULL);

    if (!type && !typeend && !code && !codeend) {
        return;
    }
    if (!protocol || protocol->num != IPPROTO_ICMPV6) {
        lw_fail(l, NW_A_ICMP_TYPE, "type and code need protocol='icmpv6'");
        return;
    }

    uint8_t types[2] = { type ? type->num : 0, typeend ? typeend->num
                                               : type  ? type->num
                                                       : 255 };
    uint8_t codes[2] = { code ? code->num : 0, codeend ? codeend->num
                                               : code  ? code->num
                                                       : 255 };

    lw_not_later(l);
    lw_icmp_tuple(l, negate, types, codes, MFF_ICMPV6_TYPE, MFF_ICMPV6_CODE);
}

static void
lower_ipv6(struct lowering *l)
{
    lw_clause_untagged_type(lw_base(l), ETH_TYPE_IPV6);
    lw_ip(l, NW_A_SRCIPADDR, NW_A_SRCIPMASK,
          lw_swap(l, MFF_IPV6_SRC, MFF_IPV6_DST));
    lw_ip(l, NW_A_DSTIPADDR, NW_A_DSTIPMASK,
          lw_swap(l, MFF_IPV6_DST, MFF_IPV6_SRC));
    lower_protocol(l);
    if (l->ok) {
        lower_icmpv6(l);
    }
}

void
lw_lower_l2(struct lowering *l)
{
    l->out->possible = true;
    switch ((int) l->in->rule->protocol) {
    case NW_P_MAC:
        lower_mac(l);
        break;
    case NW_P_VLAN:
        lower_vlan(l);
        break;
    case NW_P_STP:
        lw_lower_stp(l);
        break;
    case NW_P_ARP:
        lower_arp(l, ETH_TYPE_ARP);
        break;
    case NW_P_RARP:
        lower_arp(l, ETH_TYPE_RARP);
        break;
    case NW_P_IP:
        lower_ip(l);
        break;
    case NW_P_IPV6:
        lower_ipv6(l);
        break;
    }
    lower_macs(l);
}
