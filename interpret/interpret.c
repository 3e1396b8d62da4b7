/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "interpret/interpret.h"

#include <inttypes.h>
#include <net/ethernet.h>
#include <stdlib.h>
#include <string.h>

#include "interpret/private.h"
#include "openvswitch/dynamic-string.h"
#include "util.h"
#include "xml/diag.h"
#include "xml/vars.h"

struct interpret_policy *
interpret_policy_create(const struct interpret_env *env, const char *name,
                        const struct nw_vars *vars, struct nw_diags *diags)
{
    struct interpret_policy *p = xzalloc(sizeof *p);
    size_t errors_before = diags->n_errors;

    p->env = *env;
    interp_flatten(p, name, vars, diags);
    for (size_t i = 0; i < p->n_rules; i++) {
        interp_check(env, p->rules[i], diags);
    }
    if (diags->n_errors > errors_before) {
        interpret_policy_destroy(p);
        return NULL;
    }
    interp_build(p);
    return p;
}

void
interpret_policy_destroy(struct interpret_policy *p)
{
    if (p) {
        interp_lists_uninit(p);
        for (size_t i = 0; i < p->n_rules; i++) {
            interp_rule_destroy(p->rules[i]);
        }
        free(p->rules);
        free(p);
    }
}

/* The states that some rule of the list looks for. */
static uint8_t
list_states(const struct interp_chain *c)
{
    uint8_t states = 0;

    for (size_t i = 0; i < c->n; i++) {
        states |= c->entries[i].states;
    }
    return states;
}

bool
interpret_tests_state(const struct interpret_policy *p, int family)
{
    int f = family == 6 ? INTERP_IPV6 : INTERP_IPV4;

    return list_states(&p->l3[INTERP_IN][f])
           || list_states(&p->l3[INTERP_OUT][f]);
}

bool
interpret_tests_related(const struct interpret_policy *p)
{
    uint8_t states = 0;

    for (int d = INTERP_IN; d <= INTERP_OUT; d++) {
        states |= list_states(&p->l3[d][INTERP_IPV4]);
        states |= list_states(&p->l3[d][INTERP_IPV6]);
    }
    return states & NW_STATE_RELATED;
}

/* Reference 2.1: which frames go into a chain, by the prefix of its name. */
static bool
enters_chain(const char *name, const struct interpret_frame *f)
{
    static const struct {
        const char *prefix;
        uint16_t eth_type;
    } types[] = {
        /* "rarp" and "arp" are no prefixes of one another. */
        { "vlan", ETHERTYPE_VLAN },   { "ipv4", ETHERTYPE_IP },
        { "ipv6", ETHERTYPE_IPV6 },   { "arp", ETHERTYPE_ARP },
        { "rarp", ETHERTYPE_REVARP },
    };

    if (!strncmp(name, "stp", 3)) {
        return interpret_frame_is_to_bridges(f);
    }
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (!strncmp(name, types[i].prefix, strlen(types[i].prefix))) {
            return f->eth_type == types[i].eth_type;
        }
    }
    return true;
}

static void
put_chain(struct interpret_result *result, const char *name)
{
    if (result->n_chains >= result->allocated_chains) {
        result->chains = x2nrealloc(result->chains, &result->allocated_chains,
                                    sizeof *result->chains);
    }
    result->chains[result->n_chains++] = name;
}

static void
decide(struct interpret_decision *d, const char *chain,
       const struct interp_rule *r, enum interpret_verdict verdict)
{
    d->reached = true;
    d->verdict = verdict;
    d->chain = chain;
    d->filter = r ? r->filter : NULL;
    d->rule = r ? r->rule : NULL;
}

/* Walks one chain.  Returns false if it says "return" (to the chain that
 * jumped), true if '*d' has the verdict.  Reference 2.3: the end of any chain
 * accepts, and so does a return from the root chain. */
static bool
walk_l2(const struct interp_chain *c, const struct interpret_frame *f,
        struct interpret_result *result)
{
    struct interpret_decision *d = &result->l2;

