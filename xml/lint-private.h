/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_LINT_PRIVATE_H
#define XML_LINT_PRIVATE_H 1

/* What the linter's checks share. */

#include "xml/lint-policy.h"
#include "xml/lint-walk.h"
#include "xml/lint.h"

struct lint_warning {
    enum nw_lint id;
    int line;
    size_t order; /* In which they were found. */
    char *text;
};

/* One filter that is being checked. */
struct lint {
    const struct nw_filter *filter;
    const struct nw_lint_world *world;
    struct lint_policy policy;

    bool is_referenced; /* By a filter that is known. */
    bool is_block;      /* That, or it is made for it, since it has a chain. */

    long int budget; /* Of the check that is running, see lint-walk.h. */
    struct lint_warning *warnings;
    size_t n_warnings, allocated_warnings;
    size_t counts[NW_N_LINTS]; /* Those that are not shown, too. */
};

/* Adds a warning, unless it is there already or there are too many. */
void lint_warn(struct lint *, enum nw_lint, int line, const char *format, ...)
    __attribute__((__format__(__printf__, 4, 5)));

/* The line of the filter that stands for 'r': its own, or that of the
 * reference by which it came. */
int lint_line(const struct lint_rule *r);

/* Names 'r' in a message: "this rule", "the rule in line 5", "a rule of filter
 * 'x' (line 5 there)".  'here' is the line that the message is about, or 0.
 * The caller frees it. */
char *lint_describe(const struct lint_rule *r, int here);

/* True if the rule stands in the filter itself. */
bool lint_is_own(const struct lint_rule *);

/* A walk for 'packets'. */
struct lint_walk lint_walk_start(struct lint *, enum lint_dir,
                                 const struct lint_box *packets,
                                 enum lint_mode);

/* Gives the guest's side of packets its own addresses, as variables, where
 * 'probe' leaves them open.  What comes from the guest (LINT_OUT) has them as
 * the source. */
void lint_probe_guest(struct lint_probe *, enum lint_dir);

/* The checks.  Those of the first kind only look at the filter itself. */
void lint_check_elements(struct lint *); /* lint-rule.c */
void lint_check_negated_lists(struct lint *);
void lint_check_matches(struct lint *);
void lint_check_chain(struct lint *);
void lint_check_names(struct lint *);          /* lint-names.c */
void lint_check_duplicate_refs(struct lint *); /* lint-order.c */

/* These look at its rules in the order in which they come. */
void lint_check_order(struct lint *);

/* These need all that it refers to, and judge it as a whole. */
void lint_check_chain_ends(struct lint *); /* lint-layers.c */
void lint_check_layers(struct lint *);
void lint_check_only_accepts(struct lint *); /* lint-open.c */
void lint_check_ipv4_only(struct lint *);
void lint_check_drops(struct lint *); /* lint-state.c */
void lint_check_states(struct lint *);
void lint_check_related(struct lint *);
void lint_check_neighbours(struct lint *); /* lint-neighbours.c */

#endif /* xml/lint-private.h */
