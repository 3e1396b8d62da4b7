/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/status.h"

#include <stdlib.h>
#include <string.h>

#include "controller/bridge.h"
#include "controller/explain.h"
#include "controller/port.h"
#include "flows/flow-table.h"
#include "hash.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "ovsdb/local.h"
#include "ovsdb/policy.h"
#include "sset.h"
#include "switch/switch.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(status);

/* Refusals. */

/* Ports whose flows are refused, or were, have to say something else. */
static void
note_refusals(const struct bridge *bridge, const struct shash *ports)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, ports) {
        struct port *port = node->data;

        if (port->bridge == bridge
            && (port->said_refused || port_is_refused(port))) {
            port_set_status_due(port, true);
        }
    }
}

/* What was refused, and why. */
static char *
describe_error(const struct switch_error *error,
               const struct explain_scope *scope)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (error->cookie) {
        explain_cookie(scope, error->cookie, &s);
        ds_put_cstr(&s, ": ");
    }
    ds_put_cstr(&s, error->text);
    return ds_steal_cstr(&s);
}

bool
status_take_errors(struct bridge *bridge, const struct explain_scope *scope)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(10, 20);
    struct sset owners = SSET_INITIALIZER(&owners);
    struct switch_error error;

    while (switch_next_error(bridge->session, &error)) {
        char *text = describe_error(&error, scope);

        VLOG_ERR_RL(&rl, "bridge %s: %s", bridge->name, text);
        if (error.owner && sset_add(&owners, error.owner)) {
            free(shash_replace(&bridge->refused, error.owner, text));
        } else {
            free(text);
        }
        switch_error_uninit(&error);
    }

    bool any = !sset_is_empty(&owners);

    if (any) {
        note_refusals(bridge, scope->ports);
    }
    sset_destroy(&owners);
    return any;
}

/* While what was refused waits to be sent again, or is on its way, it counts
 * among the changes. */
bool
status_end_refusals(struct bridge *bridge, const struct shash *ports)
{
    struct shash_node *node;
    bool any = false;

    if (shash_is_empty(&bridge->refused)
        || flow_table_has_changes(bridge->desired)) {
        return false;
    }
    SHASH_FOR_EACH_SAFE (node, &bridge->refused) {
        if (!flow_table_is_held(bridge->desired, node->name)) {
            free(node->data);
            shash_delete(&bridge->refused, node);
            any = true;
        }
    }
    if (any) {
        note_refusals(bridge, ports);
    }
    return any;
}

/* Status. */

/* NULL removes it.  A bond's is at its members. */
static void
set_status(struct local_db *local, const char *name, const char *text)
{
    const struct local_interface *iface = local_port(local, name);
    const struct local_bond *bond = iface ? iface->bond : NULL;

    if (!bond) {
        local_set_interface_id(local, name, LOCAL_STATUS_KEY, text);
    }
    for (size_t i = 0; bond && i < bond->n_members; i++) {
        local_set_interface_id(local, bond->members[i].name, LOCAL_STATUS_KEY,
                               text);
    }
}

static void
write_port(struct local_db *local, struct port *port)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(20, 60);
    char *text = port_status_text(port);

    port->said_refused = port_is_refused(port);
    if (port->plan.error || port->said_refused) {
        uint32_t hash = hash_string(text, 0);

        if (hash != port->logged_error) {
            VLOG_WARN_RL(&rl, "port %s: %s", port->name, text);
        }
        port->logged_error = hash;
    } else {
        port->proven = true;
        port->logged_error = 0;
    }
    set_status(local, port->name, text);
    port_set_status_due(port, false);
    port->said_lost = false;
    free(text);
}

/* The status stays due. */
static void
write_lost(struct local_db *local, struct port *port)
{
    char *text = xasprintf("error: no OpenFlow connection with bridge %s (%s)",
                           port->bridge->name,
                           (port->proven ? "the port stays as it was"
                                         : "the port is closed"));

    set_status(local, port->name, text);
    port->said_lost = true;
    free(text);
}

/* A port that was closed up to now has nothing to keep from before: what is
 * cached about it drops, and goes on dropping for the moment until the cache
 * is emptied.  All others are done when nothing goes the old way any more. */
static bool
is_done(const struct port *port)
{
    return (port->proven ? bridge_is_acked(port->bridge, port->mark)
                         : bridge_is_committed(port->bridge, port->mark));
}

void
status_write(struct local_db *local, const struct bridge *bridge)
{
    struct port *port;

    LIST_FOR_EACH_SAFE (port, due_node, &bridge->due) {
        if (is_done(port)) {
            write_port(local, port);
        } else if (port->plan.policy.named && !port->said_lost
                   && bridge_is_lost(bridge)) {
            write_lost(local, port);
        }
    }
}

void
status_write_without_port(struct local_db *local,
                          const struct policy_db *policy_db,
                          const struct local_interface *iface, bool managed)
{
    char *text = NULL;

    if (managed && iface->ofport < 0) {
        struct port_policy policy;

        port_policy_init(&policy, iface, local_config(local), policy_db);
        if (policy.named) {
            text = xstrdup("error: Open vSwitch could not make the port "
                           "(ofport -1)");
        }
        port_policy_uninit(&policy);
    }
    set_status(local, iface->name, text);
    free(text);
}
