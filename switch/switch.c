/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "switch/switch.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/flow.h" /* Open vSwitch's, for ofp_to_u16(). */
#include "openvswitch/list.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-port.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/rconn.h"
#include "openvswitch/vlog.h"
#include "switch/install.h"
#include "switch/questions.h"
#include "switch/table-names.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(switch);

/* Seconds without a message after which the switch is asked for a sign of
 * life, and between attempts to connect. */
#define PROBE_INTERVAL 5
#define MAX_BACKOFF 1

/* How often, in ms, to look for a new Unix socket while disconnected. */
#define LOOK_INTERVAL 100

/* Work done in one switch_run(), so that the rest of the program gets its
 * turn: messages made or read at most, and the size of the queue beyond which
 * no more are made.  Large change sets wait as flows, not as messages. */
#define MAX_SEND 1000
#define MAX_RECEIVE 200
#define MAX_RECEIVE_BYTES (512 * 1024)
#define MAX_QUEUED_BYTES (512 * 1024)

/* Packets that wait to be sent. */
#define MAX_QUEUED_PACKETS 200

/* Tells one Unix socket in the file system from the next of that name. */
struct socket_id {
    dev_t dev;
    ino_t ino;
    struct timespec ctime;
};

struct switch_session {
    char *bridge;
    char *target;
    const char *path;        /* Of the Unix socket in 'target', or NULL. */
    struct socket_id socket; /* As it was when we tried it last. */
    long long int next_look;
    struct rconn *rconn;
    struct rconn_packet_counter *queued;
    struct rconn_packet_counter *queued_packets; /* Of switch_send(). */
    unsigned int connection_seqno;
    struct install *install;
    struct questions *questions;
    struct table_names *names; /* Of this connection; NULL: not asked yet. */
    bool more_to_receive;

    switch_packet_in_cb *packet_in_cb;
    void *packet_in_aux;
    switch_port_cb *port_cb;
    void *port_aux;
};

static bool socket_is_new(struct switch_session *);
static void follow_connection(struct switch_session *);
static void name_tables(struct switch_session *);
static void receive(struct switch_session *);
static void send_messages(struct switch_session *);
static bool may_send(const struct switch_session *);

struct switch_session *
switch_create(const char *bridge, const char *target,
              struct flow_table *desired)
{
    struct switch_session *s = xzalloc(sizeof *s);
    s->bridge = xstrdup(bridge);
    s->target = xstrdup(target);
    s->path = !strncmp(target, "unix:", 5) ? s->target + 5 : NULL;
    socket_is_new(s);
    s->rconn = rconn_create(PROBE_INTERVAL, MAX_BACKOFF, 0,
                            1u << OFP13_VERSION | 1u << OFP14_VERSION
                                | 1u << OFP15_VERSION);
    s->queued = rconn_packet_counter_create();
    s->queued_packets = rconn_packet_counter_create();
    s->install = install_create(bridge, desired);
    s->questions = questions_create();
    s->connection_seqno = rconn_get_connection_seqno(s->rconn);
    rconn_connect(s->rconn, target, bridge);
    return s;
}

void
switch_destroy(struct switch_session *s)
{
    if (s) {
        questions_destroy(s->questions);
        table_names_destroy(s->names);
        rconn_destroy(s->rconn);
        rconn_packet_counter_destroy(s->queued);
        rconn_packet_counter_destroy(s->queued_packets);
        install_destroy(s->install);
        free(s->target);
        free(s->bridge);
        free(s);
    }
}

void
switch_set_ready(struct switch_session *s)
{
    install_set_ready(s->install);
}

void
switch_run(struct switch_session *s)
{
    /* A switch that was restarted has no flows: do not let it wait until the
     * next attempt is due. */
    if (!rconn_is_connected(s->rconn) && socket_is_new(s)) {
        rconn_connect(s->rconn, s->target, s->bridge);
    }
    rconn_run(s->rconn);
    follow_connection(s);
    if (rconn_is_connected(s->rconn)) {
        receive(s);
        if (!s->more_to_receive) {
            questions_run(s->questions, time_msec());
        }
        send_messages(s);
        name_tables(s);
        if (install_is_failed(s->install)) {
            rconn_reconnect(s->rconn);
        }
        follow_connection(s);
    }
}

