/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef LEARNING_SNOOP_H
#define LEARNING_SNOOP_H 1

/* What a frame says about somebody's addresses: bytes become one event.
 *
 * Whether it is believed is learner.h's business; here is only what it says,
 * and whether it says it as its RFC has it.  A frame that contradicts itself
 * (a wrong checksum, options that run past the end) is SNOOP_MALFORMED, with
 * the reason, and nothing is made of the part of it that could be read.
 *
 * Pure: bytes in, a value out. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#include "openvswitch/types.h"

struct ds;

#define SNOOP_KINDS                                                          \
    /* Nothing that tells of an address. */                                  \
    SNOOP_KIND(OTHER, "other")                                               \
    SNOOP_KIND(MALFORMED, "malformed")                                       \
    /* RFC 826, RFC 5227: 'src' is the sender's address. */                  \
    SNOOP_KIND(ARP, "ARP")                                                   \
    /* An IPv4 packet that is none of the below: 'src' is its source. */     \
    SNOOP_KIND(IPV4, "IPv4")                                                 \
    /* RFC 2131, by UDP ports 68 to 67 and 67 to 68: 'dhcp'. */              \
    SNOOP_KIND(DHCP_CLIENT, "DHCP client")                                   \
    SNOOP_KIND(DHCP_SERVER, "DHCP server")                                   \
    /* RFC 8415, by UDP ports 546 to 547 and 547 to 546: 'dhcpv6'.  What   \
     * relays say to each other is OTHER. */ \
    SNOOP_KIND(DHCPV6_CLIENT, "DHCPv6 client")                               \
    SNOOP_KIND(DHCPV6_SERVER, "DHCPv6 server")                               \
    /* RFC 4862 5.4: a neighbour solicitation from "::"; 'nd.target'. */     \
    SNOOP_KIND(ND_DAD, "duplicate address detection")                        \
    /* RFC 4861 4.4: a neighbour advertisement; 'nd.target'. */              \
    SNOOP_KIND(ND_ADVERT, "neighbour advertisement")                         \
    /* RFC 4861 4.2: a router advertisement; 'ra', the prefixes of         \
     * addresses that hosts make themselves (RFC 4862 5.5.3). */ \
    SNOOP_KIND(ND_ROUTER, "router advertisement")

enum snoop_kind {
#define SNOOP_KIND(NAME, TEXT) SNOOP_##NAME,
    SNOOP_KINDS
#undef SNOOP_KIND
        SNOOP_N_KINDS
};

#define SNOOP_PROBLEMS                                           \
    SNOOP_PROBLEM(LENGTH, "cut off, or its lengths disagree")    \
    SNOOP_PROBLEM(CHECKSUM, "a checksum is wrong")               \
    SNOOP_PROBLEM(FRAGMENT, "in fragments")                      \
    SNOOP_PROBLEM(HEADER, "a fixed part has an illegal value")   \
    SNOOP_PROBLEM(OPTION, "an option has an illegal length")     \
    SNOOP_PROBLEM(REPEATED, "an option is repeated")             \
    SNOOP_PROBLEM(MISSING, "an option is missing")               \
    SNOOP_PROBLEM(ADDRESS, "an address is not that of one host") \
    SNOOP_PROBLEM(TOO_MANY, "more addresses than one guest needs")

enum snoop_problem {
#define SNOOP_PROBLEM(NAME, TEXT) SNOOP_BAD_##NAME,
    SNOOP_PROBLEMS
#undef SNOOP_PROBLEM
        SNOOP_N_PROBLEMS
};

const char *snoop_kind_to_string(enum snoop_kind);
const char *snoop_problem_to_string(enum snoop_problem);

/* A lifetime, in seconds, that does not end (RFC 2131 3.3, RFC 8415 7.7,
 * RFC 4861 4.6.2). */
#define SNOOP_FOREVER UINT32_MAX

/* DHCP message types that dhcp.h does not have (RFC 2132 9.6). */
#define SNOOP_DHCP_DECLINE 4
#define SNOOP_DHCP_RELEASE 7

