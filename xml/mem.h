/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_MEM_H
#define XML_MEM_H 1

/* Memory for this layer, which does without libopenvswitch.  A failed
 * allocation aborts the program, so nothing here returns NULL. */

#include <stdarg.h>
#include <stddef.h>

/* How many elements 'ARRAY' has. */
#define NW_ARRAY_SIZE(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

void *nw_xmalloc(size_t);
void *nw_xzalloc(size_t);
void *nw_xrealloc(void *, size_t);
char *nw_xstrdup(const char *);

/* The 'n' bytes at 's', with a null byte behind them. */
char *nw_xmemdup0(const char *s, size_t n);

char *nw_xasprintf(const char *format, ...)
    __attribute__((__format__(__printf__, 1, 2), __nonnull__(1)));
char *nw_xvasprintf(const char *format, va_list)
    __attribute__((__format__(__printf__, 1, 0), __nonnull__(1)));

/* Makes room in the array 'p' of '*allocatedp' elements of 'size' bytes for
 * at least one more.  Returns the array, which may have moved. */
void *nw_grow(void *p, size_t *allocatedp, size_t size);

#endif /* xml/mem.h */
