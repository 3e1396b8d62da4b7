/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "ovsdb/local.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/poll-loop.h"
#include "ovsdb/idl.h"
#include "ovsdb/local-private.h"
#include "util.h"
#include "vswitch-idl.h"

/* A barrier that the database server has answered, and ovs-vswitchd has not.
 * In order of both members. */
struct local_sync {
    uint64_t number;
    int64_t cfg; /* cur_cfg must reach this. */
};

struct local_db {
    struct idl_session session;
    struct idl_barrier barrier;
    struct id_writes writes;

    unsigned int seqno; /* The IDL's at the last local_run(). */
    struct tree tree;
    struct shash bridges;    /* Contains "struct bridge_snap"s. */
    struct shash interfaces; /* Contains "struct iface_snap"s. */
    struct hmap by_uuid;     /* The same. */
    struct shash bonds;      /* Contains "struct iface_snap"s. */
    struct smap config;

    struct local_sync *syncs;
    size_t n_syncs, allocated_syncs;
    uint64_t synced;
};

/* One call of local_run(): rows to look at, and snapshots that lost their
 * row.  The latter are kept to the end because the same name may have come
 * back with another row. */
struct update {
    struct local_db *local;
    struct local_changes *changes;
    struct uuidset bridges, ports, ifaces;
    struct shash lost; /* Contains "struct iface_snap"s. */
};

void
local_changes_init(struct local_changes *changes)
{
    changes->config = false;
    sset_init(&changes->bridges);
    sset_init(&changes->interfaces);
}

void
local_changes_uninit(struct local_changes *changes)
{
    sset_destroy(&changes->bridges);
    sset_destroy(&changes->interfaces);
}

static void
local_track_columns(struct ovsdb_idl *idl)
{
    static const struct ovsdb_idl_column *const columns[] = {
        &ovsrec_open_vswitch_col_external_ids,
        &ovsrec_open_vswitch_col_next_cfg,
        &ovsrec_open_vswitch_col_cur_cfg,
        &ovsrec_bridge_col_name,
        &ovsrec_bridge_col_datapath_type,
        &ovsrec_bridge_col_fail_mode,
        &ovsrec_bridge_col_mcast_snooping_enable,
        &ovsrec_bridge_col_other_config,
        &ovsrec_bridge_col_ports,
        &ovsrec_bridge_col_rstp_enable,
        &ovsrec_bridge_col_stp_enable,
        &ovsrec_port_col_bond_active_slave,
        &ovsrec_port_col_bond_mode,
        &ovsrec_port_col_interfaces,
        &ovsrec_port_col_lacp,
        &ovsrec_port_col_name,
        &ovsrec_port_col_other_config,
        &ovsrec_port_col_protected_,
        &ovsrec_port_col_tag,
        &ovsrec_port_col_trunks,
        &ovsrec_port_col_vlan_mode,
        &ovsrec_interface_col_external_ids,
        &ovsrec_interface_col_lacp_current,
        &ovsrec_interface_col_mac_in_use,
        &ovsrec_interface_col_name,
        &ovsrec_interface_col_ofport,
        &ovsrec_interface_col_type,
    };

    for (size_t i = 0; i < ARRAY_SIZE(columns); i++) {
        ovsdb_idl_track_add_column(idl, columns[i]);
    }
}

struct local_db *
local_create(const char *remote)
{
    struct local_db *local = xzalloc(sizeof *local);

    idl_session_init(&local->session, &ovsrec_idl_class);
    local_track_columns(local->session.idl);
    idl_session_connect(&local->session, remote);
    local->barrier.table = &ovsrec_table_queue;
    id_writes_init(&local->writes);
    tree_init(&local->tree);
    shash_init(&local->bridges);
    shash_init(&local->interfaces);
    hmap_init(&local->by_uuid);
    shash_init(&local->bonds);
    smap_init(&local->config);
    return local;
}

void
local_destroy(struct local_db *local)
{
    struct shash_node *node;

    if (!local) {
        return;
    }
    id_writes_uninit(&local->writes);
    idl_barrier_uninit(&local->barrier);
    SHASH_FOR_EACH (node, &local->interfaces) {
        iface_snap_destroy(node->data);
    }
    shash_destroy(&local->interfaces);
    hmap_destroy(&local->by_uuid);
    SHASH_FOR_EACH (node, &local->bonds) {
        iface_snap_destroy(node->data);
    }
    shash_destroy(&local->bonds);
    SHASH_FOR_EACH (node, &local->bridges) {
        bridge_snap_destroy(node->data);
    }
    shash_destroy(&local->bridges);
    tree_uninit(&local->tree);
    smap_destroy(&local->config);
    free(local->syncs);
    idl_session_uninit(&local->session);
    free(local);
}

