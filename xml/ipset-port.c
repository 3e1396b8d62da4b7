/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/ipset-private.h"

#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xml/mem.h"

/* Names that `ipset save' prints, from the IANA protocol numbers. */
static const struct {
    const char *name;
    int number;
} protocols[] = {
    { "icmp", IPPROTO_ICMP },
    { "igmp", IPPROTO_IGMP },
    { "tcp", IPPROTO_TCP },
    { "udp", IPPROTO_UDP },
    { "dccp", IPPROTO_DCCP },
    { "gre", IPPROTO_GRE },
    { "esp", IPPROTO_ESP },
    { "ah", IPPROTO_AH },
    { "icmpv6", IPPROTO_ICMPV6 },
    { "ipv6-icmp", IPPROTO_ICMPV6 },
    { "ospf", 89 },
    { "pim", IPPROTO_PIM },
    { "vrrp", 112 },
    { "sctp", IPPROTO_SCTP },
    { "udplite", IPPROTO_UDPLITE },
};

struct icmp_name {
    const char *name;
    uint8_t type, code;
};

/* The words of ipset(8) for ICMP (RFC 792, RFC 950, RFC 1122, RFC 1812). */
static const struct icmp_name icmp_names[] = {
    { "echo-reply", 0, 0 },
    { "pong", 0, 0 },
    { "network-unreachable", 3, 0 },
    { "host-unreachable", 3, 1 },
    { "protocol-unreachable", 3, 2 },
    { "port-unreachable", 3, 3 },
    { "fragmentation-needed", 3, 4 },
    { "source-route-failed", 3, 5 },
    { "network-unknown", 3, 6 },
    { "host-unknown", 3, 7 },
    { "network-prohibited", 3, 9 },
    { "host-prohibited", 3, 10 },
    { "TOS-network-unreachable", 3, 11 },
    { "TOS-host-unreachable", 3, 12 },
    { "communication-prohibited", 3, 13 },
    { "host-precedence-violation", 3, 14 },
    { "precedence-cutoff", 3, 15 },
    { "source-quench", 4, 0 },
    { "network-redirect", 5, 0 },
    { "host-redirect", 5, 1 },
    { "TOS-network-redirect", 5, 2 },
    { "TOS-host-redirect", 5, 3 },
    { "echo-request", 8, 0 },
    { "ping", 8, 0 },
    { "router-advertisement", 9, 0 },
    { "router-solicitation", 10, 0 },
    { "ttl-zero-during-transit", 11, 0 },
    { "ttl-zero-during-reassembly", 11, 1 },
    { "ip-header-bad", 12, 0 },
    { "required-option-missing", 12, 1 },
    { "timestamp-request", 13, 0 },
    { "timestamp-reply", 14, 0 },
    { "address-mask-request", 17, 0 },
    { "address-mask-reply", 18, 0 },
};

/* Likewise for ICMPv6 (RFC 4443, RFC 4861). */
static const struct icmp_name icmpv6_names[] = {
    { "no-route", 1, 0 },
    { "communication-prohibited", 1, 1 },
    { "address-unreachable", 1, 3 },
    { "port-unreachable", 1, 4 },
    { "packet-too-big", 2, 0 },
    { "ttl-zero-during-transit", 3, 0 },
    { "ttl-zero-during-reassembly", 3, 1 },
    { "bad-header", 4, 0 },
    { "unknown-header-type", 4, 1 },
    { "unknown-option", 4, 2 },
    { "echo-request", 128, 0 },
    { "ping", 128, 0 },
    { "echo-reply", 129, 0 },
    { "pong", 129, 0 },
    { "router-solicitation", 133, 0 },
    { "router-advertisement", 134, 0 },
    { "neighbour-solicitation", 135, 0 },
    { "neighbour-advertisement", 136, 0 },
    { "redirect", 137, 0 },
};

/* Reads a decimal number up to 'max' that ends at '*endp'. */
static bool
parse_number(const char *text, unsigned long max, const char **endp,
             unsigned int *valuep)
{
    size_t n = strspn(text, "0123456789");
    unsigned long value = n && n < 10 ? strtoul(text, NULL, 10) : ULONG_MAX;

    *endp = text + n;
    *valuep = value;
    return value <= max;
}

static bool
parse_protocol(const char *text, int *protocolp)
{
    unsigned int number;
    const char *end;

    for (size_t i = 0; i < NW_ARRAY_SIZE(protocols); i++) {
        if (!strcasecmp(text, protocols[i].name)) {
            *protocolp = protocols[i].number;
            return true;
        }
    }
    if (!parse_number(text, UINT8_MAX, &end, &number) || *end) {
        return false;
    }
    *protocolp = number;
    return true;
}

