/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef SWITCH_LEFTOVERS_H
#define SWITCH_LEFTOVERS_H 1

/* The policies of ports, read back from a switch.
 *
 * A daemon that starts and can not make sense of a port's filter does not know
 * the policy that the daemon before it put in force; but the switch holds all
 * of it.  A filtered port's flows in CLASSIFY say which program and conntrack
 * zone it has, its flow in FDB_STATIC which address, its rows in PREDICATE
 * what its parameters were, others which frames it shows to the daemon; the
 * program is the flows that match its number.
 *
 * What is read are numbers of tables and registers that another version of
 * the daemon may have chosen.  Hence pipeline.h only ever adds to them.
 *
 * Pure. */

#include <stdbool.h>
#include <stdint.h>

#include "flows/flow.h"
#include "openvswitch/types.h"

struct flow_table;
struct leftovers;
struct set_use;
struct sset;

struct leftover_port {
    uint32_t program; /* Never 0. */
    uint16_t zone;    /* Never 0. */
    bool has_mac;
    struct eth_addr mac;
    struct flow_set rows; /* In PREDICATE. */
    unsigned int copies;  /* SNOOP_COPY_* (flows/snoop-flows.h). */
};

struct leftovers *leftovers_create(void);
void leftovers_destroy(struct leftovers *); /* NULL is fine. */

/* Says that the port's policy is of interest. */
void leftovers_add_port(struct leftovers *, uint16_t ofport);

/* Reads what the switch is known to hold.  To be called once, after the
 * ports were added.  'sets' has the names of the address sets that are known:
 * their rows are somebody else's care. */
void leftovers_read(struct leftovers *, const struct flow_table *,
                    const struct sset *sets);

/* The policy of a port that was added.  NULL if the switch holds none: then
 * the port is closed or unfiltered there, or half of it was somebody else's
 * doing. */
const struct leftover_port *leftovers_find_port(const struct leftovers *,
                                                uint16_t ofport);

/* The flows of a program that such a port has, and the rows that it looks up
 * in address sets that are not known and that nobody else uses.  NULL if it
 * is no such port's. */
const struct flow_set *leftovers_find_program(const struct leftovers *,
                                              uint32_t id);

/* The uses that the program makes of known sets.  Returns their number. */
size_t leftovers_find_uses(const struct leftovers *, uint32_t id,
                           const struct set_use **);

/* Adds a program's flows to 'dst' under the number 'id'. */
void leftovers_copy_program(const struct flow_set *flows, uint32_t id,
                            struct flow_set *dst);

/* What the program needs besides: bits by pipeline_need. */
unsigned int leftovers_needs(const struct flow_set *flows);

#endif /* switch/leftovers.h */
