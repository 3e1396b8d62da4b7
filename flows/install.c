/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>
#include "install.h"

#include <limits.h>
#include <stdlib.h>

#include "bundle.h"
#include "flow-table.h"
#include "flush.h"
#include "greeting.h"
#include "observe.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-connection.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-packet.h"
#include "openvswitch/ofp-switch.h"
#include "openvswitch/ofp-util.h"
#include "openvswitch/vlog.h"
#include "pipeline.h"
#include "punt-flows.h"
#include "rule-sums.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(install);

/* Before a bundle is sent again that the switch refused without saying which
 * flow was to blame. */
#define RETRY_MS 1000

enum state {
    DISCONNECTED,
    DUMPING, /* Waits for the rest of the dump. */
    IDLE,    /* Knows what the switch holds. */
    BUNDLE,  /* 'bundle' is being sent or answered. */
    FAILED,  /* Waits to be disconnected. */
};

struct queued_error {
    struct ovs_list node; /* In "struct install"'s 'errors'. */
    struct switch_error error;
};

struct install {
    char *name;
    struct flow_table *desired;
    enum ofputil_protocol protocol;
    enum state state;
    bool ready;
    bool want_packet_in;

    struct ovs_list out; /* Messages ready to send. */
    uint32_t next_xid;
    uint32_t next_bundle_id;

    struct flow_set dump;   /* What has come of the dump so far. */
    struct flow_set others; /* Other people's flows, without actions. */
    bool ignore_others;     /* They can not be read. */
    uint32_t dump_xid;
    uint32_t monitor_xid;
    uint32_t meter_xid; /* Of the first message that adds a meter. */
    bool monitor_paused;
    bool dump_again; /* The picture of the switch may be wrong. */

    struct bundle *bundle;
    uint64_t bundle_mark; /* 'mark' when the bundle was made. */
    long long int bundle_time;
    uint64_t held_version; /* Of 'desired' when an owner was held. */
    long long int retry_at;

    uint64_t mark;         /* The last number given out, and ... */
    uint64_t mark_version; /* ... the version that it stands for. */
    uint64_t acked;

    struct rule_sums *sums;
    struct flush *zones;     /* To be emptied at once. */
    struct flush *addresses; /* Once what is desired is in the switch. */
    struct ovs_list errors;  /* Contains "struct queued_error"s. */
    struct switch_stats stats;
};

static void send_msg(struct install *, struct ofpbuf *, uint32_t xid);
static enum ofp_version version(const struct install *);
static void send_greeting(struct install *);
static void send_meters(struct install *);
static bool receive_meter_error(struct install *, uint32_t xid, enum ofperr);
static bool use_meters(const struct flow_change *, size_t n);
static void start_dump(struct install *);
static void start_bundle(struct install *, long long int now);
static bool hold_taken_places(struct install *, const struct flow_change *,
                              size_t n);
static bool may_start_bundle(const struct install *, long long int now);
static void finish_bundle(struct install *, long long int now);
static void note_committed(struct install *);
static void note_refused(struct install *, long long int now);
static bool blame(struct install *, const struct flow_change *, enum ofperr);
static void queue_ofp_error(struct install *, const struct of_flow *,
                            enum ofperr);
static void queue_error(struct install *, const struct of_flow *,
                        const char *reason);
static bool receive_error(struct install *, const struct ofp_header *);
static bool receive_dump(struct install *, const struct ofp_header *);
static bool receive_monitor(struct install *, const struct ofp_header *);
static void receive_event(struct install *, const struct flow_event *);
static void note_foreign_flow(struct install *, const struct flow_event *);
static void forget_foreign_flow(struct install *, const struct of_flow *key);
static void note_foreign_change(struct install *, const struct flow_event *);
static void fail(struct install *, const char *what, int error);

void
switch_error_uninit(struct switch_error *error)
{
    free(error->owner);
    free(error->text);
}

