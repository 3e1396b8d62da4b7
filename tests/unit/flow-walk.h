/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef TESTS_UNIT_FLOW_WALK_H
#define TESTS_UNIT_FLOW_WALK_H 1

/* What becomes of a frame in a set of flows, without a switch: lookups and the
 * few actions that flows are made of.  What is reached in a table in 'stop' is
 * noted and not followed.  Learning and connection tracking do nothing. */

#include <string.h>

#include "flows/flow.h"
#include "flows/pipeline.h"
#include "lib/flow.h"
#include "openvswitch/meta-flow.h"
#include "openvswitch/ofp-actions.h"
#include "packets.h"
#include "util.h"

#define WALK_MAX_STOPS 4096

/* The "table" of what leaves the switch. */
#define WALK_OUTPUT 255

/* A resubmit to a table that is walked no further, or an output through
 * 'port', and the registers then. */
struct walk_stop {
    uint16_t port;
    uint8_t table;
    uint32_t regs[FLOW_N_REGS];
};

struct flow_walk {
    const struct flow_set *set;
    bool stop[256]; /* Tables not to enter. */
    bool no_groups; /* What goes through groups is not followed. */
    struct flow flow;
    struct walk_stop stops[WALK_MAX_STOPS];
    size_t n_stops;
    size_t n_lookups;
    uint64_t last_rule; /* Cookie of the last flow that matched. */
};

static inline void
flow_walk_init(struct flow_walk *w, const struct flow_set *set)
{
    memset(w, 0, sizeof *w);
    w->set = set;
}

static inline const struct of_flow *
flow_walk_lookup(const struct flow_walk *w, uint8_t table)
{
    const struct of_flow *flow, *best = NULL;

    FLOW_SET_FOR_EACH (flow, w->set) {
        if (flow->table == table && (!best || flow->priority > best->priority)
            && minimatch_matches_flow(&flow->match, &w->flow)) {
            best = flow;
        }
    }
    return best;
}

static inline void flow_walk_actions(struct flow_walk *, const struct ofpact *,
                                     size_t len);

static inline void
flow_walk_stop(struct flow_walk *w, uint8_t table, uint16_t port)
{
    ovs_assert(w->n_stops < WALK_MAX_STOPS);
    struct walk_stop *s = &w->stops[w->n_stops++];

    s->table = table;
    s->port = port;
    memcpy(s->regs, w->flow.regs, sizeof s->regs);
}

static inline void
flow_walk_table(struct flow_walk *w, uint8_t table)
{
    if (w->stop[table]) {
        flow_walk_stop(w, table, 0);
        return;
    }

    const struct of_flow *flow = flow_walk_lookup(w, table);

    w->n_lookups++;
    if (flow) {
        w->last_rule = flow->cookie;
        flow_walk_actions(w, flow->ofpacts, flow->ofpacts_len);
    }
}

static inline void
flow_walk_vlan_action(struct flow_walk *w, const struct ofpact *a)
{
    if (a->type == OFPACT_PUSH_VLAN) {
        flow_push_vlan_uninit(&w->flow, NULL);
        w->flow.vlans[0].tpid = ofpact_get_PUSH_VLAN(a)->ethertype;
        w->flow.vlans[0].tci = htons(VLAN_CFI);
    } else {
        flow_pop_vlan(&w->flow, NULL);
    }
}

static inline void
flow_walk_action(struct flow_walk *w, const struct ofpact *a)
{
    if (a->type == OFPACT_SET_FIELD) {
        const struct ofpact_set_field *sf = ofpact_get_SET_FIELD(a);

        mf_set_flow_value_masked(sf->field, sf->value,
                                 ofpact_set_field_mask(sf), &w->flow);
    } else if (a->type == OFPACT_REG_MOVE) {
        const struct ofpact_reg_move *move = ofpact_get_REG_MOVE(a);
        struct flow_wildcards wc;

        mf_subfield_copy(&move->src, &move->dst, &w->flow, &wc);
    } else if (a->type == OFPACT_RESUBMIT) {
        flow_walk_table(w, ofpact_get_RESUBMIT(a)->table_id);
    } else if (a->type == OFPACT_CLONE) {
        const struct ofpact_nest *clone = ofpact_get_CLONE(a);
        struct flow before = w->flow;

        flow_walk_actions(w, clone->actions,
                          ofpact_nest_get_action_len(clone));
        w->flow = before;
    } else if (a->type == OFPACT_GROUP) {
        struct flow before = w->flow;

        ovs_assert(ofpact_get_GROUP(a)->group_id == PL_GROUP_FORK);
        if (!w->no_groups) {
            flow_walk_table(w, PL_T_FLOOD_CHUNK);
        }
        w->flow = before;
    } else if (a->type == OFPACT_OUTPUT) {
        flow_walk_stop(w, WALK_OUTPUT, ofp_to_u16(ofpact_get_OUTPUT(a)->port));
    } else if (a->type == OFPACT_PUSH_VLAN || a->type == OFPACT_STRIP_VLAN) {
        flow_walk_vlan_action(w, a);
    } else if (a->type != OFPACT_LEARN && a->type != OFPACT_CT) {
        ovs_fatal(0, "%s: the test does not know this action",
                  ofpact_name(a->type));
    }
}

static inline void
flow_walk_actions(struct flow_walk *w, const struct ofpact *ofpacts,
                  size_t len)
{
    const struct ofpact *a;

    OFPACT_FOR_EACH (a, ofpacts, len) {
        flow_walk_action(w, a);
    }
}

#endif /* tests/unit/flow-walk.h */
