/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_DOCUMENT_H
#define CONTROLLER_DOCUMENT_H 1

/* A file that was read as a whole. */

#include <stddef.h>

struct document {
    char *name;  /* For messages: as given, or "<stdin>". */
    char *text;  /* Null-terminated, may hold null bytes. */
    size_t size; /* Without the null byte at the end. */
};

/* Reads 'file', or standard input if it is "-".  Returns NULL if successful,
 * otherwise a message without the file's name, which the caller frees.
 * '*document' is always initialized. */
char *document_read(const char *file, struct document *document);

/* The line, 1-based, of the first null byte, or 0 if there is none. */
int document_null_line(const struct document *);

void document_uninit(struct document *);

#endif /* controller/document.h */
