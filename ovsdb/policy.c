/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "ovsdb/policy.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb/nwfilter-idl.h"
#include "ovsdb/policy-private.h"
#include "timeval.h"
#include "util.h"
#include "uuid.h"

VLOG_DEFINE_THIS_MODULE(policy);

/* How long to wait after the server refused to store the shipped filters, in
 * ms. */
#define SHIPPED_INTERVAL 60000

/* The rows of one table, and their values. */
struct policy_table {
    struct ovsdb_idl_index *index; /* On the key. */
    struct hmap rows;              /* Contains "struct policy_row"s. */
    struct shash values;           /* By key. */
};

/* A row's key when it was last seen: the IDL does not say what a row was
 * called before. */
struct policy_row {
    struct hmap_node node;
    struct uuid uuid;
    char *key;
};

struct policy_db {
    struct idl_session session;
    struct policy_host host;
    struct policy_table tables[N_POLICY_KINDS];
    struct policy_lease_writer lease_writer;
    struct sset guests;   /* That are watched. */
    unsigned int seqno;   /* The IDL's at the last policy_run(). */
    bool reread_bindings; /* The host's name has changed. */

    struct ovsdb_idl_txn *shipped_txn; /* Stores the shipped filters. */
    long long int next_shipped;        /* Not before this time, in ms. */
};

void
policy_changes_init(struct policy_changes *changes)
{
    sset_init(&changes->filters);
    sset_init(&changes->bindings);
    sset_init(&changes->sets);
    sset_init(&changes->leases);
}

void
policy_changes_uninit(struct policy_changes *changes)
{
    sset_destroy(&changes->filters);
    sset_destroy(&changes->bindings);
    sset_destroy(&changes->sets);
    sset_destroy(&changes->leases);
}

static void
policy_track_columns(struct ovsdb_idl *idl)
{
    static const struct ovsdb_idl_column *const columns[] = {
        &nwrec_filter_col_name,      &nwrec_filter_col_xml,
        &nwrec_filter_col_compat,    &nwrec_filter_col_external_ids,
        &nwrec_binding_col_port,     &nwrec_binding_col_host,
        &nwrec_binding_col_mac,      &nwrec_binding_col_filter,
        &nwrec_binding_col_params,   &nwrec_address_set_col_name,
        &nwrec_address_set_col_type, &nwrec_address_set_col_entries,
        &nwrec_lease_col_guest,      &nwrec_lease_col_host,
        &nwrec_lease_col_port,       &nwrec_lease_col_addresses,
    };

    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        ovsdb_idl_track_add_column(idl, columns[i]);
    }
    ovsdb_idl_add_column(idl, &nwrec_policy_global_col_shipped_loaded);
}

/* Bindings of other hosts are of no interest. */
static void
policy_set_condition(struct policy_db *policy)
{
    struct ovsdb_idl_condition condition;

    ovsdb_idl_condition_init(&condition);
    nwrec_binding_add_clause_host(&condition, OVSDB_F_EQ, "");
    nwrec_binding_add_clause_host(&condition, OVSDB_F_EQ, policy->host.name);
    nwrec_binding_set_condition(policy->session.idl, &condition);
    ovsdb_idl_condition_destroy(&condition);
}

static void
policy_set_lease_condition(struct policy_db *policy)
{
    struct ovsdb_idl_condition condition;
    const char *guest;

    ovsdb_idl_condition_init(&condition);
    nwrec_lease_add_clause_host(&condition, OVSDB_F_EQ, policy->host.name);
    SSET_FOR_EACH (guest, &policy->guests) {
        nwrec_lease_add_clause_guest(&condition, OVSDB_F_EQ, guest);
    }
    nwrec_lease_set_condition(policy->session.idl, &condition);
    ovsdb_idl_condition_destroy(&condition);
}

void
policy_watch_guests(struct policy_db *policy, const struct sset *guests)
{
    if (!sset_equals(&policy->guests, guests)) {
        sset_destroy(&policy->guests);
        sset_clone(&policy->guests, guests);
        policy_set_lease_condition(policy);
    }
}

