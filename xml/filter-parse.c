/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/filter.h"

#include <stdlib.h>
#include <string.h>

#include "xml/arena.h"
#include "xml/diag.h"
#include "xml/mem.h"
#include "xml/nearest.h"
#include "xml/parse-private.h"

/* The <filter> element and its children.  Rules are in filter-parse-rule.c. */

static void
parse_name(struct nw_parse *parse, const struct nw_xml_node *root,
           struct nw_filter *filter)
{
    const struct nw_xml_attr *name = nw_parse_required(parse, root, "name");

    if (name && nw_parse_filter_name(parse, name->line, name->value)) {
        filter->name = nw_arena_strdup(parse->arena, name->value);
    }
}

/* An empty chain or priority is the same as none. */
static void
parse_chain(struct nw_parse *parse, const struct nw_xml_node *root,
            struct nw_filter *filter)
{
    const struct nw_xml_attr *chain = nw_xml_attr(root, "chain");
    const struct nw_xml_attr *priority = nw_xml_attr(root, "priority");
    char clip[NW_CLIP_SIZE];
    int value = 0;
    char *error;

    filter->chain = "root";
    if (chain && !*chain->value) {
        chain = NULL;
    }
    if (chain && !nw_chain_check(chain->value, &filter->priority, &error)) {
        nw_parse_error(parse, chain->line, "the chain name '%s' %s",
                       nw_clip(clip, chain->value), error);
        free(error);
    } else if (chain) {
        filter->chain = nw_arena_strdup(parse->arena, chain->value);
    }

    if (!priority || !*priority->value) {
        if (chain && !strncmp(filter->chain, "stp", 3)) {
            nw_parse_warning(parse, chain->line,
                             "[D12] chain '%s' has priority %d here, but 0 in "
                             "libvirt",
                             filter->chain, filter->priority);
        }
    } else if (!nw_parse_priority(priority->value, &value)) {
        nw_parse_error(parse, priority->line,
                       "the filter's priority '%s' is not a number from %d "
                       "to %d",
                       nw_clip(clip, priority->value), NW_PRIORITY_MIN,
                       NW_PRIORITY_MAX);
    } else {
        filter->has_priority = chain != NULL;
        filter->priority = chain ? value : 0;
        if (!chain || (!strcmp(filter->chain, "root") && value)) {
            filter->idle_priority_line = priority->line;
        }
    }
}

static void
parse_uuid(struct nw_parse *parse, const struct nw_xml_node *node,
           struct nw_filter *filter)
{
    static const char *const known[] = { NULL };
    char uuid[NW_UUID_SIZE];
    char clip[NW_CLIP_SIZE];

    nw_parse_check_attrs(parse, node, known);
    for (const struct nw_xml_node *child = node->first_child; child;
         child = child->next) {
        nw_parse_unknown_element(parse, child, "uuid", NULL);
    }
    if (!node->text) {
        return;
    } else if (filter->uuid) {
        nw_parse_warning(parse, node->line, "a second <uuid> is ignored");
    } else if (!nw_parse_uuid(node->text, uuid)) {
        nw_parse_error(parse, node->text_line, "'%s' is not a UUID",
                       nw_clip(clip, node->text));
    } else {
        filter->uuid = nw_arena_strdup(parse->arena, uuid);
    }
}

static void
copy_params(struct nw_arena *arena, const struct nw_vars *vars,
            struct nw_filterref *ref)
{
    ref->n_params = vars->n;
    ref->params = nw_arena_alloc(arena, vars->n * sizeof *ref->params);
    for (size_t i = 0; i < vars->n; i++) {
        const struct nw_var *src = &vars->vars[i];
        struct nw_param *dst = &ref->params[i];

        dst->name = nw_arena_strdup(arena, src->name);
        dst->n_values = src->n_values;
        dst->values = nw_arena_alloc(arena,
                                     src->n_values * sizeof *dst->values);
        for (size_t j = 0; j < src->n_values; j++) {
            dst->values[j] = nw_arena_strdup(arena, src->values[j]);
        }
    }
}

