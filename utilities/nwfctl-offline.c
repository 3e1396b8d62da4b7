/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl-offline.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "utilities/nwfctl-filter.h"
#include "utilities/nwfctl-lint.h"
#include "utilities/nwfctl.h"
#include "xml/binding.h"
#include "xml/filter.h"
#include "xml/value.h"
#include "xml/vars.h"

static void
read_file(struct offline *offline, size_t i, const char *file, bool compat)
{
    struct nw_diags *diags = &offline->diags;
    struct document document;
    char *error = document_read(file, &document);

    if (error) {
        nw_error(diags, document.name, 0, "%s", error);
        free(error);
    } else if (offline->bindings
               && nw_document_is_binding(document.text, document.size)) {
        offline->bindings[i] = nw_binding_parse(document.text, document.size,
                                                document.name, diags);
    } else {
        offline->filters[i] = nwfctl_filter_parse(&document, compat, diags);
    }
    document_uninit(&document);
}

static void
read_files(struct offline *offline, size_t n, char **files, bool compat)
{
    catalog_init(&offline->catalog);
    offline->filters = xcalloc(n, sizeof *offline->filters);
    offline->n = n;
    for (size_t i = 0; i < n; i++) {
        read_file(offline, i, files[i], compat);

        const struct nw_filter *f = offline->filters[i];

        if (f) {
            catalog_add(&offline->catalog, f, &offline->diags);
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (offline->filters[i]) {
            catalog_check_loop(&offline->catalog, offline->filters[i],
                               &offline->diags);
        }
    }
}

void
offline_init(struct offline *offline, size_t n, char **files, bool compat)
{
    memset(offline, 0, sizeof *offline);
    read_files(offline, n, files, compat);
}

void
offline_init_all(struct offline *offline, size_t n, char **files, bool compat)
{
    memset(offline, 0, sizeof *offline);
    offline->bindings = xcalloc(n, sizeof *offline->bindings);
    read_files(offline, n, files, compat);
}

void
offline_uninit(struct offline *offline)
{
    catalog_uninit(&offline->catalog);
    for (size_t i = 0; i < offline->n; i++) {
        nw_filter_destroy(offline->filters[i]);
        nw_binding_destroy(offline->bindings ? offline->bindings[i] : NULL);
    }
    free(offline->filters);
    free(offline->bindings);
    nw_diags_clear(&offline->diags);
}

char *
offline_add_param(struct nw_vars *vars, const char *text)
{
    char *name = xstrdup(text);
    char *equals = strchr(name, '=');
    bool ok = false;

    if (equals) {
        *equals = '\0';
        ok = nw_vars_append_list(vars, name, equals + 1);
    }
    free(name);
    return ok ? NULL
              : xasprintf("'%s' is no parameter: expected "
                          "NAME=VALUE[,VALUE]...",
                          text);
}

char *
offline_set_mac(struct nw_vars *vars, const char *text)
{
    struct nw_value mac;
    char *error = nw_value_parse(NW_T_MAC, text, &mac);

    if (error) {
        char *message = xasprintf("'%s' is %s", text, error);

        free(error);
        return message;
    }
    nw_vars_set(vars, "MAC", text);
    return NULL;
}

static void
check_parameters(struct offline *offline, char **files)
{
    nwfctl_check_filters(&offline->catalog, offline->filters, offline->n, true,
                         &offline->diags);
    for (size_t i = 0; i < offline->n; i++) {
        if (offline->bindings[i]) {
            nwfctl_check_binding(&offline->catalog, offline->bindings[i],
                                 files[i], true, &offline->diags);
        }
    }
}

static int
check(const struct ctl_command *command)
{
    bool compat = shash_find(&command->options, "--compat");
    bool lint = !shash_find(&command->options, "--no-lint");
    struct offline offline;
    int status;

    offline_init_all(&offline, command->argc - 1, command->argv + 1, compat);
    if (!offline.diags.n_errors) {
        check_parameters(&offline, command->argv + 1);
    }
    if (lint && !offline.diags.n_errors) {
        nwfctl_lint(&offline.catalog, offline.filters, offline.n, true,
                    &offline.diags);
    }
    status = offline.diags.n_errors ? EXIT_FAILURE : EXIT_SUCCESS;
    nw_diags_print(&offline.diags, stderr);
    offline_uninit(&offline);
    return status;
}

int
nwfctl_run_offline(const struct ctl_command *command)
{
    return command->syntax == nwfctl_check_commands ? check(command)
                                                    : nwfctl_compile(command);
}

const struct ctl_command_syntax nwfctl_check_commands[] = {
    { "check", 1, INT_MAX, "FILE...", NULL, NULL, NULL, "--compat,--no-lint",
      RO },
    { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO },
};
