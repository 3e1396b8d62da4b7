/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "views/trace-ends.h"

#include <string.h>

#include "controller/port.h"
#include "openvswitch/shash.h"
#include "packets.h"
#include "util.h"

/* The policy in force, or else what is configured. */
static const struct nw_vars *
vars_of(const struct port *port)
{
    return port->state == PORT_FILTERED ? &port->vars
                                        : &port->plan.policy.vars;
}

/* The first of several. */
static const char *
first_value(const struct port *port, const char *name)
{
    const struct nw_var *var = nw_vars_find(vars_of(port), name);

    return var ? var->values[0] : NULL;
}

void
trace_end_init(struct trace_end *end, const struct port *port)
{
    const char *mac, *ip, *ipv6;

    memset(end, 0, sizeof *end);
    if (!port) {
        return;
    }
    mac = first_value(port, "MAC");
    ip = first_value(port, "IP");
    ipv6 = first_value(port, "IPV6");
    end->name = port->name;
    end->has_mac = mac && eth_addr_from_string(mac, &end->mac);
    if (!ip || !ip_parse(ip, &end->ip)) {
        end->ip = 0;
    }
    if (!ipv6 || !ipv6_parse(ipv6, &end->ipv6)) {
        end->ipv6 = in6addr_any;
    }
}

static bool
has_address(const struct port *port, const struct flow *flow, bool dst)
{
    struct eth_addr mac = dst ? flow->dl_dst : flow->dl_src;
    ovs_be32 ip = dst ? flow->nw_dst : flow->nw_src;
    const struct in6_addr *ipv6 = dst ? &flow->ipv6_dst : &flow->ipv6_src;
    struct trace_end end;

    trace_end_init(&end, port);
    if (!eth_addr_is_zero(mac)) {
        return end.has_mac && eth_addr_equals(end.mac, mac);
    }
    return (ip && ip == end.ip)
           || (!ipv6_addr_equals(ipv6, &in6addr_any)
               && ipv6_addr_equals(ipv6, &end.ipv6));
}

const struct port *
trace_find_port(const struct shash *ports, const struct bridge *bridge,
                const struct flow *flow, bool dst)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, ports) {
        const struct port *port = node->data;

        if (port->bridge == bridge && has_address(port, flow, dst)) {
            return port;
        }
    }
    return NULL;
}

const struct port *
trace_find_ofport(const struct shash *ports, const struct bridge *bridge,
                  uint16_t ofport)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, ports) {
        const struct port *port = node->data;

        if (port->bridge == bridge
            && port_config_has_number(&port->config, ofport)) {
            return port;
        }
    }
    return NULL;
}

uint16_t
trace_port_vlan(const struct port *port, const struct flow *flow)
{
    uint16_t vlan = vlan_tci_to_vid(flow->vlans[0].tci);

    return vlan ? vlan : port_config_vlan(&port->config);
}

bool
trace_port_untags(const struct port *port, uint16_t vlan)
{
    const struct port_config *config = &port->config;

    return config->access || (config->native_untagged && config->tag == vlan);
}
