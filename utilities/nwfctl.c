/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "command-line.h"
#include "controller/rundir.h"
#include "fatal-signal.h"
#include "openvswitch/vlog.h"
#include "ovsdb-idl.h"
#include "ovsdb/nwfilter-idl.h"
#include "process.h"
#include "stream-ssl.h"
#include "svec.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(nwfctl);

enum {
    OPT_DB = UCHAR_MAX + 1,
    OPT_CTL,
    OPT_ONELINE,
    OPT_NO_SYSLOG,
    OPT_WAIT,
    OPT_NO_WAIT,
    OPT_DRY_RUN,
    OPT_RETRY,
    OPT_LEADER_ONLY,
    OPT_NO_LEADER_ONLY,
    OPT_SHUFFLE_REMOTES,
    OPT_NO_SHUFFLE_REMOTES,
    OPT_COMMANDS,
    OPT_OPTIONS,
    OPT_BOOTSTRAP_CA_CERT,
    OPT_PEER_CA_CERT,
    OPT_LOCAL,
    VLOG_OPTION_ENUMS,
    TABLE_OPTION_ENUMS,
    SSL_OPTION_ENUMS,
};

static const struct option global_options[] = {
    { "db", required_argument, NULL, OPT_DB },
    { "ctl", required_argument, NULL, OPT_CTL },
    { "oneline", no_argument, NULL, OPT_ONELINE },
    { "no-syslog", no_argument, NULL, OPT_NO_SYSLOG },
    { "wait", no_argument, NULL, OPT_WAIT },
    { "no-wait", no_argument, NULL, OPT_NO_WAIT },
    { "dry-run", no_argument, NULL, OPT_DRY_RUN },
    { "retry", no_argument, NULL, OPT_RETRY },
    { "timeout", required_argument, NULL, 't' },
    { "leader-only", no_argument, NULL, OPT_LEADER_ONLY },
    { "no-leader-only", no_argument, NULL, OPT_NO_LEADER_ONLY },
    { "shuffle-remotes", no_argument, NULL, OPT_SHUFFLE_REMOTES },
    { "no-shuffle-remotes", no_argument, NULL, OPT_NO_SHUFFLE_REMOTES },
    { "commands", no_argument, NULL, OPT_COMMANDS },
    { "options", no_argument, NULL, OPT_OPTIONS },
    { "help", no_argument, NULL, 'h' },
    { "version", no_argument, NULL, 'V' },
    VLOG_LONG_OPTIONS,
    TABLE_LONG_OPTIONS,
    STREAM_SSL_LONG_OPTIONS,
    { "bootstrap-ca-cert", required_argument, NULL, OPT_BOOTSTRAP_CA_CERT },
    { "peer-ca-cert", required_argument, NULL, OPT_PEER_CA_CERT },
    { NULL, 0, NULL, 0 },
};

static void
set_string(char **stringp, const char *value)
{
    free(*stringp);
    *stringp = xstrdup(value);
}

static void
set_defaults(struct nwfctl *nwfctl)
{
    const char *env = getenv("OVS_CTL_TIMEOUT");

    if (!nwfctl->db) {
        nwfctl->db = rundir_policy_remote();
    }
    if (!nwfctl->control_socket) {
        nwfctl->control_socket = rundir_control_socket();
    }
    if (!nwfctl->timeout && env) {
        str_to_uint(env, 10, &nwfctl->timeout);
    }
    nwfctl->deadline = nwfctl->timeout ? time_msec() + nwfctl->timeout * 1000LL
                                       : LLONG_MAX;
}

/* Options that print something and end the program. */
static void
handle_query(struct nwfctl *nwfctl, int option)
{
    switch (option) {
    case 'h':
        set_defaults(nwfctl);
        nwfctl_usage(nwfctl);

    case 'V':
        ovs_print_version(0, 0);
        printf("DB Schema %s\n", nwrec_get_db_version());
        exit(EXIT_SUCCESS);

    case OPT_COMMANDS:
        ctl_print_commands();
        break;

    case OPT_OPTIONS:
        ctl_print_options(global_options);
        break;

    case '?':
        exit(EXIT_FAILURE);
    }
}

static void
handle_connection_option(struct nwfctl *nwfctl, int option)
{
    switch (option) {
    case OPT_DB:
        set_string(&nwfctl->db, optarg);
        break;

    case OPT_CTL:
        set_string(&nwfctl->control_socket, optarg);
        break;

    case OPT_RETRY:
        nwfctl->retry = true;
        break;

    case OPT_LEADER_ONLY:
    case OPT_NO_LEADER_ONLY:
        nwfctl->leader_only = option == OPT_LEADER_ONLY;
        break;

    case OPT_SHUFFLE_REMOTES:
    case OPT_NO_SHUFFLE_REMOTES:
        nwfctl->shuffle_remotes = option == OPT_SHUFFLE_REMOTES;
        break;

    case 't':
        nwfctl->timeout = nwfctl_parse_timeout(optarg);
        break;

    case OPT_PEER_CA_CERT:
        stream_ssl_set_peer_ca_cert_file(optarg);
        break;

    case OPT_BOOTSTRAP_CA_CERT:
        stream_ssl_set_ca_cert_file(optarg, true);
        break;

        STREAM_SSL_OPTION_HANDLERS
    }
}

static void
handle_option(struct nwfctl *nwfctl, int option)
{
    switch (option) {
    case OPT_ONELINE:
        nwfctl->oneline = true;
        break;

    case OPT_NO_SYSLOG:
        vlog_set_levels(&this_module, VLF_SYSLOG, VLL_WARN);
        break;

    case OPT_WAIT:
    case OPT_NO_WAIT:
        nwfctl->wait = option == OPT_WAIT;
        break;

    case OPT_DRY_RUN:
        nwfctl->dry_run = true;
        break;

        VLOG_OPTION_HANDLERS
        TABLE_OPTION_HANDLERS(&nwfctl->style)

    default:
        handle_query(nwfctl, option);
        handle_connection_option(nwfctl, option);
        break;
    }
}

