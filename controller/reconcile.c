/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/reconcile.h"

#include <stdlib.h>
#include <string.h>

#include "controller/announce.h"
#include "controller/bridge.h"
#include "controller/filter-store.h"
#include "controller/given.h"
#include "controller/learning-rules.h"
#include "controller/learning.h"
#include "controller/port-change.h"
#include "controller/port.h"
#include "controller/programs.h"
#include "controller/punt.h"
#include "controller/purge.h"
#include "controller/reconcile-private.h"
#include "controller/rule-index.h"
#include "controller/samples.h"
#include "controller/sets.h"
#include "controller/status.h"
#include "controller/take-over.h"
#include "controller/zones.h"
#include "flows/program.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb/local.h"
#include "ovsdb/policy.h"
#include "sset.h"
#include "switch/switch.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(reconcile);

/* In Open_vSwitch:external_ids: flows that one program may have. */
#define MAX_FLOWS_KEY "nwfilter-max-flows"

/* Whether another port than 'name' of its network was given the address. */
static bool
is_given(const char *name, const struct in6_addr *addr, void *r_)
{
    const struct reconcile *r = r_;
    const struct port *port = shash_find_data(&r->ports, name);

    return port && given_to_other(r->given, port, addr);
}

struct reconcile *
reconcile_create(struct local_db *local, struct policy_db *policy,
                 const char *rundir)
{
    struct reconcile *r = xzalloc(sizeof *r);

    r->local = local;
    r->policy = policy;
    r->rundir = xstrdup(rundir);
    r->filters = filter_store_create();
    r->programs = programs_create();
    r->sets = sets_create();
    r->given = given_create();
    r->learning = learning_create(policy, is_given, r);
    r->learning_rules = learning_rules_create();
    r->zones = zones_create();
    r->purge = purge_create(rundir);
    shash_init(&r->bridges);
    shash_init(&r->punts);
    shash_init(&r->ports);
    sset_init(&r->dirty_bridges);
    sset_init(&r->dirty_ports);
    sset_init(&r->dirty_filters);
    sset_init(&r->dirty_sets);
    r->all_dirty = true;

    struct explain_scope scope = reconcile_scope(r, NULL);

    r->samples = samples_create(&scope, r->filters);
    return r;
}

void
reconcile_destroy(struct reconcile *r)
{
    struct shash_node *node;

    if (!r) {
        return;
    }
    SHASH_FOR_EACH (node, &r->ports) {
        port_destroy(node->data);
    }
    SHASH_FOR_EACH (node, &r->punts) {
        punt_destroy(node->data);
    }
    SHASH_FOR_EACH (node, &r->bridges) {
        bridge_destroy(node->data);
    }
    shash_destroy(&r->ports);
    shash_destroy(&r->punts);
    shash_destroy(&r->bridges);
    sset_destroy(&r->dirty_bridges);
    sset_destroy(&r->dirty_ports);
    sset_destroy(&r->dirty_filters);
    sset_destroy(&r->dirty_sets);
    programs_destroy(r->programs);
    learning_destroy(r->learning);
    given_destroy(r->given);
    learning_rules_destroy(r->learning_rules);
    sets_destroy(r->sets);
    filter_store_destroy(r->filters);
    zones_destroy(r->zones);
    purge_destroy(r->purge);
    samples_destroy(r->samples);
    free(r->rundir);
    free(r);
}

static void
add_all(struct sset *dst, const struct sset *src)
{
    const char *name;

    SSET_FOR_EACH (name, src) {
        sset_add(dst, name);
    }
}

bool
reconcile_lacks_bound(const struct reconcile *r, const char *port,
                      const char *host)
{
    const struct shash *interfaces = local_interfaces(r->local);
    struct shash_node *node;

    if (!local_is_ready(r->local) || shash_find(interfaces, port)
        || (host[0] && strcmp(host, policy_host_name(r->policy)))) {
        return false;
    }
    SHASH_FOR_EACH (node, interfaces) {
        const struct local_interface *iface = node->data;

        if (!strcmp(smap_get_def(&iface->external_ids, "iface-id", ""),
                    port)) {
            return false;
        }
    }
    return true;
}

