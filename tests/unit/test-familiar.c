/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "switch/familiar.h"

#include <stdlib.h>

#include "tests/unit/check.h"
#include "tests/unit/flow-text.h"
#include "util.h"

static bool
has(const struct familiar *f, int kind, const char *text)
{
    struct of_flow *flow = flow_from_text(text);
    struct flow_change change = { .kind = kind, .flow = flow };
    bool known = familiar_has(f, &change, 1);

    of_flow_destroy(flow);
    return known;
}

static void
add(struct familiar *f, const char *text)
{
    struct of_flow *flow = flow_from_text(text);
    struct flow_change change = { .flow = flow };

    familiar_add(f, &change, 1);
    of_flow_destroy(flow);
}

#define HAS(TEXT) has(f, FLOW_ADD, TEXT)

static void
test_kinds(void)
{
    struct familiar *f = familiar_create();

    CHECK(!HAS("table=3,reg1=1,actions=output:1"));
    add(f, "table=3,reg1=1,actions=set_field:1->reg2,output:1");
    CHECK(HAS("table=3,reg1=1,actions=set_field:1->reg2,output:1"));

    /* Other values, fewer actions or more of the same are no news. */
    CHECK(HAS("table=3,priority=7,reg1=9,actions=set_field:8->reg2,output:5"));
    CHECK(HAS("table=3,reg1=1,actions=output:1,output:2,output:3"));
    CHECK(has(f, FLOW_MODIFY, "table=3,reg1=2,actions=output:2"));

    /* Other tables, masks, fields, actions are. */
    CHECK(!HAS("table=4,reg1=1,actions=output:1"));
    CHECK(!HAS("table=3,reg1=1/1,actions=output:1"));
    CHECK(!HAS("table=3,reg2=1,actions=output:1"));
    CHECK(!HAS("table=3,reg1=1,actions=set_field:1->reg3"));
    CHECK(!HAS("table=3,reg1=1,actions=group:1"));
    add(f, "table=3,reg1=1,actions=group:1");
    CHECK(HAS("table=3,reg1=1,actions=group:1"));
    CHECK(!HAS("table=3,reg1=1,actions=group:2"));

    /* What is deleted was there. */
    CHECK(has(f, FLOW_DELETE, "table=9,ip,actions=drop"));

    familiar_clear(f);
    CHECK(!HAS("table=3,reg1=1,actions=output:1"));
    familiar_destroy(f);
    familiar_destroy(NULL);
}

/* A list of ports is as good as another one. */
static void
test_clone(void)
{
    struct familiar *f = familiar_create();

    add(f, "table=1,reg1=1,actions=clone(set_field:1->reg2,output:1)");
    CHECK(HAS("table=1,reg1=1,actions=clone(set_field:2->reg2,output:2),"
              "clone(set_field:3->reg2)"));
    CHECK(!HAS("table=1,reg1=1,actions=clone(set_field:1->reg3)"));
    CHECK(!HAS("table=1,reg1=1,actions=set_field:1->reg2"));
    familiar_destroy(f);
}

/* The flows that learn() makes have the port's number in their cookies. */
static void
test_learn(void)
{
    struct familiar *f = familiar_create();

    add(f, "table=1,reg1=1,actions=learn(table=5,cookie=1,NXM_NX_REG1[])");
    CHECK(HAS("table=1,reg1=2,actions=learn(table=5,cookie=2,NXM_NX_REG1[])"));
    CHECK(!HAS("table=1,reg1=2,actions=learn(table=6,cookie=2,"
               "NXM_NX_REG1[])"));
    familiar_destroy(f);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_kinds);
    RUN(test_clone);
    RUN(test_learn);
    return CHECK_RESULT();
}
