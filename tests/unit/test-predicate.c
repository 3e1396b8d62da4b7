/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/predicate.h"

#include <stdlib.h>

#include "flows/flow.h"
#include "flows/pipeline.h"
#include "packets.h"
#include "tests/unit/check.h"
#include "tests/unit/filters.h"
#include "tests/unit/flow-walk.h"

#define PORT 9

static struct predicate_part
part(enum mf_field_id field, unsigned int prefix_len, enum nw_type type,
     enum nw_attr attr, const char *name)
{
    return (struct predicate_part){
        .field = field,
        .prefix_len = prefix_len,
        .type = type,
        .attr = attr,
        .name = xstrdup(name),
        .kind = NW_ACCESS_ITERATOR,
    };
}

static struct predicate_part
ip_src(const char *name, unsigned int prefix_len)
{
    return part(MFF_IPV4_SRC, prefix_len, NW_T_IPV4, NW_A_SRCIPADDR, name);
}

/* The predicate of one part, or of two. */
static struct predicate
make(uint16_t eth_type, struct predicate_part a)
{
    struct predicate p = {
        .eth_type = eth_type,
        .parts = { a },
        .n_parts = 1,
        .file = xstrdup("f"),
        .line = 3,
    };

    return p;
}

static void
add_part(struct predicate *p, struct predicate_part b)
{
    p->parts[p->n_parts++] = b;
}

/* Rows as text without what is the same in all, or the messages. */
static char *
rows(const struct predicate *p, const char *vars_s)
{
    struct nw_diags diags = { 0 };
    struct ds s = DS_EMPTY_INITIALIZER;
    struct of_flow *flow;
    struct flow_set set;
    struct nw_vars vars;

    vars_from_text(&vars, vars_s);
    flow_set_init(&set);
    bool ok = predicate_rows(p, PORT, &vars, &set, &diags);
    CHECK_INT(ok, diags.n_errors == 0);
    FLOW_SET_FOR_EACH (flow, &set) {
        char *text = of_flow_to_string(flow), *error = of_flow_check(flow);

        CHECK_STR(error, NULL);
        CHECK_INT(of_cookie_kind(flow->cookie), PL_K_PORT);
        CHECK_INT(flow->cookie & 0xffff, PORT);
        ds_put_format(&s, "%s\n", strstr(text, "priority"));
        free(error);
        free(text);
    }
    flow_set_uninit(&set);
    nw_vars_uninit(&vars);
    if (diags.n) {
        CHECK_STR(ds_cstr(&s), "");
        ds_destroy(&s);
        return diags_steal(&diags);
    }
    return ds_steal_cstr(&s);
}

static void
check_text(struct predicate p, const char *expected)
{
    predicate_finish(&p);
    CHECK_STR(p.text, expected);
    predicate_uninit(&p);
}

/* The text says all that the rows depend on. */
static void
test_text(void)
{
    struct predicate p;

    check_text(make(0,
                    part(MFF_ETH_SRC, 48, NW_T_MAC, NW_A_SRCMACADDR, "MAC")),
               "eth_src=$MAC");
    check_text(make(ETH_TYPE_IP, ip_src("IP", 32)), "0x800 ip_src=$IP");
    check_text(make(ETH_TYPE_IP, ip_src("IP", 24)), "0x800 ip_src=$IP/24");

    p = make(ETH_TYPE_IP, ip_src("IP", 32));
    p.negate = true;
    check_text(p, "!0x800 ip_src=$IP");

    p = make(ETH_TYPE_IP, ip_src("IP", 32));
    p.parts[0].kind = NW_ACCESS_ELEMENT;
    p.parts[0].index = 2;
    check_text(p, "0x800 ip_src=$IP[2]");

    p = make(ETH_TYPE_ARP,
             part(MFF_ARP_SHA, 48, NW_T_MAC, NW_A_ARPSRCMACADDR, "MAC"));
    add_part(&p, part(MFF_ARP_SPA, 32, NW_T_IPV4, NW_A_ARPSRCIPADDR, "IP"));
    check_text(p, "0x806 arp_sha=$MAC,arp_spa=$IP");
}

/* Rows. */

static void
check_rows(struct predicate p, const char *vars, size_t n_rows,
           const char *contained)
{
    char *s;
    size_t n = 0;

    predicate_finish(&p);
    s = rows(&p, vars);
    for (const char *q = s; (q = strchr(q, '\n')); q++) {
        n++;
    }
    CHECK_INT(n, n_rows);
    if (contained && !strstr(s, contained)) {
        CHECK_STR(s, contained);
    }
    free(s);
    predicate_uninit(&p);
}

