/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef TESTS_UNIT_GUEST_FRAMES_H
#define TESTS_UNIT_GUEST_FRAMES_H 1

/* Frames that tell of addresses, as bytes, put together without the library
 * that reads them.  gf_fix() gives a changed frame right lengths and
 * checksums. */

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define GF_GUEST 1 /* The last byte of MAC addresses. */
#define GF_SERVER 2
#define GF_OTHER 3
#define GF_BROADCAST 0xff

#define GF_IP 14 /* Where what is in a frame. */
#define GF_UDP4 34
#define GF_DHCP 42
#define GF_OPTIONS 282 /* Of DHCP, behind the magic cookie. */
#define GF_L4_6 54
#define GF_DHCPV6 62

struct gf_frame {
    uint8_t data[1600];
    size_t size;
};

static inline void
gf_bytes(struct gf_frame *f, const void *data, size_t n)
{
    if (n) {
        memcpy(f->data + f->size, data, n);
        f->size += n;
    }
}

/* A number of 'n' bytes. */
static inline void
gf_put(struct gf_frame *f, size_t n, uint64_t value)
{
    while (n--) {
        f->data[f->size++] = value >> n * 8;
    }
}

static inline void
gf_set16(struct gf_frame *f, size_t ofs, uint32_t value)
{
    f->data[ofs] = value >> 8;
    f->data[ofs + 1] = value;
}

static inline void
gf_put_mac(struct gf_frame *f, uint8_t last)
{
    gf_put(f, 6,
           last == GF_BROADCAST ? 0xffffffffffff
                                : UINT64_C(0x020000000000) | last);
}

/* NULL is the unspecified address. */
static inline void
gf_put_addr(struct gf_frame *f, int family, const char *addr)
{
    inet_pton(family,
              addr                ? addr
              : family == AF_INET ? "0.0.0.0"
                                  : "::",
              f->data + f->size);
    f->size += family == AF_INET ? 4 : 16;
}

/* RFC 1071. */
static inline uint32_t
gf_sum(uint32_t acc, const uint8_t *data, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        acc += i % 2 ? data[i] : data[i] << 8;
    }
    while (acc >> 16) {
        acc = (acc & 0xffff) + (acc >> 16);
    }
    return acc;
}

static inline void
gf_fix_l4(struct gf_frame *f, size_t ofs, uint32_t pseudo, uint8_t protocol)
{
    size_t n = f->size - ofs, sum;

    if (protocol == IPPROTO_UDP) {
        gf_set16(f, ofs + 4, n);
        sum = ofs + 6;
    } else if (protocol == IPPROTO_ICMPV6) {
        sum = ofs + 2;
    } else {
        return;
    }
    gf_set16(f, sum, 0);
    gf_set16(f, sum, ~gf_sum(pseudo + protocol + n, f->data + ofs, n));
}

/* Lengths and checksums of an untagged IPv4 or IPv6 frame, without options or
 * extension headers. */
static inline void
gf_fix(struct gf_frame *f)
{
    uint8_t *ip = f->data + GF_IP;

    if (ip[0] >> 4 == 6) {
        gf_set16(f, GF_IP + 4, f->size - GF_L4_6);
        gf_fix_l4(f, GF_L4_6, gf_sum(0, ip + 8, 32), ip[6]);
        return;
    }
    gf_set16(f, GF_IP + 2, f->size - GF_IP);
    gf_set16(f, GF_IP + 10, 0);
    gf_set16(f, GF_IP + 10, ~gf_sum(0, ip, 20));
    gf_fix_l4(f, GF_UDP4, gf_sum(0, ip + 12, 8), ip[9]);
}

static inline struct gf_frame
gf_ethernet(uint8_t src, uint8_t dst, uint16_t type)
{
    struct gf_frame f = { .size = 0 };

    gf_put_mac(&f, dst);
    gf_put_mac(&f, src);
    gf_put(&f, 2, type);
    return f;
}

/* "from" to "to", by ports if there are any; the payload follows. */
static inline struct gf_frame
gf_ipv4(uint8_t eth_src, uint8_t eth_dst, const char *from, const char *to,
        uint16_t sport, uint16_t dport)
{
    struct gf_frame f = gf_ethernet(eth_src, eth_dst, 0x0800);

    gf_put(&f, 8, UINT64_C(0x4500000000010000));
    gf_put(&f, 4, 0x40110000);
    gf_put_addr(&f, AF_INET, from);
    gf_put_addr(&f, AF_INET, to);
    gf_put(&f, 8, (uint64_t) sport << 48 | (uint64_t) dport << 32);
    gf_fix(&f);
    return f;
}

