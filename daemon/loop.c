/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "daemon/loop.h"

#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/time.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(loop);

/* How far ahead the ruler is due, in seconds. */
#define RULER_SECONDS 3600

struct loop {
    struct event_base *base;

    /* event_pending() tells when a timeout is due by the wall clock, through
     * an offset that is out of date for some seconds after the clock was set.
     * The ruler is due a known time from now: compared with it, the offset
     * cancels. */
    struct event *ruler;
    struct timeval ruler_due;
};

/* libevent's messages belong in our log. */
static void
loop_log(int severity, const char *message)
{
    enum vlog_level level = (severity == EVENT_LOG_ERR    ? VLL_ERR
                             : severity == EVENT_LOG_WARN ? VLL_WARN
                             : severity == EVENT_LOG_MSG  ? VLL_INFO
                                                          : VLL_DBG);
    VLOG(level, "libevent: %s", message);
}

static void
loop_fatal(int error)
{
    VLOG_FATAL("libevent failed (%d)", error);
}

static void
ruler_expired(int fd OVS_UNUSED, short events OVS_UNUSED, void *aux OVS_UNUSED)
{
    /* The next loop_block() arms it again. */
}

struct loop *
loop_create(void)
{
    struct event_config *config = event_config_new();
    struct loop *loop = xzalloc(sizeof *loop);

    event_set_log_callback(loop_log);
    event_set_fatal_callback(loop_fatal);

    /* By its coarse default clock, which is up to 4 ms late, libevent would
     * find nothing due when poll_block() has just returned for it. */
    event_config_set_flag(config, EVENT_BASE_FLAG_PRECISE_TIMER);
    loop->base = event_base_new_with_config(config);
    event_config_free(config);
    if (!loop->base) {
        VLOG_FATAL("libevent offers no way to wait for events");
    }
    VLOG_DBG("libevent %s, method %s", event_get_version(),
             event_base_get_method(loop->base));
    loop->ruler = evtimer_new(loop->base, ruler_expired, NULL);
    return loop;
}

void
loop_destroy(struct loop *loop)
{
    if (loop) {
        event_free(loop->ruler);
        event_base_free(loop->base);
        free(loop);
    }
}

struct event_base *
loop_base(struct loop *loop)
{
    return loop->base;
}

/* Waits until 'due', a time by the same clock as the ruler's. */
static void
wait_until(const struct loop *loop, const struct timeval *due)
{
    struct timeval ahead;

    /* How much earlier than the ruler it is due, at most RULER_SECONDS. */
    evutil_timersub(&loop->ruler_due, due, &ahead);
    long long int ms = (RULER_SECONDS * 1000LL - ahead.tv_sec * 1000LL
                        - ahead.tv_usec / 1000);
    poll_timer_wait(MAX(ms, 0));
}

/* Registers one event of libevent with poll_block(). */
static int
wait_for_event(const struct event_base *base OVS_UNUSED,
               const struct event *event, void *loop_)
{
    const struct loop *loop = loop_;
    short wanted = event_get_events(event);
    struct timeval due;

    if (event == loop->ruler) {
        return 0;
    }
    if (event_get_fd(event) >= 0 && wanted & (EV_READ | EV_WRITE)
        && event_pending(event, wanted & (EV_READ | EV_WRITE), NULL)) {
        poll_fd_wait(event_get_fd(event),
                     (wanted & EV_READ ? POLLIN : 0)
                         | (wanted & EV_WRITE ? POLLOUT : 0));
    }
    if (event_pending(event, EV_TIMEOUT, &due)) {
        wait_until(loop, &due);
    }
    return 0;
}

void
loop_block(struct loop *loop)
{
    const struct timeval ahead = { .tv_sec = RULER_SECONDS };

    if (event_base_get_num_events(loop->base, EVENT_BASE_COUNT_ACTIVE)) {
        /* One of our modules has activated an event. */
        poll_immediate_wake();
    } else {
        event_add(loop->ruler, &ahead);
        event_pending(loop->ruler, EV_TIMEOUT, &loop->ruler_due);
        event_base_foreach_event(loop->base, wait_for_event, loop);
    }
    poll_block();

    /* One pass: with NONBLOCK alone libevent would go on until its clients are
     * quiet, and busy clients would starve the databases and the switches. */
    event_base_loop(loop->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
}

const char *
loop_library_version(void)
{
    return event_get_version();
}