static void
parse_ref(struct nw_parse *parse, const struct nw_xml_node *node,
          struct nw_filterref *ref)
{
    struct nw_vars params = NW_VARS_INITIALIZER;
    const char *name = nw_parse_filterref(parse, node, &params);

    ref->filter = nw_arena_strdup(parse->arena, name ? name : "");
    ref->line = node->line;
    copy_params(parse->arena, &params, ref);
    nw_vars_uninit(&params);
}

static void
parse_unknown(struct nw_parse *parse, const struct nw_xml_node *node)
{
    enum nw_protocol protocol;
    struct nw_nearest nearest;

    if (!node->foreign && nw_protocol_from_name(node->name, &protocol)) {
        nw_parse_deviation(parse, node->line, "D1", "it is ignored",
                           "<%s> stands in <filter>, but belongs in a <rule>",
                           node->name);
        return;
    }
    nw_nearest_init(&nearest, node->name);
    nw_nearest_add(&nearest, "rule");
    nw_nearest_add(&nearest, "filterref");
    nw_nearest_add(&nearest, "uuid");
    nw_parse_unknown_element(parse, node, "filter", nearest.best);
}

static void
parse_child(struct nw_parse *parse, const struct nw_xml_node *node,
            struct nw_filter *filter)
{
    struct nw_entry *entry = &filter->entries[filter->n_entries];

    if (node->foreign) {
        parse_unknown(parse, node);
    } else if (!strcmp(node->name, "rule")) {
        nw_parse_rule(parse, node, &entry->rule);
        filter->n_entries++;
    } else if (!strcmp(node->name, "filterref")) {
        entry->is_ref = true;
        parse_ref(parse, node, &entry->ref);
        filter->n_entries++;
    } else if (!strcmp(node->name, "uuid")) {
        parse_uuid(parse, node, filter);
    } else {
        parse_unknown(parse, node);
    }
}

static void
parse_filter(struct nw_parse *parse, const struct nw_xml_node *root,
             struct nw_filter *filter)
{
    static const char *const known[] = { "name", "chain", "priority", NULL };
    size_t n = 0;

    parse_name(parse, root, filter);
    parse_chain(parse, root, filter);
    nw_parse_check_attrs(parse, root, known);
    nw_parse_check_text(parse, root);

    for (const struct nw_xml_node *node = root->first_child; node;
         node = node->next) {
        n++;
    }
    filter->entries = nw_arena_alloc(parse->arena,
                                     n * sizeof *filter->entries);
    for (const struct nw_xml_node *node = root->first_child;
         node && !nw_parse_gave_up(parse); node = node->next) {
        parse_child(parse, node, filter);
    }
}

static struct nw_filter *
filter_create(const char *file)
{
    struct nw_arena *arena = nw_arena_create();
    struct nw_filter *filter = nw_arena_alloc(arena, sizeof *filter);

    filter->arena = arena;
    filter->file = file ? nw_arena_strdup(arena, file) : NULL;
    return filter;
}

struct nw_filter *
nw_filter_parse(const char *text, size_t size, const char *file,
                const struct nw_parse_options *options, struct nw_diags *diags)
{
    struct nw_arena *doc = nw_arena_create();
    struct nw_xml_node *root = nw_xml_parse(doc, text, size, file, diags);
    struct nw_filter *filter = NULL;

    if (root) {
        filter = filter_create(file);

        struct nw_parse parse = {
            .file = file,
            .diags = diags,
            .arena = filter->arena,
            .compat = options && options->compat,
        };
        if (nw_parse_check_root(&parse, root, "filter")) {
            parse_filter(&parse, root, filter);
        }
        if (parse.n_errors) {
            nw_filter_destroy(filter);
            filter = NULL;
        }
    }
    nw_arena_destroy(doc);
    return filter;
}
