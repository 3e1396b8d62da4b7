/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "switch/install-private.h"

#include <stdio.h>
#include <stdlib.h>

#include "flows/flow-table.h"
#include "flows/groups.h"
#include "flows/punt-flows.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-monitor.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/vlog.h"
#include "switch/observe.h"
#include "switch/rule-sums.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(install_picture);

static void receive_event(struct install *, const struct flow_event *);
static void note_foreign_flow(struct install *, const struct flow_event *);
static void forget_foreign_flow(struct install *, const struct of_flow *key);
static void note_foreign_change(struct install *, const struct flow_event *);

void
install_start_watching(struct install *in)
{
    /* In this order: whatever changes after the dump is reported. */
    in->monitor_xid = in->next_xid++;
    in->monitor_paused = false;
    install_send(in, observe_encode_monitor(in->protocol), in->monitor_xid);
    install_start_dump(in);
}

void
install_start_dump(struct install *in)
{
    in->dump_again = false;
    in->dump_xid = in->next_xid++;
    in->state = DUMPING;
    flow_set_clear(&in->dump);
    flow_set_clear(&in->others);
    install_send(in,
                 observe_encode_dump(in->protocol, OF_COOKIE_MARK,
                                     in->ignore_others ? OF_COOKIE_MARK_MASK
                                                       : 0),
                 in->dump_xid);
}

bool
install_receive_dump(struct install *in, const struct ofp_header *oh)
{
    if (in->state != DUMPING || ntohl(oh->xid) != in->dump_xid) {
        return false;
    }

    int error = observe_decode_dump(oh, &in->dump, &in->others);
    if (error && in->ignore_others) {
        install_fail(in, "can not read the switch's flows", error);
    } else if (error) {
        VLOG_WARN("%s: can not read other people's flows (%s)", in->name,
                  ofperr_to_string(error));
        in->ignore_others = true;
        install_start_dump(in);
    } else if (!ofpmp_more(oh)) {
        in->stats.dumped = hmap_count(&in->dump.flows);
        VLOG_INFO("%s: switch has %" PRIu64 " flows of ours", in->name,
                  in->stats.dumped);
        flow_table_set_all_installed(in->desired, &in->dump);
        rule_sums_check(in->sums, in->desired);
        in->state = IDLE;
    }
    return true;
}

bool
install_receive_monitor(struct install *in, const struct ofp_header *oh)
{
    struct flow_event_reader reader;
    struct flow_event event;
    int error;

    flow_event_reader_init(&reader, oh);
    while (!(error = flow_event_reader_next(&reader, &event))) {
        receive_event(in, &event);
        of_flow_destroy(event.flow);
    }
    if (error != EOF) {
        /* A flow of somebody else's that the library does not understand. */
        in->dump_again = true;
    }
    return true;
}

static void
receive_event(struct install *in, const struct flow_event *event)
{
    if (event->type == FLOW_EVENT_PAUSED) {
        in->monitor_paused = true;
    } else if (event->type == FLOW_EVENT_RESUMED) {
        /* A flow that was added and deleted meanwhile was not reported. */
        in->monitor_paused = false;
        in->dump_again = true;
    } else if (in->state == DUMPING) {
        /* It will be in the dump. */
    } else if (of_cookie_is_managed(event->flow->cookie)
               || flow_table_find_installed(in->desired, event->flow)) {
        forget_foreign_flow(in, event->flow);
        note_foreign_change(in, event);
    } else {
        note_foreign_flow(in, event);
    }
}

/* Keeps track of the flows that are somebody else's from the beginning. */
static void
note_foreign_flow(struct install *in, const struct flow_event *event)
{
    if (event->type == FLOW_EVENT_REMOVED) {
        forget_foreign_flow(in, event->flow);
    } else if (!flow_set_find(&in->others, event->flow)) {
        flow_set_add(&in->others, of_flow_clone(event->flow));
    }
}

/* The place is free, and what was held back because of it can be sent. */
static void
forget_foreign_flow(struct install *in, const struct of_flow *key)
{
    struct of_flow *flow = flow_set_find(&in->others, key);
    if (flow) {
        hmap_remove(&in->others.flows, &flow->node);
        of_flow_destroy(flow);
        flow_table_release(in->desired);
    }
}

/* While the monitor is paused, our own changes are reported as well; they
 * agree with what is desired or with what the bundle will say in a moment. */
static void
note_foreign_change(struct install *in, const struct flow_event *event)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(60, 20);
    const struct of_flow *flow = event->flow;
    bool removed = event->type == FLOW_EVENT_REMOVED;
    const struct of_flow *desired = flow_table_find(in->desired, flow);

    if (removed) {
        rule_sums_forget(in->sums, flow);
    }
    if (!flow_table_set_installed(in->desired, flow, removed ? NULL : flow)
        || (in->bundle && in->monitor_paused)) {
        return;
    }
    in->stats.foreign_changes++;
    if (!VLOG_DROP_WARN(&rl)) {
        char *now = of_flow_to_string(flow);
        char *should = desired ? of_flow_to_string(desired) : NULL;

        if (removed) {
            VLOG_WARN("%s: putting back a flow that somebody else deleted: %s",
                      in->name, should);
        } else if (should) {
            VLOG_WARN("%s: putting back a flow that somebody else changed: "
                      "%s instead of %s",
                      in->name, now, should);
        } else {
            VLOG_WARN("%s: deleting a flow that somebody else added with our "
                      "cookie: %s",
                      in->name, now);
        }
        free(now);
        free(should);
    }
}

static void
note_foreign_request(struct install *in, const char *what)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(60, 20);

    VLOG_WARN_RL(&rl, "%s: putting back %s that somebody else changed",
                 in->name, what);
    in->stats.foreign_changes++;
}

/* Flows that use them are not always deleted along with them, and never say
 * that they are another.  (Open vSwitch tells from OpenFlow 1.4 on.) */
void
install_receive_request(struct install *in, const struct ofp_header *oh)
{
    struct ofputil_requestforward rf;

    if (ofputil_decode_requestforward(oh, &rf)) {
        return;
    }
    if (rf.reason == OFPRFR_GROUP_MOD
        && groups_are_changed(oh->version, rf.group_mod)) {
        note_foreign_request(in, "groups");
        install_send_groups(in);
    } else if (rf.reason == OFPRFR_METER_MOD
               && punt_meters_are_changed(rf.meter_mod)) {
        note_foreign_request(in, "meters");
        install_send_meters(in);
    }
    ofputil_destroy_requestforward(&rf);
}
