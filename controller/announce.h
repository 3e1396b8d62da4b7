/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_ANNOUNCE_H
#define CONTROLLER_ANNOUNCE_H 1

/* After another member of an active-backup bond has taken over, the network
 * sends what is for the guests to the old one until it hears from them.  So
 * the bond sends one frame for each address that its bridge's ports are
 * configured with, as Open vSwitch does for those that it has learned: a RARP
 * request (RFC 903), in the port's VLAN. */

struct bridge;
struct shash;

/* Does that for those of the bridge's ports that are due, once the switch has
 * the flows that make the other member the active one and is connected.
 * 'ports' (struct port) are those of all bridges. */
void announce_run(struct bridge *, const struct shash *ports);

#endif /* controller/announce.h */
