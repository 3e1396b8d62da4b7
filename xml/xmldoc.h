/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_XMLDOC_H
#define XML_XMLDOC_H 1

/* XML text to a plain tree: the only module that uses libxml2.
 *
 * Documents come from whoever may define filters, so the reader is made safe
 * against hostile ones: no network and no other file is ever read, a document
 * type declaration (and with it every entity) is refused, and size, depth and
 * the number of attributes are limited (here and in xmlscan.h).  The tree is
 * built from libxml2's SAX2 events, which gives each element and each
 * attribute its exact line, however long the document. */

#include <stdbool.h>
#include <stddef.h>

struct nw_arena;
struct nw_diags;

enum {
    NW_XML_MAX_DEPTH = 64,        /* Elements inside each other. */
    NW_XML_MAX_ELEMENTS = 250000, /* In a document. */
};

struct nw_xml_attr {
    const char *name;  /* With its prefix if 'foreign'. */
    const char *value; /* Entities and blanks resolved. */
    int line;
    bool foreign; /* In a namespace, such as "xml:lang". */
};

struct nw_xml_node {
    const char *name; /* With its prefix if 'foreign'. */
    bool foreign;     /* In any namespace. */
    int line;         /* Where the start tag begins. */
    struct nw_xml_attr *attrs;
    size_t n_attrs;
    struct nw_xml_node *first_child, *last_child, *next;
    const char *text; /* All text directly inside, or NULL if there
                       * is none but blanks. */
    int text_line;    /* Where 'text' begins. */
};

/* Parses the 'size' bytes at 'text', which must be XML in UTF-8.  Returns the
 * root element, which lives in the arena, or NULL after adding at least one
 * error with a line to the diagnostics; 'file' is what these name. */
struct nw_xml_node *nw_xml_parse(struct nw_arena *, const char *text,
                                 size_t size, const char *file,
                                 struct nw_diags *);

/* Returns the attribute 'name' (of no namespace), or NULL. */
const struct nw_xml_attr *nw_xml_attr(const struct nw_xml_node *,
                                      const char *name);

/* Appends 's' with everything escaped that has a meaning in XML. */
struct nw_strbuf;
void nw_xml_escape(struct nw_strbuf *, const char *s);

#endif /* xml/xmldoc.h */