static void local_update(struct local_db *, struct local_changes *);
static void local_run_syncs(struct local_db *);

void
local_run(struct local_db *local, struct local_changes *changes)
{
    struct ovsdb_idl *idl = local->session.idl;

    idl_session_run(&local->session);
    if (!ovsdb_idl_has_ever_connected(idl)) {
        return;
    }
    if (local->seqno != ovsdb_idl_get_seqno(idl)) {
        local->seqno = ovsdb_idl_get_seqno(idl);
        local_update(local, changes);
        ovsdb_idl_track_clear(idl);
    }
    id_writes_run(&local->writes, idl, &local->interfaces);
    local_run_syncs(local);
}

void
local_wait(struct local_db *local)
{
    idl_session_wait(&local->session);
    id_writes_wait(&local->writes);
    idl_barrier_wait(&local->barrier);
}

bool
local_is_ready(const struct local_db *local)
{
    return local->seqno != 0;
}

bool
local_is_connected(const struct local_db *local)
{
    return ovsdb_idl_is_connected(local->session.idl);
}

const struct smap *
local_config(const struct local_db *local)
{
    return &local->config;
}

const struct local_bridge *
local_bridge(const struct local_db *local, const char *name)
{
    const struct bridge_snap *snap = shash_find_data(&local->bridges, name);

    return snap ? &snap->up : NULL;
}

const struct local_interface *
local_interface(const struct local_db *local, const char *name)
{
    const struct iface_snap *snap = shash_find_data(&local->interfaces, name);

    return snap ? &snap->up : NULL;
}

const struct local_interface *
local_port(const struct local_db *local, const char *name)
{
    const struct local_interface *iface = local_interface(local, name);
    const struct iface_snap *bond;

    if (iface && !iface->bonded) {
        return iface;
    }
    bond = shash_find_data(&local->bonds, name);
    return bond ? &bond->up : NULL;
}

const struct shash *
local_interfaces(const struct local_db *local)
{
    return &local->interfaces;
}

const struct shash *
local_bonds(const struct local_db *local)
{
    return &local->bonds;
}

const struct shash *
local_bridges(const struct local_db *local)
{
    return &local->bridges;
}

void
local_set_interface_id(struct local_db *local, const char *interface,
                       const char *key, const char *value)
{
    const struct local_interface *iface = local_interface(local, interface);

    if (iface) {
        id_writes_set(&local->writes, interface, key, value,
                      (strcmp(key, STATUS_KEY)
                           ? smap_get(&iface->external_ids, key)
                           : iface->status));
    }
}

void
local_configure_interface(struct local_db *local, const char *interface,
                          const char *key, const char *value)
{
    if (local_interface(local, interface)) {
        local_set_interface_id(local, interface, key, value);
        id_writes_report(&local->writes, interface, key);
    }
}

bool
local_is_flushed(const struct local_db *local)
{
    return id_writes_is_flushed(&local->writes);
}

uint64_t
local_sync_start(struct local_db *local)
{
    return idl_barrier_start(&local->barrier);
}

uint64_t
local_synced(const struct local_db *local)
{
    return local->synced;
}

static const struct ovsrec_bridge *
find_bridge_row(const struct local_db *local, const struct uuid *uuid)
{
    const struct ovsdb_idl_row *row = idl_find_row(local->session.idl,
                                                   &ovsrec_table_bridge, uuid);

    return row ? CONTAINER_OF(row, struct ovsrec_bridge, header_) : NULL;
}

static const struct ovsrec_port *
find_port_row(const struct local_db *local, const struct uuid *uuid)
{
    const struct ovsdb_idl_row *row = idl_find_row(local->session.idl,
                                                   &ovsrec_table_port, uuid);

    return row ? CONTAINER_OF(row, struct ovsrec_port, header_) : NULL;
}

static const struct ovsrec_interface *
find_iface_row(const struct local_db *local, const struct uuid *uuid)
{
    const struct ovsdb_idl_row *row = idl_find_row(local->session.idl,
                                                   &ovsrec_table_interface,
                                                   uuid);

    return row ? CONTAINER_OF(row, struct ovsrec_interface, header_) : NULL;
}

