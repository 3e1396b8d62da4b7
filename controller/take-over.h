/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_TAKE_OVER_H
#define CONTROLLER_TAKE_OVER_H 1

/* The last good policies of ports whose filter is broken when the daemon
 * starts.
 *
 * The process that put them in force is gone, but its flows are still in the
 * switch (switch/leftovers.h).  Before the first change is sent to a bridge,
 * each of its ports without a usable filter gets back what it had there, and
 * is from then on a port that keeps its last good policy like any other.
 *
 * Flows name a port by its OpenFlow number, which may be another port's by
 * now.  So the flows must have the conntrack zone that belongs to the port's
 * name, and the guest's address if both are known; and a port that names its
 * filter must have a status, which only ports have that were seen before. */

struct bridge;
struct port_context;
struct shash;
struct sset;
struct zones;

/* Does that for the ports of 'bridge', whose session knows what the switch
 * holds.  Adds the names of all ports without a usable filter to 'changed':
 * they have to be planned and applied. */
void take_over(struct bridge *, const struct shash *ports,
               const struct port_context *, struct zones *,
               struct sset *changed);

#endif /* controller/take-over.h */
