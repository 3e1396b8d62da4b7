/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/segment.h"

#include <stdlib.h>

#include "flows/flow.h"
#include "flows/lower.h"
#include "flows/pipeline.h"
#include "openvswitch/ofpbuf.h"
#include "random.h"
#include "tests/unit/check.h"
#include "tests/unit/flow-walk.h"

/* Random rule lists over a few bits of some registers.  What the flows say of
 * a frame must be what a walk through the rules says. */

#define PROGRAM 77
#define RETURN_ID 999999
#define MAX_RULES 2000
#define N_PREDICATES 5
#define PREDICATES_TRUE MFF_REG15 /* Bit i: predicate i holds. */

/* Each item of a rule has a field of its own, as in real rules. */
#define FIELD_BITS 2
static const enum mf_field_id fields[] = { MFF_REG1, MFF_REG2, MFF_REG3,
                                           MFF_REG5 };
static const enum mf_field_id base_field = MFF_REG6;

struct rule {
    struct lw_rule lw;
    enum sg_verdict verdict; /* SG_SEGMENT: "return". */
    uint64_t id;
};

struct list {
    struct rule rules[MAX_RULES];
    size_t n;
};

static void
list_clear(struct list *list)
{
    for (size_t i = 0; i < list->n; i++) {
        lw_rule_uninit(&list->rules[i].lw);
    }
    list->n = 0;
}

/* Rules. */

static void
add_alt(struct lw_item *item, enum mf_field_id field, uint32_t value,
        uint32_t mask)
{
    ovs_be32 value_be = htonl(value), mask_be = htonl(mask);

    if (item->n_alts >= item->allocated) {
        item->alts = x2nrealloc(item->alts, &item->allocated,
                                sizeof *item->alts);
    }
    item->alts[item->n_alts].n = 0;
    lw_clause_add(&item->alts[item->n_alts++], field, &value_be, &mask_be);
}

static struct lw_item *
add_item(struct lw_rule *lw, bool negate)
{
    if (lw->n_items >= lw->allocated) {
        lw->items = x2nrealloc(lw->items, &lw->allocated, sizeof *lw->items);
    }
    lw->items[lw->n_items] = (struct lw_item){ .negate = negate };
    return &lw->items[lw->n_items++];
}

static void
random_items(struct lw_rule *lw)
{
    /* Sometimes so many alternatives that they are not multiplied. */
    int most = random_range(5) ? 3 : 20;

    if (random_range(2)) {
        ovs_be32 value = htonl(random_range(1 << FIELD_BITS));
        ovs_be32 mask = htonl(random_range(1 << FIELD_BITS));

        lw_clause_add(&lw->base, base_field, &value, &mask);
    }
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        int n_alts = random_range(most + 1);

        if (random_range(2)) {
            struct lw_item *item = add_item(lw, random_range(3) == 0);

            for (int j = 0; j < n_alts; j++) {
                add_alt(item, fields[i], random_range(1 << FIELD_BITS),
                        random_range(1 << FIELD_BITS));
            }
        }
    }
}

static struct rule *
list_add(struct list *list, enum sg_verdict verdict)
{
    struct rule *r = &list->rules[list->n++];

    ovs_assert(list->n <= MAX_RULES);
    memset(r, 0, sizeof *r);
    r->verdict = verdict;
    r->id = list->n;
    r->lw.possible = true;
    return r;
}

static void
random_rule(struct list *list)
{
    static const enum sg_verdict verdicts[] = { SG_ACCEPT, SG_DROP, SG_REJECT,
                                                SG_SEGMENT };
    struct rule *r = list_add(list, verdicts[random_range(4)]);

    r->lw.possible = random_range(16) > 0;
    random_items(&r->lw);
    for (int i = 0; i < N_PREDICATES; i++) {
        if (!random_range(10)) {
            lw_rule_add_predicate(&r->lw, i, random_range(2));
        }
    }
}

