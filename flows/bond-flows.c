/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/bond-flows.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "flows/actions.h"
#include "flows/pipeline.h"
#include "flows/port-config.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"

/* The i-th member, counted from the 'first'-th. */
static uint16_t
nth_member(const struct port_bond *bond, size_t first, size_t i)
{
    return bond->members[(first + i) % bond->n_members];
}

/* In: who may receive. */

/* OUT_PORT gets the active member. */
static void
find_active(const struct port_bond *bond, struct ofpbuf *acts)
{
    uint16_t *members = xmalloc(bond->n_members * sizeof *members);

    for (size_t i = 0; i < bond->n_members; i++) {
        members[i] = nth_member(bond, bond->active, i);
    }
    act_first_alive(acts, members, bond->n_members, PL_R_OUT_PORT);
    free(members);
}

void
bond_classify_actions(const struct port_config *p, uint16_t member,
                      struct ofpbuf *acts)
{
    const struct port_bond *bond = p->bond;

    act_load(acts, PL_R_MEMBER, member);
    if (bond->aggregated) {
        act_first_alive(acts, &member, 1, PL_R_OUT_PORT);
    } else {
        find_active(bond, acts);
    }
    act_set_in_port(acts, p->ofport);
    act_resubmit(acts, PL_T_BOND_IN);
}

static void OVS_PRINTF_FORMAT(4, 5)
    add_text(const struct port_config *p, struct flow_set *set,
             enum pipeline_table table, const char *format, ...)
{
    uint64_t id = (uint64_t) table << 32 | p->ofport;
    va_list args;

    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);
    pipeline_add_text(set, pipeline_cookie(PL_K_PORT, id), text);
    free(text);
}

#define GO_ON                                                \
    "actions=set_field:0->[OUT_PORT],set_field:0->[MEMBER]," \
    "resubmit(,{LEARN}),resubmit(,{FDB_STATIC}),resubmit(,{FORWARD})"

/* A member that is alive, or the only one that is to be active: it is the one
 * that was found. */
static void
admit_found(const struct port_config *p, struct flow_set *set)
{
    for (size_t i = 0; i < p->bond->n_members; i++) {
        uint16_t member = p->bond->members[i];

        add_text(p, set, PL_T_BOND_IN,
                 "table={BOND_IN},priority=20,in_port=%" PRIu16 ","
                 "[MEMBER]=%" PRIu16 ",[OUT_PORT]=%" PRIu16 "," GO_ON,
                 p->ofport, member, member);
    }
}

/* The peer floods to all members, so multicast is taken from the active one
 * only; unicast comes to where the peer has learned the address. */
static void
admit_by_source(const struct port_config *p, struct flow_set *set)
{
    if (!p->bond->all_active) {
        add_text(p, set, PL_T_BOND_IN,
                 "table={BOND_IN},priority=10,in_port=%" PRIu16 ","
                 "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,actions=drop",
                 p->ofport);
    }
    add_text(p, set, PL_T_BOND_IN,
             "table={BOND_IN},priority=5,in_port=%" PRIu16 "," GO_ON,
             p->ofport);
}

/* Out: who sends. */

/* "members:1,2", beginning with the 'first'-th. */
static char *
format_members(const struct port_bond *bond, size_t first)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&s, "members:");
    for (size_t i = 0; i < bond->n_members; i++) {
        ds_put_format(&s, "%s%" PRIu16, i ? "," : "",
                      nth_member(bond, first, i));
    }
    return ds_steal_cstr(&s);
}

#define DELIVER_FLOW                                      \
    "table={DELIVER},priority=30,[OUT_PORT]=%" PRIu16 "," \
    "actions=resubmit(,{COMMIT_SRC}),"

static void
send_active(const struct port_config *p, struct flow_set *set)
{
    char *members = format_members(p->bond, p->bond->active);

    add_text(p, set, PL_T_DELIVER,
             DELIVER_FLOW "bundle(eth_src,0,active_backup,ofport,%s)",
             p->ofport, members);
    free(members);
}

/* What is sent may come back through another member. */
static void
send_by_source(const struct port_config *p, struct flow_set *set)
{
    char *members = format_members(p->bond, 0);
    char *learn = xasprintf(
        "learn(table={BOND_IN},hard_timeout=%d,priority=50,limit=8192,"
        "cookie=%#" PRIx64 ",NXM_OF_IN_PORT[]=<OUT_PORT>[0..15],"
        "<VLAN>[0..11],NXM_OF_ETH_SRC[]),",
        BOND_REFLECTION_S, pipeline_cookie(PL_K_LEARNED, 0));

    add_text(p, set, PL_T_DELIVER,
             DELIVER_FLOW "%sbundle(eth_src,0,hrw,ofport,%s)", p->ofport,
             p->bond->aggregated ? "" : learn, members);
    free(learn);
    free(members);
}

static void
send_by_hash(const struct port_config *p, struct flow_set *set)
{
    add_text(p, set, PL_T_DELIVER, DELIVER_FLOW "group:%d", p->ofport,
             PL_GROUP_SPREAD);
    for (int slot = 0; slot < PL_SPREAD_SLOTS; slot++) {
        char *members = format_members(p->bond, slot);

        add_text(p, set, PL_T_BOND_OUT,
                 "table={BOND_OUT},priority=10,[OUT_PORT]=%" PRIu16 ","
                 "[MEMBER]=%d,actions=bundle(eth_src,0,active_backup,ofport,"
                 "%s)",
                 p->ofport, slot, members);
        free(members);
    }
}

/* Nothing that a member has received leaves through another one. */
static void
egress_same_bond(const struct port_config *p, struct flow_set *set)
{
    add_text(p, set, PL_T_EGRESS,
             "table={EGRESS},priority=190,[OUT_PORT]=%" PRIu16 ","
             "in_port=%" PRIu16 ",actions=drop",
             p->ofport, p->ofport);
}

void
bond_flows(const struct port_config *p, struct flow_set *set)
{
    const struct port_bond *bond = p->bond;

    admit_found(p, set);
    if (bond->balance == BOND_BY_SOURCE && !bond->aggregated) {
        admit_by_source(p, set);
    }
    egress_same_bond(p, set);
    switch (bond->balance) {
    case BOND_ACTIVE:
        send_active(p, set);
        break;
    case BOND_BY_SOURCE:
        send_by_source(p, set);
        break;
    case BOND_BY_HASH:
        send_by_hash(p, set);
        break;
    }
}
