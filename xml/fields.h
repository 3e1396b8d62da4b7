/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_FIELDS_H
#define XML_FIELDS_H 1

/* The one table of the language: which protocol has which attribute, of which
 * type and range (semantics reference 1.6).  The parser, the type check of
 * variables, the documentation and "did you mean" all read it. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xml/value.h"

/* Protocol elements.  NW_P_NONE: a rule without any, which matches every
 * frame at layer 2. */
#define NW_PROTOCOLS                          \
    NW_PROTOCOL(NONE, "")                     \
    NW_PROTOCOL(MAC, "mac")                   \
    NW_PROTOCOL(VLAN, "vlan")                 \
    NW_PROTOCOL(STP, "stp")                   \
    NW_PROTOCOL(ARP, "arp")                   \
    NW_PROTOCOL(RARP, "rarp")                 \
    NW_PROTOCOL(IP, "ip")                     \
    NW_PROTOCOL(IPV6, "ipv6")                 \
    NW_PROTOCOL(TCP, "tcp")                   \
    NW_PROTOCOL(UDP, "udp")                   \
    NW_PROTOCOL(UDPLITE, "udplite")           \
    NW_PROTOCOL(SCTP, "sctp")                 \
    NW_PROTOCOL(ESP, "esp")                   \
    NW_PROTOCOL(AH, "ah")                     \
    NW_PROTOCOL(ICMP, "icmp")                 \
    NW_PROTOCOL(IGMP, "igmp")                 \
    NW_PROTOCOL(ALL, "all")                   \
    NW_PROTOCOL(TCP_IPV6, "tcp-ipv6")         \
    NW_PROTOCOL(UDP_IPV6, "udp-ipv6")         \
    NW_PROTOCOL(UDPLITE_IPV6, "udplite-ipv6") \
    NW_PROTOCOL(SCTP_IPV6, "sctp-ipv6")       \
    NW_PROTOCOL(ESP_IPV6, "esp-ipv6")         \
    NW_PROTOCOL(AH_IPV6, "ah-ipv6")           \
    NW_PROTOCOL(ICMPV6, "icmpv6")             \
    NW_PROTOCOL(ALL_IPV6, "all-ipv6")

enum nw_protocol {
#define NW_PROTOCOL(ENUM, NAME) NW_P_##ENUM,
    NW_PROTOCOLS
#undef NW_PROTOCOL
        NW_N_PROTOCOLS
};

/* Layers, which are filtered one after the other (reference 3.1). */
enum nw_layer {
    NW_L2,      /* none, mac ... ipv6. */
    NW_L3_IPV4, /* tcp ... all. */
    NW_L3_IPV6, /* tcp-ipv6 ... all-ipv6, icmpv6. */
};

/* Attributes, by their XML names.  The same name means the same field in each
 * protocol, apart from its type (srcipaddr is IPv4 or IPv6). */
