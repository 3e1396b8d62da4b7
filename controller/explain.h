/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_EXPLAIN_H
#define CONTROLLER_EXPLAIN_H 1

/* What stands behind a flow's cookie (pipeline.h): the rule, the port, the
 * program that it comes from. */

#include <stdint.h>

struct bridge;
struct ds;
struct programs;
struct reconcile;
struct sets;
struct shash;

/* Where to look; all borrowed. */
struct explain_scope {
    const struct shash *ports; /* Name to "struct port". */
    const struct programs *programs;
    const struct sets *sets;
    const struct bridge *bridge; /* Port numbers are meant of this one; NULL:
                                  * of any. */
};

/* 'bridge' may be NULL. */
struct explain_scope explain_scope(const struct reconcile *,
                                   const struct bridge *bridge);

/* Appends the explanation: "filter web:3: accept in <tcp/>", "port vnet0
 * (CLASSIFY)". */
void explain_cookie(const struct explain_scope *, uint64_t cookie,
                    struct ds *);

#endif /* controller/explain.h */
