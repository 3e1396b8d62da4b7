/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "switch/bundle.h"

#include <stdlib.h>

#include "openvswitch/list.h"
#include "openvswitch/ofp-bundle.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-util.h"
#include "util.h"

#define BUNDLE_FLAGS (OFPBF_ATOMIC | OFPBF_ORDERED)

/* What the bundle will send next or waits for. */
enum state {
    OPENING, /* Has to send "open". */
    ADDING,  /* Has to send 'changes[next]' or "close". */
    CLOSING, /* Waits for the answer to "close". */
    ENDING,  /* Has to send "commit" or "discard". */
    FENCING, /* Has to send the barrier. */
    WAITING, /* Waits for the answer to the barrier. */
    DONE,
};

/* Transaction ids, counted from 'first_xid' or, the last three, from the one
 * after those of the changes. */
enum { XID_OPEN, XID_CHANGES };
enum { XID_CLOSE, XID_END, XID_BARRIER, N_LAST_XIDS };

struct bundle {
    uint32_t id;
    uint32_t first_xid;
    enum ofputil_protocol protocol;

    struct flow_change *changes;
    size_t n;
    size_t next;

    bool at_once;
    enum state state;
    bool committed; /* The commit was confirmed. */

    struct bundle_error *errors;
    size_t n_errors, allocated_errors;
};

static uint32_t last_xid(const struct bundle *, uint32_t which);
static struct ofpbuf *make_next(struct bundle *);
static struct ofpbuf *make_control(const struct bundle *,
                                   enum ofp14_bundle_ctrl_type, uint32_t xid);
static struct ofpbuf *make_add(const struct bundle *, size_t i);
static void receive_error(struct bundle *, uint32_t xid, enum ofperr);
static void receive_control(struct bundle *, const struct ofp_header *);

struct bundle *
bundle_create(uint32_t id, uint32_t first_xid, enum ofputil_protocol protocol,
              struct flow_change *changes, size_t n, bool at_once)
{
    struct bundle *b = xzalloc(sizeof *b);
    b->id = id;
    b->first_xid = first_xid;
    b->protocol = protocol;
    b->changes = changes;
    b->n = n;
    b->at_once = at_once;
    for (size_t i = 0; i < n; i++) {
        of_flow_ref(changes[i].flow);
    }
    return b;
}

void
bundle_destroy(struct bundle *b)
{
    if (b) {
        for (size_t i = 0; i < b->n; i++) {
            of_flow_destroy(CONST_CAST(struct of_flow *, b->changes[i].flow));
        }
        free(b->changes);
        free(b->errors);
        free(b);
    }
}

uint32_t
bundle_n_xids(size_t n)
{
    return XID_CHANGES + n + N_LAST_XIDS;
}

size_t
bundle_run(struct bundle *b, size_t max, struct ovs_list *out)
{
    size_t n = 0;
    while (n < max && bundle_is_sending(b)) {
        struct ofpbuf *msg = make_next(b);
        ovs_list_push_back(out, &msg->list_node);
        n++;
    }
    return n;
}

bool
bundle_is_sending(const struct bundle *b)
{
    return (b->state == OPENING || b->state == ADDING || b->state == ENDING
            || b->state == FENCING);
}

bool
bundle_receive(struct bundle *b, const struct ofp_header *oh)
{
    uint32_t xid = ntohl(oh->xid);
    enum ofptype type;

    if (xid - b->first_xid >= bundle_n_xids(b->n)
        || ofptype_decode(&type, oh)) {
        return false;
    } else if (type == OFPTYPE_ERROR) {
        receive_error(b, xid, ofperr_decode_msg(oh, NULL));
    } else if (type == OFPTYPE_BUNDLE_CONTROL) {
        receive_control(b, oh);
    } else if (type == OFPTYPE_BARRIER_REPLY) {
        if (b->state == WAITING && xid == last_xid(b, XID_BARRIER)) {
            b->state = DONE;
        }
    } else {
        return false;
    }
    return true;
}

enum bundle_result
bundle_get_result(const struct bundle *b)
{
    return (b->state != DONE ? BUNDLE_PENDING
            : !b->committed  ? BUNDLE_REFUSED
            : b->n_errors    ? BUNDLE_HALF
                             : BUNDLE_COMMITTED);
}

