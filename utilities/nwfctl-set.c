/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl-set.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/shash.h"
#include "ovsdb-idl.h"
#include "ovsdb/nwfilter-idl.h"
#include "util.h"
#include "utilities/nwfctl-catalog.h"
#include "utilities/nwfctl.h"
#include "views/text-table.h"
#include "xml/filter.h"
#include "xml/ipset.h"
#include "xml/value.h"

enum {
    MAX_MEMBERS = 65536, /* Of one entry; ipset's maxelem. */
};

void
nwfctl_set_prerequisites(struct ctl_context *ctx)
{
    ovsdb_idl_add_column(ctx->idl, &nwrec_address_set_col_name);
    ovsdb_idl_add_column(ctx->idl, &nwrec_address_set_col_type);
    ovsdb_idl_add_column(ctx->idl, &nwrec_address_set_col_entries);
}

static void
pre_set_destroy(struct ctl_context *ctx)
{
    nwfctl_set_prerequisites(ctx);
    ovsdb_idl_add_column(ctx->idl, &nwrec_filter_col_name);
    ovsdb_idl_add_column(ctx->idl, &nwrec_filter_col_xml);
    ovsdb_idl_add_column(ctx->idl, &nwrec_filter_col_compat);
}

const struct nwrec_address_set *
nwfctl_set_find(struct ctl_context *ctx, const char *name)
{
    const struct nwrec_address_set *row;

    NWREC_ADDRESS_SET_FOR_EACH (row, ctx->idl) {
        if (!strcmp(row->name, name)) {
            return row;
        }
    }
    return NULL;
}

struct nwfctl_set *
nwfctl_set_create(const struct nw_set_type *type)
{
    struct nwfctl_set *set = xmalloc(sizeof *set);

    set->type = type;
    sset_init(&set->members);
    return set;
}

void
nwfctl_sets_destroy(struct shash *sets)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, sets) {
        struct nwfctl_set *set = node->data;

        sset_destroy(&set->members);
    }
    shash_destroy_free_data(sets);
}

char *
nwfctl_set_check_name(const char *name)
{
    struct nw_value value;
    char *error = nw_value_parse(NW_T_IPSET, name, &value);
    char *message = error ? xasprintf("'%s' is %s", name, error) : NULL;

    free(error);
    return message;
}

static void
add_member(const struct nw_set_entry *entry, void *members)
{
    char *text = nw_set_entry_format(entry);

    sset_add(members, text);
    free(text);
}

char *
nwfctl_set_members(const struct nw_set_type *type, const char *text,
                   struct sset *members)
{
    struct nw_set_entry entry;
    char *error = nw_set_entry_parse(type, text, &entry);

    if (!error
        && !nw_set_entry_expand(&entry, MAX_MEMBERS, add_member, members)) {
        return xasprintf("'%s' would be more than %d entries of type %s; a "
                         "hash:net type holds networks",
                         text, MAX_MEMBERS, type->name);
    }
    return error;
}

void
nwfctl_set_write(const struct nwrec_address_set *row,
                 const struct sset *members)
{
    const char **array = sset_array(members);

    nwrec_address_set_set_entries(row, array, sset_count(members));
    free(array);
}

/* Finds the set that the command names and its type, and adds the members
 * that its other arguments stand for to 'members'.  Sets an error and returns
 * NULL if that fails. */
static const struct nwrec_address_set *
parse_members(struct ctl_context *ctx, struct sset *members)
{
    const char *name = ctx->argv[1];
    const struct nwrec_address_set *row = nwfctl_set_find(ctx, name);
    const struct nw_set_type *type;
    char *error;

    if (!row) {
        ctl_error(ctx, "no set named '%s'", name);
        return NULL;
    }
    type = nw_set_type_find(row->type, &error);
    for (int i = 2; !error && i < ctx->argc; i++) {
        error = nwfctl_set_members(type, ctx->argv[i], members);
    }
    if (error) {
        ctl_error(ctx, "set '%s': %s", name, error);
        free(error);
        return NULL;
    }
    return row;
}

