/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_PORT_LOG_H
#define CONTROLLER_PORT_LOG_H 1

/* What of a port is logged: what its interface says ("nwfilter-log"), or else
 * what its filters say, each for its own rules; and the flows that make the
 * switch show such packets. */

#include <stdbool.h>
#include <stdint.h>

#include "controller/log-events.h"
#include "openvswitch/token-bucket.h"

struct filter_store;
struct port;
struct program_entry;

struct port_log {
    unsigned int planned;       /* LOG_*. */
    unsigned int shown;         /* The flows are for these... */
    uint16_t ofport;            /* ...and that port. */
    struct token_bucket tokens; /* For lines: packet-log.c's. */
    uint64_t suppressed;        /* Lines, since the last one. */
};

/* Decides what is logged of a port that has the program, or NULL if it has
 * none. */
void port_log_plan(struct port *, const struct program_entry *,
                   const struct filter_store *);

/* Brings the bridge's desired flows to what is planned, or to nothing. */
void port_log_apply(struct port *);
void port_log_remove(struct port *);

#endif /* controller/port-log.h */
