/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/check.h"
#include "xml/diag.h"
#include "xml/filter-graph.h"
#include "xml/filter.h"
#include "xml/strbuf.h"

/* A set of filters. */
struct set {
    struct nw_filter **filters;
    size_t n;
    size_t n_lookups;
};

/* 'refs' are names with blanks between. */
static struct nw_filter *
make(const char *name, const char *refs)
{
    struct nw_strbuf s = { 0 };
    struct nw_diags diags = { 0 };

    nw_strbuf_printf(&s,
                     "<filter name='%s'>"
                     "<rule action='drop' direction='in'/>",
                     name);
    for (size_t n; *refs; refs += n + (refs[n] == ' ')) {
        n = strcspn(refs, " ");
        nw_strbuf_printf(&s, "<filterref filter='%.*s'/>", (int) n, refs);
    }
    nw_strbuf_puts(&s, "</filter>");

    struct nw_filter *filter = nw_filter_parse(s.s, s.len, "f", NULL, &diags);
    CHECK(filter != NULL);
    nw_diags_clear(&diags);
    free(s.s);
    return filter;
}

/* "a: b c" and so on, ended by NULL. */
static struct set
make_set(const char *const *lines)
{
    struct set set = { NULL, 0, 0 };
    char name[50];

    while (lines[set.n]) {
        set.n++;
    }
    set.filters = malloc(set.n * sizeof *set.filters);
    for (size_t i = 0; i < set.n; i++) {
        size_t n = strcspn(lines[i], ":");
        snprintf(name, sizeof name, "%.*s", (int) n, lines[i]);
        set.filters[i] = make(name,
                              lines[i] + n + 1 + (lines[i][n + 1] == ' '));
    }
    return set;
}

static void
set_uninit(struct set *set)
{
    for (size_t i = 0; i < set->n; i++) {
        nw_filter_destroy(set->filters[i]);
    }
    free(set->filters);
}

static const struct nw_filter *
lookup(const char *name, void *aux)
{
    struct set *set = aux;

    set->n_lookups++;
    for (size_t i = 0; i < set->n; i++) {
        if (!strcmp(set->filters[i]->name, name)) {
            return set->filters[i];
        }
    }
    return NULL;
}

/* Starts at the first filter of the set. */
static void
check_loop(const char *const *lines, const char *expected)
{
    struct set set = make_set(lines);
    char *path = NULL;

    CHECK_INT(nw_filter_find_loop(set.filters[0], lookup, &set, &path),
              expected != NULL);
    CHECK_STR(path, expected);
    CHECK_INT(nw_filter_find_loop(set.filters[0], lookup, &set, NULL),
              expected != NULL);
    free(path);
    set_uninit(&set);
}

#define LINES(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void
test_loops(void)
{
    check_loop(LINES("a: a"), "a -> a");
    check_loop(LINES("a: b", "b: a"), "a -> b -> a");
    check_loop(LINES("a: x b y", "b: c", "c: x y a"), "a -> b -> c -> a");
    check_loop(LINES("a: b", "b: c", "c: b"), "b -> c -> b");
    check_loop(LINES("a: b c", "b: d", "c: d", "d: c"), "d -> c -> d");
}

static void
test_no_loops(void)
{
    check_loop(LINES("a:"), NULL);
    check_loop(LINES("a: b b", "b: c", "c: x"), NULL);
    check_loop(LINES("a: b c", "b: d", "c: d", "d: e", "e:"), NULL);
    /* A loop that is not reached. */
    check_loop(LINES("a: b", "b:", "c: d", "d: c"), NULL);
}

/* The set still has the old definition of what is being defined. */
static void
test_new_definition(void)
{
    struct set set = make_set(LINES("a: x", "b: a"));
    struct nw_filter *new_a = make("a", "b");
    char *path;

    CHECK(nw_filter_find_loop(new_a, lookup, &set, &path));
    CHECK_STR(path, "a -> b -> a");
    free(path);
    nw_filter_destroy(new_a);

    set_uninit(&set);
    set = make_set(LINES("a: b", "b:"));
    new_a = make("a", "b");
    CHECK(!nw_filter_find_loop(new_a, lookup, &set, NULL));
    nw_filter_destroy(new_a);
    set_uninit(&set);
}

/* 'expected' has the letters, of all that filters here are called, that the
 * first one reaches. */
static void
check_reaches(const char *const *lines, const char *expected)
{
    struct set set = make_set(lines);

    for (const char *c = "abcdex"; *c; c++) {
        CHECK_INT(nw_filter_reaches(set.filters[0], (const char[]){ *c, '\0' },
                                    lookup, &set),
                  strchr(expected, *c) != NULL);
    }
    set_uninit(&set);
}

static void
test_reaches(void)
{
    check_reaches(LINES("a:"), "");
    check_reaches(LINES("a: c b", "b: d c", "c: d x", "d:", "e: a"), "bcdx");
    check_reaches(LINES("a: b", "b: a"), "ab");
    check_reaches(LINES("a: b", "b:", "z: a"), "b");
}

/* Each level refers twice to the next: a naive search would take 2^40 steps;
 * and a chain as long as no recursion would survive. */
static void
test_large(void)
{
    enum { LEVELS = 40, CHAIN = 3000 };
    char name[20], refs[40];
    struct set set = { malloc(CHAIN * sizeof(struct nw_filter *)), 0, 0 };

    for (int i = 0; i < LEVELS; i++) {
        snprintf(name, sizeof name, "l%d", i);
        snprintf(refs, sizeof refs, "l%d l%d", i + 1, i + 1);
        set.filters[set.n++] = make(name, refs);
    }
    CHECK(!nw_filter_find_loop(set.filters[0], lookup, &set, NULL));
    CHECK(set.n_lookups <= LEVELS);
    CHECK(nw_filter_reaches(set.filters[0], "l40", lookup, &set));
    for (size_t i = 0; i < set.n; i++) {
        nw_filter_destroy(set.filters[i]);
    }

    for (set.n = 0; set.n < CHAIN; set.n++) {
        snprintf(name, sizeof name, "c%zu", set.n);
        snprintf(refs, sizeof refs, "c%zu", (set.n + 1) % CHAIN);
        set.filters[set.n] = make(name, refs);
    }
    char *path;
    CHECK(nw_filter_find_loop(set.filters[0], lookup, &set, &path));
    CHECK(strlen(path) > CHAIN);
    free(path);
    set_uninit(&set);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_loops);
    RUN(test_no_loops);
    RUN(test_new_definition);
    RUN(test_reaches);
    RUN(test_large);
    return CHECK_RESULT();
}
