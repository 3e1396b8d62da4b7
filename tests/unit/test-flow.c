/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/flow.h"

#include <malloc.h>
#include <stdlib.h>

#include "openvswitch/vlog.h"
#include "tests/unit/check.h"
#include "tests/unit/flow-text.h"
#include "util.h"

/* What the flow looks like once the switch has it. */
static void
check_format(const char *in, const char *out)
{
    struct of_flow *flow = flow_from_text(in);
    char *text = of_flow_to_string(flow);
    CHECK_STR(text, out);

    /* Formatting and reading again gives the same flow. */
    struct of_flow *again = flow_from_text(text);
    CHECK(of_flow_same_key(flow, again));
    CHECK(of_flow_same_value(flow, again));
    CHECK(!of_flow_compare(flow, again));

    flow->cookie = OF_COOKIE_MARK;
    char *error = of_flow_check(flow);
    CHECK_STR(error, NULL);
    free(error);

    of_flow_destroy(again);
    of_flow_destroy(flow);
    free(text);
}

static void
test_format(void)
{
    check_format("table=5,priority=100,cookie=0x4e57000000000001,"
                 "tcp,in_port=7,nw_src=10.0.0.0/8,tp_dst=80,"
                 "actions=resubmit(,12)",
                 "cookie=0x4e57000000000001, table=5, priority=100,"
                 "tcp,in_port=7,nw_src=10.0.0.0/8,tp_dst=80 "
                 "actions=resubmit(,12)");
    check_format("priority=0,actions=drop", "priority=0 actions=drop");
    check_format("table=7,conj_id=5,ip,actions=note:01.02.03.04.05.06,"
                 "conjunction(3,1/2)",
                 "table=7, conj_id=5,ip actions=note:01.02.03.04.05.06,"
                 "conjunction(3,1/2)");
}

/* The forms that Open vSwitch turns into others. */
static void
test_canonical(void)
{
    check_format("table=1,actions=load:0x5->NXM_NX_REG0[],goto_table:9",
                 "table=1, actions=set_field:0x5->reg0,goto_table:9");
    check_format("table=1,actions=load:0x5->NXM_NX_REG0[4..7]",
                 "table=1, actions=set_field:0x50/0xf0->reg0");
    check_format("table=1,ip,actions=ct(commit,zone=NXM_NX_REG13[0..15],"
                 "exec(load:0x1->NXM_NX_CT_MARK[0]))",
                 "table=1, ip actions=ct(commit,zone=NXM_NX_REG13[0..15],"
                 "exec(set_field:0x1/0x1->ct_mark))");
    check_format("table=1,dl_vlan=10,actions=strip_vlan,output:3",
                 "table=1, dl_vlan=10 actions=pop_vlan,output:3");
}

/* Bits outside of the mask do not count. */
static void
test_masked_key(void)
{
    struct match match;
    uint64_t stub[8];
    struct ofpbuf none = OFPBUF_STUB_INITIALIZER(stub);

    match_init_catchall(&match);
    match.flow.regs[3] = 0x1234;
    match.wc.masks.regs[3] = 0xff;
    struct of_flow *a = of_flow_create(1, 2, 3, &match, &none);
    match.flow.regs[3] = 0x5634;
    struct of_flow *b = of_flow_create(1, 2, 4, &match, &none);
    match.flow.regs[3] = 0x5635;
    struct of_flow *c = of_flow_create(1, 2, 3, &match, &none);

    CHECK(of_flow_same_key(a, b));
    CHECK(!of_flow_same_value(a, b));
    CHECK(!of_flow_same_key(a, c));
    CHECK(of_flow_compare(a, c) == -of_flow_compare(c, a));

    of_flow_destroy(a);
    of_flow_destroy(b);
    of_flow_destroy(c);
    ofpbuf_uninit(&none);
}

