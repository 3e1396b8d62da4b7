/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "interpret/ct-private.h"

#include "util.h"

enum {
    FIN = 0x01,
    SYN = 0x02,
    RST = 0x04,
    PSH = 0x08,
    ACK = 0x10,
    URG = 0x20,
};

/* PSH goes with everything, URG with whatever may carry data.  Any other
 * combination is no TCP that a host would send. */
bool
ct_tcp_flags_are_sane(uint8_t flags)
{
    switch (flags & (FIN | SYN | RST | ACK | URG)) {
    case SYN:
    case SYN | URG:
    case SYN | ACK:
    case RST:
    case RST | ACK:
    case FIN | ACK:
    case FIN | ACK | URG:
    case ACK:
    case ACK | URG:
        return true;
    default:
        return false;
    }
}

/* A SYN begins a connection; an ACK picks one up in the middle. */
bool
ct_tcp_new(uint8_t flags, enum ct_tcp_state *statep)
{
    if (!ct_tcp_flags_are_sane(flags) || flags & (FIN | RST)
        || (flags & (SYN | ACK)) == (SYN | ACK)) {
        return false;
    }
    *statep = flags & SYN ? CT_SYN_SENT : CT_ESTABLISHED;
    return true;
}

static enum ct_tcp_result
next_syn(enum ct_tcp_state state, bool reply, enum ct_tcp_state *statep)
{
    bool opening = state == CT_SYN_SENT || state == CT_SYN_SENT2;

    if (reply) {
        if (state == CT_TIME_WAIT) {
            return CT_TCP_RESTART;
        }
        *statep = CT_SYN_SENT2;
        return opening ? CT_TCP_OK : CT_TCP_INVALID;
    }
    if (state == CT_TIME_WAIT || state == CT_CLOSE) {
        return CT_TCP_RESTART;
    }
    *statep = state;
    return opening ? CT_TCP_OK : CT_TCP_IGNORED;
}

static enum ct_tcp_result
next_syn_ack(enum ct_tcp_state state, bool reply, enum ct_tcp_state *statep)
{
    bool answer = (state == CT_SYN_SENT2
                   || state == (reply ? CT_SYN_SENT : CT_SYN_RECV));

    *statep = CT_SYN_RECV;
    if (answer) {
        return CT_TCP_OK;
    }
    return reply ? CT_TCP_IGNORED : CT_TCP_INVALID;
}

static enum ct_tcp_result
next_fin(enum ct_tcp_state state, enum ct_tcp_state *statep)
{
    switch (state) {
    case CT_SYN_SENT:
    case CT_SYN_SENT2:
        return CT_TCP_INVALID;
    case CT_SYN_RECV:
    case CT_ESTABLISHED:
        *statep = CT_FIN_WAIT;
        break;
    case CT_FIN_WAIT:
    case CT_CLOSE_WAIT:
    case CT_LAST_ACK:
        *statep = CT_LAST_ACK;
        break;
    case CT_TIME_WAIT:
    case CT_CLOSE:
        *statep = state;
        break;
    }
    return CT_TCP_OK;
}

static enum ct_tcp_result
next_ack(enum ct_tcp_state state, bool reply, enum ct_tcp_state *statep)
{
    switch (state) {
    case CT_SYN_SENT:
    case CT_SYN_SENT2:
        return reply ? CT_TCP_IGNORED : CT_TCP_INVALID;
    case CT_SYN_RECV:
        *statep = reply ? CT_SYN_RECV : CT_ESTABLISHED;
        break;
    case CT_FIN_WAIT:
        *statep = CT_CLOSE_WAIT;
        break;
    case CT_LAST_ACK:
        *statep = CT_TIME_WAIT;
        break;
    case CT_ESTABLISHED:
    case CT_CLOSE_WAIT:
    case CT_TIME_WAIT:
    case CT_CLOSE:
        *statep = state;
        break;
    }
    return CT_TCP_OK;
}

enum ct_tcp_result
ct_tcp_next(const struct ct_conn *conn, bool reply, uint8_t flags,
            enum ct_tcp_state *statep)
{
    if (!ct_tcp_flags_are_sane(flags)) {
        return CT_TCP_INVALID;
    }
    if (flags & RST) {
        *statep = CT_CLOSE;
        return conn->reply_seen ? CT_TCP_OK : CT_TCP_KILLED;
    }
    if (flags & SYN) {
        return (flags & ACK ? next_syn_ack(conn->tcp, reply, statep)
                            : next_syn(conn->tcp, reply, statep));
    }
    return (flags & FIN ? next_fin(conn->tcp, statep)
                        : next_ack(conn->tcp, reply, statep));
}
