/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/expand.h"

#include <stdlib.h>

#include "flows/ruleset.h"
#include "openvswitch/dynamic-string.h"
#include "tests/unit/check.h"
#include "tests/unit/filters.h"

/* What a rule's variables become: "IP=10.0.0.1 PORT=80; ..." for each
 * combination, "*" for what a predicate decides. */

struct test {
    struct test_filters filters;
    struct ruleset rs;
    struct nw_vars vars;
    struct expand_uses uses;
    struct nw_diags diags;
    struct expansion expansion;
    bool ok;
};

/* 'rule' is the inside of a <rule> of filter "inner", which "top" refers to
 * with 'params'. */
static void
test_init(struct test *t, const char *rule, const char *params,
          const char *vars)
{
    char *inner = xasprintf("<filter name='inner'><rule action='drop' "
                            "direction='in'>%s</rule></filter>",
                            rule);
    char *top = xasprintf("<filter name='top'><filterref filter='inner'>%s"
                          "</filterref></filter>",
                          params);

    memset(t, 0, sizeof *t);
    filters_add(&t->filters, "i", inner);
    filters_add(&t->filters, "t", top);
    sset_init(&t->uses.at_port);
    sset_init(&t->uses.absent);
    sset_init(&t->uses.copied);
    sset_init(&t->uses.missing);
    vars_from_text(&t->vars, vars);
    CHECK(ruleset_init(&t->rs, filters_find("top", &t->filters), filters_find,
                       &t->filters, &t->diags));
    CHECK_INT(t->rs.n_rules, 1);
    t->ok = expand_init(&t->expansion, &t->rs.rules[0], &t->vars, &t->uses,
                        &t->diags);
    free(inner);
    free(top);
}

static void
test_uninit(struct test *t)
{
    expand_uninit(&t->expansion);
    sset_destroy(&t->uses.at_port);
    sset_destroy(&t->uses.absent);
    sset_destroy(&t->uses.copied);
    sset_destroy(&t->uses.missing);
    nw_vars_uninit(&t->vars);
    ruleset_uninit(&t->rs);
    nw_diags_clear(&t->diags);
    filters_clear(&t->filters);
}

static void
put_combination(const struct test *t, size_t i, struct nw_diags *diags,
                struct ds *s)
{
    const struct nw_rule *rule = t->rs.rules[0].rule;
    struct nw_value storage[EXPAND_MAX_ITEMS];
    const struct nw_value *values[EXPAND_MAX_ITEMS];

    if (!expand_values(&t->expansion, i, storage, values, diags)) {
        return;
    }
    for (size_t j = 0; j < rule->n_items; j++) {
        char *text = values[j] ? nw_value_format(values[j]) : xstrdup("*");

        ds_put_format(s, "%s%s=%s", j ? " " : "",
                      nw_attr_name(rule->items[j].field->attr), text);
        free(text);
    }
}

/* The combinations, or the messages. */
static char *
combinations(struct test *t)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; t->ok && i < t->expansion.n_combinations; i++) {
        ds_put_cstr(&s, i ? "; " : "");
        put_combination(t, i, &t->diags, &s);
    }
    if (t->diags.n) {
        ds_destroy(&s);
        return diags_steal(&t->diags);
    }
    return ds_steal_cstr(&s);
}

static char *
sset_to_string(const struct sset *set)
{
    const char **sorted = sset_sort(set);
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; sorted[i]; i++) {
        ds_put_format(&s, "%s%s", i ? " " : "", sorted[i]);
    }
    free(sorted);
    return ds_steal_cstr(&s);
}

static void
check_expand(const char *rule, const char *params, const char *vars,
             const char *expected, const char *file, int line)
{
    struct test t;

    test_init(&t, rule, params, vars);

    char *s = combinations(&t);

    check_str(s, expected, rule, file, line);
    free(s);
    test_uninit(&t);
}

#define CHECK_EXPAND(RULE, VARS, EXPECTED) \
    check_expand(RULE, "", VARS, EXPECTED, __FILE__, __LINE__)
#define CHECK_PARAMS(RULE, PARAMS, VARS, EXPECTED) \
    check_expand(RULE, PARAMS, VARS, EXPECTED, __FILE__, __LINE__)
#define PARAM(NAME, VALUE) "<parameter name='" NAME "' value='" VALUE "'/>"

/* $V and $V[@0] are one iterator: lists go side by side (reference 4.1). */
static void
test_parallel(void)
{
    CHECK_EXPAND("<tcp/>", "", "");
    CHECK_EXPAND("<tcp dstportstart='80'/>", "", "dstportstart=80");
    CHECK_EXPAND("<tcp dstportstart='$P'/>", "P=80,443",
                 "dstportstart=80; dstportstart=443");
    CHECK_EXPAND("<tcp srcportstart='$A' dstportstart='$B[@0]'/>",
                 "A=1,2,3 B=4,5,6",
                 "srcportstart=1 dstportstart=4; "
                 "srcportstart=2 dstportstart=5; "
                 "srcportstart=3 dstportstart=6");
    CHECK_EXPAND("<tcp srcportstart='$A[@3]' dstportstart='$B[@3]'/>",
                 "A=1,2 B=4,5",
                 "srcportstart=1 dstportstart=4; "
                 "srcportstart=2 dstportstart=5");
}

