/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef SWITCH_HISTOGRAM_H
#define SWITCH_HISTOGRAM_H 1

/* How long something took, counted in ranges from 0.1 ms to 10 s. */

#include <stddef.h>
#include <stdint.h>

#define HISTOGRAM_N_BOUNDS 16

/* Upper bounds, each within its range, in microseconds. */
extern const uint64_t histogram_bounds[HISTOGRAM_N_BOUNDS];

/* All zero is empty. */
struct histogram {
    uint64_t counts[HISTOGRAM_N_BOUNDS + 1]; /* The last one is beyond. */
    uint64_t sum;                            /* In microseconds. */
};

/* 'us' is in microseconds. */
void histogram_add(struct histogram *, uint64_t us);

#endif /* switch/histogram.h */
