/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef DAEMON_REPORT_H
#define DAEMON_REPORT_H 1

/* What the control socket tells of the daemon as a whole. */

struct ds;
struct http;
struct metrics_sources;
struct simap;

/* `ovs-appctl nwfilter/status': sessions, and what went through them. */
void report_status(const struct metrics_sources *, const struct http *,
                   struct ds *);

/* `ovs-appctl memory/show': how many there are of what takes memory. */
void report_memory(const struct metrics_sources *, struct simap *);

#endif /* daemon/report.h */
