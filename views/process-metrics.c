/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "views/process-metrics.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"
#include "views/exposition.h"

static void
put(struct ds *s, const char *name, const char *help, uint64_t value)
{
    exposition_family(s, name, EXPOSITION_GAUGE, help);
    exposition_sample(s, name, value, NULL);
}

static uint64_t
to_us(const struct timeval *tv)
{
    return tv->tv_sec * UINT64_C(1000000) + tv->tv_usec;
}

static void
put_cpu(struct ds *s)
{
    const char *name = "process_cpu_seconds_total";
    struct rusage usage;

    if (!getrusage(RUSAGE_SELF, &usage)) {
        exposition_family(s, name, EXPOSITION_COUNTER,
                          "User and system CPU time of the process.");
        exposition_seconds(s, name,
                           to_us(&usage.ru_utime) + to_us(&usage.ru_stime));
    }
}

#define NS_PER_S INT64_C(1000000000)

static int64_t
to_ns(const struct timespec *ts)
{
    return ts->tv_sec * NS_PER_S + ts->tv_nsec;
}

/* The clocks are compared before anything is rounded: a start that moved by a
 * second from one answer to the next would look like a restart. */
static void
put_start(struct ds *s, unsigned long long int ticks)
{
    int64_t after_boot = ticks * (NS_PER_S / sysconf(_SC_CLK_TCK));
    struct timespec boot, now;

    if (!clock_gettime(CLOCK_BOOTTIME, &boot)
        && !clock_gettime(CLOCK_REALTIME, &now)) {
        put(s, "process_start_time_seconds",
            "Start of the process, since the epoch.",
            (to_ns(&now) - to_ns(&boot) + after_boot) / NS_PER_S);
    }
}

/* From /proc/self/stat, proc(5).  The program's name is in parentheses, and
 * has none itself. */
static void
put_stat(struct ds *s)
{
    FILE *stream = fopen("/proc/self/stat", "r");
    unsigned long long int ticks;
    uint64_t size, pages;

    if (!stream) {
        return;
    }
    if (fscanf(stream,
               "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u "
               "%*u %*d %*d %*d %*d %*d %*d %llu %" SCNu64 " %" SCNu64,
               &ticks, &size, &pages)
        == 3) {
        put(s, "process_virtual_memory_bytes", "Virtual memory size.", size);
        put(s, "process_resident_memory_bytes", "Resident memory size.",
            pages * sysconf(_SC_PAGESIZE));
        put_start(s, ticks);
    }
    fclose(stream);
}

static void
put_files(struct ds *s)
{
    DIR *dir = opendir("/proc/self/fd");
    struct rlimit limit;

    if (dir) {
        uint64_t n = 0;

        for (const struct dirent *e; (e = readdir(dir));) {
            n += e->d_name[0] != '.';
        }
        closedir(dir);
        put(s, "process_open_fds", "Open file descriptors.", n - 1);
    }
    if (!getrlimit(RLIMIT_NOFILE, &limit)) {
        put(s, "process_max_fds", "File descriptors that may be open.",
            limit.rlim_cur);
    }
}

void
process_metrics_put(struct ds *s)
{
    put_cpu(s);
    put_stat(s);
    put_files(s);
}
