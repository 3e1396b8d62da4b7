/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/program-chains.h"

#include <stdlib.h>
#include <string.h>

#include "flows/flow.h"
#include "flows/lower.h"
#include "flows/ruleset.h"
#include "openvswitch/packets.h"
#include "packets.h"
#include "util.h"
#include "xml/diag.h"

/* A chain other than root, in one direction. */
struct chain {
    const char *name;
    int priority; /* That of its last rule's filter. */
    const struct program_rule **rules;
    size_t n, allocated;
    bool returns;
    struct sg_segment *first;
};

/* Chains that were jumped to from the current segment of root.  They come
 * after it, so that a jump goes forward. */
struct pending {
    struct chain **chains;
    size_t n;
    struct sg_segment *after; /* Where "return" leads. */
    struct build *build;
    int dir;
    bool ok;
};

static const struct nw_rule *
rule_of(const struct program_rule *r)
{
    return program_rs_rule(r)->rule;
}

/* The frames that a chain gets, by its name's prefix (reference 2.1). */
static void
chain_selector(const char *name, struct match *match)
{
    static const struct {
        const char *prefix;
        uint16_t eth_type;
    } types[] = {
        { "ipv4", ETH_TYPE_IP },
        { "ipv6", ETH_TYPE_IPV6 },
        { "arp", ETH_TYPE_ARP },
        { "rarp", ETH_TYPE_RARP },
    };

    match_init_catchall(match);
    if (!strncmp(name, "stp", 3)) {
        match_set_dl_dst(match, eth_addr_stp);
    } else if (!strncmp(name, "vlan", 4)) {
        match_set_dl_tci_masked(match, htons(VLAN_CFI), htons(VLAN_CFI));
    }
    for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
        if (!strncmp(name, types[i].prefix, strlen(types[i].prefix))) {
            match_set_dl_type(match, htons(types[i].eth_type));
            match_set_dl_tci_masked(match, 0, htons(VLAN_CFI));
        }
    }
}

/* Adds the rules of a chain that is not root.  Its end accepts. */
static bool
build_chain(struct build *b, int dir, struct sg_stage *stage,
            const struct chain *chain, struct sg_segment *after)
{
    struct chain_sink sink = { .stage = stage, .cur = chain->first };
    bool ok = true;

    sg_append(stage, chain->first);
    for (size_t i = 0; i < chain->n; i++) {
        struct sg_target target = { SG_ACCEPT, NULL, false };

        switch (rule_of(chain->rules[i])->action) {
        case NW_ACTION_ACCEPT:
            break;
        case NW_ACTION_DROP:
        case NW_ACTION_REJECT:
            target.verdict = SG_DROP;
            break;
        case NW_ACTION_RETURN:
            target = (struct sg_target){ SG_SEGMENT, after, false };
            break;
        case NW_ACTION_CONTINUE:
            /* Says nothing, but what it says has to be right. */
            ok = program_add_rule(b, chain->rules[i], dir, NULL, target) && ok;
            continue;
        }
        ok = program_add_rule(b, chain->rules[i], dir, &sink, target) && ok;
    }
    return ok;
}

/* Appends what was jumped to, then the segment that follows. */
static void
flush_pending(struct chain_sink *sink, struct sg_segment *next)
{
    struct pending *p = sink->pending;

    for (size_t i = 0; p && i < p->n; i++) {
        p->ok = build_chain(p->build, p->dir, sink->stage, p->chains[i], next)
                && p->ok;
    }
    if (p) {
        p->n = 0;
    }
    sg_append(sink->stage, next);
    sink->cur = next;
}

void
chain_add_rule(struct chain_sink *sink, const struct lw_rule *lw,
               struct sg_target target, uint64_t rule_id)
{
    struct sg_segment *cur = sink->cur;
    bool closed = sg_add_rule(sink->stage, &cur, lw, target, rule_id);

    if (closed) {
        flush_pending(sink, cur);
    } else {
        sink->cur = cur;
    }
}

static void
add_jump(struct chain_sink *sink, struct chain *chain)
{
    struct match match;

    chain->first = sg_segment_create();
    chain->first->chain = program_keep_name(sink->pending->build, chain->name);
    chain_selector(chain->name, &match);
    sg_add_match(sink->stage, sink->cur, &match, 0,
                 (struct sg_target){ SG_SEGMENT, chain->first, false });
    sink->pending->chains[sink->pending->n++] = chain;
    if (chain->returns) {
        struct sg_segment *next = sg_segment_create();

        sink->cur->fallthrough = (struct sg_target){ SG_SEGMENT, next, false };
        flush_pending(sink, next);
    }
}

/* What stands in the root chain, in order. */
static bool
build_root(struct build *b, int dir, struct chain_sink *sink,
           struct program_rule *const *root, size_t n_root,
           struct chain **chains, size_t n_chains)
{
    bool ok = true;
    size_t c = 0;

