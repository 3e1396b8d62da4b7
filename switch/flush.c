/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "switch/flush.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "byte-order.h"
#include "flows/flow.h"
#include "flows/pipeline.h"
#include "openflow/nicira-ext.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-util.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"

/* Between both times that addresses are asked for. */
#define AGAIN_MS 1000

struct flush {
    enum flush_kind kind;
    uint16_t *numbers;
    size_t n, allocated;
    size_t n_sent;        /* The first so many have been sent. */
    uint32_t barrier_xid; /* After the last of those. */

    struct flush *again; /* The second time, or NULL; due at this time. */
    long long int again_at;
};

static struct ofpbuf *encode_zone(uint16_t zone, enum ofputil_protocol);
static struct ofpbuf *encode_addresses(uint8_t table, uint16_t port,
                                       enum ofputil_protocol);
static void send_msg(struct ofpbuf *, uint32_t xid, struct ovs_list *out);
static bool is_pending(const struct flush *);

struct flush *
flush_create(enum flush_kind kind)
{
    struct flush *f = xzalloc(sizeof *f);
    f->kind = kind;
    if (kind == FLUSH_ADDRESSES) {
        f->again = xzalloc(sizeof *f->again);
        f->again->kind = kind;
    }
    return f;
}

void
flush_destroy(struct flush *f)
{
    if (f) {
        flush_destroy(f->again);
        free(f->numbers);
        free(f);
    }
}

void
flush_add(struct flush *f, uint16_t number)
{
    if (f->again) {
        flush_add(f->again, number);
    }
    for (size_t i = f->n_sent; i < f->n; i++) {
        if (f->numbers[i] == number) {
            return;
        }
    }
    if (f->n >= f->allocated) {
        f->numbers = x2nrealloc(f->numbers, &f->allocated, sizeof *f->numbers);
    }
    f->numbers[f->n++] = number;
}

bool
flush_is_done(const struct flush *f)
{
    return !f->n;
}

long long int
flush_next_run(const struct flush *f)
{
    return (is_pending(f)                      ? LLONG_MIN
            : f->again && is_pending(f->again) ? f->again_at
                                               : LLONG_MAX);
}

void
flush_run(struct flush *f, long long int now, enum ofputil_protocol protocol,
          uint32_t *next_xidp, struct ovs_list *out)
{
    if (is_pending(f)) {
        f->again_at = now + AGAIN_MS;
    } else if (f->again && now >= f->again_at) {
        f = f->again;
    }
    if (!is_pending(f)) {
        return;
    }
    for (; f->n_sent < f->n; f->n_sent++) {
        uint16_t number = f->numbers[f->n_sent];
        send_msg((f->kind == FLUSH_ZONE
                      ? encode_zone(number, protocol)
                      : encode_addresses(PL_T_FDB_LEARNED, number, protocol)),
                 (*next_xidp)++, out);
    }
    if (f->kind == FLUSH_ADDRESSES) {
        send_msg(encode_addresses(PL_T_BOND_IN, 0, protocol), (*next_xidp)++,
                 out);
    }

    enum ofp_version version = ofputil_protocol_to_ofp_version(protocol);
    f->barrier_xid = (*next_xidp)++;
    send_msg(ofputil_encode_barrier_request(version), f->barrier_xid, out);
}

bool
flush_confirmed(struct flush *f, uint32_t xid)
{
    if (!f->n_sent || xid != f->barrier_xid) {
        return f->again && flush_confirmed(f->again, xid);
    }
    f->n -= f->n_sent;
    memmove(f->numbers, f->numbers + f->n_sent, f->n * sizeof *f->numbers);
    f->n_sent = 0;
    return true;
}

void
flush_disconnected(struct flush *f)
{
    f->n_sent = 0;
    if (f->again) {
        f->again->n_sent = 0;
    }
}

static bool
is_pending(const struct flush *f)
{
    return f->n_sent < f->n;
}

static struct ofpbuf *
encode_zone(uint16_t zone, enum ofputil_protocol protocol)
{
    struct ofpbuf *msg = ofpraw_alloc(OFPRAW_NXT_CT_FLUSH_ZONE,
                                      ofputil_protocol_to_ofp_version(
                                          protocol),
                                      0);
    struct nx_zone_id *nzi = ofpbuf_put_zeros(msg, sizeof *nzi);
    nzi->zone_id = htons(zone);
    return msg;
}

/* The cookie says whose they are; between the project's mark and the port's
 * number it also has what they are for, which does not matter here. */
static struct ofpbuf *
encode_addresses(uint8_t table, uint16_t port, enum ofputil_protocol protocol)
{
    struct match match = MATCH_CATCHALL_INITIALIZER;
    struct ofputil_flow_mod fm = {
        .command = OFPFC_DELETE,
        .table_id = table,
        .cookie = htonll(pipeline_cookie(PL_K_LEARNED, port)),
        .cookie_mask = htonll(OF_COOKIE_MARK_MASK | OF_COOKIE_KIND_MASK
                              | UINT32_MAX),
        .new_cookie = OVS_BE64_MAX,
        .buffer_id = UINT32_MAX,
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
    };

    minimatch_init(&fm.match, &match);
    struct ofpbuf *msg = ofputil_encode_flow_mod(&fm, protocol);
    minimatch_destroy(&fm.match);
    return msg;
}

static void
send_msg(struct ofpbuf *msg, uint32_t xid, struct ovs_list *out)
{
    ((struct ofp_header *) msg->data)->xid = htonl(xid);
    ofpmsg_update_length(msg);
    ovs_list_push_back(out, &msg->list_node);
}
