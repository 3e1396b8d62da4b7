/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/flood.h"

#include <stdlib.h>
#include <string.h>

#include "bitmap.h"
#include "flows/actions.h"
#include "flows/flow-table.h"
#include "flows/flow.h"
#include "flows/pipeline.h"
#include "flows/port-flows.h"
#include "hash.h"
#include "openvswitch/hmap.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"

/* Lists are numbered: 0 has the ports that are in every VLAN, VLAN + 1 the
 * others that are in it. */
#define N_LISTS (1 + 4096)

/* Ports of a list whose numbers begin alike. */
struct chunk {
    struct hmap_node node; /* In flood's 'chunks'. */
    uint16_t list, number;
    uint32_t ports[PL_N_FLOODS]; /* Bit i: port number * 32 + i. */
    bool dirty;
};
BUILD_ASSERT_DECL(FLOOD_CHUNK_PORTS == 32);

struct member {
    struct hmap_node node; /* In flood's 'members'. */
    uint16_t ofport;
    bool unknown, hairpin;
    uint16_t *lists;
    size_t n_lists, allocated;
};

struct flood {
    struct hmap members; /* By ofport. */
    struct hmap chunks;
    unsigned long *dirty_lists;            /* Whose set of chunks changed. */
    bool dirty;                            /* Anything at all. */
    size_t n_chunks[N_LISTS][PL_N_FLOODS]; /* That are not empty. */
};

struct flood *
flood_create(void)
{
    struct flood *f = xzalloc(sizeof *f);

    hmap_init(&f->members);
    hmap_init(&f->chunks);
    f->dirty_lists = bitmap_allocate(N_LISTS);
    return f;
}

static void
member_destroy(struct member *m)
{
    free(m->lists);
    free(m);
}

void
flood_destroy(struct flood *f)
{
    struct member *m;
    struct chunk *c;

    if (!f) {
        return;
    }
    HMAP_FOR_EACH_POP (m, node, &f->members) {
        member_destroy(m);
    }
    HMAP_FOR_EACH_POP (c, node, &f->chunks) {
        free(c);
    }
    hmap_destroy(&f->members);
    hmap_destroy(&f->chunks);
    free(f->dirty_lists);
    free(f);
}

static struct chunk *
get_chunk(struct flood *f, uint16_t list, uint16_t number)
{
    uint32_t hash = hash_2words(list, number);
    struct chunk *c;

    HMAP_FOR_EACH_WITH_HASH (c, node, hash, &f->chunks) {
        if (c->list == list && c->number == number) {
            return c;
        }
    }
    c = xzalloc(sizeof *c);
    c->list = list;
    c->number = number;
    hmap_insert(&f->chunks, &c->node, hash);
    return c;
}

/* Sets or clears a port's bit in one list. */
static void
put_port(struct flood *f, uint16_t list, uint16_t ofport,
         enum pipeline_flood kind, bool present)
{
    struct chunk *c = get_chunk(f, list, ofport / FLOOD_CHUNK_PORTS);
    uint32_t bit = 1u << ofport % FLOOD_CHUNK_PORTS;
    uint32_t ports = present ? c->ports[kind] | bit : c->ports[kind] & ~bit;

    if (ports != c->ports[kind]) {
        if (!ports != !c->ports[kind]) {
            f->n_chunks[list][kind] += ports ? 1 : -1;
            bitmap_set1(f->dirty_lists, list);
        }
        c->ports[kind] = ports;
        c->dirty = f->dirty = true;
    }
}

static void
put_member(struct flood *f, const struct member *m, bool present)
{
    for (size_t i = 0; i < m->n_lists; i++) {
        put_port(f, m->lists[i], m->ofport, PL_FLOOD_BROADCAST, present);
        put_port(f, m->lists[i], m->ofport, PL_FLOOD_UNKNOWN,
                 present && m->unknown);
        put_port(f, m->lists[i], m->ofport, PL_FLOOD_HAIRPIN,
                 present && m->hairpin);
    }
}

