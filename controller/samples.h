/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_SAMPLES_H
#define CONTROLLER_SAMPLES_H 1

/* Samples of what rules decide (flows/sample.h): here they get the names of
 * port and rule, are counted, and go on to whoever keeps them. */

#include <stddef.h>
#include <stdint.h>

struct bridge;
struct drops;
struct explain_scope;
struct ofputil_packet_in;
struct samples;

/* What 'scope' refers to is borrowed; its 'bridge' does not matter. */
struct samples *samples_create(const struct explain_scope *scope);
void samples_destroy(struct samples *); /* NULL is fine. */

/* A packet-in of PUNT_DROP or PUNT_REJECT from a bridge. */
void samples_receive(struct samples *, const struct bridge *,
                     const struct ofputil_packet_in *, size_t total_len);

/* What was dropped last. */
const struct drops *samples_drops(const struct samples *);

#endif /* controller/samples.h */
