/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "views/trace-answer.h"

#include <stdlib.h>
#include <string.h>

#include "byte-order.h"
#include "controller/bridge.h"
#include "controller/port.h"
#include "controller/reconcile.h"
#include "flows/ipv6-header.h"
#include "flows/pipeline.h"
#include "flows/purpose.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "util.h"
#include "views/trace-report.h"
#include "views/trace-request.h"

struct sides {
    struct trace_side out, in; /* 'port' is NULL if nobody asks. */
};

static char *
judge(const struct trace_view *view, enum nw_direction direction,
      const struct trace *trace, const struct reconcile *reconcile,
      struct trace_side *side)
{
    *side = (struct trace_side){
        .direction = direction,
        .conn = view->conn,
    };
    if (!view->port) {
        return NULL;
    }
    side->port = shash_find_data(reconcile_ports(reconcile), view->port);
    if (!side->port) {
        return xasprintf("port '%s' is gone", view->port);
    }
    side->reached = (direction == NW_OUT
                         ? !trace_stopped_at(trace, PL_T_CLASSIFY)
                         : trace_reaches(trace, side->port->config.ofport));
    trace_decide(trace, direction == NW_OUT ? TRACE_OUT : TRACE_IN,
                 side->port->config.ofport, &side->decision);
    side->has_opinion = (side->port->state == PORT_FILTERED
                         && side->decision.verdict != TRACE_NOT_REACHED);
    if (side->has_opinion) {
        opinion_init(&side->opinion, side->port, reconcile, &view->frame,
                     direction, &view->conn);
    }
    return NULL;
}

static void
sides_uninit(struct sides *sides)
{
    if (sides->out.has_opinion) {
        opinion_uninit(&sides->out.opinion);
    }
    if (sides->in.has_opinion) {
        opinion_uninit(&sides->in.opinion);
    }
}

static void
put_between(const struct sides *sides, const struct explain_scope *scope,
            struct ds *s)
{
    enum trace_verdict verdict = trace_side_verdict(&sides->out);

    if (verdict == TRACE_ACCEPT) {
        verdict = trace_side_verdict(&sides->in);
    }
    ds_put_format(s, "%s to %s: %s\n  ", sides->out.port->name,
                  sides->in.port->name, trace_verdict_name(verdict));
    trace_report_verdict(&sides->out, scope, s);
    ds_put_cstr(s, "  ");
    trace_report_verdict(&sides->in, scope, s);
}

/* Why the packet did not come to the rules of 'sender'. */
static void
put_stop(const struct port *sender, const struct trace_request *r,
         const struct trace *trace, const struct explain_scope *scope,
         struct ds *s)
{
    const struct trace_hop *hop = trace_stopped_at(trace, PL_T_CLASSIFY);
    uint64_t nobodys = pipeline_cookie(PL_K_PIPELINE,
                                       (PL_T_CLASSIFY << 16 | PL_P_NOBODYS));
    bool unknown = hop && (!hop->match || hop->cookie == nobodys);

    if (unknown && port_is_refused(sender)) {
        char *status = port_status_text(sender);

        ds_put_format(s, "  %s\n", status);
        free(status);
    } else if (unknown) {
        ds_put_format(s, "  %s is not in VLAN %u\n", sender->name, r->vlan);
    } else if (hop) {
        ds_put_cstr(s, "  stopped by ");
        explain_cookie(scope, hop->cookie, s);
        ds_put_char(s, '\n');
    }
}

/* Where the packet went that did not come to the port that was asked for. */
static void
put_elsewhere(const struct trace_request *r, const struct sides *sides,
              const struct trace *trace, const struct explain_scope *scope,
              struct ds *s)
{
    enum trace_verdict sent = trace_side_verdict(&sides->out);

    if (r->staged) {
        ds_put_format(s, "  %s is not in VLAN %u\n", r->port, r->vlan);
    } else if (sent == TRACE_NOT_REACHED) {
        put_stop(sides->out.port, r, trace, scope, s);
    } else if (sent == TRACE_ACCEPT) {
        trace_report_receivers(trace, scope, s);
    }
}

