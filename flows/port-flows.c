/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/port-flows.h"

#include <string.h>

#include "flows/actions.h"
#include "flows/bond-flows.h"
#include "flows/flow.h"
#include "flows/pipeline.h"
#include "flows/port-config.h"
#include "flows/snoop-flows.h"
#include "lib/flow.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"

/* A port's flows under construction. */
struct port_build {
    const struct port_config *p;
    struct flow_set *set;
    uint16_t in_port; /* For classify(). */
};

static void
add_flow(struct port_build *b, uint8_t table, uint16_t priority,
         const struct match *match, const struct ofpbuf *acts)
{
    uint64_t id = (uint64_t) table << 32 | b->p->ofport;

    flow_set_add(b->set,
                 of_flow_create(table, priority,
                                pipeline_cookie(PL_K_PORT, id), match, acts));
}

/* In: which VLAN, and whose rules. */

/* 'vlan' < 0: as the frame's tag says. */
static void
add_classify(struct port_build *b, uint16_t priority, struct match *match,
             int vlan)
{
    const struct port_config *p = b->p;
    uint64_t stub[512 / 8];
    struct ofpbuf acts = OFPBUF_STUB_INITIALIZER(stub);

    match_set_in_port(match, u16_to_ofp(b->in_port));
    if (vlan < 0) {
        act_move_low(&acts, MFF_VLAN_TCI, PL_R_VLAN, 12);
    } else if (vlan > 0) {
        act_load(&acts, PL_R_VLAN, vlan);
    }
    if (p->filtered) {
        act_load(&acts, PL_R_PORT, p->ofport);
        act_load(&acts, PL_R_PROGRAM, p->program);
        act_load(&acts, PL_R_ZONE, p->zone);
        act_resubmit(&acts, PL_T_OUT_ENTRY);
    } else if (p->bond) {
        bond_classify_actions(p, b->in_port, &acts);
    } else {
        act_resubmit(&acts, PL_T_LEARN);
        act_resubmit(&acts, PL_T_FDB_STATIC);
        act_resubmit(&acts, PL_T_FORWARD);
    }
    add_flow(b, PL_T_CLASSIFY, priority, match, &acts);
    ofpbuf_uninit(&acts);
}

/* Frames without a tag, or with one that says no VLAN, only a priority. */
static void
classify_untagged(struct port_build *b, uint16_t vlan)
{
    struct match match = MATCH_CATCHALL_INITIALIZER;

    match_set_dl_tci_masked(&match, 0, htons(VLAN_VID_MASK));
    add_classify(b, 100, &match, vlan);
}

/* What comes in through 'in_port', the port itself or a member of the bond. */
static void
classify(struct port_build *b, uint16_t in_port)
{
    const struct port_config *p = b->p;

    b->in_port = in_port;
    if (p->access || p->native) {
        classify_untagged(b, p->tag);
    }
    if (!p->access && !p->n_trunks) {
        struct match match = MATCH_CATCHALL_INITIALIZER;

        add_classify(b, 90, &match, -1);
    }
    for (size_t i = 0; !p->access && i < p->n_trunks; i++) {
        if (p->trunks[i] == 0) {
            classify_untagged(b, 0);
        } else {
            struct match match = MATCH_CATCHALL_INITIALIZER;

            match_set_dl_tci_masked(&match, htons(p->trunks[i] | VLAN_CFI),
                                    htons(VLAN_VID_MASK | VLAN_CFI));
            add_classify(b, 90, &match, p->trunks[i]);
        }
    }
}

/* Out: tagging, and whose rules. */

/* 'vlan' < 0: any. */
static void
add_egress(struct port_build *b, uint16_t priority, int vlan, uint32_t mode)
{
    const struct port_config *p = b->p;
    struct match match = MATCH_CATCHALL_INITIALIZER;
    uint64_t stub[512 / 8];
    struct ofpbuf acts = OFPBUF_STUB_INITIALIZER(stub);

    match_set_reg(&match, PL_R_OUT_PORT - MFF_REG0, p->ofport);
    if (vlan >= 0) {
        match_set_reg(&match, PL_R_VLAN - MFF_REG0, vlan);
    }
    act_load(&acts, PL_R_MODE, mode);
    if (p->filtered) {
        act_load(&acts, PL_R_PORT, p->ofport);
        act_load(&acts, PL_R_PROGRAM, p->program);
        act_load(&acts, PL_R_ZONE, p->zone);
    }
    act_resubmit(&acts, PL_T_VLAN_OUT);
    add_flow(b, PL_T_EGRESS, priority, &match, &acts);
    ofpbuf_uninit(&acts);
}

/* Nothing goes back to where it came from: not into a filtered port's in rules
 * either, whose connection tracking would see it.  Only the ports that asked
 * for unicast frames that are not theirs get what is learned to be behind the
 * port that it came from. */
