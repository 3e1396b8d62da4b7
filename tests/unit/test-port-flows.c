/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/port-flows.h"

#include <stdlib.h>

#include "flows/flow.h"
#include "flows/pipeline.h"
#include "flows/port-config.h"
#include "tests/unit/check.h"
#include "tests/unit/flow-walk.h"

/* Which VLAN a frame is in, and how it leaves: every mode of a port, every
 * tag, against ovs-vswitchd.conf.db(5). */

#define PORT 7
#define OTHER_PORT 8
#define NOT_IN -1

static const uint16_t some[] = { 1, 3 };
static const uint16_t with_zero[] = { 0, 3 };

struct mode {
    const char *name;
    struct port_config config;
};

#define TRUNKS(LIST) .trunks = LIST, .n_trunks = ARRAY_SIZE(LIST)

static const struct mode modes[] = {
    { "access", { .access = true, .tag = 3 } },
    { "access 0", { .access = true, .tag = 0 } },
    { "trunk", { .access = false } },
    { "trunk some", { TRUNKS(some) } },
    { "trunk with 0", { TRUNKS(with_zero) } },
    { "native-tagged", { .native = true, .tag = 3 } },
    { "native-tagged some", { .native = true, .tag = 3, TRUNKS(some) } },
    { "native-untagged",
      { .native = true, .native_untagged = true, .tag = 3 } },
    { "native-untagged some",
      { .native = true, .native_untagged = true, .tag = 3, TRUNKS(some) } },
};

static bool
trunks_vlan(const struct port_config *c, uint16_t vid)
{
    bool found = !c->n_trunks;

    for (size_t i = 0; i < c->n_trunks; i++) {
        found |= c->trunks[i] == vid;
    }
    return found;
}

/* The VLAN of a frame that comes in with that tag (0 is none, or only a
 * priority). */
static int
vlan_in(const struct port_config *c, uint16_t vid)
{
    if (c->access) {
        return vid ? NOT_IN : c->tag;
    }
    if (c->native && !vid) {
        return c->tag;
    }
    return trunks_vlan(c, vid) ? vid : NOT_IN;
}

/* The tag of a frame of that VLAN when it leaves; 0 is none. */
static int
tag_out(const struct port_config *c, uint16_t vlan)
{
    if (c->access) {
        return vlan == c->tag ? 0 : NOT_IN;
    }
    if (c->native && vlan == c->tag) {
        return c->native_untagged ? 0 : vlan;
    }
    if (c->native && !vlan) {
        return NOT_IN;
    }
    return trunks_vlan(c, vlan) ? vlan : NOT_IN;
}

/* The port's flows and those of every bridge. */
static void
make_flows(const struct port_config *template, bool filtered,
           struct flow_set *set)
{
    struct pipeline_config pipeline = { .forward_bpdu = false };
    struct port_config c = *template;

    c.ofport = PORT;
    c.filtered = filtered;
    c.program = 55;
    c.zone = 66;
    c.has_mac = filtered;
    c.mac = (struct eth_addr) ETH_ADDR_C(52, 54, 00, 12, 34, 56);
    flow_set_init(set);
    port_flows(&c, set);
    pipeline_flows(&pipeline, set);
}

static struct flow_walk *
walk_create(const struct flow_set *set)
{
    struct flow_walk *w = xmalloc(sizeof *w);

    flow_walk_init(w, set);
    w->flow.dl_type = htons(ETH_TYPE_IP);
    return w;
}

static uint32_t
stop_reg(const struct flow_walk *w, enum mf_field_id reg)
{
    return w->stops[0].regs[reg - MFF_REG0];
}

static void
check_policy(const struct flow_walk *w, bool filtered)
{
    CHECK_INT(stop_reg(w, PL_R_PROGRAM), filtered ? 55 : 0);
    CHECK_INT(stop_reg(w, PL_R_ZONE), filtered ? 66 : 0);
    CHECK_INT(stop_reg(w, PL_R_PORT), filtered ? PORT : 0);
}

