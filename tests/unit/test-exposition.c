/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "views/exposition.h"

#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "switch/histogram.h"
#include "tests/unit/check.h"

static void
test_samples(void)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    exposition_family(&s, "a_total", EXPOSITION_COUNTER, "Some.");
    exposition_sample(&s, "a_total", UINT64_MAX, NULL);
    exposition_sample(&s, "a_total", 0, "x", "1", "y", "", NULL);
    exposition_seconds(&s, "b_seconds", 12000345);
    CHECK_STR(ds_cstr(&s), "# HELP a_total Some.\n"
                           "# TYPE a_total counter\n"
                           "a_total 18446744073709551615\n"
                           "a_total{x=\"1\",y=\"\"} 0\n"
                           "b_seconds 12.000345\n");
    ds_destroy(&s);
}

/* What an administrator may call a bridge. */
static void
test_escapes(void)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    exposition_sample(&s, "a", 1, "x", "\"\\\n}{,=", NULL);
    CHECK_STR(ds_cstr(&s), "a{x=\"\\\"\\\\\\n}{,=\"} 1\n");
    ds_destroy(&s);
}

static void
test_histogram(void)
{
    struct histogram h = { .sum = 0 };
    struct ds s = DS_EMPTY_INITIALIZER;

    histogram_add(&h, 0);
    histogram_add(&h, histogram_bounds[0]);
    histogram_add(&h, histogram_bounds[0] + 1);
    histogram_add(&h, histogram_bounds[HISTOGRAM_N_BOUNDS - 1]);
    histogram_add(&h, histogram_bounds[HISTOGRAM_N_BOUNDS - 1] + 1);
    exposition_histogram(&s, "a", &h, "x", "1", NULL);
    CHECK(strstr(ds_cstr(&s), "a_bucket{x=\"1\",le=\"0.0001\"} 2\n"));
    CHECK(strstr(ds_cstr(&s), "a_bucket{x=\"1\",le=\"0.00025\"} 3\n"));
    CHECK(strstr(ds_cstr(&s), "a_bucket{x=\"1\",le=\"5\"} 3\n"));
    CHECK(strstr(ds_cstr(&s), "a_bucket{x=\"1\",le=\"10\"} 4\n"));
    CHECK(strstr(ds_cstr(&s), "a_bucket{x=\"1\",le=\"+Inf\"} 5\n"));
    CHECK(strstr(ds_cstr(&s), "a_count{x=\"1\"} 5\n"));
    CHECK(strstr(ds_cstr(&s), "a_sum{x=\"1\"} 20.000202\n"));

    ds_clear(&s);
    exposition_histogram(&s, "a", &h, NULL);
    CHECK(strstr(ds_cstr(&s), "a_bucket{le=\"0.0001\"} 2\n"));
    CHECK(strstr(ds_cstr(&s), "a_count 5\n"));
    ds_destroy(&s);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_samples);
    RUN(test_escapes);
    RUN(test_histogram);
    return CHECK_RESULT();
}
