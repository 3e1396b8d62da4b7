/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/flow-table.h"

#include <malloc.h>
#include <stdlib.h>

#include "random.h"
#include "tests/unit/check.h"
#include "tests/unit/flow-text.h"
#include "util.h"

/* Replaces the owner's flows by those given as texts up to a NULL. */
static size_t
replace(struct flow_table *t, const char *owner, ...)
{
    va_list texts;

    va_start(texts, owner);
    size_t n = replace_by_texts(t, owner, flow_from_text, texts);
    va_end(texts);
    return n;
}

/* "+flow; *flow; -flow; " */
static char *
changes_to_string(struct flow_table *t)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct flow_change *changes;
    size_t n = flow_table_changes(t, &changes);

    CHECK(flow_table_has_changes(t) == (n > 0));
    for (size_t i = 0; i < n; i++) {
        ds_put_char(&s, "+*-"[changes[i].kind]);
        of_flow_format(changes[i].flow, &s);
        ds_put_cstr(&s, "; ");
    }
    ds_chomp(&s, ' ');
    ds_chomp(&s, ';');
    free(changes);
    return ds_steal_cstr(&s);
}

static void
check_changes(struct flow_table *t, const char *expected)
{
    char *s = changes_to_string(t);
    CHECK_STR(s, expected);
    free(s);
}

/* The switch has done all that it was told. */
static void
apply_changes(struct flow_table *t)
{
    struct flow_change *changes;
    size_t n = flow_table_changes(t, &changes);
    struct of_flow **flows = xmalloc(n * sizeof *flows);

    for (size_t i = 0; i < n; i++) {
        flows[i] = of_flow_ref(changes[i].flow);
    }
    for (size_t i = 0; i < n; i++) {
        bool delete = changes[i].kind == FLOW_DELETE;
        flow_table_set_installed(t, flows[i], delete ? NULL : flows[i]);
        of_flow_destroy(flows[i]);
    }
    free(flows);
    free(changes);
}

#define A "table=1,ip,actions=output:1"
#define A2 "table=1,ip,actions=output:2"
#define B "table=2,ip,actions=output:3"
#define C "table=2,priority=9,ip,actions=output:3"

static void
test_changes(void)
{
    struct flow_table *t = flow_table_create();

    check_changes(t, "");
    CHECK_INT(replace(t, "x", B, A, C, NULL), 3);
    CHECK_INT(flow_table_count(t), 3);
    check_changes(t, "+table=1, ip actions=output:1; "
                     "+table=2, ip actions=output:3; "
                     "+table=2, priority=9,ip actions=output:3");
    apply_changes(t);
    check_changes(t, "");

    uint64_t version = flow_table_version(t);
    CHECK_INT(replace(t, "x", A, B, C, NULL), 0);
    CHECK_INT(flow_table_version(t), version);
    check_changes(t, "");

    CHECK_INT(replace(t, "x", A2, C, NULL), 2);
    CHECK(flow_table_version(t) > version);
    check_changes(t, "*table=1, ip actions=output:2; "
                     "-table=2, ip actions=output:3");
    apply_changes(t);
    CHECK_INT(flow_table_count(t), 2);

    CHECK_INT(replace(t, "x", NULL), 2);
    check_changes(t, "-table=1, ip actions=output:2; "
                     "-table=2, priority=9,ip actions=output:3");
    apply_changes(t);
    CHECK_INT(flow_table_count(t), 0);
    flow_table_destroy(t);
}

/* What came and went before the switch was told is no change. */
static void
test_back_and_forth(void)
{
    struct flow_table *t = flow_table_create();

    replace(t, "x", A, NULL);
    replace(t, "x", NULL);
    check_changes(t, "");

    replace(t, "x", A, NULL);
    apply_changes(t);
    replace(t, "x", A2, B, NULL);
    replace(t, "x", A, NULL);
    check_changes(t, "");
    replace(t, "x", NULL);
    check_changes(t, "-table=1, ip actions=output:1");
    replace(t, "y", A, NULL);
    check_changes(t, "");
    flow_table_destroy(t);
}

