/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_RUNDIR_H
#define CONTROLLER_RUNDIR_H 1

/* Where the daemon and the command line find each other and the databases.
 *
 * The run directory is NWFILTER_RUNDIR from the environment, or "ovs-nwfilter"
 * beside Open vSwitch's own, which OVS_RUNDIR moves: /var/run/ovs-nwfilter.
 * The caller frees every string. */

char *rundir_get(void);

/* "unix:RUNDIR/nwfilter.sock", the policy database. */
char *rundir_policy_remote(void);

/* "RUNDIR/ovs-nwfilterd.ctl", the daemon's control socket. */
char *rundir_control_socket(void);

/* "unix:OVS_RUNDIR/db.sock", the local Open_vSwitch database. */
char *rundir_local_remote(void);

/* "unix:..." of ovs-vswitchd's control socket in its run directory 'dir', or
 * NULL if there is none.  The socket is named after the process, unless
 * ovs-vswitchd was told another name. */
char *rundir_find_vswitchd(const char *dir);

#endif /* controller/rundir.h */
