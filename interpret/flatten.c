/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "interpret/private.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"
#include "xml/diag.h"
#include "xml/vars.h"

/* References may fork at each level; this many rules are no policy. */
enum { MAX_RULES = 100000 };

/* The filters from the top down to the one being read. */
struct path {
    const struct path *up;
    const struct nw_filter *filter;
};

struct flattener {
    struct interpret_policy *policy;
    struct nw_diags *diags;
    bool full;
};

/* Accesses that advance together: all of one iterator id, or one element. */
struct iterator {
    bool is_element;
    unsigned int id;
    const char *element_of; /* If is_element. */
    size_t n_positions;     /* Length of its lists. */
    size_t *positions;      /* Those to visit, without duplicates. */
    size_t n_visits;
    size_t visit; /* Current index into 'positions'. */
};

/* A rule on its way from accesses to values. */
struct substitution {
    const struct nw_filter *filter;
    const struct nw_rule *rule;
    const struct nw_vars *vars;
    struct iterator *iterators;
    size_t n_iterators;
};

static const struct nw_var *
access_var(const struct substitution *s, const struct nw_item *item)
{
    return nw_vars_find(s->vars, item->access.name);
}

static void
format_access(const struct nw_access *access, struct ds *s)
{
    ds_put_cstr(s, access->name);
    if (access->kind == NW_ACCESS_ELEMENT) {
        ds_put_format(s, "[%u]", access->index);
    } else if (access->index) {
        ds_put_format(s, "[@%u]", access->index);
    }
}

/* Reference 4.1: a name that nobody set, or an element beyond the end. */
static bool
is_resolvable(const struct substitution *s, const struct nw_item *item)
{
    const struct nw_var *var = access_var(s, item);

    return (var
            && (item->access.kind == NW_ACCESS_ITERATOR
                || item->access.index < var->n_values));
}

static bool
check_resolvable(const struct substitution *s, struct nw_diags *diags)
{
    struct ds missing = DS_EMPTY_INITIALIZER;
    int line = s->rule->line;
    bool ok = true;

    for (size_t i = 0; i < s->rule->n_items; i++) {
        const struct nw_item *item = &s->rule->items[i];
        if (item->is_variable && !is_resolvable(s, item)) {
            if (!ok) {
                ds_put_cstr(&missing, ", ");
            } else {
                line = item->line;
            }
            ok = false;
            format_access(&item->access, &missing);
        }
    }
    if (!ok) {
        nw_error(diags, s->filter->file, line,
                 "unresolvable variables or unavailable list elements: %s",
                 ds_cstr(&missing));
    }
    ds_destroy(&missing);
    return ok;
}

static struct iterator *
find_iterator(const struct substitution *s, const struct nw_access *access)
{
    bool is_element = access->kind == NW_ACCESS_ELEMENT;

    for (size_t i = 0; i < s->n_iterators; i++) {
        struct iterator *it = &s->iterators[i];
        if (it->is_element == is_element && it->id == access->index
            && (!is_element || !strcmp(it->element_of, access->name))) {
            return it;
        }
    }
    return NULL;
}

/* Adds the item's access to its iterator.  Lists of one iterator must have the
 * same length. */
static bool
add_access(struct substitution *s, const struct nw_item *item,
           struct nw_diags *diags)
{
    bool is_element = item->access.kind == NW_ACCESS_ELEMENT;
    size_t length = is_element ? 1 : access_var(s, item)->n_values;
    struct iterator *it = find_iterator(s, &item->access);

    if (!it) {
        s->iterators = xrealloc(s->iterators,
                                (s->n_iterators + 1) * sizeof *s->iterators);
        s->iterators[s->n_iterators++] = (struct iterator){
            .is_element = is_element,
            .id = item->access.index,
            .element_of = item->access.name,
            .n_positions = length,
        };
        return true;
    }
    if (it->n_positions != length) {
        nw_error(diags, s->filter->file, item->line,
                 "lists that are used in parallel must have the same number "
                 "of values: variable '%s' has %" PRIuSIZE ", not %" PRIuSIZE,
                 item->access.name, length, it->n_positions);
        return false;
    }
    return true;
}

static const char *
value_at(const struct substitution *s, const struct nw_item *item,
         const struct iterator *it, size_t position)
{
    return access_var(s, item)->values[it->is_element ? it->id : position];
}

/* Do all lists of 'it' have the same values at positions 'a' and 'b'? */
static bool
same_tuple(const struct substitution *s, const struct iterator *it, size_t a,
           size_t b)
{
    for (size_t i = 0; i < s->rule->n_items; i++) {
        const struct nw_item *item = &s->rule->items[i];
        if (item->is_variable && find_iterator(s, &item->access) == it
            && strcmp(value_at(s, item, it, a), value_at(s, item, it, b))) {
            return false;
        }
    }
    return true;
}

static void
find_positions(const struct substitution *s, struct iterator *it)
{
    it->positions = xmalloc(it->n_positions * sizeof *it->positions);
    for (size_t i = 0; i < it->n_positions; i++) {
        bool seen = false;
        for (size_t j = 0; j < i && !seen; j++) {
            seen = same_tuple(s, it, j, i);
        }
        if (!seen) {
            it->positions[it->n_visits++] = i;
        }
    }
}

/* Moves on to the next combination, the first iterator fastest.  Returns false
 * after the last one. */
static bool
next_combination(struct substitution *s)
{
    for (size_t i = 0; i < s->n_iterators; i++) {
        struct iterator *it = &s->iterators[i];
        if (++it->visit < it->n_visits) {
            return true;
        }
        it->visit = 0;
    }
    return false;
}

