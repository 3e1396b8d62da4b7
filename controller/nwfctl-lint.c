/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/nwfctl-lint.h"

#include <stdlib.h>

#include "controller/document.h"
#include "controller/nwfctl-catalog.h"
#include "controller/nwfctl-filter.h"
#include "controller/shipped.h"
#include "openvswitch/shash.h"
#include "util.h"
#include "xml/diag.h"
#include "xml/filter.h"
#include "xml/lint.h"

struct world {
    struct catalog *catalog;
    char *folder;         /* Of the shipped filters, or NULL. */
    struct shash shipped; /* Of 'folder': struct nw_filter or NULL. */
};

/* A shipped filter that can not be read is one that is not there. */
static struct nw_filter *
read_shipped(const char *folder, const char *name)
{
    char *path = xasprintf("%s/%s.xml", folder, name);
    struct nw_diags diags = { .n = 0 };
    struct nw_filter *filter = NULL;
    struct document document;
    char *error = document_read(path, &document);

    if (!error) {
        filter = nwfctl_filter_parse(&document, false, &diags);
    }
    free(error);
    document_uninit(&document);
    nw_diags_clear(&diags);
    free(path);
    return filter;
}

static const struct nw_filter *
lookup(const char *name, void *world_)
{
    struct world *world = world_;
    const struct nw_filter *filter = catalog_find(name, world->catalog);
    struct shash_node *node;

    if (filter || !world->folder || !nw_filter_is_shipped(name)) {
        return filter;
    }
    node = shash_find(&world->shipped, name);
    if (!node) {
        node = shash_add(&world->shipped, name,
                         read_shipped(world->folder, name));
    }
    return node->data;
}

static bool
is_referenced(const char *name, void *world_)
{
    struct world *world = world_;

    return catalog_is_referenced(world->catalog, name);
}

void
nwfctl_lint(struct catalog *catalog, struct nw_filter **filters, size_t n,
            bool shipped, struct nw_diags *diags)
{
    struct world world = {
        .catalog = catalog,
        .folder = shipped ? shipped_folder() : NULL,
    };
    const struct nw_lint_world lint_world = {
        .lookup = lookup,
        .is_referenced = is_referenced,
        .aux = &world,
    };
    struct shash_node *node;

    shash_init(&world.shipped);
    for (size_t i = 0; i < n; i++) {
        if (filters[i]) {
            nw_lint_filter(filters[i], &lint_world, diags);
        }
    }
    SHASH_FOR_EACH (node, &world.shipped) {
        nw_filter_destroy(node->data);
    }
    shash_destroy(&world.shipped);
    free(world.folder);
}
