/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_HOLD_H
#define CONTROLLER_HOLD_H 1

/* Frames of one bridge that go on when what was learned from them is in force
 * (flows/snoop-flows.h, SNOOP_HOLD_DHCP_IN).  The switch keeps nothing of such
 * a frame: who forgets it here has lost it. */

#include <stddef.h>
#include <stdint.h>

#include "openvswitch/list.h"

struct bridge;
struct ofpbuf;

/* So long at most: less than after which a client asks again (RFC 2131 4.1).
 * What the switch refuses, or takes long for, is no reason to lose a frame
 * that the rules have accepted. */
#define HOLD_MAX_MS 1000

/* So many at once; more do not wait. */
#define HOLD_MAX_FRAMES 4096

struct hold {
    const struct bridge *bridge; /* Borrowed. */
    struct ovs_list new_frames;  /* What they told is not in a round yet. */
    struct ovs_list frames;      /* It is, and they wait for the switch. */
    struct ovs_list due;         /* They wait to be sent. */
    size_t n;                    /* In all three. */
};

void hold_init(struct hold *, const struct bridge *);
void hold_uninit(struct hold *);

/* The message 'resume', which is taken, lets a frame go on, out of the port
 * with that OpenFlow number: when what has been learned so far is in force, or
 * at once. */
void hold_frame(struct hold *, uint16_t ofport, struct ofpbuf *resume);
void hold_send(struct hold *, uint16_t ofport, struct ofpbuf *resume);

/* Drops the frames for a port that is gone: its number may become another's,
 * whose rules they have not passed. */
void hold_forget_port(struct hold *, uint16_t ofport);

/* Drops all: the switch that they came from is gone. */
void hold_forget(struct hold *);

/* What was learned up to now belongs to the bridge's present mark. */
void hold_mark(struct hold *);

/* Sends what need not wait any longer, as far as the switch takes it. */
void hold_run(struct hold *);
void hold_wait(const struct hold *);

#endif /* controller/hold.h */
