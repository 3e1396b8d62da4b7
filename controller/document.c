/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/document.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"

enum {
    /* Far beyond what the parser takes; keeps a mistaken file name such as
     * /dev/zero from filling the memory. */
    MAX_SIZE = 64 * 1024 * 1024,
};

static int
read_stream(FILE *stream, struct document *document)
{
    size_t allocated = 64 * 1024;

    document->text = xmalloc(allocated);
    for (;;) {
        size_t room = allocated - document->size - 1;
        size_t n = fread(document->text + document->size, 1, room, stream);

        document->size += n;
        if (n < room) {
            break;
        }
        if (allocated >= MAX_SIZE) {
            return EFBIG;
        }
        allocated *= 2;
        document->text = xrealloc(document->text, allocated);
    }
    document->text[document->size] = '\0';
    return ferror(stream) ? errno : 0;
}

char *
document_read(const char *file, struct document *document)
{
    bool is_stdin = !strcmp(file, "-");
    FILE *stream;
    int error;

    memset(document, 0, sizeof *document);
    document->name = xstrdup(is_stdin ? "<stdin>" : file);
    stream = is_stdin ? stdin : fopen(file, "r");
    if (!stream) {
        return xstrdup(ovs_strerror(errno));
    }
    error = read_stream(stream, document);
    if (!is_stdin) {
        fclose(stream);
    }
    return error ? xstrdup(ovs_strerror(error)) : NULL;
}

int
document_null_line(const struct document *document)
{
    const char *end = memchr(document->text, '\0', document->size);
    int line = 1;

    if (!end) {
        return 0;
    }
    for (const char *p = document->text; p < end; p++) {
        line += *p == '\n';
    }
    return line;
}

void
document_uninit(struct document *document)
{
    free(document->name);
    free(document->text);
}
