/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "switch/survey.h"

#include <stdlib.h>

#include "byte-order.h"
#include "flows/flow-table.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-msgs.h"
#include "switch/questions.h"
#include "tests/unit/check.h"
#include "tests/unit/flow-text.h"

#define RULE "cookie=0x4e57100000000001,"

static struct ofpbuf *
request(void)
{
    return survey_encode_request(OFPUTIL_P_OF15_OXM, 0, 0);
}

/* Adds the flow to the survey as a switch reports it. */
static void
report(struct survey *survey, const char *text, uint64_t packets,
       uint16_t idle_timeout)
{
    struct of_flow *flow = flow_from_text(text);
    struct ofputil_flow_stats fs = {
        .table_id = flow->table,
        .priority = flow->priority,
        .cookie = htonll(flow->cookie),
        .ofpacts = flow->ofpacts,
        .ofpacts_len = flow->ofpacts_len,
        .packet_count = packets,
        .byte_count = 100 * packets,
        .duration_sec = 7,
        .idle_timeout = idle_timeout,
    };
    struct ofpbuf *msg = request(), *reply;
    struct ovs_list msgs;

    minimatch_expand(&flow->match, &fs.match);
    ofpmp_init(&msgs, msg->data);
    ofputil_append_flow_stats_reply(&fs, &msgs, NULL);
    LIST_FOR_EACH_POP (reply, list_node, &msgs) {
        ofpmsg_update_length(reply);
        CHECK_INT(survey_add(survey, reply->data), 0);
        ofpbuf_delete(reply);
    }
    ofpbuf_delete(msg);
    of_flow_destroy(flow);
}

static void
want(struct flow_table *table, const char *owner, const char *text)
{
    struct flow_set set;

    flow_set_init(&set);
    CHECK(flow_set_add(&set, flow_from_text(text)));
    flow_table_replace(table, owner, &set);
    flow_set_uninit(&set);
}

static void
test_counters(void)
{
    const struct survey_flow **flows;
    struct survey survey;

    survey_init(&survey);
    report(&survey, RULE "table=5,priority=3,tcp,actions=drop", 4, 0);
    report(&survey, RULE "table=1,priority=3,actions=drop", UINT64_MAX, 0);
    CHECK_INT(survey_sorted(&survey, &flows), 2);
    CHECK_INT(flows[0]->flow->table, 1);
    CHECK_INT(flows[0]->packets, 0);
    CHECK_INT(flows[1]->flow->table, 5);
    CHECK_INT(flows[1]->packets, 4);
    CHECK_INT(flows[1]->bytes, 400);
    CHECK_INT(flows[1]->seconds, 7);
    free(flows);
    survey_uninit(&survey);
}

static void
test_compare(void)
{
    struct flow_table *table = flow_table_create();
    struct survey_comparison c;
    struct survey survey;

    want(table, "a", RULE "table=1,actions=drop");
    want(table, "b", RULE "table=2,actions=drop");
    want(table, "c", RULE "table=3,actions=drop");
    want(table, "d", RULE "table=4,actions=drop");
    want(table, "e", RULE "table=5,actions=drop");
    survey_init(&survey);
    report(&survey, RULE "table=1,actions=drop", 1, 0);
    report(&survey, "cookie=0x4e57100000000002,table=3,actions=drop", 1, 0);
    report(&survey, RULE "table=4,actions=1", 1, 0);
    report(&survey, RULE "table=5,actions=drop", 1, 60);
    report(&survey, RULE "table=6,actions=drop", 1, 0);
    report(&survey, "cookie=0x4e57f00000000000,table=57,actions=drop", 1, 60);

    survey_compare(&survey, table, &c);
    CHECK_INT(c.n_equal, 1);
    CHECK_INT(c.n[SURVEY_MISSING], 1);
    CHECK_INT(c.n[SURVEY_CHANGED], 3);
    CHECK_INT(c.n[SURVEY_EXTRA], 1);
    CHECK_INT(c.n[SURVEY_LEARNED], 1);
    CHECK(!survey_comparison_is_equal(&c));
    if (CHECK_INT(c.n_differences, 6)) {
        CHECK_INT(c.differences[0].wanted->table, 2);
        CHECK_INT(c.differences[1].found->flow->table, 6);
        CHECK_INT(c.differences[2].wanted->table, 3);
        CHECK_INT(c.differences[5].found->flow->table, 57);
    }
    survey_comparison_uninit(&c);
    survey_uninit(&survey);

    /* What the session believes does not matter. */
    struct flow_set none;
    flow_set_init(&none);
    flow_table_set_all_installed(table, &none);
    survey_init(&survey);
    for (int i = 1; i <= 5; i++) {
        char *text = xasprintf(RULE "table=%d,actions=drop", i);

        report(&survey, text, 0, 0);
        free(text);
    }
    survey_compare(&survey, table, &c);
    CHECK_INT(c.n_equal, 5);
    CHECK(survey_comparison_is_equal(&c));
    survey_comparison_uninit(&c);
    survey_uninit(&survey);
    flow_table_destroy(table);
}

