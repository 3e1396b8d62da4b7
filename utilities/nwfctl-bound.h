/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef UTILITIES_NWFCTL_BOUND_H
#define UTILITIES_NWFCTL_BOUND_H 1

/* Whether ports can use filters with the parameters of their bindings: what
 * their daemons will find, by the same compiler (flows/program.h), told as
 * warnings when it is defined (deviation D19).
 *
 * Parameters that a port has of its own (Interface:external_ids) are on its
 * host, and unknown here.  Addresses that will be learned count as given. */

#include <stddef.h>

#include "db-ctl-base.h"

struct catalog;
struct nw_binding;
struct nw_diags;
struct nw_filter;

/* What these functions need of the database. */
void nwfctl_bound_prerequisites(struct ctl_context *);

/* Warns of bindings whose filters fail with the 'n' new definitions, which are
 * in 'catalog'.  Bindings that agree in what matters cost one compilation. */
void nwfctl_bound_check_filters(const struct ctl_context *,
                                struct catalog *catalog,
                                struct nw_filter **filters, size_t n,
                                struct nw_diags *diags);

/* Warns if the filter of 'binding', which 'file' holds, fails with it.  If
 * there was a binding for the port, it 'replaces' that. */
void nwfctl_bound_check_binding(const struct ctl_context *,
                                struct catalog *catalog,
                                const struct nw_binding *binding,
                                const char *file, bool replaces,
                                struct nw_diags *diags);

#endif /* utilities/nwfctl-bound.h */
