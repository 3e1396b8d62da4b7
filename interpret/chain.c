/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "interpret/private.h"

#include <stdlib.h>
#include <string.h>

#include "util.h"

/* Puts the flat rules into the lists that ebtables, iptables and ip6tables
 * would hold: semantics reference 2.2 for layer 2, 3.3 and 3.4 for layer 3. */

static void
put_entry(struct interp_chain *c, const struct interp_entry *e)
{
    if (c->n >= c->allocated) {
        c->entries = x2nrealloc(c->entries, &c->allocated, sizeof *c->entries);
    }
    c->entries[c->n++] = *e;
}

static bool
is_root(const struct interp_rule *r)
{
    return !strcmp(r->filter->chain, "root");
}

static bool
sorts_before(const struct interp_rule *a, const struct interp_rule *b)
{
    if (is_root(a) != is_root(b)) {
        return is_root(a);
    }
    return a->priority < b->priority;
}

/* Steps 2 and 3.  A merge sort: rules that compare equal keep their order. */
static void
sort_rules(struct interp_rule **rules, size_t n, struct interp_rule **scratch)
{
    if (n < 2) {
        return;
    }
    size_t half = n / 2, a = 0, b = half;
    sort_rules(rules, half, scratch);
    sort_rules(rules + half, n - half, scratch);
    for (size_t i = 0; i < n; i++) {
        if (a < half && (b >= n || !sorts_before(rules[b], rules[a]))) {
            scratch[i] = rules[a++];
        } else {
            scratch[i] = rules[b++];
        }
    }
    memcpy(rules, scratch, n * sizeof *rules);
}

static void
raise_priorities(struct interpret_policy *p)
{
    for (size_t i = 0; i < p->n_rules; i++) {
        struct interp_rule *r = p->rules[i];
        if (!is_root(r)) {
            r->priority = MAX(r->priority, r->filter->priority);
        }
    }
}

static bool
goes(const struct interp_rule *r, int direction)
{
    enum nw_direction d = r->rule->direction;

    return d == NW_INOUT || d == (direction == INTERP_IN ? NW_IN : NW_OUT);
}

/* Reference 3.2: an inout rule is written as seen towards the guest. */
static struct interp_entry
l2_entry(const struct interp_rule *r, int direction)
{
    return (struct interp_entry){
        .rule = r,
        .mirrored = r->rule->direction == NW_INOUT && direction == INTERP_OUT,
        .ctdir = -1,
    };
}

static struct interp_chain *
get_chain(struct interp_l2 *l2, const char *name)
{
    for (size_t i = 0; i < l2->n; i++) {
        if (!strcmp(l2->chains[i]->name, name)) {
            return l2->chains[i];
        }
    }
    if (l2->n >= l2->allocated) {
        l2->chains = x2nrealloc(l2->chains, &l2->allocated,
                                sizeof *l2->chains);
    }
    struct interp_chain *c = xzalloc(sizeof *c);
    c->name = name;
    l2->chains[l2->n++] = c;
    return c;
}

static int
compare_chains(const void *a_, const void *b_)
{
    const struct interp_chain *a = *(struct interp_chain *const *) a_;
    const struct interp_chain *b = *(struct interp_chain *const *) b_;

    return (a->priority != b->priority ? (a->priority < b->priority ? -1 : 1)
                                       : strcmp(a->name, b->name));
}

/* Steps 4, 5 and 7. */
static void
build_l2(struct interpret_policy *p, int direction)
{
    struct interp_l2 *l2 = &p->l2[direction];
    size_t next = 0;

    l2->root.name = "root";
    for (size_t i = 0; i < p->n_rules; i++) {
        const struct interp_rule *r = p->rules[i];
        if (nw_protocol_layer(r->rule->protocol) == NW_L2 && !is_root(r)
            && goes(r, direction)) {
            struct interp_chain *c = get_chain(l2, r->filter->chain);
            struct interp_entry e = l2_entry(r, direction);
            c->priority = r->filter->priority;
            put_entry(c, &e);
        }
    }
    if (l2->n) {
        qsort(l2->chains, l2->n, sizeof *l2->chains, compare_chains);
    }
    for (size_t i = 0; i <= p->n_rules; i++) {
        const struct interp_rule *r = i < p->n_rules ? p->rules[i] : NULL;
        if (r
            && (nw_protocol_layer(r->rule->protocol) != NW_L2 || !is_root(r)
                || !goes(r, direction))) {
            continue;
        }
        while (next < l2->n
               && (!r || l2->chains[next]->priority <= r->priority)) {
            struct interp_entry jump = { .chain = l2->chains[next++] };
            put_entry(&l2->root, &jump);
        }
        if (r) {
            struct interp_entry e = l2_entry(r, direction);
            put_entry(&l2->root, &e);
        }
    }
}

