/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef TESTS_UNIT_SESSION_PAIR_H
#define TESTS_UNIT_SESSION_PAIR_H 1

/* An OpenFlow session without I/O and a switch without packets, for unit
 * tests that play what goes between them message by message. */

#include <limits.h>
#include <stdlib.h>

#include "flows/flow-table.h"
#include "switch/install.h"
#include "tests/unit/check.h"
#include "tests/unit/fake-switch.h"
#include "util.h"

/* A session, its switch, and what is on the way between them. */
struct pair {
    struct flow_table *desired;
    struct install *in;
    struct fake_switch fs;
    struct ovs_list wire; /* From the session to the switch. */
    long long int now;
};

static inline void
pair_init(struct pair *p)
{
    p->desired = flow_table_create();
    p->in = install_create("fake", p->desired);
    fake_switch_init(&p->fs);
    ovs_list_init(&p->wire);
    p->now = 1000;
}

static inline void
pair_uninit(struct pair *p)
{
    install_destroy(p->in);
    flow_table_destroy(p->desired);
    fake_switch_uninit(&p->fs);
    ofpbuf_list_delete(&p->wire);
}

static inline void
pair_disconnect(struct pair *p)
{
    install_disconnected(p->in);
    fake_switch_disconnect(&p->fs);
    ofpbuf_list_delete(&p->wire);
}

/* The session's turn. */
static inline void
run_session(struct pair *p, size_t max)
{
    install_run(p->in, p->now, max, &p->wire);
}

/* The switch takes one message.  Returns false if there is none. */
static inline bool
run_switch(struct pair *p)
{
    if (ovs_list_is_empty(&p->wire)) {
        return false;
    }
    struct ofpbuf *msg = ofpbuf_from_list(ovs_list_pop_front(&p->wire));
    fake_switch_handle(&p->fs, msg);
    ofpbuf_delete(msg);
    return true;
}

/* The session takes one message.  Returns false if there is none. */
static inline bool
run_reply(struct pair *p)
{
    if (ovs_list_is_empty(&p->fs.replies)) {
        return false;
    }
    struct ofpbuf *msg = ofpbuf_from_list(ovs_list_pop_front(&p->fs.replies));
    ofpmsg_update_length(msg);
    install_receive(p->in, p->now, msg->data);
    ofpbuf_delete(msg);
    return true;
}

/* Until nothing happens any more. */
static inline void
settle(struct pair *p)
{
    for (int i = 0; i < 10000; i++) {
        run_session(p, 7);
        bool any = run_switch(p);
        any |= run_reply(p);
        if (!any && install_next_run(p->in) > p->now) {
            return;
        }
    }
    CHECK(!"settled");
}

static inline void
check_no_error(struct pair *p)
{
    struct switch_error error;
    if (!CHECK(!install_next_error(p->in, &error))) {
        printf("# %s\n", error.text);
        switch_error_uninit(&error);
    }
}

#endif /* tests/unit/session-pair.h */
