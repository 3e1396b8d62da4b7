/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* Which addresses a port has after some frames: leases of DHCP. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "tests/unit/learner-world.h"
#include "util.h"

/* `dhcp', IPv4. */

static void
test_lease(void)
{
    struct world w;

    world_init(&w, LEARNER_DHCP, LEARNER_NONE);
    DHCP(&w, GUEST, .type = 1);
    DHCP(&w, NETWORK, .type = 2, .yiaddr = "10.0.0.5", .lease = 60);
    CHECK_IP(&w, "");
    DHCP(&w, GUEST, .type = 3, .requested = "10.0.0.5");
    DHCP(&w, NETWORK, .type = 5, .yiaddr = "10.0.0.5", .lease = 60);
    CHECK(w.report.changed && w.report.store);
    CHECK_OUTCOME(&w, LEARNER_LEARNED);
    CHECK_IP(&w, "10.0.0.5");

    /* The same again, with a later end. */
    lease(&w, "10.0.0.5", 120);
    CHECK(!w.report.changed && w.report.store);
    CHECK_OUTCOME(&w, LEARNER_RENEWED);
    CHECK_INT(learner_next(w.l), w.now + 120000);

    /* No take-backs. */
    lease(&w, "10.0.0.5", 10);
    CHECK(!w.report.changed && !w.report.store);
    pass(&w, 60000);
    CHECK_IP(&w, "10.0.0.5");

    pass(&w, 60000);
    CHECK(w.report.changed && w.report.store);
    CHECK_OUTCOME(&w, LEARNER_EXPIRED);
    CHECK_IP(&w, "");
    world_uninit(&w);
}

/* A message of DHCP that must not end or give a lease. */
static void
test_without_effect(void)
{
    static const struct {
        enum learner_way way;
        struct gf_dhcp message;
        enum learner_outcome outcome;
    } cases[] = {
        { NETWORK, { .type = 6 }, LEARNER_IGNORED },
        { NETWORK, { .type = 2, .yiaddr = "10.0.0.6" }, LEARNER_IGNORED },
        { NETWORK, { .type = 5, .lease = 60 }, LEARNER_IGNORED },
        { NETWORK, { .type = 5, .yiaddr = "10.0.0.6" }, LEARNER_NO_LEASE },
        { NETWORK,
          { .type = 5, .yiaddr = "10.0.0.6", .lease = -1 },
          LEARNER_NO_LEASE },
        { NETWORK,
          { .type = 5, .yiaddr = "224.0.0.6", .lease = 60 },
          LEARNER_ADDRESS },
        { NETWORK,
          { .type = 5, .yiaddr = "10.0.0.6", .lease = 60, .xid = 99 },
          LEARNER_UNASKED },
        { NETWORK,
          { .type = 5,
            .yiaddr = "10.0.0.6",
            .lease = 60,
            .chaddr = GF_OTHER,
            .dst = GF_BROADCAST },
          LEARNER_FOREIGN },
        { OTHERS,
          { .type = 5, .yiaddr = "10.0.0.6", .lease = 60 },
          LEARNER_FORGED },
        { GUEST,
          { .type = 5, .yiaddr = "10.0.0.6", .lease = 60, .src = GF_GUEST },
          LEARNER_FORGED },
        { GUEST,
          { .type = 5, .yiaddr = "10.0.0.6", .lease = 60 },
          LEARNER_FOREIGN },
        { GUEST, { .type = 1 }, LEARNER_IGNORED },
        { GUEST, { .type = 3, .requested = "10.0.0.6" }, LEARNER_IGNORED },
        { GUEST, { .type = 8, .ciaddr = "10.0.0.5" }, LEARNER_IGNORED },
        /* Of addresses that the guest has not, or is not asked about. */
        { GUEST, { .type = 7, .ciaddr = "10.0.0.6" }, LEARNER_IGNORED },
        { GUEST, { .type = 7, .yiaddr = "10.0.0.5" }, LEARNER_IGNORED },
        { GUEST, { .type = 7, .requested = "10.0.0.5" }, LEARNER_IGNORED },
        { GUEST, { .type = 4, .requested = "10.0.0.6" }, LEARNER_IGNORED },
        { GUEST,
          { .type = 7, .ciaddr = "10.0.0.5", .chaddr = GF_OTHER },
          LEARNER_FOREIGN },
        { GUEST,
          { .type = 7, .ciaddr = "10.0.0.5", .src = GF_OTHER },
          LEARNER_FOREIGN },
        { NETWORK, { .type = 7, .ciaddr = "10.0.0.5" }, LEARNER_IGNORED },
        { OTHERS, { .type = 7, .ciaddr = "10.0.0.5" }, LEARNER_IGNORED },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct world w;

        world_init(&w, LEARNER_DHCP, LEARNER_NONE);
        lease(&w, "10.0.0.5", 3600);
        dhcp(&w, cases[i].way, &cases[i].message);
        CHECK_IP(&w, "10.0.0.5");
        CHECK(!w.report.changed && !w.report.store);
        if (!CHECK_OUTCOME(&w, cases[i].outcome)) {
            printf("# case %zu\n", i);
        }
        world_uninit(&w);
    }
}

