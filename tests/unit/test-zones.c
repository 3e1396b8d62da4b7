/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/zones.h"

#include "tests/unit/check.h"

static void
test_names(void)
{
    struct zones *zones = zones_create();
    uint16_t zone = zones_allocate(zones, "vnet0", 0);

    CHECK_INT(zone, zones_default("vnet0"));
    CHECK(zones_allocate(zones, "vnet0", 0) != zone);
    zones_release(zones, zone);
    CHECK_INT(zones_allocate(zones, "vnet0", 0), zone);
    zones_destroy(zones);
}

static void
test_remembered(void)
{
    struct zones *zones = zones_create();

    CHECK_INT(zones_allocate(zones, "vnet0", UINT16_MAX), UINT16_MAX);
    /* Taken: any other one, but not 0, which is everybody's. */
    uint16_t other = zones_allocate(zones, "vnet1", UINT16_MAX);

    CHECK(other != UINT16_MAX && other);
    zones_destroy(zones);
}

/* A port is never given a zone that another one has, nor zone 0. */
static void
test_exhaustion(void)
{
    struct zones *zones = zones_create();
    unsigned int n = 0;

    while (n < UINT16_MAX && zones_allocate(zones, "vnet0", 0)) {
        n++;
    }
    CHECK(n > 60000);
    CHECK_INT(zones_allocate(zones, "vnet1", 0), 0);
    CHECK_INT(zones_allocate(zones, "vnet1", 5), 0);
    zones_release(zones, 0);
    CHECK_INT(zones_allocate(zones, "vnet1", 0), 0);
    zones_release(zones, 7);
    CHECK_INT(zones_allocate(zones, "vnet1", 0), 7);
    zones_destroy(zones);
}

/* The numbers at both ends, and no others. */
static void
test_claims(void)
{
    struct zones *zones = zones_create();

    CHECK_INT(zones_count_claims(zones, UINT16_MAX), 0);
    zones_note_claim(zones, UINT16_MAX);
    CHECK_INT(zones_count_claims(zones, UINT16_MAX), 1);
    zones_note_claim(zones, UINT16_MAX);
    CHECK_INT(zones_count_claims(zones, UINT16_MAX), 2);
    zones_note_claim(zones, UINT16_MAX);
    CHECK_INT(zones_count_claims(zones, UINT16_MAX), 2);
    zones_note_claim(zones, 1);
    CHECK_INT(zones_count_claims(zones, 1), 1);
    CHECK_INT(zones_count_claims(zones, 2), 0);
    /* A claim is no allocation. */
    CHECK_INT(zones_allocate(zones, "vnet0", 1), 1);
    zones_destroy(zones);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_names);
    RUN(test_remembered);
    RUN(test_exhaustion);
    RUN(test_claims);
    return CHECK_RESULT();
}
