/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "interpret/ct.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "hash.h"
#include "interpret/ct-private.h"
#include "util.h"

/* A connection that a connlimit rule has seen. */
struct noted {
    const void *key;
    struct ct_tuple tuple; /* Original direction. */
};

struct interpret_ct {
    struct interpret_ct_options options;
    struct hmap halves;             /* Contains "struct ct_half"s. */
    struct ct_conn *current;        /* Of the last frame, if it is known. */
    struct ct_conn *pending;        /* Of the last frame, if it is new. */
    struct ct_conn *again;          /* The last frame was another SYN. */
    struct interpret_l4 pending_l4; /* That frame's header. */
    struct ct_expectation *expectations;
    size_t n_expectations, allocated_expectations;
    struct noted *noted;
    size_t n_noted, allocated_noted;
};

struct interpret_ct *
interpret_ct_create(const struct interpret_ct_options *options)
{
    struct interpret_ct *ct = xzalloc(sizeof *ct);

    ct->options = *options;
    hmap_init(&ct->halves);
    return ct;
}

static uint32_t
hash_tuple(const struct ct_tuple *tuple)
{
    return hash_bytes(tuple, sizeof *tuple, 0);
}

static void
forget_expectations(struct interpret_ct *ct, const struct ct_conn *master)
{
    size_t n = 0;

    for (size_t i = 0; i < ct->n_expectations; i++) {
        if (ct->expectations[i].master != master) {
            ct->expectations[n++] = ct->expectations[i];
        }
    }
    ct->n_expectations = n;
}

static void
kill_conn(struct interpret_ct *ct, struct ct_conn *conn)
{
    forget_expectations(ct, conn);
    hmap_remove(&ct->halves, &conn->halves[0].node);
    hmap_remove(&ct->halves, &conn->halves[1].node);
    if (ct->current == conn) {
        ct->current = ct->again = NULL;
    }
    free(conn);
}

static void
forget_frame(struct interpret_ct *ct)
{
    ct->current = ct->again = NULL;
    free(ct->pending);
    ct->pending = NULL;
}

/* NULL if no connection has 'tuple' as one of its directions.  A connection
 * of somebody with itself may have the same tuple twice: then Linux finds the
 * reply, the userspace datapath the original direction. */
static struct ct_half *
find_half(const struct interpret_ct *ct, const struct ct_tuple *tuple)
{
    struct ct_half *half, *found = NULL;
    int first = ct->options.userspace ? 0 : 1;

    HMAP_FOR_EACH_WITH_HASH (half, node, hash_tuple(tuple), &ct->halves) {
        if (!memcmp(&half->tuple, tuple, sizeof *tuple)
            && (!found || half == &half->conn->halves[first])) {
            found = half;
        }
    }
    return found;
}

void
interpret_ct_flush(struct interpret_ct *ct)
{
    struct hmap_node *node;

    forget_frame(ct);
    while ((node = hmap_first(&ct->halves))) {
        kill_conn(ct, CONTAINER_OF(node, struct ct_half, node)->conn);
    }
    ct->n_noted = 0;
}

void
interpret_ct_destroy(struct interpret_ct *ct)
{
    if (ct) {
        interpret_ct_flush(ct);
        hmap_destroy(&ct->halves);
        free(ct->expectations);
        free(ct->noted);
        free(ct);
    }
}

static uint16_t
get16(const uint8_t *p)
{
    return p[0] << 8 | p[1];
}

static bool
has_ports(const struct interpret_ct *ct, int protocol)
{
    return protocol == IPPROTO_TCP || protocol == IPPROTO_UDP
           || (!ct->options.userspace
               && (protocol == IPPROTO_DCCP || protocol == IPPROTO_SCTP
                   || protocol == IPPROTO_UDPLITE));
}