struct install *
install_create(const char *name, struct flow_table *desired)
{
    struct install *in = xzalloc(sizeof *in);
    in->name = xstrdup(name);
    in->desired = desired;
    in->state = DISCONNECTED;
    ovs_list_init(&in->out);
    in->next_xid = 1;
    flow_set_init(&in->dump);
    flow_set_init(&in->others);
    in->mark = 1;
    in->mark_version = flow_table_version(desired);
    in->sums = rule_sums_create();
    in->zones = flush_create(FLUSH_ZONE);
    in->addresses = flush_create(FLUSH_ADDRESSES);
    ovs_list_init(&in->errors);
    return in;
}

void
install_destroy(struct install *in)
{
    if (in) {
        struct switch_error error;

        install_disconnected(in);
        while (install_next_error(in, &error)) {
            switch_error_uninit(&error);
        }
        rule_sums_destroy(in->sums);
        flush_destroy(in->zones);
        flush_destroy(in->addresses);
        flow_set_uninit(&in->dump);
        flow_set_uninit(&in->others);
        free(in->name);
        free(in);
    }
}

void
install_want_packet_in(struct install *in)
{
    in->want_packet_in = true;
}

void
install_set_ready(struct install *in)
{
    in->ready = true;
}

void
install_connected(struct install *in, enum ofputil_protocol protocol)
{
    install_disconnected(in);
    in->protocol = in->stats.protocol = protocol;
    in->stats.connects++;
    in->retry_at = LLONG_MIN;
    flow_table_release(in->desired);
    send_greeting(in);
    send_meters(in);

    /* In this order: whatever changes after the dump is reported. */
    in->monitor_xid = in->next_xid++;
    in->monitor_paused = false;
    send_msg(in, observe_encode_monitor(protocol), in->monitor_xid);
    start_dump(in);
}

void
install_disconnected(struct install *in)
{
    ofpbuf_list_delete(&in->out);
    flow_set_clear(&in->dump);
    flow_set_clear(&in->others);
    bundle_destroy(in->bundle);
    in->bundle = NULL;
    rule_sums_finish(in->sums, false);
    flush_disconnected(in->zones);
    flush_disconnected(in->addresses);
    in->state = DISCONNECTED;
    in->stats.protocol = 0;
}

bool
install_receive(struct install *in, long long int now,
                const struct ofp_header *oh)
{
    enum ofptype type;

    if (in->state == DISCONNECTED || in->state == FAILED
        || ofptype_decode(&type, oh)) {
        return false;
    }
    if (in->bundle && bundle_receive(in->bundle, oh)) {
        finish_bundle(in, now);
        return true;
    }

    switch ((int) type) {
    case OFPTYPE_ECHO_REQUEST:
        send_msg(in, ofputil_encode_echo_reply(oh), ntohl(oh->xid));
        return true;

    case OFPTYPE_ERROR:
        return receive_error(in, oh);

    case OFPTYPE_FLOW_STATS_REPLY:
        return rule_sums_receive(in->sums, oh) || receive_dump(in, oh);

    case OFPTYPE_FLOW_MONITOR_STATS_REPLY:
    case OFPTYPE_FLOW_MONITOR_PAUSED:
    case OFPTYPE_FLOW_MONITOR_RESUMED:
        return receive_monitor(in, oh);

    case OFPTYPE_BARRIER_REPLY:
        return (flush_confirmed(in->zones, ntohl(oh->xid))
                || flush_confirmed(in->addresses, ntohl(oh->xid)));

    default:
        return false;
    }
}

size_t
install_run(struct install *in, long long int now, size_t max,
            struct ovs_list *out)
{
    if (in->state == DISCONNECTED || in->state == FAILED) {
        return 0;
    }

    flush_run(in->zones, now, in->protocol, &in->next_xid, &in->out);
    if (in->state == IDLE && in->dump_again && !in->monitor_paused) {
        start_dump(in);
    } else if (in->state == IDLE && in->ready) {
        if (may_start_bundle(in, now)) {
            start_bundle(in, now);
        } else if (!flow_table_has_changes(in->desired)) {
            in->acked = in->mark;
            flush_run(in->addresses, now, in->protocol, &in->next_xid,
                      &in->out);
        }
    }

