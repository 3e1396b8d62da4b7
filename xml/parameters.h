/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_PARAMETERS_H
#define XML_PARAMETERS_H 1

/* What can be said of parameters before a filter is used. */

#include "xml/filter-graph.h"

struct nw_binding;
struct nw_diags;
struct nw_filter;

/* Warns of each parameter in the references of 'filter' with a value that is
 * not of the type that a rule needs which uses it (deviation D16).  The rules
 * are those of the filters that 'lookup' finds. */
void nw_filter_check_parameters(const struct nw_filter *filter,
                                nw_filter_lookup_func *lookup, void *aux,
                                struct nw_diags *diags);

/* The same for the parameters of 'binding', which 'file' holds. */
void nw_binding_check_parameters(const struct nw_binding *binding,
                                 const char *file,
                                 nw_filter_lookup_func *lookup, void *aux,
                                 struct nw_diags *diags);

#endif /* xml/parameters.h */