static bool
is_icmp(const struct interpret_ip *ip)
{
    return ip->ct_protocol
           == (ip->family == 6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
}

/* Works on the raw header, because a packet quoted in an ICMP error has only
 * eight bytes of it.  Returns false if there is not even that. */
static bool
make_tuple(const struct interpret_ct *ct, const struct interpret_ip *ip,
           struct ct_tuple *tuple)
{
    memset(tuple, 0, sizeof *tuple);
    if (ip->ct_protocol < 0 || !ip->l4_data) {
        return false;
    }
    tuple->family = ip->family;
    tuple->protocol = ip->ct_protocol;
    memcpy(tuple->src, ip->src, sizeof tuple->src);
    memcpy(tuple->dst, ip->dst, sizeof tuple->dst);
    if (has_ports(ct, ip->ct_protocol)) {
        if (ip->l4_len < 8) {
            return false;
        }
        tuple->src_port = get16(ip->l4_data);
        tuple->dst_port = get16(ip->l4_data + 2);
    } else if (is_icmp(ip)) {
        if (ip->l4_len < 8) {
            return false;
        }
        tuple->src_port = get16(ip->l4_data + 4);
        tuple->dst_port = get16(ip->l4_data);
    }
    return true;
}

/* Queries and their answers; 255 for any other message. */
static uint8_t
icmp_answer(uint8_t family, uint8_t type)
{
    static const uint8_t pairs[][3] = {
        { 4, 8, 0 },   { 4, 13, 14 },   { 4, 15, 16 },
        { 4, 17, 18 }, { 6, 128, 129 }, { 6, 139, 140 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        if (pairs[i][0] == family) {
            if (pairs[i][1] == type) {
                return pairs[i][2];
            } else if (pairs[i][2] == type) {
                return pairs[i][1];
            }
        }
    }
    return 255;
}

static bool
is_icmp_query(uint8_t family, uint8_t type)
{
    return (family == 6 ? type == 128 || type == 139
                        : type == 8 || type == 13 || type == 15 || type == 17);
}

/* The tuple of answers.  Returns false if there can be none. */
static bool
invert_tuple(const struct ct_tuple *tuple, struct ct_tuple *inverse)
{
    *inverse = *tuple;
    memcpy(inverse->src, tuple->dst, sizeof inverse->src);
    memcpy(inverse->dst, tuple->src, sizeof inverse->dst);
    if (tuple->protocol
        == (tuple->family == 6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)) {
        uint8_t answer = icmp_answer(tuple->family, tuple->dst_port >> 8);
        inverse->dst_port = answer << 8 | (tuple->dst_port & 0xff);
        return answer != 255;
    }
    inverse->src_port = tuple->dst_port;
    inverse->dst_port = tuple->src_port;
    return true;
}

static bool
may_query(const struct interpret_ct *ct, const struct interpret_ip *ip)
{
    uint8_t type = ip->l4.icmp_type;

    return (is_icmp_query(ip->family, type)
            && !(ct->options.userspace
                 && (ip->l4.icmp_code || type == 17 || type == 139)));
}

/* May a frame begin a connection?  Fills in conn->tcp. */
static bool
may_begin(const struct interpret_ct *ct, const struct interpret_ip *ip,
          struct ct_conn *conn)
{
    switch (ip->ct_protocol) {
    case IPPROTO_TCP:
        return ct_tcp_new(ip->l4.tcp_flags, &conn->tcp);
    case IPPROTO_SCTP:
        /* RFC 4960: DATA (0) and SACK (3) are no chunks to begin with. */
        return (ct->options.userspace
                || (ip->l4.payload_len && ip->l4.payload[0] != 0
                    && ip->l4.payload[0] != 3));
    default:
        return !is_icmp(ip) || may_query(ct, ip);
    }
}

/* Is the tuple that of a connection that has been announced?  In Linux an
 * announcement is good for one frame, let through or not. */
static bool
is_expected(struct interpret_ct *ct, const struct ct_tuple *tuple)
{
    struct ct_tuple key = *tuple;

    key.src_port = 0;
    for (size_t i = 0; i < ct->n_expectations; i++) {
        if (!memcmp(&ct->expectations[i].tuple, &key, sizeof key)) {
            if (!ct->options.userspace) {
                ct->expectations[i] = ct->expectations[--ct->n_expectations];
            }
            return true;
        }
    }
    return false;
}

static enum interpret_state
begin(struct interpret_ct *ct, const struct interpret_ip *ip,
      const struct ct_tuple *tuple)
{
    struct ct_conn *conn = xzalloc(sizeof *conn);

    if (!may_begin(ct, ip, conn)
        || !invert_tuple(tuple, &conn->halves[1].tuple)) {
        free(conn);
        return INTERPRET_INVALID;
    }
    conn->halves[0].tuple = *tuple;
    conn->halves[0].conn = conn->halves[1].conn = conn;
    conn->expected = is_expected(ct, tuple);
    ct_userspace_begin(conn, &ip->l4);
    ct->pending = conn;
    ct->pending_l4 = ip->l4;
    return conn->expected ? INTERPRET_RELATED : INTERPRET_NEW;
}

static void
expect(struct interpret_ct *ct, const struct ct_conn *master, bool reply,
       const struct interpret_l4 *l4)
{
    struct ct_tuple tuple;

    if (!ct->options.ftp || !ct_ftp_announces(master, reply, l4, &tuple)) {
        return;
    }
    forget_expectations(ct, master);
    if (ct->n_expectations >= ct->allocated_expectations) {
        ct->expectations = x2nrealloc(ct->expectations,
                                      &ct->allocated_expectations,
                                      sizeof *ct->expectations);
    }
    ct->expectations[ct->n_expectations++] = (struct ct_expectation){ master,
                                                                      tuple };
}

void
interpret_ct_confirm(struct interpret_ct *ct)
{
    struct ct_conn *conn = ct->pending;

    if (ct->again) {
        ct->again->tcp = CT_SYN_SENT;
    }
    if (conn) {
        ct->pending = NULL;
        ct->current = conn;
        for (int i = 0; i < 2; i++) {
            hmap_insert(&ct->halves, &conn->halves[i].node,
                        hash_tuple(&conn->halves[i].tuple));
        }
        if (ct->options.userspace
            && conn->halves[0].tuple.protocol == IPPROTO_TCP) {
            expect(ct, conn, false, &ct->pending_l4);
        }
    }
}

static enum interpret_state
conn_state(const struct ct_conn *conn, bool reply)
{
    return (reply || conn->reply_seen ? INTERPRET_ESTABLISHED
            : conn->expected          ? INTERPRET_RELATED
                                      : INTERPRET_NEW);
}

/* Moves a TCP connection on.  Returns false if 'out' has been settled. */
static bool
follow_tcp(struct interpret_ct *ct, const struct interpret_ip *ip,
           struct ct_half *half, struct interpret_conn *out)
{
    struct ct_conn *conn = half->conn;
    bool reply = half == &conn->halves[1];
    struct ct_tuple tuple = half->tuple;
    enum ct_tcp_state state;
    enum ct_tcp_result result =
        (ct->options.userspace
             ? ct_userspace_next(conn, reply, &ip->l4, &state)
             : ct_tcp_next(conn, reply, ip->l4.tcp_flags, &state));

    switch (result) {
    case CT_TCP_OK:
        conn->tcp = state;
        return true;
    case CT_TCP_IGNORED:
        return true;
    case CT_TCP_INVALID:
        ct->current = NULL;
        out->state = INTERPRET_INVALID;
        return false;
    case CT_TCP_KILLED:
        out->state = conn_state(conn, reply);
        if (ct->options.userspace) { /* It stays, for ICMP errors, say. */
            conn->tcp = reply ? CT_TIME_WAIT : conn->tcp;
            conn->reply_seen |= reply;
        } else {
            kill_conn(ct, conn);
        }
        return false;
    case CT_TCP_RESTART:
        kill_conn(ct, conn);
        out->reply = false;
        out->state = begin(ct, ip, &tuple);
        return false;
    case CT_TCP_FIRST:
        ct->again = conn;
        out->reply = false;
        out->state = conn->expected ? INTERPRET_RELATED : INTERPRET_NEW;
        return false;
    }
    OVS_NOT_REACHED();
}

static void
follow(struct interpret_ct *ct, const struct interpret_ip *ip,
       struct ct_half *half, struct interpret_conn *out)
{
    struct ct_conn *conn = half->conn;
    bool reply = half == &conn->halves[1];

    ct->current = conn;
    out->reply = reply;
    if (ip->ct_protocol == IPPROTO_TCP && !follow_tcp(ct, ip, half, out)) {
        return;
    }
    out->state = conn_state(conn, reply);
    conn->reply_seen |= reply;
    if (ip->ct_protocol == IPPROTO_TCP
        && (conn->reply_seen || ct->options.userspace)) {
        expect(ct, conn, reply, &ip->l4);
    }
}

static bool
is_icmp_error(int family, uint8_t type)
{
    return (family == 6 ? type < 128
                        : type == 3 || type == 4 || type == 5 || type == 11
                              || type == 12);
}

/* An ICMP error belongs to the connection of the packet that it quotes. */
static void
receive_error(const struct interpret_ct *ct, const struct interpret_ip *ip,
              struct interpret_conn *out)
{
    struct interpret_ip inner;
    struct ct_tuple tuple;
    const struct ct_half *half;

    out->state = INTERPRET_INVALID;
    if (!ip->l4.payload) {
        return;
    }
    interpret_ip_parse(ip->family, ip->l4.payload, ip->l4.payload_len, &inner);
    if (inner.family && make_tuple(ct, &inner, &tuple)
        && (half = find_half(ct, &tuple))) {
        out->state = INTERPRET_RELATED;
        out->reply = half == &half->conn->halves[0];
    }
}

/* Neighbour discovery and MLD (RFC 4861, 2710, 3810). */
static bool
is_untracked(const struct interpret_ip *ip)
{
    uint8_t type = ip->l4.icmp_type;

    return (ip->family == 6 && ip->ct_protocol == IPPROTO_ICMPV6
            && ip->l4.valid && ((type >= 130 && type <= 136) || type == 143));
}

/* The userspace datapath does not take port 0. */
static bool
has_port_0(const struct interpret_ip *ip)
{
    return ((ip->ct_protocol == IPPROTO_TCP || ip->ct_protocol == IPPROTO_UDP)
            && (!ip->l4.src_port || !ip->l4.dst_port));
}

/* ICMP over IPv6, or ICMPv6 over IPv4. */
static bool
is_wrong_family(const struct interpret_ip *ip)
{
    return (!is_icmp(ip)
            && (ip->ct_protocol == IPPROTO_ICMP
                || ip->ct_protocol == IPPROTO_ICMPV6));
}

static bool
is_broken(const struct interpret_ct *ct, const struct interpret_ip *ip)
{
    int protocol = ip->ct_protocol;
    bool has_header = has_ports(ct, protocol) || is_icmp(ip);

    if (protocol < 0 || !ip->l4_data || (has_header && !ip->l4.valid)
        || is_wrong_family(ip)
        || (ip->family == 6 && protocol == IPPROTO_NONE)) {
        return true;
    }
    if (ct->options.userspace && has_port_0(ip)) {
        return true;
    }
    if (ct->options.ignore_checksums || ip->fragment) {
        return false;
    }
    if (protocol == IPPROTO_UDPLITE && ct->options.check_udplite) {
        return !ct_checksum_ok(ip, IPPROTO_UDP);
    }
    return ((protocol == IPPROTO_TCP || protocol == IPPROTO_UDP || is_icmp(ip))
            && !ct_checksum_ok(ip, protocol));
}

void
interpret_ct_receive(struct interpret_ct *ct,
                     const struct interpret_frame *frame,
                     struct interpret_conn *out)
{
    const struct interpret_ip *ip = &frame->ip;
    struct ct_tuple tuple;

    forget_frame(ct);
    *out = (struct interpret_conn){ INTERPRET_UNTRACKED, false };
    if (!ip->family) {
        return;
    }
    if (is_broken(ct, ip) || !make_tuple(ct, ip, &tuple)) {
        out->state = INTERPRET_INVALID;
    } else if (is_untracked(ip)) {
        return;
    } else if (is_icmp(ip) && is_icmp_error(ip->family, ip->l4.icmp_type)) {
        receive_error(ct, ip, out);
    } else {
        struct ct_half *half = find_half(ct, &tuple);
        if (half) {
            follow(ct, ip, half, out);
        } else {
            out->state = begin(ct, ip, &tuple);
        }
    }
}

void
interpret_tracked(const struct interpret_policy *policy,
                  struct interpret_ct *ct, const struct interpret_frame *frame,
                  enum nw_direction direction, struct interpret_conn *connp,
                  struct interpret_result *result)
{
    *connp = (struct interpret_conn){ INTERPRET_UNTRACKED, false };
    forget_frame(ct);
    if (interpret_reaches_layer3(policy, frame, direction, result)) {
        interpret_ct_receive(ct, frame, connp);
        interpret_frame(policy, frame, direction, connp, result);
    }
}

static void
note(struct interpret_ct *ct, const void *key, const struct ct_tuple *tuple)
{
    for (size_t i = 0; i < ct->n_noted; i++) {
        if (ct->noted[i].key == key
            && !memcmp(&ct->noted[i].tuple, tuple, sizeof *tuple)) {
            return;
        }
    }
    if (ct->n_noted >= ct->allocated_noted) {
        ct->noted = x2nrealloc(ct->noted, &ct->allocated_noted,
                               sizeof *ct->noted);
    }
    ct->noted[ct->n_noted++] = (struct noted){ key, *tuple };
}

unsigned int
interpret_ct_count(struct interpret_ct *ct, const void *key,
                   const struct interpret_frame *frame)
{
    const struct ct_conn *conn = ct->current ? ct->current : ct->pending;
    unsigned int n = 0;

    if (conn) {
        note(ct, key, &conn->halves[0].tuple);
    }
    for (size_t i = 0; i < ct->n_noted; i++) {
        const struct ct_tuple *tuple = &ct->noted[i].tuple;
        if (ct->noted[i].key == key
            && !memcmp(tuple->src, frame->ip.src, sizeof tuple->src)
            && (find_half(ct, tuple)
                || (conn
                    && !memcmp(tuple, &conn->halves[0].tuple,
                               sizeof *tuple)))) {
            n++;
        }
    }
    return n;
}