static void
test_duplicates(void)
{
    struct flow_table *t = flow_table_create();
    struct of_flow *key = flow_from_text(A);

    CHECK_INT(replace(t, "m", A, NULL), 1);
    CHECK_INT(replace(t, "z", A2, NULL), 0);
    CHECK_STR(flow_table_find_owner(t, key), "m");
    CHECK_INT(flow_table_count(t), 1);
    check_changes(t, "+table=1, ip actions=output:1");
    apply_changes(t);

    CHECK_INT(replace(t, "a", A2, NULL), 1);
    CHECK_STR(flow_table_find_owner(t, key), "a");
    check_changes(t, "*table=1, ip actions=output:2");
    CHECK_INT(replace(t, "m", NULL), 0);
    CHECK_INT(replace(t, "a", NULL), 0);
    CHECK_STR(flow_table_find_owner(t, key), "z");
    check_changes(t, "*table=1, ip actions=output:2");
    CHECK_INT(replace(t, "z", NULL), 1);
    check_changes(t, "-table=1, ip actions=output:1");
    CHECK_STR(flow_table_find_owner(t, key), NULL);

    of_flow_destroy(key);
    flow_table_destroy(t);
}

static void
test_installed(void)
{
    struct flow_table *t = flow_table_create();
    struct flow_set dump;

    replace(t, "x", A, B, NULL);
    flow_set_init(&dump);
    flow_set_add(&dump, flow_from_text(A2));
    flow_set_add(&dump, flow_from_text(B));
    flow_set_add(&dump, flow_from_text(C));
    flow_table_set_all_installed(t, &dump);
    CHECK(hmap_is_empty(&dump.flows));
    flow_set_uninit(&dump);
    check_changes(t, "*table=1, ip actions=output:1; "
                     "-table=2, priority=9,ip actions=output:3");

    /* Wanted just as it is in the switch. */
    replace(t, "y", C, NULL);
    check_changes(t, "*table=1, ip actions=output:1");
    apply_changes(t);

    /* Somebody else deletes B and adds a flow. */
    struct of_flow *b = flow_from_text(B);
    struct of_flow *other = flow_from_text("table=9,actions=drop");
    CHECK(flow_table_set_installed(t, b, NULL));
    CHECK(flow_table_set_installed(t, other, other));
    check_changes(t, "+table=2, ip actions=output:3; "
                     "-table=9, actions=drop");
    CHECK(!flow_table_set_installed(t, b, b));
    CHECK(!flow_table_set_installed(t, other, NULL));
    CHECK(!flow_table_set_installed(t, other, NULL));
    check_changes(t, "");
    of_flow_destroy(b);
    of_flow_destroy(other);

    /* The switch was restarted. */
    flow_set_init(&dump);
    flow_table_set_all_installed(t, &dump);
    flow_set_uninit(&dump);
    struct flow_change *changes;
    CHECK_INT(flow_table_changes(t, &changes), 3);
    free(changes);
    flow_table_destroy(t);
}

/* Flow number N of version V of port p's, q's or programs k's, m's. */
#define P(V) "table=21,reg1=1,actions=output:" #V
#define Q(V) "table=22,reg1=1,actions=output:" #V
#define K(V) "table=31,reg1=1,actions=output:" #V
#define M(V) "table=32,reg1=1,actions=output:" #V

static void
set_port(struct flow_table *t, const char *port, const char *flow,
         const char *program)
{
    replace(t, port, flow, NULL);
    flow_table_set_needed(t, port, program);
}

static void
hold(struct flow_table *t, const char *text)
{
    struct of_flow *flow = flow_from_text(text);
    CHECK(flow_table_hold(t, flow));
    of_flow_destroy(flow);
}

