/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "views/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "controller/bridge.h"
#include "controller/drops.h"
#include "controller/port.h"
#include "controller/programs.h"
#include "controller/punt.h"
#include "controller/reconcile.h"
#include "controller/sets.h"
#include "flows/flow-table.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/version.h"
#include "ovsdb/local.h"
#include "ovsdb/policy.h"
#include "simap.h"
#include "sset.h"
#include "switch/switch.h"
#include "util.h"
#include "views/exposition.h"
#include "views/process-metrics.h"

#define PREFIX "ovs_nwfilter_"

static const char local_name[] = "Open_vSwitch";
static const char policy_name[] = "OVS_NWFilter";

/* The program. */

static void
put_gauge(struct ds *s, const char *name, const char *help, uint64_t value)
{
    exposition_family(s, name, EXPOSITION_GAUGE, help);
    exposition_sample(s, name, value, NULL);
}

static void
put_build(const struct metrics_sources *m, struct ds *s)
{
    const char *name = PREFIX "build_info";

    exposition_family(s, name, EXPOSITION_GAUGE,
                      "The version, and those of its libraries; always 1.");
    exposition_sample(s, name, 1, "version", PACKAGE_VERSION, "openvswitch",
                      OVS_PACKAGE_VERSION, "libevent", m->libevent_version,
                      NULL);
}

/* Databases. */

static void
put_databases(const struct metrics_sources *m, struct ds *s)
{
    const char *name = PREFIX "database_connected";

    exposition_family(s, name, EXPOSITION_GAUGE,
                      "1 while there is a session with the database.");
    exposition_sample(s, name, local_is_connected(m->local), "database",
                      local_name, NULL);
    exposition_sample(s, name, policy_is_connected(m->policy), "database",
                      policy_name, NULL);

    name = PREFIX "database_ready";
    exposition_family(s, name, EXPOSITION_GAUGE,
                      "1 once the database has been read; stays 1 while the "
                      "connection is down.");
    exposition_sample(s, name, local_is_ready(m->local), "database",
                      local_name, NULL);
    exposition_sample(s, name, policy_is_ready(m->policy), "database",
                      policy_name, NULL);
}

/* The policy. */

static void
put_policy(const struct metrics_sources *m, struct ds *s)
{
    const struct programs *programs = reconcile_programs(m->reconcile);
    struct sset sets = SSET_INITIALIZER(&sets);
    const char *name;

    put_gauge(s, PREFIX "settled",
              "1 if all that the databases say is in the switches, and every "
              "port's status is written.",
              reconcile_is_settled(m->reconcile));
    put_gauge(s, PREFIX "filters", "Filters in the policy database.",
              shash_count(policy_filters(m->policy)));
    sets_names(reconcile_sets(m->reconcile), &sets);
    put_gauge(s, PREFIX "address_sets", "Address sets that can be used.",
              sset_count(&sets));
    sset_destroy(&sets);
    put_gauge(s, PREFIX "leases",
              "Guests of this host whose addresses are kept.",
              shash_count(policy_all_leases(m->policy)));
    put_gauge(s, PREFIX "programs",
              "Compiled filters that ports have, each with the parameters "
              "that make a difference.",
              ovs_list_size(programs_list(programs)));

    name = PREFIX "compile_duration_seconds";
    exposition_family(s, name, EXPOSITION_HISTOGRAM,
                      "How long it took to compile a filter.");
    exposition_histogram(s, name, programs_compile_times(programs), NULL);
}

/* Ports. */

/* The first word of the port's nwfilter-status; of one without, or whose flows
 * are on their way, what `nwfctl ports' says. */
static void
count_port(const struct port *port, struct simap *counts)
{
    char *status = port_status_text(port);

    if (port->status_due && !port->plan.error) {
        simap_increase(counts, "pending", 1);
    } else if (status) {
        status[strcspn(status, ":")] = '\0';
        simap_increase(counts, status, 1);
    } else {
        simap_increase(counts, port_state_name(port->state), 1);
    }
    free(status);
}

static void
put_ports_of(const struct bridge *bridge, const struct shash *ports,
             struct ds *s)
{
    static const char *const usual[] = {
        "installed", "learning", "error",  "pending",
        "filtered",  "open",     "closed",
    };
    struct simap counts = SIMAP_INITIALIZER(&counts);
    const struct shash_node *port;
    const struct simap_node *node;

