/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_VARS_H
#define XML_VARS_H 1

/* Variable sets: names with lists of values, as filter parameters, as
 * external_ids and as binding documents give them (semantics reference 4).
 *
 * A set owns its strings and is sorted by name. */

#include <stdbool.h>
#include <stddef.h>

struct nw_var {
    char *name;
    char **values; /* At least one; duplicates are kept. */
    size_t n_values;
};

struct nw_vars {
    struct nw_var *vars; /* Sorted by name. */
    size_t n, allocated;
};

/* Letters, digits and "_", at least one. */
bool nw_var_name_is_valid(const char *name);

#define NW_VARS_INITIALIZER \
    {                       \
        NULL, 0, 0          \
    }

void nw_vars_init(struct nw_vars *);
void nw_vars_uninit(struct nw_vars *);

/* Initializes 'dst' with a copy of 'src'. */
void nw_vars_clone(struct nw_vars *dst, const struct nw_vars *src);

/* Appends 'value' to the list of 'name', which is created if needed. */
void nw_vars_append(struct nw_vars *, const char *name, const char *value);

/* Replaces the whole list of 'name' by the one value. */
void nw_vars_set(struct nw_vars *, const char *name, const char *value);

/* Removes 'name' if it is there. */
void nw_vars_remove(struct nw_vars *, const char *name);

/* Appends each element of the comma separated 'values'; blanks around an
 * element are dropped.  Returns false, and changes nothing, if 'name' or an
 * element is not legal (reference 1.2; values may hold what the types of the
 * language need: letters, digits, "_.:-/"). */
bool nw_vars_append_list(struct nw_vars *, const char *name,
                         const char *values);

/* Adds the variables of 'outer' to 'inner', replacing those of the same name:
 * the outermost wins (reference 4.2). */
void nw_vars_override(struct nw_vars *inner, const struct nw_vars *outer);

/* NULL if there is none. */
const struct nw_var *nw_vars_find(const struct nw_vars *, const char *name);

bool nw_vars_equal(const struct nw_vars *, const struct nw_vars *);

#endif /* xml/vars.h */
