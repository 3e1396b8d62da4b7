/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef VIEWS_PORT_COUNTS_H
#define VIEWS_PORT_COUNTS_H 1

/* How many packets of a port pass and are dropped, from the counters of flows
 * that are there anyway.
 *
 * Out, the port's flow in CLASSIFY counts what comes, its flow in LEARN what
 * has passed the rules.  In, its flow in EGRESS counts what comes.  After the
 * rules there is no flow of one port; how many passed is known
 *
 * - exactly, if no other port of the bridge has its program: then the
 *   program's flows that drop are the port's;
 * - else by what the switch has sent to the port since the port exists, which
 *   includes the daemon's own answers; and the drops by samples (drops.h): at
 *   least so many.
 *
 * A frame for many that the in rules judge for several ports at once (flood.h)
 * counts as come in if they accept it, also for the port that has sent it; if
 * they drop it, it counts with the rule only.
 *
 * Flows that are put in again begin at 0.  Open vSwitch accounts for packets
 * up to some seconds after it has forwarded them. */

#include <stdbool.h>
#include <stdint.h>

struct port;
struct port_tally;
struct survey;

/* Adds up the counters of one bridge; the survey is borrowed. */
struct port_tally *port_tally_create(const struct survey *);
void port_tally_destroy(struct port_tally *); /* NULL is fine. */

struct port_counts {
    uint64_t out_all, out_passed;
    uint64_t in_all, in_passed, in_dropped;
    bool exact; /* What came in is what passed and what was dropped. */
};

void port_counts_get(const struct port *, const struct port_tally *,
                     struct port_counts *);

#endif /* views/port-counts.h */
