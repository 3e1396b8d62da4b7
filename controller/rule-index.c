/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/rule-index.h"

#include <stdlib.h>

#include "controller/bridge.h"
#include "controller/filter-store.h"
#include "flows/ruleset.h"
#include "hash.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/hmap.h"
#include "openvswitch/shash.h"
#include "switch/rule-sums.h"
#include "switch/switch.h"
#include "util.h"
#include "xml/filter.h"

/* Sums of one bridge beyond which some are looked for that nobody needs. */
#define MANY_SUMS 10000

struct rule_index {
    struct hmap rules;              /* Contains "struct indexed_rule"s. */
    const struct nw_filter *filter; /* While it is being added. */
};

struct indexed_rule {
    struct hmap_node node; /* By 'id'. */
    uint64_t id;
    const struct nw_filter *filter;
    const struct nw_rule *rule;
};

static void
add_rule(const struct nw_rule *rule, uint64_t id, void *index_)
{
    struct rule_index *index = index_;
    struct indexed_rule *r = xmalloc(sizeof *r);

    r->id = id;
    r->filter = index->filter;
    r->rule = rule;
    hmap_insert(&index->rules, &r->node, hash_uint64(id));
}

static void
add_filter(const struct nw_filter *filter, void *index_)
{
    struct rule_index *index = index_;

    index->filter = filter;
    filter_rule_ids(filter, add_rule, index);
}

struct rule_index *
rule_index_create(const struct filter_store *filters)
{
    struct rule_index *index = xzalloc(sizeof *index);

    hmap_init(&index->rules);
    filter_store_for_each(filters, add_filter, index);
    return index;
}

void
rule_index_destroy(struct rule_index *index)
{
    if (index) {
        struct indexed_rule *r;

        HMAP_FOR_EACH_POP (r, node, &index->rules) {
            free(r);
        }
        hmap_destroy(&index->rules);
        free(index);
    }
}

static const struct indexed_rule *
find_rule(const struct rule_index *index, uint64_t id)
{
    const struct indexed_rule *r;

    HMAP_FOR_EACH_WITH_HASH (r, node, hash_uint64(id), &index->rules) {
        if (r->id == id) {
            return r;
        }
    }
    return NULL;
}

bool
rule_index_has(const struct rule_index *index, uint64_t id)
{
    return find_rule(index, id) != NULL;
}

bool
rule_index_explain(const struct rule_index *index, uint64_t id, struct ds *s)
{
    const struct indexed_rule *r = find_rule(index, id);

    if (r) {
        char *text = nw_rule_format(r->rule);

        ds_put_format(s, "%s:%d: %s", r->filter->file, r->rule->line, text);
        free(text);
    }
    return r != NULL;
}

static bool
has_rule(uint64_t id, const void *index)
{
    return rule_index_has(index, id);
}

void
rule_index_prune_sums(const struct shash *bridges,
                      const struct filter_store *filters)
{
    struct rule_index *index = NULL;
    struct shash_node *node;

    SHASH_FOR_EACH (node, bridges) {
        const struct bridge *bridge = node->data;
        struct rule_sums *sums = switch_rule_sums(bridge->session);

        if (rule_sums_count(sums) > MANY_SUMS) {
            if (!index) {
                index = rule_index_create(filters);
            }
            rule_sums_prune(sums, has_rule, index);
        }
    }
    rule_index_destroy(index);
}