const struct flow_change *
bundle_get_changes(const struct bundle *b, size_t *np)
{
    *np = b->n;
    return b->changes;
}

const struct bundle_error *
bundle_get_errors(const struct bundle *b, size_t *np)
{
    *np = b->n_errors;
    return b->errors;
}

static uint32_t
last_xid(const struct bundle *b, uint32_t which)
{
    return b->first_xid + XID_CHANGES + b->n + which;
}

/* Makes the next message and goes to the state that follows. */
static struct ofpbuf *
make_next(struct bundle *b)
{
    struct ofpbuf *msg;

    switch (b->state) {
    case OPENING:
        b->state = ADDING;
        return make_control(b, OFPBCT_OPEN_REQUEST, b->first_xid + XID_OPEN);

    case ADDING:
        if (b->next < b->n) {
            return make_add(b, b->next++);
        }
        b->state = b->at_once ? ENDING : CLOSING;
        return make_control(b, OFPBCT_CLOSE_REQUEST, last_xid(b, XID_CLOSE));

    case ENDING:
        b->state = FENCING;
        return make_control(b,
                            b->n_errors ? OFPBCT_DISCARD_REQUEST
                                        : OFPBCT_COMMIT_REQUEST,
                            last_xid(b, XID_END));

    case FENCING:
        b->state = WAITING;
        msg = ofputil_encode_barrier_request(
            ofputil_protocol_to_ofp_version(b->protocol));
        ((struct ofp_header *) msg->data)->xid = htonl(
            last_xid(b, XID_BARRIER));
        return msg;

    case CLOSING:
    case WAITING:
    case DONE:
    default:
        OVS_NOT_REACHED();
    }
}

static struct ofpbuf *
make_control(const struct bundle *b, enum ofp14_bundle_ctrl_type type,
             uint32_t xid)
{
    struct ofputil_bundle_ctrl_msg ctrl = {
        .bundle_id = b->id,
        .type = type,
        .flags = BUNDLE_FLAGS,
    };
    struct ofpbuf *msg = ofputil_encode_bundle_ctrl_request(
        ofputil_protocol_to_ofp_version(b->protocol), &ctrl);
    ((struct ofp_header *) msg->data)->xid = htonl(xid);
    ofpmsg_update_length(msg);
    return msg;
}

static struct ofpbuf *
make_add(const struct bundle *b, size_t i)
{
    const struct flow_change *c = &b->changes[i];
    struct ofpbuf *inner = (c->kind == FLOW_DELETE
                                ? of_flow_encode_delete(c->flow, b->protocol)
                                : of_flow_encode_add(c->flow, b->protocol));
    ((struct ofp_header *) inner->data)->xid = htonl(b->first_xid + XID_CHANGES
                                                     + i);

    struct ofputil_bundle_add_msg add = {
        .bundle_id = b->id,
        .flags = BUNDLE_FLAGS,
        .msg = inner->data,
    };
    struct ofpbuf *msg = ofputil_encode_bundle_add(
        ofputil_protocol_to_ofp_version(b->protocol), &add);
    ofpbuf_delete(inner);
    return msg;
}

static void
receive_error(struct bundle *b, uint32_t xid, enum ofperr error)
{
    uint32_t i = xid - b->first_xid - XID_CHANGES;
    bool is_close = xid == last_xid(b, XID_CLOSE);

    if (b->n_errors >= b->allocated_errors) {
        b->errors = x2nrealloc(b->errors, &b->allocated_errors,
                               sizeof *b->errors);
    }
    b->errors[b->n_errors].change = i < b->n ? &b->changes[i] : NULL;
    b->errors[b->n_errors++].error = error ? error : OFPERR_OFPBFC_UNKNOWN;

    if (is_close && b->state == CLOSING) {
        b->state = ENDING;
    }
}

static void
receive_control(struct bundle *b, const struct ofp_header *oh)
{
    struct ofputil_bundle_ctrl_msg ctrl;

    if (ofputil_decode_bundle_ctrl(oh, &ctrl) || ctrl.bundle_id != b->id) {
        return;
    }
    if (ctrl.type == OFPBCT_CLOSE_REPLY && b->state == CLOSING) {
        b->state = ENDING;
    } else if (ctrl.type == OFPBCT_COMMIT_REPLY) {
        b->committed = true;
    }
}
