/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fatal-signal.h"
#include "openvswitch/poll-loop.h"
#include "ovsdb-idl.h"
#include "ovsdb/nwfilter-idl.h"
#include "process.h"
#include "util.h"
#include "utilities/nwfctl-bound.h"
#include "utilities/nwfctl-filter.h"
#include "xml/filter.h"

/* Writes 'text' into a new temporary file.  Returns its name, which the caller
 * frees; the file goes away when the program ends. */
static char *
create_file(const char *text)
{
    const char *dir = getenv("TMPDIR");
    char *path = xasprintf("%s/nwfctl-XXXXXX.xml",
                           dir && dir[0] ? dir : "/tmp");
    int fd = mkstemps(path, strlen(".xml"));
    FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;
    bool written;

    if (!file) {
        ctl_fatal("%s: %s", path, ovs_strerror(errno));
    }
    fatal_signal_add_file_to_unlink(path);
    written = fputs(text, file) >= 0;
    if (fclose(file) || !written) {
        ctl_fatal("%s: %s", path, ovs_strerror(errno));
    }
    return path;
}

/* Runs the user's editor on 'path'.  Meanwhile the session with the database
 * is kept alive. */
static void
run_editor(struct ovsdb_idl *idl, char *path)
{
    const char *visual = getenv("VISUAL");
    const char *editor = visual && visual[0] ? visual : getenv("EDITOR");
    char *script = xasprintf("%s \"$0\"", editor && editor[0] ? editor : "vi");
    char *argv[] = { "/bin/sh", "-c", script, path, NULL };
    struct process *process;
    int error = process_start(argv, &process);

    if (error) {
        ctl_fatal("can not run an editor (%s)", ovs_strerror(error));
    }
    for (;;) {
        process_run();
        if (process_exited(process)) {
            break;
        }
        ovsdb_idl_run(idl);
        ovsdb_idl_wait(idl);
        process_wait(process);
        poll_block();
    }
    if (process_status(process)) {
        char *status = process_status_msg(process_status(process));

        ctl_fatal("the editor failed (%s), nothing was changed", status);
    }
    process_destroy(process);
    free(script);
}

/* Reads and checks what the user made of the filter 'name'.  Returns false,
 * with at least one error in 'diags', if it can not be defined. */
static bool
read_result(struct nwfctl_context *ctx, const char *path, const char *name,
            bool compat)
{
    struct nwfctl_input *input = ctx->input;
    char *error;

    document_uninit(&input->documents[0]);
    nw_filter_destroy(input->filters[0]);
    input->filters[0] = NULL;
    error = document_read(path, &input->documents[0]);
    if (error) {
        ctl_fatal("%s: %s", path, error);
    }
    if (!strcmp(input->documents[0].text, input->original)) {
        input->unchanged = true;
        return true;
    }
    input->filters[0] = nwfctl_filter_parse(&input->documents[0], compat,
                                            &input->diags);
    if (input->filters[0] && strcmp(input->filters[0]->name, name)) {
        nw_error(&input->diags, path, 1,
                 "'%s' can not be renamed by editing "
                 "it, use define and undefine",
                 name);
    } else if (input->filters[0]) {
        nwfctl_filter_check(&ctx->base, input->filters, 1, false,
                            &input->diags);
    }
    return !input->diags.n_errors;
}

/* Shows what is wrong and asks whether to edit once more. */
static void
ask_to_continue(struct nw_diags *diags)
{
    char answer[16];

    if (!isatty(STDIN_FILENO)) {
        nwfctl_input_report(diags);
    }
    nw_diags_print(diags, stderr);
    nw_diags_clear(diags);
    fputs("Edit again? [Y/n] ", stderr);
    if (!fgets(answer, sizeof answer, stdin) || answer[0] == 'n'
        || answer[0] == 'N') {
        ctl_fatal("nothing was changed");
    }
}

void
nwfctl_edit_prepare(struct nwfctl_context *ctx)
{
    const struct nwrec_filter *row = nwfctl_filter_find(&ctx->base,
                                                        ctx->base.argv[1]);
    struct nwfctl_input *input = ctx->input;
    char *name;
    bool compat;

    if (!row) {
        ctl_fatal("%s", ctx->base.error);
    }
    /* The row may be gone when the editor has ended. */
    name = xstrdup(row->name);
    compat = row->compat;
    input->original = xstrdup(row->xml);
    input->documents = xcalloc(1, sizeof *input->documents);
    input->filters = xcalloc(1, sizeof *input->filters);
    input->n_documents = 1;
    input->path = create_file(input->original);
    ovsdb_idl_enable_reconnect(ctx->base.idl);
    process_init();
    for (;;) {
        run_editor(ctx->base.idl, input->path);
        if (read_result(ctx, input->path, name, compat)) {
            break;
        }
        ask_to_continue(&input->diags);
    }
    free(name);
}

/* What the user wrote must not be lost. */
static void
keep_file(struct ctl_context *ctx, const struct nwfctl_input *input,
          const char *why)
{
    fatal_signal_remove_file_to_unlink(input->path);
    ctl_error(ctx, "%s; what you have written is in %s", why, input->path);
}

static void
pre_edit(struct ctl_context *ctx)
{
    nwfctl_filter_prerequisites(ctx);
    nwfctl_bound_prerequisites(ctx);
}

static void
cmd_edit(struct ctl_context *ctx)
{
    struct nwfctl_input *input = nwfctl_context_cast(ctx)->input;
    const struct nwrec_filter *row = nwfctl_filter_find(ctx, ctx->argv[1]);

    if (!row || strcmp(row->xml, input->original)) {
        free(ctx->error);
        ctx->error = NULL;
        keep_file(ctx, input, "the filter was changed by somebody else");
        return;
    }
    if (!input->unchanged) {
        nwfctl_filter_check(ctx, input->filters, 1, true, &input->diags);
        if (input->diags.n_errors) {
            nw_diags_print(&input->diags, stderr);
            keep_file(ctx, input, "nothing was changed");
            return;
        }
        nwrec_filter_verify_xml(row);
        nwfctl_filter_store(ctx, input->filters[0], input->documents[0].text,
                            row->compat);
    }
    ds_put_format(&ctx->output, "Network filter %s XML configuration %s\n",
                  row->name, input->unchanged ? "not changed." : "edited.");
}

bool
nwfctl_command_is_edit(const struct ctl_command *command)
{
    return command->syntax->run == cmd_edit;
}

const struct ctl_command_syntax nwfctl_edit_commands[] = {
    { "edit", 1, 1, "FILTER", pre_edit, cmd_edit, NULL, "", RW },
    { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO },
};
