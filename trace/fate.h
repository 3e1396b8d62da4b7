/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef TRACE_FATE_H
#define TRACE_FATE_H 1

/* The language of policy tests (doc/testing-policies.md), line by line:
 *
 *     filter web                                      a setting
 *     out tcp 10.0.0.5:1234 > 10.0.0.9:22 -> accept   a packet and its fate
 *     out arp,arp_op=2 -> drop                        the same, with a flow
 *
 * Pure. */

#include <stdbool.h>

#include "interpret/interpret.h"
#include "xml/filter.h"

struct svec;

enum fate_kind {
    FATE_BLANK,   /* Nothing at all. */
    FATE_COMMENT, /* Nothing but a comment. */
    FATE_SETTING,
    FATE_PACKET,
};

struct fate_line {
    enum fate_kind kind;
    char *key, *value; /* FATE_SETTING: its first word, and the rest. */

    /* FATE_PACKET. */
    enum nw_direction direction;
    char *flow; /* As trace_packet_init() reads it. */
    bool has_state;
    struct interpret_conn wanted; /* If has_state. */
    enum interpret_verdict expected;
};

/* Reads one line.  Returns NULL, or a message that the caller frees.  The line
 * needs fate_line_uninit() in any case. */
char *fate_line_init(struct fate_line *, const char *text);
void fate_line_uninit(struct fate_line *);

/* Appends the words of 'text', such as a setting's value. */
void fate_split(const char *text, struct svec *words);

#endif /* trace/fate.h */
