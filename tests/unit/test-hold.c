/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

/* Frames that wait for flows, with a switch that is never connected: what is
 * due stays here. */

#include "controller/bridge.h"
#include "controller/hold.h"
#include "flows/flow-table.h"
#include "openvswitch/ofpbuf.h"
#include "switch/switch.h"
#include "tests/unit/check.h"

struct lab {
    struct bridge bridge;
    struct hold hold;
};

static void
lab_init(struct lab *lab)
{
    *lab = (struct lab){ .bridge.mark = 7 };
    lab->bridge.desired = flow_table_create();
    lab->bridge.session = switch_create("br", "unix:/nonexistent",
                                        lab->bridge.desired);
    hold_init(&lab->hold, &lab->bridge);
}

static void
lab_uninit(struct lab *lab)
{
    hold_uninit(&lab->hold);
    CHECK_INT(lab->hold.n, 0);
    switch_destroy(lab->bridge.session);
    flow_table_destroy(lab->bridge.desired);
}

/* How many wait for the switch, and how many for nothing. */
static void
check_lists(const struct lab *lab, size_t frames, size_t due)
{
    CHECK_INT(ovs_list_size(&lab->hold.frames), frames);
    CHECK_INT(ovs_list_size(&lab->hold.due), due);
}

/* A frame waits for the mark that the bridge has when it is in a round. */
static void
test_marks(void)
{
    struct lab lab;

    lab_init(&lab);
    hold_frame(&lab.hold, 5, ofpbuf_new(8));
    hold_send(&lab.hold, 6, ofpbuf_new(8));
    lab.bridge.settled_mark = 7;
    hold_run(&lab.hold);
    check_lists(&lab, 0, 1);

    lab.bridge.mark = 8;
    hold_mark(&lab.hold);
    hold_run(&lab.hold);
    check_lists(&lab, 1, 1);
    lab.bridge.mark = 9;
    hold_mark(&lab.hold);
    lab.bridge.settled_mark = 8;
    hold_run(&lab.hold);
    check_lists(&lab, 0, 2);
    CHECK_INT(lab.hold.n, 2);
    lab_uninit(&lab);
}

/* In whatever list they are. */
static void
test_port_is_gone(void)
{
    struct lab lab;

    lab_init(&lab);
    for (uint16_t port = 5; port <= 6; port++) {
        hold_frame(&lab.hold, port, ofpbuf_new(8));
    }
    hold_mark(&lab.hold);
    for (uint16_t port = 5; port <= 6; port++) {
        hold_frame(&lab.hold, port, ofpbuf_new(8));
        hold_send(&lab.hold, port, ofpbuf_new(8));
    }
    CHECK_INT(lab.hold.n, 6);
    hold_forget_port(&lab.hold, 5);
    CHECK_INT(lab.hold.n, 3);
    check_lists(&lab, 1, 1);
    hold_forget_port(&lab.hold, 7);
    CHECK_INT(lab.hold.n, 3);
    lab_uninit(&lab);
}

/* There may be more than wait. */
static void
test_too_many(void)
{
    struct lab lab;

    lab_init(&lab);
    for (size_t i = 0; i < HOLD_MAX_FRAMES + 2; i++) {
        hold_frame(&lab.hold, 5, ofpbuf_new(8));
    }
    hold_mark(&lab.hold);
    check_lists(&lab, HOLD_MAX_FRAMES, 2);
    lab_uninit(&lab);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_marks);
    RUN(test_port_is_gone);
    RUN(test_too_many);
    return CHECK_RESULT();
}
