/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef UTILITIES_NWFCTL_H
#define UTILITIES_NWFCTL_H 1

/* What the files of the command line `nwfctl' share; not for others.
 *
 * The generic database commands, the syntax of commands and the table output
 * come from libopenvswitch's db-ctl-base.  A command is one of three kinds:
 *
 *   - of the database: runs in one transaction with all others of its kind on
 *     the command line.  It may run several times when the transaction
 *     conflicts with another client's, so it reads its files only once, in its
 *     prerequisites, into its 'struct nwfctl_input';
 *   - offline: needs neither database nor daemon, and stands alone;
 *   - of the daemon: one request to its control socket, after the transaction
 *     of the commands before it. */

#include <stdbool.h>
#include <stddef.h>

#include "controller/document.h"
#include "db-ctl-base.h"
#include "openvswitch/compiler.h"
#include "table.h"
#include "xml/diag.h"

struct nw_binding;
struct nw_filter;
struct nwfctl_import;
struct svec;

/* Options that hold for all commands. */
struct nwfctl {
    char *db;             /* Remotes of the policy database. */
    char *control_socket; /* Of the daemon. */
    bool oneline;
    bool dry_run;
    bool retry;
    bool wait; /* Call `sync' after the transaction. */
    bool leader_only;
    bool shuffle_remotes;
    unsigned int timeout;   /* In seconds, or 0. */
    long long int deadline; /* time_msec() when 'timeout' is over. */
    struct table_style style;
};

/* What a database command read before its first run, and what it has to say
 * about it.  Only the members that a command uses are set. */
struct nwfctl_input {
    struct document *documents;
    size_t n_documents;
    struct nw_filter **filters; /* Parsed 'documents', in the same order. */
    struct nw_binding *binding;
    struct nwfctl_import *import;
    char *original;        /* edit: the text before. */
    char *path;            /* edit: the temporary file. */
    bool unchanged;        /* edit: the text stayed as it was. */
    struct nw_diags diags; /* Of the last run; printed after commit. */
};

/* The context of a database command. */
struct nwfctl_context {
    struct ctl_context base;
    struct nwfctl *nwfctl;
    struct nwfctl_input *input;
    bool alone; /* The transaction's only command. */
};

static inline struct nwfctl_context *
nwfctl_context_cast(struct ctl_context *ctx)
{
    return CONTAINER_OF(ctx, struct nwfctl_context, base);
}

/* nwfctl-args.c: the value of --timeout, in seconds.  Exits with a message if
 * it is none. */
unsigned int nwfctl_parse_timeout(const char *);

/* nwfctl.c: exits if standard output can not be written to, silently if it is
 * a pipe that nobody reads any more, as `head' leaves it. */
void nwfctl_check_output(void);

/* nwfctl-args.c: adapts one or more commands ("--" between them) to the form
 * that ctl_parse_commands() takes.  Our own commands have their options
 * behind the name, as in `define --compat FILE', and `list' without a table
 * lists filters.  Initializes 'out', which ends with a null pointer, and
 * 'names': each command's name as it was given. */
void nwfctl_normalize_args(int argc, char **argv, struct svec *out,
                           struct svec *names);

/* nwfctl-run.c: runs the database commands and prints what they say.  Exits
 * with a message if anything fails. */
void nwfctl_run_transaction(struct nwfctl *, struct ctl_command *, size_t n,
                            const char *args);

/* nwfctl-input.c. */
void nwfctl_input_init(struct nwfctl_input *);
void nwfctl_input_uninit(struct nwfctl_input *);
/* Reads the files that are the arguments of 'ctx's command; exits with a
 * message if one can not be read. */
void nwfctl_input_read(struct ctl_context *);
/* Prints the diagnostics and empties the list; exits if one is an error. */
void nwfctl_input_report(struct nw_diags *);

/* The commands, each array ending with a null name. */
extern const struct ctl_command_syntax nwfctl_filter_commands[];
extern const struct ctl_command_syntax nwfctl_edit_commands[];
extern const struct ctl_command_syntax nwfctl_binding_commands[];
extern const struct ctl_command_syntax nwfctl_set_commands[];
extern const struct ctl_command_syntax nwfctl_import_commands[];
extern const struct ctl_command_syntax nwfctl_log_commands[];
extern const struct ctl_command_syntax nwfctl_show_commands[];
extern const struct ctl_command_syntax nwfctl_check_commands[];
extern const struct ctl_command_syntax nwfctl_compile_commands[];
extern const struct ctl_command_syntax nwfctl_daemon_commands[];
extern const struct ctl_command_syntax nwfctl_trace_commands[];
extern const struct ctl_command_syntax nwfctl_test_commands[];

/* nwfctl-commands.c. */
enum nwfctl_kind {
    NWFCTL_DATABASE,
    NWFCTL_OFFLINE,
    NWFCTL_DAEMON,
};

void nwfctl_register_commands(void);
enum nwfctl_kind nwfctl_command_kind(const struct ctl_command *);
/* The command 'name' if its options may stand behind its name, else NULL. */
const struct ctl_command_syntax *nwfctl_own_command(const char *name);

/* nwfctl-import.c: frees what `set-import' read. */
void nwfctl_import_destroy(struct nwfctl_import *);

/* nwfctl-edit.c: is 'command' `edit'? */
bool nwfctl_command_is_edit(const struct ctl_command *);
/* Lets the user edit the filter, once, before the transaction
 * of the command in 'ctx' begins. */
void nwfctl_edit_prepare(struct nwfctl_context *ctx);

/* nwfctl-daemon.c: 'command' is one of the daemon.  Returns the exit status,
 * or exits with a message if it fails. */
int nwfctl_run_daemon(struct nwfctl *, const struct ctl_command *);
/* Sends 'method' with 'n' arguments.  Exits with a message if it fails,
 * otherwise returns the daemon's text, which the caller frees. */
char *nwfctl_ask(const struct nwfctl *, const char *method, char **args,
                 size_t n);
/* The command `sync'. */
void nwfctl_sync(struct nwfctl *);

/* nwfctl-drops.c: the command `drops'. */
void nwfctl_drops(struct nwfctl *, const struct ctl_command *);

/* nwfctl-trace.c: the command `trace'.  Returns the exit status. */
int nwfctl_trace(struct nwfctl *, const struct ctl_command *);

/* nwfctl-test.c: the command `test'.  Returns the exit status. */
int nwfctl_test(struct nwfctl *, const struct ctl_command *);

/* nwfctl-offline.c: 'command' is `check' or `compile'.  Returns
 * the exit status. */
int nwfctl_run_offline(const struct ctl_command *);

/* nwfctl-usage.c: needs the defaults of the options. */
OVS_NO_RETURN void nwfctl_usage(const struct nwfctl *);

#endif /* utilities/nwfctl.h */
