/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "ovsdb/local-private.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb/idl.h"
#include "timeval.h"
#include "util.h"
#include "vswitch-idl.h"

VLOG_DEFINE_THIS_MODULE(local_write);

/* How long to wait after the server refused a transaction, in ms. */
#define REFUSED_INTERVAL 5000

/* ovs-vswitchd looks at all its ports whenever an interface's keys change, so
 * when many ports change one after the other, not each of them makes a
 * transaction of its own: ten at once, then one in 50 ms.  In tokens, of which
 * there is one more in each ms. */
#define WRITE_COST 50
#define WRITE_BURST (10 * WRITE_COST)

enum id_write_state {
    WRITE_PENDING, /* 'value' is to be written. */
    WRITE_SENT,    /* 'value' is in the transaction in flight. */
    WRITE_DONE,    /* 'value' was committed. */
};

struct id_write {
    struct hmap_node node;     /* By interface: few keys for each. */
    struct ovs_list list_node; /* By state, unless WRITE_DONE. */
    char *interface, *key;
    char *value; /* NULL: remove the key. */
    enum id_write_state state;
    bool reported; /* What comes back is a change. */
    bool was_sent; /* 'sent' is valid. */
    char *sent;    /* The value in the last transaction. */
};

static struct id_write *
id_write_from_node(struct hmap_node *node)
{
    return node ? CONTAINER_OF(node, struct id_write, node) : NULL;
}

void
id_writes_init(struct id_writes *writes)
{
    *writes = (struct id_writes){ .txn = NULL };
    hmap_init(&writes->writes);
    ovs_list_init(&writes->pending);
    ovs_list_init(&writes->sent);
    token_bucket_init(&writes->rate, 1, WRITE_BURST);
}

static void
id_write_set_state(struct id_writes *writes, struct id_write *write,
                   enum id_write_state state)
{
    if (write->state != WRITE_DONE) {
        ovs_list_remove(&write->list_node);
    }
    write->state = state;
    if (state != WRITE_DONE) {
        ovs_list_push_back((state == WRITE_SENT ? &writes->sent
                                                : &writes->pending),
                           &write->list_node);
    }
}

static void
id_write_destroy(struct id_writes *writes, struct id_write *write)
{
    id_write_set_state(writes, write, WRITE_DONE);
    hmap_remove(&writes->writes, &write->node);
    free(write->interface);
    free(write->key);
    free(write->value);
    free(write->sent);
    free(write);
}

void
id_writes_uninit(struct id_writes *writes)
{
    struct id_write *write;

    idl_txn_cancel(&writes->txn);
    HMAP_FOR_EACH_SAFE (write, node, &writes->writes) {
        id_write_destroy(writes, write);
    }
    hmap_destroy(&writes->writes);
}

static struct id_write *
id_writes_find(const struct id_writes *writes, const char *interface,
               const char *key)
{
    uint32_t hash = hash_string(interface, 0);
    struct id_write *write;

    HMAP_FOR_EACH_WITH_HASH (write, node, hash, &writes->writes) {
        if (!strcmp(write->interface, interface) && !strcmp(write->key, key)) {
            return write;
        }
    }
    return NULL;
}

static struct id_write *
id_writes_add(struct id_writes *writes, const char *interface, const char *key)
{
    struct id_write *write = xmalloc(sizeof *write);

    *write = (struct id_write){
        .interface = xstrdup(interface),
        .key = xstrdup(key),
        .state = WRITE_DONE,
    };
    hmap_insert(&writes->writes, &write->node, hash_string(interface, 0));
    return write;
}

void
id_writes_set(struct id_writes *writes, const char *interface, const char *key,
              const char *value, const char *present)
{
    struct id_write *write = id_writes_find(writes, interface, key);
    const char *coming = (write && write->state != WRITE_DONE ? write->value
                                                              : present);

    if (nullable_string_is_equal(coming, value)) {
        return;
    }
    if (!write) {
        write = id_writes_add(writes, interface, key);
    }
    free(write->value);
    write->value = nullable_xstrdup(value);
    id_write_set_state(writes, write, WRITE_PENDING);
    writes->stalled = false;
}

void
id_writes_report(struct id_writes *writes, const char *interface,
                 const char *key)
{
    struct id_write *write = id_writes_find(writes, interface, key);

    if (write) {
        write->reported = true;
    }
}

