/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef UTILITIES_NWFCTL_OFFLINE_H
#define UTILITIES_NWFCTL_OFFLINE_H 1

/* What `check' and `compile' share. */

#include <stdbool.h>
#include <stddef.h>

#include "db-ctl-base.h"
#include "utilities/nwfctl-catalog.h"
#include "xml/diag.h"

struct nw_vars;

/* The filters of some files. */
struct offline {
    struct nw_filter **filters;   /* One for each file, NULL if refused. */
    struct nw_binding **bindings; /* The same, or NULL: see below. */
    size_t n;
    struct catalog catalog; /* All of them. */
    struct nw_diags diags;
};

/* Reads 'n' files, and checks each by itself and all together.  A reference to
 * a filter that is in none of them is no mistake: the database may have it.
 * What is wrong is in 'diags' afterwards. */
void offline_init(struct offline *, size_t n, char **files, bool compat);

/* The same, of files that may hold bindings, too. */
void offline_init_all(struct offline *, size_t n, char **files, bool compat);
void offline_uninit(struct offline *);

/* Adds the parameter "NAME=VALUE[,VALUE]...", or the guest's MAC address in
 * place of the one before, to a port's parameters.  Return NULL if successful,
 * otherwise a message that the caller frees. */
char *offline_add_param(struct nw_vars *, const char *text);
char *offline_set_mac(struct nw_vars *, const char *text);

/* nwfctl-compile.c: returns the exit status. */
int nwfctl_compile(const struct ctl_command *);

#endif /* utilities/nwfctl-offline.h */
