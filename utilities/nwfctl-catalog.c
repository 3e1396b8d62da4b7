/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl-catalog.h"

#include <stdlib.h>
#include <string.h>

#include "ovsdb-idl.h"
#include "ovsdb/nwfilter-idl.h"
#include "sset.h"
#include "svec.h"
#include "util.h"
#include "xml/diag.h"
#include "xml/filter-graph.h"
#include "xml/filter.h"

void
catalog_init(struct catalog *catalog)
{
    shash_init(&catalog->fresh);
    shash_init(&catalog->rows);
    shash_init(&catalog->parsed);
}

void
catalog_uninit(struct catalog *catalog)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &catalog->parsed) {
        nw_filter_destroy(node->data);
    }
    shash_destroy(&catalog->parsed);
    shash_destroy(&catalog->rows);
    shash_destroy(&catalog->fresh);
}

bool
catalog_add(struct catalog *catalog, const struct nw_filter *filter,
            struct nw_diags *diags)
{
    const struct nw_filter *twin = shash_find_data(&catalog->fresh,
                                                   filter->name);

    if (twin) {
        nw_error(diags, filter->file, 1, "filter '%s' is also defined in %s",
                 filter->name, twin->file);
        return false;
    }
    shash_add(&catalog->fresh, filter->name, filter);
    return true;
}

void
catalog_add_stored(struct catalog *catalog, const struct ovsdb_idl *idl)
{
    const struct nwrec_filter *row;

    NWREC_FILTER_FOR_EACH (row, idl) {
        shash_add_once(&catalog->rows, row->name, row);
    }
}

bool
catalog_contains(const struct catalog *catalog, const char *name)
{
    return shash_find(&catalog->fresh, name)
           || shash_find(&catalog->rows, name);
}

/* What is wrong with a stored filter was said when it was defined. */
static struct nw_filter *
parse_row(const struct nwrec_filter *row)
{
    const struct nw_parse_options options = { .compat = row->compat };
    struct nw_diags diags = { 0 };
    struct nw_filter *filter;

    filter = nw_filter_parse(row->xml, strlen(row->xml), row->name, &options,
                             &diags);
    nw_diags_clear(&diags);
    return filter;
}

const struct nw_filter *
catalog_find(const char *name, void *catalog_)
{
    struct catalog *catalog = catalog_;
    const struct nw_filter *fresh = shash_find_data(&catalog->fresh, name);
    const struct nwrec_filter *row;
    struct shash_node *node;
    struct nw_filter *filter;

    if (fresh) {
        return fresh;
    }
    node = shash_find(&catalog->parsed, name);
    if (node) {
        return node->data;
    }
    row = shash_find_data(&catalog->rows, name);
    if (!row) {
        return NULL;
    }
    filter = parse_row(row);
    shash_add(&catalog->parsed, name, filter);
    return filter;
}

static bool
refers_to(const struct nw_filter *filter, const char *name)
{
    for (size_t i = 0; i < filter->n_entries; i++) {
        const struct nw_entry *entry = &filter->entries[i];

        if (entry->is_ref && !strcmp(entry->ref.filter, name)) {
            return true;
        }
    }
    return false;
}

/* Only what has the name in its text, which "&lt;" and the like may hide, is
 * worth parsing. */
static bool
row_refers_to(struct catalog *catalog, const struct nwrec_filter *row,
              const char *name)
{
    const struct nw_filter *filter;

    if (!strcmp(row->name, name)
        || (!strstr(row->xml, name) && !strchr(row->xml, '&'))
        || shash_find(&catalog->fresh, row->name)) {
        return false;
    }
    filter = catalog_find(row->name, catalog);
    return filter && refers_to(filter, name);
}

/* Adds the names of those that refer to 'name' to 'users', or returns at the
 * first one if that is NULL.  Returns true if there is one. */
static bool
find_users(struct catalog *catalog, const char *name, struct svec *users)
{
    const struct shash *const all[] = { &catalog->fresh, &catalog->rows };
    struct shash_node *node;
    bool found = false;

    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        SHASH_FOR_EACH (node, all[i]) {
            if (i ? row_refers_to(catalog, node->data, name)
                  : refers_to(node->data, name)) {
                if (!users) {
                    return true;
                }
                svec_add(users, node->name);
                found = true;
            }
        }
    }
    return found;
}

bool
catalog_is_referenced(struct catalog *catalog, const char *name)
{
    return find_users(catalog, name, NULL);
}

void
catalog_add_users(struct catalog *catalog, struct sset *names)
{
    struct svec todo = SVEC_EMPTY_INITIALIZER;
    const char *name;

    SSET_FOR_EACH (name, names) {
        svec_add(&todo, name);
    }
    for (size_t i = 0; i < todo.n; i++) {
        struct svec users = SVEC_EMPTY_INITIALIZER;

        find_users(catalog, todo.names[i], &users);
        for (size_t j = 0; j < users.n; j++) {
            if (sset_add(names, users.names[j])) {
                svec_add(&todo, users.names[j]);
            }
        }
        svec_destroy(&users);
    }
    svec_destroy(&todo);
}

/* The line of the reference by which 'filter' comes back to itself. */
static int
loop_line(struct catalog *catalog, const struct nw_filter *filter)
{
    for (size_t i = 0; i < filter->n_entries; i++) {
        const struct nw_entry *entry = &filter->entries[i];
        const struct nw_filter *target;

        if (!entry->is_ref) {
            continue;
        }
        target = catalog_find(entry->ref.filter, catalog);
        if (!strcmp(entry->ref.filter, filter->name)
            || (target
                && nw_filter_reaches(target, filter->name, catalog_find,
                                     catalog))) {
            return entry->ref.line;
        }
    }
    return 1;
}

void
catalog_check_loop(struct catalog *catalog, const struct nw_filter *filter,
                   struct nw_diags *diags)
{
    char *path;

    if (nw_filter_find_loop(filter, catalog_find, catalog, &path)) {
        nw_error(diags, filter->file, loop_line(catalog, filter),
                 "filter would introduce a loop: %s", path);
        free(path);
    }
}

void
catalog_check_references(const struct catalog *catalog,
                         const struct nw_filter *filter,
                         struct nw_diags *diags)
{
    for (size_t i = 0; i < filter->n_entries; i++) {
        const struct nw_entry *entry = &filter->entries[i];

        if (entry->is_ref && !catalog_contains(catalog, entry->ref.filter)) {
            nw_warning(diags, filter->file, entry->ref.line,
                       "referenced filter '%s' is not defined: no port can "
                       "use this filter until it is",
                       entry->ref.filter);
        }
    }
}
