/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include <net/ethernet.h>
#include <stdlib.h>
#include <string.h>

#include "xml/lint-private.h"

/* What surprises about chains and layers: a chain's end accepts (reference
 * 2.3), and what one layer accepts the other may still drop (3.1). */

/* True if the typical one of 'packets' leaves layer 2 by the end of 'chain'
 * although, if that were a "return", 'r' would drop it. */
static bool
is_hidden(struct lint *lint, enum lint_dir dir, const struct lint_chain *chain,
          const struct lint_rule *r, const struct lint_box *packets)
{
    struct lint_walk w = lint_walk_start(lint, dir, packets, LINT_TYPICAL);

    if (lint_walk_l2(&w) != LINT_PASS_CHAIN_END || w.chain != chain) {
        return false;
    }
    w.through = chain;
    return lint_walk_l2(&w) == LINT_DROP && w.decider == r;
}

static void
warn_chain_end(struct lint *lint, const struct lint_chain *chain,
               const struct lint_rule *r)
{
    char *rule = lint_describe(r, lint_line(r));

    lint_warn(lint, NW_LINT_CHAIN_END, lint_line(r),
              "frames that no rule of chain '%s' matches are accepted at its "
              "end, so that %s never gets to drop them",
              chain->name, rule);
    free(rule);
}

/* Looks for one rule of 'list', which comes after 'chain', that is hidden by
 * it.  'selector' is what the list is for. */
static bool
check_hidden(struct lint *lint, enum lint_dir dir,
             const struct lint_chain *chain, const struct lint_list *list,
             const struct lint_box *selector)
{
    for (size_t i = list->n; i-- > 0 && lint->budget > 0;) {
        const struct lint_entry *e = list->entries[i];
        struct lint_probe probe;

        lint->budget--;
        if (!lint_rule_drops(e->rule)) {
            continue;
        }
        lint_probe_clone(&probe, &e->box);
        if (!lint_probe_intersect(&probe, &chain->selector.box)
            || !lint_probe_intersect(&probe, selector)) {
            continue;
        }
        lint_probe_guest(&probe, dir);
        if (is_hidden(lint, dir, chain, e->rule, &probe.box)) {
            warn_chain_end(lint, chain, e->rule);
            return true;
        }
    }
    return false;
}

void
lint_check_chain_ends(struct lint *lint)
{
    struct lint_probe everything;

    lint_probe_init(&everything);
    for (int dir = 0; dir < LINT_N_DIRS; dir++) {
        const struct lint_way *way = &lint->policy.ways[dir];

        for (size_t i = 0; i < way->n_chains; i++) {
            const struct lint_chain *chain = way->chains[i];
            bool found = check_hidden(lint, dir, chain, &way->root,
                                      &everything.box);

            for (size_t j = i + 1; j < way->n_chains && !found; j++) {
                found = check_hidden(lint, dir, chain, &way->chains[j]->list,
                                     &way->chains[j]->selector.box);
            }
        }
    }
}

/* True if layer 3 ('l3'), or layer 2, drops every packet of the kind, in the
 * direction of the entry.  '*dropperp' is the rule that does. */
static bool
is_cancelled(struct lint *lint, enum lint_dir dir, const struct lint_box *box,
             bool l3, const struct lint_rule **dropperp)
{
    struct lint_walk w = lint_walk_start(lint, dir, box, LINT_EVERY);

    if ((l3 ? lint_walk_l3(&w) : lint_walk_l2(&w)) != LINT_DROP) {
        return false;
    }
    *dropperp = w.decider;
    return true;
}

/* A rule of layer 2, of which the part is looked at that is IP of
 * 'ethertype'. */
