/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* Leases on paper, and what becomes of them after a restart. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "tests/unit/learner-world.h"
#include "util.h"

/* Leases on paper. */

#define WALL 1795335600000LL

static void
test_format(void)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct world w;
    size_t n;

    world_init(&w, LEARNER_DHCP, LEARNER_ANY);
    lease(&w, "10.0.0.5", 60);
    lease(&w, "10.0.0.6", SNOOP_FOREVER);
    leasev6(&w, "fd00::5", 60);
    claim(&w, "fe80::5");

    const struct learner_lease *leases = learner_leases(w.l, &n);

    for (size_t i = 0; i < n; i++) {
        learner_lease_format(&leases[i], w.now, WALL, &s);
        ds_put_char(&s, '\n');
    }
    /* 500 and 100 ms have passed. */
    CHECK_STR(ds_cstr(&s),
              "10.0.0.5 source=dhcp expires=1795335660 server=10.0.0.1\n"
              "10.0.0.6 source=dhcp expires=never server=10.0.0.1\n"
              "fd00::5 source=dhcp expires=1795335660 server=fe80::2\n"
              "fe80::5 source=nd expires=never\n");
    ds_destroy(&s);
    world_uninit(&w);
}

static void
test_bad_text(void)
{
    static const char *const texts[] = {
        "",
        "source=dhcp",
        "10.0.0.5",
        "10.0.0.5 source=dhcp",
        "10.0.0.5 expires=5",
        "10.0.0.256 source=dhcp expires=5",
        "10.0.0.5/24 source=dhcp expires=5",
        "0.0.0.0 source=dhcp expires=5",
        "224.0.0.1 source=dhcp expires=5",
        "::ffff:10.0.0.5 source=dhcp expires=5",
        "ff02::1 source=nd expires=5",
        "10.0.0.5 source=nd expires=5",
        "10.0.0.5 source=link expires=5",
        "fd00::5 source=link expires=5",
        "fd00::5 source=traffic expires=5",
        "10.0.0.5 source=DHCP expires=5",
        "10.0.0.5 source=dhcp expires=-1",
        "10.0.0.5 source=dhcp expires=",
        "10.0.0.5 source=dhcp expires=5x",
        "10.0.0.5 source=dhcp expires=99999999999999",
        "10.0.0.5 source=dhcp expires=99999999999999999999",
        "10.0.0.5 source=dhcp expires=5 expires=6",
        "10.0.0.5 source=dhcp expires=5 server=fe80::1",
        "10.0.0.5 source=dhcp expires=5 colour=red",
        "10.0.0.5 source=dhcp expires=5 server",
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct learner_lease lease;
        char *error = learner_lease_parse(texts[i], 0, WALL, &lease);

        if (!CHECK(error != NULL)) {
            printf("# \"%s\"\n", texts[i]);
        }
        free(error);
    }
}

/* Writes all leases at one time, and reads them at another, by clocks that
 * began at other times. */
static void
test_restart(void)
{
    struct world before, after;
    char *texts[4];
    size_t n;

    world_init(&before, LEARNER_DHCP, LEARNER_ANY);
    lease(&before, "10.0.0.5", 60);
    lease(&before, "10.0.0.6", 3600);
    leasev6(&before, "fd00::5", SNOOP_FOREVER);
    claim(&before, "fe80::5");

    const struct learner_lease *leases = learner_leases(before.l, &n);

    CHECK_INT(n, 4);
    for (size_t i = 0; i < n; i++) {
        struct ds s = DS_EMPTY_INITIALIZER;

        learner_lease_format(&leases[i], before.now, WALL, &s);
        texts[i] = ds_steal_cstr(&s);
    }
    world_uninit(&before);

    world_init(&after, LEARNER_DHCP, LEARNER_ANY);
    after.now = 50;
    for (size_t i = 0; i < 4; i++) {
        struct learner_lease restored;
        char *error = learner_lease_parse(texts[i], after.now, WALL + 600000,
                                          &restored);

        CHECK_STR(error, NULL);
        free(error);
        learner_restore(after.l, &restored, after.now, &after.report);
        free(texts[i]);
    }
    CHECK_INT(after.report.outcomes[LEARNER_EXPIRED], 1);
    CHECK(after.report.changed);
    CHECK_IP(&after, "10.0.0.6");
    CHECK_IPV6(&after, "fd00::5 fe80::5");
    pass(&after, HOUR - 602000);
    CHECK_IP(&after, "10.0.0.6");
    pass(&after, 3000);
    CHECK_IP(&after, "");
    world_uninit(&after);
}

static void
restore(struct world *w, const char *text)
{
    struct learner_lease restored;
    char *error = learner_lease_parse(text, w->now, WALL, &restored);

    CHECK_STR(error, NULL);
    free(error);
    memset(&w->report, 0, sizeof w->report);
    learner_restore(w->l, &restored, w->now, &w->report);
}

/* What this port would not have learned is not restored either. */
static void
test_restore_refused(void)
{
    struct world w;

    world_init(&w, LEARNER_DHCP, LEARNER_NONE);
    restore(&w, "10.0.0.5 source=traffic expires=never");
    CHECK(w.report.store && !w.report.changed);
    restore(&w, "fd00::5 source=dhcp expires=never");
    restore(&w, "10.0.0.5 source=dhcp expires=1795335599");
    CHECK(w.report.store && !w.report.changed);
    CHECK_OUTCOME(&w, LEARNER_EXPIRED);
    CHECK_IP(&w, "");
    CHECK_IPV6(&w, "");
    strcpy(w.held, "10.0.0.5");
    restore(&w, "10.0.0.5 source=dhcp expires=never");
    CHECK_OUTCOME(&w, LEARNER_CONFLICT);
    CHECK_IP(&w, "");
    add_server(&w, "::ffff:10.0.0.2");
    restore(&w, "10.0.0.6 source=dhcp expires=never server=10.0.0.1");
    CHECK_IP(&w, "");
    world_uninit(&w);

    world_init(&w, LEARNER_ANY, LEARNER_NONE);
    restore(&w, "10.0.0.5 source=traffic expires=never");
    restore(&w, "10.0.0.6 source=offer expires=never");
    CHECK_IP(&w, "10.0.0.5");
    restore(&w, "10.0.0.5 source=traffic expires=never");
    CHECK(!w.report.store && !w.report.changed);
    learner_forget(w.l, NULL, &w.report);
    CHECK_IP(&w, "");
    world_uninit(&w);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_format);
    RUN(test_bad_text);
    RUN(test_restart);
    RUN(test_restore_refused);
    return CHECK_RESULT();
}
