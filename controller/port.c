/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/port.h"

#include <stdlib.h>
#include <string.h>

#include "controller/bond.h"
#include "controller/bridge.h"
#include "controller/filter-store.h"
#include "controller/learning-rules.h"
#include "controller/learning.h"
#include "controller/port-learning.h"
#include "controller/programs.h"
#include "controller/sets.h"
#include "flows/flood.h"
#include "flows/flow-table.h"
#include "flows/flow.h"
#include "flows/port-flows.h"
#include "flows/predicate.h"
#include "flows/program.h"
#include "hash.h"
#include "ovsdb/local.h"
#include "packets.h"
#include "switch/leftovers.h"
#include "switch/switch.h"
#include "timeval.h"
#include "util.h"
#include "xml/diag.h"

/* Name of a port as owner of flows. */
#define PORT_OWNER "port "

static void set_flows(struct port *);

struct port *
port_create(const char *name, struct bridge *bridge)
{
    struct port *port = xzalloc(sizeof *port);

    port->name = xstrdup(name);
    port->bridge = bridge;
    hmap_insert(&bridge->ports, &port->number_node, hash_int(0, 0));
    port_plan_init(&port->plan);
    nw_vars_init(&port->vars);
    return port;
}

void
port_set_status_due(struct port *port, bool due)
{
    if (due && !port->status_due) {
        ovs_list_push_back(&port->bridge->due, &port->due_node);
    } else if (!due && port->status_due) {
        ovs_list_remove(&port->due_node);
    }
    port->status_due = due;
}

/* What was learned behind a port as it was would lead nowhere now.  Unfiltered
 * ports have one list. */
static void
forget_addresses(struct bridge *bridge, const struct port_config *config,
                 enum port_state state)
{
    if (state != PORT_CLOSED) {
        switch_forget_addresses(bridge->session,
                                state == PORT_FILTERED ? config->ofport : 0);
    }
}

static void
drop_taken_over(struct port *port)
{
    if (port->taken_over) {
        flow_set_uninit(port->taken_over);
        free(port->taken_over);
        port->taken_over = NULL;
    }
}

void
port_destroy(struct port *port)
{
    if (!port) {
        return;
    }
    forget_addresses(port->bridge, &port->config, port->state);
    port_release(port);
    bridge_note_copies(port->bridge, port->config.copies, 0);
    port->state = PORT_CLOSED;
    set_flows(port);
    port_log_show(&port->log, port->bridge, port->name, 0, 0);
    port_set_status_due(port, false);
    hmap_remove(&port->bridge->ports, &port->number_node);
    port_plan_uninit(&port->plan);
    port_config_uninit(&port->config);
    nw_vars_uninit(&port->vars);
    drop_taken_over(port);
    free(port->change.what);
    free(port->change.filter);
    free(port->change.redefined);
    free(port->name);
    free(port);
}

/* Plans. */

/* Whether the rows in force are those that the plan would make. */
static bool
same_rows(const struct port *port)
{
    return port->entry && !port->taken_over
           && nw_vars_equal(&port->vars, &port->plan.policy.vars)
           && (port->entry == port->plan.entry
               || program_entry_same_rows(port->entry, port->plan.entry));
}

/* Checks that the port's values do not become more flows than a filter may:
 * each is short, but whoever writes the port's configuration could give the
 * switch more of them than it bears. */
static void
check_number_of_rows(struct port *port, size_t max)
{
    const struct predicate *predicates;
    size_t n = program_predicates(port->plan.entry->program, &predicates);
    const struct predicate *longest = NULL;
    size_t sum = 0, most = 0;

    for (size_t i = 0; i < n; i++) {
        size_t rows = predicate_count(&predicates[i], &port->plan.policy.vars);

        sum += rows;
        if (rows > most) {
            most = rows;
            longest = &predicates[i];
        }
    }
    if (max && sum > max) {
        port_plan_fail(&port->plan,
                       xasprintf("the parameters of port '%s' would need "
                                 "%" PRIuSIZE " flows, more than the "
                                 "%" PRIuSIZE " allowed: '%s' has %" PRIuSIZE
                                 " values",
                                 port->name, sum, max, longest->parts[0].name,
                                 most));
    }
}

