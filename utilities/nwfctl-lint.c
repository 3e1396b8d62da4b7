/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl-lint.h"

#include "utilities/nwfctl-catalog.h"
#include "utilities/nwfctl-shipped.h"
#include "xml/diag.h"
#include "xml/filter.h"
#include "xml/lint.h"
#include "xml/parameters.h"

struct world {
    struct catalog *catalog;
    struct shipped shipped;
};

static const struct nw_filter *
lookup(const char *name, void *world_)
{
    struct world *world = world_;
    const struct nw_filter *filter = catalog_find(name, world->catalog);

    return filter ? filter : shipped_find(&world->shipped, name);
}

static bool
is_referenced(const char *name, void *world_)
{
    struct world *world = world_;

    return catalog_is_referenced(world->catalog, name);
}

void
nwfctl_check_filters(struct catalog *catalog, struct nw_filter **filters,
                     size_t n, bool shipped, struct nw_diags *diags)
{
    struct world world = { .catalog = catalog };

    shipped_init(&world.shipped, shipped);
    for (size_t i = 0; i < n; i++) {
        if (filters[i]) {
            nw_filter_check_parameters(filters[i], lookup, &world, diags);
        }
    }
    shipped_uninit(&world.shipped);
}

void
nwfctl_check_binding(struct catalog *catalog, const struct nw_binding *binding,
                     const char *file, bool shipped, struct nw_diags *diags)
{
    struct world world = { .catalog = catalog };

    shipped_init(&world.shipped, shipped);
    nw_binding_check_parameters(binding, file, lookup, &world, diags);
    shipped_uninit(&world.shipped);
}

void
nwfctl_lint(struct catalog *catalog, struct nw_filter **filters, size_t n,
            bool shipped, struct nw_diags *diags)
{
    struct world world = { .catalog = catalog };
    const struct nw_lint_world lint_world = {
        .lookup = lookup,
        .is_referenced = is_referenced,
        .aux = &world,
    };

    shipped_init(&world.shipped, shipped);
    for (size_t i = 0; i < n; i++) {
        if (filters[i]) {
            nw_lint_filter(filters[i], &lint_world, diags);
        }
    }
    shipped_uninit(&world.shipped);
}
