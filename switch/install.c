/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "switch/install.h"

#include <limits.h>
#include <stdlib.h>

#include "flows/flow-table.h"
#include "flows/groups.h"
#include "flows/punt-flows.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-connection.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-packet.h"
#include "openvswitch/ofp-switch.h"
#include "openvswitch/ofp-util.h"
#include "openvswitch/vlog.h"
#include "switch/bundle.h"
#include "switch/familiar.h"
#include "switch/flush.h"
#include "switch/greeting.h"
#include "switch/install-private.h"
#include "switch/rule-sums.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(install);

/* Before a bundle is sent again that the switch refused without saying which
 * flow was to blame. */
#define RETRY_MS 1000

/* Before flows are sent again that a full table has refused: nobody tells when
 * there is room. */
#define FULL_RETRY_MS 30000

/* After a commit, ovs-vswitchd copies what it knows of all its ports and goes
 * through all that is cached: with many ports a bundle takes it milliseconds,
 * whatever is in it.  When changes come one after the other, as when many
 * guests get their addresses at once, they are gathered.  For each bundle the
 * session owes OWED_FACTOR times as long as it took, at most OWED_MAX_MS, and
 * begins none while it owes more than OWED_BURST_MS.  So a change that comes
 * alone never waits, nor do ten of 5 ms each. */
#define OWED_FACTOR 4
#define OWED_MAX_MS 50
#define OWED_BURST_MS 200

struct queued_error {
    struct ovs_list node; /* In "struct install"'s 'errors'. */
    struct switch_error error;
};

static enum ofp_version version(const struct install *);
static void send_greeting(struct install *, size_t i);
static bool receive_meter_error(struct install *, uint32_t xid, enum ofperr);
static void start_bundle(struct install *, long long int now);
static bool hold_taken_places(struct install *, const struct flow_change *,
                              size_t n);
static long long int next_bundle(const struct install *);
static void finish_bundle(struct install *, long long int now);
static void note_cost(struct install *, long long int now);
static void note_committed(struct install *);
static void note_refused(struct install *, long long int now);
static struct bundle *make_restoring(struct install *);
static bool blame(struct install *, const struct flow_change *, enum ofperr);
static void queue_ofp_error(struct install *, const struct of_flow *,
                            enum ofperr);
static void queue_error(struct install *, const struct of_flow *,
                        const char *reason);
static bool receive_error(struct install *, const struct ofp_header *);

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
    in->familiar = familiar_create();
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
        familiar_destroy(in->familiar);
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
    in->retry_at = in->owes_until = LLONG_MIN;
    in->full_retry_at = LLONG_MAX;
    flow_table_release(in->desired);
    send_greeting(in, 0);
    install_send_meters(in);

    install_start_watching(in);
}

void
install_disconnected(struct install *in)
{
    ofpbuf_list_delete(&in->out);
    flow_set_clear(&in->dump);
    flow_set_clear(&in->others);
    bundle_destroy(in->bundle);
    in->bundle = NULL;
    in->restoring = false;
    familiar_clear(in->familiar);
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
        install_send(in, ofputil_encode_echo_reply(oh), ntohl(oh->xid));
        return true;

    case OFPTYPE_ERROR:
        return receive_error(in, oh);

    case OFPTYPE_FLOW_STATS_REPLY:
        return rule_sums_receive(in->sums, oh) || install_receive_dump(in, oh);

    case OFPTYPE_FLOW_MONITOR_STATS_REPLY:
    case OFPTYPE_FLOW_MONITOR_PAUSED:
    case OFPTYPE_FLOW_MONITOR_RESUMED:
        return install_receive_monitor(in, oh);

    case OFPTYPE_REQUESTFORWARD:
        install_receive_request(in, oh);
        return true;

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
        install_start_dump(in);
    } else if (in->state == IDLE && in->ready) {
        if (now >= next_bundle(in)) {
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
    } else if (flow_table_has_changes(in->desired)) {
        return in->retry_at;
    }
    return MIN(next_bundle(in),
               (in->acked != in->mark ? LLONG_MIN
                                      : flush_next_run(in->addresses)));
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

void
install_send(struct install *in, struct ofpbuf *msg, uint32_t xid)
{
    ((struct ofp_header *) msg->data)->xid = htonl(xid);
    ofpmsg_update_length(msg);
    ovs_list_push_back(&in->out, &msg->list_node);
}

void
install_fail(struct install *in, const char *what, int error)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 5);
    VLOG_WARN_RL(&rl, "%s: %s (%s)", in->name, what, ofperr_to_string(error));
    in->state = FAILED;
}

static enum ofp_version
version(const struct install *in)
{
    return ofputil_protocol_to_ofp_version(in->protocol);
}

/* From that message on. */
static void
send_greeting(struct install *in, size_t i)
{
    struct ofpbuf *msg;

    for (; (msg = greeting_message(version(in), in->want_packet_in, i)); i++) {
        install_send(in, msg, in->next_xid++);
    }
}

void
install_send_groups(struct install *in)
{
    send_greeting(in, greeting_first_group(in->want_packet_in));
}

/* A meter can be added only once, so that is tried first.  One that somebody
 * deletes takes along the flows whose instruction it is, so this is done again
 * whenever flows are sent that need meters. */
