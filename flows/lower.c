/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/lower.h"

#include <stdarg.h>
#include <string.h>

#include "byte-order.h"
#include "flows/lower-private.h"
#include "flows/pipeline.h"
#include "openvswitch/match.h"
#include "util.h"
#include "xml/diag.h"

/* Where a rule applies. */

static bool
has_icmp_type(const struct nw_rule *rule)
{
    return (rule->protocol == NW_P_ICMP || rule->protocol == NW_P_ICMPV6)
           && nw_rule_item(rule, NW_A_ICMP_TYPE);
}

/* Reference 3.4, case C: a direction has its own rule, inout both, the out
 * side of inout is mirrored. */
static struct lw_orientation
orient_explicit(const struct nw_rule *rule, enum nw_direction dir)
{
    bool none = rule->states & NW_STATE_NONE;

    return (struct lw_orientation){
        .present = rule->direction == dir || rule->direction == NW_INOUT,
        .mirrored = rule->direction == NW_INOUT && dir == NW_OUT,
        .states = none ? 0 : rule->states,
        .reply = -1,
    };
}

/* Reference 3.4, case A: accept tracks the connection that the direction
 * opens; everything else is stateless. */
static void
orient_automatic(const struct nw_rule *rule, enum nw_direction dir,
                 struct lw_orientation *o)
{
    if (rule->action != NW_ACTION_ACCEPT || rule->direction == NW_INOUT) {
        return;
    }
    if (rule->direction == dir) {
        o->states = NW_STATE_NEW | NW_STATE_ESTABLISHED;
        o->reply = 0;
    } else {
        o->states = NW_STATE_ESTABLISHED;
        o->reply = 1;
    }
}

static struct lw_orientation
orient_l3(const struct nw_rule *rule, enum nw_direction dir)
{
    if (rule->statematch && rule->has_connstate && rule->states) {
        return orient_explicit(rule, dir);
    }

    struct lw_orientation o = {
        .present = true,
        .mirrored = (rule->direction == NW_INOUT ? dir == NW_OUT
                                                 : rule->direction != dir),
        .reply = -1,
    };

    if (rule->statematch) {
        orient_automatic(rule, dir, &o);
    }
    if (has_icmp_type(rule)) {
        /* A type belongs to one direction: the reply has another one. */
        o.present = rule->direction == dir || rule->direction == NW_INOUT;
        o.reply = -1;
    }
    return o;
}

struct lw_orientation
lw_orient(const struct nw_rule *rule, enum nw_direction dir)
{
    if (nw_protocol_layer(rule->protocol) != NW_L2) {
        return orient_l3(rule, dir);
    }
    return (struct lw_orientation){
        .present = rule->direction == dir || rule->direction == NW_INOUT,
        .mirrored = rule->direction == NW_INOUT && dir == NW_OUT,
        .reply = -1,
    };
}

/* Clauses. */

void
lw_clause_add(struct lw_alt *alt, enum mf_field_id field, const void *value,
              const void *mask)
{
    size_t size = mf_from_id(field)->n_bytes;

    ovs_assert(alt->n < LW_MAX_CLAUSES && size <= sizeof alt->clauses->value);

    struct lw_clause *c = &alt->clauses[alt->n++];

    memset(c, 0, sizeof *c);
    c->field = field;
    for (size_t i = 0; i < size; i++) {
        c->mask[i] = mask ? ((const uint8_t *) mask)[i] : 0xff;
        c->value[i] = ((const uint8_t *) value)[i] & c->mask[i];
    }
}

void
lw_clause_u8(struct lw_alt *alt, enum mf_field_id field, uint8_t value)
{
    lw_clause_add(alt, field, &value, NULL);
}

void
lw_clause_be16(struct lw_alt *alt, enum mf_field_id field, uint16_t value,
               uint16_t mask)
{
    ovs_be16 be_value = htons(value), be_mask = htons(mask);

    lw_clause_add(alt, field, &be_value, &be_mask);
}

void
lw_clause_be32(struct lw_alt *alt, enum mf_field_id field, uint32_t value,
               uint32_t mask)
{
    ovs_be32 be_value = htonl(value), be_mask = htonl(mask);

    lw_clause_add(alt, field, &be_value, &be_mask);
}

void
lw_clause_be64(struct lw_alt *alt, enum mf_field_id field, uint64_t value,
               uint64_t mask)
{
    ovs_be64 be_value = htonll(value), be_mask = htonll(mask);

    lw_clause_add(alt, field, &be_value, &be_mask);
}

