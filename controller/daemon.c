/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/daemon.h"

#include <stdlib.h>
#include <unistd.h>

#include "controller/commands.h"
#include "controller/fsck.h"
#include "controller/loop.h"
#include "controller/reconcile.h"
#include "controller/rundir.h"
#include "controller/shipped.h"
#include "controller/syncs.h"
#include "dirs.h"
#include "ovsdb/local.h"
#include "ovsdb/policy.h"
#include "smap.h"
#include "util.h"

struct daemon {
    struct loop *loop;
    struct local_db *local;
    struct policy_db *policy;
    struct reconcile *reconcile;
    struct syncs *syncs;
    struct fsck *fsck;
    bool policy_configured; /* By the local database's keys. */
};

struct daemon *
daemon_create(const char *ovs_remote)
{
    struct daemon *d = xzalloc(sizeof *d);
    char *policy_remote = rundir_policy_remote();

    d->loop = loop_create();
    d->local = local_create(ovs_remote);
    d->policy = policy_create("", "");
    d->reconcile = reconcile_create(d->local, d->policy, ovs_rundir());
    d->syncs = syncs_create(d->local, d->policy, d->reconcile);
    d->fsck = fsck_create(d->reconcile);
    free(policy_remote);
    return d;
}

void
daemon_destroy(struct daemon *d)
{
    if (d) {
        syncs_destroy(d->syncs);
        reconcile_destroy(d->reconcile);
        fsck_destroy(d->fsck);
        policy_destroy(d->policy);
        local_destroy(d->local);
        loop_destroy(d->loop);
        free(d);
    }
}

void
daemon_register_commands(struct daemon *d)
{
    commands_register(d->reconcile);
    syncs_register(d->syncs);
    fsck_register(d->fsck);
}

/* The kernel's name unless the database has one. */
static void
configure_policy(struct daemon *d)
{
    const struct smap *config = local_config(d->local);
    char kernel_name[HOST_NAME_MAX + 1] = "";
    char *default_remote = rundir_policy_remote();

    gethostname(kernel_name, sizeof kernel_name - 1);
    policy_configure(d->policy,
                     smap_get_def(config, "nwfilter-remote", default_remote),
                     smap_get_def(config, "hostname", kernel_name));
    d->policy_configured = true;
    free(default_remote);
}

static void
run_databases(struct daemon *d)
{
    struct local_changes local;
    struct policy_changes policy;

    local_changes_init(&local);
    policy_changes_init(&policy);
    local_run(d->local, &local);
    if (local_is_ready(d->local) && (local.config || !d->policy_configured)) {
        configure_policy(d);
    }
    if (d->policy_configured) {
        policy_run(d->policy, &policy);
    }
    reconcile_note(d->reconcile, &local, &policy);
    local_changes_uninit(&local);
    policy_changes_uninit(&policy);
}

void
daemon_run(struct daemon *d)
{
    run_databases(d);
    if (d->policy_configured && policy_wants_shipped_filters(d->policy)) {
        shipped_load(d->policy);
    }
    reconcile_run(d->reconcile);
    syncs_run(d->syncs);
    fsck_run(d->fsck);
}

void
daemon_block(struct daemon *d)
{
    local_wait(d->local);
    if (d->policy_configured) {
        policy_wait(d->policy);
    }
    reconcile_wait(d->reconcile);
    fsck_wait(d->fsck);
    loop_block(d->loop);
}
