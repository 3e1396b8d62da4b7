/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* Layer 3: what iptables and ip6tables compare (semantics reference 1.6, 3.3,
 * 3.4), after connection tracking.
 *
 * A later fragment has no ports and no ICMP type, and matches no rule that
 * tests them.  Where connections are tracked, the kernel's ct() leaves no
 * later fragments; the userspace datapath's does, and keeps nothing that
 * would tell their ports. */

#include <config.h>

#include "flows/ipv6-header.h"
#include "flows/lower-private.h"
#include "flows/pipeline.h"
#include "openvswitch/packets.h"
#include "packets.h"
#include "util.h"

struct l3_protocol {
    enum nw_protocol protocol;
    int number;                /* IP protocol, or -1 for any. */
    enum mf_field_id src, dst; /* Ports, or MFF_N_IDS. */
};

static const struct l3_protocol l3_protocols[] = {
    { NW_P_TCP, IPPROTO_TCP, MFF_TCP_SRC, MFF_TCP_DST },
    { NW_P_UDP, IPPROTO_UDP, MFF_UDP_SRC, MFF_UDP_DST },
    { NW_P_UDPLITE, IPPROTO_UDPLITE, MFF_N_IDS, MFF_N_IDS },
    { NW_P_SCTP, IPPROTO_SCTP, MFF_SCTP_SRC, MFF_SCTP_DST },
    { NW_P_ESP, IPPROTO_ESP, MFF_N_IDS, MFF_N_IDS },
    { NW_P_AH, IPPROTO_AH, MFF_N_IDS, MFF_N_IDS },
    { NW_P_ICMP, IPPROTO_ICMP, MFF_N_IDS, MFF_N_IDS },
    { NW_P_IGMP, IPPROTO_IGMP, MFF_N_IDS, MFF_N_IDS },
    { NW_P_ALL, -1, MFF_N_IDS, MFF_N_IDS },
    { NW_P_TCP_IPV6, IPPROTO_TCP, MFF_TCP_SRC, MFF_TCP_DST },
    { NW_P_UDP_IPV6, IPPROTO_UDP, MFF_UDP_SRC, MFF_UDP_DST },
    { NW_P_UDPLITE_IPV6, IPPROTO_UDPLITE, MFF_N_IDS, MFF_N_IDS },
    { NW_P_SCTP_IPV6, IPPROTO_SCTP, MFF_SCTP_SRC, MFF_SCTP_DST },
    { NW_P_ESP_IPV6, IPPROTO_ESP, MFF_N_IDS, MFF_N_IDS },
    { NW_P_AH_IPV6, IPPROTO_AH, MFF_N_IDS, MFF_N_IDS },
    { NW_P_ICMPV6, IPPROTO_ICMPV6, MFF_N_IDS, MFF_N_IDS },
    { NW_P_ALL_IPV6, -1, MFF_N_IDS, MFF_N_IDS },
};

static const struct l3_protocol *
find_protocol(enum nw_protocol protocol)
{
    for (size_t i = 0; i < ARRAY_SIZE(l3_protocols); i++) {
        if (l3_protocols[i].protocol == protocol) {
            return &l3_protocols[i];
        }
    }
    OVS_NOT_REACHED();
}

bool
lw_reads_ipv6(const struct nw_rule *rule)
{
    return rule->protocol == NW_P_AH_IPV6;
}

/* The protocol.  Open vSwitch goes past an authentication header of IPv6 to
 * what follows it; ip6tables does not. */
static void
lower_protocol(struct lowering *l, const struct l3_protocol *p, bool v6)
{
    if (p->number < 0) {
        return;
    }
    if (!v6 || p->number != IPPROTO_AH) {
        lw_clause_u8(lw_base(l), MFF_IP_PROTO, p->number);
    }
    if (v6 && l->in->reads_ipv6) {
        lw_clause_be64(lw_base(l), MFF_METADATA,
                       p->number == IPPROTO_AH ? IPV6_HEADER_AH : 0,
                       IPV6_HEADER_AH);
    }
}

/* Items that can not be had in flows. */
static void
refuse_unsupported(struct lowering *l)
{
    if (lw_has(l, NW_A_TCP_OPTION)) {
        lw_fail(l, NW_A_TCP_OPTION,
                "tcp option: Open vSwitch can not match "
                "TCP options");
    }
    if (lw_has(l, NW_A_CONNLIMIT_ABOVE)) {
        lw_fail(l, NW_A_CONNLIMIT_ABOVE,
                "connlimit-above: connections can "
                "not be counted per source address in Open vSwitch");
    }
}

/* Adds "class in states, direction as 'reply' says" as an item.  The codes of
 * the classes make pairs that one mask covers (pipeline.h). */
