/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/arp-header.h"

#include <stdbool.h>

#include "openvswitch/packets.h"
#include "packets.h"

#define ARP_NUMBERS_LEN 8 /* Up to and with the opcode. */

static uint64_t
get16(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

static bool
is_tag(uint16_t type)
{
    return type == ETH_TYPE_VLAN_8021Q || type == ETH_TYPE_VLAN_8021AD;
}

uint64_t
arp_header_read(const void *frame_, size_t size)
{
    const uint8_t *frame = frame_;
    size_t ofs = 2 * ETH_ADDR_LEN;

    while (ofs + 2 <= size && is_tag(get16(frame + ofs))) {
        ofs += VLAN_HEADER_LEN;
    }
    ofs += 2;
    if (ofs + ARP_NUMBERS_LEN > size) {
        return ARP_HEADER_READ | ARP_HEADER_CUT;
    }

    const uint8_t *arp = frame + ofs;
    uint64_t hardware = get16(arp), protocol = get16(arp + 2);
    bool standard = hardware == ARP_HRD_ETHERNET && protocol == ARP_PRO_IP
                    && arp[4] == ETH_ADDR_LEN && arp[5] == 4
                    && size - ofs >= ARP_ETH_HEADER_LEN;

    return (ARP_HEADER_READ | (standard ? ARP_HEADER_STANDARD : 0)
            | hardware << ARP_HEADER_HARDWARE_SHIFT
            | protocol << ARP_HEADER_PROTOCOL_SHIFT
            | get16(arp + 6) << ARP_HEADER_OPCODE_SHIFT);
}
