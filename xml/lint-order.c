/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "xml/lint-private.h"

/* Rules that never decide anything, because an earlier one always does. */

static bool
same_params(const struct nw_filterref *a, const struct nw_filterref *b)
{
    if (a->n_params != b->n_params) {
        return false;
    }
    for (size_t i = 0; i < a->n_params; i++) {
        const struct nw_param *x = &a->params[i], *y = &b->params[i];

        if (strcmp(x->name, y->name) || !lint_same_values(x, y)) {
            return false;
        }
    }
    return true;
}

static void
check_ref(struct lint *lint, size_t index)
{
    const struct nw_filterref *ref = &lint->filter->entries[index].ref;

    for (size_t i = 0; i < index && lint->budget > 0; i++) {
        const struct nw_entry *e = &lint->filter->entries[i];

        lint->budget--;
        if (e->is_ref && !strcmp(e->ref.filter, ref->filter)
            && same_params(&e->ref, ref)) {
            lint_warn(lint, NW_LINT_DUPLICATE, ref->line,
                      "the reference is the same as that in line %d: the "
                      "rules of '%s' are there twice, and count once",
                      e->ref.line, ref->filter);
            return;
        }
    }
}

void
lint_check_duplicate_refs(struct lint *lint)
{
    for (size_t i = 0; i < lint->filter->n_entries; i++) {
        if (lint->filter->entries[i].is_ref) {
            check_ref(lint, i);
        }
    }
}

/* The list that the entry of 'r' is in. */
static const struct lint_list *
find_list(const struct lint *lint, const struct lint_rule *r,
          enum lint_dir dir)
{
    const struct lint_way *way = &lint->policy.ways[dir];

    if (!lint_rule_is_l2(r)) {
        return &way->l3;
    }
    for (size_t i = 0; i < way->n_chains; i++) {
        if (!strcmp(way->chains[i]->name, r->filter->chain)) {
            return &way->chains[i]->list;
        }
    }
    return &way->root;
}

/* The first rule before 'entry' in its list that decides on everything that
 * 'entry' matches, or NULL. */
static const struct lint_entry *
find_cover(struct lint *lint, const struct lint_entry *entry,
           enum lint_dir dir)
{
    const struct lint_list *list = find_list(lint, entry->rule, dir);

    for (size_t i = 0; i < list->n && list->entries[i] != entry; i++) {
        const struct lint_entry *e = list->entries[i];

        if (--lint->budget <= 0) {
            return NULL;
        }
        if (e->rule->rule->action != NW_ACTION_CONTINUE
            && !(e->box.dims & ~entry->box.dims)
            && lint_box_relation(&e->box, &entry->box, LINT_EVERY)
                   == LINT_ALL) {
            return e;
        }
    }
    return NULL;
}

/* Whether 'e' decides on everything that 'entry' matches, but for the values
 * of one dimension. */
static bool
covers_but(const struct lint_entry *e, const struct lint_entry *entry,
           enum lint_dim dim)
{
    struct lint_probe probe;

    lint_probe_clone(&probe, &e->box);
    lint_probe_set(&probe, dim, lint_box_get(&entry->box, dim));
    return lint_box_relation(&probe.box, &entry->box, LINT_EVERY) == LINT_ALL;
}

/* Of the rules before 'entry' that decide on all of it for some values of the
 * dimension, the one that goes furthest from 'from' on; NULL if none decides
 * on that. */
static const struct lint_entry *
find_part(struct lint *lint, const struct lint_list *list,
          const struct lint_entry *entry, enum lint_dim dim,
          struct lint_num from)
{
    const struct lint_entry *best = NULL;

    for (size_t i = 0; i < list->n && list->entries[i] != entry; i++) {
        const struct lint_entry *e = list->entries[i];
        const struct lint_set *set = lint_box_get(&e->box, dim);

        if (--lint->budget <= 0) {
            return NULL;
        }
        if (set && lint_set_is_range(set)
            && e->rule->rule->action != NW_ACTION_CONTINUE
            && lint_num_compare(set->lo, from) <= 0
            && lint_num_compare(set->hi, from) >= 0
            && (!best
                || lint_num_compare(lint_box_get(&best->box, dim)->hi, set->hi)
                       < 0)
            && !(e->box.dims & ~entry->box.dims)
            && covers_but(e, entry, dim)) {
            best = e;
        }
    }
    return best;
}

/* The last of several rules before 'entry' that together decide on all values
 * of the dimension, or NULL. */