    for (size_t i = 0; i < ARRAY_SIZE(usual); i++) {
        simap_put(&counts, usual[i], 0);
    }
    SHASH_FOR_EACH (port, ports) {
        if (((const struct port *) port->data)->bridge == bridge) {
            count_port(port->data, &counts);
        }
    }
    SIMAP_FOR_EACH (node, &counts) {
        exposition_sample(s, PREFIX "ports", node->data, "bridge",
                          bridge->name, "status", node->name, NULL);
    }
    simap_destroy(&counts);
}

static void
put_ports(const struct reconcile *r, struct ds *s)
{
    const struct shash_node *node;

    exposition_family(
        s, PREFIX "ports", EXPOSITION_GAUGE,
        "Ports by nwfilter-status; filtered, open and closed are "
        "those that name no filter.");
    SHASH_FOR_EACH (node, reconcile_bridges(r)) {
        put_ports_of(node->data, reconcile_ports(r), s);
    }
}

/* Bridges: what all of them have one number of. */

struct bridge_figures {
    const struct bridge *bridge;
    struct switch_stats session;
};

static uint64_t
get_connected(const struct bridge_figures *f)
{
    return switch_is_connected(f->bridge->session);
}

static uint64_t
get_settled(const struct bridge_figures *f)
{
    return bridge_is_settled(f->bridge);
}

static uint64_t
get_desired(const struct bridge_figures *f)
{
    return flow_table_count(f->bridge->desired);
}

static uint64_t
get_installed(const struct bridge_figures *f)
{
    return flow_table_count_installed(f->bridge->desired);
}

static uint64_t
get_connects(const struct bridge_figures *f)
{
    return f->session.connects;
}

static uint64_t
get_flow_mods(const struct bridge_figures *f)
{
    return f->session.flow_mods;
}

static uint64_t
get_errors(const struct bridge_figures *f)
{
    return f->session.errors;
}

static uint64_t
get_foreign_changes(const struct bridge_figures *f)
{
    return f->session.foreign_changes;
}

static uint64_t
get_refusals(const struct bridge_figures *f)
{
    return shash_count(&f->bridge->refused);
}

static const struct bridge_metric {
    const char *name, *help;
    enum exposition_type type;
    uint64_t (*get)(const struct bridge_figures *);
} bridge_metrics[] = {
    { PREFIX "openflow_connected", "1 while the bridge is connected.",
      EXPOSITION_GAUGE, get_connected },
    { PREFIX "bridge_settled",
      "1 if the bridge is connected and has all that is desired.",
      EXPOSITION_GAUGE, get_settled },
    { PREFIX "flows_desired", "Flows that should be in the bridge.",
      EXPOSITION_GAUGE, get_desired },
    { PREFIX "flows_installed", "Flows that are known to be in the bridge.",
      EXPOSITION_GAUGE, get_installed },
    { PREFIX "flows_refused",
      "Ports, programs and other owners of flows that the bridge refuses.",
      EXPOSITION_GAUGE, get_refusals },
    { PREFIX "openflow_connects_total", "Connections made with the bridge.",
      EXPOSITION_COUNTER, get_connects },
    { PREFIX "flow_mods_total", "Changes of flows that were sent.",
      EXPOSITION_COUNTER, get_flow_mods },
    { PREFIX "openflow_errors_total", "Errors that the bridge answered with.",
      EXPOSITION_COUNTER, get_errors },
    { PREFIX "foreign_changes_total",
      "Changes of the daemon's flows by somebody else, all undone.",
      EXPOSITION_COUNTER, get_foreign_changes },
};

static void
put_bridge_metrics(const struct reconcile *r, struct ds *s)
{
    for (size_t i = 0; i < ARRAY_SIZE(bridge_metrics); i++) {
        const struct bridge_metric *m = &bridge_metrics[i];
        const struct shash_node *node;

        exposition_family(s, m->name, m->type, m->help);
        SHASH_FOR_EACH (node, reconcile_bridges(r)) {
            struct bridge_figures f = { .bridge = node->data };

            switch_get_stats(f.bridge->session, &f.session);
            exposition_sample(s, m->name, m->get(&f), "bridge", node->name,
                              NULL);
        }
    }
}

/* Bridges: the rest. */

static void
put_bundles(const struct reconcile *r OVS_UNUSED, const struct bridge *bridge,
            struct ds *s)
{
    const char *name = PREFIX "bundles_total";
    struct switch_stats stats;

