/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_IPSET_PRIVATE_H
#define XML_IPSET_PRIVATE_H 1

/* The parts of ipset.h's implementation.
 *
 *   ipset.c        types and entries
 *   ipset-port.c   the port dimension
 *   ipset-range.c  the address dimensions, and nw_set_range_split() */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xml/ipset.h"

/* Ports. */

/* "[PROTO:]PORT[-PORT]", "icmp:NAME", "icmp:TYPE/CODE" or "PROTO:0", as
 * ipset(8) has them; only "PORT[-PORT]" if 'bitmap'.  Returns NULL or a
 * message that the caller frees. */
char *nw_set_port_parse(const char *text, bool bitmap, struct nw_set_port *);

/* The caller frees the string. */
char *nw_set_port_format(const struct nw_set_port *);

/* Addresses.  'family' is 4 or 6 everywhere. */

/* "ADDRESS", "ADDRESS/LENGTH" or "ADDRESS-ADDRESS".  'text' is modified.
 * Returns NULL or a message that the caller frees. */
char *nw_set_range_parse(char *text, struct nw_set_range *, int *familyp);

/* A single address, a network or a range; the caller frees the string. */
char *nw_set_range_format(const struct nw_set_range *, int family);

/* How many addresses there are; max + 1 if there are more than 'max'. */
size_t nw_set_range_count(const struct nw_set_range *, int family, size_t max);

/* Moves the single address '*address' on by one.  Returns false, and does
 * nothing, if it is 'last'. */
bool nw_set_range_next(struct nw_set_range *address, const uint8_t *last,
                       int family);

#endif /* xml/ipset-private.h */
