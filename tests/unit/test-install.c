/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "switch/install.h"

#include <limits.h>
#include <stdlib.h>

#include "openvswitch/vlog.h"
#include "tests/unit/check.h"
#include "tests/unit/flow-text.h"
#include "tests/unit/session-pair.h"
#include "util.h"

static void
want(struct pair *p, const char *owner, ...)
{
    va_list texts;

    va_start(texts, owner);
    replace_by_texts(p->desired, owner, flow_from_text, texts);
    va_end(texts);
}

static void
connect_ready(struct pair *p)
{
    install_set_ready(p->in);
    install_connected(p->in, p->fs.protocol);
    settle(p);
}

static void
in_switch(struct pair *p, const char *text)
{
    struct of_flow *flow = flow_from_text(text);
    fake_set(&p->fs, flow, true);
    of_flow_destroy(flow);
}

static void
foreign(struct pair *p, const char *text, bool present)
{
    struct of_flow *flow = flow_from_text(text);
    fake_foreign_change(&p->fs, flow, present);
    of_flow_destroy(flow);
}

static int
compare_strings(const void *a, const void *b)
{
    return strcmp(*(char *const *) a, *(char *const *) b);
}

/* The switch's flows, sorted, separated by "; ". */
static void
check_switch(struct pair *p, const char *expected)
{
    size_t n = 0;
    char **lines = xmalloc(hmap_count(&p->fs.flows.flows) * sizeof *lines);
    struct of_flow *flow;
    FLOW_SET_FOR_EACH (flow, &p->fs.flows) {
        lines[n++] = of_flow_to_string(flow);
    }
    qsort(lines, n, sizeof *lines, compare_strings);

    struct ds s = DS_EMPTY_INITIALIZER;
    for (size_t i = 0; i < n; i++) {
        ds_put_format(&s, "%s%s", i ? "; " : "", lines[i]);
        free(lines[i]);
    }
    CHECK_STR(ds_cstr(&s), expected);
    ds_destroy(&s);
    free(lines);
}

static void
check_error(struct pair *p, uint64_t cookie, const char *text)
{
    struct switch_error error;
    if (CHECK(install_next_error(p->in, &error))) {
        CHECK_INT(error.cookie, cookie);
        CHECK_STR(error.text, text);
        switch_error_uninit(&error);
    }
}

#define C(ID) "cookie=0x4e57000000" #ID ","
#define A C(000001) "table=1,ip,actions=output:1"
#define B C(000002) "table=2,ip,actions=output:2"
#define FMT_A "cookie=0x4e57000000000001, table=1, ip actions=output:1"
#define FMT_B "cookie=0x4e57000000000002, table=2, ip actions=output:2"

static void
test_start(void)
{
    struct pair p;

    pair_init(&p);
    CHECK_INT(install_next_run(p.in), LLONG_MAX);
    uint64_t mark = install_mark(p.in);
    want(&p, "x", A, B, NULL);
    CHECK(install_mark(p.in) > mark);
    mark = install_mark(p.in);
    CHECK_INT(install_mark(p.in), mark);

    /* Not ready: reads, but changes nothing. */
    in_switch(&p, "table=9,actions=drop");
    in_switch(&p, C(000009) "table=9,ip,actions=drop");
    install_connected(p.in, p.fs.protocol);
    settle(&p);
    CHECK_INT(p.fs.n_dumps, 1);
    CHECK_INT(p.fs.n_flow_mods, 0);
    CHECK_INT(install_acked(p.in), 0);

    install_set_ready(p.in);
    CHECK_INT(install_next_run(p.in), LLONG_MIN);
    settle(&p);
    CHECK_INT(p.fs.n_flow_mods, 3);
    CHECK_INT(install_acked(p.in), mark);
    check_switch(&p, FMT_A "; " FMT_B "; table=9, actions=drop");
    CHECK_INT(install_next_run(p.in), LLONG_MAX);
    pair_uninit(&p);
}

/* What is there already costs nothing, whatever the desired table went
 * through before. */
static void
test_take_over(void)
{
    struct pair p;

    pair_init(&p);
    in_switch(&p, A);
    in_switch(&p, B);
    in_switch(&p, "cookie=0x4e57f00000000001,table=57,arp,actions=drop");
    install_connected(p.in, p.fs.protocol);
    settle(&p);
    want(&p, "x", B, NULL);
    want(&p, "y", B, NULL);
    want(&p, "x", A, NULL);
    install_set_ready(p.in);
    uint64_t mark = install_mark(p.in);
    settle(&p);
    CHECK_INT(p.fs.n_flow_mods, 0);
    CHECK_INT(install_acked(p.in), mark);
    pair_uninit(&p);
}

