/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/port-learning.h"

#include <stdlib.h>
#include <string.h>

#include "controller/filter-store.h"
#include "controller/learning-rules.h"
#include "controller/learning.h"
#include "controller/port.h"
#include "controller/programs.h"
#include "flows/program.h"
#include "flows/snoop-flows.h"
#include "ovsdb/local.h"
#include "ovsdb/policy.h"
#include "packets.h"
#include "smap.h"
#include "util.h"
#include "xml/vars.h"

struct family {
    int af;
    const char *variable, *control;
    const char *mode;   /* If 'control' is not given. */
    const char *nobody; /* An address that no frame has. */
};

enum { IPV4, IPV6, N_FAMILIES };

static const struct family families[N_FAMILIES] = {
    [IPV4] = { AF_INET, "IP", "CTRL_IP_LEARNING", "any", "240.0.0.0" },
    [IPV6] = { AF_INET6, "IPV6", "CTRL_IPV6_LEARNING", "none", "ff00::" },
};

/* A plan under way. */
struct plan {
    struct port *port;
    const struct local_interface *iface;
    const struct port_context *ctx;
    struct program_entry *entry;         /* The filter's. */
    bool given[N_FAMILIES];              /* By configuration. */
    bool needed[N_FAMILIES];             /* By the filter, and not given. */
    enum learner_mode modes[N_FAMILIES]; /* LEARNER_NONE unless needed. */
    enum learner_state states[N_FAMILIES];
};

static const struct learner *
find_learner(const struct plan *plan)
{
    return learning_find(plan->ctx->learning, plan->port->name);
}

/* Puts what is learned, instead of what was before, into the variables. */
static void
set_addresses(struct plan *plan)
{
    const struct learner *learner = find_learner(plan);
    struct nw_vars *vars = &plan->port->policy.vars;

    plan->port->plan_has_learned |= learner != NULL;
    for (int f = 0; f < N_FAMILIES; f++) {
        const char *name = families[f].variable;
        size_t n = 0;

        plan->states[f] = LEARNER_OFF;
        if (plan->given[f]) {
            continue;
        }
        nw_vars_remove(vars, name);
        if (learner) {
            char **addresses = learner_addresses(learner, families[f].af, &n);

            plan->states[f] = learner_state(learner, families[f].af);
            for (size_t i = 0; i < n; i++) {
                nw_vars_append(vars, name, addresses[i]);
                free(addresses[i]);
            }
            free(addresses);
        }
    }
}

/* The program as the port needs it, and what of the port is logged. */
static struct program_entry *
get_program(struct plan *plan, const char *filter, filter_lookup_func *lookup,
            void *aux)
{
    struct port *port = plan->port;
    struct program_variant variant = {
        .own_port = port->policy.watched ? port->name : NULL,
        .tells_accepts = port->policy.log & LOG_ACCEPT,
        .filters = port->policy.logs ? NULL : plan->ctx->filters,
    };
    struct program_entry *entry = programs_get(plan->ctx->programs, filter,
                                               &variant, &port->policy.vars,
                                               lookup, aux);

    port_log_plan(port, entry, plan->ctx->filters);
    return entry;
}

static void
find_program(struct plan *plan)
{
    plan->entry = get_program(plan, plan->port->policy.filter,
                              filter_store_lookup, plan->ctx->filters);

    const struct sset *filters = program_filters(plan->entry->program);
    const char *name;

    SSET_FOR_EACH (name, filters) {
        sset_add(&plan->port->depends, name);
    }
}

static void
find_needs(struct plan *plan)
{
    const struct program *program = plan->entry->program;

    for (int f = 0; f < N_FAMILIES; f++) {
        const char *name = families[f].variable;

        plan->needed[f] = !plan->given[f]
                          && (sset_contains(program_missing(program), name)
                              || (plan->states[f] == LEARNER_READY
                                  && program_uses(program, name)));
    }
}

/* Whether nothing is missing that can not be learned. */
static bool
only_addresses_missing(const struct plan *plan)
{
    const char *name;

    SSET_FOR_EACH (name, program_missing(plan->entry->program)) {
        if (strcmp(name, families[IPV4].variable)
            && strcmp(name, families[IPV6].variable)) {
            return false;
        }
    }
    return true;
}