/* Checks the values of the port's parameters by making the rows. */
static void
check_rows(struct port *port)
{
    const struct predicate *predicates;
    size_t n = program_predicates(port->plan.entry->program, &predicates);
    struct nw_diags diags = { .n = 0 };
    struct flow_set rows;

    port->plan.same_rows = same_rows(port);
    if (port->plan.same_rows) {
        return;
    }
    flow_set_init(&rows);
    for (size_t i = 0; i < n; i++) {
        predicate_rows(&predicates[i], port->plan.config.ofport,
                       &port->plan.policy.vars, &rows, &diags);
    }
    if (diags.n_errors) {
        port_plan_fail(&port->plan, nw_diags_first_error(&diags));
    }
    nw_diags_clear(&diags);
    flow_set_uninit(&rows);
}

/* Notes which address sets the program needs, and whether they are there. */
static void
check_sets(struct port *port, const struct sets *sets)
{
    const struct predicate *predicates;
    size_t n = program_predicates(port->plan.entry->program, &predicates);
    struct nw_diags diags = { .n = 0 };

    for (size_t i = 0; i < n; i++) {
        const char *name = predicates[i].use.set;
        const char *error = name ? sets_error(sets, name) : NULL;

        if (name) {
            sset_add(&port->plan.sets, name);
        }
        if (error) {
            nw_error(&diags, predicates[i].file, predicates[i].line,
                     "address set '%s' %s", name, error);
        }
    }
    if (diags.n_errors) {
        port_plan_fail(&port->plan, nw_diags_first_error(&diags));
    }
    nw_diags_clear(&diags);
}

/* The error of a filter's document says more than that it is missing. */
static char *
document_error(const struct port_context *ctx, const struct sset *filters)
{
    const char *name;

    SSET_FOR_EACH (name, filters) {
        const char *error = filter_store_error(ctx->filters, name);

        if (error) {
            return xstrdup(error);
        }
    }
    return NULL;
}

static void
plan_filter(struct port *port, const struct local_interface *iface,
            const struct port_context *ctx)
{
    const char *filter = port->plan.policy.filter;
    const char *error = filter_store_error(ctx->filters, filter);

    port->plan.state = PORT_FILTERED;
    sset_add(&port->plan.depends, filter);
    if (error) {
        port_plan_fail(&port->plan, xstrdup(error));
        return;
    }
    if (!filter_store_lookup(filter, ctx->filters)
        || learning_rules_is_name(filter)) {
        port_plan_fail(&port->plan,
                       xasprintf("filter '%s' is not defined", filter));
        return;
    }

    struct program_entry *entry = port_learning_plan(&port->plan, port->bridge,
                                                     iface, ctx);

    if (!port->plan.ok) {
        return;
    }
    if (entry->error) {
        char *document = document_error(ctx, &port->plan.depends);

        port_plan_fail(&port->plan,
                       document ? document : xstrdup(entry->error));
        return;
    }
    port->plan.entry = entry;
    check_number_of_rows(port, programs_max_flows(ctx->programs));
    if (port->plan.ok) {
        check_rows(port);
        check_sets(port, ctx->sets);
    }
}

/* Takes over what is configured, and forgets the last plan.  Of many ports
 * whose filter is edited most of the work is spared. */
static void
begin_plan(struct port *port, const struct local_interface *iface,
           const struct port_context *ctx)
{
    if (!port->only_filters || port->plan.has_learned) {
        port_plan_read(&port->plan, iface, ctx);
        hmap_remove(&port->bridge->ports, &port->number_node);
        hmap_insert(&port->bridge->ports, &port->number_node,
                    hash_int(iface->ofport, 0));
    }
    port->only_filters = false;
    port_plan_reset(&port->plan);
}

void
port_plan(struct port *port, const struct local_interface *iface,
          const struct port_context *ctx)
{
    const char *problem;

    begin_plan(port, iface, ctx);
    problem = port_plan_problem(&port->plan, iface);
    if (port->plan.policy.kind != POLICY_FILTER) {
        learning_stop(ctx->learning, port->name);
    }
    if (problem) {
        port_plan_fail(&port->plan, xstrdup(problem));
    } else if (port->plan.policy.kind == POLICY_FILTER) {
        plan_filter(port, iface, ctx);
        if (port->plan.policy.error) {
            port_plan_fail(&port->plan, xstrdup(port->plan.policy.error));
        }
    } else {
        port->plan.state = (port->plan.policy.kind == POLICY_OPEN
                                ? PORT_OPEN
                                : PORT_CLOSED);
    }
    if (!port->plan.ok && (problem || port->state != PORT_FILTERED)) {
        /* Nothing to fall back on. */
        port->plan.orphan = !problem;
        port_plan_close(&port->plan);
    }
}