static inline struct gf_frame
gf_ipv6(uint8_t eth_src, uint8_t eth_dst, const char *from, const char *to,
        uint8_t protocol, uint8_t hops)
{
    struct gf_frame f = gf_ethernet(eth_src, eth_dst, 0x86dd);

    gf_put(&f, 6, UINT64_C(0x600000000000));
    gf_put(&f, 1, protocol);
    gf_put(&f, 1, hops);
    gf_put_addr(&f, AF_INET6, from);
    gf_put_addr(&f, AF_INET6, to);
    return f;
}

static inline struct gf_frame
gf_arp(uint8_t src, const char *spa, const char *tpa)
{
    struct gf_frame f = gf_ethernet(src, GF_BROADCAST, 0x0806);

    gf_put(&f, 8, UINT64_C(0x0001080006040001));
    gf_put_mac(&f, src);
    gf_put_addr(&f, AF_INET, spa);
    gf_put(&f, 6, 0);
    gf_put_addr(&f, AF_INET, tpa);
    return f;
}

/* DHCP (RFC 2131).  What is 0 gets the value that is usual for the type, or
 * is left out. */
struct gf_dhcp {
    uint8_t type;
    uint32_t xid;
    uint8_t src, dst; /* MAC addresses. */
    uint8_t chaddr;
    const char *from;   /* IP source. */
    const char *ciaddr; /* Options are in order of their codes. */
    const char *yiaddr;
    const char *requested;
    int64_t lease; /* Seconds; -1 for 0. */
};

static inline bool
gf_is_server(uint8_t type)
{
    return type == 2 || type == 5 || type == 6;
}

static inline void
gf_dhcp_options(struct gf_frame *f, const struct gf_dhcp *d)
{
    gf_put(f, 4, 0x63825363);
    if (d->requested) {
        gf_put(f, 2, 50 << 8 | 4);
        gf_put_addr(f, AF_INET, d->requested);
    }
    if (d->lease) {
        gf_put(f, 2, 51 << 8 | 4);
        gf_put(f, 4, d->lease < 0 ? 0 : d->lease);
    }
    gf_put(f, 3, 53 << 16 | 1 << 8 | d->type);
    if (gf_is_server(d->type)) {
        gf_put(f, 2, 54 << 8 | 4);
        gf_put_addr(f, AF_INET, d->from ? d->from : "10.0.0.1");
    }
    gf_put(f, 1, 255);
}

static inline struct gf_frame
gf_make_dhcp(const struct gf_dhcp *d)
{
    bool server = gf_is_server(d->type);
    uint8_t src = d->src ? d->src : server ? GF_SERVER : GF_GUEST;
    uint8_t dst = d->dst ? d->dst : server ? GF_GUEST : GF_BROADCAST;
    struct gf_frame f = gf_ipv4(src, dst,
                                d->from  ? d->from
                                : server ? "10.0.0.1"
                                         : NULL,
                                "255.255.255.255", server ? 67 : 68,
                                server ? 68 : 67);

    gf_put(&f, 4, (server ? 2 : 1) << 24 | 0x010600);
    gf_put(&f, 4, d->xid ? d->xid : 0x12345678);
    gf_put(&f, 4, 0);
    gf_put_addr(&f, AF_INET, d->ciaddr);
    gf_put_addr(&f, AF_INET, d->yiaddr);
    gf_put(&f, 8, 0);
    gf_put_mac(&f, d->chaddr ? d->chaddr : GF_GUEST);
    f.size += 10 + 64 + 128;
    gf_dhcp_options(&f, d);
    gf_fix(&f);
    return f;
}

/* DHCPv6 (RFC 8415), with one IA_NA. */
struct gf_dhcpv6 {
    uint8_t type;
    uint32_t xid;
    uint8_t src, dst;
    const char *from;
    const char *duid; /* Text behind the two bytes of type. */
    uint8_t n;        /* Of the following. */
    const char *addr[20];
    int64_t valid;      /* Seconds; -1 for 0. */
    int64_t preferred;  /* -1 for 0; like 'valid' if 0. */
    uint16_t ia_status; /* In the IA. */
    uint16_t status;    /* In the message. */
    bool rapid_commit, temporary;
};

static inline bool
gf_is_serverv6(uint8_t type)
{
    return type == 2 || type == 7 || type == 10;
}

static inline void
gf_put_status(struct gf_frame *f, uint16_t status)
{
    if (status) {
        gf_put(f, 6, UINT64_C(13) << 32 | 2 << 16 | status);
    }
}