static void
check_in(const struct mode *mode, bool filtered, uint16_t vid, bool priority)
{
    struct flow_set set;

    make_flows(&mode->config, filtered, &set);

    struct flow_walk *w = walk_create(&set);
    int expected = vlan_in(&mode->config, vid);

    w->stop[PL_T_OUT_ENTRY] = w->stop[PL_T_FDB_STATIC] = true;
    w->flow.in_port.ofp_port = u16_to_ofp(PORT);
    if (vid || priority) {
        w->flow.vlans[0].tpid = htons(ETH_TYPE_VLAN_8021Q);
        w->flow.vlans[0].tci = htons(VLAN_CFI | vid
                                     | (priority ? 5 << VLAN_PCP_SHIFT : 0));
    }
    flow_walk_table(w, PL_T_CLASSIFY);
    check_int(w->n_stops, expected != NOT_IN, mode->name, __FILE__, vid);
    if (w->n_stops) {
        check_int(stop_reg(w, PL_R_VLAN), expected, mode->name, __FILE__, vid);
        CHECK_INT(w->stops[0].table,
                  filtered ? PL_T_OUT_ENTRY : PL_T_FDB_STATIC);
        check_policy(w, filtered);
    }
    free(w);
    flow_set_uninit(&set);
}

static void
test_in(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        for (uint16_t vid = 0; vid < 5; vid++) {
            for (int j = 0; j < 4; j++) {
                check_in(&modes[i], j & 1, vid, j & 2);
            }
        }
    }
}

static void
check_out(const struct mode *mode, bool filtered, uint16_t vlan, int tag)
{
    struct flow_set set;

    make_flows(&mode->config, filtered, &set);

    struct flow_walk *w = walk_create(&set);
    int expected = tag_out(&mode->config, vlan);

    w->stop[PL_T_DELIVER] = true;
    w->flow.in_port.ofp_port = u16_to_ofp(OTHER_PORT);
    w->flow.regs[PL_R_VLAN - MFF_REG0] = vlan;
    w->flow.regs[PL_R_OUT_PORT - MFF_REG0] = PORT;
    if (tag) {
        w->flow.vlans[0].tpid = htons(ETH_TYPE_VLAN_8021Q);
        w->flow.vlans[0].tci = htons(VLAN_CFI | tag);
    }
    flow_walk_table(w, PL_T_EGRESS);
    check_int(w->n_stops, expected != NOT_IN, mode->name, __FILE__, vlan);
    if (w->n_stops) {
        check_int(vlan_tci_to_vid(w->flow.vlans[0].tci), expected, mode->name,
                  __FILE__, vlan);
        CHECK_INT((w->flow.vlans[0].tci & htons(VLAN_CFI)) != 0,
                  expected != 0);
        check_policy(w, filtered);
    }
    free(w);
    flow_set_uninit(&set);
}

/* From ports where the frame had a tag and from those where it had none; in
 * VLAN 0 it has none. */
static void
test_out(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        for (uint16_t vlan = 0; vlan < 5; vlan++) {
            for (int j = 0; j < 4; j++) {
                check_out(&modes[i], j & 1, vlan, j & 2 ? vlan : 0);
            }
        }
    }
}

/* Another port's frames find none of this port's flows. */
static void
test_other_port(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        struct flow_set set;

        make_flows(&modes[i].config, true, &set);

        struct flow_walk *w = walk_create(&set);

        w->stop[PL_T_OUT_ENTRY] = w->stop[PL_T_FDB_STATIC] = true;
        w->stop[PL_T_DELIVER] = true;
        w->flow.in_port.ofp_port = u16_to_ofp(OTHER_PORT);
        flow_walk_table(w, PL_T_CLASSIFY);
        w->flow.regs[PL_R_OUT_PORT - MFF_REG0] = OTHER_PORT;
        w->flow.regs[PL_R_VLAN - MFF_REG0] = 3;
        flow_walk_table(w, PL_T_EGRESS);
        CHECK_INT(w->n_stops, 0);
        free(w);
        flow_set_uninit(&set);
    }
}

/* The guest's address is known in the port's VLANs, and nothing that it sends
 * comes back to it. */
