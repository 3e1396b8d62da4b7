/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/reconcile-private.h"

#include <inttypes.h>
#include <stdlib.h>

#include "controller/bridge.h"
#include "controller/given.h"
#include "controller/learning.h"
#include "controller/port-change.h"
#include "controller/port.h"
#include "controller/programs.h"
#include "controller/punt.h"
#include "controller/sets.h"
#include "controller/status.h"
#include "controller/zones.h"
#include "ovsdb/local.h"
#include "smap.h"
#include "switch/switch.h"
#include "util.h"

static void
remove_port(struct reconcile *r, const char *name)
{
    struct shash_node *node = shash_find(&r->ports, name);

    if (node) {
        struct port *port = node->data;

        if (port->zone) {
            switch_flush_zone(port->bridge->session, port->zone);
            zones_release(r->zones, port->zone);
        }
        punt_forget_port(shash_find_data(&r->punts, port->bridge->name),
                         port->plan.config.ofport);
        shash_delete(&r->ports, node);
        given_forget(r->given, port);
        port_destroy(port);
    }
}

/* Creates, keeps or removes the port for an interface.  Returns NULL if there
 * is nothing to plan. */
static struct port *
update_port(struct reconcile *r, const char *name)
{
    const struct local_interface *iface = local_port(r->local, name);
    struct bridge *bridge = iface ? shash_find_data(&r->bridges, iface->bridge)
                                  : NULL;
    struct port *port = shash_find_data(&r->ports, name);

    if (port
        && (!bridge || port->bridge != bridge || iface->ofport <= 0
            || iface->ofport != port->plan.config.ofport)) {
        remove_port(r, name);
        port = NULL;
    }
    if (!bridge) {
        learning_stop(r->learning, name);
    }
    if (!bridge || iface->ofport <= 0 || iface->ofport > UINT16_MAX) {
        if (iface) {
            status_write_without_port(r->local, r->policy, iface,
                                      bridge != NULL);
        }
        return NULL;
    }
    if (!port) {
        port = port_create(name, bridge);
        shash_add(&r->ports, name, port);
    }
    return port;
}

/* Whether the port may still get back what it has in the switch. */
static bool
awaits_take_over(const struct port *port)
{
    return port->plan.orphan && !port->bridge->taken_over;
}

/* 0: none, or no zone's number. */
static uint16_t
remembered_zone(const struct local_interface *iface)
{
    unsigned int zone = smap_get_uint(&iface->external_ids, ZONE_KEY, 0);

    return zone <= UINT16_MAX ? zone : 0;
}

/* The zone that the interface says to have had before the daemon was started,
 * or 0. */
static uint16_t
claimed_zone(const struct local_interface *iface)
{
    uint16_t remembered = remembered_zone(iface);

    return (remembered      ? remembered
            : iface->status ? zones_default(iface->name)
                            : 0);
}

static void
note_claims(struct reconcile *r)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, local_interfaces(r->local)) {
        uint16_t zone = claimed_zone(node->data);

        if (zone) {
            zones_note_claim(r->zones, zone);
        }
    }
}

/* Whether the connections in the port's zone are its own: those from before
 * the daemon was started, if nobody else can have had the zone. */
static bool
owns_connections(const struct reconcile *r, const struct port *port,
                 const struct local_interface *iface)
{
    uint16_t before = remembered_zone(iface);

    if (!before) {
        before = zones_default(port->name);
    }
    return !r->started && port->zone == before
           && zones_count_claims(r->zones, port->zone)
                  <= (claimed_zone(iface) == port->zone);
}

/* What the interface says of its zone is right if nobody has changed it, or
 * copied it from another. */
static void
remember_zone(struct reconcile *r, const struct port *port,
              const struct local_interface *iface)
{
    bool is_default = port->zone == zones_default(port->name);
    char *text = is_default ? NULL : xasprintf("%" PRIu16, port->zone);

    local_set_interface_id(r->local, iface->name, ZONE_KEY, text);
    free(text);
}

static void
give_zone(struct reconcile *r, struct port *port)
{
    if (port->plan.state != PORT_FILTERED && !awaits_take_over(port)) {
        return;
    }

    const struct local_interface *iface = local_interface(r->local,
                                                          port->name);

    if (!port->zone) {
        port->zone = zones_allocate(r->zones, port->name,
                                    remembered_zone(iface));
        if (!port->zone) {
            port_plan_refuse(&port->plan,
                             xstrdup("no conntrack zone is left"));
            return;
        }
        if (!awaits_take_over(port) && !owns_connections(r, port, iface)) {
            switch_flush_zone(port->bridge->session, port->zone);
        }
    }
    remember_zone(r, port, iface);
}

