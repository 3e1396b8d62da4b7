/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_SEGMENT_H
#define FLOWS_SEGMENT_H 1

/* Rule lists as flows.
 *
 * A *segment* is a run of rules that one lookup can decide: the first rule has
 * the highest priority.  Segments follow each other where one lookup is not
 * enough: after a rule with a negated item (guard flows send a frame that has
 * the item on to the next segment), after a jump to a chain that may return,
 * and when a rule's alternatives would multiply to too many flows (its items
 * are then decided one segment after the other).
 *
 * Priorities follow from the rules' overlaps: a flow lies just below the
 * lowest earlier flow of its segment that it overlaps with.  The result is the
 * same as numbering from the top, but a rule that is added or removed leaves
 * the flows of rules alone that it does not overlap with, directly or through
 * others. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/list.h"
#include "openvswitch/match.h"

struct ds;
struct flow_set;
struct lw_rule;
struct ofpbuf;

enum sg_verdict {
    SG_ACCEPT,
    SG_DROP,
    SG_REJECT,  /* Dropped, and the sender is told: layer 3 only. */
    SG_SEGMENT, /* Go on in 'segment'. */
};

struct sg_target {
    enum sg_verdict verdict;
    struct sg_segment *segment; /* If SG_SEGMENT. */
    bool stamps;                /* SG_ACCEPT: what the connection brings later
                                 * is accepted too (known.h). */
};

struct sg_flow {
    struct minimatch match; /* Without program and segment. */
    uint64_t rule_id;       /* Or 0: glue. */
    unsigned int level;     /* 0 is looked at first. */
    struct sg_target target;
};

/* Predicates are bits of one register. */
#define SG_MAX_PREDICATES 32

struct sg_segment {
    struct ovs_list node; /* In sg_stage's 'segments' once appended. */
    size_t number;        /* Set by sg_finish(). */
    struct sg_flow *flows;
    size_t n_flows, allocated;
    unsigned int max_level;
    size_t predicates[SG_MAX_PREDICATES];
    size_t n_predicates;
    struct sg_target fallthrough;
    const char *chain; /* Borrowed; NULL: the root chain, or layer 3. */
};

/* The rules of one layer in one direction. */
struct sg_stage {
    struct ovs_list segments;
    size_t n_flows;
};

void sg_stage_init(struct sg_stage *);
void sg_stage_uninit(struct sg_stage *);

/* A new segment that is in no stage yet.  It has to be appended. */
struct sg_segment *sg_segment_create(void);
void sg_append(struct sg_stage *, struct sg_segment *);

/* Adds a rule to '*curp' (appended to 'stage').  If the rule closes it,
 * '*curp' becomes the next segment, which the caller has to append after
 * whatever else should come first. Returns true if it did. */
bool sg_add_rule(struct sg_stage *, struct sg_segment **curp,
                 const struct lw_rule *, struct sg_target, uint64_t rule_id);

/* Adds one flow, for chain jumps. */
void sg_add_match(struct sg_stage *, struct sg_segment *, const struct match *,
                  uint64_t rule_id, struct sg_target);

/* Whether the rule needs only one flow for a frame to be decided: nothing of
 * it is in guards or in segments of its own. */
bool sg_rule_is_simple(const struct lw_rule *);

/* Appends the matches of the flows that stamp connections, a line each. */
void sg_format_stamping(const struct sg_stage *, struct ds *);

/* How a predicate is looked up. */
struct sg_lookup {
    uint8_t table;
    uint32_t key, hit; /* What PL_R_PRED and PL_R_HIT hold meanwhile. */
};

/* Where a stage's flows go in the switch. */
struct sg_emit {
    uint32_t program;
    uint8_t first_table;                /* Of the stage's tables. */
    uint8_t accept_table;               /* Where an accepted frame goes on. */
    const struct sg_lookup *predicates; /* By predicate index. */
    bool tells_accepts; /* Say in registers which rule has accepted. */
    bool second;        /* The stage is the second one of its direction. */
};

/* Numbers the segments, from 'first' on: stages that share tables and a
 * program must not share numbers.  Returns false if there are more than the
 * switch can pass through. */
#define SG_MAX_SEGMENTS 1000
bool sg_finish(struct sg_stage *, size_t first);

/* The segment with that number, or NULL. */
const struct sg_segment *sg_find(const struct sg_stage *, size_t number);

/* Adds the stage's flows.  sg_finish() must have succeeded. */
void sg_emit_flows(const struct sg_stage *, const struct sg_emit *,
                   struct flow_set *);

/* Appends the actions that enter the stage.  A stage without rules accepts. */
void sg_emit_entry(const struct sg_stage *, const struct sg_emit *,
                   struct ofpbuf *);

#endif /* flows/segment.h */
