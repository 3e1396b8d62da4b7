/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/xmlscan.h"

#include <string.h>

#include "xml/diag.h"
#include "xml/strbuf.h"

struct scan {
    const char *start, *end; /* The document. */
    const char *file;
    struct nw_diags *diags;
    int n_namespaces;
};

static bool
refuse(const struct scan *scan, const char *where, const char *what)
{
    nw_error(scan->diags, scan->file,
             nw_xml_line(scan->start, where - scan->start), "%s", what);
    return false;
}

int
nw_xml_line(const char *text, size_t offset)
{
    int line = 1;

    for (const char *p = text;
         (p = memchr(p, '\n', text + offset - p)) != NULL; p++) {
        line++;
    }
    return line;
}

static bool
scan_encoding(const struct scan *scan)
{
    for (const char *p = scan->start; p < scan->end;) {
        size_t len = nw_utf8_length(p, scan->end - p);
        if (!len) {
            return refuse(scan, p, "malformed XML: the document is not UTF-8");
        } else if (!*p) {
            return refuse(scan, p, "malformed XML: there is a null byte");
        }
        p += len;
    }
    return true;
}

/* Returns the end of the first 'mark' at 'p' or behind it, or the end of the
 * document. */
static const char *
skip_past(const struct scan *scan, const char *p, const char *mark)
{
    size_t n = strlen(mark);

    for (; (p = memchr(p, *mark, scan->end - p)) != NULL; p++) {
        if ((size_t) (scan->end - p) >= n && !memcmp(p, mark, n)) {
            return p + n;
        }
    }
    return scan->end;
}

static bool
begins_with(const struct scan *scan, const char *p, const char *mark)
{
    size_t n = strlen(mark);
    return (size_t) (scan->end - p) >= n && !memcmp(p, mark, n);
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* Counts the attributes of the start tag at 'tag'.  Every attribute has a
 * quoted value, so counting those is enough; in a malformed tag the parser
 * gets no further than the scan.  Returns the end of the tag, or NULL after
 * refusing it. */
static const char *
scan_start_tag(struct scan *scan, const char *tag)
{
    int n_attrs = 0;
    const char *p;

    for (p = tag + 1; p < scan->end && *p != '>'; p++) {
        if (*p == '"' || *p == '\'') {
            if (++n_attrs > NW_XML_MAX_ATTRS) {
                refuse(scan, tag, "an element has too many attributes");
                return NULL;
            }
            p = memchr(p + 1, *p, scan->end - p - 1);
            if (!p) {
                return scan->end;
            }
        } else if (is_blank(*p) && begins_with(scan, p + 1, "xmlns")
                   && ++scan->n_namespaces > NW_XML_MAX_NAMESPACES) {
            refuse(scan, p, "too many namespace declarations");
            return NULL;
        }
    }
    return p;
}

/* A document type may be named, in this document or elsewhere, and nothing is
 * read of it.  Its declarations, in brackets, could give attributes values and
 * names to texts of any size.  Returns its end, or NULL after refusing it. */
static const char *
scan_doctype(const struct scan *scan, const char *doctype)
{
    const char *p;

    for (p = doctype; p < scan->end && *p != '>'; p++) {
        if (*p == '[') {
            refuse(scan, p,
                   "declarations in a document type are not allowed, nor are "
                   "entities");
            return NULL;
        } else if (*p == '"' || *p == '\'') {
            p = memchr(p + 1, *p, scan->end - p - 1);
            if (!p) {
                return scan->end;
            }
        }
    }
    return p;
}

/* Returns the end of the markup at 'p', where a "<" is, or NULL after refusing
 * it. */
static const char *
scan_markup(struct scan *scan, const char *p)
{
    if (begins_with(scan, p, "<!--")) {
        return skip_past(scan, p + 4, "-->");
    } else if (begins_with(scan, p, "<![CDATA[")) {
        return skip_past(scan, p, "]]>");
    } else if (begins_with(scan, p, "<?")) {
        return skip_past(scan, p, "?>");
    } else if (begins_with(scan, p, "<!DOCTYPE")) {
        return scan_doctype(scan, p);
    } else if (begins_with(scan, p, "</")) {
        return skip_past(scan, p, ">");
    }
    return scan_start_tag(scan, p);
}

bool
nw_xml_scan(const char *text, size_t size, const char *file,
            struct nw_diags *diags)
{
    struct scan scan = {
        .start = text,
        .end = text + size,
        .file = file,
        .diags = diags,
    };

    if (size > NW_XML_MAX_SIZE) {
        nw_error(diags, file, 1, "the document has %zu bytes, more than %d",
                 size, NW_XML_MAX_SIZE);
        return false;
    }
    if (!scan_encoding(&scan)) {
        return false;
    }
    for (const char *p = text; (p = memchr(p, '<', scan.end - p)) != NULL;) {
        p = scan_markup(&scan, p);
        if (!p) {
            return false;
        }
    }
    return true;
}

/* Returns the end of the blanks at 'p', and counts lines. */
static const char *
skip_blanks(const char *p, const char *end, int *linep)
{
    for (; p < end && is_blank(*p); p++) {
        *linep += *p == '\n';
    }
    return p;
}

void
nw_xml_locate_attrs(const char *tag, const char *end, int line, int *lines,
                    size_t n)
{
    const char *p = tag;
    size_t i = 0;

    while (p < end && !is_blank(*p)) {
        p++;
    }
    while (i < n) {
        p = skip_blanks(p, end, &line);

        const char *name = p;
        int name_line = line;
        while (p < end && *p != '=') {
            line += *p++ == '\n';
        }
        if (p >= end) {
            return;
        }
        p = skip_blanks(p + 1, end, &line);
        const char *close = p < end ? memchr(p + 1, *p, end - p - 1) : NULL;
        if (!close) {
            return;
        }
        for (; p < close; p++) {
            line += *p == '\n';
        }
        p++;

        if (strncmp(name, "xmlns", 5) || !strchr(":= \t\r\n", name[5])) {
            lines[i++] = name_line;
        }
    }
}
