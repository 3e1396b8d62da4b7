/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/given.h"

#include <stdlib.h>

#include "controller/port.h"
#include "hash.h"
#include "openvswitch/hmap.h"
#include "packets.h"
#include "util.h"

struct given_address {
    struct hmap_node addr_node; /* In struct given, by 'addr'. */
    struct hmap_node port_node; /* The same, by 'port'. */
    struct in6_addr addr;
    const struct port *port;
};

struct given {
    struct hmap addresses, ports; /* Contain "struct given_address"es. */
};

struct given *
given_create(void)
{
    struct given *given = xmalloc(sizeof *given);

    hmap_init(&given->addresses);
    hmap_init(&given->ports);
    return given;
}

static void
remove_address(struct given *given, struct given_address *a)
{
    hmap_remove(&given->addresses, &a->addr_node);
    hmap_remove(&given->ports, &a->port_node);
    free(a);
}

void
given_destroy(struct given *given)
{
    if (given) {
        struct given_address *a;

        HMAP_FOR_EACH_SAFE (a, port_node, &given->ports) {
            remove_address(given, a);
        }
        hmap_destroy(&given->addresses);
        hmap_destroy(&given->ports);
        free(given);
    }
}

/* Those of a variable that are of its family. */
static void
add_addresses(struct given *given, const struct port *port, const char *name,
              bool ipv4)
{
    const struct nw_var *var = nw_vars_find(&port->plan.policy.vars, name);

    for (size_t i = 0; var && i < var->n_values; i++) {
        struct in6_addr addr;

        if (port_policy_parse_address(var->values[i], &addr)
            && ipv4 == !!IN6_IS_ADDR_V4MAPPED(&addr)) {
            struct given_address *a = xmalloc(sizeof *a);

            a->addr = addr;
            a->port = port;
            hmap_insert(&given->addresses, &a->addr_node,
                        hash_bytes(&addr, sizeof addr, 0));
            hmap_insert(&given->ports, &a->port_node, hash_pointer(port, 0));
        }
    }
}

void
given_note(struct given *given, const struct port *port, bool learns)
{
    given_forget(given, port);
    if (!learns) {
        add_addresses(given, port, "IP", true);
        add_addresses(given, port, "IPV6", false);
    }
}

void
given_forget(struct given *given, const struct port *port)
{
    struct hmap_node *node, *next;
    uint32_t hash = hash_pointer(port, 0);

    for (node = hmap_first_with_hash(&given->ports, hash); node; node = next) {
        struct given_address *a = CONTAINER_OF(node, struct given_address,
                                               port_node);

        next = hmap_next_with_hash(node);
        if (a->port == port) {
            remove_address(given, a);
        }
    }
}

bool
given_to_other(const struct given *given, const struct port *port,
               const struct in6_addr *addr)
{
    const struct given_address *a;

    HMAP_FOR_EACH_WITH_HASH (a, addr_node, hash_bytes(addr, sizeof *addr, 0),
                             &given->addresses) {
        if (a->port != port && ipv6_addr_equals(&a->addr, addr)
            && a->port->bridge == port->bridge
            && port_config_vlan(&a->port->plan.config)
                   == port_config_vlan(&port->plan.config)) {
            return true;
        }
    }
    return false;
}