static void
test_static_address(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        for (uint16_t vlan = 0; vlan < 5; vlan++) {
            const struct port_config *c = &modes[i].config;
            bool known = (c->access ? vlan == c->tag : trunks_vlan(c, vlan));
            struct flow_set set;

            make_flows(c, true, &set);

            struct flow_walk *w = walk_create(&set);

            w->stop[PL_T_FLOOD] = w->stop[PL_T_EGRESS] = true;
            w->flow.regs[PL_R_VLAN - MFF_REG0] = vlan;
            w->flow.dl_dst = (struct eth_addr) ETH_ADDR_C(52, 54, 00, 12, 34,
                                                          56);
            flow_walk_table(w, PL_T_FDB_STATIC);
            flow_walk_table(w, PL_T_FORWARD);
            if (CHECK_INT(w->n_stops, 1)) {
                check_int(w->stops[0].table, known ? PL_T_EGRESS : PL_T_FLOOD,
                          modes[i].name, __FILE__, vlan);
                CHECK_INT(stop_reg(w, PL_R_OUT_PORT), known ? PORT : 0);
            }

            flow_walk_init(w, &set);
            w->stop[PL_T_DELIVER] = true;
            w->flow.in_port.ofp_port = u16_to_ofp(PORT);
            w->flow.regs[PL_R_VLAN - MFF_REG0] = vlan;
            w->flow.regs[PL_R_OUT_PORT - MFF_REG0] = PORT;
            flow_walk_table(w, PL_T_EGRESS);
            CHECK_INT(w->n_stops, 0);
            free(w);
            flow_set_uninit(&set);
        }
    }
}

/* Where a tracked frame goes, and whom it is from, is found out before ct(),
 * and nothing after that looks at its addresses. */
static void
check_addresses(const struct flow_set *set, bool tracked)
{
    const struct eth_addr mine = ETH_ADDR_C(52, 54, 00, 12, 34, 56);
    const struct eth_addr other = ETH_ADDR_C(02, 00, 00, 00, 00, 77);
    struct flow_walk *w = walk_create(set);

    w->stop[PL_T_EGRESS] = w->stop[PL_T_LEARN] = true;
    w->flow.in_port.ofp_port = u16_to_ofp(OTHER_PORT);
    w->flow.regs[PL_R_VLAN - MFF_REG0] = 3;
    w->flow.regs[PL_R_FLAGS - MFF_REG0] = PL_F_CT4;
    w->flow.dl_dst = mine;
    w->flow.dl_src = other;
    if (tracked) {
        flow_walk_table(w, PL_T_OUT_CT);
        CHECK_INT(w->n_stops, 0);
        w->flow.dl_dst = w->flow.dl_src = eth_addr_zero;
    }
    flow_walk_table(w, PL_T_OUT_DONE);
    if (CHECK_INT(w->n_stops, 2)) {
        CHECK_INT(w->stops[0].table, PL_T_LEARN);
        CHECK_INT(stop_reg(w, PL_R_SOURCE), 0x77);
        CHECK_INT(stop_reg(w, PL_R_SENDER), 0x200);
        CHECK_INT(w->stops[1].table, PL_T_EGRESS);
        CHECK_INT(w->stops[1].regs[PL_R_OUT_PORT - MFF_REG0], PORT);
    }
    free(w);
}

static void
test_addresses(void)
{
    struct flow_set set;

    make_flows(&(struct port_config){ .tag = 3, .access = true }, true, &set);
    check_addresses(&set, false);
    check_addresses(&set, true);
    flow_set_uninit(&set);
}

/* The cookies lead to the port, and the switch takes the flows. */
static void
test_cookies(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        struct port_config c = modes[i].config;
        const struct of_flow *flow;
        struct flow_set set;

        c.ofport = PORT;
        c.filtered = true;
        flow_set_init(&set);
        port_flows(&c, &set);
        FLOW_SET_FOR_EACH (flow, &set) {
            char *error = of_flow_check(flow);

            CHECK_STR(error, NULL);
            CHECK(of_cookie_is_managed(flow->cookie));
            CHECK_INT(of_cookie_kind(flow->cookie), PL_K_PORT);
            CHECK_INT(flow->cookie & 0xffff, PORT);
            free(error);
        }
        flow_set_uninit(&set);
    }
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_in);
    RUN(test_out);
    RUN(test_other_port);
    RUN(test_static_address);
    RUN(test_addresses);
    RUN(test_cookies);
    return CHECK_RESULT();
}