    put_chain(result, c->name);
    for (size_t i = 0; i < c->n; i++) {
        const struct interp_entry *e = &c->entries[i];
        if (e->chain) {
            if (enters_chain(e->chain->name, f)
                && walk_l2(e->chain, f, result)) {
                return true;
            }
            continue;
        }
        if (!interp_match_l2(e->rule, f, e->mirrored)) {
            continue;
        }
        switch (e->rule->rule->action) {
        case NW_ACTION_ACCEPT:
            decide(d, c->name, e->rule, INTERPRET_ACCEPT);
            return true;
        case NW_ACTION_DROP:
        case NW_ACTION_REJECT:
            decide(d, c->name, e->rule, INTERPRET_DROP);
            return true;
        case NW_ACTION_RETURN:
            decide(d, c->name, e->rule, INTERPRET_ACCEPT);
            return false;
        case NW_ACTION_CONTINUE:
            break;
        }
    }
    decide(d, c->name, NULL, INTERPRET_ACCEPT);
    return true;
}

static bool
state_matches(const struct interp_entry *e, const struct interpret_conn *conn)
{
    uint8_t bit = 0;

    if (!e->states) {
        return true;
    }
    switch (conn->state) {
    case INTERPRET_NEW:
        bit = NW_STATE_NEW;
        break;
    case INTERPRET_ESTABLISHED:
        bit = NW_STATE_ESTABLISHED;
        break;
    case INTERPRET_RELATED:
        bit = NW_STATE_RELATED;
        break;
    case INTERPRET_INVALID:
        bit = NW_STATE_INVALID;
        break;
    case INTERPRET_UNTRACKED:
        break;
    }
    return e->states & bit && (e->ctdir < 0 || e->ctdir == conn->reply);
}

static void
walk_l3(const struct interpret_policy *p, const struct interp_chain *c,
        const struct interpret_frame *f, const struct interpret_conn *conn,
        struct interpret_decision *d)
{
    for (size_t i = 0; i < c->n; i++) {
        const struct interp_entry *e = &c->entries[i];
        if (state_matches(e, conn) && interp_match_l3(&p->env, e, f)) {
            enum nw_action action = e->rule->rule->action;
            decide(d, NULL, e->rule,
                   action == NW_ACTION_DROP     ? INTERPRET_DROP
                   : action == NW_ACTION_REJECT ? INTERPRET_REJECT
                                                : INTERPRET_ACCEPT);
            return;
        }
    }
    decide(d, NULL, NULL, INTERPRET_ACCEPT);
}

static bool
has_l2(const struct interp_l2 *l2)
{
    return l2->root.n || l2->n;
}

/* Reference 3.1: what the guest sends meets layer 2 first, what it receives
 * layer 3. */
bool
interpret_reaches_layer3(const struct interpret_policy *p,
                         const struct interpret_frame *f,
                         enum nw_direction direction,
                         struct interpret_result *result)
{
    result->n_chains = 0;
    result->l2 = (struct interpret_decision){ .reached = false };
    result->l3 = (struct interpret_decision){ .reached = false };
    result->verdict = INTERPRET_ACCEPT;
    if (direction == NW_OUT) {
        walk_l2(&p->l2[INTERP_OUT].root, f, result);
        result->l2.has_rules = has_l2(&p->l2[INTERP_OUT]);
        result->verdict = result->l2.verdict;
    }
    return result->verdict == INTERPRET_ACCEPT;
}

void
interpret_frame(const struct interpret_policy *p,
                const struct interpret_frame *f, enum nw_direction direction,
                const struct interpret_conn *conn,
                struct interpret_result *result)
{
    int d = direction == NW_IN ? INTERP_IN : INTERP_OUT;
    const struct interp_chain *l3 =
        &p->l3[d][f->ip.family == 6 ? INTERP_IPV6 : INTERP_IPV4];

