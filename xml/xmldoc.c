/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/xmldoc.h"

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <stdlib.h>
#include <string.h>

#include "xml/arena.h"
#include "xml/diag.h"
#include "xml/mem.h"
#include "xml/strbuf.h"
#include "xml/xmlscan.h"

#if LIBXML_VERSION >= 21200
#define LIBXML_ERROR const xmlError
#else
#define LIBXML_ERROR xmlError
#endif

/* An element whose end tag has not come yet. */
struct open_element {
    struct nw_xml_node *node;
    char *text;                 /* 'node->text'. */
    size_t text_len, text_size; /* Used and allocated. */
};

struct reader {
    struct nw_arena *arena;
    const char *file;
    struct nw_diags *diags;
    size_t n_errors; /* In 'diags', before. */

    xmlParserCtxt *ctxt;
    const char *text; /* The document. */
    size_t size;
    size_t pos; /* 'line' is the line of this offset. */
    int line;

    struct nw_xml_node *root;
    struct open_element stack[NW_XML_MAX_DEPTH];
    size_t depth;      /* Elements in 'stack'. */
    size_t n_elements; /* In the document so far. */
};

static bool
failed(const struct reader *r)
{
    return r->diags->n_errors > r->n_errors;
}

/* Moves on to 'offset' and returns its line. */
static int
line_of(struct reader *r, size_t offset)
{
    if (offset > r->pos) {
        r->line += nw_xml_line(r->text + r->pos, offset - r->pos) - 1;
        r->pos = offset;
    }
    return r->line;
}

/* Returns where in the text the parser is. */
static size_t
position(struct reader *r)
{
    long offset = xmlByteConsumed(r->ctxt);
    if (offset < 0) {
        return r->pos;
    }
    return (size_t) offset < r->size ? (size_t) offset : r->size;
}

static void
stop(struct reader *r, const char *why)
{
    nw_error(r->diags, r->file, r->line, "%s", why);
    xmlStopParser(r->ctxt);
}

static const char *
qualified_name(struct reader *r, const xmlChar *prefix, const xmlChar *name)
{
    if (!prefix) {
        return nw_arena_strdup(r->arena, (const char *) name);
    }

    struct nw_strbuf s = { 0 };
    nw_strbuf_printf(&s, "%s:%s", prefix, name);
    char *copy = nw_arena_strdup(r->arena, s.s);
    free(s.s);
    return copy;
}

/* 'raw' has five pointers for each of the 'n' attributes: name, prefix,
 * namespace, start and end of the value. */
static struct nw_xml_attr *
copy_attrs(struct reader *r, const xmlChar **raw, int n)
{
    struct nw_xml_attr *attrs = nw_arena_alloc(r->arena, n * sizeof *attrs);

    for (int i = 0; i < n; i++, raw += 5) {
        attrs[i].name = qualified_name(r, raw[1], raw[0]);
        attrs[i].value = nw_arena_memdup0(r->arena, (const char *) raw[3],
                                          raw[4] - raw[3]);
        attrs[i].foreign = raw[1] != NULL;
    }
    return attrs;
}

/* libxml2 says where a start tag ends, but not where its attributes are. */
static void
locate_attrs(const struct reader *r, size_t tag, size_t end,
             struct nw_xml_node *node)
{
    int *lines = nw_xmalloc((node->n_attrs + 1) * sizeof *lines);

    for (size_t i = 0; i < node->n_attrs; i++) {
        lines[i] = node->line;
    }
    nw_xml_locate_attrs(r->text + tag, r->text + end, node->line, lines,
                        node->n_attrs);
    for (size_t i = 0; i < node->n_attrs; i++) {
        node->attrs[i].line = lines[i];
    }
    free(lines);
}

static void
append_child(struct nw_xml_node *parent, struct nw_xml_node *child)
{
    if (parent->last_child) {
        parent->last_child->next = child;
    } else {
        parent->first_child = child;
    }
    parent->last_child = child;
}

