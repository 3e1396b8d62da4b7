/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/bpdu-flows.h"

#include <stdlib.h>

#include "flows/actions.h"
#include "flows/flow.h"
#include "flows/pipeline.h"
#include "flows/punt-flows.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"

#define BRIDGES "01:80:c2:00:00:00"

/* Above the entries of the program's other frames. */
#define PRIORITY_ASK 110
#define PRIORITY_GO_ON 120

/* The meter is an instruction, because "controller" ignores its own when it
 * pauses. */
void
bpdu_show_flows(struct flow_set *set)
{
    for (size_t i = 0; i < PUNT_N_PORT_METERS; i++) {
        char *text = xasprintf("table={SHOW},priority=30,[HEADER]=%#x/%#x,"
                               "[PORT]=%" PRIuSIZE "/%#x,actions=meter:"
                               "%" PRIuSIZE ",resubmit(,{BPDU})",
                               PL_HEADER_ASKED, PL_HEADER_ASKED, i,
                               PUNT_N_PORT_METERS - 1, PUNT_METER_BPDU + i);

        pipeline_add_fixed(set, PL_P_SHOW_BPDU, text);
        free(text);
    }
}

static void
init_match(struct match *match, uint32_t id)
{
    match_init_catchall(match);
    match_set_reg(match, PL_R_PROGRAM - MFF_REG0, id);
    match_set_dl_dst(match, eth_addr_stp);
}

static void
add_flow(uint8_t table, int priority, uint32_t id, const struct match *match,
         const struct ofpbuf *acts, struct flow_set *set)
{
    flow_set_add(set, of_flow_create(table, priority,
                                     pipeline_cookie(PL_K_PROGRAM, id), match,
                                     acts));
}

/* Asks the daemon. */
static void
add_pause(const struct bpdu_list *list, bool in, uint32_t id,
          struct flow_set *set)
{
    struct ds text = DS_EMPTY_INITIALIZER;
    struct ofpbuf userdata;

    ofpbuf_init(&userdata, 64);
    bpdu_list_put(list, &userdata);
    ds_put_format(&text,
                  "table={BPDU},priority=100,[PROGRAM]=%#" PRIx32
                  ",[FLAGS]=%#x/%#x,dl_dst=" BRIDGES
                  ",actions=controller(pause,userdata=4e.57.%02x",
                  id, in ? PL_F_IN : 0, PL_F_IN, PUNT_BPDU);
    for (size_t i = 0; i < userdata.size; i++) {
        ds_put_format(&text, ".%02x", ((uint8_t *) userdata.data)[i]);
    }
    ds_put_format(&text, "),group:%d",
                  in ? PL_GROUP_BPDU_IN : PL_GROUP_BPDU_OUT);
    pipeline_add_text(set, pipeline_cookie(PL_K_PROGRAM, id), ds_cstr(&text));
    ofpbuf_uninit(&userdata);
    ds_destroy(&text);
}

void
bpdu_program_flows(const struct bpdu_list *list, bool in, uint32_t id,
                   const struct ofpbuf *entry, struct flow_set *set)
{
    uint8_t table = in ? PL_T_IN_L2_ENTRY : PL_T_OUT_ENTRY;
    struct ofpbuf acts;
    struct match match;

    ofpbuf_init(&acts, 64);
    act_load_masked(&acts, PL_R_HEADER, PL_HEADER_ASKED,
                    PL_HEADER_ASKED | PL_HEADER_ANSWERED);
    act_group(&acts, PL_GROUP_SHOW);
    init_match(&match, id);
    add_flow(table, PRIORITY_ASK, id, &match, &acts, set);

    /* PRED is 0 where nothing is being looked up. */
    ofpbuf_clear(&acts);
    act_load(&acts, PL_R_PRED, 0);
    ofpbuf_put(&acts, entry->data, entry->size);
    match_set_reg_masked(&match, PL_R_HEADER - MFF_REG0, PL_HEADER_ANSWERED,
                         PL_HEADER_ANSWERED);
    match_set_reg(&match, PL_R_PRED - MFF_REG0, bpdu_list_id(list));
    add_flow(table, PRIORITY_GO_ON, id, &match, &acts, set);

    add_pause(list, in, id, set);
    ofpbuf_uninit(&acts);
}

/* The flow's question, or NULL: it asks nothing for that direction. */
static const struct ofpact_controller *
find_question(const struct of_flow *flow, bool in)
{
    const struct ofpact *a;
    struct match match;

    minimatch_expand(&flow->match, &match);
    if (flow->table != PL_T_BPDU
        || !(match.flow.regs[PL_R_FLAGS - MFF_REG0] & PL_F_IN) == in) {
        return NULL;
    }
    OFPACT_FOR_EACH (a, flow->ofpacts, flow->ofpacts_len) {
        if (a->type == OFPACT_CONTROLLER
            && ofpact_get_CONTROLLER(a)->userdata_len > PUNT_KIND_LEN) {
            return ofpact_get_CONTROLLER(a);
        }
    }
    return NULL;
}

bool
bpdu_flows_answer(const struct flow_set *flows, bool in, const void *frame,
                  size_t size, uint32_t *headerp, uint32_t *predp)
{
    const struct of_flow *flow;
    struct bpdu_answer answer;

    FLOW_SET_FOR_EACH (flow, flows) {
        const struct ofpact_controller *oc = find_question(flow, in);

        if (oc
            && bpdu_answer(oc->userdata + PUNT_KIND_LEN,
                           oc->userdata_len - PUNT_KIND_LEN, frame, size,
                           &answer)) {
            *headerp = bpdu_header_answered(0, &answer);
            *predp = answer.id;
            return true;
        }
    }
    return false;
}

uint32_t
bpdu_header_bit(size_t condition)
{
    ovs_assert(condition < BPDU_MAX_CONDITIONS);
    return UINT32_C(1) << (PL_HEADER_BPDU_SHIFT + condition);
}

uint32_t
bpdu_header_answered(uint32_t header, const struct bpdu_answer *answer)
{
    return ((header & ((1u << PL_HEADER_BPDU_SHIFT) - 1))
            | answer->bits << PL_HEADER_BPDU_SHIFT | PL_HEADER_ANSWERED);
}
