/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/zones.h"

#include <stdlib.h>

#include "bitmap.h"
#include "flows/stable-id.h"
#include "util.h"

/* Zone 0 is everybody's. */
#define FIRST_ZONE 1
#define N_ZONES 65535

struct zones {
    /* By zone number. */
    unsigned long *used;
    unsigned long *claimed;
    unsigned long *disputed; /* Claimed twice, or more often. */
};

struct zones *
zones_create(void)
{
    struct zones *zones = xmalloc(sizeof *zones);

    zones->used = bitmap_allocate(FIRST_ZONE + N_ZONES);
    zones->claimed = bitmap_allocate(FIRST_ZONE + N_ZONES);
    zones->disputed = bitmap_allocate(FIRST_ZONE + N_ZONES);
    return zones;
}

void
zones_destroy(struct zones *zones)
{
    if (zones) {
        free(zones->used);
        free(zones->claimed);
        free(zones->disputed);
        free(zones);
    }
}

uint16_t
zones_default(const char *port)
{
    return FIRST_ZONE + stable_id(port) % N_ZONES;
}

uint16_t
zones_allocate(struct zones *zones, const char *port, uint16_t wanted)
{
    uint16_t zone = wanted ? wanted : zones_default(port);

    for (int i = 0; i < N_ZONES; i++) {
        if (!bitmap_is_set(zones->used, zone)) {
            bitmap_set1(zones->used, zone);
            return zone;
        }
        zone = zone == N_ZONES ? FIRST_ZONE : zone + 1;
    }
    return 0;
}

void
zones_release(struct zones *zones, uint16_t zone)
{
    if (zone) {
        bitmap_set0(zones->used, zone);
    }
}

void
zones_note_claim(struct zones *zones, uint16_t zone)
{
    bitmap_set1((bitmap_is_set(zones->claimed, zone) ? zones->disputed
                                                     : zones->claimed),
                zone);
}

unsigned int
zones_count_claims(const struct zones *zones, uint16_t zone)
{
    return bitmap_is_set(zones->claimed, zone)
           + bitmap_is_set(zones->disputed, zone);
}
