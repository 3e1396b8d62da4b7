/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_PROGRAM_CHAINS_H
#define FLOWS_PROGRAM_CHAINS_H 1

/* Chains of a program (semantics reference 2): which rules and jumps stand in
 * which order, and what each action means where it stands.  Private to
 * program.c and program-chains.c. */

#include <stdbool.h>
#include <stdint.h>

#include "flows/segment.h"
#include "xml/filter.h"

#define N_DIRECTIONS 2 /* NW_IN, NW_OUT. */
#define N_LAYERS 3     /* enum nw_layer. */

struct build;
struct lw_rule;
struct nw_diags;
struct program_rule;
struct rs_rule;

/* A chain under construction: where its next rule goes. */
struct chain_sink {
    struct sg_stage *stage;
    struct sg_segment *cur;
    struct pending *pending; /* Chains to append before the next segment;
                              * NULL in a chain that is not root. */
};

/* Adds a lowered rule at the end of the chain. */
void chain_add_rule(struct chain_sink *, const struct lw_rule *,
                    struct sg_target, uint64_t rule_id);

/* Add the rules of a layer in one direction to the stage.  Return false, with
 * an error, if they can not be compiled. */
bool chain_build_l2(struct build *, int dir, struct sg_stage *);
bool chain_build_l3(struct build *, int dir, enum nw_layer, struct sg_stage *,
                    struct nw_diags *);

/* In program.c.  Without a sink the rule is only checked. */
bool program_add_rule(struct build *, const struct program_rule *, int dir,
                      struct chain_sink *, struct sg_target);
const struct rs_rule *program_rs_rule(const struct program_rule *);
/* A copy of a chain's name that lives as long as the program. */
const char *program_keep_name(struct build *, const char *name);
/* The caller frees the array. */
size_t program_rules(struct build *, struct program_rule *const **);

#endif /* flows/program-chains.h */
