/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/programs.h"

#include <stdlib.h>
#include <string.h>

#include "controller/filter-store.h"
#include "controller/log-events.h"
#include "flows/flow.h"
#include "flows/pipeline.h"
#include "flows/predicate.h"
#include "flows/program.h"
#include "flows/set-rows.h"
#include "flows/stable-id.h"
#include "switch/leftovers.h"
#include "timeval.h"
#include "util.h"
#include "xml/diag.h"

struct programs {
    struct ovs_list entries; /* Contains "struct program_entry"s. */
    struct program_limits limits;
    struct histogram compile_times;
};

struct programs *
programs_create(void)
{
    struct programs *programs = xzalloc(sizeof *programs);

    ovs_list_init(&programs->entries);
    programs->limits.max_flows = PROGRAM_MAX_FLOWS_DEFAULT;
    return programs;
}

static void
entry_destroy(struct program_entry *entry)
{
    program_destroy(entry->program);
    if (entry->taken_over) {
        flow_set_uninit(entry->taken_over);
        free(entry->taken_over);
    }
    for (size_t i = 0; i < entry->n_uses; i++) {
        set_use_uninit(&entry->uses[i]);
    }
    free(entry->uses);
    free(entry->filter);
    free(entry->own_port);
    free(entry->key);
    free(entry->owner);
    free(entry->error);
    free(entry);
}

void
programs_destroy(struct programs *programs)
{
    if (programs) {
        struct program_entry *entry;

        LIST_FOR_EACH_POP (entry, node, &programs->entries) {
            entry_destroy(entry);
        }
        free(programs);
    }
}

void
programs_set_max_flows(struct programs *programs, size_t max_flows)
{
    if (max_flows != programs->limits.max_flows) {
        struct program_entry *entry;

        programs->limits.max_flows = max_flows;
        LIST_FOR_EACH (entry, node, &programs->entries) {
            entry->retired = true;
        }
    }
}

size_t
programs_max_flows(const struct programs *programs)
{
    return programs->limits.max_flows;
}

void
programs_retire(struct programs *programs, const struct sset *filters)
{
    struct program_entry *entry;

    LIST_FOR_EACH (entry, node, &programs->entries) {
        const char *name;

        if (entry->retired) {
            continue;
        }
        SSET_FOR_EACH (name, filters) {
            if (sset_contains(program_filters(entry->program), name)) {
                entry->retired = true;
                break;
            }
        }
    }
}

/* Whether a program of that key can not have the id; NULL is a key that no
 * program has. */
static bool
id_is_taken(const struct programs *programs, uint32_t id, const char *key)
{
    const struct program_entry *entry;

    LIST_FOR_EACH (entry, node, &programs->entries) {
        /* A retired program of the same key will give way, and so will one
         * whose key is not known. */
        if (entry->id == id
            && !(key && entry->retired
                 && (!entry->program || !strcmp(entry->key, key)))) {
            return true;
        }
    }
    return false;
}

/* Sets the key and the number that follows from it. */
static void
set_key(struct program_entry *entry)
{
    const char *key = program_key(entry->program);

    if (entry->own_port || entry->tells_accepts) {
        entry->key = xasprintf("%s%s%s%s", key,
                               entry->own_port ? " of port " : "",
                               entry->own_port ? entry->own_port : "",
                               entry->tells_accepts ? ", accepts logged" : "");
        entry->id = stable_id(entry->key);
    } else {
        entry->key = xstrdup(key);
        entry->id = program_default_id(entry->program);
    }
}

static bool
wants_accepts(const struct program_variant *variant,
              const struct program *program)
{
    const char *name;

    if (variant->tells_accepts || !variant->filters) {
        return variant->tells_accepts;
    }
    SSET_FOR_EACH (name, program_filters(program)) {
        if (filter_store_log(variant->filters, name) & LOG_ACCEPT) {
            return true;
        }
    }
    return false;
}

static struct program_entry *
compile(struct programs *programs, const char *filter,
        const struct program_variant *variant, const struct nw_vars *vars,
        filter_lookup_func *lookup, void *aux)
{
    const struct nw_filter *top = lookup(filter, aux);
    struct nw_diags diags = { .n = 0 };
    struct program_entry *entry = xzalloc(sizeof *entry);
    struct program_limits limits = programs->limits;
    long long int start;

    ovs_assert(top);
    entry->filter = xstrdup(filter);
    start = time_usec();
    entry->own_port = nullable_xstrdup(variant->own_port);
    limits.count_all = variant->own_port != NULL;
    entry->program = program_build(top, lookup, aux, vars, &limits, &diags);
    entry->tells_accepts = wants_accepts(variant, entry->program);
    histogram_add(&programs->compile_times, time_usec() - start);
    if (!program_is_ok(entry->program)) {
        entry->error = nw_diags_first_error(&diags);
    }

    set_key(entry);
    while (!entry->id || id_is_taken(programs, entry->id, entry->key)) {
        entry->id++;
    }
    entry->owner = xasprintf("program %s", entry->key);
    ovs_list_push_back(&programs->entries, &entry->node);
    nw_diags_clear(&diags);
    return entry;
}

