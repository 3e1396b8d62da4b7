/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl.h"

#include <stdlib.h>
#include <string.h>

#include "svec.h"
#include "util.h"

unsigned int
nwfctl_parse_timeout(const char *text)
{
    unsigned int seconds;

    if (!str_to_uint(text, 10, &seconds) || !seconds) {
        ctl_fatal("'%s' is no number of seconds for --timeout", text);
    }
    return seconds;
}

static bool
is_option(const char *arg)
{
    return arg[0] == '-' && arg[1] == '-' && arg[2] != '\0';
}

/* True if 'option' ("--host") of 'syntax' needs a value, which is not in the
 * same word. */
static bool
wants_value(const struct ctl_command_syntax *syntax, const char *option)
{
    size_t len = strlen(option);

    for (const char *p = syntax->options; *p; p += strcspn(p, ",")) {
        p += *p == ',';
        if (!strncmp(p, option, len) && p[len] == '=') {
            return true;
        }
    }
    return false;
}

/* Appends to 'out' the options among the 'n' arguments behind the name of
 * 'syntax', and then the name and the other arguments. */
static void
hoist_options(const struct ctl_command_syntax *syntax, size_t n, char **args,
              struct svec *out)
{
    struct svec others = SVEC_EMPTY_INITIALIZER;

    for (size_t i = 0; i < n; i++) {
        if (!is_option(args[i])) {
            svec_add(&others, args[i]);
        } else if (wants_value(syntax, args[i]) && i + 1 < n) {
            svec_add_nocopy(out, xasprintf("%s=%s", args[i], args[i + 1]));
            i++;
        } else {
            svec_add(out, args[i]);
        }
    }
    svec_add(out, syntax->name);
    svec_append(out, &others);
    svec_destroy(&others);
}

/* One command: options, name, arguments. */
static void
normalize_command(size_t n, char **args, struct svec *out, struct svec *names)
{
    const struct ctl_command_syntax *syntax;
    size_t name = 0;

    while (name < n && args[name][0] == '-') {
        svec_add(out, args[name++]);
    }
    if (name == n) {
        return;
    }
    svec_add(names, args[name]);
    syntax = nwfctl_own_command(args[name]);
    if (syntax) {
        hoist_options(syntax, n - name - 1, args + name + 1, out);
    } else if (!strcmp(args[name], "list") && name == n - 1) {
        svec_add(out, "filter-list");
    } else {
        for (size_t i = name; i < n; i++) {
            svec_add(out, args[i]);
        }
    }
}

void
nwfctl_normalize_args(int argc, char **argv, struct svec *out,
                      struct svec *names)
{
    int start = 0;

    svec_init(out);
    svec_init(names);
    for (int i = 0; i <= argc; i++) {
        if (i == argc || !strcmp(argv[i], "--")) {
            normalize_command(i - start, argv + start, out, names);
            if (i < argc) {
                svec_add(out, "--");
            }
            start = i + 1;
        }
    }
    svec_terminate(out);
}