/* Acknowledged means that the barrier was answered. */
static void
test_ack(void)
{
    struct pair p;

    pair_init(&p);
    connect_ready(&p);
    want(&p, "x", A, NULL);
    uint64_t first = install_mark(p.in);
    run_session(&p, 100);
    while (run_switch(&p) || run_reply(&p)) {
        CHECK(install_acked(p.in) < first);
    }
    run_session(&p, 100);
    CHECK_INT(ovs_list_size(&p.wire), 2); /* Commit, barrier. */

    /* This comes too late for the first bundle. */
    want(&p, "x", A, B, NULL);
    uint64_t second = install_mark(p.in);
    while (run_switch(&p)) {
        CHECK(install_acked(p.in) < first);
    }
    while (run_reply(&p)) {
        continue;
    }
    CHECK_INT(install_acked(p.in), first);
    settle(&p);
    CHECK_INT(install_acked(p.in), second);
    CHECK_INT(p.fs.n_commits, 2);
    CHECK_INT(p.fs.n_flow_mods, 2);
    pair_uninit(&p);
}

/* At most 'max' messages at a time; the rest stays flows. */
static void
test_pacing(void)
{
    struct pair p;
    struct flow_set set;

    pair_init(&p);
    connect_ready(&p);
    flow_set_init(&set);
    for (int i = 0; i < 100; i++) {
        char *text = xasprintf(C(000001) "table=1,reg0=%d,actions=drop", i);
        flow_set_add(&set, flow_from_text(text));
        free(text);
    }
    flow_table_replace(p.desired, "x", &set);
    flow_set_uninit(&set);
    for (int i = 0; i < 10; i++) {
        run_session(&p, 10);
        CHECK_INT(ovs_list_size(&p.wire), 10 * (i + 1));
        CHECK_INT(install_next_run(p.in), LLONG_MIN);
    }
    run_session(&p, 10); /* Open and 100 changes, and now the close. */
    CHECK_INT(ovs_list_size(&p.wire), 102);
    CHECK_INT(install_next_run(p.in), LLONG_MAX);
    settle(&p);
    CHECK_INT(hmap_count(&p.fs.flows.flows), 100);
    pair_uninit(&p);
}

static void
test_refused(void)
{
    struct pair p;

    pair_init(&p);
    connect_ready(&p);
    want(&p, "bad", C(010005) "table=3,actions=drop",
         C(010006) "table=4,actions=drop", C(000007) "table=5,actions=drop",
         NULL);
    want(&p, "bad too", C(020008) "table=6,actions=drop", NULL);
    want(&p, "good", A, NULL);
    uint64_t mark = install_mark(p.in);
    settle(&p);

    /* The others go on, the bad ones' flows stay out, all of them. */
    check_error(&p, UINT64_C(0x4e57000000010005),
                "OFPBAC_BAD_OUT_GROUP (Invalid group id in output action.): "
                "cookie=0x4e57000000010005, table=3, actions=drop");
    check_error(&p, UINT64_C(0x4e57000000010006),
                "OFPBAC_BAD_OUT_GROUP (Invalid group id in output action.): "
                "cookie=0x4e57000000010006, table=4, actions=drop");
    check_error(&p, UINT64_C(0x4e57000000020008),
                "OFPFMFC_TABLE_FULL (Flow not added because of full table(s)"
                ".): cookie=0x4e57000000020008, table=6, actions=drop");
    check_no_error(&p);
    check_switch(&p, FMT_A);
    CHECK_INT(install_acked(p.in), mark);

    /* A full table may have room later: another attempt. */
    CHECK_INT(install_next_run(p.in), p.now + 30000);
    p.now += 30000;
    settle(&p);
    for (int i = 0; i < 3; i++) {
        struct switch_error error;

        CHECK(install_next_error(p.in, &error));
        switch_error_uninit(&error);
    }
    check_no_error(&p);
    CHECK_INT(install_next_run(p.in), p.now + 30000);

    /* A change elsewhere: first that, then another attempt. */
    size_t commits = p.fs.n_commits;
    want(&p, "good", A, B, NULL);
    settle(&p);
    check_switch(&p, FMT_A "; " FMT_B);
    CHECK_INT(p.fs.n_commits, commits + 1);
    check_error(&p, UINT64_C(0x4e57000000010005),
                "OFPBAC_BAD_OUT_GROUP (Invalid group id in output action.): "
                "cookie=0x4e57000000010005, table=3, actions=drop");

    /* Made good. */
    want(&p, "bad", C(000005) "table=3,actions=drop", NULL);
    want(&p, "bad too", NULL);
    settle(&p);
    check_switch(&p, FMT_A "; " FMT_B "; "
                           "cookie=0x4e57000000000005, table=3, actions=drop");
    pair_uninit(&p);
}

