/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "views/trace.h"

#include <inttypes.h>
#include <stdlib.h>

#include "byte-order.h"
#include "controller/bridge.h"
#include "controller/port.h"
#include "controller/reconcile.h"
#include "flows/pipeline.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/shash.h"
#include "svec.h"
#include "trace/trace.h"
#include "unixctl.h"
#include "util.h"
#include "views/reply.h"
#include "views/trace-answer.h"
#include "views/trace-request.h"
#include "views/vswitchd-call.h"

/* Connection tracking that one packet may pass: the sender's, the
 * receiver's. */
#define MAX_TRACKED 2

struct traces {
    struct reconcile *reconcile;
    char *rundir;
    struct ovs_list running; /* Contains "struct job"s. */
};

struct job {
    struct ovs_list node; /* In traces. */
    struct traces *traces;
    struct unixctl_conn *conn;
    struct trace_request request;
    struct trace trace;
    struct vswitchd_call *call;
};

struct traces *
traces_create(struct reconcile *reconcile, const char *rundir)
{
    struct traces *traces = xmalloc(sizeof *traces);

    traces->reconcile = reconcile;
    traces->rundir = xstrdup(rundir);
    ovs_list_init(&traces->running);
    return traces;
}

static void
job_destroy(struct job *job)
{
    vswitchd_call_destroy(job->call);
    trace_uninit(&job->trace);
    trace_request_uninit(&job->request);
    free(job);
}

/* Takes the message over. */
static void
fail(struct job *job, char *error)
{
    reply_error(job->conn, error);
    job_destroy(job);
}

void
traces_destroy(struct traces *traces)
{
    struct job *job;

    if (traces) {
        LIST_FOR_EACH_POP (job, node, &traces->running) {
            fail(job, xstrdup("the daemon is stopping"));
        }
        free(traces->rundir);
        free(traces);
    }
}

static const struct port *
find_port(const struct job *job)
{
    return shash_find_data(reconcile_ports(job->traces->reconcile),
                           job->request.port);
}

/* Questions to ovs-vswitchd. */

static void
call(struct job *job, const char *method, struct svec *args)
{
    vswitchd_call_destroy(job->call);
    job->call = vswitchd_call_create(job->traces->rundir, method, args);
    svec_destroy(args);
}

/* From the port where the packet comes in, through everything. */
static void
call_whole(struct job *job, const char *bridge)
{
    struct trace_packet *packet = &job->request.packet;
    struct svec args = SVEC_EMPTY_INITIALIZER;
    struct ds state = DS_EMPTY_INITIALIZER;

    /* ct() leaves the mark that the packet has when it is traced. */
    packet->flow.ct_mark = trace_request_ct(&job->request, &state);
    packet->flow.metadata |= htonll(PL_METADATA_SPLIT);
    svec_add(&args, bridge);
    svec_add_nocopy(&args, trace_packet_to_string(packet));
    packet->flow.metadata &= ~htonll(PL_METADATA_SPLIT);
    packet->flow.ct_mark = 0;
    for (int i = 0; i < MAX_TRACKED; i++) {
        svec_add(&args, "--ct-next");
        svec_add(&args, ds_cstr(&state));
    }
    ds_destroy(&state);
    call(job, "ofproto/trace", &args);
}

/* Before the receiving port, as if switching had brought the packet there. */
static void
call_staged(struct job *job, const struct port *port)
{
    struct svec args = SVEC_EMPTY_INITIALIZER;

    svec_add(&args, port->bridge->name);
    svec_add_nocopy(&args, trace_packet_to_string(&job->request.packet));
    svec_add_nocopy(&args, xasprintf("set_field:%u->reg%d,set_field:%u->reg%d,"
                                     "set_field:%d->reg%d,resubmit(,%d)",
                                     job->request.vlan, PL_R_VLAN - MFF_REG0,
                                     port->config.ofport,
                                     PL_R_OUT_PORT - MFF_REG0, PL_FLOOD_NONE,
                                     PL_R_MODE - MFF_REG0, PL_T_EGRESS));
    call(job, "ofproto/trace-packet-out", &args);
}