static void
cmd_set_create(struct ctl_context *ctx)
{
    const char *name = ctx->argv[1], *type_name = ctx->argv[2];
    struct sset members = SSET_INITIALIZER(&members);
    const struct nwrec_address_set *row;
    const struct nw_set_type *type;
    char *error = nwfctl_set_check_name(name);

    if (error) {
        ctl_error(ctx, "%s", error);
        free(error);
        return;
    }
    type = nw_set_type_find(type_name, &error);
    for (int i = 3; !error && i < ctx->argc; i++) {
        error = nwfctl_set_members(type, ctx->argv[i], &members);
    }
    row = nwfctl_set_find(ctx, name);
    if (error) {
        ctl_error(ctx, "set '%s': %s", name, error);
    } else if (row && strcmp(row->type, type_name)) {
        ctl_error(ctx, "set '%s' already exists, with type %s", name,
                  row->type);
    } else if (row && !shash_find(&ctx->options, "--exist")) {
        ctl_error(ctx, "set '%s' already exists", name);
    } else {
        if (!row) {
            row = nwrec_address_set_insert(ctx->txn);
            nwrec_address_set_set_name(row, name);
            nwrec_address_set_set_type(row, type_name);
        } else {
            nwrec_address_set_verify_entries(row);
        }
        for (size_t i = 0; i < row->n_entries; i++) {
            sset_add(&members, row->entries[i]);
        }
        nwfctl_set_write(row, &members);
    }
    free(error);
    sset_destroy(&members);
}

/* Adds 'members' to the set, or deletes them from it.  Each member is a
 * mutation of its own (RFC 7047, 5.1), so that a large set need not be sent
 * and clients do not get into each other's way, unless another command of the
 * transaction has to see the result. */
static void
change_members(struct ctl_context *ctx, const struct nwrec_address_set *row,
               const struct sset *members, bool add)
{
    struct sset all = SSET_INITIALIZER(&all);
    const char *member;

    if (nwfctl_context_cast(ctx)->alone) {
        SSET_FOR_EACH (member, members) {
            if (add) {
                nwrec_address_set_update_entries_addvalue(row, member);
            } else {
                nwrec_address_set_update_entries_delvalue(row, member);
            }
        }
        return;
    }
    sset_add_array(&all, row->entries, row->n_entries);
    SSET_FOR_EACH (member, members) {
        if (add) {
            sset_add(&all, member);
        } else {
            sset_find_and_delete(&all, member);
        }
    }
    nwrec_address_set_verify_entries(row);
    nwfctl_set_write(row, &all);
    sset_destroy(&all);
}

/* Unless --exist: all members have to be in the set before they are deleted,
 * and none before they are added. */
static void
check_members(struct ctl_context *ctx, const struct nwrec_address_set *row,
              const struct sset *members, bool add)
{
    struct sset present = SSET_INITIALIZER(&present);
    const char *member;

    if (shash_find(&ctx->options, "--exist")) {
        return;
    }
    sset_add_array(&present, row->entries, row->n_entries);
    SSET_FOR_EACH (member, members) {
        if (sset_contains(&present, member) == add) {
            ctl_error(ctx, "set '%s' %s '%s'", row->name,
                      add ? "already has" : "does not have", member);
            break;
        }
    }
    sset_destroy(&present);
}

static void
add_or_delete(struct ctl_context *ctx, bool add)
{
    struct sset members = SSET_INITIALIZER(&members);
    const struct nwrec_address_set *row = parse_members(ctx, &members);

    if (row) {
        check_members(ctx, row, &members, add);
        if (!ctx->error) {
            change_members(ctx, row, &members, add);
        }
    }
    sset_destroy(&members);
}

static void
cmd_set_add(struct ctl_context *ctx)
{
    add_or_delete(ctx, true);
}

