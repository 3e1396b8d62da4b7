/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "trace/trace-packet.h"

#include <stdlib.h>
#include <string.h>

#include "dp-packet.h"
#include "flows/arp-header.h"
#include "flows/ipv6-header.h"
#include "flows/pipeline.h"
#include "lib/flow.h"
#include "openvswitch/meta-flow.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-parse.h"
#include "packets.h"
#include "util.h"

/* The lowest port number that no service has (RFC 6335 6). */
#define EPHEMERAL_PORT 49152

#define ICMP_ECHO_REQUEST 8
#define ICMPV6_ECHO_REQUEST 128

/* Shown by the switch for headers that it does not read. */
#define ARP_OP_UNREAD 0

/* One end of the packet's way, and who stands in where it is not known:
 * addresses for documentation (RFC 7042 2.1.2, RFC 5737, RFC 3849). */
struct host {
    const struct trace_end *end;
    struct trace_end nobody;
};

static bool
is_hex(const char *text)
{
    size_t len = strlen(text);

    return len >= 2 * ETH_HEADER_LEN
           && strspn(text, "0123456789abcdefABCDEF") == len;
}

static bool
is_any_arp(const struct flow *flow)
{
    return (flow->dl_type == htons(ETH_TYPE_ARP)
            || flow->dl_type == htons(ETH_TYPE_RARP));
}

static void
show_arp(struct trace_packet *p)
{
    struct ofpbuf wrapped;

    ofpbuf_init(&wrapped, 0);

    uint64_t header = arp_header_read(dp_packet_data(p->frame),
                                      dp_packet_size(p->frame), &wrapped);

    if (header & ARP_HEADER_WRAPPED) {
        struct dp_packet frame;
        ofp_port_t in_port = p->flow.in_port.ofp_port;

        dp_packet_use_const(&frame, wrapped.data, wrapped.size);
        flow_extract(&frame, &p->flow);
        p->flow.in_port.ofp_port = in_port;
    }
    p->flow.metadata = htonll(header);
    ofpbuf_uninit(&wrapped);
}

/* The switch shows the daemon headers that it can not read, and gets their
 * numbers back in "metadata": this is as if it had. */
static void
read_header(struct trace_packet *p)
{
    ovs_be16 type = p->flow.dl_type;

    if (is_any_arp(&p->flow) && p->flow.nw_proto == ARP_OP_UNREAD) {
        show_arp(p);
    } else if (type == htons(ETH_TYPE_IPV6) && !p->flow.vlans[0].tci) {
        p->flow.metadata = htonll(ipv6_header_read(dp_packet_data(p->frame),
                                                   dp_packet_size(p->frame)));
    }
}

/* Open vSwitch reads one tag, unless other_config:vlan-limit says otherwise:
 * a second one is an Ethernet type, and what follows is nothing it knows. */
static void
extract(struct trace_packet *p)
{
    struct flow *flow = &p->flow;

    flow_extract(p->frame, flow);
    if (flow->vlans[1].tci) {
        struct flow all = *flow;

        memset(flow, 0, sizeof *flow);
        flow->dl_src = all.dl_src;
        flow->dl_dst = all.dl_dst;
        flow->vlans[0] = all.vlans[0];
        flow->dl_type = all.vlans[1].tpid;
    }
    flow->in_port.ofp_port = OFPP_NONE;
}

/* In flows, "tp_src" stands for the port of any protocol, but
 * parse_ofp_exact_flow() takes it for TCP's, and "icmp_type" for ICMPv4's.
 * Returns 'text' with the full names; the caller frees it. */
