/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef VIEWS_TRACE_ANSWER_H
#define VIEWS_TRACE_ANSWER_H 1

/* What `nwfctl trace' prints.  The first line is the verdict:
 *
 *     PORT out: accept|drop|reject|not reached, by FILE:LINE: RULE
 *     PORT to PORT: accept|drop|reject|not reached
 *
 * and if the rule interpreter has another one, a line has TRACE_DIFFERS
 * (trace-report.h). */

struct ds;
struct reconcile;
struct trace;
struct trace_request;

/* Appends the answer.  The request is complete, and 'trace' has what the
 * switch said.  Returns NULL, or if a port has gone meanwhile a message that
 * the caller frees. */
char *trace_answer(const struct trace_request *, const struct trace *,
                   const struct reconcile *, struct ds *);

#endif /* views/trace-answer.h */
