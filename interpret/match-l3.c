/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "interpret/private.h"

#include <netinet/in.h>
#include <string.h>

#include "util.h"

enum { ANY_PROTOCOL = -2 };

/* iptables -p: the number that a protocol element stands for. */
static int
protocol_number(enum nw_protocol protocol)
{
    switch (protocol) {
    case NW_P_TCP:
    case NW_P_TCP_IPV6:
        return IPPROTO_TCP;
    case NW_P_UDP:
    case NW_P_UDP_IPV6:
        return IPPROTO_UDP;
    case NW_P_UDPLITE:
    case NW_P_UDPLITE_IPV6:
        return IPPROTO_UDPLITE;
    case NW_P_SCTP:
    case NW_P_SCTP_IPV6:
        return IPPROTO_SCTP;
    case NW_P_ESP:
    case NW_P_ESP_IPV6:
        return IPPROTO_ESP;
    case NW_P_AH:
    case NW_P_AH_IPV6:
        return IPPROTO_AH;
    case NW_P_ICMP:
        return IPPROTO_ICMP;
    case NW_P_ICMPV6:
        return IPPROTO_ICMPV6;
    case NW_P_IGMP:
        return IPPROTO_IGMP;
    case NW_P_ALL:
    case NW_P_ALL_IPV6:
        return ANY_PROTOCOL;
    default:
        OVS_NOT_REACHED();
    }
}

/* Reference 1.6: srcipfrom counts only without srcipaddr; without an end it
 * is one address. */
static bool
match_addr_range(const struct interp_rule *r, enum interp_side side,
                 const uint8_t *addr)
{
    bool src = side == INTERP_SRC;
    const struct interp_item *from = interp_item(r, src ? NW_A_SRCIPFROM
                                                        : NW_A_DSTIPFROM);
    const struct interp_item *to = interp_item(r, src ? NW_A_SRCIPTO
                                                      : NW_A_DSTIPTO);

    if (!from || interp_item(r, src ? NW_A_SRCIPADDR : NW_A_DSTIPADDR)) {
        return true;
    }
    size_t n = from->value.type == NW_T_IPV6 ? 16 : 4;
    uint8_t lo[16], hi[16];
    interp_value_bytes(&from->value, lo);
    interp_value_bytes(&(to ? to : from)->value, hi);
    bool inside = memcmp(addr, lo, n) >= 0 && memcmp(addr, hi, n) <= 0;
    return inside != from->negate;
}

static bool
match_side(const struct interp_rule *r, enum interp_side side,
           const uint8_t *addr)
{
    return (interp_match_addr(r, side, addr)
            && match_addr_range(r, side, addr));
}

static bool
has_tcp_option(const struct interpret_l4 *l4, uint8_t kind)
{
    const uint8_t *op = l4->tcp_options;

    for (size_t i = 0; i < l4->tcp_options_len;) {
        if (op[i] == kind) {
            return true;
        }
        bool has_length = op[i] >= 2 && i + 1 < l4->tcp_options_len;
        i += has_length && op[i + 1] ? op[i + 1] : 1;
    }
    return false;
}

static bool
match_tcp(const struct interp_rule *r, const struct interpret_l4 *l4)
{
    const struct interp_item *flags = interp_item(r, NW_A_TCP_FLAGS);
    const struct interp_item *option = interp_item(r, NW_A_TCP_OPTION);

    if (flags && flags->value.tcp.mask) {
        bool equal = ((l4->tcp_flags & flags->value.tcp.mask)
                      == flags->value.tcp.flags);
        if (equal == flags->negate) {
            return false;
        }
    }
    return (!option
            || has_tcp_option(l4, option->value.num) != option->negate);
}

/* One tuple of type and code; a code alone is nothing (D14).  Type 255 is
 * iptables' word for any ICMP message, whatever the code. */
static bool
match_icmp(const struct interp_rule *r, const struct interpret_l4 *l4)
{
    const struct interp_item *type = interp_item(r, NW_A_ICMP_TYPE);
    const struct interp_item *code = interp_item(r, NW_A_ICMP_CODE);

    if (!type) {
        return true;
    }
    bool any = r->rule->protocol == NW_P_ICMP && type->value.num == 255;
    bool equal = any
                 || (l4->icmp_type == type->value.num
                     && (!code || l4->icmp_code == code->value.num));
    return equal != type->negate;
}

