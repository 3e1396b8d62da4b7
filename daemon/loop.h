/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef DAEMON_LOOP_H
#define DAEMON_LOOP_H 1

/* The one place where the process sleeps.
 *
 * libopenvswitch's modules say before each poll_block() what they wait for;
 * that set can be written but not read.  libevent's set of events can be read.
 * So libevent is the guest: loop_block() registers its descriptors and its
 * nearest timeout with poll_block(), sleeps there, and lets libevent do one
 * pass afterwards.
 *
 * Rules for users:
 * - Create the loop after daemonizing: epoll does not survive a fork.
 * - Keep descriptors 0 to 2 open, if only on /dev/null: poll_fd_wait() does
 *   not take descriptor 0.
 * - Call loop_block() last in each iteration of the main loop, after the
 *   *_wait() functions.
 * - No EV_ET events, no descriptor that is readable and not read: either makes
 *   the loop spin.
 * - Callbacks change the model or queue bytes; they never block.  All modules
 *   run after each loop_block() anyway, so a callback need not wake anybody.
 * - Timers of our own modules use poll_timer_wait_until() in their *_wait().
 * - The cost of an iteration grows with the number of events: limit the
 *   number of connections. */

struct event_base;
struct loop;

struct loop *loop_create(void);
void loop_destroy(struct loop *); /* Frees its events' users first. */

/* For event_new(), bufferevents, evhttp.  Valid until loop_destroy(). */
struct event_base *loop_base(struct loop *);

void loop_block(struct loop *);

/* Of libevent. */
const char *loop_library_version(void);

#endif /* daemon/loop.h */
