/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/pipeline.h"

#include <stdlib.h>

#include "flows/flow.h"
#include "random.h"
#include "tests/unit/check.h"
#include "tests/unit/flow-walk.h"

/* The tables, and the flows that every bridge has. */

struct table {
    const char *name;
    int first, count;
};

static const struct table tables[] = {
#define PIPELINE_TABLE(NAME, FIRST, COUNT, TITLE) { #NAME, FIRST, COUNT },
    PIPELINE_TABLES
#undef PIPELINE_TABLE
};

static void
test_tables(void)
{
    int owner[256];
    char buf[32], expected[32];

    memset(owner, -1, sizeof owner);
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        for (int j = 0; j < tables[i].count; j++) {
            int number = tables[i].first + j;

            if (CHECK(number < 254) && CHECK_INT(owner[number], -1)) {
                owner[number] = i;
                snprintf(expected, sizeof expected,
                         tables[i].count > 1 ? "%s.%d" : "%s", tables[i].name,
                         j);
                CHECK_STR(pipeline_table_name(number, buf), expected);
            }
        }
    }
    CHECK_STR(pipeline_table_name(253, buf), NULL);
}

static void
make_flows(struct flow_set *set)
{
    struct pipeline_config config = { .forward_bpdu = false };

    flow_set_init(set);
    pipeline_flows(&config, set);
    pipeline_gratuitous_flows(set);
}

static void
test_flows_are_valid(void)
{
    const struct of_flow *flow;
    struct flow_set set;

    make_flows(&set);
    CHECK(hmap_count(&set.flows) > 200);
    FLOW_SET_FOR_EACH (flow, &set) {
        char *error = of_flow_check(flow), buf[32];

        CHECK_STR(error, NULL);
        CHECK(pipeline_table_name(flow->table, buf) != NULL);
        CHECK(of_cookie_is_managed(flow->cookie));
        CHECK_INT(of_cookie_kind(flow->cookie), PL_K_PIPELINE);
        CHECK_INT(of_cookie_id(flow->cookie) >> 16, flow->table);
        CHECK(purpose_text(flow->cookie) != NULL);
        free(error);
    }
    flow_set_uninit(&set);
}

/* Bridge protocols are kept back unless the bridge forwards them. */
static void
test_forward_bpdu(void)
{
    for (int forward = 0; forward < 2; forward++) {
        struct pipeline_config config = { .forward_bpdu = forward };
        const struct of_flow *flow;
        struct flow_set set;
        bool found = false;

        flow_set_init(&set);
        pipeline_flows(&config, &set);
        FLOW_SET_FOR_EACH (flow, &set) {
            char *s = of_flow_to_string(flow);

            found |= strstr(s, "dl_dst=01:80:c2:00:00:00") != NULL;
            free(s);
        }
        CHECK_INT(found, !forward);
        flow_set_uninit(&set);
    }
}

static struct flow_walk *
walk_create(const struct flow_set *set)
{
    struct flow_walk *w = xmalloc(sizeof *w);

    flow_walk_init(w, set);
    return w;
}

static uint32_t
reg(const struct flow_walk *w, enum mf_field_id id)
{
    return w->flow.regs[id - MFF_REG0];
}

/* ARP headers. */

static bool
is_gratuitous(const struct flow_set *set, uint16_t type, uint32_t spa,
              uint32_t tpa)
{
    struct flow_walk *w = walk_create(set);

    w->flow.dl_type = htons(type);
    w->flow.nw_src = htonl(spa);
    w->flow.nw_dst = htonl(tpa);
    flow_walk_table(w, PL_T_GRATUITOUS);

    bool result = reg(w, PL_R_HEADER) & PL_HEADER_GRATUITOUS;

    CHECK_INT(reg(w, PL_R_HEADER) & ~PL_HEADER_GRATUITOUS, 0);
    free(w);
    return result;
}

