/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "daemon/commands.h"

#include <stdlib.h>
#include <string.h>

#include "controller/drops.h"
#include "controller/explain.h"
#include "controller/learning.h"
#include "controller/reconcile.h"
#include "controller/rule-index.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/vlog.h"
#include "unixctl.h"
#include "util.h"
#include "views/reply.h"

struct command {
    const char *name, *usage;
    int min_args, max_args;
    unixctl_cb_func *handler;
};

/* Explanations. */

/* As it stands in a dump of flows ("cookie=0x4e57000000000001,"), or alone. */
static bool
parse_cookie(const char *arg, unsigned long long int *cookiep)
{
    static const char key[] = "cookie=";
    const char *start = arg + (strncmp(arg, key, 7) ? 0 : 7);
    char *number = xmemdup0(start, strcspn(start, ",/"));
    bool ok = str_to_ullong(number, 0, cookiep);

    free(number);
    return ok;
}

/* One line for each cookie. */
static void
explain(struct unixctl_conn *conn, int argc, const char *argv[],
        void *reconcile)
{
    struct rule_index *index = rule_index_create(reconcile_filters(reconcile));
    struct explain_scope scope = reconcile_scope(reconcile, NULL);
    struct ds s = DS_EMPTY_INITIALIZER;

    scope.index = index;
    for (int i = 1; i < argc; i++) {
        unsigned long long int cookie;

        if (!parse_cookie(argv[i], &cookie)) {
            reply_error(conn, xasprintf("'%s' is no cookie", argv[i]));
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

/* A new mark and then, of all ports or of the one that the second argument
 * names, the lines of those behind the mark that is the first argument. */
static void
list_drops(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
           void *reconcile)
{
    const struct drops *drops = reconcile_drops(reconcile);
    const char *port = argv[2][0] ? argv[2] : NULL;
    uint64_t after;

    if (!drops_read_mark(drops, argv[1], &after)) {
        reply_error(conn, xasprintf("'%s' is no mark", argv[1]));
    } else if (!port || drops_knows_port(drops, port)
               || reply_find_port(conn, reconcile, port)) {
        struct ds s = DS_EMPTY_INITIALIZER;

        drops_put_mark(drops, &s);
        ds_put_char(&s, '\n');
        drops_format(drops, port, after, &s);
        unixctl_command_reply(conn, ds_cstr(&s));
        ds_destroy(&s);
    }
}

/* Bindings. */

static void
lacks_bound(struct unixctl_conn *conn, int argc OVS_UNUSED, const char *argv[],
            void *reconcile)
{
    bool lacks = reconcile_lacks_bound(reconcile, argv[1], argv[2]);

    unixctl_command_reply(conn, lacks ? "yes" : "no");
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
        { "nwfilter/lacks-bound", "PORT HOST", 2, 2, lacks_bound },
        { "nwfilter/export-port", "PORT", 1, 1, export_port },
        { "nwfilter/import-port", "DOCUMENT", 1, 1, import_port },
    };

    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        const struct command *c = &commands[i];

        unixctl_command_register(c->name, c->usage, c->min_args, c->max_args,
                                 c->handler, r);
    }
}
