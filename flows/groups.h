/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_GROUPS_H
#define FLOWS_GROUPS_H 1

/* The groups that flows refer to, PL_GROUP_* in pipeline.h.  Every bridge has
 * the same.
 *
 * Pure. */

#include <stdbool.h>
#include <stddef.h>

#include "openflow/openflow-common.h"

struct of_flow;
struct ofpbuf;
struct ofputil_group_mod;

/* Returns the i-th message, from 0, that makes a group or leaves it as it is;
 * NULL if there are no more.  The caller owns it. */
struct ofpbuf *groups_encode(enum ofp_version, size_t i);

/* Whether the switch refuses the flow without such groups. */
bool groups_are_used(const struct of_flow *);

/* Whether what somebody else has asked of the switch deletes one of these
 * groups, or makes another one of it.  The request came in a message of that
 * version. */
bool groups_are_changed(enum ofp_version, const struct ofputil_group_mod *);

#endif /* flows/groups.h */
