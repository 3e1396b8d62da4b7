/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/program.h"
#include "flows/rule-origin.h"

#include <stdlib.h>

#include "flows/flow.h"
#include "flows/pipeline.h"
#include "flows/predicate.h"
#include "packets.h"
#include "tests/unit/check.h"
#include "tests/unit/filters.h"
#include "tests/unit/flow-walk.h"

/* Programs: what they share, what they are named, what is refused. */

static struct program *
build(struct test_filters *fs, const char *vars_s, size_t max_flows,
      struct nw_diags *diags)
{
    struct program_limits limits = { .max_flows = max_flows };
    struct nw_vars vars;

    vars_from_text(&vars, vars_s);
    struct program *p = program_build(filters_find("top", fs), filters_find,
                                      fs, &vars, &limits, diags);
    nw_vars_uninit(&vars);
    CHECK_INT(program_is_ok(p), diags->n_errors == 0);
    return p;
}

/* A program that must compile. */
static struct program *
build_ok(struct test_filters *fs, const char *vars)
{
    struct nw_diags diags = { 0 };
    struct program *p = build(fs, vars, 0, &diags);

    if (diags.n) {
        char *s = diags_steal(&diags);

        CHECK_STR(s, "");
        free(s);
    }
    return p;
}

static bool
fits(const struct program *p, const char *vars_s)
{
    struct nw_vars vars;

    vars_from_text(&vars, vars_s);
    bool result = program_fits(p, &vars);
    nw_vars_uninit(&vars);
    return result;
}

static void
flows_of(const struct program *p, struct flow_set *set)
{
    flow_set_init(set);
    program_flows(p, program_default_id(p), set);
}

/* Number of flows of 'a' that are not in 'b'. */
static size_t
count_missing(const struct flow_set *a, const struct flow_set *b)
{
    const struct of_flow *flow;
    size_t n = 0;

    FLOW_SET_FOR_EACH (flow, a) {
        const struct of_flow *other = flow_set_find(b, flow);

        n += !other || !of_flow_same_value(flow, other);
    }
    return n;
}

#define RULE(ACTION, DIRECTION, ...)                                   \
    "<rule action='" ACTION "' direction='" DIRECTION "'>" __VA_ARGS__ \
    "</rule>\n"
#define TOP(...) "<filter name='top'>\n" __VA_ARGS__ "</filter>"

/* Two ports with other addresses: the same program; with other ports: not. */
static void
test_sharing(void)
{
    struct test_filters fs = { .n = 0 };
    struct flow_set a_flows, b_flows;

    filters_add(&fs, "t",
                TOP(RULE("accept", "in",
                         "<tcp srcipaddr='$IP' dstportstart='$PORT[@1]'/>")
                        RULE("drop", "out",
                             "<mac match='no' "
                             "srcmacaddr='$MAC'/>")));

    struct program *a = build_ok(&fs, "MAC=2:0:0:0:0:1 IP=10.0.0.1 PORT=22");
    struct program *b = build_ok(&fs, "MAC=2:0:0:0:0:2 PORT=22 "
                                      "IP=10.0.0.2,10.0.0.3 EXTRA=1");

    CHECK_STR(program_key(a), "top(IP,MAC,PORT=22)");
    CHECK_STR(program_key(b), program_key(a));
    CHECK_INT(program_default_id(a), program_default_id(b));
    flows_of(a, &a_flows);
    flows_of(b, &b_flows);
    CHECK(hmap_count(&a_flows.flows) > 8);
    CHECK_INT(count_missing(&a_flows, &b_flows), 0);
    CHECK_INT(count_missing(&b_flows, &a_flows), 0);
    flow_set_uninit(&a_flows);
    flow_set_uninit(&b_flows);

    CHECK(fits(a, "MAC=2:0:0:0:0:2 IP=10.9.9.9,10.8.8.8 PORT=22"));
    CHECK(!fits(a, "MAC=2:0:0:0:0:1 IP=10.0.0.1 PORT=23"));
    CHECK(!fits(a, "MAC=2:0:0:0:0:1 IP=10.0.0.1 PORT=22,22"));
    CHECK(!fits(a, "MAC=2:0:0:0:0:1 PORT=22"));
    CHECK(!fits(a, "IP=10.0.0.1 PORT=22"));
    program_destroy(a);
    program_destroy(b);

    a = build_ok(&fs, "MAC=2:0:0:0:0:1 IP=10.0.0.1 PORT=22,80");
    CHECK_STR(program_key(a), "top(IP,MAC,PORT=22;80)");
    program_destroy(a);
    filters_clear(&fs);
}

