/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "ovsdb/local-private.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "vswitch-idl.h"

struct bridge_snap *
bridge_snap_create(const struct ovsrec_bridge *row)
{
    struct bridge_snap *snap = xmalloc(sizeof *snap);

    *snap = (struct bridge_snap) {
        .uuid = row->header_.uuid,
        .up = {
            .name = xstrdup(row->name),
            .datapath_type = xstrdup(row->datapath_type),
            .fail_mode_secure = (row->fail_mode
                                 && !strcmp(row->fail_mode, "secure")),
            .forward_bpdu = smap_get_bool(&row->other_config,
                                          "forward-bpdu", false),
            .stp = row->stp_enable,
            .rstp = row->rstp_enable,
            .mcast_snooping = row->mcast_snooping_enable,
        },
    };
    sset_init(&snap->up.interfaces);
    return snap;
}

void
bridge_snap_destroy(struct bridge_snap *snap)
{
    if (snap) {
        free(snap->up.name);
        free(snap->up.datapath_type);
        sset_destroy(&snap->up.interfaces);
        free(snap);
    }
}

bool
bridge_snap_equal(const struct bridge_snap *a, const struct bridge_snap *b)
{
    return (uuid_equals(&a->uuid, &b->uuid) && !strcmp(a->up.name, b->up.name)
            && !strcmp(a->up.datapath_type, b->up.datapath_type)
            && a->up.fail_mode_secure == b->up.fail_mode_secure
            && a->up.forward_bpdu == b->up.forward_bpdu
            && a->up.stp == b->up.stp && a->up.rstp == b->up.rstp
            && a->up.mcast_snooping == b->up.mcast_snooping);
}

/* ovs-vswitchd.conf.db(5), table Port, "VLAN Configuration". */
static enum vlan_mode
port_vlan_mode(const struct ovsrec_port *row)
{
    static const char *const names[] = {
        [VLAN_MODE_TRUNK] = "trunk",
        [VLAN_MODE_ACCESS] = "access",
        [VLAN_MODE_NATIVE_TAGGED] = "native-tagged",
        [VLAN_MODE_NATIVE_UNTAGGED] = "native-untagged",
        [VLAN_MODE_DOT1Q_TUNNEL] = "dot1q-tunnel",
    };

    if (!row->vlan_mode) {
        /* A tag wins: ovs-vswitchd then ignores the trunks. */
        return row->n_tag ? VLAN_MODE_ACCESS : VLAN_MODE_TRUNK;
    }
    for (enum vlan_mode mode = 0; mode < ARRAY_SIZE(names); mode++) {
        if (!strcmp(row->vlan_mode, names[mode])) {
            return mode;
        }
    }
    return VLAN_MODE_TRUNK;
}

static int
compare_vids(const void *a_, const void *b_)
{
    const uint16_t *a = a_;
    const uint16_t *b = b_;

    return *a < *b ? -1 : *a > *b;
}

/* A native port always trunks its native VLAN, and never VLAN 0. */
static void
iface_snap_force_native_vlan(struct local_interface *iface)
{
    size_t n = 0;
    bool found = false;

    for (size_t i = 0; i < iface->n_trunks; i++) {
        uint16_t vid = iface->trunks[i];
        found = found || vid == iface->tag;
        if (vid) {
            iface->trunks[n++] = vid;
        }
    }
    if (!found) {
        iface->trunks[n++] = iface->tag;
    }
    iface->n_trunks = n;
}

void
iface_snap_init_vlans(struct local_interface *iface,
                      const struct ovsrec_port *row)
{
    bool native;

    iface->vlan_mode = port_vlan_mode(row);
    native = (iface->vlan_mode == VLAN_MODE_NATIVE_TAGGED
              || iface->vlan_mode == VLAN_MODE_NATIVE_UNTAGGED);

    if (row->n_tag && iface->vlan_mode != VLAN_MODE_TRUNK) {
        iface->tag = *row->tag;
    }
    if (row->n_trunks && (native || iface->vlan_mode == VLAN_MODE_TRUNK)) {
        /* One more for the native VLAN. */
        iface->trunks = xmalloc((row->n_trunks + 1) * sizeof *iface->trunks);
        for (size_t i = 0; i < row->n_trunks; i++) {
            iface->trunks[iface->n_trunks++] = row->trunks[i];
        }
        if (native && iface->tag) {
            iface_snap_force_native_vlan(iface);
        }
        qsort(iface->trunks, iface->n_trunks, sizeof *iface->trunks,
              compare_vids);
    }
}

