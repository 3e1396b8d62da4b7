/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "trace/trace.h"

#include <stdlib.h>
#include <string.h>

#include "flows/pipeline.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-parse.h"
#include "util.h"

void
trace_init(struct trace *trace)
{
    memset(trace, 0, sizeof *trace);
}

void
trace_uninit(struct trace *trace)
{
    for (size_t i = 0; i < trace->n; i++) {
        free(trace->hops[i].match);
    }
    free(trace->hops);
    free(trace->forks);
    free(trace->final_flow);
    free(trace->error);
}

static bool
is_stage(uint8_t table, uint8_t first)
{
    return table >= first && table < first + PL_SEGMENT_TABLES;
}

bool
trace_is_l2(uint8_t table)
{
    return is_stage(table, PL_T_OUT_L2) || is_stage(table, PL_T_IN_L2);
}

bool
trace_is_l3(uint8_t table)
{
    return is_stage(table, PL_T_OUT_L3) || is_stage(table, PL_T_IN_L3);
}

/* Tables that others ask and that answer in registers. */
static bool
is_subroutine(uint8_t table)
{
    return (table >= PL_T_LEARN && table < PL_T_OUT_ENTRY)
           || table == PL_T_FDB_STATIC || table == PL_T_FDB_LEARNED
           || table == PL_T_PREDICATE || table == PL_T_SET;
}

/* The port that a port's own flow is about, or 0. */
static uint16_t
cookie_port(const struct trace_hop *hop)
{
    return (of_cookie_is_ours(hop->cookie)
                    && of_cookie_kind(hop->cookie) == PL_K_PORT
                ? hop->cookie & 0xffff
                : 0);
}

/* Finds out whose rules the packet is in. */
static void
place(struct trace *trace, struct trace_hop *hop)
{
    const struct trace_hop *last = (trace->n ? &trace->hops[trace->n - 1]
                                             : NULL);

    if (hop->table == PL_T_CLASSIFY) {
        trace->sender = cookie_port(hop);
        trace->receiver = 0;
    } else if (hop->table == PL_T_EGRESS) {
        trace->receiver = cookie_port(hop);
    }
    hop->subroutine = is_subroutine(hop->table);
    if ((hop->subroutine || hop->table == PL_T_REJECT) && last) {
        hop->stage = last->stage;
        hop->port = last->port;
    } else if (hop->table >= PL_T_OUT_ENTRY && hop->table <= PL_T_OUT_DONE) {
        hop->stage = TRACE_OUT;
        hop->port = trace->sender;
    } else if (hop->table >= PL_T_IN_ENTRY && hop->table <= PL_T_IN_DONE) {
        hop->stage = TRACE_IN;
        hop->port = trace->receiver;
    }
}

static void
add_hop(struct trace *trace, struct trace_hop *hop)
{
    place(trace, hop);
    if (trace->n >= trace->allocated) {
        trace->hops = x2nrealloc(trace->hops, &trace->allocated,
                                 sizeof *trace->hops);
    }
    trace->hops[trace->n++] = *hop;
}

/* "reg0=0x3" in a match. */
static uint32_t
find_segment(const char *match)
{
    for (const char *p = match; (p = strstr(p, "reg0=")) != NULL; p++) {
        if (p == match || p[-1] == ',') {
            return strtoul(p + 5, NULL, 0);
        }
    }
    return 0;
}

/* "MATCH, priority N, cookie 0x..." or "priority N" where nothing is
 * matched. */
static void
read_flow(struct trace *trace, uint8_t table, const char *text)
{
    struct trace_hop hop = { .table = table };
    const char *priority = strstr(text, "priority ");
    const char *cookie = strstr(text, "cookie ");
    size_t len;

    if (!priority) {
        add_hop(trace, &hop);
        return;
    }
    len = priority - text;
    while (len && strchr(", ", text[len - 1])) {
        len--;
    }
    hop.match = xmemdup0(text, len);
    hop.priority = atoi(priority + strlen("priority "));
    hop.cookie = cookie ? strtoull(cookie + strlen("cookie "), NULL, 0) : 0;
    hop.segment = find_segment(hop.match);
    add_hop(trace, &hop);
}

static void
fork_off(struct trace *trace, const char *table)
{
    if (trace->n_forks >= trace->allocated_forks) {
        trace->forks = x2nrealloc(trace->forks, &trace->allocated_forks,
                                  sizeof *trace->forks);
    }
    trace->forks[trace->n_forks++] = (struct trace_fork){
        .table = atoi(table),
        .receiver = trace->receiver,
    };
}