/* "field = value", no more. */
static void
exact_rule(struct list *list, uint32_t value, uint32_t mask,
           enum sg_verdict verdict)
{
    struct rule *r = list_add(list, verdict);

    add_alt(add_item(&r->lw, false), fields[0], value, mask);
}

/* Flows. */

struct compiled {
    struct sg_stage stage;
    struct flow_set flows;
    struct ofpbuf entry; /* Actions that enter the stage. */
};

static const struct sg_lookup lookups[N_PREDICATES] = {
    { PL_T_PREDICATE, 11, 0 }, { PL_T_PREDICATE, 12, 0 },
    { PL_T_PREDICATE, 13, 0 }, { PL_T_PREDICATE, 14, 0 },
    { PL_T_PREDICATE, 15, 0 },
};

static void
add_predicate_flows(struct flow_set *set)
{
    for (int i = 0; i < N_PREDICATES; i++) {
        struct match match = MATCH_CATCHALL_INITIALIZER;
        uint32_t bit = 1u << i, one = 1;
        struct ofpbuf acts;

        match_set_reg(&match, PL_R_PRED - MFF_REG0, lookups[i].key);
        match_set_reg_masked(&match, PREDICATES_TRUE - MFF_REG0, bit, bit);
        ofpbuf_init(&acts, 64);

        ovs_be32 one_be = htonl(one);

        ofpact_put_set_field(&acts, mf_from_id(PL_R_HIT), &one_be, NULL);
        flow_set_add(set,
                     of_flow_create(PL_T_PREDICATE, 100, 0, &match, &acts));
        ofpbuf_uninit(&acts);
    }
}

static void
build_stage(struct sg_stage *stage, const struct list *list)
{
    struct sg_segment *cur = sg_segment_create();
    struct sg_segment *after = sg_segment_create();
    struct match all = MATCH_CATCHALL_INITIALIZER;

    sg_stage_init(stage);
    sg_append(stage, cur);
    for (size_t i = 0; i < list->n; i++) {
        const struct rule *r = &list->rules[i];
        struct sg_target target = { r->verdict,
                                    r->verdict == SG_SEGMENT ? after : NULL,
                                    false };

        if (sg_add_rule(stage, &cur, &r->lw, target, r->id)) {
            sg_append(stage, cur);
        }
    }
    sg_append(stage, after);
    sg_add_match(stage, after, &all, RETURN_ID,
                 (struct sg_target){ SG_ACCEPT, NULL, false });
}

static void
compile(struct compiled *c, const struct list *list)
{
    const struct sg_emit emit = {
        .program = PROGRAM,
        .first_table = PL_T_OUT_L2,
        .accept_table = PL_T_OUT_DONE,
        .predicates = lookups,
    };

    build_stage(&c->stage, list);
    CHECK(sg_finish(&c->stage, 40));
    flow_set_init(&c->flows);
    add_predicate_flows(&c->flows);
    sg_emit_flows(&c->stage, &emit, &c->flows);
    ofpbuf_init(&c->entry, 64);
    sg_emit_entry(&c->stage, &emit, &c->entry);
}

static void
compiled_uninit(struct compiled *c)
{
    sg_stage_uninit(&c->stage);
    flow_set_uninit(&c->flows);
    ofpbuf_uninit(&c->entry);
}

/* The verdict as text: "rule 3 drop", "end accept". */
#define VERDICT_LEN 40

static void
walk_flows(const struct compiled *c, const struct flow *frame,
           char s[VERDICT_LEN])
{
    struct flow_walk *w = xmalloc(sizeof *w);

    flow_walk_init(w, &c->flows);
    w->flow = *frame;
    w->flow.regs[PL_R_PROGRAM - MFF_REG0] = PROGRAM;
    w->stop[PL_T_OUT_DONE] = true;
    flow_walk_actions(w, c->entry.data, c->entry.size);

    bool accepted = w->n_stops == 1;

    ovs_assert(w->n_stops <= 1);
    if (of_cookie_kind(w->last_rule) == PL_K_RULE) {
        snprintf(s, VERDICT_LEN, "rule %d %s",
                 (int) of_cookie_id(w->last_rule),
                 accepted ? "accept" : "drop");
    } else {
        snprintf(s, VERDICT_LEN, "end %s", accepted ? "accept" : "drop");
    }
    free(w);
}

