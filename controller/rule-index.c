/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/rule-index.h"

#include <inttypes.h>
#include <stdlib.h>

#include "flows/flow.h"
#include "flows/pipeline.h"
#include "flows/ruleset.h"
#include "hash.h"
#include "openvswitch/hmap.h"
#include "util.h"
#include "xml/filter.h"

struct rule_index {
    struct hmap texts; /* Of struct rule_text. */
};

struct rule_text {
    struct hmap_node node; /* By hash of 'id'. */
    uint64_t id;
    char *text;
};

struct rule_index *
rule_index_create(void)
{
    struct rule_index *index = xmalloc(sizeof *index);

    hmap_init(&index->texts);
    return index;
}

void
rule_index_destroy(struct rule_index *index)
{
    struct rule_text *t;

    if (!index) {
        return;
    }
    HMAP_FOR_EACH_POP (t, node, &index->texts) {
        free(t->text);
        free(t);
    }
    hmap_destroy(&index->texts);
    free(index);
}

struct addition {
    struct rule_index *index;
    const struct nw_filter *filter;
};

static void
add_rule(const struct nw_rule *rule, uint64_t id, void *addition_)
{
    const struct addition *addition = addition_;
    struct rule_text *t = xmalloc(sizeof *t);
    char *text = nw_rule_format(rule);

    t->id = id;
    t->text = xasprintf("%s:%d: %s", addition->filter->file, rule->line, text);
    hmap_insert(&addition->index->texts, &t->node, hash_uint64(id));
    free(text);
}

void
rule_index_add(struct rule_index *index, const struct nw_filter *filter)
{
    struct addition addition = { index, filter };

    filter_rule_ids(filter, add_rule, &addition);
}

static char *
explain_rule(const struct rule_index *index, uint64_t id)
{
    const struct rule_text *t;

    HMAP_FOR_EACH_WITH_HASH (t, node, hash_uint64(id), &index->texts) {
        if (t->id == id) {
            return xstrdup(t->text);
        }
    }
    return NULL;
}

/* The purpose of a port's flow is the table that it is in. */
static char *
explain_port(uint64_t id)
{
    uint8_t table = id >> 32;
    uint16_t port = id;
    char buf[32];
    const char *name = pipeline_table_name(table, buf);

    switch (table) {
    case PL_T_FLOOD:
    case PL_T_FLOOD_CHUNK:
        return xstrdup("broadcast to the ports of a VLAN");
    case PL_T_PREDICATE:
        return xasprintf("addresses of port %" PRIu16, port);
    default:
        return xasprintf("port %" PRIu16 ", table %s", port,
                         name ? name : "unknown");
    }
}

static char *
explain_pipeline(uint64_t id)
{
    char buf[32];
    const char *name = pipeline_table_name(id >> 16, buf);

    return xasprintf("pipeline, table %s", name ? name : "unknown");
}

char *
rule_index_explain(const struct rule_index *index, uint64_t cookie)
{
    uint64_t id = cookie & PL_COOKIE_ID_MASK;

    if ((cookie & OF_COOKIE_MARK_MASK) != OF_COOKIE_MARK) {
        return NULL;
    }
    switch ((enum pipeline_cookie_kind) of_cookie_kind(cookie)) {
    case PL_K_RULE:
        return explain_rule(index, id);
    case PL_K_PIPELINE:
        return explain_pipeline(id);
    case PL_K_PORT:
        return explain_port(id);
    case PL_K_PROGRAM:
        return xasprintf("between the rules of program 0x%" PRIx32,
                         (uint32_t) id);
    case PL_K_LEARNED:
        return xstrdup("address learned by the switch");
    }
    return NULL;
}