static void
start_element(void *aux, const xmlChar *name, const xmlChar *prefix,
              const xmlChar *uri, int n_namespaces, const xmlChar **namespaces,
              int n_attrs, int n_defaulted, const xmlChar **attrs)
{
    struct reader *r = aux;

    (void) n_namespaces, (void) namespaces, (void) n_defaulted;
    if (failed(r)) {
        return;
    }

    /* The parser has read up to the end of the attributes; there is no "<" in
     * them, so the last one is where the tag begins. */
    size_t end = position(r);
    size_t tag = end < r->size ? end : r->size - 1;
    while (tag > r->pos && r->text[tag] != '<') {
        tag--;
    }
    int line = line_of(r, tag);
    if (r->depth >= NW_XML_MAX_DEPTH) {
        stop(r, "elements are nested too deeply");
        return;
    } else if (++r->n_elements > NW_XML_MAX_ELEMENTS) {
        stop(r, "there are too many elements");
        return;
    }

    struct nw_xml_node *node = nw_arena_alloc(r->arena, sizeof *node);
    node->name = qualified_name(r, prefix, name);
    node->foreign = uri != NULL;
    node->line = line;
    node->n_attrs = n_attrs;
    node->attrs = copy_attrs(r, attrs, n_attrs);
    locate_attrs(r, tag, end, node);

    if (r->depth) {
        append_child(r->stack[r->depth - 1].node, node);
    } else {
        r->root = node;
    }
    r->stack[r->depth++] = (struct open_element){ .node = node };
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void
end_element(void *aux, const xmlChar *name, const xmlChar *prefix,
            const xmlChar *uri)
{
    struct reader *r = aux;

    (void) name, (void) prefix, (void) uri;
    if (!failed(r) && r->depth) {
        struct open_element *open = &r->stack[--r->depth];
        while (open->text_len && is_blank(open->text[open->text_len - 1])) {
            open->text[--open->text_len] = '\0';
        }
    }
}

/* The line of 's[i]', in a piece of 'n' bytes of text in 'node'. */
static int
text_line(struct reader *r, const struct nw_xml_node *node, const char *s,
          size_t n, size_t i)
{
    int line = line_of(r, position(r));

    /* Plain pieces are where the parser is, others have been copied and are
     * behind it. */
    if (s == (const char *) r->ctxt->input->cur) {
        return line + nw_xml_line(s, i) - 1;
    }
    /* Copied ones may have more line ends than the document: a carriage return
     * alone becomes one. */
    line -= nw_xml_line(s + i, n - i) - 1;
    return line > node->line ? line : node->line;
}

/* The text of an element may come in many pieces.  Those before the first one
 * that is not blank are left out. */
static void
characters(void *aux, const xmlChar *s_, int n_)
{
    struct reader *r = aux;
    const char *s = (const char *) s_;
    size_t n = n_;

    if (failed(r) || !r->depth) {
        return;
    }

    struct open_element *open = &r->stack[r->depth - 1];
    if (!open->text) {
        size_t n_blanks = 0;
        while (n_blanks < n && is_blank(s[n_blanks])) {
            n_blanks++;
        }
        if (n_blanks == n) {
            return;
        }
        open->node->text_line = text_line(r, open->node, s, n, n_blanks);
        s += n_blanks;
        n -= n_blanks;
    }
    if (open->text_size - open->text_len <= n) {
        open->text_size = (open->text_len + n) * 2 + 16;
        char *text = nw_arena_alloc(r->arena, open->text_size);
        if (open->text) {
            memcpy(text, open->text, open->text_len);
        }
        open->node->text = open->text = text;
    }
    memcpy(open->text + open->text_len, s, n);
    open->text_len += n;
    open->text[open->text_len] = '\0';
}

/* The parser is behind the document type's name and place.  nw_xml_scan() has
 * seen to it that there is nothing else. */
static void
internal_subset(void *aux, const xmlChar *name, const xmlChar *external_id,
                const xmlChar *system_id)
{
    struct reader *r = aux;

    (void) name, (void) external_id, (void) system_id;
    if (!failed(r) && *r->ctxt->input->cur == '[') {
        stop(r, "declarations in a document type are not allowed");
    }
}

/* Takes the first error, since it makes the parser see others.  An entity that
 * is not there is an error, too, where a document type lies elsewhere. */
static void
structured_error(void *aux, LIBXML_ERROR *error)
{
    struct reader *r = aux;

    if ((error->level < XML_ERR_ERROR
         && error->code != XML_WAR_UNDECLARED_ENTITY)
        || failed(r)) {
        return;
    }

    const char *message = error->message ? error->message : "unknown error";
    nw_error(r->diags, r->file, error->line > 0 ? error->line : 1,
             "malformed XML: %.*s", (int) strcspn(message, "\n"), message);
    xmlStopParser(r->ctxt);
}

static void
init_parser(struct reader *r)
{
    xmlSAXHandler sax = {
        .initialized = XML_SAX2_MAGIC,
        .internalSubset = internal_subset,
        .startElementNs = start_element,
        .endElementNs = end_element,
        .characters = characters,
        .ignorableWhitespace = characters,
        .cdataBlock = characters,
        .serror = structured_error,
    };

    *r->ctxt->sax = sax;
    r->ctxt->userData = r;
    /* The text is known to be UTF-8: whatever encoding it declares, no
     * converter shall run.  Nothing is loaded of a document type, for want of
     * a handler, and there are no entities but the predefined ones, for want
     * of declarations: XML_PARSE_NOENT only makes "&amp;" in attributes a
     * plain "&".  Without XML_PARSE_HUGE libxml2's own limits hold, too. */
    xmlCtxtUseOptions(r->ctxt, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC
                                   | XML_PARSE_NOENT | XML_PARSE_BIG_LINES);
}

struct nw_xml_node *
nw_xml_parse(struct nw_arena *arena, const char *text, size_t size,
             const char *file, struct nw_diags *diags)
{
    struct reader r = {
        .arena = arena,
        .file = file,
        .diags = diags,
        .n_errors = diags->n_errors,
        .text = text,
        .size = size,
        .line = 1,
    };

    if (!nw_xml_scan(text, size, file, diags)) {
        return NULL;
    }
    r.ctxt = size ? xmlCreateMemoryParserCtxt(text, size) : NULL;
    if (!r.ctxt) {
        nw_error(diags, file, 1, "malformed XML: the document is empty");
        return NULL;
    }
    init_parser(&r);
    xmlParseDocument(r.ctxt);
    if (!failed(&r) && (!r.ctxt->wellFormed || !r.root)) {
        nw_error(diags, file, r.line, "malformed XML");
    }
    xmlFreeParserCtxt(r.ctxt);
    return failed(&r) ? NULL : r.root;
}

const struct nw_xml_attr *
nw_xml_attr(const struct nw_xml_node *node, const char *name)
{
    for (size_t i = 0; i < node->n_attrs; i++) {
        const struct nw_xml_attr *attr = &node->attrs[i];
        if (!attr->foreign && !strcmp(attr->name, name)) {
            return attr;
        }
    }
    return NULL;
}

void
nw_xml_escape(struct nw_strbuf *b, const char *s)
{
    for (; *s; s++) {
        switch (*s) {
        case '<':
            nw_strbuf_puts(b, "&lt;");
            break;
        case '>':
            nw_strbuf_puts(b, "&gt;");
            break;
        case '&':
            nw_strbuf_puts(b, "&amp;");
            break;
        case '\'':
            nw_strbuf_puts(b, "&apos;");
            break;
        case '"':
            nw_strbuf_puts(b, "&quot;");
            break;
        case '\t':
        case '\n':
        case '\r':
            nw_strbuf_printf(b, "&#%d;", *s);
            break;
        default:
            nw_strbuf_put(b, s, 1);
        }
    }
}