static bool
parse_value(const struct substitution *s, const struct nw_item *item,
            const char *text, struct interp_item *out, struct nw_diags *diags)
{
    out->text = xasprintf("%s%s",
                          item->access.prefix ? item->access.prefix : "",
                          text);
    char *error = nw_field_parse_variable(item->field, out->text, &out->value);
    if (error) {
        nw_error(diags, s->filter->file, item->line,
                 "%s: value '%s' of variable '%s': %s",
                 nw_attr_name(item->field->attr), text, item->access.name,
                 error);
        free(error);
        return false;
    }
    return true;
}

/* The rule with the values of the current combination. */
static struct interp_rule *
make_rule(const struct substitution *s, struct nw_diags *diags)
{
    struct interp_rule *r = xzalloc(sizeof *r);
    bool ok = true;

    r->filter = s->filter;
    r->rule = s->rule;
    r->priority = s->rule->priority;
    r->n_items = s->rule->n_items;
    r->items = xcalloc(MAX(r->n_items, 1), sizeof *r->items);
    for (size_t i = 0; i < r->n_items; i++) {
        const struct nw_item *item = &s->rule->items[i];
        struct interp_item *out = &r->items[i];

        out->field = item->field;
        out->negate = item->negate;
        if (!item->is_variable) {
            out->value = item->value;
        } else {
            const struct iterator *it = find_iterator(s, &item->access);
            size_t position = it->positions[it->visit];
            ok = parse_value(s, item, value_at(s, item, it, position), out,
                             diags)
                 && ok;
        }
    }
    if (!ok) {
        interp_rule_destroy(r);
        return NULL;
    }
    return r;
}

void
interp_rule_destroy(struct interp_rule *r)
{
    if (r) {
        for (size_t i = 0; i < r->n_items; i++) {
            free(r->items[i].text);
        }
        free(r->items);
        free(r);
    }
}

static void
put_rule(struct flattener *f, struct interp_rule *r)
{
    struct interpret_policy *p = f->policy;

    if (p->n_rules >= MAX_RULES) {
        if (!f->full) {
            nw_error(f->diags, r->filter->file, r->rule->line,
                     "more than %d rules", MAX_RULES);
        }
        f->full = true;
        interp_rule_destroy(r);
        return;
    }
    if (p->n_rules >= p->allocated_rules) {
        p->rules = x2nrealloc(p->rules, &p->allocated_rules, sizeof *p->rules);
    }
    p->rules[p->n_rules++] = r;
}

static void
flatten_rule(struct flattener *f, const struct nw_filter *filter,
             const struct nw_rule *rule, const struct nw_vars *vars)
{
    struct substitution s = { filter, rule, vars, NULL, 0 };
    bool ok = check_resolvable(&s, f->diags);

    for (size_t i = 0; ok && i < rule->n_items; i++) {
        if (rule->items[i].is_variable) {
            ok = add_access(&s, &rule->items[i], f->diags);
        }
    }
    if (ok) {
        for (size_t i = 0; i < s.n_iterators; i++) {
            find_positions(&s, &s.iterators[i]);
        }
        do {
            struct interp_rule *r = make_rule(&s, f->diags);
            if (!r) {
                break;
            }
            put_rule(f, r);
        } while (!f->full && next_combination(&s));
    }
    for (size_t i = 0; i < s.n_iterators; i++) {
        free(s.iterators[i].positions);
    }
    free(s.iterators);
}

static bool
is_on_path(const struct path *path, const struct nw_filter *filter)
{
    for (; path; path = path->up) {
        if (!strcmp(path->filter->name, filter->name)) {
            return true;
        }
    }
    return false;
}

static void flatten_filter(struct flattener *, const struct nw_filter *,
                           const struct nw_vars *, const struct path *up);

static void
flatten_ref(struct flattener *f, const struct path *path,
            const struct nw_filterref *ref, const struct nw_vars *outer)
{
    const struct interpret_env *env = &f->policy->env;
    const struct nw_filter *filter = env->find_filter(ref->filter, env->aux);

    if (!filter) {
        nw_error(f->diags, path->filter->file, ref->line,
                 "referenced filter '%s' is missing", ref->filter);
        return;
    }
    if (is_on_path(path, filter)) {
        nw_error(f->diags, path->filter->file, ref->line,
                 "filter '%s' refers to itself through '%s'", filter->name,
                 path->filter->name);
        return;
    }

    struct nw_vars vars;
    nw_vars_init(&vars);
    for (size_t i = 0; i < ref->n_params; i++) {
        const struct nw_param *param = &ref->params[i];
        for (size_t j = 0; j < param->n_values; j++) {
            nw_vars_append(&vars, param->name, param->values[j]);
        }
    }
    nw_vars_override(&vars, outer);
    flatten_filter(f, filter, &vars, path);
    nw_vars_uninit(&vars);
}

static void
flatten_filter(struct flattener *f, const struct nw_filter *filter,
               const struct nw_vars *vars, const struct path *up)
{
    struct path path = { up, filter };

    for (size_t i = 0; i < filter->n_entries && !f->full; i++) {
        const struct nw_entry *entry = &filter->entries[i];
        if (entry->is_ref) {
            flatten_ref(f, &path, &entry->ref, vars);
        } else {
            flatten_rule(f, filter, &entry->rule, vars);
        }
    }
}

void
interp_flatten(struct interpret_policy *policy, const char *name,
               const struct nw_vars *vars, struct nw_diags *diags)
{
    struct flattener f = { policy, diags, false };
    const struct interpret_env *env = &policy->env;
    const struct nw_filter *top = env->find_filter(name, env->aux);

    if (!top) {
        nw_error(diags, NULL, 0, "filter '%s' is missing", name);
        return;
    }
    flatten_filter(&f, top, vars, NULL);
}
