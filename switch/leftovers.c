/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "switch/leftovers.h"

#include <stdlib.h>

#include "byte-order.h"
#include "flows/flow-table.h"
#include "flows/ipv6-header.h"
#include "flows/pipeline.h"
#include "flows/set-rows.h"
#include "flows/snoop-flows.h"
#include "hash.h"
#include "lib/flow.h"
#include "openvswitch/hmap.h"
#include "openvswitch/ofp-actions.h"
#include "packets.h"
#include "sset.h"
#include "util.h"

/* Elements of `ipsetflags' ("struct nw_ipset_flags"). */
#define MAX_FLAGS 6

struct port_node {
    struct hmap_node node; /* In "struct leftovers"'s 'ports'. */
    uint16_t ofport;
    bool found; /* A flow in CLASSIFY. */
    bool bad;   /* Its flows do not agree. */
    struct leftover_port port;
    struct flow_set shows; /* Where frames are copied, among others. */
};

struct program_node {
    struct hmap_node node; /* In "struct leftovers"'s 'programs'. */
    uint32_t id;
    struct flow_set flows;
    struct set_use *uses;
    size_t n_uses, allocated_uses;
};

/* What a program looks up in table SET. */
struct lookup {
    struct hmap_node node; /* In "struct leftovers"'s 'lookups'. */
    uint32_t pred, hit;
    struct program_node *program;
    bool known; /* Its rows are others' care. */
};

struct leftovers {
    struct hmap ports;
    struct hmap programs;
    struct hmap lookups;
};

struct leftovers *
leftovers_create(void)
{
    struct leftovers *l = xzalloc(sizeof *l);

    hmap_init(&l->ports);
    hmap_init(&l->programs);
    hmap_init(&l->lookups);
    return l;
}

void
leftovers_destroy(struct leftovers *l)
{
    struct port_node *port;
    struct program_node *program;
    struct lookup *lookup;

    if (!l) {
        return;
    }
    HMAP_FOR_EACH_POP (port, node, &l->ports) {
        flow_set_uninit(&port->port.rows);
        flow_set_uninit(&port->shows);
        free(port);
    }
    HMAP_FOR_EACH_POP (program, node, &l->programs) {
        flow_set_uninit(&program->flows);
        for (size_t i = 0; i < program->n_uses; i++) {
            set_use_uninit(&program->uses[i]);
        }
        free(program->uses);
        free(program);
    }
    HMAP_FOR_EACH_POP (lookup, node, &l->lookups) {
        free(lookup);
    }
    hmap_destroy(&l->ports);
    hmap_destroy(&l->programs);
    hmap_destroy(&l->lookups);
    free(l);
}

static struct port_node *
find_port(const struct leftovers *l, uint16_t ofport)
{
    struct port_node *port;

    HMAP_FOR_EACH_WITH_HASH (port, node, hash_int(ofport, 0), &l->ports) {
        if (port->ofport == ofport) {
            return port;
        }
    }
    return NULL;
}

static struct program_node *
find_program(const struct leftovers *l, uint32_t id)
{
    struct program_node *program;

    HMAP_FOR_EACH_WITH_HASH (program, node, hash_int(id, 0), &l->programs) {
        if (program->id == id) {
            return program;
        }
    }
    return NULL;
}

void
leftovers_add_port(struct leftovers *l, uint16_t ofport)
{
    if (!find_port(l, ofport)) {
        struct port_node *port = xzalloc(sizeof *port);

        port->ofport = ofport;
        flow_set_init(&port->port.rows);
        flow_set_init(&port->shows);
        hmap_insert(&l->ports, &port->node, hash_int(ofport, 0));
    }
}

/* Flows. */

static void
add_clone(struct flow_set *set, const struct of_flow *flow)
{
    struct of_flow *clone = of_flow_clone(flow);

    clone->altered = false;
    flow_set_add(set, clone);
}

/* Returns true and the value if the action sets that register as a whole. */
static bool
sets_reg(const struct ofpact *a, enum mf_field_id reg, uint32_t *valuep)
{
    if (a->type == OFPACT_SET_FIELD) {
        const struct ofpact_set_field *set = ofpact_get_SET_FIELD(a);

        if (set->field->id == reg
            && is_all_ones(ofpact_set_field_mask(set), sizeof *valuep)) {
            *valuep = ntohl(set->value->be32);
            return true;
        }
    }
    return false;
}

