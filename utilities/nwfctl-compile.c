/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl-offline.h"

#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/flow-table.h"
#include "flows/flow.h"
#include "flows/pipeline.h"
#include "flows/predicate.h"
#include "flows/program.h"
#include "flows/rule-origin.h"
#include "flows/set-rows.h"
#include "util.h"
#include "utilities/nwfctl-set.h"
#include "utilities/nwfctl.h"
#include "xml/filter.h"
#include "xml/ipset.h"
#include "xml/value.h"
#include "xml/vars.h"

enum {
    EXAMPLE_PORT = 1, /* OpenFlow port of the port's own flows. */
};

struct compile_options {
    const char *filter;
    bool compat;
    struct nw_vars vars;
    struct shash sets; /* Contains "struct nwfctl_set"s. */
    char **files;
    size_t n_files;
};

static void
refuse_option(const char *option, const char *error)
{
    if (error) {
        ctl_fatal("--%s: %s", option, error);
    }
}

/* "NAME=TYPE[;ENTRY]..." */
static void
parse_set(struct shash *sets, const char *text)
{
    char *rest = xstrdup(text);
    char *name = strsep(&rest, "=");
    const struct nw_set_type *type = NULL;
    struct nwfctl_set *set;
    char *error, *entry;

    if (!rest) {
        ctl_fatal("--set: '%s' is no address set: expected "
                  "NAME=TYPE[;ENTRY]...",
                  text);
    }
    error = nwfctl_set_check_name(name);
    if (!error) {
        type = nw_set_type_find(strsep(&rest, ";"), &error);
    }
    set = nwfctl_set_create(type);
    while (!error && (entry = strsep(&rest, ";")) != NULL) {
        error = nwfctl_set_members(type, entry, &set->members);
    }
    if (error || !shash_add_once(sets, name, set)) {
        ctl_fatal("--set: '%s': %s", name, error ? error : "given twice");
    }
    free(name);
}

static void
compile_options_uninit(struct compile_options *options)
{
    nwfctl_sets_destroy(&options->sets);
    nw_vars_uninit(&options->vars);
}

static void
compile_options_init(struct compile_options *options,
                     const struct ctl_command *command)
{
    static const struct option long_options[] = {
        { "mac", required_argument, NULL, 'm' },
        { "param", required_argument, NULL, 'p' },
        { "set", required_argument, NULL, 's' },
        { "filter", required_argument, NULL, 'f' },
        { "compat", no_argument, NULL, 'c' },
        { NULL, 0, NULL, 0 },
    };
    struct nw_vars params = NW_VARS_INITIALIZER;

    memset(options, 0, sizeof *options);
    shash_init(&options->sets);
    optind = 0;
    opterr = 0;
    for (;;) {
        int c = getopt_long(command->argc, command->argv, ":", long_options,
                            NULL);

        if (c == -1) {
            break;
        } else if (c == 'm') {
            refuse_option("mac", offline_set_mac(&options->vars, optarg));
        } else if (c == 'p') {
            refuse_option("param", offline_add_param(&params, optarg));
        } else if (c == 's') {
            parse_set(&options->sets, optarg);
        } else if (c == 'f') {
            options->filter = optarg;
        } else if (c == 'c') {
            options->compat = true;
        } else {
            ctl_fatal("'compile' command %s '%s' option",
                      c == ':' ? "needs a value for its" : "has no",
                      command->argv[optind - 1]);
        }
    }
    /* A parameter wins over the address that would be its default. */
    nw_vars_override(&options->vars, &params);
    nw_vars_uninit(&params);
    options->files = command->argv + optind;
    options->n_files = command->argc - optind;
    if (!options->filter || !options->n_files) {
        ctl_fatal("'compile' needs --filter=NAME and at least one file");
    }
}

/* Adds the rows of the set that 'p' is about.  Sets that nobody gave are told
 * of once and noted in 'missing'. */
static void
add_set_rows(const struct predicate *p, const struct shash *sets,
             struct sset *missing, struct flow_set *rows,
             struct nw_diags *diags)
{
    const struct nwfctl_set *set = shash_find_data(sets, p->use.set);
    const char *member;

    if (!set) {
        if (sset_add(missing, p->use.set)) {
            nw_error(diags, p->file, p->line,
                     "address set '%s' is not given: "
                     "--set='%s=TYPE;ENTRY;...'",
                     p->use.set, p->use.set);
        }
        return;
    }
    if (p->use.flags.n < set->type->n_dims) {
        nw_warning(diags, p->file, p->line,
                   "never matches: a set of type %s needs %" PRIuSIZE
                   " ipsetflags",
                   set->type->name, set->type->n_dims);
    }
    SSET_FOR_EACH (member, &set->members) {
        struct nw_set_entry entry;

        ignore(nw_set_entry_parse(set->type, member, &entry));
        set_rows_add(&p->use, set->type, &entry, rows);
    }
}

