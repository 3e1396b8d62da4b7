/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/expand.h"

#include <stdlib.h>
#include <string.h>

#include "flows/lower.h"
#include "flows/predicate.h"
#include "flows/ruleset.h"
#include "openvswitch/dynamic-string.h"
#include "sset.h"
#include "util.h"
#include "xml/diag.h"

/* The variable that an access means: the port's own, else the filterref's. */
static const struct nw_var *
find_var(const struct expansion *e, const char *name, bool *at_portp)
{
    const struct nw_var *var = nw_vars_find(e->port_vars, name);

    *at_portp = var != NULL;
    return var ? var : nw_vars_find(e->rs_rule->scope, name);
}

static const struct nw_item *
group_item(const struct expansion *e, const struct expand_group *g, size_t i)
{
    return &e->rs_rule->rule->items[g->items[i]];
}

static struct expand_group *
find_group(struct expansion *e, const struct nw_access *access)
{
    for (size_t i = 0; i < e->n_groups; i++) {
        struct expand_group *g = &e->groups[i];

        if (access->kind == NW_ACCESS_ITERATOR && !g->element
            && g->index == access->index) {
            return g;
        }
    }

    struct expand_group *g = &e->groups[e->n_groups++];

    memset(g, 0, sizeof *g);
    g->element = access->kind == NW_ACCESS_ELEMENT;
    g->index = access->index;
    return g;
}

static void
make_groups(struct expansion *e)
{
    const struct nw_rule *rule = e->rs_rule->rule;

    ovs_assert(rule->n_items <= EXPAND_MAX_ITEMS);
    e->groups = xcalloc(rule->n_items + 1, sizeof *e->groups);
    for (size_t i = 0; i < rule->n_items; i++) {
        if (rule->items[i].is_variable) {
            struct expand_group *g = find_group(e, &rule->items[i].access);

            g->items[g->n_items++] = i;
        }
    }
}

static bool
check_access(const struct expansion *e, const struct nw_item *item,
             struct expand_uses *uses, struct nw_diags *diags)
{
    const struct rs_rule *r = e->rs_rule;
    const struct nw_access *a = &item->access;
    bool at_port;
    const struct nw_var *var = find_var(e, a->name, &at_port);
    bool element = a->kind == NW_ACCESS_ELEMENT;

    sset_add(at_port ? &uses->at_port : &uses->absent, a->name);
    if (var && (!element || a->index < var->n_values)) {
        return true;
    }

    char *name = (element    ? xasprintf("%s[%u]", a->name, a->index)
                  : a->index ? xasprintf("%s[@%u]", a->name, a->index)
                             : xstrdup(a->name));

    sset_add(&uses->missing, name);
    if (var) {
        /* The length of the list decides. */
        sset_add(&uses->copied, a->name);
    }
    nw_error(diags, r->filter->file, item->line, "variable '%s' has no value",
             name);
    free(name);
    return false;
}

/* Whether the mask that goes with an address is a literal, or none. */
static bool
mask_is_literal(const struct nw_rule *rule, enum nw_attr attr)
{
    static const enum nw_attr masks[][2] = {
        { NW_A_SRCMACADDR, NW_A_SRCMACMASK },
        { NW_A_DSTMACADDR, NW_A_DSTMACMASK },
        { NW_A_ARPSRCIPADDR, NW_A_ARPSRCIPMASK },
        { NW_A_ARPDSTIPADDR, NW_A_ARPDSTIPMASK },
        { NW_A_SRCIPADDR, NW_A_SRCIPMASK },
        { NW_A_DSTIPADDR, NW_A_DSTIPMASK },
    };

    for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
        const struct nw_item *mask = nw_rule_item(rule, masks[i][1]);

        if (masks[i][0] == attr && mask && mask->is_variable) {
            return false;
        }
    }
    return true;
}

/* Addresses that the port gives can be a predicate, if they all are compared
 * for equality, or if there is just one. */
static bool
can_share(const struct expansion *e, const struct expand_group *g)
{
    for (size_t i = 0; i < g->n_items; i++) {
        const struct nw_item *item = group_item(e, g, i);
        bool at_port;

        find_var(e, item->access.name, &at_port);
        if (!at_port || !lw_is_address(item->field->attr)
            || !mask_is_literal(e->rs_rule->rule, item->field->attr)
            || (item->negate && g->n_items > 1)
            || g->n_items > PREDICATE_MAX_PARTS) {
            return false;
        }
    }
    return true;
}

static const char *
group_value(const struct expansion *e, const struct expand_group *g,
            size_t item, size_t tuple)
{
    const struct nw_access *a = &group_item(e, g, item)->access;
    bool at_port;

    return find_var(e, a->name, &at_port)
        ->values[g->element ? a->index : tuple];
}

/* A text that only equal tuples have in common; the caller frees it. */
static char *
tuple_text(const struct expansion *e, const struct expand_group *g,
           size_t tuple)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < g->n_items; i++) {
        const char *value = group_value(e, g, i, tuple);

        ds_put_format(&s, "%" PRIuSIZE ":%s,", strlen(value), value);
    }
    return ds_steal_cstr(&s);
}

