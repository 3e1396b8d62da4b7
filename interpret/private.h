/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef INTERPRET_PRIVATE_H
#define INTERPRET_PRIVATE_H 1

/* Inside of the interpreter; see interpret.h. */

#include "interpret/interpret.h"

/* An item with its variable replaced. */
struct interp_item {
    const struct nw_field *field;
    bool negate;
    struct nw_value value;
    char *text; /* Owner of value.string, or NULL. */
};

/* One rule as it would be typed to ebtables or iptables, before it is turned
 * into its directions: a rule with lists makes several. */
struct interp_rule {
    const struct nw_filter *filter;
    const struct nw_rule *rule;
    int priority;
    struct interp_item *items;
    size_t n_items;
};

/* A rule list.  A jump has 'chain' and no rule. */
struct interp_entry {
    const struct interp_rule *rule;
    const struct interp_chain *chain;
    bool mirrored;  /* Source and destination exchanged. */
    uint8_t states; /* Set of enum nw_state; 0: not tested. */
    int ctdir;      /* 0: original, 1: reply, -1: not tested. */
};

struct interp_chain {
    const char *name;
    int priority;
    struct interp_entry *entries;
    size_t n, allocated;
};

/* Chains of layer 2 in one direction. */
struct interp_l2 {
    struct interp_chain root;
    struct interp_chain **chains; /* Sorted by priority, then name. */
    size_t n, allocated;
};

/* Indexes into interpret_policy. */
enum { INTERP_IN, INTERP_OUT };
enum { INTERP_IPV4, INTERP_IPV6 };

struct interpret_policy {
    struct interpret_env env;
    struct interp_rule **rules; /* In reference 2.2's sorted order. */
    size_t n_rules, allocated_rules;
    struct interp_l2 l2[2];       /* [INTERP_IN/OUT] */
    struct interp_chain l3[2][2]; /* [INTERP_IN/OUT][INTERP_IPV4/6] */
};

/* NULL if the rule has no such item.  An "item" is what is written, used or
 * not. */
const struct interp_item *interp_item(const struct interp_rule *,
                                      enum nw_attr);

/* interpret/flatten.c: fills 'policy->rules', in the order of the walk. */
void interp_flatten(struct interpret_policy *, const char *name,
                    const struct nw_vars *, struct nw_diags *);
void interp_rule_destroy(struct interp_rule *);

/* interpret/check.c: reports what the tools refuse. */
void interp_check(const struct interpret_env *, const struct interp_rule *,
                  struct nw_diags *);

/* interpret/chain.c: sorts 'policy->rules' and fills the lists. */
void interp_build(struct interpret_policy *);
void interp_lists_uninit(struct interpret_policy *);

/* interpret/match.c and interpret/match-l3.c: does the frame, seen with source
 * and destination exchanged if 'mirrored', hit the rule?  State is not
 * compared. */
bool interp_match_l2(const struct interp_rule *,
                     const struct interpret_frame *, bool mirrored);
bool interp_match_l3(const struct interpret_env *, const struct interp_entry *,
                     const struct interpret_frame *);

/* An IPv4 or IPv6 value as bytes in network order. */
void interp_value_bytes(const struct nw_value *, uint8_t bytes[16]);

/* A match on source or destination. */
enum interp_side { INTERP_SRC, INTERP_DST };

/* Compares the port range items of one side with 'port'. */
bool interp_match_port(const struct interp_rule *, enum interp_side,
                       uint16_t port);
/* Compares the address and mask items of one side with 'addr'. */
bool interp_match_addr(const struct interp_rule *, enum interp_side,
                       const uint8_t *addr);

#endif /* interpret/private.h */
