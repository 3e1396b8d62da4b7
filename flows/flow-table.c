/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/flow-table.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/list.h"
#include "openvswitch/shash.h"
#include "util.h"

/* Who wants flows.  Lives until it wants none and none of its former flows
 * waits for deletion (or until the function that works on it has finished). */
struct flow_owner {
    const char *name; /* The shash node's. */
    char *needed;     /* See flow_table_set_needed(), or NULL. */
    char *was_needed; /* The same when its flows last were in the switch. */
    struct flow_set flows;
    size_t n_refs; /* Slots that have it as 'last_owner'. */
    bool held;
};

/* A place in the switch's tables.
 *
 * As long as the slot is clean, the switch holds the first of the wanted
 * flows there; a clean slot that nobody wants does not exist.  'installed' is
 * only used while the slot is dirty. */
struct slot {
    struct hmap_node node;         /* In "struct flow_table"'s 'slots'. */
    struct of_flow *wanted;        /* Chained by 'next', by name of owner. */
    struct of_flow *installed;     /* A reference, or NULL for nothing. */
    struct flow_owner *last_owner; /* Who wanted it, if nobody does now. */
    struct ovs_list dirty_node;    /* In "struct flow_table"'s 'dirty'. */
    bool dirty;
};

struct flow_table {
    struct shash owners;   /* Contains "struct flow_owner"s. */
    struct hmap slots;     /* Contains "struct slot"s. */
    struct ovs_list dirty; /* Contains "struct slot"s. */
    size_t n_wanted;       /* Slots that somebody wants. */
    size_t n_held;
    uint64_t version;
    bool checked; /* 'has_changes' is valid. */
    bool has_changes;
};

struct sort_entry {
    const struct of_flow *flow;
    char *match;
};

static struct flow_owner *owner_obtain(struct flow_table *, const char *name);
static void owner_unref(struct flow_table *, struct flow_owner *);
static void owner_set_held(struct flow_table *, struct flow_owner *, bool);
static void owner_hold(struct flow_table *, struct flow_owner *);
static void owner_release(struct flow_table *, struct flow_owner *);
static bool owner_is_clean(const struct flow_table *,
                           const struct flow_owner *);
static bool owner_is_installed(const struct flow_table *,
                               const struct flow_owner *);
static void owner_destroy(struct flow_owner *);

static struct slot *slot_find(const struct flow_table *,
                              const struct of_flow *key);
static struct slot *slot_obtain(struct flow_table *,
                                const struct of_flow *key);
static struct flow_owner *slot_owner(const struct slot *);
static bool slot_edit(struct flow_table *, struct slot *, struct of_flow *old,
                      struct of_flow *new);
static void slot_set_last_owner(struct flow_table *, struct slot *,
                                struct flow_owner *);
static bool slot_set_installed(struct flow_table *, struct slot *,
                               struct of_flow *);
static void slot_destroy(struct flow_table *, struct slot *);

static int compare_changes(const void *, const void *);
static int compare_sort_entries(const void *, const void *);

struct flow_table *
flow_table_create(void)
{
    struct flow_table *t = xzalloc(sizeof *t);
    shash_init(&t->owners);
    hmap_init(&t->slots);
    ovs_list_init(&t->dirty);
    return t;
}

void
flow_table_destroy(struct flow_table *t)
{
    if (!t) {
        return;
    }

    struct slot *slot;
    HMAP_FOR_EACH_POP (slot, node, &t->slots) {
        of_flow_destroy(slot->installed);
        free(slot);
    }
    hmap_destroy(&t->slots);

    struct shash_node *node;
    SHASH_FOR_EACH (node, &t->owners) {
        owner_destroy(node->data);
    }
    shash_destroy(&t->owners);
    free(t);
}

size_t
flow_table_replace(struct flow_table *t, const char *name,
                   struct flow_set *flows)
{
    struct flow_owner *owner = owner_obtain(t, name);
    if ((owner->needed || owner->was_needed) && owner_is_clean(t, owner)) {
        free(owner->was_needed);
        owner->was_needed = nullable_xstrdup(owner->needed);
    }

    struct flow_set old = owner->flows;
    hmap_moved(&old.flows);
    flow_set_init(&owner->flows);
    owner->n_refs++;

    size_t n_changed = 0;
    bool differs = false;
    struct of_flow *flow;
    HMAP_FOR_EACH_POP (flow, node, &flows->flows) {
        struct of_flow *same = flow_set_find(&old, flow);
        if (same) {
            hmap_remove(&old.flows, &same->node);
            if (of_flow_same_value(same, flow)) {
                of_flow_destroy(flow);
                hmap_insert(&owner->flows.flows, &same->node, same->hash);
                continue;
            }
        }
        flow->owner = owner;
        hmap_insert(&owner->flows.flows, &flow->node, flow->hash);
        n_changed += slot_edit(t, slot_obtain(t, flow), same, flow);
        differs = true;
    }
    HMAP_FOR_EACH_POP (flow, node, &old.flows) {
        n_changed += slot_edit(t, slot_find(t, flow), flow, NULL);
        differs = true;
    }
    flow_set_uninit(&old);

