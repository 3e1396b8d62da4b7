/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "interpret/ct-private.h"

#include <netinet/in.h>

/* RFC 1071: the sum of 16-bit words, with the carries added back in. */
static uint32_t
sum(uint32_t total, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i + 1 < n; i += 2) {
        total += p[i] << 8 | p[i + 1];
    }
    if (n & 1) {
        total += p[n - 1] << 8;
    }
    while (total >> 16) {
        total = (total & 0xffff) + (total >> 16);
    }
    return total;
}

bool
ct_checksum_ok(const struct interpret_ip *ip, uint8_t protocol)
{
    size_t addr_len = ip->family == 6 ? 16 : 4;
    uint32_t total = 0;

    if (protocol == IPPROTO_UDP && ip->family == 4 && !ip->l4_data[6]
        && !ip->l4_data[7]) {
        return true; /* RFC 768: the sender computed none. */
    }
    if (protocol != IPPROTO_ICMP) {
        total = protocol + (ip->l4_len & 0xffff);
        total = sum(total, ip->src, addr_len);
        total = sum(total, ip->dst, addr_len);
    }
    return sum(total, ip->l4_data, ip->l4_len) == 0xffff;
}