/* A packet that did not begin at a port can not come back by itself
 * ("recirculation conflict"): it is put where it would have come. */
static void
call_resumed(struct job *job, const struct port *port)
{
    const struct trace_fork *fork = &job->trace.forks[job->trace.n_resumed];
    char *packet = trace_packet_to_string(&job->request.packet);
    struct svec args = SVEC_EMPTY_INITIALIZER;
    struct ds state = DS_EMPTY_INITIALIZER;
    struct ds flow = DS_EMPTY_INITIALIZER;
    uint32_t mark = trace_request_ct(&job->request, &state);

    for (char *p = ds_cstr(&state); *p; p++) {
        *p = *p == ',' ? '|' : *p;
    }
    ds_put_format(&flow, "%s,ct_state=%s,ct_mark=%" PRIu32, packet,
                  ds_cstr(&state), mark);
    trace_put_registers(&job->trace, &flow);
    svec_add(&args, port->bridge->name);
    svec_add_nocopy(&args, ds_steal_cstr(&flow));
    svec_add_nocopy(&args, xasprintf("resubmit(,%u)", fork->table));
    ds_destroy(&state);
    free(packet);
    call(job, "ofproto/trace-packet-out", &args);
}

static void
handle_trace(struct unixctl_conn *conn, int argc, const char *argv[],
             void *traces_)
{
    struct traces *traces = traces_;
    struct job *job = xzalloc(sizeof *job);
    char *error;

    job->traces = traces;
    job->conn = conn;
    trace_init(&job->trace);
    error = trace_request_init(&job->request, argc, argv);
    if (!error) {
        error = trace_request_complete(&job->request,
                                       reconcile_ports(traces->reconcile));
    }
    if (error) {
        fail(job, error);
        return;
    }
    if (job->request.staged) {
        call_staged(job, find_port(job));
    } else {
        call_whole(job, find_port(job)->bridge->name);
    }
    ovs_list_push_back(&traces->running, &job->node);
}

void
traces_register(struct traces *traces)
{
    unixctl_command_register("nwfilter/trace",
                             "PORT in|out FLOW|--between PORT PORT FLOW "
                             "[--state=STATE]",
                             3, 5, handle_trace, traces);
}

/* Answers. */

static void
answer(struct job *job)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    char *error = trace_answer(&job->request, &job->trace,
                               job->traces->reconcile, &s);

    if (error) {
        fail(job, error);
    } else {
        unixctl_command_reply(job->conn, ds_cstr(&s));
        job_destroy(job);
    }
    ds_destroy(&s);
}

/* Takes ovs-vswitchd's answer.  Returns true if there is nothing left to
 * ask. */
static bool
take(struct job *job, const char *text)
{
    const struct trace *trace = &job->trace;
    bool staged = job->request.staged;
    const struct port *port = find_port(job);

    trace_read(&job->trace, text, staged);
    if (staged && port && trace->n_resumed < trace->n_forks) {
        call_resumed(job, port);
        return false;
    }
    return true;
}

static void
job_run(struct job *job)
{
    char *text, *error;

    if (!vswitchd_call_run(job->call, &text, &error)) {
        return;
    }
    if (error) {
        ovs_list_remove(&job->node);
        fail(job, error);
    } else if (take(job, text)) {
        ovs_list_remove(&job->node);
        answer(job);
    }
    free(text);
}

void
traces_run(struct traces *traces)
{
    struct job *job;

    LIST_FOR_EACH_SAFE (job, node, &traces->running) {
        job_run(job);
    }
}

void
traces_wait(struct traces *traces)
{
    struct job *job;

    LIST_FOR_EACH (job, node, &traces->running) {
        vswitchd_call_wait(job->call);
    }
}
