/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/ctl-client.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "jsonrpc.h"
#include "openvswitch/json.h"
#include "openvswitch/poll-loop.h"
#include "socket-util.h"
#include "stream.h"
#include "timeval.h"
#include "util.h"

static struct jsonrpc_msg *
create_request(const char *method, char **args, size_t n)
{
    struct json *params = json_array_create_empty();

    for (size_t i = 0; i < n; i++) {
        json_array_add(params, json_string_create(args[i]));
    }
    return jsonrpc_create_request(method, params, NULL);
}

/* Waits for the next message.  Returns a positive errno value if there is
 * none. */
static int
receive(struct jsonrpc *rpc, long long int deadline,
        struct jsonrpc_msg **replyp)
{
    for (;;) {
        int error = jsonrpc_recv(rpc, replyp);

        if (error != EAGAIN) {
            return error == EOF ? ECONNRESET : error;
        }
        if (time_msec() >= deadline) {
            return ETIMEDOUT;
        }
        jsonrpc_run(rpc);
        jsonrpc_wait(rpc);
        jsonrpc_recv_wait(rpc);
        poll_timer_wait_until(deadline);
        poll_block();
    }
}

/* Takes the text out of 'reply'. */
static char *
read_reply(const struct jsonrpc_msg *reply, char **resultp)
{
    if (reply->type == JSONRPC_ERROR && reply->error->type == JSON_STRING) {
        const char *text = json_string(reply->error);

        return xmemdup0(text, strcspn(text, "\n"));
    }
    if (reply->type == JSONRPC_REPLY && reply->result->type == JSON_STRING) {
        *resultp = xstrdup(json_string(reply->result));
        return NULL;
    }
    return xstrdup("the daemon's answer is not understood");
}

char *
ctl_client_call(const char *path, const char *method, char **args, size_t n,
                long long int deadline, char **resultp)
{
    char *name = xasprintf("unix:%s", path);
    struct jsonrpc_msg *reply = NULL;
    struct stream *stream;
    long long int timeout;
    struct jsonrpc *rpc;
    char *message;
    int error;

    *resultp = NULL;
    timeout = deadline == LLONG_MAX ? -1 : MAX(0, deadline - time_msec());
    error = stream_open_block(stream_open(name, &stream, DSCP_DEFAULT),
                              timeout, &stream);
    free(name);
    if (error) {
        return xasprintf("%s: can not connect to ovs-nwfilterd (%s)", path,
                         ovs_strerror(error));
    }
    rpc = jsonrpc_open(stream);
    error = jsonrpc_send(rpc, create_request(method, args, n));
    if (!error) {
        error = receive(rpc, deadline, &reply);
    }
    if (error) {
        message =
            error == ETIMEDOUT
                ? xasprintf("no answer from ovs-nwfilterd in time")
                : xasprintf("%s: lost the connection to ovs-nwfilterd (%s)",
                            path, ovs_strerror(error));
    } else {
        message = read_reply(reply, resultp);
    }
    jsonrpc_msg_destroy(reply);
    jsonrpc_close(rpc);
    return message;
}
