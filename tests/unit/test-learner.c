/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* Which addresses a port has after some frames: modes, `any', conflicts. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "tests/unit/learner-world.h"
#include "util.h"

/* Modes. */

static void
test_modes(void)
{
    enum learner_mode mode;

    CHECK(learner_mode_from_string("any", &mode) && mode == LEARNER_ANY);
    CHECK(learner_mode_from_string("DHCP", &mode) && mode == LEARNER_DHCP);
    CHECK(learner_mode_from_string("None", &mode) && mode == LEARNER_NONE);
    CHECK(!learner_mode_from_string("", &mode));
    CHECK(!learner_mode_from_string("dhcp ", &mode));
    CHECK(!learner_mode_from_string("arp", &mode));
    CHECK_STR(learner_mode_to_string(LEARNER_DHCP), "dhcp");
}

static void
test_states(void)
{
    struct world w;

    world_init(&w, LEARNER_DHCP, LEARNER_NONE);
    CHECK_INT(learner_state(w.l, AF_INET), LEARNER_WAITING);
    CHECK_INT(learner_state(w.l, AF_INET6), LEARNER_OFF);
    lease(&w, "10.0.0.5", 60);
    CHECK_INT(learner_state(w.l, AF_INET), LEARNER_READY);
    pass(&w, 60000);
    CHECK_INT(learner_state(w.l, AF_INET), LEARNER_WAITING);
    world_uninit(&w);
}

/* With `none' nothing is learned from anything. */
static void
test_none(void)
{
    struct world w;
    struct gf_frame f = gf_ipv4(1, 2, "10.0.0.5", "10.0.0.9", 1, 2);
    struct gf_frame dad = gf_dad(1, "fe80::5");

    world_init(&w, LEARNER_NONE, LEARNER_NONE);
    show(&w, GUEST, &f);
    show(&w, GUEST, &dad);
    lease(&w, "10.0.0.5", 60);
    leasev6(&w, "fd00::5", 60);
    pass(&w, 2000);
    CHECK_IP(&w, "");
    CHECK_IPV6(&w, "");
    world_uninit(&w);
}

/* `any', IPv4. */