/* The rules themselves. */

static bool
alt_holds(const struct lw_alt *alt, const struct flow *frame)
{
    for (size_t i = 0; i < alt->n; i++) {
        const struct lw_clause *c = &alt->clauses[i];
        ovs_be32 value, mask;

        memcpy(&value, c->value, sizeof value);
        memcpy(&mask, c->mask, sizeof mask);
        if ((frame->regs[c->field - MFF_REG0] & ntohl(mask)) != ntohl(value)) {
            return false;
        }
    }
    return true;
}

static bool
item_holds(const struct lw_item *item, const struct flow *frame)
{
    bool holds = false;

    if (item->is_predicate) {
        holds = frame->regs[PREDICATES_TRUE - MFF_REG0] >> item->predicate & 1;
    }
    for (size_t i = 0; i < item->n_alts; i++) {
        holds |= alt_holds(&item->alts[i], frame);
    }
    return holds != item->negate;
}

static bool
rule_holds(const struct lw_rule *lw, const struct flow *frame)
{
    bool holds = lw->possible && alt_holds(&lw->base, frame);

    for (size_t i = 0; i < lw->n_items; i++) {
        holds &= item_holds(&lw->items[i], frame);
    }
    return holds;
}

static void
walk_list(const struct list *list, const struct flow *frame,
          char s[VERDICT_LEN])
{
    for (size_t i = 0; i < list->n; i++) {
        const struct rule *r = &list->rules[i];

        if (rule_holds(&r->lw, frame)) {
            snprintf(s, VERDICT_LEN, "rule %d %s",
                     (int) (r->verdict == SG_SEGMENT ? RETURN_ID : r->id),
                     r->verdict == SG_ACCEPT || r->verdict == SG_SEGMENT
                         ? "accept"
                         : "drop");
            return;
        }
    }
    snprintf(s, VERDICT_LEN, "end accept");
}

/* Tests. */

static void
random_frame(struct flow *frame)
{
    memset(frame, 0, sizeof *frame);
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        frame->regs[fields[i] - MFF_REG0] = random_range(1 << FIELD_BITS);
    }
    frame->regs[base_field - MFF_REG0] = random_range(1 << FIELD_BITS);
    frame->regs[PREDICATES_TRUE - MFF_REG0] = random_range(1 << N_PREDICATES);
}

static void
compare(const struct list *list, const struct compiled *c, int n_frames)
{
    for (int i = 0; i < n_frames; i++) {
        char expected[VERDICT_LEN], actual[VERDICT_LEN];
        struct flow frame;

        random_frame(&frame);
        walk_list(list, &frame, expected);
        walk_flows(c, &frame, actual);
        if (!CHECK_STR(actual, expected)) {
            return;
        }
    }
}

static void
test_random_lists(void)
{
    struct list *list = xzalloc(sizeof *list);

    random_set_seed(7);
    for (int i = 0; i < 400; i++) {
        struct compiled c;

        for (int n = random_range(12); n > 0; n--) {
            random_rule(list);
        }
        compile(&c, list);
        compare(list, &c, 40);
        compiled_uninit(&c);
        list_clear(list);
    }
    free(list);
}

static void
test_empty(void)
{
    struct list *list = xzalloc(sizeof *list);
    struct compiled c;
    struct flow frame;
    char s[VERDICT_LEN];

    compile(&c, list);
    random_frame(&frame);
    walk_flows(&c, &frame, s);
    CHECK_STR(s, "end accept");
    compiled_uninit(&c);
    free(list);
}

