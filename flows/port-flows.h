/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_PORT_FLOWS_H
#define FLOWS_PORT_FLOWS_H 1

/* The handful of flows that belong to one port: where its frames come in and
 * go out, its VLANs, its address.  What its filter says is in the program that
 * it shares with others, and in its predicates' rows. */

struct flow_set;
struct port_config;

/* Addresses that a filtered port may add to the learned ones, beside the one
 * it is configured with. */
#define PORT_LEARN_LIMIT 32

/* Adds the port's flows, without its predicates' rows. */
void port_flows(const struct port_config *, struct flow_set *);

#endif /* flows/port-flows.h */