    size_t n = ovs_list_size(&in->out);
    ovs_list_push_back_all(out, &in->out);
    if (in->bundle) {
        n += bundle_run(in->bundle, max > n ? max - n : 0, out);
    }
    return n;
}

long long int
install_next_run(struct install *in)
{
    if (in->state == DISCONNECTED || in->state == FAILED) {
        return LLONG_MAX;
    } else if (!ovs_list_is_empty(&in->out)
               || flush_next_run(in->zones) != LLONG_MAX
               || (in->bundle && bundle_is_sending(in->bundle))) {
        return LLONG_MIN;
    } else if (in->state != IDLE) {
        return LLONG_MAX;
    } else if (in->dump_again && !in->monitor_paused) {
        return LLONG_MIN;
    } else if (!in->ready) {
        return LLONG_MAX;
    } else if (may_start_bundle(in, LLONG_MAX)) {
        return in->retry_at;
    }
    return in->acked != in->mark ? LLONG_MIN : flush_next_run(in->addresses);
}

bool
install_is_failed(const struct install *in)
{
    return in->state == FAILED;
}

uint64_t
install_mark(struct install *in)
{
    uint64_t now = flow_table_version(in->desired);
    if (in->mark_version != now) {
        in->mark_version = now;
        in->mark++;
    }
    return in->mark;
}

uint64_t
install_acked(const struct install *in)
{
    return in->acked;
}

bool
install_knows_flows(const struct install *in)
{
    return in->state == IDLE || in->state == BUNDLE;
}

bool
install_is_settled(const struct install *in)
{
    return (in->state == IDLE && in->ready && !in->dump_again
            && in->acked == in->mark && !flow_table_has_changes(in->desired)
            && flush_is_done(in->zones) && flush_is_done(in->addresses));
}

bool
install_next_error(struct install *in, struct switch_error *error)
{
    if (ovs_list_is_empty(&in->errors)) {
        return false;
    }
    struct queued_error *qe = CONTAINER_OF(ovs_list_pop_front(&in->errors),
                                           struct queued_error, node);
    *error = qe->error;
    free(qe);
    return true;
}

void
install_look_again(struct install *in)
{
    in->dump_again = true;
}

void
install_flush_zone(struct install *in, uint16_t zone)
{
    flush_add(in->zones, zone);
}

void
install_forget_addresses(struct install *in, uint16_t port)
{
    flush_add(in->addresses, port);
}

struct rule_sums *
install_rule_sums(struct install *in)
{
    return in->sums;
}

void
install_get_stats(const struct install *in, struct switch_stats *stats)
{
    *stats = in->stats;
}

static void
send_msg(struct install *in, struct ofpbuf *msg, uint32_t xid)
{
    ((struct ofp_header *) msg->data)->xid = htonl(xid);
    ofpmsg_update_length(msg);
    ovs_list_push_back(&in->out, &msg->list_node);
}

static enum ofp_version
version(const struct install *in)
{
    return ofputil_protocol_to_ofp_version(in->protocol);
}

static void
send_greeting(struct install *in)
{
    struct ofpbuf *msg;

    for (size_t i = 0;
         (msg = greeting_message(version(in), in->want_packet_in, i)); i++) {
        send_msg(in, msg, in->next_xid++);
    }
}

/* A meter can be added only once, so that is tried first.  One that somebody
 * deletes takes along the flows whose instruction it is, so this is done again
 * whenever flows are sent that need meters. */
static void
send_meters(struct install *in)
{
    struct ofpbuf *msg;

    in->meter_xid = in->next_xid;
    for (size_t i = 0; in->want_packet_in
                       && (msg = punt_encode_meter(version(in), i, false));
         i++) {
        send_msg(in, msg, in->next_xid++);
    }
}

