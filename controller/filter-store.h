/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_FILTER_STORE_H
#define CONTROLLER_FILTER_STORE_H 1

/* The policy database's filters, parsed. */

#include <stdbool.h>

struct filter_store;
struct nw_filter;
struct policy_filter;

struct filter_store *filter_store_create(void);
void filter_store_destroy(struct filter_store *);

/* Takes the new version of a filter; NULL: there is none any more.  Pointers
 * to the old version become invalid. */
void filter_store_put(struct filter_store *, const char *name,
                      const struct policy_filter *);

/* The filter, or NULL if there is none or it could not be parsed.  Has the
 * signature of filter_lookup_func. */
const struct nw_filter *filter_store_lookup(const char *name, void *store);

/* What is logged of the rules of a filter: LOG_* (log-events.h). */
unsigned int filter_store_log(const struct filter_store *, const char *name);

/* Calls 'cb' for each filter that could be parsed. */
void filter_store_for_each(const struct filter_store *,
                           void (*cb)(const struct nw_filter *, void *aux),
                           void *aux);

/* Why filter_store_lookup() returns NULL: the first error of the document, or
 * NULL if there is no such filter. */
const char *filter_store_error(const struct filter_store *, const char *name);

#endif /* controller/filter-store.h */
