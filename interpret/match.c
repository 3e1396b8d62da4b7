/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "interpret/private.h"

#include <net/ethernet.h>
#include <string.h>

#include "util.h"

const struct interp_item *
interp_item(const struct interp_rule *r, enum nw_attr attr)
{
    for (size_t i = 0; i < r->n_items; i++) {
        if (r->items[i].field->attr == attr) {
            return &r->items[i];
        }
    }
    return NULL;
}

/* Reference 1.6: each item is negated on its own; an absent one hits. */
static bool
hit(const struct interp_item *item, bool equal)
{
    return !item || equal != item->negate;
}

/* Without 'mask' all bits have to agree. */
static bool
equal_macs(const uint8_t *a, const uint8_t *b, const uint8_t *mask)
{
    for (int i = 0; i < 6; i++) {
        if ((a[i] ^ b[i]) & (mask ? mask[i] : 0xff)) {
            return false;
        }
    }
    return true;
}

static bool
equal_prefixes(const uint8_t *a, const uint8_t *b, unsigned int bits)
{
    for (unsigned int i = 0; i < bits; i++) {
        if ((a[i / 8] ^ b[i / 8]) & 0x80 >> i % 8) {
            return false;
        }
    }
    return true;
}

void
interp_value_bytes(const struct nw_value *value, uint8_t bytes[16])
{
    memset(bytes, 0, 16);
    if (value->type == NW_T_IPV6) {
        memcpy(bytes, value->ipv6, 16);
    } else {
        for (int i = 0; i < 4; i++) {
            bytes[i] = value->ipv4 >> (24 - 8 * i);
        }
    }
}

static bool
match_mac(const struct interp_rule *r, enum nw_attr addr_attr,
          enum nw_attr mask_attr, const uint8_t *mac)
{
    const struct interp_item *addr = interp_item(r, addr_attr);
    const struct interp_item *mask = interp_item(r, mask_attr);

    if (!addr) {
        return true;
    }
    const uint8_t *bits = mask ? mask->value.mac : NULL;
    return hit(addr, equal_macs(mac, addr->value.mac, bits));
}

static bool
match_num(const struct interp_rule *r, enum nw_attr attr, uint32_t num)
{
    const struct interp_item *item = interp_item(r, attr);

    return hit(item, item && item->value.num == num);
}

static bool
match_num_range(const struct interp_rule *r, enum nw_attr from_attr,
                enum nw_attr to_attr, uint32_t num)
{
    const struct interp_item *from = interp_item(r, from_attr);
    const struct interp_item *to = interp_item(r, to_attr);

    return hit(from, from && num >= from->value.num
                         && num <= (to ? to : from)->value.num);
}

static bool
match_masked_addr(const struct interp_rule *r, enum nw_attr addr_attr,
                  enum nw_attr mask_attr, const uint8_t *bytes)
{
    const struct interp_item *addr = interp_item(r, addr_attr);
    const struct interp_item *mask = interp_item(r, mask_attr);

    if (!addr) {
        return true;
    }
    uint8_t want[16];
    interp_value_bytes(&addr->value, want);
    unsigned int full = addr->value.type == NW_T_IPV6 ? 128 : 32;
    return hit(addr,
               equal_prefixes(bytes, want, mask ? mask->value.num : full));
}

bool
interp_match_addr(const struct interp_rule *r, enum interp_side side,
                  const uint8_t *addr)
{
    if (side == INTERP_SRC) {
        return match_masked_addr(r, NW_A_SRCIPADDR, NW_A_SRCIPMASK, addr);
    }
    return match_masked_addr(r, NW_A_DSTIPADDR, NW_A_DSTIPMASK, addr);
}

bool
interp_match_port(const struct interp_rule *r, enum interp_side side,
                  uint16_t port)
{
    if (side == INTERP_SRC) {
        return match_num_range(r, NW_A_SRCPORTSTART, NW_A_SRCPORTEND, port);
    }
    return match_num_range(r, NW_A_DSTPORTSTART, NW_A_DSTPORTEND, port);
}

static bool
match_ethernet(const struct interp_rule *r, const struct interpret_frame *f,
               bool mirrored)
{
    const uint8_t *src = mirrored ? f->eth_dst : f->eth_src;
    const uint8_t *dst = mirrored ? f->eth_src : f->eth_dst;

    return (match_mac(r, NW_A_SRCMACADDR, NW_A_SRCMACMASK, src)
            && match_mac(r, NW_A_DSTMACADDR, NW_A_DSTMACMASK, dst));
}

/* Ends of ranges and masks count for nothing on their own. */
static bool
has_any(const struct interp_rule *r, const enum nw_attr *attrs, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (interp_item(r, attrs[i])) {
            return true;
        }
    }
    return false;
}

