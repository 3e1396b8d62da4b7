/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include <stdio.h>

#include "tests/unit/check.h"
#include "xml/vars.h"

/* "A=1,2 B=3" */
static const char *
format(const struct nw_vars *vars, char *buf, size_t size)
{
    size_t n = 0;

    *buf = '\0';
    for (size_t i = 0; i < vars->n; i++) {
        n += snprintf(buf + n, size - n, "%s%s=", i ? " " : "",
                      vars->vars[i].name);
        for (size_t j = 0; j < vars->vars[i].n_values; j++) {
            n += snprintf(buf + n, size - n, "%s%s", j ? "," : "",
                          vars->vars[i].values[j]);
        }
    }
    return buf;
}

#define CHECK_VARS(VARS, EXPECTED) \
    CHECK_STR(format(VARS, (char[1000]){ 0 }, 1000), EXPECTED)

static void
test_append(void)
{
    struct nw_vars v = NW_VARS_INITIALIZER;

    CHECK_VARS(&v, "");
    nw_vars_append(&v, "IP", "10.0.0.1");
    nw_vars_append(&v, "DNS", "a");
    nw_vars_append(&v, "IP", "10.0.0.2");
    nw_vars_append(&v, "IP", "10.0.0.1");
    nw_vars_append(&v, "Z", "z");
    CHECK_VARS(&v, "DNS=a IP=10.0.0.1,10.0.0.2,10.0.0.1 Z=z");
    nw_vars_set(&v, "IP", nw_vars_find(&v, "IP")->values[1]);
    nw_vars_set(&v, "M", "m");
    CHECK_VARS(&v, "DNS=a IP=10.0.0.2 M=m Z=z");
    CHECK(!nw_vars_find(&v, "ip"));
    CHECK(!nw_vars_find(&v, ""));
    CHECK(!nw_vars_find(&v, "ZZ"));
    nw_vars_uninit(&v);
    CHECK_VARS(&v, "");
}

static void
test_lists(void)
{
    struct nw_vars v;

    nw_vars_init(&v);
    CHECK(nw_vars_append_list(&v, "A", "1"));
    CHECK(nw_vars_append_list(&v, "A", " 2 , 3,\t4\n"));
    CHECK(nw_vars_append_list(&v, "A_1", "10.0.0.0/8,fe80::1,a-b_c.D"));
    CHECK_VARS(&v, "A=1,2,3,4 A_1=10.0.0.0/8,fe80::1,a-b_c.D");

    CHECK(!nw_vars_append_list(&v, "A", ""));
    CHECK(!nw_vars_append_list(&v, "A", "5,"));
    CHECK(!nw_vars_append_list(&v, "A", ",5"));
    CHECK(!nw_vars_append_list(&v, "A", "5,,6"));
    CHECK(!nw_vars_append_list(&v, "A", "5 6"));
    CHECK(!nw_vars_append_list(&v, "A", "5,$6"));
    CHECK(!nw_vars_append_list(&v, "A", "\xc3\xa4"));
    CHECK(!nw_vars_append_list(&v, "", "5"));
    CHECK(!nw_vars_append_list(&v, "A-B", "5"));
    CHECK(!nw_vars_append_list(&v, "B", "5,'"));
    CHECK_VARS(&v, "A=1,2,3,4 A_1=10.0.0.0/8,fe80::1,a-b_c.D");
    nw_vars_uninit(&v);
}

static void
test_override(void)
{
    struct nw_vars inner, outer, copy;

    nw_vars_init(&inner);
    nw_vars_init(&outer);
    nw_vars_append_list(&inner, "A", "1,2,3");
    nw_vars_append_list(&inner, "B", "1");
    nw_vars_append_list(&outer, "A", "9");
    nw_vars_append_list(&outer, "C", "8,7");

    nw_vars_clone(&copy, &inner);
    CHECK(nw_vars_equal(&copy, &inner));
    nw_vars_override(&inner, &outer);
    CHECK_VARS(&inner, "A=9 B=1 C=8,7");
    CHECK_VARS(&outer, "A=9 C=8,7");
    CHECK_VARS(&copy, "A=1,2,3 B=1");
    nw_vars_override(&inner, &inner);
    CHECK_VARS(&inner, "A=9 B=1 C=8,7");

    nw_vars_uninit(&inner);
    nw_vars_uninit(&outer);
    nw_vars_uninit(&copy);
}

static void
test_equal(void)
{
    struct nw_vars a, b;

    nw_vars_init(&a);
    nw_vars_init(&b);
    CHECK(nw_vars_equal(&a, &b));
    nw_vars_append(&a, "A", "1");
    CHECK(!nw_vars_equal(&a, &b));
    nw_vars_append(&b, "B", "1");
    CHECK(!nw_vars_equal(&a, &b));
    nw_vars_append(&a, "B", "1");
    nw_vars_append(&b, "A", "1");
    CHECK(nw_vars_equal(&a, &b));
    nw_vars_append(&a, "B", "2");
    CHECK(!nw_vars_equal(&a, &b));
    nw_vars_append(&b, "B", "3");
    CHECK(!nw_vars_equal(&a, &b));
    nw_vars_uninit(&a);
    nw_vars_uninit(&b);
}

/* Many values, and many names in no order. */
static void
test_many(void)
{
    struct nw_vars v;
    char name[16];

    nw_vars_init(&v);
    for (int i = 0; i < 1000; i++) {
        snprintf(name, sizeof name, "V%d", i * 7919 % 1000);
        nw_vars_append(&v, name, "x");
        nw_vars_append(&v, "LIST", name);
    }
    CHECK_INT(v.n, 1001);
    CHECK_INT(nw_vars_find(&v, "LIST")->n_values, 1000);
    CHECK_STR(nw_vars_find(&v, "LIST")->values[1], "V919");
    for (size_t i = 1; i < v.n; i++) {
        CHECK(strcmp(v.vars[i - 1].name, v.vars[i].name) < 0);
    }
    nw_vars_uninit(&v);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_append);
    RUN(test_lists);
    RUN(test_override);
    RUN(test_equal);
    RUN(test_many);
    return CHECK_RESULT();
}
