/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef TRACE_TRACE_PACKET_H
#define TRACE_TRACE_PACKET_H 1

/* The packet to trace: from the text that describes it to the fields that the
 * switch compares and to a frame for the rule interpreter.
 *
 * The text is a flow in the syntax of ovs-fields(7) ("tcp,nw_dst=10.0.0.9,
 * tp_dst=80", as `ofproto/trace' takes it), or a whole Ethernet frame in
 * hexadecimal.  What a flow leaves open is filled in, and told.
 *
 * Pure. */

#include <netinet/in.h>
#include <stdbool.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/flow.h"
#include "openvswitch/types.h"

struct dp_packet;
struct ofputil_port_map;

/* One end of the packet's way. */
struct trace_end {
    const char *name; /* The port's, or NULL: nobody is known there. */
    bool has_mac;
    struct eth_addr mac;
    ovs_be32 ip;          /* 0: unknown. */
    struct in6_addr ipv6; /* "::": unknown. */
};

struct trace_packet {
    struct flow flow;
    struct dp_packet *frame; /* The same as bytes, never wrapped. */
    struct ds assumed;       /* "FIELD=VALUE (WHY)", one a line. */
    struct flow_wildcards given;
};

/* Reads 'text'.  'ports' translates names after "in_port=".  Returns NULL, or
 * a message that the caller frees; '*packet' needs trace_packet_uninit() in
 * any case. */
char *trace_packet_init(struct trace_packet *, const char *text,
                        const struct ofputil_port_map *ports);
void trace_packet_uninit(struct trace_packet *);

/* Fills in what 'text' did not say.  'opening' tells a connection's first
 * packet from later ones.  Returns NULL, or a message that the caller
 * frees. */
char *trace_packet_complete(struct trace_packet *, const struct trace_end *src,
                            const struct trace_end *dst, bool opening);

/* Gives the packet a tag with that VLAN, unless it has one or 'vlan' is 0; or
 * takes it away. */
void trace_packet_set_tag(struct trace_packet *, bool tagged, uint16_t vlan);

/* A copy of the frame with or without a tag; the caller frees it. */
struct dp_packet *trace_packet_clone_frame(const struct trace_packet *,
                                           bool tagged, uint16_t vlan);

/* The packet as `ofproto/trace' reads it; the caller frees it. */
char *trace_packet_to_string(const struct trace_packet *);

#endif /* trace/trace-packet.h */
