/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "views/fsck.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#include "controller/bridge.h"
#include "controller/explain.h"
#include "controller/reconcile.h"
#include "flows/flow-table.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "switch/survey.h"
#include "switch/switch.h"
#include "timeval.h"
#include "unixctl.h"
#include "util.h"
#include "views/inquiry.h"

/* How long to wait for a moment without changes, in ms. */
#define QUIET_MS 3000

struct fsck {
    struct reconcile *reconcile;
    struct ovs_list checks; /* Contains "struct check"s. */
};

struct check {
    struct ovs_list node; /* In "struct fsck". */
    struct fsck *fsck;
    struct unixctl_conn *conn;
    long long int deadline;
    bool asked;        /* The switches are. */
    bool was_quiet;    /* When they were. */
    uint64_t n_events; /* The same. */
};

static bool
is_quiet(const struct fsck *fsck)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, reconcile_bridges(fsck->reconcile)) {
        if (!bridge_is_settled(node->data)) {
            return false;
        }
    }
    return true;
}

/* A number that is another one when anything has happened to flows. */
static uint64_t
count_events(const struct fsck *fsck)
{
    struct shash_node *node;
    uint64_t n = 0;

    SHASH_FOR_EACH (node, reconcile_bridges(fsck->reconcile)) {
        const struct bridge *bridge = node->data;
        struct switch_stats stats;

        switch_get_stats(bridge->session, &stats);
        n += (stats.connects + stats.bundles + stats.foreign_changes
              + flow_table_version(bridge->desired));
    }
    return n;
}

static void
end_check(struct check *check)
{
    ovs_list_remove(&check->node);
    free(check);
}

/* The report. */

static void
put_difference(const struct survey_difference *diff,
               const struct explain_scope *scope, struct ds *s)
{
    static const char *const names[SURVEY_N_VERDICTS] = {
        [SURVEY_MISSING] = "missing",
        [SURVEY_EXTRA] = "extra",
        [SURVEY_CHANGED] = "changed",
        [SURVEY_LEARNED] = "learned",
    };
    const struct of_flow *flow = diff->wanted ? diff->wanted
                                              : diff->found->flow;
    ds_put_format(s, "  %s: ", names[diff->verdict]);
    of_flow_format(flow, s);
    ds_put_cstr(s, "\n    # ");
    explain_cookie(scope, flow->cookie, s);
    if (diff->verdict == SURVEY_CHANGED) {
        ds_put_cstr(s, "\n    # the switch has ");
        of_flow_format(diff->found->flow, s);
        if (diff->found->flow->altered) {
            ds_put_cstr(s, ", with timeouts or flags");
        }
    }
    ds_put_char(s, '\n');
}

/* Why the session leaves differences as they are. */
static void
put_refusals(const struct bridge *bridge, struct ds *s)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &bridge->refused) {
        ds_put_format(s, "  %s: the switch refused %s\n", node->name,
                      (const char *) node->data);
    }
}

static void
put_report(const struct bridge *bridge, const struct survey_comparison *c,
           const struct explain_scope *scope, struct ds *s)
{
    ds_put_format(s,
                  "bridge %s: equal %" PRIuSIZE ", missing %" PRIuSIZE
                  ", extra %" PRIuSIZE ", changed %" PRIuSIZE
                  ", learned %" PRIuSIZE "\n",
                  bridge->name, c->n_equal, c->n[SURVEY_MISSING],
                  c->n[SURVEY_EXTRA], c->n[SURVEY_CHANGED],
                  c->n[SURVEY_LEARNED]);
    for (size_t i = 0; i < c->n_differences; i++) {
        put_difference(&c->differences[i], scope, s);
    }
    put_refusals(bridge, s);
}

