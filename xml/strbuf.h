/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_STRBUF_H
#define XML_STRBUF_H 1

/* A string that grows.  Zero-initialized is a valid empty one. */

#include <stddef.h>

struct nw_strbuf {
    char *s; /* Null-terminated, or NULL if empty. */
    size_t len, allocated;
};

void nw_strbuf_put(struct nw_strbuf *, const char *s, size_t n);
void nw_strbuf_puts(struct nw_strbuf *, const char *s);
void nw_strbuf_printf(struct nw_strbuf *, const char *format, ...)
    __attribute__((__format__(__printf__, 2, 3)));

/* Appends 's' and frees it. */
void nw_strbuf_puts_free(struct nw_strbuf *, char *s);

/* Returns the string, never NULL, which the caller frees, and makes the
 * buffer empty. */
char *nw_strbuf_steal(struct nw_strbuf *);

/* The length of the UTF-8 character that the 'n' bytes at 's' begin with (RFC
 * 3629), 'n' at least 1; 0 if they begin with none. */
size_t nw_utf8_length(const char *s, size_t n);

/* The length of the longest prefix of 's' that has at most 'max' bytes and
 * does not end within a UTF-8 character. */
size_t nw_utf8_prefix(const char *s, size_t max);

#endif /* xml/strbuf.h */
