/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/explain.h"

#include <stdlib.h>

#include "controller/port.h"
#include "controller/programs.h"
#include "controller/rule-index.h"
#include "controller/sets.h"
#include "flows/flow.h"
#include "flows/pipeline.h"
#include "flows/predicate.h"
#include "flows/program.h"
#include "flows/rule-origin.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "svec.h"

const struct rule_origin *
explain_find_rule(const struct explain_scope *scope, uint64_t id)
{
    const struct program_entry *entry;

    LIST_FOR_EACH (entry, node, programs_list(scope->programs)) {
        const struct rule_origin *origin =
            (entry->program
                 ? rule_origins_find(program_origins(entry->program), id)
                 : NULL);

        if (origin) {
            return origin;
        }
    }
    return NULL;
}

/* "port vnet0", or of an unknown bridge "port 5, here vnet0". */
static void
put_port(const struct explain_scope *scope, uint32_t ofport, struct ds *s)
{
    struct svec names = SVEC_EMPTY_INITIALIZER;
    struct shash_node *node;

    SHASH_FOR_EACH (node, scope->ports) {
        const struct port *port = node->data;

        if (port->config.ofport == ofport
            && (!scope->bridge || scope->bridge == port->bridge)) {
            svec_add(&names, port->name);
        }
    }
    svec_sort(&names);

    char *text = svec_join(&names, " or ", "");

    if (!scope->bridge) {
        ds_put_format(s, "port %" PRIu32 "%s%s", ofport,
                      names.n ? ", here " : "", text);
    } else {
        ds_put_format(s, "port %s", names.n ? text : "that is gone");
    }
    free(text);
    svec_destroy(&names);
}

static const struct program_entry *
find_program(const struct explain_scope *scope, uint32_t id)
{
    const struct program_entry *entry;

    LIST_FOR_EACH (entry, node, programs_list(scope->programs)) {
        if (entry->id == id) {
            return entry;
        }
    }
    return NULL;
}

static const char *
find_program_owner(const struct explain_scope *scope, uint32_t id)
{
    const struct program_entry *entry = find_program(scope, id);

    return entry ? entry->owner : NULL;
}

static void
explain_port(const struct explain_scope *scope, uint64_t id, struct ds *s)
{
    char buf[32];
    const char *table = pipeline_table_name(id >> 32, buf);
    bool flood = (id >> 32) == PL_T_FLOOD || (id >> 32) == PL_T_FLOOD_CHUNK;

    if (flood) {
        ds_put_format(s, "ports of VLANs (%s)", table);
    } else {
        put_port(scope, id, s);
        ds_put_format(s, " (%s)", table ? table : "?");
    }
}

static void
explain_rule(const struct explain_scope *scope, uint64_t id, struct ds *s)
{
    const struct rule_origin *origin = explain_find_rule(scope, id);

    if (origin) {
        ds_put_format(s, "%s:%d: %s", origin->file, origin->line,
                      origin->text);
    } else if (!scope->index || !rule_index_explain(scope->index, id, s)) {
        ds_put_cstr(s, "a rule that is not in use here");
    }
}

static void
explain_learned(const struct explain_scope *scope, uint64_t id, struct ds *s)
{
    ds_put_cstr(s, "learned address, behind ");
    if ((uint16_t) id) {
        put_port(scope, (uint16_t) id, s);
    } else {
        ds_put_cstr(s, "a port without filter");
    }
    if (id >> 32) {
        ds_put_cstr(s, ": not taken for its own when it sends there");
    }
}

void
explain_cookie(const struct explain_scope *scope, uint64_t cookie,
               struct ds *s)
{
    uint64_t id = of_cookie_id(cookie);
    const char *owner;
    char buf[32];