/* The lines that tell what became of the packet. */
static void
put_verdicts(const struct trace_request *r, const struct sides *sides,
             const struct trace *trace, const struct explain_scope *scope,
             struct ds *s)
{
    if (r->peer) {
        put_between(sides, scope, s);
    } else if (r->direction == NW_OUT) {
        trace_report_verdict(&sides->out, scope, s);
    } else {
        trace_report_verdict(&sides->in, scope, s);
        if (sides->out.port) {
            ds_put_cstr(s, "  comes from ");
            trace_report_verdict(&sides->out, scope, s);
        }
    }
    if (trace_side_verdict(&sides->in) == TRACE_NOT_REACHED) {
        put_elsewhere(r, sides, trace, scope, s);
    }
}

/* "est" is the connection's first direction, which is easily forgotten: says
 * so if the other one passes. */
static void
put_hint(const struct trace_request *r, const struct trace_view *view,
         const struct trace_side *side, const struct reconcile *reconcile,
         struct ds *s)
{
    struct interpret_conn other = side->conn;
    struct opinion opinion;

    if (!side->has_opinion || side->conn.state != INTERPRET_ESTABLISHED
        || side->opinion.error
        || side->opinion.result.verdict == INTERPRET_ACCEPT) {
        return;
    }
    other.reply = !other.reply;
    opinion_init(&opinion, side->port, reconcile, &view->frame,
                 side->direction, &other);
    if (!opinion.error && opinion.result.verdict == INTERPRET_ACCEPT) {
        ds_put_format(
            s,
            "note: %s the direction of the connection's first packet "
            "it passes: --state=est%s\n",
            r->wanted.reply ? "in" : "against", r->wanted.reply ? "" : ",rpl");
    }
    opinion_uninit(&opinion);
}

static void
put_notes(const struct bridge *bridge, const struct trace *trace, struct ds *s)
{
    if (!bridge_is_settled(bridge)) {
        ds_put_cstr(s, "note: changes are on their way to the switch\n");
    }
    if (trace->error) {
        ds_put_format(s, "note: the switch gave up: %s\n", trace->error);
    }
}

/* What was filled in, folded. */
static void
put_assumed(const struct trace_request *r, struct ds *s)
{
    char *assumed = xstrdup(ds_cstr_ro(&r->packet.assumed));
    size_t column = 0;
    char *save = NULL;

    for (char *line = strtok_r(assumed, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        if (!column) {
            ds_put_format(s, "assumed: %s", line);
        } else if (column + strlen(line) > 75) {
            ds_put_format(s, ",\n         %s", line);
            column = 0;
        } else {
            ds_put_format(s, ", %s", line);
        }
        column += (column ? 2 : 9) + strlen(line);
    }
    ds_put_cstr(s, column ? "\n" : "");
    free(assumed);
}

static void
put_packet(const struct trace_request *r, struct ds *s)
{
    struct trace_packet packet = r->packet;

    if (packet.flow.metadata == htonll(IPV6_HEADER_READ)) {
        packet.flow.metadata = htonll(0); /* It has found nothing. */
    }

    char *flow = trace_packet_to_string(&packet);

    ds_put_format(s, "packet: %s\n", flow);
    put_assumed(r, s);
    free(flow);
}

static void
report(const struct trace_request *r, const struct sides *sides,
       const struct trace *trace, const struct reconcile *reconcile,
       const struct explain_scope *scope, struct ds *s)
{
    const struct trace_side *const all[] = { &sides->out, &sides->in };

    put_verdicts(r, sides, trace, scope, s);
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        trace_report_opinion(all[i], s);
    }
    put_hint(r, &r->out, &sides->out, reconcile, s);
    put_hint(r, &r->in, &sides->in, reconcile, s);
    put_notes(scope->bridge, trace, s);
    put_packet(r, s);
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        trace_report_rules(all[i], trace, scope, s);
    }
    trace_report_flows(trace, scope, s);
}

char *
trace_answer(const struct trace_request *r, const struct trace *trace,
             const struct reconcile *reconcile, struct ds *s)
{
    struct explain_scope scope = reconcile_scope(reconcile, NULL);
    struct sides sides = { .in.port = NULL };
    char *error = judge(&r->out, NW_OUT, trace, reconcile, &sides.out);

    if (!error) {
        error = judge(&r->in, NW_IN, trace, reconcile, &sides.in);
    }
    if (!error) {
        scope.bridge =
            (sides.out.port ? sides.out.port : sides.in.port)->bridge;
        report(r, &sides, trace, reconcile, &scope, s);
    }
    sides_uninit(&sides);
    return error;
}
