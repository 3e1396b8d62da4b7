/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/reject.h"

#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <stdbool.h>
#include <string.h>

#include "csum.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/packets.h"
#include "packets.h"
#include "unaligned.h"
#include "util.h"

#define ANSWER_TTL 64

/* Messages about a packet get this precedence (RFC 1812 4.3.2.5). */
#define TOS_INTERNETWORK_CONTROL 0xc0

const char *
reject_result_to_string(enum reject_result result)
{
    static const char *const names[] = {
#define REJECT_RESULT(NAME, TEXT) TEXT,
        REJECT_RESULTS
#undef REJECT_RESULT
    };

    return result < REJECT_N_RESULTS ? names[result] : "?";
}

/* Bytes at some offset of a packet. */
static uint16_t
get16(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

static void
put16(uint8_t *p, uint16_t value)
{
    p[0] = value >> 8;
    p[1] = value;
}

/* An upper layer's part of an IP packet. */
struct payload {
    const uint8_t *data;
    size_t size;      /* That is there. */
    bool complete;    /* Neither cut off nor a fragment. */
    uint8_t protocol; /* IP's number. */
    uint32_t pseudo;  /* Partial checksum of the addresses. */
};

/* Copies, because checksums are computed over aligned data. */
static ovs_be16
checksum(uint32_t partial, const uint8_t *data, size_t size)
{
    uint16_t chunk[128];

    while (size) {
        size_t n = MIN(size, sizeof chunk);

        memcpy(chunk, data, n);
        partial = csum_continue(partial, chunk, n);
        data += n;
        size -= n;
    }
    return csum_finish(partial);
}

/* The checksum with the pseudo header of RFC 793, RFC 8200 8.1. */
static bool
pseudo_checksum_ok(const struct payload *p)
{
    uint32_t partial = csum_add32(p->pseudo, htonl(p->size));

    partial = csum_add16(partial, htons(p->protocol));
    return !checksum(partial, p->data, p->size);
}

static bool
checksum_ok(const struct payload *p)
{
    if (!p->complete) {
        return true;
    }
    switch (p->protocol) {
    case IPPROTO_TCP:
    case IPPROTO_ICMPV6:
        return pseudo_checksum_ok(p);
    case IPPROTO_UDP:
        return p->size < UDP_HEADER_LEN || !get16(p->data + 6)
               || pseudo_checksum_ok(p);
    case IPPROTO_ICMP:
        return !checksum(0, p->data, p->size);
    default:
        return true;
    }
}

/* IPv4. */

/* One host's address in a packet from (RFC 1122 3.2.1.3) or to it. */
static bool
is_host_ipv4(const uint8_t *addr)
{
    return addr[0] != 0 && addr[0] != 127 && addr[0] < 224;
}

/* What is not known to be a question is taken for an error. */
static bool
is_icmp_error(const struct payload *p)
{
    static const uint8_t queries[] = {
        ICMP_ECHOREPLY,      ICMP_ECHO, 9,  10,           ICMP_TIMESTAMP,
        ICMP_TIMESTAMPREPLY, 15,        16, ICMP_ADDRESS, ICMP_ADDRESSREPLY,
    };

    return p->protocol == IPPROTO_ICMP
           && (!p->size || !memchr(queries, p->data[0], sizeof queries));
}

static enum reject_result
examine_ipv4(const uint8_t *ip, size_t size, size_t *lengthp)
{
    size_t header = (ip[0] & 15) * 4;
    size_t total = get16(ip + 2);
    uint16_t fragment = get16(ip + 6);

    if (ip[0] >> 4 != 4 || header < IP_HEADER_LEN || header > size
        || total < header) {
        return REJECT_NOT_IP;
    } else if (checksum(0, ip, header)) {
        return REJECT_CHECKSUM;
    } else if (!is_host_ipv4(ip + 12)) {
        return REJECT_SOURCE;
    } else if (!is_host_ipv4(ip + 16)) {
        return REJECT_MULTICAST;
    } else if (fragment & IP_FRAG_OFF_MASK) {
        return REJECT_FRAGMENT;
    }

    *lengthp = MIN(total, size);

    struct payload p = {
        .data = ip + header,
        .size = *lengthp - header,
        .complete = total <= size && !(fragment & IP_MORE_FRAGMENTS),
        .protocol = ip[9],
    };
    uint16_t addresses[4];

    memcpy(addresses, ip + 12, sizeof addresses);
    p.pseudo = csum_continue(0, addresses, sizeof addresses);
    return (is_icmp_error(&p)  ? REJECT_ICMP_ERROR
            : !checksum_ok(&p) ? REJECT_CHECKSUM
                               : REJECT_ANSWER);
}

static void
write_ipv4(uint8_t *out, size_t size, const uint8_t *ip, size_t quoted)
{
    uint8_t *icmp = out + IP_HEADER_LEN;

    out[0] = 0x45;
    out[1] = (ip[1] & 0x1c) | TOS_INTERNETWORK_CONTROL;
    put16(out + 2, size);
    put16(out + 6, IP_DONT_FRAGMENT); /* RFC 6864: no id is needed. */
    out[8] = ANSWER_TTL;
    out[9] = IPPROTO_ICMP;
    memcpy(out + 12, ip + 16, 4);
    memcpy(out + 16, ip + 12, 4);
    put_unaligned_be16((ovs_be16 *) (out + 10),
                       checksum(0, out, IP_HEADER_LEN));

    icmp[0] = ICMP_DEST_UNREACH;
    icmp[1] = ICMP_PORT_UNREACH;
    memcpy(icmp + 8, ip, quoted);
    put_unaligned_be16((ovs_be16 *) (icmp + 2), checksum(0, icmp, 8 + quoted));
}

/* IPv6. */

static bool
is_host_ipv6(const uint8_t *bytes)
{
    struct in6_addr addr;

    memcpy(&addr, bytes, sizeof addr);
    return !IN6_IS_ADDR_UNSPECIFIED(&addr) && !IN6_IS_ADDR_LOOPBACK(&addr)
           && !IN6_IS_ADDR_MULTICAST(&addr);
}

/* Goes past extension headers.  '*p' starts as what follows the IPv6 header.
 */
static enum reject_result
skip_extensions(struct payload *p)
{
    for (;;) {
        size_t length;

        switch (p->protocol) {
        case IPPROTO_ROUTING:
            p->complete = false; /* The pseudo header has another target. */
            /* fall through */
        case IPPROTO_HOPOPTS:
        case IPPROTO_DSTOPTS:
            length = p->size >= 2 ? (p->data[1] + 1) * 8 : 8;
            break;
        case IPPROTO_AH:
            length = p->size >= 2 ? (p->data[1] + 2) * 4 : 8;
            break;
        case IPPROTO_FRAGMENT:
            p->complete = false;
            if (p->size >= 4 && get16(p->data + 2) & 0xfff8) {
                return REJECT_FRAGMENT;
            }
            length = 8;
            break;
        default:
            return REJECT_ANSWER;
        }
        if (length > p->size) {
            return REJECT_NOT_IP;
        }
        p->protocol = p->data[0];
        p->data += length;
        p->size -= length;
    }
}

/* Redirects are answered as little as errors are (RFC 4443 2.4(e.2)). */
static bool
is_icmpv6_error(const struct payload *p)
{
    return p->protocol == IPPROTO_ICMPV6
           && (!p->size || !(p->data[0] & ICMP6_INFOMSG_MASK)
               || p->data[0] == ND_REDIRECT);
}

static enum reject_result
examine_ipv6(const uint8_t *ip, size_t size, size_t *lengthp)
{
    size_t total = IPV6_HEADER_LEN + get16(ip + 4);

    if (ip[0] >> 4 != 6) {
        return REJECT_NOT_IP;
    } else if (!is_host_ipv6(ip + 8)) {
        return REJECT_SOURCE;
    } else if (!is_host_ipv6(ip + 24)) {
        return REJECT_MULTICAST;
    }

    *lengthp = MIN(total, size);

    struct payload p = {
        .data = ip + IPV6_HEADER_LEN,
        .size = *lengthp - IPV6_HEADER_LEN,
        .complete = total <= size,
        .protocol = ip[6],
    };
    uint16_t addresses[16];

    memcpy(addresses, ip + 8, sizeof addresses);
    p.pseudo = csum_continue(0, addresses, sizeof addresses);

    enum reject_result result = skip_extensions(&p);

    return (result != REJECT_ANSWER ? result
            : is_icmpv6_error(&p)   ? REJECT_ICMP_ERROR
            : !checksum_ok(&p)      ? REJECT_CHECKSUM
                                    : REJECT_ANSWER);
}

static void
write_ipv6(uint8_t *out, size_t size, const uint8_t *ip, size_t quoted)
{
    uint8_t *icmp = out + IPV6_HEADER_LEN;
    uint16_t addresses[16];

    out[0] = 0x60;
    put16(out + 4, size - IPV6_HEADER_LEN);
    out[6] = IPPROTO_ICMPV6;
    out[7] = ANSWER_TTL;
    memcpy(out + 8, ip + 24, 16);
    memcpy(out + 24, ip + 8, 16);

    icmp[0] = ICMP6_DST_UNREACH;
    icmp[1] = ICMP6_DST_UNREACH_NOPORT;
    memcpy(icmp + 8, ip, quoted);

    memcpy(addresses, out + 8, sizeof addresses);

    uint32_t partial = csum_continue(0, addresses, sizeof addresses);

    partial = csum_add32(partial, htonl(8 + quoted));
    partial = csum_add16(partial, htons(IPPROTO_ICMPV6));
    put_unaligned_be16((ovs_be16 *) (icmp + 2),
                       checksum(partial, icmp, 8 + quoted));
}

/* Either. */

static enum reject_result
examine(const uint8_t *frame, size_t size, size_t *lengthp)
{
    const uint8_t *ip = frame + ETH_HEADER_LEN;
    uint16_t type = size >= ETH_HEADER_LEN ? get16(frame + 12) : 0;

    if (type != ETH_TYPE_IP && type != ETH_TYPE_IPV6) {
        return REJECT_NOT_IP;
    } else if ((frame[0] | frame[6]) & 1) {
        return REJECT_LINK_MULTICAST;
    }
    size -= ETH_HEADER_LEN;
    if (type == ETH_TYPE_IP) {
        return (size < IP_HEADER_LEN ? REJECT_NOT_IP
                                     : examine_ipv4(ip, size, lengthp));
    }
    return (size < IPV6_HEADER_LEN ? REJECT_NOT_IP
                                   : examine_ipv6(ip, size, lengthp));
}

enum reject_result
reject_answer(const void *frame_, size_t size, struct ofpbuf **answerp)
{
    const uint8_t *frame = frame_;
    const uint8_t *ip = frame + ETH_HEADER_LEN;
    size_t length;
    enum reject_result result = examine(frame, size, &length);

    *answerp = NULL;
    if (result != REJECT_ANSWER) {
        return result;
    }

    bool v4 = get16(frame + 12) == ETH_TYPE_IP;
    size_t headers = (v4 ? IP_HEADER_LEN : IPV6_HEADER_LEN) + 8;
    size_t max = v4 ? REJECT_MAX_IPV4 : REJECT_MAX_IPV6;
    size_t quoted = MIN(length, max - headers);
    struct ofpbuf *answer = ofpbuf_new(ETH_HEADER_LEN + headers + quoted);
    uint8_t *out = ofpbuf_put_zeros(answer, ETH_HEADER_LEN + headers + quoted);

    memcpy(out, frame + 6, ETH_ADDR_LEN);
    memcpy(out + 6, frame, ETH_ADDR_LEN);
    memcpy(out + 12, frame + 12, 2);
    (v4 ? write_ipv4 : write_ipv6)(out + ETH_HEADER_LEN, headers + quoted, ip,
                                   quoted);
    *answerp = answer;
    return REJECT_ANSWER;
}
