/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

/* Filter documents: any bytes are refused with a message that has a line, or
 * give a filter of which some things always hold. */

#include "tests/fuzz/fuzz.h"
#include "xml/diag.h"
#include "xml/filter-graph.h"
#include "xml/filter.h"
#include "xml/lint.h"

/* A value's text is read back as the same value. */
static void
check_value(const struct nw_item *item)
{
    struct nw_value again;
    char *text = nw_value_format(&item->value);

    char *error = nw_field_parse(item->field, text, &again);
    require(!error);
    char *text2 = nw_value_format(&again);
    require(!strcmp(text, text2));
    free(text2);
    free(text);
}

/* A variable without a name is a lone '$'. */
static void
check_access(const struct nw_access *access)
{
    require(*access->name
            || (access->kind == NW_ACCESS_ITERATOR && !access->index));
}

static void
check_rule(const struct nw_rule *rule)
{
    require(rule->line > 0);
    require(rule->priority >= NW_PRIORITY_MIN
            && rule->priority <= NW_PRIORITY_MAX);
    for (size_t i = 0; i < rule->n_items; i++) {
        const struct nw_item *item = &rule->items[i];

        require(!i || rule->items[i - 1].field < item->field);
        require(nw_rule_item(rule, item->field->attr) == item);
        require(item->line >= rule->line);
        if (item->is_variable) {
            check_access(&item->access);
        } else {
            check_value(item);
        }
    }
    free(nw_rule_format(rule));
}

static const struct nw_filter *
lookup(const char *name, void *aux)
{
    const struct nw_filter *filter = aux;
    return strcmp(filter->name, name) ? NULL : filter;
}

/* Every warning has a line of the document and begins with an id. */
static void
check_lint(struct nw_filter *filter)
{
    const struct nw_lint_world world = { .lookup = lookup, .aux = filter };
    struct nw_diags diags = { 0 };

    nw_lint_filter(filter, &world, &diags);
    require(!diags.n_errors);
    for (size_t i = 0; i < diags.n; i++) {
        require(diags.items[i].line > 0);
        require(diags.items[i].text[0] == '[');
    }
    nw_diags_clear(&diags);
}

static void
check_filter(struct nw_filter *filter)
{
    require(*filter->name && strlen(filter->name) <= NW_FILTER_NAME_MAX);
    require(*filter->chain && strlen(filter->chain) <= NW_CHAIN_NAME_MAX);
    for (size_t i = 0; i < filter->n_entries; i++) {
        if (!filter->entries[i].is_ref) {
            check_rule(&filter->entries[i].rule);
        }
    }
    require(nw_filter_find_loop(filter, lookup, filter, NULL)
            == nw_filter_reaches(filter, filter->name, lookup, filter));
    check_lint(filter);
}

/* Entries that are there in both are the same. */
static void
check_same(const struct nw_filter *a, const struct nw_filter *b)
{
    require(a->n_entries == b->n_entries);
    for (size_t i = 0; i < a->n_entries; i++) {
        require(a->entries[i].is_ref == b->entries[i].is_ref);
        if (!a->entries[i].is_ref) {
            char *s = nw_rule_canonical(&a->entries[i].rule);
            char *t = nw_rule_canonical(&b->entries[i].rule);
            require(!strcmp(s, t));
            free(s);
            free(t);
        }
    }
}

static struct nw_filter *
parse(const uint8_t *data, size_t size, bool compat)
{
    struct nw_parse_options options = { .compat = compat };
    struct nw_diags diags = { 0 };
    struct nw_filter *filter;

    filter = nw_filter_parse((const char *) data, size, "f", &options, &diags);
    require(!filter == (diags.n_errors > 0));
    for (size_t i = 0; i < diags.n; i++) {
        require(diags.items[i].line > 0);
        require(strlen(diags.items[i].text) <= NW_DIAG_MAX);
    }
    nw_diags_clear(&diags);
    if (filter) {
        check_filter(filter);
    }
    return filter;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nw_filter *strict = parse(data, size, false);
    struct nw_filter *compat = parse(data, size, true);

    /* What is right is right with --compat, and means the same. */
    if (strict) {
        require(compat != NULL);
        check_same(strict, compat);
    }
    nw_filter_destroy(strict);
    nw_filter_destroy(compat);
    return 0;
}
