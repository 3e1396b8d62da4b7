/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef VIEWS_OPINION_H
#define VIEWS_OPINION_H 1

/* What the rule interpreter (interpret/interpret.h) says about a frame at a
 * port: an answer that owes nothing to the flows in the switch. */

#include "interpret/interpret.h"

struct ds;
struct port;
struct reconcile;

struct opinion {
    char *error; /* Why it has none, or NULL. */
    struct interpret_policy *policy;
    struct interpret_result result;
};

/* Interprets 'frame' as one that the guest receives (NW_IN) or sends.  'port'
 * is filtered, and its filters must outlive '*opinion'. */
void opinion_init(struct opinion *, const struct port *,
                  const struct reconcile *,
                  const struct interpret_frame *frame, enum nw_direction,
                  const struct interpret_conn *);
void opinion_uninit(struct opinion *);

/* Appends ", by FILE:LINE: RULE", or where no rule decided ", by the end of
 * chain NAME". */
void opinion_put_rule(const struct interpret_decision *, struct ds *);

#endif /* views/opinion.h */