    if (differs) {
        owner_release(t, owner);
    }
    owner_unref(t, owner);
    t->version += n_changed > 0;
    return n_changed;
}

void
flow_table_set_needed(struct flow_table *t, const char *name,
                      const char *needed_name)
{
    struct flow_owner *owner = shash_find_data(&t->owners, name);
    if (owner) {
        free(owner->needed);
        owner->needed = nullable_xstrdup(needed_name);
        if (needed_name && flow_table_is_held(t, needed_name)) {
            owner_hold(t, owner);
        }
    }
}

const struct of_flow *
flow_table_find(const struct flow_table *t, const struct of_flow *key)
{
    const struct slot *slot = slot_find(t, key);
    return slot ? slot->wanted : NULL;
}

const char *
flow_table_find_owner(const struct flow_table *t, const struct of_flow *key)
{
    const struct of_flow *flow = flow_table_find(t, key);
    return flow ? flow->owner->name : NULL;
}

size_t
flow_table_count(const struct flow_table *t)
{
    return t->n_wanted;
}

size_t
flow_table_count_installed(const struct flow_table *t)
{
    const struct slot *slot;
    size_t n = t->n_wanted;
    LIST_FOR_EACH (slot, dirty_node, &t->dirty) {
        n += slot->installed != NULL;
        n -= slot->wanted != NULL;
    }
    return n;
}

uint64_t
flow_table_version(const struct flow_table *t)
{
    return t->version;
}

size_t
flow_table_sorted(const struct flow_table *t, const struct of_flow ***flowsp)
{
    struct sort_entry *entries = xmalloc(t->n_wanted * sizeof *entries);
    size_t n = 0;

    const struct slot *slot;
    HMAP_FOR_EACH (slot, node, &t->slots) {
        if (slot->wanted) {
            entries[n].flow = slot->wanted;
            entries[n++].match = minimatch_to_string(&slot->wanted->match,
                                                     NULL,
                                                     OFP_DEFAULT_PRIORITY);
        }
    }
    qsort(entries, n, sizeof *entries, compare_sort_entries);

    *flowsp = xmalloc(n * sizeof **flowsp);
    for (size_t i = 0; i < n; i++) {
        (*flowsp)[i] = entries[i].flow;
        free(entries[i].match);
    }
    free(entries);
    return n;
}

bool
flow_table_set_installed(struct flow_table *t, const struct of_flow *key,
                         const struct of_flow *value)
{
    struct slot *slot = value ? slot_obtain(t, key) : slot_find(t, key);
    return slot
           && slot_set_installed(t, slot, value ? of_flow_ref(value) : NULL);
}

const struct of_flow *
flow_table_find_installed(const struct flow_table *t,
                          const struct of_flow *key)
{
    const struct slot *slot = slot_find(t, key);
    return !slot ? NULL : slot->dirty ? slot->installed : slot->wanted;
}

void
flow_table_for_each(const struct flow_table *t, flow_table_cb *cb, void *aux)
{
    const struct slot *slot;
    HMAP_FOR_EACH (slot, node, &t->slots) {
        cb(slot->wanted, slot->dirty ? slot->installed : slot->wanted, aux);
    }
}

void
flow_table_set_all_installed(struct flow_table *t, struct flow_set *installed)
{
    struct slot *slot;
    HMAP_FOR_EACH_SAFE (slot, node, &t->slots) {
        struct of_flow *flow = flow_set_find(installed, slot->wanted
                                                            ? slot->wanted
                                                            : slot->installed);
        if (flow) {
            hmap_remove(&installed->flows, &flow->node);
        }
        slot_set_installed(t, slot, flow);
    }

    struct of_flow *flow;
    HMAP_FOR_EACH_POP (flow, node, &installed->flows) {
        slot_set_installed(t, slot_obtain(t, flow), flow);
    }
}

size_t
flow_table_changes(const struct flow_table *t, struct flow_change **changesp)
{
    size_t n = 0;
    struct flow_change *changes = xmalloc(ovs_list_size(&t->dirty)
                                          * sizeof *changes);

    const struct slot *slot;
    LIST_FOR_EACH (slot, dirty_node, &t->dirty) {
        const struct flow_owner *owner = slot_owner(slot);
        if (!owner || !owner->held) {
            struct flow_change *c = &changes[n++];
            c->kind = (!slot->wanted     ? FLOW_DELETE
                       : slot->installed ? FLOW_MODIFY
                                         : FLOW_ADD);
            c->flow = slot->wanted ? slot->wanted : slot->installed;
        }
    }
    qsort(changes, n, sizeof *changes, compare_changes);
    *changesp = changes;
    return n;
}

