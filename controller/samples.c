/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/samples.h"

#include <stdlib.h>

#include "controller/bridge.h"
#include "controller/drops.h"
#include "controller/explain.h"
#include "controller/port.h"
#include "flows/sample.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "timeval.h"
#include "util.h"
#include "xml/filter.h"

struct samples {
    struct explain_scope scope;
    struct drops *drops;
};

struct samples *
samples_create(const struct explain_scope *scope)
{
    struct samples *samples = xzalloc(sizeof *samples);

    samples->scope = *scope;
    samples->drops = drops_create(DROPS_MAX);
    return samples;
}

void
samples_destroy(struct samples *samples)
{
    if (samples) {
        drops_destroy(samples->drops);
        free(samples);
    }
}

static struct port *
find_port(const struct samples *samples, const struct bridge *bridge,
          uint16_t ofport)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, samples->scope.ports) {
        struct port *port = node->data;

        if (port->bridge == bridge && port->wanted.ofport == ofport) {
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
                          ? (port->error ? port->error : "the port is closed")
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

void
samples_receive(struct samples *samples, const struct bridge *bridge,
                const struct ofputil_packet_in *pin, size_t total_len)
{
    struct sample sample;

    sample_read(&sample, pin, total_len);

    struct port *port = find_port(samples, bridge, sample.port);
    char *number = xasprintf("%" PRIu16, sample.port);
    struct drop *drop = drops_note(samples->drops, &sample, bridge->name,
                                   port ? port->name : number,
                                   time_wall_msec());

    if (!drop->rule) {
        drop->rule = explain_drop(samples, bridge, port, sample.cookie);
    }
    if (port) {
        port->n_dropped[sample.out ? NW_OUT : NW_IN]++;
    }
    free(number);
}

const struct drops *
samples_drops(const struct samples *samples)
{
    return samples->drops;
}