static void
use_program(struct port *port, struct program_entry *entry)
{
    port->entry = entry;
    entry->n_ports++;
    bridge_use_program(port->bridge, entry);
}

void
port_take_over(struct port *port, const struct leftover_port *left,
               struct program_entry *entry)
{
    const struct of_flow *row;

    ovs_assert(port->plan.orphan && !port->entry && port->zone);
    port->state = PORT_FILTERED;
    port->flood_unknown = port->plan.policy.flood_unknown;
    port->config.has_mac = left->has_mac;
    port->config.mac = left->mac;
    port->config.copies = left->copies;
    bridge_note_copies(port->bridge, 0, left->copies);
    port->taken_over = xmalloc(sizeof *port->taken_over);
    flow_set_init(port->taken_over);
    FLOW_SET_FOR_EACH (row, &left->rows) {
        flow_set_add(port->taken_over, of_flow_clone(row));
    }
    use_program(port, entry);
}

bool
port_moves(const struct port *port)
{
    return port->plan.ok && port->plan.entry != port->entry;
}

void
port_release(struct port *port)
{
    if (port->entry) {
        bridge_drop_program(port->bridge, port->entry);
        port->entry->n_ports--;
        port->entry = NULL;
    }
}

/* Applying. */

static void
adopt_plan(struct port *port)
{
    port->state = port->plan.state;
    drop_taken_over(port);
    if (!nw_vars_equal(&port->vars, &port->plan.policy.vars)) {
        nw_vars_uninit(&port->vars);
        nw_vars_clone(&port->vars, &port->plan.policy.vars);
    }
    port->flood_unknown = port->plan.policy.flood_unknown;
    port->learning = port->plan.learning;
}

static void
add_rows(const struct port *port, struct flow_set *set)
{
    if (port->taken_over) {
        const struct of_flow *row;

        FLOW_SET_FOR_EACH (row, port->taken_over) {
            flow_set_add(set, of_flow_clone(row));
        }
        return;
    }

    const struct predicate *predicates;
    size_t n = program_predicates(port->entry->program, &predicates);
    struct nw_diags diags = { .n = 0 };

    for (size_t i = 0; i < n; i++) {
        predicate_rows(&predicates[i], port->config.ofport, &port->vars, set,
                       &diags);
    }
    nw_diags_clear(&diags);
}

static void
set_flows(struct port *port)
{
    char *owner = xasprintf(PORT_OWNER "%s", port->name);
    struct flow_set set;

    flow_set_init(&set);
    if (port->state == PORT_CLOSED) {
        flood_remove_port(port->bridge->flood, port->name,
                          port->config.ofport);
    } else {
        port_flows(&port->config, &set);
        if (port->entry) {
            add_rows(port, &set);
        }
        flood_set_port(port->bridge->flood, port->name, &port->config,
                       port->state == PORT_OPEN || port->flood_unknown,
                       port->state == PORT_FILTERED && port->flood_unknown);
    }
    bridge_set_flows(port->bridge, owner, &set);
    flow_table_set_needed(port->bridge->desired, owner,
                          port->entry ? port->entry->owner : NULL);
    flow_set_uninit(&set);
    free(owner);
}

/* Others may share what the in rules say to a frame for many, unless what they
 * say of this port is logged, or a group's address may be its own. */
static bool
is_alone(const struct port *port)
{
    const struct nw_var *var = nw_vars_find(&port->vars, "MAC");
    struct eth_addr mac;

    return (port->plan.log || port->taken_over || !var || var->n_values != 1
            || !eth_addr_from_string(var->values[0], &mac)
            || eth_addr_is_multicast(mac));
}

/* The port's flows follow from these; if they are the same, so are those. */
static bool
flows_differ(const struct port *port, const struct port_config *old,
             enum port_state old_state, bool rows_differ, bool old_flood)
{
    return rows_differ || old_state != port->state
           || old_flood != port->flood_unknown
           || !port_config_equal(old, &port->config);
}

