/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_EXPAND_H
#define FLOWS_EXPAND_H 1

/* Variables of one rule: which become predicates, and the combinations of
 * values for the others (semantics reference 4.1). */

#include <stdbool.h>
#include <stddef.h>

#include "sset.h"
#include "xml/filter.h"
#include "xml/vars.h"

struct nw_diags;
struct rs_rule;

/* No protocol has so many attributes, and a rule has each once. */
#define EXPAND_MAX_ITEMS 64

/* Items whose variables advance together. */
struct expand_group {
    size_t items[EXPAND_MAX_ITEMS]; /* Indexes into rule->items. */
    size_t n_items;
    bool element;       /* One $NAME[i]; else an iterator. */
    unsigned int index; /* Iterator id. */
    bool shared;        /* Decided by a predicate. */
    size_t n_tuples;    /* If !shared: different tuples... */
    size_t *tuples;     /* ...as indexes into the lists. */
};

struct expansion {
    const struct rs_rule *rs_rule;
    const struct nw_vars *port_vars;
    struct expand_group *groups;
    size_t n_groups;
    size_t n_combinations; /* Of the groups that are not shared. */
};

/* What expand_init() learns about variables, for the program's key. */
struct expand_uses {
    struct sset at_port; /* Names that the port defines and uses. */
    struct sset absent;  /* Names that come from a filterref. */
    struct sset copied;  /* Of 'at_port': values matter. */
    struct sset missing; /* Accesses without a value. */
};

/* Returns false, with errors, if a variable is missing, lists that advance
 * together differ in length, or the combinations are too many.  'e' must be
 * uninitialized in any case. */
#define EXPAND_MAX_COMBINATIONS 10000
bool expand_init(struct expansion *e, const struct rs_rule *,
                 const struct nw_vars *port_vars, struct expand_uses *,
                 struct nw_diags *);
void expand_uninit(struct expansion *);

/* Fills 'storage' and 'values' (rule->n_items each) for combination 'i':
 * values[j] points to the literal or the substituted value, and is NULL for an
 * item that a predicate decides.  The name of a set is without what stands
 * before its variable (access.prefix).  Returns false, with an error, if a
 * value has the wrong type. */
bool expand_values(const struct expansion *, size_t i,
                   struct nw_value *storage, const struct nw_value **values,
                   struct nw_diags *);

#endif /* flows/expand.h */
