/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_SETS_H
#define CONTROLLER_SETS_H 1

/* The policy database's address sets, checked, and in which part of them the
 * last round changed something.
 *
 * A set that vanishes, or gets a type or an entry that is not understood,
 * stays in force as it was for those who use it, as the filters of ports do;
 * sets_error() says what is wrong.
 *
 * Members are spread over SETS_SHARDS shards by a hash, so that a change makes
 * the rows of one shard anew, not those of a hundred thousand members. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bitmap.h"
#include "sset.h"

struct policy_set;
struct sets;
struct shash;

#define SETS_SHARDS 256

struct set {
    char *name;
    const struct nw_set_type *type; /* NULL if it never was good. */
    struct sset members;            /* As written. */
    char *error;                    /* Why this is not the newest, or NULL. */
    size_t n_users;
    unsigned long changed[BITMAP_N_LONGS(SETS_SHARDS)]; /* In this round. */
};

struct sets *sets_create(void);
void sets_destroy(struct sets *);

/* Takes the new version of a set; NULL: there is none any more.  Returns true
 * if sets_error() now gives another answer. */
bool sets_put(struct sets *, const char *name, const struct policy_set *);

/* Why a set can not be used ("does not exist"), or NULL if it can. */
const char *sets_error(const struct sets *, const char *name);

/* The version of a set that is in force, or NULL. */
const struct set *sets_find(const struct sets *, const char *name);

/* The set's name by the cookie of its rows, or NULL. */
const char *sets_find_cookie(const struct sets *, uint64_t cookie);

/* Adds the names of the sets that have a version in force. */
void sets_names(const struct sets *, struct sset *);

/* The shard of a member. */
unsigned int sets_shard(const char *member);

/* Begins to use the set, which has to exist, and ends it. */
struct set *sets_ref(struct sets *, const char *name);
void sets_unref(struct set *);

/* Whoever uses a set has taken note of what changed.  Forgets sets that nobody
 * uses and that are gone. */
void sets_end_round(struct sets *);

#endif /* controller/sets.h */