void
port_apply(struct port *port)
{
    struct port_config old = port->config;
    enum port_state old_state = port->state;
    bool old_flood = port->flood_unknown;
    bool rows_differ = port->plan.ok && !port->plan.same_rows;
    unsigned int copies = port->plan.ok ? port->plan.copies : old.copies;
    bool has_mac = port->plan.ok ? port->plan.policy.has_mac : old.has_mac;
    struct eth_addr mac = port->plan.ok ? port->plan.policy.mac : old.mac;

    if (port->plan.ok) {
        adopt_plan(port);
        if (!port->entry && port->plan.entry) {
            use_program(port, port->plan.entry);
        }
    }
    port_config_clone(&port->config, &port->plan.config);
    port->config.filtered = port->state == PORT_FILTERED;
    if (port->config.filtered) {
        port->config.program = port->entry->id;
        port->config.zone = port->zone;
        port->config.copies = copies;
        port->config.alone = is_alone(port);
        port->config.has_mac = has_mac;
        port->config.mac = mac;
    }
    if (flows_differ(port, &old, old_state, rows_differ, old_flood)) {
        if (old.ofport != port->config.ofport) {
            flood_remove_port(port->bridge->flood, port->name, old.ofport);
        }
        if (old_state != port->state
            || !port_config_same_vlans(&old, &port->config)) {
            forget_addresses(port->bridge, &old, old_state);
        }
        bridge_note_copies(port->bridge, old.copies, port->config.copies);
        set_flows(port);
        port->announce_due |= bond_took_over(old.bond, port->config.bond);
        port->bridge->announce_due |= port->announce_due;
    }
    port_log_show(&port->log, port->bridge, port->name, port->config.ofport,
                  port->config.filtered ? port->plan.log : 0);
    port_config_uninit(&old);
}

/* Status. */

/* A flow that neither a port nor a program owns. */
static const char *
find_shared_refusal(const struct bridge *bridge)
{
    const struct shash_node *node;

    SHASH_FOR_EACH (node, &bridge->refused) {
        if (strncmp(node->name, PORT_OWNER, strlen(PORT_OWNER))
            && strncmp(node->name, BRIDGE_SHOWS, strlen(BRIDGE_SHOWS))
            && !shash_find(&bridge->programs, node->name)) {
            return node->data;
        }
    }
    return NULL;
}

/* A flow of the port, of its program, or if those are held back because of
 * somebody else's, that one. */
static const char *
find_own_refusal(const struct port *port)
{
    const struct shash *refused = &port->bridge->refused;
    char *owner = xasprintf(PORT_OWNER "%s", port->name);
    const char *text = shash_find_data(refused, owner);

    if (!text && port->entry) {
        text = shash_find_data(refused, port->entry->owner);
    }
    if (!text && flow_table_is_held(port->bridge->desired, owner)) {
        text = shash_first(refused)->data;
    }
    free(owner);
    return text;
}

/* What the switch refused, or NULL; and what that means for the port. */
static const char *
find_refusal(const struct port *port, const char **effectp)
{
    if (shash_is_empty(&port->bridge->refused)) {
        return NULL;
    }

    const char *text = find_own_refusal(port);

    *effectp = (port->proven ? "the port keeps its last good policy"
                             : "the port is closed");
    if (!text && port->state != PORT_CLOSED) {
        text = find_shared_refusal(port->bridge);
        *effectp = "what ports share stays as it was";
    }
    return text;
}

bool
port_is_refused(const struct port *port)
{
    const char *effect;

    return find_refusal(port, &effect) != NULL;
}

char *
port_status_text(const struct port *port)
{
    if (port->plan.error) {
        return xasprintf("error: %s (%s)", port->plan.error,
                         port->state == PORT_FILTERED
                             ? "the port keeps its last good policy"
                             : "the port is closed");
    }

    const char *effect;
    const char *refusal = find_refusal(port, &effect);

    if (refusal) {
        return xasprintf("error: the switch refused %s (%s)", refusal, effect);
    }
    if (port->state == PORT_FILTERED && port->plan.policy.named) {
        return xstrdup(port->learning ? "learning" : "installed");
    }
    return NULL;
}

const char *
port_state_name(enum port_state state)
{
    switch (state) {
    case PORT_CLOSED:
        return "closed";
    case PORT_OPEN:
        return "open";
    case PORT_FILTERED:
        return "filtered";
    }
    OVS_NOT_REACHED();
}
