/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "views/opinion.h"

#include <stdlib.h>
#include <string.h>

#include "controller/filter-store.h"
#include "controller/learning-rules.h"
#include "controller/port.h"
#include "controller/programs.h"
#include "controller/reconcile.h"
#include "controller/sets.h"
#include "interpret/set.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "util.h"
#include "xml/diag.h"
#include "xml/ipset.h"

/* What the interpreter looks things up in. */
struct sources {
    const struct reconcile *reconcile;
    struct shash parsed; /* Contains "struct interpret_set"s. */
};

static const struct nw_filter *
find_filter(const char *name, void *sources_)
{
    struct sources *sources = sources_;
    const struct reconcile *r = sources->reconcile;

    if (learning_rules_is_name(name)) {
        return learning_rules_lookup(name, reconcile_learning_rules(r));
    }
    return filter_store_lookup(name, CONST_CAST(struct filter_store *,
                                                reconcile_filters(r)));
}

static bool
find_set(const char *name, void *sources_)
{
    struct sources *sources = sources_;

    return sets_find(reconcile_sets(sources->reconcile), name) != NULL;
}

/* The set's entries are looked at only if a rule comes to it. */
static struct interpret_set *
parse_set(const struct set *set)
{
    struct interpret_set *parsed = xzalloc(sizeof *parsed);
    struct nw_set_entry *entries = xcalloc(sset_count(&set->members) + 1,
                                           sizeof *entries);
    const char *member;

    parsed->type = set->type;
    SSET_FOR_EACH (member, &set->members) {
        char *error = nw_set_entry_parse(set->type, member,
                                         &entries[parsed->n_entries]);

        parsed->n_entries += !error;
        free(error);
    }
    parsed->entries = entries;
    return parsed;
}

static bool
test_set(const char *name, const struct nw_ipset_flags *flags,
         const struct interpret_frame *frame, void *sources_)
{
    struct sources *sources = sources_;
    struct interpret_set *set = shash_find_data(&sources->parsed, name);

    if (!set) {
        set = parse_set(sets_find(reconcile_sets(sources->reconcile), name));
        shash_add(&sources->parsed, name, set);
    }
    return interpret_set_contains(set, flags, frame);
}

static void
forget_sets(struct sources *sources)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, &sources->parsed) {
        struct interpret_set *set = node->data;

        free(CONST_CAST(struct nw_set_entry *, set->entries));
    }
    shash_destroy_free_data(&sources->parsed);
}

/* The filter's documents are those of now, so they must be in force. */
static char *
check_port(const struct port *port)
{
    if (port->plan.error) {
        return xasprintf("the port keeps an earlier policy: %s",
                         port->plan.error);
    } else if (!port->entry || port->entry->retired) {
        return xstrdup("the port's filter has changed just now");
    }
    return NULL;
}

void
opinion_init(struct opinion *opinion, const struct port *port,
             const struct reconcile *reconcile,
             const struct interpret_frame *frame, enum nw_direction direction,
             const struct interpret_conn *conn)
{
    struct sources sources = { .reconcile = reconcile };
    struct interpret_env env = {
        .find_filter = find_filter,
        .find_set = find_set,
        .test_set = test_set,
        .aux = &sources,
        .refuse_inexpressible = true,
    };
    struct nw_diags diags = { .n = 0 };

    memset(opinion, 0, sizeof *opinion);
    opinion->error = check_port(port);
    if (opinion->error) {
        return;
    }
    shash_init(&sources.parsed);
    opinion->policy = interpret_policy_create(&env, port->entry->filter,
                                              &port->vars, &diags);
    if (opinion->policy) {
        interpret_frame(opinion->policy, frame, direction, conn,
                        &opinion->result);
    } else {
        opinion->error = nw_diags_first_error(&diags);
    }
    nw_diags_clear(&diags);
    forget_sets(&sources);
}

void
opinion_uninit(struct opinion *opinion)
{
    interpret_policy_destroy(opinion->policy);
    interpret_result_uninit(&opinion->result);
    free(opinion->error);
}

void
opinion_put_rule(const struct interpret_decision *d, struct ds *s)
{
    if (d->rule) {
        char *text = nw_rule_format(d->rule);

        ds_put_format(s, ", by %s:%d: %s", d->filter->file, d->rule->line,
                      text);
        free(text);
    } else if (d->chain) {
        ds_put_format(s, ", by the end of chain %s", d->chain);
    } else {
        ds_put_cstr(s, ", by the end of the rules");
    }
}
