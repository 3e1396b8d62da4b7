/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef VIEWS_REPLY_H
#define VIEWS_REPLY_H 1

/* Answers that several commands of the control socket give. */

struct port;
struct reconcile;
struct unixctl_conn;

/* The command has failed: 'error', which is freed, says why. */
void reply_error(struct unixctl_conn *, char *error);

/* The port of that name; or NULL, and the command has been told that there is
 * none. */
const struct port *reply_find_port(struct unixctl_conn *,
                                   const struct reconcile *, const char *name);

#endif /* views/reply.h */