static void
test_gratuitous(void)
{
    struct flow_set set;

    random_set_seed(3);
    make_flows(&set);
    for (int i = 0; i < 200; i++) {
        uint32_t a = random_uint32(), bit = UINT32_C(1) << random_range(32);
        uint16_t type = i % 2 ? ETH_TYPE_ARP : ETH_TYPE_RARP;

        CHECK(is_gratuitous(&set, type, a, a));
        CHECK(!is_gratuitous(&set, type, a, a ^ bit));
        CHECK(!is_gratuitous(&set, ETH_TYPE_IP, a, a));
    }
    for (int i = 0; i < 32; i++) {
        CHECK(!is_gratuitous(&set, ETH_TYPE_ARP, 0, UINT32_C(1) << i));
    }
    flow_set_uninit(&set);
}

/* A header that the switch did not read has zeros everywhere. */
static void
test_arp_header(void)
{
    struct flow_set set;

    make_flows(&set);
    for (int i = 0; i <= 5; i++) {
        struct flow_walk *w = walk_create(&set);

        w->flow.dl_type = htons(ETH_TYPE_ARP);
        w->flow.nw_proto = i == 1 ? 2 : 0;
        w->flow.nw_src = htonl(i == 2 ? 1 : 0);
        w->flow.nw_dst = htonl(i == 3 ? 1 : 0);
        w->flow.arp_sha.ea[5] = i == 4;
        w->flow.arp_tha.ea[5] = i == 5;
        flow_walk_table(w, PL_T_ARP_HEADER);
        CHECK_INT(reg(w, PL_R_HEADER),
                  i ? PL_HEADER_ARP | PL_HEADER_IPS | PL_HEADER_MACS : 0);
        free(w);
    }
    flow_set_uninit(&set);
}

/* Between the two directions. */

static void
test_out_done(void)
{
    static const enum mf_field_id cleared[] = {
        PL_R_SEGMENT, PL_R_HEADER, PL_R_STATE,   PL_R_COMMIT, PL_R_BITS,
        PL_R_FLAGS,   PL_R_ZONE,   PL_R_PROGRAM, PL_R_PORT,   PL_R_STAMP,
    };
    struct flow_set set;

    make_flows(&set);

    struct flow_walk *w = walk_create(&set);

    memset(w->flow.regs, 0xff, sizeof w->flow.regs);
    w->flow.regs[PL_R_SENDER - MFF_REG0] = 0;
    w->flow.regs[PL_R_VLAN - MFF_REG0] = 5;
    w->flow.regs[PL_R_ZONE - MFF_REG0] = 77;
    w->flow.regs[PL_R_COMMIT - MFF_REG0] = PL_COMMIT_NEW | PL_COMMIT_SYN;
    w->flow.regs[PL_R_FLAGS - MFF_REG0] = PL_F_ALG | PL_F_CT4;
    w->flow.dl_src = (struct eth_addr) ETH_ADDR_C(02, ff, ff, ff, ff, ff);
    w->stop[PL_T_FORWARD] = true;
    flow_walk_table(w, PL_T_OUT_DONE);
    if (CHECK_INT(w->n_stops, 1)) {
        for (size_t i = 0; i < ARRAY_SIZE(cleared); i++) {
            CHECK_INT(reg(w, cleared[i]), 0);
        }
        CHECK_INT(reg(w, PL_R_VLAN), 5);
        CHECK_INT(reg(w, PL_R_SENDER),
                  77 | (PL_COMMIT_NEW | PL_COMMIT_SYN | PL_COMMIT_ALG) << 16);
    }
    free(w);
    flow_set_uninit(&set);
}

/* Connection states. */

#define T CS_TRACKED
#define N (CS_TRACKED | CS_NEW)
#define E (CS_TRACKED | CS_ESTABLISHED)
#define R CS_REPLY_DIR
#define REL CS_RELATED
#define REPLIED PL_MARK_REPLIED
#define BY_SYN PL_MARK_SYN
#define HEARD PL_MARK_HEARD

struct state_case {
    uint32_t ct_state;
    uint32_t mark;
    uint8_t protocol;
    uint16_t tcp_flags;
    uint32_t state;
    uint32_t commit;
};

