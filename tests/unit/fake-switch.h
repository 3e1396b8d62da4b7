/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef TESTS_UNIT_FAKE_SWITCH_H
#define TESTS_UNIT_FAKE_SWITCH_H 1

/* An OpenFlow switch that is only a table of flows, for unit tests of the
 * session: it takes and gives messages, and refuses what a test tells it to.
 *
 * A flow whose cookie has bit FAKE_REFUSE_ADD is refused when it is added to a
 * bundle, one with FAKE_REFUSE_COMMIT when the bundle is committed (the first
 * such flow only, as Open vSwitch does). */

#include <stdlib.h>

#include "byte-order.h"
#include "flows/flow.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-bundle.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-monitor.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-util.h"
#include "util.h"

#define FAKE_REFUSE_ADD 0x10000
#define FAKE_REFUSE_COMMIT 0x20000

struct fake_mod {
    struct ovs_list node; /* In "struct fake_switch"'s 'bundle'. */
    struct of_flow *flow;
    bool delete;
    struct ofpbuf *msg;
};

struct fake_switch {
    enum ofputil_protocol protocol;
    struct flow_set flows;
    struct ovs_list bundle; /* Contains "struct fake_mod"s. */
    bool bundle_open;
    struct ovs_list replies; /* Contains "struct ofpbuf"s. */
    bool monitor, paused;
    size_t flows_per_reply; /* In dumps. */
    size_t n_flow_mods, n_commits, n_dumps, n_flushes, n_echos;
    uint16_t zone; /* Flushed last. */
};

static inline void
fake_switch_init(struct fake_switch *fs)
{
    memset(fs, 0, sizeof *fs);
    fs->protocol = OFPUTIL_P_OF15_OXM;
    fs->flows_per_reply = 3;
    flow_set_init(&fs->flows);
    ovs_list_init(&fs->bundle);
    ovs_list_init(&fs->replies);
}

static inline void
fake_discard_bundle(struct fake_switch *fs)
{
    struct fake_mod *mod;
    LIST_FOR_EACH_POP (mod, node, &fs->bundle) {
        of_flow_destroy(mod->flow);
        ofpbuf_delete(mod->msg);
        free(mod);
    }
    fs->bundle_open = false;
}

/* The connection is lost. */
static inline void
fake_switch_disconnect(struct fake_switch *fs)
{
    fake_discard_bundle(fs);
    ofpbuf_list_delete(&fs->replies);
    fs->monitor = fs->paused = false;
}

static inline void
fake_switch_uninit(struct fake_switch *fs)
{
    fake_switch_disconnect(fs);
    flow_set_uninit(&fs->flows);
}

static inline void
fake_reply(struct fake_switch *fs, struct ofpbuf *msg)
{
    ofpmsg_update_length(msg);
    ovs_list_push_back(&fs->replies, &msg->list_node);
}

static inline void
fake_reply_error(struct fake_switch *fs, enum ofperr error,
                 const struct ofpbuf *request)
{
    fake_reply(fs, ofperr_encode_reply(error, request->data));
}

/* Puts the flow into the table, or deletes what is in its place. */
static inline void
fake_set(struct fake_switch *fs, const struct of_flow *flow, bool present)
{
    struct of_flow *old = flow_set_find(&fs->flows, flow);
    if (old) {
        hmap_remove(&fs->flows.flows, &old->node);
        of_flow_destroy(old);
    }
    if (present) {
        flow_set_add(&fs->flows, of_flow_clone(flow));
    }
}

static inline void
fake_report(struct fake_switch *fs, const struct of_flow *flow,
            enum ofp_flow_update_event event)
{
    struct ofputil_flow_update fu = { .event = event };
    struct ovs_list msgs;

    if (flow) {
        fu.table_id = flow->table;
        fu.priority = flow->priority;
        fu.cookie = htonll(flow->cookie);
        minimatch_expand(&flow->match, &fu.match);
        fu.ofpacts = flow->ofpacts;
        fu.ofpacts_len = flow->ofpacts_len;
    }
    ofputil_start_flow_update(&msgs, fs->protocol);
    ofputil_append_flow_update(&fu, &msgs, NULL);
    ovs_list_push_back_all(&fs->replies, &msgs);
}