/* A value that a filterref gives is the filter's; the port's own wins. */
static void
test_parameters(void)
{
    struct test_filters fs = { .n = 0 };

    filters_add(&fs, "t",
                TOP("<filterref filter='in'>"
                    "<parameter name='IP' value='10.0.0.1'/>"
                    "</filterref>"));
    filters_add(&fs, "i",
                "<filter name='in'>" RULE(
                    "drop", "in", "<ip srcipaddr='$IP'/>") "</filter>");

    struct program *a = build_ok(&fs, "MAC=2:0:0:0:0:1");
    struct program *b = build_ok(&fs, "MAC=2:0:0:0:0:1 IP=10.0.0.2");

    CHECK_STR(program_key(a), "top()");
    CHECK_STR(program_key(b), "top(IP)");
    CHECK(program_default_id(a) != program_default_id(b));
    CHECK(fits(a, "MAC=2:0:0:0:0:9"));
    CHECK(!fits(a, "IP=10.0.0.1"));
    CHECK(!fits(b, "MAC=2:0:0:0:0:1"));
    CHECK(fits(b, "IP=10.0.0.1"));
    program_destroy(a);
    program_destroy(b);
    filters_clear(&fs);
}

/* An id depends on the key only: not on what the filter says, and it is the
 * same in every run and on every host. */
static void
test_ids(void)
{
    struct test_filters fs = { .n = 0 };

    filters_add(&fs, "t", TOP());
    struct program *a = build_ok(&fs, "MAC=2:0:0:0:0:1");

    filters_clear(&fs);
    filters_add(&fs, "t", TOP(RULE("drop", "inout", "<tcp/>")));
    struct program *b = build_ok(&fs, "MAC=2:0:0:0:0:2");

    CHECK_INT(program_default_id(a), program_default_id(b));
    CHECK_INT(program_default_id(a), 1259141318);
    CHECK(program_default_id(a) != 0);
    program_destroy(a);
    program_destroy(b);
    filters_clear(&fs);
}

static void
check_sset(const struct sset *set, const char *expected)
{
    const char **sorted = sset_sort(set);
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; sorted[i]; i++) {
        ds_put_format(&s, "%s%s", i ? " " : "", sorted[i]);
    }
    CHECK_STR(ds_cstr(&s), expected);
    ds_destroy(&s);
    free(sorted);
}

/* What a program that failed says about when to try again. */
static void
test_missing(void)
{
    struct test_filters fs = { .n = 0 };
    struct nw_diags diags = { 0 };

    filters_add(&fs, "t",
                TOP("<filterref filter='in'/>" RULE("drop", "out",
                                                    "<ip srcipaddr='$IP' "
                                                    "dstipaddr='$B[3]'/>")));
    filters_add(&fs, "i",
                "<filter name='in'>" RULE("drop", "in", "<tcp/>") "</filter>");

    struct program *p = build(&fs, "MAC=2:0:0:0:0:1 B=10.0.0.1", 0, &diags);

    CHECK(!program_is_ok(p));
    check_sset(program_missing(p), "B[3] IP");
    check_sset(program_filters(p), "in top");
    CHECK(fits(p, "MAC=2:0:0:0:0:2 B=10.0.0.1"));
    CHECK(!fits(p, "MAC=2:0:0:0:0:2 B=10.0.0.1,1.1.1.1"));
    CHECK(!fits(p, "MAC=2:0:0:0:0:2 B=10.0.0.1 IP=1.1.1.1"));

    char *s = diags_steal(&diags);

    CHECK_STR(s, "t:2: error: variable 'IP' has no value\n"
                 "t:2: error: variable 'B[3]' has no value\n");
    free(s);
    program_destroy(p);
    filters_clear(&fs);
}

/* Instantiation. */

static void
check_refused(const char *text, const char *expected)
{
    struct test_filters fs = { .n = 0 };
    struct nw_diags diags = { 0 };

    filters_add(&fs, "t", text);
    struct program *p = build(&fs, "MAC=2:0:0:0:0:1 P=7 Q=6 IP=10.0.0.1", 20,
                              &diags);
    char *s = diags_steal(&diags);

    CHECK(!program_is_ok(p));
    CHECK_STR(s, expected);
    free(s);
    program_destroy(p);
    filters_clear(&fs);
}

