/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/purge.h"

#include <errno.h>
#include <stdlib.h>

#include "controller/rundir.h"
#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(purge);

#define METHOD "revalidator/purge"

/* How long ovs-vswitchd may be busy with something else. */
#define TIMEOUT_MS 5000

/* There is a purge after each change, so the connection is kept: with a call
 * for each (views/vswitchd-call.h), each would connect, and be logged,
 * anew. */
struct purge {
    char *rundir;
    uint64_t requested;
    uint64_t running; /* Number that the request under way serves. */
    uint64_t done;
    struct jsonrpc_session *session; /* Or NULL. */
    bool reused;                     /* The session has answered before. */
    bool sent;
    long long int deadline;
};

struct purge *
purge_create(const char *rundir)
{
    struct purge *purge = xzalloc(sizeof *purge);

    purge->rundir = xstrdup(rundir);
    return purge;
}

void
purge_destroy(struct purge *purge)
{
    if (purge) {
        jsonrpc_session_close(purge->session);
        free(purge->rundir);
        free(purge);
    }
}

uint64_t
purge_request(struct purge *purge)
{
    return ++purge->requested;
}

uint64_t
purge_done(const struct purge *purge)
{
    return purge->done;
}

static void
finish(struct purge *purge, const char *problem)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

    if (problem) {
        VLOG_WARN_RL(&rl,
                     "ovs-vswitchd did not empty its datapath cache (%s): "
                     "existing connections may keep the old policy until "
                     "they pause",
                     problem);
        jsonrpc_session_close(purge->session);
        purge->session = NULL;
    }
    purge->done = purge->running;
    purge->sent = false;
}

static void
start(struct purge *purge)
{
    purge->running = purge->requested;
    purge->deadline = time_msec() + TIMEOUT_MS;
    if (!purge->session) {
        char *target = rundir_find_vswitchd(purge->rundir);

        if (!target) {
            finish(purge, "no control socket");
            return;
        }
        purge->session = jsonrpc_session_open(target, false);
        free(target);
    }
}

static bool
is_running(const struct purge *purge)
{
    return purge->running > purge->done;
}

/* A connection from before may have died with its ovs-vswitchd: once more,
 * with whoever is there now. */
static void
lost(struct purge *purge)
{
    jsonrpc_session_close(purge->session);
    purge->session = NULL;
    if (is_running(purge)) {
        bool fresh = !purge->reused;

        purge->reused = purge->sent = false;
        if (fresh) {
            finish(purge, "connection lost");
        } else {
            start(purge);
        }
    }
}

static void
receive(struct purge *purge)
{
    struct jsonrpc_msg *msg = jsonrpc_session_recv(purge->session);

    if (msg) {
        purge->reused = true;
        finish(purge, msg->type == JSONRPC_REPLY ? NULL : "it refused");
        jsonrpc_msg_destroy(msg);
    } else if (!jsonrpc_session_is_alive(purge->session)) {
        lost(purge);
    } else if (is_running(purge) && time_msec() >= purge->deadline) {
        finish(purge, "no answer");
    }
}

void
purge_run(struct purge *purge)
{
    if (!is_running(purge) && purge->requested > purge->done) {
        start(purge);
    }
    if (!purge->session) {
        return;
    }
    jsonrpc_session_run(purge->session);
    if (is_running(purge) && !purge->sent
        && jsonrpc_session_is_connected(purge->session)) {
        jsonrpc_session_send(purge->session,
                             jsonrpc_create_request(METHOD,
                                                    json_array_create_empty(),
                                                    NULL));
        purge->sent = true;
    }
    receive(purge);
}

void
purge_wait(struct purge *purge)
{
    if (purge->session) {
        jsonrpc_session_wait(purge->session);
        jsonrpc_session_recv_wait(purge->session);
    }
    if (is_running(purge)) {
        poll_timer_wait_until(purge->deadline);
    } else if (purge->requested > purge->done) {
        poll_immediate_wake();
    }
}
