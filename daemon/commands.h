/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef DAEMON_COMMANDS_H
#define DAEMON_COMMANDS_H 1

/* "nwfilter/..." on the daemon's control socket, which nwfctl relays. */

struct reconcile;

/* 'reconcile' must outlive the control socket. */
void commands_register(struct reconcile *);

#endif /* daemon/commands.h */
