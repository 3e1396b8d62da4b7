/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/vars.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "xml/mem.h"

void
nw_vars_init(struct nw_vars *vars)
{
    *vars = (struct nw_vars) NW_VARS_INITIALIZER;
}

static void
clear_values(struct nw_var *var)
{
    for (size_t i = 0; i < var->n_values; i++) {
        free(var->values[i]);
    }
    free(var->values);
    var->values = NULL;
    var->n_values = 0;
}

void
nw_vars_uninit(struct nw_vars *vars)
{
    for (size_t i = 0; i < vars->n; i++) {
        clear_values(&vars->vars[i]);
        free(vars->vars[i].name);
    }
    free(vars->vars);
    nw_vars_init(vars);
}

void
nw_vars_clone(struct nw_vars *dst, const struct nw_vars *src)
{
    nw_vars_init(dst);
    nw_vars_override(dst, src);
}

/* Returns where 'name' is, or should be inserted. */
static size_t
lower_bound(const struct nw_vars *vars, const char *name)
{
    size_t low = 0, high = vars->n;

    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (strcmp(vars->vars[mid].name, name) < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

/* Returns the variable, which is added without values if it is not there: the
 * caller must give it one. */
static struct nw_var *
find_or_add(struct nw_vars *vars, const char *name)
{
    size_t i = lower_bound(vars, name);

    if (i >= vars->n || strcmp(vars->vars[i].name, name)) {
        if (vars->n >= vars->allocated) {
            vars->vars = nw_grow(vars->vars, &vars->allocated,
                                 sizeof *vars->vars);
        }
        memmove(&vars->vars[i + 1], &vars->vars[i],
                (vars->n - i) * sizeof *vars->vars);
        vars->vars[i] = (struct nw_var){ .name = nw_xstrdup(name) };
        vars->n++;
    }
    return &vars->vars[i];
}

/* Takes ownership of 'value'. */
static void
add_value(struct nw_var *var, char *value)
{
    /* Powers of two are where the array is full. */
    if (!(var->n_values & (var->n_values - 1))) {
        size_t n = var->n_values ? var->n_values * 2 : 1;
        var->values = nw_xrealloc(var->values, n * sizeof *var->values);
    }
    var->values[var->n_values++] = value;
}

void
nw_vars_append(struct nw_vars *vars, const char *name, const char *value)
{
    add_value(find_or_add(vars, name), nw_xstrdup(value));
}

void
nw_vars_set(struct nw_vars *vars, const char *name, const char *value)
{
    /* 'value' may be one of those that go. */
    char *copy = nw_xstrdup(value);
    struct nw_var *var = find_or_add(vars, name);
    clear_values(var);
    add_value(var, copy);
}

void
nw_vars_remove(struct nw_vars *vars, const char *name)
{
    size_t i = lower_bound(vars, name);

    if (i < vars->n && !strcmp(vars->vars[i].name, name)) {
        clear_values(&vars->vars[i]);
        free(vars->vars[i].name);
        vars->n--;
        memmove(&vars->vars[i], &vars->vars[i + 1],
                (vars->n - i) * sizeof vars->vars[i]);
    }
}

bool
nw_var_name_is_valid(const char *name)
{
    if (!*name) {
        return false;
    }
    for (; *name; name++) {
        if (*name != '_'
            && !(isascii((unsigned char) *name)
                 && isalnum((unsigned char) *name))) {
            return false;
        }
    }
    return true;
}

/* An element of a list, blanks around it already dropped. */
static bool
is_valid_element(const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (!(isascii((unsigned char) s[i]) && isalnum((unsigned char) s[i]))
            && !(s[i] && strchr("_.:-/", s[i]))) {
            return false;
        }
    }
    return n > 0;
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Returns the first element of the list at '*listp', its length in '*np', and
 * moves '*listp' to the next one, or sets it to NULL behind the last. */
static const char *
next_element(const char **listp, size_t *np)
{
    const char *start = *listp;
    const char *comma = strchr(start, ',');
    const char *end = comma ? comma : strchr(start, '\0');

    *listp = comma ? comma + 1 : NULL;
    while (start < end && is_blank(*start)) {
        start++;
    }
    while (end > start && is_blank(end[-1])) {
        end--;
    }
    *np = end - start;
    return start;
}

bool
nw_vars_append_list(struct nw_vars *vars, const char *name, const char *values)
{
    const char *element;
    size_t n;

    if (!nw_var_name_is_valid(name)) {
        return false;
    }
    for (const char *list = values; list;) {
        element = next_element(&list, &n);
        if (!is_valid_element(element, n)) {
            return false;
        }
    }

    struct nw_var *var = find_or_add(vars, name);
    for (const char *list = values; list;) {
        element = next_element(&list, &n);
        add_value(var, nw_xmemdup0(element, n));
    }
    return true;
}

void
nw_vars_override(struct nw_vars *inner, const struct nw_vars *outer)
{
    if (inner == outer) {
        return;
    }
    for (size_t i = 0; i < outer->n; i++) {
        const struct nw_var *src = &outer->vars[i];
        struct nw_var *dst = find_or_add(inner, src->name);
        clear_values(dst);
        for (size_t j = 0; j < src->n_values; j++) {
            add_value(dst, nw_xstrdup(src->values[j]));
        }
    }
}

const struct nw_var *
nw_vars_find(const struct nw_vars *vars, const char *name)
{
    size_t i = lower_bound(vars, name);

    return (i < vars->n && !strcmp(vars->vars[i].name, name) ? &vars->vars[i]
                                                             : NULL);
}

static bool
var_equal(const struct nw_var *a, const struct nw_var *b)
{
    if (strcmp(a->name, b->name) || a->n_values != b->n_values) {
        return false;
    }
    for (size_t i = 0; i < a->n_values; i++) {
        if (strcmp(a->values[i], b->values[i])) {
            return false;
        }
    }
    return true;
}

bool
nw_vars_equal(const struct nw_vars *a, const struct nw_vars *b)
{
    if (a->n != b->n) {
        return false;
    }
    for (size_t i = 0; i < a->n; i++) {
        if (!var_equal(&a->vars[i], &b->vars[i])) {
            return false;
        }
    }
    return true;
}
