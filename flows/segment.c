/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/segment.h"

#include <stdlib.h>
#include <string.h>

#include "flows/actions.h"
#include "flows/flow.h"
#include "flows/lower.h"
#include "flows/pipeline.h"
#include "lib/flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"

/* Alternatives are multiplied up to this many flows, then staged. */
#define PRODUCT_LIMIT 128

/* Up to here overlaps are searched for pair by pair; a longer segment numbers
 * its rules from the top. */
#define OVERLAP_LIMIT 1000

#define TOP_PRIORITY 60000

/* Flows that a segment may have before the next rule begins another one, so
 * that priorities last. */
#define SEGMENT_LIMIT 40000

void
sg_stage_init(struct sg_stage *stage)
{
    ovs_list_init(&stage->segments);
    stage->n_flows = 0;
}

void
sg_stage_uninit(struct sg_stage *stage)
{
    struct sg_segment *segment;

    LIST_FOR_EACH_POP (segment, node, &stage->segments) {
        for (size_t i = 0; i < segment->n_flows; i++) {
            minimatch_destroy(&segment->flows[i].match);
        }
        free(segment->flows);
        free(segment);
    }
}

struct sg_segment *
sg_segment_create(void)
{
    struct sg_segment *segment = xzalloc(sizeof *segment);

    segment->fallthrough.verdict = SG_ACCEPT;
    return segment;
}

void
sg_append(struct sg_stage *stage, struct sg_segment *segment)
{
    ovs_list_push_back(&stage->segments, &segment->node);
}

/* A segment that goes on with the chain of another one. */
static struct sg_segment *
create_next(const struct sg_segment *segment)
{
    struct sg_segment *next = sg_segment_create();

    next->chain = segment->chain;
    return next;
}

/* Whether a frame can match both. */
static bool
overlap(const struct minimatch *a, const struct minimatch *b)
{
    struct flowmap map = flowmap_and(a->mask->masks.map, b->mask->masks.map);
    size_t idx;

    FLOWMAP_FOR_EACH_INDEX (idx, map) {
        uint64_t mask = miniflow_get(&a->mask->masks, idx)
                        & miniflow_get(&b->mask->masks, idx);

        if ((miniflow_get(a->flow, idx) ^ miniflow_get(b->flow, idx)) & mask) {
            return false;
        }
    }
    return true;
}

/* Level of a new flow, or -1 if an earlier flow has the same match. */
static int
find_level(const struct sg_segment *segment, const struct minimatch *match)
{
    int level = 0;

    for (size_t i = 0; i < segment->n_flows; i++) {
        const struct sg_flow *f = &segment->flows[i];

        if (minimatch_equal(&f->match, match)) {
            return -1;
        }
        if (f->level + 1 > level && overlap(&f->match, match)) {
            level = f->level + 1;
        }
    }
    return level;
}

void
sg_add_match(struct sg_stage *stage, struct sg_segment *segment,
             const struct match *match, uint64_t rule_id,
             struct sg_target target)
{
    struct minimatch mini;
    int level;

    minimatch_init(&mini, match);
    level = (segment->n_flows < OVERLAP_LIMIT ? find_level(segment, &mini)
                                              : segment->max_level + 1);
    if (level < 0) {
        minimatch_destroy(&mini);
        return;
    }
    if (segment->n_flows >= segment->allocated) {
        segment->flows = x2nrealloc(segment->flows, &segment->allocated,
                                    sizeof *segment->flows);
    }
    segment->flows[segment->n_flows++] = (struct sg_flow){
        .match = mini,
        .rule_id = rule_id,
        .level = level,
        .target = target,
    };
    segment->max_level = MAX(segment->max_level, level);
    stage->n_flows++;
}

/* Index of 'predicate' in the segment's register, added if needed. */
static size_t
use_predicate(struct sg_segment *segment, size_t predicate)
{
    size_t i;

    for (i = 0; i < segment->n_predicates; i++) {
        if (segment->predicates[i] == predicate) {
            return i;
        }
    }
    segment->predicates[segment->n_predicates++] = predicate;
    return i;
}

