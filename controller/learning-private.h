/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_LEARNING_PRIVATE_H
#define CONTROLLER_LEARNING_PRIVATE_H 1

/* The parts of learning.h's implementation.
 *
 *   learning.c       ports, frames, time, and what is kept
 *   learning-move.c  documents for other hosts */

#include "controller/learning.h"
#include "heap.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "openvswitch/shash.h"
#include "sset.h"

struct smap;

struct learning {
    struct policy_db *policy;
    struct shash ports;  /* Name to "struct learning_port". */
    struct hmap numbers; /* The same, by OpenFlow port number. */
    struct sset changed; /* Ports, since the last learning_run(). */

    /* What spares a look at every port whenever something happens. */
    struct heap due;          /* Ports that learn, the next one on top. */
    struct ovs_list to_store; /* Ports whose 'store' is set. */
    size_t n_refused;         /* Ports whose 'refused' is set. */

    long long int next_clean; /* When to look for leases that are over. */

    bool retry;        /* Somebody's addresses are free now. */
    bool other_guests; /* Than the policy database is asked for. */
    learning_given_func *given;
    void *aux;
    uint64_t outcomes[LEARNER_N_OUTCOMES];
};

struct learning_port {
    struct hmap_node node; /* In struct learning. */
    struct learning *learning;
    char *name;
    const struct bridge *bridge; /* Only compared. */
    uint16_t ofport, vlan;
    struct eth_addr mac;
    char *guest;
    struct learner *learner;
    bool arrived;         /* The guest's row may still name another host. */
    struct heap_node due; /* In struct learning, if 'learner'. */
    bool store;           /* The policy database has to be told. */
    struct ovs_list store_node; /* In struct learning, if 'store'. */
    bool refused;               /* Some address, because another has it. */
};

/* Adds a lease as the policy database has it: the address, and the rest of
 * learner_lease_format(). */
void learning_add_lease(const struct learner_lease *, struct smap *addresses);

/* Learns what is kept of the port's guest.  Returns true if addresses in force
 * differ. */
bool learning_restore(struct learning_port *);

#endif /* controller/learning-private.h */