/* Adds rows of a table that were inserted, deleted or changed.  The IDL also
 * reports rows that refer to such rows, all the way up to the bridge; those
 * have no updated column. */
static void
collect_tracked(const struct ovsdb_idl *idl,
                const struct ovsdb_idl_table_class *table,
                struct uuidset *uuids)
{
    const struct ovsdb_idl_row *row;

    for (row = ovsdb_idl_track_get_first(idl, table); row;
         row = ovsdb_idl_track_get_next(row)) {
        if (row->updated || !row->new_datum) {
            uuidset_insert(uuids, &row->uuid);
        }
    }
}

static void
update_collect(struct update *update)
{
    const struct ovsdb_idl *idl = update->local->session.idl;

    collect_tracked(idl, &ovsrec_table_bridge, &update->bridges);
    collect_tracked(idl, &ovsrec_table_port, &update->ports);
    collect_tracked(idl, &ovsrec_table_interface, &update->ifaces);
}

/* After a reconnection the IDL starts with an empty replica.  It reports the
 * rows of the new copy as inserted, but not those that are missing there.
 * Then every bridge that was known is missing or has been inserted again. */
static bool
local_was_reloaded(const struct local_db *local)
{
    const struct shash_node *node;

    SHASH_FOR_EACH (node, &local->bridges) {
        const struct bridge_snap *snap = node->data;
        const struct ovsrec_bridge *row = find_bridge_row(local, &snap->uuid);
        if (!row || ovsrec_bridge_is_new(row)) {
            return true;
        }
    }
    return false;
}

/* Everything that was known before. */
static void
update_collect_known(struct update *update)
{
    const struct shash_node *node;

    SHASH_FOR_EACH (node, &update->local->bridges) {
        const struct bridge_snap *snap = node->data;
        uuidset_insert(&update->bridges, &snap->uuid);
    }
    tree_add_all(&update->local->tree, &update->ports, &update->ifaces);
}

static void
update_config(struct update *update, const struct ovsrec_open_vswitch *row)
{
    const struct smap none = SMAP_INITIALIZER(&none);
    const struct smap *new = row ? &row->external_ids : &none;
    struct smap *config = &update->local->config;

    if (!smap_equal(config, new)) {
        smap_destroy(config);
        smap_clone(config, new);
        update->changes->config = true;
    }
}

static struct bridge_snap *
local_find_bridge(struct local_db *local, const struct uuid *uuid)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &local->bridges) {
        struct bridge_snap *snap = node->data;
        if (uuid_equals(&snap->uuid, uuid)) {
            return snap;
        }
    }
    return NULL;
}

static void
update_remove_bridge(struct update *update, struct bridge_snap *snap)
{
    sset_add(&update->changes->bridges, snap->up.name);
    shash_find_and_delete(&update->local->bridges, snap->up.name);
    bridge_snap_destroy(snap);
}

static void
update_add_bridge(struct update *update, struct bridge_snap *old,
                  const struct ovsrec_bridge *row)
{
    struct bridge_snap *new = bridge_snap_create(row);

    if (old && bridge_snap_equal(old, new)) {
        bridge_snap_destroy(new);
        return;
    }
    if (old) {
        sset_swap(&old->up.interfaces, &new->up.interfaces);
        update_remove_bridge(update, old);
    }
    sset_add(&update->changes->bridges, new->up.name);
    shash_add(&update->local->bridges, new->up.name, new);
}

/* Those that are gone first: another one may have taken the name. */
static void
update_bridges(struct update *update)
{
    struct local_db *local = update->local;
    const struct uuidset_node *node;

    UUIDSET_FOR_EACH (node, &update->bridges) {
        struct bridge_snap *old = local_find_bridge(local, &node->uuid);
        if (old && !find_bridge_row(local, &node->uuid)) {
            update_remove_bridge(update, old);
        }
    }
    UUIDSET_FOR_EACH (node, &update->bridges) {
        const struct ovsrec_bridge *row = find_bridge_row(local, &node->uuid);
        if (row) {
            update_add_bridge(update, local_find_bridge(local, &node->uuid),
                              row);
        }
        tree_update_bridge(&local->tree, &node->uuid, row, &update->ports);
    }
}