static size_t
count_predicates(const struct lw_rule *rule)
{
    size_t n = 0;

    for (size_t i = 0; i < rule->n_items; i++) {
        n += rule->items[i].is_predicate;
    }
    return n;
}

/* Match on what does not multiply: prerequisites and predicates. */
static void
base_match(struct sg_segment *segment, const struct lw_rule *rule,
           struct match *match)
{
    uint32_t bits = 0, mask = 0;

    match_init_catchall(match);
    lw_alt_apply(&rule->base, match);
    for (size_t i = 0; i < rule->n_items; i++) {
        const struct lw_item *item = &rule->items[i];

        if (item->is_predicate) {
            uint32_t bit = 1u << use_predicate(segment, item->predicate);

            mask |= bit;
            bits |= item->negate ? 0 : bit;
        }
    }
    if (mask) {
        match_set_reg_masked(match, PL_R_BITS - MFF_REG0, bits, mask);
    }
}

/* Items that are left to multiply. */
struct product {
    const struct lw_item **items;
    size_t n;
};

static void
add_product(struct sg_stage *stage, struct sg_segment *segment,
            const struct product *p, size_t i, const struct match *match,
            uint64_t rule_id, struct sg_target target)
{
    if (i == p->n) {
        sg_add_match(stage, segment, match, rule_id, target);
        return;
    }
    for (size_t j = 0; j < p->items[i]->n_alts; j++) {
        struct match m = *match;

        if (lw_alt_apply(&p->items[i]->alts[j], &m)) {
            add_product(stage, segment, p, i + 1, &m, rule_id, target);
        }
    }
}

/* How many of the items, at least one, stay within the limit together. */
static size_t
fitting(const struct product *p)
{
    size_t flows = 1, n = 0;

    while (n < p->n) {
        flows *= p->items[n]->n_alts;
        if (n && flows > PRODUCT_LIMIT) {
            break;
        }
        n++;
    }
    return n;
}

/* Collects the rule's items that multiply; returns how many of them one lookup
 * can decide. */
static size_t
rule_product(const struct lw_rule *rule, struct product *p)
{
    p->items = xmalloc((rule->n_items + 1) * sizeof *p->items);
    p->n = 0;
    for (size_t i = 0; i < rule->n_items; i++) {
        if (!rule->items[i].negate && !rule->items[i].is_predicate) {
            p->items[p->n++] = &rule->items[i];
        }
    }
    return fitting(p);
}

/* Prerequisites of a staged item, which its own flows must repeat. */
static void
staged_match(const struct lw_rule *rule, struct match *match)
{
    match_init_catchall(match);
    lw_alt_apply(&rule->base, match);
}

/* Adds the rule's flows.  'next' is where a frame goes on that a later
 * stage does not match. */
static void
add_body(struct sg_stage *stage, struct sg_segment *segment,
         const struct lw_rule *rule, struct sg_segment *next, uint64_t rule_id,
         struct sg_target target)
{
    struct product all, p;
    struct match match;
    size_t n = rule_product(rule, &all);

    p = all;
    base_match(segment, rule, &match);
    while (n < p.n) {
        struct sg_segment *stage_2 = create_next(segment);
        struct product now = { p.items, n };

        add_product(stage, segment, &now, 0, &match, 0,
                    (struct sg_target){ SG_SEGMENT, stage_2, false });
        stage_2->fallthrough = (struct sg_target){ SG_SEGMENT, next, false };
        sg_append(stage, stage_2);
        segment = stage_2;
        staged_match(rule, &match);
        p.items += n;
        p.n -= n;
        n = fitting(&p);
    }
    add_product(stage, segment, &p, 0, &match, rule_id, target);
    free(all.items);
}

static bool
needs_next(const struct lw_rule *rule)
{
    struct product p;
    bool staged = rule_product(rule, &p) < p.n;

    free(p.items);
    if (staged) {
        return true;
    }
    for (size_t i = 0; i < rule->n_items; i++) {
        if (rule->items[i].negate && !rule->items[i].is_predicate) {
            return true;
        }
    }
    return false;
}

