/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef VIEWS_TRACE_REQUEST_H
#define VIEWS_TRACE_REQUEST_H 1

/* What `nwfctl trace' is asked: the ports, the packet between them, and what
 * each of them sees of it. */

#include <stdbool.h>

#include "interpret/interpret.h"
#include "trace/trace-packet.h"

struct dp_packet;
struct ds;
struct port;
struct shash;

/* The packet at one port. */
struct trace_view {
    char *port;              /* Its name, or NULL: no rules to ask for. */
    struct dp_packet *bytes; /* As it is on the port's wire. */
    struct interpret_frame frame;
    struct interpret_conn conn;
};

struct trace_request {
    char *port, *peer; /* 'peer' receives what 'port' sends, or is NULL. */
    enum nw_direction direction;
    char *text; /* FLOW. */
    struct interpret_conn wanted;

    /* After trace_request_complete(). */
    struct trace_packet packet;
    bool has_packet;
    bool staged;               /* Begins before 'port', not at a port. */
    uint16_t vlan;             /* Of the packet. */
    struct trace_view out, in; /* Where it is sent, and received. */
};

/* Reads the arguments, argv[0] is ignored: "PORT in|out FLOW", or "--between
 * PORT PORT FLOW", and "--state=STATE".  Returns NULL, or a message that the
 * caller frees.  In any case the request needs trace_request_uninit(). */
char *trace_request_init(struct trace_request *, int argc, const char *argv[]);
void trace_request_uninit(struct trace_request *);

/* Makes the packet, with what is known of the ports (name to "struct port").
 * Returns NULL, or a message that the caller frees. */
char *trace_request_complete(struct trace_request *,
                             const struct shash *ports);

/* What ct() says of the packet: see trace_state_to_ct(). */
uint32_t trace_request_ct(const struct trace_request *, struct ds *ct_state);

#endif /* views/trace-request.h */
