/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_XMLSCAN_H
#define XML_XMLSCAN_H 1

/* A look at the bytes of an XML document.
 *
 * nw_xml_scan() goes over a document before the real parser does, and refuses
 * what would make that one slow, or read what it should not.  The other
 * functions say where in the text something is. */

#include <stdbool.h>
#include <stddef.h>

struct nw_diags;

enum {
    NW_XML_MAX_SIZE = 4 * 1024 * 1024, /* Bytes in a document. */
    NW_XML_MAX_ATTRS = 64,             /* Attributes of one element. */
    NW_XML_MAX_NAMESPACES = 64, /* Namespace declarations in a document. */
};

/* Checks these limits, that the text is UTF-8 without null bytes, and that a
 * document type comes without declarations of its own.  Returns false after
 * adding an error otherwise.  True does not mean that the document is
 * well-formed. */
bool nw_xml_scan(const char *text, size_t size, const char *file,
                 struct nw_diags *);

/* The number of the line that 'text[offset]' is in. */
int nw_xml_line(const char *text, size_t offset);

/* Finds the lines of the 'n' attributes, all but namespace declarations, of
 * the start tag between 'tag' (where its "<" is, in line 'line') and 'end'.
 * Where it finds fewer, the other 'lines' stay as they are. */
void nw_xml_locate_attrs(const char *tag, const char *end, int line,
                         int *lines, size_t n);

#endif /* xml/xmlscan.h */
