/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/bond.h"

#include <stdlib.h>

#include "controller/port-policy.h"
#include "flows/port-config.h"
#include "ovsdb/local.h"
#include "util.h"

/* LACP without an answer: nothing passes, for the switch takes no member for
 * alive; or one does, as without LACP. */
static bool
falls_back(const struct local_bond *bond)
{
    return bond->lacp && bond->lacp_fallback && !bond->lacp_negotiated;
}

static enum bond_balance
find_balance(const struct local_bond *bond)
{
    if (falls_back(bond)) {
        return BOND_ACTIVE;
    }
    switch (bond->mode) {
    case LOCAL_BOND_ACTIVE_BACKUP:
        return BOND_ACTIVE;
    case LOCAL_BOND_SLB:
        return BOND_BY_SOURCE;
    case LOCAL_BOND_TCP:
        return BOND_BY_HASH;
    }
    OVS_NOT_REACHED();
}

static int
compare_numbers(const void *a_, const void *b_)
{
    uint16_t a = *(const uint16_t *) a_;
    uint16_t b = *(const uint16_t *) b_;

    return a < b ? -1 : a > b;
}

struct port_bond *
bond_config(const struct local_bond *local)
{
    struct port_bond *bond = xzalloc(sizeof *bond);

    bond->balance = find_balance(local);
    bond->aggregated = local->lacp && !falls_back(local);
    bond->all_active = local->all_active;
    bond->members = xmalloc(local->n_members * sizeof *bond->members);
    for (size_t i = 0; i < local->n_members; i++) {
        int ofport = local->members[i].ofport;

        if (ofport > 0 && ofport <= UINT16_MAX) {
            bond->members[bond->n_members++] = ofport;
        }
    }
    qsort(bond->members, bond->n_members, sizeof *bond->members,
          compare_numbers);
    for (size_t i = 0; i < bond->n_members; i++) {
        if (bond->members[i] == local->active) {
            bond->active = i;
        }
    }
    return bond;
}

const char *
bond_unsupported(const struct local_bond *bond)
{
    return (bond->mode == LOCAL_BOND_TCP && !bond->lacp
                ? "bond_mode balance-tcp needs LACP"
                : NULL);
}

bool
bond_took_over(const struct port_bond *old, const struct port_bond *new)
{
    return (old && new &&new->balance == BOND_ACTIVE
            && !new->aggregated &&port_bond_active(old)
                   != port_bond_active(new));
}

static int
strictness(const struct port_policy *policy)
{
    return (policy->kind == POLICY_OPEN     ? 0
            : policy->kind == POLICY_CLOSED ? 1
            : !policy->named                ? 2
                                            : 3);
}

void
bond_policy_init(struct port_policy *policy,
                 const struct local_interface *iface,
                 const struct local_db *local, const struct smap *config,
                 const struct policy_db *db)
{
    const struct local_bond *bond = iface->bond;

    /* A binding may have the bond's own name. */
    port_policy_init(policy, iface, config, db);
    for (size_t i = 0; i < bond->n_members; i++) {
        const struct local_interface *member =
            local_interface(local, bond->members[i].name);
        struct port_policy other;

        if (member) {
            port_policy_init(&other, member, config, db);
            if (strictness(&other) > strictness(policy)) {
                struct port_policy swap = *policy;

                *policy = other;
                other = swap;
            }
            port_policy_uninit(&other);
        }
    }
}