/* The value that the flow's actions give a register, or 0. */
static uint32_t
load_reg(const struct of_flow *flow, enum mf_field_id reg)
{
    const struct ofpact *a;
    uint32_t value = 0;

    OFPACT_FOR_EACH (a, flow->ofpacts, flow->ofpacts_len) {
        sets_reg(a, reg, &value);
    }
    return value;
}

/* The port if it is of interest and the flow is its flow in that table. */
static struct port_node *
flow_port(const struct leftovers *l, const struct of_flow *flow)
{
    uint64_t id = of_cookie_id(flow->cookie);

    return (of_cookie_kind(flow->cookie) == PL_K_PORT
                    && id >> 32 == flow->table && flow->table != PL_T_FLOOD
                    && flow->table != PL_T_FLOOD_CHUNK
                    && (uint32_t) id <= UINT16_MAX
                ? find_port(l, id)
                : NULL);
}

/* Ports. */

static void
read_classify(struct port_node *port, const struct of_flow *flow)
{
    uint32_t program = load_reg(flow, PL_R_PROGRAM);
    uint32_t zone = load_reg(flow, PL_R_ZONE);
    struct match match;

    minimatch_expand(&flow->match, &match);
    port->bad |= (ofp_to_u16(match.flow.in_port.ofp_port) != port->ofport
                  || load_reg(flow, PL_R_PORT) != port->ofport || !program
                  || !zone || zone > UINT16_MAX
                  || (port->found
                      && (port->port.program != program
                          || port->port.zone != zone)));
    port->found = true;
    port->port.program = program;
    port->port.zone = zone;
}

static void
read_address(struct port_node *port, const struct of_flow *flow)
{
    struct match match;

    minimatch_expand(&flow->match, &match);
    port->bad |= (port->port.has_mac
                  && !eth_addr_equals(port->port.mac, match.flow.dl_dst));
    port->port.has_mac = true;
    port->port.mac = match.flow.dl_dst;
}

static void
read_port_flow(const struct of_flow *wanted OVS_UNUSED,
               const struct of_flow *flow, void *l)
{
    struct port_node *port = flow ? flow_port(l, flow) : NULL;

    if (!port) {
        return;
    }
    switch ((int) flow->table) {
    case PL_T_CLASSIFY:
        read_classify(port, flow);
        break;
    case PL_T_FDB_STATIC:
        read_address(port, flow);
        break;
    case PL_T_PREDICATE:
        if (of_flow_match_reg(flow, PL_R_PORT) == port->ofport) {
            add_clone(&port->port.rows, flow);
        }
        break;
    case PL_T_OUT_ENTRY:
    case PL_T_OUT_DONE:
    case PL_T_IN_DONE:
        add_clone(&port->shows, flow);
        break;
    }
}

static void
read_ports(struct leftovers *l, const struct flow_table *table)
{
    struct port_node *port;

    flow_table_for_each(table, read_port_flow, l);
    HMAP_FOR_EACH (port, node, &l->ports) {
        port->port.copies = snoop_find_copies(port->ofport, port->port.mac,
                                              &port->shows);
    }
}

/* Programs. */

static struct lookup *
find_lookup(const struct leftovers *l, uint32_t pred, uint32_t hit,
            const struct program_node *program)
{
    struct lookup *lookup;

    HMAP_FOR_EACH_WITH_HASH (lookup, node, hash_2words(pred, hit),
                             &l->lookups) {
        if (lookup->pred == pred && lookup->hit == hit
            && lookup->program == program) {
            return lookup;
        }
    }
    return NULL;
}

