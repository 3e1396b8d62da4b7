/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/ruleset.h"

#include <stdlib.h>
#include <string.h>

#include "flows/pipeline.h"
#include "flows/stable-id.h"
#include "hash.h"
#include "openvswitch/hmap.h"
#include "simap.h"
#include "util.h"
#include "xml/diag.h"
#include "xml/filter.h"

/* Rule ids of one filter, computed once however often it is referenced. */
struct filter_ids {
    struct hmap_node node; /* By filter pointer. */
    const struct nw_filter *filter;
    uint64_t *ids; /* By entry index. */
};

struct walk {
    struct ruleset *rs;
    filter_lookup_func *lookup;
    void *aux;
    struct hmap ids; /* Contains "struct filter_ids"s. */
    struct nw_diags *diags;
};

uint64_t
rule_id(const char *filter, const char *canonical, unsigned int nth)
{
    uint64_t id = stable_idf("%s\n%s\n%u", filter, canonical, nth)
                  & OF_COOKIE_ID_MASK;

    return id ? id : 1;
}

void
filter_rule_ids(const struct nw_filter *filter,
                void (*cb)(const struct nw_rule *, uint64_t id, void *aux),
                void *aux)
{
    struct simap seen = SIMAP_INITIALIZER(&seen);

    for (size_t i = 0; i < filter->n_entries; i++) {
        const struct nw_entry *entry = &filter->entries[i];

        if (!entry->is_ref) {
            char *canonical = nw_rule_canonical(&entry->rule);
            unsigned int nth = simap_increase(&seen, canonical, 1);

            cb(&entry->rule, rule_id(filter->name, canonical, nth), aux);
            free(canonical);
        }
    }
    simap_destroy(&seen);
}

struct collect_ids {
    const struct nw_filter *filter;
    uint64_t *ids;
};

static void
collect_id(const struct nw_rule *rule, uint64_t id, void *collect_)
{
    struct collect_ids *collect = collect_;
    const struct nw_entry *entry = CONTAINER_OF(rule, struct nw_entry, rule);

    collect->ids[entry - collect->filter->entries] = id;
}

static const uint64_t *
walk_ids(struct walk *w, const struct nw_filter *filter)
{
    uint32_t hash = hash_pointer(filter, 0);
    struct filter_ids *ids;

    HMAP_FOR_EACH_WITH_HASH (ids, node, hash, &w->ids) {
        if (ids->filter == filter) {
            return ids->ids;
        }
    }

    ids = xmalloc(sizeof *ids);
    ids->filter = filter;
    ids->ids = xcalloc(filter->n_entries + 1, sizeof *ids->ids);
    hmap_insert(&w->ids, &ids->node, hash);

    struct collect_ids collect = { filter, ids->ids };

    filter_rule_ids(filter, collect_id, &collect);
    return ids->ids;
}

static const struct nw_vars *
add_scope(struct ruleset *rs, const struct nw_filterref *ref,
          const struct nw_vars *outer)
{
    struct nw_vars *scope = xmalloc(sizeof *scope);

    nw_vars_init(scope);
    for (size_t i = 0; i < ref->n_params; i++) {
        for (size_t j = 0; j < ref->params[i].n_values; j++) {
            nw_vars_append(scope, ref->params[i].name,
                           ref->params[i].values[j]);
        }
    }
    nw_vars_override(scope, outer);

    if (rs->n_scopes >= rs->allocated_scopes) {
        rs->scopes = x2nrealloc(rs->scopes, &rs->allocated_scopes,
                                sizeof *rs->scopes);
    }
    rs->scopes[rs->n_scopes++] = scope;
    return scope;
}

static const struct rs_place *
add_place(struct ruleset *rs, const struct rs_place *up,
          const struct nw_filter *filter, int line)
{
    struct rs_place *place = xmalloc(sizeof *place);

    *place = (struct rs_place){ up, filter, line };
    if (rs->n_places >= rs->allocated_places) {
        rs->places = x2nrealloc(rs->places, &rs->allocated_places,
                                sizeof *rs->places);
    }
    rs->places[rs->n_places++] = place;
    return place;
}

static bool
add_rule(struct walk *w, const struct nw_filter *filter,
         const struct nw_rule *rule, uint64_t id, const struct nw_vars *scope,
         const struct rs_place *way)
{
    struct ruleset *rs = w->rs;

    if (rs->n_rules >= RULESET_MAX_RULES) {
        nw_error(w->diags, filter->file, rule->line,
                 "more than %d rules, counting those of referenced filters",
                 RULESET_MAX_RULES);
        return false;
    }
    if (rs->n_rules >= rs->allocated) {
        rs->rules = x2nrealloc(rs->rules, &rs->allocated, sizeof *rs->rules);
    }
    rs->rules[rs->n_rules++] = (struct rs_rule){
        .filter = filter,
        .rule = rule,
        .scope = scope,
        .way = way,
        .priority = rule->priority,
        .id = id,
    };
    return true;
}

