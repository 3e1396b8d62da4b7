/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "views/vswitchd-call.h"

#include <stdlib.h>

#include "controller/rundir.h"
#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "svec.h"
#include "timeval.h"
#include "util.h"

/* How long ovs-vswitchd may be busy with something else. */
#define TIMEOUT_MS 10000

struct vswitchd_call {
    struct jsonrpc_session *session; /* NULL: there is no socket. */
    struct jsonrpc_msg *request;     /* NULL: sent. */
    long long int deadline;
};

struct vswitchd_call *
vswitchd_call_create(const char *rundir, const char *method,
                     const struct svec *args)
{
    struct vswitchd_call *call = xzalloc(sizeof *call);
    struct json *params = json_array_create_empty();
    char *target = rundir_find_vswitchd(rundir);

    for (size_t i = 0; i < args->n; i++) {
        json_array_add(params, json_string_create(args->names[i]));
    }
    call->request = jsonrpc_create_request(method, params, NULL);
    call->deadline = time_msec() + TIMEOUT_MS;
    if (target) {
        call->session = jsonrpc_session_open(target, false);
        free(target);
    }
    return call;
}

void
vswitchd_call_destroy(struct vswitchd_call *call)
{
    if (call) {
        jsonrpc_session_close(call->session);
        jsonrpc_msg_destroy(call->request);
        free(call);
    }
}

static void
read_reply(const struct jsonrpc_msg *msg, char **replyp, char **errorp)
{
    const struct json *text = (msg->type == JSONRPC_ERROR ? msg->error
                                                          : msg->result);

    if (!text || text->type != JSON_STRING) {
        *errorp = xstrdup("the answer of ovs-vswitchd is not understood");
    } else if (msg->type == JSONRPC_ERROR) {
        *errorp = xasprintf("ovs-vswitchd: %s", json_string(text));
    } else {
        *replyp = xstrdup(json_string(text));
    }
}

bool
vswitchd_call_run(struct vswitchd_call *call, char **replyp, char **errorp)
{
    struct jsonrpc_msg *msg;

    *replyp = *errorp = NULL;
    if (!call->session) {
        *errorp = xstrdup("ovs-vswitchd has no control socket");
        return true;
    }
    jsonrpc_session_run(call->session);
    if (call->request && jsonrpc_session_is_connected(call->session)) {
        jsonrpc_session_send(call->session, call->request);
        call->request = NULL;
    }
    msg = jsonrpc_session_recv(call->session);
    if (msg) {
        read_reply(msg, replyp, errorp);
        jsonrpc_msg_destroy(msg);
    } else if (!jsonrpc_session_is_alive(call->session)) {
        *errorp = xstrdup("lost the connection to ovs-vswitchd");
    } else if (time_msec() >= call->deadline) {
        *errorp = xstrdup("no answer from ovs-vswitchd");
    }
    return *replyp || *errorp;
}

void
vswitchd_call_wait(struct vswitchd_call *call)
{
    if (call->session) {
        jsonrpc_session_wait(call->session);
        jsonrpc_session_recv_wait(call->session);
        poll_timer_wait_until(call->deadline);
    } else {
        poll_immediate_wake();
    }
}
