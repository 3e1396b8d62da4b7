/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/filter-store.h"

#include <stdlib.h>
#include <string.h>

#include "controller/log-events.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "ovsdb/policy.h"
#include "util.h"
#include "xml/diag.h"
#include "xml/filter.h"

VLOG_DEFINE_THIS_MODULE(filter_store);

struct stored {
    struct nw_filter *filter; /* NULL if refused. */
    char *error;              /* Why, or NULL. */
    unsigned int log;         /* LOG_*. */
};

struct filter_store {
    struct shash filters; /* Name to "struct stored". */
};

struct filter_store *
filter_store_create(void)
{
    struct filter_store *store = xmalloc(sizeof *store);

    shash_init(&store->filters);
    return store;
}

static void
stored_destroy(struct stored *stored)
{
    if (stored) {
        nw_filter_destroy(stored->filter);
        free(stored->error);
        free(stored);
    }
}

void
filter_store_destroy(struct filter_store *store)
{
    if (store) {
        struct shash_node *node;

        SHASH_FOR_EACH (node, &store->filters) {
            stored_destroy(node->data);
        }
        shash_destroy(&store->filters);
        free(store);
    }
}

static struct stored *
parse(const struct policy_filter *row)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);
    struct nw_parse_options options = { .compat = row->compat };
    struct nw_diags diags = { .n = 0 };
    struct stored *stored = xmalloc(sizeof *stored);
    char *file = xasprintf("filter %s", row->name);

    stored->filter = nw_filter_parse(row->xml, strlen(row->xml), file,
                                     &options, &diags);
    stored->error = stored->filter ? NULL : nw_diags_first_error(&diags);
    if (stored->error) {
        VLOG_WARN_RL(&rl, "%s", stored->error);
    } else if (strcmp(stored->filter->name, row->name)) {
        stored->error = xasprintf("%s: the document's name is '%s'", file,
                                  stored->filter->name);
        nw_filter_destroy(stored->filter);
        stored->filter = NULL;
    }
    stored->log = 0;
    if (row->log && !log_events_parse(row->log, &stored->log)) {
        VLOG_WARN_RL(&rl, "%s: log is '%s', expected " LOG_EVENTS_SYNTAX, file,
                     row->log);
    }
    nw_diags_clear(&diags);
    free(file);
    return stored;
}

void
filter_store_put(struct filter_store *store, const char *name,
                 const struct policy_filter *row)
{
    stored_destroy(shash_find_and_delete(&store->filters, name));
    if (row) {
        shash_add(&store->filters, name, parse(row));
    }
}

const struct nw_filter *
filter_store_lookup(const char *name, void *store_)
{
    struct filter_store *store = store_;
    const struct stored *stored = shash_find_data(&store->filters, name);

    return stored ? stored->filter : NULL;
}

unsigned int
filter_store_log(const struct filter_store *store, const char *name)
{
    const struct stored *stored = shash_find_data(&store->filters, name);

    return stored ? stored->log : 0;
}

void
filter_store_for_each(const struct filter_store *store,
                      void (*cb)(const struct nw_filter *, void *aux),
                      void *aux)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &store->filters) {
        const struct stored *stored = node->data;

        if (stored->filter) {
            cb(stored->filter, aux);
        }
    }
}

const char *
filter_store_error(const struct filter_store *store, const char *name)
{
    const struct stored *stored = shash_find_data(&store->filters, name);

    return stored ? stored->error : NULL;
}
