/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_RULE_INDEX_H
#define CONTROLLER_RULE_INDEX_H 1

/* Every rule of the policy database by the id in its cookie, whether a port
 * here uses it or not: for flows from other hosts. */

#include <stdbool.h>
#include <stdint.h>

struct ds;
struct filter_store;
struct rule_index;
struct shash;

/* Valid until a filter changes. */
struct rule_index *rule_index_create(const struct filter_store *);
void rule_index_destroy(struct rule_index *); /* NULL is fine. */

bool rule_index_has(const struct rule_index *, uint64_t id);

/* Appends "filter web:3: accept in ..." and returns true if there is such a
 * rule. */
bool rule_index_explain(const struct rule_index *, uint64_t id, struct ds *);

/* Forgets what rules have counted (switch/rule-sums.h) that no filter has any
 * more, on those of the bridges (struct bridge) where that has become much. */
void rule_index_prune_sums(const struct shash *bridges,
                           const struct filter_store *);

#endif /* controller/rule-index.h */