void
lw_clause_untagged_type(struct lw_alt *alt, uint16_t type)
{
    lw_clause_be16(alt, MFF_ETH_TYPE, type, UINT16_MAX);
    lw_clause_be16(alt, MFF_VLAN_TCI, 0, 0x1000);
}

bool
lw_alt_apply(const struct lw_alt *alt, struct match *match)
{
    for (size_t i = 0; i < alt->n; i++) {
        const struct lw_clause *c = &alt->clauses[i];
        const struct mf_field *mf = mf_from_id(c->field);
        union mf_value value, mask;
        char *error = NULL;

        /* What the match has of the field already stays. */
        mf_get(mf, match, &value, &mask);
        for (int j = 0; j < mf->n_bytes; j++) {
            if ((value.b[j] ^ c->value[j]) & mask.b[j] & c->mask[j]) {
                return false;
            }
            value.b[j] |= c->value[j];
            mask.b[j] |= c->mask[j];
        }
        mf_set(mf, &value, &mask, match, &error);
        free(error);
    }
    return true;
}

/* Items. */

struct lw_item *
lw_item_add(struct lowering *l, bool negate)
{
    struct lw_rule *rule = l->out;

    if (rule->n_items >= rule->allocated) {
        rule->items = x2nrealloc(rule->items, &rule->allocated,
                                 sizeof *rule->items);
    }

    struct lw_item *item = &rule->items[rule->n_items++];

    memset(item, 0, sizeof *item);
    item->negate = negate;
    return item;
}

struct lw_alt *
lw_alt_add(struct lw_item *item)
{
    if (item->n_alts >= item->allocated) {
        item->alts = x2nrealloc(item->alts, &item->allocated,
                                sizeof *item->alts);
    }

    struct lw_alt *alt = &item->alts[item->n_alts++];

    alt->n = 0;
    return alt;
}

struct lw_alt *
lw_base(struct lowering *l)
{
    return &l->out->base;
}

void
lw_not_later(struct lowering *l)
{
    uint8_t value = 0, mask = FLOW_NW_FRAG_LATER;

    lw_clause_add(lw_base(l), MFF_IP_FRAG, &value, &mask);
}

const struct nw_value *
lw_value(const struct lowering *l, enum nw_attr attr, bool *negatep)
{
    const struct nw_rule *rule = l->in->rule;

    for (size_t i = 0; i < rule->n_items; i++) {
        if (rule->items[i].field->attr == attr) {
            if (negatep) {
                *negatep = rule->items[i].negate;
            }
            return l->in->values[i];
        }
    }
    return NULL;
}

bool
lw_has(const struct lowering *l, enum nw_attr attr)
{
    return nw_rule_item(l->in->rule, attr) != NULL;
}

void
lw_fail(struct lowering *l, enum nw_attr attr, const char *format, ...)
{
    const struct nw_item *item = nw_rule_item(l->in->rule, attr);
    va_list args;

    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);

    nw_error(l->diags, l->in->file, item ? item->line : l->in->rule->line,
             "%s", text);
    free(text);
    l->ok = false;
}

enum mf_field_id
lw_swap(const struct lowering *l, enum mf_field_id as_written,
        enum mf_field_id other)
{
    return l->in->orient.mirrored ? other : as_written;
}

/* 128-bit arithmetic serves every size of number. */
__extension__ typedef unsigned __int128 u128;

static u128
get_be(const uint8_t *p, size_t size)
{
    u128 x = 0;

    for (size_t i = 0; i < size; i++) {
        x = x << 8 | p[i];
    }
    return x;
}

static void
put_be(u128 x, uint8_t *p, size_t size)
{
    for (size_t i = size; i-- > 0; x >>= 8) {
        p[i] = x & 0xff;
    }
}

void
lw_range(struct lw_item *item, enum mf_field_id field, const void *lo_,
         const void *hi_, size_t size)
{
    u128 lo = get_be(lo_, size), hi = get_be(hi_, size);
    u128 all = ~(u128) 0 >> (128 - 8 * size);

    while (lo <= hi) {
        /* The largest aligned block that begins at 'lo' and fits. */
        u128 block = 0;

        while (block != all && !(lo & (block << 1 | 1))
               && (lo | block << 1 | 1) <= hi) {
            block = block << 1 | 1;
        }

        uint8_t value[16], mask[16];

        put_be(lo, value, size);
        put_be(all & ~block, mask, size);
        lw_clause_add(lw_alt_add(item), field, value, mask);
        if ((lo | block) == all) {
            break;
        }
        lo = (lo | block) + 1;
    }
}

