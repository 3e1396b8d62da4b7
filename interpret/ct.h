/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef INTERPRET_CT_H
#define INTERPRET_CT_H 1

/* A connection tracker for the interpreter: the connections of one port (one
 * zone), classified as Linux's does it for iptables (reference 3.4).
 *
 * It follows states, not bytes: TCP windows and timeouts are not modelled, an
 * entry lives until it is flushed, replaced or reset.  As in Linux, a frame of
 * a known connection changes that connection's state whatever becomes of the
 * frame; a new connection is entered only if its first frame got through.
 *
 * Pure: no I/O and no clock. */

#include <stdbool.h>
#include <stddef.h>

#include "interpret/interpret.h"

struct interpret_ct;

struct interpret_ct_options {
    bool ftp;              /* Follow FTP control connections. */
    bool check_udplite;    /* As Linux: UDP-Lite with a right checksum is
                            * invalid, because the check takes it for
                            * UDP. */
    bool userspace;        /* As Open vSwitch's userspace datapath, where that
                            * falls short of Linux: SCTP, UDP-Lite and DCCP
                            * by address only; invalid are port 0, and ICMP
                            * queries with a code, for masks and for node
                            * information;
                            * what FTP announces stays announced, and counts
                            * in a connection's first packet, and a TCP
                            * connection that was announced is established by
                            * whatever follows a SYN.  What somebody
                            * sends to himself is never a reply.  A SYN is
                            * invalid where there has been a reply, else as
                            * the first, whoever sends it; after one across
                            * the first hardly anything is valid. */
    bool ignore_checksums; /* Do not look at transport checksums. */
};

struct interpret_ct *interpret_ct_create(const struct interpret_ct_options *);
void interpret_ct_destroy(struct interpret_ct *); /* NULL is fine. */

/* Forgets all connections. */
void interpret_ct_flush(struct interpret_ct *);

/* Classifies 'frame' and moves its connection on, if it has one.  A frame that
 * is no untagged IP is INTERPRET_UNTRACKED. */
void interpret_ct_receive(struct interpret_ct *,
                          const struct interpret_frame *,
                          struct interpret_conn *);

/* The frame of the last interpret_ct_receive(), which must still be there, got
 * through: if it began a connection, that is entered. */
void interpret_ct_confirm(struct interpret_ct *);

/* interpret_frame() with the state that the tracker finds.  The tracker does
 * not see what the guest sends if layer 2 drops it; '*connp' is untracked
 * then.  If the frame got through here and wherever it goes on to, call
 * interpret_ct_confirm(). */
void interpret_tracked(const struct interpret_policy *, struct interpret_ct *,
                       const struct interpret_frame *, enum nw_direction,
                       struct interpret_conn *connp,
                       struct interpret_result *);

/* For interpret_env's count_connections: notes the connection of the last
 * interpret_ct_receive() under 'key' and returns how many that were noted
 * under it from the same source address are alive. */
unsigned int interpret_ct_count(struct interpret_ct *, const void *key,
                                const struct interpret_frame *);

#endif /* interpret/ct.h */
