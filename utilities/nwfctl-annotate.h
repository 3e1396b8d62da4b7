/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef UTILITIES_NWFCTL_ANNOTATE_H
#define UTILITIES_NWFCTL_ANNOTATE_H 1

/* Annotates a dump of flows with the rules behind their cookies. */

#include <stddef.h>
#include <stdio.h>

/* Copies the output of `ovs-ofctl dump-flows', or of `ovs-appctl
 * ofproto/trace', from 'in' to 'out', however long it is.  A line with a
 * cookie of this project (flows/flow.h) gets "  # EXPLANATION" at its end,
 * which `ovs-ofctl add-flows' skips; every other byte stays as it is.
 * Returns 0 if successful, otherwise the positive errno value of the failure
 * to read.
 *
 * 'ask' returns the answer to `nwfilter/explain' about 'n' cookies: one line
 * for each, in their order.  It is called with each cookie once, some hundred
 * at a time, and gets 'aux'.  The answer is freed here. */
int nwfctl_annotate(FILE *in, FILE *out,
                    char *(*ask)(char **cookies, size_t n, void *aux),
                    void *aux);

#endif /* utilities/nwfctl-annotate.h */
