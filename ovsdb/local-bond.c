/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "ovsdb/local-private.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "vswitch-idl.h"

/* What ovs-vswitchd makes of an unknown mode is active-backup. */
static enum local_bond_mode
parse_mode(const char *mode)
{
    return (!mode                          ? LOCAL_BOND_ACTIVE_BACKUP
            : !strcmp(mode, "balance-slb") ? LOCAL_BOND_SLB
            : !strcmp(mode, "balance-tcp") ? LOCAL_BOND_TCP
                                           : LOCAL_BOND_ACTIVE_BACKUP);
}

static int
iface_ofport(const struct ovsrec_interface *row)
{
    return row->n_ofport ? *row->ofport : 0;
}

/* The column has the active member's Ethernet address. */
static bool
is_active(const struct ovsrec_port *port, const struct ovsrec_interface *row)
{
    return (port->bond_active_slave && row->mac_in_use
            && !strcmp(port->bond_active_slave, row->mac_in_use));
}

struct local_bond *
bond_create(const struct ovsrec_port *port)
{
    struct local_bond *bond = xzalloc(sizeof *bond);

    bond->mode = parse_mode(port->bond_mode);
    bond->lacp = port->lacp && strcmp(port->lacp, "off");
    bond->lacp_fallback = smap_get_bool(&port->other_config,
                                        "lacp-fallback-ab", false);
    bond->all_active = smap_get_bool(&port->other_config, "all-members-active",
                                     false);
    bond->n_members = port->n_interfaces;
    bond->members = xcalloc(bond->n_members, sizeof *bond->members);
    for (size_t i = 0; i < bond->n_members; i++) {
        const struct ovsrec_interface *row = port->interfaces[i];

        bond->members[i].name = xstrdup(row->name);
        bond->members[i].ofport = iface_ofport(row);
        if (is_active(port, row)) {
            bond->active = MAX(iface_ofport(row), 0);
        }
        bond->lacp_negotiated |= row->n_lacp_current && *row->lacp_current;
    }
    return bond;
}

void
bond_destroy(struct local_bond *bond)
{
    if (bond) {
        for (size_t i = 0; i < bond->n_members; i++) {
            free(bond->members[i].name);
        }
        free(bond->members);
        free(bond);
    }
}

static bool
members_equal(const struct local_bond *a, const struct local_bond *b)
{
    if (a->n_members != b->n_members) {
        return false;
    }
    for (size_t i = 0; i < a->n_members; i++) {
        if (strcmp(a->members[i].name, b->members[i].name)
            || a->members[i].ofport != b->members[i].ofport) {
            return false;
        }
    }
    return true;
}

bool
bond_equal(const struct local_bond *a, const struct local_bond *b)
{
    if (!a || !b) {
        return a == b;
    }
    return (a->mode == b->mode && a->lacp == b->lacp
            && a->lacp_negotiated == b->lacp_negotiated
            && a->lacp_fallback == b->lacp_fallback
            && a->all_active == b->all_active && a->active == b->active
            && members_equal(a, b));
}

int
bond_lowest_ofport(const struct local_bond *bond)
{
    int lowest = 0;

    for (size_t i = 0; i < bond->n_members; i++) {
        int ofport = bond->members[i].ofport;

        if (ofport > 0 && (!lowest || ofport < lowest)) {
            lowest = ofport;
        }
    }
    return lowest;
}
