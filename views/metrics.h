/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef VIEWS_METRICS_H
#define VIEWS_METRICS_H 1

/* The daemon's figures as a monitoring system reads them, and whether it is
 * well. */

#include <stdbool.h>

struct ds;
struct local_db;
struct policy_db;
struct reconcile;

/* Borrowed; the modules themselves count. */
struct metrics_sources {
    const struct local_db *local;
    const struct policy_db *policy;
    const struct reconcile *reconcile;
    const char *libevent_version; /* The library's, for the record. */
};

/* Appends all metrics, in the format of exposition.h. */
void metrics_put(const struct metrics_sources *, struct ds *);

/* Returns true if both databases and every managed bridge are connected, and
 * have been read.  Otherwise appends one line that says what is not. */
bool metrics_is_healthy(const struct metrics_sources *, struct ds *);

#endif /* views/metrics.h */