struct policy_db *
policy_create(const char *remotes, const char *host)
{
    struct policy_db *policy = xzalloc(sizeof *policy);
    struct ovsdb_idl *idl;

    idl_session_init(&policy->session, &nwrec_idl_class);
    idl = policy->session.idl;
    policy_track_columns(idl);
    policy_host_init(&policy->host, idl, host);
    sset_init(&policy->guests);
    policy_lease_writer_init(&policy->lease_writer);
    policy_set_condition(policy);
    policy_set_lease_condition(policy);
    for (size_t i = 0; i < N_POLICY_KINDS; i++) {
        struct policy_table *table = &policy->tables[i];
        table->index = ovsdb_idl_index_create1(idl, policy_kinds[i].key);
        hmap_init(&table->rows);
        shash_init(&table->values);
    }
    if (remotes) {
        idl_session_connect(&policy->session, remotes);
    }
    return policy;
}

static void
policy_table_remove_row(struct policy_table *table, struct policy_row *row)
{
    hmap_remove(&table->rows, &row->node);
    free(row->key);
    free(row);
}

static void
policy_table_uninit(struct policy_table *table, const struct policy_kind *kind)
{
    struct policy_row *row;
    struct shash_node *node;

    HMAP_FOR_EACH_SAFE (row, node, &table->rows) {
        policy_table_remove_row(table, row);
    }
    hmap_destroy(&table->rows);
    SHASH_FOR_EACH (node, &table->values) {
        kind->destroy(node->data);
    }
    shash_destroy(&table->values);
}

void
policy_destroy(struct policy_db *policy)
{
    if (!policy) {
        return;
    }
    idl_txn_cancel(&policy->shipped_txn);
    policy_lease_writer_uninit(&policy->lease_writer);
    sset_destroy(&policy->guests);
    policy_host_uninit(&policy->host);
    for (size_t i = 0; i < N_POLICY_KINDS; i++) {
        policy_table_uninit(&policy->tables[i], &policy_kinds[i]);
    }
    idl_session_uninit(&policy->session);
    free(policy);
}

void
policy_configure(struct policy_db *policy, const char *remotes,
                 const char *host)
{
    if (strcmp(policy->host.name, host)) {
        policy_host_rename(&policy->host, policy->session.idl, host);
        policy_set_condition(policy);
        policy_set_lease_condition(policy);
        policy->reread_bindings = true;
    }
    idl_session_connect(&policy->session, remotes);
}

static bool policy_lacks_shipped_filters(const struct policy_db *);
static void policy_update(struct policy_db *, struct policy_changes *);
static void policy_run_shipped(struct policy_db *);

void
policy_run(struct policy_db *policy, struct policy_changes *changes)
{
    struct ovsdb_idl *idl = policy->session.idl;

    idl_session_run(&policy->session);
    if (!ovsdb_idl_has_ever_connected(idl)) {
        return;
    }
    if (policy->seqno != ovsdb_idl_get_seqno(idl) || policy->reread_bindings) {
        policy->seqno = ovsdb_idl_get_seqno(idl);
        policy_update(policy, changes);
        ovsdb_idl_track_clear(idl);
    }
    policy_run_shipped(policy);
    policy_host_run(&policy->host, idl);
    policy_lease_writer_run(&policy->lease_writer, idl,
                            policy->tables[POLICY_LEASES].index);
}

void
policy_wait(struct policy_db *policy)
{
    idl_session_wait(&policy->session);
    if (policy_is_ready(policy)) {
        policy_host_wait(&policy->host, policy->session.idl);
        policy_lease_writer_wait(&policy->lease_writer, policy->session.idl);
    }
    if (time_msec() < policy->next_shipped
        && policy_lacks_shipped_filters(policy)) {
        poll_timer_wait_until(policy->next_shipped);
    }
}

bool
policy_is_ready(const struct policy_db *policy)
{
    return policy->seqno != 0;
}

bool
policy_is_connected(const struct policy_db *policy)
{
    return ovsdb_idl_is_connected(policy->session.idl);
}

const struct policy_filter *
policy_filter(const struct policy_db *policy, const char *name)
{
    return shash_find_data(&policy->tables[POLICY_FILTER].values, name);
}

const struct policy_binding *
policy_binding(const struct policy_db *policy, const char *port)
{
    return shash_find_data(&policy->tables[POLICY_BINDING].values, port);
}

const struct policy_set *
policy_set(const struct policy_db *policy, const char *name)
{
    return shash_find_data(&policy->tables[POLICY_SET].values, name);
}