/* An owner that had flows keeps the old ones, not a mixture. */
static void
test_refused_keeps_old(void)
{
    struct pair p;

    pair_init(&p);
    want(&p, "x", A, B, NULL);
    connect_ready(&p);
    want(&p, "x", C(000003) "table=1,ip,actions=drop",
         C(020004) "table=4,actions=drop", NULL);
    settle(&p);
    check_switch(&p, FMT_A "; " FMT_B);
    want(&p, "x", A, B, NULL);
    settle(&p);
    check_switch(&p, FMT_A "; " FMT_B);
    CHECK_INT(p.fs.n_commits, 1);
    pair_uninit(&p);
}

/* Refused without a reason: tried again after a while. */
static void
test_refused_unexplained(void)
{
    struct pair p;

    pair_init(&p);
    connect_ready(&p);
    want(&p, "x", A, NULL);
    uint64_t mark = install_mark(p.in);
    run_session(&p, 100);
    while (run_switch(&p) || run_reply(&p)) {
        continue;
    }
    run_session(&p, 100);
    struct ofpbuf *commit = ofpbuf_from_list(ovs_list_pop_front(&p.wire));
    fake_reply_error(&p.fs, OFPERR_OFPBFC_TIMEOUT, commit);
    ofpbuf_delete(commit);
    fake_discard_bundle(&p.fs);
    settle(&p);
    check_error(&p, 0,
                "OFPBFC_TIMEOUT (Bundle is taking too long.): "
                "the switch refused a bundle");
    CHECK_INT(install_next_run(p.in), p.now + 1000);
    CHECK(install_acked(p.in) < mark);
    p.now += 1000;
    settle(&p);
    check_switch(&p, FMT_A);
    CHECK_INT(install_acked(p.in), mark);
    pair_uninit(&p);
}

/* Waits until the session has nothing to send, and returns how many messages
 * it sent without an answer. */
static size_t
count_sent(struct pair *p)
{
    run_session(p, 100);
    run_session(p, 100);
    return ovs_list_size(&p->wire);
}

#define LIKE_A C(000003) "table=1,ip,actions=output:7"
#define BAD_A C(010004) "table=1,priority=7,ip,actions=output:9"
#define FMT_LIKE_A "cookie=0x4e57000000000003, table=1, ip actions=output:7"

/* Flows such as the switch has taken before go without a stop. */
static void
test_familiar(void)
{
    struct pair p;

    pair_init(&p);
    connect_ready(&p);
    want(&p, "x", A, NULL);
    CHECK_INT(count_sent(&p), 3); /* Open, add, close. */
    settle(&p);
    want(&p, "x", LIKE_A, NULL);
    CHECK_INT(count_sent(&p), 5); /* Commit and barrier, too. */
    settle(&p);
    check_switch(&p, FMT_LIKE_A);
    want(&p, "x", NULL);
    CHECK_INT(count_sent(&p), 5);
    settle(&p);
    check_switch(&p, "");

    /* Another switch may have another opinion. */
    pair_disconnect(&p);
    install_connected(p.in, p.fs.protocol);
    settle(&p);
    want(&p, "x", A, NULL);
    CHECK_INT(count_sent(&p), 3);
    settle(&p);
    pair_uninit(&p);
}

