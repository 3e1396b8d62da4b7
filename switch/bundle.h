/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef SWITCH_BUNDLE_H
#define SWITCH_BUNDLE_H 1

/* One change set on its way to the switch, as an ordered, atomic OpenFlow
 * bundle (OpenFlow 1.5.1, 6.9; ONF extension 230 in 1.3) and a barrier.
 *
 *     open, add..., close -> close reply: were there errors?
 *                            no:  commit, barrier -> barrier reply
 *                            yes: discard, barrier -> barrier reply
 *
 * The stop before the commit is necessary because Open vSwitch leaves a
 * message that it can not decode out of the bundle and would commit the rest.
 * An error at that point names every such flow at once; an error in the commit
 * names the first one.
 *
 * A bundle that goes 'at_once' does not stop: commit and barrier follow the
 * close, so that a switch that is slow to look at its connections has to look
 * once, not twice.  If a change is refused then, the others may be in force.
 *
 * Messages are made as they can be sent, not before, so that a large change
 * set does not stand in memory twice.  Pure: part of install.h's machine. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/flow-table.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-protocol.h"

struct bundle;
struct ofp_header;
struct ovs_list;

enum bundle_result {
    BUNDLE_PENDING,   /* The switch has not answered yet. */
    BUNDLE_COMMITTED, /* All changes are in the switch. */
    BUNDLE_REFUSED,   /* None is. */
    BUNDLE_HALF,      /* Those without errors are; only if 'at_once'. */
};

/* Takes the 'n' changes: the array becomes the bundle's and the flows in it
 * are referenced.  The messages will have the bundle_n_xids(n) transaction
 * ids from 'first_xid' on. */
struct bundle *bundle_create(uint32_t id, uint32_t first_xid,
                             enum ofputil_protocol, struct flow_change *,
                             size_t n, bool at_once);
void bundle_destroy(struct bundle *); /* NULL is fine. */
uint32_t bundle_n_xids(size_t n);

/* Appends at most 'max' messages that are due to 'out' and returns their
 * number. */
size_t bundle_run(struct bundle *, size_t max, struct ovs_list *out);

/* True if bundle_run() has something to append. */
bool bundle_is_sending(const struct bundle *);

/* Takes a message from the switch.  Returns false if it is none of this
 * bundle's. */
bool bundle_receive(struct bundle *, const struct ofp_header *);

enum bundle_result bundle_get_result(const struct bundle *);

/* The changes, in the order in which they were sent. */
const struct flow_change *bundle_get_changes(const struct bundle *,
                                             size_t *np);

/* Errors, in the order in which they came; 'change' is NULL for an error that
 * is not about one of the changes. */
struct bundle_error {
    const struct flow_change *change;
    enum ofperr error;
};
const struct bundle_error *bundle_get_errors(const struct bundle *,
                                             size_t *np);

#endif /* switch/bundle.h */
