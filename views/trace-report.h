/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef VIEWS_TRACE_REPORT_H
#define VIEWS_TRACE_REPORT_H 1

/* A trace in the filter's terms, for people. */

#include <stdbool.h>

#include "controller/explain.h"
#include "trace/trace.h"
#include "views/opinion.h"

struct ds;
struct port;

/* What one port's rules in one direction did with the packet: what the switch
 * says, and what the interpreter does. */
struct trace_side {
    const struct port *port;
    enum nw_direction direction;
    bool reached; /* The packet came to the port. */
    struct trace_decision decision;
    struct interpret_conn conn; /* State of the packet in the port's zone. */
    bool has_opinion;           /* The packet came to rules. */
    struct opinion opinion;
};

/* What became of the packet; ports without filter have a verdict, too. */
enum trace_verdict trace_side_verdict(const struct trace_side *);

/* Whether both have a verdict, and not the same. */
bool trace_side_differs(const struct trace_side *);

/* Appends "PORT out: drop, by FILE:LINE: RULE". */
void trace_report_verdict(const struct trace_side *,
                          const struct explain_scope *, struct ds *);

/* Appends the chains and rules that the packet met. */
void trace_report_rules(const struct trace_side *, const struct trace *,
                        const struct explain_scope *, struct ds *);

/* In what the next function appends, if the verdicts are not the same. */
#define TRACE_DIFFERS "DIFFERS, "

/* Appends what the interpreter says. */
void trace_report_opinion(const struct trace_side *, struct ds *);

/* Appends where a packet went that its sender was allowed to send. */
void trace_report_receivers(const struct trace *, const struct explain_scope *,
                            struct ds *);

/* Appends each flow that the packet met, and what is behind it. */
void trace_report_flows(const struct trace *, const struct explain_scope *,
                        struct ds *);

#endif /* views/trace-report.h */
