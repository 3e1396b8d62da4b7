/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* The OpenFlow session with a switch that goes away in the middle of what it
 * says. */

#include <config.h>

#include "switch/switch.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "flows/flow-table.h"
#include "openvswitch/ofp-connection.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-util.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "socket-util.h"
#include "tests/unit/check.h"
#include "timeval.h"
#include "util.h"

/* More messages than the session reads in one turn. */
#define N_MESSAGES 400

/* One that takes connections only by hand. */
struct peer {
    char *dir, *path;
    int listener, fd;
    struct ofpbuf received;
};

static void
peer_init(struct peer *p)
{
    char template[] = "/tmp/nwfilter-test.XXXXXX";

    CHECK(mkdtemp(template));
    p->dir = xstrdup(template);
    p->path = xasprintf("%s/switch", p->dir);
    p->listener = make_unix_socket(SOCK_STREAM, true, p->path, NULL);
    CHECK(p->listener >= 0 && !listen(p->listener, 1));
    p->fd = -1;
    ofpbuf_init(&p->received, 0);
}

/* Nobody can connect any more. */
static void
peer_stop_listening(struct peer *p)
{
    close(p->listener);
    unlink(p->path);
}

static void
peer_uninit(struct peer *p)
{
    close(p->fd);
    ofpbuf_uninit(&p->received);
    CHECK(!rmdir(p->dir));
    free(p->path);
    free(p->dir);
}

/* Takes 'msg'. */
static void
put_message(struct ofpbuf *stream, struct ofpbuf *msg)
{
    ofpmsg_update_length(msg);
    ofpbuf_put(stream, msg->data, msg->size);
    ofpbuf_delete(msg);
}

/* In one piece, so that there is no reading a part of it.  Takes 'stream'. */
static void
peer_send(struct peer *p, struct ofpbuf *stream)
{
    CHECK_INT(write(p->fd, stream->data, stream->size), stream->size);
    ofpbuf_delete(stream);
}

/* Takes the connection, if there is none, and what came.  Returns the request
 * for all flows if it is there. */
static const struct ofp_header *
peer_run(struct peer *p)
{
    char buf[4096];
    ssize_t n;

    if (p->fd < 0) {
        p->fd = accept(p->listener, NULL, NULL);
        if (p->fd < 0) {
            return NULL;
        }
        set_nonblocking(p->fd);

        struct ofpbuf *hello = ofpbuf_new(0);

        put_message(hello, ofputil_encode_hello(1u << OFP15_VERSION));
        peer_send(p, hello);
    }
    while ((n = read(p->fd, buf, sizeof buf)) > 0) {
        ofpbuf_put(&p->received, buf, n);
    }
    while (p->received.size >= sizeof(struct ofp_header)) {
        const struct ofp_header *oh = p->received.data;
        enum ofptype type;

        if (p->received.size < ntohs(oh->length)) {
            break;
        }
        ofpbuf_pull(&p->received, ntohs(oh->length));
        if (!ofptype_decode(&type, oh) && type == OFPTYPE_FLOW_STATS_REQUEST) {
            return oh;
        }
    }
    return NULL;
}

/* What the switch refuses makes the session begin anew; what it says besides
 * is never read. */
static void
refuse_to_list_flows(struct peer *p, const struct ofp_header *request)
{
    struct ofpbuf *stream = ofpbuf_new(0);

    put_message(stream, ofperr_encode_reply(OFPERR_OFPBRC_EPERM, request));
    for (int i = 0; i < N_MESSAGES; i++) {
        put_message(stream, ofputil_encode_echo_request(OFP15_VERSION));
    }
    peer_send(p, stream);
}

/* How often the session wants to be run in one second. */
static int
count_rounds(struct switch_session *sw)
{
    long long int end = time_msec() + 1000;
    int rounds = 0;

    for (; time_msec() < end; rounds++) {
        switch_run(sw);
        switch_wait(sw);
        poll_timer_wait_until(end);
        poll_block();
    }
    return rounds;
}

/* Without a connection there is nothing left to read: the session waits. */
static void
test_lost_while_more_is_to_be_read(void)
{
    const struct ofp_header *request = NULL;
    struct flow_table *table = flow_table_create();
    struct switch_session *sw;
    struct peer p;

    peer_init(&p);

    char *target = xasprintf("unix:%s", p.path);

    sw = switch_create("br0", target, table);
    for (int i = 0; i < 6000 && !request; i++) {
        switch_run(sw);
        request = peer_run(&p);
        poll_timer_wait(request ? 0 : 10);
        poll_block();
    }
    peer_stop_listening(&p);
    if (CHECK(request)) {
        CHECK(switch_is_connected(sw));
        refuse_to_list_flows(&p, request);
        switch_run(sw);
        CHECK(!switch_is_connected(sw));
        CHECK(count_rounds(sw) < 200);
    }
    switch_destroy(sw);
    peer_uninit(&p);
    flow_table_destroy(table);
    free(target);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    vlog_set_levels(NULL, VLF_CONSOLE, getenv("VERBOSE") ? VLL_INFO : VLL_OFF);
    RUN(test_lost_while_more_is_to_be_read);
    return CHECK_RESULT();
}