/* It refuses such a flow all the same: nothing stays of what came with it. */
static void
test_familiar_refused(void)
{
    struct pair p;

    pair_init(&p);
    connect_ready(&p);
    want(&p, "gone", C(000005) "table=1,priority=5,ip,actions=output:5", NULL);
    want(&p, "x", A, NULL);
    settle(&p);
    want(&p, "gone", NULL);
    want(&p, "x", LIKE_A, BAD_A, NULL);
    want(&p, "y", C(000006) "table=1,priority=6,ip,actions=output:6", NULL);
    uint64_t mark = install_mark(p.in);
    CHECK_INT(count_sent(&p), 8);
    while (run_switch(&p)) {
        continue;
    }
    check_switch(&p, FMT_LIKE_A "; cookie=0x4e57000000000006, table=1, "
                                "priority=6,ip actions=output:6");
    while (run_reply(&p)) {
        continue;
    }
    CHECK(install_acked(p.in) < mark);

    /* First as it was, then what is good. */
    size_t commits = p.fs.n_commits;
    for (int i = 0; i < 100 && p.fs.n_commits == commits; i++) {
        run_session(&p, 7);
        run_switch(&p);
        run_reply(&p);
    }
    check_switch(&p, FMT_A "; cookie=0x4e57000000000005, table=1, "
                           "priority=5,ip actions=output:5");
    settle(&p);
    check_error(&p, UINT64_C(0x4e57000000010004),
                "OFPBAC_BAD_OUT_GROUP (Invalid group id in output action.): "
                "cookie=0x4e57000000010004, table=1, priority=7,ip "
                "actions=output:9");
    check_no_error(&p);
    check_switch(&p, FMT_A "; cookie=0x4e57000000000006, table=1, "
                           "priority=6,ip actions=output:6");
    CHECK_INT(install_acked(p.in), mark);
    pair_uninit(&p);
}

static void
test_disconnect(void)
{
    /* After each possible number of messages. */
    for (int n = 0; n < 12; n++) {
        struct pair p;

        pair_init(&p);
        in_switch(&p, C(000009) "table=9,ip,actions=drop");
        want(&p, "x", A, B, NULL);
        uint64_t mark = install_mark(p.in);
        install_set_ready(p.in);
        install_connected(p.in, p.fs.protocol);
        install_flush_zone(p.in, 77);
        for (int i = 0; i < n; i++) {
            run_session(&p, 100);
            run_switch(&p);
            run_reply(&p);
        }
        pair_disconnect(&p);
        CHECK_INT(install_next_run(p.in), LLONG_MAX);
        run_session(&p, 100);
        CHECK(ovs_list_is_empty(&p.wire));

        install_connected(p.in, p.fs.protocol);
        settle(&p);
        check_switch(&p, FMT_A "; " FMT_B);
        CHECK_INT(p.fs.zone, 77);
        CHECK_INT(install_acked(p.in), mark);
        pair_uninit(&p);
    }
}

static void
test_foreign_changes(void)
{
    struct pair p;
    struct switch_stats stats;

    pair_init(&p);
    want(&p, "x", A, B, NULL);
    connect_ready(&p);
    size_t n = p.fs.n_flow_mods;

    foreign(&p, A, false);
    foreign(&p, "table=2,ip,actions=drop", true);
    foreign(&p, C(000009) "table=9,actions=drop", true);
    foreign(&p, "table=10,actions=drop", true);
    foreign(&p, "cookie=0x4e57f00000000001,table=11,actions=drop", true);
    settle(&p);
    check_switch(&p,
                 FMT_A "; " FMT_B "; "
                       "cookie=0x4e57f00000000001, table=11, actions=drop; "
                       "table=10, actions=drop");
    CHECK_INT(p.fs.n_flow_mods, n + 3);
    install_get_stats(p.in, &stats);
    CHECK_INT(stats.foreign_changes, 3);

    /* Put right by the same hand. */
    n = p.fs.n_flow_mods;
    foreign(&p, A, false);
    foreign(&p, A, true);
    while (run_reply(&p)) {
        continue;
    }
    settle(&p);
    CHECK_INT(p.fs.n_flow_mods, n);
    pair_uninit(&p);
}

