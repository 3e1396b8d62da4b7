/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "learning/snoop.h"

#include <netinet/in.h>

#include "csum.h"
#include "dhcp.h"
#include "dp-packet.h"
#include "learning/snoop-private.h"
#include "lib/flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"

#define DHCPV6_CLIENT_PORT 546 /* RFC 8415 7.2. */
#define DHCPV6_SERVER_PORT 547

/* What a frame can have at most; offsets in a dp_packet are 16 bits. */
#define MAX_FRAME (UINT16_MAX - 1)

static bool read_frame(struct dp_packet *, struct snoop_event *);

const char *
snoop_kind_to_string(enum snoop_kind kind)
{
    static const char *const names[] = {
#define SNOOP_KIND(NAME, TEXT) TEXT,
        SNOOP_KINDS
#undef SNOOP_KIND
    };

    return kind < SNOOP_N_KINDS ? names[kind] : "?";
}

const char *
snoop_problem_to_string(enum snoop_problem problem)
{
    static const char *const names[] = {
#define SNOOP_PROBLEM(NAME, TEXT) TEXT,
        SNOOP_PROBLEMS
#undef SNOOP_PROBLEM
    };

    return problem < SNOOP_N_PROBLEMS ? names[problem] : "?";
}

bool
snoop_bad(struct snoop_event *event, enum snoop_problem problem)
{
    event->problem = problem;
    return false;
}

/* Nothing is made of what could be read of a malformed frame. */
static void
silence(struct snoop_event *event)
{
    struct snoop_event read = *event;

    memset(event, 0, sizeof *event);
    event->kind = SNOOP_MALFORMED;
    event->problem = read.problem;
    event->eth_src = read.eth_src;
    event->eth_dst = read.eth_dst;
    event->tagged = read.tagged;
}

void
snoop_frame(const void *frame, size_t size, struct snoop_event *event)
{
    bool ok;

    memset(event, 0, sizeof *event);
    if (size < ETH_HEADER_LEN || size > MAX_FRAME) {
        ok = snoop_bad(event, SNOOP_BAD_LENGTH);
    } else {
        /* A copy, so that what follows the Ethernet header is aligned. */
        struct dp_packet *packet = dp_packet_clone_data_with_headroom(frame,
                                                                      size, 2);

        ok = read_frame(packet, event);
        dp_packet_delete(packet);
    }
    if (!ok) {
        silence(event);
    }
}

/* Lower layers. */

/* The payload of UDP, if it is whole and right. */
static bool
pull_udp(struct ofpbuf *l4, uint32_t pseudo, bool optional,
         struct snoop_event *event)
{
    const struct udp_header *udp = l4->data;

    if (l4->size < UDP_HEADER_LEN || ntohs(udp->udp_len) < UDP_HEADER_LEN
        || ntohs(udp->udp_len) > l4->size) {
        return snoop_bad(event, SNOOP_BAD_LENGTH);
    }
    l4->size = ntohs(udp->udp_len);
    if (!udp->udp_csum) {
        if (!optional) {
            return snoop_bad(event, SNOOP_BAD_CHECKSUM);
        }
    } else {
        pseudo = csum_add16(pseudo, htons(IPPROTO_UDP));
        pseudo = csum_add16(pseudo, udp->udp_len);
        if (csum_finish(csum_continue(pseudo, l4->data, l4->size))) {
            return snoop_bad(event, SNOOP_BAD_CHECKSUM);
        }
    }
    ofpbuf_pull(l4, UDP_HEADER_LEN);
    return true;
}

static bool
has_ports(const struct flow *flow, uint16_t src, uint16_t dst)
{
    return flow->nw_proto == IPPROTO_UDP && flow->tp_src == htons(src)
           && flow->tp_dst == htons(dst)
           && !(flow->nw_frag & FLOW_NW_FRAG_LATER);
}

static bool
read_ipv4(const struct ip_header *ip, struct ofpbuf *l4,
          const struct flow *flow, struct snoop_event *event)
{
    bool client = has_ports(flow, DHCP_CLIENT_PORT, DHCP_SERVER_PORT);
    bool server = has_ports(flow, DHCP_SERVER_PORT, DHCP_CLIENT_PORT);

    if (csum(ip, IP_IHL(ip->ip_ihl_ver) * 4)) {
        return snoop_bad(event, SNOOP_BAD_CHECKSUM);
    }
    event->kind = SNOOP_IPV4;
    in6_addr_set_mapped_ipv4(&event->src, flow->nw_src);
    if (event->tagged || !(client || server)) {
        return true;
    } else if (flow->nw_frag) {
        return snoop_bad(event, SNOOP_BAD_FRAGMENT);
    }

    uint32_t addresses = csum_add32(csum_add32(0, flow->nw_src), flow->nw_dst);

    return pull_udp(l4, addresses, true, event)
           && snoop_dhcp(l4, server, event);
}

