/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/shash.h"
#include "ovsdb-idl.h"
#include "ovsdb/nwfilter-idl.h"
#include "util.h"
#include "utilities/nwfctl-set.h"
#include "xml/ipset.h"

/* The sets of a file as `ipset save' writes it. */
struct nwfctl_import {
    struct shash sets; /* Of struct nwfctl_set. */
};

void
nwfctl_import_destroy(struct nwfctl_import *import)
{
    if (import) {
        nwfctl_sets_destroy(&import->sets);
        free(import);
    }
}

/* Options of "create" that change what the set matches. */
static char *
check_create_options(char *words)
{
    char *save_ptr = NULL;

    for (char *word = strtok_r(words, " \t", &save_ptr); word;
         word = strtok_r(NULL, " \t", &save_ptr)) {
        const char *value;

        if (!strcmp(word, "netmask") || !strcmp(word, "bitmask")) {
            return xasprintf("sets with a %s are not supported", word);
        }
        if (!strcmp(word, "timeout")) {
            value = strtok_r(NULL, " \t", &save_ptr);
            if (!value || strcmp(value, "0")) {
                return xstrdup("sets with a timeout are not supported: their "
                               "entries would stay for ever");
            }
        }
    }
    return NULL;
}

/* "create NAME TYPE [OPTION [VALUE]]..." without its first word. */
static char *
import_create(struct nwfctl_import *import, char *line)
{
    char *save_ptr = NULL;
    const char *name = strtok_r(line, " \t", &save_ptr);
    const char *type_name = strtok_r(NULL, " \t", &save_ptr);
    const struct nw_set_type *type;
    char *error;

    if (!name || !type_name) {
        return xstrdup("expected 'create NAME TYPE'");
    }
    error = nwfctl_set_check_name(name);
    if (error) {
        return error;
    }
    type = nw_set_type_find(type_name, &error);
    if (!error) {
        error = check_create_options(save_ptr);
    }
    if (error) {
        return error;
    }
    if (shash_find(&import->sets, name)) {
        return xasprintf("set '%s' is created twice", name);
    }
    shash_add(&import->sets, name, nwfctl_set_create(type));
    return NULL;
}

/* "add NAME ENTRY" without its first word. */
static char *
import_add(struct nwfctl_import *import, char *line)
{
    char *entry = NULL;
    const char *name = strtok_r(line, " \t", &entry);
    struct nwfctl_set *set = name ? shash_find_data(&import->sets, name)
                                  : NULL;

    if (!name || !*entry) {
        return xstrdup("expected 'add NAME ENTRY'");
    }
    return set ? nwfctl_set_members(set->type, entry, &set->members)
               : xasprintf("no line before this one creates set '%s'", name);
}

static char *
import_line(struct nwfctl_import *import, char *line)
{
    char *rest = NULL;
    const char *word = strtok_r(line, " \t", &rest);

    if (!word || word[0] == '#' || !strcmp(word, "COMMIT")) {
        return NULL;
    } else if (!strcmp(word, "create")) {
        return import_create(import, rest);
    } else if (!strcmp(word, "add")) {
        return import_add(import, rest);
    } else {
        return xasprintf("'%s' is not understood: expected the 'create' and "
                         "'add' lines of `ipset save'",
                         word);
    }
}

static void
pre_set_import(struct ctl_context *ctx)
{
    struct nwfctl_input *input = nwfctl_context_cast(ctx)->input;
    struct document document;
    char *error = document_read(ctx->argc > 1 ? ctx->argv[1] : "-", &document);
    char *rest = document.text, *line;
    int null_line;

    nwfctl_set_prerequisites(ctx);
    if (error) {
        ctl_fatal("%s: %s", document.name, error);
    }
    null_line = document_null_line(&document);
    if (null_line) {
        nw_error(&input->diags, document.name, null_line, "a byte that is 0");
        rest = NULL;
    }
    input->import = xmalloc(sizeof *input->import);
    shash_init(&input->import->sets);
    for (int i = 1; (line = strsep(&rest, "\n")) != NULL; i++) {
        error = import_line(input->import, line);
        if (error) {
            nw_error(&input->diags, document.name, i, "%s", error);
            free(error);
        }
    }
    document_uninit(&document);
    nwfctl_input_report(&input->diags);
}

static void
import_set(struct ctl_context *ctx, const char *name,
           const struct nwfctl_set *set)
{
    const struct nwrec_address_set *row = nwfctl_set_find(ctx, name);
    bool replace = shash_find(&ctx->options, "--replace");
    struct sset members = SSET_INITIALIZER(&members);

    if (row && strcmp(row->type, set->type->name)) {
        ctl_error(ctx, "set '%s' already exists, with type %s", name,
                  row->type);
        return;
    }
    if (row && !replace && !shash_find(&ctx->options, "--exist")) {
        ctl_error(ctx,
                  "set '%s' already exists (--exist adds to it, "
                  "--replace replaces it)",
                  name);
        return;
    }
    sset_clone(&members, &set->members);
    if (!row) {
        row = nwrec_address_set_insert(ctx->txn);
        nwrec_address_set_set_name(row, name);
        nwrec_address_set_set_type(row, set->type->name);
    } else if (!replace) {
        sset_add_array(&members, row->entries, row->n_entries);
        nwrec_address_set_verify_entries(row);
    }
    nwfctl_set_write(row, &members);
    sset_destroy(&members);
}

static void
cmd_set_import(struct ctl_context *ctx)
{
    const struct nwfctl_import *import =
        nwfctl_context_cast(ctx)->input->import;
    const struct shash_node **nodes = shash_sort(&import->sets);

    for (size_t i = 0; i < shash_count(&import->sets) && !ctx->error; i++) {
        const struct nwfctl_set *set = nodes[i]->data;

        import_set(ctx, nodes[i]->name, set);
        ds_put_format(&ctx->output, "Set %s imported: %" PRIuSIZE " entries\n",
                      nodes[i]->name, sset_count(&set->members));
    }
    free(nodes);
}

const struct ctl_command_syntax nwfctl_import_commands[] = {
    { "set-import", 0, 1, "[FILE]", pre_set_import, cmd_set_import, NULL,
      "--exist,--replace", RW },
    { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO },
};
