/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef OVSDB_IDL_SESSION_H
#define OVSDB_IDL_SESSION_H 1

/* What the sessions with both databases share.
 *
 * 'struct idl_session' is an IDL with its remotes.  The library waits up to
 * 8 seconds before it connects again, and its IDL has no setting for that; a
 * session with a local ("unix:") socket therefore looks for the server itself,
 * several times a second, as long as there is no connection.
 *
 * 'struct idl_barrier' is a read barrier.  It rests on two properties of
 * ovsdb-server: requests of one session are answered in order, and updates
 * that are due are sent before any reply.  The request is a transaction that
 * ends with the operation "abort" (RFC 7047, 5.2.8), so that nothing is ever
 * written.  A change of a monitoring condition would be a lighter request,
 * but when it is on its way while the connection or the monitor is started
 * anew, the IDL never says that it was answered; the answer to a transaction,
 * or its loss, is always reported. */

#include <stdbool.h>
#include <stdint.h>

#include "ovsdb-idl.h"

struct uuid;

/* A session.  Embedded: idl_session_init(), idl_session_uninit(). */
struct idl_session {
    struct ovsdb_idl *idl;
    char *remotes;           /* Comma separated, or NULL. */
    long long int next_look; /* When to look for the server again, in ms. */
};

/* The session monitors nothing: add columns to 'idl', then call
 * idl_session_connect(). */
void idl_session_init(struct idl_session *, const struct ovsdb_idl_class *);
void idl_session_uninit(struct idl_session *);

/* Connects to one of 'remotes'.  What was read stays until another server has
 * sent its copy.  Does nothing if 'remotes' are those of now. */
void idl_session_connect(struct idl_session *, const char *remotes);

void idl_session_run(struct idl_session *);
void idl_session_wait(struct idl_session *);

/* Returns the row, or NULL if the replica does not have it: also while others
 * still refer to it, when ovsdb_idl_get_row_for_uuid() returns an empty
 * shell. */
const struct ovsdb_idl_row *idl_find_row(const struct ovsdb_idl *,
                                         const struct ovsdb_idl_table_class *,
                                         const struct uuid *);

/* Polls a transaction for which ovsdb_idl_txn_commit() was called before.
 * When its fate is known, destroys it, sets '*txnp' to NULL and returns the
 * final status; otherwise returns TXN_INCOMPLETE. */
enum ovsdb_idl_txn_status idl_txn_poll(struct ovsdb_idl_txn **txnp);

/* Destroys '*txnp', unless it is NULL, without waiting for its fate. */
void idl_txn_cancel(struct ovsdb_idl_txn **txnp);

/* A read barrier.  Zero-initialize and set 'table': any table whose rows are
 * roots. */
struct idl_barrier {
    const struct ovsdb_idl_table_class *table;
    struct ovsdb_idl_txn *txn; /* In flight, or NULL. */
    bool stalled;              /* Could not be sent: no connection. */
    uint64_t requested;        /* Last number given out. */
    uint64_t sent;             /* Last number that 'txn' answers. */
    uint64_t passed;           /* Last number that was answered. */
};

/* Returns the number of a new barrier: everything that was committed before
 * this call is in the replica when 'passed' has reached it. */
uint64_t idl_barrier_start(struct idl_barrier *);
/* Call after idl_session_run(). */
void idl_barrier_run(struct idl_barrier *, struct ovsdb_idl *);
void idl_barrier_wait(const struct idl_barrier *);
void idl_barrier_uninit(struct idl_barrier *);

#endif /* ovsdb/idl.h */