/* To iptables' tcp and udp "all ports but 0 to 65535" is no condition. */
static bool
has_ports(const struct interp_rule *r, enum interp_side side)
{
    bool src = side == INTERP_SRC;
    const struct interp_item *from = interp_item(r, src ? NW_A_SRCPORTSTART
                                                        : NW_A_DSTPORTSTART);
    const struct interp_item *to = interp_item(r, src ? NW_A_SRCPORTEND
                                                      : NW_A_DSTPORTEND);
    bool sctp = (r->rule->protocol == NW_P_SCTP
                 || r->rule->protocol == NW_P_SCTP_IPV6);

    return (from
            && (sctp || !from->negate || from->value.num != 0 || !to
                || to->value.num != 65535));
}

static bool
has_transport_item(const struct interp_rule *r)
{
    return (has_ports(r, INTERP_SRC) || has_ports(r, INTERP_DST)
            || interp_item(r, NW_A_TCP_FLAGS)
            || interp_item(r, NW_A_TCP_OPTION)
            || interp_item(r, NW_A_ICMP_TYPE));
}

static bool
match_transport(const struct interp_rule *r, const struct interpret_ip *ip,
                bool mirrored)
{
    const struct interpret_l4 *l4 = &ip->l4;

    if (!has_transport_item(r)) {
        return true;
    }
    if (!l4->valid) {
        return false;
    }
    uint16_t src = mirrored ? l4->dst_port : l4->src_port;
    uint16_t dst = mirrored ? l4->src_port : l4->dst_port;
    return (
        (!has_ports(r, INTERP_SRC) || interp_match_port(r, INTERP_SRC, src))
        && (!has_ports(r, INTERP_DST) || interp_match_port(r, INTERP_DST, dst))
        && match_tcp(r, l4) && match_icmp(r, l4));
}

/* Reference 1.7.  Without ipsetflags it is "src" (D6). */
static bool
match_set(const struct interpret_env *env, const struct interp_rule *r,
          const struct interpret_frame *f, bool mirrored)
{
    const struct interp_item *set = interp_item(r, NW_A_IPSET);
    const struct interp_item *flags_item = interp_item(r, NW_A_IPSETFLAGS);

    if (!set) {
        return true;
    }
    struct nw_ipset_flags flags = { 1, 0 };
    if (flags_item) {
        flags = flags_item->value.ipset_flags;
    }
    if (mirrored) {
        flags.dst ^= (1 << flags.n) - 1;
    }
    return env->test_set(set->value.string, &flags, f, env->aux);
}

/* Reference 1.8.  Last of all: looking counts. */
static bool
match_connlimit(const struct interpret_env *env, const struct interp_rule *r,
                const struct interpret_frame *f)
{
    const struct interp_item *limit = interp_item(r, NW_A_CONNLIMIT_ABOVE);

    if (!limit) {
        return true;
    }
    bool above = env->count_connections(r, f, env->aux) > limit->value.num;
    return above != limit->negate;
}

static bool
match_srcmac(const struct interp_rule *r, const struct interpret_frame *f,
             bool mirrored)
{
    const struct interp_item *mac = interp_item(r, NW_A_SRCMACADDR);

    return (!mac || mirrored
            || !memcmp(f->eth_src, mac->value.mac, 6) != mac->negate);
}

bool
interp_match_l3(const struct interpret_env *env, const struct interp_entry *e,
                const struct interpret_frame *f)
{
    const struct interp_rule *r = e->rule;
    const struct interpret_ip *ip = &f->ip;
    int protocol = protocol_number(r->rule->protocol);
    const struct interp_item *dscp = interp_item(r, NW_A_DSCP);

    return ((protocol == ANY_PROTOCOL || protocol == ip->l3_protocol)
            && match_srcmac(r, f, e->mirrored)
            && match_side(r, INTERP_SRC, e->mirrored ? ip->dst : ip->src)
            && match_side(r, INTERP_DST, e->mirrored ? ip->src : ip->dst)
            && (!dscp || (ip->tos >> 2 == dscp->value.num) != dscp->negate)
            && match_transport(r, ip, e->mirrored)
            && match_set(env, r, f, e->mirrored)
            && match_connlimit(env, r, f));
}
