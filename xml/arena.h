/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_ARENA_H
#define XML_ARENA_H 1

/* Memory that is freed all at once: what a parsed document lives in. */

#include <stddef.h>

struct nw_arena;

struct nw_arena *nw_arena_create(void);
void nw_arena_destroy(struct nw_arena *); /* NULL is fine. */

/* Zeroed memory, aligned for any type. */
void *nw_arena_alloc(struct nw_arena *, size_t);

char *nw_arena_strdup(struct nw_arena *, const char *);

/* The 'n' bytes at 's', with a null byte behind them. */
char *nw_arena_memdup0(struct nw_arena *, const char *s, size_t n);

#endif /* xml/arena.h */
