/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl.h"

#include <stdio.h>
#include <stdlib.h>

#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb-data.h"
#include "ovsdb-idl.h"
#include "ovsdb/nwfilter-idl.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(nwfctl_run);

/* The database commands of one command line, and the transaction that they
 * are tried in. */
struct session {
    struct nwfctl *nwfctl;
    struct ovsdb_idl *idl;
    struct ctl_command *commands;
    struct nwfctl_input *inputs; /* One for each command. */
    size_t n;
    const char *args; /* The command line, for the log. */

    /* Of the present attempt. */
    struct ovsdb_idl_txn *txn;
    struct ovsdb_symbol_table *symtab;
};

/* Initializes 'ctx' for command 'i' of 's'. */
static void
context_init(struct nwfctl_context *ctx, struct session *s, size_t i)
{
    ctl_context_init(&ctx->base, &s->commands[i], s->idl, s->txn, s->symtab,
                     NULL);
    ctx->base.last_command = i == s->n - 1;
    ctx->nwfctl = s->nwfctl;
    ctx->input = &s->inputs[i];
    ctx->alone = s->n == 1;
}

/* Calls 'function' for command 'i'. */
static void
call(struct session *s, size_t i, void (*function)(struct ctl_context *),
     bool *try_againp)
{
    struct nwfctl_context ctx;

    if (!function) {
        return;
    }
    context_init(&ctx, s, i);
    function(&ctx.base);
    if (ctx.base.error) {
        ctl_fatal("%s", ctx.base.error);
    }
    *try_againp = ctx.base.try_again;
    ctl_context_done(&ctx.base, &s->commands[i]);
}

static void
reset_output(struct session *s)
{
    for (size_t i = 0; i < s->n; i++) {
        struct ctl_command *c = &s->commands[i];

        ds_clear(&c->output);
        table_destroy(c->table);
        free(c->table);
        c->table = NULL;
        nw_diags_clear(&s->inputs[i].diags);
    }
}

/* A row that `create' was asked to name but that nothing refers to, or the
 * other way round. */
static void
check_symbols(const struct session *s)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &s->symtab->sh) {
        const struct ovsdb_symbol *symbol = node->data;

        if (!symbol->created) {
            ctl_fatal("no command creates the row \"%s\" (with --id=%s)",
                      node->name, node->name);
        }
        if (!symbol->strong_ref) {
            VLOG_WARN("nothing refers to the row \"%s\", which may therefore "
                      "be deleted at once",
                      node->name);
        }
    }
}

/* Runs all commands in the new transaction.  Returns false if one wants to be
 * run again when the database has changed. */
static bool
run_commands(struct session *s)
{
    for (size_t i = 0; i < s->n; i++) {
        bool try_again = false;

        call(s, i, s->commands[i].syntax->run, &try_again);
        if (try_again) {
            return false;
        }
    }
    check_symbols(s);
    return true;
}

static void
block(const struct session *s)
{
    const struct nwfctl *nwfctl = s->nwfctl;

    if (time_msec() >= nwfctl->deadline) {
        ctl_fatal("%s: not done within %u seconds", nwfctl->db,
                  nwfctl->timeout);
    }
    ovsdb_idl_wait(s->idl);
    poll_timer_wait_until(nwfctl->deadline);
    poll_block();
}

static enum ovsdb_idl_txn_status
commit(struct session *s)
{
    enum ovsdb_idl_txn_status status;

    while ((status = ovsdb_idl_txn_commit(s->txn)) == TXN_INCOMPLETE) {
        ovsdb_idl_run(s->idl);
        ovsdb_idl_txn_wait(s->txn);
        block(s);
    }
    return status;
}

static void
print_oneline(const struct ds *output)
{
    size_t length = output->length;

    while (length && output->string[length - 1] == '\n') {
        length--;
    }
    for (size_t i = 0; i < length; i++) {
        char c = output->string[i];

        if (c == '\n') {
            fputs("\\n", stdout);
        } else if (c == '\\') {
            fputs("\\\\", stdout);
        } else {
            putchar(c);
        }
    }
    putchar('\n');
}

static void
print_output(struct session *s)
{
    for (size_t i = 0; i < s->n; i++) {
        struct ctl_command *c = &s->commands[i];

        if (c->table) {
            table_print(c->table, &s->nwfctl->style);
        } else if (s->nwfctl->oneline) {
            print_oneline(&c->output);
        } else {
            fputs(ds_cstr(&c->output), stdout);
        }
        nwfctl_input_report(&s->inputs[i].diags);
    }
}

/* What follows the end of the transaction.  Returns false if it has to be
 * tried again. */
