/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/diag.h"

#include <stdlib.h>
#include <string.h>

#include "xml/mem.h"
#include "xml/strbuf.h"

/* Makes 'text' fit for one line of a log, and for a database. */
static void
sanitize(char *text)
{
    if (strlen(text) > NW_DIAG_MAX) {
        strcpy(text + nw_utf8_prefix(text, NW_DIAG_MAX - 3), "...");
    }

    const char *end = strchr(text, '\0');
    for (char *p = text; p < end;) {
        size_t n = nw_utf8_length(p, end - p);
        if (!n || (unsigned char) *p < ' ' || *p == 0x7f) {
            *p = '?';
        }
        p += n ? n : 1;
    }
}

void
nw_diag_valist(struct nw_diags *diags, enum nw_severity severity,
               const char *file, int line, const char *format, va_list args)
{
    if (diags->n >= diags->allocated) {
        diags->items = nw_grow(diags->items, &diags->allocated,
                               sizeof *diags->items);
    }

    struct nw_diag *d = &diags->items[diags->n++];
    d->severity = severity;
    d->file = file ? nw_xstrdup(file) : NULL;
    d->line = line;
    d->text = nw_xvasprintf(format, args);
    sanitize(d->text);
    diags->n_errors += severity == NW_ERROR;
}

void
nw_error(struct nw_diags *diags, const char *file, int line,
         const char *format, ...)
{
    va_list args;

    va_start(args, format);
    nw_diag_valist(diags, NW_ERROR, file, line, format, args);
    va_end(args);
}

void
nw_warning(struct nw_diags *diags, const char *file, int line,
           const char *format, ...)
{
    va_list args;

    va_start(args, format);
    nw_diag_valist(diags, NW_WARNING, file, line, format, args);
    va_end(args);
}

char *
nw_diag_format(const struct nw_diag *d)
{
    const char *severity = d->severity == NW_ERROR ? "error" : "warning";

    if (!d->file) {
        return nw_xasprintf("%s: %s", severity, d->text);
    } else if (d->line <= 0) {
        return nw_xasprintf("%s: %s: %s", d->file, severity, d->text);
    }
    return nw_xasprintf("%s:%d: %s: %s", d->file, d->line, severity, d->text);
}

char *
nw_diags_first_error(const struct nw_diags *diags)
{
    for (size_t i = 0; i < diags->n; i++) {
        if (diags->items[i].severity == NW_ERROR) {
            return nw_diag_format(&diags->items[i]);
        }
    }
    return NULL;
}

void
nw_diags_print(const struct nw_diags *diags, FILE *stream)
{
    for (size_t i = 0; i < diags->n; i++) {
        char *s = nw_diag_format(&diags->items[i]);
        fprintf(stream, "%s\n", s);
        free(s);
    }
}

void
nw_diags_clear(struct nw_diags *diags)
{
    for (size_t i = 0; i < diags->n; i++) {
        free(diags->items[i].file);
        free(diags->items[i].text);
    }
    free(diags->items);
    *diags = (struct nw_diags){ 0 };
}

const char *
nw_clip(char buf[NW_CLIP_SIZE], const char *s)
{
    size_t n = nw_utf8_prefix(s, NW_CLIP_SIZE - 4);
    memcpy(buf, s, n);
    strcpy(buf + n, s[n] ? "..." : "");
    return buf;
}
