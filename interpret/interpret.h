/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef INTERPRET_INTERPRET_H
#define INTERPRET_INTERPRET_H 1

/* A plain interpreter of filters: what nwfilter's semantics say about one
 * frame at one port, worked out rule by rule, without any flow.
 *
 * It is a second reading of the semantics reference, on purpose without a line
 * in common with the compiler: it lists the rules as ebtables chains and
 * iptables rule lists (reference 2.2, 3) and walks them from the top.
 * tests/differential compares it with the switch, tests/libvirt with libvirt;
 * `trace' and `test' show its opinion.
 *
 * Pure: no I/O, no clock.  Connection state comes from the caller
 * (interpret/ct.h has a tracker). */

#include <stdbool.h>
#include <stddef.h>

#include "interpret/frame.h"
#include "xml/filter.h"

struct ds;
struct nw_diags;
struct nw_vars;

/* Where filters and address sets come from.  Every callback gets 'aux'. */
struct interpret_env {
    /* NULL if there is no such filter.  Filters must outlive the policy. */
    const struct nw_filter *(*find_filter)(const char *name, void *aux);

    /* Does the address set exist?  May be NULL: there are no sets. */
    bool (*find_set)(const char *name, void *aux);

    /* Is what the frame has at 'flags' (already swapped where the rule is
     * mirrored) a member of the set?  Called for IP frames only. */
    bool (*test_set)(const char *name, const struct nw_ipset_flags *flags,
                     const struct interpret_frame *, void *aux);

    /* The number of live connections from the frame's source address that
     * have reached rule 'key', an opaque identity, this one included.  May be
     * NULL: connlimit-above is refused. */
    unsigned int (*count_connections)(const void *key,
                                      const struct interpret_frame *,
                                      void *aux);
    void *aux;

    /* Refuse what the switch can not express (the last paragraph of the
     * deviations list) as the compiler must, instead of interpreting it. */
    bool refuse_inexpressible;
};

/* A filter with all it refers to, put together for one port. */
struct interpret_policy;

/* Flattens filter 'name', with the port's own variables 'vars' (which hold
 * MAC), as instantiation does.  Returns NULL, with at least one error that
 * names file and line in 'diags', where libvirt refuses to instantiate.
 * 'name' and 'vars' may go away afterwards; 'env' and its filters may not. */
struct interpret_policy *interpret_policy_create(const struct interpret_env *,
                                                 const char *name,
                                                 const struct nw_vars *vars,
                                                 struct nw_diags *diags);
void interpret_policy_destroy(struct interpret_policy *); /* NULL is fine. */

/* True if a rule for 'family' (4 or 6) looks at connection state: then layer 3
 * sees fragments put together (reference 3.5). */
bool interpret_tests_state(const struct interpret_policy *, int family);

/* True if a rule looks for RELATED: then connections that one announces to
 * another matter. */
bool interpret_tests_related(const struct interpret_policy *);

/* Connection state of a frame, as iptables' conntrack match calls it.  'reply'
 * says that it travels against the direction of its connection's first
 * frame. */
enum interpret_state {
    INTERPRET_UNTRACKED, /* Neighbour discovery, MLD: no state. */
    INTERPRET_NEW,
    INTERPRET_ESTABLISHED,
    INTERPRET_RELATED,
    INTERPRET_INVALID,
};

struct interpret_conn {
    enum interpret_state state;
    bool reply;
};

enum interpret_verdict {
    INTERPRET_ACCEPT,
    INTERPRET_DROP,
    INTERPRET_REJECT, /* Dropped, and the sender is told. */
};

/* What one layer said. */
struct interpret_decision {
    bool reached; /* False: an earlier layer dropped it, or the
                   * layer does not look at such frames. */
    bool has_rules;
    enum interpret_verdict verdict;
    const char *chain;              /* In which chain, for layer 2. */
    const struct nw_filter *filter; /* Both NULL: no rule, the end of the */
    const struct nw_rule *rule;     /* chain decided. */
};

struct interpret_result {
    enum interpret_verdict verdict;
    struct interpret_decision l2, l3;
    const char **chains; /* Layer 2 chains entered, in order. */
    size_t n_chains, allocated_chains;
};

#define INTERPRET_RESULT_INITIALIZER \
    {                                \
        .chains = NULL               \
    }

/* Interprets 'frame' in 'direction' (NW_IN or NW_OUT, as the guest sees it).
 * '*result' may be used again; interpret_result_uninit() frees it.  Names in
 * it are borrowed from the policy. */
void interpret_frame(const struct interpret_policy *,
                     const struct interpret_frame *, enum nw_direction,
                     const struct interpret_conn *, struct interpret_result *);
void interpret_result_uninit(struct interpret_result *);

/* The decision that made the verdict in 'direction': of the layer that dropped
 * the frame, or of the last one with rules that it passed. */
const struct interpret_decision *
interpret_result_decision(const struct interpret_result *, enum nw_direction);

/* Does the frame get as far as connection tracking and layer 3?  What the
 * guest sends must pass layer 2 first; '*result' says what became of it. */
bool interpret_reaches_layer3(const struct interpret_policy *,
                              const struct interpret_frame *,
                              enum nw_direction, struct interpret_result *);

const char *interpret_verdict_name(enum interpret_verdict);
const char *interpret_state_name(enum interpret_state);

/* Appends one line a layer, such as "layer 2: drop in chain arp-mac by
 * FILE:LINE: drop out arp". */
void interpret_result_format(const struct interpret_result *, struct ds *);

/* Appends the chains and rule lists of the policy, one rule a line. */
void interpret_policy_format(const struct interpret_policy *, struct ds *);

#endif /* interpret/interpret.h */
