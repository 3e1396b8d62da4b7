/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef VIEWS_WATCH_H
#define VIEWS_WATCH_H 1

/* `nwfctl watch': what each rule has done for one port.
 *
 * Ports share the flows of their filter, so a flow's counters are those of all
 * of them.  A port that is watched has a copy of its program for itself
 * (programs.h), under a number of its own and with the same cookies; then the
 * counters of those flows are its own.
 *
 * Whether a port is watched is configuration, Interface:external_ids:
 * nwfilter-watch: it holds until it is taken back, whatever restarts. */

struct reconcile;

/* Registers "nwfilter/watch"; 'reconcile' is borrowed for good. */
void watch_register(struct reconcile *);

#endif /* views/watch.h */
