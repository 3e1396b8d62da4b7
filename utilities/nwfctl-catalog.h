/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef UTILITIES_NWFCTL_CATALOG_H
#define UTILITIES_NWFCTL_CATALOG_H 1

/* Filters by name, for checks that go beyond one document: new definitions
 * and, behind them, those of the database, which are parsed when they are
 * first needed. */

#include <stdbool.h>

#include "openvswitch/shash.h"

struct nw_diags;
struct nw_filter;
struct nwrec_filter;
struct ovsdb_idl;
struct sset;

struct catalog {
    struct shash fresh;  /* New: const struct nw_filter. */
    struct shash rows;   /* Stored: const struct nwrec_filter. */
    struct shash parsed; /* Of 'rows': struct nw_filter or NULL. */
};

void catalog_init(struct catalog *);
void catalog_uninit(struct catalog *);

/* Adds a new definition, which hides a stored one of the same name.  It is
 * borrowed.  Returns false, with an error, if there is a new one already. */
bool catalog_add(struct catalog *, const struct nw_filter *,
                 struct nw_diags *);

/* Adds every filter of the database that 'idl' replicates (columns name, xml,
 * compat).  The rows are borrowed. */
void catalog_add_stored(struct catalog *, const struct ovsdb_idl *);

/* True if there is a filter of that name, even one that can not be parsed. */
bool catalog_contains(const struct catalog *, const char *name);

/* The filter of that name, or NULL if there is none or it can not be parsed.
 * It belongs to the catalog.  A nw_filter_lookup_func. */
const struct nw_filter *catalog_find(const char *name, void *catalog);

/* True if another filter refers to the one of that name. */
bool catalog_is_referenced(struct catalog *, const char *name);

/* Adds the names of all filters that refer to one of 'names', directly or
 * through others. */
void catalog_add_users(struct catalog *, struct sset *names);

/* Adds an error to 'diags' if 'filter' leads back to itself. */
void catalog_check_loop(struct catalog *, const struct nw_filter *filter,
                        struct nw_diags *diags);

/* Adds a warning for each reference of 'filter' to a filter that does not
 * exist. */
void catalog_check_references(const struct catalog *,
                              const struct nw_filter *filter,
                              struct nw_diags *diags);

#endif /* utilities/nwfctl-catalog.h */
