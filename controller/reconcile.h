/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_RECONCILE_H
#define CONTROLLER_RECONCILE_H 1

/* From what is configured to what is in the switch, and back to the status.
 *
 * Changes of either database mark the ports that they concern; one round plans
 * them all, moves them together, and gives the difference to each bridge's
 * session.  A port's status is written when the switch has acknowledged the
 * round.
 *
 * A bridge that is no longer among those to manage keeps its flows as they
 * are, as when the daemon stops; its ports lose their status, because nobody
 * looks after them.  `ovs-ofctl del-flows BRIDGE
 * cookie=0x4e57000000000000/0xffff000000000000' removes the flows. */

#include <stdbool.h>

#include "controller/explain.h"
#include "openvswitch/shash.h"

struct bridge;
struct filter_store;
struct drops;
struct learning;
struct learning_rules;
struct local_changes;
struct local_db;
struct policy_changes;
struct policy_db;
struct programs;
struct punt_stats;
struct reconcile;
struct sets;

/* Both databases are borrowed.  'rundir' is Open vSwitch's run directory. */
struct reconcile *reconcile_create(struct local_db *, struct policy_db *,
                                   const char *rundir);

/* Leaves flows and statuses as they are. */
void reconcile_destroy(struct reconcile *);

/* Notes what changed; may be called before both databases are ready. */
void reconcile_note(struct reconcile *, const struct local_changes *,
                    const struct policy_changes *);

/* Does a round if something is due, runs the sessions, writes statuses. */
void reconcile_run(struct reconcile *);
void reconcile_wait(struct reconcile *);

/* True if everything noted is in the switches, and every status committed. */
bool reconcile_is_settled(const struct reconcile *);

/* Writes Interface:external_ids:KEY, or removes it if 'value' is NULL; it
 * comes back as any change of configuration. */
void reconcile_configure_port(struct reconcile *, const char *port,
                              const char *key, const char *value);

/* True if a binding for 'host', or for every host if that is "", is about this
 * host, but has no port here yet: no interface has the name or iface-id
 * 'port'.  False also while that is not known. */
bool reconcile_lacks_bound(const struct reconcile *, const char *port,
                           const char *host);

/* Name to "struct port" (port.h), and to "struct bridge" (bridge.h). */
const struct shash *reconcile_ports(const struct reconcile *);
const struct shash *reconcile_bridges(const struct reconcile *);
const struct programs *reconcile_programs(const struct reconcile *);
const struct filter_store *reconcile_filters(const struct reconcile *);
const struct sets *reconcile_sets(const struct reconcile *);
const struct drops *reconcile_drops(const struct reconcile *);
struct learning *reconcile_learning(const struct reconcile *);
struct learning_rules *reconcile_learning_rules(const struct reconcile *);

/* What the switch of 'bridge', which is one of reconcile_bridges(), has shown
 * the daemon. */
const struct punt_stats *reconcile_punt_stats(const struct reconcile *,
                                              const struct bridge *bridge);

/* For explanations of flows of 'bridge', or if it is NULL of any. */
struct explain_scope reconcile_scope(const struct reconcile *,
                                     const struct bridge *bridge);

#endif /* controller/reconcile.h */