void
switch_wait(struct switch_session *s)
{
    rconn_run_wait(s->rconn);
    rconn_recv_wait(s->rconn);
    if (s->more_to_receive
        || rconn_get_connection_seqno(s->rconn) != s->connection_seqno) {
        poll_immediate_wake();
    }

    if (s->path && !rconn_is_connected(s->rconn)) {
        poll_timer_wait_until(s->next_look);
    }

    poll_timer_wait_until(questions_next_run(s->questions));

    long long int next = install_next_run(s->install);
    if (next != LLONG_MAX && may_send(s)) {
        poll_timer_wait_until(next);
    }
}

bool
switch_is_connected(const struct switch_session *s)
{
    return rconn_is_connected(s->rconn);
}

bool
switch_knows_flows(const struct switch_session *s)
{
    return install_knows_flows(s->install);
}

uint64_t
switch_mark(struct switch_session *s)
{
    return install_mark(s->install);
}

uint64_t
switch_acked(const struct switch_session *s)
{
    return install_acked(s->install);
}

bool
switch_is_settled(const struct switch_session *s)
{
    return rconn_is_connected(s->rconn) && install_is_settled(s->install);
}

void
switch_look_again(struct switch_session *s)
{
    install_look_again(s->install);
}

bool
switch_next_error(struct switch_session *s, struct switch_error *error)
{
    return install_next_error(s->install, error);
}

void
switch_flush_zone(struct switch_session *s, uint16_t zone)
{
    install_flush_zone(s->install, zone);
}

void
switch_forget_addresses(struct switch_session *s, uint16_t port)
{
    install_forget_addresses(s->install, port);
}

void
switch_set_packet_in(struct switch_session *s, switch_packet_in_cb *cb,
                     void *aux)
{
    s->packet_in_cb = cb;
    s->packet_in_aux = aux;
    install_want_packet_in(s->install);
}

void
switch_set_port_cb(struct switch_session *s, switch_port_cb *cb, void *aux)
{
    s->port_cb = cb;
    s->port_aux = aux;
}

bool
switch_send(struct switch_session *s, struct ofpbuf *msg)
{
    return !rconn_send_with_limit(s->rconn, msg, s->queued_packets,
                                  MAX_QUEUED_PACKETS);
}

bool
switch_has_room(const struct switch_session *s)
{
    return (rconn_is_connected(s->rconn)
            && (rconn_packet_counter_n_packets(s->queued_packets)
                < MAX_QUEUED_PACKETS));
}

/* Or 0 while not connected. */
static enum ofp_version
version(const struct switch_session *s)
{
    enum ofputil_protocol protocol = switch_protocol(s);

    return protocol ? ofputil_protocol_to_ofp_version(protocol) : 0;
}

void
switch_forget_names(struct switch_session *s)
{
    struct ofpbuf *msg = (s->names
                              ? table_names_encode_change(s->names, version(s),
                                                          false)
                              : NULL);

    if (msg) {
        rconn_send(s->rconn, msg, NULL);
    }
}

bool
switch_ask(struct switch_session *s, struct ofpbuf *request, question_cb *cb,
           void *aux)
{
    if (!rconn_is_connected(s->rconn) || !switch_protocol(s)) {
        ofpbuf_delete(request);
        return false;
    }
    questions_add(s->questions, request, cb, aux, time_msec());
    rconn_send(s->rconn, request, NULL);
    return true;
}

enum ofputil_protocol
switch_protocol(const struct switch_session *s)
{
    struct switch_stats stats;

    install_get_stats(s->install, &stats);
    return stats.protocol;
}

struct rule_sums *
switch_rule_sums(struct switch_session *s)
{
    return install_rule_sums(s->install);
}

void
switch_get_stats(const struct switch_session *s, struct switch_stats *stats)
{
    install_get_stats(s->install, stats);
}

/* Returns true if there is a Unix socket that was not there when this was
 * called last. */
static bool
socket_is_new(struct switch_session *s)
{
    struct socket_id id;
    struct stat st;

    if (!s->path || time_msec() < s->next_look) {
        return false;
    }
    s->next_look = time_msec() + LOOK_INTERVAL;
    if (stat(s->path, &st)) {
        return false;
    }
    memset(&id, 0, sizeof id);
    id.dev = st.st_dev;
    id.ino = st.st_ino;
    id.ctime = st.st_ctim;
    if (!memcmp(&id, &s->socket, sizeof id)) {
        return false;
    }
    s->socket = id;
    return true;
}