static void
test_rows(void)
{
    struct predicate p;

    check_rows(make(ETH_TYPE_IP, ip_src("IP", 32)), "IP=10.0.0.1", 1,
               "reg14=0x9,nw_src=10.0.0.1 actions=set_field:0x1->reg9");
    check_rows(make(ETH_TYPE_IP, ip_src("IP", 32)), "IP=10.0.0.1,10.0.0.2", 2,
               "nw_src=10.0.0.2 ");
    check_rows(make(ETH_TYPE_IP, ip_src("IP", 8)), "IP=10.0.0.1,10.7.7.7", 1,
               "nw_src=10.0.0.0/8 ");
    check_rows(make(ETH_TYPE_IP, ip_src("IP", 0)), "IP=10.0.0.1", 1,
               "reg14=0x9 actions=");
    check_rows(make(0, part(MFF_ETH_DST, 25, NW_T_MAC, NW_A_DSTMACADDR, "M")),
               "M=1:0:5e:ff:1:2", 1,
               "dl_dst=01:00:5e:80:00:00/ff:ff:ff:80:00:00 ");
    check_rows(make(ETH_TYPE_IPV6,
                    part(MFF_IPV6_SRC, 70, NW_T_IPV6, NW_A_SRCIPADDR, "IP")),
               "IP=fd00::ffff:0:0:1", 1, "ipv6_src=fd00::fc00:0:0:0/70 ");

    /* Pairs, not a product. */
    p = make(ETH_TYPE_ARP,
             part(MFF_ARP_SHA, 48, NW_T_MAC, NW_A_ARPSRCMACADDR, "MAC"));
    add_part(&p, part(MFF_ARP_SPA, 32, NW_T_IPV4, NW_A_ARPSRCIPADDR, "IP"));
    check_rows(p, "MAC=2:0:0:0:0:1,2:0:0:0:0:2 IP=10.0.0.1,10.0.0.2", 2,
               "arp_spa=10.0.0.2,arp_sha=02:00:00:00:00:02 ");

    /* One element only. */
    p = make(ETH_TYPE_IP, ip_src("IP", 32));
    p.parts[0].kind = NW_ACCESS_ELEMENT;
    p.parts[0].index = 1;
    check_rows(p, "IP=10.0.0.1,10.0.0.2,10.0.0.3", 1, "nw_src=10.0.0.2 ");
}

/* match='no': every frame differs from one of two values. */
static void
test_negated(void)
{
    static const struct {
        const char *vars;
        unsigned int prefix_len;
        size_t n_rows;
    } cases[] = {
        { "IP=10.0.0.1", 32, 1 },          { "IP=10.0.0.1,10.0.0.2", 32, 0 },
        { "IP=10.0.0.1,10.0.0.1", 32, 1 }, { "IP=10.0.0.1,10.0.0.2", 24, 1 },
        { "IP=10.0.0.1,10.0.1.2", 24, 0 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct predicate p = make(ETH_TYPE_IP,
                                  ip_src("IP", cases[i].prefix_len));

        p.negate = true;
        check_rows(p, cases[i].vars, cases[i].n_rows, NULL);
    }
}

static void
check_error(struct predicate p, const char *vars, const char *expected)
{
    predicate_finish(&p);

    char *s = rows(&p, vars);

    CHECK_STR(s, expected);
    free(s);
    predicate_uninit(&p);
}

static void
test_errors(void)
{
    struct predicate p;

    check_error(make(ETH_TYPE_IP, ip_src("IP", 32)), "MAC=2:0:0:0:0:1",
                "f:3: error: variable 'IP' has no value\n");
    check_error(
        make(ETH_TYPE_IP, ip_src("IP", 32)), "IP=10.0.0.1,fd00::1",
        "f:3: error: [D16] srcipaddr: value 'fd00::1' of variable 'IP': "
        "not an IPv4 address\n");

    p = make(ETH_TYPE_IP, ip_src("IP", 32));
    p.parts[0].kind = NW_ACCESS_ELEMENT;
    p.parts[0].index = 1;
    check_error(p, "IP=10.0.0.1",
                "f:3: error: variable 'IP' has no element 1\n");

    p = make(ETH_TYPE_IP, ip_src("A", 32));
    add_part(&p, part(MFF_IPV4_DST, 32, NW_T_IPV4, NW_A_DSTIPADDR, "B"));
    check_error(p, "A=10.0.0.1 B=10.0.0.1,10.0.0.2",
                "f:3: error: variables that are used in parallel have lists "
                "of different lengths: 'A' has 1 values, 'B' has 2\n");
}

/* A row answers for its own port and predicate only. */
static void
test_lookup(void)
{
    struct predicate p = make(ETH_TYPE_IP, ip_src("IP", 32));
    struct nw_diags diags = { 0 };
    struct flow_walk *w = xmalloc(sizeof *w);
    struct flow_set set;
    struct nw_vars vars;

    predicate_finish(&p);
    vars_from_text(&vars, "IP=10.0.0.1");
    flow_set_init(&set);
    CHECK(predicate_rows(&p, PORT, &vars, &set, &diags));
    for (int i = 0; i < 16; i++) {
        flow_walk_init(w, &set);
        w->flow.dl_type = htons(i & 1 ? ETH_TYPE_IP : ETH_TYPE_ARP);
        w->flow.nw_src = htonl(i & 2 ? 0x0a000001 : 0x0a000002);
        w->flow.regs[PL_R_PORT - MFF_REG0] = i & 4 ? PORT : PORT + 1;
        w->flow.regs[PL_R_PRED - MFF_REG0] = i & 8 ? p.key : p.key + 1;
        flow_walk_table(w, PL_T_PREDICATE);
        CHECK_INT(w->flow.regs[PL_R_HIT - MFF_REG0], i == 15);
    }
    free(w);
    flow_set_uninit(&set);
    nw_vars_uninit(&vars);
    predicate_uninit(&p);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_text);
    RUN(test_rows);
    RUN(test_negated);
    RUN(test_errors);
    RUN(test_lookup);
    return CHECK_RESULT();
}
