/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_STATUS_H
#define CONTROLLER_STATUS_H 1

/* What the local database is told of each port (nwfilter-status), and what
 * the switches refused. */

#include <stdbool.h>

struct bridge;
struct explain_scope;
struct local_db;
struct local_interface;
struct policy_db;
struct shash;

/* Takes the OpenFlow errors of a bridge: logs each with what is behind the
 * flow that was refused, and keeps the first one of each owner of flows in
 * bridge->refused.  The ports that have such flows say so in their status:
 * returns true if that is due for any. */
bool status_take_errors(struct bridge *, const struct explain_scope *);

/* Forgets what was refused and now is in the switch, or no longer wanted.
 * Returns true if the status of ports is due. */
bool status_end_refusals(struct bridge *, const struct shash *ports);

/* Writes the status of each of the bridge's ports for which that is due and
 * whose flows are acknowledged, or all of these if the bridge is lost. */
void status_write(struct local_db *, const struct bridge *);

/* The status of an interface that is no port here: on a bridge that is not
 * 'managed' (any more), or without OpenFlow port. */
void status_write_without_port(struct local_db *, const struct policy_db *,
                               const struct local_interface *, bool managed);

#endif /* controller/status.h */
