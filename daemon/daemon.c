/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "daemon/daemon.h"

#include <stdlib.h>
#include <unistd.h>

#include "controller/reconcile.h"
#include "controller/rundir.h"
#include "controller/shipped.h"
#include "controller/syncs.h"
#include "daemon/commands.h"
#include "daemon/http.h"
#include "daemon/loop.h"
#include "daemon/report.h"
#include "dirs.h"
#include "memory.h"
#include "openvswitch/dynamic-string.h"
#include "ovsdb/local.h"
#include "ovsdb/policy.h"
#include "simap.h"
#include "smap.h"
#include "unixctl.h"
#include "util.h"
#include "views/exposition.h"
#include "views/flow-list.h"
#include "views/fsck.h"
#include "views/metrics.h"
#include "views/port-view.h"
#include "views/rule-counters.h"
#include "views/trace.h"
#include "views/watch.h"

struct daemon {
    struct loop *loop;
    struct local_db *local;
    struct policy_db *policy;
    struct reconcile *reconcile;
    struct syncs *syncs;
    struct fsck *fsck;
    struct metrics_sources metrics;
    struct http *http;
    struct traces *traces;
    bool policy_configured; /* By the local database's keys. */
};

/* Pages. */

static int
print_metrics(struct ds *body, void *d_)
{
    const struct daemon *d = d_;

    metrics_put(&d->metrics, body);
    return 200;
}

static int
print_health(struct ds *body, void *d_)
{
    const struct daemon *d = d_;

    if (!metrics_is_healthy(&d->metrics, body)) {
        return 503;
    }
    ds_put_cstr(body, "ok\n");
    return 200;
}

static const struct http_page pages[] = {
    { "/metrics", EXPOSITION_CONTENT_TYPE, print_metrics },
    { "/healthz", "text/plain; charset=utf-8", print_health },
};

struct daemon *
daemon_create(const char *ovs_remote)
{
    struct daemon *d = xzalloc(sizeof *d);

    d->loop = loop_create();
    d->local = local_create(ovs_remote);
    d->policy = policy_create(NULL, "");
    d->reconcile = reconcile_create(d->local, d->policy, ovs_rundir());
    d->syncs = syncs_create(d->local, d->policy, d->reconcile);
    d->fsck = fsck_create(d->reconcile);
    d->metrics = (struct metrics_sources){
        .local = d->local,
        .policy = d->policy,
        .reconcile = d->reconcile,
        .libevent_version = loop_library_version(),
    };
    d->http = http_create(loop_base(d->loop), pages, ARRAY_SIZE(pages), d);
    d->traces = traces_create(d->reconcile, ovs_rundir());
    return d;
}

void
daemon_destroy(struct daemon *d)
{
    if (d) {
        http_destroy(d->http);
        traces_destroy(d->traces);
        syncs_destroy(d->syncs);
        reconcile_destroy(d->reconcile);
        fsck_destroy(d->fsck);
        policy_destroy(d->policy);
        local_destroy(d->local);
        loop_destroy(d->loop);
        free(d);
    }
}

static void
show_status(struct unixctl_conn *conn, int argc OVS_UNUSED,
            const char *argv[] OVS_UNUSED, void *d_)
{
    const struct daemon *d = d_;
    struct ds s = DS_EMPTY_INITIALIZER;

    report_status(&d->metrics, d->http, &s);
    unixctl_command_reply(conn, ds_cstr(&s));
    ds_destroy(&s);
}

void
daemon_register_commands(struct daemon *d)
{
    unixctl_command_register("nwfilter/status", "", 0, 0, show_status, d);
    commands_register(d->reconcile);
    flow_list_register(d->reconcile);
    port_view_register(d->reconcile);
    rule_counters_register(d->reconcile);
    syncs_register(d->syncs);
    watch_register(d->reconcile);
    fsck_register(d->fsck);
    traces_register(d->traces);
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
        http_configure(d->http,
                       smap_get(local_config(d->local), "nwfilter-http"));
    }
    if (d->policy_configured) {
        policy_run(d->policy, &policy);
    }
    reconcile_note(d->reconcile, &local, &policy);
    local_changes_uninit(&local);
    policy_changes_uninit(&policy);
}

static void
run_memory(struct daemon *d)
{
    memory_run();
    if (memory_should_report()) {
        struct simap usage = SIMAP_INITIALIZER(&usage);

        report_memory(&d->metrics, &usage);
        memory_report(&usage);
        simap_destroy(&usage);
    }
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
    http_run(d->http);
    run_memory(d);
    traces_run(d->traces);
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
    http_wait(d->http);
    memory_wait();
    traces_wait(d->traces);
    loop_block(d->loop);
}