static bool walk_filter(struct walk *, const struct nw_filter *,
                        const struct nw_vars *scope,
                        const struct rs_place *way);

static bool
walk_ref(struct walk *w, const struct nw_filter *filter,
         const struct nw_filterref *ref, const struct nw_vars *scope,
         const struct rs_place *way)
{
    const struct nw_filter *target = w->lookup(ref->filter, w->aux);

    sset_add(&w->rs->filters, ref->filter);
    if (!target) {
        nw_error(w->diags, filter->file, ref->line,
                 "referenced filter '%s' is missing", ref->filter);
        return false;
    }
    way = add_place(w->rs, way, filter, ref->line);
    for (const struct rs_place *p = way; p; p = p->up) {
        if (!strcmp(p->filter->name, target->name)) {
            nw_error(w->diags, filter->file, ref->line,
                     "reference to '%s' makes a loop", target->name);
            return false;
        }
    }
    return walk_filter(w, target, add_scope(w->rs, ref, scope), way);
}

static bool
walk_filter(struct walk *w, const struct nw_filter *filter,
            const struct nw_vars *scope, const struct rs_place *way)
{
    const uint64_t *ids = walk_ids(w, filter);

    for (size_t i = 0; i < filter->n_entries; i++) {
        const struct nw_entry *e = &filter->entries[i];
        bool ok = e->is_ref
                      ? walk_ref(w, filter, &e->ref, scope, way)
                      : add_rule(w, filter, &e->rule, ids[i], scope, way);

        if (!ok) {
            return false;
        }
    }
    return true;
}

static bool
in_root(const struct rs_rule *r)
{
    return !strcmp(r->filter->chain, "root");
}

/* Root rules first, then by the priority as written; equal ones stay in the
 * order of the walk, which is that of their places in memory. */
static int
compare_rules(const void *a_, const void *b_)
{
    const struct rs_rule *const *ap = a_;
    const struct rs_rule *const *bp = b_;
    const struct rs_rule *a = *ap, *b = *bp;

    if (in_root(a) != in_root(b)) {
        return in_root(a) ? -1 : 1;
    }
    if (a->rule->priority != b->rule->priority) {
        return a->rule->priority < b->rule->priority ? -1 : 1;
    }
    return a < b ? -1 : a > b;
}

static void
sort_rules(struct ruleset *rs)
{
    const struct rs_rule **order = xmalloc((rs->n_rules + 1) * sizeof *order);
    struct rs_rule *sorted = xmalloc((rs->n_rules + 1) * sizeof *sorted);

    for (size_t i = 0; i < rs->n_rules; i++) {
        order[i] = &rs->rules[i];
    }
    qsort(order, rs->n_rules, sizeof *order, compare_rules);
    for (size_t i = 0; i < rs->n_rules; i++) {
        sorted[i] = *order[i];
        if (!in_root(order[i])
            && sorted[i].priority < order[i]->filter->priority) {
            sorted[i].priority = order[i]->filter->priority;
        }
    }
    free(rs->rules);
    rs->rules = sorted;
    rs->allocated = rs->n_rules + 1;
    free(order);
}

bool
ruleset_init(struct ruleset *rs, const struct nw_filter *top,
             filter_lookup_func *lookup, void *aux, struct nw_diags *diags)
{
    struct walk w = { .rs = rs, .lookup = lookup, .aux = aux, .diags = diags };
    struct nw_vars none = NW_VARS_INITIALIZER;
    struct filter_ids *ids;

    memset(rs, 0, sizeof *rs);
    sset_init(&rs->filters);
    sset_add(&rs->filters, top->name);
    hmap_init(&w.ids);

    /* Every scope is owned by 'rs', the empty one at the top too. */
    const struct nw_vars *scope =
        add_scope(rs, &(struct nw_filterref){ .n_params = 0 }, &none);
    bool ok = walk_filter(&w, top, scope, NULL);

    sort_rules(rs);
    HMAP_FOR_EACH_POP (ids, node, &w.ids) {
        free(ids->ids);
        free(ids);
    }
    hmap_destroy(&w.ids);
    return ok;
}

void
ruleset_uninit(struct ruleset *rs)
{
    for (size_t i = 0; i < rs->n_scopes; i++) {
        nw_vars_uninit(rs->scopes[i]);
        free(rs->scopes[i]);
    }
    free(rs->scopes);
    for (size_t i = 0; i < rs->n_places; i++) {
        free(rs->places[i]);
    }
    free(rs->places);
    free(rs->rules);
    sset_destroy(&rs->filters);
}
