/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "switch/histogram.h"

const uint64_t histogram_bounds[HISTOGRAM_N_BOUNDS] = {
    100,   250,    500,    1000,   2500,    5000,    10000,   25000,
    50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000,
};

void
histogram_add(struct histogram *h, uint64_t us)
{
    size_t i = 0;

    while (i < HISTOGRAM_N_BOUNDS && us > histogram_bounds[i]) {
        i++;
    }
    h->counts[i]++;
    h->sum += us;
}