/* Each rule with match='no' is a lookup of its own. */
static void
test_too_many_lookups(void)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&s, "<filter name='top'>");
    for (int i = 1; i <= 1001; i++) {
        ds_put_format(&s,
                      "<rule action='drop' direction='in'>"
                      "<tcp match='no' srcportstart='%d'/></rule>",
                      i);
    }
    ds_put_cstr(&s, "</filter>");
    check_refused(ds_cstr(&s),
                  "t: error: filter 'top' needs more than 1000 lookups in a "
                  "row: too many rules with match='no', or chains with rules "
                  "that return\n");
    ds_destroy(&s);
}

static void
test_refused(void)
{
    check_refused(TOP("<filterref filter='gone'/>"),
                  "t:2: error: referenced filter 'gone' is missing\n");
    check_refused(TOP(RULE("continue", "in", "<tcp/>")),
                  "t:2: error: action 'continue' is for layer 2 rules only\n"
                  "t:2: error: action 'continue' is for layer 2 rules only"
                  "\n");
    check_refused(TOP(RULE("drop", "in",
                           "<tcp srcportstart='$P' srcportend='$Q'/>")),
                  "t:2: error: port range 7-6 is reversed\n"
                  "t:2: error: port range 7-6 is reversed\n");
    check_refused(
        TOP(RULE("drop", "in", "<ip protocol='$IP'/>")),
        "t:2: error: [D16] protocol: value '10.0.0.1' of variable 'IP': "
        "not an IP protocol (0 to 255 or a name such as tcp)\n");
    check_refused(TOP(RULE("drop", "in",
                           "<ip protocol='tcp' dstportstart='80'/>"
                           "<ip protocol='$P'/>")),
                  "t:2: error: ports of this protocol can not be matched in "
                  "Open vSwitch\n");
    check_refused(TOP(RULE("drop", "in",
                           "<tcp srcportstart='1' "
                           "srcportend='65534'/>")),
                  "t: error: filter 'top' would need 60 flows, more than the "
                  "20 allowed\n");
}

static void
test_too_many_bpdu_conditions(void)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&s, "<filter name='top'>\n");
    for (int i = 0; i < 30; i++) {
        ds_put_format(&s,
                      RULE("drop", "in", "<stp type='0' root-cost='%d'/>")
                          RULE("accept", "in", "<stp type='0' flags='2'/>"),
                      i);
    }
    ds_put_cstr(&s, "</filter>");
    check_refused(ds_cstr(&s),
                  "t:52: error: rules in direction 'in' ask for fields of "
                  "BPDUs in 31 ways, more than the 26 that can be told "
                  "apart\n");
    ds_destroy(&s);
}

/* Every rule is known by its id in the cookies; no flow is without origin. */
static void
test_origins(void)
{
    struct test_filters fs = { .n = 0 };
    const struct of_flow *flow;
    struct flow_set set;
    size_t n_rules = 0;

    filters_add(&fs, "t",
                TOP(RULE("drop", "in", "<tcp dstportstart='1'/>")
                        RULE("drop", "out",
                             "<ip match='no' "
                             "srcipaddr='$IP'/>")));

    struct program *p = build_ok(&fs, "IP=10.0.0.1");

    flows_of(p, &set);
    FLOW_SET_FOR_EACH (flow, &set) {
        uint64_t id = of_cookie_id(flow->cookie);
        const struct rule_origin *o = rule_origins_find(program_origins(p),
                                                        id);

        if (of_cookie_kind(flow->cookie) == PL_K_RULE) {
            if (CHECK(o != NULL)) {
                CHECK_STR(o->file, "t");
                CHECK_STR(o->text, o->line == 2
                                       ? "drop in tcp dstportstart=1"
                                       : "drop out ip srcipaddr!=$IP");
            }
            n_rules++;
        } else {
            CHECK_INT(of_cookie_kind(flow->cookie), PL_K_PROGRAM);
            CHECK_INT(id, program_default_id(p));
        }
    }
    CHECK_INT(n_rules, 3);
    CHECK(rule_origins_find(program_origins(p), 12345) == NULL);
    flow_set_uninit(&set);
    program_destroy(p);
    filters_clear(&fs);
}

