/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_LINT_WALK_H
#define XML_LINT_WALK_H 1

/* What becomes of a packet that the linter makes up. */

#include "xml/lint-policy.h"

/* Possible fates at one layer, as a set. */
enum lint_fate {
    LINT_PASS_RULE = 1 << 0,      /* A rule accepts it. */
    LINT_PASS_CHAIN_END = 1 << 1, /* No rule of a chain says anything. */
    LINT_PASS_END = 1 << 2,       /* No rule at all says anything. */
    LINT_DROP = 1 << 3,
    LINT_PASS = LINT_PASS_RULE | LINT_PASS_CHAIN_END | LINT_PASS_END,
};

struct lint_walk {
    /* What is asked. */
    const struct lint_policy *policy;
    enum lint_dir dir;
    const struct lint_box *packets;
    enum lint_mode mode;
    const struct lint_rule *without;  /* As if this rule were not there. */
    const struct lint_chain *through; /* As if this chain ended in "return". */

    /* Comparisons that may still be made, borrowed.  When there are none left
     * every fate is possible. */
    long int *budget;

    /* The last answer: the rule that decided, or the chain whose end did. */
    const struct lint_rule *decider;
    const struct lint_chain *chain;
};

/* In LINT_EVERY mode this is every fate that some packet may have, perhaps
 * more; in LINT_TYPICAL mode it is one.  Layer 3 passes what is not IP. */
unsigned int lint_walk_l2(struct lint_walk *);
unsigned int lint_walk_l3(struct lint_walk *);

/* True if some packet may pass both layers. */
bool lint_walk_may_pass(struct lint_walk *);

/* True if every packet is dropped at one layer or the other. */
bool lint_walk_drops(struct lint_walk *);

#endif /* xml/lint-walk.h */
