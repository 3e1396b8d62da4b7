/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "switch/rule-sums.h"

#include <stdlib.h>

#include "byte-order.h"
#include "flows/flow-table.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-msgs.h"
#include "switch/survey.h"
#include "tests/unit/check.h"
#include "tests/unit/flow-text.h"

#define RULE(ID) "cookie=0x4e5710000000000" #ID ","
#define GLUE "cookie=0x4e57300000000001,"

/* A switch whose flows are those of the table, with counters by table. */
struct lab {
    struct flow_table *table;
    struct rule_sums *sums;
    uint64_t packets[8]; /* Of the flow in each table. */
    size_t n_questions;  /* Asked for the last change. */
    uint32_t next_xid;
};

static void
lab_init(struct lab *lab)
{
    memset(lab, 0, sizeof *lab);
    lab->table = flow_table_create();
    lab->sums = rule_sums_create();
    lab->next_xid = 100;
}

static void
lab_uninit(struct lab *lab)
{
    rule_sums_destroy(lab->sums);
    flow_table_destroy(lab->table);
}

struct reply {
    const struct lab *lab;
    const struct ofputil_flow_stats_request *request;
    struct ovs_list *msgs;
};

static void
put_stats(const struct of_flow *wanted OVS_UNUSED,
          const struct of_flow *installed, void *reply_)
{
    struct reply *reply = reply_;
    struct ofputil_flow_stats fs = { .packet_count = 0 };

    if (!installed
        || (htonll(installed->cookie) ^ reply->request->cookie)
               & reply->request->cookie_mask) {
        return;
    }
    fs.table_id = installed->table;
    fs.priority = installed->priority;
    fs.cookie = htonll(installed->cookie);
    fs.ofpacts = installed->ofpacts;
    fs.ofpacts_len = installed->ofpacts_len;
    fs.packet_count = reply->lab->packets[installed->table];
    fs.byte_count = 10 * fs.packet_count;
    minimatch_expand(&installed->match, &fs.match);
    ofputil_append_flow_stats_reply(&fs, reply->msgs, NULL);
}

/* Calls 'cb' for each part of the switch's answer. */
static void
answer(const struct lab *lab, const struct ofpbuf *msg,
       void (*cb)(const struct ofp_header *, void *aux), void *aux)
{
    struct ofputil_flow_stats_request request;
    struct ofpbuf *part;
    struct ovs_list msgs;

    CHECK_INT(ofputil_decode_flow_stats_request(&request, msg->data, NULL,
                                                NULL),
              0);
    ofpmp_init(&msgs, msg->data);
    flow_table_for_each(lab->table, put_stats,
                        &(struct reply){ lab, &request, &msgs });
    LIST_FOR_EACH_POP (part, list_node, &msgs) {
        ofpmsg_update_length(part);
        cb(part->data, aux);
        ofpbuf_delete(part);
    }
}

static void
receive(const struct ofp_header *oh, void *sums)
{
    CHECK(rule_sums_receive(sums, oh));
}

/* Brings the switch to what the table wants, as install.c does. */
static void
commit(struct lab *lab, bool accepted)
{
    struct ovs_list out = OVS_LIST_INITIALIZER(&out);
    struct flow_change *changes;
    size_t n = flow_table_changes(lab->table, &changes);
    struct ofpbuf *msg;

    rule_sums_prepare(lab->sums, changes, n, lab->table, OFPUTIL_P_OF15_OXM,
                      &lab->next_xid, &out);
    lab->n_questions = ovs_list_size(&out);
    LIST_FOR_EACH_POP (msg, list_node, &out) {
        answer(lab, msg, receive, lab->sums);
        ofpbuf_delete(msg);
    }
    rule_sums_finish(lab->sums, accepted);
    for (size_t i = 0; accepted && i < n; i++) {
        const struct of_flow *flow = changes[i].flow;

        if (changes[i].kind == FLOW_ADD) {
            lab->packets[flow->table] = 0;
        }
        flow_table_set_installed(lab->table, flow,
                                 changes[i].kind == FLOW_DELETE ? NULL : flow);
    }
    free(changes);
}

/* Wants one flow in a table of the switch, or with NULL none. */
static void
want(struct lab *lab, const char *owner, const char *text)
{
    struct flow_set set;

    flow_set_init(&set);
    if (text) {
        flow_set_add(&set, flow_from_text(text));
    }
    flow_table_replace(lab->table, owner, &set);
    flow_set_uninit(&set);
}

static void
add_to_survey(const struct ofp_header *oh, void *survey)
{
    CHECK_INT(survey_add(survey, oh), 0);
}

static uint64_t
count_of(const struct lab *lab, uint64_t id)
{
    struct ofpbuf *msg = survey_encode_request(OFPUTIL_P_OF15_OXM, 0, 0);
    const struct rule_count *count;
    struct survey survey;
    struct hmap counts;
    uint64_t packets;

    ofpmsg_update_length(msg);
    survey_init(&survey);
    answer(lab, msg, add_to_survey, &survey);
    hmap_init(&counts);
    rule_sums_add(lab->sums, &survey, &counts);
    count = rule_counts_find(&counts, id);
    packets = count ? count->packets : 0;
    CHECK_INT(count ? count->bytes : 0, 10 * packets);
    rule_counts_destroy(&counts);
    survey_uninit(&survey);
    ofpbuf_delete(msg);
    return packets;
}

