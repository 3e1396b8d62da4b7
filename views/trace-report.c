/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "views/trace-report.h"

#include <inttypes.h>
#include <string.h>

#include "controller/port.h"
#include "controller/programs.h"
#include "flows/flow.h"
#include "flows/pipeline.h"
#include "flows/program.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "util.h"
#include "views/trace-ends.h"

/* Ports that are named where a packet goes to many. */
#define MAX_RECEIVERS 10

static enum trace_stage
stage_of(const struct trace_side *side)
{
    return side->direction == NW_OUT ? TRACE_OUT : TRACE_IN;
}

static bool
is_rule(const struct trace_hop *hop)
{
    return (hop->match && of_cookie_is_ours(hop->cookie)
            && of_cookie_kind(hop->cookie) == PL_K_RULE);
}

static bool
is_accepted(const struct trace_side *side)
{
    return side->decision.verdict == TRACE_ACCEPT;
}

/* The layer 2 chain whose rules the flow belongs to, or NULL. */
static const char *
chain_of(const struct trace_side *side, const struct trace_hop *hop)
{
    const struct program_entry *entry = side->port->entry;

    return (
        entry && entry->program && trace_is_l2(hop->table)
            ? program_find_chain(entry->program, side->direction, hop->segment)
            : NULL);
}

/* The flow that made the verdict: the last rule list's last one. */
static const struct trace_hop *
deciding_hop(const struct trace_side *side)
{
    const struct trace_decision *d = &side->decision;

    if (!is_accepted(side) && d->verdict != TRACE_REJECT) {
        return d->last;
    } else if (side->direction == NW_OUT) {
        return d->l3 ? d->l3 : d->l2;
    }
    return d->verdict == TRACE_REJECT || !d->l2 ? d->l3 : d->l2;
}

/* What is behind a flow that is no rule's, at the end of the rules. */
static void
put_end(const struct trace_side *side, const struct trace_hop *hop,
        struct ds *s)
{
    const char *chain = chain_of(side, hop);
    char buf[32];

    if (!hop->match) {
        ds_put_format(s, "no flow in table %s",
                      pipeline_table_name(hop->table, buf));
    } else if (!of_cookie_is_ours(hop->cookie)) {
        ds_put_format(s, "a flow in table %s that is not ovs-nwfilter's",
                      pipeline_table_name(hop->table, buf));
    } else if (trace_is_l2(hop->table) || trace_is_l3(hop->table)) {
        ds_put_format(s, "the end of %s%s", chain ? "chain " : "",
                      chain ? chain : "the rules");
    } else {
        ds_put_format(s, "table %s", pipeline_table_name(hop->table, buf));
    }
}

static void
put_decider(const struct trace_side *side, const struct explain_scope *scope,
            struct ds *s)
{
    const struct trace_hop *hop = deciding_hop(side);

    ds_put_cstr(s, ", by ");
    if (!hop) {
        ds_put_cstr(s, "no rule");
    } else if (is_rule(hop)) {
        explain_cookie(scope, hop->cookie, s);
    } else {
        put_end(side, hop, s);
    }
}

enum trace_verdict
trace_side_verdict(const struct trace_side *side)
{
    if (!side->port) {
        return TRACE_NOT_REACHED;
    } else if (side->port->state == PORT_OPEN) {
        return side->reached ? TRACE_ACCEPT : TRACE_NOT_REACHED;
    } else if (side->port->state == PORT_CLOSED) {
        return TRACE_DROP;
    }
    return side->decision.verdict;
}

bool
trace_side_differs(const struct trace_side *side)
{
    static const enum trace_verdict same[] = {
        [INTERPRET_ACCEPT] = TRACE_ACCEPT,
        [INTERPRET_DROP] = TRACE_DROP,
        [INTERPRET_REJECT] = TRACE_REJECT,
    };

    return side->has_opinion && !side->opinion.error
           && same[side->opinion.result.verdict] != side->decision.verdict;
}

