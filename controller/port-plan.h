/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_PORT_PLAN_H
#define CONTROLLER_PORT_PLAN_H 1

/* What a port should have, as its makers share it: port.h says when it is made
 * and put in force, port-learning.h does the part about learned addresses. */

#include <stdbool.h>

#include "controller/port-policy.h"
#include "flows/port-config.h"
#include "sset.h"

struct filter_store;
struct learning;
struct learning_rules;
struct local_db;
struct local_interface;
struct policy_db;
struct program_entry;
struct programs;
struct sets;
struct smap;

enum port_state {
    PORT_CLOSED,   /* No flows: nothing passes. */
    PORT_OPEN,     /* Switched without filter. */
    PORT_FILTERED, /* By a program with variables. */
};

struct port_plan {
    struct port_policy policy;
    struct port_config config; /* Owned; without the part about policy. */
    enum port_state state;
    struct program_entry *entry; /* Borrowed; if PORT_FILTERED. */
    char *error;         /* Why the port can not have what it should, or NULL;
                          * for nwfilter-status. */
    bool ok;             /* Else keep what is in force. */
    bool same_rows;      /* Predicates' rows stay as they are. */
    bool orphan;         /* Nothing is in force to keep. */
    bool learning;       /* The program is one to wait with. */
    bool has_learned;    /* 'policy' has addresses that were learned. */
    unsigned int copies; /* SNOOP_COPY_*. */
    unsigned int log;    /* LOG_*. */
    struct sset depends; /* Filters whose change may help, if not ok. */
    struct sset sets;    /* Address sets that it needs. */
};

/* What plans are made with; all borrowed. */
struct port_context {
    struct programs *programs;
    struct filter_store *filters;
    const struct sets *sets;
    const struct local_db *local;
    const struct smap *config; /* Open_vSwitch:external_ids. */
    const struct policy_db *policy;
    struct learning *learning;
    struct learning_rules *learning_rules;
};

/* A plan before the first: closed. */
void port_plan_init(struct port_plan *);
void port_plan_uninit(struct port_plan *);

/* Takes over what is configured for the port itself.  'iface' has an OpenFlow
 * port number. */
void port_plan_read(struct port_plan *, const struct local_interface *iface,
                    const struct port_context *);

/* Forgets what was made of that. */
void port_plan_reset(struct port_plan *);

/* Why nothing may pass the port, whatever its filter says, or NULL; static. */
const char *port_plan_problem(const struct port_plan *,
                              const struct local_interface *iface);

/* Something is wrong; the message is taken. */
void port_plan_fail(struct port_plan *, char *error);

/* The port is to be closed. */
void port_plan_close(struct port_plan *);

/* Both: for a port that has no policy in force. */
void port_plan_refuse(struct port_plan *, char *error);

/* Decides what is logged of a port that gets the program: what its interface
 * says ("nwfilter-log"), or else what its filters say, each for its own
 * rules. */
void port_plan_note_log(struct port_plan *, const struct program_entry *,
                        const struct filter_store *);

#endif /* controller/port-plan.h */