/* Returns true if the bridges hold what they should. */
static bool
compare(const struct reconcile *r, const struct inquiry *inquiry, struct ds *s)
{
    const struct shash_node **nodes = shash_sort(reconcile_bridges(r));
    size_t n = shash_count(reconcile_bridges(r));
    bool equal = true;

    for (size_t i = 0; i < n; i++) {
        const struct bridge *bridge = nodes[i]->data;
        const struct survey *survey = inquiry_survey(inquiry, bridge->name);
        struct explain_scope scope = reconcile_scope(r, bridge);
        struct survey_comparison c;

        if (survey) { /* It was there when this began. */
            survey_compare(survey, bridge->desired, &c);
            put_report(bridge, &c, &scope, s);
            equal &= survey_comparison_is_equal(&c);
            survey_comparison_uninit(&c);
        }
    }
    free(nodes);
    return equal;
}

/* What is different without reason, the sessions do not know of. */
static void
look_again(const struct fsck *fsck)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, reconcile_bridges(fsck->reconcile)) {
        const struct bridge *bridge = node->data;

        switch_look_again(bridge->session);
    }
}

static void
answered(void *check_, const struct inquiry *inquiry, const char *error)
{
    struct check *check = check_;
    struct ds s = DS_EMPTY_INITIALIZER;

    check->asked = false;
    if (error) {
        unixctl_command_reply_error(check->conn, error);
        end_check(check);
        return;
    }

    bool quiet = (check->was_quiet && is_quiet(check->fsck)
                  && check->n_events == count_events(check->fsck));
    bool equal = compare(check->fsck->reconcile, inquiry, &s);

    if (!equal && quiet) {
        look_again(check->fsck);
    }
    if (equal || quiet || time_msec() >= check->deadline) {
        ds_put_cstr(&s, (equal   ? "all equal\n"
                         : quiet ? "different\n"
                                 : "different, while changes are on their "
                                   "way\n"));
        unixctl_command_reply(check->conn, ds_cstr(&s));
        end_check(check);
    }
    ds_destroy(&s);
}

static void
ask(struct check *check)
{
    check->asked = true;
    check->was_quiet = is_quiet(check->fsck);
    check->n_events = count_events(check->fsck);
    inquiry_start(reconcile_bridges(check->fsck->reconcile), NULL, INQUIRY_ALL,
                  answered, check);
}

static void
start_check(struct unixctl_conn *conn, int argc OVS_UNUSED,
            const char *argv[] OVS_UNUSED, void *fsck_)
{
    struct fsck *fsck = fsck_;
    struct check *check;

    if (shash_is_empty(reconcile_bridges(fsck->reconcile))) {
        unixctl_command_reply_error(conn, "no bridge is managed");
        return;
    }
    check = xzalloc(sizeof *check);
    check->fsck = fsck;
    check->conn = conn;
    check->deadline = time_msec() + QUIET_MS;
    ovs_list_push_back(&fsck->checks, &check->node);
    ask(check);
}

struct fsck *
fsck_create(struct reconcile *reconcile)
{
    struct fsck *fsck = xmalloc(sizeof *fsck);

    fsck->reconcile = reconcile;
    ovs_list_init(&fsck->checks);
    return fsck;
}

void
fsck_destroy(struct fsck *fsck)
{
    struct check *check;

    if (!fsck) {
        return;
    }
    LIST_FOR_EACH_SAFE (check, node, &fsck->checks) {
        unixctl_command_reply_error(check->conn, "the daemon is stopping");
        end_check(check);
    }
    free(fsck);
}

void
fsck_register(struct fsck *fsck)
{
    unixctl_command_register("nwfilter/fsck", "", 0, 0, start_check, fsck);
}

void
fsck_run(struct fsck *fsck)
{
    bool quiet = ovs_list_is_empty(&fsck->checks) || is_quiet(fsck);
    struct check *check;

    LIST_FOR_EACH_SAFE (check, node, &fsck->checks) {
        if (!check->asked && (quiet || time_msec() >= check->deadline)) {
            ask(check);
        }
    }
}

void
fsck_wait(struct fsck *fsck)
{
    const struct check *check;

    LIST_FOR_EACH (check, node, &fsck->checks) {
        if (!check->asked) {
            poll_timer_wait_until(check->deadline);
        }
    }
}
