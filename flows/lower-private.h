/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_LOWER_PRIVATE_H
#define FLOWS_LOWER_PRIVATE_H 1

/* Shared by lower.c, lower-l2.c, lower-stp.c and lower-l3.c only. */

#include "flows/lower.h"

/* A rule being lowered, and its input. */
struct lowering {
    const struct lw_input *in;
    struct lw_rule *out;
    struct nw_diags *diags;
    bool ok; /* False once an error was reported. */
};

/* The value of 'attr', or NULL if the rule has none or a predicate decides.
 * '*negatep' receives its match='no'; either pointer may be NULL. */
const struct nw_value *lw_value(const struct lowering *, enum nw_attr,
                                bool *negatep);

/* Whether the rule has 'attr' at all, by value or by predicate. */
bool lw_has(const struct lowering *, enum nw_attr);

/* Reports an error at the rule's attribute. */
void lw_fail(struct lowering *, enum nw_attr, const char *format, ...)
    __attribute__((__format__(__printf__, 3, 4)));

struct lw_item *lw_item_add(struct lowering *, bool negate);
struct lw_alt *lw_alt_add(struct lw_item *);

void lw_clause_u8(struct lw_alt *, enum mf_field_id, uint8_t);
void lw_clause_be16(struct lw_alt *, enum mf_field_id, uint16_t value,
                    uint16_t mask);
void lw_clause_be32(struct lw_alt *, enum mf_field_id, uint32_t value,
                    uint32_t mask);

void lw_clause_be64(struct lw_alt *, enum mf_field_id, uint64_t value,
                    uint64_t mask);

/* Ethertype 'type' and no VLAN tag: what the reference compares. */
void lw_clause_untagged_type(struct lw_alt *, uint16_t type);

/* The rule's prerequisites. */
struct lw_alt *lw_base(struct lowering *);

/* Adds the prerequisite "no later fragment": those have no ports and types, so
 * a rule does not match them, whatever it compares. */
void lw_not_later(struct lowering *);

/* "srcmacaddr" and the like: an item for an address with optional mask. */
void lw_mac(struct lowering *, enum nw_attr addr, enum nw_attr mask,
            enum mf_field_id);
void lw_ip(struct lowering *, enum nw_attr addr, enum nw_attr mask,
           enum mf_field_id);

/* Source and destination fields as they are in the rule's orientation. */
enum mf_field_id lw_swap(const struct lowering *, enum mf_field_id as_written,
                         enum mf_field_id other);

/* "srcportstart"..."srcportend" on the field, if there is such a range.  A
 * reversed one never matches, or is to be refused (N30). */
void lw_ports(struct lowering *, enum nw_attr start, enum nw_attr end,
              enum mf_field_id);
void lw_refuse_reversed_ports(struct lowering *, enum nw_attr start,
                              enum nw_attr end);

/* Types [lo, hi] and codes [lo, hi] of ICMP or ICMPv6. */
void lw_icmp_tuple(struct lowering *, bool negate, const uint8_t types[2],
                   const uint8_t codes[2], enum mf_field_id type_field,
                   enum mf_field_id code_field);

void lw_lower_l2(struct lowering *);
void lw_lower_stp(struct lowering *); /* All but the source. */
void lw_lower_l3(struct lowering *);

#endif /* flows/lower-private.h */
