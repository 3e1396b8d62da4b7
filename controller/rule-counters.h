/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_RULE_COUNTERS_H
#define CONTROLLER_RULE_COUNTERS_H 1

/* `nwfctl counters': packets and bytes that each rule has decided, summed over
 * bridges, ports, and the flows that it has become (rule-sums.h). */

struct filter_store;
struct reconcile;
struct shash;

/* Registers "nwfilter/counters"; 'reconcile' is borrowed for good. */
void rule_counters_register(struct reconcile *);

/* Forgets what rules have counted that no filter has any more, on those of the
 * bridges (struct bridge) where that has become much. */
void rule_counters_prune(const struct shash *bridges,
                         const struct filter_store *);

#endif /* controller/rule-counters.h */
