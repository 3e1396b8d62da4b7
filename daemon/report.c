/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "daemon/report.h"

#include <inttypes.h>

#include "controller/bridge.h"
#include "controller/learning.h"
#include "controller/programs.h"
#include "controller/punt.h"
#include "controller/reconcile.h"
#include "controller/sets.h"
#include "daemon/http.h"
#include "flows/flow-table.h"
#include "flows/program.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "ovsdb/local.h"
#include "ovsdb/policy.h"
#include "simap.h"
#include "sset.h"
#include "switch/switch.h"
#include "util.h"
#include "views/metrics.h"

static void
put_punts(const struct punt_stats *stats, struct ds *s)
{
    ds_put_format(s,
                  "  packets from the switch %" PRIu64 ": foreign %" PRIu64
                  ", above the rate %" PRIu64 ", ARP headers %" PRIu64
                  ", IPv6 headers %" PRIu64 ", BPDUs %" PRIu64
                  ", samples of drops %" PRIu64 ", lost %" PRIu64 "\n",
                  stats->received, stats->kinds[PUNT_NONE], stats->limited,
                  stats->kinds[PUNT_ARP], stats->kinds[PUNT_IPV6],
                  stats->kinds[PUNT_BPDU], stats->kinds[PUNT_DROP],
                  stats->lost);
    for (size_t i = 0; i < REJECT_N_RESULTS; i++) {
        if (stats->rejected[i]) {
            ds_put_format(s, "  rejected %" PRIu64 ": %s\n",
                          stats->rejected[i], reject_result_to_string(i));
        }
    }
}

static void
put_bridge(const struct reconcile *r, const struct bridge *bridge,
           struct ds *s)
{
    struct switch_stats stats;

    switch_get_stats(bridge->session, &stats);
    ds_put_format(s,
                  "bridge %s: %s, %s, flows %" PRIuSIZE ", programs %" PRIuSIZE
                  ", connects %" PRIu64 ", bundles %" PRIu64
                  ", flow_mods %" PRIu64 ", errors %" PRIu64 "\n",
                  bridge->name,
                  (switch_is_connected(bridge->session) ? "connected"
                                                        : "not connected"),
                  (bridge_is_acked(bridge, bridge->mark) ? "up to date"
                                                         : "changes pending"),
                  flow_table_count(bridge->desired),
                  shash_count(&bridge->programs), stats.connects,
                  stats.bundles, stats.flow_mods, stats.errors);
    put_punts(reconcile_punt_stats(r, bridge), s);
}

static const char *
session_state(bool connected, bool ready)
{
    return (connected ? (ready ? "connected" : "connected, not read yet")
            : ready   ? "not connected"
                      : "not connected, never read");
}

void
report_status(const struct metrics_sources *m, const struct http *http,
              struct ds *s)
{
    const struct shash_node *node;

    ds_put_format(s, "database Open_vSwitch: %s\n",
                  session_state(local_is_connected(m->local),
                                local_is_ready(m->local)));
    ds_put_format(s, "database OVS_NWFilter: %s\n",
                  session_state(policy_is_connected(m->policy),
                                policy_is_ready(m->policy)));
    SHASH_FOR_EACH (node, reconcile_bridges(m->reconcile)) {
        put_bridge(m->reconcile, node->data, s);
    }
    learning_format_counters(reconcile_learning(m->reconcile), s);
    http_format_status(http, s);
}

/* Memory. */

static void
count_programs(const struct programs *programs, struct simap *usage)
{
    const struct program_entry *entry;

    LIST_FOR_EACH (entry, node, programs_list(programs)) {
        const struct predicate *predicates;

        simap_increase(usage, "programs", 1);
        if (entry->program) {
            simap_increase(usage, "predicates",
                           program_predicates(entry->program, &predicates));
        }
    }
}

static void
count_flows(const struct shash *bridges, struct simap *usage)
{
    const struct shash_node *node;

    SHASH_FOR_EACH (node, bridges) {
        const struct bridge *bridge = node->data;

        simap_increase(usage, "bridges", 1);
        simap_increase(usage, "flows", flow_table_count(bridge->desired));
    }
}

void
report_memory(const struct metrics_sources *m, struct simap *usage)
{
    struct sset sets = SSET_INITIALIZER(&sets);

    simap_put(usage, "interfaces", shash_count(local_interfaces(m->local)));
    simap_put(usage, "filters", shash_count(policy_filters(m->policy)));
    simap_put(usage, "leases", shash_count(policy_all_leases(m->policy)));
    simap_put(usage, "ports", shash_count(reconcile_ports(m->reconcile)));
    sets_names(reconcile_sets(m->reconcile), &sets);
    simap_put(usage, "sets", sset_count(&sets));
    sset_destroy(&sets);
    count_programs(reconcile_programs(m->reconcile), usage);
    count_flows(reconcile_bridges(m->reconcile), usage);
}
