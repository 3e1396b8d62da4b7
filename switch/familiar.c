/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "switch/familiar.h"

#include <stdlib.h>

#include "hash.h"
#include "lib/flow.h" /* Open vSwitch's, for "struct miniflow". */
#include "openvswitch/hmap.h"
#include "util.h"

/* A match's form, or an action's, in a table. */
struct kind {
    struct hmap_node node; /* Its hash is all there is. */
};

struct familiar {
    struct hmap kinds; /* Contains "struct kind"s. */
};

/* Called with each kind that a flow is made of; true goes on. */
typedef bool kind_cb(struct familiar *, uint32_t kind);

struct familiar *
familiar_create(void)
{
    struct familiar *f = xmalloc(sizeof *f);

    hmap_init(&f->kinds);
    return f;
}

void
familiar_destroy(struct familiar *f)
{
    if (f) {
        familiar_clear(f);
        hmap_destroy(&f->kinds);
        free(f);
    }
}

void
familiar_clear(struct familiar *f)
{
    struct kind *kind;

    HMAP_FOR_EACH_POP (kind, node, &f->kinds) {
        free(kind);
    }
}

static bool
has_kind(struct familiar *f, uint32_t kind)
{
    return hmap_first_with_hash(&f->kinds, kind) != NULL;
}

static bool
add_kind(struct familiar *f, uint32_t hash)
{
    if (!has_kind(f, hash)) {
        struct kind *kind = xmalloc(sizeof *kind);

        hmap_insert(&f->kinds, &kind->node, hash);
    }
    return true;
}

/* All of a learn() but the cookie of the flows that it makes. */
static uint32_t
learn_kind(const struct ofpact *action, uint32_t basis)
{
    struct ofpact_learn *learn = xmemdup(action, action->len);
    uint32_t hash;

    learn->cookie = 0;
    hash = hash_bytes(learn, action->len, basis);
    free(learn);
    return hash;
}

static uint32_t
action_kind(const struct ofpact *action, uint32_t basis)
{
    const struct mf_field *field;

    switch ((int) action->type) {
    case OFPACT_OUTPUT:
        return hash_int(action->type, basis);
    case OFPACT_SET_FIELD:
        field = ofpact_get_SET_FIELD(action)->field;
        return hash_int(field->id, hash_int(action->type, basis));
    case OFPACT_LEARN:
        return learn_kind(action, basis);
    default:
        return hash_bytes(action, action->len, basis);
    }
}

static uint32_t
match_kind(const struct of_flow *flow)
{
    const struct miniflow *masks = &flow->match.mask->masks;
    uint32_t basis = hash_bytes(&masks->map, sizeof masks->map, flow->table);

    return hash_bytes64(miniflow_get_values(masks),
                        MINIFLOW_VALUES_SIZE(miniflow_n_values(masks)), basis);
}

static bool
for_each_action(struct familiar *f, const struct ofpact *actions, size_t len,
                uint32_t basis, kind_cb *cb)
{
    const struct ofpact *action;

    OFPACT_FOR_EACH (action, actions, len) {
        const struct ofpact_nest *nest = (action->type == OFPACT_CLONE
                                              ? ofpact_get_CLONE(action)
                                              : NULL);

        if (nest ? !for_each_action(f, nest->actions,
                                    ofpact_nest_get_action_len(nest),
                                    hash_int(OFPACT_CLONE, basis), cb)
                 : !cb(f, action_kind(action, basis))) {
            return false;
        }
    }
    return true;
}

static bool
for_each_kind(struct familiar *f, const struct of_flow *flow, kind_cb *cb)
{
    return (cb(f, match_kind(flow))
            && for_each_action(f, flow->ofpacts, flow->ofpacts_len,
                               flow->table, cb));
}

static bool
for_each_change(struct familiar *f, const struct flow_change *changes,
                size_t n, kind_cb *cb)
{
    for (size_t i = 0; i < n; i++) {
        if (changes[i].kind != FLOW_DELETE
            && !for_each_kind(f, changes[i].flow, cb)) {
            return false;
        }
    }
    return true;
}

void
familiar_add(struct familiar *f, const struct flow_change *changes, size_t n)
{
    for_each_change(f, changes, n, add_kind);
}

bool
familiar_has(const struct familiar *f, const struct flow_change *changes,
             size_t n)
{
    return for_each_change(CONST_CAST(struct familiar *, f), changes, n,
                           has_kind);
}