static void
update_ports(struct update *update)
{
    struct local_db *local = update->local;
    const struct uuidset_node *node;

    UUIDSET_FOR_EACH (node, &update->ports) {
        tree_update_port(&local->tree, &node->uuid,
                         find_port_row(local, &node->uuid), &update->ifaces);
    }
}

/* Returns the present snapshot of an Interface, or NULL if the row is gone or
 * is in no bridge. */
static struct iface_snap *
local_snap_iface(struct local_db *local, const struct uuid *uuid)
{
    struct uuid port_uuid, bridge_uuid;

    if (!tree_find_parents(&local->tree, uuid, &port_uuid, &bridge_uuid)) {
        return NULL;
    }

    const struct ovsrec_interface *row = find_iface_row(local, uuid);
    const struct ovsrec_port *port = find_port_row(local, &port_uuid);
    const struct ovsrec_bridge *bridge = find_bridge_row(local, &bridge_uuid);
    return row && port && bridge ? iface_snap_create(bridge, port, row) : NULL;
}

/* Takes the snapshot of a row out of the tables, and returns it. */
static struct iface_snap *
local_take_iface(struct local_db *local, const struct uuid *uuid)
{
    struct iface_snap *snap;

    HMAP_FOR_EACH_WITH_HASH (snap, node, uuid_hash(uuid), &local->by_uuid) {
        if (uuid_equals(&snap->uuid, uuid)) {
            struct bridge_snap *bridge = shash_find_data(&local->bridges,
                                                         snap->up.bridge);
            if (bridge) {
                sset_find_and_delete(&bridge->up.interfaces, snap->up.name);
            }
            hmap_remove(&local->by_uuid, &snap->node);
            shash_find_and_delete(&local->interfaces, snap->up.name);
            return snap;
        }
    }
    return NULL;
}

static void
local_put_iface(struct local_db *local, struct iface_snap *snap)
{
    struct bridge_snap *bridge = shash_find_data(&local->bridges,
                                                 snap->up.bridge);

    if (bridge) {
        sset_add(&bridge->up.interfaces, snap->up.name);
    }
    hmap_insert(&local->by_uuid, &snap->node, uuid_hash(&snap->uuid));
    shash_add(&local->interfaces, snap->up.name, snap);
}

static void
update_add_iface(struct update *update, const struct uuid *uuid)
{
    struct local_db *local = update->local;
    struct iface_snap *new = local_snap_iface(local, uuid);

    if (!new) {
        tree_remove_iface(&local->tree, uuid);
        return;
    }

    struct iface_snap *old = shash_find_and_delete(&update->lost,
                                                   new->up.name);
    if (!old || !iface_snap_equal(old, new, &local->writes)) {
        sset_add(&update->changes->interfaces, new->up.name);
    }
    iface_snap_destroy(old);
    local_put_iface(local, new);
}

static void
update_ifaces(struct update *update)
{
    const struct uuidset_node *uuid;
    struct shash_node *node;

    UUIDSET_FOR_EACH (uuid, &update->ifaces) {
        struct iface_snap *old = local_take_iface(update->local, &uuid->uuid);
        if (old) {
            shash_add(&update->lost, old->up.name, old);
        }
    }
    UUIDSET_FOR_EACH (uuid, &update->ifaces) {
        update_add_iface(update, &uuid->uuid);
    }
    SHASH_FOR_EACH (node, &update->lost) {
        sset_add(&update->changes->interfaces, node->name);
        id_writes_forget(&update->local->writes, node->name);
        iface_snap_destroy(node->data);
    }
}

/* Bonds. */

static struct iface_snap *
local_find_bond(const struct local_db *local, const struct uuid *port)
{
    const struct shash_node *node;

    SHASH_FOR_EACH (node, &local->bonds) {
        struct iface_snap *snap = node->data;

        if (uuid_equals(&snap->uuid, port)) {
            return snap;
        }
    }
    return NULL;
}

/* Returns the present snapshot of a Port, or NULL if it is no bond, or in no
 * bridge. */
static struct iface_snap *
local_snap_bond(const struct local_db *local, const struct uuid *uuid)
{
    const struct ovsrec_port *port = find_port_row(local, uuid);
    struct uuid port_uuid, bridge_uuid;

    if (!port || port->n_interfaces < 2
        || !tree_find_parents(&local->tree, &port->interfaces[0]->header_.uuid,
                              &port_uuid, &bridge_uuid)) {
        return NULL;
    }

    const struct ovsrec_bridge *bridge = find_bridge_row(local, &bridge_uuid);

    return bridge ? iface_snap_create_bond(bridge, port) : NULL;
}

