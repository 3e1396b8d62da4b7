/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_PARSE_PRIVATE_H
#define XML_PARSE_PRIVATE_H 1

/* What the readers of filters and bindings share: messages with the file's
 * name, deviations, and the pieces that occur in both documents. */

#include <stdbool.h>
#include <stddef.h>

#include "xml/filter.h"
#include "xml/vars.h"
#include "xml/xmldoc.h"

struct nw_diags;

/* One document that is being read. */
struct nw_parse {
    const char *file; /* For messages. */
    struct nw_diags *diags;
    struct nw_arena *arena; /* Where the result lives. */
    bool compat;            /* See struct nw_parse_options. */
    size_t n_errors;        /* So far, in this document. */
    size_t n_warnings;
};

/* A document is given up after so many errors, and further warnings are not
 * shown. */
enum {
    NW_PARSE_MAX_ERRORS = 100,
    NW_PARSE_MAX_WARNINGS = 1000,
};

/* Distinct names of <parameter> in a <filterref>. */
enum { NW_PARSE_MAX_PARAMS = 256 };

void nw_parse_error(struct nw_parse *, int line, const char *format, ...)
    __attribute__((__format__(__printf__, 3, 4)));
void nw_parse_warning(struct nw_parse *, int line, const char *format, ...)
    __attribute__((__format__(__printf__, 3, 4)));

/* Reports the deviation 'id' ("D1") from libvirt that is an error unless the
 * caller wants compatibility: then it is a warning, and 'consequence' ("it is
 * ignored") says what libvirt makes of it. */
void nw_parse_deviation(struct nw_parse *, int line, const char *id,
                        const char *consequence, const char *format, ...)
    __attribute__((__format__(__printf__, 5, 6)));

/* True if there were so many errors that reading on makes no sense. */
bool nw_parse_gave_up(const struct nw_parse *);

/* True if the document's element 'root' is <'name'>, otherwise false after an
 * error. */
bool nw_parse_check_root(struct nw_parse *, const struct nw_xml_node *root,
                         const char *name);

/* Reports the attributes of 'node' that are not in the list 'known', which
 * ends with NULL (deviation D2). */
void nw_parse_check_attrs(struct nw_parse *, const struct nw_xml_node *node,
                          const char *const known[]);

/* Reports an attribute that <'element'> does not have (D2).  'nearest' is one
 * of similar name that it has, or NULL. */
void nw_parse_unknown_attr(struct nw_parse *, const struct nw_xml_attr *,
                           const char *element, const char *nearest);

/* Reports an element that is not known where it stands (D1).  'nearest' is a
 * known one of similar name, or NULL. */
void nw_parse_unknown_element(struct nw_parse *,
                              const struct nw_xml_node *node,
                              const char *parent, const char *nearest);

/* Warns of text inside 'node', where only elements have a meaning. */
void nw_parse_check_text(struct nw_parse *, const struct nw_xml_node *node);

/* Reports every child of 'node', which has none (D1), and warns of text. */
void nw_parse_check_empty(struct nw_parse *, const struct nw_xml_node *node);

/* Reads an integer of decimal digits within NW_PRIORITY_MIN and _MAX. */
bool nw_parse_priority(const char *text, int *priorityp);

/* Returns the attribute 'name', which must be there, or NULL after an
 * error. */
const struct nw_xml_attr *nw_parse_required(struct nw_parse *,
                                            const struct nw_xml_node *,
                                            const char *name);

/* True if 'name' can be the name of a filter, otherwise false after an
 * error. */
bool nw_parse_filter_name(struct nw_parse *, int line, const char *name);

/* Normalizes 'text' to the usual form of a UUID (RFC 4122) in 'uuid'; hyphens
 * may be left out.  Returns false if it is none. */
enum { NW_UUID_SIZE = 37 };
bool nw_parse_uuid(const char *text, char uuid[NW_UUID_SIZE]);

/* Reads the attribute and children of the <filterref> 'node' (reference 1.2).
 * Returns the filter's name, which belongs to the node, or NULL after an
 * error.  'params' must be initialized. */
const char *nw_parse_filterref(struct nw_parse *,
                               const struct nw_xml_node *node,
                               struct nw_vars *params);

/* filter-parse-rule.c: reads a <rule>. */
void nw_parse_rule(struct nw_parse *, const struct nw_xml_node *,
                   struct nw_rule *);

/* filter-parse-item.c: reads the attribute of a rule's element into 'item',
 * apart from its negation.  Returns false if there is to be no such item,
 * which need not be an error. */
bool nw_parse_item(struct nw_parse *, const struct nw_field *,
                   const struct nw_xml_attr *, struct nw_item *item);

/* filter-check.c: what can only be said of all elements of a rule together:
 * warnings of deviations, combinations that are refused, defaults.  'items'
 * are those of the rule, indexed as the protocol's fields; those without a
 * 'field' are not there. */
void nw_parse_check_rule(struct nw_parse *, const struct nw_rule *,
                         struct nw_item items[]);

#endif /* xml/parse-private.h */
