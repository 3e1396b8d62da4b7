/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/set-rows.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "flows/actions.h"
#include "flows/flow.h"
#include "flows/lower.h"
#include "flows/pipeline.h"
#include "flows/stable-id.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/match.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"
#include "xml/ipset.h"

/* Lengths of a prefix: 0 to 128. */
#define N_LENGTHS 129

/* Uses. */

bool
set_use_init(struct set_use *use, const struct lw_input *in)
{
    const struct nw_rule *rule = in->rule;
    const struct nw_value *set = NULL, *flags = NULL;
    const char *prefix = NULL;

    for (size_t i = 0; i < rule->n_items; i++) {
        enum nw_attr attr = rule->items[i].field->attr;

        if (attr == NW_A_IPSET) {
            set = in->values[i];
            prefix = rule->items[i].access.prefix;
        } else if (attr == NW_A_IPSETFLAGS) {
            flags = in->values[i];
        }
    }
    if (!set) {
        return false;
    }
    *use = (struct set_use){
        .set = xasprintf("%s%s", prefix ? prefix : "", set->string),
        .flags = flags->ipset_flags,
        .family = nw_protocol_layer(rule->protocol) == NW_L3_IPV6 ? 6 : 4,
    };
    if (in->orient.mirrored) {
        use->flags.dst ^= (1u << use->flags.n) - 1;
    }
    return true;
}

void
set_use_uninit(struct set_use *use)
{
    free(use->set);
}

void
set_use_clone(struct set_use *dst, const struct set_use *src)
{
    *dst = *src;
    dst->set = xstrdup(src->set);
}

char *
set_use_format(const struct set_use *use)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "set %s ", use->set);
    for (size_t i = 0; i < use->flags.n; i++) {
        ds_put_format(&s, "%s%s", i ? "," : "",
                      use->flags.dst >> i & 1 ? "dst" : "src");
    }
    ds_put_format(&s, " IPv%d", use->family);
    return ds_steal_cstr(&s);
}

uint32_t
set_use_key(const char *text)
{
    return stable_id(text);
}

uint32_t
set_use_hit(const char *text)
{
    return (stable_id(text) >> 32) & ~UINT32_C(1);
}

uint64_t
set_rows_cookie(const char *name)
{
    uint64_t id = stable_id(name);

    return pipeline_cookie(PL_K_SET, id);
}

/* Rows. */

/* A row under construction. */
struct row_build {
    const struct set_use *use;
    const struct nw_set_entry *entry;
    uint64_t cookie;
    uint32_t key, hit;
    int protocol; /* If the entry has a port. */
    struct flow_set *set;
};

static bool
has_ports(int protocol)
{
    return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP
           || protocol == IPPROTO_SCTP;
}

static bool
is_icmp(int protocol)
{
    return protocol == IPPROTO_ICMP || protocol == IPPROTO_ICMPV6;
}

static enum mf_field_id
port_field(const struct row_build *b, bool dst)
{
    switch (b->protocol) {
    case IPPROTO_TCP:
        return dst ? MFF_TCP_DST : MFF_TCP_SRC;
    case IPPROTO_UDP:
        return dst ? MFF_UDP_DST : MFF_UDP_SRC;
    case IPPROTO_SCTP:
        return dst ? MFF_SCTP_DST : MFF_SCTP_SRC;
    }
    OVS_NOT_REACHED();
}

/* The type and code of an ICMP entry are in the match already. */
static void
port_alternatives(const struct row_build *b, const struct nw_set_port *port,
                  bool dst, struct lw_item *item)
{
    ovs_be16 from = htons(port->from), to = htons(port->to), any = 0;

    if (has_ports(b->protocol)) {
        lw_range(item, port_field(b, dst), &from, &to, sizeof from);
    } else {
        lw_range(item, MFF_TCP_SRC, &any, &(ovs_be16){ OVS_BE16_MAX },
                 sizeof any);
    }
}

/* What dimension 'i' of the entry is in the switch's fields. */
static void
dim_alternatives(const struct row_build *b, size_t i, struct lw_item *item)
{
    const struct nw_set_elem *elem = &b->entry->elems[i];
    bool dst = b->use->flags.dst >> i & 1;

    switch (elem->dim) {
    case NW_SET_IP:
    case NW_SET_NET:
        if (b->use->family == 4) {
            lw_range(item, dst ? MFF_IPV4_DST : MFF_IPV4_SRC, elem->range.from,
                     elem->range.to, 4);
        } else {
            lw_range(item, dst ? MFF_IPV6_DST : MFF_IPV6_SRC, elem->range.from,
                     elem->range.to, 16);
        }
        break;
    case NW_SET_PORT:
        port_alternatives(b, &elem->port, dst, item);
        break;
    case NW_SET_MAC:
        lw_range(item, dst ? MFF_ETH_DST : MFF_ETH_SRC, elem->mac, elem->mac,
                 sizeof elem->mac);
        break;
    }
}

static unsigned int
prefix_length(const struct lw_alt *alt)
{
    unsigned int n = 0;

    for (size_t i = 0; i < sizeof alt->clauses[0].mask; i++) {
        n += count_1bits(alt->clauses[0].mask[i]);
    }
    return n;
}

