/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/fields.h"

#include <stdlib.h>
#include <string.h>

#include "xml/mem.h"
#include "xml/nearest.h"

/* clang-format off */

/* One field: attribute, type, smallest and largest number, and whether it may
 * refer to a variable.  Attributes without numbers have the range 0 to 0. */
#define RANGE(ATTR, TYPE, MIN, MAX) \
    { NW_A_##ATTR, NW_T_##TYPE, MIN, MAX, true, false }
#define U8(ATTR) RANGE(ATTR, U8, 0, UINT8_MAX)
#define U16(ATTR) RANGE(ATTR, U16, 0, UINT16_MAX)
#define U32(ATTR) RANGE(ATTR, U32, 0, UINT32_MAX)
#define ANY(ATTR, TYPE) RANGE(ATTR, TYPE, 0, 0)
#define LITERAL(ATTR, TYPE) { NW_A_##ATTR, NW_T_##TYPE, 0, 0, false, false }

#define COMMENT_FIELD LITERAL(COMMENT, STRING)

#define MAC_FIELDS                              \
    ANY(SRCMACADDR, MAC),                       \
    ANY(SRCMACMASK, MAC_MASK),                  \
    ANY(DSTMACADDR, MAC),                       \
    ANY(DSTMACMASK, MAC_MASK)

#define ADDRESS_FIELDS(ADDR, MASK)              \
    ANY(SRCIPADDR, ADDR),                       \
    ANY(SRCIPMASK, MASK),                       \
    ANY(DSTIPADDR, ADDR),                       \
    ANY(DSTIPMASK, MASK)

#define PORT_FIELDS                             \
    U16(SRCPORTSTART),                          \
    U16(SRCPORTEND),                            \
    U16(DSTPORTSTART),                          \
    U16(DSTPORTEND)

/* iptables' udp takes no other numbers than decimal ones. */
#define UDP_PORT(ATTR) { NW_A_##ATTR, NW_T_U16, 0, UINT16_MAX, true, true }
#define UDP_FIELDS                              \
    UDP_PORT(SRCPORTSTART),                     \
    UDP_PORT(SRCPORTEND),                       \
    UDP_PORT(DSTPORTSTART),                     \
    UDP_PORT(DSTPORTEND)

#define DSCP_FIELD RANGE(DSCP, U8, 0, 63)

/* What every layer 3 element has, of one address family. */
#define L3_FIELDS(ADDR, MASK)                   \
    ANY(SRCMACADDR, MAC),                       \
    ADDRESS_FIELDS(ADDR, MASK),                 \
    ANY(SRCIPFROM, ADDR),                       \
    ANY(SRCIPTO, ADDR),                         \
    ANY(DSTIPFROM, ADDR),                       \
    ANY(DSTIPTO, ADDR),                         \
    DSCP_FIELD,                                 \
    RANGE(CONNLIMIT_ABOVE, U16_DEC, 0, UINT16_MAX), \
    LITERAL(STATE, STATE),                      \
    ANY(IPSET, IPSET),                          \
    LITERAL(IPSETFLAGS, IPSET_FLAGS),           \
    COMMENT_FIELD
#define IPV4_FIELDS L3_FIELDS(IPV4, IPV4_MASK)
#define IPV6_FIELDS L3_FIELDS(IPV6, IPV6_MASK)

#define TCP_FIELDS                              \
    PORT_FIELDS,                                \
    LITERAL(TCP_FLAGS, TCP_FLAGS),              \
    U8(TCP_OPTION)

#define ICMP_FIELDS                             \
    U8(ICMP_TYPE),                              \
    U8(ICMP_CODE)

static const struct nw_field mac_fields[] = {
    MAC_FIELDS,
    RANGE(PROTOCOLID, ETHERTYPE, 0x600, UINT16_MAX),
    COMMENT_FIELD,
};

static const struct nw_field vlan_fields[] = {
    MAC_FIELDS,
    RANGE(VLANID, U16, 0, 4095),
    RANGE(ENCAP_PROTOCOL, ETHERTYPE, 0x3c, UINT16_MAX),
    COMMENT_FIELD,
};

static const struct nw_field stp_fields[] = {
    ANY(SRCMACADDR, MAC),
    ANY(SRCMACMASK, MAC_MASK),
    U8(STP_TYPE),
    U8(STP_FLAGS),
    U16(ROOT_PRIORITY),
    U16(ROOT_PRIORITY_HI),
    ANY(ROOT_ADDRESS, MAC),
    ANY(ROOT_ADDRESS_MASK, MAC_MASK),
    U32(ROOT_COST),
    U32(ROOT_COST_HI),
    U16(SENDER_PRIORITY),
    U16(SENDER_PRIORITY_HI),
    ANY(SENDER_ADDRESS, MAC),
    ANY(SENDER_ADDRESS_MASK, MAC_MASK),
    U16(STP_PORT),
    U16(STP_PORT_HI),
    U16(AGE),
    U16(AGE_HI),
    U16(MAX_AGE),
    U16(MAX_AGE_HI),
    U16(HELLO_TIME),
    U16(HELLO_TIME_HI),
    U16(FORWARD_DELAY),
    U16(FORWARD_DELAY_HI),
    COMMENT_FIELD,
};

static const struct nw_field arp_fields[] = { /* Also rarp. */
    MAC_FIELDS,
    U16(HWTYPE),
    U16(PROTOCOLTYPE),
    RANGE(OPCODE, ARP_OPCODE, 0, UINT16_MAX),
    ANY(ARPSRCMACADDR, MAC),
    ANY(ARPDSTMACADDR, MAC),
    ANY(ARPSRCIPADDR, IPV4),
    ANY(ARPSRCIPMASK, IPV4_MASK),
    ANY(ARPDSTIPADDR, IPV4),
    ANY(ARPDSTIPMASK, IPV4_MASK),
    LITERAL(GRATUITOUS, BOOL),
    COMMENT_FIELD,
};

static const struct nw_field ip_fields[] = {
    MAC_FIELDS,
    ADDRESS_FIELDS(IPV4, IPV4_MASK),
    RANGE(PROTOCOL, IP_PROTOCOL, 0, UINT8_MAX),
    PORT_FIELDS,
    DSCP_FIELD,
    COMMENT_FIELD,
};

static const struct nw_field ipv6_fields[] = {
    MAC_FIELDS,
    ADDRESS_FIELDS(IPV6, IPV6_MASK),
    RANGE(PROTOCOL, IP_PROTOCOL, 0, UINT8_MAX),
    PORT_FIELDS,
    U8(ICMP_TYPE),
    U8(ICMP_TYPEEND),
    U8(ICMP_CODE),
    U8(ICMP_CODEEND),
    COMMENT_FIELD,
};

static const struct nw_field ipv4_fields[] = { IPV4_FIELDS };
static const struct nw_field ipv4_port_fields[] = { IPV4_FIELDS, PORT_FIELDS };
static const struct nw_field ipv4_udp_fields[] = { IPV4_FIELDS, UDP_FIELDS };
static const struct nw_field ipv4_tcp_fields[] = { IPV4_FIELDS, TCP_FIELDS };
static const struct nw_field ipv4_icmp_fields[] = { IPV4_FIELDS, ICMP_FIELDS };
static const struct nw_field ipv6_l3_fields[] = { IPV6_FIELDS };
static const struct nw_field ipv6_port_fields[] = { IPV6_FIELDS, PORT_FIELDS };
static const struct nw_field ipv6_udp_fields[] = { IPV6_FIELDS, UDP_FIELDS };
static const struct nw_field ipv6_tcp_fields[] = { IPV6_FIELDS, TCP_FIELDS };
static const struct nw_field ipv6_icmp_fields[] = { IPV6_FIELDS, ICMP_FIELDS };

struct field_list {
    const struct nw_field *fields;
    size_t n;
};

#define FIELDS(ARRAY) { ARRAY, NW_ARRAY_SIZE(ARRAY) }

static const struct field_list field_lists[NW_N_PROTOCOLS] = {
    [NW_P_NONE] = { NULL, 0 },
    [NW_P_MAC] = FIELDS(mac_fields),
    [NW_P_VLAN] = FIELDS(vlan_fields),
    [NW_P_STP] = FIELDS(stp_fields),
    [NW_P_ARP] = FIELDS(arp_fields),
    [NW_P_RARP] = FIELDS(arp_fields),
    [NW_P_IP] = FIELDS(ip_fields),
    [NW_P_IPV6] = FIELDS(ipv6_fields),
    [NW_P_TCP] = FIELDS(ipv4_tcp_fields),
    [NW_P_UDP] = FIELDS(ipv4_udp_fields),
    [NW_P_UDPLITE] = FIELDS(ipv4_fields),
    [NW_P_SCTP] = FIELDS(ipv4_port_fields),
    [NW_P_ESP] = FIELDS(ipv4_fields),
    [NW_P_AH] = FIELDS(ipv4_fields),
    [NW_P_ICMP] = FIELDS(ipv4_icmp_fields),
    [NW_P_IGMP] = FIELDS(ipv4_fields),
    [NW_P_ALL] = FIELDS(ipv4_fields),
    [NW_P_TCP_IPV6] = FIELDS(ipv6_tcp_fields),
    [NW_P_UDP_IPV6] = FIELDS(ipv6_udp_fields),
    [NW_P_UDPLITE_IPV6] = FIELDS(ipv6_l3_fields),
    [NW_P_SCTP_IPV6] = FIELDS(ipv6_port_fields),
    [NW_P_ESP_IPV6] = FIELDS(ipv6_l3_fields),
    [NW_P_AH_IPV6] = FIELDS(ipv6_l3_fields),
    [NW_P_ICMPV6] = FIELDS(ipv6_icmp_fields),
    [NW_P_ALL_IPV6] = FIELDS(ipv6_l3_fields),
};

/* clang-format on */

static const char *const protocol_names[NW_N_PROTOCOLS] = {
#define NW_PROTOCOL(ENUM, NAME) [NW_P_##ENUM] = NAME,
    NW_PROTOCOLS
#undef NW_PROTOCOL
};

static const char *const attr_names[NW_N_ATTRS] = {
#define NW_ATTR(ENUM, NAME) [NW_A_##ENUM] = NAME,
    NW_ATTRS
#undef NW_ATTR
};

const char *
nw_protocol_name(enum nw_protocol protocol)
{
    return protocol_names[protocol];
}

enum nw_layer
nw_protocol_layer(enum nw_protocol protocol)
{
    if (protocol < NW_P_TCP) {
        return NW_L2;
    }
    return protocol < NW_P_TCP_IPV6 ? NW_L3_IPV4 : NW_L3_IPV6;
}

bool
nw_protocol_from_name(const char *name, enum nw_protocol *protocolp)
{
    for (int i = NW_P_NONE + 1; i < NW_N_PROTOCOLS; i++) {
        if (!strcmp(protocol_names[i], name)) {
            *protocolp = i;
            return true;
        }
    }
    return false;
}

const char *
nw_attr_name(enum nw_attr attr)
{
    return attr_names[attr];
}

const struct nw_field *
nw_protocol_fields(enum nw_protocol protocol, size_t *np)
{
    *np = field_lists[protocol].n;
    return field_lists[protocol].fields;
}

const struct nw_field *
nw_field_by_name(enum nw_protocol protocol, const char *name)
{
    const struct field_list *list = &field_lists[protocol];

    for (size_t i = 0; i < list->n; i++) {
        if (!strcmp(attr_names[list->fields[i].attr], name)) {
            return &list->fields[i];
        }
    }
    return NULL;
}

const struct nw_field *
nw_field_by_attr(enum nw_protocol protocol, enum nw_attr attr)
{
    const struct field_list *list = &field_lists[protocol];

    for (size_t i = 0; i < list->n; i++) {
        if (list->fields[i].attr == attr) {
            return &list->fields[i];
        }
    }
    return NULL;
}

/* Names that are not near in spelling, from other tools and from libvirt's
 * documentation. */
struct alias {
    const char *alias, *name;
};

static const char *
find_alias(const struct alias *aliases, const char *name)
{
    for (; aliases->alias; aliases++) {
        if (!strcmp(aliases->alias, name)) {
            return aliases->name;
        }
    }
    return NULL;
}

const char *
nw_nearest_protocol(const char *name)
{
    static const struct alias aliases[] = {
        { "ipv4", "ip" },          { "ip6", "ipv6" },
        { "ip-ipv6", "ipv6" },     { "icmp6", "icmpv6" },
        { "icmp-ipv6", "icmpv6" }, { NULL, NULL },
    };
    struct nw_nearest nearest;
    const char *known = find_alias(aliases, name);

    if (known) {
        return known;
    }
    nw_nearest_init(&nearest, name);
    for (int i = NW_P_NONE + 1; i < NW_N_PROTOCOLS; i++) {
        nw_nearest_add(&nearest, protocol_names[i]);
    }
    return nearest.best;
}

static bool
is_attr_name(const char *name)
{
    for (int i = 0; i < NW_N_ATTRS; i++) {
        if (!strcmp(attr_names[i], name)) {
            return true;
        }
    }
    return false;
}

const char *
nw_nearest_attr(enum nw_protocol protocol, const char *name)
{
    static const struct alias aliases[] = {
        { "msg-age", "age" },
        { "msg-age-hi", "age-hi" },
        { NULL, NULL },
    };
    const struct field_list *list = &field_lists[protocol];
    struct nw_nearest nearest;
    const char *known = find_alias(aliases, name);

    if (known && nw_field_by_name(protocol, known)) {
        return known;
    } else if (is_attr_name(name)) {
        return NULL;
    }
    nw_nearest_init(&nearest, name);
    for (size_t i = 0; i < list->n; i++) {
        nw_nearest_add(&nearest, attr_names[list->fields[i].attr]);
    }
    nw_nearest_add(&nearest, "match");
    return nearest.best;
}

/* Types whose values are numbers that a field may limit further. */
static bool
has_range(enum nw_type type)
{
    return (type <= NW_T_U16_DEC || type == NW_T_ETHERTYPE
            || type == NW_T_ARP_OPCODE || type == NW_T_IP_PROTOCOL);
}

static char *
check_range(const struct nw_field *field, const struct nw_value *value)
{
    if (!has_range(field->type)
        || (value->num >= field->min && value->num <= field->max)) {
        return NULL;
    } else if (field->type == NW_T_ETHERTYPE) {
        return nw_xasprintf("not an Ethernet type from 0x%04x to 0x%04x",
                            field->min, field->max);
    }
    return nw_xasprintf("not a number from %u to %u", field->min, field->max);
}

/* iptables takes no zone of an address in a range. */
static bool
is_range_end(enum nw_attr attr)
{
    return (attr == NW_A_SRCIPFROM || attr == NW_A_SRCIPTO
            || attr == NW_A_DSTIPFROM || attr == NW_A_DSTIPTO);
}

char *
nw_field_parse(const struct nw_field *field, const char *text,
               struct nw_value *valuep)
{
    char *error = nw_value_parse(field->type, text, valuep);

    if (error) {
        return error;
    } else if (field->type == NW_T_IPV6 && is_range_end(field->attr)
               && strchr(text, '%')) {
        return nw_xstrdup("an address with a zone, which a range has not");
    }
    return check_range(field, valuep);
}

char *
nw_field_parse_variable(const struct nw_field *field, const char *text,
                        struct nw_value *valuep)
{
    char *error = (field->decimal ? nw_value_parse(NW_T_U16_DEC, text, valuep)
                                  : nw_variable_parse(field->attr, field->type,
                                                      text, valuep));

    valuep->type = field->type;
    return error ? error : check_range(field, valuep);
}