/* Returns true if the error says no more than that a meter is there. */
static bool
receive_meter_error(struct install *in, uint32_t xid, enum ofperr error)
{
    struct ofpbuf *msg = NULL;

    if (error == OFPERR_OFPMMFC_METER_EXISTS && xid >= in->meter_xid) {
        msg = punt_encode_meter(version(in), xid - in->meter_xid, true);
    }
    if (msg) {
        send_msg(in, msg, in->next_xid++);
    }
    return msg != NULL;
}

static bool
use_meters(const struct flow_change *changes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (changes[i].kind != FLOW_DELETE
            && punt_flow_uses_meter(changes[i].flow)) {
            return true;
        }
    }
    return false;
}

static void
start_dump(struct install *in)
{
    in->dump_again = false;
    in->dump_xid = in->next_xid++;
    in->state = DUMPING;
    flow_set_clear(&in->dump);
    flow_set_clear(&in->others);
    send_msg(in,
             observe_encode_dump(in->protocol, OF_COOKIE_MARK,
                                 in->ignore_others ? OF_COOKIE_MARK_MASK : 0),
             in->dump_xid);
}

/* Returns true if there is something to send (by the time 'now', after a
 * refusal that the switch did not explain). */
static bool
may_start_bundle(const struct install *in, long long int now)
{
    return (now >= in->retry_at
            && (flow_table_has_changes(in->desired)
                || (flow_table_n_held(in->desired)
                    && flow_table_version(in->desired) != in->held_version)));
}

static void
start_bundle(struct install *in, long long int now)
{
    if (!flow_table_has_changes(in->desired)) {
        flow_table_release(in->desired);
    }

    struct flow_change *changes;
    size_t n = flow_table_changes(in->desired, &changes);
    if (hold_taken_places(in, changes, n)) {
        free(changes);
        n = flow_table_changes(in->desired, &changes);
    }
    if (!n) {
        free(changes);
        return;
    }

    if (use_meters(changes, n)) {
        send_meters(in);
    }
    VLOG_DBG("%s: %" PRIuSIZE " flow changes", in->name, n);
    rule_sums_prepare(in->sums, changes, n, in->desired, in->protocol,
                      &in->next_xid, &in->out);
    in->bundle = bundle_create(in->next_bundle_id++, in->next_xid,
                               in->protocol, changes, n);
    in->next_xid += bundle_n_xids(n);
    in->bundle_mark = in->mark;
    in->bundle_time = now;
    in->state = BUNDLE;
    in->stats.flow_mods += n;
}

/* Holds back what would replace other people's flows.  Returns true if there
 * is such a thing among the changes. */
static bool
hold_taken_places(struct install *in, const struct flow_change *changes,
                  size_t n)
{
    bool any = false;
    for (size_t i = 0; i < n; i++) {
        const struct of_flow *flow = changes[i].flow;
        if (changes[i].kind != FLOW_DELETE
            && flow_set_find(&in->others, flow)) {
            queue_error(in, flow, "somebody else's flow is in this place");
            flow_table_hold(in->desired, flow);
            in->held_version = flow_table_version(in->desired);
            any = true;
        }
    }
    return any;
}

static void
finish_bundle(struct install *in, long long int now)
{
    enum bundle_result result = bundle_get_result(in->bundle);
    if (result == BUNDLE_PENDING) {
        return;
    }

    in->retry_at = LLONG_MIN;
    in->stats.bundles++;
    in->stats.refused += result == BUNDLE_REFUSED;
    histogram_add(&in->stats.barriers, (now - in->bundle_time) * 1000);
    rule_sums_finish(in->sums, result == BUNDLE_COMMITTED);
    if (result == BUNDLE_COMMITTED) {
        note_committed(in);
    } else {
        note_refused(in, now);
    }
    bundle_destroy(in->bundle);
    in->bundle = NULL;
    in->state = IDLE;
}

static void
note_committed(struct install *in)
{
    size_t n;
    const struct flow_change *c = bundle_get_changes(in->bundle, &n);
    for (const struct flow_change *end = c + n; c < end; c++) {
        flow_table_set_installed(in->desired, c->flow,
                                 c->kind == FLOW_DELETE ? NULL : c->flow);
    }
    in->acked = in->bundle_mark;
}

