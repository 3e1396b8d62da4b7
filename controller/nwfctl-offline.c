/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/nwfctl.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/nwfctl-catalog.h"
#include "util.h"
#include "xml/filter.h"

/* Reads and parses the files.  '*filtersp' receives one element for each, NULL
 * if it is refused; the caller frees the array and the filters. */
static void
parse_files(size_t n, char **files, bool compat, struct nw_filter ***filtersp,
            struct nw_diags *diags)
{
    const struct nw_parse_options options = { .compat = compat };
    struct nw_filter **filters = xcalloc(n, sizeof *filters);

    for (size_t i = 0; i < n; i++) {
        struct document document;
        char *error = document_read(files[i], &document);

        if (error) {
            nw_error(diags, document.name, 0, "%s", error);
            free(error);
        } else {
            filters[i] = nw_filter_parse(document.text, document.size,
                                         document.name, &options, diags);
        }
        document_uninit(&document);
    }
    *filtersp = filters;
}

/* Checks that need all files: names and references.  A reference to a filter
 * that is in none of them is no mistake: the database may have it. */
static void
check_together(struct nw_filter **filters, size_t n, struct nw_diags *diags)
{
    struct catalog catalog;

    catalog_init(&catalog);
    for (size_t i = 0; i < n; i++) {
        if (filters[i] && !catalog_add(&catalog, filters[i])) {
            const struct nw_filter *twin = catalog_find(filters[i]->name,
                                                        &catalog);

            nw_error(diags, filters[i]->file, 1,
                     "filter '%s' is also defined "
                     "in %s",
                     twin->name, twin->file);
        }
    }
    for (size_t i = 0; i < n; i++) {
        if (filters[i]) {
            catalog_check_loop(&catalog, filters[i], diags);
        }
    }
    catalog_uninit(&catalog);
}

static int
check(const struct ctl_command *command)
{
    bool compat = shash_find(&command->options, "--compat");
    size_t n = command->argc - 1;
    struct nw_diags diags = { 0 };
    struct nw_filter **filters;
    int status;

    parse_files(n, command->argv + 1, compat, &filters, &diags);
    check_together(filters, n, &diags);
    status = diags.n_errors ? EXIT_FAILURE : EXIT_SUCCESS;
    nw_diags_print(&diags, stderr);

    nw_diags_clear(&diags);
    for (size_t i = 0; i < n; i++) {
        nw_filter_destroy(filters[i]);
    }
    free(filters);
    return status;
}

int
nwfctl_run_offline(const struct ctl_command *command)
{
    return check(command);
}

const struct ctl_command_syntax nwfctl_check_commands[] = {
    { "check", 1, INT_MAX, "FILE...", NULL, NULL, NULL, "--compat", RO },
    { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO },
};