static bool
is_icmp_with_type(const struct interp_rule *r)
{
    enum nw_protocol p = r->rule->protocol;

    return (p == NW_P_ICMP || p == NW_P_ICMPV6)
           && interp_item(r, NW_A_ICMP_TYPE);
}

/* Reference 3.4.  Fills in the state test of the entry that holds the rule for
 * 'direction'.  Returns false if there is no such entry. */
static bool
set_state(const struct interp_rule *r, int direction, struct interp_entry *e)
{
    const struct nw_rule *rule = r->rule;
    bool with_type = is_icmp_with_type(r);
    bool as_written = goes(r, direction);
    bool limit = interp_item(r, NW_A_CONNLIMIT_ABOVE);

    e->states = 0;
    e->ctdir = -1;
    if (rule->statematch && rule->has_connstate) {
        bool keep = !limit || rule->action != NW_ACTION_ACCEPT;
        if (keep && !(rule->states & NW_STATE_NONE)) {
            e->states = rule->states;
        }
        return as_written;
    }
    if (with_type && !as_written) {
        return false;
    }
    if (rule->statematch && rule->action == NW_ACTION_ACCEPT && !limit
        && rule->direction != NW_INOUT) {
        e->states = NW_STATE_ESTABLISHED;
        if (as_written) {
            e->states |= NW_STATE_NEW;
        }
        if (!with_type) {
            e->ctdir = as_written ? 0 : 1;
        }
    }
    return true;
}

/* Does a rule without its source MAC address compare anything but the
 * protocol?  What libvirt writes behind the state does not count: sets and
 * limits of connections. */
static bool
has_more_than_srcmac(const struct interp_rule *r)
{
    static const enum nw_attr attrs[] = {
        NW_A_SRCIPADDR,    NW_A_DSTIPADDR, NW_A_SRCIPFROM,    NW_A_DSTIPFROM,
        NW_A_SRCPORTSTART, NW_A_DSCP,      NW_A_DSTPORTSTART, NW_A_ICMP_TYPE,
        NW_A_TCP_OPTION,   NW_A_TCP_FLAGS,
    };

    for (size_t i = 0; i < ARRAY_SIZE(attrs); i++) {
        if (interp_item(r, attrs[i])) {
            return true;
        }
    }
    return false;
}

/* Reference 3.3. */
static void
build_l3_rule(struct interpret_policy *p, const struct interp_rule *r,
              int direction)
{
    struct interp_entry e = { .rule = r };
    enum nw_direction written = r->rule->direction;
    bool v6 = nw_protocol_layer(r->rule->protocol) == NW_L3_IPV6;

    e.mirrored = (direction == INTERP_IN ? written == NW_OUT
                                         : written != NW_OUT);
    if (!set_state(r, direction, &e)) {
        return;
    }
    if (e.mirrored && interp_item(r, NW_A_CONNLIMIT_ABOVE)) {
        return;
    }
    if (e.mirrored && interp_item(r, NW_A_SRCMACADDR)
        && !has_more_than_srcmac(r)) {
        return;
    }
    put_entry(&p->l3[direction][v6 ? INTERP_IPV6 : INTERP_IPV4], &e);
}

void
interp_build(struct interpret_policy *p)
{
    struct interp_rule **scratch = xcalloc(MAX(p->n_rules, 1),
                                           sizeof *scratch);

    sort_rules(p->rules, p->n_rules, scratch);
    free(scratch);
    raise_priorities(p);
    for (int direction = INTERP_IN; direction <= INTERP_OUT; direction++) {
        build_l2(p, direction);
        for (size_t i = 0; i < p->n_rules; i++) {
            if (nw_protocol_layer(p->rules[i]->rule->protocol) != NW_L2) {
                build_l3_rule(p, p->rules[i], direction);
            }
        }
    }
}

void
interp_lists_uninit(struct interpret_policy *p)
{
    for (int direction = INTERP_IN; direction <= INTERP_OUT; direction++) {
        struct interp_l2 *l2 = &p->l2[direction];
        for (size_t i = 0; i < l2->n; i++) {
            free(l2->chains[i]->entries);
            free(l2->chains[i]);
        }
        free(l2->chains);
        free(l2->root.entries);
        free(p->l3[direction][INTERP_IPV4].entries);
        free(p->l3[direction][INTERP_IPV6].entries);
    }
}