static const struct state_case state_cases[] = {
    /* Not tracked; not understood. */
    { 0, 0, IPPROTO_UDP, 0, 0, 0 },
    { T | CS_INVALID, 0, IPPROTO_UDP, 0, PL_STATE_INVALID, 0 },
    { N | CS_INVALID, 0, IPPROTO_TCP, TCP_SYN, PL_STATE_INVALID, 0 },

    /* UDP and others: new until there is a reply. */
    { N, 0, IPPROTO_UDP, 0, PL_STATE_NEW, PL_COMMIT_NEW },
    { E, 0, IPPROTO_UDP, 0, PL_STATE_ESTABLISHED, 0 },
    { E | R, 0, IPPROTO_UDP, 0, PL_STATE_ESTABLISHED | PL_STATE_REPLY, 0 },
    { N, 0, IPPROTO_ICMP, 0, PL_STATE_NEW, PL_COMMIT_NEW },

    /* Related: an error (never committed), a helper's connection. */
    { T | REL, 0, IPPROTO_ICMP, 0, PL_STATE_RELATED, 0 },
    { T | REL | R, 0, IPPROTO_ICMP, 0, PL_STATE_RELATED, 0 },
    { N | REL, 0, IPPROTO_UDP, 0, PL_STATE_RELATED, PL_COMMIT_NEW },
    { N | REL, 0, IPPROTO_TCP, TCP_SYN, PL_STATE_RELATED,
      PL_COMMIT_NEW | PL_COMMIT_SYN },
    { E | REL | R, REPLIED | BY_SYN, IPPROTO_TCP, TCP_ACK,
      PL_STATE_ESTABLISHED | PL_STATE_REPLY, 0 },

    /* How a TCP connection may begin, and how not. */
    { N, 0, IPPROTO_TCP, TCP_SYN, PL_STATE_NEW,
      PL_COMMIT_NEW | PL_COMMIT_SYN },
    { N, 0, IPPROTO_TCP, TCP_ACK, PL_STATE_NEW, PL_COMMIT_NEW },
    { N, 0, IPPROTO_TCP, TCP_ACK | TCP_PSH, PL_STATE_NEW, PL_COMMIT_NEW },
    { N, 0, IPPROTO_TCP, TCP_SYN | TCP_ACK, PL_STATE_INVALID, 0 },
    { N, 0, IPPROTO_TCP, TCP_RST, PL_STATE_INVALID, 0 },
    { N, 0, IPPROTO_TCP, TCP_RST | TCP_ACK, PL_STATE_INVALID, 0 },
    { N, 0, IPPROTO_TCP, TCP_FIN | TCP_ACK, PL_STATE_INVALID, 0 },
    { N, 0, IPPROTO_TCP, 0, PL_STATE_INVALID, 0 },
    { N | REL, 0, IPPROTO_TCP, TCP_RST, PL_STATE_INVALID, 0 },

    /* The second segment, before and after a reply. */
    { E, BY_SYN, IPPROTO_TCP, TCP_ACK, PL_STATE_INVALID, 0 },
    { E, 0, IPPROTO_TCP, TCP_ACK, PL_STATE_NEW, 0 },
    { E, BY_SYN | REPLIED, IPPROTO_TCP, TCP_ACK, PL_STATE_ESTABLISHED, 0 },
    { E, REPLIED, IPPROTO_TCP, TCP_ACK, PL_STATE_ESTABLISHED, 0 },
    { E | R, BY_SYN, IPPROTO_TCP, TCP_SYN | TCP_ACK,
      PL_STATE_ESTABLISHED | PL_STATE_REPLY, 0 },
    { E | R, BY_SYN | REPLIED, IPPROTO_TCP, TCP_ACK | TCP_FIN,
      PL_STATE_ESTABLISHED | PL_STATE_REPLY, 0 },

    /* What comes back but is no answer to the SYN. */
    { E | R, BY_SYN, IPPROTO_TCP, TCP_ACK,
      PL_STATE_ESTABLISHED | PL_STATE_REPLY, 0 },
    { E | R, BY_SYN, IPPROTO_TCP, TCP_FIN | TCP_ACK, PL_STATE_INVALID, 0 },
    { E, BY_SYN | HEARD, IPPROTO_TCP, TCP_ACK, PL_STATE_INVALID, 0 },
    { E, BY_SYN | HEARD, IPPROTO_TCP, TCP_RST, PL_STATE_ESTABLISHED, 0 },
    { E, BY_SYN, IPPROTO_TCP, TCP_RST, PL_STATE_NEW, 0 },

    /* A SYN where a connection is. */
    { E, BY_SYN | REPLIED, IPPROTO_TCP, TCP_SYN, PL_STATE_INVALID, 0 },
    { E | R, BY_SYN | REPLIED, IPPROTO_TCP, TCP_SYN, PL_STATE_INVALID, 0 },
    { E, BY_SYN | REPLIED, IPPROTO_TCP, TCP_SYN | TCP_ACK, PL_STATE_INVALID,
      0 },
};

