/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_SAMPLE_H
#define FLOWS_SAMPLE_H 1

/* A packet that the switch shows because a rule has decided it: which port's
 * rule, which one, and what the packet is.
 *
 * The switch says the first two in registers (pipeline.h) and the packet
 * itself, or its beginning (PUNT_SAMPLE_LEN).  The header is read and printed
 * by libopenvswitch, in the form in which `ovs-appctl ofproto/trace' and
 * `nwfctl trace' take it.
 *
 * Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/flow.h"

struct ds;
struct ofputil_packet_in;

struct sample {
    uint16_t port;   /* OpenFlow number of the port whose rules decided. */
    bool out;        /* By its rules for what it sends. */
    uint8_t state;   /* PL_STATE_*, 0 if untracked. */
    uint64_t cookie; /* Of the flow that dropped it; 0: of no rule. */
    uint32_t accepted_by; /* Low half of the cookie of the rule that accepted
                           * it, of the IP rules if there was one; 0: none. */
    struct flow flow;     /* The header; no in_port, no metadata. */
};

/* Reads a sample from a packet-in of that kind.  'total_len' is the packet's
 * own length: what the switch has not sent of it does not matter, but headers
 * say how long it should be.  Any bytes are fine; what can not be read is not
 * in the header. */
void sample_read(struct sample *, const struct ofputil_packet_in *,
                 size_t total_len);

/* Appends the header in one line: "tcp,dl_src=...,tp_dst=25,tcp_flags=syn". */
void sample_format(const struct flow *, struct ds *);

/* Makes headers the same that differ only in what the next packet of the same
 * kind has otherwise: the port that a client chose, TTL, flow label. */
void sample_fold(struct flow *);

/* "new", "established", ...; NULL for an untracked packet. */
const char *sample_state_name(const struct sample *);

#endif /* flows/sample.h */
