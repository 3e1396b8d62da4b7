/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/value-private.h"

/* Addresses and masks as text, without any resolver. */

#include <arpa/inet.h>
#include <ctype.h>
#include <net/if.h>
#include <string.h>

int
nw_hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Six groups of one or two hexadecimal digits.  As in libvirt, nothing counts
 * behind a blank. */
bool
nw_parse_mac(const char *text, uint8_t mac[6])
{
    for (int i = 0; i < 6; i++) {
        int high = nw_hex_digit(*text);
        if (high < 0) {
            return false;
        }
        text++;
        int low = nw_hex_digit(*text);
        if (low < 0) {
            mac[i] = high;
        } else {
            mac[i] = high * 16 + low;
            text++;
        }
        if (i < 5 && *text++ != ':') {
            return false;
        }
    }
    return !*text || isspace((unsigned char) *text);
}

/* One part of an IPv4 address: decimal, octal after "0", hexadecimal after
 * "0x".  Returns the end of the part, or NULL if it is none. */
static const char *
parse_part(const char *s, uint64_t *valuep)
{
    unsigned int base = 10;
    uint64_t value = 0;

    if (*s == '0' && (s[1] | 0x20) == 'x') {
        base = 16;
        s += 2;
    } else if (*s == '0') {
        base = 8;
    }

    const char *start = s;
    for (;; s++) {
        int digit = nw_hex_digit(*s);
        if (digit < 0 || (unsigned int) digit >= base) {
            break;
        }
        value = value * base + digit;
        if (value > UINT32_MAX) {
            return NULL;
        }
    }
    *valuep = value;
    return s > start ? s : NULL;
}

/* All forms of inet_aton(3): "10.1" is 10.0.0.1.  Unlike there, nothing may
 * follow. */
static bool
parse_dotted(const char *text, uint32_t *ipv4)
{
    uint32_t value = 0;
    uint64_t part;

    for (int n = 1;; n++) {
        text = parse_part(text, &part);
        if (!text) {
            return false;
        }
        if (!*text) {
            /* The last part fills all bytes that are left. */
            uint64_t max = UINT32_MAX >> (8 * (n - 1));
            *ipv4 = value | (uint32_t) part;
            return part <= max;
        }
        if (*text++ != '.' || n == 4 || part > 255) {
            return false;
        }
        value |= (uint32_t) part << (32 - 8 * n);
    }
}

/* Also an IPv4 address in the form of an IPv6 one, "::ffff:10.1.2.3". */
bool
nw_parse_ipv4(const char *text, uint32_t *ipv4)
{
    struct in6_addr ipv6;

    if (parse_dotted(text, ipv4)) {
        return true;
    } else if (inet_pton(AF_INET6, text, &ipv6) != 1
               || !IN6_IS_ADDR_V4MAPPED(&ipv6)) {
        return false;
    }

    uint32_t be;
    memcpy(&be, &ipv6.s6_addr[12], sizeof be);
    *ipv4 = ntohl(be);
    return true;
}

/* A name that an interface may have, as Linux sees it. */
static bool
is_interface_name(const char *s)
{
    size_t n = strcspn(s, " \t\n\v\f\r/:");

    return n && n < IFNAMSIZ && !s[n] && strcmp(s, ".") && strcmp(s, "..");
}

/* What may stand behind the "%" of an address: the number of an interface, or
 * its name, if the address is one of a link.  Which interfaces there are is
 * not asked: a document is for every host. */
static bool
is_zone(const char *zone, const struct in6_addr *ipv6)
{
    uint32_t number;

    if ((IN6_IS_ADDR_LINKLOCAL(ipv6) || IN6_IS_ADDR_MC_LINKLOCAL(ipv6))
        && is_interface_name(zone)) {
        return true;
    }
    return (isdigit((unsigned char) *zone)
            && nw_parse_number(zone, 10, UINT32_MAX, &number));
}

/* As getaddrinfo(3), which takes a zone.  What it is does not matter. */
bool
nw_parse_ipv6(const char *text, uint8_t ipv6[16])
{
    char address[INET6_ADDRSTRLEN];
    size_t n = strcspn(text, "%");
    struct in6_addr in6;

    if (n >= sizeof address) {
        return false;
    }
    memcpy(address, text, n);
    address[n] = '\0';
    if (inet_pton(AF_INET6, address, &in6) != 1
        || (text[n] && !is_zone(text + n + 1, &in6))) {
        return false;
    }
    memcpy(ipv6, &in6, sizeof in6);
    return true;
}

int
nw_mask_length(const uint8_t *mask, size_t size)
{
    int length = 0;
    bool ended = false;

    for (size_t i = 0; i < size * 8; i++) {
        bool one = mask[i / 8] & (0x80 >> i % 8);
        if (one && ended) {
            return -1;
        }
        ended = !one;
        length += one;
    }
    return length;
}

bool
nw_parse_ipv4_mask(const char *text, uint32_t *lengthp)
{
    uint32_t number, ipv4;

    if (nw_parse_number(text, 10, UINT32_MAX, &number)) {
        *lengthp = number;
        return number <= 32;
    }
    if (!nw_parse_ipv4(text, &ipv4)) {
        return false;
    }

    uint32_t be = htonl(ipv4);
    int length = nw_mask_length((const uint8_t *) &be, sizeof be);
    *lengthp = length;
    return length >= 0;
}

bool
nw_parse_ipv6_mask(const char *text, uint32_t *lengthp)
{
    uint32_t number;
    uint8_t ipv6[16];

    if (nw_parse_number(text, 10, UINT32_MAX, &number)) {
        *lengthp = number;
        return number <= 128;
    }
    if (strchr(text, '%') || !nw_parse_ipv6(text, ipv6)) {
        return false;
    }

    int length = nw_mask_length(ipv6, sizeof ipv6);
    *lengthp = length;
    return length >= 0;
}

bool
nw_parse_number(const char *text, int base, uint32_t max, uint32_t *valuep)
{
    uint64_t value = 0;

    text += strspn(text, " \t\r\n\f\v");
    bool negative = *text == '-';
    text += negative || *text == '+';
    if (base == 16 && *text == '0' && (text[1] | 0x20) == 'x') {
        text += 2;
    }
    if (!*text) {
        return false;
    }
    for (; *text; text++) {
        int digit = nw_hex_digit(*text);
        if (digit < 0 || digit >= base) {
            return false;
        }
        value = value * base + digit;
        if (value > UINT32_MAX) {
            return false;
        }
    }
    *valuep = negative ? -(uint32_t) value : (uint32_t) value;
    return *valuep <= max;
}