/* All flows pass the check that comes before they are sent. */
/* The value that 'name' has in the rule, by way of its only filterref. */
static void
check_variable(const struct program *p, const struct rule_origin *o,
               const char *name, const char *port_vars, const char *value)
{
    struct nw_vars vars;

    if (port_vars) {
        vars_from_text(&vars, port_vars);
    }

    const struct nw_var *var = program_variable(p, o, name,
                                                port_vars ? &vars : NULL);

    CHECK_STR(var ? var->values[0] : NULL, value);
    if (port_vars) {
        nw_vars_uninit(&vars);
    }
}

/* A rule that the filter comes to in two ways, with two values. */
static void
test_ways(void)
{
    struct test_filters fs = { .n = 0 };

    filters_add(&fs, "t",
                TOP("<filterref filter='i'>"
                    "<parameter name='PORT' value='22'/></filterref>\n"
                    "<filterref filter='i'>"
                    "<parameter name='PORT' value='23'/></filterref>\n" RULE(
                        "drop", "in", "<tcp dstportstart='1'/>")));
    filters_add(
        &fs, "i",
        "<filter name='i'>" RULE("accept", "in",
                                 "<tcp srcipaddr='$IP' "
                                 "dstportstart='$PORT'/>") "</filter>");

    struct program *p = build_ok(&fs, "IP=10.0.0.1");
    const struct rule_origins *origins = program_origins(p);
    const struct rule_origin *first = origins->origins;

    CHECK_INT(origins->n, 3);
    first += !first->way[0]; /* Where the rule of the top filter may be. */
    const struct rule_origin *second = rule_origins_next(origins, first);
    if (CHECK(second != NULL)) {
        CHECK(rule_origins_find(origins, first->id) == first);
        CHECK(rule_origins_next(origins, second) == NULL);
        CHECK_STR(first->way, "t:2");
        CHECK_STR(second->way, "t:3");
        CHECK_INT(first->n_variables, 2);
        CHECK_STR(first->variables[0], "IP");
        check_variable(p, first, "PORT", NULL, "22");
        check_variable(p, second, "PORT", NULL, "23");
        /* Advances with $PORT, so it is a part of the program. */
        check_variable(p, first, "IP", NULL, "10.0.0.1");
        check_variable(p, first, "IP", "IP=10.0.0.2", "10.0.0.2");
        check_variable(p, first, "PORT", "IP=10.0.0.2", "22");
    }
    program_destroy(p);

    /* The port's own value wins, and is a part of the program. */
    p = build_ok(&fs, "IP=10.0.0.1 PORT=80");
    origins = program_origins(p);
    first = origins->origins + !origins->origins->way[0];
    check_variable(p, first, "PORT", NULL, "80");
    check_variable(p, first, "PORT", "IP=10.0.0.1 PORT=80", "80");
    program_destroy(p);
    filters_clear(&fs);
}

static void
test_flows_are_valid(void)
{
    struct test_filters fs = { .n = 0 };
    const struct of_flow *flow;
    struct flow_set set;

    filters_add(
        &fs, "t",
        TOP(RULE("accept", "in",
                 "<tcp flags='SYN/SYN' "
                 "dstportstart='1'/>")
                RULE("accept", "in", "<icmpv6 type='1' code='2'/>")
                    RULE("accept", "out",
                         "<sctp match='no' "
                         "srcportstart='9'/>")
                        RULE("drop", "inout", "<arp gratuitous='true'/>")
                            RULE("drop", "inout",
                                 "<vlan vlanid='7' "
                                 "encap-protocol='ipv6'/>")
                                RULE("drop", "inout",
                                     "<rarp opcode='3' "
                                     "arpsrcmacaddr='$MAC'/>")
                                    RULE("accept", "in",
                                         "<all dscp='9' state='RELATED'/>")));

    struct program *p = build_ok(&fs, "MAC=2:0:0:0:0:1");

    flows_of(p, &set);
    FLOW_SET_FOR_EACH (flow, &set) {
        char *error = of_flow_check(flow);

        CHECK_STR(error, NULL);
        free(error);
    }
    CHECK(program_needs(p) & 1u << PL_NEED_GRATUITOUS);
    flow_set_uninit(&set);
    program_destroy(p);
    filters_clear(&fs);
}

/* Changes. */

