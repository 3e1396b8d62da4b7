/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/nwfctl.h"

#include <ctype.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/ctl-client.h"
#include "controller/nwfctl-annotate.h"
#include "timeval.h"
#include "util.h"

/* Sends 'method' with 'n' arguments.  Exits with a message if it fails,
 * otherwise returns the daemon's text, which the caller frees. */
static char *
ask(const struct nwfctl *nwfctl, const char *method, char **args, size_t n)
{
    char *text;
    char *error = ctl_client_call(nwfctl->control_socket, method, args, n,
                                  nwfctl->deadline, &text);

    if (error) {
        ctl_fatal("%s", error);
    }
    return text;
}

/* Prints what the daemon says to the command, whose method has its name. */
static void
relay(struct nwfctl *nwfctl, const struct ctl_command *command)
{
    char *method = xasprintf("nwfilter/%s", command->syntax->name);
    char *text = ask(nwfctl, method, command->argv + 1, command->argc - 1);
    size_t len = strlen(text);

    fwrite(text, 1, len, stdout);
    if (len && text[len - 1] != '\n') {
        putchar('\n');
    }
    free(text);
    free(method);
}

/* The report's last line says whether all is well. */
static void
fsck(struct nwfctl *nwfctl, const struct ctl_command *command OVS_UNUSED)
{
    char *text = ask(nwfctl, "nwfilter/fsck", NULL, 0);

    fputs(text, stdout);
    if (!string_ends_with(text, "\nall equal\n")) {
        exit(EXIT_FAILURE);
    }
    free(text);
}

static void
trace(struct nwfctl *nwfctl, const struct ctl_command *command)
{
    const char *direction = command->argv[2];

    if (strcmp(direction, "in") && strcmp(direction, "out")) {
        ctl_fatal("'%s' is no direction: expected 'in' (to the guest) or "
                  "'out' (from the guest)",
                  direction);
    }
    relay(nwfctl, command);
}

static char *
ask_about_cookies(char **cookies, size_t n, void *nwfctl)
{
    return ask(nwfctl, "nwfilter/explain", cookies, n);
}

static void
explain(struct nwfctl *nwfctl, const struct ctl_command *command)
{
    struct document input;
    char *error;

    if (command->argc > 1) {
        relay(nwfctl, command);
        return;
    }
    error = document_read("-", &input);
    if (error) {
        ctl_fatal("%s: %s", input.name, error);
    }
    nwfctl_annotate(input.text, stdout, ask_about_cookies, nwfctl);
    document_uninit(&input);
}

void
nwfctl_sync(struct nwfctl *nwfctl)
{
    free(ask(nwfctl, "nwfilter/sync", NULL, 0));
}

/* `sync' has a --timeout of its own, as well as the global one. */
static void
sync_command(struct nwfctl *nwfctl, const struct ctl_command *command)
{
    const char *prefix = "--timeout";
    size_t len = strlen(prefix);
    const char *value = NULL;
    unsigned int seconds;

    if (command->argc == 2 && !strncmp(command->argv[1], prefix, len)
        && command->argv[1][len] == '=') {
        value = command->argv[1] + len + 1;
    } else if (command->argc == 3 && !strcmp(command->argv[1], prefix)) {
        value = command->argv[2];
    } else if (command->argc > 1) {
        ctl_fatal("'%s' is not understood: expected --timeout=SECONDS",
                  command->argv[1]);
    }
    if (value) {
        if (!str_to_uint(value, 10, &seconds) || !seconds) {
            ctl_fatal("'%s' is no number of seconds for --timeout", value);
        }
        nwfctl->deadline = time_msec() + seconds * 1000LL;
    }
    nwfctl_sync(nwfctl);
}

void
nwfctl_run_daemon(struct nwfctl *nwfctl, const struct ctl_command *command)
{
    static const struct {
        const char *name;
        void (*run)(struct nwfctl *, const struct ctl_command *);
    } handlers[] = {
        { "ports", relay }, { "flows", relay }, { "explain", explain },
        { "fsck", fsck },   { "trace", trace }, { "sync", sync_command },
    };

    for (size_t i = 0; i < ARRAY_SIZE(handlers); i++) {
        if (!strcmp(handlers[i].name, command->syntax->name)) {
            handlers[i].run(nwfctl, command);
            return;
        }
    }
    OVS_NOT_REACHED();
}

const struct ctl_command_syntax nwfctl_daemon_commands[] = {
    { "ports", 0, 0, "", NULL, NULL, NULL, "", RO },
    { "flows", 0, 1, "[PORT]", NULL, NULL, NULL, "", RO },
    { "explain", 0, INT_MAX, "[ARG]...", NULL, NULL, NULL, "", RO },
    { "fsck", 0, 0, "", NULL, NULL, NULL, "", RO },
    { "trace", 3, 3, "PORT ARG ARG", NULL, NULL, NULL, "", RO },
    { "sync", 0, 2, "[ARG]...", NULL, NULL, NULL, "", RO },
    { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO },
};
