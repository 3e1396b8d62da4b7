/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_BOND_H
#define CONTROLLER_BOND_H 1

/* Bonds as they are configured in the local database. */

#include <stdbool.h>

struct local_bond;
struct local_db;
struct local_interface;
struct policy_db;
struct port_bond;
struct port_policy;
struct smap;

/* How the bond switches, with those of its members that have an OpenFlow port
 * (at least one has).  The caller destroys it. */
struct port_bond *bond_config(const struct local_bond *);

/* Why the bond can not be switched, or NULL. */
const char *bond_unsupported(const struct local_bond *);

/* Whether another member receives now, and the network has to be told, because
 * it does not know of the bond.  NULL is fine. */
bool bond_took_over(const struct port_bond *old, const struct port_bond *new);

/* The policy of a bond: the strictest of its members'.  'config' is
 * Open_vSwitch:external_ids. */
void bond_policy_init(struct port_policy *, const struct local_interface *,
                      const struct local_db *, const struct smap *config,
                      const struct policy_db *);

#endif /* controller/bond.h */
