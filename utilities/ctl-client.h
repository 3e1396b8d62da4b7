/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef UTILITIES_CTL_CLIENT_H
#define UTILITIES_CTL_CLIENT_H 1

/* One request to a daemon's control socket, with a deadline: what
 * unixctl_client_transact() does, which waits for ever. */

#include <stddef.h>

/* Connects to the Unix socket 'path', sends 'method' with 'n' arguments and
 * waits for the answer until time_msec() is 'deadline' (LLONG_MAX: for ever).
 *
 * Returns NULL and stores the answer's text into '*resultp' if successful,
 * otherwise returns a message.  The caller frees either. */
char *ctl_client_call(const char *path, const char *method, char **args,
                      size_t n, long long int deadline, char **resultp);

#endif /* utilities/ctl-client.h */