/* Notes what the flow looks up in table SET. */
static void
note_lookups(struct leftovers *l, struct program_node *program,
             const struct of_flow *flow)
{
    uint32_t pred = 0, hit = 0;
    const struct ofpact *a;

    OFPACT_FOR_EACH (a, flow->ofpacts, flow->ofpacts_len) {
        sets_reg(a, PL_R_PRED, &pred);
        sets_reg(a, PL_R_HIT, &hit);
        if (a->type == OFPACT_RESUBMIT
            && ofpact_get_RESUBMIT(a)->table_id == PL_T_SET
            && !find_lookup(l, pred, hit, program)) {
            struct lookup *lookup = xzalloc(sizeof *lookup);

            lookup->pred = pred;
            lookup->hit = hit;
            lookup->program = program;
            hmap_insert(&l->lookups, &lookup->node, hash_2words(pred, hit));
        }
    }
}

static void
read_program_flow(const struct of_flow *wanted OVS_UNUSED,
                  const struct of_flow *flow, void *l)
{
    unsigned int kind = flow ? of_cookie_kind(flow->cookie) : PL_K_PORT;

    if (kind == PL_K_RULE || kind == PL_K_PROGRAM) {
        uint32_t id = of_flow_match_reg(flow, PL_R_PROGRAM);
        struct program_node *program = id ? find_program(l, id) : NULL;

        if (program) {
            add_clone(&program->flows, flow);
            note_lookups(l, program, flow);
        }
    }
}

static void
add_programs(struct leftovers *l)
{
    const struct port_node *port;

    HMAP_FOR_EACH (port, node, &l->ports) {
        uint32_t id = port->port.program;

        if (port->found && !port->bad && !find_program(l, id)) {
            struct program_node *program = xzalloc(sizeof *program);

            program->id = id;
            flow_set_init(&program->flows);
            hmap_insert(&l->programs, &program->node, hash_int(id, 0));
        }
    }
}

/* Address sets. */

static void
add_use(struct program_node *program, const struct set_use *use)
{
    if (program->n_uses >= program->allocated_uses) {
        program->uses = x2nrealloc(program->uses, &program->allocated_uses,
                                   sizeof *program->uses);
    }
    set_use_clone(&program->uses[program->n_uses++], use);
}

/* Notes who makes that use of a set. */
static void
note_use(const struct leftovers *l, const struct set_use *use)
{
    char *text = set_use_format(use);
    uint32_t pred = set_use_key(text), hit = set_use_hit(text);
    struct lookup *lookup;

    HMAP_FOR_EACH_WITH_HASH (lookup, node, hash_2words(pred, hit),
                             &l->lookups) {
        if (lookup->pred == pred && lookup->hit == hit) {
            lookup->known = true;
            add_use(lookup->program, use);
        }
    }
    free(text);
}

/* A lookup has only a hash of the use: this tries all that there can be. */
static void
note_uses(const struct leftovers *l, const char *set)
{
    for (uint8_t n = 1; n <= MAX_FLAGS; n++) {
        for (uint8_t dst = 0; dst < 1u << n; dst++) {
            for (int family = 4; family <= 6; family += 2) {
                struct set_use use = {
                    .set = CONST_CAST(char *, set),
                    .flags = { .n = n, .dst = dst },
                    .family = family,
                };

                note_use(l, &use);
            }
        }
    }
}

static void
note_wanted_row(const struct of_flow *wanted,
                const struct of_flow *flow OVS_UNUSED, void *l_)
{
    struct leftovers *l = l_;

    if (wanted && wanted->table == PL_T_SET) {
        uint32_t pred = of_flow_match_reg(wanted, PL_R_PRED);
        uint32_t hit = of_flow_match_reg(wanted, PL_R_HIT);
        struct lookup *lookup;

        HMAP_FOR_EACH_WITH_HASH (lookup, node, hash_2words(pred, hit),
                                 &l->lookups) {
            lookup->known |= lookup->pred == pred && lookup->hit == hit;
        }
    }
}

static void
read_row(const struct of_flow *wanted OVS_UNUSED, const struct of_flow *flow,
         void *l_)
{
    struct leftovers *l = l_;

    if (flow && flow->table == PL_T_SET
        && of_cookie_is_managed(flow->cookie)) {
        uint32_t pred = of_flow_match_reg(flow, PL_R_PRED);
        uint32_t hit = of_flow_match_reg(flow, PL_R_HIT);
        struct lookup *lookup;

        HMAP_FOR_EACH_WITH_HASH (lookup, node, hash_2words(pred, hit),
                                 &l->lookups) {
            if (lookup->pred == pred && lookup->hit == hit && !lookup->known) {
                add_clone(&lookup->program->flows, flow);
            }
        }
    }
}