static inline void
gf_put_ia(struct gf_frame *f, const struct gf_dhcpv6 *d)
{
    size_t head = d->temporary ? 4 : 12;
    uint32_t valid = d->valid < 0 ? 0 : d->valid ? d->valid : 3600;
    uint32_t preferred = d->preferred < 0 ? 0
                         : d->preferred   ? d->preferred
                                          : valid;

    gf_put(f, 2, d->temporary ? 4 : 3);
    gf_put(f, 2, head + d->n * 28 + (d->ia_status ? 6 : 0));
    gf_put(f, 4, 1);
    gf_put(f, head - 4, 0);
    for (size_t i = 0; i < d->n; i++) {
        gf_put(f, 4, 5 << 16 | 24);
        gf_put_addr(f, AF_INET6, d->addr[i]);
        gf_put(f, 4, preferred);
        gf_put(f, 4, valid);
    }
    gf_put_status(f, d->ia_status);
}

static inline struct gf_frame
gf_make_dhcpv6(const struct gf_dhcpv6 *d)
{
    bool server = gf_is_serverv6(d->type);
    const char *duid = d->duid ? d->duid : "guest";
    struct gf_frame f = gf_ipv6(d->src   ? d->src
                                : server ? GF_SERVER
                                         : GF_GUEST,
                                d->dst   ? d->dst
                                : server ? GF_GUEST
                                         : GF_BROADCAST,
                                d->from  ? d->from
                                : server ? "fe80::2"
                                         : "fe80::1",
                                server ? "fe80::1" : "ff02::1:2", IPPROTO_UDP,
                                64);

    gf_put(&f, 8,
           server ? UINT64_C(0x0223022200000000)
                  : UINT64_C(0x0222022300000000));
    gf_put(&f, 1, d->type);
    gf_put(&f, 3, d->xid ? d->xid : 0xabcdef);
    gf_put(&f, 6, (UINT64_C(1) << 32 | (2 + strlen(duid)) << 16 | 2));
    gf_bytes(&f, duid, strlen(duid));
    if (server) {
        gf_put(&f, 8, UINT64_C(0x0002000400020001));
    }
    if (d->n || d->ia_status) {
        gf_put_ia(&f, d);
    }
    gf_put_status(&f, d->status);
    if (d->rapid_commit) {
        gf_put(&f, 4, 14 << 16);
    }
    gf_fix(&f);
    return f;
}

/* Neighbour discovery (RFC 4861). */

static inline struct gf_frame
gf_nd(uint8_t type, uint8_t src, const char *from, const char *to,
      uint32_t flags, const char *target)
{
    struct gf_frame f = gf_ipv6(src, GF_BROADCAST, from, to, IPPROTO_ICMPV6,
                                255);

    gf_put(&f, 4, (uint32_t) type << 24);
    gf_put(&f, 4, flags);
    gf_put_addr(&f, AF_INET6, target);
    gf_fix(&f);
    return f;
}

/* Duplicate address detection (RFC 4862 5.4.2). */
static inline struct gf_frame
gf_dad(uint8_t src, const char *target)
{
    struct gf_frame f = gf_nd(135, src, NULL, "ff02::1:ff00:0", 0, target);

    memcpy(f.data + GF_IP + 24 + 13, f.data + GF_L4_6 + 8 + 13, 3);
    gf_fix(&f);
    return f;
}

/* An unsolicited advertisement with its link-layer address. */
static inline struct gf_frame
gf_na(uint8_t src, const char *target, uint8_t lla)
{
    struct gf_frame f = gf_nd(136, src, target, "ff02::1", 0x20000000, target);

    gf_put(&f, 2, 2 << 8 | 1);
    gf_put_mac(&f, lla);
    gf_fix(&f);
    return f;
}

/* A router's, with one prefix. */
static inline struct gf_frame
gf_ra(uint8_t src, const char *prefix, uint8_t plen, uint8_t flags,
      uint32_t valid)
{
    struct gf_frame f = gf_ipv6(src, GF_BROADCAST, "fe80::2", "ff02::1",
                                IPPROTO_ICMPV6, 255);

    gf_put(&f, 8, UINT64_C(0x8600000040000708));
    gf_put(&f, 8, 0);
    gf_put(&f, 4, 3 << 24 | 4 << 16 | plen << 8 | flags);
    gf_put(&f, 8, (uint64_t) valid << 32 | valid);
    gf_put(&f, 4, 0);
    gf_put_addr(&f, AF_INET6, prefix);
    gf_fix(&f);
    return f;
}

#endif /* tests/unit/guest-frames.h */