/* A binding is found by the interface's name or by its iface-id. */
static void
note_bindings(struct reconcile *r, const struct sset *bindings)
{
    struct shash_node *node;

    if (sset_is_empty(bindings)) {
        return;
    }
    add_all(&r->dirty_ports, bindings);
    SHASH_FOR_EACH (node, local_interfaces(r->local)) {
        const struct local_interface *iface = node->data;
        const char *id = smap_get(&iface->external_ids, "iface-id");

        if (id && sset_contains(bindings, id)) {
            sset_add(&r->dirty_ports, iface->name);
        }
    }
}

void
reconcile_note(struct reconcile *r, const struct local_changes *local,
               const struct policy_changes *policy)
{
    r->all_dirty |= local->config;
    add_all(&r->dirty_bridges, &local->bridges);
    add_all(&r->dirty_ports, &local->interfaces);
    add_all(&r->dirty_filters, &policy->filters);
    add_all(&r->dirty_sets, &policy->sets);
    note_bindings(r, &policy->bindings);
    learning_note(r->learning, &policy->leases);
}

/* Bridges. */

static bool
is_managed(const struct reconcile *r, const char *name)
{
    const char *list = smap_get_def(local_config(r->local), "nwfilter-bridge",
                                    "br-int");
    struct sset names = SSET_INITIALIZER(&names);

    sset_from_delimited_string(&names, list, ", ");

    bool managed = sset_contains(&names, name);

    sset_destroy(&names);
    return managed;
}

/* The switch's flows stay: without them, ports that were filtered would be
 * open, or nothing would pass at all. */
static void
remove_bridge(struct reconcile *r, struct shash_node *bridge_node)
{
    struct bridge *bridge = bridge_node->data;
    struct shash_node *node;

    VLOG_INFO("bridge %s: no longer managed; its flows stay as they are",
              bridge->name);
    SHASH_FOR_EACH_SAFE (node, &r->ports) {
        struct port *port = node->data;

        if (port->bridge == bridge) {
            zones_release(r->zones, port->zone);
            shash_delete(&r->ports, node);
            given_forget(r->given, port);
            port_destroy(port);
        }
    }
    punt_destroy(shash_find_and_delete(&r->punts, bridge->name));
    shash_delete(&r->bridges, bridge_node);
    switch_forget_names(bridge->session);
    bridge_destroy(bridge);
}

/* All bonds, or with 'bridge' those that are in it. */
static void
add_bonds(struct reconcile *r, const char *bridge)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, local_bonds(r->local)) {
        const struct local_interface *bond = node->data;

        if (!bridge || !strcmp(bond->bridge, bridge)) {
            sset_add(&r->dirty_ports, bond->name);
        }
    }
}

static void
add_bridge(struct reconcile *r, const struct local_bridge *lb)
{
    struct bridge *bridge = bridge_create(lb, local_config(r->local),
                                          r->rundir, r->purge, r->sets);

    VLOG_INFO("bridge %s: managed", lb->name);
    shash_add(&r->bridges, lb->name, bridge);
    shash_add(&r->punts, lb->name,
              punt_create(bridge, r->samples, r->learning));
    add_all(&r->dirty_ports, &lb->interfaces);
    add_bonds(r, lb->name);
}

static void
update_bridge(struct reconcile *r, const char *name)
{
    const struct local_bridge *lb = local_bridge(r->local, name);
    struct shash_node *node = shash_find(&r->bridges, name);

    if (!lb || !is_managed(r, name)) {
        if (node) {
            remove_bridge(r, node);
        }
    } else if (node) {
        bridge_configure(node->data, lb, local_config(r->local));
    } else {
        add_bridge(r, lb);
    }
}

