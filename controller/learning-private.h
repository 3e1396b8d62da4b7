/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_LEARNING_PRIVATE_H
#define CONTROLLER_LEARNING_PRIVATE_H 1

/* The parts of learning.h's implementation.
 *
 *   learning.c       ports, frames, time, and what is kept
 *   learning-index.c finds ports
 *   learning-move.c  documents for other hosts */

#include "controller/learning.h"
#include "heap.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "openvswitch/shash.h"
#include "sset.h"

struct smap;

/* Ports and their addresses in force by what frames and rows say, so that none
 * of these costs a look at every port. */
struct learning_index {
    struct hmap numbers;   /* Of "struct learning_port"s, by OpenFlow port. */
    struct hmap guests;    /* The same, by learning_index_hash_guest(). */
    struct hmap macs;      /* The same, by MAC address. */
    struct hmap addresses; /* Of "struct indexed_address"es. */
};

struct learning {
    struct policy_db *policy;
    struct shash ports; /* Name to "struct learning_port". */
    struct learning_index index;
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
    struct hmap_node number_node, guest_node, mac_node; /* In the index. */
    struct ovs_list in_force; /* Contains "struct indexed_address"es. */
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

/* The index.  A port's number, guest, MAC address must not change while it is
 * in there; its bridge and VLAN may. */
void learning_index_init(struct learning_index *);
void learning_index_uninit(struct learning_index *);
void learning_index_insert(struct learning_index *, struct learning_port *);
void learning_index_remove(struct learning_index *, struct learning_port *);

/* The port's learner has changed, or is about to go. */
void learning_index_note_addresses(struct learning_index *,
                                   struct learning_port *);
void learning_index_forget_addresses(struct learning_index *,
                                     struct learning_port *);

/* Whether another port of the same bridge and VLAN has the address. */
bool learning_index_is_held(const struct learning_index *,
                            const struct learning_port *,
                            const struct in6_addr *);

/* These return NULL if there is none. */
struct learning_port *learning_index_find_number(const struct learning_index *,
                                                 const struct bridge *,
                                                 uint16_t ofport);
struct learning_port *learning_index_find_mac(const struct learning_index *,
                                              const struct bridge *,
                                              uint16_t vlan, struct eth_addr);

/* For 'guests', where several ports may have the same one. */
uint32_t learning_index_hash_guest(const char *guest);

#endif /* controller/learning-private.h */
