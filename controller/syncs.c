/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/syncs.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "controller/reconcile.h"
#include "openvswitch/list.h"
#include "ovsdb/local.h"
#include "ovsdb/policy.h"
#include "unixctl.h"
#include "util.h"

struct sync {
    struct ovs_list node; /* In syncs. */
    struct unixctl_conn *conn;
    uint64_t local, policy; /* Barriers of the databases. */
};

struct syncs {
    struct local_db *local;
    struct policy_db *policy;
    struct reconcile *reconcile;
    struct ovs_list waiting; /* Contains "struct sync"s. */
};

struct syncs *
syncs_create(struct local_db *local, struct policy_db *policy,
             struct reconcile *reconcile)
{
    struct syncs *syncs = xmalloc(sizeof *syncs);

    syncs->local = local;
    syncs->policy = policy;
    syncs->reconcile = reconcile;
    ovs_list_init(&syncs->waiting);
    return syncs;
}

void
syncs_destroy(struct syncs *syncs)
{
    struct sync *sync;

    LIST_FOR_EACH_POP (sync, node, &syncs->waiting) {
        unixctl_command_reply_error(sync->conn, "the daemon is stopping");
        free(sync);
    }
    free(syncs);
}

static void
start_sync(struct unixctl_conn *conn, int argc OVS_UNUSED,
           const char *argv[] OVS_UNUSED, void *syncs_)
{
    struct syncs *syncs = syncs_;
    struct sync *sync = xzalloc(sizeof *sync);

    sync->conn = conn;
    sync->local = local_sync_start(syncs->local);
    sync->policy = policy_sync_start(syncs->policy);
    ovs_list_push_back(&syncs->waiting, &sync->node);
}

void
syncs_register(struct syncs *syncs)
{
    unixctl_command_register("nwfilter/sync", "", 0, 0, start_sync, syncs);
}

/* What the databases said when the barriers were passed has been noted by the
 * same iteration's reconcile_run(), so being settled afterwards is enough. */
void
syncs_run(struct syncs *syncs)
{
    struct sync *sync;

    if (ovs_list_is_empty(&syncs->waiting)) {
        return;
    }

    bool settled = reconcile_is_settled(syncs->reconcile);

    LIST_FOR_EACH_SAFE (sync, node, &syncs->waiting) {
        if (settled && local_synced(syncs->local) >= sync->local
            && policy_synced(syncs->policy) >= sync->policy) {
            unixctl_command_reply(sync->conn, NULL);
            ovs_list_remove(&sync->node);
            free(sync);
        }
    }
}