/* Forks come back in the order in which they left. */
static void
resume(struct trace *trace)
{
    if (trace->n_resumed < trace->n_forks) {
        trace->receiver = trace->forks[trace->n_resumed++].receiver;
    }
}

/* Returns what follows 'prefix' in 'line', or NULL. */
static const char *
skip_prefix(const char *line, const char *prefix)
{
    size_t len = strlen(prefix);

    return strncmp(line, prefix, len) ? NULL : line + len;
}

static void
note(char **memory, const char *text)
{
    free(*memory);
    *memory = xstrdup(text);
}

static void
read_line(struct trace *trace, const char *line)
{
    static const char at[] = "will be resumed at table ";
    const char *rest;
    char *end;

    line += strspn(line, " ");
    if (*line >= '0' && *line <= '9') {
        unsigned long int table = strtoul(line, &end, 10);

        if (table < 255 && end[0] == '.' && end[1] == ' ') {
            read_flow(trace, table, end + 2);
        }
    } else if ((rest = skip_prefix(line, "-> A clone of the packet is forked"))
               && (rest = strstr(rest, at))) {
        fork_off(trace, rest + strlen(at));
    } else if ((rest = skip_prefix(line, "Final flow: "))) {
        if (strcmp(rest, "unchanged")) {
            note(&trace->final_flow, rest);
        }
    } else if ((rest = skip_prefix(line, "Flow: "))) {
        note(&trace->final_flow, rest);
    } else if ((rest = skip_prefix(line, "Translation failed "))) {
        note(&trace->error, rest);
    }
}

void
trace_read(struct trace *trace, const char *text, bool first)
{
    char *copy = xstrdup(text);
    char *save = NULL;

    if (trace->n) {
        resume(trace);
    }
    for (char *line = strtok_r(copy, "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        if (skip_prefix(line, "recirc(")) {
            if (first) {
                break;
            }
            resume(trace);
        } else {
            read_line(trace, line);
        }
    }
    free(copy);
}

void
trace_put_registers(const struct trace *trace, struct ds *s)
{
    char *copy = nullable_xstrdup(trace->final_flow), *pos = copy;
    char *key, *value;

    while (pos && ofputil_parse_key_value(&pos, &key, &value)) {
        if (skip_prefix(key, "reg")) {
            ds_put_format(s, ",%s=%s", key, value);
        }
    }
    free(copy);
}

void
trace_decide(const struct trace *trace, enum trace_stage stage, uint16_t port,
             struct trace_decision *d)
{
    uint8_t done = stage == TRACE_OUT ? PL_T_OUT_DONE : PL_T_IN_DONE;

    *d = (struct trace_decision){ .verdict = TRACE_NOT_REACHED };
    for (size_t i = 0; i < trace->n; i++) {
        const struct trace_hop *hop = &trace->hops[i];

        if (hop->stage != stage || hop->port != port || hop->subroutine) {
            continue;
        }
        d->last = hop;
        if (hop->table == done) {
            d->verdict = TRACE_ACCEPT;
        } else if (hop->table == PL_T_REJECT) {
            d->verdict = TRACE_REJECT;
        } else if (d->verdict == TRACE_NOT_REACHED) {
            d->verdict = TRACE_DROP;
        }
        if (trace_is_l2(hop->table)) {
            d->l2 = hop;
        } else if (trace_is_l3(hop->table)) {
            d->l3 = hop;
        }
    }
}

bool
trace_reaches(const struct trace *trace, uint16_t port)
{
    for (size_t i = 0; i < trace->n; i++) {
        if (trace->hops[i].table == PL_T_EGRESS
            && cookie_port(&trace->hops[i]) == port) {
            return true;
        }
    }
    return false;
}

const struct trace_hop *
trace_stopped_at(const struct trace *trace, uint8_t table)
{
    for (size_t i = 1; i < trace->n; i++) {
        if (trace->hops[i].table != PL_T_DROP) {
            return NULL;
        }
    }
    return trace->n && trace->hops[0].table == table ? trace->hops : NULL;
}

const char *
trace_verdict_name(enum trace_verdict verdict)
{
    static const char *const names[] = {
        [TRACE_NOT_REACHED] = "not reached",
        [TRACE_ACCEPT] = "accept",
        [TRACE_DROP] = "drop",
        [TRACE_REJECT] = "reject",
    };

    return names[verdict];
}
