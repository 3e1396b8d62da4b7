/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/bridge-sets.h"

#include <stdlib.h>

#include "bitmap.h"
#include "controller/programs.h"
#include "controller/sets.h"
#include "flows/flow-table.h"
#include "flows/flow.h"
#include "flows/predicate.h"
#include "flows/program.h"
#include "flows/set-rows.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "util.h"
#include "xml/ipset.h"

VLOG_DEFINE_THIS_MODULE(bridge_sets);

struct bridge_sets {
    struct sets *sets;
    struct flow_table *desired;
    struct shash uses; /* Text to "struct bridge_use". */
};

struct bridge_use {
    struct set_use use;
    struct set *set;
    size_t n_programs;
    bool fresh; /* No rows yet. */
};

struct bridge_sets *
bridge_sets_create(struct sets *sets, struct flow_table *desired)
{
    struct bridge_sets *bs = xmalloc(sizeof *bs);

    bs->sets = sets;
    bs->desired = desired;
    shash_init(&bs->uses);
    return bs;
}

static void
use_destroy(struct bridge_use *bu)
{
    set_use_uninit(&bu->use);
    sets_unref(bu->set);
    free(bu);
}

void
bridge_sets_destroy(struct bridge_sets *bs)
{
    struct shash_node *node;

    if (!bs) {
        return;
    }
    SHASH_FOR_EACH (node, &bs->uses) {
        use_destroy(node->data);
    }
    shash_destroy(&bs->uses);
    free(bs);
}

/* iptables takes such a rule, too, and it never matches there either. */
static void
warn_if_idle(const struct predicate *p, const struct bridge_use *bu)
{
    const struct set *set = bu->set;

    if (bu->fresh && set->type && p->use.flags.n < set->type->n_dims) {
        VLOG_WARN("%s:%d: never matches: address set '%s' of type %s needs "
                  "%" PRIuSIZE " ipsetflags",
                  p->file, p->line, set->name, set->type->name,
                  set->type->n_dims);
    }
}

static const struct bridge_use *
begin_use(struct bridge_sets *bs, const struct set_use *use)
{
    char *text = set_use_format(use);
    struct bridge_use *bu = shash_find_data(&bs->uses, text);

    if (!bu) {
        bu = xzalloc(sizeof *bu);
        set_use_clone(&bu->use, use);
        bu->set = sets_ref(bs->sets, use->set);
        bu->fresh = true;
        shash_add(&bs->uses, text, bu);
    }
    bu->n_programs++;
    free(text);
    return bu;
}

void
bridge_sets_use(struct bridge_sets *bs, const struct program_entry *entry)
{
    const struct predicate *predicates;
    size_t n = entry->program ? program_predicates(entry->program, &predicates)
                              : 0;

    for (size_t i = 0; i < n; i++) {
        if (predicates[i].use.set) {
            warn_if_idle(&predicates[i], begin_use(bs, &predicates[i].use));
        }
    }
    for (size_t i = 0; i < entry->n_uses; i++) {
        begin_use(bs, &entry->uses[i]);
    }
}

/* A use without programs stays until bridge_sets_run(): where a program is
 * replaced by its next version, it comes back at once. */
static void
end_use(struct bridge_sets *bs, const struct set_use *use)
{
    char *text = set_use_format(use);
    struct bridge_use *bu = shash_find_data(&bs->uses, text);

    bu->n_programs--;
    free(text);
}

void
bridge_sets_drop(struct bridge_sets *bs, const struct program_entry *entry)
{
    const struct predicate *predicates;
    size_t n = entry->program ? program_predicates(entry->program, &predicates)
                              : 0;

    for (size_t i = 0; i < n; i++) {
        if (predicates[i].use.set) {
            end_use(bs, &predicates[i].use);
        }
    }
    for (size_t i = 0; i < entry->n_uses; i++) {
        end_use(bs, &entry->uses[i]);
    }
}

static void
add_member(const struct bridge_use *bu, const char *member,
           struct flow_set *rows)
{
    struct nw_set_entry entry;
    char *error = nw_set_entry_parse(bu->set->type, member, &entry);

    ovs_assert(!error); /* sets.c has checked it. */
    set_rows_add(&bu->use, bu->set->type, &entry, rows);
}

/* Gives the rows of the shards in 'which' to the table; none at all if the use
 * has ended. */
static void
set_rows(struct bridge_sets *bs, const char *text, const struct bridge_use *bu,
         const unsigned long *which)
{
    struct flow_set rows[SETS_SHARDS];
    const char *member;
    size_t i;

    for (i = 0; i < SETS_SHARDS; i++) {
        flow_set_init(&rows[i]);
    }
    if (bu->n_programs) {
        SSET_FOR_EACH (member, &bu->set->members) {
            unsigned int shard = sets_shard(member);

            if (bitmap_is_set(which, shard)) {
                add_member(bu, member, &rows[shard]);
            }
        }
    }
    BITMAP_FOR_EACH_1 (i, SETS_SHARDS, which) {
        char *owner = xasprintf("%s #%" PRIuSIZE, text, i);

        flow_table_replace(bs->desired, owner, &rows[i]);
        free(owner);
    }
    for (i = 0; i < SETS_SHARDS; i++) {
        flow_set_uninit(&rows[i]);
    }
}

void
bridge_sets_run(struct bridge_sets *bs)
{
    unsigned long all[BITMAP_N_LONGS(SETS_SHARDS)] = { 0 };
    struct shash_node *node;

    bitmap_set_multiple(all, 0, SETS_SHARDS, true);
    SHASH_FOR_EACH_SAFE (node, &bs->uses) {
        struct bridge_use *bu = node->data;

        if (bu->fresh || !bu->n_programs) {
            set_rows(bs, node->name, bu, all);
            bu->fresh = false;
        } else if (!bitmap_is_all_zeros(bu->set->changed, SETS_SHARDS)) {
            set_rows(bs, node->name, bu, bu->set->changed);
        }
        if (!bu->n_programs) {
            shash_delete(&bs->uses, node);
            use_destroy(bu);
        }
    }
}
