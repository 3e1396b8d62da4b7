/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/samples.h"

#include <stdlib.h>

#include "controller/bridge.h"
#include "controller/drops.h"
#include "controller/explain.h"
#include "controller/filter-store.h"
#include "controller/log-events.h"
#include "controller/packet-log.h"
#include "controller/port.h"
#include "controller/programs.h"
#include "flows/pipeline.h"
#include "flows/program.h"
#include "flows/rule-origin.h"
#include "flows/sample.h"
#include "hash.h"
#include "openvswitch/dynamic-string.h"
#include "timeval.h"
#include "util.h"
#include "xml/filter.h"

struct samples {
    struct explain_scope scope;
    const struct filter_store *filters;
    struct drops *drops;
    struct packet_log *log;
};

struct samples *
samples_create(const struct explain_scope *scope,
               const struct filter_store *filters)
{
    struct samples *samples = xzalloc(sizeof *samples);

    samples->scope = *scope;
    samples->filters = filters;
    samples->drops = drops_create(DROPS_MAX, time_wall_msec());
    samples->log = packet_log_create();
    return samples;
}

void
samples_destroy(struct samples *samples)
{
    if (samples) {
        drops_destroy(samples->drops);
        packet_log_destroy(samples->log);
        free(samples);
    }
}

static struct port *
find_port(const struct bridge *bridge, uint16_t ofport)
{
    struct port *port;

    HMAP_FOR_EACH_WITH_HASH (port, number_node, hash_int(ofport, 0),
                             &bridge->ports) {
        if (port->plan.config.ofport == ofport) {
            return port;
        }
    }

    /* Another member of a bond? */
    HMAP_FOR_EACH (port, number_node, &bridge->ports) {
        if (port_config_has_number(&port->plan.config, ofport)) {
            return port;
        }
    }
    return NULL;
}

/* Why a packet was dropped that no rule has dropped. */
static char *
explain_no_rule(const struct port *port)
{
    return xasprintf("no rule: %s",
                     (!port ? "the bridge does not have this port any more"
                      : port->state == PORT_CLOSED
                          ? (port->plan.error ? port->plan.error
                                              : "the port is closed")
                          : "the port is not in the frame's VLAN"));
}

static char *
explain_drop(const struct samples *samples, const struct bridge *bridge,
             const struct port *port, uint64_t cookie)
{
    struct explain_scope scope = samples->scope;
    struct ds s = DS_EMPTY_INITIALIZER;

    if (!cookie) {
        return explain_no_rule(port);
    }
    scope.bridge = bridge;
    explain_cookie(&scope, cookie, &s);
    return ds_steal_cstr(&s);
}

/* Logging. */

/* Whether the port wants that itself, or the filter whose rule it is: of what
 * no rule has decided, the port's own. */
static bool
is_logged(const struct samples *samples, const struct port *port,
          const struct rule_origin *rule, unsigned int event)
{
    const char *filter = rule ? rule_origin_filter(rule)
                              : port->plan.policy.filter;

    if (!(port->plan.log & event) || port->plan.policy.logs) {
        return port->plan.log & event;
    }
    return filter && filter_store_log(samples->filters, filter) & event;
}

static void
log_packet(struct samples *samples, struct port *port,
           const struct sample *sample, const struct rule_origin *rule,
           const char *reason, bool drop)
{
    struct packet_log_line line = {
        .drop = drop,
        .port = port->name,
        .bridge = port->bridge->name,
        .rule = rule,
        .reason = reason,
        .sample = sample,
        .when = time_wall_msec(),
    };

    if (is_logged(samples, port, rule, drop ? LOG_DROP : LOG_ACCEPT)) {
        packet_log_write(samples->log, &port->log, &line);
    }
}

static void
receive_drop(struct samples *samples, const struct bridge *bridge,
             struct port *port, const struct sample *sample)
{
    char *number = xasprintf("%" PRIu16, sample->port);
    struct drop *drop = drops_note(samples->drops, sample, bridge->name,
                                   port ? port->name : number,
                                   time_wall_msec());

    if (!drop->rule) {
        drop->rule = explain_drop(samples, bridge, port, sample->cookie);
    }
    if (port) {
        port->n_dropped[sample->out ? NW_OUT : NW_IN]++;
    }
    if (port && port->plan.log & LOG_DROP) {
        log_packet(samples, port, sample,
                   explain_find_rule(&samples->scope,
                                     of_cookie_id(sample->cookie)),
                   drop->rule, true);
    }
    free(number);
}

/* The port's rule with these low bits in its cookie. */
static const struct rule_origin *
find_acceptor(const struct port *port, uint32_t low)
{
    const struct rule_origins *origins;

    if (!low || !port->entry || !port->entry->program) {
        return NULL;
    }
    origins = program_origins(port->entry->program);
    for (size_t i = 0; i < origins->n; i++) {
        if ((uint32_t) origins->origins[i].id == low) {
            return &origins->origins[i];
        }
    }
    return NULL;
}

void
samples_receive(struct samples *samples, const struct bridge *bridge,
                enum punt_kind kind, const struct ofputil_packet_in *pin,
                size_t total_len)
{
    struct sample sample;

    sample_read(&sample, pin, total_len);

    struct port *port = find_port(bridge, sample.port);

    if (kind != PUNT_ACCEPT) {
        receive_drop(samples, bridge, port, &sample);
    } else if (port) {
        log_packet(samples, port, &sample,
                   find_acceptor(port, sample.accepted_by),
                   "the end of the rules", false);
    }
}

void
samples_configure(struct samples *samples, const struct smap *config)
{
    packet_log_configure(samples->log, config);
}

const struct drops *
samples_drops(const struct samples *samples)
{
    return samples->drops;
}
