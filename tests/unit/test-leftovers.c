/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "switch/leftovers.h"

#include <stdlib.h>

#include "flows/flow-table.h"
#include "flows/pipeline.h"
#include "flows/port-config.h"
#include "flows/port-flows.h"
#include "flows/predicate.h"
#include "flows/program.h"
#include "flows/set-rows.h"
#include "flows/snoop-flows.h"
#include "packets.h"
#include "sset.h"
#include "tests/unit/check.h"
#include "tests/unit/filters.h"
#include "tests/unit/flow-text.h"

#define FILTER                                                              \
    "<filter name='f' chain='root'>\n"                                      \
    "<rule action='drop' direction='out' priority='10'>"                    \
    "<mac match='no' srcmacaddr='$MAC'/></rule>\n"                          \
    "<rule action='drop' direction='out' priority='20'>"                    \
    "<arp match='no' arpsrcipaddr='$IP'/></rule>\n"                         \
    "<rule action='drop' direction='in' priority='30'>"                     \
    "<arp gratuitous='true'/></rule>\n"                                     \
    "<rule action='accept' direction='in' priority='40' statematch='true'>" \
    "<tcp dstportstart='22' state='NEW,ESTABLISHED'/></rule>\n"             \
    "<rule action='drop' direction='inout' priority='1000'>"                \
    "<all/></rule>\n"                                                       \
    "</filter>"

struct lab {
    struct test_filters filters;
    struct program *program;
    struct flow_table *table;
    struct flow_set dump;
};

static void
lab_init(struct lab *lab)
{
    const struct program_limits limits = { .max_flows = 0 };
    struct nw_diags diags = { .n = 0 };
    struct nw_vars vars;

    memset(lab, 0, sizeof *lab);
    vars_from_text(&vars, "MAC=02:00:00:00:00:01 IP=10.0.0.1,10.0.0.2");
    lab->program = program_build(filters_add(&lab->filters, "f", FILTER),
                                 filters_find, &lab->filters, &vars, &limits,
                                 &diags);
    CHECK(program_is_ok(lab->program));
    CHECK_INT(diags.n_errors, 0);
    lab->table = flow_table_create();
    flow_set_init(&lab->dump);
    nw_diags_clear(&diags);
    nw_vars_uninit(&vars);
}

static void
lab_uninit(struct lab *lab)
{
    flow_set_uninit(&lab->dump);
    flow_table_destroy(lab->table);
    program_destroy(lab->program);
    filters_clear(&lab->filters);
}

static void
add_text(struct lab *lab, const char *text)
{
    CHECK(flow_set_add(&lab->dump, flow_from_text(text)));
}

static void
add_rows(const struct lab *lab, uint16_t port, const char *values,
         struct flow_set *set)
{
    const struct predicate *predicates;
    size_t n = program_predicates(lab->program, &predicates);
    struct nw_diags diags = { .n = 0 };
    struct nw_vars vars;

    vars_from_text(&vars, values);
    for (size_t i = 0; i < n; i++) {
        CHECK(predicate_rows(&predicates[i], port, &vars, set, &diags));
    }
    nw_diags_clear(&diags);
    nw_vars_uninit(&vars);
}

static void
check_same_set(const struct flow_set *a, const struct flow_set *b)
{
    const struct of_flow *flow;

    CHECK_INT(hmap_count(&a->flows), hmap_count(&b->flows));
    FLOW_SET_FOR_EACH (flow, a) {
        const struct of_flow *other = flow_set_find(b, flow);

        CHECK(other && of_flow_same_value(flow, other));
    }
}

static struct leftovers *
read_ports(const struct lab *lab, uint16_t first, uint16_t last)
{
    struct sset sets = SSET_INITIALIZER(&sets);
    struct leftovers *l = leftovers_create();

    sset_add(&sets, "web");
    sset_add(&sets, "other");

    for (uint16_t port = first; port <= last; port++) {
        leftovers_add_port(l, port);
    }
    leftovers_read(l, lab->table, &sets);
    sset_destroy(&sets);
    return l;
}

static const struct port_config port5 = {
    .ofport = 5,
    .access = true,
    .tag = 7,
    .filtered = true,
    .program = 99,
    .zone = 1234,
    .has_mac = true,
    .mac = ETH_ADDR_C(02, 00, 00, 00, 00, 01),
    .copies = SNOOP_COPY_DHCP_IN | SNOOP_HOLD_DHCP_IN,
};

