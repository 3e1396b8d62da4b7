/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl.h"

#include <ctype.h>
#include <getopt.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/json.h"
#include "svec.h"
#include "timeval.h"
#include "util.h"
#include "utilities/ctl-client.h"
#include "utilities/nwfctl-annotate.h"

/* How long the daemon may take, when time is up, to say why. */
#define EXPLAIN_MS 2000

char *
nwfctl_ask(const struct nwfctl *nwfctl, const char *method, char **args,
           size_t n)
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
    struct svec args = SVEC_EMPTY_INITIALIZER;
    struct shash_node *node;
    char *text;

    SHASH_FOR_EACH (node, &command->options) {
        svec_add(&args, node->name);
    }
    for (int i = 1; i < command->argc; i++) {
        svec_add(&args, command->argv[i]);
    }

    char *error = ctl_client_call(nwfctl->control_socket, method, args.names,
                                  args.n, nwfctl->deadline, &text);

    svec_destroy(&args);
    free(method);
    if (error) {
        ctl_fatal("%s", error);
    }

    size_t len = strlen(text);

    fwrite(text, 1, len, stdout);
    if (len && text[len - 1] != '\n') {
        putchar('\n');
    }
    free(text);
}

/* The report's last line says whether all is well. */
static void
fsck(struct nwfctl *nwfctl, const struct ctl_command *command OVS_UNUSED)
{
    char *text = nwfctl_ask(nwfctl, "nwfilter/fsck", NULL, 0);
    bool equal = string_ends_with(text, "\nall equal\n");

    fputs(text, stdout);
    free(text);
    if (!equal) {
        exit(EXIT_FAILURE);
    }
}

static char *
ask_about_cookies(char **cookies, size_t n, void *nwfctl)
{
    return nwfctl_ask(nwfctl, "nwfilter/explain", cookies, n);
}

static void
explain(struct nwfctl *nwfctl, const struct ctl_command *command)
{
    int error;

    if (command->argc > 1) {
        relay(nwfctl, command);
        return;
    }
    error = nwfctl_annotate(stdin, stdout, ask_about_cookies, nwfctl);
    if (error) {
        ctl_fatal("<stdin>: %s", ovs_strerror(error));
    }
}

/* Exits with the message, and what the daemon says that it waits for. */
static void
sync_late(const struct nwfctl *nwfctl, const char *message)
{
    char *waits;
    char *error = ctl_client_call(nwfctl->control_socket,
                                  "nwfilter/sync-waits", NULL, 0,
                                  time_msec() + EXPLAIN_MS, &waits);

    if (!error && waits[0]) {
        waits[strcspn(waits, "\n")] = '\0';
        ctl_fatal("%s: it waits for %s", message, waits);
    }
    free(error);
    free(waits);
    ctl_fatal("%s", message);
}

void
nwfctl_sync(struct nwfctl *nwfctl)
{
    char *text;
    char *error = ctl_client_call(nwfctl->control_socket, "nwfilter/sync",
                                  NULL, 0, nwfctl->deadline, &text);

    if (error && time_msec() >= nwfctl->deadline) {
        sync_late(nwfctl, error);
    } else if (error) {
        ctl_fatal("%s", error);
    }
    free(text);
}

/* `sync' has a --timeout of its own, as well as the global one. */
static void
sync_command(struct nwfctl *nwfctl, const struct ctl_command *command)
{
    const char *prefix = "--timeout";
    size_t len = strlen(prefix);
    const char *value = NULL;

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
        nwfctl->deadline = time_msec() + nwfctl_parse_timeout(value) * 1000LL;
    }
    nwfctl_sync(nwfctl);
}

/* Returns NULL if the document is JSON, otherwise a message that the caller
 * frees.  The daemon looks for itself, but does not know the file's name. */
static char *
check_json(const struct document *document)
{
    struct json *json = json_from_string(document->text);
    char *error = NULL;

    if (document_null_line(document)) {
        error = xstrdup("a byte that is 0");
    } else if (json->type == JSON_STRING) {
        error = xstrdup(json_string(json));
    }
    json_destroy(json);
    return error;
}

static void
import_port(struct nwfctl *nwfctl, const struct ctl_command *command)
{
    struct document input;
    char *error = document_read(command->argv[1], &input);

    if (!error) {
        error = check_json(&input);
    }
    if (error) {
        ctl_fatal("%s: %s", input.name, error);
    }

    char *args[] = { input.text };

    free(nwfctl_ask(nwfctl, "nwfilter/import-port", args, 1));
    document_uninit(&input);
}

int
nwfctl_run_daemon(struct nwfctl *nwfctl, const struct ctl_command *command)
{
    static const struct {
        const char *name;
        void (*run)(struct nwfctl *, const struct ctl_command *);
    } handlers[] = {
        { "ports", relay },
        { "port", relay },
        { "flows", relay },
        { "explain", explain },
        { "fsck", fsck },
        { "counters", relay },
        { "watch", relay },
        { "drops", nwfctl_drops },
        { "sync", sync_command },
        { "export-port", relay },
        { "import-port", import_port },
    };

    if (command->syntax == nwfctl_trace_commands) {
        return nwfctl_trace(nwfctl, command);
    }
    if (command->syntax == nwfctl_test_commands) {
        return nwfctl_test(nwfctl, command);
    }
    for (size_t i = 0; i < ARRAY_SIZE(handlers); i++) {
        if (!strcmp(handlers[i].name, command->syntax->name)) {
            handlers[i].run(nwfctl, command);
            return EXIT_SUCCESS;
        }
    }
    OVS_NOT_REACHED();
}

const struct ctl_command_syntax nwfctl_daemon_commands[] = {
    { "ports", 0, 0, "", NULL, NULL, NULL, "", RO },
    { "port", 1, 1, "PORT", NULL, NULL, NULL, "", RO },
    { "counters", 0, 1, "[FILTER]", NULL, NULL, NULL, "", RO },
    { "flows", 0, 1, "[PORT]", NULL, NULL, NULL, "--all", RO },
    { "explain", 0, INT_MAX, "[COOKIE]...", NULL, NULL, NULL, "", RO },
    { "fsck", 0, 0, "", NULL, NULL, NULL, "", RO },
    { "drops", 0, 2, "[PORT] [--follow]", NULL, NULL, NULL, "", RO },
    { "watch", 0, 2, "[PORT] [on|off]", NULL, NULL, NULL, "", RO },
    { "export-port", 1, 1, "PORT", NULL, NULL, NULL, "", RO },
    { "import-port", 1, 1, "FILE", NULL, NULL, NULL, "", RO },
    { "sync", 0, 2, "[--timeout=SECONDS]", NULL, NULL, NULL, "", RO },
    { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO },
};
