/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef DAEMON_DAEMON_H
#define DAEMON_DAEMON_H 1

/* The daemon without its command line: the modules, and the order in which
 * they run.  Data goes one way:
 *
 *   databases -> reconcile (model, programs, desired flows) -> switches
 *      ^                                                          |
 *      +------------------ status, once acknowledged -------------+
 */

#include <stdbool.h>

struct daemon;
struct unixctl_server;

/* 'ovs_remote' is the local Open_vSwitch database. */
struct daemon *daemon_create(const char *ovs_remote);
void daemon_destroy(struct daemon *);

/* Registers "nwfilter/..." with unixctl.  'daemon' must outlive the server. */
void daemon_register_commands(struct daemon *);

void daemon_run(struct daemon *);

/* Sleeps until there is something to do. */
void daemon_block(struct daemon *);

#endif /* daemon/daemon.h */
