/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_RULE_ORIGIN_H
#define FLOWS_RULE_ORIGIN_H 1

/* Where a program's rules stand, and how the filter came to them: what people
 * are told about a flow.  Outlives the filters.
 *
 * Pure. */

#include <stddef.h>
#include <stdint.h>

#include "xml/vars.h"

struct ruleset;

struct rule_origin {
    uint64_t id;      /* As in the cookie. */
    const char *file; /* "filter NAME", or a path. */
    int line;
    const char *text; /* The rule in one line. */
    const char *way;  /* The filterrefs from the top filter to this one, as
                       * "filter web:5 -> filter base:3"; "" for none. */
    char **variables; /* Names of those that the rule uses. */
    size_t n_variables;
    struct nw_vars given; /* What the filterrefs say about them; the port's
                           * own parameters win. */
};

/* Sorted by id, and then in the order of the rules; a rule that is reached in
 * several ways is there for each. */
struct rule_origins {
    struct rule_origin *origins;
    size_t n;
};

void rule_origins_init(struct rule_origins *, const struct ruleset *);
void rule_origins_uninit(struct rule_origins *);

/* The first one with that id, or NULL. */
const struct rule_origin *rule_origins_find(const struct rule_origins *,
                                            uint64_t id);

/* The next one with the same id, or NULL. */
const struct rule_origin *rule_origins_next(const struct rule_origins *,
                                            const struct rule_origin *);

/* 'file' without "filter ": the filter's name, if it has one. */
const char *rule_origin_filter(const struct rule_origin *);

#endif /* flows/rule-origin.h */
