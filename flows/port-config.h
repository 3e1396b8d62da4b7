/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_PORT_CONFIG_H
#define FLOWS_PORT_CONFIG_H 1

/* What a port's flows are made from: its number, or its bond's members, its
 * VLANs, and its policy. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"

enum bond_balance {
    BOND_ACTIVE,    /* One member sends. */
    BOND_BY_SOURCE, /* By the sender's address. */
    BOND_BY_HASH,   /* By addresses and ports. */
};

/* Several interfaces that are one port. */
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

void port_bond_destroy(struct port_bond *); /* NULL is fine. */

/* The member that is to be active. */
uint16_t port_bond_active(const struct port_bond *);

/* 'bond' and 'trunks' are borrowed, but a copy made by port_config_clone()
 * owns its own. */
struct port_config {
    uint16_t ofport;              /* Also the port's id in PL_R_PORT. */
    const struct port_bond *bond; /* Or NULL; then 'ofport' is the first
                                   * member.  Not if filtered. */

    /* VLANs (ovs-vswitchd.conf.db(5), Port), as Open vSwitch's own switching
     * has them, but for a tag with a priority and no VLAN: that stays on the
     * frame wherever tags may be, because filters look at it. */
    bool access;            /* 'tag' only, untagged on the wire. */
    bool native;            /* Untagged frames are in 'tag'... */
    bool native_untagged;   /* ...and leave untagged. */
    uint16_t tag;           /* If access or native. */
    const uint16_t *trunks; /* If !access. */
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

/* Makes 'dst' a copy of its own; what it was before is not looked at. */
void port_config_clone(struct port_config *dst, const struct port_config *src);

/* Frees what a copy owns. */
void port_config_uninit(struct port_config *);

/* Whether both lead to the same flows. */
bool port_config_equal(const struct port_config *, const struct port_config *);

/* Whether both are in the same VLANs, with the same tags. */
bool port_config_same_vlans(const struct port_config *,
                            const struct port_config *);

/* Whether that is the port's number, or that of a member of the bond. */
bool port_config_has_number(const struct port_config *, uint16_t ofport);

/* The VLAN of frames without tag, or 0. */
uint16_t port_config_vlan(const struct port_config *);

/* Whether the port is in every VLAN; if not, 'cb' is called for each that it
 * is in. */
bool port_config_vlans(const struct port_config *,
                       void (*cb)(uint16_t vlan, void *aux), void *aux);

#endif /* flows/port-config.h */
