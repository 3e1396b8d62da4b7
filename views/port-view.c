/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "views/port-view.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "controller/bridge.h"
#include "controller/learning.h"
#include "controller/port.h"
#include "controller/programs.h"
#include "controller/reconcile.h"
#include "learning/learner.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"
#include "views/inquiry.h"
#include "views/port-counts.h"
#include "views/reply.h"
#include "views/text-table.h"

/* One command that waits for the switches. */
struct view {
    struct unixctl_conn *conn;
    const struct reconcile *reconcile;
    char *port;           /* NULL: all, in a table. */
    struct shash tallies; /* Contains "struct port_tally"s, by bridge. */
};

static void
make_tallies(struct view *view, const struct inquiry *inquiry)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, reconcile_bridges(view->reconcile)) {
        const struct survey *survey = inquiry_survey(inquiry, node->name);

        if (survey) {
            shash_add(&view->tallies, node->name, port_tally_create(survey));
        }
    }
}

/* What is known of the port's packets: false if its switch is away. */
static bool
get_counts(const struct view *view, const struct port *port,
           struct port_counts *counts)
{
    const struct port_tally *tally = shash_find_data(&view->tallies,
                                                     port->bridge->name);

    if (tally) {
        port_counts_get(port, tally, counts);
    }
    return tally != NULL;
}

/* The status, and addresses that the port can not have. */
static void
put_status(const struct view *view, const struct port *port, struct ds *s)
{
    struct ds conflicts = DS_EMPTY_INITIALIZER;
    char *status = port_status_text(port);

    ds_put_cstr(s, (port->status_due ? "pending"
                    : status         ? status
                                     : port_state_name(port->state)));
    learning_format_conflicts(reconcile_learning(view->reconcile), port->name,
                              &conflicts);
    if (conflicts.length) {
        ds_put_format(s, ", conflict: %s", ds_cstr(&conflicts));
    }
    ds_destroy(&conflicts);
    free(status);
}

static void
put_time(long long int when, struct ds *s)
{
    char *text = (when ? xastrftime_msec("%Y-%m-%d %H:%M:%S", when, false)
                       : xstrdup("-"));

    ds_put_cstr(s, text);
    free(text);
}

/* All ports. */

static void
put_values(struct ds *s, const struct nw_vars *vars, const char *name)
{
    const struct nw_var *var = nw_vars_find(vars, name);

    for (size_t i = 0; var && i < var->n_values; i++) {
        ds_put_format(s, "%s%s", s->length ? "," : "", var->values[i]);
    }
}

static void
add_cell(struct text_table *table, struct ds *s)
{
    text_table_add(table, s->length ? ds_cstr(s) : "-");
    ds_clear(s);
}

static void
add_row(struct text_table *table, const struct view *view,
        const struct port *port)
{
    const struct nw_vars *vars = &port->plan.policy.vars;
    struct ds s = DS_EMPTY_INITIALIZER;
    struct port_counts c;

    text_table_add(table, port->name);
    text_table_add(table, port->bridge->name);
    text_table_add(table, port->plan.policy.filter);
    put_values(&s, vars, "MAC");
    put_values(&s, vars, "IP");
    put_values(&s, vars, "IPV6");
    add_cell(table, &s);
    if (port->zone) {
        ds_put_format(&s, "%" PRIu16, port->zone);
    }
    add_cell(table, &s);
    if (get_counts(view, port, &c)) {
        text_table_addf(table, "%" PRIu64 "/%" PRIu64, c.out_passed,
                        c.out_all - MIN(c.out_all, c.out_passed));
        text_table_addf(table, "%" PRIu64 "/%" PRIu64 "%s", c.in_passed,
                        c.in_dropped, c.exact ? "" : "+");
    } else {
        text_table_add(table, "-");
        text_table_add(table, "-");
    }
    put_time(port->change.when, &s);
    add_cell(table, &s);
    put_status(view, port, &s);
    add_cell(table, &s);
    ds_destroy(&s);
}

