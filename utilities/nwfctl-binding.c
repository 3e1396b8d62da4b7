/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/ctl-client.h"
#include "utilities/nwfctl-bound.h"
#include "utilities/nwfctl-catalog.h"
#include "utilities/nwfctl-filter.h"
#include "utilities/nwfctl-lint.h"
#include "utilities/nwfctl.h"

#include <stdlib.h>
#include <string.h>

#include "ovsdb-idl.h"
#include "ovsdb/nwfilter-idl.h"
#include "smap.h"
#include "svec.h"
#include "timeval.h"
#include "util.h"
#include "views/text-table.h"
#include "xml/binding.h"
#include "xml/vars.h"

/* How long the daemon may take to say whether it has a port. */
#define ANSWER_MS 1000

static void
pre_binding(struct ctl_context *ctx)
{
    ovsdb_idl_add_column(ctx->idl, &nwrec_binding_col_port);
    ovsdb_idl_add_column(ctx->idl, &nwrec_binding_col_host);
    ovsdb_idl_add_column(ctx->idl, &nwrec_binding_col_filter);
}

static void
pre_whole_binding(struct ctl_context *ctx)
{
    pre_binding(ctx);
    ovsdb_idl_add_column(ctx->idl, &nwrec_binding_col_owner_name);
    ovsdb_idl_add_column(ctx->idl, &nwrec_binding_col_owner_uuid);
    ovsdb_idl_add_column(ctx->idl, &nwrec_binding_col_linkdev);
    ovsdb_idl_add_column(ctx->idl, &nwrec_binding_col_mac);
    ovsdb_idl_add_column(ctx->idl, &nwrec_binding_col_params);
}

static void
pre_binding_create(struct ctl_context *ctx)
{
    struct nwfctl_input *input = nwfctl_context_cast(ctx)->input;
    const struct document *document;

    pre_whole_binding(ctx);
    nwfctl_filter_prerequisites(ctx);
    nwfctl_bound_prerequisites(ctx);
    nwfctl_input_read(ctx);
    document = &input->documents[0];
    input->binding = nw_binding_parse(document->text, document->size,
                                      document->name, &input->diags);
    nwfctl_input_report(&input->diags);
}

static const struct nwrec_binding *
lookup(struct ctl_context *ctx, const char *port, const char *host)
{
    const struct nwrec_binding *row;

    NWREC_BINDING_FOR_EACH (row, ctx->idl) {
        if (!strcmp(row->port, port) && !strcmp(row->host, host)) {
            return row;
        }
    }
    return NULL;
}

/* The binding of 'port' that the command means: that of --host, else that of
 * every host, else the only one that there is.  Sets an error and returns NULL
 * if there is none. */
static const struct nwrec_binding *
find_binding(struct ctl_context *ctx, const char *port)
{
    const char *host = shash_find_data(&ctx->options, "--host");
    const struct nwrec_binding *binding = lookup(ctx, port, host ? host : "");
    const struct nwrec_binding *row;
    size_t n = 0;

    if (!binding && !host) {
        NWREC_BINDING_FOR_EACH (row, ctx->idl) {
            if (!strcmp(row->port, port)) {
                binding = row;
                n++;
            }
        }
    }
    if (n > 1) {
        ctl_error(ctx,
                  "port '%s' has a binding on each of %" PRIuSIZE " "
                  "hosts: choose one with --host",
                  port, n);
        return NULL;
    }
    if (!binding && !shash_find(&ctx->options, "--if-exists")) {
        ctl_error(ctx, "no network filter binding for port '%s'%s%s", port,
                  host ? " on host " : "", host ? host : "");
    }
    return binding;
}

static void
set_params(const struct nwrec_binding *row, const struct nw_vars *vars)
{
    struct smap params = SMAP_INITIALIZER(&params);

    for (size_t i = 0; i < vars->n; i++) {
        const struct nw_var *var = &vars->vars[i];
        struct svec values = SVEC_EMPTY_INITIALIZER;

        for (size_t j = 0; j < var->n_values; j++) {
            svec_add(&values, var->values[j]);
        }
        smap_add_nocopy(&params, xstrdup(var->name),
                        svec_join(&values, ",", ""));
        svec_destroy(&values);
    }
    nwrec_binding_set_params(row, &params);
    smap_destroy(&params);
}

static void
check_params(struct ctl_context *ctx, struct nwfctl_input *input,
             bool replaces)
{
    const char *file = input->documents[0].name;
    struct catalog catalog;

    catalog_init(&catalog);
    catalog_add_stored(&catalog, ctx->idl);
    nwfctl_check_binding(&catalog, input->binding, file, false, &input->diags);
    nwfctl_bound_check_binding(ctx, &catalog, input->binding, file, replaces,
                               &input->diags);
    catalog_uninit(&catalog);
}

static void
cmd_binding_create(struct ctl_context *ctx)
{
    struct nwfctl_input *input = nwfctl_context_cast(ctx)->input;
    const struct nw_binding *binding = input->binding;
    const char *host = shash_find_data(&ctx->options, "--host");
    const struct nwrec_binding *row;

    row = lookup(ctx, binding->portdev, host ? host : "");
    if (row && !shash_find(&ctx->options, "--replace")) {
        ctl_error(ctx, "binding '%s' already exists", binding->portdev);
        return;
    }
    if (!nwfctl_filter_by_name(ctx, binding->filter)) {
        ctl_error(ctx,
                  "binding '%s' refers to filter '%s', which does not "
                  "exist",
                  binding->portdev, binding->filter);
        return;
    }
    check_params(ctx, input, row != NULL);
    if (!row) {
        row = nwrec_binding_insert(ctx->txn);
        nwrec_binding_set_port(row, binding->portdev);
        nwrec_binding_set_host(row, host ? host : "");
    }
    nwrec_binding_set_owner_name(row, binding->owner_name);
    nwrec_binding_set_owner_uuid(row, binding->owner_uuid);
    nwrec_binding_set_linkdev(row, binding->linkdev ? binding->linkdev : "");
    nwrec_binding_set_mac(row, binding->mac);
    nwrec_binding_set_filter(row, binding->filter);
    set_params(row, &binding->params);
    ds_put_format(&ctx->output,
                  "Network filter binding on %s created from %s\n",
                  binding->portdev, ctx->argv[1]);
}

