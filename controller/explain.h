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

/* Appends the explanation: "filter web:3: accept in <tcp/>", "port vnet0
 * (CLASSIFY)". */
void explain_cookie(const struct explain_scope *, uint64_t cookie,
                    struct ds *);

#endif /* controller/explain.h */
