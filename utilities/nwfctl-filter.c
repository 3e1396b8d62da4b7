/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl-filter.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/shash.h"
#include "ovsdb-idl.h"
#include "ovsdb/nwfilter-idl.h"
#include "sset.h"
#include "util.h"
#include "utilities/nwfctl-bound.h"
#include "utilities/nwfctl-catalog.h"
#include "utilities/nwfctl-lint.h"
#include "utilities/nwfctl.h"
#include "uuid.h"
#include "views/text-table.h"
#include "xml/filter.h"

static void
pre_list(struct ctl_context *ctx)
{
    ovsdb_idl_add_column(ctx->idl, &nwrec_filter_col_name);
    ovsdb_idl_add_column(ctx->idl, &nwrec_filter_col_uuid);
}

void
nwfctl_filter_prerequisites(struct ctl_context *ctx)
{
    pre_list(ctx);
    ovsdb_idl_add_column(ctx->idl, &nwrec_filter_col_xml);
    ovsdb_idl_add_column(ctx->idl, &nwrec_filter_col_compat);
}

static void
pre_undefine(struct ctl_context *ctx)
{
    nwfctl_filter_prerequisites(ctx);
    ovsdb_idl_add_column(ctx->idl, &nwrec_binding_col_port);
    ovsdb_idl_add_column(ctx->idl, &nwrec_binding_col_filter);
}

static void
pre_define(struct ctl_context *ctx)
{
    struct nwfctl_input *input = nwfctl_context_cast(ctx)->input;
    bool compat = shash_find(&ctx->options, "--compat");

    nwfctl_filter_prerequisites(ctx);
    nwfctl_bound_prerequisites(ctx);
    nwfctl_input_read(ctx);
    input->filters = xcalloc(input->n_documents, sizeof *input->filters);
    for (size_t i = 0; i < input->n_documents; i++) {
        input->filters[i] = nwfctl_filter_parse(&input->documents[i], compat,
                                                &input->diags);
    }
    nwfctl_input_report(&input->diags);
}

struct nw_filter *
nwfctl_filter_parse(const struct document *document, bool compat,
                    struct nw_diags *diags)
{
    const struct nw_parse_options options = { .compat = compat };

    return nw_filter_parse(document->text, document->size, document->name,
                           &options, diags);
}

const struct nwrec_filter *
nwfctl_filter_by_name(const struct ctl_context *ctx, const char *name)
{
    const struct nwrec_filter *row;

    NWREC_FILTER_FOR_EACH (row, ctx->idl) {
        if (!strcmp(row->name, name)) {
            return row;
        }
    }
    return NULL;
}

static const struct nwrec_filter *
find_by_uuid(const struct ctl_context *ctx, const char *uuid)
{
    const struct nwrec_filter *row;

    NWREC_FILTER_FOR_EACH (row, ctx->idl) {
        if (row->uuid && !strcasecmp(row->uuid, uuid)) {
            return row;
        }
    }
    return NULL;
}

const struct nwrec_filter *
nwfctl_filter_find(struct ctl_context *ctx, const char *name_or_uuid)
{
    const struct nwrec_filter *row = nwfctl_filter_by_name(ctx, name_or_uuid);

    if (!row) {
        row = find_by_uuid(ctx, name_or_uuid);
    }
    if (!row) {
        ctl_error(ctx, "no network filter named '%s'", name_or_uuid);
    }
    return row;
}

/* A name and a UUID belong together for ever (semantics reference 1.10).  A
 * document without a UUID takes that of the filter it replaces. */
static void
check_uuid(struct ctl_context *ctx, const struct nw_filter *filter,
           struct nw_diags *diags)
{
    const struct nwrec_filter *row = nwfctl_filter_by_name(ctx, filter->name);