static char *
use_full_names(const char *text)
{
    static const struct {
        const char *protocol, *key, *full;
    } names[] = {
        { "udp", "tp_src", "udp_src" },
        { "udp", "tp_dst", "udp_dst" },
        { "sctp", "tp_src", "sctp_src" },
        { "sctp", "tp_dst", "sctp_dst" },
        { "icmp6", "icmp_type", "icmpv6_type" },
        { "icmp6", "icmp_code", "icmpv6_code" },
    };
    const char *protocol = "";
    char *copy = xstrdup(text), *pos = copy;
    struct ds s = DS_EMPTY_INITIALIZER;
    char *key, *value;

    while (ofputil_parse_key_value(&pos, &key, &value)) {
        for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
            size_t len = strlen(names[i].protocol);

            /* "udp" and "udp6" alike. */
            if (!strncmp(protocol, names[i].protocol, len)
                && !strcmp(key, names[i].key)) {
                key = CONST_CAST(char *, names[i].full);
            }
        }
        ds_put_format(&s, "%s%s%s,", key, value[0] ? "=" : "", value);
        protocol = value[0] ? protocol : key;
    }
    ds_chomp(&s, ',');
    free(copy);
    return ds_steal_cstr(&s);
}

char *
trace_packet_init(struct trace_packet *p, const char *text,
                  const struct ofputil_port_map *ports)
{
    memset(p, 0, sizeof *p);
    ds_init(&p->assumed);
    if (is_hex(text)) {
        const char *error = eth_from_hex(text, &p->frame);

        if (error) {
            return xstrdup(error);
        }
        extract(p);
        return NULL;
    }

    char *flow = use_full_names(text);
    char *error = parse_ofp_exact_flow(&p->flow, &p->given, NULL, flow, ports);

    free(flow);
    if (!error && p->flow.packet_type != htonl(PT_ETH)) {
        error = xstrdup("packet_type: guests send Ethernet frames");
    }
    return error;
}

void
trace_packet_uninit(struct trace_packet *p)
{
    dp_packet_delete(p->frame);
    ds_destroy(&p->assumed);
}

static void
set_tag(struct dp_packet *frame, struct flow *flow, bool tagged, uint16_t vlan)
{
    bool has_tag = eth_type_vlan(
        ((struct eth_header *) dp_packet_eth(frame))->eth_type);

    if (has_tag && !tagged) {
        eth_pop_vlan(frame);
        flow_pop_vlan(flow, NULL);
    } else if (!has_tag && tagged && vlan) {
        eth_push_vlan(frame, htons(ETH_TYPE_VLAN), htons(vlan | VLAN_CFI));
        flow->vlans[0].tpid = htons(ETH_TYPE_VLAN);
        flow->vlans[0].tci = htons(vlan | VLAN_CFI);
    }
}

void
trace_packet_set_tag(struct trace_packet *p, bool tagged, uint16_t vlan)
{
    set_tag(p->frame, &p->flow, tagged, vlan);
}

struct dp_packet *
trace_packet_clone_frame(const struct trace_packet *p, bool tagged,
                         uint16_t vlan)
{
    struct dp_packet *frame = dp_packet_clone_with_headroom(p->frame,
                                                            VLAN_HEADER_LEN);
    struct flow flow = p->flow;

    set_tag(frame, &flow, tagged, vlan);
    return frame;
}

/* "tcp", "dl_type=0x88b5", "ip,nw_proto=50". */
static void
put_protocol(const struct flow *flow, struct ds *s)
{
    static const struct {
        uint16_t type;
        uint8_t protocol;
        const char *name;
    } known[] = {
        { ETH_TYPE_ARP, 0, "arp" },
        { ETH_TYPE_RARP, 0, "rarp" },
        { ETH_TYPE_IP, IPPROTO_ICMP, "icmp" },
        { ETH_TYPE_IP, IPPROTO_TCP, "tcp" },
        { ETH_TYPE_IP, IPPROTO_UDP, "udp" },
        { ETH_TYPE_IP, IPPROTO_SCTP, "sctp" },
        { ETH_TYPE_IP, 0, "ip" },
        { ETH_TYPE_IPV6, IPPROTO_ICMPV6, "icmp6" },
        { ETH_TYPE_IPV6, IPPROTO_TCP, "tcp6" },
        { ETH_TYPE_IPV6, IPPROTO_UDP, "udp6" },
        { ETH_TYPE_IPV6, IPPROTO_SCTP, "sctp6" },
        { ETH_TYPE_IPV6, 0, "ipv6" },
    };
    uint16_t type = ntohs(flow->dl_type);

    for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
        if (known[i].type != type) {
            continue;
        } else if (!known[i].protocol || known[i].protocol == flow->nw_proto) {
            ds_put_cstr(s, known[i].name);
            if (!known[i].protocol && is_ip_any(flow)) {
                ds_put_format(s, ",nw_proto=%u", flow->nw_proto);
            }
            return;
        }
    }
    ds_put_format(s, "dl_type=%#x", type);
}

