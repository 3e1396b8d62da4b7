/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

/* Binding documents: any bytes are refused with a message that has a line, or
 * give a binding whose formatted text is read back as the same binding. */

#include "tests/fuzz/fuzz.h"
#include "xml/binding.h"
#include "xml/diag.h"

static struct nw_binding *
parse(const char *text, size_t size)
{
    struct nw_diags diags = { 0 };
    struct nw_binding *binding = nw_binding_parse(text, size, "f", &diags);

    require(!binding == (diags.n_errors > 0));
    for (size_t i = 0; i < diags.n; i++) {
        require(diags.items[i].line > 0);
    }
    nw_diags_clear(&diags);
    return binding;
}

/* The attributes and external_ids of a port take lists of values. */
static void
check_list(const char *data, size_t size)
{
    struct nw_vars vars = NW_VARS_INITIALIZER;
    char *s = malloc(size + 1);

    memcpy(s, data, size);
    s[size] = '\0';
    if (nw_vars_append_list(&vars, "A", s)) {
        require(vars.n == 1 && vars.vars[0].n_values > 0);
    } else {
        require(vars.n == 0);
    }
    nw_vars_uninit(&vars);
    free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nw_binding *binding = parse((const char *) data, size);

    if (binding) {
        char *text = nw_binding_format(binding);
        struct nw_binding *again = parse(text, strlen(text));
        require(again != NULL);
        char *text2 = nw_binding_format(again);
        require(!strcmp(text, text2));
        require(nw_vars_equal(&binding->params, &again->params));
        free(text2);
        nw_binding_destroy(again);
        free(text);
    }
    nw_binding_destroy(binding);
    check_list((const char *) data, size);
    return 0;
}
