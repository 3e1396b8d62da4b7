/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_PORT_H
#define CONTROLLER_PORT_H 1

/* One port of a managed bridge: what it should have, what it has in force, and
 * why they may differ.
 *
 * A change goes through three steps, so that many ports can move to a new
 * version of a filter in one bundle:
 *
 *   port_plan()     decides: which policy, which program, is it all right?
 *   port_release()  gives up the program in force, if another one comes
 *   port_apply()    takes the planned one and makes the port's flows
 *
 * A plan that fails changes nothing for a port that has a filter in force: it
 * keeps its last good policy.  A new port stays closed, unless it has one from
 * an earlier process (take-over.h); and so does one of a kind that can not be
 * switched here (port_plan_problem()). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/port-log.h"
#include "controller/port-plan.h"
#include "flows/ruleset.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"

struct bridge;
struct leftover_port;
struct local_interface;
struct program_entry;

/* What a port's last change was (port-change.h). */
struct port_change {
    long long int when; /* Wall clock, ms; 0: never. */
    char *what;         /* "filter web redefined, parameter IP changed". */
    char *filter;       /* In force before, or NULL. */
    char *redefined;    /* Filters that were redefined, or NULL. */
};

struct port {
    char *name;
    struct bridge *bridge;
    struct hmap_node number_node; /* In the bridge's 'ports'. */
    bool only_filters; /* Since the last plan nothing else has changed. */

    struct port_plan plan;

    /* In force. */
    enum port_state state;
    struct port_config config;
    struct program_entry *entry;
    struct nw_vars vars;
    struct flow_set *taken_over; /* Rows that stand for 'vars', or NULL. */
    bool learning;               /* Waits for the guest's addresses. */
    bool flood_unknown;
    struct port_log log;
    uint16_t zone;
    bool proven;           /* The switch has accepted its flows once. */
    bool said_refused;     /* The status says that the switch refuses some. */
    bool said_lost;        /* The status says that the bridge is lost. */
    uint32_t logged_error; /* Hash of the one that was logged last, or 0. */
    uint64_t n_dropped[2]; /* By NW_IN, NW_OUT: drops that samples showed. */
    struct port_change change;

    bool announce_due; /* See announce.h; the bridge's is set, too. */

    /* Acknowledgement. */
    uint64_t mark;            /* Of the bridge; status is due after it. */
    bool status_due;          /* See port_set_status_due(). */
    struct ovs_list due_node; /* In the bridge's 'due', if so. */
};

struct port *port_create(const char *name, struct bridge *);

/* Whether nwfilter-status has to be written once the switch has the flows. */
void port_set_status_due(struct port *, bool due);

/* Closes the port and frees it. */
void port_destroy(struct port *);

/* Decides what the port should have.  'iface' has an OpenFlow port number. */
void port_plan(struct port *, const struct local_interface *iface,
               const struct port_context *);

/* Gives a port for which port_plan() found no policy the one that it has in
 * the switch, and the program that belongs to it.  It has a zone.  From then
 * on the port has a last good policy; port_plan() and port_apply() come
 * next. */
void port_take_over(struct port *, const struct leftover_port *,
                    struct program_entry *);

/* Whether the plan moves the port to another program, or away from it. */
bool port_moves(const struct port *);

/* Gives up the program in force; until port_apply() the port has none. */
void port_release(struct port *);

/* Puts the plan, or if it failed what was in force, into the bridge's desired
 * flows.  The port needs a zone if it is filtered. */
void port_apply(struct port *);

/* Whether the switch refuses flows of the port, of the program that it has, or
 * such as all ports share. */
bool port_is_refused(const struct port *);

/* What nwfilter-status should say, or NULL for nothing; the caller frees it.
 */
char *port_status_text(const struct port *);

const char *port_state_name(enum port_state);

#endif /* controller/port.h */
