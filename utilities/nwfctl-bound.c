/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl-bound.h"

#include <stdlib.h>
#include <string.h>

#include "flows/predicate.h"
#include "flows/program.h"
#include "learning/learner.h"
#include "ovsdb-idl.h"
#include "ovsdb/nwfilter-idl.h"
#include "smap.h"
#include "sset.h"
#include "util.h"
#include "utilities/nwfctl-catalog.h"
#include "xml/binding.h"
#include "xml/diag.h"
#include "xml/filter-graph.h"
#include "xml/filter.h"
#include "xml/vars.h"

enum {
    /* Programs that are compiled at most.  Bindings that need more differ in
     * values that are part of the flows, such as ports: those beyond are not
     * checked. */
    MAX_PROGRAMS = 50,
};

/* Bindings that fail alike. */
struct failure {
    struct nw_diag reason;
    char *filter; /* That they are bound to. */
    char *port;   /* The first of their ports. */
    size_t n;
};

struct attempt {
    struct program *program;
    char *filter;
    struct nw_diags diags; /* Why it could not be compiled. */
};

struct bound {
    const struct ctl_context *ctx;
    struct catalog *catalog;
    struct attempt attempts[MAX_PROGRAMS];
    size_t n_attempts;
    struct shash failures; /* "struct failure", by filter and reason. */
};

void
nwfctl_bound_prerequisites(struct ctl_context *ctx)
{
    ovsdb_idl_add_column(ctx->idl, &nwrec_binding_col_port);
    ovsdb_idl_add_column(ctx->idl, &nwrec_binding_col_filter);
    ovsdb_idl_add_column(ctx->idl, &nwrec_binding_col_mac);
    ovsdb_idl_add_column(ctx->idl, &nwrec_binding_col_params);
    ovsdb_idl_add_column(ctx->idl, &nwrec_address_set_col_name);
}

static void
bound_init(struct bound *b, const struct ctl_context *ctx,
           struct catalog *catalog)
{
    b->ctx = ctx;
    b->catalog = catalog;
    b->n_attempts = 0;
    shash_init(&b->failures);
}

static void
bound_uninit(struct bound *b)
{
    struct shash_node *node;

    for (size_t i = 0; i < b->n_attempts; i++) {
        program_destroy(b->attempts[i].program);
        free(b->attempts[i].filter);
        nw_diags_clear(&b->attempts[i].diags);
    }
    SHASH_FOR_EACH (node, &b->failures) {
        struct failure *failure = node->data;

        free(failure->reason.file);
        free(failure->reason.text);
        free(failure->filter);
        free(failure->port);
        free(failure);
    }
    shash_destroy(&b->failures);
}

static void
note_failure(struct bound *b, const char *filter, const char *port,
             const struct nw_diags *diags)
{
    const struct nw_diag *reason = diags->items;
    struct failure *failure;
    char *text, *key;

    while (reason->severity != NW_ERROR) {
        reason++;
    }
    text = nw_diag_format(reason);
    key = xasprintf("%s %s", filter, text);
    failure = shash_find_data(&b->failures, key);
    if (!failure) {
        failure = xzalloc(sizeof *failure);
        failure->reason = *reason;
        failure->reason.file = nullable_xstrdup(reason->file);
        failure->reason.text = xstrdup(reason->text);
        failure->filter = xstrdup(filter);
        shash_add(&b->failures, key, failure);
    }
    if (!failure->port || strcmp(port, failure->port) < 0) {
        free(failure->port);
        failure->port = xstrdup(port);
    }
    failure->n++;
    free(key);
    free(text);
}

/* The program of a port that has 'vars'; NULL if there are too many. */
static const struct attempt *
find_attempt(struct bound *b, const struct nw_filter *top,
             const struct nw_vars *vars)
{
    const struct program_limits limits = {
        .max_flows = PROGRAM_MAX_FLOWS_DEFAULT,
    };
    struct attempt *attempt = b->attempts;

    for (; attempt < &b->attempts[b->n_attempts]; attempt++) {
        if (!strcmp(attempt->filter, top->name)
            && program_fits(attempt->program, vars)) {
            return attempt;
        }
    }
    if (b->n_attempts >= MAX_PROGRAMS) {
        return NULL;
    }
    b->n_attempts++;
    memset(attempt, 0, sizeof *attempt);
    attempt->filter = xstrdup(top->name);
    attempt->program = program_build(top, catalog_find, b->catalog, vars,
                                     &limits, &attempt->diags);
    return attempt;
}

