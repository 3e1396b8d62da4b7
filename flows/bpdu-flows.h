/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_BPDU_FLOWS_H
#define FLOWS_BPDU_FLOWS_H 1

/* How frames to the bridges' own address get their answers (bpdu.h) before the
 * layer 2 rules of a program that asks for fields of BPDUs: the way into those
 * rules leads through SHOW and BPDU to the daemon, and back to where it was.
 * Then HEADER has a bit for each condition that holds, and the rules match
 * those.  An answer to another list of conditions does not count. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/bpdu.h"

struct flow_set;
struct match;
struct ofpbuf;

/* The flows that every program with such rules needs: they lead from SHOW to
 * table BPDU, through meters. */
void bpdu_show_flows(struct flow_set *);

/* Adds the flows of program 'id' that show BPDUs to the daemon on their way
 * into layer 2, and the one that lets them go on with their answer, with
 * 'entry', the actions that enter the layer. */
void bpdu_program_flows(const struct bpdu_list *, bool in, uint32_t id,
                        const struct ofpbuf *entry, struct flow_set *);

/* What HEADER and PRED hold after the daemon has been asked what 'flows', a
 * program's, ask of a frame.  Returns false if they do not ask. */
bool bpdu_flows_answer(const struct flow_set *flows, bool in,
                       const void *frame, size_t size, uint32_t *headerp,
                       uint32_t *predp);

/* The bit of HEADER for a condition. */
uint32_t bpdu_header_bit(size_t condition);

/* HEADER with an answer. */
uint32_t bpdu_header_answered(uint32_t header, const struct bpdu_answer *);

#endif /* flows/bpdu-flows.h */
