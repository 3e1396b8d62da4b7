/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/announce.h"

#include "controller/bridge.h"
#include "controller/port.h"
#include "dp-packet.h"
#include "flows/punt-flows.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "packets.h"
#include "switch/switch.h"

VLOG_DEFINE_THIS_MODULE(announce);

/* Returns false if the message could not be sent. */
static bool
send_rarp(const struct port *bond, const struct port *guest)
{
    struct switch_session *session = bond->bridge->session;
    struct dp_packet packet;

    dp_packet_init(&packet, 0);
    compose_rarp(&packet, guest->plan.policy.mac);

    struct ofpbuf *msg = punt_encode_answer(switch_protocol(session),
                                            dp_packet_data(&packet),
                                            dp_packet_size(&packet),
                                            bond->config.ofport,
                                            port_config_vlan(&guest->config));

    dp_packet_uninit(&packet);
    return switch_send(session, msg);
}

static void
announce(const struct port *bond, const struct shash *ports)
{
    const struct shash_node *node;
    size_t n = 0;

    SHASH_FOR_EACH (node, ports) {
        const struct port *port = node->data;

        if (port->bridge == bond->bridge && port->state != PORT_CLOSED
            && port->plan.policy.has_mac
            && !eth_addr_is_multicast(port->plan.policy.mac)) {
            n += send_rarp(bond, port);
        }
    }
    VLOG_INFO("port %s: another member is active, announced %" PRIuSIZE
              " addresses",
              bond->name, n);
}

void
announce_run(struct bridge *bridge, const struct shash *ports)
{
    struct port *port;

    if (!bridge->announce_due) {
        return;
    }
    bridge->announce_due = false;
    HMAP_FOR_EACH (port, number_node, &bridge->ports) {
        if (port->announce_due && switch_protocol(bridge->session)
            && bridge_is_acked(bridge, port->mark)) {
            port->announce_due = false;
            announce(port, ports);
        }
        bridge->announce_due |= port->announce_due;
    }
}
