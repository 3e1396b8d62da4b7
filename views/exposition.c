/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "views/exposition.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>

#include "openvswitch/dynamic-string.h"
#include "switch/histogram.h"
#include "util.h"

static const char *
type_name(enum exposition_type type)
{
    switch (type) {
    case EXPOSITION_COUNTER:
        return "counter";
    case EXPOSITION_GAUGE:
        return "gauge";
    case EXPOSITION_HISTOGRAM:
        return "histogram";
    }
    OVS_NOT_REACHED();
}

void
exposition_family(struct ds *s, const char *name, enum exposition_type type,
                  const char *help)
{
    ds_put_format(s, "# HELP %s %s\n# TYPE %s %s\n", name, help, name,
                  type_name(type));
}

static void
put_label(struct ds *s, const char *name, const char *value)
{
    char last = ds_last(s);

    ds_put_format(s, "%s%s=\"", last == '{' ? "" : ",", name);
    for (; *value; value++) {
        if (*value == '\n') {
            ds_put_cstr(s, "\\n");
        } else {
            if (*value == '\\' || *value == '"') {
                ds_put_char(s, '\\');
            }
            ds_put_char(s, *value);
        }
    }
    ds_put_char(s, '"');
}

/* Puts "{a="1",b="2"", without the brace at the end. */
static void
put_labels(struct ds *s, va_list args)
{
    const char *name;

    ds_put_char(s, '{');
    while ((name = va_arg(args, const char *))) {
        put_label(s, name, va_arg(args, const char *));
    }
}

/* Ends the labels; none at all have no braces. */
static void
end_labels(struct ds *s)
{
    if (ds_last(s) == '{') {
        ds_chomp(s, '{');
    } else {
        ds_put_char(s, '}');
    }
}

void
exposition_sample(struct ds *s, const char *name, uint64_t value, ...)
{
    va_list args;

    ds_put_cstr(s, name);
    va_start(args, value);
    put_labels(s, args);
    va_end(args);
    end_labels(s);
    ds_put_format(s, " %" PRIu64 "\n", value);
}

static void
put_seconds(struct ds *s, uint64_t us)
{
    ds_put_format(s, " %" PRIu64 ".%06" PRIu64 "\n", us / 1000000,
                  us % 1000000);
}

void
exposition_seconds(struct ds *s, const char *name, uint64_t us)
{
    ds_put_cstr(s, name);
    put_seconds(s, us);
}

/* 'labels' are those of put_labels(). */
static void
put_buckets(struct ds *s, const char *name, const char *labels,
            const struct histogram *h)
{
    uint64_t n = 0;

    for (size_t i = 0; i <= HISTOGRAM_N_BOUNDS; i++) {
        char *bound = (i < HISTOGRAM_N_BOUNDS
                           ? xasprintf("%g", histogram_bounds[i] / 1e6)
                           : xstrdup("+Inf"));

        n += h->counts[i];
        ds_put_format(s, "%s_bucket%s", name, labels);
        put_label(s, "le", bound);
        ds_put_format(s, "} %" PRIu64 "\n", n);
        free(bound);
    }
    ds_put_format(s, "%s_count%s", name, labels);
    end_labels(s);
    ds_put_format(s, " %" PRIu64 "\n", n);
}

void
exposition_histogram(struct ds *s, const char *name, const struct histogram *h,
                     ...)
{
    struct ds labels = DS_EMPTY_INITIALIZER;
    va_list args;

    va_start(args, h);
    put_labels(&labels, args);
    va_end(args);

    put_buckets(s, name, ds_cstr(&labels), h);
    ds_put_format(s, "%s_sum%s", name, ds_cstr(&labels));
    end_labels(s);
    put_seconds(s, h->sum);
    ds_destroy(&labels);
}
