/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_FLOOD_H
#define FLOWS_FLOOD_H 1

/* Who gets a frame that goes to many: broadcast, multicast, and unicast to an
 * address that nobody has.
 *
 * A flow holds at most 64 KiB and a change should cost what changed, so the
 * ports of a VLAN come in chunks: FLOOD has a flow for each VLAN that lists
 * its chunks, FLOOD_CHUNK one for each chunk that lists its ports.  A port's
 * chunk follows from its OpenFlow port number.  Ports that are in every VLAN
 * are listed once, not in each. */

#include <stdbool.h>
#include <stdint.h>

struct flood;
struct flow_table;
struct port_config;

#define FLOOD_CHUNK_PORTS 32

/* The in rules of several ports of a chunk that have the same program and tag
 * alike are run once for all of them (pipeline.h, PL_SHARE).  Where they ask
 * for what the ports do not have in common, the ports are visited one by
 * one. */

/* Chunks that make up to so many visits, of a port or a share each, are
 * visited at once; if there are more, each chunk begins anew with the packet
 * (PL_GROUP_FORK). */
#define FLOOD_DIRECT_VISITS 128

struct flood *flood_create(void);
void flood_destroy(struct flood *);

/* Adds or updates the port named 'name'.  'unknown': it gets unicast frames to
 * unknown addresses too; 'hairpin': and those to addresses that are behind the
 * port that they came from.
 *
 * Ports that exchange their numbers have the same for a moment.  Then it is
 * that of the one whose name sorts first, as in flow-table.h, until this one
 * is removed from the number. */
void flood_set_port(struct flood *, const char *name,
                    const struct port_config *, bool unknown, bool hairpin);
void flood_remove_port(struct flood *, const char *name, uint16_t ofport);

/* Updates the table's flows for what changed. */
void flood_run(struct flood *, struct flow_table *);

#endif /* flows/flood.h */
