/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/value.h"

#include <arpa/inet.h>
#include <stdlib.h>

#include "xml/mem.h"
#include "xml/strbuf.h"
#include "xml/value-private.h"

/* With the article, so that messages can say "not ..." of it. */
const char *
nw_type_name(enum nw_type type)
{
    switch (type) {
    case NW_T_U8:
        return "a number from 0 to 255";
    case NW_T_U16:
        return "a number from 0 to 65535";
    case NW_T_U32:
        return "a number from 0 to 4294967295";
    case NW_T_U16_DEC:
        return "a decimal number from 0 to 65535";
    case NW_T_MAC:
        return "a MAC address";
    case NW_T_MAC_MASK:
        return "a MAC mask, ones followed by zeros";
    case NW_T_IPV4:
        return "an IPv4 address";
    case NW_T_IPV4_MASK:
        return "an IPv4 mask, 0 to 32 or ones followed by zeros";
    case NW_T_IPV6:
        return "an IPv6 address";
    case NW_T_IPV6_MASK:
        return "an IPv6 mask, 0 to 128 or ones followed by zeros";
    case NW_T_ETHERTYPE:
        return "an Ethernet type (0 to 0xffff, arp, rarp, ipv4, ipv6 or vlan)";
    case NW_T_ARP_OPCODE:
        return "an ARP opcode (0 to 65535 or a name such as Request)";
    case NW_T_IP_PROTOCOL:
        return "an IP protocol (0 to 255 or a name such as tcp)";
    case NW_T_BOOL:
        return "true or false";
    case NW_T_STATE:
        return "a list of NEW, ESTABLISHED, RELATED, INVALID, NONE";
    case NW_T_TCP_FLAGS:
        return "a pair MASK/FLAGS of lists of SYN, ACK, URG, PSH, FIN, RST, "
               "ALL, NONE";
    case NW_T_IPSET:
        return "the name of a set (letters, digits, \"_.:+- \")";
    case NW_T_IPSET_FLAGS:
        return "a list of one to six src or dst";
    case NW_T_STRING:
        return "a text";
    }
    abort();
}

static char *
format_num(const struct nw_value *v)
{
    const struct nw_name *name = nw_type_names(v->type);

    for (; name && name->name; name++) {
        if (name->num == v->num) {
            return nw_xstrdup(name->name);
        }
    }
    return nw_xasprintf(v->type == NW_T_ETHERTYPE ? "0x%04x" : "%u", v->num);
}

static char *
format_mac(const uint8_t mac[6])
{
    return nw_xasprintf("%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1],
                        mac[2], mac[3], mac[4], mac[5]);
}

static char *
format_ipv4(uint32_t ipv4)
{
    return nw_xasprintf("%u.%u.%u.%u", ipv4 >> 24, (ipv4 >> 16) & 0xff,
                        (ipv4 >> 8) & 0xff, ipv4 & 0xff);
}

static char *
format_ipv6(const uint8_t ipv6[16])
{
    char s[INET6_ADDRSTRLEN];
    return nw_xstrdup(inet_ntop(AF_INET6, ipv6, s, sizeof s));
}

/* The names of the single bits in 'bits'. */
static void
put_bits(struct nw_strbuf *s, const struct nw_name *names, uint8_t bits)
{
    const char *separator = "";

    for (const struct nw_name *name = names; name->name; name++) {
        if (name->num && !(name->num & (name->num - 1))
            && (bits & name->num)) {
            nw_strbuf_printf(s, "%s%s", separator, name->name);
            separator = ",";
        }
    }
}

static char *
format_states(uint8_t states)
{
    struct nw_strbuf s = { 0 };
    put_bits(&s, nw_state_names, states);
    return nw_strbuf_steal(&s);
}

static void
put_tcp_flags(struct nw_strbuf *s, uint8_t flags)
{
    if (!flags) {
        nw_strbuf_puts(s, "NONE");
    } else if (flags == 0x3f) {
        nw_strbuf_puts(s, "ALL");
    } else {
        put_bits(s, nw_tcp_flag_names, flags);
    }
}

static char *
format_tcp_flags(const struct nw_value *v)
{
    struct nw_strbuf s = { 0 };
    put_tcp_flags(&s, v->tcp.mask);
    nw_strbuf_puts(&s, "/");
    put_tcp_flags(&s, v->tcp.flags);
    return nw_strbuf_steal(&s);
}

static char *
format_ipset_flags(const struct nw_ipset_flags *flags)
{
    struct nw_strbuf s = { 0 };
    for (int i = 0; i < flags->n; i++) {
        nw_strbuf_printf(&s, "%s%s", i ? "," : "",
                         flags->dst & (1 << i) ? "dst" : "src");
    }
    return nw_strbuf_steal(&s);
}

char *
nw_value_format(const struct nw_value *v)
{
    switch (v->type) {
    case NW_T_U8:
    case NW_T_U16:
    case NW_T_U32:
    case NW_T_U16_DEC:
    case NW_T_IPV4_MASK:
    case NW_T_IPV6_MASK:
    case NW_T_ETHERTYPE:
    case NW_T_ARP_OPCODE:
    case NW_T_IP_PROTOCOL:
        return format_num(v);
    case NW_T_MAC:
    case NW_T_MAC_MASK:
        return format_mac(v->mac);
    case NW_T_IPV4:
        return format_ipv4(v->ipv4);
    case NW_T_IPV6:
        return format_ipv6(v->ipv6);
    case NW_T_BOOL:
        return nw_xstrdup(v->boolean ? "true" : "false");
    case NW_T_STATE:
        return format_states(v->states);
    case NW_T_TCP_FLAGS:
        return format_tcp_flags(v);
    case NW_T_IPSET_FLAGS:
        return format_ipset_flags(&v->ipset_flags);
    case NW_T_IPSET:
    case NW_T_STRING:
        return nw_xstrdup(v->string);
    }
    abort();
}