static void
test_given_back(void)
{
    struct world w;

    world_init(&w, LEARNER_DHCP, LEARNER_NONE);
    lease(&w, "10.0.0.5", 3600);
    DHCP(&w, GUEST, .type = 7, .ciaddr = "10.0.0.5", .from = "10.0.0.5");
    CHECK(w.report.changed && w.report.store);
    CHECK_OUTCOME(&w, LEARNER_RELEASED);
    CHECK_IP(&w, "");

    lease(&w, "10.0.0.5", 3600);
    DHCP(&w, GUEST, .type = 4, .requested = "10.0.0.5");
    CHECK(w.report.changed && w.report.store);
    CHECK_OUTCOME(&w, LEARNER_DECLINED);
    CHECK_IP(&w, "");
    world_uninit(&w);
}

static void
test_infinite(void)
{
    struct world w;

    world_init(&w, LEARNER_DHCP, LEARNER_NONE);
    lease(&w, "10.0.0.5", SNOOP_FOREVER);
    CHECK(learner_next(w.l) == LEARNER_NEVER);
    pass(&w, 1000000 * HOUR);
    CHECK_IP(&w, "10.0.0.5");

    /* What had no end gets one if the server says so. */
    lease(&w, "10.0.0.5", 60);
    CHECK_INT(learner_next(w.l), w.now + 60000);
    lease(&w, "10.0.0.5", SNOOP_FOREVER);
    CHECK(learner_next(w.l) == LEARNER_NEVER);
    DHCP(&w, GUEST, .type = 7, .ciaddr = "10.0.0.5");
    CHECK_IP(&w, "");
    world_uninit(&w);
}

static void
test_several(void)
{
    struct world w;

    world_init(&w, LEARNER_DHCP, LEARNER_NONE);
    lease(&w, "10.0.0.5", 60);
    lease(&w, "10.0.0.6", 30);
    lease(&w, "10.0.0.7", 90);
    CHECK_IP(&w, "10.0.0.5 10.0.0.6 10.0.0.7");
    pass(&w, 31000);
    CHECK_IP(&w, "10.0.0.5 10.0.0.7");
    lease(&w, "10.0.0.6", 60);
    CHECK_IP(&w, "10.0.0.5 10.0.0.7 10.0.0.6");
    DHCP(&w, GUEST, .type = 7, .ciaddr = "10.0.0.7");
    CHECK_IP(&w, "10.0.0.5 10.0.0.6");
    world_uninit(&w);
}

/* No guest needs more room than there is, whatever servers give it. */
static void
test_too_many(void)
{
    struct world w;

    world_init(&w, LEARNER_DHCP, LEARNER_NONE);
    for (int i = 1; i <= LEARNER_MAX_IPV4 + 4; i++) {
        char *addr = xasprintf("10.0.0.%d", i);

        lease(&w, addr, 3600);
        CHECK_OUTCOME(&w, (i <= LEARNER_MAX_IPV4 ? LEARNER_LEARNED
                                                 : LEARNER_FULL));
        pass(&w, 1000);
        free(addr);
    }

    size_t n;

    learner_leases(w.l, &n);
    CHECK_INT(n, LEARNER_MAX_IPV4);
    world_uninit(&w);
}

