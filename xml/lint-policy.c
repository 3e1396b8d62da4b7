/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/lint-policy.h"

#include <net/ethernet.h>
#include <stdlib.h>
#include <string.h>

#include "xml/arena.h"
#include "xml/mem.h"

/* A tree that is larger is not judged as a whole. */
enum {
    MAX_RULES = 100000,
    MAX_REFS = 100000,
    MAX_DEPTH = 100,
};

struct walk {
    struct lint_policy *policy;
    nw_filter_lookup_func *lookup;
    void *aux;
    size_t n_refs;
    const char *path[MAX_DEPTH]; /* Names of the filters on the way. */
    size_t depth;
};

static void walk_filter(struct walk *, const struct nw_filter *,
                        const struct lint_scope *,
                        const struct nw_filterref *via);

static void
add_rule(struct walk *w, const struct nw_filter *filter,
         const struct nw_rule *rule, const struct lint_scope *scope,
         const struct nw_filterref *via)
{
    struct lint_policy *p = w->policy;

    if (p->n >= MAX_RULES) {
        p->incomplete = true;
        return;
    }
    if (p->n >= p->allocated) {
        p->rules = nw_grow(p->rules, &p->allocated, sizeof *p->rules);
    }
    p->rules[p->n] = (struct lint_rule){
        .filter = filter,
        .rule = rule,
        .scope = scope,
        .via = via,
        .order = p->n,
    };
    p->n++;
}

static bool
on_path(const struct walk *w, const char *name)
{
    for (size_t i = 0; i < w->depth; i++) {
        if (!strcmp(w->path[i], name)) {
            return true;
        }
    }
    return false;
}

static void
walk_ref(struct walk *w, const struct nw_filterref *ref,
         const struct lint_scope *outer, const struct nw_filterref *via)
{
    const struct nw_filter *target = NULL;

    if (w->n_refs++ < MAX_REFS && w->depth < MAX_DEPTH
        && !on_path(w, ref->filter)) {
        target = w->lookup(ref->filter, w->aux);
    }
    if (!target) {
        w->policy->incomplete = true;
        return;
    }

    struct lint_scope *scope = nw_arena_alloc(w->policy->arena, sizeof *scope);

    *scope = (struct lint_scope){ .outer = outer, .ref = ref };
    walk_filter(w, target, scope, via);
}

static void
walk_filter(struct walk *w, const struct nw_filter *filter,
            const struct lint_scope *scope, const struct nw_filterref *via)
{
    w->path[w->depth++] = filter->name;
    for (size_t i = 0; i < filter->n_entries; i++) {
        const struct nw_entry *e = &filter->entries[i];

        if (e->is_ref) {
            walk_ref(w, &e->ref, scope, via ? via : &e->ref);
        } else {
            add_rule(w, filter, &e->rule, scope, via);
        }
    }
    w->depth--;
}

static bool
in_root(const struct lint_rule *r)
{
    return !strcmp(r->filter->chain, "root");
}

/* Rules of filters in the root chain first, then by priority. */
static int
compare_rules(const void *a_, const void *b_)
{
    const struct lint_rule *a = a_, *b = b_;

    if (in_root(a) != in_root(b)) {
        return in_root(a) ? -1 : 1;
    } else if (a->rule->priority != b->rule->priority) {
        return a->rule->priority < b->rule->priority ? -1 : 1;
    }
    return a->order < b->order ? -1 : a->order > b->order;
}

bool
lint_rule_is_l2(const struct lint_rule *r)
{
    return nw_protocol_layer(r->rule->protocol) == NW_L2;
}

bool
lint_rule_drops(const struct lint_rule *r)
{
    return (r->rule->action == NW_ACTION_DROP
            || r->rule->action == NW_ACTION_REJECT);
}

static const struct selector {
    const char *prefix, *frames;
    uint16_t ethertype;
} selectors[] = {
    { "ipv4", "IPv4 frames", ETHERTYPE_IP },
    { "ipv6", "IPv6 frames", ETHERTYPE_IPV6 },
    { "arp", "ARP frames", ETHERTYPE_ARP },
    { "rarp", "reverse ARP frames", ETHERTYPE_REVARP },
    { "vlan", "tagged frames", ETHERTYPE_VLAN },
    { "stp", "spanning tree frames", 0 },
};

