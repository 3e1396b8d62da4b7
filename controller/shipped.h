/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_SHIPPED_H
#define CONTROLLER_SHIPPED_H 1

/* The filters that come with the program (folder filters/). */

struct policy_db;

/* The folder that they are in: the installed one, or that of the source tree
 * when the program runs from where it was built.  The caller frees it. */
char *shipped_folder(void);

/* Stores them in a policy database that wants them. */
void shipped_load(struct policy_db *);

#endif /* controller/shipped.h */
