/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef UTILITIES_NWFCTL_FILTER_H
#define UTILITIES_NWFCTL_FILTER_H 1

/* What the commands about filters share. */

#include <stdbool.h>

#include "db-ctl-base.h"

struct document;
struct nw_diags;
struct nw_filter;
struct nwrec_filter;

/* What these functions need of the database. */
void nwfctl_filter_prerequisites(struct ctl_context *);

/* NULL if there is none of that name. */
const struct nwrec_filter *nwfctl_filter_by_name(const struct ctl_context *,
                                                 const char *name);

/* Finds a filter by name or UUID.  Sets an error and returns NULL if there is
 * none. */
const struct nwrec_filter *nwfctl_filter_find(struct ctl_context *,
                                              const char *name_or_uuid);

/* As nw_filter_parse(). */
struct nw_filter *nwfctl_filter_parse(const struct document *, bool compat,
                                      struct nw_diags *);

/* Checks the 'n' new definitions against each other and the database: names
 * and UUIDs are unique, nothing leads back to itself; a reference to a filter
 * that does not exist gives a warning, and so does what the linter finds if
 * 'lint' is true. */
void nwfctl_filter_check(struct ctl_context *, struct nw_filter **, size_t n,
                         bool lint, struct nw_diags *);

/* Writes a definition that was checked; 'xml' is its text. */
void nwfctl_filter_store(struct ctl_context *, const struct nw_filter *,
                         const char *xml, bool compat);

#endif /* utilities/nwfctl-filter.h */