    if (!interpret_reaches_layer3(p, f, direction, result)) {
        return;
    }
    if (f->ip.family) {
        walk_l3(p, l3, f, conn, &result->l3);
        result->l3.has_rules = l3->n > 0;
        result->verdict = result->l3.verdict;
    }
    if (d == INTERP_IN && result->verdict == INTERPRET_ACCEPT) {
        walk_l2(&p->l2[INTERP_IN].root, f, result);
        result->l2.has_rules = has_l2(&p->l2[INTERP_IN]);
        result->verdict = result->l2.verdict;
    }
}

void
interpret_result_uninit(struct interpret_result *result)
{
    free(result->chains);
    result->chains = NULL;
    result->n_chains = result->allocated_chains = 0;
}

const struct interpret_decision *
interpret_result_decision(const struct interpret_result *result,
                          enum nw_direction direction)
{
    bool out = direction == NW_OUT;
    const struct interpret_decision *first = out ? &result->l2 : &result->l3;
    const struct interpret_decision *last = out ? &result->l3 : &result->l2;

    if (!last->reached || (first->has_rules && !last->has_rules)) {
        return first;
    }
    return last;
}

const char *
interpret_verdict_name(enum interpret_verdict verdict)
{
    static const char *const names[] = {
        [INTERPRET_ACCEPT] = "accept",
        [INTERPRET_DROP] = "drop",
        [INTERPRET_REJECT] = "reject",
    };
    return names[verdict];
}

const char *
interpret_state_name(enum interpret_state state)
{
    static const char *const names[] = {
        [INTERPRET_UNTRACKED] = "untracked",
        [INTERPRET_NEW] = "new",
        [INTERPRET_ESTABLISHED] = "established",
        [INTERPRET_RELATED] = "related",
        [INTERPRET_INVALID] = "invalid",
    };
    return names[state];
}

static void
format_decision(const struct interpret_decision *d, const char *layer,
                struct ds *s)
{
    if (!d->reached) {
        return;
    }
    ds_put_format(s, "%s: %s", layer, interpret_verdict_name(d->verdict));
    if (d->chain) {
        ds_put_format(s, " in chain %s", d->chain);
    }
    if (d->rule) {
        char *text = nw_rule_format(d->rule);
        ds_put_format(s, " by %s:%d: %s", d->filter->file, d->rule->line,
                      text);
        free(text);
    } else {
        ds_put_cstr(s, ", no rule hit");
    }
    ds_put_char(s, '\n');
}

void
interpret_result_format(const struct interpret_result *result, struct ds *s)
{
    format_decision(&result->l3, "layer 3", s);
    format_decision(&result->l2, "layer 2", s);
}

static void
format_chain(const char *title, const struct interp_chain *c, struct ds *s)
{
    if (!c->n) {
        return;
    }
    ds_put_format(s, "%s:\n", title);
    for (size_t i = 0; i < c->n; i++) {
        const struct interp_entry *e = &c->entries[i];
        if (e->chain) {
            ds_put_format(s, "  jump %s (%d)\n", e->chain->name,
                          e->chain->priority);
            continue;
        }
        char *text = nw_rule_format(e->rule->rule);
        ds_put_format(s, "  %d %s:%d%s", e->rule->priority,
                      e->rule->filter->name, e->rule->rule->line,
                      e->mirrored ? " mirrored" : "");
        if (e->states) {
            ds_put_format(s, " states=%#" PRIx8, e->states);
        }
        if (e->ctdir >= 0) {
            ds_put_cstr(s, e->ctdir ? " reply" : " original");
        }
        ds_put_format(s, " %s\n", text);
        free(text);
    }
}

void
interpret_policy_format(const struct interpret_policy *p, struct ds *s)
{
    static const char *const names[] = { "in", "out" };

    for (int d = INTERP_IN; d <= INTERP_OUT; d++) {
        const struct interp_l2 *l2 = &p->l2[d];
        ds_put_format(s, "%s\n", names[d]);
        format_chain("layer 2 root", &l2->root, s);
        for (size_t i = 0; i < l2->n; i++) {
            format_chain(l2->chains[i]->name, l2->chains[i], s);
        }
        format_chain("layer 3 IPv4", &p->l3[d][INTERP_IPV4], s);
        format_chain("layer 3 IPv6", &p->l3[d][INTERP_IPV6], s);
    }
}