static void
check_class(const struct flow_set *set, size_t i, bool v6, bool out)
{
    const struct state_case *c = &state_cases[i];
    struct flow_walk *w = walk_create(set);

    w->stop[PL_T_OUT_L3_ENTRY] = w->stop[PL_T_IN_L3_ENTRY] = true;
    w->flow.dl_type = htons(v6 ? ETH_TYPE_IPV6 : ETH_TYPE_IP);
    w->flow.nw_proto = c->protocol;
    w->flow.tcp_flags = htons(c->tcp_flags);
    w->flow.ct_state = c->ct_state;
    w->flow.ct_mark = c->mark;
    flow_walk_table(w, out ? PL_T_OUT_STATE : PL_T_IN_STATE);
    if (CHECK_INT(w->n_stops, 1)) {
        CHECK_INT(w->stops[0].table,
                  out ? PL_T_OUT_L3_ENTRY : PL_T_IN_L3_ENTRY);
        check_int(reg(w, PL_R_STATE), c->state, "state of case", __FILE__, i);
        check_int(reg(w, PL_R_COMMIT), c->commit, "commit of case", __FILE__,
                  i);
    }
    free(w);
}

static void
test_states(void)
{
    struct flow_set set;

    make_flows(&set);
    for (size_t i = 0; i < ARRAY_SIZE(state_cases); i++) {
        for (int j = 0; j < 4; j++) {
            if (!(state_cases[i].protocol == IPPROTO_ICMP && j & 1)) {
                check_class(&set, i, j & 1, j & 2);
            }
        }
    }
    flow_set_uninit(&set);
}

/* IPv6 without next header is in no connection. */
static void
test_no_next_header(void)
{
    struct flow_set set;

    make_flows(&set);

    struct flow_walk *w = walk_create(&set);

    w->stop[PL_T_IN_L3_ENTRY] = true;
    w->flow.dl_type = htons(ETH_TYPE_IPV6);
    w->flow.nw_proto = 59;
    w->flow.ct_state = N;
    flow_walk_table(w, PL_T_IN_STATE);
    CHECK_INT(reg(w, PL_R_STATE), PL_STATE_INVALID);
    free(w);
    flow_set_uninit(&set);
}

/* Who goes through ct() at all: only the families whose rules ask for the
 * state, and neither neighbour discovery nor MLD. */
static void
check_tracked(const struct flow_set *set, uint32_t flags, uint16_t type,
              uint8_t icmp_type, const char *expected)
{
    struct flow_walk *w = walk_create(set);

    w->stop[PL_T_OUT_L3_ENTRY] = w->stop[PL_T_OUT_DONE] = true;
    w->flow.dl_type = htons(type);
    w->flow.nw_proto = type == ETH_TYPE_IPV6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP;
    w->flow.tp_src = htons(icmp_type);
    w->flow.regs[PL_R_FLAGS - MFF_REG0] = flags;
    flow_walk_table(w, PL_T_OUT_CT);

    const char *actual = (!w->n_stops                          ? "ct"
                          : w->stops[0].table == PL_T_OUT_DONE ? "done"
                                                               : "rules");

    check_str(actual, expected, "frame", __FILE__, icmp_type);
    free(w);
}

