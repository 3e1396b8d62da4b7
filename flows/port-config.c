/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/port-config.h"

#include <stdlib.h>
#include <string.h>

#include "packets.h"
#include "util.h"

/* Bonds. */

static struct port_bond *
bond_clone(const struct port_bond *bond)
{
    struct port_bond *clone = NULL;

    if (bond) {
        clone = xmemdup(bond, sizeof *bond);
        clone->members = xmemdup(bond->members,
                                 bond->n_members * sizeof *bond->members);
    }
    return clone;
}

void
port_bond_destroy(struct port_bond *bond)
{
    if (bond) {
        free(bond->members);
        free(bond);
    }
}

static bool
bond_equal(const struct port_bond *a, const struct port_bond *b)
{
    if (!a || !b) {
        return a == b;
    }
    return (
        a->balance == b->balance && a->aggregated == b->aggregated
        && a->all_active == b->all_active && a->active == b->active
        && a->n_members == b->n_members
        && !memcmp(a->members, b->members, a->n_members * sizeof *a->members));
}

uint16_t
port_bond_active(const struct port_bond *bond)
{
    return bond->members[bond->active];
}

static bool
bond_has(const struct port_bond *bond, uint16_t ofport)
{
    for (size_t i = 0; i < bond->n_members; i++) {
        if (bond->members[i] == ofport) {
            return true;
        }
    }
    return false;
}

/* Ports. */

void
port_config_clone(struct port_config *dst, const struct port_config *src)
{
    *dst = *src;
    dst->trunks = src->n_trunks ? xmemdup(src->trunks,
                                          src->n_trunks * sizeof *src->trunks)
                                : NULL;
    dst->bond = bond_clone(src->bond);
}

void
port_config_uninit(struct port_config *config)
{
    free(CONST_CAST(uint16_t *, config->trunks));
    port_bond_destroy(CONST_CAST(struct port_bond *, config->bond));
}

bool
port_config_equal(const struct port_config *a, const struct port_config *b)
{
    return (a->ofport == b->ofport && bond_equal(a->bond, b->bond)
            && port_config_same_vlans(a, b) && a->filtered == b->filtered
            && a->program == b->program && a->zone == b->zone
            && a->copies == b->copies && a->alone == b->alone
            && a->has_mac == b->has_mac && eth_addr_equals(a->mac, b->mac));
}

bool
port_config_same_vlans(const struct port_config *a,
                       const struct port_config *b)
{
    return (a->access == b->access && a->native == b->native
            && a->native_untagged == b->native_untagged && a->tag == b->tag
            && a->n_trunks == b->n_trunks
            && (!a->n_trunks
                || !memcmp(a->trunks, b->trunks,
                           a->n_trunks * sizeof *a->trunks)));
}

bool
port_config_has_number(const struct port_config *p, uint16_t ofport)
{
    return p->bond ? bond_has(p->bond, ofport) : p->ofport == ofport;
}

uint16_t
port_config_vlan(const struct port_config *config)
{
    return config->access || config->native ? config->tag : 0;
}

bool
port_config_vlans(const struct port_config *p,
                  void (*cb)(uint16_t vlan, void *aux), void *aux)
{
    bool tag_listed = false;

    if (!p->access && !p->n_trunks) {
        return true;
    }
    for (size_t i = 0; !p->access && i < p->n_trunks; i++) {
        cb(p->trunks[i], aux);
        tag_listed |= p->trunks[i] == p->tag;
    }
    if (p->access || (p->native && !tag_listed)) {
        cb(p->tag, aux);
    }
    return false;
}
