/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_ZONES_H
#define CONTROLLER_ZONES_H 1

/* Conntrack zones, one for each filtered port.
 *
 * A zone belongs to the datapath, not to the bridge, so numbers are unique on
 * the host.  A port's zone is a hash of its name; if that is taken, the next
 * free one, which is then remembered in the interface's external_ids so that
 * a restart finds the port's connections again.
 *
 * Somebody may copy these external_ids from one interface to another.  No
 * two ports ever share a zone, and if several claim one at a start, whoever
 * gets it must not find the other's connections there: the claims tell. */

#include <stdint.h>

struct zones;

/* In the external_ids of an Interface. */
#define ZONE_KEY "nwfilter-zone"

struct zones *zones_create(void);
void zones_destroy(struct zones *);

/* Allocates a zone for 'port'.  'wanted' is a zone from external_ids, or 0.
 * Returns 0 if all are taken. */
uint16_t zones_allocate(struct zones *, const char *port, uint16_t wanted);
void zones_release(struct zones *, uint16_t zone);

/* Notes that an interface says of itself that it had the zone when the daemon
 * ran before, and tells how many do: 2 means several. */
void zones_note_claim(struct zones *, uint16_t zone);
unsigned int zones_count_claims(const struct zones *, uint16_t zone);

/* The zone that 'port' has unless it is taken: nothing to remember then. */
uint16_t zones_default(const char *port);

#endif /* controller/zones.h */
