/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/parameters.h"

#include <stdlib.h>
#include <string.h>

#include "xml/binding.h"
#include "xml/diag.h"
#include "xml/filter.h"
#include "xml/mem.h"

/* One parameter, and where it is given. */
struct check {
    const char *file;
    int line;
    const char *name;
    const char *const *values;
    size_t n_values;
    struct nw_diags *diags;
    bool found; /* Something is wrong, and has been told. */
};

static void
check_value(struct check *c, const struct nw_filter *filter,
            const struct nw_item *item, const char *text)
{
    const char *prefix = item->access.prefix ? item->access.prefix : "";
    char *whole = nw_xasprintf("%s%s", prefix, text);
    struct nw_value value;
    char *error = nw_field_parse_variable(item->field, whole, &value);

    if (error) {
        nw_warning(c->diags, c->file, c->line,
                   "[D16] parameter '%s': '%s' is %s, which %s in %s:%d has "
                   "to be: an error where the filter is used; libvirt leaves "
                   "it to its tools",
                   c->name, text, error, nw_attr_name(item->field->attr),
                   filter->file, item->line);
        c->found = true;
    }
    free(error);
    free(whole);
}

static void
check_item(struct check *c, const struct nw_filter *filter,
           const struct nw_item *item)
{
    bool element = item->access.kind == NW_ACCESS_ELEMENT;

    for (size_t i = 0; i < c->n_values && !c->found; i++) {
        if (!element || i == item->access.index) {
            check_value(c, filter, item, c->values[i]);
        }
    }
}

/* A parameter of the reference overrides what is given further inside, so it
 * holds in every filter that is reached (semantics reference 4.2). */
static void
check_filter(const struct nw_filter *filter, void *c_)
{
    struct check *c = c_;

    for (size_t i = 0; i < filter->n_entries; i++) {
        const struct nw_entry *e = &filter->entries[i];

        for (size_t j = 0; !e->is_ref && j < e->rule.n_items; j++) {
            const struct nw_item *item = &e->rule.items[j];

            if (item->is_variable && !strcmp(item->access.name, c->name)) {
                check_item(c, filter, item);
            }
        }
    }
}

void
nw_filter_check_parameters(const struct nw_filter *filter,
                           nw_filter_lookup_func *lookup, void *aux,
                           struct nw_diags *diags)
{
    for (size_t i = 0; i < filter->n_entries; i++) {
        const struct nw_entry *e = &filter->entries[i];
        const struct nw_filter *start = e->is_ref ? lookup(e->ref.filter, aux)
                                                  : NULL;

        for (size_t j = 0; start && j < e->ref.n_params; j++) {
            const struct nw_param *param = &e->ref.params[j];
            struct check c = {
                .file = filter->file,
                .line = e->ref.line,
                .name = param->name,
                .values = param->values,
                .n_values = param->n_values,
                .diags = diags,
            };

            nw_filter_visit(start, lookup, aux, check_filter, &c);
        }
    }
}

void
nw_binding_check_parameters(const struct nw_binding *binding, const char *file,
                            nw_filter_lookup_func *lookup, void *aux,
                            struct nw_diags *diags)
{
    const struct nw_filter *start = lookup(binding->filter, aux);

    for (size_t i = 0; start && i < binding->params.n; i++) {
        const struct nw_var *var = &binding->params.vars[i];
        struct check c = {
            .file = file,
            .line = binding->filter_line,
            .name = var->name,
            .values = (const char *const *) var->values,
            .n_values = var->n_values,
            .diags = diags,
        };

        nw_filter_visit(start, lookup, aux, check_filter, &c);
    }
}
