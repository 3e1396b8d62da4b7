/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_LINT_H
#define XML_LINT_H 1

/* Warnings about filters that are legal but probably do something else than
 * what was meant.
 *
 * Each has an id that stays the same for ever, and a section in doc/lint.md
 * with an example and the cure.  Most are found by following made-up packets
 * through the filter and everything it refers to; see lint-walk.h. */

#include <stdbool.h>

#include "xml/filter-graph.h"

struct nw_diags;
struct nw_filter;

#define NW_LINTS                                  \
    NW_LINT(SEVERAL_ELEMENTS, "several-elements") \
    NW_LINT(NEGATED_LIST, "negated-list")         \
    NW_LINT(NEVER_MATCHES, "never-matches")       \
    NW_LINT(CHAIN_IGNORED, "chain-ignored")       \
    NW_LINT(PRIORITY_IGNORED, "priority-ignored") \
    NW_LINT(SIMILAR_NAME, "similar-name")         \
    NW_LINT(DUPLICATE, "duplicate")               \
    NW_LINT(SHADOWED, "shadowed")                 \
    NW_LINT(CHAIN_END, "chain-end")               \
    NW_LINT(SEPARATE_LAYERS, "separate-layers")   \
    NW_LINT(ONLY_ACCEPTS, "only-accepts")         \
    NW_LINT(IPV4_ONLY, "ipv4-only")               \
    NW_LINT(DROP_BOTH_WAYS, "drop-both-ways")     \
    NW_LINT(NEW_ONLY, "new-only")                 \
    NW_LINT(NO_ANSWERS, "no-answers")             \
    NW_LINT(RELATED_MISSING, "related-missing")   \
    NW_LINT(NEIGHBOUR_DISCOVERY, "neighbour-discovery")

enum nw_lint {
#define NW_LINT(ENUM, ID) NW_LINT_##ENUM,
    NW_LINTS
#undef NW_LINT
        NW_N_LINTS
};

/* The other filters that are known. */
struct nw_lint_world {
    /* Finds the filter of a name.  Where one is not found, checks that depend
     * on what it says are left out. */
    nw_filter_lookup_func *lookup;

    /* True if some filter refers to the one of that name.  Such a filter is a
     * building block: what it leaves open may be closed elsewhere, so it is
     * judged as part of those filters.  May be NULL. */
    bool (*is_referenced)(const char *name, void *aux);

    void *aux; /* For both. */
};

/* Checks 'filter', and adds a warning "[ID] TEXT" to 'diags' for each thing
 * that is found, in the order of lines. */
void nw_lint_filter(const struct nw_filter *filter,
                    const struct nw_lint_world *, struct nw_diags *diags);

/* True if a filter of that name comes with the program. */
bool nw_filter_is_shipped(const char *name);

#endif /* xml/lint.h */