    if (!filter->uuid) {
        return;
    }
    if (row && row->uuid && strcasecmp(row->uuid, filter->uuid)) {
        nw_error(diags, filter->file, 1,
                 "filter '%s' already exists with uuid %s", filter->name,
                 row->uuid);
        return;
    }
    row = find_by_uuid(ctx, filter->uuid);
    if (row && strcmp(row->name, filter->name)) {
        nw_error(diags, filter->file, 1,
                 "filter with the same uuid but "
                 "different name ('%s') already exists",
                 row->name);
    }
}

/* Names and UUIDs that two of the new definitions share. */
static void
check_twins(struct catalog *catalog, struct nw_filter **filters, size_t n,
            struct nw_diags *diags)
{
    struct shash uuids = SHASH_INITIALIZER(&uuids);

    for (size_t i = 0; i < n; i++) {
        const struct nw_filter *f = filters[i];

        if (catalog_add(catalog, f, diags) && f->uuid
            && !shash_add_once(&uuids, f->uuid, f)) {
            const struct nw_filter *twin = shash_find_data(&uuids, f->uuid);

            nw_error(diags, f->file, 1,
                     "filter '%s' has the uuid of filter "
                     "'%s' in %s",
                     f->name, twin->name, twin->file);
        }
    }
    shash_destroy(&uuids);
}

void
nwfctl_filter_check(struct ctl_context *ctx, struct nw_filter **filters,
                    size_t n, bool lint, struct nw_diags *diags)
{
    struct catalog catalog;

    catalog_init(&catalog);
    catalog_add_stored(&catalog, ctx->idl);
    check_twins(&catalog, filters, n, diags);
    for (size_t i = 0; i < n; i++) {
        check_uuid(ctx, filters[i], diags);
        catalog_check_loop(&catalog, filters[i], diags);
        catalog_check_references(&catalog, filters[i], diags);
    }
    if (!diags->n_errors) {
        nwfctl_check_filters(&catalog, filters, n, false, diags);
        nwfctl_bound_check_filters(ctx, &catalog, filters, n, diags);
    }
    if (lint && !diags->n_errors) {
        nwfctl_lint(&catalog, filters, n, false, diags);
    }
    catalog_uninit(&catalog);
}

void
nwfctl_filter_store(struct ctl_context *ctx, const struct nw_filter *filter,
                    const char *xml, bool compat)
{
    const struct nwrec_filter *row = nwfctl_filter_by_name(ctx, filter->name);

    if (!row) {
        row = nwrec_filter_insert(ctx->txn);
        nwrec_filter_set_name(row, filter->name);
    }
    if (filter->uuid) {
        if (!row->uuid || strcmp(row->uuid, filter->uuid)) {
            nwrec_filter_set_uuid(row, filter->uuid);
        }
    } else if (!row->uuid) {
        struct uuid uuid;
        char *text;

        uuid_generate(&uuid);
        text = xasprintf(UUID_FMT, UUID_ARGS(&uuid));
        nwrec_filter_set_uuid(row, text);
        free(text);
    }
    /* A definition that is the same again is no event for anybody. */
    if (!row->xml || strcmp(row->xml, xml)) {
        nwrec_filter_set_xml(row, xml);
    }
    if (row->compat != compat) {
        nwrec_filter_set_compat(row, compat);
    }
}

static void
cmd_define(struct ctl_context *ctx)
{
    struct nwfctl_input *input = nwfctl_context_cast(ctx)->input;
    bool compat = shash_find(&ctx->options, "--compat");
    bool lint = !shash_find(&ctx->options, "--no-lint");

    nwfctl_filter_check(ctx, input->filters, input->n_documents, lint,
                        &input->diags);
    if (input->diags.n_errors) {
        nwfctl_input_report(&input->diags);
    }
    for (size_t i = 0; i < input->n_documents; i++) {
        nwfctl_filter_store(ctx, input->filters[i], input->documents[i].text,
                            compat);
        ds_put_format(&ctx->output, "Network filter %s defined from %s\n",
                      input->filters[i]->name, ctx->argv[i + 1]);
    }
}

