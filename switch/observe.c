/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "switch/observe.h"

#include <stdio.h>

#include "byte-order.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-monitor.h"
#include "openvswitch/ofp-msgs.h"
#include "util.h"

/* One monitor a connection, so any number will do. */
#define MONITOR_ID 1

static bool is_learned(uint64_t cookie);
static bool decode_event(const struct ofputil_flow_update *,
                         struct flow_event *);

/* Where a dump is sorted to. */
struct dump {
    struct flow_set *ours, *others;
};

struct ofpbuf *
observe_encode_dump(enum ofputil_protocol protocol, uint64_t cookie,
                    uint64_t mask)
{
    struct ofputil_flow_stats_request fsr = {
        .cookie = htonll(cookie & mask),
        .cookie_mask = htonll(mask),
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
        .table_id = OFPTT_ALL,
    };

    match_init_catchall(&fsr.match);
    return ofputil_encode_flow_stats_request(&fsr, protocol);
}

int
observe_for_each(const struct ofp_header *oh, observe_flow_cb *cb, void *aux)
{
    struct ofpbuf msg = ofpbuf_const_initializer(oh, ntohs(oh->length));
    uint64_t stub[256];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    struct ofputil_flow_stats fs;
    int error;

    while (!(
        error = ofputil_decode_flow_stats_reply(&fs, &msg, true, &ofpacts))) {
        cb(aux, &fs);
    }
    ofpbuf_uninit(&ofpacts);
    return error == EOF ? 0 : error;
}

struct of_flow *
observe_flow(const struct ofputil_flow_stats *fs, bool actions)
{
    struct ofpbuf ofpacts = ofpbuf_const_initializer(fs->ofpacts,
                                                     actions ? fs->ofpacts_len
                                                             : 0);
    struct of_flow *flow = of_flow_create(fs->table_id, fs->priority,
                                          ntohll(fs->cookie), &fs->match,
                                          &ofpacts);

    flow->altered = (fs->idle_timeout || fs->hard_timeout || fs->flags
                     || fs->importance);
    return flow;
}

static void
sort_flow(void *dump_, const struct ofputil_flow_stats *fs)
{
    const struct dump *dump = dump_;
    uint64_t cookie = ntohll(fs->cookie);
    bool managed = of_cookie_is_managed(cookie);

    if (!is_learned(cookie)) {
        flow_set_add(managed ? dump->ours : dump->others,
                     observe_flow(fs, managed));
    }
}

int
observe_decode_dump(const struct ofp_header *oh, struct flow_set *ours,
                    struct flow_set *others)
{
    struct dump dump = { ours, others };

    return observe_for_each(oh, sort_flow, &dump);
}

struct ofpbuf *
observe_encode_monitor(enum ofputil_protocol protocol)
{
    struct ofputil_flow_monitor_request request = {
        .id = MONITOR_ID,
        .command = OFPFMC_ADD,
        .flags = (OFPFMF_ADD | OFPFMF_REMOVED | OFPFMF_MODIFY
                  | OFPFMF_INSTRUCTIONS),
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
        .table_id = OFPTT_ALL,
    };
    struct ofpbuf *msg = ofpbuf_new(0);

    match_init_catchall(&request.match);
    ofputil_append_flow_monitor_request(&request, msg, protocol);
    ofpmsg_update_length(msg);
    return msg;
}

void
flow_event_reader_init(struct flow_event_reader *r,
                       const struct ofp_header *oh)
{
    ofpbuf_use_const(&r->msg, oh, ntohs(oh->length));
    r->started = false;
}

int
flow_event_reader_next(struct flow_event_reader *r, struct flow_event *event)
{
    const struct ofp_header *oh = r->msg.header ? r->msg.header : r->msg.data;
    uint64_t stub[256];
    struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
    enum ofptype type;
    int error = ofptype_decode(&type, oh);

    event->flow = NULL;
    if (!error && type != OFPTYPE_FLOW_MONITOR_STATS_REPLY) {
        /* Before OpenFlow 1.4, "paused" and "resumed" are messages. */
        event->type = (type == OFPTYPE_FLOW_MONITOR_PAUSED
                           ? FLOW_EVENT_PAUSED
                           : FLOW_EVENT_RESUMED);
        error = r->started ? EOF : 0;
        r->started = true;
    } else if (!error) {
        struct ofputil_flow_update fu;
        do {
            error = ofputil_decode_flow_update(&fu, &r->msg, &ofpacts);
        } while (!error && !decode_event(&fu, event));
    }
    ofpbuf_uninit(&ofpacts);
    return error;
}

static bool
is_learned(uint64_t cookie)
{
    return ((cookie & (OF_COOKIE_MARK_MASK | OF_COOKIE_KIND_MASK))
            == OF_COOKIE_LEARNED);
}

/* Returns false if the update is not worth an event. */
static bool
decode_event(const struct ofputil_flow_update *fu, struct flow_event *event)
{
    switch (fu->event) {
    case OFPFME_INITIAL:
    case OFPFME_ADDED:
    case OFPFME_MODIFIED:
        event->type = FLOW_EVENT_PRESENT;
        break;

    case OFPFME_REMOVED:
        event->type = FLOW_EVENT_REMOVED;
        break;

    case OFPFME_PAUSED:
        event->type = FLOW_EVENT_PAUSED;
        return true;

    case OFPFME_RESUMED:
        event->type = FLOW_EVENT_RESUMED;
        return true;

    case OFPFME_ABBREV:
    default:
        return false;
    }

    uint64_t cookie = ntohll(fu->cookie);
    if (is_learned(cookie)) {
        return false;
    }

    struct ofpbuf ofpacts = ofpbuf_const_initializer(fu->ofpacts,
                                                     fu->ofpacts_len);
    event->flow = of_flow_create(fu->table_id, fu->priority, cookie,
                                 &fu->match, &ofpacts);
    event->flow->altered = fu->idle_timeout || fu->hard_timeout;
    return true;
}