/* A frame that has a negated item goes on in 'next'. */
static void
add_guards(struct sg_stage *stage, struct sg_segment *segment,
           const struct lw_rule *rule, struct sg_segment *next)
{
    for (size_t i = 0; i < rule->n_items; i++) {
        const struct lw_item *item = &rule->items[i];

        for (size_t j = 0; item->negate && j < item->n_alts; j++) {
            struct match match;

            staged_match(rule, &match);
            if (lw_alt_apply(&item->alts[j], &match)) {
                sg_add_match(stage, segment, &match, 0,
                             (struct sg_target){ SG_SEGMENT, next, false });
            }
        }
    }
}

bool
sg_add_rule(struct sg_stage *stage, struct sg_segment **curp,
            const struct lw_rule *rule, struct sg_target target,
            uint64_t rule_id)
{
    struct sg_segment *next = NULL;
    bool closed = false;

    if (!rule->possible) {
        return false;
    }
    if ((*curp)->n_predicates + count_predicates(rule) > SG_MAX_PREDICATES
        || (*curp)->n_flows > SEGMENT_LIMIT) {
        next = create_next(*curp);
        (*curp)->fallthrough = (struct sg_target){ SG_SEGMENT, next, false };
        sg_append(stage, next);
        *curp = next;
    }

    struct sg_segment *cur = *curp;

    if (needs_next(rule)) {
        next = create_next(cur);
        cur->fallthrough = (struct sg_target){ SG_SEGMENT, next, false };
        add_guards(stage, cur, rule, next);
        *curp = next;
        closed = true;
    }
    add_body(stage, cur, rule, next, rule_id, target);
    return closed;
}

bool
sg_rule_is_simple(const struct lw_rule *rule)
{
    return !needs_next(rule);
}

void
sg_format_stamping(const struct sg_stage *stage, struct ds *s)
{
    struct sg_segment *segment;

    LIST_FOR_EACH (segment, node, &stage->segments) {
        for (size_t i = 0; i < segment->n_flows; i++) {
            const struct sg_flow *f = &segment->flows[i];

            if (f->target.stamps) {
                minimatch_format(&f->match, NULL, NULL, s,
                                 OFP_DEFAULT_PRIORITY);
                ds_put_char(s, '\n');
            }
        }
    }
}

/* Emission. */

bool
sg_finish(struct sg_stage *stage, size_t first)
{
    struct sg_segment *segment;
    size_t n = 0;

    LIST_FOR_EACH (segment, node, &stage->segments) {
        /* Skipped by resolve(). */
        segment->number = segment->n_flows ? first + n++ : SIZE_MAX;
    }
    return n <= SG_MAX_SEGMENTS;
}

const struct sg_segment *
sg_find(const struct sg_stage *stage, size_t number)
{
    const struct sg_segment *segment;

    LIST_FOR_EACH (segment, node, &stage->segments) {
        if (segment->number == number) {
            return segment;
        }
    }
    return NULL;
}

/* Follows empty segments to where they lead. */
static struct sg_target
resolve(struct sg_target target)
{
    while (target.verdict == SG_SEGMENT && !target.segment->n_flows) {
        target = target.segment->fallthrough;
    }
    return target;
}

static void
put_segment(const struct sg_emit *e, const struct sg_segment *segment,
            struct ofpbuf *acts)
{
    act_load(acts, PL_R_SEGMENT, segment->number);
    for (size_t i = 0; i < segment->n_predicates; i++) {
        const struct sg_lookup *p = &e->predicates[segment->predicates[i]];

        act_load(acts, PL_R_HIT, p->hit);
        act_load(acts, PL_R_PRED, p->key);
        act_resubmit(acts, p->table);
        act_move_bit(acts, PL_R_HIT, PL_R_BITS, i);
    }
    act_resubmit(acts, e->first_table + segment->number % PL_SEGMENT_TABLES);
}

