/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef VIEWS_PORT_VIEW_H
#define VIEWS_PORT_VIEW_H 1

/* `nwfctl ports' and `nwfctl port': what a port has, since when and why, and
 * what has become of its packets. */

struct reconcile;

/* Registers "nwfilter/ports" and "nwfilter/port"; 'reconcile' is borrowed for
 * good. */
void port_view_register(struct reconcile *);

#endif /* views/port-view.h */
