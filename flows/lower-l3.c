/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* Layer 3: what iptables and ip6tables compare (semantics reference 1.6, 3.3,
 * 3.4), after connection tracking.
 *
 * Where connections are tracked, iptables sees whole packets; in the userspace
 * datapath fragments stay apart after ct(), and a later one has no ports.  Its
 * connection has, so a rule that tests ports or ICMP types looks at ct_tp_src
 * and ct_tp_dst for those.  (The kernel's ct() leaves no later fragments.)
 * Where nothing is tracked, nothing is reassembled, and a later fragment does
 * not match such a rule. */

#include <config.h>

#include "lower-private.h"
#include "openvswitch/packets.h"
#include "packets.h"
#include "pipeline.h"
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
    { NW_P_ICMPV6, IPPROTO_ICMPV6, MFF_N_IDS, MFF_N_IDS },
    { NW_P_ALL_IPV6, -1, MFF_N_IDS, MFF_N_IDS },
};

/* How ports are read in a variant. */
enum l4_source {
    L4_PACKET,   /* From the packet, which is no later
                                 * fragment. */
    L4_ORIGINAL, /* Later fragment, from its connection. */
    L4_REPLY,    /* The same, in reply direction. */
};

static const struct l3_protocol *
find_protocol(enum nw_protocol protocol)
{
    for (size_t i = 0; i < ARRAY_SIZE(l3_protocols); i++) {
        if (l3_protocols[i].protocol == protocol) {
            return &l3_protocols[i];
        }
    }
    return NULL;
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
lower_addresses(struct lowering *l, bool v6)
{
    enum mf_field_id src = v6 ? MFF_IPV6_SRC : MFF_IPV4_SRC;
    enum mf_field_id dst = v6 ? MFF_IPV6_DST : MFF_IPV4_DST;

    if (!l->in->orient.mirrored) {
        lw_mac(l, NW_A_SRCMACADDR, NW_N_ATTRS, MFF_ETH_SRC);
    }
    lw_ip(l, NW_A_SRCIPADDR, NW_A_SRCIPMASK, lw_swap(l, src, dst));
    lw_ip(l, NW_A_DSTIPADDR, NW_A_DSTIPMASK, lw_swap(l, dst, src));
    lower_ip_range(l, NW_A_SRCIPADDR, NW_A_SRCIPFROM, NW_A_SRCIPTO,
                   lw_swap(l, src, dst));
    lower_ip_range(l, NW_A_DSTIPADDR, NW_A_DSTIPFROM, NW_A_DSTIPTO,
                   lw_swap(l, dst, src));
}

static bool
tests_l4(const struct lowering *l)
{
    return lw_has(l, NW_A_SRCPORTSTART) || lw_has(l, NW_A_DSTPORTSTART)
           || lw_has(l, NW_A_ICMP_TYPE) || lw_has(l, NW_A_TCP_FLAGS);
}

static void
lower_l3_ports(struct lowering *l, const struct l3_protocol *p,
               enum l4_source source)
{
    enum mf_field_id src = p->src, dst = p->dst;

    if (source != L4_PACKET) {
        src = source == L4_ORIGINAL ? MFF_CT_TP_SRC : MFF_CT_TP_DST;
        dst = source == L4_ORIGINAL ? MFF_CT_TP_DST : MFF_CT_TP_SRC;
    }
    lw_ports(l, NW_A_SRCPORTSTART, NW_A_SRCPORTEND, lw_swap(l, src, dst));
    lw_ports(l, NW_A_DSTPORTSTART, NW_A_DSTPORTEND, lw_swap(l, dst, src));
}

static void
lower_tcp_flags(struct lowering *l)
{
    bool negate;
    const struct nw_value *flags = lw_value(l, NW_A_TCP_FLAGS, &negate);

    if (!flags) {
        return;
    }

    struct lw_item *item = lw_item_add(l, negate);

    /* A flag outside the mask never matches. */
    if (!(flags->tcp.flags & ~flags->tcp.mask)) {
        lw_clause_be16(lw_alt_add(item), MFF_TCP_FLAGS, flags->tcp.flags,
                       flags->tcp.mask);
    }
}

/* The type that the request had to which 'type' is the reply, or -1 if it is
 * none: only these can be in reply direction. */
static int
request_type(uint8_t type, bool v6)
{
    static const uint8_t pairs[][2] = {
        { 0, 8 },
        { 14, 13 },
        { 16, 15 },
        { 18, 17 },
    };
    static const uint8_t pairs_v6[][2] = {
        { 129, 128 },
        { 140, 139 },
    };
    size_t n = v6 ? ARRAY_SIZE(pairs_v6) : ARRAY_SIZE(pairs);

    for (size_t i = 0; i < n; i++) {
        const uint8_t *pair = v6 ? pairs_v6[i] : pairs[i];

        if (pair[0] == type) {
            return pair[1];
        }
    }
    return -1;
}

static void
lower_icmp_type(struct lowering *l, bool v6, enum l4_source source)
{
    bool negate;
    const struct nw_value *type = lw_value(l, NW_A_ICMP_TYPE, &negate);
    const struct nw_value *code = lw_value(l, NW_A_ICMP_CODE, NULL);

    /* iptables: type 255 is any type and code. */
    if (!type || (!v6 && type->num == 255 && !negate)) {
        return;
    }

    int t = source == L4_REPLY ? request_type(type->num, v6) : type->num;
    uint8_t types[2] = { t, t };
    uint8_t codes[2] = { code ? code->num : 0, code ? code->num : 255 };

    if (!v6 && type->num == 255) {
        types[0] = codes[0] = 0;
        codes[1] = 255;
    }
    if (t < 0 && type->num != 255) {
        /* Nothing has this type: an item without alternatives. */
        lw_item_add(l, negate);
    } else if (source == L4_PACKET) {
        lw_icmp_tuple(l, negate, types, codes,
                      v6 ? MFF_ICMPV6_TYPE : MFF_ICMPV4_TYPE,
                      v6 ? MFF_ICMPV6_CODE : MFF_ICMPV4_CODE);
    } else {
        lw_icmp_tuple(l, negate, types, codes, MFF_CT_TP_SRC, MFF_CT_TP_DST);
    }
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
frag_clause(struct lowering *l, const struct l3_protocol *p,
            enum l4_source source)
{
    struct lw_alt *base = &l->v->base[1];
    uint8_t value = source == L4_PACKET ? 0 : FLOW_NW_FRAG_LATER;
    uint8_t mask = FLOW_NW_FRAG_LATER;

    lw_clause_add(base, MFF_IP_FRAG, &value, &mask);
    if (source != L4_PACKET) {
        /* +trk-inv: what makes ct_tp_* readable. */
        uint32_t rpl = source == L4_REPLY ? CS_REPLY_DIR : 0;

        lw_clause_u8(base, MFF_CT_NW_PROTO, p->number);
        lw_clause_be32(base, MFF_CT_STATE, CS_TRACKED | rpl,
                       CS_TRACKED | CS_INVALID | CS_REPLY_DIR);
    }
}

static void
add_variant(struct lowering *l, const struct l3_protocol *p, bool v6,
            enum l4_source source)
{
    const struct lw_orientation *o = &l->in->orient;

    l->v = &l->out->variants[l->out->n_variants++];
    lw_clause_untagged_type(lw_base(l), v6 ? ETH_TYPE_IPV6 : ETH_TYPE_IP);
    if (p->number >= 0) {
        lw_clause_u8(lw_base(l), MFF_IP_PROTO, p->number);
    }
    if (tests_l4(l)) {
        frag_clause(l, p, source);
    }
    if (o->states) {
        lower_states(l, o->states, o->reply);
    }
    lower_addresses(l, v6);
    lower_dscp(l);
    if (p->src != MFF_N_IDS) {
        lower_l3_ports(l, p, source);
    }
    if (source == L4_PACKET) {
        lower_tcp_flags(l);
    }
    lower_icmp_type(l, v6, source);
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
    bool v6 = nw_protocol_layer(rule->protocol) == NW_L3_IPV6;
    int reply = l->in->orient.reply;

    if (!p) {
        lw_fail(l, NW_N_ATTRS,
                "%s: Open vSwitch skips this header like an "
                "extension header",
                nw_protocol_name(rule->protocol));
        return;
    }
    refuse_unsupported(l);
    if (!l->ok || (l->in->orient.mirrored && only_mac(rule))) {
        return;
    }

    add_variant(l, p, v6, L4_PACKET);
    if (l->in->tracked && tests_l4(l) && !lw_has(l, NW_A_TCP_FLAGS)) {
        if (reply != 1) {
            add_variant(l, p, v6, L4_ORIGINAL);
        }
        if (reply != 0) {
            add_variant(l, p, v6, L4_REPLY);
        }
    }
}
