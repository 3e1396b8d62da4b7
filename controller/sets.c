/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/sets.h"

#include <stdlib.h>
#include <string.h>

#include "flows/set-rows.h"
#include "hash.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "ovsdb/policy.h"
#include "util.h"
#include "xml/ipset.h"

VLOG_DEFINE_THIS_MODULE(sets);

static const char missing[] = "does not exist";

struct sets {
    struct shash sets; /* Contains "struct set"s. */
};

struct sets *
sets_create(void)
{
    struct sets *sets = xmalloc(sizeof *sets);

    shash_init(&sets->sets);
    return sets;
}

static void
set_destroy(struct set *set)
{
    sset_destroy(&set->members);
    free(set->error);
    free(set->name);
    free(set);
}

void
sets_destroy(struct sets *sets)
{
    if (sets) {
        struct shash_node *node;

        SHASH_FOR_EACH (node, &sets->sets) {
            set_destroy(node->data);
        }
        shash_destroy(&sets->sets);
        free(sets);
    }
}

static struct set *
obtain(struct sets *sets, const char *name)
{
    struct set *set = shash_find_data(&sets->sets, name);

    if (!set) {
        set = xzalloc(sizeof *set);
        set->name = xstrdup(name);
        sset_init(&set->members);
        set->error = xstrdup(missing);
        shash_add(&sets->sets, name, set);
    }
    return set;
}

static char *
check_member(const struct nw_set_type *type, const char *text)
{
    struct nw_set_entry entry;
    char *error = nw_set_entry_parse(type, text, &entry);

    if (!error && set_rows_count(&entry) > SET_ROWS_MAX) {
        error = xasprintf("'%s' would take more than %d flows", text,
                          SET_ROWS_MAX);
    }
    return error;
}

/* Checks what is new in 'row'; '*typep' receives its type. */
static char *
check_row(const struct set *set, const struct policy_set *row,
          const struct nw_set_type **typep)
{
    const char *member;
    char *error;

    *typep = nw_set_type_find(row->type, &error);
    if (!*typep) {
        return error;
    }
    SSET_FOR_EACH (member, &row->entries) {
        if (set->type != *typep || !sset_contains(&set->members, member)) {
            error = check_member(*typep, member);
            if (error) {
                char *text = xasprintf("can not be used: %s", error);

                free(error);
                return text;
            }
        }
    }
    return NULL;
}

/* Marks the shards of what is in 'a' and not in 'b'. */
static void
mark_difference(struct set *set, const struct sset *a, const struct sset *b)
{
    const char *member;

    SSET_FOR_EACH (member, a) {
        if (!sset_contains(b, member)) {
            bitmap_set1(set->changed, sets_shard(member));
        }
    }
}

static void
adopt(struct set *set, const struct nw_set_type *type,
      const struct sset *members)
{
    if (set->type != type) {
        bitmap_set_multiple(set->changed, 0, SETS_SHARDS, true);
        set->type = type;
    } else {
        mark_difference(set, members, &set->members);
        mark_difference(set, &set->members, members);
    }
    sset_destroy(&set->members);
    sset_clone(&set->members, members);
}

bool
sets_put(struct sets *sets, const char *name, const struct policy_set *row)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);
    struct set *set = obtain(sets, name);
    const struct nw_set_type *type = NULL;
    char *old_error = set->error;

    set->error = row ? check_row(set, row, &type) : xstrdup(missing);
    if (!set->error) {
        adopt(set, type, &row->entries);
    } else if (row || set->n_users) {
        VLOG_WARN_RL(&rl, "address set '%s' %s", name, set->error);
    }

    bool differs = !nullable_string_is_equal(old_error, set->error);

    free(old_error);
    return differs;
}

const char *
sets_error(const struct sets *sets, const char *name)
{
    const struct set *set = shash_find_data(&sets->sets, name);

    return set ? set->error : missing;
}

const struct set *
sets_find(const struct sets *sets, const char *name)
{
    const struct set *set = shash_find_data(&sets->sets, name);

    return set && set->type ? set : NULL;
}

const char *
sets_find_cookie(const struct sets *sets, uint64_t cookie)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &sets->sets) {
        if (set_rows_cookie(node->name) == cookie) {
            return node->name;
        }
    }
    return NULL;
}

void
sets_names(const struct sets *sets, struct sset *names)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &sets->sets) {
        const struct set *set = node->data;

        if (set->type) {
            sset_add(names, node->name);
        }
    }
}

unsigned int
sets_shard(const char *member)
{
    return hash_string(member, 0) % SETS_SHARDS;
}

struct set *
sets_ref(struct sets *sets, const char *name)
{
    struct set *set = shash_find_data(&sets->sets, name);

    set->n_users++;
    return set;
}

void
sets_unref(struct set *set)
{
    set->n_users--;
}

void
sets_end_round(struct sets *sets)
{
    struct shash_node *node;

    SHASH_FOR_EACH_SAFE (node, &sets->sets) {
        struct set *set = node->data;

        memset(set->changed, 0, sizeof set->changed);
        if (!set->n_users && set->error && !strcmp(set->error, missing)) {
            shash_delete(&sets->sets, node);
            set_destroy(set);
        }
    }
}