    for (size_t i = 0; i <= n_root; i++) {
        /* On equal priority the jump comes first. */
        while (c < n_chains
               && (i == n_root
                   || chains[c]->priority <= rule_of(root[i])->priority)) {
            add_jump(sink, chains[c++]);
        }
        if (i == n_root) {
            break;
        }

        struct sg_target target = { SG_ACCEPT, NULL, false };
        enum nw_action action = rule_of(root[i])->action;

        if (action == NW_ACTION_DROP || action == NW_ACTION_REJECT) {
            target.verdict = SG_DROP;
        }
        ok = program_add_rule(b, root[i], dir,
                              action == NW_ACTION_CONTINUE ? NULL : sink,
                              target)
             && ok;
    }
    return ok;
}

static int
compare_chains(const void *a_, const void *b_)
{
    const struct chain *const *ap = a_;
    const struct chain *const *bp = b_;
    const struct chain *a = *ap, *b = *bp;

    if (a->priority != b->priority) {
        return a->priority < b->priority ? -1 : 1;
    }
    return strcmp(a->name, b->name);
}

static struct chain *
find_chain(struct chain **chains, size_t *np, const char *name)
{
    for (size_t i = 0; i < *np; i++) {
        if (!strcmp(chains[i]->name, name)) {
            return chains[i];
        }
    }

    struct chain *chain = xzalloc(sizeof *chain);

    chain->name = name;
    chains[(*np)++] = chain;
    return chain;
}

/* Sorts the layer 2 rules of a direction into root and the other chains. */
static void
sort_into_chains(struct program_rule *const *rules, size_t n, int dir,
                 struct program_rule **root, size_t *n_rootp,
                 struct chain **chains, size_t *n_chainsp)
{
    for (size_t i = 0; i < n; i++) {
        const struct rs_rule *rs = program_rs_rule(rules[i]);

        if (nw_protocol_layer(rs->rule->protocol) != NW_L2
            || !lw_orient(rs->rule, dir).present) {
            continue;
        }
        if (!strcmp(rs->filter->chain, "root")) {
            root[(*n_rootp)++] = rules[i];
            continue;
        }

        struct chain *chain = find_chain(chains, n_chainsp, rs->filter->chain);

        if (chain->n >= chain->allocated) {
            chain->rules = x2nrealloc(chain->rules, &chain->allocated,
                                      sizeof *chain->rules);
        }
        chain->rules[chain->n++] = rules[i];
        chain->priority = rs->filter->priority;
        chain->returns |= rs->rule->action == NW_ACTION_RETURN;
    }
}

bool
chain_build_l2(struct build *b, int dir, struct sg_stage *stage)
{
    struct program_rule *const *rules;
    size_t n = program_rules(b, &rules);
    struct program_rule **root = xmalloc((n + 1) * sizeof *root);
    struct chain **chains = xmalloc((n + 1) * sizeof *chains);
    struct pending pending = {
        .chains = xmalloc((n + 1) * sizeof *pending.chains),
        .build = b,
        .dir = dir,
        .ok = true,
    };
    struct chain_sink sink = {
        .stage = stage,
        .cur = sg_segment_create(),
        .pending = &pending,
    };
    size_t n_root = 0, n_chains = 0;

    sort_into_chains(rules, n, dir, root, &n_root, chains, &n_chains);
    qsort(chains, n_chains, sizeof *chains, compare_chains);
    sg_append(stage, sink.cur);

    bool ok = build_root(b, dir, &sink, root, n_root, chains, n_chains);

    flush_pending(&sink, sg_segment_create());
    for (size_t i = 0; i < n_chains; i++) {
        free(chains[i]->rules);
        free(chains[i]);
    }
    free(pending.chains);
    free(chains);
    free(root);
    free(CONST_CAST(struct program_rule **, rules));
    return ok && pending.ok;
}

/* Layer 3 knows no chains: one list, whose end accepts.  "return" leaves it,
 * which is the same. */
bool
chain_build_l3(struct build *b, int dir, enum nw_layer layer,
               struct sg_stage *stage, struct nw_diags *diags)
{
    struct program_rule *const *rules;
    size_t n = program_rules(b, &rules);
    struct chain_sink sink = { .stage = stage, .cur = sg_segment_create() };
    bool ok = true;

    sg_append(stage, sink.cur);
    for (size_t i = 0; i < n; i++) {
        const struct rs_rule *rs = program_rs_rule(rules[i]);
        struct sg_target target = { SG_ACCEPT, NULL, false };

        if (nw_protocol_layer(rs->rule->protocol) != layer) {
            continue;
        }
        if (rs->rule->action == NW_ACTION_CONTINUE) {
            nw_error(diags, rs->filter->file, rs->rule->line,
                     "action 'continue' is for layer 2 rules only");
            ok = false;
        } else if (rs->rule->action == NW_ACTION_DROP) {
            target.verdict = SG_DROP;
        } else if (rs->rule->action == NW_ACTION_REJECT) {
            target.verdict = SG_REJECT;
        }
        ok = program_add_rule(b, rules[i], dir, &sink, target) && ok;
    }
    free(CONST_CAST(struct program_rule **, rules));
    return ok;
}