static void
note_refused(struct install *in, long long int now)
{
    bool explained = false;
    size_t n;
    const struct bundle_error *errors = bundle_get_errors(in->bundle, &n);

    for (size_t i = 0; i < n; i++) {
        if (errors[i].change) {
            explained |= blame(in, errors[i].change, errors[i].error);
        }
    }
    in->held_version = flow_table_version(in->desired);

    if (!explained) {
        queue_ofp_error(in, NULL, n ? errors[0].error : OFPERR_OFPBFC_UNKNOWN);
        in->retry_at = now + RETRY_MS;
    }
}

/* Deals with a change that the switch refused.  Returns true if the next
 * bundle will do without it. */
static bool
blame(struct install *in, const struct flow_change *change, enum ofperr error)
{
    const struct of_flow *flow = change->flow;
    const struct of_flow *desired = flow_table_find(in->desired, flow);

    if (change->kind == FLOW_DELETE) {
        queue_ofp_error(in, flow, error);
        return flow_table_hold(in->desired, flow);
    } else if (!desired || !of_flow_same_value(flow, desired)) {
        /* Its owner has thought better of it. */
        return true;
    }
    queue_ofp_error(in, flow, error);
    return flow_table_hold(in->desired, flow);
}

static void
queue_ofp_error(struct install *in, const struct of_flow *flow,
                enum ofperr error)
{
    char *reason = xasprintf("%s (%s)", ofperr_get_name(error),
                             ofperr_get_description(error));
    queue_error(in, flow, reason);
    free(reason);
}

/* 'flow' is NULL if the error is about none. */
static void
queue_error(struct install *in, const struct of_flow *flow, const char *reason)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(60, 60);
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "%s: ", reason);
    if (flow) {
        of_flow_format(flow, &s);
    } else {
        ds_put_cstr(&s, "the switch refused a bundle");
    }
    VLOG_WARN_RL(&rl, "%s: %s", in->name, ds_cstr(&s));

    struct queued_error *qe = xmalloc(sizeof *qe);
    qe->error.cookie = flow ? flow->cookie : 0;
    qe->error.owner = nullable_xstrdup(
        flow ? flow_table_find_owner(in->desired, flow) : NULL);
    qe->error.text = ds_steal_cstr(&s);
    ovs_list_push_back(&in->errors, &qe->node);
    in->stats.errors++;
}

static bool
receive_error(struct install *in, const struct ofp_header *oh)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(20, 20);
    enum ofperr error = ofperr_decode_msg(oh, NULL);
    uint32_t xid = ntohl(oh->xid);

    if (xid == in->dump_xid && in->state == DUMPING) {
        fail(in, "the switch refused to list its flows", error);
    } else if (xid == in->monitor_xid) {
        VLOG_WARN_RL(&rl,
                     "%s: changes by others will only be seen after a "
                     "reconnection, because the switch does not report them "
                     "(%s)",
                     in->name, ofperr_to_string(error));
    } else if (!receive_meter_error(in, xid, error)) {
        VLOG_WARN_RL(&rl, "%s: OpenFlow error: %s", in->name,
                     ofperr_to_string(error));
    }
    return true;
}

static bool
receive_dump(struct install *in, const struct ofp_header *oh)
{
    if (in->state != DUMPING || ntohl(oh->xid) != in->dump_xid) {
        return false;
    }

    int error = observe_decode_dump(oh, &in->dump, &in->others);
    if (error && in->ignore_others) {
        fail(in, "can not read the switch's flows", error);
    } else if (error) {
        VLOG_WARN("%s: can not read other people's flows (%s)", in->name,
                  ofperr_to_string(error));
        in->ignore_others = true;
        start_dump(in);
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

static bool
receive_monitor(struct install *in, const struct ofp_header *oh)
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
fail(struct install *in, const char *what, int error)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);
    VLOG_WARN_RL(&rl, "%s: %s (%s)", in->name, what, ofperr_to_string(error));
    in->state = FAILED;
}
