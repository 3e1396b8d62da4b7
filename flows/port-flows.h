/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_PORT_FLOWS_H
#define FLOWS_PORT_FLOWS_H 1

/* The handful of flows that belong to one port: where its frames come in and
 * go out, its VLANs, its address.  What its filter says is in the program that
 * it shares with others, and in its predicates' rows. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"

struct flow_set;
struct port_bond;

struct port_config {
    uint16_t ofport;              /* Also the port's id in PL_R_PORT. */
    const struct port_bond *bond; /* Or NULL (bond-flows.h); then 'ofport' is
                                   * the first member.  Not if filtered.
                                   * Borrowed. */

    /* VLANs (ovs-vswitchd.conf.db(5), Port), as Open vSwitch's own switching
     * has them, but for a tag with a priority and no VLAN: that stays on the
     * frame wherever tags may be, because filters look at it. */
    bool access;            /* 'tag' only, untagged on the wire. */
    bool native;            /* Untagged frames are in 'tag'... */
    bool native_untagged;   /* ...and leave untagged. */
    uint16_t tag;           /* If access or native. */
    const uint16_t *trunks; /* If !access; borrowed. */
    size_t n_trunks;        /* 0: every VLAN. */

    /* Policy. */
    bool filtered;    /* Else switched without filter. */
    uint32_t program; /* If filtered. */
    uint16_t zone;
    bool has_mac;
    struct eth_addr mac; /* The guest's, if has_mac. */
    unsigned int copies; /* Of frames for the daemon: SNOOP_COPY_*. */
    bool alone;          /* Its in rules are not run for others, too. */
};

/* Addresses that a filtered port may add to the learned ones, beside the one
 * it is configured with. */
#define PORT_LEARN_LIMIT 32

/* Adds the port's flows, without its predicates' rows. */
void port_flows(const struct port_config *, struct flow_set *);

/* Whether both are in the same VLANs, with the same tags. */
bool port_config_same_vlans(const struct port_config *,
                            const struct port_config *);

/* Whether that is the port's number, or that of a member of the bond. */
bool port_has_number(const struct port_config *, uint16_t ofport);

/* Whether the port is in every VLAN; if not, 'cb' is called for each that it
 * is in. */
bool port_vlans(const struct port_config *,
                void (*cb)(uint16_t vlan, void *aux), void *aux);

#endif /* flows/port-flows.h */
