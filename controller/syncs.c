/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/syncs.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "controller/bridge.h"
#include "controller/reconcile.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/shash.h"
#include "ovsdb/local.h"
#include "ovsdb/policy.h"
#include "switch/switch.h"
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

    if (!syncs) {
        return;
    }
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

static void
put_bridges(const struct reconcile *reconcile, struct ds *s)
{
    const struct shash_node *node;

    SHASH_FOR_EACH (node, reconcile_bridges(reconcile)) {
        const struct bridge *bridge = node->data;

        if (!bridge_is_settled(bridge)) {
            ds_put_format(s, "%sbridge %s, which %s", s->length ? "; " : "",
                          bridge->name,
                          (switch_is_connected(bridge->session)
                               ? "has not confirmed all flows"
                               : "does not answer"));
        }
    }
}

static void
put_obstacle(const struct syncs *syncs, const struct sync *sync, struct ds *s)
{
    if (local_synced(syncs->local) < sync->local) {
        ds_put_cstr(s, (local_awaits_switch(syncs->local)
                            ? "ovs-vswitchd, which has not applied what is in "
                              "the Open_vSwitch database (is it running?)"
                            : "the Open_vSwitch database, which does not "
                              "answer"));
    } else if (policy_synced(syncs->policy) < sync->policy) {
        ds_put_cstr(s, "the policy database, which does not answer");
    } else {
        put_bridges(syncs->reconcile, s);
        if (!s->length) {
            ds_put_cstr(s, "the status of ports, which is not written yet");
        }
    }
}

static void
show_obstacle(struct unixctl_conn *conn, int argc OVS_UNUSED,
              const char *argv[] OVS_UNUSED, void *syncs_)
{
    const struct syncs *syncs = syncs_;
    struct ds s = DS_EMPTY_INITIALIZER;

    if (!ovs_list_is_empty(&syncs->waiting)) {
        put_obstacle(syncs,
                     CONTAINER_OF(ovs_list_back(&syncs->waiting), struct sync,
                                  node),
                     &s);
    }
    unixctl_command_reply(conn, ds_cstr(&s));
    ds_destroy(&s);
}

void
syncs_register(struct syncs *syncs)
{
    unixctl_command_register("nwfilter/sync", "", 0, 0, start_sync, syncs);
    unixctl_command_register("nwfilter/sync-waits", "", 0, 0, show_obstacle,
                             syncs);
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