static bool
set_exists(const struct bound *b, const char *name)
{
    const struct nwrec_address_set *row;

    NWREC_ADDRESS_SET_FOR_EACH (row, b->ctx->idl) {
        if (!strcmp(row->name, name)) {
            return true;
        }
    }
    return false;
}

/* What is the port's own: values of its addresses, and address sets. */
static void
check_rows(const struct bound *b, const struct program *program,
           const struct nw_vars *vars, struct nw_diags *diags)
{
    const struct predicate *predicates;
    size_t n = program_predicates(program, &predicates);

    for (size_t i = 0; i < n; i++) {
        const struct predicate *p = &predicates[i];

        if (!p->use.set) {
            predicate_check(p, vars, diags);
        } else if (!set_exists(b, p->use.set)) {
            nw_error(diags, p->file, p->line,
                     "address set '%s' does not exist", p->use.set);
        }
    }
}

/* An address that will be learned stands for itself. */
static void
assume_learned(struct nw_vars *vars, const char *name, const char *control,
               const char *mode, const char *address)
{
    const struct nw_var *var = nw_vars_find(vars, control);
    enum learner_mode how;

    if (!nw_vars_find(vars, name)
        && learner_mode_from_string(var ? var->values[0] : mode, &how)
        && how != LEARNER_NONE) {
        nw_vars_set(vars, name, address);
    }
}

/* As controller/port-policy.c has it of a port. */
static void
add_defaults(struct nw_vars *vars, const char *mac)
{
    if (mac[0] && !nw_vars_find(vars, "MAC")) {
        nw_vars_set(vars, "MAC", mac);
    }
    assume_learned(vars, "IP", "CTRL_IP_LEARNING", "any", "192.0.2.1");
    assume_learned(vars, "IPV6", "CTRL_IPV6_LEARNING", "none", "2001:db8::1");
}

static void
check_port(struct bound *b, const struct nw_filter *top, const char *port,
           const struct nw_vars *vars)
{
    const struct attempt *attempt = find_attempt(b, top, vars);

    if (attempt && !program_is_ok(attempt->program)) {
        note_failure(b, top->name, port, &attempt->diags);
    } else if (attempt) {
        struct nw_diags diags = { .n = 0 };

        check_rows(b, attempt->program, vars, &diags);
        if (diags.n_errors) {
            note_failure(b, top->name, port, &diags);
        }
        nw_diags_clear(&diags);
    }
}

/* A parameter that is not legal is an error by itself. */
static void
check_row(struct bound *b, const struct nwrec_binding *row)
{
    const struct nw_filter *top = catalog_find(row->filter, b->catalog);
    struct nw_vars vars = NW_VARS_INITIALIZER;
    const struct smap_node *node;
    bool ok = top != NULL;

    SMAP_FOR_EACH (node, &row->params) {
        ok = nw_vars_append_list(&vars, node->key, node->value) && ok;
    }
    if (ok) {
        add_defaults(&vars, row->mac);
        check_port(b, top, row->port, &vars);
    }
    nw_vars_uninit(&vars);
}

/* By their ports' names: what is said of one may depend on which were compiled
 * before. */
static void
check_rows_in_order(struct bound *b, const struct shash *rows)
{
    const struct shash_node **nodes = shash_sort(rows);

    for (size_t i = 0; i < shash_count(rows); i++) {
        check_row(b, nodes[i]->data);
    }
    free(nodes);
}

/* The new definition, and its line, that the failure is to be told of: where
 * it fails, or one that the filter which fails depends on. */
static const struct nw_filter *
find_place(const struct bound *b, const struct failure *failure,
           struct nw_filter **filters, size_t n, int *linep)
{
    const struct nw_filter *top = catalog_find(failure->filter, b->catalog);