void
trace_report_verdict(const struct trace_side *side,
                     const struct explain_scope *scope, struct ds *s)
{
    enum trace_verdict verdict = trace_side_verdict(side);

    ds_put_format(s, "%s %s: %s", side->port->name,
                  nw_direction_name(side->direction),
                  trace_verdict_name(verdict));
    if (side->port->state == PORT_CLOSED) {
        ds_put_format(s, ", the port is closed%s%s",
                      side->port->plan.error ? ": " : "",
                      side->port->plan.error ? side->port->plan.error : "");
    } else if (side->port->state == PORT_OPEN) {
        ds_put_cstr(s, ", the port has no filter");
    } else if (verdict != TRACE_NOT_REACHED) {
        put_decider(side, scope, s);
    }
    ds_put_char(s, '\n');
}

/* Rules. */

static void
put_conn(const struct interpret_conn *conn, struct ds *s)
{
    ds_put_format(s, "%s%s", interpret_state_name(conn->state),
                  conn->reply ? ", answer" : "");
}

/* Names each chain once, in the order in which they were entered. */
static void
put_chains(const struct trace_side *side, const struct trace *trace,
           struct ds *s)
{
    struct sset seen = SSET_INITIALIZER(&seen);

    for (size_t i = 0; i < trace->n; i++) {
        const struct trace_hop *hop = &trace->hops[i];
        const char *chain = NULL;

        if (hop->stage == stage_of(side)
            && hop->port == side->port->config.ofport) {
            chain = chain_of(side, hop);
        }
        if (chain && sset_add(&seen, chain)) {
            ds_put_format(s, ", %s%s", sset_count(&seen) == 1 ? "chains " : "",
                          chain);
        }
    }
    sset_destroy(&seen);
}

/* One layer: the rules that the packet hit, or how their list ended. */
static void
put_layer(const struct trace_side *side, const struct trace *trace,
          const struct explain_scope *scope, const struct trace_hop *end,
          struct ds *s)
{
    bool l2 = trace_is_l2(end->table);

    for (size_t i = 0; i < trace->n; i++) {
        const struct trace_hop *hop = &trace->hops[i];

        if (hop->stage == stage_of(side)
            && hop->port == side->port->config.ofport && is_rule(hop)
            && (l2 ? trace_is_l2 : trace_is_l3)(hop->table)) {
            ds_put_cstr(s, "    ");
            explain_cookie(scope, hop->cookie, s);
            ds_put_char(s, '\n');
        }
    }
    if (!is_rule(end)) {
        ds_put_cstr(s, "    ");
        put_end(side, end, s);
        ds_put_char(s, '\n');
    }
}

static void
put_l2(const struct trace_side *side, const struct trace *trace,
       const struct explain_scope *scope, struct ds *s)
{
    if (side->decision.l2) {
        ds_put_cstr(s, "  layer 2");
        put_chains(side, trace, s);
        ds_put_char(s, '\n');
        put_layer(side, trace, scope, side->decision.l2, s);
    }
}

static void
put_l3(const struct trace_side *side, const struct trace *trace,
       const struct explain_scope *scope, struct ds *s)
{
    if (side->decision.l3) {
        ds_put_cstr(s, "  layer 3, connection state ");
        put_conn(&side->conn, s);
        ds_put_char(s, '\n');
        put_layer(side, trace, scope, side->decision.l3, s);
    }
}

void
trace_report_rules(const struct trace_side *side, const struct trace *trace,
                   const struct explain_scope *scope, struct ds *s)
{
    const struct trace_hop *last = side->decision.last;
    bool out = side->direction == NW_OUT;
    char buf[32];

    if (!last || !side->port || !side->port->entry) {
        return;
    }
    ds_put_format(s, "\nrules for what %s %s, filter %s\n", side->port->name,
                  out ? "sends" : "receives", side->port->entry->filter);
    (out ? put_l2 : put_l3)(side, trace, scope, s);
    (out ? put_l3 : put_l2)(side, trace, scope, s);
    if (side->decision.verdict == TRACE_DROP && !trace_is_l2(last->table)
        && !trace_is_l3(last->table)) {
        ds_put_format(s, "  dropped in table %s\n",
                      pipeline_table_name(last->table, buf));
    }
}

