/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef TESTS_UNIT_LIVE_SWITCH_H
#define TESTS_UNIT_LIVE_SWITCH_H 1

/* A private Open vSwitch (dummy datapath) for unit tests of the OpenFlow
 * session: an ovsdb-server and an ovs-vswitchd in a directory of their own,
 * with one bridge "br0". */

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

struct live_switch {
    char *dir;
    pid_t db_pid, vswitchd_pid;
};

/* Runs a shell command in the switch's environment and returns what it
 * printed, with the last new-line removed. */
static inline char *OVS_PRINTF_FORMAT(2, 3)
    live_run(const struct live_switch *ls, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *command = xvasprintf(format, args);
    va_end(args);

    char *line = xasprintf("export OVS_RUNDIR=%s OVS_LOGDIR=%s OVS_DBDIR=%s; "
                           "cd %s && %s",
                           ls->dir, ls->dir, ls->dir, ls->dir, command);
    FILE *stream = popen(line, "r");
    struct ds out = DS_EMPTY_INITIALIZER;
    char buf[4096];
    size_t n;
    while (stream && (n = fread(buf, 1, sizeof buf, stream)) > 0) {
        ds_put_buffer(&out, buf, n);
    }
    int status = stream ? pclose(stream) : -1;
    if (status) {
        printf("# status %#x: %s\n", status, command);
    }
    free(line);
    free(command);
    ds_chomp(&out, '\n');
    return ds_steal_cstr(&out);
}

static inline pid_t
live_spawn(const struct live_switch *ls, const char *const argv[])
{
    pid_t pid = fork();
    if (!pid) {
        setenv("OVS_RUNDIR", ls->dir, 1);
        setenv("OVS_LOGDIR", ls->dir, 1);
        setenv("OVS_DBDIR", ls->dir, 1);
        if (chdir(ls->dir)) {
            _exit(126);
        }
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execvp(argv[0], (char *const *) argv);
        _exit(127);
    }
    return pid;
}

static inline void
live_kill(pid_t *pidp)
{
    if (*pidp > 0) {
        kill(*pidp, SIGKILL);
        waitpid(*pidp, NULL, 0);
    }
    *pidp = 0;
}

static inline void
live_start_vswitchd(struct live_switch *ls)
{
    char *db = xasprintf("unix:%s/db.sock", ls->dir);
    char *ctl = xasprintf("--unixctl=%s/vswitchd.ctl", ls->dir);
    char *log = xasprintf("--log-file=%s/vswitchd.log", ls->dir);
    const char *argv[] = {
        "ovs-vswitchd",
        "--enable-dummy=override",
        "--disable-system",
        "-vconsole:off",
        ctl,
        log,
        db,
        NULL,
    };

    ls->vswitchd_pid = live_spawn(ls, argv);
    free(live_run(ls,
                  "ovs-vsctl --db=%s --timeout=120 --may-exist add-br br0 "
                  "-- set bridge br0 datapath_type=dummy fail_mode=secure",
                  db));
    free(db);
    free(ctl);
    free(log);
}

/* Returns false, and says why, if there is no Open vSwitch to start. */
static inline bool
live_start(struct live_switch *ls)
{
    char template[] = "/tmp/nwfilter-test.XXXXXX";

    memset(ls, 0, sizeof *ls);
    if (!mkdtemp(template)) {
        printf("# %s: %s\n", template, strerror(errno));
        return false;
    }
    ls->dir = xstrdup(template);
    free(live_run(ls, "ovsdb-tool create conf.db "
                      "/usr/share/openvswitch/vswitch.ovsschema"));

    char *remote = xasprintf("--remote=punix:%s/db.sock", ls->dir);
    char *ctl = xasprintf("--unixctl=%s/db.ctl", ls->dir);
    const char *argv[] = {
        "ovsdb-server", remote, ctl, "-vconsole:off", "conf.db", NULL,
    };
    ls->db_pid = live_spawn(ls, argv);
    free(remote);
    free(ctl);
    free(live_run(ls, "ovs-vsctl --db=unix:db.sock --timeout=120 --retry "
                      "--no-wait init"));
    live_start_vswitchd(ls);
    return true;
}

static inline void
live_stop(struct live_switch *ls)
{
    live_kill(&ls->vswitchd_pid);
    live_kill(&ls->db_pid);
    char *command = xasprintf("rm -rf %s", ls->dir);
    if (system(command)) {
        printf("# left %s behind\n", ls->dir);
    }
    free(command);
    free(ls->dir);
    ls->dir = NULL;
}

#endif /* tests/unit/live-switch.h */