    for (size_t i = 0; i < n; i++) {
        if (failure->reason.file
            && !strcmp(filters[i]->file, failure->reason.file)) {
            *linep = failure->reason.line;
            return filters[i];
        }
    }
    *linep = 1;
    for (size_t i = 0; i < n; i++) {
        if (!strcmp(filters[i]->name, top->name)
            || nw_filter_reaches(top, filters[i]->name, catalog_find,
                                 b->catalog)) {
            return filters[i];
        }
    }
    OVS_NOT_REACHED();
}

static char *
format_reason(const struct nw_diag *reason)
{
    return reason->file ? xasprintf("%s:%d: %s", reason->file, reason->line,
                                    reason->text)
                        : xstrdup(reason->text);
}

static char *
format_ports(const struct failure *failure)
{
    return failure->n == 1 ? xasprintf("port '%s'", failure->port)
                           : xasprintf("port '%s' and %" PRIuSIZE " more",
                                       failure->port, failure->n - 1);
}

static void
tell(const struct bound *b, struct nw_filter **filters, size_t n,
     struct nw_diags *diags)
{
    const struct shash_node **nodes = shash_sort(&b->failures);

    for (size_t i = 0; i < shash_count(&b->failures); i++) {
        const struct failure *failure = nodes[i]->data;
        int line;
        const struct nw_filter *filter = find_place(b, failure, filters, n,
                                                    &line);
        bool here = failure->reason.file
                    && !strcmp(filter->file, failure->reason.file);
        char *why = here ? xstrdup(failure->reason.text)
                         : format_reason(&failure->reason);
        char *ports = format_ports(failure);

        nw_warning(diags, filter->file, line,
                   "[D19] %s, bound to filter '%s', can not use this: %s; "
                   "the last good policy stays in force, and nwfilter-status "
                   "says so; libvirt keeps the old definition",
                   ports, failure->filter, why);
        free(ports);
        free(why);
    }
    free(nodes);
}

void
nwfctl_bound_check_filters(const struct ctl_context *ctx,
                           struct catalog *catalog, struct nw_filter **filters,
                           size_t n, struct nw_diags *diags)
{
    struct sset names = SSET_INITIALIZER(&names);
    struct shash rows = SHASH_INITIALIZER(&rows);
    const struct nwrec_binding *row;
    struct bound b;

    if (!nwrec_binding_first(ctx->idl)) {
        return;
    }
    bound_init(&b, ctx, catalog);
    for (size_t i = 0; i < n; i++) {
        sset_add(&names, filters[i]->name);
    }
    catalog_add_users(catalog, &names);
    NWREC_BINDING_FOR_EACH (row, ctx->idl) {
        if (sset_contains(&names, row->filter)) {
            shash_add(&rows, row->port, row);
        }
    }
    check_rows_in_order(&b, &rows);
    tell(&b, filters, n, diags);
    sset_destroy(&names);
    shash_destroy(&rows);
    bound_uninit(&b);
}

void
nwfctl_bound_check_binding(const struct ctl_context *ctx,
                           struct catalog *catalog,
                           const struct nw_binding *binding, const char *file,
                           bool replaces, struct nw_diags *diags)
{
    const struct nw_filter *top = catalog_find(binding->filter, catalog);
    struct shash_node *node;
    struct nw_vars vars;
    struct bound b;

    if (!top) {
        return;
    }
    bound_init(&b, ctx, catalog);
    nw_vars_clone(&vars, &binding->params);
    add_defaults(&vars, binding->mac);
    check_port(&b, top, binding->portdev, &vars);
    nw_vars_uninit(&vars);
    SHASH_FOR_EACH (node, &b.failures) {
        const struct failure *failure = node->data;
        char *why = format_reason(&failure->reason);

        nw_warning(diags, file, binding->filter_line,
                   "%sport '%s' can not use filter '%s' with these "
                   "parameters: %s; its last good policy stays in force, or "
                   "it is closed, and nwfilter-status says so",
                   replaces ? "[D19] " : "", binding->portdev, binding->filter,
                   why);
        free(why);
    }
    bound_uninit(&b);
}