static bool
read_ipv6(const struct ovs_16aligned_ip6_hdr *ip, struct ofpbuf *l4,
          const struct flow *flow, struct snoop_event *event)
{
    bool client = has_ports(flow, DHCPV6_CLIENT_PORT, DHCPV6_SERVER_PORT);
    bool server = has_ports(flow, DHCPV6_SERVER_PORT, DHCPV6_CLIENT_PORT);
    bool icmp = flow->nw_proto == IPPROTO_ICMPV6;

    event->src = flow->ipv6_src;
    event->dst = flow->ipv6_dst;
    if (event->tagged || !(client || server || icmp)) {
        return true;
    } else if (flow->nw_frag) {
        /* RFC 6980: neighbour discovery must not be in fragments. */
        return snoop_bad(event, SNOOP_BAD_FRAGMENT);
    } else if (icmp) {
        if (packet_csum_upperlayer6(ip, l4->data, IPPROTO_ICMPV6, l4->size)) {
            return snoop_bad(event, SNOOP_BAD_CHECKSUM);
        }
        return snoop_icmpv6(l4, flow, event);
    }

    uint32_t addresses = csum_continue(0, &ip->ip6_src,
                                       2 * sizeof ip->ip6_src);

    return pull_udp(l4, addresses, false, event)
           && snoop_dhcpv6(l4, server, event);
}

static bool
read_arp(const struct flow *flow, struct snoop_event *event)
{
    if (!flow->nw_proto) { /* What Open vSwitch does not read is so. */
        return snoop_bad(event, SNOOP_BAD_HEADER);
    }
    event->kind = SNOOP_ARP;
    in6_addr_set_mapped_ipv4(&event->src, flow->nw_src);
    return true;
}

static bool
read_frame(struct dp_packet *packet, struct snoop_event *event)
{
    struct flow flow;
    ovs_be16 type;

    flow_extract(packet, &flow);
    type = flow.dl_type;
    event->eth_src = flow.dl_src;
    event->eth_dst = flow.dl_dst;
    event->tagged = flow.vlans[0].tci != 0;
    if (flow.vlans[1].tci) {
        return true;
    } else if (type == htons(ETH_TYPE_ARP)) {
        return event->tagged || read_arp(&flow, event);
    } else if (type != htons(ETH_TYPE_IP) && type != htons(ETH_TYPE_IPV6)) {
        return true;
    } else if (!dp_packet_l4(packet)) {
        return snoop_bad(event, SNOOP_BAD_LENGTH);
    }

    struct ofpbuf l4;

    ofpbuf_use_const(&l4, dp_packet_l4(packet), dp_packet_l4_size(packet));
    return (type == htons(ETH_TYPE_IP)
                ? read_ipv4(dp_packet_l3(packet), &l4, &flow, event)
                : read_ipv6(dp_packet_l3(packet), &l4, &flow, event));
}

/* For logs. */

static void
format_ipv4(struct ds *s, const char *title, ovs_be32 addr)
{
    if (addr) {
        ds_put_format(s, "%s" IP_FMT, title, IP_ARGS(addr));
    }
}

static void
format_dhcp(const struct snoop_dhcp *dhcp, struct ds *s)
{
    static const char *const types[] = {
        "?",   "DISCOVER", "OFFER",   "REQUEST", "DECLINE",
        "ACK", "NAK",      "RELEASE", "INFORM",
    };

    ds_put_format(s, " %s for " ETH_ADDR_FMT,
                  dhcp->type < ARRAY_SIZE(types) ? types[dhcp->type] : "?",
                  ETH_ADDR_ARGS(dhcp->chaddr));
    format_ipv4(s, ", has ", dhcp->ciaddr);
    format_ipv4(s, ", wants ", dhcp->requested);
    format_ipv4(s, ", gets ", dhcp->yiaddr);
}

static void
format_dhcpv6(const struct snoop_dhcpv6 *dhcpv6, struct ds *s)
{
    static const char *const types[] = {
        "?",       "SOLICIT", "ADVERTISE",   "REQUEST",
        "CONFIRM", "RENEW",   "REBIND",      "REPLY",
        "RELEASE", "DECLINE", "RECONFIGURE", "INFORMATION-REQUEST",
    };

    ds_put_format(s, " %s",
                  (dhcpv6->type < ARRAY_SIZE(types) ? types[dhcpv6->type]
                                                    : "?"));
    for (size_t i = 0; i < dhcpv6->n_addresses; i++) {
        ds_put_char(s, ' ');
        ipv6_format_addr(&dhcpv6->addresses[i].addr, s);
    }
}

void
snoop_event_format(const struct snoop_event *event, struct ds *s)
{
    ds_put_cstr(s, snoop_kind_to_string(event->kind));
    switch (event->kind) {
    case SNOOP_MALFORMED:
        ds_put_format(s, ": %s", snoop_problem_to_string(event->problem));
        break;
    case SNOOP_DHCP_CLIENT:
    case SNOOP_DHCP_SERVER:
        format_dhcp(&event->dhcp, s);
        break;
    case SNOOP_DHCPV6_CLIENT:
    case SNOOP_DHCPV6_SERVER:
        format_dhcpv6(&event->dhcpv6, s);
        break;
    case SNOOP_ND_DAD:
    case SNOOP_ND_ADVERT:
        ds_put_char(s, ' ');
        ipv6_format_addr(&event->nd.target, s);
        break;
    case SNOOP_OTHER:
    case SNOOP_ARP:
    case SNOOP_IPV4:
    case SNOOP_ND_ROUTER:
    case SNOOP_N_KINDS:
    default:
        break;
    }
    if (ipv6_addr_is_set(&event->src)) {
        ds_put_cstr(s, " from ");
        ipv6_format_mapped(&event->src, s);
    }
}
