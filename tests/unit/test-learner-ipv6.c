/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* Which addresses a port has after some frames: IPv6. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "tests/unit/learner-world.h"
#include "util.h"

/* IPv6. */

static void
test_claims(void)
{
    const struct {
        struct gf_frame frame;
        const char *learned;
    } cases[] = {
        { gf_dad(GF_GUEST, "fe80::5"), "fe80::5" },
        { gf_dad(GF_GUEST, "fd00::5"), "fd00::5" },
        { gf_na(GF_GUEST, "fd00::5", GF_GUEST), "fd00::5" },
        { gf_na(GF_GUEST, "fd00::5", GF_OTHER), "" },
        { gf_dad(GF_OTHER, "fe80::5"), "" },
        { gf_dad(GF_GUEST, "::1"), "" },
        { gf_dad(GF_GUEST, "::"), "" },
        { gf_dad(GF_GUEST, "::ffff:10.0.0.5"), "" },
        { gf_nd(135, GF_GUEST, "fe80::5", "ff02::1:ff00:9", 0, "fe80::9"),
          "" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct world w;

        world_init(&w, LEARNER_DHCP, LEARNER_ANY);
        show(&w, GUEST, &cases[i].frame);
        CHECK_IPV6(&w, cases[i].learned);
        CHECK_IP(&w, "");
        world_uninit(&w);

        /* Not with `dhcp', and not from others. */
        world_init(&w, LEARNER_NONE, LEARNER_DHCP);
        show(&w, GUEST, &cases[i].frame);
        CHECK_IPV6(&w, "");
        world_uninit(&w);
        world_init(&w, LEARNER_NONE, LEARNER_ANY);
        show(&w, OTHERS, &cases[i].frame);
        show(&w, NETWORK, &cases[i].frame);
        CHECK_IPV6(&w, "");
        world_uninit(&w);
    }
}

/* The table is bounded: what was not seen for longest makes room, leases do
 * not. */
static void
test_claims_bounded(void)
{
    struct world w;
    size_t n;

    world_init(&w, LEARNER_NONE, LEARNER_ANY);
    leasev6(&w, "fd00::1", 3600);
    for (int i = 2; i <= LEARNER_MAX_IPV6; i++) {
        char *addr = xasprintf("fd00::%d", i);

        pass(&w, 1000);
        claim(&w, addr);
        free(addr);
    }
    pass(&w, 1000);
    claim(&w, "fd00::2"); /* Confirmed: fd00::3 is the oldest now. */
    claim(&w, "fd00::ff");
    CHECK_OUTCOME(&w, LEARNER_REPLACED);
    CHECK_OUTCOME(&w, LEARNER_LEARNED);

    const struct learner_lease *leases = learner_leases(w.l, &n);

    CHECK_INT(n, LEARNER_MAX_IPV6);
    CHECK_INT(leases[0].addr.s6_addr[15], 1);
    CHECK_INT(leases[1].addr.s6_addr[15], 2);
    CHECK_INT(leases[2].addr.s6_addr[15], 4);
    world_uninit(&w);
}

/* RFC 4862 5.5.3: addresses live as long as routers say. */
static void
test_lifetimes(void)
{
    struct gf_frame day = gf_ra(2, "fd00:1::", 64, 0x40, 86400);
    struct gf_frame minute = gf_ra(2, "fd00:1::", 64, 0x40, 60);
    struct world w;

    world_init(&w, LEARNER_NONE, LEARNER_ANY);
    show(&w, NETWORK, &day);
    claim(&w, "fe80::5");
    claim(&w, "fd00:1::5");
    claim(&w, "fd00:2::5");
    pass(&w, 23 * HOUR);
    CHECK_IPV6(&w, "fe80::5 fd00:1::5 fd00:2::5");
    show(&w, NETWORK, &day);
    pass(&w, 23 * HOUR);
    CHECK_IPV6(&w, "fe80::5 fd00:1::5 fd00:2::5");

    /* Forged ones do not end it, and only the network's routers count. */
    show(&w, OTHERS, &day);
    CHECK_OUTCOME(&w, LEARNER_FORGED);
    show(&w, NETWORK, &day);
    show(&w, NETWORK, &minute);
    pass(&w, 2 * HOUR - 1000);
    CHECK_IPV6(&w, "fe80::5 fd00:1::5 fd00:2::5");
    show(&w, NETWORK, &minute); /* That is later now. */
    pass(&w, 59000);
    CHECK_IPV6(&w, "fe80::5 fd00:1::5 fd00:2::5");
    pass(&w, 2000);
    CHECK_OUTCOME(&w, LEARNER_EXPIRED);
    CHECK_IPV6(&w, "fe80::5 fd00:2::5");
    world_uninit(&w);
}

static void
test_dhcpv6(void)
{
    struct world w;

    world_init(&w, LEARNER_NONE, LEARNER_DHCP);
    DHCPV6(&w, GUEST, .type = 1);
    DHCPV6(&w, NETWORK, .type = 2, .n = 1, .addr = { "fd00::5" });
    CHECK_IPV6(&w, "");
    DHCPV6(&w, GUEST, .type = 3, .xid = 7);
    DHCPV6(&w, NETWORK, .type = 7, .xid = 7, .n = 2,
           .addr = { "fd00::5", "fd00::6" }, .valid = 60);
    CHECK_IPV6(&w, "fd00::5 fd00::6 fe80::1");
    CHECK_INT(w.report.outcomes[LEARNER_LEARNED], 3);
    pass(&w, 59000);
    DHCPV6(&w, GUEST, .type = 5, .xid = 8);
    DHCPV6(&w, NETWORK, .type = 7, .xid = 8, .n = 1, .addr = { "fd00::5" },
           .valid = 60);
    CHECK_OUTCOME(&w, LEARNER_RENEWED);
    pass(&w, 2000);
    CHECK_IPV6(&w, "fd00::5 fe80::1");

    /* A lifetime of 0 takes back (RFC 8415 18.2.10.1), RELEASE gives. */
    DHCPV6(&w, GUEST, .type = 6, .xid = 9);
    DHCPV6(&w, NETWORK, .type = 7, .xid = 9, .n = 1, .addr = { "fd00::5" },
           .valid = -1);
    CHECK_OUTCOME(&w, LEARNER_WITHDRAWN);
    CHECK_IPV6(&w, "");
    leasev6(&w, "fd00::5", SNOOP_FOREVER);
    pass(&w, 100000 * HOUR);
    CHECK_IPV6(&w, "fd00::5 fe80::1");
    DHCPV6(&w, GUEST, .type = 8, .n = 1, .addr = { "fd00::5" });
    CHECK_OUTCOME(&w, LEARNER_RELEASED);
    leasev6(&w, "fd00::5", 60);
    DHCPV6(&w, GUEST, .type = 9, .n = 1, .addr = { "fd00::5" });
    CHECK_OUTCOME(&w, LEARNER_DECLINED);
    CHECK_IPV6(&w, "");
    world_uninit(&w);
}

static void
test_dhcpv6_without_effect(void)
{
    static const struct {
        enum learner_way way;
        struct gf_dhcpv6 message;
        enum learner_outcome outcome;
    } cases[] = {
        { NETWORK,
          { .type = 7, .xid = 9, .n = 1, .addr = { "fd00::6" } },
          LEARNER_UNASKED },
        { NETWORK,
          { .type = 7, .duid = "another", .n = 1, .addr = { "fd00::6" } },
          LEARNER_UNASKED },
        { NETWORK,
          { .type = 7, .dst = GF_OTHER, .n = 1, .addr = { "fd00::6" } },
          LEARNER_FOREIGN },
        { OTHERS,
          { .type = 7, .n = 1, .addr = { "fd00::6" } },
          LEARNER_FORGED },
        { GUEST,
          { .type = 7, .src = GF_GUEST, .n = 1, .addr = { "fd00::6" } },
          LEARNER_FORGED },
        { NETWORK,
          { .type = 7, .n = 1, .addr = { "ff02::6" } },
          LEARNER_ADDRESS },
        { NETWORK,
          { .type = 7, .n = 1, .addr = { "::ffff:10.0.0.6" } },
          LEARNER_ADDRESS },
        { NETWORK,
          { .type = 7, .n = 1, .addr = { "fd00::6" }, .status = 1 },
          LEARNER_IGNORED },
        { NETWORK,
          { .type = 7, .n = 1, .addr = { "fd00::6" }, .valid = -1 },
          LEARNER_IGNORED },
        { NETWORK,
          { .type = 2, .n = 1, .addr = { "fd00::6" } },
          LEARNER_IGNORED },
        { GUEST,
          { .type = 8, .n = 1, .addr = { "fd00::6" } },
          LEARNER_IGNORED },
        { GUEST, { .type = 4 }, LEARNER_IGNORED },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct world w;

        world_init(&w, LEARNER_DHCP, LEARNER_DHCP);
        leasev6(&w, "fd00::5", 3600);
        dhcpv6(&w, cases[i].way, &cases[i].message);
        CHECK_IPV6(&w, "fd00::5 fe80::1");
        CHECK_IP(&w, "");
        if (!CHECK_OUTCOME(&w, cases[i].outcome)) {
            printf("# case %zu\n", i);
        }
        world_uninit(&w);
    }
}

/* SOLICIT is answered with REPLY only if it said so (RFC 8415 18.2.1). */
static void
test_rapid_commit(void)
{
    struct world w;

    world_init(&w, LEARNER_NONE, LEARNER_DHCP);
    DHCPV6(&w, GUEST, .type = 1);
    DHCPV6(&w, NETWORK, .type = 7, .n = 1, .addr = { "fd00::5" });
    CHECK_OUTCOME(&w, LEARNER_UNASKED);
    DHCPV6(&w, GUEST, .type = 1, .rapid_commit = true);
    DHCPV6(&w, NETWORK, .type = 7, .n = 1, .addr = { "fd00::5" });
    CHECK_IPV6(&w, "fd00::5 fe80::1");
    world_uninit(&w);
}

/* The link-local address that asked comes along with a lease, goes with the
 * last, and is one. */
static void
test_link_local(void)
{
    struct world w;
    struct gf_frame f;
    size_t n;

    world_init(&w, LEARNER_NONE, LEARNER_DHCP);
    DHCPV6(&w, GUEST, .type = 3);
    DHCPV6(&w, NETWORK, .type = 7); /* No address. */
    learner_leases(w.l, &n);
    CHECK_INT(n, 0);
    leasev6(&w, "fd00::5", 60);
    CHECK_IPV6(&w, "fd00::5 fe80::1");
    pass(&w, 60000);
    CHECK_IPV6(&w, "");
    CHECK_INT(learner_state(w.l, AF_INET6), LEARNER_WAITING);
    leasev6(&w, "fd00::6", 60);
    CHECK_IPV6(&w, "fd00::6 fe80::1");

    f = gf_make_dhcpv6(&(struct gf_dhcpv6){
        .type = 7, .n = 1, .addr = { "fd00::7" }, .valid = 60 });
    f.data[GF_IP + 39] = 9;
    gf_fix(&f);
    show(&w, NETWORK, &f);
    CHECK_IPV6(&w, "fd00::6 fd00::7 fe80::9");

    /* Not one that another port has. */
    strcpy(w.held, "fe80::1");
    leasev6(&w, "fd00::6", 60);
    CHECK_IPV6(&w, "fd00::6 fd00::7");
    world_uninit(&w);
}

/* A leased address that the guest claims, too, stays a lease. */
static void
test_claimed_lease(void)
{
    struct world w;

    world_init(&w, LEARNER_NONE, LEARNER_ANY);
    leasev6(&w, "fd00::5", 60);
    claim(&w, "fd00::5");
    claim(&w, "fd00::6");
    leasev6(&w, "fd00::6", 60);
    CHECK_IPV6(&w, "fd00::5 fd00::6");
    pass(&w, 61000);
    CHECK_IPV6(&w, "");
    world_uninit(&w);
}

static void
test_claim_conflict(void)
{
    struct world w;

    world_init(&w, LEARNER_NONE, LEARNER_ANY);
    strcpy(w.held, "fd00::5");
    claim(&w, "fd00::5");
    CHECK_OUTCOME(&w, LEARNER_CONFLICT);
    claim(&w, "fd00::6");
    CHECK_IPV6(&w, "fd00::6");
    world_uninit(&w);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_claims);
    RUN(test_claims_bounded);
    RUN(test_lifetimes);
    RUN(test_dhcpv6);
    RUN(test_dhcpv6_without_effect);
    RUN(test_rapid_commit);
    RUN(test_link_local);
    RUN(test_claimed_lease);
    RUN(test_claim_conflict);
    return CHECK_RESULT();
}