/* The iterator that comes first in the rule goes round fastest. */
static void
test_product(void)
{
    CHECK_EXPAND("<tcp srcportstart='$A' dstportstart='$B[@1]'/>",
                 "A=1,2 B=4,5",
                 "srcportstart=1 dstportstart=4; "
                 "srcportstart=2 dstportstart=4; "
                 "srcportstart=1 dstportstart=5; "
                 "srcportstart=2 dstportstart=5");
    CHECK_EXPAND("<tcp srcportstart='$A[@1]' srcportend='$A[@1]' "
                 "dstportstart='$A[@2]'/>",
                 "A=1,2",
                 "srcportstart=1 srcportend=1 dstportstart=1; "
                 "srcportstart=2 srcportend=2 dstportstart=1; "
                 "srcportstart=1 srcportend=1 dstportstart=2; "
                 "srcportstart=2 srcportend=2 dstportstart=2");
}

static void
test_duplicates(void)
{
    CHECK_EXPAND("<tcp dstportstart='$A'/>", "A=1,1,2,1",
                 "dstportstart=1; dstportstart=2");
    CHECK_EXPAND("<tcp srcportstart='$A' dstportstart='$B'/>",
                 "A=1,2,1 B=7,8,7",
                 "srcportstart=1 dstportstart=7; "
                 "srcportstart=2 dstportstart=8");
    CHECK_EXPAND("<tcp srcportstart='$A' dstportstart='$B'/>",
                 "A=1,1,1 B=7,8,7",
                 "srcportstart=1 dstportstart=7; "
                 "srcportstart=1 dstportstart=8");
}

static void
test_elements(void)
{
    CHECK_EXPAND("<tcp dstportstart='$A[1]'/>", "A=1,2,3", "dstportstart=2");

    /* An element goes with every value of the lists. */
    CHECK_EXPAND("<tcp srcportstart='$A[2]' dstportstart='$A'/>", "A=1,2,3",
                 "srcportstart=3 dstportstart=1; "
                 "srcportstart=3 dstportstart=2; "
                 "srcportstart=3 dstportstart=3");
    CHECK_EXPAND("<tcp dstportstart='$A[3]'/>", "A=1,2,3",
                 "i:1: error: variable 'A[3]' has no value\n");
}

static void
test_errors(void)
{
    CHECK_EXPAND("<tcp srcportstart='$A' dstportstart='$B'/>", "A=1,2 B=3",
                 "i:1: error: variables that are used in parallel have lists "
                 "of different lengths: 'A' has 2 values, 'B' has 1\n");
    CHECK_EXPAND("<tcp srcipaddr='$IP' dstportstart='$P[@1]'/>", "",
                 "i:1: error: variable 'IP' has no value\n"
                 "i:1: error: variable 'P[@1]' has no value\n");

    /* D16: the value's type is that of the attribute. */
    CHECK_EXPAND(
        "<tcp dstportstart='$P'/>", "P=http",
        "i:1: error: [D16] dstportstart: value 'http' of variable 'P': "
        "not a number from 0 to 65535\n");
    CHECK_EXPAND("<ip dscp='$D'/>", "D=64",
                 "i:1: error: [D16] dscp: value '64' of variable 'D': "
                 "not a number from 0 to 63\n");
    CHECK_EXPAND("<vlan vlanid='$V'/>", "V=5000",
                 "i:1: error: [D16] vlanid: value '5000' of variable 'V': "
                 "not a number from 0 to 4095\n");
    CHECK_EXPAND(
        "<tcp srcipfrom='$F'/>", "F=1.2.3.4.5",
        "i:1: error: [D16] srcipfrom: value '1.2.3.4.5' of variable 'F': "
        "not an IPv4 address\n");
}

static void
test_too_many(void)
{
    struct ds vars = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&vars, "A=");
    for (int i = 0; i <= 100; i++) {
        ds_put_format(&vars, "%s%d", i ? "," : "", i);
    }
    CHECK_EXPAND("<tcp srcportstart='$A' dstportstart='$A[@1]'/>",
                 ds_cstr(&vars),
                 "i:1: error: the rule's variables have more than 10000 "
                 "combinations of values\n");
    ds_destroy(&vars);
}

/* "A=0,1,2,...", from 0 anew after each 'different' values. */
static char *
long_list(int different)
{
    struct ds vars = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&vars, "A=");
    for (int i = 0; i < 300000; i++) {
        ds_put_format(&vars, "%s%d", i ? "," : "", i % different);
    }
    return ds_steal_cstr(&vars);
}

