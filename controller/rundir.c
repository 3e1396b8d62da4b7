/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/rundir.h"

#include <glob.h>
#include <stdlib.h>
#include <unistd.h>

#include "dirs.h"
#include "lib/daemon.h"
#include "util.h"

char *
rundir_get(void)
{
    const char *env = getenv("NWFILTER_RUNDIR");
    char *parent, *dir;

    if (env && env[0]) {
        return xstrdup(env);
    }
    parent = dir_name(ovs_rundir());
    dir = xasprintf("%s/ovs-nwfilter", parent);
    free(parent);
    return dir;
}

/* Returns 'prefix', the run directory and '/name' as one string. */
static char *
in_rundir(const char *prefix, const char *name)
{
    char *dir = rundir_get();
    char *path = xasprintf("%s%s/%s", prefix, dir, name);

    free(dir);
    return path;
}

char *
rundir_policy_remote(void)
{
    return in_rundir("unix:", "nwfilter.sock");
}

char *
rundir_control_socket(void)
{
    return in_rundir("", "ovs-nwfilterd.ctl");
}

char *
rundir_local_remote(void)
{
    return xasprintf("unix:%s/db.sock", ovs_rundir());
}

char *
rundir_find_vswitchd(const char *dir)
{
    char *pidfile = xasprintf("%s/ovs-vswitchd.pid", dir);
    pid_t pid = access(pidfile, R_OK) ? 0 : read_pidfile(pidfile);
    char *target = NULL;

    if (pid > 0) {
        target = xasprintf("unix:%s/ovs-vswitchd.%ld.ctl", dir,
                           (long int) pid);
    } else {
        char *pattern = xasprintf("%s/ovs-vswitchd*.ctl", dir);
        glob_t found;

        if (!glob(pattern, 0, NULL, &found)) {
            target = xasprintf("unix:%s", found.gl_pathv[0]);
            globfree(&found);
        }
        free(pattern);
    }
    free(pidfile);
    return target;
}
