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

bool
local_note_ofport(struct local_db *local, const char *bridge,
                  const char *interface, uint16_t ofport)
{
    struct iface_snap *snap = shash_find_data(&local->interfaces, interface);

    if (!snap || strcmp(snap->up.bridge, bridge)
        || (snap->up.ofport && !snap->noted) || snap->up.ofport == ofport) {
        return false;
    }
    snap->up.ofport = ofport;
    snap->noted = ofport != 0;
    return true;
}

void
local_forget_ofports(struct local_db *local, const char *bridge,
                     struct sset *interfaces)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &local->interfaces) {
        const struct iface_snap *snap = node->data;

        if (snap->noted && local_note_ofport(local, bridge, node->name, 0)) {
            sset_add(interfaces, node->name);
        }
    }
}

void
local_set_interface_id(struct local_db *local, const char *interface,
                       const char *key, const char *value)
{
    const struct local_interface *iface = local_interface(local, interface);

    if (iface) {
        id_writes_set(&local->writes, interface, key, value,
                      (strcmp(key, LOCAL_STATUS_KEY)
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

bool
local_awaits_switch(const struct local_db *local)
{
    return (local_is_connected(local) && local->n_syncs
            && local->barrier.passed == local->barrier.requested);
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