void
lw_mac(struct lowering *l, enum nw_attr addr, enum nw_attr mask,
       enum mf_field_id field)
{
    bool negate;
    const struct nw_value *value = lw_value(l, addr, &negate);
    const struct nw_value *m = lw_value(l, mask, NULL);

    if (m && lw_has(l, addr) && is_all_zeros(m->mac, sizeof m->mac)) {
        lw_fail(l, mask, "%s without any bit: ebtables refuses it",
                nw_attr_name(mask));
    } else if (value) {
        lw_clause_add(lw_alt_add(lw_item_add(l, negate)), field, value->mac,
                      m ? m->mac : NULL);
    }
}

void
lw_prefix_mask(unsigned int len, uint8_t *mask, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        unsigned int bits = len > 8 * i ? MIN(len - 8 * i, 8) : 0;

        mask[i] = 0xff << (8 - bits);
    }
}

void
lw_ip(struct lowering *l, enum nw_attr addr, enum nw_attr mask_attr,
      enum mf_field_id field)
{
    bool negate;
    const struct nw_value *value = lw_value(l, addr, &negate);

    if (value) {
        const struct nw_value *m = lw_value(l, mask_attr, NULL);
        bool v4 = value->type == NW_T_IPV4;
        ovs_be32 ipv4 = v4 ? htonl(value->ipv4) : 0;
        uint8_t mask[16] = { 0 };

        lw_prefix_mask(m ? m->num : 128, mask, v4 ? 4 : 16);
        lw_clause_add(lw_alt_add(lw_item_add(l, negate)), field,
                      v4 ? (const void *) &ipv4 : value->ipv6, mask);
    }
}

void
lw_refuse_reversed_ports(struct lowering *l, enum nw_attr start,
                         enum nw_attr end)
{
    const struct nw_value *lo = lw_value(l, start, NULL);
    const struct nw_value *hi = lw_value(l, end, NULL);

    if (lo && hi && hi->num < lo->num) {
        lw_fail(l, start, "port range %" PRIu32 "-%" PRIu32 " is reversed",
                lo->num, hi->num);
    }
}

void
lw_ports(struct lowering *l, enum nw_attr start, enum nw_attr end,
         enum mf_field_id field)
{
    bool negate;
    const struct nw_value *lo = lw_value(l, start, &negate);
    const struct nw_value *hi = lw_value(l, end, NULL);

    if (lo) {
        ovs_be16 lo_be = htons(lo->num), hi_be = htons(hi ? hi->num : lo->num);

        lw_range(lw_item_add(l, negate), field, &lo_be, &hi_be, 2);
    }
}

void
lw_icmp_tuple(struct lowering *l, bool negate, const uint8_t types[2],
              const uint8_t codes[2], enum mf_field_id type_field,
              enum mf_field_id code_field)
{
    static const uint8_t any[2] = { 0, 255 };
    bool any_type = types[0] == 0 && types[1] == 255;
    bool any_code = codes[0] == 0 && codes[1] == 255;

    /* Neither field can be masked.  A product of two ranges that is not
     * negated may as well be two items. */
    if (!negate && !any_type && !any_code) {
        lw_icmp_tuple(l, false, types, any, type_field, code_field);
        types = any;
        any_type = true;
    }

    struct lw_item *item = lw_item_add(l, negate);

    for (int type = types[0]; type <= (any_type ? types[0] : types[1]);
         type++) {
        for (int code = codes[0]; code <= (any_code ? codes[0] : codes[1]);
             code++) {
            struct lw_alt *alt = lw_alt_add(item);
            uint16_t be_size = mf_from_id(type_field)->n_bytes;

            if (!any_type) {
                be_size == 1
                    ? lw_clause_u8(alt, type_field, type)
                    : lw_clause_be16(alt, type_field, type, UINT16_MAX);
            }
            if (!any_code) {
                be_size == 1
                    ? lw_clause_u8(alt, code_field, code)
                    : lw_clause_be16(alt, code_field, code, UINT16_MAX);
            }
        }
    }
}

/* Whole rules. */

bool
lw_rule_init(struct lw_rule *out, const struct lw_input *in,
             struct nw_diags *diags)
{
    struct lowering l = { .in = in, .out = out, .diags = diags, .ok = true };

    memset(out, 0, sizeof *out);
    if (in->orient.present) {
        if (nw_protocol_layer(in->rule->protocol) == NW_L2) {
            lw_lower_l2(&l);
        } else {
            lw_lower_l3(&l);
        }
    }
    return l.ok;
}