/* Names of p, q, k and m, if they are held. */
static void
check_held(struct flow_table *t, const char *expected)
{
    char names[] = "pqkm", held[5] = "";

    for (size_t i = 0; names[i]; i++) {
        char name[] = { names[i], '\0' };
        if (flow_table_is_held(t, name)) {
            strcat(held, name);
        }
    }
    CHECK_STR(held, expected);
}

/* Ports and the programs that they need. */
static void
test_hold_together(void)
{
    struct flow_table *t = flow_table_create();

    replace(t, "k", K(1), NULL);
    set_port(t, "p", P(1), "k");
    apply_changes(t);

    /* A new version of the program: the port keeps what fits the old one. */
    replace(t, "k", K(2), NULL);
    set_port(t, "p", P(2), "k");
    set_port(t, "q", Q(2), "k");
    hold(t, K(2));
    check_held(t, "pqk");
    check_changes(t, "");
    set_port(t, "p", P(3), "k");
    check_held(t, "pqk");
    replace(t, "k", K(3), NULL);
    check_held(t, "");
    apply_changes(t);

    /* A port that has flows keeps its program, and so do those with it. */
    replace(t, "k", K(4), NULL);
    set_port(t, "p", P(4), "k");
    hold(t, P(4));
    check_held(t, "pqk");
    check_changes(t, "");
    flow_table_release(t);
    apply_changes(t);

    /* One that has none does not matter to others. */
    set_port(t, "q", NULL, NULL);
    apply_changes(t);
    replace(t, "k", K(5), NULL);
    set_port(t, "q", Q(5), "k");
    hold(t, Q(5));
    check_held(t, "q");
    set_port(t, "q", NULL, NULL);
    apply_changes(t);

    /* A port that can not move needs what it had. */
    replace(t, "k", NULL);
    replace(t, "m", M(6), NULL);
    set_port(t, "p", P(6), "m");
    hold(t, P(6));
    check_held(t, "pkm");
    check_changes(t, "");
    flow_table_release(t);
    apply_changes(t);
    check_held(t, "");
    set_port(t, "p", P(7), "m");
    hold(t, M(6));
    check_held(t, "pm");
    set_port(t, "p", NULL, NULL);
    apply_changes(t);
    flow_table_destroy(t);
}

static void
test_hold(void)
{
    struct flow_table *t = flow_table_create();
    struct of_flow *a = flow_from_text(A);
    struct of_flow *stray = flow_from_text("table=9,actions=drop");

    replace(t, "x", A, B, NULL);
    replace(t, "y", C, NULL);
    CHECK(flow_table_hold(t, a));
    CHECK_INT(flow_table_n_held(t), 1);
    CHECK(flow_table_is_held(t, "x"));
    CHECK(!flow_table_is_held(t, "y"));
    CHECK(!flow_table_is_held(t, "nobody"));
    check_changes(t, "+table=2, priority=9,ip actions=output:3");
    CHECK_INT(replace(t, "x", A, B, NULL), 0);
    check_changes(t, "+table=2, priority=9,ip actions=output:3");
    flow_table_release(t);
    CHECK_INT(flow_table_n_held(t), 0);
    apply_changes(t);

    /* The deletions of an owner are held back too. */
    replace(t, "x", A2, NULL);
    flow_table_hold(t, a);
    check_changes(t, "");
    CHECK_INT(flow_table_n_held(t), 1);
    replace(t, "x", NULL);
    CHECK_INT(flow_table_n_held(t), 0);
    check_changes(t, "-table=1, ip actions=output:1; "
                     "-table=2, ip actions=output:3");
    flow_table_hold(t, a);
    check_changes(t, "");
    flow_table_release(t);
    apply_changes(t);
    check_changes(t, "");

    /* Nobody's flow. */
    CHECK(!flow_table_hold(t, stray));
    flow_table_set_installed(t, stray, stray);
    CHECK(!flow_table_hold(t, stray));

    of_flow_destroy(a);
    of_flow_destroy(stray);
    flow_table_destroy(t);
}