static const struct selector *
find_selector(const char *chain)
{
    for (size_t i = 0; i < NW_ARRAY_SIZE(selectors); i++) {
        const char *prefix = selectors[i].prefix;

        if (!strncmp(chain, prefix, strlen(prefix))) {
            return &selectors[i];
        }
    }
    return NULL;
}

const char *
lint_chain_frames(const char *chain)
{
    const struct selector *s = find_selector(chain);

    return s ? s->frames : "all frames";
}

void
lint_probe_select(struct lint_probe *probe, const char *chain)
{
    const struct selector *s = find_selector(chain);

    if (s && s->ethertype) {
        lint_probe_set_num(probe, LINT_ETHERTYPE, s->ethertype, s->ethertype);
    } else if (s) {
        lint_probe_set_num(probe, LINT_DST_MAC, LINT_BRIDGE_GROUP,
                           LINT_BRIDGE_GROUP);
    }
}

static void
list_add(struct lint_list *list, const struct lint_entry *entry)
{
    if (list->n >= list->allocated) {
        list->entries = nw_grow(list->entries, &list->allocated,
                                sizeof *list->entries);
    }
    list->entries[list->n++] = entry;
}

static struct lint_chain *
way_get_chain(struct lint_way *way, const char *name)
{
    for (size_t i = 0; i < way->n_chains; i++) {
        if (!strcmp(way->chains[i]->name, name)) {
            return way->chains[i];
        }
    }
    if (way->n_chains >= way->allocated_chains) {
        way->chains = nw_grow(way->chains, &way->allocated_chains,
                              sizeof *way->chains);
    }

    struct lint_chain *chain = nw_xzalloc(sizeof *chain);
    chain->name = name;
    lint_probe_init(&chain->selector);
    lint_probe_select(&chain->selector, name);
    way->chains[way->n_chains++] = chain;
    return chain;
}

static void
add_entry(struct lint_policy *p, struct lint_rule *r, enum lint_dir dir,
          bool mirrored, const struct lint_box *box)
{
    struct lint_way *way = &p->ways[dir];
    struct lint_entry *entry = nw_arena_alloc(p->arena, sizeof *entry);

    entry->rule = r;
    entry->mirrored = mirrored;
    lint_box_copy(&entry->box, box, p->arena);
    r->entries[dir] = entry;
    if (!lint_rule_is_l2(r)) {
        list_add(&way->l3, entry);
    } else if (in_root(r)) {
        list_add(&way->root, entry);
    } else {
        struct lint_chain *chain = way_get_chain(way, r->filter->chain);

        /* Of several priorities the last counts (reference 2.2). */
        chain->priority = r->filter->priority;
        list_add(&chain->list, entry);
    }
}

static uint8_t
explicit_states(uint8_t states)
{
    if (states & NW_STATE_NONE) {
        return LINT_ANY_STATE;
    }
    return ((states & NW_STATE_NEW ? LINT_NEW : 0)
            | (states & NW_STATE_ESTABLISHED ? LINT_ORIGINAL | LINT_REPLY : 0)
            | (states & NW_STATE_RELATED ? LINT_RELATED : 0)
            | (states & NW_STATE_INVALID ? LINT_INVALID : 0));
}

/* A rule of ICMP with a type has no counterpart in the other direction. */
static bool
has_icmp_type(const struct nw_rule *rule)
{
    return ((rule->protocol == NW_P_ICMP || rule->protocol == NW_P_ICMPV6)
            && nw_rule_item(rule, NW_A_ICMP_TYPE));
}

/* The states that the layer 3 rule is for, as written or in the other
 * direction; 0 if it does not exist there (reference 1.8, 3.3, 3.4). */