/* Adds everything that the switch gets for the filter, a port with these
 * parameters, and these sets. */
static void
make_flows(const struct program *program,
           const struct compile_options *options, struct flow_set *set,
           struct nw_diags *diags)
{
    const struct predicate *predicates;
    size_t n = program_predicates(program, &predicates);
    struct sset missing = SSET_INITIALIZER(&missing);
    const struct of_flow *flow;

    program_flows(program, program_default_id(program), set);
    for (size_t i = 0; i < n; i++) {
        if (predicates[i].use.set) {
            add_set_rows(&predicates[i], &options->sets, &missing, set, diags);
        } else {
            predicate_rows(&predicates[i], EXAMPLE_PORT, &options->vars, set,
                           diags);
        }
    }
    sset_destroy(&missing);
    FLOW_SET_FOR_EACH (flow, set) {
        char *error = of_flow_check(flow);

        if (error) {
            nw_error(diags, NULL, 0, "%s", error);
            free(error);
        }
    }
}

static const char *
find_set(const struct program *program, uint64_t cookie)
{
    const struct predicate *predicates;
    size_t n = program_predicates(program, &predicates);

    for (size_t i = 0; i < n; i++) {
        const char *set = predicates[i].use.set;

        if (set && set_rows_cookie(set) == cookie) {
            return set;
        }
    }
    OVS_NOT_REACHED();
}

/* What a flow with this cookie is there for; the caller frees it. */
static char *
explain(const struct program *program, uint64_t cookie)
{
    uint64_t id = of_cookie_id(cookie);
    const struct rule_origin *origin = NULL;

    switch (of_cookie_kind(cookie)) {
    case PL_K_RULE:
        origin = rule_origins_find(program_origins(program), id);
        break;
    case PL_K_PORT:
        return xasprintf("the addresses of the port");
    case PL_K_SET:
        return xasprintf("members of address set '%s'",
                         find_set(program, cookie));
    default:
        break;
    }
    return origin ? xasprintf("%s:%d: %s", origin->file, origin->line,
                              origin->text)
                  : xasprintf("from rule to rule");
}

/* Prints the flows with a comment behind each, which `ovs-ofctl add-flows'
 * skips. */
static void
print_flows(struct flow_set *set, const struct program *program)
{
    struct flow_table *table = flow_table_create();
    const struct of_flow **flows;
    int last_table = -1;
    size_t n;

    flow_table_replace(table, "all", set);
    n = flow_table_sorted(table, &flows);
    for (size_t i = 0; i < n; i++) {
        char *text = of_flow_to_string(flows[i]);
        char *rule = explain(program, flows[i]->cookie);
        char buf[32];

        if (flows[i]->table != last_table) {
            last_table = flows[i]->table;
            printf("%s# %s\n", i ? "\n" : "",
                   pipeline_table_name(last_table, buf));
        }
        printf("%s  # %s\n", text, rule);
        free(rule);
        free(text);
    }
    free(flows);
    flow_table_destroy(table);
}

static void
compile_filter(const struct nw_filter *top, struct offline *offline,
               const struct compile_options *options)
{
    const struct program_limits limits = {
        .max_flows = PROGRAM_MAX_FLOWS_DEFAULT,
    };
    struct flow_set set = { .flows = HMAP_INITIALIZER(&set.flows) };
    struct program *program;

    program = program_build(top, catalog_find, &offline->catalog,
                            &options->vars, &limits, &offline->diags);
    if (program_is_ok(program)) {
        make_flows(program, options, &set, &offline->diags);
    }
    if (!offline->diags.n_errors) {
        print_flows(&set, program);
    }
    program_destroy(program);
    flow_set_uninit(&set);
}

int
nwfctl_compile(const struct ctl_command *command)
{
    struct compile_options options;
    struct offline offline;
    int status;

    compile_options_init(&options, command);
    offline_init(&offline, options.n_files, options.files, options.compat);
    if (!offline.diags.n_errors) {
        const struct nw_filter *top = catalog_find(options.filter,
                                                   &offline.catalog);

        if (!top) {
            ctl_fatal("no file defines the filter '%s'", options.filter);
        }
        compile_filter(top, &offline, &options);
    }
    status = offline.diags.n_errors ? EXIT_FAILURE : EXIT_SUCCESS;
    fflush(stdout);
    nw_diags_print(&offline.diags, stderr);
    offline_uninit(&offline);
    compile_options_uninit(&options);
    return status;
}

const struct ctl_command_syntax nwfctl_compile_commands[] = {
    { "compile", 1, INT_MAX,
      "[--compat] [--mac=MAC] [--param=NAME=VALUE]... "
      "[--set=NAME=TYPE]... --filter=FILTER FILE...",
      NULL, NULL, NULL, "", RO },
    { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO },
};