/* So long that it would take minutes to compare each value with all others. */
static void
test_long_lists(void)
{
    char *many = long_list(100000), *few = long_list(3);

    CHECK_EXPAND("<tcp dstportstart='$A'/>", many,
                 "i:1: error: the rule's variables have more than 10000 "
                 "combinations of values\n");
    CHECK_EXPAND("<tcp dstportstart='$A'/>", few,
                 "dstportstart=0; dstportstart=1; dstportstart=2");
    free(many);
    free(few);
}

/* What the port gives wins over the filterref's; the whole list. */
static void
test_scope(void)
{
    CHECK_PARAMS("<tcp dstportstart='$P'/>", PARAM("P", "25"), "",
                 "dstportstart=25");
    CHECK_PARAMS("<tcp dstportstart='$P'/>", PARAM("P", "25"), "P=80,81",
                 "dstportstart=80; dstportstart=81");
    CHECK_PARAMS("<tcp srcipaddr='$IP'/>", PARAM("IP", "10.0.0.1"), "",
                 "srcipaddr=10.0.0.1");
}

/* Addresses that the port gives are left to a predicate, if nothing else is
 * in their group and their mask is a literal. */
static void
test_shared(void)
{
    CHECK_EXPAND("<tcp srcipaddr='$IP' dstportstart='80'/>",
                 "IP=10.0.0.1,10.0.0.2", "srcipaddr=* dstportstart=80");
    CHECK_EXPAND("<mac srcmacaddr='$MAC' srcmacmask='ff:0:0:0:0:0'/>",
                 "MAC=2:0:0:0:0:1",
                 "srcmacaddr=* "
                 "srcmacmask=ff:00:00:00:00:00");
    CHECK_EXPAND("<arp arpsrcmacaddr='$MAC' arpsrcipaddr='$IP'/>",
                 "MAC=2:0:0:0:0:1 IP=10.0.0.1",
                 "arpsrcmacaddr=* arpsrcipaddr=*");
    CHECK_EXPAND("<ip match='no' srcipaddr='$IP'/>", "IP=10.0.0.1,10.0.0.2",
                 "srcipaddr=*");

    /* A port in the same group: the pairs count. */
    CHECK_EXPAND("<tcp srcipaddr='$IP' dstportstart='$P'/>",
                 "IP=10.0.0.1,10.0.0.2 P=1,2",
                 "srcipaddr=10.0.0.1 dstportstart=1; "
                 "srcipaddr=10.0.0.2 dstportstart=2");
    CHECK_EXPAND("<tcp srcipaddr='$IP' dstportstart='$P[@1]'/>",
                 "IP=10.0.0.1,10.0.0.2 P=1,2",
                 "srcipaddr=* dstportstart=1; srcipaddr=* dstportstart=2");
    CHECK_EXPAND("<ip srcipaddr='$IP' srcipmask='$M[@1]'/>", "IP=10.0.0.1 M=8",
                 "srcipaddr=10.0.0.1 srcipmask=8");
    CHECK_EXPAND("<tcp srcipfrom='$IP'/>", "IP=10.0.0.1",
                 "srcipfrom=10.0.0.1");

    /* Two addresses, one negated: not one bit. */
    CHECK_EXPAND("<ip srcipaddr='$IP'/><ip match='no' dstipaddr='$IP'/>",
                 "IP=10.0.0.1,10.0.0.2",
                 "srcipaddr=10.0.0.1 dstipaddr=10.0.0.1; "
                 "srcipaddr=10.0.0.2 dstipaddr=10.0.0.2");
}

/* What the program's key is made of. */
static void
check_uses(const char *rule, const char *params, const char *vars,
           const char *expected)
{
    struct test t;

    test_init(&t, rule, params, vars);

    char *at_port = sset_to_string(&t.uses.at_port);
    char *absent = sset_to_string(&t.uses.absent);
    char *copied = sset_to_string(&t.uses.copied);
    char *missing = sset_to_string(&t.uses.missing);
    char *s = xasprintf("port: %s; absent: %s; copied: %s; missing: %s",
                        at_port, absent, copied, missing);

    CHECK_STR(s, expected);
    free(s);
    free(at_port);
    free(absent);
    free(copied);
    free(missing);
    test_uninit(&t);
}

static void
test_uses(void)
{
    check_uses("<tcp srcipaddr='$IP' dstportstart='$P[@1]'/>",
               PARAM("P", "80") PARAM("UNUSED", "1"), "IP=10.0.0.1 OTHER=2",
               "port: IP; absent: P; copied: ; missing: ");
    check_uses("<tcp srcipaddr='$IP' dstportstart='$P[@1]'/>", "",
               "IP=10.0.0.1 P=80",
               "port: IP P; absent: ; copied: P; missing: ");
    check_uses("<tcp srcipaddr='$IP' dstipaddr='$B[3]'/>", "", "B=10.0.0.1",
               "port: B; absent: IP; copied: B; missing: B[3] IP");
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_parallel);
    RUN(test_product);
    RUN(test_duplicates);
    RUN(test_elements);
    RUN(test_errors);
    RUN(test_too_many);
    RUN(test_long_lists);
    RUN(test_scope);
    RUN(test_shared);
    RUN(test_uses);
    return CHECK_RESULT();
}