static void
add_local_option(const struct option *option, struct shash *local_options)
{
    char *name = xasprintf("--%s", option->name);

    if (shash_find(local_options, name)) {
        ctl_fatal("option '%s' is given more than once", name);
    }
    shash_add_nocopy(local_options, name, nullable_xstrdup(optarg));
}

/* Reads the global options, and those that stand before the first command
 * into 'local_options'.  Afterwards 'optind' is the first command's index. */
static void
parse_options(struct nwfctl *nwfctl, int argc, char *argv[],
              struct shash *local_options)
{
    char *shorts = ovs_cmdl_long_options_to_short_options(global_options);
    char *short_options = xasprintf("+%s", shorts);
    size_t allocated = ARRAY_SIZE(global_options);
    size_t n_global = allocated - 1;
    size_t n = n_global;
    struct option *options = xmemdup(global_options, sizeof global_options);

    ctl_add_cmd_options(&options, &n, &allocated, OPT_LOCAL);
    for (;;) {
        int idx;
        int c = getopt_long(argc, argv, short_options, options, &idx);

        if (c == -1) {
            break;
        } else if (c == OPT_LOCAL) {
            add_local_option(&options[idx], local_options);
        } else {
            handle_option(nwfctl, c);
        }
    }
    for (size_t i = n_global; options[i].name; i++) {
        free(CONST_CAST(char *, options[i].name));
    }
    free(options);
    free(short_options);
    free(shorts);
}

/* Returns how many of the commands, at the front, are of the database. 'names'
 * has their names for messages. */
static size_t
count_database_commands(const struct ctl_command *commands, size_t n,
                        const struct svec *names)
{
    size_t n_database = 0;

    for (size_t i = 0; i < n; i++) {
        switch (nwfctl_command_kind(&commands[i])) {
        case NWFCTL_OFFLINE:
            ctl_fatal("'%s' can not be combined with other commands",
                      names->names[i]);

        case NWFCTL_DATABASE:
            if (i > n_database) {
                ctl_fatal("'%s' has to stand before '%s', which waits for "
                          "the daemon",
                          names->names[i], names->names[n_database]);
            }
            n_database++;
            break;

        case NWFCTL_DAEMON:
            break;
        }
    }
    return n_database;
}

static int
run_commands(struct nwfctl *nwfctl, struct ctl_command *commands, size_t n,
             const struct svec *names, const char *args)
{
    int status = EXIT_SUCCESS;
    size_t n_database;

    if (n == 1 && nwfctl_command_kind(&commands[0]) == NWFCTL_OFFLINE) {
        return nwfctl_run_offline(&commands[0]);
    }
    n_database = count_database_commands(commands, n, names);
    if (n_database) {
        nwfctl_run_transaction(nwfctl, commands, n_database, args);
        if (nwfctl->wait) {
            nwfctl_sync(nwfctl);
        }
    }
    for (size_t i = n_database; i < n; i++) {
        int one = nwfctl_run_daemon(nwfctl, &commands[i]);

        status = MAX(status, one);
    }
    return status;
}

static int
parse_and_run(struct nwfctl *nwfctl, int argc, char *argv[],
              struct shash *local_options, const char *args)
{
    struct ctl_command *commands;
    struct svec normal, names;
    size_t n_commands;
    char *error;
    int status;

    nwfctl_normalize_args(argc, argv, &normal, &names);
    error = ctl_parse_commands(normal.n, normal.names, local_options,
                               &commands, &n_commands);
    if (error) {
        ctl_fatal("%s", error);
    }
    VLOG(ctl_might_write_to_db(commands, n_commands) ? VLL_INFO : VLL_DBG,
         "Called as %s", args);
    status = run_commands(nwfctl, commands, n_commands, &names, args);

    for (size_t i = 0; i < n_commands; i++) {
        shash_destroy_free_data(&commands[i].options);
    }
    free(commands);
    svec_destroy(&normal);
    svec_destroy(&names);
    return status;
}

void
nwfctl_check_output(void)
{
    struct pollfd output = { .fd = STDOUT_FILENO };

    if (!fflush(stdout) && !ferror(stdout)) {
        return;
    }

    int error = errno;

    if (poll(&output, 1, 0) > 0 && output.revents & (POLLERR | POLLHUP)) {
        exit(EXIT_FAILURE);
    }
    ctl_fatal("standard output: %s", ovs_strerror(error));
}

int
main(int argc, char *argv[])
{
    struct nwfctl nwfctl = {
        .leader_only = true,
        .shuffle_remotes = true,
        .style = TABLE_STYLE_DEFAULT,
    };
    struct shash local_options = SHASH_INITIALIZER(&local_options);
    char *args;
    int status;

    ovs_set_program_name(argv[0], VERSION);
    fatal_ignore_sigpipe();
    vlog_set_levels(NULL, VLF_CONSOLE, VLL_WARN);
    vlog_set_levels_from_string_assert("reconnect:warn");
    nwfctl_register_commands();

    args = process_escape_args(argv);
    parse_options(&nwfctl, argc, argv, &local_options);
    set_defaults(&nwfctl);
    status = parse_and_run(&nwfctl, argc - optind, argv + optind,
                           &local_options, args);

    nwfctl_check_output();
    shash_destroy_free_data(&local_options);
    free(nwfctl.db);
    free(nwfctl.control_socket);
    free(args);
    return status;
}