static bool
is_l2_cancelled(struct lint *lint, const struct lint_rule *r,
                uint64_t ethertype, const struct lint_rule **dropperp)
{
    for (int dir = 0; dir < LINT_N_DIRS; dir++) {
        struct lint_probe probe, ip;

        if (!r->entries[dir]) {
            continue;
        }
        lint_probe_init(&ip);
        lint_probe_set_num(&ip, LINT_ETHERTYPE, ethertype, ethertype);
        lint_probe_clone(&probe, &r->entries[dir]->box);
        if (!lint_probe_intersect(&probe, &ip.box)
            || !is_cancelled(lint, dir, &probe.box, true, dropperp)) {
            return false;
        }
    }
    return true;
}

static bool
is_l3_cancelled(struct lint *lint, const struct lint_rule *r,
                const struct lint_rule **dropperp)
{
    for (int dir = 0; dir < LINT_N_DIRS; dir++) {
        if (r->entries[dir]
            && (r->entries[dir]->box.empty
                || !is_cancelled(lint, dir, &r->entries[dir]->box, false,
                                 dropperp))) {
            return false;
        }
    }
    return r->entries[LINT_IN] || r->entries[LINT_OUT];
}

/* A referenced filter that accepts a whole family at layer 2 leaves the
 * details to layer 3, as clean-traffic does.  One that accepts a certain
 * protocol or address means it. */
static bool
means_it(const struct lint_rule *r)
{
    if (r->rule->protocol != NW_P_MAC && r->rule->protocol != NW_P_IP
        && r->rule->protocol != NW_P_IPV6) {
        return false;
    }
    return (lint_is_own(r)
            || (r->rule->protocol != NW_P_MAC && r->rule->n_items > 0));
}

static void
warn_layers(struct lint *lint, const struct lint_rule *r,
            const struct lint_rule *dropper, const char *packets)
{
    bool l2 = lint_rule_is_l2(r);
    char *first = lint_describe(r, lint_line(r));
    char *second = lint_describe(dropper, 0);

    lint_warn(lint, NW_LINT_SEPARATE_LAYERS, lint_line(r),
              "%s accepts at layer %s only: at layer %s %s drops every %s of "
              "it",
              first, l2 ? "2" : "3", l2 ? "3" : "2", second, packets);
    free(first);
    free(second);
}

/* The family that an accepting rule of layer 2 is about: its Ethernet type.
 * IPv4 if it is about all of them. */
static uint64_t
family(const struct lint_rule *r)
{
    const struct nw_item *type = nw_rule_item(r->rule, NW_A_PROTOCOLID);

    return (r->rule->protocol == NW_P_IPV6
                    || (type && !type->is_variable && !type->negate
                        && type->value.num == ETHERTYPE_IPV6)
                ? ETHERTYPE_IPV6
                : ETHERTYPE_IP);
}

/* The rules that the last warning was about: one of each reference, and one
 * for each rule that drops everything, is enough. */
struct told {
    const struct nw_filterref *via;
    const struct lint_rule *dropper;
};

static void
check_accept(struct lint *lint, const struct lint_rule *r, struct told *told)
{
    const struct lint_rule *dropper = NULL;
    bool l2 = lint_rule_is_l2(r);

    if (l2 ? means_it(r) && is_l2_cancelled(lint, r, family(r), &dropper)
           : is_l3_cancelled(lint, r, &dropper)) {
        if ((!r->via || r->via != told->via)
            && (l2 || dropper != told->dropper)) {
            warn_layers(lint, r, dropper,
                        !l2                           ? "packet"
                        : family(r) == ETHERTYPE_IPV6 ? "IPv6 packet"
                                                      : "IPv4 packet");
        }
        *told = (struct told){ .via = r->via, .dropper = dropper };
    }
}

void
lint_check_layers(struct lint *lint)
{
    struct told told = { NULL, NULL };

    for (size_t i = 0; i < lint->policy.n && lint->budget > 0; i++) {
        const struct lint_rule *r = &lint->policy.rules[i];

        if (r->rule->action == NW_ACTION_ACCEPT) {
            check_accept(lint, r, &told);
        }
    }
}