void
lw_rule_uninit(struct lw_rule *rule)
{
    for (size_t i = 0; i < rule->n_items; i++) {
        free(rule->items[i].alts);
    }
    free(rule->items);
}

void
lw_rule_add_predicate(struct lw_rule *rule, size_t predicate, bool negate)
{
    struct lowering l = { .out = rule };

    if (rule->possible) {
        struct lw_item *item = lw_item_add(&l, negate);

        item->is_predicate = true;
        item->predicate = predicate;
    }
}

void
lw_rule_add_bpdu(struct lw_rule *rule, uint32_t bit)
{
    lw_clause_be32(&rule->base, PL_R_HEADER, bit, bit);
}

/* Predicates. */

bool
lw_is_address(enum nw_attr attr)
{
    switch ((int) attr) {
    case NW_A_SRCMACADDR:
    case NW_A_DSTMACADDR:
    case NW_A_ARPSRCMACADDR:
    case NW_A_ARPDSTMACADDR:
    case NW_A_ARPSRCIPADDR:
    case NW_A_ARPDSTIPADDR:
    case NW_A_SRCIPADDR:
    case NW_A_DSTIPADDR:
        return true;
    }
    return false;
}

struct address_field {
    enum nw_attr attr, mask;
    enum mf_field_id field, mirrored;
};

/* IP addresses depend on the family and are added below. */
static const struct address_field address_fields[] = {
    { NW_A_SRCMACADDR, NW_A_SRCMACMASK, MFF_ETH_SRC, MFF_ETH_DST },
    { NW_A_DSTMACADDR, NW_A_DSTMACMASK, MFF_ETH_DST, MFF_ETH_SRC },
    { NW_A_ARPSRCMACADDR, NW_N_ATTRS, MFF_ARP_SHA, MFF_ARP_THA },
    { NW_A_ARPDSTMACADDR, NW_N_ATTRS, MFF_ARP_THA, MFF_ARP_SHA },
    { NW_A_ARPSRCIPADDR, NW_A_ARPSRCIPMASK, MFF_ARP_SPA, MFF_ARP_TPA },
    { NW_A_ARPDSTIPADDR, NW_A_ARPDSTIPMASK, MFF_ARP_TPA, MFF_ARP_SPA },
};

static bool
is_ipv6_rule(const struct nw_rule *rule)
{
    return rule->protocol == NW_P_IPV6
           || nw_protocol_layer(rule->protocol) == NW_L3_IPV6;
}

/* Length of a contiguous mask given by the mask attribute, or of the field. */
static unsigned int
mask_length(const struct nw_rule *rule, enum nw_attr mask,
            enum mf_field_id field)
{
    const struct nw_item *item = mask < NW_N_ATTRS ? nw_rule_item(rule, mask)
                                                   : NULL;

    if (!item) {
        return mf_from_id(field)->n_bits;
    }
    if (item->value.type != NW_T_MAC_MASK) {
        return item->value.num;
    }

    unsigned int n = 0;

    while (n < 48 && item->value.mac[n / 8] & (0x80 >> n % 8)) {
        n++;
    }
    return n;
}

bool
lw_address_field(const struct nw_rule *rule, enum nw_attr attr,
                 const struct lw_orientation *orient, enum mf_field_id *fieldp,
                 unsigned int *prefix_lenp)
{
    bool v6 = is_ipv6_rule(rule);
    struct address_field ip[] = {
        { NW_A_SRCIPADDR, NW_A_SRCIPMASK, v6 ? MFF_IPV6_SRC : MFF_IPV4_SRC,
          v6 ? MFF_IPV6_DST : MFF_IPV4_DST },
        { NW_A_DSTIPADDR, NW_A_DSTIPMASK, v6 ? MFF_IPV6_DST : MFF_IPV4_DST,
          v6 ? MFF_IPV6_SRC : MFF_IPV4_SRC },
    };
    const struct address_field *found = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(address_fields); i++) {
        found = address_fields[i].attr == attr ? &address_fields[i] : found;
    }
    for (size_t i = 0; i < ARRAY_SIZE(ip); i++) {
        found = ip[i].attr == attr ? &ip[i] : found;
    }
    ovs_assert(found);

    /* Layer 3 rules look at the MAC address as written only (reference 3.3).
     */
    if (orient->mirrored && attr == NW_A_SRCMACADDR
        && nw_protocol_layer(rule->protocol) != NW_L2) {
        return false;
    }
    *fieldp = orient->mirrored ? found->mirrored : found->field;
    *prefix_lenp = mask_length(rule, found->mask, *fieldp);
    return true;
}
