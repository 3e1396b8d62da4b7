/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_BINDING_H
#define XML_BINDING_H 1

/* A <filterbinding> document: which filter a port has, with which MAC address
 * and parameters (semantics reference 5.2). */

#include <stdbool.h>
#include <stddef.h>

#include "xml/vars.h"

struct nw_diags;

struct nw_binding {
    char *owner_name, *owner_uuid;
    char *portdev;
    int portdev_line;
    char *linkdev; /* Or NULL. */
    char *mac;     /* Normalized "xx:xx:xx:xx:xx:xx". */
    char *filter;
    int filter_line; /* Of the <filterref>. */
    struct nw_vars params;
};

/* True if the document's element is <filterbinding>, whatever is in it. */
bool nw_document_is_binding(const char *text, size_t size);

/* Parses the document of 'size' bytes at 'text'.  'file' is what messages
 * name.  Returns a binding that the caller destroys, or NULL, with at least
 * one error in 'diags', if the document is refused.  Warnings may be added in
 * either case. */
struct nw_binding *nw_binding_parse(const char *text, size_t size,
                                    const char *file, struct nw_diags *diags);

/* As virsh nwfilter-binding-dumpxml prints it: parameters sorted by name,
 * list values in order.  The caller frees the string. */
char *nw_binding_format(const struct nw_binding *);

void nw_binding_destroy(struct nw_binding *); /* NULL is fine. */

#endif /* xml/binding.h */
