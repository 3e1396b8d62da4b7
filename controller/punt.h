/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_PUNT_H
#define CONTROLLER_PUNT_H 1

/* Packets that one bridge's switch sends to the daemon (flows/punt-flows.h),
 * and the daemon's part: an answer to the sender of a rejected packet, the
 * numbers of an ARP header that the switch does not read, what rules ask of a
 * BPDU, to remember what was dropped, and to let a DHCP server's answer go on
 * when the address is in force.
 *
 * The switch's meters bound what arrives; token buckets here bound what is
 * answered, for each port and for the bridge, so that no guest can make the
 * daemon work for it alone, or use it to flood somebody else. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/punt-flows.h"
#include "flows/reject.h"

struct bridge;
struct learning;
struct samples;
struct switch_session;

/* Answers a second, and at once, for the packets that one port's rules
 * reject, and for all of the bridge. */
#define PUNT_PORT_RATE 50
#define PUNT_BRIDGE_RATE 500

struct punt_stats {
    uint64_t received;            /* Packets, of whatever kind. */
    uint64_t kinds[PUNT_N_KINDS]; /* The same by kind; PUNT_NONE: asked for by
                                   * somebody else's flow, or malformed. */
    uint64_t rejected[REJECT_N_RESULTS]; /* By reject_answer()'s result. */
    uint64_t limited;                    /* Not looked at: above the rate. */
    uint64_t lost; /* Answered or read, but the switch did not take it. */
};

struct punt;

/* To be called before the bridge, which is borrowed, is run for the first
 * time, and destroyed only when it will not be run any more.  'samples' gets
 * what rules have dropped, 'learning' the copies of frames that tell of
 * addresses; borrowed, too. */
struct punt *punt_create(const struct bridge *, struct samples *,
                         struct learning *);
void punt_destroy(struct punt *); /* NULL is fine. */

/* To be called before bridge_run(), when what was learned of the frames so far
 * is in a round (bridge_commit()). */
void punt_mark(struct punt *);

/* To be called after bridge_run(): frames that waited for that go on. */
void punt_run(struct punt *);
void punt_wait(const struct punt *);

/* The port with that OpenFlow number is gone: what waits for it, too. */
void punt_forget_port(struct punt *, uint16_t ofport);

const struct punt_stats *punt_get_stats(const struct punt *);

#endif /* controller/punt.h */
