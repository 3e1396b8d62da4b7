/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "views/rule-counters.h"

#include <stdlib.h>

#include "controller/bridge.h"
#include "controller/filter-store.h"
#include "controller/programs.h"
#include "controller/reconcile.h"
#include "flows/program.h"
#include "flows/ruleset.h"
#include "openvswitch/dynamic-string.h"
#include "sset.h"
#include "switch/rule-sums.h"
#include "switch/survey.h"
#include "switch/switch.h"
#include "unixctl.h"
#include "util.h"
#include "views/inquiry.h"
#include "views/reply.h"
#include "views/text-table.h"
#include "xml/filter.h"

/* One command that waits for the switches. */
struct request {
    struct unixctl_conn *conn;
    const struct reconcile *reconcile;
    char *filter; /* NULL: all that are in use. */
};

/* A filter whose rules are added to the table. */
struct listing {
    const struct nw_filter *filter;
    const struct hmap *counts;
    struct text_table *table;
};

static void
add_rule(const struct nw_rule *rule, uint64_t id, void *listing_)
{
    const struct listing *listing = listing_;
    const struct rule_count *count = rule_counts_find(listing->counts, id);
    char *text = nw_rule_format(rule);

    text_table_addf(listing->table, "%" PRIu64, count ? count->packets : 0);
    text_table_addf(listing->table, "%" PRIu64, count ? count->bytes : 0);
    text_table_addf(listing->table, "%s:%d: %s", listing->filter->file,
                    rule->line, text);
    free(text);
}

static void
collect_counts(const struct reconcile *r, const struct inquiry *inquiry,
               struct hmap *counts)
{
    struct shash_node *node;
    struct survey none;

    survey_init(&none);
    hmap_init(counts);
    SHASH_FOR_EACH (node, reconcile_bridges(r)) {
        const struct bridge *bridge = node->data;
        const struct survey *survey = inquiry_survey(inquiry, bridge->name);

        rule_sums_add(switch_rule_sums(bridge->session),
                      survey ? survey : &none, counts);
    }
    survey_uninit(&none);
}

/* Names of the filters that ports have, directly or by reference. */
static void
collect_filters(const struct reconcile *r, struct sset *names)
{
    const struct program_entry *entry;
    const char *name;

    LIST_FOR_EACH (entry, node, programs_list(reconcile_programs(r))) {
        if (entry->program && entry->n_ports) {
            SSET_FOR_EACH (name, program_filters(entry->program)) {
                sset_add(names, name);
            }
        }
    }
}

static void
put_filters(const struct reconcile *r, const struct sset *names,
            const struct hmap *counts, struct ds *s)
{
    const char **sorted = sset_sort(names);
    struct text_table table;

    text_table_init(&table, 3);
    text_table_add(&table, "Packets");
    text_table_add(&table, "Bytes");
    text_table_add(&table, "Rule");
    for (size_t i = 0; i < sset_count(names); i++) {
        struct listing listing = {
            .filter = filter_store_lookup(sorted[i],
                                          CONST_CAST(struct filter_store *,
                                                     reconcile_filters(r))),
            .counts = counts,
            .table = &table,
        };

        if (listing.filter) {
            filter_rule_ids(listing.filter, add_rule, &listing);
        }
    }
    text_table_format(&table, s);
    text_table_uninit(&table);
    free(sorted);
}

/* Bridges that the sums are without. */
static void
put_missing(const struct reconcile *r, const struct inquiry *inquiry,
            struct ds *s)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, reconcile_bridges(r)) {
        if (!inquiry_survey(inquiry, node->name)) {
            ds_put_format(
                s,
                "bridge %s: no answer from the switch, its flows are "
                "not counted\n",
                node->name);
        }
    }
}

static void
put_answer(const struct request *request, const struct inquiry *inquiry,
           struct ds *s)
{
    struct sset names = SSET_INITIALIZER(&names);
    struct hmap counts;

    if (request->filter) {
        sset_add(&names, request->filter);
    } else {
        collect_filters(request->reconcile, &names);
    }
    collect_counts(request->reconcile, inquiry, &counts);
    put_filters(request->reconcile, &names, &counts, s);
    put_missing(request->reconcile, inquiry, s);
    rule_counts_destroy(&counts);
    sset_destroy(&names);
}

static void
answered(void *request_, const struct inquiry *inquiry, const char *error)
{
    struct request *request = request_;
    struct ds s = DS_EMPTY_INITIALIZER;

    if (error) {
        unixctl_command_reply_error(request->conn, error);
    } else {
        put_answer(request, inquiry, &s);
        unixctl_command_reply(request->conn, ds_cstr(&s));
    }
    ds_destroy(&s);
    free(request->filter);
    free(request);
}

static void
show_counters(struct unixctl_conn *conn, int argc, const char *argv[],
              void *reconcile_)
{
    struct reconcile *r = reconcile_;
    const char *filter = argc > 1 ? argv[1] : NULL;
    struct request *request;

    if (filter
        && !filter_store_lookup(filter, CONST_CAST(struct filter_store *,
                                                   reconcile_filters(r)))) {
        reply_error(conn, xasprintf("no filter '%s'", filter));
        return;
    }
    request = xmalloc(sizeof *request);
    *request = (struct request){ conn, r, nullable_xstrdup(filter) };
    inquiry_start(reconcile_bridges(r), NULL, INQUIRY_CONNECTED, answered,
                  request);
}

void
rule_counters_register(struct reconcile *reconcile)
{
    unixctl_command_register("nwfilter/counters", "[FILTER]", 0, 1,
                             show_counters, reconcile);
}