void
leftovers_read(struct leftovers *l, const struct flow_table *table,
               const struct sset *sets)
{
    const char *name;

    read_ports(l, table);
    add_programs(l);
    flow_table_for_each(table, read_program_flow, l);
    if (!hmap_is_empty(&l->lookups)) {
        SSET_FOR_EACH (name, sets) {
            note_uses(l, name);
        }
        flow_table_for_each(table, note_wanted_row, l);
        flow_table_for_each(table, read_row, l);
    }
}

/* Results. */

const struct leftover_port *
leftovers_find_port(const struct leftovers *l, uint16_t ofport)
{
    const struct port_node *port = find_port(l, ofport);

    return port && port->found && !port->bad ? &port->port : NULL;
}

const struct flow_set *
leftovers_find_program(const struct leftovers *l, uint32_t id)
{
    const struct program_node *program = find_program(l, id);

    return program ? &program->flows : NULL;
}

size_t
leftovers_find_uses(const struct leftovers *l, uint32_t id,
                    const struct set_use **usesp)
{
    const struct program_node *program = find_program(l, id);

    *usesp = program ? program->uses : NULL;
    return program ? program->n_uses : 0;
}

static struct of_flow *
renumber(const struct of_flow *flow, uint32_t id)
{
    uint64_t cookie = (of_cookie_kind(flow->cookie) == PL_K_PROGRAM
                           ? pipeline_cookie(PL_K_PROGRAM, id)
                           : flow->cookie);
    struct ofpbuf acts;
    struct match match;

    minimatch_expand(&flow->match, &match);
    match_set_reg(&match, PL_R_PROGRAM - MFF_REG0, id);
    ofpbuf_use_const(&acts, flow->ofpacts, flow->ofpacts_len);
    return of_flow_create(flow->table, flow->priority, cookie, &match, &acts);
}

void
leftovers_copy_program(const struct flow_set *flows, uint32_t id,
                       struct flow_set *dst)
{
    const struct of_flow *flow;

    FLOW_SET_FOR_EACH (flow, flows) {
        uint32_t old = of_flow_match_reg(flow, PL_R_PROGRAM);

        flow_set_add(dst, old && old != id ? renumber(flow, id)
                                           : of_flow_clone(flow));
    }
}

static unsigned int
needs_of_actions(const struct of_flow *flow)
{
    const struct ofpact *a;

    OFPACT_FOR_EACH (a, flow->ofpacts, flow->ofpacts_len) {
        if (a->type == OFPACT_RESUBMIT
            && ofpact_get_RESUBMIT(a)->table_id == PL_T_GRATUITOUS) {
            return 1u << PL_NEED_GRATUITOUS;
        }
    }
    return 0;
}

/* ARP headers and IPv6 headers have other bits of "metadata".  What addresses
 * an ARP header has is known of all of them if the daemon reads some. */
static unsigned int
needs_of_match(const struct of_flow *flow)
{
    const uint64_t ipv6 = IPV6_HEADER_READ | IPV6_HEADER_AH;
    const uint32_t addresses = PL_HEADER_IPS | PL_HEADER_MACS;
    struct match match;

    minimatch_expand(&flow->match, &match);

    uint64_t metadata = ntohll(match.wc.masks.metadata);
    uint32_t header = match.wc.masks.regs[PL_R_HEADER - MFF_REG0];
    bool arp = metadata & ~ipv6 || header & addresses;

    return ((metadata & ipv6 ? 1u << PL_NEED_IPV6_HEADERS : 0)
            | (arp ? 1u << PL_NEED_ARP_NUMBERS : 0));
}

static unsigned int
needs_of_table(const struct of_flow *flow)
{
    return flow->table == PL_T_BPDU ? 1u << PL_NEED_BPDU : 0;
}

unsigned int
leftovers_needs(const struct flow_set *flows)
{
    const struct of_flow *flow;
    unsigned int needs = 0;

    FLOW_SET_FOR_EACH (flow, flows) {
        needs |= needs_of_actions(flow) | needs_of_match(flow)
                 | needs_of_table(flow);
    }
    return needs;
}