static struct member *
find_member(const struct flood *f, uint16_t ofport)
{
    struct member *m;

    HMAP_FOR_EACH_WITH_HASH (m, node, hash_int(ofport, 0), &f->members) {
        if (m->ofport == ofport) {
            return m;
        }
    }
    return NULL;
}

static void
add_list(struct member *m, uint16_t list)
{
    if (m->n_lists >= m->allocated) {
        m->lists = x2nrealloc(m->lists, &m->allocated, sizeof *m->lists);
    }
    m->lists[m->n_lists++] = list;
}

static void
add_vlan(uint16_t vlan, void *m)
{
    add_list(m, vlan + 1);
}

void
flood_set_port(struct flood *f, const struct port_config *p, bool unknown,
               bool hairpin)
{
    struct member *m = xzalloc(sizeof *m);
    struct member *old = find_member(f, p->ofport);

    m->ofport = p->ofport;
    m->unknown = unknown;
    m->hairpin = hairpin;
    if (port_vlans(p, add_vlan, m)) {
        add_list(m, 0);
    }
    if (old && old->unknown == unknown && old->hairpin == hairpin
        && old->n_lists == m->n_lists
        && !memcmp(old->lists, m->lists, m->n_lists * sizeof *m->lists)) {
        member_destroy(m);
        return;
    }
    flood_remove_port(f, p->ofport);
    hmap_insert(&f->members, &m->node, hash_int(p->ofport, 0));
    put_member(f, m, true);
}

void
flood_remove_port(struct flood *f, uint16_t ofport)
{
    struct member *m = find_member(f, ofport);

    if (m) {
        put_member(f, m, false);
        hmap_remove(&f->members, &m->node);
        member_destroy(m);
    }
}

static uint32_t
chunk_key(uint16_t list, uint16_t number)
{
    return (uint32_t) list << 16 | number;
}

static uint64_t
flood_cookie(uint8_t table, uint16_t list, uint16_t number)
{
    return pipeline_cookie(PL_K_PORT,
                           (uint64_t) table << 32 | chunk_key(list, number));
}

/* The ports of one chunk. */
static void
chunk_flows(const struct chunk *c, struct flow_set *set)
{
    for (int kind = 0; kind < PL_N_FLOODS; kind++) {
        struct match match = MATCH_CATCHALL_INITIALIZER;
        struct ofpbuf acts;

        if (!c->ports[kind]) {
            continue;
        }
        ofpbuf_init(&acts, 4096);
        for (int i = 0; i < FLOOD_CHUNK_PORTS; i++) {
            if (c->ports[kind] & (1u << i)) {
                size_t begin = act_clone_begin(&acts);

                act_load(&acts, PL_R_OUT_PORT,
                         c->number * FLOOD_CHUNK_PORTS + i);
                act_resubmit(&acts, PL_T_EGRESS);
                act_clone_end(&acts, begin);
            }
        }
        match_set_reg(&match, PL_R_SEGMENT - MFF_REG0,
                      chunk_key(c->list, c->number));
        match_set_reg(&match, PL_R_MODE - MFF_REG0, kind);
        flow_set_add(set, of_flow_create(PL_T_FLOOD_CHUNK, 100,
                                         flood_cookie(PL_T_FLOOD_CHUNK,
                                                      c->list, c->number),
                                         &match, &acts));
        ofpbuf_uninit(&acts);
    }
}

static int
compare_chunks(const void *a_, const void *b_)
{
    const struct chunk *const *ap = a_;
    const struct chunk *const *bp = b_;
    uint32_t a = chunk_key((*ap)->list, (*ap)->number);
    uint32_t b = chunk_key((*bp)->list, (*bp)->number);

    return a < b ? -1 : a > b;
}