/* Sets an error if a binding, or a filter that stays, uses one of 'names'. */
static void
check_unused(struct ctl_context *ctx, const struct sset *names)
{
    const struct nwrec_binding *binding;
    const struct nwrec_filter *row;
    struct catalog catalog;

    NWREC_BINDING_FOR_EACH (binding, ctx->idl) {
        if (sset_contains(names, binding->filter)) {
            ctl_error(ctx, "filter '%s' is in use: port '%s' is bound to it",
                      binding->filter, binding->port);
            return;
        }
    }
    catalog_init(&catalog);
    catalog_add_stored(&catalog, ctx->idl);
    NWREC_FILTER_FOR_EACH (row, ctx->idl) {
        const struct nw_filter *filter = sset_contains(names, row->name)
                                             ? NULL
                                             : catalog_find(row->name,
                                                            &catalog);

        for (size_t i = 0; filter && i < filter->n_entries; i++) {
            const struct nw_entry *entry = &filter->entries[i];

            if (entry->is_ref && !ctx->error
                && sset_contains(names, entry->ref.filter)) {
                ctl_error(ctx,
                          "filter '%s' is in use: filter '%s' refers to "
                          "it",
                          entry->ref.filter, row->name);
            }
        }
    }
    catalog_uninit(&catalog);
}

static void
undefine(struct ctl_context *ctx, const struct sset *names)
{
    const struct nwrec_filter *row, *next;

    NWREC_FILTER_FOR_EACH_SAFE (row, next, ctx->idl) {
        if (sset_contains(names, row->name)) {
            ds_put_format(&ctx->output, "Network filter %s undefined\n",
                          row->name);
            nwrec_filter_delete(row);
        }
    }
}

static void
cmd_undefine(struct ctl_context *ctx)
{
    bool must_exist = !shash_find(&ctx->options, "--if-exists");
    struct sset names = SSET_INITIALIZER(&names);

    for (int i = 1; i < ctx->argc; i++) {
        const struct nwrec_filter *row = nwfctl_filter_find(ctx, ctx->argv[i]);

        if (row) {
            sset_add(&names, row->name);
        } else if (!must_exist) {
            free(ctx->error);
            ctx->error = NULL;
        } else {
            break;
        }
    }
    if (!ctx->error) {
        check_unused(ctx, &names);
    }
    if (!ctx->error) {
        undefine(ctx, &names);
    }
    sset_destroy(&names);
}

static void
cmd_list(struct ctl_context *ctx)
{
    struct shash filters = SHASH_INITIALIZER(&filters);
    const struct nwrec_filter *row;
    const struct shash_node **nodes;
    struct text_table table;

    NWREC_FILTER_FOR_EACH (row, ctx->idl) {
        shash_add(&filters, row->name, row);
    }
    text_table_init(&table, 2);
    text_table_add(&table, "UUID");
    text_table_add(&table, "Name");
    nodes = shash_sort(&filters);
    for (size_t i = 0; i < shash_count(&filters); i++) {
        row = nodes[i]->data;
        text_table_add(&table, row->uuid);
        text_table_add(&table, row->name);
    }
    text_table_format(&table, &ctx->output);
    text_table_uninit(&table);
    free(nodes);
    shash_destroy(&filters);
}

static void
cmd_dumpxml(struct ctl_context *ctx)
{
    const struct nwrec_filter *row = nwfctl_filter_find(ctx, ctx->argv[1]);

    if (row) {
        ds_put_cstr(&ctx->output, row->xml);
    }
}

const struct ctl_command_syntax nwfctl_filter_commands[] = {
    { "define", 1, INT_MAX, "FILE...", pre_define, cmd_define, NULL,
      "--compat,--no-lint", RW },
    { "undefine", 1, INT_MAX, "FILTER...", pre_undefine, cmd_undefine, NULL,
      "--if-exists", RW },
    { "filter-list", 0, 0, "", pre_list, cmd_list, NULL, "", RO },
    { "dumpxml", 1, 1, "FILTER", nwfctl_filter_prerequisites, cmd_dumpxml,
      NULL, "", RO },
    { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO },
};
