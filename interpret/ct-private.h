/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef INTERPRET_CT_PRIVATE_H
#define INTERPRET_CT_PRIVATE_H 1

/* Inside of the interpreter's connection tracker; see interpret/ct.h. */

#include "interpret/ct.h"
#include "openvswitch/hmap.h"

/* One direction of a connection.  Unused bytes are zero, so that tuples can be
 * hashed and compared as bytes.  ICMP: 'src_port' is the identifier,
 * 'dst_port' is type * 256 + code. */
struct ct_tuple {
    uint8_t src[16], dst[16];
    uint16_t src_port, dst_port;
    uint8_t family, protocol;
    uint8_t pad[2];
};

enum ct_tcp_state {
    CT_SYN_SENT,
    CT_SYN_SENT2, /* Both sides have sent a SYN. */
    CT_SYN_RECV,
    CT_ESTABLISHED,
    CT_FIN_WAIT,
    CT_CLOSE_WAIT,
    CT_LAST_ACK,
    CT_TIME_WAIT,
    CT_CLOSE,
};

struct ct_half {
    struct hmap_node node; /* In the tracker, by 'tuple'. */
    struct ct_tuple tuple;
    struct ct_conn *conn;
};

/* An end of a TCP connection, as the userspace datapath sees it. */
struct ct_end {
    enum {
        CT_END_SILENT,   /* Has sent nothing. */
        CT_END_OPENED,   /* Has sent something. */
        CT_END_ANSWERED, /* The other end has acknowledged it. */
        CT_END_CLOSING,  /* Has sent a FIN. */
        CT_END_CLOSED,   /* Nothing more may come. */
    } phase;
    bool known;     /* Its sequence numbers have been seen... */
    uint32_t next;  /* ...up to this one. */
    bool announced; /* The other end has told what it expects... */
    bool early;     /* ...and had not when this one sent data. */
};

struct ct_conn {
    struct ct_half halves[2]; /* Original, reply. */
    bool reply_seen;
    bool expected; /* RELATED until a reply is seen. */
    enum ct_tcp_state tcp;
    struct ct_end ends[2]; /* Original, reply. */
};

/* A connection that an FTP control connection has announced: from any port of
 * 'tuple.src'. */
struct ct_expectation {
    const struct ct_conn *master;
    struct ct_tuple tuple;
};

/* interpret/ct-tcp.c */
enum ct_tcp_result {
    CT_TCP_OK,      /* '*statep' is the new state. */
    CT_TCP_IGNORED, /* Belongs to the connection, changes none. */
    CT_TCP_INVALID,
    CT_TCP_KILLED,  /* Belongs to it, and ends it. */
    CT_TCP_RESTART, /* Begins a new one in its place. */
    CT_TCP_FIRST,   /* Belongs to it, and counts as its first packet. */
};

/* False if a host sends no such segment. */
bool ct_tcp_flags_are_sane(uint8_t flags);

/* A TCP segment without a connection.  Returns false if it is invalid. */
bool ct_tcp_new(uint8_t flags, enum ct_tcp_state *statep);
enum ct_tcp_result ct_tcp_next(const struct ct_conn *, bool reply,
                               uint8_t flags, enum ct_tcp_state *statep);

/* interpret/ct-userspace.c: as ct_tcp_next(), for what the userspace datapath
 * makes of a segment.  It moves conn->ends on, which ct_userspace_begin() has
 * begun. */
void ct_userspace_begin(struct ct_conn *, const struct interpret_l4 *);
enum ct_tcp_result ct_userspace_next(struct ct_conn *, bool reply,
                                     const struct interpret_l4 *,
                                     enum ct_tcp_state *statep);

/* interpret/ct-ftp.c: if 'l4' carries an address for a data connection in
 * direction 'reply' of control connection 'conn', fills in the tuple that it
 * announces and returns true. */
bool ct_ftp_announces(const struct ct_conn *conn, bool reply,
                      const struct interpret_l4 *l4, struct ct_tuple *tuple);

/* interpret/ct-sum.c: false if the transport checksum is wrong.  'protocol' is
 * the number in the pseudo header. */
bool ct_checksum_ok(const struct interpret_ip *, uint8_t protocol);

#endif /* interpret/ct-private.h */