/* All chunks sorted; the caller frees the array. */
static size_t
sort_chunks(const struct flood *f, const struct chunk ***sortedp)
{
    size_t n = 0;
    struct chunk *c;

    *sortedp = xmalloc((hmap_count(&f->chunks) + 1) * sizeof **sortedp);
    HMAP_FOR_EACH (c, node, &f->chunks) {
        (*sortedp)[n++] = c;
    }
    qsort(*sortedp, n, sizeof **sortedp, compare_chunks);
    return n;
}

/* The chunks of one VLAN, or of frames in all other VLANs (list 0). */
static void
list_flow(const struct flood *f, uint16_t list, enum pipeline_flood kind,
          const struct chunk *const *chunks, size_t n_chunks,
          struct flow_set *set)
{
    struct match match = MATCH_CATCHALL_INITIALIZER;
    struct ofpbuf acts;
    size_t visited = f->n_chunks[0][kind];

    visited += list ? f->n_chunks[list][kind] : 0;
    ofpbuf_init(&acts, 4096);
    for (size_t i = 0; i < n_chunks; i++) {
        const struct chunk *c = chunks[i];

        if (c->ports[kind] && (c->list == 0 || c->list == list)) {
            act_load(&acts, PL_R_SEGMENT, chunk_key(c->list, c->number));
            if (visited > FLOOD_DIRECT_CHUNKS) {
                act_group(&acts, PL_GROUP_FORK);
            } else {
                act_resubmit(&acts, PL_T_FLOOD_CHUNK);
            }
        }
    }
    match_set_reg(&match, PL_R_MODE - MFF_REG0, kind);
    if (list) {
        match_set_reg(&match, PL_R_VLAN - MFF_REG0, list - 1);
    }
    flow_set_add(set, of_flow_create(PL_T_FLOOD, list ? 110 : 100,
                                     flood_cookie(PL_T_FLOOD, list, 0), &match,
                                     &acts));
    ofpbuf_uninit(&acts);
}

static void
update_list(struct flood *f, uint16_t list, const struct chunk *const *chunks,
            size_t n_chunks, struct flow_table *table)
{
    char *owner = xasprintf("flood list %d", list);
    struct flow_set set;

    flow_set_init(&set);
    for (int kind = 0; kind < PL_N_FLOODS; kind++) {
        if (f->n_chunks[list][kind]
            || (list && f->n_chunks[list][PL_FLOOD_BROADCAST])) {
            list_flow(f, list, kind, chunks, n_chunks, &set);
        }
    }
    flow_table_replace(table, owner, &set);
    flow_set_uninit(&set);
    free(owner);
}

static void
update_chunk(struct chunk *c, struct flow_table *table)
{
    char *owner = xasprintf("flood chunk %d.%d", c->list, c->number);
    struct flow_set set;

    flow_set_init(&set);
    chunk_flows(c, &set);
    flow_table_replace(table, owner, &set);
    flow_set_uninit(&set);
    free(owner);
    c->dirty = false;
}

void
flood_run(struct flood *f, struct flow_table *table)
{
    const struct chunk **sorted;
    struct chunk *c;

    if (!f->dirty) {
        return;
    }
    HMAP_FOR_EACH_SAFE (c, node, &f->chunks) {
        if (c->dirty) {
            update_chunk(c, table);
        }
        if (!c->ports[PL_FLOOD_BROADCAST]) {
            hmap_remove(&f->chunks, &c->node);
            free(c);
        }
    }

    size_t n = sort_chunks(f, &sorted);
    bool all = bitmap_is_set(f->dirty_lists, 0);

    for (int list = 0; list < N_LISTS; list++) {
        if (bitmap_is_set(f->dirty_lists, list)
            || (all && f->n_chunks[list][PL_FLOOD_BROADCAST])) {
            update_list(f, list, sorted, n, table);
        }
    }
    free(sorted);
    bitmap_set_multiple(f->dirty_lists, 0, N_LISTS, false);
    f->dirty = false;
}