struct snoop_dhcp {
    uint8_t type; /* Option 53, DHCP_MSG_* or SNOOP_DHCP_*. */
    ovs_be32 xid;
    struct eth_addr chaddr;
    ovs_be32 ciaddr, yiaddr;
    ovs_be32 requested; /* Option 50, or 0. */
    ovs_be32 server_id; /* Option 54, or 0. */
    bool has_lease;     /* Option 51 is there: */
    uint32_t lease;     /* seconds, or SNOOP_FOREVER. */
};

/* DHCPv6 message types (RFC 8415 7.3). */
enum snoop_dhcpv6_type {
    SNOOP_DHCPV6_SOLICIT = 1,
    SNOOP_DHCPV6_ADVERTISE = 2,
    SNOOP_DHCPV6_REQUEST = 3,
    SNOOP_DHCPV6_CONFIRM = 4,
    SNOOP_DHCPV6_RENEW = 5,
    SNOOP_DHCPV6_REBIND = 6,
    SNOOP_DHCPV6_REPLY = 7,
    SNOOP_DHCPV6_RELEASE = 8,
    SNOOP_DHCPV6_DECLINE = 9,
    SNOOP_DHCPV6_RECONFIGURE = 10,
    SNOOP_DHCPV6_INFORMATION_REQUEST = 11,
    SNOOP_DHCPV6_RELAY_FORW = 12,
    SNOOP_DHCPV6_RELAY_REPL = 13,
};

/* Of addresses or prefixes in one message. */
#define SNOOP_MAX_ADDRESSES 16

#define SNOOP_MAX_DUID 130 /* RFC 8415 11.1. */

struct snoop_dhcpv6_address {
    struct in6_addr addr;
    uint32_t valid; /* Seconds, 0 (no longer), or SNOOP_FOREVER. */
};

struct snoop_dhcpv6 {
    uint8_t type;
    uint32_t xid; /* 24 bits. */
    uint8_t duid[SNOOP_MAX_DUID];
    size_t duid_len;   /* 0: no client identifier. */
    uint16_t status;   /* Of the message; 0 is success. */
    bool rapid_commit; /* RFC 8415 21.14. */

    /* Of all IA_NA and IA_TA that have no status but success. */
    struct snoop_dhcpv6_address addresses[SNOOP_MAX_ADDRESSES];
    size_t n_addresses;
};

struct snoop_nd {
    struct in6_addr target;
    struct eth_addr lla; /* An advertisement's link-layer address, or zeros. */
};

struct snoop_prefix {
    struct in6_addr addr;
    uint8_t plen;
    uint32_t valid; /* Seconds, 0, or SNOOP_FOREVER. */
};

struct snoop_ra {
    struct snoop_prefix prefixes[SNOOP_MAX_ADDRESSES];
    size_t n_prefixes;
};

struct snoop_event {
    enum snoop_kind kind;
    enum snoop_problem problem; /* Of SNOOP_MALFORMED; but for the link layer
                                 * all the rest is zeros then. */
    struct eth_addr eth_src, eth_dst;
    bool tagged; /* With a VLAN tag: never more than SNOOP_IPV4. */

    /* The packet's source, or the sender's address of ARP.  IPv4 addresses
     * are mapped (::ffff:a.b.c.d), here and in learner.h. */
    struct in6_addr src;
    struct in6_addr dst; /* Of IPv6 only. */
    union {
        struct snoop_dhcp dhcp;
        struct snoop_dhcpv6 dhcpv6;
        struct snoop_nd nd;
        struct snoop_ra ra;
    };
};

/* Reads a whole Ethernet frame; the caller must not have it cut off. */
void snoop_frame(const void *frame, size_t size, struct snoop_event *);

/* Appends, for logs, such as "DHCP server ACK 10.0.0.5 from 10.0.0.1". */
void snoop_event_format(const struct snoop_event *, struct ds *);

#endif /* learning/snoop.h */
