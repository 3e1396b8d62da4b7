/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "switch/greeting.h"

#include "flows/groups.h"
#include "openvswitch/ofp-connection.h"
#include "openvswitch/ofp-monitor.h"
#include "openvswitch/ofp-packet.h"
#include "openvswitch/ofp-switch.h"
#include "openvswitch/ofpbuf.h"

/* With any other treatment of fragments than NX_MATCH, even first fragments
 * lose their port numbers.  Without a nonzero miss_send_len, Open vSwitch
 * sends no packets to the bridge's management socket. */
static struct ofpbuf *
encode_config(enum ofp_version version, bool packet_in)
{
    struct ofputil_switch_config config = {
        .frag = OFPUTIL_FRAG_NX_MATCH,
        .miss_send_len = packet_in ? UINT16_MAX : 0,
    };

    return ofputil_encode_set_config(&config, version);
}

static struct ofpbuf *
encode_async_config(enum ofp_version version, bool packet_in)
{
    struct ofputil_async_cfg async = OFPUTIL_ASYNC_CFG_INIT;

    async.primary[OAM_PORT_STATUS] = 1u << OFPPR_ADD | 1u << OFPPR_DELETE;
    async.primary[OAM_REQUESTFORWARD] = (1u << OFPRFR_GROUP_MOD
                                         | 1u << OFPRFR_METER_MOD);
    if (packet_in) {
        async.primary[OAM_PACKET_IN] = 1u << OFPR_ACTION
                                       | 1u << OFPR_EXPLICIT_MISS;
    }
    return ofputil_encode_set_async_config(&async, (1u << OAM_N_TYPES) - 1,
                                           version);
}

size_t
greeting_first_group(bool packet_in)
{
    return packet_in ? 3 : 2;
}

struct ofpbuf *
greeting_message(enum ofp_version version, bool packet_in, size_t i)
{
    if (i == 0) {
        return encode_config(version, packet_in);
    } else if (i == 1) {
        return encode_async_config(version, packet_in);
    } else if (packet_in && i == 2) {
        return ofputil_encode_set_packet_in_format(version,
                                                   OFPUTIL_PACKET_IN_NXT2);
    }
    return groups_encode(version, i - greeting_first_group(packet_in));
}
