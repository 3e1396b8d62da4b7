/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef INTERPRET_FRAME_H
#define INTERPRET_FRAME_H 1

/* An Ethernet frame as ebtables, iptables and ip6tables see it: the headers
 * that nwfilter rules compare.
 *
 * The reader is independent of the switch's own: it exists to check it.  What
 * differs between the two on purpose: ARP with other hardware or protocol
 * types keeps its addresses, opcodes above 255 keep their value, an IPv6
 * Authentication Header counts as a protocol at layer 3, and a tag is a tag
 * only if its TPID is 0x8100 (semantics reference 3.5).
 *
 * Pure.  Numbers are in host byte order, addresses are byte strings. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ARP and RARP.  'complete' says that the frame holds both address pairs at
 * the lengths that the header itself gives; only then 'sha' ... 'tpa' count,
 * the hardware addresses if hln is 6, the protocol addresses if pln is 4. */
struct interpret_arp {
    bool present; /* The eight fixed bytes are there. */
    bool complete;
    uint16_t hrd, pro, op;
    uint8_t hln, pln;
    uint8_t sha[6], tha[6];
    uint8_t spa[4], tpa[4];
};

/* A transport header.  'valid' is false for later fragments and for headers
 * that are cut off. */
struct interpret_l4 {
    bool valid;
    uint16_t src_port, dst_port;  /* TCP, UDP, UDP-Lite, SCTP, DCCP. */
    uint8_t icmp_type, icmp_code; /* ICMP, ICMPv6. */
    uint32_t tcp_seq;
    uint8_t tcp_flags;
    const uint8_t *tcp_options;
    size_t tcp_options_len;
    const uint8_t *payload; /* After the header; NULL if none. */
    size_t payload_len;
};

#define INTERPRET_PROTO_NONE (-1) /* No such header can be found. */

struct interpret_ip {
    int family;               /* 4, 6, or 0: not an untagged IP frame. */
    uint8_t src[16], dst[16]; /* IPv4: the first four bytes. */
    uint8_t tos;              /* With the two ECN bits. */
    bool fragment;            /* A part of a larger packet. */
    bool later;               /* ...other than its first. */
    uint32_t frag_id;
    int l2_protocol;        /* As ebtables finds it: AH skipped, 44 for
                             * later IPv6 fragments. */
    int l3_protocol;        /* As ip6tables finds it: AH is 51. */
    int ct_protocol;        /* As connection tracking finds it. */
    struct interpret_l4 l4; /* After 'ct_protocol'. */
    const uint8_t *l4_data; /* The same header, raw; NULL if none. */
    size_t l4_len;          /* Without Ethernet padding. */
};

/* A BPDU as ebt_stp reads it, which is one byte before where the standard has
 * its fields: 'type' is the version, 'flags' the type, and so on. */
struct interpret_bpdu {
    bool present;  /* It begins as ebt_stp wants it: 'type' counts. */
    bool complete; /* And is long enough: all fields count. */
    uint8_t type, flags;
    uint16_t root_priority, sender_priority, port;
    uint32_t root_cost;
    uint8_t root_address[6], sender_address[6];
    uint16_t age, max_age, hello_time, forward_delay;
};

struct interpret_frame {
    const uint8_t *data; /* Borrowed. */
    size_t size;
    uint8_t eth_src[6], eth_dst[6];
    uint16_t eth_type;   /* The outer one; a length below 0x600. */
    uint16_t vid;        /* If eth_type is 0x8100. */
    uint16_t encap_type; /* Likewise: the type after that tag. */
    struct interpret_arp arp;
    struct interpret_bpdu bpdu; /* Whatever the frame's type. */
    struct interpret_ip ip;
};

/* Reads 'data', which must stay as long as the frame is used.  Returns false
 * if it is no Ethernet frame (shorter than its header). */
bool interpret_frame_parse(const void *data, size_t size,
                           struct interpret_frame *);

/* Whether it is sent to all bridges, as BPDUs are (IEEE 802.1D, 7.12.3). */
bool interpret_frame_is_to_bridges(const struct interpret_frame *);

/* Reads an IP packet without its Ethernet header, such as the one quoted in an
 * ICMP error.  'ip->family' is 0 if it is none. */
void interpret_ip_parse(int family, const uint8_t *data, size_t size,
                        struct interpret_ip *);

/* Gives 'later', a fragment of the packet that begins with 'first', the
 * transport header of 'first', as connection tracking does when it puts the
 * fragments together again. */
void interpret_frame_reassemble(struct interpret_frame *later,
                                const struct interpret_frame *first);

#endif /* interpret/frame.h */
