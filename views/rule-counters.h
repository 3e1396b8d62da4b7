/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef VIEWS_RULE_COUNTERS_H
#define VIEWS_RULE_COUNTERS_H 1

/* `nwfctl counters': packets and bytes that each rule has decided, summed over
 * bridges, ports, and the flows that it has become (rule-sums.h). */

struct reconcile;

/* Registers "nwfilter/counters"; 'reconcile' is borrowed for good. */
void rule_counters_register(struct reconcile *);

#endif /* views/rule-counters.h */
