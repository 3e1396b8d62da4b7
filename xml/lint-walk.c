/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/lint-walk.h"

/* Beside enum lint_fate, for parts of the way. */
enum {
    RETURN = 1 << 8,
    GO_ON = 1 << 9,
};

static const unsigned int anything = LINT_PASS | LINT_DROP;

static enum lint_relation
relation(struct lint_walk *w, const struct lint_box *box)
{
    (*w->budget)--;
    return lint_box_relation(box, w->packets, w->mode);
}

static unsigned int
action_fate(const struct lint_rule *r)
{
    switch (r->rule->action) {
    case NW_ACTION_DROP:
    case NW_ACTION_REJECT:
        return LINT_DROP;
    case NW_ACTION_ACCEPT:
        return LINT_PASS_RULE;
    case NW_ACTION_RETURN:
        return RETURN;
    case NW_ACTION_CONTINUE:
        break;
    }
    return 0;
}

/* The fates that one rule gives, with GO_ON if it may leave packets for the
 * next. */
static unsigned int
visit(struct lint_walk *w, const struct lint_entry *entry)
{
    unsigned int fate = action_fate(entry->rule);

    if (!fate || entry->rule == w->without) {
        return GO_ON;
    }

    enum lint_relation part = relation(w, &entry->box);
    if (part == LINT_NONE) {
        return GO_ON;
    }
    w->decider = entry->rule;
    return part == LINT_ALL ? fate : fate | GO_ON;
}

static unsigned int
visit_list(struct lint_walk *w, const struct lint_list *list)
{
    unsigned int fates = GO_ON;

    for (size_t i = 0; *w->budget > 0 && i < list->n; i++) {
        unsigned int fate = visit(w, list->entries[i]);

        fates |= fate & ~GO_ON;
        if (!(fate & GO_ON)) {
            return fates & ~GO_ON;
        }
    }
    return fates;
}

static unsigned int
visit_chain(struct lint_walk *w, const struct lint_chain *chain)
{
    enum lint_relation part = relation(w, &chain->selector.box);
    unsigned int fates;

    if (part == LINT_NONE) {
        return GO_ON;
    }
    fates = visit_list(w, &chain->list);
    if (fates & GO_ON && chain == w->through) {
        fates |= RETURN;
    } else if (fates & GO_ON) {
        fates |= LINT_PASS_CHAIN_END;
        w->chain = chain;
    }
    fates &= ~GO_ON;
    if (part == LINT_SOME || fates & RETURN) {
        fates |= GO_ON;
    }
    return fates & ~RETURN;
}

unsigned int
lint_walk_l2(struct lint_walk *w)
{
    const struct lint_way *way = &w->policy->ways[w->dir];
    size_t rule = 0, chain = 0;
    unsigned int fates = 0;

    w->decider = NULL;
    w->chain = NULL;
    while (rule < way->root.n || chain < way->n_chains) {
        unsigned int fate;

        /* Of a rule and a chain with one priority the chain comes first. */
        if (chain < way->n_chains
            && (rule >= way->root.n
                || way->chains[chain]->priority
                       <= way->root.entries[rule]->rule->rule->priority)) {
            fate = visit_chain(w, way->chains[chain++]);
        } else {
            fate = visit(w, way->root.entries[rule++]);
            fate = fate & RETURN ? (fate & ~RETURN) | LINT_PASS_RULE : fate;
        }
        if (*w->budget <= 0) {
            return anything;
        }
        fates |= fate & ~GO_ON;
        if (!(fate & GO_ON)) {
            return fates;
        }
    }
    return fates | LINT_PASS_END;
}

unsigned int
lint_walk_l3(struct lint_walk *w)
{
    unsigned int fates;

    w->decider = NULL;
    w->chain = NULL;
    fates = visit_list(w, &w->policy->ways[w->dir].l3);
    if (*w->budget <= 0) {
        return anything;
    }
    /* "return" is the same as "accept" there (reference 2.3). */
    return ((fates & anything) | (fates & RETURN ? LINT_PASS_RULE : 0)
            | (fates & GO_ON ? LINT_PASS_END : 0));
}

bool
lint_walk_may_pass(struct lint_walk *w)
{
    return lint_walk_l2(w) & LINT_PASS && lint_walk_l3(w) & LINT_PASS;
}

bool
lint_walk_drops(struct lint_walk *w)
{
    return lint_walk_l2(w) == LINT_DROP || lint_walk_l3(w) == LINT_DROP;
}
