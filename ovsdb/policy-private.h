/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef OVSDB_POLICY_PRIVATE_H
#define OVSDB_POLICY_PRIVATE_H 1

/* The parts of policy.h's implementation.
 *
 *   policy-row.c    one row -> one value; comparison
 *   policy-host.c   this host's row, and the read barrier that uses it
 *   policy-lease.c  writes guests' addresses
 *   policy.c        the session: what changed, values by name */

#include "openvswitch/hmap.h"
#include "openvswitch/token-bucket.h"
#include "ovsdb/idl.h"
#include "ovsdb/policy.h"
#include "uuid.h"

/* The kinds of values. */
enum policy_kind_id {
    POLICY_FILTER,
    POLICY_BINDING,
    POLICY_SET,
    POLICY_LEASES,
    N_POLICY_KINDS
};

/* How rows of one table become values. */
struct policy_kind {
    const struct ovsdb_idl_table_class *table;
    const struct ovsdb_idl_column *key; /* Column that names the value. */

    /* Returns a row's value in column 'key'. */
    const char *(*row_key)(const struct ovsdb_idl_row *);

    /* Returns a new value for 'key', or NULL if no row has one.  'index' is on
     * column 'key'; 'host' is this host's name. */
    void *(*create)(struct ovsdb_idl_index *index, const char *key,
                    const char *host);
    bool (*equal)(const void *, const void *);
    void (*destroy)(void *); /* NULL is fine. */
};

extern const struct policy_kind policy_kinds[N_POLICY_KINDS];

/* Where this host's read barrier is (policy-host.c). */
enum policy_sync_state {
    SYNC_IDLE,
    SYNC_SENT,     /* Host.sync is being incremented. */
    SYNC_AWAITED,  /* Committed; not yet in the replica. */
    SYNC_FALLBACK, /* The row can not be written. */
};

/* This host's row in table Host. */
struct policy_host {
    char *name;
    struct ovsdb_idl_txn *txn; /* Brings the row up to date, or NULL. */
    bool stalled;              /* Could not be sent: no connection. */
    bool refused;              /* The last transaction was refused. */
    long long int next_try;    /* Nothing before this time, in ms. */

    enum policy_sync_state sync_state;
    struct ovsdb_idl_txn *sync_txn;
    struct uuid sync_row; /* The row that 'sync_txn' increments. */
    int64_t sync_value;   /* SYNC_AWAITED: what to wait for. */
    uint64_t fallback;    /* SYNC_FALLBACK: number of 'barrier'. */
    struct idl_barrier barrier;
    bool sync_stalled; /* Could not be sent. */
    uint64_t requested, sent, passed;
};

void policy_host_init(struct policy_host *, struct ovsdb_idl *,
                      const char *name);
void policy_host_uninit(struct policy_host *);
void policy_host_rename(struct policy_host *, struct ovsdb_idl *,
                        const char *name);
/* 'idl' holds a copy of the database. */
void policy_host_run(struct policy_host *, struct ovsdb_idl *);
void policy_host_wait(const struct policy_host *, const struct ovsdb_idl *);

/* Rows of table Lease that are to be written. */
struct policy_lease_writer {
    struct shash wanted; /* Guest to "struct policy_leases". */
    struct sset sent;    /* Guests of 'txn', unless wanted otherwise since. */
    struct ovsdb_idl_txn *txn; /* Or NULL. */
    long long int next_try;    /* Nothing before this time, in ms. */
    struct token_bucket rate;  /* WRITE_COST for each transaction. */
};

void policy_lease_writer_init(struct policy_lease_writer *);
void policy_lease_writer_uninit(struct policy_lease_writer *);
void policy_lease_writer_set(struct policy_lease_writer *,
                             struct policy_leases *); /* Takes it. */
void policy_lease_writer_run(struct policy_lease_writer *, struct ovsdb_idl *,
                             struct ovsdb_idl_index *);
void policy_lease_writer_wait(const struct policy_lease_writer *,
                              const struct ovsdb_idl *);

#endif /* ovsdb/policy-private.h */
