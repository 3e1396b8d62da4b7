/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_PORT_LOG_H
#define CONTROLLER_PORT_LOG_H 1

/* The flows that make a port's bridge show packets that are to be logged, and
 * how many lines of them there may be. */

#include <stdint.h>

#include "openvswitch/token-bucket.h"

struct bridge;

/* All zeros: no flows. */
struct port_log {
    unsigned int shown;         /* The flows are for these LOG_*... */
    uint16_t ofport;            /* ...and that port. */
    struct token_bucket tokens; /* For lines: packet-log.c's. */
    uint64_t suppressed;        /* Lines, since the last one. */
};

/* Brings the desired flows of the port's bridge to those for 'events', LOG_*;
 * 0: none. */
void port_log_show(struct port_log *, struct bridge *, const char *port,
                   uint16_t ofport, unsigned int events);

#endif /* controller/port-log.h */
