/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_RULESET_H
#define FLOWS_RULESET_H 1

/* A filter and everything it refers to, flattened into one ordered list of
 * rules (semantics reference 2.2, steps 1 to 3).
 *
 * Variables are not resolved here: each rule keeps the parameters that its
 * filterrefs gave it ("scope"), which the port's own parameters override. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sset.h"
#include "xml/vars.h"

struct nw_diags;
struct nw_filter;
struct nw_rule;

/* Finds a filter by name; NULL if there is none.  What it returns must stay
 * valid as long as what was built from it. */
typedef const struct nw_filter *filter_lookup_func(const char *name,
                                                   void *aux);

/* A filterref on the way from the top to a rule. */
struct rs_place {
    const struct rs_place *up;      /* NULL in the top filter. */
    const struct nw_filter *filter; /* Where it stands. */
    int line;
};

struct rs_rule {
    const struct nw_filter *filter; /* Where it stands; borrowed. */
    const struct nw_rule *rule;
    const struct nw_vars *scope; /* Parameters of the filterrefs. */
    const struct rs_place *way;  /* The last filterref, or NULL. */
    int priority;                /* Not below its chain's. */
    uint64_t id;                 /* Cookie id, see rule_id(). */
};

struct ruleset {
    struct rs_rule *rules; /* Sorted: root chain first, then priority. */
    size_t n_rules, allocated;
    struct nw_vars **scopes; /* Owned. */
    size_t n_scopes, allocated_scopes;
    struct rs_place **places; /* Owned. */
    size_t n_places, allocated_places;
    struct sset filters; /* Names of all filters, missing ones too. */
};

/* Flattens 'top'.  Returns false, with errors that name file and line, if a
 * referenced filter is missing, filters refer to each other in a loop, or the
 * tree has more than RULESET_MAX_RULES rules; 'rs' is valid (and has to be
 * uninitialized) in any case, and rs->filters says on what it depends. */
#define RULESET_MAX_RULES 100000
bool ruleset_init(struct ruleset *, const struct nw_filter *top,
                  filter_lookup_func *, void *aux, struct nw_diags *);
void ruleset_uninit(struct ruleset *);

/* Id of a rule: 44 bits, never 0, a hash of the filter's name, of what the
 * rule says, and of how many equal rules stand before it in the filter.  It
 * depends neither on the host nor on the line, so it survives edits of other
 * rules. */
uint64_t rule_id(const char *filter, const char *canonical, unsigned int nth);

/* Calls 'cb' for each rule of 'filter' with its id. */
void filter_rule_ids(const struct nw_filter *,
                     void (*cb)(const struct nw_rule *, uint64_t id,
                                void *aux),
                     void *aux);

#endif /* flows/ruleset.h */