static void
test_tracked(void)
{
    const uint32_t v4 = PL_F_L3_4, v6 = PL_F_L3_6;
    struct flow_set set;

    make_flows(&set);
    check_tracked(&set, 0, ETH_TYPE_IP, 8, "done");
    check_tracked(&set, v6, ETH_TYPE_IP, 8, "done");
    check_tracked(&set, v4, ETH_TYPE_IP, 8, "rules");
    check_tracked(&set, v4 | PL_F_CT4, ETH_TYPE_IP, 8, "ct");
    check_tracked(&set, v4 | v6 | PL_F_CT6, ETH_TYPE_IP, 8, "rules");
    check_tracked(&set, v6 | PL_F_CT6, ETH_TYPE_IPV6, 128, "ct");
    check_tracked(&set, v6, ETH_TYPE_IPV6, 128, "rules");
    check_tracked(&set, v4 | v6 | PL_F_CT4 | PL_F_CT6, ETH_TYPE_ARP, 0,
                  "done");
    for (int type = 0; type < 256; type++) {
        bool untracked = (type >= 130 && type <= 136) || type == 143;

        check_tracked(&set, v6 | PL_F_CT6, ETH_TYPE_IPV6, type,
                      untracked ? "rules" : "ct");
    }
    flow_set_uninit(&set);
}

/* A packet comes back from ct() when its program is no longer there: it must
 * not pass by as if there had been no rules.  Families without rules do. */
static void
check_gone(const struct flow_set *set, uint8_t table, uint32_t flags,
           uint16_t type, bool passes)
{
    struct flow_walk *w = walk_create(set);

    w->stop[PL_T_OUT_DONE] = w->stop[PL_T_IN_DONE] = true;
    w->flow.dl_type = htons(type);
    w->flow.nw_proto = IPPROTO_UDP;
    w->flow.ct_state = N;
    w->flow.regs[PL_R_PROGRAM - MFF_REG0] = 4711;
    w->flow.regs[PL_R_FLAGS - MFF_REG0] = flags;
    flow_walk_table(w, table);
    check_int(w->n_stops, passes, "passes", __FILE__, flags);
    free(w);
}

static void
test_program_is_gone(void)
{
    struct flow_set set;

    make_flows(&set);
    check_gone(&set, PL_T_OUT_STATE, PL_F_CT4, ETH_TYPE_IP, true);
    check_gone(&set, PL_T_OUT_STATE, PL_F_CT4 | PL_F_L3_4, ETH_TYPE_IP, false);
    check_gone(&set, PL_T_OUT_STATE, PL_F_CT6 | PL_F_L3_4, ETH_TYPE_IPV6,
               true);
    check_gone(&set, PL_T_OUT_STATE, PL_F_CT6 | PL_F_L3_6, ETH_TYPE_IPV6,
               false);
    check_gone(&set, PL_T_IN_STATE, PL_F_CT4, ETH_TYPE_IP, true);
    check_gone(&set, PL_T_IN_STATE, PL_F_CT4 | PL_F_L3_4, ETH_TYPE_IP, false);
    check_gone(&set, PL_T_IN_STATE, PL_F_CT6 | PL_F_L3_6, ETH_TYPE_IPV6,
               false);
    check_gone(&set, PL_T_IN_STATE, PL_F_CT4 | PL_F_L2, ETH_TYPE_IP, false);
    flow_set_uninit(&set);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_tables);
    RUN(test_flows_are_valid);
    RUN(test_forward_bpdu);
    RUN(test_gratuitous);
    RUN(test_arp_header);
    RUN(test_out_done);
    RUN(test_states);
    RUN(test_no_next_header);
    RUN(test_tracked);
    RUN(test_program_is_gone);
    return CHECK_RESULT();
}
