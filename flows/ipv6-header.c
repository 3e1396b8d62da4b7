/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/ipv6-header.h"

#include <netinet/in.h>
#include <stdbool.h>

#include "packets.h"

#define EXTENSION_UNIT 8 /* Extension headers are multiples of 8 bytes. */
#define FRAGMENT_OFFSET_MASK 0xfff8

/* Those that may come before an authentication header. */
static bool
is_extension(uint8_t next)
{
    return next == IPPROTO_HOPOPTS || next == IPPROTO_ROUTING
           || next == IPPROTO_DSTOPTS || next == IPPROTO_FRAGMENT;
}

/* Whether a fragment header is a later fragment's. */
static bool
is_later(const uint8_t *p)
{
    return ((p[2] << 8 | p[3]) & FRAGMENT_OFFSET_MASK) != 0;
}

/* Whether the headers in the 'size' bytes at 'p', of which the first is a
 * 'next', lead to an authentication header. */
static bool
leads_to_ah(uint8_t next, const uint8_t *p, size_t size)
{
    while (is_extension(next)) {
        if (size < EXTENSION_UNIT) {
            return false;
        }

        bool fragment = next == IPPROTO_FRAGMENT;
        size_t len = fragment ? EXTENSION_UNIT : (p[1] + 1) * EXTENSION_UNIT;

        if (size < len || (fragment && is_later(p))) {
            return false;
        }
        next = p[0];
        p += len;
        size -= len;
    }
    return next == IPPROTO_AH;
}

uint64_t
ipv6_header_read(const void *frame, size_t size)
{
    const uint8_t *ip = (const uint8_t *) frame + ETH_HEADER_LEN;
    bool ah = size >= ETH_HEADER_LEN + IPV6_HEADER_LEN
              && leads_to_ah(ip[6], ip + IPV6_HEADER_LEN,
                             size - ETH_HEADER_LEN - IPV6_HEADER_LEN);

    return IPV6_HEADER_READ | (ah ? IPV6_HEADER_AH : 0);
}
