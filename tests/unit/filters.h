/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef TESTS_UNIT_FILTERS_H
#define TESTS_UNIT_FILTERS_H 1

/* Filters and parameters given as text, for tests of the compiler. */

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"
#include "xml/diag.h"
#include "xml/filter.h"
#include "xml/vars.h"

#define TEST_FILTERS_MAX 64

struct test_filters {
    struct nw_filter *filters[TEST_FILTERS_MAX];
    size_t n;
};

/* A document that is refused ends the program: the test is wrong.  Messages
 * about the filter name "NAME:LINE". */
static inline const struct nw_filter *
filters_add(struct test_filters *fs, const char *name, const char *text)
{
    struct nw_parse_options options = { .compat = false };
    struct nw_diags diags = { 0 };

    ovs_assert(fs->n < TEST_FILTERS_MAX);
    fs->filters[fs->n] = nw_filter_parse(text, strlen(text), name, &options,
                                         &diags);
    if (!fs->filters[fs->n]) {
        ovs_fatal(0, "%s: %s", text, nw_diags_first_error(&diags));
    }
    nw_diags_clear(&diags);
    return fs->filters[fs->n++];
}

/* A filter_lookup_func; the filter that was added last counts. */
static inline const struct nw_filter *
filters_find(const char *name, void *filters_)
{
    struct test_filters *fs = filters_;

    for (size_t i = fs->n; i-- > 0;) {
        if (!strcmp(fs->filters[i]->name, name)) {
            return fs->filters[i];
        }
    }
    return NULL;
}

static inline void
filters_clear(struct test_filters *fs)
{
    for (size_t i = 0; i < fs->n; i++) {
        nw_filter_destroy(fs->filters[i]);
    }
    fs->n = 0;
}

/* "MAC=02:00:00:00:00:01 IP=10.0.0.1,10.0.0.2" */
static inline void
vars_from_text(struct nw_vars *vars, const char *text)
{
    char *copy = xstrdup(text), *save = NULL;

    nw_vars_init(vars);
    for (char *word = strtok_r(copy, " ", &save); word;
         word = strtok_r(NULL, " ", &save)) {
        char *equals = strchr(word, '=');

        ovs_assert(equals);
        *equals = '\0';
        ovs_assert(nw_vars_append_list(vars, word, equals + 1));
    }
    free(copy);
}

/* The messages, one a line, which are taken out of 'diags'.  The caller frees
 * the string. */
static inline char *
diags_steal(struct nw_diags *diags)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < diags->n; i++) {
        char *line = nw_diag_format(&diags->items[i]);

        ds_put_format(&s, "%s\n", line);
        free(line);
    }
    nw_diags_clear(diags);
    return ds_steal_cstr(&s);
}

#endif /* tests/unit/filters.h */