static void
set_error(struct plan *plan, char *error)
{
    free(plan->port->error);
    plan->port->error = error;
}

/* Reads the control variables of what is needed.  Returns false if the port
 * can not learn. */
static bool
find_modes(struct plan *plan)
{
    const struct nw_vars *vars = &plan->port->policy.vars;
    bool any = false;

    for (int f = 0; f < N_FAMILIES; f++) {
        const struct nw_var *control = nw_vars_find(vars, families[f].control);
        const char *text = control ? control->values[0] : families[f].mode;

        plan->modes[f] = LEARNER_NONE;
        if (!plan->needed[f]) {
            continue;
        }
        if (!learner_mode_from_string(text, &plan->modes[f])) {
            set_error(plan, xasprintf("%s: learning value '%s' invalid",
                                      families[f].control, text));
            return false;
        }
        if (plan->modes[f] == LEARNER_NONE) {
            return false;
        }
        any = true;
    }
    if (any && !plan->port->policy.has_mac) {
        set_error(plan, xstrdup("the guest's addresses can not be learned "
                                "without its MAC address ('attached-mac')"));
        return false;
    }
    return any;
}

/* DHCPSERVER's and DHCPSERVERV6's values; the caller frees the array. */
static struct in6_addr *
find_servers(const struct plan *plan, size_t *np)
{
    static const char *const names[] = { "DHCPSERVER", "DHCPSERVERV6" };
    struct in6_addr *servers = NULL;
    size_t allocated = 0;

    *np = 0;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const struct nw_var *var = nw_vars_find(&plan->port->policy.vars,
                                                names[i]);

        for (size_t j = 0; var && j < var->n_values; j++) {
            if (*np >= allocated) {
                servers = x2nrealloc(servers, &allocated, sizeof *servers);
            }
            *np += port_policy_parse_address(var->values[j], &servers[*np]);
        }
    }
    return servers;
}

/* Who the guest is, wherever it is: reference 4.6 has the virtual machine's
 * identity and the MAC address. */
static char *
guest_name(const struct plan *plan)
{
    const struct smap *ids = &plan->iface->external_ids;
    const char *vm = smap_get(ids, "vm-id");
    const char *iface = smap_get(ids, "iface-id");
    struct eth_addr mac = plan->port->policy.mac;

    if (vm && vm[0]) {
        return xasprintf("vm-id %s " ETH_ADDR_FMT, vm, ETH_ADDR_ARGS(mac));
    } else if (iface && iface[0]) {
        return xasprintf("iface-id %s " ETH_ADDR_FMT, iface,
                         ETH_ADDR_ARGS(mac));
    }
    return xasprintf("port %s %s " ETH_ADDR_FMT,
                     policy_host_name(plan->ctx->policy), plan->port->name,
                     ETH_ADDR_ARGS(mac));
}

static void
start(struct plan *plan)
{
    const struct port *port = plan->port;
    char *guest = guest_name(plan);
    size_t n_servers;
    struct in6_addr *servers = find_servers(plan, &n_servers);
    struct learning_config config = {
        .guest = guest,
        .bridge = port->bridge,
        .ofport = port->wanted.ofport,
        .vlan = port_vlan(&port->wanted),
        .mac = port->policy.mac,
        .ipv4 = plan->modes[IPV4],
        .ipv6 = plan->modes[IPV6],
        .servers = servers,
        .n_servers = n_servers,
    };

    learning_start(plan->ctx->learning, port->name, &config);
    free(servers);
    free(guest);
}

