/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/commands.h"

#include <stdlib.h>

#include "controller/drops.h"
#include "controller/explain.h"
#include "controller/learning.h"
#include "controller/reconcile.h"
#include "controller/reply.h"
#include "controller/rule-index.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "unixctl.h"
#include "util.h"

struct command {
    const char *name, *usage;
    int min_args, max_args;
    unixctl_cb_func *handler;
};

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
            reply_error(conn, xasprintf("%s: not a cookie", argv[i]));
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
    unsigned long long int after;

    if (!str_to_ullong(argv[1], 10, &after)) {
        reply_error(conn, xasprintf("%s: not a number", argv[1]));
    } else if (!port || drops_knows_port(drops, port)
               || reply_find_port(conn, reconcile, port)) {
        struct ds s = DS_EMPTY_INITIALIZER;

        ds_put_format(&s, "%" PRIu64 "\n", drops_number(drops));
        drops_format(drops, port, after, &s);
        unixctl_command_reply(conn, ds_cstr(&s));
        ds_destroy(&s);
    }
}

/* Moving guests. */

static void
export_port(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
            void *reconcile)
{
    if (reply_find_port(conn, reconcile, argv[1])) {
        char *text = learning_export(reconcile_learning(reconcile), argv[1]);

        unixctl_command_reply(conn, text);
        free(text);
    }
}

static void
import_port(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
            void *reconcile)
{
    char *error = learning_import(reconcile_learning(reconcile), argv[1]);

    if (error) {
        reply_error(conn, error);
    } else {
        unixctl_command_reply(conn, NULL);
    }
}

void
commands_register(struct reconcile *r)
{
    static const struct command commands[] = {
        { "nwfilter/explain", "COOKIE...", 1, INT_MAX, explain },
        { "nwfilter/drops", "AFTER PORT", 2, 2, list_drops },
        { "nwfilter/export-port", "PORT", 1, 1, export_port },
        { "nwfilter/import-port", "DOCUMENT", 1, 1, import_port },
    };

    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        const struct command *c = &commands[i];

        unixctl_command_register(c->name, c->usage, c->min_args, c->max_args,
                                 c->handler, r);
    }
}
