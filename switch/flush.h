/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef SWITCH_FLUSH_H
#define SWITCH_FLUSH_H 1

/* What the switch holds beside flows and has to forget: connections of a zone,
 * learned addresses of a port.
 *
 * A zone or port is asked for until a barrier has confirmed it, over as many
 * connections as that takes, because a zone that is used again with its old
 * entries lets packets of the former port's connections pass, and an address
 * that is behind another port now would be cut off.
 *
 * Addresses are asked for twice, because Open vSwitch accounts for packets,
 * and learns from them once more, some time after it has forwarded them.
 *
 * Pure: part of install.h's machine. */

#include <stdbool.h>
#include <stdint.h>

#include "openvswitch/ofp-protocol.h"

struct flush;
struct ovs_list;

enum flush_kind {
    FLUSH_ZONE,      /* Conntrack entries of a zone. */
    FLUSH_ADDRESSES, /* Flows learned for a port (0: unfiltered ports), in
                      * table PL_T_FDB_LEARNED; and whatever bonds have noted
                      * of senders in PL_T_BOND_IN, because the port may have
                      * been one, and be behind the bond now. */
};

struct flush *flush_create(enum flush_kind);
void flush_destroy(struct flush *); /* NULL is fine. */

void flush_add(struct flush *, uint16_t number);

/* Appends the messages (struct ofpbuf) that are due, and a barrier, to 'out'.
 * Uses transaction ids from '*next_xidp' on, which is advanced. */
void flush_run(struct flush *, long long int now, enum ofputil_protocol,
               uint32_t *next_xidp, struct ovs_list *out);

/* When flush_run() has something to append: LLONG_MIN for at once, LLONG_MAX
 * for never. */
long long int flush_next_run(const struct flush *);

/* True if everything was confirmed (once). */
bool flush_is_done(const struct flush *);

/* A barrier was answered.  Returns false if it was not the one of the last
 * flush_run(). */
bool flush_confirmed(struct flush *, uint32_t xid);

/* What was not confirmed will be sent again. */
void flush_disconnected(struct flush *);

#endif /* switch/flush.h */
