/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/lint-box.h"

#include <assert.h>
#include <string.h>

#include "xml/arena.h"

int
lint_num_compare(struct lint_num a, struct lint_num b)
{
    if (a.hi != b.hi) {
        return a.hi < b.hi ? -1 : 1;
    }
    return a.lo < b.lo ? -1 : a.lo > b.lo;
}

static bool
is_within(const struct lint_set *a, const struct lint_set *b)
{
    return lint_num_compare(a->lo, b->lo) >= 0
           && lint_num_compare(a->hi, b->hi) <= 0;
}

static bool
is_apart(const struct lint_set *a, const struct lint_set *b)
{
    return lint_num_compare(a->hi, b->lo) < 0
           || lint_num_compare(b->hi, a->lo) < 0;
}

static uint64_t
bit(enum lint_dim dim)
{
    return UINT64_C(1) << dim;
}

static size_t
set_index(const struct lint_box *box, enum lint_dim dim)
{
    return __builtin_popcountll(box->dims & (bit(dim) - 1));
}

const struct lint_set *
lint_box_get(const struct lint_box *box, enum lint_dim dim)
{
    return box->dims & bit(dim) ? &box->sets[set_index(box, dim)] : NULL;
}

void
lint_probe_init(struct lint_probe *probe)
{
    static_assert(LINT_N_DIMS <= 64, "dims is too small");
    probe->box = (struct lint_box){
        .states = LINT_ANY_STATE,
        .sets = probe->storage,
    };
}

void
lint_probe_clone(struct lint_probe *probe, const struct lint_box *box)
{
    size_t n = __builtin_popcountll(box->dims);

    memcpy(probe->storage, box->sets, n * sizeof *box->sets);
    probe->box = *box;
    probe->box.sets = probe->storage;
}

void
lint_probe_set(struct lint_probe *probe, enum lint_dim dim,
               const struct lint_set *set)
{
    struct lint_box *box = &probe->box;
    struct lint_set copy = *set;
    size_t i = set_index(box, dim);

    if (!(box->dims & bit(dim))) {
        size_t n = __builtin_popcountll(box->dims);

        memmove(&box->sets[i + 1], &box->sets[i], (n - i) * sizeof *set);
        box->dims |= bit(dim);
    }
    box->sets[i] = copy;
}

void
lint_probe_set_num(struct lint_probe *probe, enum lint_dim dim, uint64_t lo,
                   uint64_t hi)
{
    const struct lint_set set = {
        .literal = true,
        .lo = { .lo = lo },
        .hi = { .lo = hi },
    };
    lint_probe_set(probe, dim, &set);
}

void
lint_probe_set_token(struct lint_probe *probe, enum lint_dim dim,
                     const char *token)
{
    const struct lint_set set = { .token = token };
    const struct lint_set *old = lint_box_get(&probe->box, dim);

    if (!old || old->negate) {
        lint_probe_set(probe, dim, &set);
    }
}

bool
lint_set_is_range(const struct lint_set *set)
{
    return set->literal && !set->negate;
}

bool
lint_probe_intersect(struct lint_probe *probe, const struct lint_box *box)
{
    const struct lint_set *theirs = box->sets;

    probe->box.states &= box->states;
    for (int dim = 0; dim < LINT_N_DIMS; dim++) {
        if (!(box->dims & bit(dim))) {
            continue;
        }

        const struct lint_set *ours = lint_box_get(&probe->box, dim);
        if (!ours || (!lint_set_is_range(ours) && lint_set_is_range(theirs))) {
            lint_probe_set(probe, dim, theirs);
        } else if (lint_set_is_range(ours) && lint_set_is_range(theirs)) {
            struct lint_set both = *ours;

            if (is_apart(ours, theirs)) {
                return false;
            }
            if (lint_num_compare(theirs->lo, both.lo) > 0) {
                both.lo = theirs->lo;
            }
            if (lint_num_compare(theirs->hi, both.hi) < 0) {
                both.hi = theirs->hi;
            }
            lint_probe_set(probe, dim, &both);
        }
        theirs++;
    }
    return probe->box.states && !probe->box.empty && !box->empty;
}

void
lint_box_copy(struct lint_box *box, const struct lint_box *src,
              struct nw_arena *arena)
{
    size_t n = __builtin_popcountll(src->dims);

    *box = *src;
    box->sets = nw_arena_alloc(arena, n * sizeof *box->sets);
    memcpy(box->sets, src->sets, n * sizeof *box->sets);
}

const struct nw_param *
lint_scope_find(const struct lint_scope *scope, const char *name)
{
    const struct nw_param *found = NULL;

    for (; scope; scope = scope->outer) {
        for (size_t i = 0; i < scope->ref->n_params; i++) {
            if (!strcmp(scope->ref->params[i].name, name)) {
                found = &scope->ref->params[i];
            }
        }
    }
    return found;
}

bool
lint_same_values(const struct nw_param *a, const struct nw_param *b)
{
    if (a == b) {
        return true;
    } else if (!a || !b || a->n_values != b->n_values) {
        return false;
    }
    for (size_t i = 0; i < a->n_values; i++) {
        if (strcmp(a->values[i], b->values[i])) {
            return false;
        }
    }
    return true;
}

