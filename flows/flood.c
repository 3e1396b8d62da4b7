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
#include "flows/port-config.h"
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
    size_t visits[PL_N_FLOODS];  /* Of ports and shares, by its flows. */
    bool dirty;
};
BUILD_ASSERT_DECL(FLOOD_CHUNK_PORTS == 32);

struct member {
    struct hmap_node node; /* In flood's 'members'. */
    char *name;
    uint16_t ofport;
    bool unknown, hairpin;
    uint32_t program; /* That it may share, or 0. */
    int untagged;     /* VLAN in which frames leave without tag, or -1. */
    uint16_t *lists;
    size_t n_lists, allocated;
};

/* Ports of a chunk whose in rules are run once. */
struct share {
    uint32_t program, mode;
    uint32_t ports;
};

/* Fewer ports are not worth the flows. */
#define SHARE_MIN_PORTS 4
#define MAX_SHARES (FLOOD_CHUNK_PORTS / SHARE_MIN_PORTS)

struct flood {
    struct hmap members; /* By ofport. */
    struct hmap chunks;
    unsigned long *dirty_lists;            /* Whose set of chunks changed. */
    bool dirty;                            /* Anything at all. */
    size_t n_chunks[N_LISTS][PL_N_FLOODS]; /* That are not empty. */
    size_t visits[N_LISTS][PL_N_FLOODS];   /* Of its chunks. */
    bool direct[N_LISTS][PL_N_FLOODS];     /* As its flow has it. */
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
    free(m->name);
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

/* The one who has the number. */
static struct member *
find_member(const struct flood *f, uint16_t ofport)
{
    struct member *first = NULL;
    struct member *m;

    HMAP_FOR_EACH_WITH_HASH (m, node, hash_int(ofport, 0), &f->members) {
        if (m->ofport == ofport
            && (!first || strcmp(m->name, first->name) < 0)) {
            first = m;
        }
    }
    return first;
}

static struct member *
find_named(const struct flood *f, const char *name, uint16_t ofport)
{
    struct member *m;

    HMAP_FOR_EACH_WITH_HASH (m, node, hash_int(ofport, 0), &f->members) {
        if (m->ofport == ofport && !strcmp(m->name, name)) {
            return m;
        }
    }
    return NULL;
}

/* Either may be NULL. */
static void
replace_member(struct flood *f, struct member *old, struct member *new)
{
    uint16_t ofport = old ? old->ofport : new->ofport;
    struct member *shown = find_member(f, ofport);

    if (shown) {
        put_member(f, shown, false);
    }
    if (old) {
        hmap_remove(&f->members, &old->node);
        member_destroy(old);
    }
    if (new) {
        hmap_insert(&f->members, &new->node, hash_int(ofport, 0));
    }
    shown = find_member(f, ofport);
    if (shown) {
        put_member(f, shown, true);
    }
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

/* Of a port in every VLAN that has a native one, the list does not say how a
 * frame leaves. */
static void
set_sharing(struct member *m, const struct port_config *p)
{
    bool in_list_0 = m->n_lists == 1 && m->lists[0] == 0;

    if (p->filtered && !p->alone && !(in_list_0 && p->native)) {
        m->program = p->program;
    }
    m->untagged = p->access || (p->native && p->native_untagged) ? p->tag : -1;
}

void
flood_set_port(struct flood *f, const char *name, const struct port_config *p,
               bool unknown, bool hairpin)
{
    struct member *m = xzalloc(sizeof *m);
    struct member *old = find_named(f, name, p->ofport);

    m->name = xstrdup(name);
    m->ofport = p->ofport;
    m->unknown = unknown;
    m->hairpin = hairpin;
    if (port_config_vlans(p, add_vlan, m)) {
        add_list(m, 0);
    }
    set_sharing(m, p);
    if (old && old->unknown == unknown && old->hairpin == hairpin
        && old->program == m->program && old->untagged == m->untagged
        && old->n_lists == m->n_lists
        && !memcmp(old->lists, m->lists, m->n_lists * sizeof *m->lists)) {
        member_destroy(m);
        return;
    }
    replace_member(f, old, m);
}

void
flood_remove_port(struct flood *f, const char *name, uint16_t ofport)
{
    struct member *m = find_named(f, name, ofport);

    if (m) {
        replace_member(f, m, NULL);
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

/* Shares. */

static void
add_to_share(struct share shares[], size_t *n, const struct share *port)
{
    for (size_t i = 0; i < *n; i++) {
        if (shares[i].program == port->program
            && shares[i].mode == port->mode) {
            shares[i].ports |= port->ports;
            return;
        }
    }
    shares[(*n)++] = *port;
}

/* Finds the shares of a chunk, in the order of their first ports; what is in
 * none is removed. */
static size_t
find_shares(const struct flood *f, const struct chunk *c,
            struct share shares[MAX_SHARES])
{
    struct share all[FLOOD_CHUNK_PORTS];
    size_t n_all = 0, n = 0;

    for (int i = 0; i < FLOOD_CHUNK_PORTS; i++) {
        struct share port = { .mode = PL_MODE_TAGGED, .ports = 1u << i };

        if (c->ports[PL_FLOOD_BROADCAST] & port.ports) {
            const struct member *m = find_member(f,
                                                 c->number * FLOOD_CHUNK_PORTS
                                                     + i);

            port.program = m->program;
            if (c->list && m->untagged == c->list - 1) {
                port.mode = PL_MODE_UNTAGGED;
            }
            add_to_share(all, &n_all, &port);
        }
    }
    for (size_t i = 0; i < n_all; i++) {
        if (all[i].program && count_1bits(all[i].ports) >= SHARE_MIN_PORTS) {
            shares[n++] = all[i];
        }
    }
    return n;
}

/* Its number in PL_R_OUT_PORT. */
static uint32_t
share_number(const struct chunk *c, size_t i)
{
    BUILD_ASSERT(MAX_SHARES <= 8 && N_LISTS <= 1 << 13);
    BUILD_ASSERT(UINT16_MAX / FLOOD_CHUNK_PORTS < 1 << 11);

    return PL_SHARE | i << 24 | (uint32_t) c->list << 11 | c->number;
}

/* Flows. */

static void
visit_ports(const struct chunk *c, uint32_t ports, struct ofpbuf *acts)
{
    for (int i = 0; i < FLOOD_CHUNK_PORTS; i++) {
        if (ports & (1u << i)) {
            size_t begin = act_clone_begin(acts);

            act_load(acts, PL_R_OUT_PORT, c->number * FLOOD_CHUNK_PORTS + i);
            act_resubmit(acts, PL_T_EGRESS);
            act_clone_end(acts, begin);
        }
    }
}

static void
visit_share(const struct share *share, uint32_t number, struct ofpbuf *acts)
{
    size_t begin = act_clone_begin(acts);

    act_load(acts, PL_R_OUT_PORT, number);
    act_load(acts, PL_R_MODE, share->mode);
    act_load(acts, PL_R_PORT, PL_SHARE_PORT);
    act_load(acts, PL_R_PROGRAM, share->program);
    act_resubmit(acts, PL_T_VLAN_OUT);
    act_clone_end(acts, begin);
}

static void
output_ports(const struct chunk *c, uint32_t ports, struct ofpbuf *acts)
{
    for (int i = 0; i < FLOOD_CHUNK_PORTS; i++) {
        if (ports & (1u << i)) {
            act_output(acts, c->number * FLOOD_CHUNK_PORTS + i);
        }
    }
}

static void
add_chunk_flow(const struct chunk *c, struct match *match, uint32_t mode,
               struct ofpbuf *acts, struct flow_set *set)
{
    match_set_reg(match, PL_R_MODE - MFF_REG0, mode);
    flow_set_add(set, of_flow_create(PL_T_FLOOD_CHUNK, 100,
                                     flood_cookie(PL_T_FLOOD_CHUNK, c->list,
                                                  c->number),
                                     match, acts));
    ofpbuf_clear(acts);
}

/* Where a share's rules end: its ports one by one, or all at once. */
static void
share_flows(const struct chunk *c, const struct share *share, uint32_t number,
            struct flow_set *set)
{
    struct match match = MATCH_CATCHALL_INITIALIZER;
    struct ofpbuf acts;

    ofpbuf_init(&acts, 4096);
    match_set_reg(&match, PL_R_OUT_PORT - MFF_REG0, number);
    visit_ports(c, share->ports, &acts);
    add_chunk_flow(c, &match, PL_FLOOD_EACH, &acts, set);
    output_ports(c, share->ports, &acts);
    add_chunk_flow(c, &match, PL_FLOOD_PASSED, &acts, set);
    ofpbuf_uninit(&acts);
}

static void
kind_flow(const struct chunk *c, enum pipeline_flood kind,
          const struct share shares[], size_t n, struct flow_set *set)
{
    uint32_t ports = c->ports[kind];
    struct match match = MATCH_CATCHALL_INITIALIZER;
    struct ofpbuf acts;

    ofpbuf_init(&acts, 4096);
    for (size_t i = 0; i < n; i++) {
        ports &= ~shares[i].ports;
        visit_share(&shares[i], share_number(c, i), &acts);
    }
    visit_ports(c, ports, &acts);
    match_set_reg(&match, PL_R_SEGMENT - MFF_REG0,
                  chunk_key(c->list, c->number));
    add_chunk_flow(c, &match, kind, &acts, set);
    ofpbuf_uninit(&acts);
}

static size_t
count_visits(uint32_t ports, const struct share shares[], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        ports &= ~shares[i].ports;
    }
    return n + count_1bits(ports);
}

/* The ports of one chunk. */
static void
chunk_flows(struct flood *f, struct chunk *c, struct flow_set *set)
{
    struct share shares[MAX_SHARES];
    size_t n_shares = find_shares(f, c, shares);

    for (size_t i = 0; i < n_shares; i++) {
        share_flows(c, &shares[i], share_number(c, i), set);
    }
    for (int kind = 0; kind < PL_N_FLOODS; kind++) {
        size_t n = kind == PL_FLOOD_BROADCAST ? n_shares : 0;
        size_t visits = count_visits(c->ports[kind], shares, n);

        f->visits[c->list][kind] += visits - c->visits[kind];
        c->visits[kind] = visits;
        if (visits) {
            kind_flow(c, kind, shares, n, set);
        }
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

/* Whether the chunks of the list, and of list 0, are visited without a new
 * beginning. */
static bool
is_direct(const struct flood *f, uint16_t list, enum pipeline_flood kind)
{
    size_t visits = f->visits[0][kind] + (list ? f->visits[list][kind] : 0);

    return visits <= FLOOD_DIRECT_VISITS;
}

/* The chunks of one VLAN, or of frames in all other VLANs (list 0). */
static void
list_flow(const struct flood *f, uint16_t list, enum pipeline_flood kind,
          const struct chunk *const *chunks, size_t n_chunks,
          struct flow_set *set)
{
    struct match match = MATCH_CATCHALL_INITIALIZER;
    struct ofpbuf acts;

    ofpbuf_init(&acts, 4096);
    for (size_t i = 0; i < n_chunks; i++) {
        const struct chunk *c = chunks[i];

        if (c->ports[kind] && (c->list == 0 || c->list == list)) {
            act_load(&acts, PL_R_SEGMENT, chunk_key(c->list, c->number));
            if (f->direct[list][kind]) {
                act_resubmit(&acts, PL_T_FLOOD_CHUNK);
            } else {
                act_group(&acts, PL_GROUP_FORK);
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
        f->direct[list][kind] = is_direct(f, list, kind);
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
update_chunk(struct flood *f, struct chunk *c, struct flow_table *table)
{
    char *owner = xasprintf("flood chunk %d.%d", c->list, c->number);
    struct flow_set set;

    flow_set_init(&set);
    chunk_flows(f, c, &set);
    flow_table_replace(table, owner, &set);
    flow_set_uninit(&set);
    free(owner);
    c->dirty = false;
}

/* Whether the list's chunks are now visited in the other way. */
static bool
turns(const struct flood *f, uint16_t list)
{
    for (int kind = 0; kind < PL_N_FLOODS; kind++) {
        if (f->direct[list][kind] != is_direct(f, list, kind)) {
            return true;
        }
    }
    return false;
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
            update_chunk(f, c, table);
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
            || (f->n_chunks[list][PL_FLOOD_BROADCAST]
                && (all || turns(f, list)))) {
            update_list(f, list, sorted, n, table);
        }
    }
    free(sorted);
    bitmap_set_multiple(f->dirty_lists, 0, N_LISTS, false);
    f->dirty = false;
}