/* Fields that are 0 go without saying. */
static void
put_field(const struct flow *flow, enum mf_field_id id, struct ds *s)
{
    const struct mf_field *mf = mf_from_id(id);
    union mf_value value;

    if (mf_are_prereqs_ok(mf, flow, NULL) && mf_is_set(mf, flow)) {
        mf_get_value(mf, flow, &value);
        ds_put_format(s, ",%s=", mf->extra_name ? mf->extra_name : mf->name);
        mf_format(mf, &value, NULL, NULL, s);
    }
}

char *
trace_packet_to_string(const struct trace_packet *p)
{
    /* Each after what it needs. */
    const enum mf_field_id fields[] = {
        MFF_METADATA,    PL_R_HEADER,     PL_R_PRED,       MFF_CT_MARK,
        MFF_IN_PORT,     MFF_VLAN_TCI,    MFF_ETH_SRC,     MFF_ETH_DST,
        MFF_ARP_OP,      MFF_ARP_SPA,     MFF_ARP_TPA,     MFF_ARP_SHA,
        MFF_ARP_THA,     MFF_IPV4_SRC,    MFF_IPV4_DST,    MFF_IPV6_SRC,
        MFF_IPV6_DST,    MFF_IPV6_LABEL,  MFF_IP_DSCP,     MFF_IP_ECN,
        MFF_IP_TTL,      MFF_IP_FRAG,     MFF_TCP_SRC,     MFF_TCP_DST,
        MFF_TCP_FLAGS,   MFF_UDP_SRC,     MFF_UDP_DST,     MFF_SCTP_SRC,
        MFF_SCTP_DST,    MFF_ICMPV4_TYPE, MFF_ICMPV4_CODE, MFF_ICMPV6_TYPE,
        MFF_ICMPV6_CODE, MFF_ND_TARGET,   MFF_ND_SLL,      MFF_ND_TLL,
    };
    struct ds s = DS_EMPTY_INITIALIZER;

    put_protocol(&p->flow, &s);
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        put_field(&p->flow, fields[i], &s);
    }
    return ds_steal_cstr(&s);
}

/* Completion. */

static struct host
host_of(const struct trace_end *end, uint8_t number)
{
    struct host host = {
        .end = end,
        .nobody = {
            .mac = ETH_ADDR_C(00, 00, 5e, 00, 53, 00),
            .ip = htonl(0xc0000200 | number),
            .ipv6.s6_addr = { 0x20, 0x01, 0x0d, 0xb8 },
        },
    };

    host.nobody.mac.ea[5] = number;
    host.nobody.ipv6.s6_addr[15] = number;
    return host;
}

static void
put_whose(struct trace_packet *p, const struct host *host, bool known)
{
    if (known) {
        ds_put_format(&p->assumed, " (%s's)\n", host->end->name);
    } else {
        ds_put_cstr(&p->assumed, " (of nobody)\n");
    }
}

static void
assume_mac(struct trace_packet *p, const char *field, struct eth_addr *mac,
           const struct eth_addr *given, const struct host *host)
{
    bool known = host->end->has_mac;

    if (eth_addr_is_zero(*given)) {
        *mac = known ? host->end->mac : host->nobody.mac;
        ds_put_format(&p->assumed, "%s=" ETH_ADDR_FMT, field,
                      ETH_ADDR_ARGS(*mac));
        put_whose(p, host, known);
    }
}

static void
assume_ip(struct trace_packet *p, const char *field, ovs_be32 *ip,
          ovs_be32 given, const struct host *host)
{
    bool known = host->end->ip != 0;

    if (!given) {
        *ip = known ? host->end->ip : host->nobody.ip;
        ds_put_format(&p->assumed, "%s=" IP_FMT, field, IP_ARGS(*ip));
        put_whose(p, host, known);
    }
}

