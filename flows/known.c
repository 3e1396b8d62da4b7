/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/known.h"

#include <stdlib.h>

#include "flows/actions.h"
#include "flows/expand.h"
#include "flows/flow.h"
#include "flows/lower.h"
#include "flows/pipeline.h"
#include "flows/segment.h"
#include "flows/stable-id.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"
#include "xml/filter.h"

#define STAMP_OFS 4 /* In ct_mark, above PL_MARK_*. */

/* Not SCTP: the userspace datapath tells its connections apart by their
 * addresses only, and one port would stand for all. */
static bool
protocol_is_plain(enum nw_protocol protocol)
{
    switch ((int) protocol) {
    case NW_P_TCP:
    case NW_P_UDP:
    case NW_P_UDPLITE:
    case NW_P_ALL:
    case NW_P_TCP_IPV6:
    case NW_P_UDP_IPV6:
    case NW_P_UDPLITE_IPV6:
    case NW_P_ALL_IPV6:
        return true;
    default:
        return false;
    }
}

/* Whether all packets of one direction of a connection have the same. */
static bool
attr_is_constant(enum nw_attr attr)
{
    switch ((int) attr) {
    case NW_A_COMMENT:
    case NW_A_SRCIPADDR:
    case NW_A_SRCIPMASK:
    case NW_A_SRCIPFROM:
    case NW_A_SRCIPTO:
    case NW_A_DSTIPADDR:
    case NW_A_DSTIPMASK:
    case NW_A_DSTIPFROM:
    case NW_A_DSTIPTO:
    case NW_A_SRCPORTSTART:
    case NW_A_SRCPORTEND:
    case NW_A_DSTPORTSTART:
    case NW_A_DSTPORTEND:
        return true;
    default:
        return false;
    }
}

bool
known_rule_is_decisive(const struct nw_rule *rule, const struct expansion *e)
{
    if (rule->action != NW_ACTION_ACCEPT || rule->direction == NW_INOUT
        || lw_orient(rule, rule->direction).reply
        || !protocol_is_plain(rule->protocol)) {
        return false;
    }
    for (size_t i = 0; i < rule->n_items; i++) {
        if (!attr_is_constant(rule->items[i].field->attr)) {
            return false;
        }
    }
    for (size_t i = 0; i < e->n_groups; i++) {
        if (e->groups[i].shared) {
            return false;
        }
    }
    return true;
}

uint32_t
known_stamp(const struct sg_stage *const *stages, int n)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    uint32_t stamp = 0;

    for (int i = 0; i < n; i++) {
        size_t before = s.length;

        sg_format_stamping(stages[i], &s);
        if (s.length > before) {
            ds_put_format(&s, "in stage %d\n", i);
        }
    }
    if (s.length) {
        stamp = stable_id(ds_cstr(&s)) & ((1u << KNOWN_STAMP_BITS) - 1);
        stamp += !stamp;
    }
    ds_destroy(&s);
    return stamp;
}

static void
add_row(uint8_t table, uint32_t id, struct match *match,
        const struct ofpbuf *acts, struct flow_set *set)
{
    match_set_reg(match, PL_R_PROGRAM - MFF_REG0, id);
    flow_set_add(set,
                 of_flow_create(table, 100, pipeline_cookie(PL_K_PROGRAM, id),
                                match, acts));
}

void
known_flows(uint32_t id, uint32_t stamp, struct flow_set *set)
{
    struct match match;
    struct ofpbuf acts;

    ofpbuf_init(&acts, 64);
    match_init_catchall(&match);
    match_set_ct_mark_masked(&match, stamp << STAMP_OFS, PL_MARK_STAMP);
    act_load_masked(&acts, PL_R_STATE, PL_STATE_KNOWN, PL_STATE_KNOWN);
    add_row(PL_T_KNOWN, id, &match, &acts, set);

    ofpbuf_clear(&acts);
    match_init_catchall(&match);
    match_set_reg_masked(&match, PL_R_COMMIT - MFF_REG0, PL_COMMIT_STAMP,
                         PL_COMMIT_STAMP);
    act_load(&acts, PL_R_STAMP, stamp);
    add_row(PL_T_STAMP, id, &match, &acts, set);
    ofpbuf_uninit(&acts);
}
