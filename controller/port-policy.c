/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/port-policy.h"

#include <stdlib.h>
#include <string.h>

#include "controller/log-events.h"
#include "openvswitch/vlog.h"
#include "ovsdb/local.h"
#include "ovsdb/policy.h"
#include "packets.h"
#include "smap.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(port_policy);

#define PARAMETER_PREFIX "nwfilter."

static bool
has_text(const char *s)
{
    return s && s[0];
}

static void
set_error(struct port_policy *p, char *error)
{
    if (p->error) {
        free(error);
    } else {
        p->error = error;
    }
}

static void
add_parameter(struct port_policy *p, const char *name, const char *values)
{
    struct nw_vars vars = NW_VARS_INITIALIZER;

    if (nw_vars_append_list(&vars, name, values)) {
        nw_vars_override(&p->vars, &vars);
    } else {
        set_error(p, xasprintf("parameter '%s' has no legal name or value: "
                               "'%s'",
                               name, values));
    }
    nw_vars_uninit(&vars);
}

static void
use_mac(struct port_policy *p, const char *what, const char *mac)
{
    p->has_mac = eth_addr_from_string(mac, &p->mac);
    if (!p->has_mac) {
        set_error(p, xasprintf("%s '%s' is no MAC address", what, mac));
    }
}

static const struct policy_binding *
find_binding(const struct local_interface *iface, const struct policy_db *db)
{
    const char *iface_id = smap_get(&iface->external_ids, "iface-id");
    const struct policy_binding *binding = has_text(iface_id)
                                               ? policy_binding(db, iface_id)
                                               : NULL;

    return binding ? binding : policy_binding(db, iface->name);
}

static void
use_binding(struct port_policy *p, const struct policy_binding *binding)
{
    struct smap_node *node;

    SMAP_FOR_EACH (node, &binding->params) {
        add_parameter(p, node->key, node->value);
    }
    if (!p->has_mac && binding->mac[0]) {
        use_mac(p, "the binding's MAC", binding->mac);
    }
}

static void
use_external_ids(struct port_policy *p, const struct smap *ids)
{
    size_t prefix = strlen(PARAMETER_PREFIX);
    struct smap_node *node;

    SMAP_FOR_EACH (node, ids) {
        if (!strncmp(node->key, PARAMETER_PREFIX, prefix)) {
            add_parameter(p, node->key + prefix, node->value);
        }
    }
}

static void
use_default(struct port_policy *p, const struct smap *config)
{
    const char *policy = smap_get_def(config, "nwfilter-default", "accept");

    if (!strcmp(policy, "accept") || !policy[0]) {
        p->kind = POLICY_OPEN;
    } else if (!strcmp(policy, "drop")) {
        p->kind = POLICY_CLOSED;
    } else {
        p->kind = POLICY_FILTER;
        p->filter = xstrdup(policy);
    }
}

/* $MAC, unless a parameter says something else (doc/conformance.md, N88). */
static void
set_mac_variable(struct port_policy *p)
{
    if (p->has_mac && !nw_vars_find(&p->vars, "MAC")) {
        char mac[ETH_ADDR_STRLEN + 1];

        snprintf(mac, sizeof mac, ETH_ADDR_FMT, ETH_ADDR_ARGS(p->mac));
        nw_vars_set(&p->vars, "MAC", mac);
    }
}

void
port_policy_init(struct port_policy *p, const struct local_interface *iface,
                 const struct smap *config, const struct policy_db *db)
{
    const struct smap *ids = &iface->external_ids;
    const char *filter = smap_get(ids, "nwfilter");
    const char *mac = smap_get(ids, "attached-mac");
    const struct policy_binding *binding = NULL;
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);

    memset(p, 0, sizeof *p);
    nw_vars_init(&p->vars);
    p->flood_unknown = smap_get_bool(ids, "nwfilter-flood-unknown", false);
    p->watched = smap_get_bool(ids, WATCH_KEY, false);
    p->logs = smap_get(ids, LOG_KEY) != NULL;
    if (p->logs && !log_events_parse(smap_get(ids, LOG_KEY), &p->log)) {
        VLOG_WARN_RL(&rl,
                     "port %s: " LOG_KEY
                     " is '%s', expected " LOG_EVENTS_SYNTAX,
                     iface->name, smap_get(ids, LOG_KEY));
        p->logs = false;
    }
    if (has_text(mac)) {
        use_mac(p, "attached-mac", mac);
    }
    if (!has_text(filter)) {
        binding = find_binding(iface, db);
        filter = binding ? binding->filter : NULL;
    }
    if (!has_text(filter)
        && smap_get_bool(config, "nwfilter-port-profile", true)) {
        filter = smap_get(ids, "port-profile");
    }
    if (has_text(filter)) {
        p->kind = POLICY_FILTER;
        p->named = true;
        p->filter = xstrdup(filter);
    } else {
        use_default(p, config);
    }
    if (binding) {
        use_binding(p, binding);
    }
    use_external_ids(p, ids);
    set_mac_variable(p);
}

void
port_policy_uninit(struct port_policy *p)
{
    free(p->filter);
    nw_vars_uninit(&p->vars);
    free(p->error);
}

bool
port_policy_parse_address(const char *text, struct in6_addr *addr)
{
    ovs_be32 ipv4;

    if (ip_parse(text, &ipv4)) {
        in6_addr_set_mapped_ipv4(addr, ipv4);
        return true;
    }
    return ipv6_parse(text, addr);
}
