/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef SWITCH_RULE_SUMS_H
#define SWITCH_RULE_SUMS_H 1

/* How many packets each rule has decided, over all flows that it became, those
 * that are gone included.
 *
 * A flow's counters go with it.  So before a bundle that removes flows of
 * rules the switch is asked what they have counted, and that is added to the
 * rule's sum when the bundle is committed.  Nothing else is asked for, and
 * nothing is sent for a bundle that only adds.
 *
 * Open vSwitch lets a flow that replaces another one go on counting from
 * there, as OpenFlow 1.3 has it (OFPFF_RESET_COUNTS would stay visible in the
 * flow).  What a flow has inherited from another rule's is subtracted.
 *
 * Not counted: what the switch has not accounted for yet when a flow goes (up
 * to some seconds), what a flow had counted that somebody else deletes, and
 * whatever was before the switch or this process was started, as far as the
 * flows are not the same.
 *
 * Pure: part of install.h's machine. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/hmap.h"
#include "openvswitch/ofp-protocol.h"

struct flow_change;
struct flow_table;
struct of_flow;
struct ofp_header;
struct ovs_list;
struct rule_sums;
struct survey;

struct rule_sums *rule_sums_create(void);
void rule_sums_destroy(struct rule_sums *); /* NULL is fine. */

/* The changes are about to be sent; 'installed' knows what they replace.
 * Appends the questions (struct ofpbuf) to 'out', with transaction ids from
 * '*next_xidp' on, which is advanced. */
void rule_sums_prepare(struct rule_sums *, const struct flow_change *,
                       size_t n, const struct flow_table *installed,
                       enum ofputil_protocol, uint32_t *next_xidp,
                       struct ovs_list *out);

/* Takes a message from the switch.  Returns false if it is no answer to
 * that. */
bool rule_sums_receive(struct rule_sums *, const struct ofp_header *);

/* The changes are in the switch, or not. */
void rule_sums_finish(struct rule_sums *, bool committed);

/* The flow is gone, by somebody else's hand. */
void rule_sums_forget(struct rule_sums *, const struct of_flow *);

/* The switch has been listed: it may have been restarted. */
void rule_sums_check(struct rule_sums *, const struct flow_table *installed);

/* Sums by rule (the id in its cookie). */
struct rule_count {
    struct hmap_node node; /* By 'id'. */
    uint64_t id;
    uint64_t packets, bytes;
};

/* Adds what was counted, and what the flows in the survey count now, to
 * 'counts' of "struct rule_count"s. */
void rule_sums_add(const struct rule_sums *, const struct survey *,
                   struct hmap *counts);
const struct rule_count *rule_counts_find(const struct hmap *, uint64_t id);
void rule_counts_destroy(struct hmap *);

/* Number of rules that have a sum; and forgets those for which 'exists' is
 * false. */
size_t rule_sums_count(const struct rule_sums *);
void rule_sums_prune(struct rule_sums *,
                     bool (*exists)(uint64_t id, const void *aux),
                     const void *aux);

#endif /* switch/rule-sums.h */
