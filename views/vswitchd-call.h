/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef VIEWS_VSWITCHD_CALL_H
#define VIEWS_VSWITCHD_CALL_H 1

/* One command to ovs-vswitchd's control socket, as ovs-appctl(8) sends it,
 * that nobody waits for. */

#include <stdbool.h>
#include <stddef.h>

struct svec;
struct vswitchd_call;

/* Calls 'method' with 'args'.  'rundir' is Open vSwitch's run directory. */
struct vswitchd_call *vswitchd_call_create(const char *rundir,
                                           const char *method,
                                           const struct svec *args);
void vswitchd_call_destroy(struct vswitchd_call *);

/* Returns true when the command is over: '*replyp' is what ovs-vswitchd says,
 * or NULL, and '*errorp' why not.  The caller frees both. */
bool vswitchd_call_run(struct vswitchd_call *, char **replyp, char **errorp);
void vswitchd_call_wait(struct vswitchd_call *);

#endif /* views/vswitchd-call.h */
