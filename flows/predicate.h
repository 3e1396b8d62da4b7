/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_PREDICATE_H
#define FLOWS_PREDICATE_H 1

/* Predicates: what a rule tests that is not in the filter's own flows, but one
 * bit, which a lookup in another table sets or leaves.
 *
 * First, the part of a rule that depends on the port's addresses.
 *
 * Ports that use the same filter with other values of $MAC, $IP, ... share the
 * filter's flows.  A rule's address attributes that are variables become one
 * predicate for each iterator, such as "eth_src=$MAC".  Before the rules that
 * need it, a lookup in table PREDICATE by (port, predicate, fields) sets or
 * leaves a bit; each port has its rows there and nothing else of the filter.
 *
 * Second, whether the frame is in an address set (set-rows.h).
 *
 * Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/set-rows.h"
#include "openvswitch/meta-flow.h"
#include "xml/filter.h"

struct flow_set;
struct nw_diags;
struct nw_vars;

struct predicate_part {
    enum mf_field_id field;
    unsigned int prefix_len;
    enum nw_type type; /* Of the variable's values. */
    enum nw_attr attr;
    char *name; /* Variable. */
    enum nw_access_kind kind;
    unsigned int index;
};

#define PREDICATE_MAX_PARTS 8

struct predicate {
    uint32_t key;       /* In PL_R_PRED while it is looked up: a hash of
                         * 'text', or the next number that is free. */
    uint32_t hit;       /* In PL_R_HIT: more of it, or 0 (set-rows.h). */
    uint8_t table;      /* Where. */
    char *text;         /* "eth_src=$MAC"; equal for equal ones. */
    struct set_use use; /* 'use.set' is NULL if it is about the port: */
    bool negate;        /* See predicate_rows(). */
    uint16_t eth_type;  /* Prerequisite of the fields, or 0. */
    struct predicate_part parts[PREDICATE_MAX_PARTS];
    size_t n_parts;
    char *file; /* A rule that has it, for messages. */
    int line;
};

/* Completes 'text' and 'key' from the other members. */
void predicate_finish(struct predicate *);
void predicate_uninit(struct predicate *);

/* Adds the rows of 'port', whose parameters are 'vars', to 'set': one for each
 * tuple of values.  Lists advance in parallel (semantics reference 4.1).  A
 * predicate about a set has none, it is the same for every port.
 *
 * A negated predicate is tested for a 0 bit.  Under match='no' each value
 * makes a rule of its own, so with two different values every frame differs
 * from at least one of them: the list then gets no rows.
 *
 * Returns false, with an error, if a variable is missing, a value has the
 * wrong type, an element is out of range, or lists differ in length. */
bool predicate_rows(const struct predicate *, uint16_t port,
                    const struct nw_vars *vars, struct flow_set *set,
                    struct nw_diags *);

/* How many tuples of values there are, each a row, before any of these is
 * looked at; 0 if predicate_rows() would refuse the variables. */
size_t predicate_count(const struct predicate *, const struct nw_vars *vars);

/* Returns what predicate_rows() would, with the same error, and makes no
 * rows. */
bool predicate_check(const struct predicate *, const struct nw_vars *vars,
                     struct nw_diags *);

#endif /* flows/predicate.h */
