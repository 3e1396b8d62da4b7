/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* A hundred thousand frames that were changed at random, of a guest that
 * wants an address that nobody gave it: it must not get it, nor may the
 * learner grow. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "learning/learner.h"
#include "learning/snoop.h"
#include "packets.h"
#include "random.h"
#include "tests/unit/check.h"
#include "tests/unit/guest-frames.h"
#include "util.h"

#define N_FRAMES 100000

/* What a guest that forges sends: servers' messages with what it wants, and
 * its own. */
static size_t
make_guests(struct gf_frame frames[16])
{
    size_t n = 0;

    for (int type = 1; type <= 8; type++) {
        frames[n++] = gf_make_dhcp(&(struct gf_dhcp){ .type = type,
                                                      .src = GF_GUEST,
                                                      .requested = "10.0.0.66",
                                                      .ciaddr = "10.0.0.66",
                                                      .yiaddr = "10.0.0.66",
                                                      .lease = 3600 });
    }
    for (int type = 3; type <= 8; type++) {
        frames[n++] = gf_make_dhcpv6(&(struct gf_dhcpv6){
            .type = type, .src = GF_GUEST, .n = 1, .addr = { "fd00::66" } });
    }
    frames[n++] = gf_na(GF_GUEST, "fd00::66", GF_GUEST);
    frames[n++] = gf_dad(GF_GUEST, "fd00::66");
    return n;
}

/* Changes up to four bytes behind the Ethernet header, perhaps the length, and
 * mostly puts lengths and checksums right. */
static void
mutate(struct gf_frame *f)
{
    for (int i = random_range(5); i > 0; i--) {
        f->data[GF_IP + random_range(f->size - GF_IP)] = random_uint8();
    }
    if (!random_range(8)) {
        f->size = GF_DHCPV6 + random_range(f->size - GF_DHCPV6 + 1);
    }
    if (random_range(8)) {
        gf_fix(f);
    }
}

static size_t
count(const struct learner *l, int family)
{
    size_t n;
    char **addresses = learner_addresses(l, family, &n);

    for (size_t i = 0; i < n; i++) {
        free(addresses[i]);
    }
    free(addresses);
    return n;
}

static struct learner *
make_learner(void)
{
    struct learner_config config = {
        .mac = ETH_ADDR_C(02, 00, 00, 00, 00, 01),
        .ipv4 = LEARNER_DHCP,
        .ipv6 = LEARNER_DHCP,
    };

    return learner_create(&config);
}

/* Whatever the guest says, and whatever other guests say to it. */
static void
test_forged(void)
{
    struct learner *l = make_learner();
    struct learner_report report = LEARNER_REPORT_INITIALIZER;
    struct gf_frame frames[16];
    size_t n = make_guests(frames);

    CHECK_INT(n, ARRAY_SIZE(frames));
    random_set_seed(1);
    for (long long i = 0; i < N_FRAMES; i++) {
        struct gf_frame f = frames[random_range(n)];
        struct snoop_event event;

        mutate(&f);
        snoop_frame(f.data, f.size, &event);
        learner_frame(l, &event,
                      i % 2 ? LEARNER_FROM_GUEST : LEARNER_FROM_OTHERS,
                      i * 200, &report);
    }

    size_t n_leases;

    learner_leases(l, &n_leases);
    CHECK_INT(n_leases, 0);
    CHECK(!report.changed && !report.store);

    /* The frames did get there. */
    CHECK(report.outcomes[LEARNER_FORGED] > N_FRAMES / 20);
    CHECK(report.outcomes[LEARNER_MALFORMED] > N_FRAMES / 20);
    CHECK(report.outcomes[LEARNER_IGNORED] > N_FRAMES / 20);
    learner_destroy(l);
}

/* The network's servers, too: what answers no question is not believed. */
static void
test_unasked(void)
{
    struct learner *l = make_learner();
    struct learner_report report = LEARNER_REPORT_INITIALIZER;

    random_set_seed(2);
    for (long long i = 0; i < N_FRAMES; i++) {
        struct gf_frame f =
            (i % 2 ? gf_make_dhcp(&(struct gf_dhcp){
                 .type = 5, .yiaddr = "10.0.0.66", .lease = 3600 })
                   : gf_make_dhcpv6(&(struct gf_dhcpv6){
                       .type = 7, .n = 1, .addr = { "fd00::66" } }));
        struct snoop_event event;

        mutate(&f);
        snoop_frame(f.data, f.size, &event);
        learner_frame(l, &event, LEARNER_FROM_NETWORK, i * 200, &report);
    }
    CHECK_INT(count(l, AF_INET) + count(l, AF_INET6), 0);
    CHECK(report.outcomes[LEARNER_UNASKED] > N_FRAMES / 20);
    CHECK(report.outcomes[LEARNER_MALFORMED] > N_FRAMES / 20);
    learner_destroy(l);
}

/* With `any' the guest may claim what it likes, but not without bounds. */
static void
test_bounded(void)
{
    struct learner_config config = {
        .mac = ETH_ADDR_C(02, 00, 00, 00, 00, 01),
        .ipv4 = LEARNER_ANY,
        .ipv6 = LEARNER_ANY,
    };
    struct learner *l = learner_create(&config);
    struct learner_report report = LEARNER_REPORT_INITIALIZER;

    random_set_seed(3);
    for (long long i = 0; i < N_FRAMES; i++) {
        struct gf_frame f = gf_dad(GF_GUEST, "fd00::66");
        struct snoop_event event;

        random_bytes(f.data + GF_L4_6 + 8, 13);
        gf_fix(&f);
        snoop_frame(f.data, f.size, &event);
        learner_run(l, i * 100, &report);
        learner_frame(l, &event, LEARNER_FROM_GUEST, i * 100, &report);
    }
    CHECK_INT(count(l, AF_INET), 0);
    CHECK_INT(count(l, AF_INET6), LEARNER_MAX_IPV6);
    CHECK(report.outcomes[LEARNER_REPLACED] > N_FRAMES / 2);
    learner_destroy(l);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_forged);
    RUN(test_unasked);
    RUN(test_bounded);
    return CHECK_RESULT();
}
