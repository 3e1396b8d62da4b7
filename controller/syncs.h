/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_SYNCS_H
#define CONTROLLER_SYNCS_H 1

/* `nwfctl sync': answered when everything that was committed to either
 * database before the request is in the switch, and in the status. */

struct local_db;
struct policy_db;
struct reconcile;
struct syncs;

struct syncs *syncs_create(struct local_db *, struct policy_db *,
                           struct reconcile *);

/* Answers those that wait with an error. */
void syncs_destroy(struct syncs *);

/* Registers "nwfilter/sync", and "nwfilter/sync-waits", which says what the
 * last of those that are not answered yet is waiting for. */
void syncs_register(struct syncs *);

/* Answers those that are due.  Call it after reconcile_run(). */
void syncs_run(struct syncs *);

#endif /* controller/syncs.h */
