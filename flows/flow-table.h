/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_FLOW_TABLE_H
#define FLOWS_FLOW_TABLE_H 1

/* The desired flows of one bridge, by owner, and in what the switch is known
 * to differ from them.
 *
 * An owner is a name: "pipeline", "program FILTER ...", "port vnet0".  Its
 * flows are always given as a whole; the table finds out what differs, so a
 * caller never has to say which flow was added.  If two owners want the same
 * (table, priority, match) with different values, the one whose owner name
 * sorts first is in the switch, whatever the order in which they came
 * (incremental must equal recomputed).
 *
 * The compiling side of the program calls the functions of the first part,
 * the OpenFlow session those of the second.
 *
 * What the switch holds is kept only where it differs from what is wanted, so
 * the picture of the switch costs nothing once the two agree, and a change of
 * one owner costs work for its flows only.
 *
 * Pure: no I/O and no clock. */

#include "flows/flow.h"

struct flow_table;

struct flow_table *flow_table_create(void);
void flow_table_destroy(struct flow_table *);

/* Makes 'flows' the flows of 'owner'.  Takes the flows out of the set, which
 * is empty afterwards.  An empty set forgets the owner.  Returns the number of
 * keys whose desired value changed. */
size_t flow_table_replace(struct flow_table *, const char *owner,
                          struct flow_set *flows);

/* Says that the flows of 'owner' go together with those of 'needed' (a port's
 * with those of its program), or with NULL that they stand alone.  An owner
 * without flows needs nobody. */
void flow_table_set_needed(struct flow_table *, const char *owner,
                           const char *needed);

/* The flow that should be in the switch for that key, or NULL. */
const struct of_flow *flow_table_find(const struct flow_table *,
                                      const struct of_flow *key);

/* The owner whose flow it is that flow_table_find() returns, or NULL. */
const char *flow_table_find_owner(const struct flow_table *,
                                  const struct of_flow *key);

/* The number of flows that should be in the switch. */
size_t flow_table_count(const struct flow_table *);

/* The number of flows that the switch is known to hold.  Counts what differs,
 * so it is quick when little does. */
size_t flow_table_count_installed(const struct flow_table *);

/* A number that grows whenever a desired value changes. */
uint64_t flow_table_version(const struct flow_table *);

/* All desired flows sorted by (table, priority descending, text); the caller
 * frees the array. */
size_t flow_table_sorted(const struct flow_table *, const struct of_flow ***);

/* Second part: the switch.  A new table takes it for empty. */

/* Takes note that the switch holds 'value' in the place of 'key' and nothing
 * else: 'value' has the same key, or is NULL if nothing is there.  References
 * 'value'.  Returns true if that differs from what is desired. */
bool flow_table_set_installed(struct flow_table *, const struct of_flow *key,
                              const struct of_flow *value);

/* What the switch is known to hold in the place of 'key', or NULL. */
const struct of_flow *flow_table_find_installed(const struct flow_table *,
                                                const struct of_flow *key);

/* Calls 'cb' for each place with what is desired there and what the switch is
 * known to hold; either may be NULL, and neither is to be kept. */
typedef void flow_table_cb(const struct of_flow *wanted,
                           const struct of_flow *installed, void *aux);
void flow_table_for_each(const struct flow_table *, flow_table_cb *,
                         void *aux);

/* Takes note that the switch holds 'installed' (as a dump gave them) and
 * nothing else.  Empties the set. */
void flow_table_set_all_installed(struct flow_table *,
                                  struct flow_set *installed);

/* What has to be done in the switch. */
struct flow_change {
    enum { FLOW_ADD, FLOW_MODIFY, FLOW_DELETE } kind;
    const struct of_flow *flow; /* For FLOW_DELETE: what is installed. */
};

/* The differences between switch and desired flows, one per key, additions
 * and modifications before deletions, each group in the order of
 * of_flow_compare(), so that the same difference always gives the same
 * messages.  A flow that came and went again, or changed back, is not listed,
 * nor are the flows of owners that are held back.
 *
 * The caller frees the array; the flows are borrowed, valid until the table
 * changes.  Returns the number of changes. */
size_t flow_table_changes(const struct flow_table *, struct flow_change **);
bool flow_table_has_changes(struct flow_table *);

/* Holds back all changes of the owner of 'key' (the one who wants it, or who
 * wanted it last), because the switch refused one of them.  The owner's flows
 * stay in the switch as they are: half of a change could let a packet pass
 * that neither the old nor the new flows allow.
 *
 * For the same reason, who needs an owner that is held back is held back, and
 * if the owner itself has flows in the switch, so is whom it needs, and whom
 * those flows need.
 *
 * flow_table_replace() with other flows ends that for its owner,
 * flow_table_release() for all.  Returns false if 'key' has no owner. */
bool flow_table_hold(struct flow_table *, const struct of_flow *key);
void flow_table_release(struct flow_table *);
size_t flow_table_n_held(const struct flow_table *); /* Owners. */

/* True if the owner is held back: what the switch has for it is not what is
 * desired, although it may be acknowledged. */
bool flow_table_is_held(const struct flow_table *, const char *owner);

#endif /* flows/flow-table.h */