/* Whatever is made for a port is read back. */
static void
test_round_trip(void)
{
    static const uint16_t trunks[] = { 0, 3, 4000 };
    struct port_config port6 = port5;
    struct flow_set rows5, rows6, program;
    struct lab lab;

    lab_init(&lab);
    port6.ofport = 6;
    port6.access = port6.has_mac = false;
    port6.copies = SNOOP_COPY_DHCP_OUT | SNOOP_COPY_DHCP_IN
                   | SNOOP_COPY_ND_OUT;
    port6.trunks = trunks;
    port6.n_trunks = ARRAY_SIZE(trunks);
    flow_set_init(&rows5);
    flow_set_init(&rows6);
    flow_set_init(&program);
    add_rows(&lab, 5, "MAC=02:00:00:00:00:01 IP=10.0.0.1,10.0.0.2", &rows5);
    add_rows(&lab, 6, "MAC=02:00:00:00:00:02 IP=10.0.0.3", &rows6);
    program_flows(lab.program, 99, &program);
    CHECK_INT(leftovers_needs(&program),
              1u << PL_NEED_GRATUITOUS | 1u << PL_NEED_ARP_NUMBERS);

    port_flows(&port5, &lab.dump);
    port_flows(&port6, &lab.dump);
    add_rows(&lab, 5, "MAC=02:00:00:00:00:01 IP=10.0.0.1,10.0.0.2", &lab.dump);
    add_rows(&lab, 6, "MAC=02:00:00:00:00:02 IP=10.0.0.3", &lab.dump);
    program_flows(lab.program, 99, &lab.dump);
    program_flows(lab.program, 100, &lab.dump);
    flow_table_set_all_installed(lab.table, &lab.dump);

    struct leftovers *l = read_ports(&lab, 5, 6);
    const struct leftover_port *p5 = leftovers_find_port(l, 5);
    const struct leftover_port *p6 = leftovers_find_port(l, 6);
    CHECK(p5 && p6);
    if (p5 && p6) {
        CHECK_INT(p5->program, 99);
        CHECK_INT(p5->zone, 1234);
        CHECK(p5->has_mac && eth_addr_equals(p5->mac, port5.mac));
        CHECK_INT(p6->program, 99);
        CHECK(!p6->has_mac);
        CHECK_INT(p5->copies, port5.copies);
        CHECK_INT(p6->copies, port6.copies);
        check_same_set(&p5->rows, &rows5);
        check_same_set(&p6->rows, &rows6);
    }
    CHECK(leftovers_find_program(l, 99) != NULL);
    if (leftovers_find_program(l, 99)) {
        check_same_set(leftovers_find_program(l, 99), &program);
    }
    CHECK(!leftovers_find_program(l, 100));
    CHECK(!leftovers_find_port(l, 7));
    leftovers_destroy(l);
    flow_set_uninit(&rows5);
    flow_set_uninit(&rows6);
    flow_set_uninit(&program);
    lab_uninit(&lab);
}

/* A copy under another number is what the compiler would have made. */
static void
test_renumber(void)
{
    struct flow_set one, two, copy, same;
    struct lab lab;

    lab_init(&lab);
    flow_set_init(&one);
    flow_set_init(&two);
    flow_set_init(&copy);
    flow_set_init(&same);
    program_flows(lab.program, 1, &one);
    program_flows(lab.program, 2, &two);
    leftovers_copy_program(&one, 2, &copy);
    leftovers_copy_program(&one, 1, &same);
    check_same_set(&copy, &two);
    check_same_set(&same, &one);
    flow_set_uninit(&one);
    flow_set_uninit(&two);
    flow_set_uninit(&copy);
    flow_set_uninit(&same);
    lab_uninit(&lab);
}

/* Reads port 5 from a switch with its flows and 'text'. */
static bool
has_port5(const struct port_config *config, const char *text)
{
    struct lab lab;

    lab_init(&lab);
    if (config) {
        port_flows(config, &lab.dump);
    }
    if (text) {
        add_text(&lab, text);
    }
    flow_table_set_all_installed(lab.table, &lab.dump);

    struct leftovers *l = read_ports(&lab, 5, 5);
    bool found = leftovers_find_port(l, 5) != NULL;

    if (!found) {
        CHECK(!leftovers_find_program(l, 0));
        CHECK(!leftovers_find_program(l, 99));
    }
    leftovers_destroy(l);
    lab_uninit(&lab);
    return found;
}

static void
test_no_policy(void)
{
    struct port_config open = port5;

    open.filtered = open.has_mac = false;
    CHECK(has_port5(&port5, NULL));
    CHECK(!has_port5(NULL, NULL));
    CHECK(!has_port5(&open, NULL));

    /* A member of FLOOD_CHUNK whose list and chunk look like the port. */
    CHECK(!has_port5(NULL, "cookie=0x4e57203c00000005,table=60,reg0=5,"
                           "actions=drop"));
    /* Another's flow for the same port. */
    CHECK(has_port5(&port5, "cookie=0x5,table=0,priority=7,in_port=5,"
                            "actions=load:1->NXM_NX_REG11[]"));
    /* Flows with the port's cookie that contradict each other. */
    CHECK(!has_port5(&port5, "cookie=0x4e57200000000005,table=0,priority=7,"
                             "in_port=5,actions=load:5->NXM_NX_REG14[],"
                             "load:1->NXM_NX_REG11[],"
                             "load:1234->NXM_NX_REG13[]"));
    CHECK(!has_port5(&port5, "cookie=0x4e57200000000005,table=0,priority=7,"
                             "in_port=5,actions=load:5->NXM_NX_REG14[],"
                             "load:99->NXM_NX_REG11[],"
                             "load:1235->NXM_NX_REG13[]"));
    CHECK(!has_port5(&port5, "cookie=0x4e57200000000005,table=0,priority=7,"
                             "in_port=6,actions=load:5->NXM_NX_REG14[],"
                             "load:99->NXM_NX_REG11[],"
                             "load:1234->NXM_NX_REG13[]"));
}