static void
put_table(const struct view *view, struct ds *s)
{
    static const char *const headings[] = {
        "Port", "Bridge", "Filter",  "Addresses", "Zone",
        "Out",  "In",     "Changed", "Status",
    };
    const struct shash *ports = reconcile_ports(view->reconcile);
    const struct shash_node **nodes = shash_sort(ports);
    struct text_table table;

    text_table_init(&table, ARRAY_SIZE(headings));
    for (size_t i = 0; i < ARRAY_SIZE(headings); i++) {
        text_table_add(&table, headings[i]);
    }
    for (size_t i = 0; i < shash_count(ports); i++) {
        add_row(&table, view, nodes[i]->data);
    }
    text_table_format(&table, s);
    text_table_uninit(&table);
    free(nodes);
}

/* One port. */

static void
put_filter(const struct port *port, struct ds *s)
{
    if (port->plan.policy.kind != POLICY_FILTER) {
        ds_put_format(s, "filter:      none (%s)\n",
                      port_state_name(port->state));
        return;
    }
    ds_put_format(s, "filter:      %s%s\n", port->plan.policy.filter,
                  port->plan.policy.named ? "" : " (nwfilter-default)");
    if (port->entry) {
        size_t n = bridge_program_ports(port->bridge, port->entry);

        ds_put_format(s, "in force:    %s, 0x%08" PRIx32 "%s",
                      port->entry->owner, port->entry->id,
                      port->entry->retired ? ", an older version" : "");
        if (n > 1) {
            ds_put_format(s, ", with %" PRIuSIZE " other port%s", n - 1,
                          n > 2 ? "s" : "");
        }
        ds_put_char(s, '\n');
    }
}

static void
put_parameters(const struct port *port, struct ds *s)
{
    const struct nw_vars *vars = &port->vars;

    for (size_t i = 0; i < vars->n; i++) {
        ds_put_format(s,
                      "%-13s%s=", i ? "" : "parameters:", vars->vars[i].name);
        for (size_t j = 0; j < vars->vars[i].n_values; j++) {
            ds_put_format(s, "%s%s", j ? "," : "", vars->vars[i].values[j]);
        }
        ds_put_char(s, '\n');
    }
}

static void
put_given(const struct port *port, const struct learner *learner,
          const char *name, int family, size_t *n, struct ds *s)
{
    const struct nw_var *var = nw_vars_find(&port->vars, name);

    if (var && (!learner || learner_state(learner, family) == LEARNER_OFF)) {
        for (size_t i = 0; i < var->n_values; i++) {
            ds_put_format(s, "%-13s%s, given\n",
                          (*n)++ ? "" : "addresses:", var->values[i]);
        }
    }
}

static void
put_learned(const struct learner *learner, size_t *n, struct ds *s)
{
    size_t n_leases;
    const struct learner_lease *leases = learner_leases(learner, &n_leases);

    for (size_t i = 0; i < n_leases; i++) {
        const struct learner_lease *lease = &leases[i];

        ds_put_format(s, "%-13s", (*n)++ ? "" : "addresses:");
        ipv6_format_mapped(&lease->addr, s);
        ds_put_format(s, ", learned (%s)",
                      learner_source_to_string(lease->source));
        if (lease->expires != LEARNER_NEVER) {
            ds_put_cstr(s, ", until ");
            put_time(lease->expires - time_msec() + time_wall_msec(), s);
        }
        ds_put_cstr(s, lease->refused ? ", refused: another port has it\n"
                                      : "\n");
    }
}

static void
put_addresses(const struct port *port, const struct learner *learner,
              struct ds *s)
{
    size_t n = 0;

    put_given(port, NULL, "MAC", 0, &n, s);
    put_given(port, learner, "IP", AF_INET, &n, s);
    put_given(port, learner, "IPV6", AF_INET6, &n, s);
    if (learner) {
        put_learned(learner, &n, s);
    }
}

