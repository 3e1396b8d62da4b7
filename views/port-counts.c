/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "views/port-counts.h"

#include <stdlib.h>

#include "controller/bridge.h"
#include "controller/explain.h"
#include "controller/port.h"
#include "controller/programs.h"
#include "flows/flow.h"
#include "flows/pipeline.h"
#include "hash.h"
#include "lib/flow.h"
#include "openvswitch/hmap.h"
#include "openvswitch/ofp-actions.h"
#include "switch/survey.h"
#include "util.h"
#include "xml/filter.h"

/* By port: packets that its flows have seen; by program: what its in rules
 * have dropped. */
struct sums {
    struct hmap_node node; /* In "struct port_tally". */
    uint32_t key;
    uint64_t classified, learned, egress;
    uint64_t in_dropped;
};

struct port_tally {
    const struct survey *survey;
    struct hmap ports;    /* Contains "struct sums", by OpenFlow port. */
    struct hmap programs; /* The same, by program. */
};

static bool
matches_in_port(const struct of_flow *flow)
{
    struct match match;

    minimatch_expand(&flow->match, &match);
    return match.wc.masks.in_port.ofp_port != 0;
}

/* Whether packets end here. */
static bool
drops(const struct of_flow *flow)
{
    const struct ofpact *a;

    OFPACT_FOR_EACH (a, flow->ofpacts, flow->ofpacts_len) {
        if (a->type == OFPACT_RESUBMIT) {
            uint8_t table = ofpact_get_RESUBMIT(a)->table_id;

            if (table == PL_T_DROP || table == PL_T_REJECT) {
                return true;
            }
        }
    }
    return !flow->ofpacts_len;
}

/* A number's sums, made when first asked for. */
static struct sums *
sums_obtain(struct hmap *map, uint32_t key)
{
    struct sums *sums;

    HMAP_FOR_EACH_WITH_HASH (sums, node, hash_int(key, 0), map) {
        if (sums->key == key) {
            return sums;
        }
    }
    sums = xzalloc(sizeof *sums);
    sums->key = key;
    hmap_insert(map, &sums->node, hash_int(key, 0));
    return sums;
}

static void
count_port(struct port_tally *tally, const struct survey_flow *sf)
{
    uint64_t id = of_cookie_id(sf->flow->cookie);
    struct sums *sums = sums_obtain(&tally->ports, (uint32_t) id);

    switch (id >> 32) {
    case PL_T_CLASSIFY:
        sums->classified += sf->packets;
        break;
    case PL_T_LEARN:
        sums->learned += sf->packets;
        break;
    case PL_T_EGRESS:
        /* Not the one that keeps it from what it has sent itself. */
        sums->egress += matches_in_port(sf->flow) ? 0 : sf->packets;
        break;
    }
}

/* A flow that lets frames for many leave through the ports of a share, whose
 * flows in EGRESS they have not passed. */
static void
count_share(struct port_tally *tally, const struct survey_flow *sf)
{
    const struct ofpact *a;

    OFPACT_FOR_EACH (a, sf->flow->ofpacts, sf->flow->ofpacts_len) {
        if (a->type == OFPACT_OUTPUT) {
            uint16_t port = ofp_to_u16(ofpact_get_OUTPUT(a)->port);

            sums_obtain(&tally->ports, port)->egress += sf->packets;
        }
    }
}

struct port_tally *
port_tally_create(const struct survey *survey)
{
    struct port_tally *tally = xmalloc(sizeof *tally);
    const struct survey_flow *sf;

    tally->survey = survey;
    hmap_init(&tally->ports);
    hmap_init(&tally->programs);
    HMAP_FOR_EACH (sf, node, &survey->flows) {
        const struct of_flow *flow = sf->flow;
        unsigned int kind = of_cookie_kind(flow->cookie);

        if (kind == PL_K_PORT && flow->table == PL_T_FLOOD_CHUNK) {
            count_share(tally, sf);
        } else if (kind == PL_K_PORT) {
            count_port(tally, sf);
        } else if ((kind == PL_K_RULE || kind == PL_K_PROGRAM)
                   && flow->table >= PL_T_IN_ENTRY && drops(flow)) {
            sums_obtain(&tally->programs, explain_program(flow))->in_dropped +=
                sf->packets;
        }
    }
    return tally;
}

static void
sums_destroy(struct hmap *map)
{
    struct sums *sums;

    HMAP_FOR_EACH_POP (sums, node, map) {
        free(sums);
    }
    hmap_destroy(map);
}

void
port_tally_destroy(struct port_tally *tally)
{
    if (tally) {
        sums_destroy(&tally->ports);
        sums_destroy(&tally->programs);
        free(tally);
    }
}

static struct sums
find_sums(const struct hmap *map, uint32_t key)
{
    const struct sums *sums;

    HMAP_FOR_EACH_WITH_HASH (sums, node, hash_int(key, 0), map) {
        if (sums->key == key) {
            return *sums;
        }
    }
    return (struct sums){ .key = key };
}

void
port_counts_get(const struct port *port, const struct port_tally *tally,
                struct port_counts *counts)
{
    bool filtered = port->state == PORT_FILTERED;
    uint16_t ofport = port->config.ofport;
    struct sums own = find_sums(&tally->ports, ofport);
    const struct survey_port *sp = survey_find_port(tally->survey, ofport);

    *counts = (struct port_counts){
        .out_all = own.classified,
        .out_passed = filtered ? own.learned : own.classified,
        .in_all = own.egress,
        .exact = !filtered
                 || bridge_program_ports(port->bridge, port->entry) == 1,
    };
    if (counts->exact) {
        if (filtered) {
            counts->in_dropped =
                find_sums(&tally->programs, port->entry->id).in_dropped;
        }
        counts->in_passed = own.egress - MIN(own.egress, counts->in_dropped);
    } else {
        counts->in_passed = sp ? sp->to : 0;
        counts->in_dropped = port->n_dropped[NW_IN];
    }
}