/* Number of flows that change when the filter's text does. */
static size_t
count_changed(const char *before, const char *after)
{
    struct test_filters fs = { .n = 0 };
    struct flow_set a_flows, b_flows;

    filters_add(&fs, "t", before);
    struct program *a = build_ok(&fs, "MAC=2:0:0:0:0:1");
    filters_add(&fs, "t", after);
    struct program *b = build_ok(&fs, "MAC=2:0:0:0:0:1");

    flows_of(a, &a_flows);
    flows_of(b, &b_flows);

    size_t n = count_missing(&a_flows, &b_flows)
               + count_missing(&b_flows, &a_flows);

    flow_set_uninit(&a_flows);
    flow_set_uninit(&b_flows);
    program_destroy(a);
    program_destroy(b);
    filters_clear(&fs);
    return n;
}

#define OPEN(PORT) RULE("accept", "inout", "<tcp dstportstart='" PORT "'/>")
#define REST                                                 \
    "<rule action='drop' direction='inout' priority='1000'>" \
    "<all/></rule>"

/* An edited rule changes its own flows: one for each direction. */
static void
test_edit(void)
{
    CHECK_INT(count_changed(TOP(OPEN("22") OPEN("80") OPEN("443") REST),
                            TOP(OPEN("22") OPEN("80") OPEN("443") REST)),
              0);
    CHECK_INT(count_changed(TOP(OPEN("22") OPEN("443") REST),
                            TOP(OPEN("22") OPEN("80") OPEN("443") REST)),
              2);
    CHECK_INT(count_changed(TOP(OPEN("22") OPEN("80") OPEN("443") REST),
                            TOP(OPEN("443") OPEN("22") OPEN("80") REST)),
              0);
    CHECK_INT(count_changed(TOP(OPEN("22") OPEN("80") OPEN("443") REST),
                            TOP("\n\n\n" OPEN("22") "<!-- x -->" OPEN("8080")
                                    OPEN("443") REST)),
              4);
}

/* Frames. */

/* "accept" or "drop" for a frame from the guest to "$IP port PORT". */
static const char *
fate(struct test_filters *fs, uint8_t protocol, uint16_t port)
{
    struct program *p = build_ok(fs, "MAC=2:0:0:0:0:1");
    struct flow_walk *w = xmalloc(sizeof *w);
    struct flow_set set;

    flows_of(p, &set);
    flow_walk_init(w, &set);
    w->stop[PL_T_OUT_CT] = true;
    w->flow.dl_type = htons(ETH_TYPE_IP);
    w->flow.nw_proto = protocol;
    w->flow.tp_dst = htons(port);
    w->flow.regs[PL_R_PROGRAM - MFF_REG0] = program_default_id(p);
    flow_walk_table(w, PL_T_OUT_ENTRY);

    const char *result = w->n_stops ? "accept" : "drop";

    free(w);
    flow_set_uninit(&set);
    program_destroy(p);
    return result;
}

/* The low half of the cookie of the rule whose text begins like that. */
static uint32_t
rule_number(const struct program *p, const char *text)
{
    const struct rule_origins *origins = program_origins(p);

    for (size_t i = 0; i < origins->n; i++) {
        if (!strncmp(origins->origins[i].text, text, strlen(text))) {
            return origins->origins[i].id;
        }
    }
    CHECK(false);
    return 0;
}

/* Goes on in 'table' up to 'stop'. */
static void
check_told(struct flow_walk *w, uint8_t table, uint8_t stop, uint32_t first,
           uint32_t second)
{
    memset(w->stop, 0, sizeof w->stop);
    w->stop[stop] = true;
    w->n_stops = 0;
    flow_walk_table(w, table);
    CHECK_INT(w->n_stops, 1);
    CHECK_INT(w->flow.regs[PL_R_ACCEPTED_BY[0] - MFF_REG0], first);
    CHECK_INT(w->flow.regs[PL_R_ACCEPTED_BY[1] - MFF_REG0], second);
}

/* What accepts says who it is, each layer for itself; what is left over in the
 * registers does not count. */