/* An answer belongs to a question for two minutes, and to one of the last. */
static void
test_questions(void)
{
    struct world w;

    world_init(&w, LEARNER_DHCP, LEARNER_NONE);
    DHCP(&w, GUEST, .type = 3);
    pass(&w, LEARNER_QUESTION_MS);
    DHCP(&w, NETWORK, .type = 5, .yiaddr = "10.0.0.5", .lease = 60);
    CHECK_OUTCOME(&w, LEARNER_UNASKED);

    DHCP(&w, GUEST, .type = 3);
    for (int i = 1; i < LEARNER_MAX_QUESTIONS; i++) {
        DHCP(&w, GUEST, .type = 3, .xid = i);
    }
    DHCP(&w, NETWORK, .type = 5, .yiaddr = "10.0.0.5", .lease = 60);
    CHECK_OUTCOME(&w, LEARNER_LEARNED);
    DHCP(&w, GUEST, .type = 3, .xid = 100);
    DHCP(&w, NETWORK, .type = 5, .yiaddr = "10.0.0.6", .lease = 60);
    CHECK_OUTCOME(&w, LEARNER_UNASKED);

    /* Rapid commit (RFC 4039): ACK to DISCOVER. */
    DHCP(&w, GUEST, .type = 1, .xid = 200);
    DHCP(&w, NETWORK, .type = 5, .yiaddr = "10.0.0.7", .lease = 60,
         .xid = 200);
    CHECK_OUTCOME(&w, LEARNER_LEARNED);

    /* What is leased is renewed also without. */
    DHCP(&w, NETWORK, .type = 5, .yiaddr = "10.0.0.5", .lease = 600,
         .xid = 77);
    CHECK_OUTCOME(&w, LEARNER_RENEWED);
    world_uninit(&w);
}

static void
test_servers(void)
{
    struct world w;

    world_init(&w, LEARNER_DHCP, LEARNER_DHCP);
    add_server(&w, "::ffff:10.0.0.2");
    add_server(&w, "::ffff:10.0.0.3");
    lease(&w, "10.0.0.5", 60); /* Of 10.0.0.1. */
    CHECK_OUTCOME(&w, LEARNER_SERVER);
    CHECK_IP(&w, "");
    DHCP(&w, NETWORK, .type = 5, .yiaddr = "10.0.0.6", .lease = 60,
         .from = "10.0.0.3");
    CHECK_IP(&w, "10.0.0.6");

    /* The list has nothing to say about IPv6. */
    leasev6(&w, "fd00::5", 60);
    CHECK_IPV6(&w, "fd00::5 fe80::1");
    w.config.n_servers = 0;
    add_server(&w, "fe80::3");
    leasev6(&w, "fd00::5", 60);
    CHECK_OUTCOME(&w, LEARNER_SERVER);
    world_uninit(&w);
}

/* Ten frames a second, fifty at once; and others' broadcasts do not count. */
static void
test_rate(void)
{
    struct gf_frame ask = gf_make_dhcp(
        &(struct gf_dhcp){ .type = 3, .xid = 1 });
    struct gf_frame answer = gf_make_dhcp(&(struct gf_dhcp){
        .type = 5, .xid = 1, .yiaddr = "10.0.0.5", .lease = 60 });
    struct gf_frame foreign = gf_make_dhcp(
        &(struct gf_dhcp){ .type = 5, .chaddr = GF_OTHER, .lease = 60 });
    struct world w;

    world_init(&w, LEARNER_DHCP, LEARNER_NONE);
    for (int i = 0; i < LEARNER_BURST + 20; i++) {
        show_now(&w, GUEST, &ask);
        CHECK_OUTCOME(&w, (i < LEARNER_BURST ? LEARNER_IGNORED
                                             : LEARNER_TOO_FAST));
        show_now(&w, NETWORK, &foreign);
    }
    show_now(&w, NETWORK, &answer);
    CHECK_IP(&w, "10.0.0.5");
    for (int i = 0; i < 20; i++) {
        pass(&w, 50);
        show_now(&w, GUEST, &ask);
        CHECK_OUTCOME(&w, i % 2 ? LEARNER_IGNORED : LEARNER_TOO_FAST);
    }
    world_uninit(&w);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_lease);
    RUN(test_without_effect);
    RUN(test_given_back);
    RUN(test_infinite);
    RUN(test_several);
    RUN(test_too_many);
    RUN(test_questions);
    RUN(test_servers);
    RUN(test_rate);
    return CHECK_RESULT();
}
