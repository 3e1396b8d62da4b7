/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef VIEWS_EXPOSITION_H
#define VIEWS_EXPOSITION_H 1

/* Prometheus' text format, version 0.0.4: "Exposition formats" in its
 * documentation.
 *
 *     exposition_family(s, "ovs_nwfilter_filters", EXPOSITION_GAUGE,
 *                       "Filters in the policy database.");
 *     exposition_sample(s, "ovs_nwfilter_filters", 24, NULL);
 *
 * A family's samples follow its head, all of them together.  Labels are pairs
 * of name and value, up to a NULL.  Values are escaped here; names, and help,
 * have to be such as the format allows. */

#include <stdint.h>

struct ds;
struct histogram;

#define EXPOSITION_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum exposition_type {
    EXPOSITION_COUNTER,
    EXPOSITION_GAUGE,
    EXPOSITION_HISTOGRAM,
};

void exposition_family(struct ds *, const char *name, enum exposition_type,
                       const char *help);

void exposition_sample(struct ds *, const char *name, uint64_t value, ...)
    __attribute__((sentinel));

/* A sample in seconds, given in microseconds. */
void exposition_seconds(struct ds *, const char *name, uint64_t us);

/* All samples of a histogram in seconds. */
void exposition_histogram(struct ds *, const char *name,
                          const struct histogram *, ...)
    __attribute__((sentinel));

#endif /* views/exposition.h */
