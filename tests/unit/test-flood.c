/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/flood.h"

#include <stdlib.h>

#include "bitmap.h"
#include "flows/flow-table.h"
#include "flows/flow.h"
#include "flows/pipeline.h"
#include "flows/port-flows.h"
#include "openvswitch/dynamic-string.h"
#include "random.h"
#include "tests/unit/check.h"
#include "tests/unit/flow-walk.h"

/* Whatever happened before, the flows are those of the ports that there are;
 * and they reach whom they should. */

#define MAX_PORT 600
#define N_VLANS 6 /* 0...5 are tried. */

struct port {
    bool present, unknown, hairpin;
    struct port_config config;
    uint16_t trunks[3];
};

struct world {
    struct port ports[MAX_PORT];
    struct flood *flood;
    struct flow_table *table;
};

static void
world_init(struct world *w)
{
    memset(w, 0, sizeof *w);
    w->flood = flood_create();
    w->table = flow_table_create();
}

static void
world_uninit(struct world *w)
{
    flood_destroy(w->flood);
    flow_table_destroy(w->table);
}

static void
random_config(struct port *p, uint16_t ofport)
{
    struct port_config *c = &p->config;

    memset(p, 0, sizeof *p);
    p->present = true;
    p->unknown = random_range(2);
    p->hairpin = random_range(4) == 0;
    c->ofport = ofport;
    c->access = random_range(2);
    c->native = !c->access && random_range(2);
    c->tag = random_range(N_VLANS);
    c->trunks = p->trunks;
    c->n_trunks = random_range(4);
    for (size_t i = 0; i < c->n_trunks; i++) {
        /* Sorted and different, as the database has them. */
        p->trunks[i] = 2 * i + random_range(2);
    }
}

static void
set_port(struct world *w, struct flood *f, uint16_t ofport)
{
    const struct port *p = &w->ports[ofport];

    flood_set_port(f, &p->config, p->unknown, p->hairpin);
}

/* Some ports come, change or go. */
static void
random_change(struct world *w)
{
    /* Mostly near each other, so that chunks fill up. */
    uint16_t ofport = random_range(3) ? random_range(80)
                                      : random_range(MAX_PORT);
    struct port *p = &w->ports[ofport];

    if (random_range(3)) {
        random_config(p, ofport);
        set_port(w, w->flood, ofport);
    } else {
        p->present = false;
        flood_remove_port(w->flood, ofport);
    }
}

static char *
table_to_string(const struct flow_table *table)
{
    const struct of_flow **flows;
    size_t n = flow_table_sorted(table, &flows);
    struct ds s = DS_EMPTY_INITIALIZER;

    for (size_t i = 0; i < n; i++) {
        of_flow_format(flows[i], &s);
        ds_put_char(&s, '\n');
    }
    free(flows);
    return ds_steal_cstr(&s);
}

static void
compare_with_fresh(struct world *w)
{
    struct flow_table *table = flow_table_create();
    struct flood *fresh = flood_create();

    for (uint16_t i = 0; i < MAX_PORT; i++) {
        if (w->ports[i].present) {
            set_port(w, fresh, i);
        }
    }
    flood_run(fresh, table);

    char *expected = table_to_string(table), *s = table_to_string(w->table);

    CHECK_STR(s, expected);
    free(s);
    free(expected);
    flood_destroy(fresh);
    flow_table_destroy(table);
}

static void
test_random_changes(void)
{
    struct world *w = xmalloc(sizeof *w);

    random_set_seed(11);
    world_init(w);
    for (int round = 0; round < 150; round++) {
        for (int i = random_range(12); i >= 0; i--) {
            random_change(w);
        }
        flood_run(w->flood, w->table);
        compare_with_fresh(w);
    }

    /* And back to nothing. */
    for (uint16_t i = 0; i < MAX_PORT; i++) {
        flood_remove_port(w->flood, i);
    }
    flood_run(w->flood, w->table);
    CHECK_INT(flow_table_count(w->table), 0);
    world_uninit(w);
    free(w);
}

/* Who is reached. */

struct vlan_search {
    uint16_t vlan;
    bool found;
};

static void
match_vlan(uint16_t vlan, void *search_)
{
    struct vlan_search *search = search_;

    search->found |= vlan == search->vlan;
}

static bool
in_vlan(const struct port *p, uint16_t vlan)
{
    struct vlan_search search = { .vlan = vlan };

    return port_vlans(&p->config, match_vlan, &search) || search.found;
}

static void
check_reached(const struct world *w, const struct flow_set *set, uint16_t vlan,
              enum pipeline_flood kind)
{
    struct flow_walk *walk = xmalloc(sizeof *walk);
    unsigned long *reached = bitmap_allocate(MAX_PORT);