    if (!of_cookie_is_ours(cookie)) {
        ds_put_cstr(s, "not a flow of ovs-nwfilter");
        return;
    }
    switch (of_cookie_kind(cookie)) {
    case PL_K_PIPELINE:
        owner = pipeline_table_name(id >> 16, buf);
        ds_put_format(s, "pipeline (%s): ", owner ? owner : "?");
        owner = purpose_text(id);
        ds_put_cstr(s, owner ? owner : "not for anything that is known here");
        break;
    case PL_K_RULE:
        explain_rule(scope, id, s);
        break;
    case PL_K_PORT:
        explain_port(scope, id, s);
        break;
    case PL_K_PROGRAM:
        owner = find_program_owner(scope, id);
        ds_put_format(s, "%s: from rule to rule",
                      owner ? owner : "a program that is not in use here");
        break;
    case PL_K_SET:
        owner = sets_find_cookie(scope->sets, cookie);
        if (owner) {
            ds_put_format(s, "members of address set '%s'", owner);
        } else {
            ds_put_cstr(s, "an address set that is not in use here");
        }
        break;
    case PL_K_LEARNED:
        explain_learned(scope, id, s);
        break;
    default:
        ds_put_cstr(s, "unknown kind");
        break;
    }
}

/* A flow with its surroundings. */

uint32_t
explain_program(const struct of_flow *flow)
{
    return of_flow_match_reg(flow, PL_R_PROGRAM);
}

static void
put_variables(const struct explain_scope *scope, const struct program *program,
              const struct rule_origin *origin, struct ds *s)
{
    const struct nw_vars *vars = scope->port ? &scope->port->vars : NULL;

    for (size_t i = 0; i < origin->n_variables; i++) {
        const char *name = origin->variables[i];
        const struct nw_var *var = program_variable(program, origin, name,
                                                    vars);

        ds_put_format(s, "%s$%s", i ? ", " : "with ", name);
        for (size_t j = 0; var && j < var->n_values; j++) {
            ds_put_format(s, "%c%s", j ? ',' : '=', var->values[j]);
        }
        if (!var) {
            ds_put_cstr(s, " of each port");
        }
    }
}

static void
put_origin(const struct explain_scope *scope, const struct program *program,
           const struct rule_origin *origin, const char *prefix, struct ds *s)
{
    ds_put_format(s, "%s%s:%d: %s", prefix, origin->file, origin->line,
                  origin->text);
    if (origin->way[0]) {
        ds_put_format(s, "%s  by way of %s", prefix, origin->way);
    }
    if (origin->n_variables) {
        ds_put_format(s, "%s  ", prefix);
        put_variables(scope, program, origin, s);
    }
}

/* What is looked up in the row of a port. */
static const char *
find_predicate(const struct explain_scope *scope, uint32_t key)
{
    const struct program_entry *entry;

    LIST_FOR_EACH (entry, node, programs_list(scope->programs)) {
        const struct predicate *predicates;
        size_t n = (entry->program
                        ? program_predicates(entry->program, &predicates)
                        : 0);

        for (size_t i = 0; i < n; i++) {
            if (predicates[i].key == key) {
                return predicates[i].text;
            }
        }
    }
    return NULL;
}

void
explain_flow(const struct explain_scope *scope, const struct of_flow *flow,
             const char *prefix, struct ds *s)
{
    uint64_t id = of_cookie_id(flow->cookie);
    const struct program_entry *entry = find_program(scope,
                                                     explain_program(flow));
    const struct rule_origins *origins = entry && entry->program
                                             ? program_origins(entry->program)
                                             : NULL;
    const struct rule_origin *origin = (origins
                                                && of_cookie_kind(flow->cookie)
                                                       == PL_K_RULE
                                            ? rule_origins_find(origins, id)
                                            : NULL);

    if (!origin) {
        ds_put_cstr(s, prefix);
        explain_cookie(scope, flow->cookie, s);
        if (flow->table == PL_T_PREDICATE) {
            const char *text = find_predicate(scope,
                                              of_flow_match_reg(flow,
                                                                PL_R_PRED));

            ds_put_format(s, ": %s", text ? text : "not looked up");
        }
    }
    for (; origin; origin = rule_origins_next(origins, origin)) {
        put_origin(scope, entry->program, origin, prefix, s);
    }
}
