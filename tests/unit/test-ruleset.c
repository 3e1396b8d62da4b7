/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/ruleset.h"

#include <stdlib.h>

#include "flows/pipeline.h"
#include "openvswitch/dynamic-string.h"
#include "tests/unit/check.h"
#include "tests/unit/filters.h"

/* "LINE PRIORITY; ..." with the name of the filter before its line. */
static char *
ruleset_to_string(const struct ruleset *rs)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < rs->n_rules; i++) {
        const struct rs_rule *r = &rs->rules[i];

        ds_put_format(&s, "%s%s:%d %d", i ? "; " : "", r->filter->name,
                      r->rule->line, r->priority);
    }
    return ds_steal_cstr(&s);
}

/* The rules of "top", or the messages. */
static void
check_ruleset(struct test_filters *fs, const char *expected)
{
    struct nw_diags diags = { 0 };
    struct ruleset rs;
    bool ok = ruleset_init(&rs, filters_find("top", fs), filters_find, fs,
                           &diags);
    char *s = ok ? ruleset_to_string(&rs) : diags_steal(&diags);

    CHECK_STR(s, expected);
    CHECK_INT(diags.n, 0);
    free(s);
    ruleset_uninit(&rs);
    filters_clear(fs);
}

#define RULE(PRIORITY) \
    "<rule action='drop' direction='in' priority='" #PRIORITY "'/>\n"
#define REF(NAME) "<filterref filter='" NAME "'/>\n"

static void
test_order(void)
{
    struct test_filters fs = { .n = 0 };

    /* Priority, then the order of the document. */
    filters_add(&fs, "t",
                "<filter name='top'>\n" RULE(500) RULE(-3) RULE(500)
                    RULE(499) "</filter>");
    check_ruleset(&fs, "top:3 -3; top:5 499; top:2 500; top:4 500");

    /* Depth first, in the place of the reference. */
    filters_add(&fs, "t",
                "<filter name='top'>\n" RULE(1) REF("a") RULE(1)
                    REF("b") "</filter>");
    filters_add(&fs, "a", "<filter name='a'>\n" REF("b") RULE(1) "</filter>");
    filters_add(&fs, "b", "<filter name='b'>\n" RULE(1) "</filter>");
    check_ruleset(&fs, "top:2 1; b:2 1; a:3 1; top:4 1; b:2 1");
}

static void
test_chains(void)
{
    struct test_filters fs = { .n = 0 };

    /* Root before all others, whatever the priorities; a chain's rule is not
     * below its chain, but keeps its place. */
    filters_add(&fs, "t",
                "<filter name='top'>\n" REF("ip") REF("arp")
                    RULE(900) "</filter>");
    filters_add(&fs, "a",
                "<filter name='arp' chain='arp'>\n" RULE(-1000)
                    RULE(7) "</filter>");
    filters_add(&fs, "b",
                "<filter name='ip' chain='ipv4' priority='8'>\n" RULE(-999)
                    RULE(9) "</filter>");
    check_ruleset(&fs, "top:4 900; arp:2 -500; ip:2 8; arp:3 7; ip:3 9");
}

static void
test_errors(void)
{
    struct test_filters fs = { .n = 0 };

    filters_add(&fs, "t", "<filter name='top'>\n" REF("gone") "</filter>");
    check_ruleset(&fs, "t:2: error: referenced filter 'gone' is missing\n");

    filters_add(&fs, "t", "<filter name='top'>\n" REF("top") "</filter>");
    check_ruleset(&fs, "t:2: error: reference to 'top' makes a loop\n");

    filters_add(&fs, "t", "<filter name='top'>" REF("a") "</filter>");
    filters_add(&fs, "a", "<filter name='a'>" REF("b") "</filter>");
    filters_add(&fs, "b", "<filter name='b'>\n\n" REF("a") "</filter>");
    check_ruleset(&fs, "b:3: error: reference to 'a' makes a loop\n");
}

/* Each filter refers to the next one twice: 2^n rules. */
static void
test_too_many(void)
{
    struct test_filters fs = { .n = 0 };

    filters_add(&fs, "t", "<filter name='top'>" REF("f0") "</filter>");
    for (int i = 0; i < 30; i++) {
        char *text = xasprintf("<filter name='f%d'>"
                               "<filterref filter='f%d'/>"
                               "<filterref filter='f%d'/></filter>",
                               i, i + 1, i + 1);

        filters_add(&fs, "f", text);
        free(text);
    }
    filters_add(&fs, "l", "<filter name='f30'>" RULE(1) "</filter>");
    check_ruleset(&fs, "l:1: error: more than 100000 rules, counting those of "
                       "referenced filters\n");
}

/* The names of all filters, missing ones too, whether it succeeds or not. */
static void
test_filters(void)
{
    struct test_filters fs = { .n = 0 };
    struct nw_diags diags = { 0 };
    struct ruleset rs;

    filters_add(&fs, "t", "<filter name='top'>" REF("a") REF("b") "</filter>");
    filters_add(&fs, "a", "<filter name='a'>" RULE(1) "</filter>");
    CHECK(!ruleset_init(&rs, filters_find("top", &fs), filters_find, &fs,
                        &diags));
    CHECK_INT(sset_count(&rs.filters), 3);
    CHECK(sset_contains(&rs.filters, "top"));
    CHECK(sset_contains(&rs.filters, "a"));
    CHECK(sset_contains(&rs.filters, "b"));
    ruleset_uninit(&rs);
    nw_diags_clear(&diags);
    filters_clear(&fs);
}

