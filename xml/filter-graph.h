/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_FILTER_GRAPH_H
#define XML_FILTER_GRAPH_H 1

/* Which filters refer to which, over any set of filters.
 *
 * The set is a function that finds a filter by name; filters that it does not
 * find are skipped, since a reference may be made before its filter is
 * defined (semantics reference 1.2).  Each filter is visited once, however
 * many ways lead to it. */

#include <stdbool.h>
#include <stddef.h>

struct nw_filter;

/* Returns the filter called 'name', or NULL. */
typedef const struct nw_filter *nw_filter_lookup_func(const char *name,
                                                      void *aux);

/* Returns true if 'start', or a filter that it refers to, refers to itself in
 * the end.  '*pathp' (unless 'pathp' is NULL) then receives the loop as text,
 * "a -> b -> a", which the caller frees; otherwise it becomes NULL.
 *
 * 'start' stands for the filter of its name whatever 'lookup' says: it is the
 * new definition of it. */
bool nw_filter_find_loop(const struct nw_filter *start,
                         nw_filter_lookup_func *lookup, void *aux,
                         char **pathp);

/* Returns true if 'start' refers to a filter called 'name', directly or
 * through others. */
bool nw_filter_reaches(const struct nw_filter *start, const char *name,
                       nw_filter_lookup_func *lookup, void *aux);

/* Calls 'visit' for 'start' and for every filter that it refers to, directly
 * or through others, once for each. */
void nw_filter_visit(const struct nw_filter *start,
                     nw_filter_lookup_func *lookup, void *aux,
                     void (*visit)(const struct nw_filter *, void *visit_aux),
                     void *visit_aux);

#endif /* xml/filter-graph.h */