    flow_walk_init(walk, set);
    walk->stop[PL_T_EGRESS] = true;
    walk->flow.regs[PL_R_VLAN - MFF_REG0] = vlan;
    walk->flow.regs[PL_R_MODE - MFF_REG0] = kind;
    flow_walk_table(walk, PL_T_FLOOD);
    for (size_t i = 0; i < walk->n_stops; i++) {
        uint32_t port = walk->stops[i].regs[PL_R_OUT_PORT - MFF_REG0];

        CHECK(port < MAX_PORT && !bitmap_is_set(reached, port));
        bitmap_set1(reached, port);
    }
    for (uint16_t i = 0; i < MAX_PORT; i++) {
        const struct port *p = &w->ports[i];
        bool asked = (kind == PL_FLOOD_BROADCAST ? true
                      : kind == PL_FLOOD_UNKNOWN ? p->unknown
                                                 : p->hairpin);

        CHECK_INT(bitmap_is_set(reached, i),
                  p->present && asked && in_vlan(p, vlan));
    }
    free(walk);
    free(reached);
}

/* Copies, so that they can be walked as a set. */
static void
table_to_set(const struct flow_table *table, struct flow_set *set)
{
    const struct of_flow **flows;
    size_t n = flow_table_sorted(table, &flows);

    flow_set_init(set);
    for (size_t i = 0; i < n; i++) {
        flow_set_add(set, of_flow_clone(flows[i]));
    }
    free(flows);
}

static void
test_reached(void)
{
    struct world *w = xmalloc(sizeof *w);

    random_set_seed(12);
    for (int round = 0; round < 12; round++) {
        struct flow_set set;

        world_init(w);

        /* From a few ports to more than a list visits directly. */
        for (int i = 0; i < 1 << round % 10; i++) {
            random_change(w);
        }
        flood_run(w->flood, w->table);
        table_to_set(w->table, &set);
        for (uint16_t vlan = 0; vlan < N_VLANS + 1; vlan++) {
            for (int kind = 0; kind < PL_N_FLOODS; kind++) {
                check_reached(w, &set, vlan, kind);
            }
        }
        flow_set_uninit(&set);
        world_uninit(w);
    }
    free(w);
}

/* A change costs what changed: one more port on a full bridge, two flows. */
static void
test_small_change(void)
{
    struct world *w = xmalloc(sizeof *w);
    struct port_config c = { .access = true, .tag = 7 };

    world_init(w);
    for (c.ofport = 1; c.ofport < 500; c.ofport += 2) {
        flood_set_port(w->flood, &c, true, false);
    }
    flood_run(w->flood, w->table);

    uint64_t before = flow_table_version(w->table);

    flood_run(w->flood, w->table);
    CHECK_INT(flow_table_version(w->table), before);

    struct flow_change *changes;
    struct flow_set set;

    table_to_set(w->table, &set);
    flow_table_set_all_installed(w->table, &set);
    flow_set_uninit(&set);
    c.ofport = 100;
    flood_set_port(w->flood, &c, true, false);
    flood_run(w->flood, w->table);

    size_t n = flow_table_changes(w->table, &changes);

    CHECK_INT(n, 2);
    for (size_t i = 0; i < n; i++) {
        CHECK_INT(changes[i].kind, FLOW_MODIFY);
        CHECK_INT(changes[i].flow->table, PL_T_FLOOD_CHUNK);
    }
    free(changes);
    world_uninit(w);
    free(w);
}

/* No flow is longer than an OpenFlow message, whatever the number of ports. */
static void
test_size(void)
{
    struct world *w = xmalloc(sizeof *w);
    struct port_config c = { .access = false };
    const struct of_flow **flows;

    world_init(w);
    for (uint16_t i = 1; i < 0xff00; i++) {
        c.ofport = i;
        flood_set_port(w->flood, &c, true, true);
    }
    flood_run(w->flood, w->table);

    size_t n = flow_table_sorted(w->table, &flows);

    CHECK_INT(n, PL_N_FLOODS * (1 + 0xff00 / FLOOD_CHUNK_PORTS));
    for (size_t i = 0; i < n; i++) {
        struct ofpbuf *msg = of_flow_encode_add(flows[i], OFPUTIL_P_OF15_OXM);

        if (msg->size > UINT16_MAX) {
            CHECK_INT(msg->size, UINT16_MAX);
        }
        ofpbuf_delete(msg);
    }
    free(flows);
    world_uninit(w);
    free(w);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_random_changes);
    RUN(test_reached);
    RUN(test_small_change);
    RUN(test_size);
    return CHECK_RESULT();
}
