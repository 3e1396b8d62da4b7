/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "switch/survey.h"

#include <stdio.h>
#include <stdlib.h>

#include "flows/flow-table.h"
#include "flows/flow.h"
#include "hash.h"
#include "lib/flow.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-port.h"
#include "switch/observe.h"
#include "util.h"

struct comparing {
    const struct survey *survey;
    struct survey_comparison *result;
    size_t allocated;
};

void
survey_init(struct survey *survey)
{
    hmap_init(&survey->flows);
    hmap_init(&survey->ports);
}

void
survey_uninit(struct survey *survey)
{
    struct survey_flow *sf;
    struct survey_port *port;

    HMAP_FOR_EACH_POP (sf, node, &survey->flows) {
        of_flow_destroy(sf->flow);
        free(sf);
    }
    hmap_destroy(&survey->flows);
    HMAP_FOR_EACH_POP (port, node, &survey->ports) {
        free(port);
    }
    hmap_destroy(&survey->ports);
}

struct ofpbuf *
survey_encode_request(enum ofputil_protocol protocol, uint64_t cookie,
                      uint64_t mask)
{
    return observe_encode_dump(protocol, (cookie & mask) | OF_COOKIE_MARK,
                               mask | OF_COOKIE_MARK_MASK);
}

/* To Open vSwitch's library, UINT64_MAX is a count that was not told. */
static uint64_t
known(uint64_t count)
{
    return count == UINT64_MAX ? 0 : count;
}

static void
add_flow(void *survey_, const struct ofputil_flow_stats *fs)
{
    struct survey *survey = survey_;
    struct survey_flow *sf = xmalloc(sizeof *sf);

    sf->flow = observe_flow(fs, true);
    sf->packets = known(fs->packet_count);
    sf->bytes = known(fs->byte_count);
    sf->seconds = fs->duration_sec;
    hmap_insert(&survey->flows, &sf->node, sf->flow->hash);
}

int
survey_add(struct survey *survey, const struct ofp_header *oh)
{
    return observe_for_each(oh, add_flow, survey);
}

struct ofpbuf *
survey_encode_ports_request(enum ofputil_protocol protocol)
{
    return ofputil_encode_dump_ports_request(ofputil_protocol_to_ofp_version(
                                                 protocol),
                                             OFPP_ANY);
}

int
survey_add_ports(struct survey *survey, const struct ofp_header *oh)
{
    struct ofpbuf msg = ofpbuf_const_initializer(oh, ntohs(oh->length));
    struct ofputil_port_stats ps;
    int error;

    while (!(error = ofputil_decode_port_stats(&ps, &msg))) {
        struct survey_port *port = xmalloc(sizeof *port);

        port->ofport = ofp_to_u16(ps.port_no);
        port->from = ps.stats.rx_packets;
        port->to = ps.stats.tx_packets;
        hmap_insert(&survey->ports, &port->node, hash_int(port->ofport, 0));
        netdev_free_custom_stats_counters(&ps.custom_stats);
    }
    return error == EOF ? 0 : error;
}

const struct survey_port *
survey_find_port(const struct survey *survey, uint16_t ofport)
{
    const struct survey_port *port;

    HMAP_FOR_EACH_WITH_HASH (port, node, hash_int(ofport, 0), &survey->ports) {
        if (port->ofport == ofport) {
            return port;
        }
    }
    return NULL;
}

static int
compare_survey_flows(const void *a_, const void *b_)
{
    const struct survey_flow *const *a = a_, *const *b = b_;

    return of_flow_compare((*a)->flow, (*b)->flow);
}

size_t
survey_sorted(const struct survey *survey, const struct survey_flow ***arrayp)
{
    size_t n = hmap_count(&survey->flows);
    const struct survey_flow **array = xmalloc(n * sizeof *array);
    const struct survey_flow *sf;
    size_t i = 0;

    HMAP_FOR_EACH (sf, node, &survey->flows) {
        array[i++] = sf;
    }
    qsort(array, n, sizeof *array, compare_survey_flows);
    *arrayp = array;
    return n;
}

/* Comparison. */

static const struct survey_flow *
find(const struct survey *survey, const struct of_flow *key)
{
    const struct survey_flow *sf;

    HMAP_FOR_EACH_WITH_HASH (sf, node, key->hash, &survey->flows) {
        if (of_flow_same_key(sf->flow, key)) {
            return sf;
        }
    }
    return NULL;
}

static void
add_difference(struct comparing *c, enum survey_verdict verdict,
               const struct of_flow *wanted, const struct survey_flow *found)
{
    struct survey_comparison *result = c->result;

    if (result->n_differences >= c->allocated) {
        result->differences = x2nrealloc(result->differences, &c->allocated,
                                         sizeof *result->differences);
    }
    result->differences[result->n_differences++] = (struct survey_difference){
        verdict, wanted, found
    };
    result->n[verdict]++;
}

static void
compare_wanted(const struct of_flow *wanted,
               const struct of_flow *installed OVS_UNUSED, void *c_)
{
    struct comparing *c = c_;
    const struct survey_flow *found = wanted ? find(c->survey, wanted) : NULL;

    if (!wanted) {
        /* A place that the session means to empty. */
    } else if (!found) {
        add_difference(c, SURVEY_MISSING, wanted, NULL);
    } else if (of_flow_same_value(wanted, found->flow)) {
        c->result->n_equal++;
    } else {
        add_difference(c, SURVEY_CHANGED, wanted, found);
    }
}

static int
compare_differences(const void *a_, const void *b_)
{
    const struct survey_difference *a = a_, *b = b_;

    if (a->verdict != b->verdict) {
        return a->verdict < b->verdict ? -1 : 1;
    }
    return of_flow_compare(a->wanted ? a->wanted : a->found->flow,
                           b->wanted ? b->wanted : b->found->flow);
}

void
survey_compare(const struct survey *survey, const struct flow_table *desired,
               struct survey_comparison *result)
{
    struct comparing c = { .survey = survey, .result = result };
    const struct survey_flow *sf;

    *result = (struct survey_comparison){ .n_equal = 0 };
    flow_table_for_each(desired, compare_wanted, &c);
    HMAP_FOR_EACH (sf, node, &survey->flows) {
        if (!of_cookie_is_managed(sf->flow->cookie)) {
            add_difference(&c, SURVEY_LEARNED, NULL, sf);
        } else if (!flow_table_find(desired, sf->flow)) {
            add_difference(&c, SURVEY_EXTRA, NULL, sf);
        }
    }
    if (result->n_differences) {
        qsort(result->differences, result->n_differences,
              sizeof *result->differences, compare_differences);
    }
}

void
survey_comparison_uninit(struct survey_comparison *comparison)
{
    free(comparison->differences);
}

bool
survey_comparison_is_equal(const struct survey_comparison *comparison)
{
    return comparison->n_differences == comparison->n[SURVEY_LEARNED];
}
