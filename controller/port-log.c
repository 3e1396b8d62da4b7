/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/port-log.h"

#include <stdlib.h>

#include "controller/bridge.h"
#include "controller/log-events.h"
#include "flows/flow.h"
#include "flows/punt-flows.h"
#include "util.h"

void
port_log_show(struct port_log *log, struct bridge *bridge, const char *port,
              uint16_t ofport, unsigned int events)
{
    struct punt_log shown = {
        .ofport = ofport,
        .drops = events & LOG_DROP,
        .accepts = events & LOG_ACCEPT,
    };
    struct flow_set set;

    if (events == log->shown && (!events || ofport == log->ofport)) {
        return;
    }

    char *owner = xasprintf(BRIDGE_SHOWS "what is logged of port %s", port);

    flow_set_init(&set);
    punt_log_flows(&shown, &set);
    bridge_set_flows(bridge, owner, &set);
    flow_set_uninit(&set);
    free(owner);
    log->shown = events;
    log->ofport = ofport;
}
