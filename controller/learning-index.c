/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/learning-private.h"

#include <stdlib.h>

#include "hash.h"
#include "openvswitch/hmap.h"
#include "packets.h"
#include "util.h"

/* An address in force. */
struct indexed_address {
    struct hmap_node node;     /* In struct learning_index. */
    struct ovs_list list_node; /* In struct learning_port. */
    struct in6_addr addr;
    const struct learning_port *port;
};

void
learning_index_init(struct learning_index *index)
{
    hmap_init(&index->numbers);
    hmap_init(&index->guests);
    hmap_init(&index->macs);
    hmap_init(&index->addresses);
}

void
learning_index_uninit(struct learning_index *index)
{
    hmap_destroy(&index->numbers);
    hmap_destroy(&index->guests);
    hmap_destroy(&index->macs);
    hmap_destroy(&index->addresses);
}

static uint32_t
hash_number(uint16_t ofport)
{
    return hash_int(ofport, 0);
}

uint32_t
learning_index_hash_guest(const char *guest)
{
    return hash_string(guest, 0);
}

void
learning_index_insert(struct learning_index *index, struct learning_port *p)
{
    hmap_insert(&index->numbers, &p->number_node, hash_number(p->ofport));
    hmap_insert(&index->guests, &p->guest_node,
                learning_index_hash_guest(p->guest));
    hmap_insert(&index->macs, &p->mac_node, hash_mac(p->mac, 0, 0));
}

void
learning_index_remove(struct learning_index *index, struct learning_port *p)
{
    hmap_remove(&index->numbers, &p->number_node);
    hmap_remove(&index->guests, &p->guest_node);
    hmap_remove(&index->macs, &p->mac_node);
}

void
learning_index_forget_addresses(struct learning_index *index,
                                struct learning_port *p)
{
    struct indexed_address *a;

    LIST_FOR_EACH_POP (a, list_node, &p->in_force) {
        hmap_remove(&index->addresses, &a->node);
        free(a);
    }
}

void
learning_index_note_addresses(struct learning_index *index,
                              struct learning_port *p)
{
    size_t n;
    const struct learner_lease *leases = learner_leases(p->learner, &n);

    learning_index_forget_addresses(index, p);
    for (size_t i = 0; i < n; i++) {
        if (!leases[i].refused) {
            struct indexed_address *a = xmalloc(sizeof *a);

            a->addr = leases[i].addr;
            a->port = p;
            ovs_list_push_back(&p->in_force, &a->list_node);
            hmap_insert(&index->addresses, &a->node,
                        hash_bytes(&a->addr, sizeof a->addr, 0));
        }
    }
}

bool
learning_index_is_held(const struct learning_index *index,
                       const struct learning_port *p,
                       const struct in6_addr *addr)
{
    const struct indexed_address *a;

    HMAP_FOR_EACH_WITH_HASH (a, node, hash_bytes(addr, sizeof *addr, 0),
                             &index->addresses) {
        const struct learning_port *other = a->port;

        if (ipv6_addr_equals(&a->addr, addr) && other != p
            && other->bridge == p->bridge && other->vlan == p->vlan) {
            return true;
        }
    }
    return false;
}

struct learning_port *
learning_index_find_number(const struct learning_index *index,
                           const struct bridge *bridge, uint16_t ofport)
{
    struct learning_port *p;

    HMAP_FOR_EACH_WITH_HASH (p, number_node, hash_number(ofport),
                             &index->numbers) {
        if (p->ofport == ofport && p->bridge == bridge) {
            return p;
        }
    }
    return NULL;
}

struct learning_port *
learning_index_find_mac(const struct learning_index *index,
                        const struct bridge *bridge, uint16_t vlan,
                        struct eth_addr mac)
{
    struct learning_port *p;

    HMAP_FOR_EACH_WITH_HASH (p, mac_node, hash_mac(mac, 0, 0), &index->macs) {
        if (p->bridge == bridge && p->vlan == vlan
            && eth_addr_equals(p->mac, mac)) {
            return p;
        }
    }
    return NULL;
}
