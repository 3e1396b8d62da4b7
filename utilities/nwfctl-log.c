/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl.h"

#include <stdlib.h>
#include <string.h>

#include "controller/log-events.h"
#include "openvswitch/shash.h"
#include "ovsdb-idl.h"
#include "ovsdb/nwfilter-idl.h"
#include "smap.h"
#include "util.h"
#include "utilities/nwfctl-filter.h"
#include "views/text-table.h"

/* In Filter:external_ids. */
#define LOG_KEY "log"

static void
pre_log(struct ctl_context *ctx)
{
    unsigned int events;

    nwfctl_filter_prerequisites(ctx);
    ovsdb_idl_add_column(ctx->idl, &nwrec_filter_col_external_ids);
    if (ctx->argc > 2 && !log_events_parse(ctx->argv[2], &events)) {
        ctl_fatal("'%s' can not be logged: expected " LOG_EVENTS_SYNTAX,
                  ctx->argv[2]);
    }
}

static void
list_logs(struct ctl_context *ctx)
{
    struct shash filters = SHASH_INITIALIZER(&filters);
    const struct nwrec_filter *row;
    const struct shash_node **nodes;
    struct text_table table;

    NWREC_FILTER_FOR_EACH (row, ctx->idl) {
        const char *log = smap_get(&row->external_ids, LOG_KEY);

        if (log) {
            shash_add(&filters, row->name, log);
        }
    }
    nodes = shash_sort(&filters);
    text_table_init(&table, 2);
    text_table_add(&table, "Filter");
    text_table_add(&table, "Log");
    for (size_t i = 0; i < shash_count(&filters); i++) {
        text_table_add(&table, nodes[i]->name);
        text_table_add(&table, nodes[i]->data);
    }
    text_table_format(&table, &ctx->output);
    text_table_uninit(&table);
    free(nodes);
    shash_destroy(&filters);
}

static void
cmd_log(struct ctl_context *ctx)
{
    const struct nwrec_filter *row;

    if (ctx->argc == 1) {
        list_logs(ctx);
        return;
    }
    row = nwfctl_filter_find(ctx, ctx->argv[1]);
    if (!row) {
        return;
    }
    if (ctx->argc == 2) {
        ds_put_format(&ctx->output, "%s\n",
                      smap_get_def(&row->external_ids, LOG_KEY, "none"));
    } else if (!strcmp(ctx->argv[2], "none")) {
        nwrec_filter_update_external_ids_delkey(row, LOG_KEY);
    } else {
        nwrec_filter_update_external_ids_setkey(row, LOG_KEY, ctx->argv[2]);
    }
}

const struct ctl_command_syntax nwfctl_log_commands[] = {
    { "log", 0, 2, "[FILTER] [drop|accept|none]", pre_log, cmd_log, NULL, "",
      RW },
    { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO },
};
