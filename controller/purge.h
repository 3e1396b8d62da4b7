/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_PURGE_H
#define CONTROLLER_PURGE_H 1

/* Makes the userspace datapath forget what it cached.
 *
 * Open vSwitch brings the flows that its datapath caches up to date when
 * OpenFlow flows change.  The userspace datapath (dpif-netdev) looks up the
 * one to modify by a packet that it matches; where two cached flows overlap,
 * it may modify the other one, and the one that was meant keeps the old policy
 * for as long as it has traffic.  So after each acknowledged change on such a
 * bridge the cache is emptied, by ovs-vswitchd's own "revalidator/purge".
 * The kernel's datapath finds flows by their identity and needs none of this.
 *
 * Requests that come while one is under way are served together by the next
 * one.  Nothing blocks. */

#include <stdint.h>

struct purge;

/* 'rundir' is Open vSwitch's run directory, where ovs-vswitchd's control
 * socket is. */
struct purge *purge_create(const char *rundir);
void purge_destroy(struct purge *);

/* Asks for a purge that begins after this call.  It is done, or has failed
 * with a log message, when purge_done() is at least the number returned. */
uint64_t purge_request(struct purge *);
uint64_t purge_done(const struct purge *);

void purge_run(struct purge *);
void purge_wait(struct purge *);

#endif /* controller/purge.h */