static void
cmd_set_del(struct ctl_context *ctx)
{
    add_or_delete(ctx, false);
}

static void
list_sets(struct ctl_context *ctx)
{
    struct shash sets = SHASH_INITIALIZER(&sets);
    const struct nwrec_address_set *row;
    const struct shash_node **nodes;
    struct text_table table;

    NWREC_ADDRESS_SET_FOR_EACH (row, ctx->idl) {
        shash_add(&sets, row->name, row);
    }
    text_table_init(&table, 3);
    text_table_add(&table, "Name");
    text_table_add(&table, "Type");
    text_table_add(&table, "Entries");
    nodes = shash_sort(&sets);
    for (size_t i = 0; i < shash_count(&sets); i++) {
        row = nodes[i]->data;
        text_table_add(&table, row->name);
        text_table_add(&table, row->type);
        text_table_addf(&table, "%" PRIuSIZE, row->n_entries);
    }
    text_table_format(&table, &ctx->output);
    text_table_uninit(&table);
    free(nodes);
    shash_destroy(&sets);
}

static void
cmd_set_list(struct ctl_context *ctx)
{
    const struct nwrec_address_set *row;

    if (ctx->argc == 1) {
        list_sets(ctx);
        return;
    }
    row = nwfctl_set_find(ctx, ctx->argv[1]);
    if (!row) {
        ctl_error(ctx, "no set named '%s'", ctx->argv[1]);
        return;
    }
    for (size_t i = 0; i < row->n_entries; i++) {
        ds_put_format(&ctx->output, "%s\n", row->entries[i]);
    }
}

static bool
filter_tests_set(const struct nw_filter *filter, const char *set)
{
    for (size_t i = 0; i < filter->n_entries; i++) {
        const struct nw_item *item;

        if (filter->entries[i].is_ref) {
            continue;
        }
        item = nw_rule_item(&filter->entries[i].rule, NW_A_IPSET);
        if (item && !item->is_variable && !strcmp(item->value.string, set)) {
            return true;
        }
    }
    return false;
}

static void
cmd_set_destroy(struct ctl_context *ctx)
{
    const char *name = ctx->argv[1];
    const struct nwrec_address_set *row = nwfctl_set_find(ctx, name);
    const struct nwrec_filter *user;
    struct catalog catalog;

    if (!row) {
        if (!shash_find(&ctx->options, "--if-exists")) {
            ctl_error(ctx, "no set named '%s'", name);
        }
        return;
    }
    catalog_init(&catalog);
    catalog_add_stored(&catalog, ctx->idl);
    NWREC_FILTER_FOR_EACH (user, ctx->idl) {
        const struct nw_filter *filter = catalog_find(user->name, &catalog);

        if (!ctx->error && filter && filter_tests_set(filter, name)) {
            ctl_error(ctx, "set '%s' is in use: filter '%s' tests it", name,
                      user->name);
        }
    }
    catalog_uninit(&catalog);
    if (!ctx->error) {
        nwrec_address_set_delete(row);
    }
}

const struct ctl_command_syntax nwfctl_set_commands[] = {
    { "set-create", 2, INT_MAX, "SET TYPE [ENTRY]...",
      nwfctl_set_prerequisites, cmd_set_create, NULL, "--exist", RW },
    { "set-add", 2, INT_MAX, "SET ENTRY...", nwfctl_set_prerequisites,
      cmd_set_add, NULL, "--exist", RW },
    { "set-del", 2, INT_MAX, "SET ENTRY...", nwfctl_set_prerequisites,
      cmd_set_del, NULL, "--exist", RW },
    { "set-list", 0, 1, "[SET]", nwfctl_set_prerequisites, cmd_set_list, NULL,
      "", RO },
    { "set-destroy", 1, 1, "SET", pre_set_destroy, cmd_set_destroy, NULL,
      "--if-exists", RW },
    { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO },
};
