/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef SWITCH_GREETING_H
#define SWITCH_GREETING_H 1

/* What a session tells a switch that it has just connected to, before any
 * flow: how to treat fragments, which packets it wants, and the groups that
 * flows refer to.
 *
 * Pure. */

#include <stdbool.h>
#include <stddef.h>

#include "openflow/openflow-common.h"

struct ofpbuf;

/* Returns the i-th message, from 0, which the caller owns; NULL if there are
 * no more.  'packet_in': packets that "controller" actions send are wanted. */
struct ofpbuf *greeting_message(enum ofp_version, bool packet_in, size_t i);

/* The first message about groups; the others about them follow. */
size_t greeting_first_group(bool packet_in);

#endif /* switch/greeting.h */
