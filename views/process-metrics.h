/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef VIEWS_PROCESS_METRICS_H
#define VIEWS_PROCESS_METRICS_H 1

/* The figures of this process that every program has, under the names that
 * "Writing client libraries" in Prometheus' documentation gives them.  What
 * the system does not tell is left out. */

struct ds;

void process_metrics_put(struct ds *);

#endif /* views/process-metrics.h */
