/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/value-private.h"

/* clang-format off */

/* In the order in which messages list them.  Numbers and spelling are those of
 * libvirt, which differ from IANA's registry for ARP opcode 9. */

const struct nw_name nw_ethertype_names[] = {
    { "arp", 0x0806 },
    { "rarp", 0x8035 },
    { "ipv4", 0x0800 },
    { "ipv6", 0x86dd },
    { "vlan", 0x8100 },
    { NULL, 0 },
};

const struct nw_name nw_arp_opcode_names[] = {
    { "Request", 1 },
    { "Reply", 2 },
    { "Request_Reverse", 3 },
    { "Reply_Reverse", 4 },
    { "DRARP_Request", 5 },
    { "DRARP_Reply", 6 },
    { "DRARP_Error", 7 },
    { "InARP_Request", 8 },
    { "ARP_NAK", 9 },
    { NULL, 0 },
};

const struct nw_name nw_ip_protocol_names[] = {
    { "tcp", 6 },
    { "udp", 17 },
    { "udplite", 136 },
    { "esp", 50 },
    { "ah", 51 },
    { "icmp", 1 },
    { "igmp", 2 },
    { "sctp", 132 },
    { "icmpv6", 58 },
    { NULL, 0 },
};

const struct nw_name nw_state_names[] = {
    { "NEW", NW_STATE_NEW },
    { "ESTABLISHED", NW_STATE_ESTABLISHED },
    { "RELATED", NW_STATE_RELATED },
    { "INVALID", NW_STATE_INVALID },
    { "NONE", NW_STATE_NONE },
    { NULL, 0 },
};

/* The bits are those of the TCP header (RFC 9293, 3.1). */
const struct nw_name nw_tcp_flag_names[] = {
    { "FIN", 0x01 },
    { "SYN", 0x02 },
    { "RST", 0x04 },
    { "PSH", 0x08 },
    { "ACK", 0x10 },
    { "URG", 0x20 },
    { "ALL", 0x3f },
    { "NONE", 0x00 },
    { NULL, 0 },
};

/* clang-format on */

const struct nw_name *
nw_type_names(enum nw_type type)
{
    switch (type) {
    case NW_T_ETHERTYPE:
        return nw_ethertype_names;
    case NW_T_ARP_OPCODE:
        return nw_arp_opcode_names;
    case NW_T_IP_PROTOCOL:
        return nw_ip_protocol_names;
    default:
        return NULL;
    }
}