/* Tells the state machine about connections that came and went. */
static void
follow_connection(struct switch_session *s)
{
    unsigned int seqno = rconn_get_connection_seqno(s->rconn);
    if (s->connection_seqno == seqno) {
        return;
    }

    s->connection_seqno = seqno;
    s->more_to_receive = false;
    questions_disconnected(s->questions);
    table_names_destroy(s->names);
    s->names = NULL;
    if (rconn_is_connected(s->rconn)) {
        enum ofp_version version = rconn_get_version(s->rconn);
        VLOG_INFO("%s: connected with %s", s->bridge,
                  ofputil_version_to_string(version));
        install_connected(s->install,
                          ofputil_protocol_from_ofp_version(version));
    } else {
        VLOG_INFO("%s: disconnected", s->bridge);
        install_disconnected(s->install);
        if (s->port_cb) {
            s->port_cb(s->port_aux, NULL, 0);
        }
    }
}

/* Names of tables: asked for, compared, changed. */

static void
names_changed(void *s_, const struct ofp_header *part OVS_UNUSED,
              bool last OVS_UNUSED, const char *error)
{
    const struct switch_session *s = s_;

    if (error) {
        VLOG_INFO("%s: the switch does not take names for its tables (%s)",
                  s->bridge, error);
    }
}

static void
change_names(void *s_, const struct ofp_header *part, bool last,
             const char *error OVS_UNUSED)
{
    struct switch_session *s = s_;
    struct ofpbuf *msg;

    if (part && table_names_add(s->names, part)) {
        VLOG_INFO("%s: what the switch says about its tables is not "
                  "understood",
                  s->bridge);
    }
    if (part && last) {
        msg = table_names_encode_change(s->names, version(s), true);
        if (msg) {
            switch_ask(s, msg, names_changed, s);
        }
    }
}

/* Once in each connection, and not before the flows are there: the switch has
 * much to say about its tables, and its ports are closed until then. */
static void
name_tables(struct switch_session *s)
{
    struct ofpbuf *msg;

    if (s->names || !switch_is_settled(s)) {
        return;
    }
    s->names = table_names_create();
    msg = table_names_encode_request(version(s));
    if (msg) {
        switch_ask(s, msg, change_names, s);
    }
}

static void
receive_port_status(struct switch_session *s, const struct ofp_header *oh)
{
    struct ofputil_port_status ps;

    /* A longer name may have been cut off. */
    if (s->port_cb && !ofputil_decode_port_status(oh, &ps)
        && strlen(ps.desc.name) < sizeof ps.desc.name - 1
        && ps.reason != OFPPR_MODIFY) {
        s->port_cb(s->port_aux, ps.desc.name,
                   (ps.reason == OFPPR_ADD ? ofp_to_u16(ps.desc.port_no) : 0));
    }
}

/* What neither the flows nor a question are about. */
static void
receive_other(struct switch_session *s, const struct ofp_header *oh)
{
    enum ofptype type;

    if (ofptype_decode(&type, oh)) {
        return;
    }
    if (type == OFPTYPE_PACKET_IN && s->packet_in_cb) {
        s->packet_in_cb(s->packet_in_aux, oh);
    } else if (type == OFPTYPE_PORT_STATUS) {
        receive_port_status(s, oh);
    }
}

static void
receive(struct switch_session *s)
{
    size_t bytes = 0;

    s->more_to_receive = false;
    for (int n = 0; !s->more_to_receive; n++) {
        struct ofpbuf *msg = rconn_recv(s->rconn);
        if (!msg) {
            break;
        }
        bytes += msg->size;
        s->more_to_receive = n >= MAX_RECEIVE || bytes >= MAX_RECEIVE_BYTES;

        const struct ofp_header *oh = msg->data;
        if (!questions_receive(s->questions, oh, time_msec())
            && !install_receive(s->install, time_msec(), oh)) {
            receive_other(s, oh);
        }
        ofpbuf_delete(msg);
    }
}

static void
send_messages(struct switch_session *s)
{
    struct ovs_list out = OVS_LIST_INITIALIZER(&out);
    struct ofpbuf *msg;

    if (may_send(s)) {
        install_run(s->install, time_msec(), MAX_SEND, &out);
        LIST_FOR_EACH_POP (msg, list_node, &out) {
            /* If the connection is lost now, so is the message, and
             * follow_connection() will see it. */
            rconn_send(s->rconn, msg, s->queued);
        }
    }
}

static bool
may_send(const struct switch_session *s)
{
    return (rconn_is_connected(s->rconn)
            && rconn_packet_counter_n_bytes(s->queued) < MAX_QUEUED_BYTES);
}