/* What is learned from one frame of IPv4 from the guest, or nothing. */
static void
test_any_source(void)
{
    static const struct {
        const char *from;
        uint8_t eth_src;
        const char *learned;
    } cases[] = {
        { "10.0.0.5", GF_GUEST, "10.0.0.5" },
        { "0.0.0.0", GF_GUEST, "" },
        { "224.0.0.1", GF_GUEST, "" },
        { "239.255.255.255", GF_GUEST, "" },
        { "255.255.255.255", GF_GUEST, "" },
        { "223.255.255.255", GF_GUEST, "223.255.255.255" },
        { "10.0.0.5", GF_OTHER, "" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct gf_frame f = gf_ipv4(cases[i].eth_src, 2, cases[i].from,
                                    "10.0.0.9", 1000, 2000);
        struct world w;

        world_init(&w, LEARNER_ANY, LEARNER_NONE);
        show(&w, GUEST, &f);
        pass(&w, LEARNER_SETTLE_MS);
        CHECK_IP(&w, cases[i].learned);
        world_uninit(&w);
    }
}

/* ARP does not count (reference 4.5), nor does what others send. */
static void
test_any_not(void)
{
    struct gf_frame arp = gf_arp(1, "10.0.0.5", "10.0.0.9");
    struct gf_frame f = gf_ipv4(1, 2, "10.0.0.5", "10.0.0.9", 1000, 2000);
    struct world w;

    world_init(&w, LEARNER_ANY, LEARNER_NONE);
    show(&w, GUEST, &arp);
    show(&w, NETWORK, &f);
    show(&w, OTHERS, &f);
    pass(&w, LEARNER_SETTLE_MS);
    CHECK_IP(&w, "");
    world_uninit(&w);
}

/* The first address, after a second, and for good. */
static void
test_any_first(void)
{
    struct gf_frame first = gf_ipv4(1, 2, "10.0.0.5", "10.0.0.9", 1000, 2000);
    struct gf_frame next = gf_ipv4(1, 2, "10.0.0.6", "10.0.0.9", 1000, 2000);
    struct world w;

    world_init(&w, LEARNER_ANY, LEARNER_NONE);
    CHECK(learner_next(w.l) == LEARNER_NEVER);
    show(&w, GUEST, &first);
    CHECK_OUTCOME(&w, LEARNER_SETTLING);
    CHECK_INT(learner_next(w.l), w.now + LEARNER_SETTLE_MS);
    show(&w, GUEST, &next);
    lease(&w, "10.0.0.7", 60);
    CHECK_IP(&w, "");
    pass(&w, LEARNER_SETTLE_MS);
    CHECK(w.report.changed && w.report.store);
    CHECK_IP(&w, "10.0.0.5");
    CHECK(learner_next(w.l) == LEARNER_NEVER);

    show(&w, GUEST, &next);
    lease(&w, "10.0.0.7", 60);
    DHCP(&w, GUEST, .type = 7, .ciaddr = "10.0.0.5");
    pass(&w, 1000 * HOUR);
    CHECK_IP(&w, "10.0.0.5");
    world_uninit(&w);
}

/* A tagged packet counts as well. */
static void
test_any_tagged(void)
{
    struct gf_frame f = gf_ipv4(1, 2, "10.0.0.5", "10.0.0.9", 1000, 2000);
    struct world w;

    memmove(f.data + 16, f.data + 12, f.size - 12);
    gf_set16(&f, 12, 0x8100);
    f.size += 4;
    world_init(&w, LEARNER_ANY, LEARNER_NONE);
    w.config.settle_ms = 0;
    world_reset(&w);
    show(&w, GUEST, &f);
    pass(&w, 0);
    CHECK_IP(&w, "10.0.0.5");
    world_uninit(&w);
}

static void
test_any_offer(void)
{
    static const struct {
        uint8_t type;
        uint8_t chaddr;
        enum learner_way way;
        const char *yiaddr;
        const char *learned;
    } cases[] = {
        { 2, GF_GUEST, NETWORK, "10.0.0.5", "10.0.0.5" },
        { 5, GF_GUEST, NETWORK, "10.0.0.5", "10.0.0.5" },
        { 6, GF_GUEST, NETWORK, "10.0.0.5", "" },
        { 2, GF_OTHER, NETWORK, "10.0.0.5", "" },
        { 2, GF_GUEST, OTHERS, "10.0.0.5", "" },
        { 2, GF_GUEST, NETWORK, "0.0.0.0", "" },
        { 2, GF_GUEST, NETWORK, "224.0.0.5", "" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct world w;

        world_init(&w, LEARNER_ANY, LEARNER_NONE);
        DHCP(&w, cases[i].way, .type = cases[i].type, .lease = 60,
             .chaddr = cases[i].chaddr, .yiaddr = cases[i].yiaddr);
        CHECK_IP(&w, cases[i].learned);
        pass(&w, HOUR);
        CHECK_IP(&w, cases[i].learned);
        world_uninit(&w);
    }
}

/* Conflicts. */

static void
test_conflict(void)
{
    struct world w;
    size_t n;

    world_init(&w, LEARNER_DHCP, LEARNER_NONE);
    strcpy(w.held, "10.0.0.5");
    lease(&w, "10.0.0.5", 60);
    CHECK_OUTCOME(&w, LEARNER_CONFLICT);
    CHECK(!w.report.changed);
    CHECK_IP(&w, "");
    CHECK_INT(learner_state(w.l, AF_INET), LEARNER_REFUSED);
    CHECK(learner_leases(w.l, &n)->refused);
    lease(&w, "10.0.0.6", 60);
    CHECK_IP(&w, "10.0.0.6");

    /* Renewed, and still refused; then the other port has it no more. */
    lease(&w, "10.0.0.5", 600);
    CHECK_OUTCOME(&w, LEARNER_CONFLICT);
    learner_retry(w.l, w.now, &w.report);
    CHECK_IP(&w, "10.0.0.6");
    w.held[0] = '\0';
    learner_retry(w.l, w.now, &w.report);
    CHECK(w.report.changed);
    CHECK_IP(&w, "10.0.0.5 10.0.0.6");

    /* A refused lease ends like others. */
    strcpy(w.held, "10.0.0.7");
    lease(&w, "10.0.0.7", 60);
    pass(&w, 61000);
    learner_leases(w.l, &n);
    CHECK_INT(n, 1);
    world_uninit(&w);
}

/* A guest that begins with a stolen address gets nothing by traffic; a server
 * can give it one, or the other port can give up its own. */
static void
test_any_conflict(void)
{
    struct gf_frame f = gf_ipv4(1, 2, "10.0.0.5", "10.0.0.9", 1000, 2000);
    struct gf_frame other = gf_ipv4(1, 2, "10.0.0.6", "10.0.0.9", 1000, 2000);
    struct world w;
    size_t n;

    world_init(&w, LEARNER_ANY, LEARNER_NONE);
    strcpy(w.held, "10.0.0.5");
    show(&w, GUEST, &f);
    pass(&w, LEARNER_SETTLE_MS);
    CHECK_OUTCOME(&w, LEARNER_CONFLICT);
    CHECK_INT(learner_state(w.l, AF_INET), LEARNER_REFUSED);
    show(&w, GUEST, &other);
    pass(&w, LEARNER_SETTLE_MS);
    CHECK_IP(&w, "");
    lease(&w, "10.0.0.7", 60);
    CHECK_IP(&w, "10.0.0.7");
    learner_leases(w.l, &n);
    CHECK_INT(n, 1);

    world_reset(&w);
    show(&w, GUEST, &f);
    pass(&w, LEARNER_SETTLE_MS);
    w.held[0] = '\0';
    learner_retry(w.l, w.now, &w.report);
    CHECK_IP(&w, "10.0.0.5");
    world_uninit(&w);
}

static void
test_configure(void)
{
    struct world w;

    world_init(&w, LEARNER_DHCP, LEARNER_ANY);
    lease(&w, "10.0.0.5", 3600);
    leasev6(&w, "fd00::5", 3600);
    claim(&w, "fe80::5");
    CHECK(!learner_configure(w.l, &w.config));

    w.config.ipv6 = LEARNER_DHCP;
    CHECK(learner_configure(w.l, &w.config));
    CHECK_IP(&w, "10.0.0.5");
    CHECK_IPV6(&w, "fd00::5");
    w.config.ipv4 = LEARNER_ANY;
    CHECK(learner_configure(w.l, &w.config));
    CHECK_IP(&w, "");
    w.config.mac.ea[5] = 9;
    CHECK(learner_configure(w.l, &w.config));
    CHECK_IPV6(&w, "");
    world_uninit(&w);
}

static void
test_log(void)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct gf_frame f = gf_make_dhcp(&(struct gf_dhcp){
        .type = 5, .yiaddr = "10.0.0.5", .lease = 60, .xid = 5 });
    struct snoop_event event;
    struct world w;

    world_init(&w, LEARNER_DHCP, LEARNER_NONE);
    w.report.log = &s;
    snoop_frame(f.data, f.size, &event);
    learner_frame(w.l, &event, NETWORK, w.now, &w.report);
    DHCP(&w, GUEST, .type = 3, .xid = 5);
    w.report.log = &s;
    learner_frame(w.l, &event, NETWORK, w.now, &w.report);
    learner_run(w.l, w.now + 60000, &w.report);
    CHECK_STR(ds_cstr(&s),
              "DHCP server ACK for 02:00:00:00:00:01, gets 10.0.0.5 from "
              "10.0.0.1: answers nothing that the guest asked\n"
              "10.0.0.5: learned (dhcp from 10.0.0.1)\n"
              "10.0.0.5: expired (dhcp from 10.0.0.1)\n");
    ds_destroy(&s);
    world_uninit(&w);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_modes);
    RUN(test_states);
    RUN(test_none);
    RUN(test_any_source);
    RUN(test_any_not);
    RUN(test_any_first);
    RUN(test_any_tagged);
    RUN(test_any_offer);
    RUN(test_conflict);
    RUN(test_any_conflict);
    RUN(test_configure);
    RUN(test_log);
    return CHECK_RESULT();
}
