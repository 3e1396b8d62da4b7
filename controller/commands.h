/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_COMMANDS_H
#define CONTROLLER_COMMANDS_H 1

/* "nwfilter/..." on the daemon's control socket, which nwfctl relays. */

struct reconcile;

/* 'reconcile' must outlive the control socket. */
void commands_register(struct reconcile *);

#endif /* controller/commands.h */
