/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/arp-header.h"

#include <string.h>

#include "flows/pipeline.h"
#include "openvswitch/packets.h"
#include "packets.h"
#include "util.h"

#define ARP_NUMBERS_LEN 8 /* Up to and with the opcode. */

static uint64_t
get16(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

/* Where the header begins, or more than 'size'. */
static size_t
find_header(const uint8_t *frame, size_t size)
{
    size_t ofs = 2 * ETH_ADDR_LEN;

    while (ofs + 2 <= size && eth_type_vlan(htons(get16(frame + ofs)))) {
        ofs += VLAN_HEADER_LEN;
    }
    return ofs + 2;
}

/* A header that is there as far as its numbers, and its parts. */
struct header {
    const uint8_t *p;
    uint16_t hardware, protocol, opcode;
    bool whole; /* All addresses are there. */
};

static void
header_init(struct header *h, const uint8_t *p, size_t size)
{
    h->p = p;
    h->hardware = get16(p);
    h->protocol = get16(p + 2);
    h->opcode = get16(p + 6);
    h->whole = size >= ARP_NUMBERS_LEN + 2 * (p[4] + p[5]);
}

static bool
has_macs(const struct header *h)
{
    return (h->whole && h->hardware == ARP_HRD_ETHERNET
            && h->p[4] == ETH_ADDR_LEN);
}

static bool
has_ips(const struct header *h)
{
    return h->whole && h->protocol == ARP_PRO_IP && h->p[5] == 4;
}

/* The addresses of one end: hardware, protocol. */
static void
copy_end(const struct header *h, bool target, uint8_t *mac, uint8_t *ip)
{
    const uint8_t *from = (h->p + ARP_NUMBERS_LEN
                           + (target ? h->p[4] + h->p[5] : 0));

    if (has_macs(h)) {
        memcpy(mac, from, ETH_ADDR_LEN);
    }
    if (has_ips(h)) {
        memcpy(ip, from + h->p[4], 4);
    }
}

/* A standard header with the addresses that 'h' has, and zeros for others. */
static void
make_standard(const struct header *h, uint8_t out[ARP_ETH_HEADER_LEN])
{
    static const uint8_t begin[] = { 0, ARP_HRD_ETHERNET, ETH_TYPE_IP >> 8,
                                     0, ETH_ADDR_LEN,     4 };

    memset(out, 0, ARP_ETH_HEADER_LEN);
    memcpy(out, begin, sizeof begin);
    out[7] = h->opcode <= UINT8_MAX ? h->opcode : 0;
    copy_end(h, false, out + 8, out + 14);
    copy_end(h, true, out + 18, out + 24);
}

uint64_t
arp_header_read(const void *frame_, size_t size, struct ofpbuf *wrapped)
{
    const uint8_t *frame = frame_;
    size_t ofs = find_header(frame, size);
    struct header h;

    if (ofs + ARP_NUMBERS_LEN > size) {
        return ARP_HEADER_READ | ARP_HEADER_CUT;
    }
    header_init(&h, frame + ofs, size - ofs);

    uint64_t result = (ARP_HEADER_READ
                       | (uint64_t) h.hardware << ARP_HEADER_HARDWARE_SHIFT
                       | (uint64_t) h.protocol << ARP_HEADER_PROTOCOL_SHIFT
                       | (uint64_t) h.opcode << ARP_HEADER_OPCODE_SHIFT);

    if (has_macs(&h) && has_ips(&h)) {
        return result | ARP_HEADER_STANDARD;
    } else if (!has_macs(&h) && !has_ips(&h)) {
        return result;
    }
    ofpbuf_put(wrapped, frame, ofs);
    make_standard(&h, ofpbuf_put_uninit(wrapped, ARP_ETH_HEADER_LEN));
    ofpbuf_put(wrapped, frame + ofs, size - ofs);
    return (result | ARP_HEADER_WRAPPED | PL_METADATA_SPLIT
            | (has_ips(&h) ? ARP_HEADER_IPS : ARP_HEADER_MACS));
}

size_t
arp_header_unwrap(void *frame_, size_t size)
{
    uint8_t *frame = frame_;
    size_t ofs = find_header(frame, size);
    size_t end = ofs + ARP_ETH_HEADER_LEN;

    if (end > size) {
        return MIN(ofs, size);
    }
    memmove(frame + ofs, frame + end, size - end);
    return size - ARP_ETH_HEADER_LEN;
}
