/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "views/flow-list.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "controller/bridge.h"
#include "controller/explain.h"
#include "controller/port.h"
#include "controller/programs.h"
#include "controller/reconcile.h"
#include "flows/flow.h"
#include "flows/pipeline.h"
#include "flows/set-rows.h"
#include "openvswitch/dynamic-string.h"
#include "switch/survey.h"
#include "unixctl.h"
#include "util.h"
#include "views/inquiry.h"
#include "views/reply.h"

/* One command that waits for an answer. */
struct listing {
    struct unixctl_conn *conn;
    const struct reconcile *reconcile;
    char *port; /* NULL: all flows. */
    bool all;   /* Of the port: shared ones too. */
};

static bool
uses_set(const struct port *port, uint64_t cookie)
{
    const char *name;

    SSET_FOR_EACH (name, &port->plan.sets) {
        if (set_rows_cookie(name) == cookie) {
            return true;
        }
    }
    return false;
}

/* Whether the flow is there because of the port, or with 'all' because every
 * port needs it. */
static bool
concerns(const struct of_flow *flow, const struct port *port, bool all)
{
    uint64_t id = of_cookie_id(flow->cookie);
    uint64_t table = id >> 32;

    switch (of_cookie_kind(flow->cookie)) {
    case PL_K_PORT:
        if (table == PL_T_FLOOD || table == PL_T_FLOOD_CHUNK) {
            return all;
        }
        return (uint32_t) id == port->config.ofport;
    case PL_K_LEARNED:
        return (uint16_t) id == port->config.ofport;
    case PL_K_SET:
        return uses_set(port, flow->cookie);
    case PL_K_PIPELINE:
        return all;
    default:
        return port->entry && explain_program(flow) == port->entry->id;
    }
}

static void
put_flow(const struct survey_flow *sf, const struct explain_scope *scope,
         struct ds *s)
{
    ds_put_format(s,
                  "  duration=%" PRIu32 "s, n_packets=%" PRIu64
                  ", n_bytes=%" PRIu64 ", ",
                  sf->seconds, sf->packets, sf->bytes);
    of_flow_format(sf->flow, s);
    explain_flow(scope, sf->flow, "\n    # ", s);
    ds_put_char(s, '\n');
}

static void
put_bridge(const struct listing *listing, const struct bridge *bridge,
           const struct port *port, const struct survey *survey, struct ds *s)
{
    struct explain_scope scope = reconcile_scope(listing->reconcile, bridge);
    const struct survey_flow **flows;
    size_t n = survey_sorted(survey, &flows);
    int table = -1;

    scope.port = port;
    for (size_t i = 0; i < n; i++) {
        const struct of_flow *flow = flows[i]->flow;

        if (port && !concerns(flow, port, listing->all)) {
            continue;
        }
        if (flow->table != table) {
            char buf[32];
            const char *name = pipeline_table_name(flow->table, buf);

            table = flow->table;
            ds_put_format(s, "%s table %d, %s\n", bridge->name, table,
                          name ? name : "none of the pipeline's");
        }
        put_flow(flows[i], &scope, s);
    }
    free(flows);
}

static void
put_answer(const struct listing *listing, const struct inquiry *inquiry,
           const struct port *port, struct ds *s)
{
    const struct shash *bridges = reconcile_bridges(listing->reconcile);
    const struct shash_node **nodes = shash_sort(bridges);

    for (size_t i = 0; i < shash_count(bridges); i++) {
        const struct bridge *bridge = nodes[i]->data;
        const struct survey *survey = inquiry_survey(inquiry, bridge->name);

        if (survey && (!port || port->bridge == bridge)) {
            put_bridge(listing, bridge, port, survey, s);
        }
    }
    free(nodes);
}

static void
answered(void *listing_, const struct inquiry *inquiry, const char *error)
{
    struct listing *listing = listing_;
    const struct port *port = NULL;

    if (error) {
        unixctl_command_reply_error(listing->conn, error);
    } else if (!listing->port
               || (port = reply_find_port(listing->conn, listing->reconcile,
                                          listing->port))) {
        struct ds s = DS_EMPTY_INITIALIZER;

        put_answer(listing, inquiry, port, &s);
        if (port && !s.length) {
            ds_put_format(&s, "# none: port %s is %s%s%s\n", port->name,
                          port_state_name(port->state),
                          port->plan.error ? ", " : "",
                          port->plan.error ? port->plan.error : "");
        }
        unixctl_command_reply(listing->conn, ds_cstr(&s));
        ds_destroy(&s);
    }
    free(listing->port);
    free(listing);
}

static void
list_flows(struct unixctl_conn *conn, int argc, const char *argv[],
           void *reconcile)
{
    bool all = argc > 1 && !strcmp(argv[1], "--all");
    const char *port_name = argc > 1 + all ? argv[1 + all] : NULL;
    const struct port *port = NULL;
    struct listing *listing;

    if (argc > 2 && !all) {
        reply_error(conn, xasprintf("'%s' is no option: expected --all and "
                                    "a port, or one of them",
                                    argv[1]));
        return;
    }
    if (port_name && !(port = reply_find_port(conn, reconcile, port_name))) {
        return;
    }
    listing = xmalloc(sizeof *listing);
    *listing = (struct listing){
        .conn = conn,
        .reconcile = reconcile,
        .port = nullable_xstrdup(port_name),
        .all = all,
    };
    inquiry_start(reconcile_bridges(reconcile), port ? port->bridge : NULL,
                  INQUIRY_ALL, answered, listing);
}

void
flow_list_register(struct reconcile *reconcile)
{
    unixctl_command_register("nwfilter/flows", "[--all] [PORT]", 0, 2,
                             list_flows, reconcile);
}