/* Memory that nobody wrote does not make equal flows differ. */
static void
check_deterministic(const char *text)
{
    mallopt(M_PERTURB, 0x55);
    struct of_flow *a = flow_from_text(text);
    mallopt(M_PERTURB, 0xaa);
    struct of_flow *b = flow_from_text(text);
    mallopt(M_PERTURB, 0);
    CHECK(of_flow_same_key(a, b));
    CHECK(of_flow_same_value(a, b));
    of_flow_destroy(a);
    of_flow_destroy(b);
}

static void
test_deterministic(void)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    check_deterministic("ip,actions=load:5->NXM_NX_REG0[],ct(commit,"
                        "exec(load:1->NXM_NX_CT_MARK[1])),set_queue:3,"
                        "set_field:02:00:00:00:00:01->eth_dst,output:1");
    ds_put_cstr(&s, "ip,actions=");
    for (int i = 1; i < 300; i++) {
        ds_put_format(&s, "load:%d->NXM_NX_REG0[0..15],output:%d,", i, i);
    }
    ds_put_cstr(&s, "output:1");
    check_deterministic(ds_cstr(&s));
    ds_destroy(&s);
}

static void
test_clone(void)
{
    struct of_flow *a = flow_from_text("table=3,ip,actions=output:1");
    struct of_flow *b = of_flow_clone(a);
    struct of_flow *ref = of_flow_ref(a);

    CHECK(ref == a);
    CHECK(a != b);
    CHECK(a->ofpacts != b->ofpacts);
    CHECK(of_flow_same_key(a, b) && of_flow_same_value(a, b));
    of_flow_destroy(a);
    CHECK_INT(ref->table, 3);
    of_flow_destroy(ref);
    of_flow_destroy(b);
    of_flow_destroy(NULL);
}

static void
check_refused(struct of_flow *flow, const char *part)
{
    char *error = of_flow_check(flow);
    if (!CHECK(error != NULL && strstr(error, part) != NULL)) {
        printf("# got: %s\n", error ? error : "no error");
    }
    free(error);
    of_flow_destroy(flow);
}

static void
test_check_match(void)
{
    struct match match;
    uint64_t stub[8];
    struct ofpbuf none = OFPBUF_STUB_INITIALIZER(stub);

    /* A TCP port without TCP: the encoder would leave it out. */
    match_init_catchall(&match);
    match_set_tp_dst(&match, htons(80));
    check_refused(of_flow_create(1, 1, OF_COOKIE_MARK, &match, &none),
                  "prerequisite");

    match_set_dl_type(&match, htons(0x800));
    check_refused(of_flow_create(1, 1, OF_COOKIE_MARK, &match, &none),
                  "prerequisite");

    match_set_nw_proto(&match, 6);
    struct of_flow *good = of_flow_create(1, 1, OF_COOKIE_MARK, &match, &none);
    char *error = of_flow_check(good);
    CHECK_STR(error, NULL);
    free(error);
    of_flow_destroy(good);
    ofpbuf_uninit(&none);
}

static void
test_check_actions(void)
{
    struct match match;
    struct ofpbuf ofpacts;

    /* Setting an IPv4 address needs an IPv4 match. */
    ofpbuf_init(&ofpacts, 0);
    union mf_value value = { .be32 = htonl(0x0a000001) };
    ofpact_put_set_field(&ofpacts, mf_from_id(MFF_IPV4_SRC), &value, NULL);
    match_init_catchall(&match);
    check_refused(of_flow_create(1, 1, OF_COOKIE_MARK, &match, &ofpacts),
                  "OFPB");

    /* goto_table backwards. */
    ofpbuf_clear(&ofpacts);
    ofpact_put_GOTO_TABLE(&ofpacts)->table_id = 1;
    check_refused(of_flow_create(1, 1, OF_COOKIE_MARK, &match, &ofpacts),
                  "OFPB");
    check_refused(of_flow_create(1, 1, 0x123, &match, &ofpacts), "cookie");
    check_refused(of_flow_create(255, 1, OF_COOKIE_MARK, &match, &ofpacts),
                  "table 255");
    ofpbuf_uninit(&ofpacts);
}

