/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "interpret/set.h"

#include <netinet/in.h>
#include <string.h>

static bool
is_inside(const struct nw_set_range *range, const uint8_t *addr)
{
    return (memcmp(addr, range->from, 16) >= 0
            && memcmp(addr, range->to, 16) <= 0);
}

/* Length of the network around 'addr', of the fewest that make up 'range'. */
static int
network_length(const struct nw_set_range *range, int family,
               const uint8_t *addr)
{
    struct nw_set_range network, rest = *range;
    bool more = true;

    while (more) {
        int length = nw_set_range_split(&rest, family, &network, &rest, &more);
        if (is_inside(&network, addr)) {
            return length;
        }
    }
    return 0;
}

/* The protocol, as ipset finds it: not IPv6's AH but what follows it. */
static int
get_protocol(const struct interpret_ip *ip)
{
    return ip->family == 6 ? ip->ct_protocol : ip->l3_protocol;
}

/* The frame's port, or ICMP type and code; false if it has none (a later
 * fragment of a protocol with ports). */
static bool
get_port(const struct interpret_ip *ip, bool dst, uint16_t *portp)
{
    switch (get_protocol(ip)) {
    case IPPROTO_TCP:
    case IPPROTO_UDP:
    case IPPROTO_SCTP:
    case IPPROTO_UDPLITE:
        *portp = dst ? ip->l4.dst_port : ip->l4.src_port;
        return ip->l4.valid;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
        *portp = ip->l4.icmp_type << 8 | ip->l4.icmp_code;
        return ip->l4.valid;
    default:
        *portp = 0;
        return get_protocol(ip) >= 0;
    }
}

static bool
contains_port(const struct nw_set_port *port, const struct interpret_ip *ip,
              bool dst)
{
    int protocol = get_protocol(ip);
    uint16_t number;

    return (get_port(ip, dst, &number)
            && (port->protocol == NW_SET_TCP_UDP
                    ? protocol == IPPROTO_TCP || protocol == IPPROTO_UDP
                    : protocol == port->protocol)
            && number >= port->from && number <= port->to);
}

/* Returns -1 if the entry does not hold the frame, otherwise how specific it
 * is: a number that grows with the length of its networks, the first of them
 * first. */
static int
specificity(const struct nw_set_entry *entry,
            const struct nw_ipset_flags *flags,
            const struct interpret_frame *f)
{
    int result = 0;

    if (entry->family && entry->family != f->ip.family) {
        return -1;
    }
    for (size_t i = 0; i < entry->n; i++) {
        const struct nw_set_elem *elem = &entry->elems[i];
        bool dst = flags->dst >> i & 1;
        const uint8_t *addr = dst ? f->ip.dst : f->ip.src;
        bool inside = false;

        switch (elem->dim) {
        case NW_SET_IP:
            inside = is_inside(&elem->range, addr);
            break;
        case NW_SET_NET:
            inside = is_inside(&elem->range, addr);
            if (inside) {
                result = result * 256
                         + network_length(&elem->range, f->ip.family, addr);
            }
            break;
        case NW_SET_PORT:
            inside = contains_port(&elem->port, &f->ip, dst);
            break;
        case NW_SET_MAC:
            inside = !memcmp(elem->mac, dst ? f->eth_dst : f->eth_src, 6);
            break;
        }
        if (!inside) {
            return -1;
        }
    }
    return result;
}

bool
interpret_set_contains(const struct interpret_set *set,
                       const struct nw_ipset_flags *flags,
                       const struct interpret_frame *f)
{
    int best = -1;
    bool member = false;

    if (flags->n < set->type->n_dims) {
        return false;
    }
    for (size_t i = 0; i < set->n_entries; i++) {
        int found = specificity(&set->entries[i], flags, f);
        if (found >= 0 && found >= best) {
            member = (found == best && member) || !set->entries[i].nomatch;
            best = found;
        }
    }
    return member;
}
