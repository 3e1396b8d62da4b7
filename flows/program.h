/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_PROGRAM_H
#define FLOWS_PROGRAM_H 1

/* A program: the flows of one top-level filter with everything that it refers
 * to, shared by all ports that use the filter alike.
 *
 * Two ports share a program if they name the same filter, define the same
 * variables among those that it uses, and agree in the values of those that
 * can not be predicates (predicate.h): ports, masks, protocols, and lists that
 * a product is made of.  The program's key says all that, and its id is a hash
 * of the key, so it is the same on every host and survives edits of the
 * filter.
 *
 * Pure: a function of filters and variables. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/ruleset.h"
#include "sset.h"
#include "xml/filter.h"

struct flow_set;
struct nw_diags;
struct nw_var;
struct nw_vars;
struct predicate;
struct rule_origin;
struct rule_origins;

struct program;

struct program_limits {
    size_t max_flows; /* Of one program; 0 is no limit. */
    bool count_all;   /* Every packet passes the rules (no known.h), so that
                       * their flows count it. */
};
#define PROGRAM_MAX_FLOWS_DEFAULT 100000

/* Compiles 'top' for a port whose parameters ($MAC included) are 'vars'.
 * Always returns a program; if it could not be compiled, program_is_ok() is
 * false, 'diags' has errors with file and line, and program_filters() and
 * program_fits() still say when to try again.  Filters that 'lookup' returns
 * must live until program_flows() was called for the last time. */
struct program *program_build(const struct nw_filter *top,
                              filter_lookup_func *lookup, void *aux,
                              const struct nw_vars *vars,
                              const struct program_limits *,
                              struct nw_diags *diags);
void program_destroy(struct program *);

bool program_is_ok(const struct program *);

/* "FILTER(IP,PORT=22;25)", the variables that the port has and the values that
 * matter: equal keys, equal program. */
const char *program_key(const struct program *);

/* Id that follows from the key; never 0. */
uint32_t program_default_id(const struct program *);

/* Names of all filters that it was made from, and of those missing. */
const struct sset *program_filters(const struct program *);

/* Variables without a value, as accessed ("IP", "B[3]"), sorted. */
const struct sset *program_missing(const struct program *);

/* Whether the port's own value of variable 'name' is part of it. */
bool program_uses(const struct program *, const char *name);

/* Whether a port with these parameters, that names the same filter, would get
 * the same program. */
bool program_fits(const struct program *, const struct nw_vars *);

/* The predicates that each of its ports needs rows for. */
size_t program_predicates(const struct program *, const struct predicate **);

/* Where its rules stand. */
const struct rule_origins *program_origins(const struct program *);

/* The values that a rule's variable has for a port with these parameters, or
 * with NULL for every port of the program; NULL if each has its own. */
const struct nw_var *program_variable(const struct program *,
                                      const struct rule_origin *,
                                      const char *name,
                                      const struct nw_vars *port_vars);

/* The layer 2 chain that a segment of NW_IN or NW_OUT stands for part of, or
 * NULL if there is no such segment. */
const char *program_find_chain(const struct program *, enum nw_direction,
                               uint32_t segment);

/* What it needs besides its own flows: bits by pipeline_need. */
unsigned int program_needs(const struct program *);

/* Adds the program's flows under the given id. */
void program_flows(const struct program *, uint32_t id, struct flow_set *);

/* The same, but what accepts says who it is (pipeline.h, ACCEPT). */
void program_telling_flows(const struct program *, uint32_t id,
                           struct flow_set *);

#endif /* flows/program.h */