const struct shash *
policy_filters(const struct policy_db *policy)
{
    return &policy->tables[POLICY_FILTER].values;
}

const struct policy_leases *
policy_leases(const struct policy_db *policy, const char *guest)
{
    const struct policy_leases *wanted =
        shash_find_data(&policy->lease_writer.wanted, guest);

    if (wanted) {
        return smap_is_empty(&wanted->addresses) ? NULL : wanted;
    }
    return shash_find_data(&policy->tables[POLICY_LEASES].values, guest);
}

const struct shash *
policy_all_leases(const struct policy_db *policy)
{
    return &policy->tables[POLICY_LEASES].values;
}

void
policy_set_leases(struct policy_db *policy, const char *guest,
                  const char *port, const struct smap *addresses)
{
    struct policy_leases *leases = xmalloc(sizeof *leases);

    *leases = (struct policy_leases){
        .guest = xstrdup(guest),
        .host = xstrdup(policy->host.name),
        .port = xstrdup(port),
    };
    smap_clone(&leases->addresses, addresses);
    policy_lease_writer_set(&policy->lease_writer, leases);
}

bool
policy_leases_are_pending(const struct policy_db *policy, const char *guest)
{
    return shash_find(&policy->lease_writer.wanted, guest) != NULL;
}

const char *
policy_host_name(const struct policy_db *policy)
{
    return policy->host.name;
}

uint64_t
policy_sync_start(struct policy_db *policy)
{
    policy->host.sync_stalled = false;
    return ++policy->host.requested;
}

uint64_t
policy_synced(const struct policy_db *policy)
{
    return policy->host.passed;
}

/* Apart from the time. */
static bool
policy_lacks_shipped_filters(const struct policy_db *policy)
{
    const struct nwrec_policy_global *global = nwrec_policy_global_first(
        policy->session.idl);

    return (policy_is_ready(policy) && policy_is_connected(policy)
            && !policy->shipped_txn && shash_is_empty(policy_filters(policy))
            && !(global && global->shipped_loaded));
}

bool
policy_wants_shipped_filters(const struct policy_db *policy)
{
    return (policy_lacks_shipped_filters(policy)
            && time_msec() >= policy->next_shipped);
}

void
policy_add_filters(struct policy_db *policy, const struct shash *xml)
{
    struct ovsdb_idl *idl = policy->session.idl;
    struct ovsdb_idl_txn *txn = ovsdb_idl_txn_create(idl);
    const struct nwrec_policy_global *global = nwrec_policy_global_first(idl);
    const struct shash_node *node;

    /* If somebody else is faster, one of these checks fails in the server: the
     * first when there was no row, the second when there was one. */
    if (!global) {
        global = nwrec_policy_global_insert(txn);
    } else {
        nwrec_policy_global_verify_shipped_loaded(global);
    }
    nwrec_policy_global_set_shipped_loaded(global, true);
    SHASH_FOR_EACH (node, xml) {
        const struct nwrec_filter *filter = nwrec_filter_insert(txn);
        struct uuid uuid;
        char *text;

        uuid_generate(&uuid);
        text = xasprintf(UUID_FMT, UUID_ARGS(&uuid));
        nwrec_filter_set_name(filter, node->name);
        nwrec_filter_set_uuid(filter, text);
        nwrec_filter_set_xml(filter, node->data);
        free(text);
    }
    ovsdb_idl_txn_add_comment(txn, "ovs-nwfilterd: shipped filters");
    policy->shipped_txn = txn;
    idl_txn_poll(&policy->shipped_txn);
}

static void
policy_run_shipped(struct policy_db *policy)
{
    enum ovsdb_idl_txn_status status = policy->shipped_txn
                                           ? idl_txn_poll(&policy->shipped_txn)
                                           : TXN_INCOMPLETE;

    if (status == TXN_SUCCESS) {
        VLOG_INFO("stored the shipped filters in the policy database");
    } else if (status != TXN_INCOMPLETE) {
        VLOG_INFO("the shipped filters were not stored: %s",
                  ovsdb_idl_txn_status_to_string(status));
        if (status != TXN_TRY_AGAIN) {
            policy->next_shipped = time_msec() + SHIPPED_INTERVAL;
        }
    }
}