/* Questions. */

struct asker {
    int n_parts, n_ends;
    const char *error;
};

static void
note(void *asker_, const struct ofp_header *part, bool last, const char *error)
{
    struct asker *asker = asker_;

    asker->n_parts += part != NULL;
    asker->n_ends += last;
    asker->error = error;
}

/* One part of an answer to 'msg', or an error. */
static bool
reply_at(struct questions *qs, const struct ofpbuf *msg, bool more,
         enum ofperr error, long long int now)
{
    struct ofpbuf *part;
    bool taken;

    if (error) {
        part = ofperr_encode_reply(error, msg->data);
    } else {
        struct ovs_list msgs;

        ofpmp_init(&msgs, msg->data);
        part = ofpbuf_from_list(ovs_list_pop_front(&msgs));
        ofpmsg_update_length(part);
        ((ovs_be16 *) part->data)[5] |= htons(more ? OFPSF_REPLY_MORE : 0);
    }
    taken = questions_receive(qs, part->data, now);
    ofpbuf_delete(part);
    return taken;
}

static bool
reply(struct questions *qs, const struct ofpbuf *msg, bool more,
      enum ofperr error)
{
    return reply_at(qs, msg, more, error, 0);
}

static void
test_questions(void)
{
    struct questions *qs = questions_create();
    struct ofpbuf *msgs[4], *foreign = request();
    struct asker askers[4] = { { 0 } };

    for (int i = 0; i < 4; i++) {
        msgs[i] = request();
        questions_add(qs, msgs[i], note, &askers[i], 0);
    }
    CHECK(!reply(qs, foreign, false, 0));
    CHECK(reply(qs, msgs[1], true, 0));
    CHECK(reply(qs, msgs[0], false, 0));
    CHECK(reply(qs, msgs[1], false, 0));
    CHECK(reply(qs, msgs[2], false, OFPERR_OFPBRC_EPERM));
    CHECK(!reply(qs, msgs[1], false, 0));
    CHECK_INT(askers[0].n_parts, 1);
    CHECK_INT(askers[1].n_parts, 2);
    CHECK_INT(askers[1].n_ends, 1);
    CHECK_STR(askers[1].error, NULL);
    CHECK_INT(askers[2].n_parts, 0);
    CHECK_INT(askers[2].n_ends, 1);
    CHECK_STR(askers[2].error, "OFPBRC_EPERM");
    CHECK_INT(askers[3].n_ends, 0);
    questions_disconnected(qs);
    CHECK_INT(askers[3].n_ends, 1);
    CHECK_STR(askers[3].error, "the connection was lost");
    questions_destroy(qs);
    CHECK_INT(askers[3].n_ends, 1);
    for (int i = 0; i < 4; i++) {
        ofpbuf_delete(msgs[i]);
    }
    ofpbuf_delete(foreign);
}

/* A switch that hangs: each part is waited for anew. */
static void
test_unanswered(void)
{
    struct questions *qs = questions_create();
    struct ofpbuf *msgs[2] = { request(), request() };
    struct asker askers[2] = { { 0 } };

    CHECK(questions_next_run(qs) == LLONG_MAX);
    questions_add(qs, msgs[0], note, &askers[0], 1000);
    questions_add(qs, msgs[1], note, &askers[1], 2000);
    CHECK(questions_next_run(qs) == 1000 + QUESTIONS_TIMEOUT_MS);
    CHECK(reply_at(qs, msgs[0], true, 0, 3000));
    CHECK(questions_next_run(qs) == 2000 + QUESTIONS_TIMEOUT_MS);
    questions_run(qs, 2000 + QUESTIONS_TIMEOUT_MS - 1);
    CHECK_INT(askers[1].n_ends, 0);
    questions_run(qs, 2000 + QUESTIONS_TIMEOUT_MS);
    CHECK_INT(askers[1].n_ends, 1);
    CHECK(askers[1].error == question_unanswered);
    CHECK_INT(askers[0].n_ends, 0);
    CHECK(!reply_at(qs, msgs[1], false, 0, 13000));
    questions_run(qs, 3000 + QUESTIONS_TIMEOUT_MS);
    CHECK_INT(askers[0].n_parts, 1);
    CHECK_INT(askers[0].n_ends, 1);
    CHECK(questions_next_run(qs) == LLONG_MAX);
    questions_destroy(qs);
    ofpbuf_delete(msgs[0]);
    ofpbuf_delete(msgs[1]);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_counters);
    RUN(test_compare);
    RUN(test_questions);
    RUN(test_unanswered);
    return CHECK_RESULT();
}
