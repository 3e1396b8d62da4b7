/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "ovsdb/policy-private.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb/nwfilter-idl.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(policy_lease);

/* How long to wait after the server refused a transaction, and after one that
 * met somebody else's, in ms. */
#define REFUSED_INTERVAL 60000
#define AGAIN_INTERVAL 100

/* When many guests get addresses one after the other, not each of them makes a
 * transaction of its own, which every host's daemon would be told of: ten at
 * once, then one in 50 ms.  In tokens, of which there is one more in each
 * ms. */
#define WRITE_COST 50
#define WRITE_BURST (10 * WRITE_COST)

static void
leases_free(void *leases)
{
    policy_kinds[POLICY_LEASES].destroy(leases);
}

void
policy_lease_writer_init(struct policy_lease_writer *w)
{
    *w = (struct policy_lease_writer){ .txn = NULL };
    shash_init(&w->wanted);
    sset_init(&w->sent);
    token_bucket_init(&w->rate, 1, WRITE_BURST);
}

void
policy_lease_writer_uninit(struct policy_lease_writer *w)
{
    struct shash_node *node;

    idl_txn_cancel(&w->txn);
    SHASH_FOR_EACH (node, &w->wanted) {
        leases_free(node->data);
    }
    shash_destroy(&w->wanted);
    sset_destroy(&w->sent);
}

void
policy_lease_writer_set(struct policy_lease_writer *w,
                        struct policy_leases *leases)
{
    sset_find_and_delete(&w->sent, leases->guest);
    leases_free(shash_replace(&w->wanted, leases->guest, leases));
}

static const struct nwrec_lease *
find_row(struct ovsdb_idl_index *index, const char *guest)
{
    struct nwrec_lease *target = nwrec_lease_index_init_row(index);
    const struct nwrec_lease *row;

    nwrec_lease_index_set_guest(target, guest);
    row = nwrec_lease_index_find(index, target);
    nwrec_lease_index_destroy_row(target);
    return row;
}

static void
write_row(struct ovsdb_idl_txn *txn, struct ovsdb_idl_index *index,
          const struct policy_leases *leases)
{
    const struct nwrec_lease *row = find_row(index, leases->guest);

    if (smap_is_empty(&leases->addresses)) {
        if (row) {
            nwrec_lease_delete(row);
        }
        return;
    }
    if (!row) {
        row = nwrec_lease_insert(txn);
        nwrec_lease_set_guest(row, leases->guest);
    }
    nwrec_lease_set_host(row, leases->host);
    nwrec_lease_set_port(row, leases->port);
    nwrec_lease_set_addresses(row, &leases->addresses);
}

/* Takes note of what became of the transaction. */
static void
finish(struct policy_lease_writer *w, enum ovsdb_idl_txn_status status)
{
    const char *guest;

    if (status == TXN_ERROR) {
        VLOG_WARN("the policy database refuses to keep guests' addresses");
        w->next_try = time_msec() + REFUSED_INTERVAL;
    } else if (status == TXN_SUCCESS || status == TXN_UNCHANGED) {
        SSET_FOR_EACH (guest, &w->sent) {
            leases_free(shash_find_and_delete(&w->wanted, guest));
        }
    } else {
        w->next_try = time_msec() + AGAIN_INTERVAL;
    }
    sset_clear(&w->sent);
}

static bool
may_write(const struct policy_lease_writer *w, const struct ovsdb_idl *idl)
{
    return (!w->txn && !shash_is_empty(&w->wanted)
            && ovsdb_idl_is_connected(idl)
            && ovsdb_idl_server_has_table(idl, &nwrec_table_lease));
}

static void
poll_txn(struct policy_lease_writer *w)
{
    enum ovsdb_idl_txn_status status = idl_txn_poll(&w->txn);

    if (status != TXN_INCOMPLETE) {
        finish(w, status);
    }
}

static void
start_txn(struct policy_lease_writer *w, struct ovsdb_idl *idl,
          struct ovsdb_idl_index *index)
{
    struct shash_node *node;

    w->txn = ovsdb_idl_txn_create(idl);
    SHASH_FOR_EACH (node, &w->wanted) {
        write_row(w->txn, index, node->data);
        sset_add(&w->sent, node->name);
    }
    poll_txn(w);
}

void
policy_lease_writer_run(struct policy_lease_writer *w, struct ovsdb_idl *idl,
                        struct ovsdb_idl_index *index)
{
    if (w->txn) {
        poll_txn(w);
    }
    if (!may_write(w, idl) || time_msec() < w->next_try) {
        return;
    } else if (token_bucket_withdraw(&w->rate, WRITE_COST)) {
        start_txn(w, idl, index);
    } else {
        w->next_try = time_msec() + WRITE_COST;
    }
}

void
policy_lease_writer_wait(const struct policy_lease_writer *w,
                         const struct ovsdb_idl *idl)
{
    if (may_write(w, idl)) {
        poll_timer_wait_until(w->next_try);
    }
}