void
trace_report_opinion(const struct trace_side *side, struct ds *s)
{
    const struct opinion *opinion = &side->opinion;

    if (!side->has_opinion) {
        return;
    }
    ds_put_format(s, "rule interpreter, %s %s: ", side->port->name,
                  nw_direction_name(side->direction));
    if (opinion->error) {
        ds_put_format(s, "no answer, %s\n", opinion->error);
        return;
    }
    ds_put_cstr(s, trace_side_differs(side) ? TRACE_DIFFERS : "agrees, ");
    ds_put_cstr(s, interpret_verdict_name(opinion->result.verdict));
    opinion_put_rule(interpret_result_decision(&opinion->result,
                                               side->direction),
                     s);
    ds_put_char(s, '\n');
}

/* The switch. */

/* 'hop' is in EGRESS, where the receiving port's flow stands. */
static void
put_receiver(const struct trace *trace, const struct trace_hop *hop,
             const struct explain_scope *scope, struct ds *s)
{
    uint16_t ofport = hop->cookie & 0xffff;
    const struct port *port = trace_find_ofport(scope->ports, scope->bridge,
                                                ofport);
    struct trace_side side = {
        .port = port,
        .direction = NW_IN,
        .reached = true,
    };

    ds_put_cstr(s, "  goes on to ");
    if (!port) {
        ds_put_format(s, "OpenFlow port %" PRIu16 "\n", ofport);
    } else if (trace->sender == ofport) {
        ds_put_format(s, "%s, where it came from: not delivered\n",
                      port->name);
    } else {
        trace_decide(trace, TRACE_IN, ofport, &side.decision);
        trace_report_verdict(&side, scope, s);
    }
}

/* Whether the packet was brought to the same port before: its rules are traced
 * once more when the daemon has something to say of a BPDU. */
static bool
is_told(const struct trace *trace, size_t i)
{
    for (size_t j = 0; j < i; j++) {
        if (trace->hops[j].table == PL_T_EGRESS && trace->hops[j].match
            && trace->hops[j].cookie == trace->hops[i].cookie) {
            return true;
        }
    }
    return false;
}

void
trace_report_receivers(const struct trace *trace,
                       const struct explain_scope *scope, struct ds *s)
{
    size_t n = 0;

    for (size_t i = 0; i < trace->n; i++) {
        const struct trace_hop *hop = &trace->hops[i];

        if (hop->table == PL_T_EGRESS && hop->match && !is_told(trace, i)
            && n++ < MAX_RECEIVERS) {
            put_receiver(trace, hop, scope, s);
        }
    }
    if (n > MAX_RECEIVERS) {
        ds_put_format(s, "  and on to %" PRIuSIZE " more ports\n",
                      n - MAX_RECEIVERS);
    } else if (!n) {
        ds_put_cstr(s, "  goes on to no port: nobody in its VLAN takes it\n");
    }
}

void
trace_report_flows(const struct trace *trace,
                   const struct explain_scope *scope, struct ds *s)
{
    ds_put_cstr(s, "\nflows\n");
    for (size_t i = 0; i < trace->n; i++) {
        const struct trace_hop *hop = &trace->hops[i];
        const char *name;
        char buf[32];

        name = pipeline_table_name(hop->table, buf);
        ds_put_format(s, "%s%3u %-14s ", hop->subroutine ? "    " : "",
                      hop->table, name ? name : "?");
        if (!hop->match) {
            ds_put_cstr(s, "no flow matches\n");
            continue;
        }
        ds_put_format(s, "priority=%d%s%s cookie=%#" PRIx64 "\n%s%19s# ",
                      hop->priority, hop->match[0] ? "," : "", hop->match,
                      hop->cookie, hop->subroutine ? "    " : "", "");
        explain_cookie(scope, hop->cookie, s);
        ds_put_char(s, '\n');
    }
}
