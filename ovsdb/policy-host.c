/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "ovsdb/policy-private.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb/nwfilter-idl.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(policy_host);

/* How long to wait after the server refused a transaction, in ms. */
#define REFUSED_INTERVAL 60000

static void
policy_host_set_condition(const struct policy_host *host,
                          struct ovsdb_idl *idl)
{
    struct ovsdb_idl_condition condition;

    ovsdb_idl_condition_init(&condition);
    nwrec_host_add_clause_name(&condition, OVSDB_F_EQ, host->name);
    nwrec_host_set_condition(idl, &condition);
    ovsdb_idl_condition_destroy(&condition);
}

void
policy_host_init(struct policy_host *host, struct ovsdb_idl *idl,
                 const char *name)
{
    *host = (struct policy_host){
        .name = xstrdup(name),
        .barrier.table = &nwrec_table_filter,
    };
    ovsdb_idl_add_column(idl, &nwrec_host_col_name);
    ovsdb_idl_add_column(idl, &nwrec_host_col_version);
    ovsdb_idl_add_column(idl, &nwrec_host_col_sync);
    policy_host_set_condition(host, idl);
}

void
policy_host_uninit(struct policy_host *host)
{
    idl_txn_cancel(&host->txn);
    idl_txn_cancel(&host->sync_txn);
    idl_barrier_uninit(&host->barrier);
    free(host->name);
}

void
policy_host_rename(struct policy_host *host, struct ovsdb_idl *idl,
                   const char *name)
{
    free(host->name);
    host->name = xstrdup(name);
    policy_host_set_condition(host, idl);
}

static const struct nwrec_host *
policy_host_row(const struct policy_host *host, const struct ovsdb_idl *idl)
{
    const struct nwrec_host *row;

    NWREC_HOST_FOR_EACH (row, idl) {
        if (!strcmp(row->name, host->name)) {
            return row;
        }
    }
    return NULL;
}

/* Returns when the row is to be written, in ms, or LLONG_MAX. */
static long long int
policy_host_due(const struct policy_host *host, const struct nwrec_host *row)
{
    return (row && !strcmp(row->version, PACKAGE_VERSION) ? LLONG_MAX
                                                          : host->next_try);
}

static void
policy_host_write(struct policy_host *host, struct ovsdb_idl *idl,
                  const struct nwrec_host *row)
{
    host->txn = ovsdb_idl_txn_create(idl);
    if (!row) {
        row = nwrec_host_insert(host->txn);
        nwrec_host_set_name(row, host->name);
    }
    nwrec_host_set_version(row, PACKAGE_VERSION);
    host->stalled = idl_txn_poll(&host->txn) == TXN_TRY_AGAIN;
}

static void
policy_host_update(struct policy_host *host, struct ovsdb_idl *idl)
{
    if (host->txn) {
        enum ovsdb_idl_txn_status status = idl_txn_poll(&host->txn);
        if (status == TXN_INCOMPLETE) {
            return;
        }
        host->refused = status == TXN_ERROR;
        if (host->refused) {
            VLOG_INFO("the policy database refuses to keep a row of host %s",
                      host->name);
            host->next_try = time_msec() + REFUSED_INTERVAL;
        }
    }

    const struct nwrec_host *row = policy_host_row(host, idl);
    if (time_msec() >= policy_host_due(host, row)) {
        policy_host_write(host, idl, row);
    }
}

/* Starts to answer the barriers that are due.
 *
 * In a cluster, or behind a relay, what our server has is not all that was
 * committed elsewhere.  But a transaction of ours is ordered after everything
 * that was committed before it, so once its effect has come back to us, so has
 * all that.  A host that may not write has to be content with what its server
 * has. */
static void
policy_sync_send(struct policy_host *host, struct ovsdb_idl *idl)
{
    const struct nwrec_host *row = policy_host_row(host, idl);

    if (host->refused) {
        host->sent = host->requested;
        host->fallback = idl_barrier_start(&host->barrier);
        host->sync_state = SYNC_FALLBACK;
    } else if (row) {
        host->sent = host->requested;
        host->sync_row = row->header_.uuid;
        host->sync_txn = ovsdb_idl_txn_create(idl);
        ovsdb_idl_txn_increment(host->sync_txn, &row->header_,
                                &nwrec_host_col_sync, true);
        if (ovsdb_idl_txn_commit(host->sync_txn) == TXN_INCOMPLETE) {
            host->sync_state = SYNC_SENT;
        } else {
            idl_txn_cancel(&host->sync_txn);
        }
    }
    host->sync_stalled = host->sync_state == SYNC_IDLE;
}

static enum policy_sync_state
policy_sync_poll_sent(struct policy_host *host)
{
    enum ovsdb_idl_txn_status status = ovsdb_idl_txn_commit(host->sync_txn);

    if (status == TXN_INCOMPLETE) {
        return SYNC_SENT;
    }
    if (status == TXN_SUCCESS) {
        host->sync_value = ovsdb_idl_txn_get_increment_new_value(
            host->sync_txn);
    } else if (status == TXN_ERROR) {
        host->refused = true;
    }
    idl_txn_cancel(&host->sync_txn);
    return status == TXN_SUCCESS ? SYNC_AWAITED : SYNC_IDLE;
}

static enum policy_sync_state
policy_sync_poll_awaited(struct policy_host *host, struct ovsdb_idl *idl)
{
    const struct nwrec_host *row = policy_host_row(host, idl);

    if (!row || !uuid_equals(&row->header_.uuid, &host->sync_row)) {
        return SYNC_IDLE;
    }
    if (row->sync >= host->sync_value) {
        host->passed = host->sent;
        return SYNC_IDLE;
    }
    /* A server that was started anew may have forgotten the value. */
    return ovsdb_idl_is_connected(idl) ? SYNC_AWAITED : SYNC_IDLE;
}

static void
policy_sync_run(struct policy_host *host, struct ovsdb_idl *idl)
{
    idl_barrier_run(&host->barrier, idl);
    if (host->sync_state == SYNC_SENT) {
        host->sync_state = policy_sync_poll_sent(host);
    }
    if (host->sync_state == SYNC_AWAITED) {
        host->sync_state = policy_sync_poll_awaited(host, idl);
    }
    if (host->sync_state == SYNC_FALLBACK
        && host->barrier.passed >= host->fallback) {
        host->passed = host->sent;
        host->sync_state = SYNC_IDLE;
    }
    if (host->sync_state == SYNC_IDLE && host->requested > host->passed) {
        policy_sync_send(host, idl);
    }
}

void
policy_host_run(struct policy_host *host, struct ovsdb_idl *idl)
{
    policy_host_update(host, idl);
    policy_sync_run(host, idl);
}

void
policy_host_wait(const struct policy_host *host, const struct ovsdb_idl *idl)
{
    if (!host->txn && !host->stalled) {
        poll_timer_wait_until(
            policy_host_due(host, policy_host_row(host, idl)));
    }
    if (host->sync_state == SYNC_IDLE && !host->sync_stalled
        && host->requested > host->passed) {
        poll_immediate_wake();
    }
    idl_barrier_wait(&host->barrier);
}
