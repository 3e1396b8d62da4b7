/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef TRACE_TRACE_STATE_H
#define TRACE_TRACE_STATE_H 1

/* The connection state in which a packet is traced: as users write it, as the
 * rule interpreter takes it, and as the switch is told.
 *
 * Pure. */

#include <stdbool.h>
#include <stdint.h>

#include "interpret/interpret.h"

struct ds;
struct flow;

#define TRACE_STATES "new, est, est,rpl, rel or inv"

/* Reads "new", "est" (in the direction of the connection's first packet),
 * "est,rpl" (an answer), "rel" or "inv". */
bool trace_state_parse(const char *, struct interpret_conn *);

/* The state that 'frame' really has where 'wanted' was asked for: none if
 * connection tracking leaves such frames alone, and INVALID for what can not
 * begin a connection. */
void trace_state_resolve(const struct interpret_conn *wanted,
                         const struct interpret_frame *frame,
                         struct interpret_conn *resolved);

/* Says why a frame with this header can not be in the state, or returns
 * NULL. */
const char *trace_state_check(const struct interpret_conn *wanted,
                              const struct flow *);

/* What ct() finds for a frame in that state: appends the "ct_state" as
 * `ofproto/trace --ct-next' takes it, and returns the ct_mark (PL_MARK_*). */
uint32_t trace_state_to_ct(const struct interpret_conn *wanted,
                           const struct interpret_conn *resolved,
                           const struct flow *, struct ds *ct_state);

#endif /* trace/trace-state.h */
