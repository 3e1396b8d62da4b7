/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_GIVEN_H
#define CONTROLLER_GIVEN_H 1

/* Which ports have an address by configuration ($IP, $IPV6), so that one that
 * is learned is not compared with those of every port. */

#include <stdbool.h>
#include <netinet/in.h>

struct given;
struct port;

struct given *given_create(void);
void given_destroy(struct given *); /* NULL is fine. */

/* The port was planned.  If it 'learns', its addresses are not given.  The
 * port must be forgotten before it is destroyed. */
void given_note(struct given *, const struct port *, bool learns);
void given_forget(struct given *, const struct port *);

/* Whether another port of the same bridge and VLAN has the address (IPv4
 * mapped). */
bool given_to_other(const struct given *, const struct port *,
                    const struct in6_addr *);

#endif /* controller/given.h */
