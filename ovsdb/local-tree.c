/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "ovsdb/local-private.h"

#include <stdlib.h>

#include "util.h"
#include "vswitch-idl.h"

void
tree_init(struct tree *tree)
{
    hmap_init(&tree->ports);
    hmap_init(&tree->ifaces);
    tree->walk = 0;
}

void
tree_uninit(struct tree *tree)
{
    struct tree_port *port;
    struct tree_iface *iface;

    HMAP_FOR_EACH_POP (port, node, &tree->ports) {
        free(port->ifaces);
        free(port);
    }
    hmap_destroy(&tree->ports);
    HMAP_FOR_EACH_POP (iface, node, &tree->ifaces) {
        free(iface);
    }
    hmap_destroy(&tree->ifaces);
}

static struct tree_port *
tree_find_port(const struct tree *tree, const struct uuid *uuid)
{
    struct tree_port *port;

    HMAP_FOR_EACH_WITH_HASH (port, node, uuid_hash(uuid), &tree->ports) {
        if (uuid_equals(&port->uuid, uuid)) {
            return port;
        }
    }
    return NULL;
}

static struct tree_iface *
tree_find_iface(const struct tree *tree, const struct uuid *uuid)
{
    struct tree_iface *iface;

    HMAP_FOR_EACH_WITH_HASH (iface, node, uuid_hash(uuid), &tree->ifaces) {
        if (uuid_equals(&iface->uuid, uuid)) {
            return iface;
        }
    }
    return NULL;
}

static struct tree_port *
tree_need_port(struct tree *tree, const struct uuid *uuid)
{
    struct tree_port *port = tree_find_port(tree, uuid);

    if (!port) {
        port = xzalloc(sizeof *port);
        port->uuid = *uuid;
        hmap_insert(&tree->ports, &port->node, uuid_hash(uuid));
    }
    return port;
}

static struct tree_iface *
tree_need_iface(struct tree *tree, const struct uuid *uuid)
{
    struct tree_iface *iface = tree_find_iface(tree, uuid);

    if (!iface) {
        iface = xzalloc(sizeof *iface);
        iface->uuid = *uuid;
        hmap_insert(&tree->ifaces, &iface->node, uuid_hash(uuid));
    }
    return iface;
}

void
tree_update_bridge(struct tree *tree, const struct uuid *bridge,
                   const struct ovsrec_bridge *row, struct uuidset *ports)
{
    struct tree_port *port;

    tree->walk++;
    for (size_t i = 0; row && i < row->n_ports; i++) {
        port = tree_need_port(tree, &row->ports[i]->header_.uuid);
        port->walk = tree->walk;
        if (!uuid_equals(&port->bridge, bridge)) {
            port->bridge = *bridge;
            uuidset_insert(ports, &port->uuid);
        }
    }

    /* Ports that were in this bridge and were not met have left it. */
    HMAP_FOR_EACH (port, node, &tree->ports) {
        if (port->walk != tree->walk && uuid_equals(&port->bridge, bridge)) {
            port->bridge = UUID_ZERO;
            uuidset_insert(ports, &port->uuid);
        }
    }
}

/* Releases the interfaces of 'port' that still belong to it. */
static void
tree_release_ifaces(struct tree *tree, struct tree_port *port,
                    struct uuidset *ifaces)
{
    for (size_t i = 0; i < port->n_ifaces; i++) {
        struct tree_iface *iface = tree_find_iface(tree, &port->ifaces[i]);
        if (iface && uuid_equals(&iface->port, &port->uuid)) {
            iface->port = UUID_ZERO;
            uuidset_insert(ifaces, &iface->uuid);
        }
    }
    port->n_ifaces = 0;
}

void
tree_update_port(struct tree *tree, const struct uuid *uuid,
                 const struct ovsrec_port *row, struct uuidset *ifaces)
{
    struct tree_port *port = tree_find_port(tree, uuid);

    if (!port) {
        /* In no bridge, or it came and went between two updates. */
        return;
    }
    tree_release_ifaces(tree, port, ifaces);
    if (!row || uuid_is_zero(&port->bridge)) {
        hmap_remove(&tree->ports, &port->node);
        free(port->ifaces);
        free(port);
        return;
    }

    port->ifaces = xrealloc(port->ifaces,
                            row->n_interfaces * sizeof *port->ifaces);
    for (size_t i = 0; i < row->n_interfaces; i++) {
        const struct uuid *id = &row->interfaces[i]->header_.uuid;
        tree_need_iface(tree, id)->port = port->uuid;
        port->ifaces[port->n_ifaces++] = *id;
        uuidset_insert(ifaces, id);
    }
}

bool
tree_find_parents(const struct tree *tree, const struct uuid *uuid,
                  struct uuid *portp, struct uuid *bridgep)
{
    const struct tree_iface *iface = tree_find_iface(tree, uuid);
    const struct tree_port *port = iface ? tree_find_port(tree, &iface->port)
                                         : NULL;

    if (!port || uuid_is_zero(&port->bridge)) {
        return false;
    }
    *portp = port->uuid;
    *bridgep = port->bridge;
    return true;
}

void
tree_remove_iface(struct tree *tree, const struct uuid *uuid)
{
    struct tree_iface *iface = tree_find_iface(tree, uuid);

    if (iface) {
        hmap_remove(&tree->ifaces, &iface->node);
        free(iface);
    }
}

void
tree_add_all(const struct tree *tree, struct uuidset *ports,
             struct uuidset *ifaces)
{
    const struct tree_port *port;
    const struct tree_iface *iface;

    HMAP_FOR_EACH (port, node, &tree->ports) {
        uuidset_insert(ports, &port->uuid);
    }
    HMAP_FOR_EACH (iface, node, &tree->ifaces) {
        uuidset_insert(ifaces, &iface->uuid);
    }
}