/* Ports that stay with a retired program whose successor is there let it have
 * the program's place. */
static void
set_programs_aside(struct reconcile *r, struct port **ports, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct program_entry *old = ports[i]->entry;

        if (!old || !programs_is_displaced(r->programs, old)) {
            continue;
        }

        /* The owner's name goes with the id, so all give up, then take it
         * again under the new name. */
        for (size_t j = i; j < n; j++) {
            if (ports[j]->entry == old) {
                bridge_drop_program(ports[j]->bridge, old);
            }
        }
        programs_set_aside(r->programs, old);
        for (size_t j = i; j < n; j++) {
            if (ports[j]->entry == old) {
                bridge_use_program(ports[j]->bridge, old);
            }
        }
    }
}

struct port_context
reconcile_port_context(const struct reconcile *r)
{
    return (struct port_context){
        .programs = r->programs,
        .filters = r->filters,
        .sets = r->sets,
        .local = r->local,
        .config = local_config(r->local),
        .policy = r->policy,
        .learning = r->learning,
        .learning_rules = r->learning_rules,
    };
}

static void
plan_ports(struct reconcile *r, struct port **ports, size_t n)
{
    struct port_context ctx = reconcile_port_context(r);

    if (!r->started) {
        note_claims(r);
    }
    for (size_t i = 0; i < n; i++) {
        port_plan(ports[i], local_port(r->local, ports[i]->name), &ctx);
        given_note(r->given, ports[i],
                   learning_find(r->learning, ports[i]->name) != NULL);
        give_zone(r, ports[i]);
        if (port_moves(ports[i]) && ports[i]->plan.entry) {
            ports[i]->plan.entry->planned = true;
        }
    }
}

/* Adds the ports that are not in the round, but have to give a program's place
 * to one that is; returns how many ports there are then. */
static size_t
add_displaced_ports(const struct reconcile *r, struct port **ports, size_t n)
{
    struct shash_node *node;

    if (!programs_any_displaced(r->programs)) {
        return n;
    }
    SHASH_FOR_EACH (node, &r->ports) {
        struct port *port = node->data;

        if (port->entry && programs_is_displaced(r->programs, port->entry)
            && !sset_contains(&r->dirty_ports, port->name)) {
            ports[n++] = port;
        }
    }
    return n;
}

static void
apply_ports(struct reconcile *r, struct port **ports, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (port_moves(ports[i])) {
            port_release(ports[i]);
        }
    }
    set_programs_aside(r, ports, n);
    for (size_t i = 0; i < n; i++) {
        port_change_note(ports[i]);
        port_apply(ports[i]);
        port_set_status_due(ports[i], true);
    }
}

/* What concerns a member concerns its bond. */
static void
add_bonds_of_members(struct reconcile *r)
{
    const char **names = sset_array(&r->dirty_ports);

    for (size_t i = 0; names[i]; i++) {
        const struct local_interface *iface = local_interface(r->local,
                                                              names[i]);

        if (iface && iface->bonded) {
            sset_add(&r->dirty_ports, iface->port);
        }
    }
    free(names);
}

void
reconcile_update_ports(struct reconcile *r)
{
    add_bonds_of_members(r);

    const char **names = sset_sort(&r->dirty_ports);
    size_t max = sset_count(&r->dirty_ports) + shash_count(&r->ports);
    struct port **ports = xmalloc((max + 1) * sizeof *ports);
    size_t n = 0;

    for (size_t i = 0; names[i]; i++) {
        struct port *port = update_port(r, names[i]);

        if (port) {
            ports[n++] = port;
        }
    }
    plan_ports(r, ports, n);
    n = add_displaced_ports(r, ports, n);
    apply_ports(r, ports, n);
    programs_clean(r->programs);

    struct shash_node *node;

    SHASH_FOR_EACH (node, &r->bridges) {
        bridge_commit(node->data);
    }
    sets_end_round(r->sets);
    for (size_t i = 0; i < n; i++) {
        ports[i]->mark = ports[i]->bridge->mark;
        if (bridge_is_committed(ports[i]->bridge, ports[i]->mark)) {
            r->progress = UINT64_MAX;
        }
    }
    free(ports);
    free(names);
}
