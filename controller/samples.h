/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_SAMPLES_H
#define CONTROLLER_SAMPLES_H 1

/* Samples of what rules decide (flows/sample.h): here they get the names of
 * port and rule, are counted, and go on to whoever keeps or logs them. */

#include <stddef.h>
#include <stdint.h>

#include "flows/punt-flows.h"

struct bridge;
struct drops;
struct explain_scope;
struct filter_store;
struct ofputil_packet_in;
struct samples;
struct smap;

/* What 'scope' refers to is borrowed, and so are 'filters'; the scope's bridge
 * does not matter. */
struct samples *samples_create(const struct explain_scope *scope,
                               const struct filter_store *filters);
void samples_destroy(struct samples *); /* NULL is fine. */

/* Takes over Open_vSwitch:external_ids. */
void samples_configure(struct samples *, const struct smap *config);

/* A packet-in of PUNT_DROP, PUNT_REJECT or PUNT_ACCEPT from a bridge. */
void samples_receive(struct samples *, const struct bridge *, enum punt_kind,
                     const struct ofputil_packet_in *, size_t total_len);

/* What was dropped last. */
const struct drops *samples_drops(const struct samples *);

#endif /* controller/samples.h */