    switch_get_stats(bridge->session, &stats);
    exposition_sample(s, name, stats.bundles - stats.refused, "bridge",
                      bridge->name, "result", "committed", NULL);
    exposition_sample(s, name, stats.refused, "bridge", bridge->name, "result",
                      "refused", NULL);
}

static void
put_barriers(const struct reconcile *r OVS_UNUSED, const struct bridge *bridge,
             struct ds *s)
{
    struct switch_stats stats;

    switch_get_stats(bridge->session, &stats);
    exposition_histogram(s, PREFIX "barrier_latency_seconds", &stats.barriers,
                         "bridge", bridge->name, NULL);
}

static void
put_packet_ins(const struct reconcile *r, const struct bridge *bridge,
               struct ds *s)
{
    const struct punt_stats *stats = reconcile_punt_stats(r, bridge);

    for (enum punt_kind kind = 0; kind < PUNT_N_KINDS; kind++) {
        exposition_sample(s, PREFIX "packet_ins_total", stats->kinds[kind],
                          "bridge", bridge->name, "purpose",
                          punt_kind_to_string(kind), NULL);
    }
}

static void
put_packet_in_drops(const struct reconcile *r, const struct bridge *bridge,
                    struct ds *s)
{
    const char *name = PREFIX "packet_ins_dropped_total";
    const struct punt_stats *stats = reconcile_punt_stats(r, bridge);

    exposition_sample(s, name, stats->limited, "bridge", bridge->name,
                      "reason", "rate", NULL);
    exposition_sample(s, name, stats->lost, "bridge", bridge->name, "reason",
                      "queue", NULL);
}

static void
put_family(const struct reconcile *r, struct ds *s, const char *name,
           enum exposition_type type, const char *help,
           void (*put)(const struct reconcile *, const struct bridge *,
                       struct ds *))
{
    const struct shash_node *node;

    exposition_family(s, name, type, help);
    SHASH_FOR_EACH (node, reconcile_bridges(r)) {
        put(r, node->data, s);
    }
}

void
metrics_put(const struct metrics_sources *m, struct ds *s)
{
    const struct reconcile *r = m->reconcile;

    put_build(m, s);
    put_databases(m, s);
    put_policy(m, s);
    put_ports(r, s);
    put_bridge_metrics(r, s);
    put_family(r, s, PREFIX "bundles_total", EXPOSITION_COUNTER,
               "Sets of changes that the bridge took, or refused as a whole.",
               put_bundles);
    put_family(r, s, PREFIX "barrier_latency_seconds", EXPOSITION_HISTOGRAM,
               "From the first message of a set of changes to the answer to "
               "its barrier.",
               put_barriers);
    put_family(r, s, PREFIX "packet_ins_total", EXPOSITION_COUNTER,
               "Packets that the bridge showed the daemon.", put_packet_ins);
    put_family(r, s, PREFIX "packet_ins_dropped_total", EXPOSITION_COUNTER,
               "Packets shown to the daemon that it did not answer: above "
               "the rate, or the bridge was too slow to take the answer.",
               put_packet_in_drops);
    exposition_family(s, PREFIX "drop_samples_total", EXPOSITION_COUNTER,
                      "Dropped and rejected packets of which the bridges "
                      "sent samples; meters limit these.");
    exposition_sample(s, PREFIX "drop_samples_total",
                      drops_number(reconcile_drops(r)), NULL);
    process_metrics_put(s);
}

/* Health. */

static const char *
session_problem(bool connected, bool ready)
{
    return (!connected ? "no connection with"
            : !ready   ? "waiting for the content of"
                       : NULL);
}

bool
metrics_is_healthy(const struct metrics_sources *m, struct ds *s)
{
    const char *problem = session_problem(local_is_connected(m->local),
                                          local_is_ready(m->local));
    const struct shash_node *node;

    if (problem) {
        ds_put_format(s, "%s database %s\n", problem, local_name);
        return false;
    }
    problem = session_problem(policy_is_connected(m->policy),
                              policy_is_ready(m->policy));
    if (problem) {
        ds_put_format(s, "%s database %s\n", problem, policy_name);
        return false;
    }
    SHASH_FOR_EACH (node, reconcile_bridges(m->reconcile)) {
        const struct bridge *bridge = node->data;

        problem = session_problem(switch_is_connected(bridge->session),
                                  switch_knows_flows(bridge->session));
        if (problem) {
            ds_put_format(s, "%s bridge %s\n", problem, node->name);
            return false;
        }
    }
    return true;
}
