/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_PORT_POLICY_H
#define CONTROLLER_PORT_POLICY_H 1

/* Which policy a port has, by its configuration in both databases: the
 * interface's "nwfilter" wins over a binding, which wins over "port-profile";
 * a port that names none follows "nwfilter-default". */

#include <stdbool.h>
#include <netinet/in.h>

#include "openvswitch/types.h"
#include "xml/vars.h"

/* In Interface:external_ids. */
#define WATCH_KEY "nwfilter-watch"
#define LOG_KEY "nwfilter-log"

struct local_interface;
struct policy_db;
struct smap;

enum port_policy_kind {
    POLICY_OPEN,   /* Switched without filter. */
    POLICY_CLOSED, /* nwfilter-default=drop. */
    POLICY_FILTER,
};

struct port_policy {
    enum port_policy_kind kind;
    bool named;          /* The port itself names the filter, so its
                          * status is written. */
    char *filter;        /* If POLICY_FILTER. */
    struct nw_vars vars; /* Parameters, MAC included. */
    bool has_mac;
    struct eth_addr mac; /* The guest's own address. */
    bool flood_unknown;
    bool logs;        /* It says itself what is logged: */
    unsigned int log; /* LOG_*. */
    bool watched;     /* It gets a copy of its filter's flows for itself. */
    char *error;      /* Bad configuration, or NULL.  Only a filter minds. */
};

/* 'config' is Open_vSwitch:external_ids. */
void port_policy_init(struct port_policy *, const struct local_interface *,
                      const struct smap *config, const struct policy_db *);
void port_policy_uninit(struct port_policy *);

/* Reads an address of either family, IPv4 as mapped. */
bool port_policy_parse_address(const char *, struct in6_addr *);

#endif /* controller/port-policy.h */