static void
test_sorted(void)
{
    struct flow_table *t = flow_table_create();
    const struct of_flow **flows;

    replace(t, "x", "table=2,priority=1,actions=drop",
            "table=2,priority=9,ip,nw_src=10.0.0.2,actions=drop",
            "table=2,priority=9,ip,nw_src=10.0.0.1,actions=drop", NULL);
    replace(t, "y", "table=1,priority=1,actions=drop", NULL);
    size_t n = flow_table_sorted(t, &flows);
    struct ds s = DS_EMPTY_INITIALIZER;
    for (size_t i = 0; i < n; i++) {
        of_flow_format(flows[i], &s);
        ds_put_char(&s, '\n');
    }
    CHECK_STR(ds_cstr(&s),
              "table=1, priority=1 actions=drop\n"
              "table=2, priority=9,ip,nw_src=10.0.0.1 actions=drop\n"
              "table=2, priority=9,ip,nw_src=10.0.0.2 actions=drop\n"
              "table=2, priority=1 actions=drop\n");
    ds_destroy(&s);
    free(flows);
    flow_table_destroy(t);
}

/* A random walk against a model that is recomputed from scratch. */
#define N_OWNERS 6
#define N_KEYS 12

struct model {
    uint8_t wanted[N_OWNERS][N_KEYS]; /* 0: not wanted; else the value. */
    uint8_t installed[N_KEYS];
};

static struct of_flow *
model_flow(int key, int value)
{
    char *text = xasprintf("table=%d,priority=%d,cookie=%d,ip,"
                           "actions=output:%d",
                           key % 3, key / 3 + 1, value, value);
    struct of_flow *flow = flow_from_text(text);
    free(text);
    return flow;
}

static int
model_desired(const struct model *m, int key)
{
    for (int o = 0; o < N_OWNERS; o++) {
        if (m->wanted[o][key]) {
            return m->wanted[o][key];
        }
    }
    return 0;
}

static int
flow_key(const struct of_flow *flow)
{
    return flow->table + (flow->priority - 1) * 3;
}

/* Desired flows and changes are what the model says. */
static void
model_check(const struct model *m, struct flow_table *t)
{
    size_t n_desired = 0, n_installed = 0, n_changes = 0;
    for (int key = 0; key < N_KEYS; key++) {
        int desired = model_desired(m, key);
        struct of_flow *flow = model_flow(key, 1);
        const struct of_flow *found = flow_table_find(t, flow);
        CHECK_INT(found ? found->cookie : 0, desired);
        of_flow_destroy(flow);
        n_desired += desired != 0;
        n_installed += m->installed[key] != 0;
        n_changes += desired != m->installed[key];
    }
    CHECK_INT(flow_table_count(t), n_desired);
    CHECK_INT(flow_table_count_installed(t), n_installed);

    struct flow_change *changes;
    CHECK_INT(flow_table_changes(t, &changes), n_changes);
    for (size_t i = 0; i < n_changes; i++) {
        int key = flow_key(changes[i].flow);
        int desired = model_desired(m, key);
        CHECK_INT(changes[i].kind, (!desired            ? FLOW_DELETE
                                    : m->installed[key] ? FLOW_MODIFY
                                                        : FLOW_ADD));
        if (desired) {
            CHECK_INT(changes[i].flow->cookie, desired);
        }
        CHECK(!i || changes[i - 1].kind != FLOW_DELETE || !desired);
    }
    free(changes);
}

static void
model_replace(struct model *m, struct flow_table *t)
{
    int owner = random_range(N_OWNERS);
    char name[] = { 'a' + owner, '\0' };
    struct flow_set set;
    size_t n_changed = 0;
    int before[N_KEYS];

    flow_set_init(&set);
    for (int key = 0; key < N_KEYS; key++) {
        before[key] = model_desired(m, key);
        if (random_range(3) == 0) {
            m->wanted[owner][key] = random_range(3);
        }
        if (m->wanted[owner][key]) {
            flow_set_add(&set, model_flow(key, m->wanted[owner][key]));
        }
        n_changed += before[key] != model_desired(m, key);
    }
    CHECK_INT(flow_table_replace(t, name, &set), n_changed);
    flow_set_uninit(&set);
}

