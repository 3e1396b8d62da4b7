/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_BOND_FLOWS_H
#define FLOWS_BOND_FLOWS_H 1

/* Bonds: several interfaces that are one port.
 *
 * The lowest of the members' numbers stands for the bond in every table; a
 * frame that a member receives goes on as if it had come from there.  Which
 * members are alive (carrier, BFD and CFM, LACP) is the switch's to know, so
 * that another one takes over without the daemon.
 *
 * What is received and where it is sent is as in Open vSwitch's own switching
 * (Open vSwitch, Documentation/topics/bonding.rst), but for reflections: where
 * that compares a frame's sender with the learned addresses, this remembers
 * for BOND_REFLECTION_S what was sent through the bond. */

#include <stdint.h>

struct flow_set;
struct ofpbuf;
struct port_config;

/* Frames whose sender's address, in the same VLAN, went out through a bond so
 * many seconds ago or less are not taken in from it, if its peer does not know
 * that it is a bond. */
#define BOND_REFLECTION_S 10

/* What ends the actions of a member's flow in CLASSIFY. */
void bond_classify_actions(const struct port_config *, uint16_t member,
                           struct ofpbuf *acts);

/* Adds the flows that an ordinary port does not have. */
void bond_flows(const struct port_config *, struct flow_set *);

#endif /* flows/bond-flows.h */