static void
put_counts(const struct view *view, const struct port *port, struct ds *s)
{
    struct port_counts c;

    if (!get_counts(view, port, &c)) {
        ds_put_cstr(s, "packets:     not known, the switch does not answer\n");
        return;
    }
    ds_put_format(s,
                  "out:         %" PRIu64 " packets, %" PRIu64 " passed, "
                  "%" PRIu64 " dropped\n",
                  c.out_all, c.out_passed,
                  c.out_all - MIN(c.out_all, c.out_passed));
    ds_put_format(s, "in:          %" PRIu64 " packets, ", c.in_all);
    if (c.exact) {
        ds_put_format(s, "%" PRIu64 " passed, %" PRIu64 " dropped\n",
                      c.in_passed, c.in_dropped);
    } else {
        ds_put_format(s,
                      "at least %" PRIu64 " dropped, by samples; "
                      "%" PRIu64 " sent to the port since it exists\n"
                      "             (the flows that drop are shared with "
                      "other ports)\n",
                      c.in_dropped, c.in_passed);
    }
}

static void
put_port(const struct view *view, const struct port *port, struct ds *s)
{
    const struct learner *learner =
        learning_find(reconcile_learning(view->reconcile), port->name);

    ds_put_format(s, "port:        %s\n", port->name);
    ds_put_format(s, "bridge:      %s, OpenFlow port %" PRIu16 "\n",
                  port->bridge->name, port->config.ofport);
    put_filter(port, s);
    put_parameters(port, s);
    put_addresses(port, learner, s);
    if (port->zone) {
        ds_put_format(s, "zone:        %" PRIu16 "\n", port->zone);
    }
    ds_put_cstr(s, "status:      ");
    put_status(view, port, s);
    ds_put_char(s, '\n');
    put_counts(view, port, s);
    ds_put_cstr(s, "last change: ");
    put_time(port->change.when, s);
    if (port->change.what) {
        ds_put_format(s, ": %s", port->change.what);
    }
    ds_put_char(s, '\n');
}

/* Commands. */

static struct view *
view_create(struct unixctl_conn *conn, const struct reconcile *reconcile,
            const char *port)
{
    struct view *view = xmalloc(sizeof *view);

    view->conn = conn;
    view->reconcile = reconcile;
    view->port = nullable_xstrdup(port);
    shash_init(&view->tallies);
    return view;
}

static void
view_destroy(struct view *view)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &view->tallies) {
        port_tally_destroy(node->data);
    }
    shash_destroy(&view->tallies);
    free(view->port);
    free(view);
}

static void
answered(void *view_, const struct inquiry *inquiry, const char *error)
{
    struct view *view = view_;
    struct ds s = DS_EMPTY_INITIALIZER;

    if (!error) {
        make_tallies(view, inquiry);
    }
    if (!error && !view->port) {
        put_table(view, &s);
    } else if (!error) {
        const struct port *port =
            shash_find_data(reconcile_ports(view->reconcile), view->port);

        if (port) {
            put_port(view, port, &s);
        } else {
            error = "the port has gone meanwhile";
        }
    }
    if (error) {
        unixctl_command_reply_error(view->conn, error);
    } else {
        unixctl_command_reply(view->conn, ds_cstr(&s));
    }
    ds_destroy(&s);
    view_destroy(view);
}

/* Ports of switches that do not answer have no counts. */
static void
start(struct view *view, const struct bridge *only)
{
    inquiry_start(reconcile_bridges(view->reconcile), only, INQUIRY_CONNECTED,
                  answered, view);
}

static void
show_ports(struct unixctl_conn *conn, int argc OVS_UNUSED,
           const char *argv[] OVS_UNUSED, void *reconcile)
{
    start(view_create(conn, reconcile, NULL), NULL);
}

static void
show_port(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
          void *reconcile)
{
    const struct port *port = reply_find_port(conn, reconcile, argv[1]);

    if (port) {
        start(view_create(conn, reconcile, argv[1]), port->bridge);
    }
}

void
port_view_register(struct reconcile *reconcile)
{
    unixctl_command_register("nwfilter/ports", "", 0, 0, show_ports,
                             reconcile);
    unixctl_command_register("nwfilter/port", "PORT", 1, 1, show_port,
                             reconcile);
}
