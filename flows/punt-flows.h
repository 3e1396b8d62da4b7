/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_PUNT_FLOWS_H
#define FLOWS_PUNT_FLOWS_H 1

/* What the switch sends to the daemon, how it limits that, and what comes
 * back.
 *
 * Nothing depends on the daemon to be dropped: a rejected packet ends in table
 * REJECT, whose only action is to tell the daemon, one that a rule drops in
 * DROP, and a frame that waits for the daemon is in nobody's queue but its
 * own.  Every flow here is metered, so the switch spends a bounded part of its
 * time, and the daemon's, on such packets; what is above the rate is not
 * sent. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openflow/openflow-common.h"
#include "openvswitch/ofp-protocol.h"

struct flow_set;
struct of_flow;
struct ofpbuf;
struct ofputil_meter_mod;
struct ofputil_packet_in;

/* What a packet-in is for: the third byte of its userdata, "4e 57 KIND". */
enum punt_kind {
    PUNT_NONE = 0, /* None of ours. */
    PUNT_REJECT = 1,
    PUNT_ARP = 2,  /* Waits to be resumed with arp-header.h's "metadata". */
    PUNT_DROP = 3, /* A sample of what is dropped (sample.h). */
    PUNT_COPY_OUT = 4, /* A copy: see snoop-flows.h. */
    PUNT_COPY_IN = 5,
    PUNT_ACCEPT = 6,    /* A packet that is accepted, to be logged. */
    PUNT_BROADCAST = 7, /* A copy: see snoop-flows.h. */
    PUNT_IPV6 = 8,      /* Waits as PUNT_ARP does (ipv6-header.h). */
    PUNT_BPDU = 9,      /* Waits for answers; after this byte comes the list of
                         * questions (bpdu.h). */
    PUNT_UNWRAP = 10,   /* Wrapped (arp-header.h), to leave by OUT_PORT. */
    PUNT_HOLD_IN = 11,  /* As PUNT_COPY_IN, but it waits to be resumed. */
    PUNT_N_KINDS
};

#define PUNT_KIND_LEN 3

enum punt_kind punt_kind_of(const struct ofputil_packet_in *);

/* What follows the kind in the userdata. */
const void *punt_question(const struct ofputil_packet_in *, size_t *sizep);

/* One word, for statistics: "reject". */
const char *punt_kind_to_string(enum punt_kind);

/* Meters.  Where there are several, ports are distributed over them by their
 * number, so that what one guest causes in abundance does not leave all others
 * without. */
#define PUNT_N_PORT_METERS 16 /* A power of 2. */
#define PUNT_METER_REJECT 0x4e570100
#define PUNT_METER_ARP 0x4e570110
#define PUNT_METER_DROP 0x4e570120
#define PUNT_METER_COPY_OUT 0x4e570130
#define PUNT_METER_COPY_IN 0x4e570140
#define PUNT_METER_LOG 0x4e570150
#define PUNT_METER_BROADCAST 0x4e570160
#define PUNT_METER_IPV6 0x4e570170
#define PUNT_METER_BPDU 0x4e570180
#define PUNT_METER_UNWRAP 0x4e570190

/* Packets a second in each, and at once: of those that wait for an answer, of
 * samples, of packets to be logged, and of copies, which must not be lost when
 * all ports of a host learn at once. */
#define PUNT_RATE 100
#define PUNT_DROP_RATE 10
#define PUNT_LOG_RATE 250
#define PUNT_COPY_RATE 500
#define PUNT_BROADCAST_RATE 2000
#define PUNT_IPV6_RATE 500
#define PUNT_UNWRAP_RATE 2000

/* Bytes of a sample: the headers that Open vSwitch looks at. */
#define PUNT_SAMPLE_LEN 192

/* The flows of REJECT, and the way of the answers (punt_encode_answer()). */
void punt_reject_flows(struct flow_set *);

/* The flows of DROP that show the daemon a sample of what the rules of all
 * ports drop, and frames from closed ports.  Without them, nothing of it.  The
 * copies of broadcast and multicast frames for guests are left out: one frame
 * would be as many samples as there are guests. */
void punt_drop_flows(struct flow_set *);

/* What is logged of a port. */
struct punt_log {
    uint16_t ofport;
    bool drops;   /* Copies of frames for many, too. */
    bool accepts; /* The beginning of connections, or each packet that is in
                   * none. */
};

/* The flows that show the daemon what is logged of a port. */
void punt_log_flows(const struct punt_log *, struct flow_set *);

/* The flows that send ARP frames to the daemon that the switch can not read,
 * before anything is done with them.  Only some programs need it.  That comes
 * before ports are told apart, so a frame waits once, not once for each port
 * that it will be flooded to; but if the daemon wrapped it, each port's goes
 * back to the daemon before it leaves.  Without the daemon the frame is
 * lost. */
void punt_arp_flows(struct flow_set *);

/* The flows that show the daemon the IPv6 packets of ports whose program has
 * PL_F_AH, before their IPv6 rules.  Without the daemon such packets are
 * lost, and so is what is above a port's rate. */
void punt_ipv6_flows(struct flow_set *);

/* Returns the i-th message, from 0, that adds a meter, or that gives it its
 * rate if the switch has it already; NULL if there are no more. */
struct ofpbuf *punt_encode_meter(enum ofp_version, size_t i, bool exists);

/* Whether what somebody else has asked of the switch deletes one of these
 * meters, or gives it another rate. */
bool punt_meters_are_changed(const struct ofputil_meter_mod *);

/* Whether the flow can not be installed without a meter. */
bool punt_flow_uses_meter(const struct of_flow *);

/* The message that sends a frame out of one port, tagged as that port has
 * 'vlan', past its filter. */
struct ofpbuf *punt_encode_answer(enum ofputil_protocol, const void *frame,
                                  size_t size, uint16_t port, uint16_t vlan);

/* The message that sends a frame, which has the tag that the port is to get,
 * out of one port, past its filter; but not if it came in there. */
struct ofpbuf *punt_encode_unwrapped(enum ofputil_protocol, const void *frame,
                                     size_t size, ofp_port_t from,
                                     uint16_t port);

/* The message that sends a frame for many into one port's in rules, as if it
 * came out of the flood: if they accept it, it is not delivered but comes back
 * as a PUNT_COPY_IN (snoop_bridge_flows()). */
struct ofpbuf *punt_encode_probe(enum ofputil_protocol, const void *frame,
                                 size_t size, uint16_t port, uint16_t vlan);

#endif /* flows/punt-flows.h */