static void
lower_states(struct lowering *l, uint8_t states, int reply)
{
    static const struct {
        uint8_t states, value, mask;
    } covers[] = {
        { 0xf, 0x1, 0x1 },
        { NW_STATE_NEW | NW_STATE_ESTABLISHED, 0x1, 0x5 },
        { NW_STATE_ESTABLISHED | NW_STATE_RELATED, 0x3, 0x3 },
        { NW_STATE_RELATED | NW_STATE_INVALID, 0x5, 0x5 },
        { NW_STATE_NEW | NW_STATE_INVALID, 0x1, 0x3 },
        { NW_STATE_NEW, PL_STATE_NEW, PL_STATE_CLASS },
        { NW_STATE_ESTABLISHED, PL_STATE_ESTABLISHED, PL_STATE_CLASS },
        { NW_STATE_RELATED, PL_STATE_RELATED, PL_STATE_CLASS },
        { NW_STATE_INVALID, PL_STATE_INVALID, PL_STATE_CLASS },
    };
    struct lw_item *item = lw_item_add(l, false);
    uint8_t left = states;

    for (size_t i = 0; i < ARRAY_SIZE(covers); i++) {
        if ((covers[i].states & left) == covers[i].states) {
            uint32_t value = covers[i].value
                             | (reply > 0 ? PL_STATE_REPLY : 0);
            uint32_t mask = covers[i].mask | (reply >= 0 ? PL_STATE_REPLY : 0);

            lw_clause_be32(lw_alt_add(item), PL_R_STATE, value, mask);
            left &= ~covers[i].states;
        }
    }
}

/* "srcipfrom"..."srcipto", which count only without "srcipaddr".  A reversed
 * range never matches (N30). */
static void
lower_ip_range(struct lowering *l, enum nw_attr addr, enum nw_attr from,
               enum nw_attr to, enum mf_field_id field)
{
    bool negate;
    const struct nw_value *lo = lw_value(l, from, &negate);
    const struct nw_value *hi = lw_value(l, to, NULL);

    if (!lo || lw_has(l, addr)) {
        return;
    }

    struct lw_item *item = lw_item_add(l, negate);

    if (lo->type == NW_T_IPV4) {
        ovs_be32 lo_be = htonl(lo->ipv4),
                 hi_be = htonl(hi ? hi->ipv4 : lo->ipv4);

        lw_range(item, field, &lo_be, &hi_be, 4);
    } else {
        lw_range(item, field, lo->ipv6, hi ? hi->ipv6 : lo->ipv6, 16);
    }
}

static void
refuse_negated_all(struct lowering *l, enum nw_attr addr, enum nw_attr mask)
{
    const struct nw_item *item = nw_rule_item(l->in->rule, addr);
    const struct nw_value *m = lw_value(l, mask, NULL);

    if (item && item->negate && m && !m->num) {
        lw_fail(l, addr,
                "%s of all addresses under match='no': iptables refuses it",
                nw_attr_name(addr));
    }
}

static void
lower_addresses(struct lowering *l, bool v6)
{
    enum mf_field_id src = v6 ? MFF_IPV6_SRC : MFF_IPV4_SRC;
    enum mf_field_id dst = v6 ? MFF_IPV6_DST : MFF_IPV4_DST;

    if (!l->in->orient.mirrored) {
        lw_mac(l, NW_A_SRCMACADDR, NW_N_ATTRS, MFF_ETH_SRC);
    }
    refuse_negated_all(l, NW_A_SRCIPADDR, NW_A_SRCIPMASK);
    refuse_negated_all(l, NW_A_DSTIPADDR, NW_A_DSTIPMASK);
    lw_ip(l, NW_A_SRCIPADDR, NW_A_SRCIPMASK, lw_swap(l, src, dst));
    lw_ip(l, NW_A_DSTIPADDR, NW_A_DSTIPMASK, lw_swap(l, dst, src));
    lower_ip_range(l, NW_A_SRCIPADDR, NW_A_SRCIPFROM, NW_A_SRCIPTO,
                   lw_swap(l, src, dst));
    lower_ip_range(l, NW_A_DSTIPADDR, NW_A_DSTIPFROM, NW_A_DSTIPTO,
                   lw_swap(l, dst, src));
}

/* iptables takes "all ports but 0 to 65535" of TCP and UDP for all packets. */
static bool
tests_ports(const struct lowering *l, const struct l3_protocol *p,
            enum nw_attr start, enum nw_attr end)
{
    bool negate;
    const struct nw_value *lo = lw_value(l, start, &negate);
    const struct nw_value *hi = lw_value(l, end, NULL);

    return lo
           && !(negate && p->number != IPPROTO_SCTP && !lo->num && hi
                && hi->num == UINT16_MAX);
}

static bool
tests_l4(const struct lowering *l, const struct l3_protocol *p)
{
    return tests_ports(l, p, NW_A_SRCPORTSTART, NW_A_SRCPORTEND)
           || tests_ports(l, p, NW_A_DSTPORTSTART, NW_A_DSTPORTEND)
           || lw_has(l, NW_A_ICMP_TYPE) || lw_has(l, NW_A_TCP_FLAGS);
}

