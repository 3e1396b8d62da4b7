/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/port-learning.h"

#include <stdlib.h>
#include <string.h>

#include "controller/filter-store.h"
#include "controller/learning-rules.h"
#include "controller/learning.h"
#include "controller/log-events.h"
#include "controller/port-plan.h"
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

/* A search for the program. */
struct search {
    struct port_plan *plan;
    const struct bridge *bridge; /* Only compared. */
    const struct local_interface *iface;
    const struct port_context *ctx;
    struct program_entry *entry;         /* The filter's. */
    bool given[N_FAMILIES];              /* By configuration. */
    bool needed[N_FAMILIES];             /* By the filter, and not given. */
    enum learner_mode modes[N_FAMILIES]; /* LEARNER_NONE unless needed. */
    enum learner_state states[N_FAMILIES];
};

static const struct learner *
find_learner(const struct search *s)
{
    return learning_find(s->ctx->learning, s->iface->name);
}

/* Puts what is learned, instead of what was before, into the variables. */
static void
set_addresses(struct search *s)
{
    const struct learner *learner = find_learner(s);
    struct nw_vars *vars = &s->plan->policy.vars;

    s->plan->has_learned |= learner != NULL;
    for (int f = 0; f < N_FAMILIES; f++) {
        const char *name = families[f].variable;
        size_t n = 0;

        s->states[f] = LEARNER_OFF;
        if (s->given[f]) {
            continue;
        }
        nw_vars_remove(vars, name);
        if (learner) {
            char **addresses = learner_addresses(learner, families[f].af, &n);

            s->states[f] = learner_state(learner, families[f].af);
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
get_program(struct search *s, const char *filter, filter_lookup_func *lookup,
            void *aux)
{
    const struct port_policy *policy = &s->plan->policy;
    struct program_variant variant = {
        .own_port = policy->watched ? s->iface->name : NULL,
        .tells_accepts = policy->log & LOG_ACCEPT,
        .filters = policy->logs ? NULL : s->ctx->filters,
    };
    struct program_entry *entry = programs_get(s->ctx->programs, filter,
                                               &variant, &policy->vars, lookup,
                                               aux);

    port_plan_note_log(s->plan, entry, s->ctx->filters);
    return entry;
}

static void
find_program(struct search *s)
{
    s->entry = get_program(s, s->plan->policy.filter, filter_store_lookup,
                           s->ctx->filters);

    const struct sset *filters = program_filters(s->entry->program);
    const char *name;

    SSET_FOR_EACH (name, filters) {
        sset_add(&s->plan->depends, name);
    }
}

static void
find_needs(struct search *s)
{
    const struct program *program = s->entry->program;

    for (int f = 0; f < N_FAMILIES; f++) {
        const char *name = families[f].variable;

        s->needed[f] = !s->given[f]
                       && (sset_contains(program_missing(program), name)
                           || (s->states[f] == LEARNER_READY
                               && program_uses(program, name)));
    }
}

/* Whether nothing is missing that can not be learned. */
static bool
only_addresses_missing(const struct search *s)
{
    const char *name;

    SSET_FOR_EACH (name, program_missing(s->entry->program)) {
        if (strcmp(name, families[IPV4].variable)
            && strcmp(name, families[IPV6].variable)) {
            return false;
        }
    }
    return true;
}

/* Reads the control variables of what is needed.  Returns false if the port
 * can not learn. */
static bool
find_modes(struct search *s)
{
    const struct nw_vars *vars = &s->plan->policy.vars;
    bool any = false;

    for (int f = 0; f < N_FAMILIES; f++) {
        const struct nw_var *control = nw_vars_find(vars, families[f].control);
        const char *text = control ? control->values[0] : families[f].mode;

        s->modes[f] = LEARNER_NONE;
        if (!s->needed[f]) {
            continue;
        }
        if (!learner_mode_from_string(text, &s->modes[f])) {
            port_plan_fail(s->plan,
                           xasprintf("%s: learning value '%s' invalid",
                                     families[f].control, text));
            return false;
        }
        if (s->modes[f] == LEARNER_NONE) {
            return false;
        }
        any = true;
    }
    if (any && !s->plan->policy.has_mac) {
        port_plan_fail(s->plan,
                       xstrdup("the guest's addresses can not be learned "
                               "without its MAC address ('attached-mac')"));
        return false;
    }
    return any;
}

/* DHCPSERVER's and DHCPSERVERV6's values; the caller frees the array. */
static struct in6_addr *
find_servers(const struct search *s, size_t *np)
{
    static const char *const names[] = { "DHCPSERVER", "DHCPSERVERV6" };
    struct in6_addr *servers = NULL;
    size_t allocated = 0;

    *np = 0;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        const struct nw_var *var = nw_vars_find(&s->plan->policy.vars,
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
guest_name(const struct search *s)
{
    const struct smap *ids = &s->iface->external_ids;
    const char *vm = smap_get(ids, "vm-id");
    const char *iface = smap_get(ids, "iface-id");
    struct eth_addr mac = s->plan->policy.mac;

    if (vm && vm[0]) {
        return xasprintf("vm-id %s " ETH_ADDR_FMT, vm, ETH_ADDR_ARGS(mac));
    } else if (iface && iface[0]) {
        return xasprintf("iface-id %s " ETH_ADDR_FMT, iface,
                         ETH_ADDR_ARGS(mac));
    }
    return xasprintf("port %s %s " ETH_ADDR_FMT,
                     policy_host_name(s->ctx->policy), s->iface->name,
                     ETH_ADDR_ARGS(mac));
}

static void
start(struct search *s)
{
    char *guest = guest_name(s);
    size_t n_servers;
    struct in6_addr *servers = find_servers(s, &n_servers);
    struct learning_config config = {
        .guest = guest,
        .bridge = s->bridge,
        .ofport = s->plan->config.ofport,
        .vlan = port_config_vlan(&s->plan->config),
        .mac = s->plan->policy.mac,
        .ipv4 = s->modes[IPV4],
        .ipv6 = s->modes[IPV6],
        .servers = servers,
        .n_servers = n_servers,
    };

    learning_start(s->ctx->learning, s->iface->name, &config);
    free(servers);
    free(guest);
}

/* The frames that may say something new. */
static unsigned int
find_copies(const struct search *s)
{
    bool ready = s->states[IPV4] == LEARNER_READY;
    unsigned int copies = 0;

    if (s->modes[IPV4] == LEARNER_ANY && !ready) {
        copies |= SNOOP_COPY_IPV4 | SNOOP_COPY_DHCP_IN;
    } else if (s->modes[IPV4] == LEARNER_DHCP) {
        copies |= SNOOP_COPY_DHCP_OUT | SNOOP_COPY_DHCP_IN;
    }
    if (copies & SNOOP_COPY_DHCP_IN && !ready) {
        copies |= SNOOP_HOLD_DHCP_IN;
    }
    if (s->modes[IPV6] != LEARNER_NONE) {
        copies |= SNOOP_COPY_DHCPV6_OUT | SNOOP_COPY_DHCPV6_IN;
    }
    if (s->modes[IPV6] == LEARNER_ANY) {
        copies |= SNOOP_COPY_ND_OUT | SNOOP_COPY_RA_IN;
    }
    return copies;
}

/* The rules for the family while the port waits. */
static enum learner_mode
waiting_mode(const struct search *s, int f)
{
    return (s->states[f] == LEARNER_REFUSED ? LEARNER_DHCP : s->modes[f]);
}

static struct program_entry *
waiting_program(struct search *s)
{
    const struct port_context *ctx = s->ctx;
    const struct nw_vars *vars = &s->plan->policy.vars;
    const char *name = learning_rules_name(ctx->learning_rules,
                                           waiting_mode(s, IPV4),
                                           waiting_mode(s, IPV6),
                                           nw_vars_find(vars, "DHCPSERVER"));

    s->plan->learning = true;
    return get_program(s, name, learning_rules_lookup, ctx->learning_rules);
}

/* The filter's program with what is known, or the one to wait with. */
static struct program_entry *
choose_program(struct search *s)
{
    /* An address that the guest just uses is seen only while the rules let it
     * be used. */
    bool unseen = s->needed[IPV4] && s->modes[IPV4] == LEARNER_ANY
                  && s->states[IPV4] != LEARNER_READY;
    bool ready = false;

    for (int f = 0; f < N_FAMILIES; f++) {
        ready |= s->needed[f] && s->states[f] == LEARNER_READY;
    }
    if (!ready || unseen) {
        return waiting_program(s);
    }
    for (int f = 0; f < N_FAMILIES; f++) {
        if (s->needed[f] && s->states[f] != LEARNER_READY) {
            nw_vars_set(&s->plan->policy.vars, families[f].variable,
                        families[f].nobody);
        }
    }
    find_program(s);
    return s->entry;
}

struct program_entry *
port_learning_plan(struct port_plan *plan, const struct bridge *bridge,
                   const struct local_interface *iface,
                   const struct port_context *ctx)
{
    struct search s = {
        .plan = plan,
        .bridge = bridge,
        .iface = iface,
        .ctx = ctx,
    };

    for (int f = 0; f < N_FAMILIES; f++) {
        s.given[f] = nw_vars_find(&plan->policy.vars, families[f].variable);
    }
    plan->learning = false;
    plan->copies = 0;
    set_addresses(&s);
    find_program(&s);
    find_needs(&s);
    if (!only_addresses_missing(&s) || !find_modes(&s)) {
        if (!plan->error && !s.entry->error) {
            learning_stop(ctx->learning, iface->name);
        }
        return s.entry;
    }
    start(&s);
    set_addresses(&s);
    plan->copies = find_copies(&s);
    return choose_program(&s);
}

void
port_learning_resume(struct port_plan *plan, const struct bridge *bridge,
                     const struct local_interface *iface,
                     const struct port_context *ctx, unsigned int copies)
{
    struct search s = {
        .plan = plan,
        .bridge = bridge,
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

    if ((s.modes[IPV4] != LEARNER_NONE || s.modes[IPV6] != LEARNER_NONE)
        && plan->policy.has_mac && !find_learner(&s)) {
        start(&s);
    }
}