bool
id_writes_is_echo(const struct id_writes *writes, const char *interface,
                  const char *key, const char *value)
{
    const struct id_write *write = id_writes_find(writes, interface, key);

    return (write && write->was_sent && !write->reported
            && nullable_string_is_equal(write->sent, value));
}

void
id_writes_forget(struct id_writes *writes, const char *interface)
{
    uint32_t hash = hash_string(interface, 0);
    struct id_write *write, *next;

    for (write =
             id_write_from_node(hmap_first_with_hash(&writes->writes, hash));
         write; write = next) {
        next = id_write_from_node(hmap_next_with_hash(&write->node));
        if (!strcmp(write->interface, interface)) {
            id_write_destroy(writes, write);
        }
    }
}

/* The transaction in flight has ended with 'status'. */
static void
id_writes_end(struct id_writes *writes, enum ovsdb_idl_txn_status status)
{
    bool ok = status == TXN_SUCCESS || status == TXN_UNCHANGED;
    struct id_write *write;

    LIST_FOR_EACH_SAFE (write, list_node, &writes->sent) {
        id_write_set_state(writes, write, ok ? WRITE_DONE : WRITE_PENDING);
    }
    if (!ok && status != TXN_TRY_AGAIN) {
        static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);
        VLOG_WARN_RL(&rl, "the database server refused to write %s: %s",
                     "external_ids of interfaces",
                     ovsdb_idl_txn_status_to_string(status));
        writes->next_try = time_msec() + REFUSED_INTERVAL;
    }
}

/* Adds one value to the open transaction.  Returns false if its interface is
 * gone.  Changes that one key alone, so that others' keys are never undone and
 * others' transactions never conflict with this one. */
static bool
id_write_apply(struct id_writes *writes, struct id_write *write,
               struct ovsdb_idl *idl, const struct shash *rows)
{
    const struct iface_snap *snap = shash_find_data(rows, write->interface);
    const struct ovsdb_idl_row *found =
        snap ? idl_find_row(idl, &ovsrec_table_interface, &snap->uuid) : NULL;

    if (!found) {
        return false;
    }

    const struct ovsrec_interface *row = CONTAINER_OF(found,
                                                      struct ovsrec_interface,
                                                      header_);
    const char *present = smap_get(&row->external_ids, write->key);
    free(write->sent);
    write->sent = nullable_xstrdup(write->value);
    write->was_sent = true;
    if (nullable_string_is_equal(present, write->value)) {
        id_write_set_state(writes, write, WRITE_DONE);
        return true;
    }
    if (write->value) {
        ovsrec_interface_update_external_ids_setkey(row, write->key,
                                                    write->value);
    } else {
        ovsrec_interface_update_external_ids_delkey(row, write->key);
    }
    id_write_set_state(writes, write, WRITE_SENT);
    return true;
}

static void
id_writes_send(struct id_writes *writes, struct ovsdb_idl *idl,
               const struct shash *rows)
{
    struct id_write *write;

    writes->txn = ovsdb_idl_txn_create(idl);
    LIST_FOR_EACH_SAFE (write, list_node, &writes->pending) {
        if (!id_write_apply(writes, write, idl, rows)) {
            id_write_destroy(writes, write);
        }
    }

    enum ovsdb_idl_txn_status status = idl_txn_poll(&writes->txn);
    if (status != TXN_INCOMPLETE) {
        writes->stalled = status == TXN_TRY_AGAIN;
        id_writes_end(writes, status);
    }
}

void
id_writes_run(struct id_writes *writes, struct ovsdb_idl *idl,
              const struct shash *rows)
{
    if (writes->txn) {
        enum ovsdb_idl_txn_status status = idl_txn_poll(&writes->txn);
        if (status == TXN_INCOMPLETE) {
            return;
        }
        id_writes_end(writes, status);
    }
    if (ovs_list_is_empty(&writes->pending)
        || time_msec() < writes->next_try) {
        return;
    } else if (token_bucket_withdraw(&writes->rate, WRITE_COST)) {
        id_writes_send(writes, idl, rows);
    } else {
        writes->next_try = time_msec() + WRITE_COST;
    }
}

void
id_writes_wait(const struct id_writes *writes)
{
    if (!ovs_list_is_empty(&writes->pending) && !writes->txn
        && !writes->stalled) {
        poll_timer_wait_until(writes->next_try);
    }
}

bool
id_writes_is_flushed(const struct id_writes *writes)
{
    return (ovs_list_is_empty(&writes->pending)
            && ovs_list_is_empty(&writes->sent));
}
