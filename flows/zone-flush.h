/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_ZONE_FLUSH_H
#define FLOWS_ZONE_FLUSH_H 1

/* Conntrack zones that are to be emptied in the switch.
 *
 * A zone is asked for until a barrier has confirmed it, over as many
 * connections as that takes, because a zone that is used again with its old
 * entries lets packets of the former port's connections pass.  Pure: part of
 * install.h's machine. */

#include <stdbool.h>
#include <stdint.h>

#include "openflow/openflow.h"

struct ovs_list;
struct zone_flush;

struct zone_flush *zone_flush_create(void);
void zone_flush_destroy(struct zone_flush *); /* NULL is fine. */

void zone_flush_add(struct zone_flush *, uint16_t zone);

/* True if zone_flush_run() has something to append. */
bool zone_flush_is_pending(const struct zone_flush *);

/* Appends the messages (struct ofpbuf) that are due, and a barrier, to 'out'.
 * Uses transaction ids from '*next_xidp' on, which is advanced. */
void zone_flush_run(struct zone_flush *, enum ofp_version, uint32_t *next_xidp,
                    struct ovs_list *out);

/* A barrier was answered.  Returns false if it was not the one of the last
 * zone_flush_run(). */
bool zone_flush_confirmed(struct zone_flush *, uint32_t xid);

/* What was not confirmed will be sent again. */
void zone_flush_disconnected(struct zone_flush *);

#endif /* flows/zone-flush.h */
