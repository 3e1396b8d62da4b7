/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl-shipped.h"

#include <stdlib.h>

#include "controller/document.h"
#include "controller/shipped.h"
#include "util.h"
#include "xml/diag.h"
#include "xml/filter.h"
#include "xml/lint.h"

void
shipped_init(struct shipped *shipped, bool wanted)
{
    shipped->folder = wanted ? shipped_folder() : NULL;
    shash_init(&shipped->filters);
}

void
shipped_uninit(struct shipped *shipped)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &shipped->filters) {
        nw_filter_destroy(node->data);
    }
    shash_destroy(&shipped->filters);
    free(shipped->folder);
}

/* A shipped filter that can not be read is one that is not there. */
static struct nw_filter *
read_shipped(const char *folder, const char *name)
{
    char *path = xasprintf("%s/%s.xml", folder, name);
    const struct nw_parse_options options = { .compat = false };
    struct nw_diags diags = { .n = 0 };
    struct nw_filter *filter = NULL;
    struct document document;
    char *error = document_read(path, &document);

    if (!error) {
        filter = nw_filter_parse(document.text, document.size, document.name,
                                 &options, &diags);
    }
    free(error);
    document_uninit(&document);
    nw_diags_clear(&diags);
    free(path);
    return filter;
}

const struct nw_filter *
shipped_find(struct shipped *shipped, const char *name)
{
    struct shash_node *node;

    if (!shipped->folder || !nw_filter_is_shipped(name)) {
        return NULL;
    }
    node = shash_find(&shipped->filters, name);
    if (!node) {
        node = shash_add(&shipped->filters, name,
                         read_shipped(shipped->folder, name));
    }
    return node->data;
}