/* The frames that may say something new. */
static unsigned int
find_copies(const struct plan *plan)
{
    bool ready = plan->states[IPV4] == LEARNER_READY;
    unsigned int copies = 0;

    if (plan->modes[IPV4] == LEARNER_ANY && !ready) {
        copies |= SNOOP_COPY_IPV4 | SNOOP_COPY_DHCP_IN;
    } else if (plan->modes[IPV4] == LEARNER_DHCP) {
        copies |= SNOOP_COPY_DHCP_OUT | SNOOP_COPY_DHCP_IN;
    }
    if (copies & SNOOP_COPY_DHCP_IN && !ready) {
        copies |= SNOOP_HOLD_DHCP_IN;
    }
    if (plan->modes[IPV6] != LEARNER_NONE) {
        copies |= SNOOP_COPY_DHCPV6_OUT | SNOOP_COPY_DHCPV6_IN;
    }
    if (plan->modes[IPV6] == LEARNER_ANY) {
        copies |= SNOOP_COPY_ND_OUT | SNOOP_COPY_RA_IN;
    }
    return copies;
}

/* The rules for the family while the port waits. */
static enum learner_mode
waiting_mode(const struct plan *plan, int f)
{
    return (plan->states[f] == LEARNER_REFUSED ? LEARNER_DHCP
                                               : plan->modes[f]);
}

static struct program_entry *
waiting_program(struct plan *plan)
{
    const struct port_context *ctx = plan->ctx;
    const struct nw_vars *vars = &plan->port->policy.vars;
    const char *name = learning_rules_name(ctx->learning_rules,
                                           waiting_mode(plan, IPV4),
                                           waiting_mode(plan, IPV6),
                                           nw_vars_find(vars, "DHCPSERVER"));

    plan->port->plan_learning = true;
    return get_program(plan, name, learning_rules_lookup, ctx->learning_rules);
}

/* The filter's program with what is known, or the one to wait with. */
static struct program_entry *
choose_program(struct plan *plan)
{
    /* An address that the guest just uses is seen only while the rules let it
     * be used. */
    bool unseen = plan->needed[IPV4] && plan->modes[IPV4] == LEARNER_ANY
                  && plan->states[IPV4] != LEARNER_READY;
    bool ready = false;

    for (int f = 0; f < N_FAMILIES; f++) {
        ready |= plan->needed[f] && plan->states[f] == LEARNER_READY;
    }
    if (!ready || unseen) {
        return waiting_program(plan);
    }
    for (int f = 0; f < N_FAMILIES; f++) {
        if (plan->needed[f] && plan->states[f] != LEARNER_READY) {
            nw_vars_set(&plan->port->policy.vars, families[f].variable,
                        families[f].nobody);
        }
    }
    find_program(plan);
    return plan->entry;
}

struct program_entry *
port_learning_plan(struct port *port, const struct local_interface *iface,
                   const struct port_context *ctx)
{
    struct plan plan = { .port = port, .iface = iface, .ctx = ctx };

    for (int f = 0; f < N_FAMILIES; f++) {
        plan.given[f] = nw_vars_find(&port->policy.vars, families[f].variable);
    }
    port->plan_learning = false;
    port->plan_copies = 0;
    set_addresses(&plan);
    find_program(&plan);
    find_needs(&plan);
    if (!only_addresses_missing(&plan) || !find_modes(&plan)) {
        if (!port->error && !plan.entry->error) {
            learning_stop(ctx->learning, port->name);
        }
        return plan.entry;
    }
    start(&plan);
    set_addresses(&plan);
    port->plan_copies = find_copies(&plan);
    return choose_program(&plan);
}

void
port_learning_resume(struct port *port, const struct local_interface *iface,
                     const struct port_context *ctx, unsigned int copies)
{
    struct plan plan = {
        .port = port,
        .iface = iface,
        .ctx = ctx,
        .modes = {
            [IPV4] = (copies & SNOOP_COPY_IPV4       ? LEARNER_ANY
                      : copies & SNOOP_COPY_DHCP_OUT ? LEARNER_DHCP
                                                     : LEARNER_NONE),
            [IPV6] = (copies & SNOOP_COPY_ND_OUT       ? LEARNER_ANY
                      : copies & SNOOP_COPY_DHCPV6_OUT ? LEARNER_DHCP
                                                       : LEARNER_NONE),
        },
    };

    if ((plan.modes[IPV4] != LEARNER_NONE || plan.modes[IPV6] != LEARNER_NONE)
        && port->policy.has_mac && !find_learner(&plan)) {
        start(&plan);
    }
}