/* Tells of a port that the host lacks (deviation D17), if a daemon runs here
 * that knows.  The binding is in force, so nothing depends on its answer. */
static void
look_for_port(struct ctl_context *ctx)
{
    const struct nwfctl_context *nwfctl_ctx = nwfctl_context_cast(ctx);
    const struct nwfctl *nwfctl = nwfctl_ctx->nwfctl;
    struct nwfctl_input *input = nwfctl_ctx->input;
    const struct nw_binding *binding = input->binding;
    const char *host = shash_find_data(&ctx->options, "--host");
    char *args[] = { binding->portdev, CONST_CAST(char *, host ? host : "") };
    long long int deadline = MIN(nwfctl->deadline, time_msec() + ANSWER_MS);
    char *answer;
    char *error = ctl_client_call(nwfctl->control_socket,
                                  "nwfilter/lacks-bound", args,
                                  ARRAY_SIZE(args), deadline, &answer);

    if (!error && !strcmp(answer, "yes\n")) {
        nw_warning(&input->diags, input->documents[0].name,
                   binding->portdev_line,
                   "[D17] no port of this host has the name or iface-id "
                   "'%s': a host gets the rules when it has the port, where "
                   "in libvirt it never would",
                   binding->portdev);
    }
    free(error);
    free(answer);
}

static void
cmd_binding_delete(struct ctl_context *ctx)
{
    for (int i = 1; i < ctx->argc; i++) {
        const struct nwrec_binding *row = find_binding(ctx, ctx->argv[i]);

        if (ctx->error) {
            return;
        }
        if (row) {
            nwrec_binding_delete(row);
            ds_put_format(&ctx->output,
                          "Network filter binding on %s deleted\n",
                          ctx->argv[i]);
        }
    }
}

static int
compare_bindings(const void *a_, const void *b_)
{
    const struct nwrec_binding *const *a = a_;
    const struct nwrec_binding *const *b = b_;
    int cmp = strcmp((*a)->port, (*b)->port);

    return cmp ? cmp : strcmp((*a)->host, (*b)->host);
}

/* All bindings, sorted by port and host; the caller frees the array. */
static const struct nwrec_binding **
sort_bindings(const struct ovsdb_idl *idl, size_t *np, bool *any_hostp)
{
    const struct nwrec_binding **rows = NULL;
    const struct nwrec_binding *row;
    size_t allocated = 0;

    *np = 0;
    *any_hostp = false;
    NWREC_BINDING_FOR_EACH (row, idl) {
        if (*np >= allocated) {
            rows = x2nrealloc(rows, &allocated, sizeof *rows);
        }
        rows[(*np)++] = row;
        *any_hostp |= row->host[0] != '\0';
    }
    if (*np) {
        qsort(rows, *np, sizeof *rows, compare_bindings);
    }
    return rows;
}

static void
cmd_binding_list(struct ctl_context *ctx)
{
    struct text_table table;
    bool any_host;
    size_t n;
    const struct nwrec_binding **rows = sort_bindings(ctx->idl, &n, &any_host);

    /* As virsh prints it, unless there is something that virsh has not. */
    text_table_init(&table, any_host ? 3 : 2);
    text_table_add(&table, "Port Dev");
    text_table_add(&table, "Filter");
    if (any_host) {
        text_table_add(&table, "Host");
    }
    for (size_t i = 0; i < n; i++) {
        text_table_add(&table, rows[i]->port);
        text_table_add(&table, rows[i]->filter);
        if (any_host) {
            text_table_add(&table, rows[i]->host);
        }
    }
    text_table_format(&table, &ctx->output);
    text_table_uninit(&table);
    free(rows);
}

static void
cmd_binding_dumpxml(struct ctl_context *ctx)
{
    const struct nwrec_binding *row = find_binding(ctx, ctx->argv[1]);
    struct nw_binding binding;
    struct smap_node *node;
    char *xml;

    if (!row) {
        return;
    }
    binding = (struct nw_binding){
        .owner_name = row->owner_name,
        .owner_uuid = row->owner_uuid,
        .portdev = row->port,
        .linkdev = row->linkdev[0] ? row->linkdev : NULL,
        .mac = row->mac,
        .filter = row->filter,
        .params = NW_VARS_INITIALIZER,
    };
    SMAP_FOR_EACH (node, &row->params) {
        nw_vars_append_list(&binding.params, node->key, node->value);
    }
    xml = nw_binding_format(&binding);
    ds_put_cstr(&ctx->output, xml);
    free(xml);
    nw_vars_uninit(&binding.params);
}

const struct ctl_command_syntax nwfctl_binding_commands[] = {
    { "binding-create", 1, 1, "FILE", pre_binding_create, cmd_binding_create,
      look_for_port, "--host=,--replace", RW },
    { "binding-delete", 1, INT_MAX, "BINDING...", pre_binding,
      cmd_binding_delete, NULL, "--host=,--if-exists", RW },
    { "binding-list", 0, 0, "", pre_binding, cmd_binding_list, NULL, "", RO },
    { "binding-dumpxml", 1, 1, "BINDING", pre_whole_binding,
      cmd_binding_dumpxml, NULL, "--host=", RO },
    { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO },
};
