/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/port-log.h"

#include <stdlib.h>

#include "controller/bridge.h"
#include "controller/filter-store.h"
#include "controller/port.h"
#include "controller/programs.h"
#include "flows/flow.h"
#include "flows/program.h"
#include "flows/punt-flows.h"
#include "util.h"

void
port_log_plan(struct port *port, const struct program_entry *entry,
              const struct filter_store *filters)
{
    unsigned int events = port->policy.log;

    if (!port->policy.logs && entry) {
        const char *name;

        SSET_FOR_EACH (name, program_filters(entry->program)) {
            events |= filter_store_log(filters, name);
        }
    }
    port->log.planned = events;
}

static void
set_flows(struct port *port, unsigned int events, uint16_t ofport)
{
    struct punt_log log = {
        .ofport = ofport,
        .drops = events & LOG_DROP,
        .accepts = events & LOG_ACCEPT,
    };
    char *owner = xasprintf(BRIDGE_SHOWS "what is logged of port %s",
                            port->name);
    struct flow_set set;

    if (events == port->log.shown && (!events || ofport == port->log.ofport)) {
        free(owner);
        return;
    }
    flow_set_init(&set);
    punt_log_flows(&log, &set);
    bridge_set_flows(port->bridge, owner, &set);
    flow_set_uninit(&set);
    free(owner);
    port->log.shown = events;
    port->log.ofport = ofport;
}

void
port_log_apply(struct port *port)
{
    set_flows(port, port->state == PORT_FILTERED ? port->log.planned : 0,
              port->config.ofport);
}

void
port_log_remove(struct port *port)
{
    set_flows(port, 0, 0);
}
