/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef UTILITIES_NWFCTL_SET_H
#define UTILITIES_NWFCTL_SET_H 1

/* What `set-*' commands and `set-import' share. */

#include <stdbool.h>

#include "db-ctl-base.h"
#include "sset.h"

struct nw_set_type;
struct nwrec_address_set;
struct shash;

/* A set that is not in the database: of a file, or of an option. */
struct nwfctl_set {
    const struct nw_set_type *type;
    struct sset members;
};

/* Creates an empty set; it is freed with what it is put into. */
struct nwfctl_set *nwfctl_set_create(const struct nw_set_type *);

/* Frees 'sets', which contains "struct nwfctl_set"s. */
void nwfctl_sets_destroy(struct shash *sets);

/* Parses 'text' as an entry of 'type' and adds its members to 'members'.
 * Returns NULL or a message that the caller frees. */
char *nwfctl_set_members(const struct nw_set_type *, const char *text,
                         struct sset *members);

/* Returns NULL if 'name' may be the name of a set, otherwise a message that
 * the caller frees. */
char *nwfctl_set_check_name(const char *name);

/* NULL if there is none. */
const struct nwrec_address_set *nwfctl_set_find(struct ctl_context *,
                                                const char *name);

/* Replaces all entries of 'row'. */
void nwfctl_set_write(const struct nwrec_address_set *row,
                      const struct sset *members);

/* What `set-*' commands need of the database. */
void nwfctl_set_prerequisites(struct ctl_context *);

#endif /* utilities/nwfctl-set.h */
