/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_SHIPPED_H
#define CONTROLLER_SHIPPED_H 1

/* The filters that come with the program (folder filters/). */

struct policy_db;

/* Stores them in a policy database that wants them. */
void shipped_load(struct policy_db *);

#endif /* controller/shipped.h */