/* Somebody else adds, changes or deletes a flow. */
static inline void
fake_foreign_change(struct fake_switch *fs, const struct of_flow *flow,
                    bool present)
{
    bool before = flow_set_find(&fs->flows, flow) != NULL;
    fake_set(fs, flow, present);
    if (fs->monitor && !fs->paused && (present || before)) {
        fake_report(fs, flow,
                    (!present ? OFPFME_REMOVED
                     : before ? OFPFME_MODIFIED
                              : OFPFME_ADDED));
    }
}

static inline void
fake_pause(struct fake_switch *fs, bool pause)
{
    if (fs->monitor && pause != fs->paused) {
        fake_reply(fs,
                   ofputil_encode_flow_monitor_pause(pause ? OFPFME_PAUSED
                                                           : OFPFME_RESUMED,
                                                     fs->protocol));
        fs->paused = pause;
    }
}

static inline void
fake_handle_dump(struct fake_switch *fs, const struct ofpbuf *request)
{
    struct ofputil_flow_stats_request fsr;
    struct ovs_list msgs;
    size_t n = 0;

    fs->n_dumps++;
    ovs_assert(
        !ofputil_decode_flow_stats_request(&fsr, request->data, NULL, NULL));
    ofpmp_init(&msgs, request->data);
    struct of_flow *flow;
    FLOW_SET_FOR_EACH (flow, &fs->flows) {
        if ((htonll(flow->cookie) ^ fsr.cookie) & fsr.cookie_mask) {
            continue;
        }
        struct ofputil_flow_stats stats = {
            .table_id = flow->table,
            .priority = flow->priority,
            .cookie = htonll(flow->cookie),
            .ofpacts = flow->ofpacts,
            .ofpacts_len = flow->ofpacts_len,
        };
        minimatch_expand(&flow->match, &stats.match);
        ofputil_append_flow_stats_reply(&stats, &msgs, NULL);

        if (++n % fs->flows_per_reply == 0) {
            /* A part of its own, with "more" set in the multipart header. */
            struct ofpbuf *part = ofpbuf_from_list(ovs_list_back(&msgs));
            ((ovs_be16 *) part->data)[5] |= htons(OFPSF_REPLY_MORE);
            ovs_list_push_back_all(&fs->replies, &msgs);
            ofpmp_init(&msgs, request->data);
        }
    }
    ovs_list_push_back_all(&fs->replies, &msgs);
}

static inline void
fake_handle_add(struct fake_switch *fs, const struct ofpbuf *request)
{
    struct ofputil_bundle_add_msg add;
    struct ofputil_flow_mod fm;
    struct ofpbuf ofpacts;
    enum ofptype type;

    fs->n_flow_mods++;
    ovs_assert(!ofputil_decode_bundle_add(request->data, &add, &type));
    ovs_assert(type == OFPTYPE_FLOW_MOD);
    ofpbuf_init(&ofpacts, 0);
    ovs_assert(!ofputil_decode_flow_mod(&fm, add.msg, fs->protocol, NULL, NULL,
                                        &ofpacts, OFPP_MAX, 255));

    struct match match;
    minimatch_expand(&fm.match, &match);
    bool delete = fm.command == OFPFC_DELETE_STRICT;
    struct of_flow *flow = of_flow_create(fm.table_id, fm.priority,
                                          ntohll(delete ? fm.cookie
                                                        : fm.new_cookie),
                                          &match, &ofpacts);
    ofpbuf_uninit(&ofpacts);
    minimatch_destroy(&fm.match);
    ovs_assert(delete || fm.command == OFPFC_ADD);

    if (!delete &&flow->cookie & FAKE_REFUSE_ADD) {
        fake_reply_error(fs, OFPERR_OFPBAC_BAD_OUT_GROUP, request);
        of_flow_destroy(flow);
        return;
    }
    struct fake_mod *mod = xmalloc(sizeof *mod);
    mod->flow = flow;
    mod->delete = delete;
    mod->msg = ofpbuf_clone(request);
    ovs_list_push_back(&fs->bundle, &mod->node);
}

/* Returns the first message that is refused, or NULL. */
static inline const struct ofpbuf *
fake_commit(struct fake_switch *fs)
{
    struct fake_mod *mod;
    LIST_FOR_EACH (mod, node, &fs->bundle) {
        if (!mod->delete &&mod->flow->cookie & FAKE_REFUSE_COMMIT) {
            return mod->msg;
        }
    }
    fs->n_commits++;
    LIST_FOR_EACH (mod, node, &fs->bundle) {
        struct of_flow *old = flow_set_find(&fs->flows, mod->flow);
        if (!mod->delete) {
            fake_set(fs, mod->flow, true);
        } else if (old
                   && (old->cookie & OF_COOKIE_MARK_MASK) == OF_COOKIE_MARK) {
            fake_set(fs, mod->flow, false);
        }
    }
    return NULL;
}

