/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef UTILITIES_NWFCTL_LINT_H
#define UTILITIES_NWFCTL_LINT_H 1

/* The linter (xml/lint.h), with the filters that the command line knows. */

#include <stdbool.h>
#include <stddef.h>

struct catalog;
struct nw_binding;
struct nw_diags;
struct nw_filter;

/* Lints 'n' filters, which are in 'catalog' and may be NULL.  References lead
 * to the filters of the catalog and, if 'shipped' is true, to those that come
 * with the program, which are in every new database. */
void nwfctl_lint(struct catalog *catalog, struct nw_filter **filters, size_t n,
                 bool shipped, struct nw_diags *diags);

/* Warns of parameters that do not suit the rules (xml/parameters.h).
 * Otherwise as nwfctl_lint(). */
void nwfctl_check_filters(struct catalog *catalog, struct nw_filter **filters,
                          size_t n, bool shipped, struct nw_diags *diags);
void nwfctl_check_binding(struct catalog *catalog,
                          const struct nw_binding *binding, const char *file,
                          bool shipped, struct nw_diags *diags);

#endif /* utilities/nwfctl-lint.h */
