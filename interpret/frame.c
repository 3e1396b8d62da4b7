/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "interpret/frame.h"

#include <net/ethernet.h>
#include <netinet/in.h>
#include <string.h>

enum {
    ETH_HEADER = 14,
    ETHERTYPE_8021AD = 0x88a8,
};

static uint16_t
get16(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

static uint32_t
get32(const uint8_t *p)
{
    return (uint32_t) get16(p) << 16 | get16(p + 2);
}

static void
parse_arp(const uint8_t *p, size_t n, struct interpret_arp *arp)
{
    if (n < 8) {
        return;
    }
    arp->present = true;
    arp->hrd = get16(p);
    arp->pro = get16(p + 2);
    arp->hln = p[4];
    arp->pln = p[5];
    arp->op = get16(p + 6);

    size_t hln = arp->hln, pln = arp->pln;
    if (n < 8 + 2 * (hln + pln)) {
        return;
    }
    arp->complete = true;

    const uint8_t *sha = p + 8;
    const uint8_t *spa = sha + hln;
    const uint8_t *tha = spa + pln;
    const uint8_t *tpa = tha + hln;
    if (hln == 6) {
        memcpy(arp->sha, sha, 6);
        memcpy(arp->tha, tha, 6);
    }
    if (pln == 4) {
        memcpy(arp->spa, spa, 4);
        memcpy(arp->tpa, tpa, 4);
    }
}

/* Linux takes one tag, 802.1Q or 802.1ad, off before ebtables looks. */
static void
parse_bpdu(const uint8_t *frame, size_t n, struct interpret_bpdu *bpdu)
{
    static const uint8_t start[6] = { 0x42, 0x42, 3, 0, 0, 0 };
    uint16_t type = get16(frame + ETH_HEADER - 2);
    size_t skip = (type == ETHERTYPE_VLAN || type == ETHERTYPE_8021AD
                       ? ETH_HEADER + 4
                       : ETH_HEADER);
    const uint8_t *p = frame + skip;

    if (n < skip + sizeof start || memcmp(p, start, sizeof start)) {
        return;
    }
    bpdu->present = true;
    bpdu->type = p[5];
    if (n - skip < 37) {
        return;
    }
    bpdu->complete = true;
    bpdu->flags = p[6];
    bpdu->root_priority = get16(p + 7);
    memcpy(bpdu->root_address, p + 9, 6);
    bpdu->root_cost = get32(p + 15);
    bpdu->sender_priority = get16(p + 19);
    memcpy(bpdu->sender_address, p + 21, 6);
    bpdu->port = get16(p + 27);
    bpdu->age = get16(p + 29);
    bpdu->max_age = get16(p + 31);
    bpdu->hello_time = get16(p + 33);
    bpdu->forward_delay = get16(p + 35);
}

static void
parse_tcp(const uint8_t *p, size_t n, struct interpret_l4 *l4)
{
    if (n < 20) {
        return;
    }
    size_t header = (p[12] >> 4) * 4;
    if (header < 20 || header > n) {
        return;
    }
    l4->valid = true;
    l4->src_port = get16(p);
    l4->dst_port = get16(p + 2);
    l4->tcp_seq = (uint32_t) get16(p + 4) << 16 | get16(p + 6);
    l4->tcp_flags = p[13];
    l4->tcp_options = p + 20;
    l4->tcp_options_len = header - 20;
    l4->payload = p + header;
    l4->payload_len = n - header;
}

static void
parse_ports(const uint8_t *p, size_t n, size_t header, struct interpret_l4 *l4)
{
    if (n < header) {
        return;
    }
    l4->valid = true;
    l4->src_port = get16(p);
    l4->dst_port = get16(p + 2);
    l4->payload = p + header;
    l4->payload_len = n - header;
}

static void
parse_icmp(const uint8_t *p, size_t n, struct interpret_l4 *l4)
{
    if (n < 4) {
        return;
    }
    l4->valid = true;
    l4->icmp_type = p[0];
    l4->icmp_code = p[1];
    if (n >= 8) {
        l4->payload = p + 8;
        l4->payload_len = n - 8;
    }
}

static void
parse_l4(int protocol, struct interpret_ip *ip)
{
    const uint8_t *p = ip->l4_data;
    size_t n = ip->l4_len;

    switch (protocol) {
    case IPPROTO_TCP:
        parse_tcp(p, n, &ip->l4);
        break;
    case IPPROTO_UDP:
    case IPPROTO_UDPLITE:
        parse_ports(p, n, 8, &ip->l4);
        break;
    case IPPROTO_SCTP:
    case IPPROTO_DCCP:
        parse_ports(p, n, 12, &ip->l4);
        break;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
        parse_icmp(p, n, &ip->l4);
        break;
    }
}

static void
parse_ipv4(const uint8_t *p, size_t n, struct interpret_ip *ip)
{
    if (n < 20 || p[0] >> 4 != 4) {
        return;
    }
    size_t header = (p[0] & 15) * 4;
    size_t total = get16(p + 2);
    if (header < 20 || header > n || total < header) {
        return;
    }
    uint16_t frag = get16(p + 6);

    ip->family = 4;
    memcpy(ip->src, p + 12, 4);
    memcpy(ip->dst, p + 16, 4);
    ip->tos = p[1];
    ip->fragment = (frag & 0x3fff) != 0;
    ip->later = (frag & 0x1fff) != 0;
    ip->frag_id = get16(p + 4);
    ip->l2_protocol = ip->l3_protocol = ip->ct_protocol = p[9];
    if (!ip->later) {
        ip->l4_data = p + header;
        ip->l4_len = (total < n ? total : n) - header;
        parse_l4(ip->ct_protocol, ip);
    }
}

static bool
is_extension(uint8_t next)
{
    return (next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING
            || next == IPPROTO_FRAGMENT || next == IPPROTO_AH
            || next == IPPROTO_DSTOPTS);
}

/* Walks the extension headers in the 'n' bytes at 'p'.  The three protocols
 * of 'ip' differ in where their finders stop. */
static void
walk_extensions(uint8_t next, const uint8_t *p, size_t n,
                struct interpret_ip *ip)
{
    bool l3_found = false;

    while (is_extension(next)) {
        if (next == IPPROTO_AH && !l3_found) {
            ip->l3_protocol = IPPROTO_AH;
            l3_found = true;
        }
        if (n < 8) {
            return;
        }

        size_t len = next == IPPROTO_AH ? (p[1] + 2) * 4 : (p[1] + 1) * 8;
        if (next == IPPROTO_FRAGMENT) {
            len = 8;
            ip->fragment = true;
            ip->later = (get16(p + 2) & 0xfff8) != 0;
            ip->frag_id = get32(p + 4);
            if (ip->later) {
                ip->l2_protocol = IPPROTO_FRAGMENT;
                ip->ct_protocol = p[0];
                if (!l3_found && !is_extension(p[0])) {
                    ip->l3_protocol = p[0];
                }
                return;
            }
        }
        if (n < len) {
            return;
        }
        next = p[0];
        p += len;
        n -= len;
    }
    ip->l2_protocol = next == IPPROTO_NONE ? INTERPRET_PROTO_NONE : next;
    ip->ct_protocol = next;
    if (!l3_found) {
        ip->l3_protocol = next;
    }
    ip->l4_data = p;
    ip->l4_len = n;
    parse_l4(next, ip);
}

static void
parse_ipv6(const uint8_t *p, size_t n, struct interpret_ip *ip)
{
    if (n < 40 || p[0] >> 4 != 6) {
        return;
    }
    size_t payload = get16(p + 4);

    ip->family = 6;
    memcpy(ip->src, p + 8, 16);
    memcpy(ip->dst, p + 24, 16);
    ip->tos = (p[0] & 15) << 4 | p[1] >> 4;
    walk_extensions(p[6], p + 40, payload < n - 40 ? payload : n - 40, ip);
}

void
interpret_ip_parse(int family, const uint8_t *data, size_t size,
                   struct interpret_ip *ip)
{
    memset(ip, 0, sizeof *ip);
    ip->l2_protocol = INTERPRET_PROTO_NONE;
    ip->l3_protocol = INTERPRET_PROTO_NONE;
    ip->ct_protocol = INTERPRET_PROTO_NONE;
    if (family == 4) {
        parse_ipv4(data, size, ip);
    } else if (family == 6) {
        parse_ipv6(data, size, ip);
    }
}

bool
interpret_frame_parse(const void *data, size_t size,
                      struct interpret_frame *frame)
{
    const uint8_t *p = data;

    memset(frame, 0, sizeof *frame);
    if (size < ETH_HEADER) {
        return false;
    }
    frame->data = p;
    frame->size = size;
    memcpy(frame->eth_dst, p, 6);
    memcpy(frame->eth_src, p + 6, 6);
    frame->eth_type = get16(p + 12);

    const uint8_t *body = p + ETH_HEADER;
    size_t n = size - ETH_HEADER;
    int family = 0;
    switch (frame->eth_type) {
    case ETHERTYPE_VLAN:
        if (n >= 4) {
            frame->vid = get16(body) & 0xfff;
            frame->encap_type = get16(body + 2);
        }
        break;
    case ETHERTYPE_ARP:
    case ETHERTYPE_REVARP:
        parse_arp(body, n, &frame->arp);
        break;
    case ETHERTYPE_IP:
        family = 4;
        break;
    case ETHERTYPE_IPV6:
        family = 6;
        break;
    }
    interpret_ip_parse(family, body, n, &frame->ip);
    parse_bpdu(p, size, &frame->bpdu);
    return true;
}

bool
interpret_frame_is_to_bridges(const struct interpret_frame *frame)
{
    static const uint8_t bridges[6] = { 0x01, 0x80, 0xc2, 0, 0, 0 };

    return !memcmp(frame->eth_dst, bridges, sizeof bridges);
}

void
interpret_frame_reassemble(struct interpret_frame *later,
                           const struct interpret_frame *first)
{
    later->ip.l3_protocol = first->ip.l3_protocol;
    later->ip.ct_protocol = first->ip.ct_protocol;
    later->ip.l4 = first->ip.l4;
    later->ip.l4_data = first->ip.l4_data;
    later->ip.l4_len = first->ip.l4_len;
}