/* Only what the program itself looks like, whoever wants it now. */
static void
test_program(void)
{
    struct flow_set wanted;
    struct lab lab;

    lab_init(&lab);
    port_flows(&port5, &lab.dump);
    add_text(&lab, "cookie=0x4e57300000000063,table=11,reg11=99,actions=drop");
    add_text(&lab, "cookie=0x4e57100000000001,table=12,reg11=99,actions=drop");
    add_text(&lab, "cookie=0x4e57100000000002,table=12,reg11=98,actions=drop");
    add_text(&lab, "cookie=0x4e57100000000003,table=12,priority=3,"
                   "reg11=99/0xff,actions=drop");
    add_text(&lab, "cookie=0x4e57000000000004,table=13,reg11=99,"
                   "actions=drop");
    /* What is wanted and there counts; what is wanted only does not. */
    flow_set_init(&wanted);
    flow_set_add(&wanted,
                 flow_from_text("cookie=0x4e57100000000001,table=12,reg11=99,"
                                "actions=drop"));
    flow_set_add(&wanted,
                 flow_from_text("cookie=0x4e57100000000001,table=14,reg11=99,"
                                "actions=drop"));
    flow_table_replace(lab.table, "x", &wanted);
    flow_table_set_all_installed(lab.table, &lab.dump);

    struct leftovers *l = read_ports(&lab, 5, 5);
    const struct flow_set *program = leftovers_find_program(l, 99);
    CHECK_INT(program ? hmap_count(&program->flows) : 0, 2);
    leftovers_destroy(l);
    flow_set_uninit(&wanted);
    lab_uninit(&lab);
}

#define LOOKUP                                        \
    "load:%#" PRIx32 "->NXM_NX_REG9[],load:%#" PRIx32 \
    "->NXM_NX_REG8[],resubmit(,121),"
#define ROW                                                                \
    "cookie=0x4e57400000000001,table=121,reg8=%#" PRIx32 ",reg9=%#" PRIx32 \
    ",ip,nw_src=10.0.0.%d,actions=load:1->NXM_NX_REG9[]"

static void
add_row(struct flow_set *set, uint32_t pred, uint32_t hit, int host)
{
    char *text = xasprintf(ROW, pred, hit, host);

    CHECK(flow_set_add(set, flow_from_text(text)));
    free(text);
}

/* Rows of address sets come along unless they are wanted anyway, or will be
 * because the set is known. */
static void
test_set_rows(void)
{
    const char *known = "set web src,dst IPv6";
    uint32_t pred = set_use_key(known), hit = set_use_hit(known);
    struct flow_set wanted;
    struct lab lab;

    lab_init(&lab);
    port_flows(&port5, &lab.dump);

    char *text = xasprintf("cookie=0x4e57300000000063,table=11,reg11=99,"
                           "actions=" LOOKUP LOOKUP LOOKUP "resubmit(,12)",
                           16, 7, 32, 8, hit, pred);
    add_text(&lab, text);
    free(text);
    add_row(&lab.dump, 7, 16, 1);
    add_row(&lab.dump, 8, 32, 1);
    add_row(&lab.dump, 7, 32, 1);
    add_row(&lab.dump, pred, hit, 1);
    flow_set_init(&wanted);
    add_row(&wanted, 8, 32, 2);
    flow_table_replace(lab.table, "set", &wanted);
    flow_table_set_all_installed(lab.table, &lab.dump);

    struct leftovers *l = read_ports(&lab, 5, 5);
    const struct flow_set *program = leftovers_find_program(l, 99);
    const struct set_use *uses;
    CHECK_INT(program ? hmap_count(&program->flows) : 0, 2);
    add_row(&wanted, 7, 16, 1);
    const struct of_flow *row;
    FLOW_SET_FOR_EACH (row, &wanted) {
        CHECK(program && flow_set_find(program, row));
    }
    CHECK_INT(leftovers_find_uses(l, 99, &uses), 1);
    if (leftovers_find_uses(l, 99, &uses)) {
        text = set_use_format(uses);
        CHECK_STR(text, known);
        free(text);
    }
    CHECK_INT(leftovers_find_uses(l, 98, &uses), 0);
    leftovers_destroy(l);
    flow_set_uninit(&wanted);
    lab_uninit(&lab);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_round_trip);
    RUN(test_renumber);
    RUN(test_no_policy);
    RUN(test_program);
    RUN(test_set_rows);
    return CHECK_RESULT();
}
