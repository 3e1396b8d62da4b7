/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/hold.h"

#include <stdlib.h>

#include "controller/bridge.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "switch/switch.h"
#include "timeval.h"
#include "util.h"

struct held_frame {
    struct ovs_list node; /* In one of "struct hold"'s lists. */
    struct ofpbuf *resume;
    uint16_t ofport;
    uint64_t mark;       /* Of the bridge; in 'frames' only. */
    long long int until; /* Waits no longer. */
};

void
hold_init(struct hold *h, const struct bridge *bridge)
{
    h->bridge = bridge;
    ovs_list_init(&h->new_frames);
    ovs_list_init(&h->frames);
    ovs_list_init(&h->due);
    h->n = 0;
}

void
hold_uninit(struct hold *h)
{
    hold_forget(h);
}

static void
add(struct hold *h, struct ovs_list *list, uint16_t ofport,
    struct ofpbuf *resume)
{
    struct held_frame *frame = xzalloc(sizeof *frame);

    frame->resume = resume;
    frame->ofport = ofport;
    frame->until = time_msec() + HOLD_MAX_MS;
    ovs_list_push_back(list, &frame->node);
    h->n++;
}

void
hold_frame(struct hold *h, uint16_t ofport, struct ofpbuf *resume)
{
    add(h, h->n < HOLD_MAX_FRAMES ? &h->new_frames : &h->due, ofport, resume);
}

void
hold_send(struct hold *h, uint16_t ofport, struct ofpbuf *resume)
{
    add(h, &h->due, ofport, resume);
}

/* Of one port, or with NULL of all. */
static void
forget(struct hold *h, const uint16_t *ofport)
{
    struct ovs_list *lists[] = { &h->new_frames, &h->frames, &h->due };
    struct held_frame *frame;

    for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
        LIST_FOR_EACH_SAFE (frame, node, lists[i]) {
            if (!ofport || frame->ofport == *ofport) {
                ovs_list_remove(&frame->node);
                ofpbuf_delete(frame->resume);
                free(frame);
                h->n--;
            }
        }
    }
}

void
hold_forget_port(struct hold *h, uint16_t ofport)
{
    forget(h, &ofport);
}

void
hold_forget(struct hold *h)
{
    forget(h, NULL);
}

void
hold_mark(struct hold *h)
{
    struct held_frame *frame;

    LIST_FOR_EACH_POP (frame, node, &h->new_frames) {
        frame->mark = h->bridge->mark;
        ovs_list_push_back(&h->frames, &frame->node);
    }
}

/* The first of 'frames', which are in the order of marks, if it is done. */
static struct held_frame *
next_done(struct hold *h)
{
    struct held_frame *frame;

    if (ovs_list_is_empty(&h->frames)) {
        return NULL;
    }
    frame = CONTAINER_OF(ovs_list_front(&h->frames), struct held_frame, node);
    return (bridge_is_acked(h->bridge, frame->mark)
                    || time_msec() >= frame->until
                ? frame
                : NULL);
}

void
hold_run(struct hold *h)
{
    struct held_frame *frame;

    while ((frame = next_done(h))) {
        ovs_list_remove(&frame->node);
        ovs_list_push_back(&h->due, &frame->node);
    }
    while (!ovs_list_is_empty(&h->due)
           && switch_has_room(h->bridge->session)) {
        frame = CONTAINER_OF(ovs_list_pop_front(&h->due), struct held_frame,
                             node);
        switch_send(h->bridge->session, frame->resume);
        free(frame);
        h->n--;
    }
}

/* Until 'due' can be sent, the session wakes us when its queue gets shorter.
 */
void
hold_wait(const struct hold *h)
{
    if (!ovs_list_is_empty(&h->frames)) {
        const struct held_frame *first =
            CONTAINER_OF(ovs_list_front(&h->frames), struct held_frame, node);

        poll_timer_wait_until(first->until);
    }
    if (!ovs_list_is_empty(&h->due) && switch_has_room(h->bridge->session)) {
        poll_immediate_wake();
    }
}
