/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_LINT_POLICY_H
#define XML_LINT_POLICY_H 1

/* A filter with all that it refers to, flattened and sorted into the lists
 * that packets go through (reference 2.2, 3.1 to 3.4). */

#include "xml/filter-graph.h"
#include "xml/lint-box.h"

/* As the guest sees it. */
enum lint_dir { LINT_IN, LINT_OUT, LINT_N_DIRS };

/* A rule at one place of the tree. */
struct lint_rule {
    const struct nw_filter *filter; /* Where it stands. */
    const struct nw_rule *rule;
    const struct lint_scope *scope;
    const struct nw_filterref *via; /* The top filter's reference by which it
                                     * came, or NULL if it is its own. */
    size_t order;                   /* In which the tree was walked. */
    struct lint_entry *entries[LINT_N_DIRS]; /* NULL: not in that direction. */
};

/* A rule in one direction. */
struct lint_entry {
    const struct lint_rule *rule;
    bool mirrored;
    struct lint_box box;
};

/* What is looked at in turn. */
struct lint_list {
    const struct lint_entry **entries;
    size_t n, allocated;
};

struct lint_chain {
    const char *name;
    int priority;               /* Where the root chain jumps to it. */
    struct lint_probe selector; /* What goes into it. */
    struct lint_list list;
};

/* Everything in one direction. */
struct lint_way {
    struct lint_list root;      /* Layer 2, rules of the root chain. */
    struct lint_chain **chains; /* In the order of the jumps. */
    size_t n_chains, allocated_chains;
    struct lint_list l3; /* Layer 3, IPv4 and IPv6. */
};

struct lint_policy {
    struct nw_arena *arena;
    struct lint_rule *rules; /* Sorted. */
    size_t n, allocated;
    bool incomplete; /* Something is missing, or there is too much of it. */
    struct lint_way ways[LINT_N_DIRS];
};

void lint_policy_init(struct lint_policy *, const struct nw_filter *top,
                      nw_filter_lookup_func *, void *aux);
void lint_policy_uninit(struct lint_policy *);

bool lint_rule_is_l2(const struct lint_rule *);

/* True for actions drop and reject. */
bool lint_rule_drops(const struct lint_rule *);

/* Restricts 'probe' to what goes into the chain of that name. */
void lint_probe_select(struct lint_probe *, const char *chain);

/* What goes into the chain of that name, for people: "ARP frames". */
const char *lint_chain_frames(const char *chain);

#endif /* xml/lint-policy.h */