void
install_send_meters(struct install *in)
{
    struct ofpbuf *msg;

    in->meter_xid = in->next_xid;
    for (size_t i = 0; in->want_packet_in
                       && (msg = punt_encode_meter(version(in), i, false));
         i++) {
        install_send(in, msg, in->next_xid++);
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
        install_send(in, msg, in->next_xid++);
    }
    return msg != NULL;
}

/* Whether one of the flows that are sent has that property. */
static bool
any_flow(const struct flow_change *changes, size_t n,
         bool (*has)(const struct of_flow *))
{
    for (size_t i = 0; i < n; i++) {
        if (changes[i].kind != FLOW_DELETE && has(changes[i].flow)) {
            return true;
        }
    }
    return false;
}

/* When there will be something to send, or LLONG_MAX. */
static long long int
next_bundle(const struct install *in)
{
    if (flow_table_has_changes(in->desired)) {
        return in->retry_at;
    } else if (!flow_table_n_held(in->desired)) {
        return LLONG_MAX;
    }
    return (flow_table_version(in->desired) != in->held_version
                ? in->retry_at
                : in->full_retry_at);
}

static struct bundle *
make_bundle(struct install *in, struct flow_change *changes, size_t n,
            bool at_once)
{
    uint32_t first_xid = in->next_xid;

    in->next_xid += bundle_n_xids(n);
    return bundle_create(in->next_bundle_id++, first_xid, in->protocol,
                         changes, n, at_once);
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

    /* As meters: a change of the bridge's fail_mode deletes groups, too. */
    if (any_flow(changes, n, groups_are_used)) {
        install_send_groups(in);
    }
    if (any_flow(changes, n, punt_flow_uses_meter)) {
        install_send_meters(in);
    }
    VLOG_DBG("%s: %" PRIuSIZE " flow changes", in->name, n);
    rule_sums_prepare(in->sums, changes, n, in->desired, in->protocol,
                      &in->next_xid, &in->out);
    in->bundle = make_bundle(in, changes, n,
                             familiar_has(in->familiar, changes, n));
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
    struct bundle *next = NULL;

    if (result == BUNDLE_PENDING) {
        return;
    }
    note_cost(in, now);
    in->stats.bundles++;
    in->stats.refused += result != BUNDLE_COMMITTED;
    histogram_add(&in->stats.barriers, (now - in->bundle_time) * 1000);
    rule_sums_finish(in->sums, result == BUNDLE_COMMITTED);
    if (in->restoring) {
        in->dump_again |= result != BUNDLE_COMMITTED;
    } else if (result == BUNDLE_COMMITTED) {
        note_committed(in);
    } else {
        next = result == BUNDLE_HALF ? make_restoring(in) : NULL;
        note_refused(in, now);
    }
    bundle_destroy(in->bundle);
    in->bundle = next;
    in->restoring = next != NULL;
    in->state = next ? BUNDLE : IDLE;
}

/* The bundle has taken its time: when may the next one begin? */
static void
note_cost(struct install *in, long long int now)
{
    long long int cost = MIN(OWED_FACTOR * (now - in->bundle_time),
                             OWED_MAX_MS);

    in->owes_until = MAX(in->owes_until, now) + cost;
    in->retry_at = (in->owes_until - now > OWED_BURST_MS
                        ? in->owes_until - OWED_BURST_MS
                        : LLONG_MIN);
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
    c = bundle_get_changes(in->bundle, &n);
    familiar_add(in->familiar, c, n);
}

static bool
is_refused(const struct install *in, const struct flow_change *change)
{
    size_t n;
    const struct bundle_error *errors = bundle_get_errors(in->bundle, &n);

    for (size_t i = 0; i < n; i++) {
        if (errors[i].change == change) {
            return true;
        }
    }
    return false;
}

/* Makes a bundle that takes back what is in the switch of one that is there
 * by half.  What was there before is what the table takes it to hold. */
static struct bundle *
make_restoring(struct install *in)
{
    size_t n_done;
    const struct flow_change *done = bundle_get_changes(in->bundle, &n_done);
    struct flow_change *changes = xmalloc(n_done * sizeof *changes);
    size_t n = 0;

    VLOG_WARN("%s: the switch refuses flows such as it took before: taking "
              "back what came with them",
              in->name);
    familiar_clear(in->familiar);
    for (size_t i = n_done; i-- > 0;) {
        const struct of_flow *before = flow_table_find_installed(in->desired,
                                                                 done[i].flow);

        if (!is_refused(in, &done[i])) {
            changes[n].kind = before ? FLOW_MODIFY : FLOW_DELETE;
            changes[n++].flow = before ? before : done[i].flow;
        }
    }
    return make_bundle(in, changes, n, false);
}

static void
note_refused(struct install *in, long long int now)
{
    bool explained = false;
    size_t n;
    const struct bundle_error *errors = bundle_get_errors(in->bundle, &n);

    in->full_retry_at = LLONG_MAX;
    for (size_t i = 0; i < n; i++) {
        if (errors[i].error == OFPERR_OFPFMFC_TABLE_FULL) {
            in->full_retry_at = now + FULL_RETRY_MS;
        }
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
        install_fail(in, "the switch refused to list its flows", error);
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
