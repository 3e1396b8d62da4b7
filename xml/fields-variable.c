/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "xml/fields.h"
#include "xml/mem.h"
#include "xml/value-private.h"

/* Values of variables.  libvirt pastes them into the command lines of ebtables
 * and iptables (reference 1.5), which do not read numbers as libvirt does in
 * literals: "08" is none, "010" is 8 for some and 10 for others. */

static char *
not_a(enum nw_type type)
{
    return nw_xasprintf("not %s", nw_type_name(type));
}

static char *
check(enum nw_type type, bool ok)
{
    return ok ? NULL : not_a(type);
}

/* All digits, in 'base'. */
static bool
parse_digits(const char *s, unsigned int base, uint32_t max, uint32_t *nump)
{
    uint64_t value = 0;

    if (!*s) {
        return false;
    }
    for (; *s; s++) {
        int digit = nw_hex_digit(*s);

        if (digit < 0 || (unsigned int) digit >= base) {
            return false;
        }
        value = value * base + digit;
        if (value > max) {
            return false;
        }
    }
    *nump = value;
    return true;
}

static bool
has_0x(const char *s)
{
    return s[0] == '0' && (s[1] | 0x20) == 'x';
}

/* As strtoul(3) with base 0. */
static bool
parse_c_number(const char *s, uint32_t max, uint32_t *nump)
{
    if (has_0x(s)) {
        return parse_digits(s + 2, 16, max, nump);
    }
    return parse_digits(s, *s == '0' ? 8 : 10, max, nump);
}

static bool
parse_number(enum nw_attr attr, const char *s, uint32_t max, uint32_t *nump)
{
    switch (attr) {
    case NW_A_VLANID:
    case NW_A_HWTYPE:
    case NW_A_OPCODE:
    case NW_A_CONNLIMIT_ABOVE:
    case NW_A_ROOT_PRIORITY:
    case NW_A_ROOT_PRIORITY_HI:
    case NW_A_ROOT_COST:
    case NW_A_ROOT_COST_HI:
    case NW_A_SENDER_PRIORITY:
    case NW_A_SENDER_PRIORITY_HI:
    case NW_A_STP_PORT:
    case NW_A_STP_PORT_HI:
    case NW_A_AGE:
    case NW_A_AGE_HI:
    case NW_A_MAX_AGE:
    case NW_A_MAX_AGE_HI:
    case NW_A_HELLO_TIME:
    case NW_A_HELLO_TIME_HI:
    case NW_A_FORWARD_DELAY:
    case NW_A_FORWARD_DELAY_HI:
        return parse_digits(s, 10, max, nump);
    case NW_A_PROTOCOLID:
    case NW_A_PROTOCOLTYPE:
        return parse_digits(s + (has_0x(s) ? 2 : 0), 16, max, nump);
    default:
        return parse_c_number(s, max, nump);
    }
}

/* ebtables has names for them, which literals can not be. */
static bool
parse_bpdu_type(const char *s, uint32_t *nump)
{
    *nump = strcasecmp(s, "tcn") ? 0 : 0x80;
    return *nump || !strcasecmp(s, "config");
}

/* ebtables knows no Ethernet type "vlan", and /etc/protocols has the names of
 * protocols in lower case, or in capitals. */
static bool
is_tool_name(enum nw_type type, const char *text)
{
    static const char capitals[] = " TCP UDP ICMP IGMP SCTP UDPLite ";
    char word[16];

    if (type == NW_T_ETHERTYPE) {
        return strcasecmp(text, "vlan");
    } else if (type == NW_T_IP_PROTOCOL
               && strcspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") < strlen(text)) {
        snprintf(word, sizeof word, " %s ", text);
        return strstr(capitals, word);
    }
    return true;
}

static char *
parse_named(enum nw_attr attr, enum nw_type type, const char *text,
            uint32_t max, struct nw_value *v)
{
    if (parse_number(attr, text, max, &v->num)) {
        return NULL;
    } else if (has_0x(text) || !is_tool_name(type, text)
               || strspn(text, "0123456789abcdefABCDEF") == strlen(text)) {
        return not_a(type);
    }
    return nw_value_parse(type, text, v);
}

/* Up to four bytes; those that are missing are zeros at the end, so "10.1" is
 * 10.1.0.0. */
static bool
parse_bytes(const char *text, uint32_t *ipv4)
{
    uint32_t value = 0, byte;

    for (int i = 0; i < 4 && text; i++) {
        char part[16];
        size_t n = strcspn(text, ".");

        if (n >= sizeof part) {
            return false;
        }
        memcpy(part, text, n);
        part[n] = '\0';
        if (!parse_c_number(part, UINT8_MAX, &byte)) {
            return false;
        }
        value |= byte << (24 - 8 * i);
        text = text[n] ? text + n + 1 : NULL;
    }
    *ipv4 = value;
    return !text;
}

/* iptables takes addresses of ranges in no other form. */
static bool
parse_ipv4(enum nw_attr attr, const char *text, uint32_t *ipv4)
{
    bool range = (attr == NW_A_SRCIPFROM || attr == NW_A_SRCIPTO
                  || attr == NW_A_DSTIPFROM || attr == NW_A_DSTIPTO);

    return (parse_bytes(text, ipv4) || (!range && nw_parse_ipv4(text, ipv4)));
}

static bool
has_three_dots(const char *text)
{
    int n = 0;

    for (; *text; text++) {
        n += *text == '.';
    }
    return n == 3;
}

static bool
parse_mask(enum nw_type type, const char *text, uint32_t *lengthp)
{
    bool v6 = type == NW_T_IPV6_MASK;

    if (strspn(text, "0123456789abcdefxABCDEFX") == strlen(text)) {
        return parse_c_number(text, v6 ? 128 : 32, lengthp);
    }
    return v6 ? nw_parse_ipv6_mask(text, lengthp)
              : has_three_dots(text) && nw_parse_ipv4_mask(text, lengthp);
}

char *
nw_variable_parse(enum nw_attr attr, enum nw_type type, const char *text,
                  struct nw_value *v)
{
    memset(v, 0, sizeof *v);
    v->type = type;
    if (attr == NW_A_ENCAP_PROTOCOL) { /* Deviation D5. */
        return nw_value_parse(type, text, v);
    }
    switch (type) {
    case NW_T_U8:
        return check(type,
                     (attr == NW_A_STP_TYPE && parse_bpdu_type(text, &v->num))
                         || parse_number(attr, text, UINT8_MAX, &v->num));
    case NW_T_U16:
    case NW_T_U16_DEC:
        return check(type, parse_number(attr, text, UINT16_MAX, &v->num));
    case NW_T_U32:
        return check(type, parse_number(attr, text, UINT32_MAX, &v->num));
    case NW_T_IP_PROTOCOL:
        return parse_named(attr, type, text, UINT8_MAX, v);
    case NW_T_ETHERTYPE:
    case NW_T_ARP_OPCODE:
        return parse_named(attr, type, text, UINT16_MAX, v);
    case NW_T_IPV4:
        return check(type, parse_ipv4(attr, text, &v->ipv4));
    case NW_T_IPV4_MASK:
    case NW_T_IPV6_MASK:
        return check(type, parse_mask(type, text, &v->num));
    default:
        return nw_value_parse(type, text, v);
    }
}