/* What is looked up in predicates from here on is over, so PRED is free; but
 * the second stage has predicates of its own. */
static void
put_accepted_by(const struct sg_emit *e, uint64_t cookie, struct ofpbuf *acts)
{
    uint32_t rule = of_cookie_kind(cookie) == PL_K_RULE ? cookie : 0;

    if (e->second) {
        act_load(acts, PL_R_ACCEPTED_BY[1], rule);
    } else {
        act_load(acts, PL_R_ACCEPTED_BY[0], rule);
        act_load(acts, PL_R_ACCEPTED_BY[1], 0);
    }
}

/* 'cookie' is that of the flow whose actions these are: what it drops has to
 * be known by it in tables that all flows share. */
static void
put_target(const struct sg_emit *e, struct sg_target target, uint64_t cookie,
           struct ofpbuf *acts)
{
    target = resolve(target);
    switch (target.verdict) {
    case SG_ACCEPT:
        if (target.stamps) {
            act_load_masked(acts, PL_R_COMMIT, PL_COMMIT_STAMP,
                            PL_COMMIT_STAMP);
        }
        if (e->tells_accepts) {
            put_accepted_by(e, cookie, acts);
        }
        act_resubmit(acts, e->accept_table);
        break;
    case SG_DROP:
    case SG_REJECT:
        act_load64(acts, PL_XREG_DROPPED_BY, cookie);
        act_resubmit(acts,
                     target.verdict == SG_DROP ? PL_T_DROP : PL_T_REJECT);
        break;
    case SG_SEGMENT:
        put_segment(e, target.segment, acts);
        break;
    }
}

static void
emit_flow(const struct sg_emit *e, const struct sg_segment *segment,
          uint16_t priority, uint64_t cookie, struct match *match,
          struct sg_target target, struct flow_set *set)
{
    uint64_t stub[512 / 8];
    struct ofpbuf acts = OFPBUF_STUB_INITIALIZER(stub);

    match_set_reg(match, PL_R_PROGRAM - MFF_REG0, e->program);
    match_set_reg(match, PL_R_SEGMENT - MFF_REG0, segment->number);
    put_target(e, target, cookie, &acts);
    flow_set_add(set, of_flow_create(e->first_table
                                         + segment->number % PL_SEGMENT_TABLES,
                                     priority, cookie, match, &acts));
    ofpbuf_uninit(&acts);
}

static void
emit_segment(const struct sg_emit *e, const struct sg_segment *segment,
             struct flow_set *set)
{
    struct match match;

    for (size_t i = 0; i < segment->n_flows; i++) {
        const struct sg_flow *f = &segment->flows[i];
        uint64_t cookie = f->rule_id
                              ? pipeline_cookie(PL_K_RULE, f->rule_id)
                              : pipeline_cookie(PL_K_PROGRAM, e->program);

        minimatch_expand(&f->match, &match);
        emit_flow(e, segment, TOP_PRIORITY - f->level, cookie, &match,
                  f->target, set);
    }
    match_init_catchall(&match);
    emit_flow(e, segment, 1, pipeline_cookie(PL_K_PROGRAM, e->program), &match,
              segment->fallthrough, set);
}

void
sg_emit_flows(const struct sg_stage *stage, const struct sg_emit *e,
              struct flow_set *set)
{
    struct sg_segment *segment;

    LIST_FOR_EACH (segment, node, &stage->segments) {
        if (segment->n_flows) {
            emit_segment(e, segment, set);
        }
    }
}

void
sg_emit_entry(const struct sg_stage *stage, const struct sg_emit *e,
              struct ofpbuf *acts)
{
    struct sg_target target = { SG_ACCEPT, NULL, false };

    if (!ovs_list_is_empty(&stage->segments)) {
        target.verdict = SG_SEGMENT;
        target.segment = CONTAINER_OF(ovs_list_front(&stage->segments),
                                      struct sg_segment, node);
    }
    put_target(e, target, pipeline_cookie(PL_K_PROGRAM, e->program), acts);
}