bool
flow_table_has_changes(struct flow_table *t)
{
    if (!t->checked) {
        const struct slot *slot;

        t->has_changes = false;
        LIST_FOR_EACH (slot, dirty_node, &t->dirty) {
            const struct flow_owner *owner = slot_owner(slot);
            if (!owner || !owner->held) {
                t->has_changes = true;
                break;
            }
        }
        t->checked = true;
    }
    return t->has_changes;
}

bool
flow_table_hold(struct flow_table *t, const struct of_flow *key)
{
    const struct slot *slot = slot_find(t, key);
    struct flow_owner *owner = slot ? slot_owner(slot) : NULL;
    if (owner) {
        owner_hold(t, owner);
    }
    return owner != NULL;
}

void
flow_table_release(struct flow_table *t)
{
    struct shash_node *node;
    SHASH_FOR_EACH (node, &t->owners) {
        owner_set_held(t, node->data, false);
    }
}

size_t
flow_table_n_held(const struct flow_table *t)
{
    return t->n_held;
}

bool
flow_table_is_held(const struct flow_table *t, const char *name)
{
    const struct flow_owner *owner = shash_find_data(&t->owners, name);
    return owner && owner->held;
}

static struct flow_owner *
owner_obtain(struct flow_table *t, const char *name)
{
    struct flow_owner *owner = shash_find_data(&t->owners, name);
    if (!owner) {
        owner = xzalloc(sizeof *owner);
        flow_set_init(&owner->flows);
        owner->name = shash_add(&t->owners, name, owner)->name;
    }
    return owner;
}

static void
owner_unref(struct flow_table *t, struct flow_owner *owner)
{
    if (!--owner->n_refs && hmap_is_empty(&owner->flows.flows)) {
        owner_set_held(t, owner, false);
        shash_find_and_delete_assert(&t->owners, owner->name);
        owner_destroy(owner);
    }
}

static void
owner_destroy(struct flow_owner *owner)
{
    flow_set_uninit(&owner->flows);
    free(owner->needed);
    free(owner->was_needed);
    free(owner);
}

static void
owner_set_held(struct flow_table *t, struct flow_owner *owner, bool held)
{
    if (owner->held != held) {
        owner->held = held;
        t->n_held += held ? 1 : -1;
        t->checked = false;
    }
}

static void
owner_hold_needed(struct flow_table *t, const char *name)
{
    struct flow_owner *owner = name ? shash_find_data(&t->owners, name) : NULL;
    if (owner) {
        owner_hold(t, owner);
    }
}

static void
owner_hold(struct flow_table *t, struct flow_owner *owner)
{
    struct shash_node *node;

    if (owner->held) {
        return;
    }
    owner_set_held(t, owner, true);
    SHASH_FOR_EACH (node, &t->owners) {
        struct flow_owner *other = node->data;
        if (other->needed && !strcmp(other->needed, owner->name)) {
            owner_hold(t, other);
        }
    }
    if (owner_is_installed(t, owner)) {
        owner_hold_needed(t, owner->needed);
        owner_hold_needed(t, owner->was_needed);
    }
}

/* Ends that for the owner and for those who need it. */
static void
owner_release(struct flow_table *t, struct flow_owner *owner)
{
    struct shash_node *node;

    if (!owner->held) {
        return;
    }
    owner_set_held(t, owner, false);
    SHASH_FOR_EACH (node, &t->owners) {
        struct flow_owner *other = node->data;
        if (other->needed && !strcmp(other->needed, owner->name)) {
            owner_release(t, other);
        }
    }
}

/* True if the switch holds what the owner wants, and nothing else of it. */
static bool
owner_is_clean(const struct flow_table *t, const struct flow_owner *owner)
{
    const struct of_flow *flow;
    FLOW_SET_FOR_EACH (flow, &owner->flows) {
        if (slot_find(t, flow)->dirty) {
            return false;
        }
    }
    return !owner->n_refs;
}

/* True if the switch holds a flow of the owner's, or in the place of one. */
static bool
owner_is_installed(const struct flow_table *t, const struct flow_owner *owner)
{
    const struct of_flow *flow;
    FLOW_SET_FOR_EACH (flow, &owner->flows) {
        const struct slot *slot = slot_find(t, flow);
        if (!slot->dirty || slot->installed) {
            return true;
        }
    }
    return owner->n_refs > 0;
}