/* Somebody else's flow has the place of one of ours. */
static void
test_taken_place(void)
{
    struct pair p;

    pair_init(&p);
    in_switch(&p, "cookie=0x12,table=1,ip,actions=NORMAL");
    want(&p, "x", A, C(000003) "table=3,actions=drop", NULL);
    want(&p, "y", B, NULL);
    uint64_t mark = install_mark(p.in);
    connect_ready(&p);
    check_switch(&p, "cookie=0x12, table=1, ip actions=NORMAL; " FMT_B);
    check_error(&p, UINT64_C(0x4e57000000000001),
                "somebody else's flow is in this place: " FMT_A);
    check_no_error(&p);
    CHECK_INT(install_acked(p.in), mark);

    foreign(&p, "table=1,ip,actions=NORMAL", false);
    settle(&p);
    check_switch(&p, FMT_A "; " FMT_B "; "
                           "cookie=0x4e57000000000003, table=3, actions=drop");

    /* Came later. */
    foreign(&p, "table=5,actions=NORMAL", true);
    settle(&p);
    want(&p, "y", B, C(000005) "table=5,actions=drop", NULL);
    settle(&p);
    check_error(&p, UINT64_C(0x4e57000000000005),
                "somebody else's flow is in this place: "
                "cookie=0x4e57000000000005, table=5, actions=drop");
    want(&p, "y", B, NULL);
    settle(&p);
    check_switch(&p, FMT_A "; " FMT_B "; "
                           "cookie=0x4e57000000000003, table=3, actions=drop; "
                           "table=5, actions=NORMAL");
    check_no_error(&p);
    pair_uninit(&p);
}

/* A foreign change while a bundle is on its way. */
static void
test_foreign_change_in_flight(void)
{
    struct pair p;

    pair_init(&p);
    want(&p, "x", A, B, NULL);
    connect_ready(&p);
    want(&p, "x", C(000003) "table=1,ip,actions=drop", B, NULL);
    run_session(&p, 100);
    foreign(&p, A, false);
    foreign(&p, B, false);
    settle(&p);
    check_switch(&p,
                 FMT_B "; "
                       "cookie=0x4e57000000000003, table=1, ip actions=drop");

    /* And the bundle is refused. */
    want(&p, "x", C(010003) "table=1,ip,actions=output:9", B, NULL);
    run_session(&p, 100);
    foreign(&p, B, false);
    settle(&p);
    want(&p, "x", A, B, NULL);
    settle(&p);
    check_switch(&p, FMT_A "; " FMT_B);
    pair_uninit(&p);
}

/* While the monitor is paused, reports are lost. */
static void
test_pause(void)
{
    struct pair p;

    pair_init(&p);
    want(&p, "x", A, B, NULL);
    connect_ready(&p);
    fake_pause(&p.fs, true);
    foreign(&p, A, false);
    settle(&p);
    check_switch(&p, FMT_B);
    fake_pause(&p.fs, false);
    settle(&p);
    check_switch(&p, FMT_A "; " FMT_B);
    CHECK_INT(p.fs.n_dumps, 2);
    pair_uninit(&p);
}

/* Replies that belong to nothing are no reason for anything. */
static void
test_stray_messages(void)
{
    struct pair p;

    pair_init(&p);
    want(&p, "x", A, NULL);
    connect_ready(&p);

    struct ofpbuf *request = ofputil_encode_barrier_request(OFP15_VERSION);
    struct ofp_header *oh = request->data;
    for (uint32_t xid = 0; xid < 20; xid++) {
        oh->xid = htonl(xid);
        fake_reply_error(&p.fs, OFPERR_OFPBRC_EPERM, request);
        fake_switch_handle(&p.fs, request);
    }
    ofpbuf_delete(request);
    settle(&p);
    check_no_error(&p);
    check_switch(&p, FMT_A);
    CHECK(!install_is_failed(p.in));
    pair_uninit(&p);
}

#define LEARNED(ID, N) \
    "cookie=0x4e57f" #ID ",table=57,reg5=" #N ",actions=load:1->reg12"
#define FMT_L(ID, N) \
    "cookie=0x4e57f" #ID ", table=57, reg5=" #N " actions=set_field:0x1->reg12"

