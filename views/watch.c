/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "views/watch.h"

#include <stdlib.h>
#include <string.h>

#include "controller/bridge.h"
#include "controller/explain.h"
#include "controller/port.h"
#include "controller/programs.h"
#include "controller/reconcile.h"
#include "flows/flow.h"
#include "flows/pipeline.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/shash.h"
#include "switch/survey.h"
#include "unixctl.h"
#include "util.h"
#include "views/inquiry.h"
#include "views/reply.h"
#include "views/text-table.h"

/* One command that waits for the switch. */
struct request {
    struct unixctl_conn *conn;
    const struct reconcile *reconcile;
    char *port;
};

/* Counters. */

struct count {
    uint64_t cookie;
    const char *direction;
    const char *end; /* What has ended without a rule, or NULL. */
    uint64_t packets, bytes;
};

struct counts {
    struct count *rows;
    size_t n, allocated;
};

/* Where the rules of a direction and layer have come to their end, if the flow
 * says so: they accept there. */
static const char *
find_end(const struct of_flow *flow)
{
    static const struct {
        uint8_t table;
        const char *text;
    } ends[] = {
        { PL_T_OUT_CT, "accept: end of the layer 2 rules" },
        { PL_T_OUT_DONE, "accept: end of the IP rules" },
        { PL_T_IN_L2_ENTRY, "accept: end of the IP rules" },
        { PL_T_IN_DONE, "accept: end of the layer 2 rules" },
    };
    const struct ofpact *a;

    if (flow->priority != 1) {
        return NULL;
    }
    OFPACT_FOR_EACH (a, flow->ofpacts, flow->ofpacts_len) {
        for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
            if (a->type == OFPACT_RESUBMIT
                && ofpact_get_RESUBMIT(a)->table_id == ends[i].table) {
                return ends[i].text;
            }
        }
    }
    return NULL;
}

static struct count *
get_count(struct counts *counts, const struct count *key)
{
    for (size_t i = 0; i < counts->n; i++) {
        struct count *row = &counts->rows[i];

        if (row->cookie == key->cookie && row->direction == key->direction
            && row->end == key->end) {
            return row;
        }
    }
    if (counts->n >= counts->allocated) {
        counts->rows = x2nrealloc(counts->rows, &counts->allocated,
                                  sizeof *counts->rows);
    }
    counts->rows[counts->n] = *key;
    return &counts->rows[counts->n++];
}

/* Adds what the flow has counted, if it decides something. */
static void
add_flow(struct counts *counts, const struct survey_flow *sf)
{
    static const char *const directions[] = { "out", "in" };
    const struct of_flow *flow = sf->flow;
    bool rule = of_cookie_kind(flow->cookie) == PL_K_RULE;
    struct count key = {
        .cookie = flow->cookie,
        .direction = directions[flow->table >= PL_T_IN_ENTRY],
        .end = rule ? NULL : find_end(flow),
    };

    if (rule || key.end) {
        struct count *count = get_count(counts, &key);

        count->packets += sf->packets;
        count->bytes += sf->bytes;
    }
}

static void
put_count(struct text_table *table, const struct count *count,
          const struct explain_scope *scope)
{
    struct ds rule = DS_EMPTY_INITIALIZER;

    if (count->end) {
        ds_put_cstr(&rule, count->end);
    } else {
        explain_cookie(scope, count->cookie, &rule);
    }
    text_table_add(table, count->direction);
    text_table_addf(table, "%" PRIu64, count->packets);
    text_table_addf(table, "%" PRIu64, count->bytes);
    text_table_add(table, ds_cstr(&rule));
    ds_destroy(&rule);
}

static void
format_counts(const struct survey *survey, uint32_t program,
              const struct explain_scope *scope, struct ds *s)
{
    static const char *const headings[] = {
        "Direction",
        "Packets",
        "Bytes",
        "Rule",
    };
    const struct survey_flow **flows;
    size_t n = survey_sorted(survey, &flows);
    struct counts counts = { .n = 0 };
    struct text_table table;

    for (size_t i = 0; i < n; i++) {
        if (explain_program(flows[i]->flow) == program) {
            add_flow(&counts, flows[i]);
        }
    }
    text_table_init(&table, ARRAY_SIZE(headings));
    for (size_t i = 0; i < ARRAY_SIZE(headings); i++) {
        text_table_add(&table, headings[i]);
    }
    for (size_t i = 0; i < counts.n; i++) {
        put_count(&table, &counts.rows[i], scope);
    }
    text_table_format(&table, s);
    text_table_uninit(&table);
    free(counts.rows);
    free(flows);
}

