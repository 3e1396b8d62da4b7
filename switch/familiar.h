/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef SWITCH_FAMILIAR_H
#define SWITCH_FAMILIAR_H 1

/* What kinds of flows a switch has taken.
 *
 * Whether Open vSwitch can read a flow depends on its table, on which fields
 * it matches with which masks, and on its actions and which fields they set;
 * not on the values (another port's number, another address).  So after the
 * first flow of a kind the next ones are no surprise.
 *
 * Pure. */

#include <stdbool.h>
#include <stddef.h>

#include "flows/flow-table.h"

struct familiar;

struct familiar *familiar_create(void);
void familiar_destroy(struct familiar *); /* NULL is fine. */
void familiar_clear(struct familiar *);

/* The switch has taken these changes. */
void familiar_add(struct familiar *, const struct flow_change *, size_t n);

/* Whether all of these are like such as it has taken.  Deletions are: the flow
 * was there. */
bool familiar_has(const struct familiar *, const struct flow_change *,
                  size_t n);

#endif /* switch/familiar.h */
