/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/shash.h"
#include "ovsdb-idl.h"
#include "ovsdb/nwfilter-idl.h"
#include "smap.h"
#include "sset.h"
#include "util.h"
#include "utilities/nwfctl-catalog.h"
#include "utilities/nwfctl-set.h"
#include "xml/filter.h"

/* The generic `show' follows references between rows, of which this schema has
 * none: filters, bindings and sets know each other by name. */

static void
pre_show(struct ctl_context *ctx)
{
    nwfctl_set_prerequisites(ctx);
    ovsdb_idl_add_column(ctx->idl, &nwrec_filter_col_name);
    ovsdb_idl_add_column(ctx->idl, &nwrec_filter_col_xml);
    ovsdb_idl_add_column(ctx->idl, &nwrec_filter_col_compat);
    ovsdb_idl_add_column(ctx->idl, &nwrec_binding_col_port);
    ovsdb_idl_add_column(ctx->idl, &nwrec_binding_col_host);
    ovsdb_idl_add_column(ctx->idl, &nwrec_binding_col_filter);
    ovsdb_idl_add_column(ctx->idl, &nwrec_binding_col_mac);
    ovsdb_idl_add_column(ctx->idl, &nwrec_binding_col_params);
    ovsdb_idl_add_column(ctx->idl, &nwrec_host_col_name);
    ovsdb_idl_add_column(ctx->idl, &nwrec_host_col_version);
}

/* "    HEADING: a, b", unless there is none. */
static void
put_names(struct ds *out, const char *heading, const struct sset *names)
{
    const char **sorted;

    if (sset_is_empty(names)) {
        return;
    }
    sorted = sset_sort(names);
    ds_put_format(out, "    %s: ", heading);
    for (size_t i = 0; i < sset_count(names); i++) {
        ds_put_format(out, "%s%s", i ? ", " : "", sorted[i]);
    }
    ds_put_char(out, '\n');
    free(sorted);
}

static void
show_filter(struct ctl_context *ctx, const struct nwrec_filter *row,
            struct catalog *catalog)
{
    const struct nw_filter *filter = catalog_find(row->name, catalog);
    struct sset refs = SSET_INITIALIZER(&refs);
    struct sset ports = SSET_INITIALIZER(&ports);
    const struct nwrec_binding *binding;

    for (size_t i = 0; filter && i < filter->n_entries; i++) {
        if (filter->entries[i].is_ref) {
            sset_add(&refs, filter->entries[i].ref.filter);
        }
    }
    NWREC_BINDING_FOR_EACH (binding, ctx->idl) {
        if (!strcmp(binding->filter, row->name)) {
            sset_add(&ports, binding->port);
        }
    }
    ds_put_format(&ctx->output, "Filter %s%s\n", row->name,
                  row->compat ? " (compat)" : "");
    if (!filter) {
        ds_put_cstr(&ctx->output, "    not valid, see nwfctl check\n");
    }
    put_names(&ctx->output, "refers to", &refs);
    put_names(&ctx->output, "bound to ports", &ports);
    sset_destroy(&refs);
    sset_destroy(&ports);
}

static void
show_filters(struct ctl_context *ctx)
{
    struct catalog catalog;
    const struct shash_node **nodes;

    catalog_init(&catalog);
    catalog_add_stored(&catalog, ctx->idl);
    nodes = shash_sort(&catalog.rows);
    for (size_t i = 0; i < shash_count(&catalog.rows); i++) {
        show_filter(ctx, nodes[i]->data, &catalog);
    }
    free(nodes);
    catalog_uninit(&catalog);
}

static void
show_binding(struct ds *out, const struct nwrec_binding *row)
{
    const struct smap_node **nodes = smap_sort(&row->params);

    ds_put_format(out, "Binding %s%s%s\n", row->port,
                  row->host[0] ? " on host " : "", row->host);
    ds_put_format(out, "    filter: %s\n", row->filter);
    if (row->mac[0]) {
        ds_put_format(out, "    mac: %s\n", row->mac);
    }
    for (size_t i = 0; i < smap_count(&row->params); i++) {
        ds_put_format(out, "    %s = %s\n", nodes[i]->key, nodes[i]->value);
    }
    free(nodes);
}

/* Appends the texts of 'texts' to 'out' in the order of their names. */
static void
put_sorted(struct ds *out, struct shash *texts)
{
    const struct shash_node **nodes = shash_sort(texts);

    for (size_t i = 0; i < shash_count(texts); i++) {
        ds_put_cstr(out, nodes[i]->data);
    }
    free(nodes);
    shash_destroy_free_data(texts);
}

static void
show_bindings(struct ctl_context *ctx)
{
    struct shash texts = SHASH_INITIALIZER(&texts);
    const struct nwrec_binding *row;

    NWREC_BINDING_FOR_EACH (row, ctx->idl) {
        struct ds text = DS_EMPTY_INITIALIZER;

        show_binding(&text, row);
        shash_add_nocopy(&texts, xasprintf("%s %s", row->port, row->host),
                         ds_steal_cstr(&text));
    }
    put_sorted(&ctx->output, &texts);
}

static void
show_sets(struct ctl_context *ctx)
{
    struct shash texts = SHASH_INITIALIZER(&texts);
    const struct nwrec_address_set *row;

    NWREC_ADDRESS_SET_FOR_EACH (row, ctx->idl) {
        shash_add(&texts, row->name,
                  xasprintf("Set %s\n    type: %s\n"
                            "    entries: %" PRIuSIZE "\n",
                            row->name, row->type, row->n_entries));
    }
    put_sorted(&ctx->output, &texts);
}

static void
show_hosts(struct ctl_context *ctx)
{
    struct shash texts = SHASH_INITIALIZER(&texts);
    const struct nwrec_host *row;

    NWREC_HOST_FOR_EACH (row, ctx->idl) {
        shash_add(&texts, row->name,
                  xasprintf("Host %s\n    version: %s\n", row->name,
                            row->version));
    }
    put_sorted(&ctx->output, &texts);
}

static void
cmd_show(struct ctl_context *ctx)
{
    show_filters(ctx);
    show_bindings(ctx);
    show_sets(ctx);
    show_hosts(ctx);
}

const struct ctl_command_syntax nwfctl_show_commands[] = {
    { "show", 0, 0, "", pre_show, cmd_show, NULL, "", RO },
    { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO },
};