static void
model_foreign_change(struct model *m, struct flow_table *t)
{
    int key = random_range(N_KEYS);
    int value = m->installed[key] = random_range(3);
    struct of_flow *flow = model_flow(key, value + 1);
    struct of_flow *installed = value ? model_flow(key, value) : NULL;

    CHECK(flow_table_set_installed(t, flow, installed)
          == (value != model_desired(m, key)));
    of_flow_destroy(flow);
    of_flow_destroy(installed);
}

static void
model_dump(struct model *m, struct flow_table *t)
{
    struct flow_set dump;

    flow_set_init(&dump);
    for (int key = 0; key < N_KEYS; key++) {
        m->installed[key] = random_range(3);
        if (m->installed[key]) {
            flow_set_add(&dump, model_flow(key, m->installed[key]));
        }
    }
    flow_table_set_all_installed(t, &dump);
    flow_set_uninit(&dump);
}

static void
test_random(void)
{
    for (int seed = 1; seed <= 40; seed++) {
        struct model m;
        struct flow_table *t = flow_table_create();

        random_set_seed(seed);
        memset(&m, 0, sizeof m);
        for (int step = 0; step < 100; step++) {
            int what = random_range(10);
            if (what < 6) {
                model_replace(&m, t);
            } else if (what < 8) {
                model_foreign_change(&m, t);
            } else if (what < 9) {
                model_dump(&m, t);
            } else {
                apply_changes(t);
                for (int key = 0; key < N_KEYS; key++) {
                    m.installed[key] = model_desired(&m, key);
                }
            }
            model_check(&m, t);
            if (check_state.failed_checks) {
                printf("# seed %d, step %d\n", seed, step);
                flow_table_destroy(t);
                return;
            }
        }
        flow_table_destroy(t);
    }
}

static struct of_flow *
sample_flow(int i)
{
    struct match match;
    uint64_t stub[64];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);

    match_init_catchall(&match);
    match_set_dl_type(&match, htons(0x800));
    match_set_nw_proto(&match, 6);
    match_set_nw_src(&match, htonl(0x0a000000 + i));
    match_set_tp_dst(&match, htons(i % 60000));
    match_set_reg(&match, 14, i);
    union mf_value value = { .be32 = htonl(i) };
    ofpact_put_set_field(&ofpacts, mf_from_id(MFF_REG0), &value, NULL);
    ofpact_put_RESUBMIT(&ofpacts)->table_id = 12;
    struct of_flow *flow = of_flow_create(i % 100, 1000, i, &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
    return flow;
}

static void
test_memory(void)
{
    enum { N = 10000, PER_OWNER = 50 };
    struct mallinfo2 before = mallinfo2();
    struct flow_table *t = flow_table_create();
    struct flow_set set;

    flow_set_init(&set);
    for (int i = 0; i < N; i++) {
        flow_set_add(&set, sample_flow(i));
        if (i % PER_OWNER == PER_OWNER - 1) {
            char *name = xasprintf("port %d", i / PER_OWNER);
            flow_table_replace(t, name, &set);
            free(name);
        }
    }
    apply_changes(t);
    CHECK_INT(flow_table_count(t), N);
    struct mallinfo2 after = mallinfo2();
    size_t used = (after.uordblks + after.hblkhd - before.uordblks
                   - before.hblkhd);
    printf("# %d flows: %" PRIuSIZE " KiB\n", N, used / 1024);
    CHECK(used < 10 * 1024 * 1024);
    flow_set_uninit(&set);
    flow_table_destroy(t);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_changes);
    RUN(test_back_and_forth);
    RUN(test_duplicates);
    RUN(test_installed);
    RUN(test_hold);
    RUN(test_hold_together);
    RUN(test_sorted);
    RUN(test_random);
    RUN(test_memory);
    return CHECK_RESULT();
}
