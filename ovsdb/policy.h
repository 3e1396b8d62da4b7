/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef OVSDB_POLICY_H
#define OVSDB_POLICY_H 1

/* The policy database OVS_NWFilter as plain values: filters (their XML as
 * written), bindings, address sets.  Same rules as local.h. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/shash.h"
#include "smap.h"
#include "sset.h"

struct policy_db;

struct policy_filter {
    char *name;
    char *xml;   /* As written. */
    bool compat; /* Was defined with --compat. */
    char *log;   /* external_ids:log, or NULL. */
};

struct policy_binding {
    char *port; /* <portdev>. */
    char *host; /* "" is every host. */
    char *mac;  /* "" if none. */
    char *filter;
    struct smap params; /* Values joined by ",". */
};

struct policy_set {
    char *name;
    char *type; /* As ipset(8): "hash:ip", ... */
    struct sset entries;
};

/* The addresses that a guest was seen to have. */
struct policy_leases {
    char *guest;           /* Who: text that is the same on every host. */
    char *host;            /* Where it was last seen... */
    char *port;            /* ...and at which port. */
    struct smap addresses; /* Address to what else is known. */
};

struct policy_changes {
    struct sset filters;  /* Names added, changed or removed. */
    struct sset bindings; /* Ports. */
    struct sset sets;
    struct sset leases; /* Guests. */
};

void policy_changes_init(struct policy_changes *);
void policy_changes_uninit(struct policy_changes *);

/* 'host' is this host's name, for its row in table Host.  'remotes' may be
 * NULL: policy_configure() has to be called before policy_run() then. */
struct policy_db *policy_create(const char *remotes, const char *host);
void policy_destroy(struct policy_db *);
/* Other remotes or another name, without forgetting what was read. */
void policy_configure(struct policy_db *, const char *remotes,
                      const char *host);

void policy_run(struct policy_db *, struct policy_changes *);
void policy_wait(struct policy_db *);
bool policy_is_ready(const struct policy_db *);
bool policy_is_connected(const struct policy_db *);

const struct policy_filter *policy_filter(const struct policy_db *,
                                          const char *name);
/* A binding for this host wins over one for every host. */
const struct policy_binding *policy_binding(const struct policy_db *,
                                            const char *port);
const struct policy_set *policy_set(const struct policy_db *,
                                    const char *name);
const struct shash *policy_filters(const struct policy_db *);

/* Leases: those of guests that were last seen on this host, and of those that
 * policy_watch_guests() names, as soon as the server has sent them; and before
 * all, those that are to be written. */
const struct policy_leases *policy_leases(const struct policy_db *,
                                          const char *guest);
const struct shash *policy_all_leases(const struct policy_db *);
void policy_watch_guests(struct policy_db *, const struct sset *guests);

/* Makes 'addresses' all that the guest has, at 'port' of this host; none: no
 * row.  Written when the database is there and allows it; until then
 * policy_leases_are_pending(). */
void policy_set_leases(struct policy_db *, const char *guest, const char *port,
                       const struct smap *addresses);
bool policy_leases_are_pending(const struct policy_db *, const char *guest);

/* This host's name. */
const char *policy_host_name(const struct policy_db *);

/* As local_sync_start().  In a cluster, "committed" is meant of every server,
 * not only of ours: the answer is a transaction on this host's row.  Without
 * the permission to write it, it is meant of our server alone. */
uint64_t policy_sync_start(struct policy_db *);
uint64_t policy_synced(const struct policy_db *);

/* True if the database holds no filter and was never given the shipped ones;
 * policy_add_filters() stores them in one transaction that fails if somebody
 * else was faster. */
bool policy_wants_shipped_filters(const struct policy_db *);
void policy_add_filters(struct policy_db *,
                        const struct shash *xml /* name -> char * */);

#endif /* ovsdb/policy.h */
