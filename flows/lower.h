/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_LOWER_H
#define FLOWS_LOWER_H 1

/* One rule in one direction, in terms of the switch's fields.
 *
 * OpenFlow knows neither "not" nor ranges.  A lowered rule keeps both apart
 * from their expansion: each attribute (or compound, semantics reference 1.6)
 * becomes an item, and an item is a list of alternatives that the switch can
 * match.  How items turn into flows is segment.c's business.
 *
 * Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/bpdu.h"
#include "openvswitch/meta-flow.h"
#include "xml/filter.h"

struct match;
struct nw_diags;

/* field & mask == value, both in network byte order and of the field's size.
 */
struct lw_clause {
    enum mf_field_id field;
    uint8_t value[16], mask[16];
};

#define LW_MAX_CLAUSES 5

/* All of the clauses. */
struct lw_alt {
    struct lw_clause clauses[LW_MAX_CLAUSES];
    size_t n;
};

/* Any of the alternatives; none at all never holds.  Or a predicate: a bit
 * that the port's own addresses decide (predicate.h). */
struct lw_item {
    bool negate;
    bool is_predicate;
    size_t predicate; /* Index in the program's list. */
    struct lw_alt *alts;
    size_t n_alts, allocated;
};

struct lw_rule {
    bool possible;      /* False: the rule can not match anything. */
    struct lw_alt base; /* Prerequisites: what a frame must be for any item to
                         * be looked at, negated or not. */
    struct lw_item *items;
    size_t n_items, allocated;
    bool tests_arp_header;
    bool tests_gratuitous;
    bool tests_arp_numbers; /* Needs frames with arp-header.h's metadata. */
    struct bpdu_condition bpdu; /* What it asks of a BPDU besides; n is 0 if
                                 * nothing. */
};

/* Where and how a rule of layer 3 is looked at (reference 3.3, 3.4). */
struct lw_orientation {
    bool present;   /* The direction has the rule at all. */
    bool mirrored;  /* Source and destination swapped. */
    uint8_t states; /* enum nw_state bits; 0: no test. */
    int reply;      /* -1: any, 0: original, 1: reply. */
};

/* Whether the rule needs that IPv6 packets come with ipv6-header.h's
 * metadata. */
bool lw_reads_ipv6(const struct nw_rule *);

/* 'dir' is NW_IN or NW_OUT. */
struct lw_orientation lw_orient(const struct nw_rule *, enum nw_direction dir);

/* A rule's attributes with variables replaced by values.  'values[i]' goes
 * with rule->items[i]; NULL: the item is decided by a predicate and left out
 * here. */
struct lw_input {
    const char *file;
    const struct nw_rule *rule;
    const struct nw_value *const *values;
    struct lw_orientation orient;
    bool reads_ipv6; /* IPv6 packets come with ipv6-header.h's metadata. */
};

/* Lowers a rule.  Returns false, with an error, if it can not be expressed.
 * 'out' must be uninitialized with lw_rule_uninit() in either case. */
bool lw_rule_init(struct lw_rule *out, const struct lw_input *,
                  struct nw_diags *);
void lw_rule_uninit(struct lw_rule *);

/* Adds the predicate, if the rule can match anything. */
void lw_rule_add_predicate(struct lw_rule *, size_t predicate, bool negate);

/* Adds the prerequisite that the daemon has found lw_rule's 'bpdu' to hold,
 * whose bit of HEADER is 'bit' (bpdu-flows.h). */
void lw_rule_add_bpdu(struct lw_rule *, uint32_t bit);

/* The clause for an address attribute ("srcipaddr", ...) that is a predicate,
 * as it is in that orientation: field and mask, for the predicate's rows.
 * Returns false if the attribute has no effect in this orientation. */
bool lw_address_field(const struct nw_rule *, enum nw_attr,
                      const struct lw_orientation *, enum mf_field_id *,
                      unsigned int *prefix_len);

/* Whether an attribute is an address that a predicate can decide. */
bool lw_is_address(enum nw_attr);

/* Adds the clauses to a match.  Returns false if they contradict what it has
 * already: then it is good for nothing. */
bool lw_alt_apply(const struct lw_alt *, struct match *);

/* Makes 'mask' the first 'len' bits of 'size' bytes. */
void lw_prefix_mask(unsigned int len, uint8_t *mask, size_t size);

/* Appends a clause. */
void lw_clause_add(struct lw_alt *, enum mf_field_id, const void *value,
                   const void *mask);

/* Appends the alternatives for [lo, hi] of a big-endian number of 'size' bytes
 * (2, 4 or 16) to 'item'.  lo > hi: none. */
void lw_range(struct lw_item *, enum mf_field_id, const void *lo,
              const void *hi, size_t size);

#endif /* flows/lower.h */
