/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef SWITCH_OBSERVE_H
#define SWITCH_OBSERVE_H 1

/* What the switch says about its flows, decoded: dumps (OFPMP_FLOW_DESC,
 * OFPMP_FLOW) and the flow monitor (OFPMP_FLOW_MONITOR; Open vSwitch's and
 * ONF's extensions before OpenFlow 1.4).
 *
 * Flows made by learn() actions are left out.  Pure: part of install.h's
 * machine. */

#include <stdbool.h>
#include <stdint.h>

#include "flows/flow.h"
#include "openvswitch/ofp-errors.h"

struct ofp_header;
struct ofputil_flow_stats;

/* A request for the flows whose cookie agrees with 'cookie' where 'mask' has
 * bits.  The caller owns the message and sets its xid. */
struct ofpbuf *observe_encode_dump(enum ofputil_protocol, uint64_t cookie,
                                   uint64_t mask);

/* Calls 'cb' for each flow in one part of the reply.  Returns 0 if successful,
 * otherwise an OFPERR_* or errno value. */
typedef void observe_flow_cb(void *aux, const struct ofputil_flow_stats *);
int observe_for_each(const struct ofp_header *, observe_flow_cb *cb,
                     void *aux);

/* One of these flows, for the caller to destroy; without its actions if not
 * 'actions'. */
struct of_flow *observe_flow(const struct ofputil_flow_stats *, bool actions);

/* Adds the flows in one part of the reply to 'ours', or without their actions
 * to 'others'.  Returns 0 if successful, otherwise an OFPERR_* or errno
 * value. */
int observe_decode_dump(const struct ofp_header *, struct flow_set *ours,
                        struct flow_set *others);

/* A request to report all changes of flows, except those made through this
 * connection.  (A monitor can not select by cookie.) */
struct ofpbuf *observe_encode_monitor(enum ofputil_protocol);

enum flow_event_type {
    FLOW_EVENT_PRESENT, /* 'flow' was added or changed. */
    FLOW_EVENT_REMOVED, /* 'flow' is gone. */
    FLOW_EVENT_PAUSED,  /* The connection is congested: reports may be
                         * missing from here... */
    FLOW_EVENT_RESUMED, /* ...to here. */
};

struct flow_event {
    enum flow_event_type type;
    struct of_flow *flow; /* To be destroyed by the caller; or NULL. */
};

/* Reads one message of a flow monitor, event by event. */
struct flow_event_reader {
    struct ofpbuf msg;
    bool started;
};

void flow_event_reader_init(struct flow_event_reader *,
                            const struct ofp_header *);

/* Returns 0 and an event, EOF when there are no more, or an OFPERR_* value.
 * Reports about one's own changes and about learned flows are skipped. */
int flow_event_reader_next(struct flow_event_reader *, struct flow_event *);

#endif /* switch/observe.h */
