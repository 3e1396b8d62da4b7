/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_BRIDGE_SETS_H
#define CONTROLLER_BRIDGE_SETS_H 1

/* The address sets that one bridge needs: the uses (flows/set-rows.h) that its
 * programs make of them, and their rows among the bridge's desired flows. */

struct bridge_sets;
struct flow_table;
struct program_entry;
struct sets;

/* Both are borrowed. */
struct bridge_sets *bridge_sets_create(struct sets *, struct flow_table *);

/* Leaves the desired flows as they are. */
void bridge_sets_destroy(struct bridge_sets *);

/* The bridge begins or ceases to have a program.  The sets that it needs
 * exist, or were there when the bridge took it. */
void bridge_sets_use(struct bridge_sets *, const struct program_entry *);
void bridge_sets_drop(struct bridge_sets *, const struct program_entry *);

/* Brings the desired flows up to date, once in a round of changes. */
void bridge_sets_run(struct bridge_sets *);

#endif /* controller/bridge-sets.h */
