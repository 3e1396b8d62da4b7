/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/ipset-private.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xml/mem.h"

static int
family_bits(int family)
{
    return family == 4 ? 32 : 128;
}

static bool
get_bit(const uint8_t *address, int i)
{
    return address[i / 8] & (0x80 >> (i % 8));
}

/* Sets the bits of 'address' from 'first' to the end of the family. */
static void
fill_host_bits(uint8_t *address, int first, int family, bool value)
{
    for (int i = first; i < family_bits(family); i++) {
        uint8_t bit = 0x80 >> (i % 8);

        address[i / 8] = (address[i / 8] & ~bit) | (value ? bit : 0);
    }
}

/* Adds one.  The all-ones address becomes all zeros. */
static void
increment(uint8_t *address, int family)
{
    for (int i = family_bits(family) / 8; i-- > 0;) {
        if (++address[i]) {
            return;
        }
    }
}

static char *
parse_address(const char *text, uint8_t *address, int *familyp)
{
    memset(address, 0, 16);
    *familyp = strchr(text, ':') ? 6 : 4;
    if (inet_pton(*familyp == 4 ? AF_INET : AF_INET6, text, address) != 1) {
        return nw_xasprintf("'%s' is no IP address", text);
    }
    return NULL;
}

static char *
parse_network(const char *text, const char *length, struct nw_set_range *range,
              int *familyp)
{
    char *error = parse_address(text, range->from, familyp);
    size_t n = strspn(length, "0123456789");
    int len;

    if (error) {
        return error;
    }
    len = n && n < 4 && !length[n] ? atoi(length) : -1;
    if (len < 0 || len > family_bits(*familyp)) {
        return nw_xasprintf("'/%s' is no prefix length of an IPv%d address",
                            length, *familyp);
    }
    fill_host_bits(range->from, len, *familyp, false);
    memcpy(range->to, range->from, sizeof range->to);
    fill_host_bits(range->to, len, *familyp, true);
    return NULL;
}

char *
nw_set_range_parse(char *text, struct nw_set_range *range, int *familyp)
{
    char *slash = strchr(text, '/');
    char *dash = strchr(text, '-');
    char *error;
    int family;

    if (slash) {
        *slash = '\0';
        return parse_network(text, slash + 1, range, familyp);
    }
    if (dash) {
        *dash = '\0';
    }
    error = parse_address(text, range->from, familyp);
    if (error) {
        return error;
    }
    memcpy(range->to, range->from, sizeof range->to);
    if (!dash) {
        return NULL;
    }
    error = parse_address(dash + 1, range->to, &family);
    if (error) {
        return error;
    }
    if (family != *familyp || memcmp(range->from, range->to, 16) > 0) {
        return nw_xasprintf("'%s-%s' is no range of addresses", text,
                            dash + 1);
    }
    return NULL;
}

/* The length of the largest network that begins at range->from and does not
 * reach beyond range->to. */
static int
first_prefix_len(const struct nw_set_range *range, int family)
{
    for (int len = family_bits(family); len > 0; len--) {
        uint8_t last[16];

        if (get_bit(range->from, len - 1)) {
            return len;
        }
        memcpy(last, range->from, sizeof last);
        fill_host_bits(last, len - 1, family, true);
        if (memcmp(last, range->to, sizeof last) > 0) {
            return len;
        }
    }
    return 0;
}

int
nw_set_range_split(const struct nw_set_range *range, int family,
                   struct nw_set_range *networkp, struct nw_set_range *restp,
                   bool *morep)
{
    struct nw_set_range network = *range, rest = *range;
    int len = first_prefix_len(range, family);

    memcpy(network.to, network.from, sizeof network.to);
    fill_host_bits(network.to, len, family, true);
    *morep = memcmp(network.to, range->to, sizeof network.to) < 0;
    if (*morep) {
        memcpy(rest.from, network.to, sizeof rest.from);
        increment(rest.from, family);
    }
    *networkp = network;
    *restp = rest;
    return len;
}

size_t
nw_set_range_count(const struct nw_set_range *range, int family, size_t max)
{
    size_t count = 0;

    /* Digit by digit from the top; the difference of two digits may be
     * negative, the sum so far is not. */
    for (int i = 0; i < family_bits(family) / 8; i++) {
        count = count * 256 + range->to[i] - range->from[i];
        if (count > max + 1) {
            return max + 1;
        }
    }
    return count + 1 > max ? max + 1 : count + 1;
}

bool
nw_set_range_next(struct nw_set_range *address, const uint8_t *last,
                  int family)
{
    if (!memcmp(address->to, last, sizeof address->to)) {
        return false;
    }
    increment(address->to, family);
    memcpy(address->from, address->to, sizeof address->from);
    return true;
}

char *
nw_set_range_format(const struct nw_set_range *range, int family)
{
    char from[INET6_ADDRSTRLEN], to[INET6_ADDRSTRLEN];
    struct nw_set_range network, rest;
    int af = family == 4 ? AF_INET : AF_INET6;
    bool more;
    int len = nw_set_range_split(range, family, &network, &rest, &more);

    inet_ntop(af, range->from, from, sizeof from);
    inet_ntop(af, range->to, to, sizeof to);
    if (more) {
        return nw_xasprintf("%s-%s", from, to);
    }
    return len == family_bits(family) ? nw_xasprintf("%s", from)
                                      : nw_xasprintf("%s/%d", from, len);
}