/* What follows the type is looked at only if a rule asks for it. */
static bool
match_bpdu(const struct interp_rule *r, const struct interpret_bpdu *b)
{
    return (
        match_num(r, NW_A_STP_FLAGS, b->flags)
        && match_num_range(r, NW_A_ROOT_PRIORITY, NW_A_ROOT_PRIORITY_HI,
                           b->root_priority)
        && match_mac(r, NW_A_ROOT_ADDRESS, NW_A_ROOT_ADDRESS_MASK,
                     b->root_address)
        && match_num_range(r, NW_A_ROOT_COST, NW_A_ROOT_COST_HI, b->root_cost)
        && match_num_range(r, NW_A_SENDER_PRIORITY, NW_A_SENDER_PRIORITY_HI,
                           b->sender_priority)
        && match_mac(r, NW_A_SENDER_ADDRESS, NW_A_SENDER_ADDRESS_MASK,
                     b->sender_address)
        && match_num_range(r, NW_A_STP_PORT, NW_A_STP_PORT_HI, b->port)
        && match_num_range(r, NW_A_AGE, NW_A_AGE_HI, b->age)
        && match_num_range(r, NW_A_MAX_AGE, NW_A_MAX_AGE_HI, b->max_age)
        && match_num_range(r, NW_A_HELLO_TIME, NW_A_HELLO_TIME_HI,
                           b->hello_time)
        && match_num_range(r, NW_A_FORWARD_DELAY, NW_A_FORWARD_DELAY_HI,
                           b->forward_delay));
}

/* Reference 1.6, stp, except for where the fields are (frame.h). */
static bool
match_stp(const struct interp_rule *r, const struct interpret_frame *f)
{
    static const enum nw_attr type[] = { NW_A_STP_TYPE };
    static const enum nw_attr others[] = {
        NW_A_STP_FLAGS,       NW_A_ROOT_PRIORITY,
        NW_A_ROOT_ADDRESS,    NW_A_ROOT_COST,
        NW_A_SENDER_PRIORITY, NW_A_SENDER_ADDRESS,
        NW_A_STP_PORT,        NW_A_AGE,
        NW_A_MAX_AGE,         NW_A_HELLO_TIME,
        NW_A_FORWARD_DELAY,
    };
    bool asks_type = has_any(r, type, ARRAY_SIZE(type));
    bool asks_others = has_any(r, others, ARRAY_SIZE(others));

    if (!interpret_frame_is_to_bridges(f)) {
        return false;
    } else if (!asks_type && !asks_others) {
        return true;
    }
    return (
        f->bpdu.present && match_num(r, NW_A_STP_TYPE, f->bpdu.type)
        && (!asks_others || (f->bpdu.complete && match_bpdu(r, &f->bpdu))));
}

static bool
match_vlan(const struct interp_rule *r, const struct interpret_frame *f)
{
    return (f->eth_type == ETHERTYPE_VLAN && match_num(r, NW_A_VLANID, f->vid)
            && match_num(r, NW_A_ENCAP_PROTOCOL, f->encap_type));
}

/* gratuitous='false' is as good as absent. */
static bool
is_gratuitous(const struct interp_rule *r)
{
    const struct interp_item *item = interp_item(r, NW_A_GRATUITOUS);

    return item && item->value.boolean;
}

static bool
match_arp_ip(const struct interp_rule *r, const struct interpret_arp *arp,
             bool mirrored)
{
    const struct interp_item *grat = interp_item(r, NW_A_GRATUITOUS);

    if (!is_gratuitous(r) && !interp_item(r, NW_A_ARPSRCIPADDR)
        && !interp_item(r, NW_A_ARPDSTIPADDR)) {
        return true;
    }
    if (!arp->complete || arp->pln != 4 || arp->pro != ETHERTYPE_IP) {
        return false;
    }
    const uint8_t *src = mirrored ? arp->tpa : arp->spa;
    const uint8_t *dst = mirrored ? arp->spa : arp->tpa;
    return (match_masked_addr(r, NW_A_ARPSRCIPADDR, NW_A_ARPSRCIPMASK, src)
            && match_masked_addr(r, NW_A_ARPDSTIPADDR, NW_A_ARPDSTIPMASK, dst)
            && hit(is_gratuitous(r) ? grat : NULL, !memcmp(src, dst, 4)));
}

static bool
match_arp_mac(const struct interp_rule *r, const struct interpret_arp *arp,
              bool mirrored)
{
    const struct interp_item *src = interp_item(r, NW_A_ARPSRCMACADDR);
    const struct interp_item *dst = interp_item(r, NW_A_ARPDSTMACADDR);

    if (!src && !dst) {
        return true;
    }
    if (!arp->complete || arp->hln != 6 || arp->hrd != 1) {
        return false;
    }
    const uint8_t *sha = mirrored ? arp->tha : arp->sha;
    const uint8_t *tha = mirrored ? arp->sha : arp->tha;
    return (hit(src, src && !memcmp(sha, src->value.mac, 6))
            && hit(dst, dst && !memcmp(tha, dst->value.mac, 6)));
}

static bool
has_arp_item(const struct interp_rule *r)
{
    static const enum nw_attr attrs[] = {
        NW_A_HWTYPE,        NW_A_PROTOCOLTYPE,  NW_A_OPCODE,
        NW_A_ARPSRCMACADDR, NW_A_ARPDSTMACADDR, NW_A_ARPSRCIPADDR,
        NW_A_ARPDSTIPADDR,
    };
    return has_any(r, attrs, ARRAY_SIZE(attrs)) || is_gratuitous(r);
}