/* Commands. */

static bool
is_watched(const struct port *port)
{
    return port->entry && port->entry->own_port;
}

/* Why a port has no counters of its own. */
static char *
explain_unwatched(const struct port *port)
{
    if (port->plan.policy.watched) {
        return (port->state != PORT_FILTERED
                    ? xasprintf("port '%s' has no filter in force", port->name)
                    : xasprintf("port '%s' keeps rules that it shares: %s",
                                port->name,
                                port->plan.error ? port->plan.error
                                                 : "not yet moved"));
    }
    return xasprintf("port '%s' is not watched: nwfctl watch %s on",
                     port->name, port->name);
}

static void
list_watched(struct unixctl_conn *conn, const struct reconcile *r)
{
    const struct shash_node **nodes = shash_sort(reconcile_ports(r));
    size_t n = shash_count(reconcile_ports(r));
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < n; i++) {
        const struct port *port = nodes[i]->data;

        if (port->plan.policy.watched) {
            ds_put_format(&s, "%s%s\n", port->name,
                          is_watched(port) ? "" : " (not yet)");
        }
    }
    unixctl_command_reply(conn, ds_cstr(&s));
    ds_destroy(&s);
    free(nodes);
}

static void
answered(void *request_, const struct inquiry *inquiry, const char *error)
{
    struct request *request = request_;
    const struct port *port = error ? NULL
                                    : shash_find_data(reconcile_ports(
                                                          request->reconcile),
                                                      request->port);
    const struct survey *survey = port ? inquiry_survey(inquiry,
                                                        port->bridge->name)
                                       : NULL;

    if (error) {
        unixctl_command_reply_error(request->conn, error);
    } else if (!survey || !is_watched(port)) {
        reply_error(request->conn,
                    xasprintf("port '%s' has gone meanwhile", request->port));
    } else {
        struct explain_scope scope = reconcile_scope(request->reconcile,
                                                     port->bridge);
        struct ds s = DS_EMPTY_INITIALIZER;

        format_counts(survey, port->entry->id, &scope, &s);
        unixctl_command_reply(request->conn, ds_cstr(&s));
        ds_destroy(&s);
    }
    free(request->port);
    free(request);
}

static void
show_counts(struct unixctl_conn *conn, const struct reconcile *r,
            const struct port *port)
{
    struct request *request;

    if (!is_watched(port)) {
        reply_error(conn, explain_unwatched(port));
        return;
    }
    request = xmalloc(sizeof *request);
    request->conn = conn;
    request->reconcile = r;
    request->port = xstrdup(port->name);
    inquiry_start(reconcile_bridges(r), port->bridge, INQUIRY_ALL, answered,
                  request);
}

/* Returns false if the word is neither. */
static bool
parse_switch(const char *word, bool *onp)
{
    *onp = !strcmp(word, "on");
    return *onp || !strcmp(word, "off");
}

static void
run(struct unixctl_conn *conn, int argc, const char *argv[], void *reconcile)
{
    const struct port *port;
    bool on;

    if (argc == 1) {
        list_watched(conn, reconcile);
        return;
    }
    port = reply_find_port(conn, reconcile, argv[1]);
    if (!port) {
        return;
    } else if (argc == 2) {
        show_counts(conn, reconcile, port);
    } else if (!parse_switch(argv[2], &on)) {
        reply_error(conn, xasprintf("'%s' is neither on nor off", argv[2]));
    } else {
        reconcile_configure_port(reconcile, port->name, WATCH_KEY,
                                 on ? "true" : NULL);
        unixctl_command_reply(conn, NULL);
    }
}

void
watch_register(struct reconcile *reconcile)
{
    unixctl_command_register("nwfilter/watch", "[PORT [on|off]]", 0, 2, run,
                             reconcile);
}