#define PARAM(NAME, VALUE) "<parameter name='" NAME "' value='" VALUE "'/>"

/* "A=1,2" for the rule's variable of that name. */
static void
check_scope(const struct rs_rule *r, const char *name, const char *expected)
{
    const struct nw_var *var = nw_vars_find(r->scope, name);
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; var && i < var->n_values; i++) {
        ds_put_format(&s, "%s%s", i ? "," : "", var->values[i]);
    }
    CHECK_STR(ds_cstr(&s), expected);
    ds_destroy(&s);
}

/* Reference 4.2: the outermost value wins, the whole list; siblings do not
 * see each other's. */
static void
test_scopes(void)
{
    struct test_filters fs = { .n = 0 };
    struct nw_diags diags = { 0 };
    struct ruleset rs;

    filters_add(&fs, "t",
                "<filter name='top'>"
                "<filterref filter='mid'>" PARAM("A", "1")
                    PARAM("A", "2") "</filterref>"
                                    "<filterref filter='leaf'>" PARAM(
                                        "B", "9") "</filterref></filter>");
    filters_add(&fs, "m",
                "<filter name='mid'><filterref filter='leaf'>" PARAM("A", "3")
                    PARAM("C", "4") "</filterref></filter>");
    filters_add(&fs, "l", "<filter name='leaf'>" RULE(1) "</filter>");
    CHECK(ruleset_init(&rs, filters_find("top", &fs), filters_find, &fs,
                       &diags));
    if (CHECK_INT(rs.n_rules, 2)) {
        check_scope(&rs.rules[0], "A", "1,2");
        check_scope(&rs.rules[0], "B", "");
        check_scope(&rs.rules[0], "C", "4");
        check_scope(&rs.rules[1], "A", "");
        check_scope(&rs.rules[1], "B", "9");
    }
    ruleset_uninit(&rs);
    filters_clear(&fs);
}

/* Ids. */

#define MAX_IDS 16

struct id_list {
    uint64_t ids[MAX_IDS];
    size_t n;
};

static void
collect_id(const struct nw_rule *rule OVS_UNUSED, uint64_t id, void *list_)
{
    struct id_list *list = list_;

    ovs_assert(list->n < MAX_IDS);
    list->ids[list->n++] = id;
}

static struct id_list
ids_of(const char *text)
{
    struct test_filters fs = { .n = 0 };
    struct id_list list = { .n = 0 };

    filter_rule_ids(filters_add(&fs, "f", text), collect_id, &list);
    filters_clear(&fs);
    for (size_t i = 0; i < list.n; i++) {
        CHECK(list.ids[i] != 0);
        CHECK_INT(list.ids[i] & ~OF_COOKIE_ID_MASK, 0);
    }
    return list;
}

#define TCP(PORT, MORE)                              \
    "<rule action='accept' direction='in' " MORE ">" \
    "<tcp dstportstart='" PORT "'/></rule>"

/* An id depends on the filter's name and what the rule says, not on its line,
 * its comment or other rules. */
static void
test_ids(void)
{
    struct id_list a, b;

    a = ids_of("<filter name='f'>" TCP("22", "") TCP("80", "") "</filter>");
    b = ids_of("<filter name='f'>\n\n" TCP("443", "") "\n" TCP(
        "80", "") "<rule action='accept' direction='in'>"
                  "<tcp dstportstart='22' comment='x'/></rule></filter>");
    if (!CHECK_INT(a.n, 2) || !CHECK_INT(b.n, 3)) {
        return;
    }
    CHECK(a.ids[0] != a.ids[1]);
    CHECK(a.ids[0] == b.ids[2]);
    CHECK(a.ids[1] == b.ids[1]);

    b = ids_of("<filter name='g'>" TCP("22", "") "</filter>");
    CHECK(a.ids[0] != b.ids[0]);
    b = ids_of("<filter name='f'>" TCP("22", "priority='501'") "</filter>");
    CHECK(a.ids[0] != b.ids[0]);
    b = ids_of("<filter name='f'>" TCP("22", "statematch='0'") "</filter>");
    CHECK(a.ids[0] != b.ids[0]);
}

/* Equal rules are told apart by how many stand before. */
static void
test_equal_rules(void)
{
    struct id_list a, b;

    a = ids_of("<filter name='f'>" TCP("22", "") TCP("22", "") "</filter>");
    b = ids_of("<filter name='f'>" TCP("80", "") TCP("22", "") TCP("1", "")
                   TCP("22", "") "</filter>");
    if (CHECK_INT(a.n, 2) && CHECK_INT(b.n, 4)) {
        CHECK(a.ids[0] != a.ids[1]);
        CHECK(a.ids[0] == b.ids[1]);
        CHECK(a.ids[1] == b.ids[3]);
    }
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_order);
    RUN(test_chains);
    RUN(test_errors);
    RUN(test_too_many);
    RUN(test_filters);
    RUN(test_scopes);
    RUN(test_ids);
    RUN(test_equal_rules);
    return CHECK_RESULT();
}