/* Number of values of the group's lists, or 0 after an error. */
static size_t
group_length(const struct expansion *e, const struct expand_group *g,
             struct nw_diags *diags)
{
    size_t n = 0;

    if (g->element) {
        return 1;
    }
    for (size_t i = 0; i < g->n_items; i++) {
        const struct nw_item *item = group_item(e, g, i);
        bool at_port;
        const struct nw_var *var = find_var(e, item->access.name, &at_port);

        if (n && var->n_values != n) {
            nw_error(diags, e->rs_rule->filter->file, item->line,
                     "variables that are used in parallel have lists of "
                     "different lengths: '%s' has %" PRIuSIZE " values, '%s' "
                     "has %" PRIuSIZE,
                     group_item(e, g, 0)->access.name, n, item->access.name,
                     var->n_values);
            return 0;
        }
        n = var->n_values;
    }
    return n;
}

/* Lists the group's different tuples, in order; one more than are allowed at
 * the most.  Lists may be long, so no tuple is compared with all others. */
static bool
make_tuples(const struct expansion *e, struct expand_group *g,
            struct expand_uses *uses, struct nw_diags *diags)
{
    struct sset seen = SSET_INITIALIZER(&seen);
    size_t n = group_length(e, g, diags);

    for (size_t i = 0; i < g->n_items; i++) {
        const char *name = group_item(e, g, i)->access.name;

        if (sset_contains(&uses->at_port, name)) {
            sset_add(&uses->copied, name);
        }
    }
    g->tuples = xmalloc((n + 1) * sizeof *g->tuples);
    for (size_t i = 0; i < n && g->n_tuples <= EXPAND_MAX_COMBINATIONS; i++) {
        char *text = tuple_text(e, g, i);

        if (sset_add(&seen, text)) {
            g->tuples[g->n_tuples++] = i;
        }
        free(text);
    }
    sset_destroy(&seen);
    return n > 0;
}

bool
expand_init(struct expansion *e, const struct rs_rule *r,
            const struct nw_vars *port_vars, struct expand_uses *uses,
            struct nw_diags *diags)
{
    bool ok = true;

    *e = (struct expansion){
        .rs_rule = r,
        .port_vars = port_vars,
        .n_combinations = 1,
    };
    make_groups(e);
    for (size_t i = 0; i < r->rule->n_items; i++) {
        if (r->rule->items[i].is_variable) {
            ok = check_access(e, &r->rule->items[i], uses, diags) && ok;
        }
    }
    for (size_t i = 0; ok && i < e->n_groups; i++) {
        struct expand_group *g = &e->groups[i];

        g->shared = can_share(e, g);
        if (!g->shared) {
            ok = make_tuples(e, g, uses, diags);
            e->n_combinations *= g->n_tuples;
        }
        if (ok && e->n_combinations > EXPAND_MAX_COMBINATIONS) {
            nw_error(diags, r->filter->file, r->rule->line,
                     "the rule's variables have more than %d combinations "
                     "of values",
                     EXPAND_MAX_COMBINATIONS);
            ok = false;
        }
    }
    return ok;
}

void
expand_uninit(struct expansion *e)
{
    for (size_t i = 0; i < e->n_groups; i++) {
        free(e->groups[i].tuples);
    }
    free(e->groups);
}

static bool
substitute(const struct expansion *e, const struct nw_item *item,
           const char *text, struct nw_value *value, struct nw_diags *diags)
{
    const char *file = e->rs_rule->filter->file;
    const char *prefix = item->access.prefix ? item->access.prefix : "";
    char *whole = xasprintf("%s%s", prefix, text);
    char *error = nw_field_parse_variable(item->field, whole, value);

    free(whole);
    if (item->field->type == NW_T_IPSET) {
        value->string = text; /* Which lives on, 'whole' does not. */
    }

    if (error) {
        nw_error(diags, file, item->line,
                 "[D16] %s: value '%s' of variable '%s': %s",
                 nw_attr_name(item->field->attr), text, item->access.name,
                 error);
        free(error);
        return false;
    }
    return true;
}

bool
expand_values(const struct expansion *e, size_t i, struct nw_value *storage,
              const struct nw_value **values, struct nw_diags *diags)
{
    const struct nw_rule *rule = e->rs_rule->rule;

    for (size_t j = 0; j < rule->n_items; j++) {
        values[j] = rule->items[j].is_variable ? NULL : &rule->items[j].value;
    }
    for (size_t g = 0; g < e->n_groups; g++) {
        const struct expand_group *group = &e->groups[g];

        if (group->shared) {
            continue;
        }

        size_t tuple = group->tuples[i % group->n_tuples];

        i /= group->n_tuples;
        for (size_t j = 0; j < group->n_items; j++) {
            size_t index = group->items[j];

            if (!substitute(e, &rule->items[index],
                            group_value(e, group, j, tuple), &storage[index],
                            diags)) {
                return false;
            }
            values[index] = &storage[index];
        }
    }
    return true;
}