static uint8_t
l3_states(const struct nw_rule *rule, bool other)
{
    bool explicit = rule->has_connstate && rule->statematch;
    bool inout = rule->direction == NW_INOUT;
    bool typed = has_icmp_type(rule);

    if (other && !inout && (explicit || typed)) {
        return 0;
    } else if (nw_rule_item(rule, NW_A_CONNLIMIT_ABOVE)) {
        bool keep = explicit && rule->action != NW_ACTION_ACCEPT;

        return other  ? 0
               : keep ? explicit_states(rule->states)
                      : LINT_ANY_STATE;
    } else if (explicit) {
        return explicit_states(rule->states);
    } else if (!rule->statematch || rule->action != NW_ACTION_ACCEPT
               || inout) {
        return LINT_ANY_STATE;
    } else if (typed) {
        return LINT_NEW | LINT_ORIGINAL | LINT_REPLY;
    }
    return other ? LINT_REPLY : LINT_NEW | LINT_ORIGINAL;
}

/* Whether the rule says more than its protocol does. */
static bool
says_more(const struct lint_box *box)
{
    return (box->empty
            || box->dims
                   & ~(UINT64_C(1) << LINT_ETHERTYPE
                       | UINT64_C(1) << LINT_PROTOCOL));
}

static void
add_l3(struct lint_policy *p, struct lint_rule *r, enum lint_dir dir,
       bool other)
{
    const struct nw_rule *rule = r->rule;
    uint8_t states = l3_states(rule, other);
    bool mirrored = other && !has_icmp_type(rule);
    struct lint_probe probe;

    lint_probe_from_rule(&probe, rule, r->scope, mirrored);
    probe.box.states = states;
    /* The MAC address, which only counts as written, was all there is. */
    bool omitted = mirrored && nw_rule_item(rule, NW_A_SRCMACADDR)
                   && !says_more(&probe.box);

    if (states && !omitted && rule->action != NW_ACTION_CONTINUE) {
        add_entry(p, r, dir, mirrored, &probe.box);
    }
}

static void
add_l2(struct lint_policy *p, struct lint_rule *r, enum lint_dir dir,
       bool mirrored)
{
    struct lint_probe probe;

    lint_probe_from_rule(&probe, r->rule, r->scope, mirrored);
    add_entry(p, r, dir, mirrored, &probe.box);
}

static void
add_entries(struct lint_policy *p, struct lint_rule *r)
{
    enum nw_direction direction = r->rule->direction;
    enum lint_dir written = direction == NW_OUT ? LINT_OUT : LINT_IN;
    enum lint_dir other = written == LINT_IN ? LINT_OUT : LINT_IN;

    if (!lint_rule_is_l2(r)) {
        add_l3(p, r, written, false);
        add_l3(p, r, other, true);
        return;
    }
    add_l2(p, r, written, false);
    if (direction == NW_INOUT) {
        add_l2(p, r, other, true);
    }
}

/* Chains of one priority come in the order of their names. */
static int
compare_chains(const void *a_, const void *b_)
{
    const struct lint_chain *const *ap = a_, *const *bp = b_;
    const struct lint_chain *a = *ap, *b = *bp;

    if (a->priority != b->priority) {
        return a->priority < b->priority ? -1 : 1;
    }
    return strcmp(a->name, b->name);
}

void
lint_policy_init(struct lint_policy *p, const struct nw_filter *top,
                 nw_filter_lookup_func *lookup, void *aux)
{
    struct walk w = { .policy = p, .lookup = lookup, .aux = aux };

    memset(p, 0, sizeof *p);
    p->arena = nw_arena_create();
    walk_filter(&w, top, NULL, NULL);
    if (p->n) {
        qsort(p->rules, p->n, sizeof *p->rules, compare_rules);
    }
    for (size_t i = 0; i < p->n; i++) {
        add_entries(p, &p->rules[i]);
    }
    for (int dir = 0; dir < LINT_N_DIRS; dir++) {
        struct lint_way *way = &p->ways[dir];

        if (way->n_chains) {
            qsort(way->chains, way->n_chains, sizeof *way->chains,
                  compare_chains);
        }
    }
}

void
lint_policy_uninit(struct lint_policy *p)
{
    for (int dir = 0; dir < LINT_N_DIRS; dir++) {
        struct lint_way *way = &p->ways[dir];

        for (size_t i = 0; i < way->n_chains; i++) {
            free(way->chains[i]->list.entries);
            free(way->chains[i]);
        }
        free(way->chains);
        free(way->root.entries);
        free(way->l3.entries);
    }
    free(p->rules);
    nw_arena_destroy(p->arena);
}
