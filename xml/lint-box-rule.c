/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/lint-box.h"

#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>

#include "xml/mem.h"

/* Rules to boxes, after the attribute tables of reference 1.6. */

/* How a restriction is made of one or two attributes. */
enum kind {
    SINGLE,
    MASKED, /* Address and mask. */
    RANGED, /* First and last. */
    OPAQUE, /* Only compared with the same again. */
};

/* Where the same dimension comes twice, the first that a rule has counts. */
static const struct conversion {
    enum nw_attr first, second; /* 'second' unless SINGLE. */
    enum kind kind;
    enum lint_dim dim, mirrored;
} conversions[] = {
#define SAME(DIM) LINT_##DIM, LINT_##DIM
#define PAIR(KIND, SRC_ATTR, DST_ATTR, SRC2, DST2, SRC, DST)        \
    { NW_A_##SRC_ATTR, NW_A_##SRC2, KIND, LINT_##SRC, LINT_##DST }, \
    {                                                               \
        NW_A_##DST_ATTR, NW_A_##DST2, KIND, LINT_##DST, LINT_##SRC  \
    }
#define STP(ATTR, SECOND, KIND, N)                            \
    {                                                         \
        NW_A_##ATTR, NW_A_##SECOND, KIND, LINT_STP_FIRST + N, \
            LINT_STP_FIRST + N                                \
    }
    PAIR(MASKED, SRCMACADDR, DSTMACADDR, SRCMACMASK, DSTMACMASK, SRC_MAC,
         DST_MAC),
    { NW_A_PROTOCOLID, 0, SINGLE, SAME(ETHERTYPE) },
    { NW_A_VLANID, 0, SINGLE, SAME(VLAN) },
    { NW_A_ENCAP_PROTOCOL, 0, SINGLE, SAME(ENCAP) },
    PAIR(MASKED, SRCIPADDR, DSTIPADDR, SRCIPMASK, DSTIPMASK, SRC_IP, DST_IP),
    PAIR(RANGED, SRCIPFROM, DSTIPFROM, SRCIPTO, DSTIPTO, SRC_IP, DST_IP),
    { NW_A_PROTOCOL, 0, SINGLE, SAME(PROTOCOL) },
    PAIR(RANGED, SRCPORTSTART, DSTPORTSTART, SRCPORTEND, DSTPORTEND, SRC_PORT,
         DST_PORT),
    { NW_A_DSCP, 0, SINGLE, SAME(DSCP) },
    { NW_A_TCP_FLAGS, 0, OPAQUE, SAME(TCP_FLAGS) },
    { NW_A_TCP_OPTION, 0, SINGLE, SAME(TCP_OPTION) },
    { NW_A_CONNLIMIT_ABOVE, 0, OPAQUE, SAME(CONNLIMIT) },
    { NW_A_IPSET, NW_A_IPSETFLAGS, OPAQUE, SAME(IPSET) },
    { NW_A_HWTYPE, 0, SINGLE, SAME(ARP_HW) },
    { NW_A_PROTOCOLTYPE, 0, SINGLE, SAME(ARP_PROTO) },
    { NW_A_OPCODE, 0, SINGLE, SAME(ARP_OP) },
    { NW_A_ARPSRCMACADDR, 0, SINGLE, LINT_ARP_SHA, LINT_ARP_THA },
    { NW_A_ARPDSTMACADDR, 0, SINGLE, LINT_ARP_THA, LINT_ARP_SHA },
    PAIR(MASKED, ARPSRCIPADDR, ARPDSTIPADDR, ARPSRCIPMASK, ARPDSTIPMASK,
         ARP_SPA, ARP_TPA),
    { NW_A_GRATUITOUS, 0, SINGLE, SAME(ARP_GRATUITOUS) },
    STP(STP_TYPE, STP_TYPE, SINGLE, 0),
    STP(STP_FLAGS, STP_FLAGS, SINGLE, 1),
    STP(ROOT_PRIORITY, ROOT_PRIORITY_HI, RANGED, 2),
    STP(ROOT_ADDRESS, ROOT_ADDRESS_MASK, MASKED, 3),
    STP(ROOT_COST, ROOT_COST_HI, RANGED, 4),
    STP(SENDER_PRIORITY, SENDER_PRIORITY_HI, RANGED, 5),
    STP(SENDER_ADDRESS, SENDER_ADDRESS_MASK, MASKED, 6),
    STP(STP_PORT, STP_PORT_HI, RANGED, 7),
    STP(AGE, AGE_HI, RANGED, 8),
    STP(MAX_AGE, MAX_AGE_HI, RANGED, 9),
    STP(HELLO_TIME, HELLO_TIME_HI, RANGED, 10),
    STP(FORWARD_DELAY, FORWARD_DELAY_HI, RANGED, 11),
#undef SAME
#undef PAIR
#undef STP
};

struct build {
    struct lint_probe *probe;
    const struct nw_rule *rule;
    const struct lint_scope *scope;
    bool mirrored;
};

static struct lint_num
number(const struct nw_value *v)
{
    struct lint_num n = { 0, 0 };

    switch (v->type) {
    case NW_T_MAC:
    case NW_T_MAC_MASK:
        for (int i = 0; i < 6; i++) {
            n.lo = n.lo << 8 | v->mac[i];
        }
        break;
    case NW_T_IPV4:
        n.lo = v->ipv4;
        break;
    case NW_T_IPV6:
        for (int i = 0; i < 8; i++) {
            n.hi = n.hi << 8 | v->ipv6[i];
            n.lo = n.lo << 8 | v->ipv6[i + 8];
        }
        break;
    case NW_T_BOOL:
        n.lo = v->boolean;
        break;
    default:
        n.lo = v->num;
        break;
    }
    return n;
}

/* The 'bits' lowest bits, of which the first 'length' are ones. */
static struct lint_num
prefix_mask(unsigned int bits, unsigned int length)
{
    struct lint_num mask = { 0, 0 };

    for (unsigned int i = bits - length; i < bits; i++) {
        *(i < 64 ? &mask.lo : &mask.hi) |= UINT64_C(1) << i % 64;
    }
    return mask;
}

static void
mask_range(struct lint_set *set, const struct nw_value *value,
           const struct nw_value *mask)
{
    unsigned int bits = (value->type == NW_T_MAC    ? 48
                         : value->type == NW_T_IPV4 ? 32
                                                    : 128);
    struct lint_num all = prefix_mask(bits, bits);
    struct lint_num ones = (bits == 48 ? number(mask)
                                       : prefix_mask(bits, mask->num));

    set->lo.hi &= ones.hi;
    set->lo.lo &= ones.lo;
    set->hi.hi = set->lo.hi | (all.hi & ~ones.hi);
    set->hi.lo = set->lo.lo | (all.lo & ~ones.lo);
}

static bool
is_zero_mask(const struct lint_set *set, const struct nw_item *mask)
{
    struct lint_num n = number(&mask->value);

    return !set->lo.hi && !set->lo.lo && !n.hi && !n.lo;
}

static bool
is_reversed(const struct lint_set *set)
{
    return (set->lo.hi > set->hi.hi
            || (set->lo.hi == set->hi.hi && set->lo.lo > set->hi.lo));
}

/* Adds a restriction that matches nothing, or with its negation everything. */
static void
add_empty(const struct build *b, const struct nw_item *item, bool everything)
{
    if (!everything) {
        b->probe->box.empty = item;
    }
}

static void
add(const struct build *b, enum lint_dim dim, enum kind kind,
    const struct nw_item *first, const struct nw_item *second)
{
    struct lint_set set = {
        .literal = kind != OPAQUE && !first->is_variable
                   && !(second && second->is_variable),
        .negate = first->negate,
        .items = { first, second },
        .scope = b->scope,
        .mirrored = b->mirrored && kind == OPAQUE,
    };

    if (set.literal) {
        set.lo = set.hi = number(&first->value);
        if (second && kind == MASKED) {
            mask_range(&set, &first->value, &second->value);
            if (is_zero_mask(&set, second)) {
                /* Not every ARP header has IPv4 addresses. */
                set.any = !set.negate
                          && (dim == LINT_ARP_SPA || dim == LINT_ARP_TPA);
                if (!set.any) {
                    add_empty(b, second, !set.negate);
                    return;
                }
            }
        } else if (second && kind == RANGED) {
            set.hi = number(&second->value);
            if (is_reversed(&set)) {
                add_empty(b, second, set.negate);
                return;
            }
        }
    }
    lint_probe_set(b->probe, dim, &set);
}

static void
add_conversion(const struct build *b, const struct conversion *c)
{
    const struct nw_item *first = nw_rule_item(b->rule, c->first);
    enum lint_dim dim = b->mirrored ? c->mirrored : c->dim;
    bool has_second = c->kind != SINGLE && c->second;

    /* At layer 3 the other direction does not look at MAC addresses. */
    if (!first || lint_box_get(&b->probe->box, dim)
        || (b->mirrored && c->first == NW_A_SRCMACADDR
            && nw_protocol_layer(b->rule->protocol) != NW_L2)) {
        return;
    }
    add(b, dim, c->kind, first,
        has_second ? nw_rule_item(b->rule, c->second) : NULL);
}

static void
add_tcp_flags(const struct build *b)
{
    const struct nw_item *item = nw_rule_item(b->rule, NW_A_TCP_FLAGS);

    if (item && !item->is_variable
        && item->value.tcp.flags & ~item->value.tcp.mask) {
        add_empty(b, item, item->negate);
    }
}

/* ICMP type 255 stands for every type and code (reference, introduction). */
static bool
is_any_icmp(const struct build *b, const struct nw_item *type)
{
    return (b->rule->protocol == NW_P_ICMP && !type->is_variable
            && type->value.num == 255);
}

/* Type and code together are one test, with one negation. */
static void
add_icmp(const struct build *b)
{
    const struct nw_item *type = nw_rule_item(b->rule, NW_A_ICMP_TYPE);
    const struct nw_item *code = nw_rule_item(b->rule, NW_A_ICMP_CODE);

    if (!type) {
        return;
    } else if (is_any_icmp(b, type)) {
        add_empty(b, type, !type->negate);
    } else if (type->negate && code) {
        add(b, LINT_ICMP_TYPE, OPAQUE, type, code);
    } else {
        add(b, LINT_ICMP_TYPE, SINGLE, type, NULL);
        if (code) {
            add(b, LINT_ICMP_CODE, SINGLE, code, NULL);
        }
    }
}

/* One of the two ranges in <ipv6>; "hi without lo" is one, too. */
static void
add_icmp_range(const struct build *b, enum lint_dim dim, enum nw_attr lo_attr,
               enum nw_attr hi_attr, bool negate)
{
    const struct nw_item *lo = nw_rule_item(b->rule, lo_attr);
    const struct nw_item *hi = nw_rule_item(b->rule, hi_attr);
    struct lint_set set = { .negate = negate, .scope = b->scope };

    if (!lo && !hi) {
        return;
    }
    set.items[0] = lo;
    set.items[1] = hi;
    set.literal = !(lo && lo->is_variable) && !(hi && hi->is_variable);
    if (set.literal) {
        set.lo.lo = lo ? lo->value.num : 0;
        set.hi.lo = hi ? hi->value.num : lo->value.num;
        if (is_reversed(&set)) {
            add_empty(b, hi, negate);
            return;
        }
    }
    lint_probe_set(b->probe, dim, &set);
}

static void
add_icmp_ranges(const struct build *b)
{
    const struct nw_item *type = nw_rule_item(b->rule, NW_A_ICMP_TYPE);
    bool negate = type && type->negate;

    add_icmp_range(b, LINT_ICMP_TYPE, NW_A_ICMP_TYPE, NW_A_ICMP_TYPEEND,
                   negate);
    if (!negate) {
        add_icmp_range(b, LINT_ICMP_CODE, NW_A_ICMP_CODE, NW_A_ICMP_CODEEND,
                       false);
    } else if (nw_rule_item(b->rule, NW_A_ICMP_CODE)
               || nw_rule_item(b->rule, NW_A_ICMP_CODEEND)) {
        const struct lint_set set = { .negate = true, .unique = true };

        lint_probe_set(b->probe, LINT_ICMP_TYPE, &set);
    }
}

static void
add_protocol(const struct build *b)
{
    static const struct {
        uint16_t ethertype;
        uint16_t protocol; /* Plus 1, or 0. */
    } implied[NW_N_PROTOCOLS] = {
#define BOTH(NAME, N)                        \
    [NW_P_##NAME] = { ETHERTYPE_IP, N + 1 }, \
    [NW_P_##NAME##_IPV6] = { ETHERTYPE_IPV6, N + 1 }
        [NW_P_VLAN] = { ETHERTYPE_VLAN, 0 },
        [NW_P_ARP] = { ETHERTYPE_ARP, 0 },
        [NW_P_RARP] = { ETHERTYPE_REVARP, 0 },
        [NW_P_IP] = { ETHERTYPE_IP, 0 },
        [NW_P_IPV6] = { ETHERTYPE_IPV6, 0 },
        [NW_P_ALL] = { ETHERTYPE_IP, 0 },
        [NW_P_ALL_IPV6] = { ETHERTYPE_IPV6, 0 },
        [NW_P_ICMP] = { ETHERTYPE_IP, IPPROTO_ICMP + 1 },
        [NW_P_ICMPV6] = { ETHERTYPE_IPV6, IPPROTO_ICMPV6 + 1 },
        [NW_P_IGMP] = { ETHERTYPE_IP, IPPROTO_IGMP + 1 },
        BOTH(TCP, IPPROTO_TCP),
        BOTH(UDP, IPPROTO_UDP),
        BOTH(UDPLITE, IPPROTO_UDPLITE),
        BOTH(SCTP, IPPROTO_SCTP),
        BOTH(ESP, IPPROTO_ESP),
        BOTH(AH, IPPROTO_AH),
#undef BOTH
    };
    uint16_t ethertype = implied[b->rule->protocol].ethertype;
    uint16_t protocol = implied[b->rule->protocol].protocol;

    if (ethertype) {
        lint_probe_set_num(b->probe, LINT_ETHERTYPE, ethertype, ethertype);
    }
    if (protocol) {
        lint_probe_set_num(b->probe, LINT_PROTOCOL, protocol - 1,
                           protocol - 1);
    }
}

/* Sent to the bridges' group address, and, if fields of it are looked at, with
 * a length in place of an Ethernet type. */
static void
add_stp(const struct build *b)
{
    lint_probe_set_num(b->probe, LINT_DST_MAC, LINT_BRIDGE_GROUP,
                       LINT_BRIDGE_GROUP);
    if (b->probe->box.dims >> LINT_STP_FIRST) {
        lint_probe_set_num(b->probe, LINT_ETHERTYPE, 0, 0x5ff);
    }
}

void
lint_probe_from_rule(struct lint_probe *probe, const struct nw_rule *rule,
                     const struct lint_scope *scope, bool mirrored)
{
    const struct build b = { probe, rule, scope, mirrored };

    lint_probe_init(probe);
    add_protocol(&b);
    for (size_t i = 0; i < NW_ARRAY_SIZE(conversions); i++) {
        add_conversion(&b, &conversions[i]);
    }
    if (rule->protocol == NW_P_IPV6) {
        add_icmp_ranges(&b);
    } else if (rule->protocol == NW_P_ICMP || rule->protocol == NW_P_ICMPV6) {
        add_icmp(&b);
    } else if (rule->protocol == NW_P_STP) {
        add_stp(&b);
    }
    add_tcp_flags(&b);
}