static void
update_bridges(struct reconcile *r)
{
    struct shash_node *node;
    const char *name;

    if (r->all_dirty) {
        programs_set_max_flows(r->programs,
                               smap_get_ullong(local_config(r->local),
                                               MAX_FLOWS_KEY,
                                               PROGRAM_MAX_FLOWS_DEFAULT));
        samples_configure(r->samples, local_config(r->local));
        SHASH_FOR_EACH (node, local_bridges(r->local)) {
            sset_add(&r->dirty_bridges, node->name);
        }
        SHASH_FOR_EACH (node, &r->bridges) {
            sset_add(&r->dirty_bridges, node->name);
        }
        SHASH_FOR_EACH (node, local_interfaces(r->local)) {
            sset_add(&r->dirty_ports, node->name);
        }
        add_bonds(r, NULL);
    }
    SSET_FOR_EACH (name, &r->dirty_bridges) {
        update_bridge(r, name);
    }
}

/* Filters. */

static bool
depends_on(const struct port *port, const struct sset *filters)
{
    const char *name;

    if (port->entry && port->entry->retired) {
        return true;
    }
    SSET_FOR_EACH (name, filters) {
        if (sset_contains(&port->plan.depends, name)) {
            return true;
        }
    }
    return false;
}

static void
update_filters(struct reconcile *r)
{
    struct shash_node *node;
    const char *name;

    if (sset_is_empty(&r->dirty_filters)) {
        return;
    }
    SSET_FOR_EACH (name, &r->dirty_filters) {
        filter_store_put(r->filters, name, policy_filter(r->policy, name));
    }
    rule_index_prune_sums(&r->bridges, r->filters);
    programs_retire(r->programs, &r->dirty_filters);
    SHASH_FOR_EACH (node, &r->ports) {
        struct port *port = node->data;

        if (depends_on(port, &r->dirty_filters)) {
            port_change_note_filters(port, &r->dirty_filters);
            port->only_filters = !sset_contains(&r->dirty_ports, node->name);
            sset_add(&r->dirty_ports, node->name);
        }
    }
}

/* Address sets. */

/* A set that can be used now, or can not any more, concerns the ports that
 * want it; one with other members only concerns the bridges. */
static void
update_sets(struct reconcile *r)
{
    struct shash_node *node;
    const char *name;

    SSET_FOR_EACH (name, &r->dirty_sets) {
        if (!sets_put(r->sets, name, policy_set(r->policy, name))) {
            continue;
        }
        SHASH_FOR_EACH (node, &r->ports) {
            const struct port *port = node->data;

            if (sset_contains(&port->plan.sets, name)) {
                sset_add(&r->dirty_ports, node->name);
            }
        }
    }
}

/* Rounds. */

static bool
round_is_due(const struct reconcile *r)
{
    return r->all_dirty || !sset_is_empty(&r->dirty_bridges)
           || !sset_is_empty(&r->dirty_ports)
           || !sset_is_empty(&r->dirty_filters)
           || !sset_is_empty(&r->dirty_sets);
}

static void
do_round(struct reconcile *r)
{
    update_bridges(r);
    update_filters(r);
    update_sets(r);
    reconcile_update_ports(r);
    learning_retry(r->learning);
    r->all_dirty = false;
    sset_clear(&r->dirty_bridges);
    sset_clear(&r->dirty_ports);
    sset_clear(&r->dirty_filters);
    sset_clear(&r->dirty_sets);
    r->started = true;
}

static bool
may_take_over(const struct bridge *bridge)
{
    return !bridge->taken_over && switch_knows_flows(bridge->session);
}

/* Returns true if there is something to do for ports. */
static bool
take_over_bridges(struct reconcile *r)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &r->bridges) {
        struct bridge *bridge = node->data;

        if (may_take_over(bridge)) {
            struct port_context ctx = reconcile_port_context(r);

            take_over(bridge, &r->ports, &ctx, r->zones, &r->dirty_ports);
            bridge->taken_over = true;
        }
    }
    return !sset_is_empty(&r->dirty_ports);
}

/* Ports wait for a bridge's marks, for its session, or find out that a switch
 * is lost: nothing of that, and a look at all of them is spared. */