static void
assume_ipv6(struct trace_packet *p, const char *field, struct in6_addr *ip,
            const struct in6_addr *given, const struct host *host)
{
    bool known = !ipv6_addr_equals(&host->end->ipv6, &in6addr_any);

    if (ipv6_addr_equals(given, &in6addr_any)) {
        *ip = known ? host->end->ipv6 : host->nobody.ipv6;
        ds_put_format(&p->assumed, "%s=", field);
        ipv6_format_addr(ip, &p->assumed);
        put_whose(p, host, known);
    }
}

/* Where frames for many go, by their network address (RFC 1112 6.4, RFC 2464
 * 7).  Returns false if this one is for one host. */
static bool
multicast_mac(const struct flow *flow, struct eth_addr *mac)
{
    if (flow->dl_type == htons(ETH_TYPE_ARP)
        && flow->nw_proto == ARP_OP_REQUEST) {
        *mac = eth_addr_broadcast;
    } else if (flow->dl_type == htons(ETH_TYPE_IP)
               && flow->nw_dst == htonl(INADDR_BROADCAST)) {
        *mac = eth_addr_broadcast;
    } else if (flow->dl_type == htons(ETH_TYPE_IP)
               && ip_is_multicast(flow->nw_dst)) {
        eth_addr_from_uint64(UINT64_C(0x01005e000000)
                                 | (ntohl(flow->nw_dst) & 0x7fffff),
                             mac);
    } else if (flow->dl_type == htons(ETH_TYPE_IPV6)
               && ipv6_addr_is_multicast(&flow->ipv6_dst)) {
        ovs_be32 low;

        memcpy(&low, &flow->ipv6_dst.s6_addr[12], sizeof low);
        eth_addr_from_uint64(UINT64_C(0x333300000000) | ntohl(low), mac);
    } else {
        return false;
    }
    return true;
}

static void
complete_ethernet(struct trace_packet *p, const struct host *src,
                  const struct host *dst)
{
    const struct flow *given = &p->given.masks;

    assume_mac(p, "dl_src", &p->flow.dl_src, &given->dl_src, src);
    if (eth_addr_is_zero(given->dl_dst)
        && multicast_mac(&p->flow, &p->flow.dl_dst)) {
        ds_put_format(&p->assumed, "dl_dst=" ETH_ADDR_FMT " (for many)\n",
                      ETH_ADDR_ARGS(p->flow.dl_dst));
    } else {
        assume_mac(p, "dl_dst", &p->flow.dl_dst, &given->dl_dst, dst);
    }
}

static void
complete_arp(struct trace_packet *p, const struct host *src,
             const struct host *dst)
{
    const struct flow *given = &p->given.masks;
    bool reverse = p->flow.dl_type == htons(ETH_TYPE_RARP);
    bool request;

    if (!given->nw_proto) {
        p->flow.nw_proto = reverse ? ARP_OP_RARP : ARP_OP_REQUEST;
        ds_put_format(&p->assumed, "arp_op=%u (a request)\n",
                      p->flow.nw_proto);
    }
    request = p->flow.nw_proto == ARP_OP_REQUEST;
    assume_mac(p, "arp_sha", &p->flow.arp_sha, &given->arp_sha, src);
    assume_ip(p, "arp_spa", &p->flow.nw_src, given->nw_src, src);
    if (!request) {
        assume_mac(p, "arp_tha", &p->flow.arp_tha, &given->arp_tha, dst);
    }
    assume_ip(p, "arp_tpa", &p->flow.nw_dst, given->nw_dst, dst);
}

static void
assume_number(struct trace_packet *p, const char *field, ovs_be16 *number,
              ovs_be16 given, uint16_t value, const char *why)
{
    if (!given) {
        *number = htons(value);
        ds_put_format(&p->assumed, "%s=%u (%s)\n", field, value, why);
    }
}

static void
complete_ports(struct trace_packet *p)
{
    const struct flow *given = &p->given.masks;

    assume_number(p, "tp_src", &p->flow.tp_src, given->tp_src, EPHEMERAL_PORT,
                  "of no service");
    assume_number(p, "tp_dst", &p->flow.tp_dst, given->tp_dst, EPHEMERAL_PORT,
                  "of no service");
}

