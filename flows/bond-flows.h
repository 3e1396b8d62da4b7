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

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct flow_set;
struct ofpbuf;
struct port_config;

/* Frames whose sender's address, in the same VLAN, went out through a bond so
 * many seconds ago or less are not taken in from it, if its peer does not know
 * that it is a bond. */
#define BOND_REFLECTION_S 10

enum bond_balance {
    BOND_ACTIVE,    /* One member sends. */
    BOND_BY_SOURCE, /* By the sender's address. */
    BOND_BY_HASH,   /* By addresses and ports. */
};

struct port_bond {
    enum bond_balance balance;
    bool aggregated;   /* The peer knows of the bond (LACP): any member that is
                        * alive may receive anything. */
    bool all_active;   /* Any member may receive multicast, if by source. */
    uint16_t *members; /* OpenFlow port numbers, ascending. */
    size_t n_members;  /* At least one. */
    size_t active;     /* Index of the active one; while it is not alive, the
                        * next one is. */
};

/* NULL is fine for each. */
struct port_bond *port_bond_clone(const struct port_bond *);
void port_bond_destroy(struct port_bond *);
bool port_bond_equal(const struct port_bond *, const struct port_bond *);

/* The member that is to be active, and whether a number is a member's.  Not
 * for NULL. */
uint16_t port_bond_active(const struct port_bond *);
bool port_bond_has(const struct port_bond *, uint16_t ofport);

/* What ends the actions of a member's flow in CLASSIFY. */
void bond_classify_actions(const struct port_config *, uint16_t member,
                           struct ofpbuf *acts);

/* Adds the flows that an ordinary port does not have. */
void bond_flows(const struct port_config *, struct flow_set *);

#endif /* flows/bond-flows.h */
