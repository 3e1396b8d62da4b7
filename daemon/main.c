/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* ovs-nwfilterd: the command line, and the loop. */

#include <config.h>

#include <getopt.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "command-line.h"
#include "controller/rundir.h"
#include "daemon/daemon.h"
#include "dirs.h"
#include "fatal-signal.h"
#include "lib/daemon.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vconn.h"
#include "openvswitch/vlog.h"
#include "socket-util.h"
#include "stream-ssl.h"
#include "stream.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(main);

struct options {
    char *ovs_remote;
    char *unixctl_path;
};

OVS_NO_RETURN static void
usage(void)
{
    printf("%s: libvirt network filters, as Open vSwitch flows\n"
           "usage: %s [OPTIONS] [OVS-DATABASE]\n"
           "where OVS-DATABASE is a socket on which ovsdb-server is "
           "listening\n(default: \"unix:/var/run/openvswitch/db.sock\").\n",
           program_name, program_name);
    stream_usage("OVS-DATABASE", true, false, true);
    daemon_usage();
    vlog_usage();
    printf("\nOther options:\n"
           "  --peer-ca-cert=FILE     certificate to send to peers\n"
           "  --unixctl=SOCKET        override default control socket name\n"
           "  -h, --help              display this help message\n"
           "  -V, --version           display version information\n");
    exit(EXIT_SUCCESS);
}

static void
parse_options(int argc, char *argv[], struct options *options)
{
    enum {
        OPT_UNIXCTL = UCHAR_MAX + 1,
        OPT_BOOTSTRAP_CA_CERT,
        OPT_PEER_CA_CERT,
        VLOG_OPTION_ENUMS,
        DAEMON_OPTION_ENUMS,
        SSL_OPTION_ENUMS,
    };
    static const struct option long_options[] = {
        { "unixctl", required_argument, NULL, OPT_UNIXCTL },
        { "help", no_argument, NULL, 'h' },
        { "version", no_argument, NULL, 'V' },
        { "bootstrap-ca-cert", required_argument, NULL,
          OPT_BOOTSTRAP_CA_CERT },
        { "peer-ca-cert", required_argument, NULL, OPT_PEER_CA_CERT },
        DAEMON_LONG_OPTIONS,
        VLOG_LONG_OPTIONS,
        STREAM_SSL_LONG_OPTIONS,
        { NULL, 0, NULL, 0 },
    };
    char *short_options = ovs_cmdl_long_options_to_short_options(long_options);
    int c;

    while ((c = getopt_long(argc, argv, short_options, long_options, NULL))
           != -1) {
        switch (c) {
        case OPT_UNIXCTL:
            free(options->unixctl_path);
            options->unixctl_path = xstrdup(optarg);
            break;
        case 'h':
            usage();
        case 'V':
            ovs_print_version(0, 0);
            exit(EXIT_SUCCESS);
        case OPT_BOOTSTRAP_CA_CERT:
            stream_ssl_set_ca_cert_file(optarg, true);
            break;
        case OPT_PEER_CA_CERT:
            stream_ssl_set_peer_ca_cert_file(optarg);
            break;
            VLOG_OPTION_HANDLERS
            DAEMON_OPTION_HANDLERS
            STREAM_SSL_OPTION_HANDLERS
        case '?':
            exit(EXIT_FAILURE);
        default:
            abort();
        }
    }
    free(short_options);
    if (argc - optind > 1) {
        VLOG_FATAL("database socket is the only non-option argument; "
                   "use --help for usage");
    }
    options->ovs_remote = (optind < argc ? xstrdup(argv[optind])
                                         : rundir_local_remote());
}

static void
request_exit(struct unixctl_conn *conn, int argc OVS_UNUSED,
             const char *argv[] OVS_UNUSED, void *exiting_)
{
    bool *exiting = exiting_;

    *exiting = true;
    unixctl_command_reply(conn, NULL);
}

/* Where commands come in. */
struct control {
    struct unixctl_server *own;    /* Of --unixctl, or in our run directory. */
    struct unixctl_server *appctl; /* Where `ovs-appctl -t ovs-nwfilterd' looks
                                    * for it, or NULL. */
};

/* A second daemon would take the first one's socket. */
static void
refuse_if_taken(const char *path)
{
    char *abs_path = abs_file_name(ovs_rundir(), path);
    int fd = make_unix_socket(SOCK_STREAM, false, NULL, abs_path);

    if (fd >= 0) {
        VLOG_FATAL("%s: somebody answers there; is ovs-nwfilterd running "
                   "already?",
                   abs_path);
    }
    free(abs_path);
}

/* ovs-appctl(8) finds a program by its pidfile, in Open vSwitch's run
 * directory, where the socket has the process id in its name. */
static void
control_init(struct control *control, const char *path)
{
    char *own = path ? xstrdup(path) : rundir_control_socket();

    refuse_if_taken(own);
    if (unixctl_server_create(own, &control->own)) {
        exit(EXIT_FAILURE);
    }
    if (path || unixctl_server_create(NULL, &control->appctl)) {
        control->appctl = NULL;
    }
    free(own);
}

static void
control_run(struct control *control)
{
    unixctl_server_run(control->own);
    unixctl_server_run(control->appctl);
}

static void
control_wait(struct control *control)
{
    unixctl_server_wait(control->own);
    unixctl_server_wait(control->appctl);
}

static void
control_uninit(struct control *control)
{
    unixctl_server_destroy(control->own);
    unixctl_server_destroy(control->appctl);
}

static void
run(struct daemon *d, struct control *control, const bool *exiting)
{
    while (!*exiting) {
        daemon_run(d);
        control_run(control);
        if (*exiting) {
            break;
        }
        control_wait(control);
        daemon_block(d);
        if (should_service_stop()) {
            break;
        }
    }
}

int
main(int argc, char *argv[])
{
    struct options options = { .ovs_remote = NULL };
    struct control control;
    bool exiting = false;

    ovs_set_program_name(argv[0], VERSION);
    service_start(&argc, &argv);
    ovs_cmdl_proctitle_init(argc, argv);
    parse_options(argc, argv, &options);
    fatal_ignore_sigpipe();

    daemon_become_new_user(false);
    daemonize_start(false);
    control_init(&control, options.unixctl_path);

    struct daemon *d = daemon_create(options.ovs_remote);

    unixctl_command_register("exit", "", 0, 0, request_exit, &exiting);
    daemon_register_commands(d);
    daemonize_complete();
    run(d, &control, &exiting);

    daemon_destroy(d);
    control_uninit(&control);
    service_stop();
    free(options.ovs_remote);
    free(options.unixctl_path);
    return 0;
}
