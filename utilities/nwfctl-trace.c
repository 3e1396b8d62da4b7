/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/shash.h"
#include "svec.h"
#include "util.h"
#include "views/trace-report.h"

/* Exit status if switch and rule interpreter say different things. */
#define EXIT_DIFFERS 2

/* The arguments as the daemon takes them: options last. */
static void
trace_arguments(const struct ctl_command *command, struct svec *args)
{
    struct shash_node *node;

    for (int i = 1; i < command->argc; i++) {
        svec_add(args, command->argv[i]);
    }
    SHASH_FOR_EACH (node, &command->options) {
        svec_add_nocopy(args, (node->data ? xasprintf("%s=%s", node->name,
                                                      (char *) node->data)
                                          : xstrdup(node->name)));
    }
}

int
nwfctl_trace(struct nwfctl *nwfctl, const struct ctl_command *command)
{
    struct svec args = SVEC_EMPTY_INITIALIZER;
    bool differs;
    char *text;

    trace_arguments(command, &args);
    text = nwfctl_ask(nwfctl, "nwfilter/trace", args.names, args.n);
    fputs(text, stdout);
    differs = strstr(text, TRACE_DIFFERS) != NULL;
    free(text);
    svec_destroy(&args);
    return differs ? EXIT_DIFFERS : EXIT_SUCCESS;
}

const struct ctl_command_syntax nwfctl_trace_commands[] = {
    { "trace", 3, 3, "PORT in|out|PORT FLOW", NULL, NULL, NULL,
      "--state=,--between", RO },
    { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO },
};