static void
lower_l3_ports(struct lowering *l, const struct l3_protocol *p)
{
    /* iptables takes reversed ranges of UDP ports, which never match. */
    if (p->number != IPPROTO_UDP) {
        lw_refuse_reversed_ports(l, NW_A_SRCPORTSTART, NW_A_SRCPORTEND);
        lw_refuse_reversed_ports(l, NW_A_DSTPORTSTART, NW_A_DSTPORTEND);
    }
    if (tests_ports(l, p, NW_A_SRCPORTSTART, NW_A_SRCPORTEND)) {
        lw_ports(l, NW_A_SRCPORTSTART, NW_A_SRCPORTEND,
                 lw_swap(l, p->src, p->dst));
    }
    if (tests_ports(l, p, NW_A_DSTPORTSTART, NW_A_DSTPORTEND)) {
        lw_ports(l, NW_A_DSTPORTSTART, NW_A_DSTPORTEND,
                 lw_swap(l, p->dst, p->src));
    }
}

static void
lower_tcp_flags(struct lowering *l)
{
    bool negate;
    const struct nw_value *flags = lw_value(l, NW_A_TCP_FLAGS, &negate);

    /* Without a mask iptables does not look at flags, even negated ones. */
    if (!flags || !flags->tcp.mask) {
        return;
    }

    struct lw_item *item = lw_item_add(l, negate);

    /* A flag outside the mask never matches. */
    if (!(flags->tcp.flags & ~flags->tcp.mask)) {
        lw_clause_be16(lw_alt_add(item), MFF_TCP_FLAGS, flags->tcp.flags,
                       flags->tcp.mask);
    }
}

static void
lower_icmp_type(struct lowering *l, bool v6)
{
    bool negate;
    const struct nw_value *type = lw_value(l, NW_A_ICMP_TYPE, &negate);
    const struct nw_value *code = lw_value(l, NW_A_ICMP_CODE, NULL);

    /* iptables: type 255 is any type and code. */
    if (!type || (!v6 && type->num == 255 && !negate)) {
        return;
    }

    uint8_t types[2] = { type->num, type->num };
    uint8_t codes[2] = { code ? code->num : 0, code ? code->num : 255 };

    if (!v6 && type->num == 255) {
        types[0] = codes[0] = 0;
        codes[1] = 255;
    }
    lw_icmp_tuple(l, negate, types, codes,
                  v6 ? MFF_ICMPV6_TYPE : MFF_ICMPV4_TYPE,
                  v6 ? MFF_ICMPV6_CODE : MFF_ICMPV4_CODE);
}

static void
lower_dscp(struct lowering *l)
{
    bool negate;
    const struct nw_value *dscp = lw_value(l, NW_A_DSCP, &negate);

    if (dscp) {
        lw_clause_u8(lw_alt_add(lw_item_add(l, negate)), MFF_IP_DSCP_SHIFTED,
                     dscp->num);
    }
}

static void
lower_items(struct lowering *l, const struct l3_protocol *p)
{
    const struct lw_orientation *o = &l->in->orient;
    bool v6 = nw_protocol_layer(p->protocol) == NW_L3_IPV6;

    lw_clause_untagged_type(lw_base(l), v6 ? ETH_TYPE_IPV6 : ETH_TYPE_IP);
    lower_protocol(l, p, v6);
    if (tests_l4(l, p)) {
        lw_not_later(l);
    }
    if (o->states) {
        lower_states(l, o->states, o->reply);
    }
    lower_addresses(l, v6);
    lower_dscp(l);
    lower_l3_ports(l, p);
    lower_tcp_flags(l);
    lower_icmp_type(l, v6);
}

/* A rule whose only item is a MAC address has nothing to say in the mirrored
 * orientation, and is left out there (reference 3.3).  libvirt decides that
 * before it comes to the set, which does not save the rule. */
static bool
only_mac(const struct nw_rule *rule)
{
    size_t n = 0;

    for (size_t i = 0; i < rule->n_items; i++) {
        enum nw_attr attr = rule->items[i].field->attr;

        if (attr != NW_A_SRCMACADDR && attr != NW_A_COMMENT
            && attr != NW_A_STATE && attr != NW_A_IPSET
            && attr != NW_A_IPSETFLAGS) {
            return false;
        }
        n += attr == NW_A_SRCMACADDR;
    }
    return n > 0;
}

void
lw_lower_l3(struct lowering *l)
{
    const struct nw_rule *rule = l->in->rule;
    const struct l3_protocol *p = find_protocol(rule->protocol);

    refuse_unsupported(l);
    if (!l->ok || (l->in->orient.mirrored && only_mac(rule))) {
        return;
    }

    l->out->possible = true;
    lower_items(l, p);
}