bool
lint_same_access(const struct nw_access *a, const struct lint_scope *a_scope,
                 const struct nw_access *b, const struct lint_scope *b_scope)
{
    const char *a_prefix = a->prefix ? a->prefix : "";
    const char *b_prefix = b->prefix ? b->prefix : "";

    return (!strcmp(a->name, b->name) && a->kind == b->kind
            && a->index == b->index && !strcmp(a_prefix, b_prefix)
            && lint_same_values(lint_scope_find(a_scope, a->name),
                                lint_scope_find(b_scope, b->name)));
}

static bool
same_value(const struct nw_value *a, const struct nw_value *b)
{
    switch (a->type) {
    case NW_T_MAC:
    case NW_T_MAC_MASK:
        return !memcmp(a->mac, b->mac, sizeof a->mac);
    case NW_T_IPV4:
        return a->ipv4 == b->ipv4;
    case NW_T_IPV6:
        return !memcmp(a->ipv6, b->ipv6, sizeof a->ipv6);
    case NW_T_TCP_FLAGS:
        return a->tcp.mask == b->tcp.mask && a->tcp.flags == b->tcp.flags;
    case NW_T_IPSET_FLAGS:
        return (a->ipset_flags.n == b->ipset_flags.n
                && a->ipset_flags.dst == b->ipset_flags.dst);
    case NW_T_IPSET:
    case NW_T_STRING:
        return !strcmp(a->string, b->string);
    case NW_T_BOOL:
        return a->boolean == b->boolean;
    case NW_T_STATE:
        return a->states == b->states;
    case NW_T_U8:
    case NW_T_U16:
    case NW_T_U32:
    case NW_T_U16_DEC:
    case NW_T_IPV4_MASK:
    case NW_T_IPV6_MASK:
    case NW_T_ETHERTYPE:
    case NW_T_ARP_OPCODE:
    case NW_T_IP_PROTOCOL:
        break;
    }
    return a->num == b->num;
}

/* Whether the items 'i' of both say the same, negation apart. */
static bool
same_item(const struct lint_set *a, const struct lint_set *b, int i)
{
    const struct nw_item *x = a->items[i], *y = b->items[i];

    if (!x || !y) {
        return x == y;
    } else if (x->is_variable != y->is_variable
               || x->field->type != y->field->type) {
        return false;
    }
    return x->is_variable
               ? lint_same_access(&x->access, a->scope, &y->access, b->scope)
               : same_value(&x->value, &y->value);
}

static bool
same_items(const struct lint_set *a, const struct lint_set *b)
{
    if (a->token || b->token || a->unique || b->unique) {
        return false;
    }
    return (a->mirrored == b->mirrored && same_item(a, b, 0)
            && same_item(a, b, 1));
}

/* Whether 'set' is of the variable that 'token' names. */
static bool
is_token(const struct lint_set *set, const char *token)
{
    for (int i = 0; i < 2; i++) {
        const struct nw_item *item = set->items[i];

        if (item && item->is_variable && !strcmp(item->access.name, token)) {
            return true;
        }
    }
    return set->token && !strcmp(set->token, token);
}

static enum lint_relation
typical_relation(const struct lint_set *set, const struct lint_set *packets)
{
    bool hit = false;

    if (!packets) {
        hit = set->any;
    } else if (packets->token) {
        hit = is_token(set, packets->token);
    } else if (set->literal && packets->literal) {
        hit = !packets->negate && is_within(packets, set);
    } else if (!set->literal && !packets->literal
               && same_items(set, packets)) {
        hit = !packets->negate;
    }
    return hit != set->negate ? LINT_ALL : LINT_NONE;
}

static enum lint_relation
range_relation(const struct lint_set *set, const struct lint_set *packets)
{
    if (!packets->negate) {
        bool inside = is_within(packets, set);

        if (inside || is_apart(packets, set)) {
            return inside != set->negate ? LINT_ALL : LINT_NONE;
        }
    } else if (is_within(set, packets)) {
        return set->negate ? LINT_ALL : LINT_NONE;
    }
    return LINT_SOME;
}

static enum lint_relation
every_relation(const struct lint_set *set, const struct lint_set *packets)
{
    if (!packets) {
        return LINT_SOME;
    } else if (set->literal && packets->literal) {
        return range_relation(set, packets);
    } else if (set->literal || packets->literal) {
        return LINT_SOME;
    }
    return (set->negate == packets->negate && same_items(set, packets)
                ? LINT_ALL
                : LINT_SOME);
}

enum lint_relation
lint_box_relation(const struct lint_box *box, const struct lint_box *packets,
                  enum lint_mode mode)
{
    enum lint_relation result = LINT_ALL;
    const struct lint_set *set = box->sets;

    if (box->empty || packets->empty || !(box->states & packets->states)) {
        return LINT_NONE;
    } else if (packets->states & ~box->states) {
        result = LINT_SOME;
    }
    for (uint64_t dims = box->dims; dims; dims &= dims - 1) {
        enum lint_dim dim = __builtin_ctzll(dims);
        const struct lint_set *theirs = lint_box_get(packets, dim);
        enum lint_relation relation = (mode == LINT_TYPICAL
                                           ? typical_relation(set, theirs)
                                           : every_relation(set, theirs));

        if (relation < result) {
            result = relation;
        }
        if (result == LINT_NONE) {
            return result;
        }
        set++;
    }
    return result;
}