static const struct lint_rule *
find_parts(struct lint *lint, const struct lint_entry *entry,
           enum lint_dir dir, enum lint_dim dim)
{
    const struct lint_list *list = find_list(lint, entry->rule, dir);
    const struct lint_set *whole = lint_box_get(&entry->box, dim);
    struct lint_num from = whole->lo;
    const struct lint_rule *last = NULL;

    for (;;) {
        const struct lint_entry *part = find_part(lint, list, entry, dim,
                                                  from);

        if (!part) {
            return NULL;
        }
        if (!last || part->rule->order > last->order) {
            last = part->rule;
        }
        from = lint_box_get(&part->box, dim)->hi;
        if (lint_num_compare(from, whole->hi) >= 0) {
            return last;
        }
        from.hi += ++from.lo == 0;
    }
}

static const struct lint_rule *
find_cover_of_parts(struct lint *lint, const struct lint_entry *entry,
                    enum lint_dir dir)
{
    for (uint64_t dims = entry->box.dims; dims; dims &= dims - 1) {
        enum lint_dim dim = __builtin_ctzll(dims);
        const struct lint_set *set = lint_box_get(&entry->box, dim);
        const struct lint_rule *last = NULL;

        if (lint_set_is_range(set) && lint_num_compare(set->lo, set->hi)) {
            last = find_parts(lint, entry, dir, dim);
        }
        if (last) {
            return last;
        }
    }
    return NULL;
}

static const char *
verb(const struct lint_rule *r)
{
    switch (r->rule->action) {
    case NW_ACTION_ACCEPT:
        return "accepts";
    case NW_ACTION_RETURN:
        return (lint_rule_is_l2(r) && strcmp(r->filter->chain, "root")
                    ? "returns from the chain with"
                    : "accepts");
    case NW_ACTION_DROP:
    case NW_ACTION_REJECT:
    case NW_ACTION_CONTINUE:
        break;
    }
    return "drops";
}

/* One drop for each direction: at layer 3 the first holds for both, but to
 * write down the other is no mistake. */
static bool
is_counterpart(const struct lint_rule *r, const struct lint_rule *cover)
{
    return (!lint_rule_is_l2(r) && lint_rule_drops(r) && lint_rule_drops(cover)
            && r->rule->direction != cover->rule->direction
            && cover->rule->direction != NW_INOUT);
}

/* How all of a rule is decided before. */
struct cover {
    const struct lint_rule *last; /* Who does it, or the last of several. */
    bool several;
    bool equal; /* It matches nothing else. */
};

static void
warn(struct lint *lint, const struct lint_rule *r, const struct cover *c)
{
    const struct lint_rule *cover = c->last;
    char *first = lint_describe(cover, 0);

    if (c->several) {
        lint_warn(lint, NW_LINT_SHADOWED, r->rule->line,
                  "the rule never decides: earlier ones, the last of them "
                  "%s, together match everything that it matches",
                  first);
    } else if (c->equal && r->rule->action == cover->rule->action
               && r->rule->direction == cover->rule->direction) {
        lint_warn(lint, NW_LINT_DUPLICATE, r->rule->line,
                  "the rule has no effect: %s says the same", first);
    } else {
        lint_warn(lint, NW_LINT_SHADOWED, r->rule->line,
                  "the rule never decides: %s comes first and %s everything "
                  "that it matches",
                  first, verb(cover));
    }
    free(first);
}

static void
check_rule(struct lint *lint, const struct lint_rule *r)
{
    struct cover cover = { .equal = true };

    for (int dir = 0; dir < LINT_N_DIRS; dir++) {
        const struct lint_entry *entry = r->entries[dir];
        const struct lint_entry *found;
        const struct lint_rule *last;

        if (!entry) {
            continue;
        } else if (entry->box.empty) {
            return;
        }
        found = find_cover(lint, entry, dir);
        last = found ? found->rule : find_cover_of_parts(lint, entry, dir);
        if (!last) {
            return;
        }
        cover.several |= !found;
        cover.equal = cover.equal && found
                      && lint_box_relation(&entry->box, &found->box,
                                           LINT_EVERY)
                             == LINT_ALL;
        if (!cover.last || last->order > cover.last->order) {
            cover.last = last;
        }
    }
    if (cover.last && !is_counterpart(r, cover.last)) {
        warn(lint, r, &cover);
    }
}

void
lint_check_order(struct lint *lint)
{
    for (size_t i = 0; i < lint->policy.n; i++) {
        const struct lint_rule *r = &lint->policy.rules[i];

        if (lint_is_own(r) && r->rule->action != NW_ACTION_CONTINUE) {
            check_rule(lint, r);
        }
    }
}
