/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_VALUE_PRIVATE_H
#define XML_VALUE_PRIVATE_H 1

/* What the parsing and the formatting of values share: the names of numbers,
 * and the readers of single types. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xml/value.h"

struct nw_name {
    const char *name;
    uint32_t num;
};

/* Lists of names end with a NULL name. */
extern const struct nw_name nw_ethertype_names[];
extern const struct nw_name nw_arp_opcode_names[];
extern const struct nw_name nw_ip_protocol_names[];
extern const struct nw_name nw_state_names[];
extern const struct nw_name nw_tcp_flag_names[];

/* The names of the numbers of 'type', or NULL if its numbers have none. */
const struct nw_name *nw_type_names(enum nw_type);

/* The digit's value, or -1. */
int nw_hex_digit(char);

/* value-addr.c: false if 'text' is no such address or mask. */
bool nw_parse_mac(const char *text, uint8_t mac[6]);
bool nw_parse_ipv4(const char *text, uint32_t *);
bool nw_parse_ipv6(const char *text, uint8_t ipv6[16]);
bool nw_parse_ipv4_mask(const char *text, uint32_t *lengthp);
bool nw_parse_ipv6_mask(const char *text, uint32_t *lengthp);

/* The number of ones that the 'size' bytes of 'mask' begin with, or -1 if
 * there are others behind a zero. */
int nw_mask_length(const uint8_t *mask, size_t size);

/* Reads 'text' as a number of 'base' 10 or 16 as strtoul(3) would: blanks and
 * a sign may come first, "0x" if 'base' is 16; "-1" is UINT32_MAX.  False if
 * it is none, if anything follows, or if it is larger than 'max'. */
bool nw_parse_number(const char *text, int base, uint32_t max, uint32_t *);

#endif /* xml/value-private.h */