static void
test_forget_addresses(void)
{
    struct pair p;

    pair_init(&p);
    in_switch(&p, LEARNED(00000000007, 0x1));
    in_switch(&p, LEARNED(00100000007, 0x2));
    in_switch(&p, LEARNED(00000000008, 0x3));
    in_switch(&p, LEARNED(00000000000, 0x4));
    in_switch(&p, "table=57,reg5=0x5,actions=drop");
    want(&p, "x", A, NULL);
    install_forget_addresses(p.in, 7);
    install_set_ready(p.in);
    install_connected(p.in, p.fs.protocol);
    CHECK(!install_is_settled(p.in));

    /* Only when the flows that could learn them again are gone. */
    while (!p.fs.n_commits) {
        CHECK_INT(hmap_count(&p.fs.flows.flows), 5);
        run_session(&p, 7);
        run_switch(&p);
        run_reply(&p);
    }
    CHECK_INT(hmap_count(&p.fs.flows.flows), 6);
    CHECK(!install_is_settled(p.in));
    settle(&p);
    CHECK(install_is_settled(p.in));
    check_switch(&p, FMT_A "; " FMT_L(00000000000, 0x4) "; " FMT_L(
                         00000000008, 0x3) "; table=57, reg5=0x5 "
                                           "actions=drop");

    /* A request that was lost with the connection is repeated. */
    install_forget_addresses(p.in, 8);
    CHECK(!install_is_settled(p.in));
    run_session(&p, 7);
    pair_disconnect(&p);
    CHECK(!install_is_settled(p.in));
    install_connected(p.in, p.fs.protocol);
    settle(&p);
    CHECK_INT(hmap_count(&p.fs.flows.flows), 3);

    install_forget_addresses(p.in, 0);
    settle(&p);
    CHECK(install_is_settled(p.in));

    /* Learned again from the last packets. */
    in_switch(&p, LEARNED(00000000000, 0x4));
    settle(&p);
    CHECK_INT(hmap_count(&p.fs.flows.flows), 3);
    CHECK_INT(install_next_run(p.in), p.now + 1000);
    p.now += 1000;
    settle(&p);
    CHECK_INT(install_next_run(p.in), LLONG_MAX);
    check_switch(&p, FMT_A "; table=57, reg5=0x5 actions=drop");
    pair_uninit(&p);
}

/* One more flow is wanted. */
static void
want_one(struct pair *p, int i)
{
    char *owner = xasprintf("owner %d", i);
    char *flow = xasprintf(C(000001) "table=1,reg0=%d,actions=drop", i);

    want(p, owner, flow, NULL);
    free(flow);
    free(owner);
}

/* One ms of a switch that takes 5 ms for a bundle. */
static void
pass_ms(struct pair *p)
{
    run_session(p, 100);
    p->now++;
    while (p->now % 5 == 0 && (run_switch(p) || run_reply(p))) {
        continue;
    }
}

/* Changes that come one after the other are gathered when a bundle takes the
 * switch time; those that come alone, or are few, are not. */
static void
test_gathers(void)
{
    struct pair p;
    int n = 0;

    pair_init(&p);
    connect_ready(&p);
    for (; n < 10; n++) {
        want_one(&p, n);
        CHECK_INT(install_next_run(p.in), LLONG_MIN);
        do {
            pass_ms(&p);
        } while (!install_is_settled(p.in));
    }
    CHECK_INT(p.fs.n_commits, 10);

    /* 20 ms are owed for each: one bundle in 20 ms, after those 200 ms that it
     * may owe. */
    p.now += 1000;
    while (n < 1010) {
        want_one(&p, n++);
        pass_ms(&p);
    }
    CHECK(p.fs.n_commits > 10 + 50);
    CHECK(p.fs.n_commits <= 10 + 13 + 50);

    /* What has waited longest waits no longer than that. */
    for (int i = 0; i < 30; i++) {
        pass_ms(&p);
    }
    CHECK(install_is_settled(p.in));
    CHECK_INT(hmap_count(&p.fs.flows.flows), n);

    /* A new switch owes nothing for the old one. */
    pair_disconnect(&p);
    connect_ready(&p);
    want_one(&p, n);
    CHECK_INT(install_next_run(p.in), LLONG_MIN);
    pair_uninit(&p);
}

static void
test_echo(void)
{
    struct pair p;

    pair_init(&p);
    connect_ready(&p);
    fake_reply(&p.fs, ofputil_encode_echo_request(OFP15_VERSION));
    settle(&p);
    CHECK_INT(p.fs.n_echos, 1);
    pair_uninit(&p);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    RUN(test_start);
    RUN(test_take_over);
    RUN(test_ack);
    RUN(test_pacing);
    RUN(test_refused);
    RUN(test_refused_keeps_old);
    RUN(test_refused_unexplained);
    RUN(test_familiar);
    RUN(test_familiar_refused);
    RUN(test_disconnect);
    RUN(test_foreign_changes);
    RUN(test_taken_place);
    RUN(test_foreign_change_in_flight);
    RUN(test_pause);
    RUN(test_stray_messages);
    RUN(test_forget_addresses);
    RUN(test_gathers);
    RUN(test_echo);
    return CHECK_RESULT();
}