/* More than a register's predicates: several segments. */
static void
test_many_predicates(void)
{
    struct sg_stage stage;
    struct sg_segment *cur = sg_segment_create();
    size_t n_segments = 0, n_predicates = 0;
    struct sg_segment *segment;

    sg_stage_init(&stage);
    sg_append(&stage, cur);
    for (int i = 0; i < 100; i++) {
        struct lw_rule lw;

        memset(&lw, 0, sizeof lw);
        lw.possible = true;
        lw_rule_add_predicate(&lw, i, false);
        CHECK(!sg_add_rule(&stage, &cur, &lw,
                           (struct sg_target){ SG_DROP, NULL, false }, i + 1));
        lw_rule_uninit(&lw);
    }
    LIST_FOR_EACH (segment, node, &stage.segments) {
        CHECK(segment->n_predicates <= SG_MAX_PREDICATES);
        n_segments++;
        n_predicates += segment->n_predicates;
    }
    CHECK_INT(n_segments, 4);
    CHECK_INT(n_predicates, 100);
    sg_stage_uninit(&stage);
}

/* Longer than what is searched for overlaps. */
static void
test_long_list(void)
{
    struct list *list = xzalloc(sizeof *list);
    struct compiled c;

    random_set_seed(8);
    for (int i = 0; i < MAX_RULES; i++) {
        exact_rule(list, random_range(4), random_range(1000) ? ~0 : 1,
                   random_range(2) ? SG_ACCEPT : SG_DROP);

        struct lw_item *item = &list->rules[i].lw.items[0];

        /* Different from the others, so that it stays. */
        add_alt(item, fields[0], 1000 + i, ~0);
    }
    compile(&c, list);
    compare(list, &c, 20);
    for (int i = 0; i < MAX_RULES; i += 37) {
        char expected[VERDICT_LEN], actual[VERDICT_LEN];
        struct flow frame;

        random_frame(&frame);
        frame.regs[fields[0] - MFF_REG0] = 1000 + i;
        walk_list(list, &frame, expected);
        walk_flows(&c, &frame, actual);
        CHECK_STR(actual, expected);
    }
    compiled_uninit(&c);
    list_clear(list);
    free(list);
}

/* Every rule with a negated item begins another segment. */
static void
test_too_many_segments(void)
{
    for (int n = SG_MAX_SEGMENTS - 1; n <= SG_MAX_SEGMENTS; n++) {
        struct list *list = xzalloc(sizeof *list);
        struct sg_stage stage;

        for (int i = 0; i < n; i++) {
            exact_rule(list, i, ~0, SG_DROP);
            list->rules[i].lw.items[0].negate = true;
        }
        build_stage(&stage, list);
        CHECK_INT(sg_finish(&stage, 0), n < SG_MAX_SEGMENTS);
        sg_stage_uninit(&stage);
        list_clear(list);
        free(list);
    }
}

/* A product that would be too large grows as a sum instead. */
static void
test_product_limit(void)
{
    struct list *list = xzalloc(sizeof *list);
    struct compiled c;

    struct rule *r = list_add(list, SG_DROP);
    struct lw_rule *lw = &r->lw;

    for (size_t i = 0; i < 4; i++) {
        struct lw_item *item = add_item(lw, false);

        for (uint32_t j = 0; j < 60; j++) {
            add_alt(item, fields[i], 2 * j, ~0);
        }
    }
    compile(&c, list);
    CHECK_INT(c.stage.n_flows, 4 * 60 + 1);
    compare(list, &c, 100);
    compiled_uninit(&c);
    list_clear(list);
    free(list);
}

/* Changes. */

static bool
set_has(const struct flow_set *set, const struct of_flow *flow)
{
    const struct of_flow *found = flow_set_find(set, flow);

    return found && of_flow_same_value(found, flow);
}

