/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "util.h"
#include "xml/binding.h"
#include "xml/filter.h"

void
nwfctl_input_init(struct nwfctl_input *input)
{
    memset(input, 0, sizeof *input);
}

void
nwfctl_input_uninit(struct nwfctl_input *input)
{
    for (size_t i = 0; i < input->n_documents; i++) {
        document_uninit(&input->documents[i]);
        if (input->filters) {
            nw_filter_destroy(input->filters[i]);
        }
    }
    free(input->documents);
    free(input->filters);
    free(input->original);
    free(input->path);
    nw_binding_destroy(input->binding);
    nwfctl_import_destroy(input->import);
    nw_diags_clear(&input->diags);
}

void
nwfctl_input_read(struct ctl_context *ctx)
{
    struct nwfctl_input *input = nwfctl_context_cast(ctx)->input;

    input->documents = xcalloc(ctx->argc, sizeof *input->documents);
    for (int i = 1; i < ctx->argc; i++) {
        struct document *document = &input->documents[input->n_documents++];
        char *error = document_read(ctx->argv[i], document);

        if (error) {
            ctl_fatal("%s: %s", document->name, error);
        }
    }
}

void
nwfctl_input_report(struct nw_diags *diags)
{
    bool failed = diags->n_errors > 0;

    /* What was printed so far comes before it, also into one pipe. */
    fflush(stdout);
    nw_diags_print(diags, stderr);
    nw_diags_clear(diags);
    if (failed) {
        exit(EXIT_FAILURE);
    }
}
