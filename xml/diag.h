/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_DIAG_H
#define XML_DIAG_H 1

/* Diagnostics: what is wrong with a document, and where.
 *
 * Every layer that reads user input (parser, variable substitution, ruleset,
 * compiler) appends to a 'struct nw_diags' instead of logging or exiting, so
 * that the same message reaches the command line, the log and
 * 'nwfilter-status'.  It is printed as editors and scripts expect (nwfctl(8)):
 *
 *     FILE:LINE: error: TEXT
 *     FILE:LINE: warning: TEXT
 */

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum nw_severity {
    NW_WARNING, /* Accepted, but probably not what is meant. */
    NW_ERROR,   /* Refused. */
};

struct nw_diag {
    enum nw_severity severity;
    char *file; /* Document, or NULL if there is none. */
    int line;   /* 1-based, or 0 if unknown. */
    char *text; /* One line, no newline at the end. */
};

/* An append-only list.  Zero-initialized ('struct nw_diags d = {0};') is a
 * valid empty list. */
struct nw_diags {
    struct nw_diag *items;
    size_t n, allocated;
    size_t n_errors;
};

/* Appends a message.  'file' may be NULL; it and the text are copied.  Control
 * characters in the text, which may quote the document, and what is no UTF-8
 * become "?", and a text of more than NW_DIAG_MAX bytes is cut. */
enum { NW_DIAG_MAX = 500 };
void nw_error(struct nw_diags *, const char *file, int line,
              const char *format, ...)
    __attribute__((__format__(__printf__, 4, 5)));
void nw_warning(struct nw_diags *, const char *file, int line,
                const char *format, ...)
    __attribute__((__format__(__printf__, 4, 5)));

/* As these, with the arguments in a list. */
void nw_diag_valist(struct nw_diags *, enum nw_severity, const char *file,
                    int line, const char *format, va_list)
    __attribute__((__format__(__printf__, 5, 0)));

/* Formats one message like that.  The caller frees the string. */
char *nw_diag_format(const struct nw_diag *);

/* Returns the first error's formatted text, or NULL if there is no error.
 * The caller frees the string. */
char *nw_diags_first_error(const struct nw_diags *);

/* Prints every message to 'stream', one a line. */
void nw_diags_print(const struct nw_diags *, FILE *stream);

/* Frees the messages and makes the list empty again. */
void nw_diags_clear(struct nw_diags *);

/* Copies 's' into 'buf' for use in a message, cut to what fits between two
 * characters, "..." at the end if it was cut.  Returns 'buf'. */
#define NW_CLIP_SIZE 68
const char *nw_clip(char buf[NW_CLIP_SIZE], const char *s);

#endif /* xml/diag.h */
