/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_PORT_LEARNING_H
#define CONTROLLER_PORT_LEARNING_H 1

/* The part of a port's plan that is about addresses that nobody wrote down
 * (semantics reference 4.3, 4.4).
 *
 * A port learns if nothing but $IP, or $IPV6, is missing for its filter, and
 * CTRL_IP_LEARNING (any, dhcp, none; default any) or CTRL_IPV6_LEARNING (the
 * same; default none) allows it.  Until an address is known it has the rules
 * of learning-rules.h; then its filter, with all live addresses as the list.
 *
 * If a filter needs both and only one family is known, the other's list has
 * one address that nobody has, so that the rules about it match nothing; but
 * with `any' a port always waits for IPv4. */

struct bridge;
struct local_interface;
struct port_context;
struct port_plan;
struct program_entry;

/* Finds the program for a port whose policy names a filter that exists.  Adds
 * what was learned to policy.vars, and sets 'learning', 'copies' and 'log',
 * and 'depends' to the filters that the policy's refers to.  If the program's
 * or the plan's 'error' is set, the port can not have its filter; it goes on
 * learning for the one that it has.
 *
 * Of the bridge only the identity counts: ports of the same one and the same
 * VLAN share addresses. */
struct program_entry *port_learning_plan(struct port_plan *,
                                         const struct bridge *,
                                         const struct local_interface *,
                                         const struct port_context *);

/* Makes a port that was taken over from the switch, and whose filter is
 * broken, go on learning: what its flows there show says how ('copies',
 * SNOOP_COPY_*).  Nothing to do if its plan says so already. */
void port_learning_resume(struct port_plan *, const struct bridge *,
                          const struct local_interface *,
                          const struct port_context *, unsigned int copies);

#endif /* controller/port-learning.h */
