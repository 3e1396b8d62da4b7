/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef TRACE_TRACE_H
#define TRACE_TRACE_H 1

/* What `ofproto/trace' of ovs-vswitchd prints, read back: the flows that a
 * packet met, and whose rules each of them belongs to.
 *
 * The text has a line "TABLE. MATCH, priority N, cookie 0x..." for each lookup
 * ("TABLE. No match." if it failed), and a new section with a "recirc(...)"
 * line wherever the packet comes back to the pipeline (ovs-vswitchd(8),
 * "ofproto/trace").  Lines of other forms say what flows did, and are skipped.
 *
 * Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ds;

/* On whose behalf a table was asked. */
enum trace_stage {
    TRACE_OTHER, /* Switching. */
    TRACE_OUT,   /* The rules for what 'port' sends. */
    TRACE_IN,    /* The rules for what 'port' receives. */
};

struct trace_hop {
    uint8_t table;
    enum trace_stage stage;
    uint16_t port;   /* OpenFlow port, unless TRACE_OTHER. */
    bool subroutine; /* A lookup that came back (PREDICATE and the like). */
    char *match;     /* The flow's match, or NULL: there was no flow. */
    int priority;
    uint64_t cookie;
    uint32_t segment; /* PL_R_SEGMENT in 'match', or 0. */
};

/* A packet that is to come back: where, and which ports it had then. */
struct trace_fork {
    uint8_t table;
    uint16_t receiver;
};

struct trace {
    struct trace_hop *hops;
    size_t n, allocated;
    struct trace_fork *forks;
    size_t n_forks, allocated_forks;
    size_t n_resumed;          /* Forks that have come back. */
    uint16_t sender, receiver; /* So far; 0 for none. */
    char *final_flow;          /* Of the text that was read last. */
    char *error;               /* The switch gave up: why; or NULL. */
};

void trace_init(struct trace *);
void trace_uninit(struct trace *);

/* Adds what 'text' says.  Text that begins in the middle of the pipeline goes
 * on where the oldest fork was.  With 'first', reads only up to where the
 * packet leaves for the first time. */
void trace_read(struct trace *, const char *text, bool first);

/* Appends ",regN=VALUE" for each register in 'final_flow'. */
void trace_put_registers(const struct trace *, struct ds *);

/* What a port's rules in one direction did with the packet. */
enum trace_verdict {
    TRACE_NOT_REACHED,
    TRACE_ACCEPT,
    TRACE_DROP,
    TRACE_REJECT,
};

struct trace_decision {
    enum trace_verdict verdict;
    const struct trace_hop *l2, *l3; /* The last flow of each layer's rules
                                      * that it met, or NULL. */
    const struct trace_hop *last;    /* The last of all. */
};

/* 'stage' is TRACE_OUT or TRACE_IN. */
void trace_decide(const struct trace *, enum trace_stage stage, uint16_t port,
                  struct trace_decision *);

/* Whether the packet was about to be given to the port. */
bool trace_reaches(const struct trace *, uint16_t port);

/* The flow in 'table', or the lack of one, if it is the first that the packet
 * met and it was dropped there.  NULL if it went on. */
const struct trace_hop *trace_stopped_at(const struct trace *, uint8_t table);

/* Whether the table holds rules of a layer. */
bool trace_is_l2(uint8_t table);
bool trace_is_l3(uint8_t table);

const char *trace_verdict_name(enum trace_verdict);

#endif /* trace/trace.h */