static struct policy_row *
policy_table_find_row(const struct policy_table *table,
                      const struct uuid *uuid)
{
    struct policy_row *row;

    HMAP_FOR_EACH_WITH_HASH (row, node, uuid_hash(uuid), &table->rows) {
        if (uuid_equals(&row->uuid, uuid)) {
            return row;
        }
    }
    return NULL;
}

/* Notes the present key of the row 'uuid', and adds it and the one before to
 * 'keys'. */
static void
policy_table_update_row(struct policy_table *table,
                        const struct policy_kind *kind, struct ovsdb_idl *idl,
                        const struct uuid *uuid, struct sset *keys)
{
    const struct ovsdb_idl_row *now = ovsdb_idl_get_row_for_uuid(idl,
                                                                 kind->table,
                                                                 uuid);
    struct policy_row *row = policy_table_find_row(table, uuid);

    if (row) {
        sset_add(keys, row->key);
    } else if (now) {
        row = xzalloc(sizeof *row);
        row->uuid = *uuid;
        hmap_insert(&table->rows, &row->node, uuid_hash(uuid));
    }
    if (now) {
        free(row->key);
        row->key = xstrdup(kind->row_key(now));
        sset_add(keys, row->key);
    } else if (row) {
        policy_table_remove_row(table, row);
    }
}

static size_t
count_rows(const struct ovsdb_idl *idl,
           const struct ovsdb_idl_table_class *table)
{
    const struct ovsdb_idl_row *row;
    size_t n = 0;

    for (row = ovsdb_idl_first_row(idl, table); row;
         row = ovsdb_idl_next_row(row)) {
        n++;
    }
    return n;
}

/* Adds the keys of rows that changed to 'keys'. */
static void
policy_table_collect(struct policy_table *table,
                     const struct policy_kind *kind, struct ovsdb_idl *idl,
                     struct sset *keys)
{
    const struct ovsdb_idl_row *tracked;

    for (tracked = ovsdb_idl_track_get_first(idl, kind->table); tracked;
         tracked = ovsdb_idl_track_get_next(tracked)) {
        policy_table_update_row(table, kind, idl, &tracked->uuid, keys);
    }

    /* After a reconnection the IDL starts with an empty replica, and does not
     * report rows that are missing in the new copy.  Then we know too many. */
    if (hmap_count(&table->rows) != count_rows(idl, kind->table)) {
        struct policy_row *row;
        HMAP_FOR_EACH_SAFE (row, node, &table->rows) {
            policy_table_update_row(table, kind, idl, &row->uuid, keys);
        }
    }
}

/* Replaces the value of each of 'keys', and adds those that differ to
 * 'changes'. */
static void
policy_table_refresh(struct policy_table *table,
                     const struct policy_kind *kind, const char *host,
                     const struct sset *keys, struct sset *changes)
{
    const char *key;

    SSET_FOR_EACH (key, keys) {
        void *old = shash_find_and_delete(&table->values, key);
        void *new = kind->create(table->index, key, host);

        if (new) {
            shash_add(&table->values, key, new);
        }
        if (old && new ? !kind->equal(old, new) : old || new) {
            sset_add(changes, key);
        }
        kind->destroy(old);
    }
}

static void
policy_update(struct policy_db *policy, struct policy_changes *changes)
{
    struct sset *const changed[N_POLICY_KINDS] = {
        [POLICY_FILTER] = &changes->filters,
        [POLICY_BINDING] = &changes->bindings,
        [POLICY_SET] = &changes->sets,
        [POLICY_LEASES] = &changes->leases,
    };

    for (size_t i = 0; i < N_POLICY_KINDS; i++) {
        const struct policy_kind *kind = &policy_kinds[i];
        struct policy_table *table = &policy->tables[i];
        struct sset keys = SSET_INITIALIZER(&keys);
        const struct policy_row *row;

        policy_table_collect(table, kind, policy->session.idl, &keys);
        if (i == POLICY_BINDING && policy->reread_bindings) {
            HMAP_FOR_EACH (row, node, &table->rows) {
                sset_add(&keys, row->key);
            }
        }
        policy_table_refresh(table, kind, policy->host.name, &keys,
                             changed[i]);
        sset_destroy(&keys);
    }
    policy->reread_bindings = false;
}
