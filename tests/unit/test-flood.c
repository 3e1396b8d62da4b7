/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/flood.h"

#include <stdlib.h>

#include "bitmap.h"
#include "flows/flow-table.h"
#include "flows/flow.h"
#include "flows/pipeline.h"
#include "flows/port-config.h"
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
    c->access = random_range(4) != 0;
    c->native = !c->access && random_range(2);
    c->tag = random_range(2) ? 1 : random_range(N_VLANS);
    c->native_untagged = c->native && random_range(2);
    c->filtered = random_range(4) != 0;
    c->program = c->filtered ? 1 + random_range(8) / 7 : 0;
    c->alone = random_range(8) == 0;
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

    flood_set_port(f, "p", &p->config, p->unknown, p->hairpin);
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
        flood_remove_port(w->flood, "p", ofport);
    }
}

/* Another port has a number for a moment, as when two exchange theirs. */
static void
random_conflict(struct world *w)
{
    const char *name = random_range(2) ? "a" : "z";
    uint16_t ofport = random_range(80);
    struct port other;

    random_config(&other, ofport);
    flood_set_port(w->flood, name, &other.config, other.unknown,
                   other.hairpin);
    for (int i = random_range(20); i >= 0; i--) {
        random_change(w);
    }
    if (random_range(2)) {
        flood_run(w->flood, w->table);
    }
    flood_remove_port(w->flood, name, ofport);
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
        random_conflict(w);
        flood_run(w->flood, w->table);
        compare_with_fresh(w);
    }

    /* And back to nothing. */
    for (uint16_t i = 0; i < MAX_PORT; i++) {
        flood_remove_port(w->flood, "p", i);
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

    return port_config_vlans(&p->config, match_vlan, &search) || search.found;
}

static void
note_reached(unsigned long *reached, uint32_t port)
{
    CHECK(port < MAX_PORT && !bitmap_is_set(reached, port));
    bitmap_set1(reached, port);
}

static struct flow_walk *
walk_create(const struct flow_set *set, const struct flow *flow)
{
    struct flow_walk *walk = xmalloc(sizeof *walk);

    flow_walk_init(walk, set);
    walk->stop[PL_T_EGRESS] = walk->stop[PL_T_VLAN_OUT] = true;
    walk->flow = *flow;
    return walk;
}

/* The tag with which EGRESS lets a frame go to the port. */
static uint32_t
tag_mode(const struct port_config *c, uint16_t vlan)
{
    bool untagged = c->access || (c->native && c->native_untagged);

    return untagged && c->tag == vlan ? PL_MODE_UNTAGGED : PL_MODE_TAGGED;
}

/* The ports of a share are alike, and the same if they are visited one by one
 * and if the frame leaves through all. */
static void
check_share(const struct world *w, const struct flow_set *set,
            const struct walk_stop *stop, uint16_t vlan,
            unsigned long *reached)
{
    struct flow flow = { .regs[0] = 0 };

    memcpy(flow.regs, stop->regs, sizeof flow.regs);
    flow.regs[PL_R_MODE - MFF_REG0] = PL_FLOOD_EACH;
    flow.regs[PL_R_SEGMENT - MFF_REG0] = 0;

    struct flow_walk *each = walk_create(set, &flow);

    flow.regs[PL_R_MODE - MFF_REG0] = PL_FLOOD_PASSED;

    struct flow_walk *all = walk_create(set, &flow);

    CHECK_INT(stop->regs[PL_R_PORT - MFF_REG0], PL_SHARE_PORT);
    flow_walk_table(each, PL_T_FLOOD_CHUNK);
    flow_walk_table(all, PL_T_FLOOD_CHUNK);
    CHECK(each->n_stops > 1);
    CHECK_INT(each->n_stops, all->n_stops);
    for (size_t i = 0; i < each->n_stops; i++) {
        uint32_t port = each->stops[i].regs[PL_R_OUT_PORT - MFF_REG0];
        const struct port_config *c = &w->ports[port].config;

        note_reached(reached, port);
        CHECK_INT(each->stops[i].table, PL_T_EGRESS);
        CHECK_INT(all->stops[i].table, WALK_OUTPUT);
        CHECK_INT(all->stops[i].port, port);
        CHECK(c->filtered && !c->alone);
        CHECK_INT(c->program, stop->regs[PL_R_PROGRAM - MFF_REG0]);
        CHECK_INT(tag_mode(c, vlan), stop->regs[PL_R_MODE - MFF_REG0]);
    }
    free(each);
    free(all);
}

/* Returns how many shares were visited. */
static size_t
check_reached(const struct world *w, const struct flow_set *set, uint16_t vlan,
              enum pipeline_flood kind)
{
    unsigned long *reached = bitmap_allocate(MAX_PORT);
    struct flow flow = { .regs[0] = 0 };
    size_t n_shares = 0;

    flow.regs[PL_R_VLAN - MFF_REG0] = vlan;
    flow.regs[PL_R_MODE - MFF_REG0] = kind;

    struct flow_walk *walk = walk_create(set, &flow);

    flow_walk_table(walk, PL_T_FLOOD);
    for (size_t i = 0; i < walk->n_stops; i++) {
        const struct walk_stop *stop = &walk->stops[i];

        if (stop->table == PL_T_VLAN_OUT) {
            check_share(w, set, stop, vlan, reached);
            n_shares++;
        } else {
            note_reached(reached, stop->regs[PL_R_OUT_PORT - MFF_REG0]);
        }
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
    return n_shares;
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
    size_t n_shares = 0;

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
                n_shares += check_reached(w, &set, vlan, kind);
            }
        }
        flow_set_uninit(&set);
        world_uninit(w);
    }
    CHECK(n_shares > 4);
    free(w);
}

/* A thousand ports with the same rules are as many visits as chunks: none has
 * to begin anew. */
static void
test_shares_are_direct(void)
{
    struct world *w = xmalloc(sizeof *w);
    struct port_config c = { .filtered = true, .program = 5 };
    struct flow_set set;
    struct flow flow = { .regs[0] = 0 };

    world_init(w);
    for (c.ofport = 0; c.ofport < 1000; c.ofport++) {
        flood_set_port(w->flood, "p", &c, false, false);
    }
    flood_run(w->flood, w->table);
    table_to_set(w->table, &set);

    struct flow_walk *walk = walk_create(&set, &flow);

    walk->no_groups = true;
    flow_walk_table(walk, PL_T_FLOOD);
    CHECK_INT(walk->n_stops, (1000 + 31) / FLOOD_CHUNK_PORTS);

    /* Without rules in common they do. */
    for (c.ofport = 0; c.ofport < 1000; c.ofport++) {
        c.program = c.ofport + 1;
        flood_set_port(w->flood, "p", &c, false, false);
    }
    flood_run(w->flood, w->table);
    flow_set_uninit(&set);
    table_to_set(w->table, &set);
    walk->n_stops = 0;
    walk->set = &set;
    flow_walk_table(walk, PL_T_FLOOD);
    CHECK_INT(walk->n_stops, 0);
    walk->no_groups = false;
    flow_walk_table(walk, PL_T_FLOOD);
    CHECK_INT(walk->n_stops, 1000);
    free(walk);
    flow_set_uninit(&set);
    world_uninit(w);
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
        flood_set_port(w->flood, "p", &c, true, false);
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
    flood_set_port(w->flood, "p", &c, true, false);
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
        flood_set_port(w->flood, "p", &c, true, true);
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
    RUN(test_shares_are_direct);
    RUN(test_small_change);
    RUN(test_size);
    return CHECK_RESULT();
}