static void
complete_transport(struct trace_packet *p, bool opening)
{
    const struct flow *given = &p->given.masks;

    switch (p->flow.nw_proto) {
    case IPPROTO_TCP:
        complete_ports(p);
        if (!given->tcp_flags) {
            p->flow.tcp_flags = htons(opening ? TCP_SYN : TCP_ACK);
            ds_put_format(&p->assumed, "tcp_flags=%s (%s)\n",
                          opening ? "syn" : "ack",
                          opening ? "begins a connection"
                                  : "within a connection");
        }
        break;
    case IPPROTO_UDP:
    case IPPROTO_SCTP:
        complete_ports(p);
        break;
    case IPPROTO_ICMP:
        if (p->flow.dl_type == htons(ETH_TYPE_IP)) {
            assume_number(p, "icmp_type", &p->flow.tp_src, given->tp_src,
                          ICMP_ECHO_REQUEST, "echo request");
        }
        break;
    case IPPROTO_ICMPV6:
        if (p->flow.dl_type == htons(ETH_TYPE_IPV6)) {
            assume_number(p, "icmp_type", &p->flow.tp_src, given->tp_src,
                          ICMPV6_ECHO_REQUEST, "echo request");
        }
        break;
    }
}

static void
complete_ip(struct trace_packet *p, const struct host *src,
            const struct host *dst, bool opening)
{
    const struct flow *given = &p->given.masks;

    if (p->flow.dl_type == htons(ETH_TYPE_IP)) {
        assume_ip(p, "nw_src", &p->flow.nw_src, given->nw_src, src);
        assume_ip(p, "nw_dst", &p->flow.nw_dst, given->nw_dst, dst);
    } else {
        assume_ipv6(p, "ipv6_src", &p->flow.ipv6_src, &given->ipv6_src, src);
        assume_ipv6(p, "ipv6_dst", &p->flow.ipv6_dst, &given->ipv6_dst, dst);
    }
    if (!given->nw_ttl) {
        p->flow.nw_ttl = 64;
    }
    if (!(p->flow.nw_frag & FLOW_NW_FRAG_LATER)) {
        complete_transport(p, opening);
    }
}

/* flow_compose() leaves out all but requests and replies. */
static void
compose_any_arp(struct trace_packet *p)
{
    const struct flow *f = &p->flow;
    struct eth_header *eth;

    compose_arp(p->frame, f->nw_proto, f->arp_sha, f->arp_tha, false,
                f->nw_src, f->nw_dst);
    eth = dp_packet_eth(p->frame);
    eth->eth_src = f->dl_src;
    eth->eth_dst = f->dl_dst;
    eth->eth_type = f->dl_type;
    if (f->vlans[0].tci) {
        eth_push_vlan(p->frame, f->vlans[0].tpid, f->vlans[0].tci);
    }
}

/* Makes the frame.  Not every flow can be one: flow_compose() knows no IPv6
 * fragments, for example. */
static char *
compose(struct trace_packet *p)
{
    struct flow_wildcards headers = p->given;
    struct flow got;

    /* Metadata comes first in struct flow. */
    memset(&headers.masks, 0, offsetof(struct flow, dl_dst));
    p->frame = dp_packet_new(0);
    if (is_any_arp(&p->flow)) {
        compose_any_arp(p);
    } else {
        flow_compose(p->frame, &p->flow, NULL, 0);
    }
    flow_extract(p->frame, &got);
    return (flow_equal_except(&p->flow, &got, &headers)
                ? NULL
                : xstrdup("no frame can be made from these fields: give the "
                          "frame itself, in hexadecimal"));
}

char *
trace_packet_complete(struct trace_packet *p, const struct trace_end *src,
                      const struct trace_end *dst, bool opening)
{
    struct host from = host_of(src, 1), to = host_of(dst, 2);
    char *error = NULL;

    if (!p->frame) {
        if (is_any_arp(&p->flow)) {
            complete_arp(p, &from, &to);
        } else if (is_ip_any(&p->flow)) {
            complete_ip(p, &from, &to, opening);
        }
        complete_ethernet(p, &from, &to);
        error = compose(p);
    }
    read_header(p);
    return error;
}
