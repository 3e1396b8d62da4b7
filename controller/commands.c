/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/commands.h"

#include <stdlib.h>

#include "controller/bridge.h"
#include "controller/drops.h"
#include "controller/explain.h"
#include "controller/learning.h"
#include "controller/port.h"
#include "controller/reconcile.h"
#include "controller/rule-index.h"
#include "controller/text-table.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "unixctl.h"
#include "util.h"

struct command {
    const char *name, *usage;
    int min_args, max_args;
    unixctl_cb_func *handler;
};

/* Ports. */

static void
put_values(struct ds *s, const struct nw_vars *vars, const char *name)
{
    const struct nw_var *var = nw_vars_find(vars, name);

    for (size_t i = 0; var && i < var->n_values; i++) {
        ds_put_format(s, "%s%s", s->length ? "," : "", var->values[i]);
    }
}

static char *
port_addresses(const struct port *port)
{
    const struct nw_vars *vars = &port->policy.vars;
    struct ds s = DS_EMPTY_INITIALIZER;

    put_values(&s, vars, "MAC");
    put_values(&s, vars, "IP");
    put_values(&s, vars, "IPV6");
    if (!s.length) {
        ds_put_char(&s, '-');
    }
    return ds_steal_cstr(&s);
}

/* The status, and addresses that the port can not have. */
static char *
port_status(const struct port *port, const struct learning *learning)
{
    char *text = port_status_text(port);
    struct ds conflicts = DS_EMPTY_INITIALIZER;
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&s, (port->status_due ? "pending"
                     : text           ? text
                                      : port_state_name(port->state)));
    learning_format_conflicts(learning, port->name, &conflicts);
    if (conflicts.length) {
        ds_put_format(&s, ", conflict: %s", ds_cstr(&conflicts));
    }
    ds_destroy(&conflicts);
    free(text);
    return ds_steal_cstr(&s);
}

static void
add_port_row(struct text_table *table, const struct port *port,
             const struct learning *learning)
{
    char *status = port_status(port, learning);
    char *addresses = port_addresses(port);

    text_table_add(table, port->name);
    text_table_add(table, port->bridge->name);
    text_table_add(table, port->policy.filter);
    text_table_add(table, addresses);
    text_table_add(table, status);
    free(addresses);
    free(status);
}

static void
list_ports(struct unixctl_conn *conn, int argc OVS_UNUSED,
           const char *argv[] OVS_UNUSED, void *reconcile)
{
    static const char *const headings[] = {
        "Port", "Bridge", "Filter", "Addresses", "Status",
    };
    const struct shash_node **nodes = shash_sort(reconcile_ports(reconcile));
    size_t n = shash_count(reconcile_ports(reconcile));
    struct ds text = DS_EMPTY_INITIALIZER;
    struct text_table table;

    text_table_init(&table, ARRAY_SIZE(headings));
    for (size_t i = 0; i < ARRAY_SIZE(headings); i++) {
        text_table_add(&table, headings[i]);
    }
    for (size_t i = 0; i < n; i++) {
        add_port_row(&table, nodes[i]->data, reconcile_learning(reconcile));
    }
    text_table_format(&table, &text);
    unixctl_command_reply(conn, ds_cstr(&text));
    ds_destroy(&text);
    text_table_uninit(&table);
    free(nodes);
}

/* Explanations. */

/* One line for each cookie. */
static void
explain(struct unixctl_conn *conn, int argc, const char *argv[],
        void *reconcile)
{
    struct rule_index *index = rule_index_create(reconcile_filters(reconcile));
    struct explain_scope scope = explain_scope(reconcile, NULL);
    struct ds s = DS_EMPTY_INITIALIZER;

    scope.index = index;
    for (int i = 1; i < argc; i++) {
        unsigned long long int cookie;

        if (!str_to_ullong(argv[i], 0, &cookie)) {
            ds_clear(&s);
            ds_put_format(&s, "%s: not a cookie", argv[i]);
            unixctl_command_reply_error(conn, ds_cstr(&s));
            ds_destroy(&s);
            rule_index_destroy(index);
            return;
        }
        explain_cookie(&scope, cookie, &s);
        ds_put_char(&s, '\n');
    }
    unixctl_command_reply(conn, ds_cstr(&s));
    ds_destroy(&s);
    rule_index_destroy(index);
}

/* Drops. */

/* "NUMBER" of the last one and, if the second argument is not the empty
 * string, of its port only, the lines of those behind the first. */
static void
list_drops(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
           void *reconcile)
{
    const struct drops *drops = reconcile_drops(reconcile);
    const char *port = argv[2][0] ? argv[2] : NULL;
    struct ds s = DS_EMPTY_INITIALIZER;
    unsigned long long int after;

    if (!str_to_ullong(argv[1], 10, &after)) {
        ds_put_format(&s, "%s: not a number", argv[1]);
        unixctl_command_reply_error(conn, ds_cstr(&s));
    } else if (port && !shash_find(reconcile_ports(reconcile), port)
               && !drops_knows_port(drops, port)) {
        ds_put_format(&s, "no port '%s' on a managed bridge", port);
        unixctl_command_reply_error(conn, ds_cstr(&s));
    } else {
        ds_put_format(&s, "%" PRIu64 "\n", drops_number(drops));
        drops_format(drops, port, after, &s);
        unixctl_command_reply(conn, ds_cstr(&s));
    }
    ds_destroy(&s);
}

void
commands_register(struct reconcile *r)
{
    static const struct command commands[] = {
        { "nwfilter/ports", "", 0, 0, list_ports },
        { "nwfilter/explain", "COOKIE...", 1, INT_MAX, explain },
        { "nwfilter/drops", "AFTER PORT", 2, 2, list_drops },
    };

    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        const struct command *c = &commands[i];

        unixctl_command_register(c->name, c->usage, c->min_args, c->max_args,
                                 c->handler, r);
    }
}