static void
test_flows_that_go(void)
{
    struct lab lab;

    lab_init(&lab);
    want(&lab, "a", RULE(1) "table=1,actions=drop");
    want(&lab, "b", RULE(1) "table=2,actions=drop");
    want(&lab, "c", RULE(2) "table=3,actions=drop");
    want(&lab, "d", GLUE "table=4,actions=drop");
    commit(&lab, true);
    CHECK_INT(lab.n_questions, 0);
    lab.packets[1] = 5;
    lab.packets[2] = 7;
    lab.packets[3] = 9;
    CHECK_INT(count_of(&lab, 1), 12);

    /* A bundle that is refused changes nothing. */
    want(&lab, "a", NULL);
    commit(&lab, false);
    CHECK_INT(count_of(&lab, 1), 12);
    commit(&lab, true);
    CHECK_INT(lab.n_questions, 1);
    CHECK_INT(count_of(&lab, 1), 12);
    want(&lab, "a", RULE(1) "table=1,actions=drop");
    commit(&lab, true);
    CHECK_INT(lab.n_questions, 0);
    lab.packets[1] = 1;
    CHECK_INT(count_of(&lab, 1), 13);
    CHECK_INT(count_of(&lab, 2), 9);

    /* Nobody asks what other flows have counted, nor where a flow gets other
     * actions and stays its rule's. */
    want(&lab, "c", RULE(2) "table=3,actions=1");
    want(&lab, "d", NULL);
    commit(&lab, true);
    CHECK_INT(lab.n_questions, 0);
    CHECK_INT(count_of(&lab, 2), 9);
    lab_uninit(&lab);
}

static void
test_inheritance(void)
{
    struct lab lab;

    lab_init(&lab);
    want(&lab, "a", RULE(1) "table=1,actions=drop");
    want(&lab, "d", GLUE "table=4,actions=drop");
    commit(&lab, true);
    lab.packets[1] = 5;
    lab.packets[4] = 50;

    /* The switch goes on counting from there. */
    want(&lab, "a", RULE(2) "table=1,actions=1");
    want(&lab, "d", RULE(3) "table=4,actions=drop");
    commit(&lab, true);
    CHECK_INT(lab.n_questions, 2);
    lab.packets[1] += 3;
    lab.packets[4] += 1;
    CHECK_INT(count_of(&lab, 1), 5);
    CHECK_INT(count_of(&lab, 2), 3);
    CHECK_INT(count_of(&lab, 3), 1);
    want(&lab, "a", RULE(1) "table=1,actions=drop");
    commit(&lab, true);
    lab.packets[1] += 10;
    CHECK_INT(count_of(&lab, 1), 15);
    CHECK_INT(count_of(&lab, 2), 3);
    want(&lab, "a", NULL);
    want(&lab, "d", GLUE "table=4,actions=drop");
    commit(&lab, true);
    CHECK_INT(count_of(&lab, 1), 15);
    CHECK_INT(count_of(&lab, 3), 1);
    lab_uninit(&lab);
}

/* A switch that was restarted: what it has inherited is forgotten. */
static void
test_restart(void)
{
    struct flow_set none;
    struct lab lab;

    lab_init(&lab);
    want(&lab, "a", RULE(1) "table=1,actions=drop");
    commit(&lab, true);
    lab.packets[1] = 5;
    want(&lab, "a", RULE(2) "table=1,actions=drop");
    commit(&lab, true);
    flow_set_init(&none);
    flow_table_set_all_installed(lab.table, &none);
    rule_sums_check(lab.sums, lab.table);
    commit(&lab, true);
    lab.packets[1] = 8;
    CHECK_INT(count_of(&lab, 1), 5);
    CHECK_INT(count_of(&lab, 2), 8);
    flow_set_uninit(&none);
    lab_uninit(&lab);
}

static bool
is_even(uint64_t id, const void *aux OVS_UNUSED)
{
    return id % 2 == 0;
}

/* Many at once are asked for together; those that are gone are forgotten. */
static void
test_many(void)
{
    struct lab lab;

    lab_init(&lab);
    for (int i = 0; i < 200; i++) {
        char *text = xasprintf("cookie=%#" PRIx64 ",table=1,reg0=%d,"
                               "actions=drop",
                               UINT64_C(0x4e57100000000000) + i + 1, i);

        want(&lab, text, text);
        free(text);
    }
    commit(&lab, true);
    lab.packets[1] = 2;
    for (int i = 0; i < 200; i++) {
        char *text = xasprintf("cookie=%#" PRIx64 ",table=1,reg0=%d,"
                               "actions=drop",
                               UINT64_C(0x4e57100000000000) + i + 1, i);

        want(&lab, text, NULL);
        free(text);
    }
    commit(&lab, true);
    CHECK_INT(lab.n_questions, 1);
    CHECK_INT(count_of(&lab, 200), 2);
    CHECK_INT(rule_sums_count(lab.sums), 200);
    rule_sums_prune(lab.sums, is_even, NULL);
    CHECK_INT(rule_sums_count(lab.sums), 100);
    CHECK_INT(count_of(&lab, 199), 0);
    CHECK_INT(count_of(&lab, 200), 2);
    lab_uninit(&lab);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_flows_that_go);
    RUN(test_inheritance);
    RUN(test_restart);
    RUN(test_many);
    return CHECK_RESULT();
}
