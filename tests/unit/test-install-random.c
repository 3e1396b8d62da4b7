/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* The OpenFlow session on random walks: owners change, the switch refuses,
 * others meddle, connections break at any point.  In the end the switch must
 * hold what is desired. */

#include <config.h>

#include "switch/install.h"

#include <stdlib.h>

#include "openvswitch/vlog.h"
#include "random.h"
#include "tests/unit/check.h"
#include "tests/unit/flow-text.h"
#include "tests/unit/session-pair.h"
#include "util.h"

#define N_OWNERS 5
#define N_KEYS 10

static struct of_flow *
random_flow(int key, bool may_be_bad)
{
    uint64_t cookie = OF_COOKIE_MARK | (1 + random_range(3));
    if (may_be_bad && random_range(12) == 0) {
        cookie |= random_range(2) ? FAKE_REFUSE_ADD : FAKE_REFUSE_COMMIT;
    }
    char *text = xasprintf("cookie=%#" PRIx64 ",table=%d,priority=%d,ip,"
                           "actions=output:%d",
                           cookie, key % 3, key + 1, 1 + random_range(3));
    struct of_flow *flow = flow_from_text(text);
    free(text);
    return flow;
}

static void
random_replace(struct pair *p, bool may_be_bad)
{
    struct flow_set set;
    char owner[] = { 'a' + random_range(N_OWNERS), '\0' };

    flow_set_init(&set);
    for (int key = 0; key < N_KEYS; key++) {
        if (random_range(4) == 0) {
            flow_set_add(&set, random_flow(key, may_be_bad));
        }
    }
    flow_table_replace(p->desired, owner, &set);
    flow_set_uninit(&set);
}

/* Somebody else has flows of his own, for which the session must not care, in
 * table 9; and adds, changes or deletes ours. */
static void
random_foreign_change(struct pair *p)
{
    int key = random_range(N_KEYS);
    struct of_flow *flow = (random_range(4)
                                ? random_flow(key, false)
                                : flow_from_text("table=9,actions=drop"));

    fake_foreign_change(&p->fs, flow, random_range(2));
    of_flow_destroy(flow);
}

static void
random_step(struct pair *p)
{
    switch (random_range(20)) {
    case 0:
    case 1:
    case 2:
        random_replace(p, true);
        break;
    case 3:
        random_foreign_change(p);
        break;
    case 4:
        fake_pause(&p->fs, random_range(2));
        break;
    case 5:
        if (random_range(4) == 0) {
            pair_disconnect(p);
            install_connected(p->in, p->fs.protocol);
        }
        break;
    case 6:
        p->now += random_range(700);
        break;
    default:
        run_session(p, random_range(5));
        for (int n = random_range(5); n > 0; n--) {
            run_switch(p);
        }
        for (int n = random_range(5); n > 0; n--) {
            run_reply(p);
        }
        break;
    }
}

static size_t
count_foreign(const struct pair *p)
{
    size_t n = 0;
    const struct of_flow *flow;
    FLOW_SET_FOR_EACH (flow, &p->fs.flows) {
        n += !of_cookie_is_managed(flow->cookie);
    }
    return n;
}

static void
check_same(struct pair *p)
{
    const struct of_flow **flows;
    size_t n = flow_table_sorted(p->desired, &flows);
    CHECK_INT(hmap_count(&p->fs.flows.flows), n + count_foreign(p));
    for (size_t i = 0; i < n; i++) {
        struct of_flow *flow = flow_set_find(&p->fs.flows, flows[i]);
        CHECK(flow && of_flow_same_value(flow, flows[i]));
    }
    free(flows);
}

static void
finish_walk(struct pair *p)
{
    struct switch_error error;
    size_t n_foreign = count_foreign(p);

    fake_pause(&p->fs, false);
    settle(p);
    while (install_next_error(p->in, &error)) {
        CHECK(error.cookie & (FAKE_REFUSE_ADD | FAKE_REFUSE_COMMIT));
        switch_error_uninit(&error);
    }
    for (int i = 0; i < N_OWNERS; i++) {
        char owner[] = { 'a' + i, '\0' };
        struct flow_set set;

        flow_set_init(&set);
        for (int key = i; key < N_KEYS; key += 3) {
            flow_set_add(&set, random_flow(key, false));
        }
        flow_table_replace(p->desired, owner, &set);
        flow_set_uninit(&set);
    }
    uint64_t mark = install_mark(p->in);
    settle(p);
    check_same(p);
    check_no_error(p);
    CHECK_INT(install_acked(p->in), mark);
    CHECK_INT(count_foreign(p), n_foreign);
}

static void
test_random(void)
{
    static const enum ofputil_protocol protocols[] = {
        OFPUTIL_P_OF13_OXM,
        OFPUTIL_P_OF14_OXM,
        OFPUTIL_P_OF15_OXM,
    };

    for (int seed = 1; seed <= 150; seed++) {
        struct pair p;

        random_set_seed(seed);
        pair_init(&p);
        p.fs.protocol = protocols[seed % ARRAY_SIZE(protocols)];
        p.fs.flows_per_reply = 1 + random_range(4);
        install_set_ready(p.in);
        install_connected(p.in, p.fs.protocol);
        for (int step = 0; step < 150; step++) {
            random_step(&p);
        }
        finish_walk(&p);
        pair_uninit(&p);
        if (check_state.failed_checks) {
            printf("# seed %d\n", seed);
            return;
        }
    }
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    RUN(test_random);
    return CHECK_RESULT();
}