/* A FLOW_MOD can not be longer than 64 KiB. */
static void
test_check_size(void)
{
    struct match match;
    struct ofpbuf ofpacts;

    match_init_catchall(&match);
    ofpbuf_init(&ofpacts, 0);
    for (int i = 0; i < 5000; i++) {
        ofpact_put_OUTPUT(&ofpacts)->port = i % 1000 + 1;
    }
    check_refused(of_flow_create(1, 1, OF_COOKIE_MARK, &match, &ofpacts),
                  "bytes");
    ofpbuf_uninit(&ofpacts);
}

static void
test_encode(void)
{
    struct of_flow *flow = flow_from_text("table=3,priority=9,ip,"
                                          "cookie=0x4e57000000000007,"
                                          "actions=output:1");
    static const enum ofputil_protocol protocols[] = {
        OFPUTIL_P_OF13_OXM,
        OFPUTIL_P_OF14_OXM,
        OFPUTIL_P_OF15_OXM,
    };

    for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
        struct ofpbuf *add = of_flow_encode_add(flow, protocols[i]);
        struct ofpbuf *del = of_flow_encode_delete(flow, protocols[i]);
        struct ds s = DS_EMPTY_INITIALIZER;
        ofputil_flow_mod_format(&s, add->data, NULL, NULL, 0);
        CHECK_STR(ds_cstr(&s), " ADD table:3 priority=9,ip "
                               "cookie:0x4e57000000000007 actions=output:1");
        ds_clear(&s);
        ofputil_flow_mod_format(&s, del->data, NULL, NULL, 0);
        CHECK_STR(ds_cstr(&s), " DEL_STRICT table:3 priority=9,ip "
                               "cookie:0x4e57000000000000/0xffff000000000000 "
                               "actions=drop");
        ds_destroy(&s);
        ofpbuf_delete(add);
        ofpbuf_delete(del);
    }
    of_flow_destroy(flow);
}

static void
test_cookies(void)
{
    uint64_t cookie = of_cookie_make(3, 0x123456789ab);

    CHECK_INT(cookie, UINT64_C(0x4e573123456789ab));
    CHECK_INT(of_cookie_kind(cookie), 3);
    CHECK(of_cookie_is_managed(cookie));
    CHECK(!of_cookie_is_managed(of_cookie_make(OF_COOKIE_KIND_LEARNED, 1)));
    CHECK_INT(OF_COOKIE_LEARNED, UINT64_C(0x4e57f00000000000));
    CHECK(!of_cookie_is_managed(UINT64_C(0x4e58312345678900)));
    CHECK(!of_cookie_is_managed(0));
}

static void
test_set(void)
{
    struct flow_set set;
    flow_set_init(&set);

    struct of_flow *first = flow_from_text("table=1,ip,actions=drop");
    CHECK(flow_set_add(&set, first));
    CHECK(!flow_set_add(&set, flow_from_text("table=1,ip,actions=output:1")));
    CHECK(flow_set_add(&set, flow_from_text("table=2,ip,actions=drop")));
    CHECK_INT(hmap_count(&set.flows), 2);

    struct of_flow *key = flow_from_text("table=1,ip,actions=output:9");
    CHECK(flow_set_find(&set, key) == first);
    of_flow_destroy(key);

    size_t n = 0;
    struct of_flow *flow;
    FLOW_SET_FOR_EACH (flow, &set) {
        n++;
    }
    CHECK_INT(n, 2);
    flow_set_uninit(&set);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    RUN(test_format);
    RUN(test_canonical);
    RUN(test_masked_key);
    RUN(test_deterministic);
    RUN(test_clone);
    RUN(test_check_match);
    RUN(test_check_actions);
    RUN(test_check_size);
    RUN(test_encode);
    RUN(test_cookies);
    RUN(test_set);
    return CHECK_RESULT();
}
