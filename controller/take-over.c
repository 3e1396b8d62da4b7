/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/take-over.h"

#include <stdlib.h>

#include "controller/bridge.h"
#include "controller/port-learning.h"
#include "controller/port.h"
#include "controller/programs.h"
#include "controller/sets.h"
#include "controller/zones.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "ovsdb/local.h"
#include "packets.h"
#include "smap.h"
#include "sset.h"
#include "switch/leftovers.h"
#include "switch/switch.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(take_over);

/* A port with what it left. */
struct candidate {
    struct port *port;
    const struct local_interface *iface;
    const struct leftover_port *left;
};

static bool
is_orphan(const struct port *port, const struct bridge *bridge)
{
    return port->bridge == bridge && port->plan.orphan;
}

/* Whether what is left under the port's number was this port's. */
static bool
is_own(const struct port *port, const struct local_interface *iface,
       const struct leftover_port *left)
{
    unsigned int remembered = smap_get_uint(&iface->external_ids, ZONE_KEY, 0);
    const struct port_policy *policy = &port->plan.policy;

    if (left->zone != zones_default(port->name) && left->zone != remembered) {
        return false;
    }
    if (left->has_mac && policy->has_mac
        && !eth_addr_equals(left->mac, policy->mac)) {
        return false;
    }
    return iface->status || !policy->named;
}

static int
compare_candidates(const void *a_, const void *b_)
{
    uint32_t a = ((const struct candidate *) a_)->left->program;
    uint32_t b = ((const struct candidate *) b_)->left->program;

    return a < b ? -1 : a > b;
}

/* The ports that get something, those with the same program together; the
 * caller frees the array.  The others have no use for their zones. */
static size_t
find_candidates(const struct bridge *bridge, const struct shash *ports,
                const struct local_db *local, const struct leftovers *l,
                struct zones *zones, struct candidate **candidatesp)
{
    struct candidate *c = xmalloc((shash_count(ports) + 1) * sizeof *c);
    struct shash_node *node;
    size_t n = 0;

    SHASH_FOR_EACH (node, ports) {
        struct port *port = node->data;

        if (is_orphan(port, bridge)) {
            const struct local_interface *iface = local_interface(local,
                                                                  port->name);

            c[n].port = port;
            c[n].iface = iface;
            c[n].left = leftovers_find_port(l, port->plan.config.ofport);
            if (iface && port->zone && c[n].left
                && is_own(port, iface, c[n].left)) {
                n++;
            } else {
                zones_release(zones, port->zone);
                port->zone = 0;
            }
        }
    }
    qsort(c, n, sizeof *c, compare_candidates);
    *candidatesp = c;
    return n;
}

static void
take_over_ports(const struct bridge *bridge, const struct candidate *c,
                size_t n, const struct leftovers *l,
                const struct port_context *ctx)
{
    struct program_entry *entry = NULL;

    for (size_t i = 0; i < n; i++) {
        uint32_t id = c[i].left->program;

        if (!i || id != c[i - 1].left->program) {
            entry = programs_take_over(ctx->programs, id, l);
        }
        port_take_over(c[i].port, c[i].left, entry);
        if (c[i].port->zone != c[i].left->zone) {
            /* Another's connections may be there. */
            switch_flush_zone(bridge->session, c[i].port->zone);
        }
        port_learning_resume(&c[i].port->plan, bridge, c[i].iface, ctx,
                             c[i].left->copies);
    }
    VLOG_INFO("bridge %s: ports without a usable filter that keep the policy "
              "they have in the switch: %" PRIuSIZE,
              bridge->name, n);
}

void
take_over(struct bridge *bridge, const struct shash *ports,
          const struct port_context *ctx, struct zones *zones,
          struct sset *changed)
{
    struct leftovers *l = leftovers_create();
    struct candidate *candidates;
    struct shash_node *node;
    bool any = false;

    SHASH_FOR_EACH (node, ports) {
        const struct port *port = node->data;

        if (is_orphan(port, bridge)) {
            leftovers_add_port(l, port->plan.config.ofport);
            sset_add(changed, port->name);
            any = true;
        }
    }
    if (any) {
        struct sset names = SSET_INITIALIZER(&names);

        sets_names(ctx->sets, &names);
        leftovers_read(l, bridge->desired, &names);
        sset_destroy(&names);

        size_t n = find_candidates(bridge, ports, ctx->local, l, zones,
                                   &candidates);

        take_over_ports(bridge, candidates, n, l, ctx);
        free(candidates);
    }
    leftovers_destroy(l);
}
