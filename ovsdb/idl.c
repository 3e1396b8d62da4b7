/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "ovsdb/idl.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl-provider.h"
#include "ovsdb-session.h"
#include "socket-util.h"
#include "svec.h"
#include "timeval.h"
#include "util.h"
#include "uuid.h"

VLOG_DEFINE_THIS_MODULE(idl);

/* How often to look for a local server, and how long to leave a new
 * connection alone, in milliseconds. */
#define LOOK_INTERVAL 200
#define CONNECT_INTERVAL 1000

/* A remote server is probed less often than every 5 seconds, the library's
 * default: it may serve thousands of hosts, and compacts its file at times. */
#define PROBE_INTERVAL 15000

void
idl_session_init(struct idl_session *session,
                 const struct ovsdb_idl_class *class)
{
    *session = (struct idl_session){
        .idl = ovsdb_idl_create_unconnected(class, false),
    };
    /* Any server of a cluster will do: barriers do not depend on it. */
    ovsdb_idl_set_leader_only(session->idl, false);
    ovsdb_idl_set_shuffle_remotes(session->idl, true);
}

void
idl_session_uninit(struct idl_session *session)
{
    ovsdb_idl_destroy(session->idl);
    free(session->remotes);
}

/* Drops the connection, if there is one, and connects at once. */
static void
idl_session_open(struct idl_session *session)
{
    ovsdb_idl_set_remote(session->idl, NULL, true);
    ovsdb_idl_set_remote(session->idl, session->remotes, true);
    if (!strstr(session->remotes, "unix:")) {
        ovsdb_idl_set_probe_interval(session->idl, PROBE_INTERVAL);
    }
    session->next_look = time_msec() + CONNECT_INTERVAL;
}

void
idl_session_connect(struct idl_session *session, const char *remotes)
{
    if (nullable_string_is_equal(session->remotes, remotes)) {
        return;
    }
    VLOG_INFO("%s: database server%s", remotes,
              session->remotes ? " from now on" : "");
    free(session->remotes);
    session->remotes = xstrdup(remotes);
    /* Another cluster counts its transactions on its own. */
    ovsdb_idl_reset_min_index(session->idl);
    idl_session_open(session);
}

/* Returns true if a server listens on the local socket 'remote'. */
static bool
local_server_listens(const char *remote)
{
    if (strncmp(remote, "unix:", 5)) {
        return false;
    }
    int fd = make_unix_socket(SOCK_STREAM, true, NULL, remote + 5);
    if (fd < 0) {
        return false;
    }
    close(fd);
    return true;
}

static void
idl_session_look_for_server(struct idl_session *session)
{
    struct svec remotes = SVEC_EMPTY_INITIALIZER;
    struct uuid cid;
    bool found = false;
    const char *remote;
    size_t i;

    ovsdb_session_parse_remote(session->remotes, &remotes, &cid);
    SVEC_FOR_EACH (i, remote, &remotes) {
        found = found || local_server_listens(remote);
    }
    svec_destroy(&remotes);

    session->next_look = time_msec() + LOOK_INTERVAL;
    if (found) {
        idl_session_open(session);
    }
}

/* Only a session that names a local socket looks for it. */
static bool
idl_session_must_look(const struct idl_session *session)
{
    return (session->remotes && strstr(session->remotes, "unix:")
            && !ovsdb_idl_is_connected(session->idl));
}

void
idl_session_run(struct idl_session *session)
{
    ovsdb_idl_run(session->idl);
    if (ovsdb_idl_is_connected(session->idl)) {
        session->next_look = time_msec() + LOOK_INTERVAL;
    }
    if (idl_session_must_look(session) && time_msec() >= session->next_look) {
        idl_session_look_for_server(session);
    }
}

void
idl_session_wait(struct idl_session *session)
{
    ovsdb_idl_wait(session->idl);
    if (idl_session_must_look(session)) {
        poll_timer_wait_until(session->next_look);
    }
}

const struct ovsdb_idl_row *
idl_find_row(const struct ovsdb_idl *idl,
             const struct ovsdb_idl_table_class *table,
             const struct uuid *uuid)
{
    const struct ovsdb_idl_row *row = ovsdb_idl_get_row_for_uuid(idl, table,
                                                                 uuid);

    return row && row->new_datum ? row : NULL;
}

enum ovsdb_idl_txn_status
idl_txn_poll(struct ovsdb_idl_txn **txnp)
{
    enum ovsdb_idl_txn_status status = ovsdb_idl_txn_commit(*txnp);

    if (status != TXN_INCOMPLETE) {
        ovsdb_idl_txn_destroy(*txnp);
        *txnp = NULL;
    }
    return status;
}

void
idl_txn_cancel(struct ovsdb_idl_txn **txnp)
{
    if (*txnp) {
        ovsdb_idl_txn_destroy(*txnp);
        *txnp = NULL;
    }
}

uint64_t
idl_barrier_start(struct idl_barrier *barrier)
{
    barrier->stalled = false;
    return ++barrier->requested;
}

static void
idl_barrier_send(struct idl_barrier *barrier, struct ovsdb_idl *idl)
{
    barrier->txn = ovsdb_idl_txn_create(idl);
    ovsdb_idl_txn_set_dry_run(barrier->txn);
    ovsdb_idl_txn_insert(barrier->txn, barrier->table, NULL);
    barrier->sent = barrier->requested;
    barrier->stalled = idl_txn_poll(&barrier->txn) != TXN_INCOMPLETE;
}

void
idl_barrier_run(struct idl_barrier *barrier, struct ovsdb_idl *idl)
{
    if (barrier->txn) {
        enum ovsdb_idl_txn_status status = idl_txn_poll(&barrier->txn);
        if (status == TXN_INCOMPLETE) {
            return;
        }
        /* An error is as good an answer as any: it, too, was sent after all
         * updates.  Only "try again" may mean that there was no answer. */
        if (status != TXN_TRY_AGAIN) {
            barrier->passed = barrier->sent;
        }
    }
    if (barrier->requested > barrier->passed) {
        idl_barrier_send(barrier, idl);
    }
}

void
idl_barrier_wait(const struct idl_barrier *barrier)
{
    if (!barrier->txn && !barrier->stalled
        && barrier->requested > barrier->passed) {
        poll_immediate_wake();
    }
}

void
idl_barrier_uninit(struct idl_barrier *barrier)
{
    idl_txn_cancel(&barrier->txn);
}
