/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "ovsdb/local-private.h"

#include <stdlib.h>

#include "util.h"
#include "vswitch-idl.h"

/* One call of local_run(): rows to look at, and snapshots that lost their
 * row.  The latter are kept to the end because the same name may have come
 * back with another row. */
struct update {
    struct local_db *local;
    struct local_changes *changes;
    struct uuidset bridges, ports, ifaces;
    struct shash lost; /* Contains "struct iface_snap"s. */
};

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
    if (old && old->noted && !new->up.ofport
        && !strcmp(old->up.bridge, new->up.bridge)
        && uuid_equals(&old->uuid, &new->uuid)) {
        new->up.ofport = old->up.ofport;
        new->noted = true;
    }
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

void
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