static void
egress_hairpin(struct port_build *b)
{
    const struct port_config *p = b->p;
    struct match match = MATCH_CATCHALL_INITIALIZER;
    uint64_t stub[128 / 8];
    struct ofpbuf acts = OFPBUF_STUB_INITIALIZER(stub);

    match_set_reg(&match, PL_R_OUT_PORT - MFF_REG0, p->ofport);
    match_set_in_port(&match, u16_to_ofp(p->ofport));
    if (!p->filtered) {
        match_set_reg(&match, PL_R_MODE - MFF_REG0, PL_FLOOD_NONE);
        act_load(&acts, PL_R_OUT_PORT, 0);
        act_load(&acts, PL_R_MODE, PL_FLOOD_HAIRPIN);
        act_resubmit(&acts, PL_T_FLOOD);
    }
    add_flow(b, PL_T_EGRESS, 200, &match, &acts);
    ofpbuf_uninit(&acts);
}

/* On a port in every VLAN, a native VLAN takes the place of VLAN 0. */
static void
egress_no_vlan(struct port_build *b)
{
    struct match match = MATCH_CATCHALL_INITIALIZER;
    struct ofpbuf acts;

    match_set_reg(&match, PL_R_OUT_PORT - MFF_REG0, b->p->ofport);
    match_set_reg(&match, PL_R_VLAN - MFF_REG0, 0);
    ofpbuf_init(&acts, 0);
    add_flow(b, PL_T_EGRESS, 110, &match, &acts);
    ofpbuf_uninit(&acts);
}

static void
egress(struct port_build *b)
{
    const struct port_config *p = b->p;

    egress_hairpin(b);
    if (p->native && p->tag && !p->n_trunks) {
        egress_no_vlan(b);
    }
    if (p->access || p->native) {
        bool untagged = p->access || p->native_untagged;

        add_egress(b, 110, p->tag,
                   untagged ? PL_MODE_UNTAGGED : PL_MODE_TAGGED);
    }
    if (!p->access && !p->n_trunks) {
        add_egress(b, 100, -1, PL_MODE_TAGGED);
    }
    for (size_t i = 0; !p->access && i < p->n_trunks; i++) {
        add_egress(b, 100, p->trunks[i], PL_MODE_TAGGED);
    }
}

/* Addresses. */

/* 'vlan' < 0: any. */
static void
add_static(struct port_build *b, uint16_t priority, int vlan)
{
    struct match match = MATCH_CATCHALL_INITIALIZER;
    uint64_t stub[128 / 8];
    struct ofpbuf acts = OFPBUF_STUB_INITIALIZER(stub);

    match_set_dl_dst(&match, b->p->mac);
    if (vlan >= 0) {
        match_set_reg(&match, PL_R_VLAN - MFF_REG0, vlan);
    }
    act_load(&acts, PL_R_OUT_PORT, b->p->ofport);
    add_flow(b, PL_T_FDB_STATIC, priority, &match, &acts);
    ofpbuf_uninit(&acts);
}

static void
add_static_vlan(uint16_t vlan, void *b)
{
    add_static(b, 110, vlan);
}

/* Who sent this frame, from where OUT_CT or OUT_DONE has put that. */
#define SENT_TO_SENDER                       \
    "NXM_OF_ETH_DST[0..31]=<SOURCE>[0..31]," \
    "NXM_OF_ETH_DST[32..47]=<SENDER>[0..15]"

/* Addresses that the rules let out beside the configured one: a few.  What the
 * guest itself sends to such an address goes on as if nobody had it: else a
 * guest that pretends to be another host would cut itself off from it. */
static void
learn(struct port_build *b)
{
    uint16_t port = b->p->ofport;
    uint64_t learned = pipeline_cookie(PL_K_LEARNED, port);
    uint64_t own = pipeline_cookie(PL_K_LEARNED, UINT64_C(1) << 32 | port);
    uint64_t id = (uint64_t) PL_T_LEARN << 32 | port;
    char *text = xasprintf(
        "table={LEARN},priority=30,[PORT]=%" PRIu16 ","
        "actions=learn(table={FDB_LEARNED},idle_timeout=300,priority=10,"
        "limit=%d,cookie=%#" PRIx64 ",<VLAN>[0..11]," SENT_TO_SENDER ","
        "load:NXM_OF_IN_PORT[]-><OUT_PORT>[0..15]),"
        "learn(table={FDB_LEARNED},idle_timeout=300,priority=20,"
        "limit=%d,cookie=%#" PRIx64 ",<VLAN>[0..11],NXM_OF_IN_PORT[],"
        "" SENT_TO_SENDER ")",
        port, PORT_LEARN_LIMIT, learned, 8 * PORT_LEARN_LIMIT, own);

    pipeline_add_text(b->set, pipeline_cookie(PL_K_PORT, id), text);
    free(text);
}

void
port_flows(const struct port_config *p, struct flow_set *set)
{
    struct port_build b = { .p = p, .set = set };

    for (size_t i = 0; p->bond && i < p->bond->n_members; i++) {
        classify(&b, p->bond->members[i]);
    }
    if (p->bond) {
        bond_flows(p, set);
    } else {
        classify(&b, p->ofport);
    }
    egress(&b);
    if (p->filtered) {
        learn(&b);
        if (p->has_mac && !eth_addr_is_multicast(p->mac)
            && port_config_vlans(p, add_static_vlan, &b)) {
            add_static(&b, 100, -1);
        }
        snoop_flows(p->ofport, p->mac, p->copies, set);
    }
}
