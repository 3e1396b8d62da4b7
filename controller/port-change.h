/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_PORT_CHANGE_H
#define CONTROLLER_PORT_CHANGE_H 1

/* What a port's last change was: for people who ask since when it behaves like
 * that, and why. */

struct port;
struct sset;

/* These filters of the port, if any, have been redefined.  To be called
 * before port_plan(). */
void port_change_note_filters(struct port *, const struct sset *filters);

/* To be called when the port has a plan, before it is put in force, and may
 * have given up its program: compares both and notes the difference, if there
 * is one.  Nothing happens to a port that keeps what it has. */
void port_change_note(struct port *);

#endif /* controller/port-change.h */
