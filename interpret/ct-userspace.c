/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include <stdlib.h>

#include "interpret/ct-private.h"

/* Open vSwitch's userspace datapath follows either end of a TCP connection by
 * itself, and the numbers that it sends.  A state table of its own is not what
 * Linux has: where they differ, the packet is what both say that it is.
 *
 * Acknowledgements are taken for right, so all that matters of them is whether
 * the datapath knows the numbers of the end that they go to. */

enum { FIN = 0x01, SYN = 0x02, RST = 0x04, ACK = 0x10 };

enum verdict {
    INVALID,
    VALID,
    FIRST,   /* As if it were the connection's first packet. */
    RESTART, /* It is the first packet of another connection. */
};

static void
open_end(struct ct_end *end, const struct interpret_l4 *l4)
{
    *end = (struct ct_end){ .phase = CT_END_OPENED,
                            .known = true,
                            .next = l4->tcp_seq,
                            .announced = end->announced };
}

void
ct_userspace_begin(struct ct_conn *conn, const struct interpret_l4 *l4)
{
    conn->ends[0] = conn->ends[1] = (struct ct_end){ CT_END_SILENT };
    open_end(&conn->ends[0], l4);
}

static bool
is_over(const struct ct_end *end)
{
    return end->phase >= CT_END_CLOSED;
}

/* How many numbers a segment takes. */
static size_t
length(const struct interpret_l4 *l4)
{
    return (l4->payload_len + ((l4->tcp_flags & SYN) != 0)
            + ((l4->tcp_flags & FIN) != 0));
}

/* Are the numbers right?  An end that has sent nothing but a SYN across the
 * other one's has no known numbers, and no room for old ones. */
static bool
fits(const struct ct_end *from, const struct ct_end *to, bool opens,
     const struct interpret_l4 *l4)
{
    int32_t ahead = l4->tcp_seq - from->next;

    return ((!(l4->tcp_flags & ACK) || opens || to->known)
            && (!(l4->tcp_flags & RST) || (from->known && abs(ahead) <= 1))
            && (!length(l4) || to->known || ahead >= -1)
            && (!from->early || from->announced));
}

/* A valid segment, in its place or before there is a place. */
static void
advance(struct ct_end *from, struct ct_end *to, bool in_place,
        const struct interpret_l4 *l4)
{
    uint8_t flags = l4->tcp_flags;
    uint32_t end = l4->tcp_seq + length(l4);

    if (length(l4) && (!from->known || (int32_t) (end - from->next) > 0)) {
        from->known = true;
        from->next = end;
    }
    from->early |= l4->payload_len && !in_place;
    to->announced |= (flags & ACK) != 0;
    if (flags & FIN && from->phase < CT_END_CLOSING) {
        from->phase = CT_END_CLOSING;
    }
    if (flags & ACK && in_place) {
        to->phase = (to->phase == CT_END_OPENED    ? CT_END_ANSWERED
                     : to->phase == CT_END_CLOSING ? CT_END_CLOSED
                                                   : to->phase);
    }
    if (flags & RST) {
        from->phase = to->phase = CT_END_CLOSED;
    }
}

static enum verdict
follow_ends(struct ct_end *from, struct ct_end *to,
            const struct interpret_l4 *l4)
{
    bool opens = from->phase == CT_END_SILENT;
    bool in_place;

    if ((l4->tcp_flags & (SYN | ACK)) == SYN) {
        if (is_over(from) && is_over(to)) {
            return RESTART;
        } else if (from->phase <= CT_END_OPENED) {
            from->phase = CT_END_OPENED;
            return FIRST;
        }
    }
    if (opens) {
        open_end(from, l4);
    }
    in_place = fits(from, to, opens, l4);
    if ((length(l4) && !from->known && !from->announced)
        || (!in_place && to->phase != CT_END_SILENT && !is_over(to)
            && !is_over(from))) {
        return INVALID;
    }
    advance(from, to, in_place, l4);
    return VALID;
}

/* A SYN makes sense only until there is a reply.  In connections that were
 * announced nobody can tell whether there has been one (ct.h): valid SYNs are
 * first ones, and all else goes on. */
static enum ct_tcp_result
after_syn(const struct ct_conn *conn, bool reply, enum verdict verdict)
{
    bool late = (conn->expected
                     ? verdict == VALID
                     : conn->reply_seen || (reply && verdict == VALID));

    return (verdict == RESTART ? CT_TCP_RESTART
            : late             ? CT_TCP_INVALID
                               : CT_TCP_FIRST);
}

enum ct_tcp_result
ct_userspace_next(struct ct_conn *conn, bool reply,
                  const struct interpret_l4 *l4, enum ct_tcp_state *statep)
{
    uint8_t flags = l4->tcp_flags;
    enum ct_tcp_result result;
    enum verdict verdict;

    if (!ct_tcp_flags_are_sane(flags)) {
        return CT_TCP_INVALID;
    }
    verdict = follow_ends(&conn->ends[reply], &conn->ends[!reply], l4);
    if (verdict == INVALID || (flags & SYN && flags & ACK && !reply)) {
        /* Who sent the first packet sends no SYN-ACK. */
        return CT_TCP_INVALID;
    } else if (flags & SYN && !(flags & ACK)) {
        return after_syn(conn, reply, verdict);
    }
    if (conn->expected) {
        conn->reply_seen = true;
        return CT_TCP_IGNORED;
    }
    result = ct_tcp_next(conn, reply, flags, statep);
    if (flags & RST && !reply && conn->tcp == CT_SYN_SENT) {
        *statep = CT_SYN_SENT; /* A SYN-ACK is still what is waited for. */
    }
    return result;
}