static bool
ports_may_be_due(struct reconcile *r)
{
    uint64_t progress = 0;
    struct shash_node *node;
    bool lost = false;

    SHASH_FOR_EACH (node, &r->bridges) {
        const struct bridge *bridge = node->data;
        struct switch_stats stats;

        switch_get_stats(bridge->session, &stats);
        progress += bridge->settled_mark + switch_acked(bridge->session)
                    + stats.connects;
        lost |= bridge_is_lost(bridge);
    }

    bool due = lost || progress != r->progress;

    r->progress = progress;
    return due;
}

static void
run_bridge(struct reconcile *r, struct bridge *bridge)
{
    struct punt *punt = shash_find_data(&r->punts, bridge->name);

    if (bridge->taken_over) {
        switch_set_ready(bridge->session);
    }
    punt_mark(punt);
    bridge_run(bridge);
    punt_run(punt);
    bridge_take_numbers(bridge, r->local, &r->dirty_ports);

    struct explain_scope scope = reconcile_scope(r, bridge);

    if (status_take_errors(bridge, &scope)
        | status_end_refusals(bridge, &r->ports)) {
        r->progress = UINT64_MAX;
    }
}

void
reconcile_run(struct reconcile *r)
{
    struct shash_node *node;

    if (!local_is_ready(r->local) || !policy_is_ready(r->policy)) {
        return;
    }
    learning_run(r->learning, &r->dirty_ports);
    if (round_is_due(r)) {
        do_round(r);
    }
    if (take_over_bridges(r)) {
        do_round(r);
    }
    purge_run(r->purge);
    SHASH_FOR_EACH (node, &r->bridges) {
        run_bridge(r, node->data);
    }
    if (ports_may_be_due(r)) {
        SHASH_FOR_EACH (node, &r->bridges) {
            status_write(r->local, node->data);
            announce_run(node->data, &r->ports);
        }
    }
}

void
reconcile_wait(struct reconcile *r)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &r->bridges) {
        bridge_wait(node->data);
        if (r->started && may_take_over(node->data)) {
            poll_immediate_wake();
        }
    }
    SHASH_FOR_EACH (node, &r->punts) {
        punt_wait(node->data);
    }
    purge_wait(r->purge);
    learning_wait(r->learning);
    if (local_is_ready(r->local) && policy_is_ready(r->policy)
        && round_is_due(r)) {
        poll_immediate_wake();
    }
}

bool
reconcile_is_settled(const struct reconcile *r)
{
    struct shash_node *node;

    if (!r->started || round_is_due(r) || !local_is_flushed(r->local)) {
        return false;
    }
    SHASH_FOR_EACH (node, &r->bridges) {
        const struct bridge *bridge = node->data;

        if (!bridge_is_settled(bridge) || !ovs_list_is_empty(&bridge->due)) {
            return false;
        }
    }
    return true;
}

const struct shash *
reconcile_ports(const struct reconcile *r)
{
    return &r->ports;
}

const struct shash *
reconcile_bridges(const struct reconcile *r)
{
    return &r->bridges;
}

const struct punt_stats *
reconcile_punt_stats(const struct reconcile *r, const struct bridge *bridge)
{
    return punt_get_stats(shash_find_data(&r->punts, bridge->name));
}

const struct filter_store *
reconcile_filters(const struct reconcile *r)
{
    return r->filters;
}

const struct sets *
reconcile_sets(const struct reconcile *r)
{
    return r->sets;
}

struct learning *
reconcile_learning(const struct reconcile *r)
{
    return r->learning;
}

struct learning_rules *
reconcile_learning_rules(const struct reconcile *r)
{
    return r->learning_rules;
}

const struct programs *
reconcile_programs(const struct reconcile *r)
{
    return r->programs;
}

const struct drops *
reconcile_drops(const struct reconcile *r)
{
    return samples_drops(r->samples);
}

struct explain_scope
reconcile_scope(const struct reconcile *r, const struct bridge *bridge)
{
    return (struct explain_scope){
        .ports = &r->ports,
        .programs = r->programs,
        .sets = r->sets,
        .bridge = bridge,
    };
}

void
reconcile_configure_port(struct reconcile *r, const char *port,
                         const char *key, const char *value)
{
    local_configure_interface(r->local, port, key, value);
}
