/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl.h"

#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dp-packet.h"
#include "interpret/ct.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "trace/fate.h"
#include "trace/trace.h"
#include "util.h"
#include "utilities/ctl-client.h"
#include "utilities/nwfctl-suite.h"
#include "views/opinion.h"
#include "views/trace-report.h"

struct run {
    struct nwfctl *nwfctl;
    bool live;
    const char *file; /* Being read. */
    int line;
    struct suite suite;
    struct nw_diags diags;
    size_t passed, failed;
};

/* Whether the packet's fate is the expected one; if not, says so.  'why' goes
 * on after the verdict. */
static void
compare(struct run *run, const struct fate_line *line,
        const struct suite_packet *p, const char *verdict, const char *why)
{
    if (!strcmp(verdict, interpret_verdict_name(line->expected))) {
        run->passed++;
        return;
    }
    run->failed++;
    nw_error(&run->diags, run->file, run->line,
             "expected %s, but it is %s%s (connection state %s%s)",
             interpret_verdict_name(line->expected), verdict, why,
             interpret_state_name(p->conn.state),
             p->conn.reply ? ", answer" : "");
}

/* Offline. */

/* What is wrong with the filter; where no document is to blame, the line. */
static void
report_problems(struct run *run, struct nw_diags *problems)
{
    for (size_t i = 0; i < problems->n; i++) {
        const struct nw_diag *d = &problems->items[i];

        nw_error(&run->diags, d->file ? d->file : run->file,
                 d->file ? d->line : run->line, "%s", d->text);
    }
    nw_diags_clear(problems);
    run->failed++;
}

static void
judge_offline(struct run *run, const struct fate_line *line,
              struct suite_packet *p)
{
    struct interpret_result result = INTERPRET_RESULT_INITIALIZER;
    struct nw_diags problems = { .n = 0 };
    struct ds why = DS_EMPTY_INITIALIZER;

    if (!run->suite.filter) {
        nw_error(&run->diags, run->file, run->line,
                 "there is no 'filter NAME' above this line");
        run->failed++;
    } else if (!suite_judge(&run->suite, line, p, &result, &problems)) {
        report_problems(run, &problems);
    } else {
        opinion_put_rule(interpret_result_decision(&result, line->direction),
                         &why);
        compare(run, line, p, interpret_verdict_name(result.verdict),
                ds_cstr(&why));
        if (result.verdict == INTERPRET_ACCEPT) {
            suite_confirm(&run->suite, p);
        }
    }
    interpret_result_uninit(&result);
    ds_destroy(&why);
}

/* Live. */

/* What --state says the same as 'conn'. */
static const char *
state_option(const struct interpret_conn *conn)
{
    switch (conn->state) {
    case INTERPRET_ESTABLISHED:
        return conn->reply ? "--state=est,rpl" : "--state=est";
    case INTERPRET_RELATED:
        return "--state=rel";
    case INTERPRET_INVALID:
        return "--state=inv";
    case INTERPRET_NEW:
    case INTERPRET_UNTRACKED:
        break;
    }
    return "--state=new";
}

/* The first line of the daemon's answer, without "PORT DIRECTION: ". */
static char *
read_verdict(const char *text, const char *port, const char *direction)
{
    size_t len = strcspn(text, "\n");
    size_t skip = MIN(len, strlen(port) + strlen(direction) + strlen(" : "));

    return xmemdup0(text + skip, len - skip);
}

/* Asks the daemon.  Returns what it says, which the caller frees; or reports
 * why it says nothing and returns NULL. */
static char *
ask_daemon(struct run *run, const struct fate_line *line,
           const struct suite_packet *p, bool *differsp)
{
    const struct dp_packet *frame = p->packet.frame;
    struct ds hex = DS_EMPTY_INITIALIZER;
    const char *direction = nw_direction_name(line->direction);
    char *text, *verdict, *error;

    for (size_t i = 0; i < dp_packet_size(frame); i++) {
        ds_put_format(&hex, "%02x", ((uint8_t *) dp_packet_data(frame))[i]);
    }

    char *args[] = {
        run->suite.port,
        CONST_CAST(char *, direction),
        ds_cstr(&hex),
        CONST_CAST(char *, state_option(&p->conn)),
    };

    error = ctl_client_call(run->nwfctl->control_socket, "nwfilter/trace",
                            args, ARRAY_SIZE(args), run->nwfctl->deadline,
                            &text);
    ds_destroy(&hex);
    if (error) {
        nw_error(&run->diags, run->file, run->line, "%s", error);
        run->failed++;
        free(error);
        return NULL;
    }
    *differsp = strstr(text, TRACE_DIFFERS) != NULL;
    verdict = read_verdict(text, run->suite.port, direction);
    free(text);
    return verdict;
}