static bool
match_arp(const struct interp_rule *r, const struct interpret_frame *f,
          uint16_t eth_type, bool mirrored)
{
    const struct interpret_arp *arp = &f->arp;

    if (f->eth_type != eth_type) {
        return false;
    }
    return (!has_arp_item(r)
            || (arp->present && match_num(r, NW_A_HWTYPE, arp->hrd)
                && match_num(r, NW_A_PROTOCOLTYPE, arp->pro)
                && match_num(r, NW_A_OPCODE, arp->op)
                && match_arp_ip(r, arp, mirrored)
                && match_arp_mac(r, arp, mirrored)));
}

/* Reference 1.6, ipv6: one tuple of types and codes, negated as the type is.
 * Here an end without a start counts. */
static bool
match_icmpv6(const struct interp_rule *r, const struct interpret_l4 *l4)
{
    const struct interp_item *type = interp_item(r, NW_A_ICMP_TYPE);
    const struct interp_item *type_end = interp_item(r, NW_A_ICMP_TYPEEND);
    const struct interp_item *code = interp_item(r, NW_A_ICMP_CODE);
    const struct interp_item *code_end = interp_item(r, NW_A_ICMP_CODEEND);

    uint32_t type_lo = type ? type->value.num : 0;
    uint32_t type_hi = (type_end ? type_end->value.num
                        : type   ? type->value.num
                                 : 255);
    uint32_t code_lo = code ? code->value.num : 0;
    uint32_t code_hi = (code_end ? code_end->value.num
                        : code   ? code->value.num
                                 : 255);
    bool inside = (l4->icmp_type >= type_lo && l4->icmp_type <= type_hi
                   && l4->icmp_code >= code_lo && l4->icmp_code <= code_hi);
    return inside != (type && type->negate);
}

static bool
has_icmpv6_tuple(const struct interp_rule *r)
{
    return (interp_item(r, NW_A_ICMP_TYPE) || interp_item(r, NW_A_ICMP_TYPEEND)
            || interp_item(r, NW_A_ICMP_CODE)
            || interp_item(r, NW_A_ICMP_CODEEND));
}

/* Protocol, ports and ICMPv6 types.  Later fragments have no ports, not even
 * other ones than those asked for. */
static bool
match_l2_transport(const struct interp_rule *r, const struct interpret_ip *ip,
                   bool mirrored)
{
    bool ports = (interp_item(r, NW_A_SRCPORTSTART)
                  || interp_item(r, NW_A_DSTPORTSTART));
    bool tuple = has_icmpv6_tuple(r);

    if (!interp_item(r, NW_A_PROTOCOL) && !ports && !tuple) {
        return true;
    }
    if (ip->l2_protocol == INTERPRET_PROTO_NONE
        || !match_num(r, NW_A_PROTOCOL, ip->l2_protocol)) {
        return false;
    }
    if (!ports && !tuple) {
        return true;
    }
    if (ip->later || !ip->l4.valid) {
        return false;
    }
    if (tuple && !match_icmpv6(r, &ip->l4)) {
        return false;
    }
    uint16_t src = mirrored ? ip->l4.dst_port : ip->l4.src_port;
    uint16_t dst = mirrored ? ip->l4.src_port : ip->l4.dst_port;
    return (interp_match_port(r, INTERP_SRC, src)
            && interp_match_port(r, INTERP_DST, dst));
}

static bool
match_ip(const struct interp_rule *r, const struct interpret_frame *f,
         int family, bool mirrored)
{
    const struct interpret_ip *ip = &f->ip;

    if (ip->family != family) {
        return false;
    }
    return (interp_match_addr(r, INTERP_SRC, mirrored ? ip->dst : ip->src)
            && interp_match_addr(r, INTERP_DST, mirrored ? ip->src : ip->dst)
            && match_num(r, NW_A_DSCP, ip->tos >> 2)
            && match_l2_transport(r, ip, mirrored));
}

bool
interp_match_l2(const struct interp_rule *r, const struct interpret_frame *f,
                bool mirrored)
{
    if (!match_ethernet(r, f, mirrored)) {
        return false;
    }
    switch (r->rule->protocol) {
    case NW_P_NONE:
        return true;
    case NW_P_MAC:
        return match_num(r, NW_A_PROTOCOLID, f->eth_type);
    case NW_P_VLAN:
        return match_vlan(r, f);
    case NW_P_STP:
        return match_stp(r, f);
    case NW_P_ARP:
        return match_arp(r, f, ETHERTYPE_ARP, mirrored);
    case NW_P_RARP:
        return match_arp(r, f, ETHERTYPE_REVARP, mirrored);
    case NW_P_IP:
        return match_ip(r, f, 4, mirrored);
    case NW_P_IPV6:
        return match_ip(r, f, 6, mirrored);
    default:
        OVS_NOT_REACHED();
    }
}