struct iface_snap *
iface_snap_create(const struct ovsrec_bridge *bridge,
                  const struct ovsrec_port *port,
                  const struct ovsrec_interface *row)
{
    struct iface_snap *snap = xmalloc(sizeof *snap);
    const char *status = smap_get(&row->external_ids, LOCAL_STATUS_KEY);

    *snap = (struct iface_snap) {
        .uuid = row->header_.uuid,
        .up = {
            .name = xstrdup(row->name),
            .bridge = xstrdup(bridge->name),
            .port = xstrdup(port->name),
            .type = xstrdup(row->type),
            .ofport = row->n_ofport ? *row->ofport : 0,
            .bonded = port->n_interfaces > 1,
            .is_protected = port->protected_,
            .status = nullable_xstrdup(status),
        },
    };
    iface_snap_init_vlans(&snap->up, port);
    smap_clone(&snap->up.external_ids, &row->external_ids);
    smap_remove(&snap->up.external_ids, LOCAL_STATUS_KEY);
    return snap;
}

struct iface_snap *
iface_snap_create_bond(const struct ovsrec_bridge *bridge,
                       const struct ovsrec_port *port)
{
    struct iface_snap *snap = xmalloc(sizeof *snap);
    struct local_bond *bond = bond_create(port);

    *snap = (struct iface_snap) {
        .uuid = port->header_.uuid,
        .up = {
            .name = xstrdup(port->name),
            .bridge = xstrdup(bridge->name),
            .port = xstrdup(port->name),
            .type = xstrdup(""),
            .ofport = bond_lowest_ofport(bond),
            .bond = bond,
            .is_protected = port->protected_,
        },
    };
    iface_snap_init_vlans(&snap->up, port);
    smap_init(&snap->up.external_ids);
    return snap;
}

void
iface_snap_destroy(struct iface_snap *snap)
{
    if (snap) {
        free(snap->up.name);
        free(snap->up.bridge);
        free(snap->up.port);
        free(snap->up.type);
        free(snap->up.trunks);
        bond_destroy(snap->up.bond);
        smap_destroy(&snap->up.external_ids);
        free(snap->up.status);
        free(snap);
    }
}

/* Returns true if each value in 'a' is also in 'b', or was written by us. */
static bool
ids_covered(const char *interface, const struct smap *a, const struct smap *b,
            const struct id_writes *writes, bool b_is_new)
{
    const struct smap_node *node;

    SMAP_FOR_EACH (node, a) {
        const char *other = smap_get(b, node->key);
        if ((!other || strcmp(node->value, other))
            && !id_writes_is_echo(writes, interface, node->key,
                                  b_is_new ? other : node->value)) {
            return false;
        }
    }
    return true;
}

bool
iface_snap_equal(const struct iface_snap *old, const struct iface_snap *new,
                 const struct id_writes *writes)
{
    const struct local_interface *a = &old->up;
    const struct local_interface *b = &new->up;

    return (
        !strcmp(a->name, b->name) && !strcmp(a->bridge, b->bridge)
        && !strcmp(a->port, b->port) && !strcmp(a->type, b->type)
        && a->ofport == b->ofport && a->bonded == b->bonded
        && bond_equal(a->bond, b->bond) && a->is_protected == b->is_protected
        && a->vlan_mode == b->vlan_mode && a->tag == b->tag
        && a->n_trunks == b->n_trunks
        && (!a->n_trunks
            || !memcmp(a->trunks, b->trunks, a->n_trunks * sizeof *a->trunks))
        && (nullable_string_is_equal(a->status, b->status)
            || id_writes_is_echo(writes, b->name, LOCAL_STATUS_KEY, b->status))
        && ids_covered(a->name, &a->external_ids, &b->external_ids, writes,
                       true)
        && ids_covered(a->name, &b->external_ids, &a->external_ids, writes,
                       false));
}
