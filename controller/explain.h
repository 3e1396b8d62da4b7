/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_EXPLAIN_H
#define CONTROLLER_EXPLAIN_H 1

/* What stands behind a flow's cookie (pipeline.h): the rule, the port, the
 * program that it comes from. */

#include <stdint.h>

struct bridge;
struct ds;
struct of_flow;
struct port;
struct programs;
struct rule_origin;
struct rule_index;
struct sets;
struct shash;

/* Where to look; all borrowed.  See also reconcile_scope(). */
struct explain_scope {
    const struct shash *ports; /* Name to "struct port". */
    const struct programs *programs;
    const struct sets *sets;
    const struct rule_index *index; /* For rules that are not in use here, or
                                     * NULL. */
    const struct bridge *bridge; /* Port numbers are meant of this one; NULL:
                                  * of any, here or on another host. */
    const struct port *port;     /* Whose values variables have; NULL: what is
                                  * the same for all that share a flow. */
};

/* Appends the explanation: "filter web:3: accept in <tcp/>", "port vnet0
 * (CLASSIFY)". */
void explain_cookie(const struct explain_scope *, uint64_t cookie,
                    struct ds *);

/* The rule with that id in a cookie, if some program here has it; of one that
 * is reached in several ways the first.  NULL if not. */
const struct rule_origin *explain_find_rule(const struct explain_scope *,
                                            uint64_t id);

/* Appends what is known about the flow, each line after 'prefix': the rule
 * (all of them, if the filter comes to equal ones in several ways), the
 * filterrefs that led to it, and the values of its variables. */
void explain_flow(const struct explain_scope *, const struct of_flow *,
                  const char *prefix, struct ds *);

/* The program that the flow belongs to, or 0. */
uint32_t explain_program(const struct of_flow *);

#endif /* controller/explain.h */
