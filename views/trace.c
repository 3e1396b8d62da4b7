/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "views/trace.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "byte-order.h"
#include "controller/bridge.h"
#include "controller/port.h"
#include "controller/programs.h"
#include "controller/reconcile.h"
#include "dp-packet.h"
#include "flows/bpdu-flows.h"
#include "flows/flow.h"
#include "flows/pipeline.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/shash.h"
#include "sset.h"
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
    struct sset receivers; /* Names of ports whose rules have been traced
                            * once more (find_bpdu_receiver()). */
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
    sset_destroy(&job->receivers);
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

/* A port that has been named, or NULL if it is gone meanwhile. */
static const struct port *
find_named(const struct job *job, const char *name)
{
    return shash_find_data(reconcile_ports(job->traces->reconcile), name);
}

static const struct port *
find_port(const struct job *job)
{
    return find_named(job, job->request.port);
}

/* Where the packet comes in, which may be another port than the one that the
 * request is about.  NULL if it does not begin at a port. */
static const struct port *
find_sender(const struct job *job)
{
    const char *name = job->request.out.port;

    return name ? find_named(job, name) : NULL;
}

/* Makes the packet one that comes back from the daemon, which has been asked
 * what the rules of 'port' want to know of a BPDU.  Returns false if they want
 * nothing. */
static bool
answer_bpdu(struct job *job, const struct port *port, bool in)
{
    struct trace_packet *packet = &job->request.packet;
    uint32_t *regs = packet->flow.regs;
    struct flow_set set;
    bool asks;

    if (!port || !port->entry || !bpdu_is_destination(packet->flow.dl_dst)) {
        return false;
    }
    flow_set_init(&set);
    program_entry_flows(port->entry, &set);
    asks = bpdu_flows_answer(&set, in, dp_packet_data(packet->frame),
                             dp_packet_size(packet->frame),
                             &regs[PL_R_HEADER - MFF_REG0],
                             &regs[PL_R_PRED - MFF_REG0]);
    flow_set_uninit(&set);
    return asks;
}

static void
forget_answer(struct job *job)
{
    struct flow *flow = &job->request.packet.flow;

    memset(flow->regs, 0, sizeof flow->regs);
}

/* Another receiver of a BPDU whose rules ask for fields of it: the switch has
 * only come up to where they do. */
static const struct port *
find_bpdu_receiver(struct job *job, const struct port *sender)
{
    const struct shash *ports = reconcile_ports(job->traces->reconcile);
    struct shash_node *node;

    SHASH_FOR_EACH (node, ports) {
        const struct port *port = node->data;

        if (sender && port != sender && port->bridge == sender->bridge
            && trace_reaches(&job->trace, port->config.ofport)
            && !sset_contains(&job->receivers, node->name)
            && answer_bpdu(job, port, true)) {
            sset_add(&job->receivers, node->name);
            forget_answer(job);
            return port;
        }
    }
    return NULL;
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
call_whole(struct job *job, const struct port *sender)
{
    struct trace_packet *packet = &job->request.packet;
    struct svec args = SVEC_EMPTY_INITIALIZER;
    struct ds state = DS_EMPTY_INITIALIZER;

    /* ct() leaves the mark that the packet has when it is traced. */
    packet->flow.ct_mark = trace_request_ct(&job->request, &state);
    packet->flow.metadata |= htonll(PL_METADATA_SPLIT);
    answer_bpdu(job, sender, false);
    svec_add(&args, sender->bridge->name);
    svec_add_nocopy(&args, trace_packet_to_string(packet));
    forget_answer(job);
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

    answer_bpdu(job, port, true);
    svec_add(&args, port->bridge->name);
    svec_add_nocopy(&args, trace_packet_to_string(&job->request.packet));
    forget_answer(job);
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
    sset_init(&job->receivers);
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
        call_whole(job, find_sender(job));
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
    bool whole = !staged && sset_is_empty(&job->receivers);
    const struct port *port = find_port(job), *receiver;

    trace_read(&job->trace, text, !whole);
    if (staged && port && trace->n_resumed < trace->n_forks) {
        call_resumed(job, port);
        return false;
    }
    receiver = find_bpdu_receiver(job, find_sender(job));
    if (receiver) {
        call_staged(job, receiver);
    }
    return !receiver;
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
