/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef UTILITIES_NWFCTL_SHIPPED_H
#define UTILITIES_NWFCTL_SHIPPED_H 1

/* The filters that come with the program, for commands without a database. */

#include "openvswitch/shash.h"

struct nw_filter;

struct shipped {
    char *folder;         /* Where they are, or NULL: there are none. */
    struct shash filters; /* Those looked for: struct nw_filter or NULL. */
};

/* Without 'wanted' there are none. */
void shipped_init(struct shipped *, bool wanted);
void shipped_uninit(struct shipped *);

/* NULL if there is none of that name, or it can not be read. */
const struct nw_filter *shipped_find(struct shipped *, const char *name);

#endif /* utilities/nwfctl-shipped.h */
