/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_VALUE_H
#define XML_VALUE_H 1

/* Typed values: the literals of the filter language (semantics reference
 * 1.4), read from XML attributes and from the values of variables alike.
 *
 * All numbers are in host byte order; MAC and IPv6 addresses are byte strings
 * in network order.  Values are plain data and may be copied by assignment,
 * except that 'string' is borrowed from whoever owns the value. */

#include <stdbool.h>
#include <stdint.h>

enum nw_type {
    NW_T_U8, /* Decimal or hexadecimal, "0x" optional. */
    NW_T_U16,
    NW_T_U32,
    NW_T_U16_DEC, /* connlimit-above: decimal only. */
    NW_T_MAC,
    NW_T_MAC_MASK, /* Contiguous; stored as an address. */
    NW_T_IPV4,
    NW_T_IPV4_MASK, /* 0...32 or dotted; stored as a length. */
    NW_T_IPV6,
    NW_T_IPV6_MASK,   /* 0...128 or an address; as a length. */
    NW_T_ETHERTYPE,   /* Name or U16. */
    NW_T_ARP_OPCODE,  /* Name or U16. */
    NW_T_IP_PROTOCOL, /* Name or U8. */
    NW_T_BOOL,
    NW_T_STATE,       /* Set of enum nw_state bits. */
    NW_T_TCP_FLAGS,   /* mask/flags. */
    NW_T_IPSET,       /* Name of a set. */
    NW_T_IPSET_FLAGS, /* src/dst list, 1 to 6 elements. */
    NW_T_STRING,      /* comment. */
};

/* Longest name of a set, as in the kernel (IPSET_MAXNAMELEN less the null). */
enum { NW_IPSET_NAME_MAX = 31 };

/* Connection states, as a set.  NONE alone means "no state test". */
enum nw_state {
    NW_STATE_NEW = 1 << 0,
    NW_STATE_ESTABLISHED = 1 << 1,
    NW_STATE_RELATED = 1 << 2,
    NW_STATE_INVALID = 1 << 3,
    NW_STATE_NONE = 1 << 4,
};

struct nw_ipset_flags {
    uint8_t n;   /* 1...6. */
    uint8_t dst; /* Bit i: element i is "dst", else "src". */
};

struct nw_value {
    enum nw_type type;
    union {
        uint32_t num; /* U8...U32, masks as prefix length,
                       * ETHERTYPE, ARP_OPCODE, IP_PROTOCOL. */
        bool boolean;
        uint8_t mac[6]; /* MAC, MAC_MASK. */
        uint32_t ipv4;
        uint8_t ipv6[16];
        uint8_t states; /* enum nw_state bits. */
        struct {
            uint8_t mask, flags;
        } tcp;
        struct nw_ipset_flags ipset_flags;
        const char *string; /* IPSET, STRING. */
    };
};

/* Parses 'text' as a literal of 'type' into '*valuep'.  Returns NULL if
 * successful, otherwise a message, which the caller must free, that goes on
 * after "srcipaddr 'hello' is": "not an IPv4 address", "longer than 31
 * characters".
 *
 * For NW_T_IPSET and NW_T_STRING '*valuep' borrows 'text'. */
char *nw_value_parse(enum nw_type, const char *text, struct nw_value *valuep);

/* Formats a value as messages and explanations show it: numbers in decimal,
 * known numbers by name, other Ethernet types in hexadecimal, MACs lower case,
 * masks of IP addresses as a prefix length.  nw_value_parse() reads the result
 * back.  The caller frees the string. */
char *nw_value_format(const struct nw_value *);

/* "a MAC address", "an IPv4 address", ..., for messages. */
const char *nw_type_name(enum nw_type);

#endif /* xml/value.h */