static const struct icmp_name *
icmp_table(int protocol, size_t *np)
{
    if (protocol == IPPROTO_ICMP) {
        *np = NW_ARRAY_SIZE(icmp_names);
        return icmp_names;
    }
    *np = NW_ARRAY_SIZE(icmpv6_names);
    return icmpv6_names;
}

static char *
parse_icmp(const char *text, struct nw_set_port *port)
{
    unsigned int type, code;
    const char *end;
    size_t n;
    const struct icmp_name *names = icmp_table(port->protocol, &n);

    for (size_t i = 0; i < n; i++) {
        if (!strcasecmp(text, names[i].name)) {
            port->from = port->to = names[i].type * 256 + names[i].code;
            return NULL;
        }
    }
    if (!parse_number(text, UINT8_MAX, &end, &type) || *end != '/'
        || !parse_number(end + 1, UINT8_MAX, &end, &code) || *end) {
        return nw_xasprintf("'%s' is no ICMP type: expected a name such as "
                            "echo-request, or TYPE/CODE",
                            text);
    }
    port->from = port->to = type * 256 + code;
    return NULL;
}

static char *
parse_ports(const char *text, struct nw_set_port *port)
{
    unsigned int from, to;
    const char *end;
    bool ok;

    ok = parse_number(text, UINT16_MAX, &end, &from);
    to = from;
    if (ok && *end == '-') {
        ok = parse_number(end + 1, UINT16_MAX, &end, &to);
    }
    if (!ok || *end) {
        return nw_xasprintf("'%s' is no port: expected PORT or PORT-PORT, "
                            "each 0 to 65535",
                            text);
    }
    if (from > to) {
        return nw_xasprintf("port range '%s' ends before it begins", text);
    }
    port->from = from;
    port->to = to;
    return NULL;
}

static bool
has_ports(int protocol)
{
    return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP
           || protocol == IPPROTO_SCTP || protocol == NW_SET_TCP_UDP;
}

static bool
is_icmp(int protocol)
{
    return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

char *
nw_set_port_parse(const char *text, bool bitmap, struct nw_set_port *port)
{
    const char *colon = strchr(text, ':');
    const char *number = colon ? colon + 1 : text;

    memset(port, 0, sizeof *port);
    port->protocol = bitmap ? NW_SET_TCP_UDP : IPPROTO_TCP;
    if (colon && bitmap) {
        return nw_xasprintf("'%s': a set of type bitmap:port holds ports of "
                            "TCP and UDP alike, without a protocol",
                            text);
    }
    if (colon) {
        char *name = nw_xasprintf("%.*s", (int) (colon - text), text);
        bool known = parse_protocol(name, &port->protocol);

        free(name);
        if (!known) {
            return nw_xasprintf("'%.*s' is no protocol", (int) (colon - text),
                                text);
        }
    }
    if (port->protocol == IPPROTO_UDPLITE) {
        return nw_xasprintf("'%s': UDP-Lite ports are not visible to the "
                            "switch",
                            text);
    }
    if (is_icmp(port->protocol)) {
        return parse_icmp(number, port);
    }
    if (has_ports(port->protocol)) {
        return parse_ports(number, port);
    }
    return !strcmp(number, "0")
               ? NULL
               : nw_xasprintf("'%s': this protocol has no ports, write "
                              "'%.*s:0'",
                              text, (int) (colon - text), text);
}

static char *
format_icmp(const char *protocol, const struct nw_set_port *port)
{
    unsigned int type = port->from / 256, code = port->from % 256;
    size_t n;
    const struct icmp_name *names = icmp_table(port->protocol, &n);

    for (size_t i = 0; i < n; i++) {
        if (names[i].type == type && names[i].code == code) {
            return nw_xasprintf("%s:%s", protocol, names[i].name);
        }
    }
    return nw_xasprintf("%s:%u/%u", protocol, type, code);
}

char *
nw_set_port_format(const struct nw_set_port *port)
{
    const char *name = NULL;
    char number[16];

    for (size_t i = 0; i < NW_ARRAY_SIZE(protocols) && !name; i++) {
        if (protocols[i].number == port->protocol) {
            name = protocols[i].name;
        }
    }
    if (!name) {
        snprintf(number, sizeof number, "%d", port->protocol);
        name = number;
    }
    if (is_icmp(port->protocol)) {
        return format_icmp(name, port);
    }
    if (port->protocol == NW_SET_TCP_UDP) {
        return port->from == port->to
                   ? nw_xasprintf("%u", port->from)
                   : nw_xasprintf("%u-%u", port->from, port->to);
    }
    return port->from == port->to
               ? nw_xasprintf("%s:%u", name, port->from)
               : nw_xasprintf("%s:%u-%u", name, port->from, port->to);
}