struct program_entry *
programs_get(struct programs *programs, const char *filter,
             const struct program_variant *variant, const struct nw_vars *vars,
             filter_lookup_func *lookup, void *aux)
{
    struct program_entry *entry;

    LIST_FOR_EACH (entry, node, &programs->entries) {
        if (!entry->retired && !strcmp(entry->filter, filter)
            && nullable_string_is_equal(entry->own_port, variant->own_port)
            && program_fits(entry->program, vars)
            && entry->tells_accepts
                   == wants_accepts(variant, entry->program)) {
            return entry;
        }
    }
    return compile(programs, filter, variant, vars, lookup, aux);
}

/* Whether the flows are those that the entry has in a switch.  The rows of
 * address sets are not a compiled program's. */
static bool
has_flows(const struct program_entry *entry, const struct flow_set *flows)
{
    const struct of_flow *flow;
    struct flow_set own;
    bool same = true;
    size_t n = 0;

    flow_set_init(&own);
    program_entry_flows(entry, &own);
    FLOW_SET_FOR_EACH (flow, flows) {
        if (!entry->program || flow->table != PL_T_SET) {
            const struct of_flow *other = flow_set_find(&own, flow);

            same = same && other && of_flow_same_value(flow, other);
            n++;
        }
    }
    same = same && n == hmap_count(&own.flows);
    flow_set_uninit(&own);
    return same;
}

static char *
taken_over_owner(uint32_t id)
{
    /* Sorts after the owners of address sets, whose rows are newer. */
    return xasprintf("taken over: program %08" PRIx32, id);
}

struct program_entry *
programs_take_over(struct programs *programs, uint32_t id,
                   const struct leftovers *l)
{
    const struct flow_set *flows = leftovers_find_program(l, id);
    const struct set_use *uses;
    struct program_entry *entry;

    LIST_FOR_EACH (entry, node, &programs->entries) {
        if (entry->id == id && !entry->error && has_flows(entry, flows)) {
            return entry;
        }
    }
    entry = xzalloc(sizeof *entry);
    entry->id = id;
    entry->owner = taken_over_owner(id);
    entry->retired = true;
    entry->taken_over = xmalloc(sizeof *entry->taken_over);
    flow_set_init(entry->taken_over);
    leftovers_copy_program(flows, id, entry->taken_over);
    entry->n_uses = leftovers_find_uses(l, id, &uses);
    entry->uses = xcalloc(entry->n_uses + 1, sizeof *entry->uses);
    for (size_t i = 0; i < entry->n_uses; i++) {
        set_use_clone(&entry->uses[i], &uses[i]);
    }
    ovs_list_push_back(&programs->entries, &entry->node);
    return entry;
}

bool
programs_is_displaced(const struct programs *programs,
                      const struct program_entry *old)
{
    const struct program_entry *entry;

    if (!old->retired) {
        return false;
    }
    LIST_FOR_EACH (entry, node, &programs->entries) {
        if (entry != old && entry->id == old->id
            && (entry->planned || entry->n_ports)) {
            return true;
        }
    }
    return false;
}

bool
programs_any_displaced(const struct programs *programs)
{
    const struct program_entry *entry;

    LIST_FOR_EACH (entry, node, &programs->entries) {
        if (programs_is_displaced(programs, entry)) {
            return true;
        }
    }
    return false;
}

bool
programs_set_aside(struct programs *programs, struct program_entry *old)
{
    if (!programs_is_displaced(programs, old)) {
        return false;
    }

    const char *key = old->key;
    uint32_t id = stable_idf("%s %" PRIu32, key ? key : "", old->id);

    while (!id || id_is_taken(programs, id, NULL)) {
        id++;
    }
    old->id = id;
    free(old->owner);
    old->owner = key ? xasprintf("program %s, version %08" PRIx32, key, id)
                     : taken_over_owner(id);
    return true;
}

void
programs_clean(struct programs *programs)
{
    struct program_entry *entry;

    LIST_FOR_EACH_SAFE (entry, node, &programs->entries) {
        entry->planned = false;
        if (!entry->n_ports) {
            ovs_list_remove(&entry->node);
            entry_destroy(entry);
        }
    }
}

void
program_entry_flows(const struct program_entry *entry, struct flow_set *set)
{
    if (entry->program && entry->tells_accepts) {
        program_telling_flows(entry->program, entry->id, set);
    } else if (entry->program) {
        program_flows(entry->program, entry->id, set);
    } else {
        leftovers_copy_program(entry->taken_over, entry->id, set);
    }
}

unsigned int
program_entry_needs(const struct program_entry *entry)
{
    return (entry->program ? program_needs(entry->program)
                           : leftovers_needs(entry->taken_over));
}

bool
program_entry_same_rows(const struct program_entry *a,
                        const struct program_entry *b)
{
    const struct predicate *pa, *pb;

    if (!a->program || !b->program) {
        return false;
    }

    size_t na = program_predicates(a->program, &pa);
    size_t nb = program_predicates(b->program, &pb);

    if (na != nb) {
        return false;
    }
    for (size_t i = 0; i < na; i++) {
        if (pa[i].key != pb[i].key || strcmp(pa[i].text, pb[i].text)) {
            return false;
        }
    }
    return true;
}

const struct histogram *
programs_compile_times(const struct programs *programs)
{
    return &programs->compile_times;
}

const struct ovs_list *
programs_list(const struct programs *programs)
{
    return &programs->entries;
}