/* Takes 'text', "VERDICT, REASON", apart, and frees it.  What does not come to
 * the port's rules is dropped before them. */
static void
split_verdict(char *text, char **verdictp, char **whyp)
{
    const char *not_reached = trace_verdict_name(TRACE_NOT_REACHED);
    size_t len = strcspn(text, ",");

    *verdictp = xmemdup0(text, len);
    *whyp = xstrdup(text + len);
    if (!strcmp(*verdictp, not_reached)) {
        free(*whyp);
        *whyp = xasprintf(", the port's rules are %s", not_reached);
        free(*verdictp);
        *verdictp = xstrdup(interpret_verdict_name(INTERPRET_DROP));
    }
    free(text);
}

static void
judge_live(struct run *run, const struct fate_line *line,
           struct suite_packet *p)
{
    char *text, *verdict, *why;
    bool differs;

    if (!run->suite.port) {
        nw_error(&run->diags, run->file, run->line,
                 "there is no 'port NAME' above this line");
        run->failed++;
        return;
    }
    if (p->tracked) {
        interpret_ct_receive(run->suite.ct, &p->frame, &p->conn);
    }
    text = ask_daemon(run, line, p, &differs);
    if (!text) {
        return;
    }
    split_verdict(text, &verdict, &why);
    if (differs) {
        nw_error(&run->diags, run->file, run->line,
                 "the switch and the rule interpreter differ; see "
                 "'nwfctl trace'");
        run->failed++;
    } else {
        compare(run, line, p, verdict, why);
    }
    if (!strcmp(verdict, "accept")) {
        suite_confirm(&run->suite, p);
    }
    free(why);
    free(verdict);
}

/* Files. */

static void
run_packet(struct run *run, const struct fate_line *line)
{
    struct suite_packet p;
    char *error = suite_packet_init(&run->suite, line, &p);

    if (error) {
        nw_error(&run->diags, run->file, run->line, "%s", error);
        run->failed++;
        free(error);
    } else if (run->live) {
        judge_live(run, line, &p);
    } else {
        judge_offline(run, line, &p);
    }
    suite_packet_uninit(&p);
}

static void
run_line(struct run *run, const char *text)
{
    struct fate_line line;
    char *error = fate_line_init(&line, text);

    if (!error && line.kind == FATE_SETTING) {
        error = suite_set(&run->suite, &line);
    }
    if (error) {
        nw_error(&run->diags, run->file, run->line, "%s", error);
        run->failed++;
        free(error);
    } else if (line.kind == FATE_PACKET) {
        run_packet(run, &line);
    } else if (line.kind == FATE_BLANK) {
        suite_end_block(&run->suite);
    }
    fate_line_uninit(&line);
}

static void
run_file(struct run *run, const char *file)
{
    struct document document;
    char *error = document_read(file, &document);
    char *rest = document.text;
    int null_line = error ? 0 : document_null_line(&document);

    run->file = document.name;
    run->line = 0;
    suite_init(&run->suite, file);
    if (error) {
        nw_error(&run->diags, run->file, 0, "%s", error);
        run->failed++;
        free(error);
        rest = NULL;
    }
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        run->line++;
        run_line(run, line);
    }
    if (null_line) {
        nw_error(&run->diags, run->file, null_line, "a byte that is 0");
        run->failed++;
    }
    suite_uninit(&run->suite);
    fflush(stdout);
    nw_diags_print(&run->diags, stderr);
    nw_diags_clear(&run->diags);
    document_uninit(&document);
}

int
nwfctl_test(struct nwfctl *nwfctl, const struct ctl_command *command)
{
    struct run run = {
        .nwfctl = nwfctl,
        .live = shash_find(&command->options, "--live"),
    };

    for (int i = 1; i < command->argc; i++) {
        run_file(&run, command->argv[i]);
    }
    if (!run.passed && !run.failed) {
        ovs_error(0, "no packet is in these files");
    }
    printf("%" PRIuSIZE " passed, %" PRIuSIZE " failed\n", run.passed,
           run.failed);
    return run.passed && !run.failed ? EXIT_SUCCESS : EXIT_FAILURE;
}

const struct ctl_command_syntax nwfctl_test_commands[] = {
    { "test", 1, INT_MAX, "FILE...", NULL, NULL, NULL, "--live", RO },
    { NULL, 0, 0, NULL, NULL, NULL, NULL, NULL, RO },
};
