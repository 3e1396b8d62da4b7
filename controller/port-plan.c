/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/port-plan.h"

#include <stdlib.h>

#include "controller/bond.h"
#include "controller/filter-store.h"
#include "controller/programs.h"
#include "flows/program.h"
#include "ovsdb/local.h"
#include "util.h"

void
port_plan_init(struct port_plan *plan)
{
    *plan = (struct port_plan){ .state = PORT_CLOSED };
    nw_vars_init(&plan->policy.vars);
    sset_init(&plan->depends);
    sset_init(&plan->sets);
}

void
port_plan_uninit(struct port_plan *plan)
{
    port_policy_uninit(&plan->policy);
    port_config_uninit(&plan->config);
    sset_destroy(&plan->depends);
    sset_destroy(&plan->sets);
    free(plan->error);
}

static void
read_config(struct port_config *config, const struct local_interface *iface)
{
    enum vlan_mode mode = iface->vlan_mode;
    struct port_bond *bond = iface->bond ? bond_config(iface->bond) : NULL;
    const struct port_config borrowed = {
        .ofport = iface->ofport,
        .bond = bond,
        .access = mode == VLAN_MODE_ACCESS,
        .native = (mode == VLAN_MODE_NATIVE_TAGGED
                   || mode == VLAN_MODE_NATIVE_UNTAGGED),
        .native_untagged = mode == VLAN_MODE_NATIVE_UNTAGGED,
        .tag = iface->tag,
        .n_trunks = iface->n_trunks,
        .trunks = iface->trunks,
    };

    port_config_uninit(config);
    port_config_clone(config, &borrowed);
    port_bond_destroy(bond);
}

void
port_plan_read(struct port_plan *plan, const struct local_interface *iface,
               const struct port_context *ctx)
{
    port_policy_uninit(&plan->policy);
    if (iface->bond) {
        bond_policy_init(&plan->policy, iface, ctx->local, ctx->config,
                         ctx->policy);
    } else {
        port_policy_init(&plan->policy, iface, ctx->config, ctx->policy);
    }
    read_config(&plan->config, iface);
    sset_clear(&plan->depends);
    plan->has_learned = false;
}

void
port_plan_reset(struct port_plan *plan)
{
    sset_clear(&plan->sets);
    free(plan->error);
    plan->error = NULL;
    plan->ok = true;
    plan->entry = NULL;
    plan->same_rows = true;
    plan->orphan = false;
    plan->learning = false;
    plan->copies = 0;
    plan->log = plan->policy.log;
}

/* What the interface is that can not be switched here. */
static const char *
unsupported(const struct local_interface *iface)
{
    return (iface->vlan_mode == VLAN_MODE_DOT1Q_TUNNEL
                ? "vlan_mode dot1q-tunnel is not supported"
            : iface->is_protected ? "protected ports are not supported"
            : iface->bond         ? bond_unsupported(iface->bond)
                                  : NULL);
}

const char *
port_plan_problem(const struct port_plan *plan,
                  const struct local_interface *iface)
{
    const char *problem = unsupported(iface);

    return (!problem && iface->bond && plan->policy.kind == POLICY_FILTER
                ? "a bond can not have a filter"
                : problem);
}

void
port_plan_fail(struct port_plan *plan, char *error)
{
    free(plan->error);
    plan->error = error;
    plan->ok = false;
}

void
port_plan_close(struct port_plan *plan)
{
    plan->state = PORT_CLOSED;
    plan->entry = NULL;
    plan->ok = true;
}

void
port_plan_refuse(struct port_plan *plan, char *error)
{
    port_plan_fail(plan, error);
    port_plan_close(plan);
}

void
port_plan_note_log(struct port_plan *plan, const struct program_entry *entry,
                   const struct filter_store *filters)
{
    unsigned int events = plan->policy.log;

    if (!plan->policy.logs) {
        const char *name;

        SSET_FOR_EACH (name, program_filters(entry->program)) {
            events |= filter_store_log(filters, name);
        }
    }
    plan->log = events;
}