/* Outside of bundles, flows are only deleted by cookie. */
static inline void
fake_handle_flow_mod(struct fake_switch *fs, const struct ofpbuf *request)
{
    struct ofputil_flow_mod fm;
    struct ofpbuf ofpacts;

    ofpbuf_init(&ofpacts, 0);
    ovs_assert(!ofputil_decode_flow_mod(&fm, request->data, fs->protocol, NULL,
                                        NULL, &ofpacts, OFPP_MAX, 255));
    ofpbuf_uninit(&ofpacts);
    ovs_assert(fm.command == OFPFC_DELETE);
    ovs_assert(fm.table_id != OFPTT_ALL && fm.cookie_mask);

    struct of_flow *flow;
    HMAP_FOR_EACH_SAFE (flow, node, &fs->flows.flows) {
        if (flow->table == fm.table_id
            && !((htonll(flow->cookie) ^ fm.cookie) & fm.cookie_mask)) {
            hmap_remove(&fs->flows.flows, &flow->node);
            of_flow_destroy(flow);
        }
    }
    minimatch_destroy(&fm.match);
}

static inline void
fake_handle_control(struct fake_switch *fs, const struct ofpbuf *request)
{
    struct ofputil_bundle_ctrl_msg ctrl;

    ovs_assert(!ofputil_decode_bundle_ctrl(request->data, &ctrl));
    ovs_assert(ctrl.flags == (OFPBF_ATOMIC | OFPBF_ORDERED));
    ovs_assert(fs->bundle_open == (ctrl.type != OFPBCT_OPEN_REQUEST));
    fs->bundle_open = true;
    if (ctrl.type == OFPBCT_COMMIT_REQUEST) {
        const struct ofpbuf *bad = fake_commit(fs);
        if (bad) {
            fake_reply_error(fs, OFPERR_OFPFMFC_TABLE_FULL, bad);
            fake_reply_error(fs, OFPERR_OFPBFC_MSG_FAILED, request);
            fake_discard_bundle(fs);
            return;
        } else if (fs->monitor) {
            fake_report(fs, NULL, OFPFME_ABBREV);
        }
    }
    if (ctrl.type == OFPBCT_COMMIT_REQUEST
        || ctrl.type == OFPBCT_DISCARD_REQUEST) {
        fake_discard_bundle(fs);
    }
    ctrl.type++;
    fake_reply(fs, ofputil_encode_bundle_ctrl_reply(request->data, &ctrl));
}

/* Does what the message says and queues the replies. */
static inline void
fake_switch_handle(struct fake_switch *fs, const struct ofpbuf *request)
{
    const struct ofp_header *oh = request->data;
    struct ofpbuf msg = ofpbuf_const_initializer(oh, ntohs(oh->length));
    const struct nx_zone_id *nzi;
    enum ofptype type;

    ovs_assert(!ofptype_decode(&type, oh));
    switch ((int) type) {
    case OFPTYPE_FLOW_STATS_REQUEST:
        fake_handle_dump(fs, request);
        break;
    case OFPTYPE_FLOW_MONITOR_STATS_REQUEST:
        fs->monitor = true;
        break;
    case OFPTYPE_FLOW_MOD:
        fake_handle_flow_mod(fs, request);
        break;
    case OFPTYPE_BUNDLE_CONTROL:
        fake_handle_control(fs, request);
        break;
    case OFPTYPE_BUNDLE_ADD_MESSAGE:
        fake_handle_add(fs, request);
        break;
    case OFPTYPE_BARRIER_REQUEST:
        fake_reply(fs, ofpraw_alloc_reply(OFPRAW_OFPT11_BARRIER_REPLY, oh, 0));
        break;
    case OFPTYPE_CT_FLUSH_ZONE:
        ofpraw_pull_assert(&msg);
        nzi = msg.data;
        fs->zone = ntohs(nzi->zone_id);
        fs->n_flushes++;
        break;
    case OFPTYPE_ECHO_REPLY:
        fs->n_echos++;
        break;
    case OFPTYPE_SET_CONFIG:
    case OFPTYPE_SET_ASYNC_CONFIG:
    case OFPTYPE_GROUP_MOD:
        break;
    default:
        OVS_NOT_REACHED();
    }
}

#endif /* tests/unit/fake-switch.h */