static void
add_row(const struct row_build *b, const struct match *match,
        unsigned int specificity)
{
    uint64_t stub[64 / 8];
    struct ofpbuf acts = OFPBUF_STUB_INITIALIZER(stub);
    bool member = !b->entry->nomatch;

    if (member) {
        act_load(&acts, PL_R_HIT, 1);
    }
    /* The same network both ways is a member. */
    flow_set_add(b->set,
                 of_flow_create(PL_T_SET, 100 + 2 * specificity + member,
                                b->cookie, match, &acts));
    ofpbuf_uninit(&acts);
}

/* Goes through all combinations from dimension 'i' on.  Where two dimensions
 * look at the same field, some contradict each other. */
static void
add_from(const struct row_build *b, size_t i, const struct match *match,
         unsigned int specificity)
{
    struct lw_item item = { .n_alts = 0 };

    if (i == b->entry->n) {
        add_row(b, match, specificity);
        return;
    }
    dim_alternatives(b, i, &item);
    for (size_t j = 0; j < item.n_alts; j++) {
        bool is_net = b->entry->elems[i].dim == NW_SET_NET;
        struct match m = *match;

        if (lw_alt_apply(&item.alts[j], &m)) {
            add_from(b, i + 1, &m,
                     is_net ? specificity * N_LENGTHS
                                  + prefix_length(&item.alts[j])
                            : specificity);
        }
    }
    free(item.alts);
}

static void
begin_match(const struct row_build *b, struct match *match)
{
    match_init_catchall(match);
    match_set_reg(match, PL_R_PRED - MFF_REG0, b->key);
    match_set_reg(match, PL_R_HIT - MFF_REG0, b->hit);
    match_set_dl_type(match, htons(b->use->family == 4 ? ETH_TYPE_IP
                                                       : ETH_TYPE_IPV6));
}

/* Protocols that ipset's reader of ports never finds. */
static bool
is_hidden(const struct row_build *b)
{
    return b->protocol == 0
           || (b->use->family == 6 && b->protocol == IPPROTO_NONE);
}

/* A later fragment is no member, except of a protocol without ports, which
 * is like any other packet.  But ipset does not see what an IPv6 fragment
 * holds. */
static bool
depends_on_fragment(const struct row_build *b)
{
    return has_ports(b->protocol) || is_icmp(b->protocol)
           || b->use->family == 6;
}

static void
add_protocol(struct row_build *b, const struct nw_set_port *port, int protocol)
{
    struct match match;

    b->protocol = protocol;
    if (is_hidden(b)) {
        return;
    }
    begin_match(b, &match);
    match_set_nw_proto(&match, protocol);
    if (depends_on_fragment(b)) {
        match_set_nw_frag_masked(&match, 0, FLOW_NW_FRAG_LATER);
    }
    if (is_icmp(protocol)) {
        match_set_icmp_type(&match, port->from / 256);
        match_set_icmp_code(&match, port->from % 256);
    }
    add_from(b, 0, &match, 0);
}

static const struct nw_set_port *
find_port(const struct nw_set_entry *entry)
{
    for (size_t i = 0; i < entry->n; i++) {
        if (entry->elems[i].dim == NW_SET_PORT) {
            return &entry->elems[i].port;
        }
    }
    return NULL;
}

void
set_rows_add(const struct set_use *use, const struct nw_set_type *type,
             const struct nw_set_entry *entry, struct flow_set *set)
{
    const struct nw_set_port *port = find_port(entry);
    char *text = set_use_format(use);
    struct row_build b = {
        .use = use,
        .entry = entry,
        .cookie = set_rows_cookie(use->set),
        .key = set_use_key(text),
        .hit = set_use_hit(text),
        .set = set,
    };

    free(text);
    if (use->flags.n < type->n_dims
        || (entry->family && entry->family != use->family)) {
        return;
    }
    if (!port) {
        struct match match;

        begin_match(&b, &match);
        add_from(&b, 0, &match, 0);
    } else if (port->protocol == NW_SET_TCP_UDP) {
        add_protocol(&b, port, IPPROTO_TCP);
        add_protocol(&b, port, IPPROTO_UDP);
    } else {
        add_protocol(&b, port, port->protocol);
    }
}

/* How many masks make up a range of an element. */
static size_t
count_elem(const struct nw_set_elem *elem, int family)
{
    struct lw_item item = { .n_alts = 0 };
    ovs_be16 from, to;
    size_t n;

    switch (elem->dim) {
    case NW_SET_IP:
    case NW_SET_NET:
        lw_range(&item, MFF_IPV6_SRC, elem->range.from, elem->range.to,
                 family == 4 ? 4 : 16);
        break;
    case NW_SET_PORT:
        from = htons(elem->port.from);
        to = htons(elem->port.to);
        lw_range(&item, MFF_TCP_SRC, &from, &to, sizeof from);
        break;
    case NW_SET_MAC:
        return 1;
    }
    n = item.n_alts;
    free(item.alts);
    return n;
}

size_t
set_rows_count(const struct nw_set_entry *entry)
{
    const struct nw_set_port *port = find_port(entry);
    size_t n = port && port->protocol == NW_SET_TCP_UDP ? 2 : 1;

    for (size_t i = 0; i < entry->n; i++) {
        n *= count_elem(&entry->elems[i], entry->family);
    }
    return n;
}
