/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef VIEWS_FLOW_LIST_H
#define VIEWS_FLOW_LIST_H 1

/* `nwfctl flows': the flows that switches hold at this moment, by table, with
 * their counters and with what each is from. */

struct reconcile;

/* Registers "nwfilter/flows"; 'reconcile' is borrowed for good. */
void flow_list_register(struct reconcile *);

#endif /* views/flow-list.h */
