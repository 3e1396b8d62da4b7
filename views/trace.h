/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef VIEWS_TRACE_H
#define VIEWS_TRACE_H 1

/* `nwfctl trace': follows one packet through the switch.
 *
 * ovs-vswitchd is asked (`ofproto/trace'), and its answer is told in terms of
 * filters.  What a port sends is traced from the port on, through everything
 * that comes after.  What it receives is put in front of its rules, whatever
 * it may come from, unless the flow names an in_port.
 *
 * Requests wait for ovs-vswitchd side by side; nothing blocks. */

struct reconcile;
struct traces;

/* 'rundir' is Open vSwitch's run directory. */
struct traces *traces_create(struct reconcile *, const char *rundir);

/* Answers those that wait with an error. */
void traces_destroy(struct traces *);

/* Registers "nwfilter/trace". */
void traces_register(struct traces *);

void traces_run(struct traces *);
void traces_wait(struct traces *);

#endif /* views/trace.h */
