/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/poll-loop.h"
#include "timeval.h"
#include "util.h"
#include "utilities/ctl-client.h"

/* How often `drops --follow' asks, in ms. */
#define FOLLOW_MS 500

/* What has been printed, for `drops --follow'. */
struct reader {
    const struct nwfctl *nwfctl;
    const char *port; /* "" for all. */
    char *mark;       /* Behind the last drop that was printed. */
    char *problem;    /* Why the daemon did not answer, or NULL. */
};

/* Prints the drops behind the mark, and moves it.  Returns NULL if successful,
 * otherwise a message that the caller frees. */
static char *
print_drops(struct reader *r)
{
    char *args[] = { r->mark, CONST_CAST(char *, r->port) };
    char *text;
    char *error = ctl_client_call(r->nwfctl->control_socket, "nwfilter/drops",
                                  args, ARRAY_SIZE(args), r->nwfctl->deadline,
                                  &text);

    if (!error) {
        size_t len = strcspn(text, "\n");

        fputs(text + len + (text[len] != '\0'), stdout);
        fflush(stdout);
        free(r->mark);
        r->mark = xmemdup0(text, len);
        free(text);
    }
    return error;
}

/* The daemon may be restarted meanwhile: says so once, and waits for it.
 * Takes 'error'. */
static void
note_problem(struct reader *r, char *error)
{
    if (error && r->nwfctl->deadline <= time_msec()) {
        ctl_fatal("%s", error);
    } else if (error && !nullable_string_is_equal(error, r->problem)) {
        ovs_error(0, "%s", error);
    } else if (!error && r->problem) {
        ovs_error(0, "ovs-nwfilterd answers again");
    }
    free(r->problem);
    r->problem = error;
}

static void
follow(struct reader *r)
{
    for (;;) {
        poll_timer_wait(FOLLOW_MS);
        poll_block();
        note_problem(r, print_drops(r));
        nwfctl_check_output();
    }
}

void
nwfctl_drops(struct nwfctl *nwfctl, const struct ctl_command *command)
{
    struct reader reader = { .nwfctl = nwfctl, .port = "" };
    bool follows = false;

    for (int i = 1; i < command->argc; i++) {
        const char *arg = command->argv[i];

        if (!strcmp(arg, "--follow")) {
            follows = true;
        } else if (arg[0] == '-' || reader.port[0]) {
            ctl_fatal("'%s' is not understood: expected [PORT] [--follow]",
                      arg);
        } else {
            reader.port = arg;
        }
    }
    reader.mark = xstrdup("");

    char *error = print_drops(&reader);

    if (error) {
        ctl_fatal("%s", error);
    }
    if (follows) {
        follow(&reader);
    }
    free(reader.mark);
}
