/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/rule-origin.h"

#include <stdlib.h>
#include <string.h>

#include "flows/ruleset.h"
#include "openvswitch/dynamic-string.h"
#include "sset.h"
#include "util.h"
#include "xml/filter.h"

static void
put_way(const struct rs_place *place, struct ds *s)
{
    if (place) {
        put_way(place->up, s);
        ds_put_format(s, "%s%s:%d", place->up ? " -> " : "",
                      place->filter->file, place->line);
    }
}

static void
note_variables(struct rule_origin *origin, const struct rs_rule *r)
{
    struct sset names = SSET_INITIALIZER(&names);
    const char **sorted;

    for (size_t i = 0; i < r->rule->n_items; i++) {
        if (r->rule->items[i].is_variable) {
            sset_add(&names, r->rule->items[i].access.name);
        }
    }
    sorted = sset_sort(&names);
    origin->n_variables = sset_count(&names);
    origin->variables = xmalloc((origin->n_variables + 1)
                                * sizeof *origin->variables);
    nw_vars_init(&origin->given);
    for (size_t i = 0; i < origin->n_variables; i++) {
        const struct nw_var *var = nw_vars_find(r->scope, sorted[i]);

        origin->variables[i] = xstrdup(sorted[i]);
        for (size_t j = 0; var && j < var->n_values; j++) {
            nw_vars_append(&origin->given, var->name, var->values[j]);
        }
    }
    free(sorted);
    sset_destroy(&names);
}

/* The order of equal ones is that of their places in memory. */
static int
compare_rules(const void *a_, const void *b_)
{
    const struct rs_rule *const *ap = a_, *const *bp = b_;
    const struct rs_rule *a = *ap, *b = *bp;

    if (a->id != b->id) {
        return a->id < b->id ? -1 : 1;
    }
    return a < b ? -1 : a > b;
}

void
rule_origins_init(struct rule_origins *origins, const struct ruleset *rs)
{
    const struct rs_rule **rules = xmalloc((rs->n_rules + 1) * sizeof *rules);

    for (size_t i = 0; i < rs->n_rules; i++) {
        rules[i] = &rs->rules[i];
    }
    qsort(rules, rs->n_rules, sizeof *rules, compare_rules);

    origins->n = rs->n_rules;
    origins->origins = xmalloc((rs->n_rules + 1) * sizeof *origins->origins);
    for (size_t i = 0; i < rs->n_rules; i++) {
        struct rule_origin *origin = &origins->origins[i];
        struct ds way = DS_EMPTY_INITIALIZER;

        put_way(rules[i]->way, &way);
        origin->id = rules[i]->id;
        origin->file = xstrdup(rules[i]->filter->file);
        origin->line = rules[i]->rule->line;
        origin->text = nw_rule_format(rules[i]->rule);
        origin->way = ds_steal_cstr(&way);
        note_variables(origin, rules[i]);
    }
    free(rules);
}

void
rule_origins_uninit(struct rule_origins *origins)
{
    for (size_t i = 0; i < origins->n; i++) {
        struct rule_origin *origin = &origins->origins[i];

        free(CONST_CAST(char *, origin->file));
        free(CONST_CAST(char *, origin->text));
        free(CONST_CAST(char *, origin->way));
        for (size_t j = 0; j < origin->n_variables; j++) {
            free(origin->variables[j]);
        }
        free(origin->variables);
        nw_vars_uninit(&origin->given);
    }
    free(origins->origins);
}

const struct rule_origin *
rule_origins_find(const struct rule_origins *origins, uint64_t id)
{
    size_t low = 0, high = origins->n;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (origins->origins[middle].id < id) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return (low < origins->n && origins->origins[low].id == id
                ? &origins->origins[low]
                : NULL);
}

const struct rule_origin *
rule_origins_next(const struct rule_origins *origins,
                  const struct rule_origin *origin)
{
    const struct rule_origin *next = origin + 1;

    return (next < origins->origins + origins->n && next->id == origin->id
                ? next
                : NULL);
}

const char *
rule_origin_filter(const struct rule_origin *origin)
{
    static const char prefix[] = "filter ";
    size_t len = strlen(prefix);

    return origin->file + (strncmp(origin->file, prefix, len) ? 0 : len);
}