#define NW_ATTRS                                        \
    NW_ATTR(SRCMACADDR, "srcmacaddr")                   \
    NW_ATTR(SRCMACMASK, "srcmacmask")                   \
    NW_ATTR(DSTMACADDR, "dstmacaddr")                   \
    NW_ATTR(DSTMACMASK, "dstmacmask")                   \
    NW_ATTR(PROTOCOLID, "protocolid")                   \
    NW_ATTR(VLANID, "vlanid")                           \
    NW_ATTR(ENCAP_PROTOCOL, "encap-protocol")           \
    NW_ATTR(STP_TYPE, "type")                           \
    NW_ATTR(STP_FLAGS, "flags")                         \
    NW_ATTR(ROOT_PRIORITY, "root-priority")             \
    NW_ATTR(ROOT_PRIORITY_HI, "root-priority-hi")       \
    NW_ATTR(ROOT_ADDRESS, "root-address")               \
    NW_ATTR(ROOT_ADDRESS_MASK, "root-address-mask")     \
    NW_ATTR(ROOT_COST, "root-cost")                     \
    NW_ATTR(ROOT_COST_HI, "root-cost-hi")               \
    NW_ATTR(SENDER_PRIORITY, "sender-priority")         \
    NW_ATTR(SENDER_PRIORITY_HI, "sender-priority-hi")   \
    NW_ATTR(SENDER_ADDRESS, "sender-address")           \
    NW_ATTR(SENDER_ADDRESS_MASK, "sender-address-mask") \
    NW_ATTR(STP_PORT, "port")                           \
    NW_ATTR(STP_PORT_HI, "port-hi")                     \
    NW_ATTR(AGE, "age")                                 \
    NW_ATTR(AGE_HI, "age-hi")                           \
    NW_ATTR(MAX_AGE, "max-age")                         \
    NW_ATTR(MAX_AGE_HI, "max-age-hi")                   \
    NW_ATTR(HELLO_TIME, "hello-time")                   \
    NW_ATTR(HELLO_TIME_HI, "hello-time-hi")             \
    NW_ATTR(FORWARD_DELAY, "forward-delay")             \
    NW_ATTR(FORWARD_DELAY_HI, "forward-delay-hi")       \
    NW_ATTR(HWTYPE, "hwtype")                           \
    NW_ATTR(PROTOCOLTYPE, "protocoltype")               \
    NW_ATTR(OPCODE, "opcode")                           \
    NW_ATTR(ARPSRCMACADDR, "arpsrcmacaddr")             \
    NW_ATTR(ARPDSTMACADDR, "arpdstmacaddr")             \
    NW_ATTR(ARPSRCIPADDR, "arpsrcipaddr")               \
    NW_ATTR(ARPSRCIPMASK, "arpsrcipmask")               \
    NW_ATTR(ARPDSTIPADDR, "arpdstipaddr")               \
    NW_ATTR(ARPDSTIPMASK, "arpdstipmask")               \
    NW_ATTR(GRATUITOUS, "gratuitous")                   \
    NW_ATTR(SRCIPADDR, "srcipaddr")                     \
    NW_ATTR(SRCIPMASK, "srcipmask")                     \
    NW_ATTR(DSTIPADDR, "dstipaddr")                     \
    NW_ATTR(DSTIPMASK, "dstipmask")                     \
    NW_ATTR(SRCIPFROM, "srcipfrom")                     \
    NW_ATTR(SRCIPTO, "srcipto")                         \
    NW_ATTR(DSTIPFROM, "dstipfrom")                     \
    NW_ATTR(DSTIPTO, "dstipto")                         \
    NW_ATTR(PROTOCOL, "protocol")                       \
    NW_ATTR(SRCPORTSTART, "srcportstart")               \
    NW_ATTR(SRCPORTEND, "srcportend")                   \
    NW_ATTR(DSTPORTSTART, "dstportstart")               \
    NW_ATTR(DSTPORTEND, "dstportend")                   \
    NW_ATTR(DSCP, "dscp")                               \
    NW_ATTR(ICMP_TYPE, "type")                          \
    NW_ATTR(ICMP_TYPEEND, "typeend")                    \
    NW_ATTR(ICMP_CODE, "code")                          \
    NW_ATTR(ICMP_CODEEND, "codeend")                    \
    NW_ATTR(TCP_OPTION, "option")                       \
    NW_ATTR(TCP_FLAGS, "flags")                         \
    NW_ATTR(STATE, "state")                             \
    NW_ATTR(CONNLIMIT_ABOVE, "connlimit-above")         \
    NW_ATTR(IPSET, "ipset")                             \
    NW_ATTR(IPSETFLAGS, "ipsetflags")                   \
    NW_ATTR(COMMENT, "comment")

enum nw_attr {
#define NW_ATTR(ENUM, NAME) NW_A_##ENUM,
    NW_ATTRS
#undef NW_ATTR
        NW_N_ATTRS
};

/* One attribute of one protocol. */
struct nw_field {
    enum nw_attr attr;
    enum nw_type type;
    uint32_t min, max; /* For numbers, inclusive. */
    bool variable;     /* A "$NAME" is allowed (deviation D15). */
    bool decimal;      /* Its value is read as decimal, whatever the type. */
};

const char *nw_protocol_name(enum nw_protocol);
enum nw_layer nw_protocol_layer(enum nw_protocol);

/* Returns false if 'name' is no protocol element ("" is none either). */
bool nw_protocol_from_name(const char *name, enum nw_protocol *);

const char *nw_attr_name(enum nw_attr);

/* The fields of 'protocol', those of one kind side by side; '*np' receives
 * their number. */
const struct nw_field *nw_protocol_fields(enum nw_protocol, size_t *np);

/* NULL if 'protocol' has no attribute of that name or id. */
const struct nw_field *nw_field_by_name(enum nw_protocol, const char *name);
const struct nw_field *nw_field_by_attr(enum nw_protocol, enum nw_attr);

/* Parses 'text' as a literal for 'field': nw_value_parse() with the field's
 * type, and the field's range.  Returns NULL or a message as nw_value_parse()
 * does. */
char *nw_field_parse(const struct nw_field *, const char *text,
                     struct nw_value *valuep);

/* The same for the value of a variable.  In libvirt it is the command line of
 * ebtables or iptables that this goes into (semantics reference 1.5), and each
 * of their options has a way of its own to read numbers: here it is the same,
 * but only a value of the attribute's type is taken (deviation D16). */
char *nw_field_parse_variable(const struct nw_field *, const char *text,
                              struct nw_value *valuep);

/* The same without the field's range. */
char *nw_variable_parse(enum nw_attr, enum nw_type, const char *text,
                        struct nw_value *valuep);

/* The known protocol element, or attribute of 'protocol', nearest to 'name'
 * in spelling; NULL if none is near, or if 'name' is an attribute of another
 * protocol, which is no slip of the pen. */
const char *nw_nearest_protocol(const char *name);
const char *nw_nearest_attr(enum nw_protocol, const char *name);

#endif /* xml/fields.h */
