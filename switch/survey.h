/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef SWITCH_SURVEY_H
#define SWITCH_SURVEY_H 1

/* What a switch holds at one moment: flows with our cookies, learned ones too,
 * and their counters.  For those who want to look (`nwfctl flows', `fsck');
 * what the session believes (install.h) plays no part in it.
 *
 * Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/hmap.h"
#include "openvswitch/ofp-protocol.h"

struct flow_table;
struct of_flow;
struct ofp_header;
struct ofpbuf;

struct survey_flow {
    struct hmap_node node; /* In "struct survey". */
    struct of_flow *flow;
    uint64_t packets, bytes; /* 0 if the switch does not know. */
    uint32_t seconds;        /* Since it was added. */
};

/* What a port has sent and received since it exists. */
struct survey_port {
    struct hmap_node node; /* In "struct survey". */
    uint16_t ofport;
    uint64_t from, to; /* Packets from and to whatever is behind it. */
};

struct survey {
    struct hmap flows; /* Contains "struct survey_flow"s. */
    struct hmap ports; /* Contains "struct survey_port"s. */
};

void survey_init(struct survey *);
void survey_uninit(struct survey *);

/* A request for the flows whose cookie agrees with 'cookie' where 'mask' has
 * bits, one or more of the project's.  The caller owns the message. */
struct ofpbuf *survey_encode_request(enum ofputil_protocol, uint64_t cookie,
                                     uint64_t mask);

/* Adds the flows in one part of the reply.  Returns 0 if successful, otherwise
 * an OFPERR_* or errno value. */
int survey_add(struct survey *, const struct ofp_header *);

/* The same for all ports. */
struct ofpbuf *survey_encode_ports_request(enum ofputil_protocol);
int survey_add_ports(struct survey *, const struct ofp_header *);

/* NULL if it is not known. */
const struct survey_port *survey_find_port(const struct survey *,
                                           uint16_t ofport);

/* The flows sorted by of_flow_compare(); the caller frees the array. */
size_t survey_sorted(const struct survey *, const struct survey_flow ***);

/* The survey next to what should be there. */
enum survey_verdict {
    SURVEY_MISSING, /* Wanted, not there. */
    SURVEY_EXTRA,   /* There with our cookie, not wanted. */
    SURVEY_CHANGED, /* There with other actions, cookie, or with timeouts. */
    SURVEY_LEARNED, /* Made by the switch: nobody wants a certain one. */
    SURVEY_N_VERDICTS,
};

struct survey_difference {
    enum survey_verdict verdict;
    const struct of_flow *wanted;    /* NULL if extra or learned. */
    const struct survey_flow *found; /* NULL if missing. */
};

struct survey_comparison {
    size_t n_equal;
    size_t n[SURVEY_N_VERDICTS];
    struct survey_difference *differences; /* In the order of verdicts, then
                                            * of of_flow_compare(). */
    size_t n_differences;
};

/* Valid as long as the survey and until the table changes.  The survey has to
 * be of all of our flows. */
void survey_compare(const struct survey *, const struct flow_table *desired,
                    struct survey_comparison *);
void survey_comparison_uninit(struct survey_comparison *);

/* True if the switch holds what is desired and nothing else of ours. */
bool survey_comparison_is_equal(const struct survey_comparison *);

#endif /* switch/survey.h */
