/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/filter-graph.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "xml/filter.h"
#include "xml/mem.h"
#include "xml/strbuf.h"

/* Depth first, with a stack of our own: chains of references may be as long as
 * the set of filters. */

/* A filter on the way from the start to where the search is. */
struct step {
    const struct nw_filter *filter; /* NULL if it is not known. */
    size_t name;                    /* Index in 'names', or NO_NAME. */
    size_t next;                    /* Entry to look at next. */
};

#define NO_NAME SIZE_MAX

struct name {
    const char *name;
    bool open; /* On the stack. */
};

struct search {
    nw_filter_lookup_func *lookup;
    void *aux;

    struct name *names; /* Those seen, in the order of visits. */
    size_t n_names, allocated_names;
    size_t *table; /* Hash table: index in 'names' plus one. */
    size_t mask;   /* Slots in 'table' less one. */

    struct step *steps;
    size_t n_steps, allocated_steps;
};

static size_t
hash(const char *s)
{
    uint64_t h = 14695981039346656037u; /* FNV-1a. */

    for (; *s; s++) {
        h = (h ^ (unsigned char) *s) * 1099511628211u;
    }
    return h ^ (h >> 32);
}

/* Returns the slot of 'name', or the empty one where it should go. */
static size_t *
find_slot(const struct search *s, const char *name)
{
    size_t i = hash(name) & s->mask;

    while (s->table[i] && strcmp(s->names[s->table[i] - 1].name, name)) {
        i = (i + 1) & s->mask;
    }
    return &s->table[i];
}

static void
grow_table(struct search *s)
{
    s->mask = s->mask ? s->mask * 2 + 1 : 63;
    free(s->table);
    s->table = nw_xzalloc((s->mask + 1) * sizeof *s->table);
    for (size_t i = 0; i < s->n_names; i++) {
        *find_slot(s, s->names[i].name) = i + 1;
    }
}

/* Returns the index of 'name' in 'names'; '*newp' says whether it is new. */
static size_t
add_name(struct search *s, const char *name, bool *newp)
{
    if (!s->table || s->n_names * 2 > s->mask) {
        grow_table(s);
    }

    size_t *slot = find_slot(s, name);
    *newp = !*slot;
    if (*newp) {
        if (s->n_names >= s->allocated_names) {
            s->names = nw_grow(s->names, &s->allocated_names,
                               sizeof *s->names);
        }
        s->names[s->n_names] = (struct name){ .name = name };
        *slot = ++s->n_names;
    }
    return *slot - 1;
}

static void
push(struct search *s, const struct nw_filter *filter, size_t name)
{
    if (s->n_steps >= s->allocated_steps) {
        s->steps = nw_grow(s->steps, &s->allocated_steps, sizeof *s->steps);
    }
    s->steps[s->n_steps++] = (struct step){ filter, name, 0 };
    if (name != NO_NAME) {
        s->names[name].open = true;
    }
}

/* Goes on to the next reference.  Returns false at the end of the search, true
 * otherwise, with the index of the name in '*namep'.  A filter met for the
 * first time is entered; '*loopp' says whether this one is on the stack. */
static bool
next_reference(struct search *s, size_t *namep, bool *loopp)
{
    while (s->n_steps) {
        struct step *step = &s->steps[s->n_steps - 1];

        if (!step->filter || step->next >= step->filter->n_entries) {
            if (step->name != NO_NAME) {
                s->names[step->name].open = false;
            }
            s->n_steps--;
            continue;
        }

        const struct nw_entry *entry = &step->filter->entries[step->next++];
        if (entry->is_ref) {
            bool is_new;
            *namep = add_name(s, entry->ref.filter, &is_new);
            *loopp = s->names[*namep].open;
            if (is_new) {
                push(s, s->lookup(entry->ref.filter, s->aux), *namep);
            }
            return true;
        }
    }
    return false;
}

static void
search_uninit(struct search *s)
{
    free(s->names);
    free(s->table);
    free(s->steps);
}

static char *
format_loop(const struct search *s, size_t name)
{
    struct nw_strbuf path = { 0 };
    size_t i = 0;

    while (s->steps[i].name != name) {
        i++;
    }
    for (; i < s->n_steps; i++) {
        nw_strbuf_printf(&path, "%s -> ", s->names[s->steps[i].name].name);
    }
    nw_strbuf_puts(&path, s->names[name].name);
    return nw_strbuf_steal(&path);
}

bool
nw_filter_find_loop(const struct nw_filter *start,
                    nw_filter_lookup_func *lookup, void *aux, char **pathp)
{
    struct search s = { .lookup = lookup, .aux = aux };
    bool loop = false;
    size_t name;

    push(&s, start, add_name(&s, start->name, &loop));
    loop = false;
    while (!loop && next_reference(&s, &name, &loop)) {
        continue;
    }
    if (pathp) {
        *pathp = loop ? format_loop(&s, name) : NULL;
    }
    search_uninit(&s);
    return loop;
}

bool
nw_filter_reaches(const struct nw_filter *start, const char *name,
                  nw_filter_lookup_func *lookup, void *aux)
{
    struct search s = { .lookup = lookup, .aux = aux };
    bool found = false, loop;
    size_t i;

    push(&s, start, NO_NAME);
    while (!found && next_reference(&s, &i, &loop)) {
        found = !strcmp(s.names[i].name, name);
    }
    search_uninit(&s);
    return found;
}

void
nw_filter_visit(const struct nw_filter *start, nw_filter_lookup_func *lookup,
                void *aux,
                void (*visit)(const struct nw_filter *, void *visit_aux),
                void *visit_aux)
{
    struct search s = { .lookup = lookup, .aux = aux };
    bool is_new = false, loop;
    size_t name, n_seen = 1;

    push(&s, start, add_name(&s, start->name, &is_new));
    visit(start, visit_aux);
    while (next_reference(&s, &name, &loop)) {
        if (s.n_names > n_seen) { /* For the first time: it is on top. */
            const struct nw_filter *filter = s.steps[s.n_steps - 1].filter;

            n_seen = s.n_names;
            if (filter) {
                visit(filter, visit_aux);
            }
        }
    }
    search_uninit(&s);
}