/* Number of flows of 'a' that are not in 'b'. */
static size_t
count_missing(const struct flow_set *a, const struct flow_set *b)
{
    const struct of_flow *flow;
    size_t n = 0;

    FLOW_SET_FOR_EACH (flow, a) {
        n += !set_has(b, flow);
    }
    return n;
}

/* Fifty rules that do not overlap, and one for the rest: another rule, at any
 * place, is one flow. */
static void
test_insert_disjoint(void)
{
    for (int place = 0; place <= 50; place += 10) {
        struct list *list = xzalloc(sizeof *list);
        struct compiled before, after;

        for (int i = 0; i < 51; i++) {
            exact_rule(list, i, ~0, SG_ACCEPT);
            list->rules[i].id = i + 1;
        }
        exact_rule(list, 0, 0, SG_DROP);
        compile(&after, list);

        /* Without the rule at 'place'. */
        lw_rule_uninit(&list->rules[place].lw);
        memmove(&list->rules[place], &list->rules[place + 1],
                (list->n - place - 1) * sizeof list->rules[0]);
        list->n--;
        compile(&before, list);

        CHECK_INT(count_missing(&after.flows, &before.flows), 1);
        CHECK_INT(count_missing(&before.flows, &after.flows), 0);
        compiled_uninit(&before);
        compiled_uninit(&after);
        list_clear(list);
        free(list);
    }
}

/* Whether some value matches both; only fields[0] is matched here. */
static bool
rules_overlap(const struct rule *a, const struct rule *b)
{
    const struct lw_clause *ca = &a->lw.items[0].alts[0].clauses[0];
    const struct lw_clause *cb = &b->lw.items[0].alts[0].clauses[0];

    for (size_t i = 0; i < 4; i++) {
        if ((ca->value[i] ^ cb->value[i]) & ca->mask[i] & cb->mask[i]) {
            return false;
        }
    }
    return true;
}

/* Marks the rules that 'start' overlaps with, itself or through others. */
static void
mark_reached(const struct list *list, size_t start, bool reached[MAX_RULES])
{
    reached[start] = true;
    for (size_t i = 0; i < list->n; i++) {
        if (!reached[i]
            && rules_overlap(&list->rules[start], &list->rules[i])) {
            mark_reached(list, i, reached);
        }
    }
}

/* What a removed rule did not reach stays as it was. */
static void
check_removal(struct list *list, size_t place)
{
    bool reached[MAX_RULES] = { false };
    struct compiled with, without;
    const struct of_flow *flow;
    size_t n_kept = 0;

    mark_reached(list, place, reached);
    compile(&with, list);
    list->rules[place].lw.possible = false;
    compile(&without, list);
    list->rules[place].lw.possible = true;

    FLOW_SET_FOR_EACH (flow, &with.flows) {
        uint64_t id = of_cookie_id(flow->cookie);

        if (of_cookie_kind(flow->cookie) == PL_K_RULE && id <= list->n
            && !reached[id - 1]) {
            n_kept += CHECK(set_has(&without.flows, flow));
        }
    }
    CHECK(n_kept > 0);
    compiled_uninit(&with);
    compiled_uninit(&without);
}

static void
test_insert_random(void)
{
    struct list *list = xzalloc(sizeof *list);

    random_set_seed(9);
    for (int i = 0; i < 40; i++) {
        /* Prefixes of ten bits, none shorter than four. */
        for (int j = 0; j < 30; j++) {
            exact_rule(list, random_range(1024),
                       0x3ff & 0x3ffu << random_range(7),
                       random_range(2) ? SG_ACCEPT : SG_DROP);
        }
        check_removal(list, random_range(30));
        list_clear(list);
    }
    free(list);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_random_lists);
    RUN(test_empty);
    RUN(test_many_predicates);
    RUN(test_long_list);
    RUN(test_too_many_segments);
    RUN(test_product_limit);
    RUN(test_insert_disjoint);
    RUN(test_insert_random);
    return CHECK_RESULT();
}