/* Adds the Ports of changed interfaces that are bonds, to those that have
 * changed themselves. */
static void
update_collect_bonds(struct update *update)
{
    const struct local_db *local = update->local;
    const struct uuidset_node *node;
    struct uuid port_uuid, bridge_uuid;

    UUIDSET_FOR_EACH (node, &update->ifaces) {
        if (tree_find_parents(&local->tree, &node->uuid, &port_uuid,
                              &bridge_uuid)) {
            const struct ovsrec_port *port = find_port_row(local, &port_uuid);

            if (port && port->n_interfaces > 1) {
                uuidset_insert(&update->ports, &port_uuid);
            }
        }
    }
}

static void
update_remove_bond(struct update *update, const struct uuid *uuid)
{
    struct local_db *local = update->local;
    struct iface_snap *old = local_find_bond(local, uuid);
    struct iface_snap *new = old ? local_snap_bond(local, uuid) : NULL;

    if (old && (!new || !iface_snap_equal(old, new, &local->writes))) {
        sset_add(&update->changes->interfaces, old->up.name);
        shash_find_and_delete(&local->bonds, old->up.name);
        iface_snap_destroy(old);
    }
    iface_snap_destroy(new);
}

static void
update_add_bond(struct update *update, const struct uuid *uuid)
{
    struct local_db *local = update->local;
    struct iface_snap *new = (local_find_bond(local, uuid)
                                  ? NULL
                                  : local_snap_bond(local, uuid));

    if (new) {
        sset_add(&update->changes->interfaces, new->up.name);
        shash_add(&local->bonds, new->up.name, new);
    }
}

/* Those that are gone or different first: another one may have the name. */
static void
update_bonds(struct update *update)
{
    const struct uuidset_node *node;

    update_collect_bonds(update);
    UUIDSET_FOR_EACH (node, &update->ports) {
        update_remove_bond(update, &node->uuid);
    }
    UUIDSET_FOR_EACH (node, &update->ports) {
        update_add_bond(update, &node->uuid);
    }
}

static void
local_update(struct local_db *local, struct local_changes *changes)
{
    const struct ovsrec_open_vswitch *row = ovsrec_open_vswitch_first(
        local->session.idl);
    struct update update = {
        .local = local,
        .changes = changes,
        .bridges = UUIDSET_INITIALIZER(&update.bridges),
        .ports = UUIDSET_INITIALIZER(&update.ports),
        .ifaces = UUIDSET_INITIALIZER(&update.ifaces),
        .lost = SHASH_INITIALIZER(&update.lost),
    };

    update_collect(&update);
    if (local_was_reloaded(local)) {
        update_collect_known(&update);
    }
    update_config(&update, row);
    update_bridges(&update);
    update_ports(&update);
    update_ifaces(&update);
    update_bonds(&update);

    uuidset_destroy(&update.bridges);
    uuidset_destroy(&update.ports);
    uuidset_destroy(&update.ifaces);
    shash_destroy(&update.lost);
}

static void
local_add_sync(struct local_db *local, uint64_t number, int64_t cfg)
{
    if (local->n_syncs >= local->allocated_syncs) {
        local->syncs = x2nrealloc(local->syncs, &local->allocated_syncs,
                                  sizeof *local->syncs);
    }
    local->syncs[local->n_syncs++] = (struct local_sync){ number, cfg };
}

static void
local_run_syncs(struct local_db *local)
{
    const struct ovsrec_open_vswitch *row = ovsrec_open_vswitch_first(
        local->session.idl);
    uint64_t passed = local->barrier.passed;
    size_t n;

    idl_barrier_run(&local->barrier, local->session.idl);
    if (local->barrier.passed != passed) {
        local_add_sync(local, local->barrier.passed, row ? row->next_cfg : 0);
    }

    /* A database that was made anew counts from 0 again: ask for no more than
     * its next_cfg. */
    for (n = 0; n < local->n_syncs && row; n++) {
        if (row->cur_cfg < MIN(local->syncs[n].cfg, row->next_cfg)) {
            break;
        }
        local->synced = local->syncs[n].number;
    }
    local->n_syncs -= n;
    if (local->n_syncs) {
        memmove(local->syncs, local->syncs + n,
                local->n_syncs * sizeof *local->syncs);
    }
}
