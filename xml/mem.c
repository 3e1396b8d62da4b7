/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/mem.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *
check_memory(void *p)
{
    if (!p) {
        fputs("virtual memory exhausted\n", stderr);
        abort();
    }
    return p;
}

void *
nw_xmalloc(size_t size)
{
    return check_memory(malloc(size ? size : 1));
}

void *
nw_xzalloc(size_t size)
{
    return check_memory(calloc(1, size ? size : 1));
}

void *
nw_xrealloc(void *p, size_t size)
{
    return check_memory(realloc(p, size ? size : 1));
}

char *
nw_xstrdup(const char *s)
{
    return nw_xmemdup0(s, strlen(s));
}

char *
nw_xmemdup0(const char *s, size_t n)
{
    char *copy = nw_xmalloc(n + 1);
    memcpy(copy, s, n);
    copy[n] = '\0';
    return copy;
}

char *
nw_xasprintf(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *s = nw_xvasprintf(format, args);
    va_end(args);
    return s;
}

char *
nw_xvasprintf(const char *format, va_list args)
{
    va_list copy;

    va_copy(copy, args);
    int n = vsnprintf(NULL, 0, format, copy);
    va_end(copy);
    if (n < 0) {
        abort();
    }

    char *s = nw_xmalloc((size_t) n + 1);
    vsnprintf(s, (size_t) n + 1, format, args);
    return s;
}

void *
nw_grow(void *p, size_t *allocatedp, size_t size)
{
    size_t n = *allocatedp ? *allocatedp * 2 : 4;
    if (n > SIZE_MAX / size) {
        check_memory(NULL);
    }
    *allocatedp = n;
    return nw_xrealloc(p, n * size);
}
