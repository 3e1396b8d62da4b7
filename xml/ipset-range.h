/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_IPSET_RANGE_H
#define XML_IPSET_RANGE_H 1

/* The address dimensions of address sets, for ipset.c only.  'family' is 4 or
 * 6 everywhere.  nw_set_range_split() is in ipset.h. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct nw_set_range;

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

#endif /* xml/ipset-range.h */