static bool
conclude(struct session *s, enum ovsdb_idl_txn_status status)
{
    bool try_again;

    switch (status) {
    case TXN_UNCHANGED:
    case TXN_SUCCESS:
        for (size_t i = 0; i < s->n; i++) {
            call(s, i, s->commands[i].syntax->postprocess, &try_again);
        }
        return true;

    case TXN_TRY_AGAIN:
        return false;

    case TXN_ERROR:
        ctl_fatal("transaction error: %s", ovsdb_idl_txn_get_error(s->txn));

    case TXN_ABORTED:
    case TXN_NOT_LOCKED:
    case TXN_UNCOMMITTED:
    case TXN_INCOMPLETE:
    default:
        OVS_NOT_REACHED();
    }
}

/* Tries the transaction with the database as it is now.  Returns false if
 * that was too early, or another client was faster. */
static bool
attempt(struct session *s)
{
    bool done;

    reset_output(s);
    s->symtab = ovsdb_symbol_table_create();
    s->txn = ovsdb_idl_txn_create(s->idl);
    if (s->nwfctl->dry_run) {
        ovsdb_idl_txn_set_dry_run(s->txn);
    }
    /* Goes into the database's log; long lists of entries need not. */
    ovsdb_idl_txn_add_comment(s->txn, "nwfctl: %.500s", s->args);

    done = run_commands(s);
    if (done) {
        done = conclude(s, commit(s));
    } else {
        ovsdb_idl_txn_abort(s->txn);
    }
    ovsdb_idl_txn_destroy(s->txn);
    ovsdb_symbol_table_destroy(s->symtab);
    s->txn = NULL;
    s->symtab = NULL;
    return done;
}

static void
connect_database(struct session *s)
{
    struct nwfctl *nwfctl = s->nwfctl;
    bool unused;

    s->idl = ovsdb_idl_create_unconnected(&nwrec_idl_class, false);
    ovsdb_idl_set_shuffle_remotes(s->idl, nwfctl->shuffle_remotes);
    ovsdb_idl_set_leader_only(s->idl, nwfctl->leader_only);
    ovsdb_idl_set_db_change_aware(s->idl, false);
    ovsdb_idl_set_remote(s->idl, nwfctl->db, nwfctl->retry);
    for (size_t i = 0; i < s->n; i++) {
        call(s, i, s->commands[i].syntax->prerequisites, &unused);
    }
}

/* Waits until the database differs from '*seqnop'. */
static void
wait_for_database(struct session *s, unsigned int *seqnop)
{
    for (;;) {
        ovsdb_idl_run(s->idl);
        if (!ovsdb_idl_is_alive(s->idl)) {
            int error = ovsdb_idl_get_last_error(s->idl);

            ctl_fatal("%s: database connection failed (%s)", s->nwfctl->db,
                      ovs_retval_to_string(error));
        }
        if (*seqnop != ovsdb_idl_get_seqno(s->idl)) {
            *seqnop = ovsdb_idl_get_seqno(s->idl);
            return;
        }
        block(s);
    }
}

/* Editors run before the transaction: while somebody types, the session with
 * the database has to be kept alive, which a transaction forbids. */
static void
prepare_edits(struct session *s)
{
    for (size_t i = 0; i < s->n; i++) {
        if (nwfctl_command_is_edit(&s->commands[i])) {
            struct nwfctl_context ctx;

            context_init(&ctx, s, i);
            nwfctl_edit_prepare(&ctx);
            ctl_context_done(&ctx.base, &s->commands[i]);
        }
    }
}

void
nwfctl_run_transaction(struct nwfctl *nwfctl, struct ctl_command *commands,
                       size_t n, const char *args)
{
    struct session s = {
        .nwfctl = nwfctl,
        .commands = commands,
        .inputs = xcalloc(n, sizeof *s.inputs),
        .n = n,
        .args = args,
    };
    unsigned int seqno;

    for (size_t i = 0; i < n; i++) {
        ds_init(&commands[i].output);
        commands[i].table = NULL;
        nwfctl_input_init(&s.inputs[i]);
    }
    connect_database(&s);
    seqno = ovsdb_idl_get_seqno(s.idl);
    wait_for_database(&s, &seqno);
    prepare_edits(&s);
    while (!attempt(&s)) {
        wait_for_database(&s, &seqno);
    }
    print_output(&s);

    reset_output(&s);
    for (size_t i = 0; i < n; i++) {
        ds_destroy(&commands[i].output);
        nwfctl_input_uninit(&s.inputs[i]);
    }
    free(s.inputs);
    ovsdb_idl_destroy(s.idl);
}