static void
test_telling(void)
{
    struct test_filters fs = { .n = 0 };

    filters_add(&fs, "t",
                TOP(RULE("accept", "inout",
                         "<ip protocol='udp' dstportstart='53'/>")
                        RULE("accept", "inout",
                             "<udp dstportstart='53' state='NONE'/>")
                            RULE("drop", "inout",
                                 "<mac match='no' srcmacaddr='$MAC'/>")));

    struct program *p = build_ok(&fs, "MAC=2:0:0:0:0:1");
    uint32_t l2 = rule_number(p, "accept inout ip ");
    uint32_t l3 = rule_number(p, "accept inout udp ");
    struct flow_walk *w = xmalloc(sizeof *w);
    struct flow_set set, plain;

    flow_set_init(&set);
    program_telling_flows(p, program_default_id(p), &set);
    flows_of(p, &plain);
    CHECK_INT(hmap_count(&set.flows), hmap_count(&plain.flows));

    for (int i = 0; i < 2; i++) {
        bool match = !i;

        flow_walk_init(w, &set);
        w->flow.dl_type = htons(ETH_TYPE_IP);
        w->flow.nw_proto = IPPROTO_UDP;
        w->flow.tp_src = w->flow.tp_dst = htons(match ? 53 : 54);
        w->flow.dl_src = (struct eth_addr) ETH_ADDR_C(02, 00, 00, 00, 00, 01);
        memset(w->flow.regs, 0xff, sizeof w->flow.regs);
        w->flow.regs[PL_R_PROGRAM - MFF_REG0] = program_default_id(p);
        if (match) {
            check_told(w, PL_T_OUT_ENTRY, PL_T_OUT_CT, l2, 0);
            check_told(w, PL_T_OUT_L3_ENTRY, PL_T_OUT_DONE, l2, l3);
            check_told(w, PL_T_IN_ENTRY, PL_T_IN_CT, 0, 0);
        } else {
            w->flow.regs[PL_R_ACCEPTED_BY[0] - MFF_REG0] = 0;
            check_told(w, PL_T_OUT_L3_ENTRY, PL_T_OUT_DONE, 0, 0);
            check_told(w, PL_T_IN_ENTRY, PL_T_IN_CT, 0, 0);
        }
        check_told(w, PL_T_IN_L3_ENTRY, PL_T_IN_L2_ENTRY, match ? l3 : 0, 0);
        if (match) {
            check_told(w, PL_T_IN_L2_ENTRY, PL_T_IN_DONE, l3, l2);
        }
    }
    free(w);
    flow_set_uninit(&set);
    flow_set_uninit(&plain);
    program_destroy(p);
    filters_clear(&fs);
}

#define IP_RULE(ACTION, PORT) \
    RULE(ACTION, "out", "<ip protocol='udp' dstportstart='" PORT "'/>")
#define LAST(ACTION) \
    "<rule action='" ACTION "' direction='out' priority='1000'/>"

/* Reference 2.3: what each action and the end of a list mean. */
static void
test_actions(void)
{
    struct test_filters fs = { .n = 0 };

    filters_add(&fs, "t",
                TOP("<filterref filter='c'/>" IP_RULE("drop", "4")
                        IP_RULE("return", "6") LAST("drop")));
    filters_add(
        &fs, "c",
        "<filter name='c' chain='ipv4' priority='-700'>" IP_RULE("accept", "1")
            IP_RULE("reject", "2") IP_RULE("continue", "2")
                IP_RULE("continue", "3") IP_RULE("return", "3")
                    IP_RULE("return", "4") IP_RULE("return", "6") "</filter>");

    CHECK_STR(fate(&fs, IPPROTO_UDP, 1), "accept");
    CHECK_STR(fate(&fs, IPPROTO_UDP, 2), "drop");
    CHECK_STR(fate(&fs, IPPROTO_UDP, 3), "drop");   /* Root's last rule. */
    CHECK_STR(fate(&fs, IPPROTO_UDP, 4), "drop");   /* Root's rule. */
    CHECK_STR(fate(&fs, IPPROTO_UDP, 5), "accept"); /* End of the chain. */
    CHECK_STR(fate(&fs, IPPROTO_UDP, 6), "accept"); /* Return in root. */
    CHECK_STR(fate(&fs, IPPROTO_TCP, 1), "accept");
    filters_clear(&fs);

    /* Nothing matches: accepted. */
    filters_add(&fs, "t", TOP(IP_RULE("drop", "4")));
    CHECK_STR(fate(&fs, IPPROTO_UDP, 4), "drop");
    CHECK_STR(fate(&fs, IPPROTO_UDP, 5), "accept");
    filters_clear(&fs);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_sharing);
    RUN(test_parameters);
    RUN(test_ids);
    RUN(test_missing);
    RUN(test_refused);
    RUN(test_too_many_lookups);
    RUN(test_too_many_bpdu_conditions);
    RUN(test_origins);
    RUN(test_ways);
    RUN(test_flows_are_valid);
    RUN(test_edit);
    RUN(test_telling);
    RUN(test_actions);
    return CHECK_RESULT();
}
