/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "daemon/loop.h"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "openvswitch/poll-loop.h"
#include "tests/unit/check.h"
#include "timeval.h"
#include "util.h"

/* libevent asks for the wall clock here; a test may set it. */
static time_t clock_step;

int
gettimeofday(struct timeval *restrict tv, void *restrict tz OVS_UNUSED)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    tv->tv_sec = now.tv_sec + clock_step;
    tv->tv_usec = now.tv_nsec / 1000;
    return 0;
}

/* Runs the loop for 'ms' and returns the number of iterations. */
static unsigned int
run_for(struct loop *loop, int ms)
{
    long long int end = time_msec() + ms;
    unsigned int n = 0;

    while (time_msec() < end) {
        poll_timer_wait_until(end);
        loop_block(loop);
        n++;
    }
    return n;
}

/* Runs the loop until '*n' is at least 'wanted', or for a minute; returns the
 * number of iterations. */
static unsigned int
run_until(struct loop *loop, const int *n, int wanted)
{
    long long int end = time_msec() + 60000;
    unsigned int n_runs = 0;

    while (*n < wanted && time_msec() < end) {
        poll_timer_wait_until(end);
        loop_block(loop);
        n_runs++;
    }
    CHECK(*n >= wanted);
    return n_runs;
}

static void
count(int fd OVS_UNUSED, short events OVS_UNUSED, void *n_)
{
    int *n = n_;

    ++*n;
}

static void
echo(struct bufferevent *client, void *aux OVS_UNUSED)
{
    bufferevent_write_buffer(client, bufferevent_get_input(client));
}

/* Receives a byte that the loop has to send first. */
static bool
receive(struct loop *loop, int fd)
{
    char byte;

    for (int i = 0; i < 6000; i++) {
        if (recv(fd, &byte, 1, MSG_DONTWAIT) == 1) {
            return true;
        }
        run_for(loop, 10);
    }
    return false;
}

/* Returns the far end of a connection to an echo server in the loop. */
static int
connect_client(struct loop *loop, struct bufferevent **serverp)
{
    int fds[2];

    ovs_assert(!socketpair(AF_UNIX, SOCK_STREAM, 0, fds));
    evutil_make_socket_nonblocking(fds[0]);
    *serverp = bufferevent_socket_new(loop_base(loop), fds[0],
                                      BEV_OPT_CLOSE_ON_FREE);
    bufferevent_setcb(*serverp, echo, NULL, NULL, NULL);
    bufferevent_enable(*serverp, EV_READ | EV_WRITE);
    return fds[1];
}

#define N_CLIENTS 64

/* Under 20 iterations a second with clients that say nothing. */
static void
test_idle_with_clients(void)
{
    struct loop *loop = loop_create();
    struct bufferevent *servers[N_CLIENTS];
    int fds[N_CLIENTS];

    for (int i = 0; i < N_CLIENTS; i++) {
        fds[i] = connect_client(loop, &servers[i]);
        CHECK_INT(write(fds[i], "x", 1), 1);
    }
    for (int i = 0; i < N_CLIENTS; i++) {
        CHECK(receive(loop, fds[i]));
    }

    struct timeval timeout = { 3600, 0 };
    bufferevent_set_timeouts(servers[0], &timeout, &timeout);
    CHECK(run_for(loop, 1000) < 20);

    for (int i = 0; i < N_CLIENTS; i++) {
        bufferevent_free(servers[i]);
        close(fds[i]);
    }
    loop_destroy(loop);
}

/* It is on time, and the loop does not wake up before it is due. */
static bool
timer_is_on_time(struct loop *loop)
{
    struct timeval interval = { 0, 50000 };
    int n = 0;
    struct event *timer = event_new(loop_base(loop), -1, EV_PERSIST, count,
                                    &n);
    event_add(timer, &interval);

    unsigned int n_runs = run_for(loop, 1000);
    printf("# %d times in %u runs\n", n, n_runs);
    event_free(timer);
    return n >= 15 && n <= 20 && n_runs < n + 5;
}

/* Others may keep the processor from us, but not each time. */
static void
check_timer(struct loop *loop)
{
    for (int i = 0; i < 30; i++) {
        if (timer_is_on_time(loop)) {
            return;
        }
    }
    CHECK(!"on time");
}

static void
test_timer(void)
{
    struct loop *loop = loop_create();

    check_timer(loop);
    loop_destroy(loop);
}

/* The wall clock is set while timers run. */
static void
test_clock_step(void)
{
    struct loop *loop = loop_create();
    struct timeval now;

    run_for(loop, 20);
    clock_step = 3600;
    gettimeofday(&now, NULL);
    CHECK(llabs((long long) now.tv_sec - time_wall_msec() / 1000) > 3000);
    check_timer(loop);
    clock_step = -3600;
    check_timer(loop);
    clock_step = 0;
    loop_destroy(loop);
}

/* A connection with itself, as busy as can be. */
struct busy {
    int fds[2];
    int n;
};

#define N_BUSY 1000

static void
keep_busy(int fd OVS_UNUSED, short events OVS_UNUSED, void *busy_)
{
    struct busy *busy = busy_;
    char byte;

    busy->n++;
    CHECK_INT(read(busy->fds[0], &byte, 1), 1);
    if (busy->n < N_BUSY) {
        CHECK_INT(write(busy->fds[1], &byte, 1), 1);
    }
}

/* Clients that keep libevent busy leave the other modules their turns. */
static void
test_fair(void)
{
    struct loop *loop = loop_create();
    struct busy busy = { .n = 0 };
    ovs_assert(!pipe(busy.fds));
    struct event *event = event_new(loop_base(loop), busy.fds[0],
                                    EV_READ | EV_PERSIST, keep_busy, &busy);

    event_add(event, NULL);
    CHECK_INT(write(busy.fds[1], "x", 1), 1);
    CHECK(run_until(loop, &busy.n, N_BUSY) >= N_BUSY);
    event_free(event);
    close(busy.fds[0]);
    close(busy.fds[1]);
    loop_destroy(loop);
}

/* An event that is activated between two passes does not wait. */
static void
test_activated(void)
{
    struct loop *loop = loop_create();
    int n = 0;
    struct event *event = event_new(loop_base(loop), -1, 0, count, &n);
    long long int start = time_msec();

    event_active(event, EV_READ, 0);
    poll_timer_wait(60000);
    loop_block(loop);
    CHECK_INT(n, 1);
    CHECK(time_msec() - start < 30000);
    event_free(event);
    loop_destroy(loop);
}

static void
test_signal(void)
{
    struct loop *loop = loop_create();
    int n = 0;
    struct event *event = evsignal_new(loop_base(loop), SIGUSR1, count, &n);

    event_add(event, NULL);
    CHECK(run_for(loop, 100) < 10);
    kill(getpid(), SIGUSR1);
    run_until(loop, &n, 1);
    CHECK_INT(n, 1);
    event_free(event);
    loop_destroy(loop);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_idle_with_clients);
    RUN(test_timer);
    RUN(test_clock_step);
    RUN(test_fair);
    RUN(test_activated);
    RUN(test_signal);
    return CHECK_RESULT();
}
