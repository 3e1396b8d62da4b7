/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef VIEWS_TRACE_ENDS_H
#define VIEWS_TRACE_ENDS_H 1

/* The ports at both ends of a packet's way: their addresses and VLANs. */

#include <stdbool.h>
#include <stdint.h>

#include "trace/trace-packet.h"

struct bridge;
struct port;
struct shash;

/* What is known of a port, or with NULL of nobody. */
void trace_end_init(struct trace_end *, const struct port *);

/* The port of 'bridge' that has the address of the packet's destination
 * ('dst') or source, by its MAC or network address, or NULL. */
const struct port *trace_find_port(const struct shash *ports,
                                   const struct bridge *bridge,
                                   const struct flow *, bool dst);

/* The port of 'bridge' with that OpenFlow number, or NULL. */
const struct port *trace_find_ofport(const struct shash *ports,
                                     const struct bridge *bridge,
                                     uint16_t ofport);

/* The VLAN that a frame of the port is in, by its tag or without one. */
uint16_t trace_port_vlan(const struct port *, const struct flow *);

/* Whether frames of that VLAN have no tag on the port's wire. */
bool trace_port_untags(const struct port *, uint16_t vlan);

#endif /* views/trace-ends.h */
