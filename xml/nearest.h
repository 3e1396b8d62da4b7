/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_NEAREST_H
#define XML_NEAREST_H 1

/* "Did you mean": of several names the one that is nearest in spelling. */

struct nw_nearest {
    const char *name;      /* Borrowed: what was written. */
    const char *best;      /* Borrowed: the nearest so far, or NULL. */
    unsigned int distance; /* Of 'best'. */
};

void nw_nearest_init(struct nw_nearest *, const char *name);

/* Makes 'candidate' the best one if it is near, and nearer than the others
 * before it.  Letter case makes no difference; a candidate that begins with
 * the name is near whatever its length. */
void nw_nearest_add(struct nw_nearest *, const char *candidate);

/* What a message says at its end: "; did you mean 'BEST'?", or nothing if
 * 'best' is NULL.  The caller frees it. */
char *nw_nearest_hint(const char *best);

#endif /* xml/nearest.h */
