/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_IPSET_PORT_H
#define XML_IPSET_PORT_H 1

/* The port dimension of address sets, for ipset.c only. */

#include <stdbool.h>
#include <stddef.h>

struct nw_set_port;

/* "[PROTO:]PORT[-PORT]", "icmp:NAME", "icmp:TYPE/CODE" or "PROTO:0", as
 * ipset(8) has them; only "PORT[-PORT]" if 'bitmap'.  Returns NULL or a
 * message that the caller frees. */
char *nw_set_port_parse(const char *text, bool bitmap, struct nw_set_port *);

/* The caller frees the string. */
char *nw_set_port_format(const struct nw_set_port *);

#endif /* xml/ipset-port.h */
