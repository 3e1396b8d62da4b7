/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_RECONCILE_PRIVATE_H
#define CONTROLLER_RECONCILE_PRIVATE_H 1

/* What the rounds (reconcile.c) and their part about ports share. */

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/shash.h"
#include "sset.h"

struct reconcile {
    struct local_db *local;
    struct policy_db *policy;
    char *rundir;
    struct filter_store *filters;
    struct programs *programs;
    struct sets *sets;
    struct given *given;
    struct learning *learning;
    struct learning_rules *learning_rules;
    struct zones *zones;
    struct purge *purge;
    struct samples *samples;
    struct shash bridges; /* Contains "struct bridge"s. */
    struct shash punts;   /* Contains a "struct punt" for each of them. */
    struct shash ports;   /* Contains "struct port"s. */
    struct sset dirty_bridges;
    struct sset dirty_ports; /* Interfaces that are to be looked at. */
    struct sset dirty_filters;
    struct sset dirty_sets;
    bool all_dirty;
    bool started;      /* The first round is done. */
    uint64_t progress; /* Of all bridges, when ports were looked at last;
                        * UINT64_MAX if ports are due without that. */
};

/* Plans and applies what is dirty, 'r->dirty_ports' and whatever has to make
 * room for it, and gives the bridges' desired flows to their sessions.  Ports
 * of bridges that are not managed any more, or without a number, go. */
void reconcile_update_ports(struct reconcile *r);

/* What ports are planned with. */
struct port_context reconcile_port_context(const struct reconcile *r);

#endif /* controller/reconcile-private.h */