static struct slot *
slot_find(const struct flow_table *t, const struct of_flow *key)
{
    struct slot *slot;
    HMAP_FOR_EACH_WITH_HASH (slot, node, key->hash, &t->slots) {
        if (of_flow_same_key(slot->wanted ? slot->wanted : slot->installed,
                             key)) {
            return slot;
        }
    }
    return NULL;
}

/* A slot that is created here is clean, wanted by nobody, and must not stay
 * so. */
static struct slot *
slot_obtain(struct flow_table *t, const struct of_flow *key)
{
    struct slot *slot = slot_find(t, key);
    if (!slot) {
        slot = xzalloc(sizeof *slot);
        hmap_insert(&t->slots, &slot->node, key->hash);
    }
    return slot;
}

static struct flow_owner *
slot_owner(const struct slot *slot)
{
    return slot->wanted ? slot->wanted->owner : slot->last_owner;
}

/* Removes 'old', which is destroyed, from the flows wanted in the slot and
 * adds 'new' (either may be NULL; they belong to the same owner).  Returns
 * true if the desired value changed.  The slot may be gone afterwards. */
static bool
slot_edit(struct flow_table *t, struct slot *slot, struct of_flow *old,
          struct of_flow *new)
{
    struct of_flow *before = slot->wanted ? of_flow_ref(slot->wanted) : NULL;
    struct flow_owner *owner = old ? old->owner : new->owner;
    struct of_flow *installed = slot->dirty ? slot->installed : before;
    struct of_flow **p;

    if (old) {
        for (p = &slot->wanted; *p != old; p = &(*p)->next) {
            continue;
        }
        *p = old->next;
        of_flow_destroy(old);
    }
    if (new) {
        for (p = &slot->wanted;
             *p && strcmp((*p)->owner->name, owner->name) < 0;
             p = &(*p)->next) {
            continue;
        }
        new->next = *p;
        *p = new;
    }

    struct of_flow *after = slot->wanted;
    bool changed = !(before && after ? of_flow_same_value(before, after)
                                     : before == after);
    t->n_wanted += (after != NULL) - (before != NULL);
    slot_set_last_owner(t, slot, after ? NULL : owner);
    slot_set_installed(t, slot, installed ? of_flow_ref(installed) : NULL);
    of_flow_destroy(before);
    return changed;
}

static void
slot_set_last_owner(struct flow_table *t, struct slot *slot,
                    struct flow_owner *owner)
{
    struct flow_owner *old = slot->last_owner;
    if (old != owner) {
        slot->last_owner = owner;
        if (owner) {
            owner->n_refs++;
        }
        if (old) {
            owner_unref(t, old);
        }
    }
}

/* Takes note that the switch holds 'installed' in the slot, and takes
 * ownership of that reference.  Returns true if something else is desired.
 * The slot may be gone afterwards. */
static bool
slot_set_installed(struct flow_table *t, struct slot *slot,
                   struct of_flow *installed)
{
    bool dirty = !(slot->wanted && installed
                       ? of_flow_same_value(slot->wanted, installed)
                       : !slot->wanted && !installed);

    if (slot->dirty && !dirty) {
        ovs_list_remove(&slot->dirty_node);
    } else if (!slot->dirty && dirty) {
        ovs_list_push_back(&t->dirty, &slot->dirty_node);
    }
    slot->dirty = dirty;
    t->checked = false;

    of_flow_destroy(slot->installed);
    slot->installed = dirty ? installed : NULL;
    if (!dirty) {
        of_flow_destroy(installed);
        if (!slot->wanted) {
            slot_destroy(t, slot);
        }
    }
    return dirty;
}

/* Destroys a clean slot. */
static void
slot_destroy(struct flow_table *t, struct slot *slot)
{
    slot_set_last_owner(t, slot, NULL);
    hmap_remove(&t->slots, &slot->node);
    free(slot);
}

static int
compare_changes(const void *a_, const void *b_)
{
    const struct flow_change *a = a_;
    const struct flow_change *b = b_;
    bool a_last = a->kind == FLOW_DELETE;
    bool b_last = b->kind == FLOW_DELETE;
    return a_last != b_last ? a_last - b_last
                            : of_flow_compare(a->flow, b->flow);
}

static int
compare_sort_entries(const void *a_, const void *b_)
{
    const struct sort_entry *a = a_;
    const struct sort_entry *b = b_;
    if (a->flow->table != b->flow->table) {
        return a->flow->table < b->flow->table ? -1 : 1;
    }
    if (a->flow->priority != b->flow->priority) {
        return a->flow->priority > b->flow->priority ? -1 : 1;
    }
    return strcmp(a->match, b->match);
}
