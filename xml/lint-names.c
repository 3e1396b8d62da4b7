/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xml/lint-private.h"
#include "xml/mem.h"
#include "xml/nearest.h"

/* Names that are nearly a known one: they are legal, but nobody will ever give
 * them a value, or define that filter. */

static const char *const shipped[] = {
    "allow-arp",
    "allow-dhcp",
    "allow-dhcp-server",
    "allow-dhcpv6",
    "allow-dhcpv6-server",
    "allow-incoming-ipv4",
    "allow-incoming-ipv6",
    "allow-ipv4",
    "allow-ipv6",
    "clean-traffic",
    "clean-traffic-gateway",
    "no-arp-ip-spoofing",
    "no-arp-mac-spoofing",
    "no-arp-spoofing",
    "no-ip-multicast",
    "no-ip-spoofing",
    "no-ipv6-multicast",
    "no-ipv6-spoofing",
    "no-mac-broadcast",
    "no-mac-spoofing",
    "no-other-l2-traffic",
    "no-other-rarp-traffic",
    "qemu-announce-self",
    "qemu-announce-self-rarp",
};

/* Variables that get a value by themselves or have a meaning of their own
 * (reference 4.3). */
static const char *const reserved[] = {
    "MAC", "IP", "IPV6", "DHCPSERVER", "DHCPSERVERV6", "CTRL_IP_LEARNING",
};

bool
nw_filter_is_shipped(const char *name)
{
    for (size_t i = 0; i < NW_ARRAY_SIZE(shipped); i++) {
        if (!strcmp(shipped[i], name)) {
            return true;
        }
    }
    return false;
}

/* What people call the reserved ones, letter case and "_" apart. */
static const char *
find_alias(const char *name)
{
    static const struct {
        const char *alias, *name;
    } aliases[] = {
        { "MACADDR", "MAC" },   { "MACADDRESS", "MAC" },
        { "IPADDR", "IP" },     { "IPADDRESS", "IP" },
        { "IP4", "IP" },        { "IPV4", "IP" },
        { "IPV4ADDR", "IP" },   { "IP6", "IPV6" },
        { "IPV6ADDR", "IPV6" }, { "DHCPSERVERS", "DHCPSERVER" },
    };
    char plain[16];
    size_t n = 0;

    for (; *name && n < sizeof plain - 1; name++) {
        if (*name != '_') {
            plain[n++] = *name;
        }
    }
    plain[n] = '\0';
    for (size_t i = 0; i < NW_ARRAY_SIZE(reserved) && !*name; i++) {
        if (!strcasecmp(plain, reserved[i])) {
            return reserved[i];
        }
    }
    for (size_t i = 0; i < NW_ARRAY_SIZE(aliases) && !*name; i++) {
        if (!strcasecmp(plain, aliases[i].alias)) {
            return aliases[i].name;
        }
    }
    return NULL;
}

/* True for "IP2", "MAC_B": people number their own variables like that. */
static bool
is_numbered(const char *name)
{
    size_t n = strcspn(name, "0123456789_");

    for (size_t i = 0; i < NW_ARRAY_SIZE(reserved) && name[n]; i++) {
        if (strlen(reserved[i]) == n && !strncmp(reserved[i], name, n)) {
            return true;
        }
    }
    return false;
}

/* The reserved variable that 'name' nearly is, or NULL. */
static const char *
nearly_reserved(const char *name)
{
    struct nw_nearest nearest;
    const char *alias;

    for (size_t i = 0; i < NW_ARRAY_SIZE(reserved); i++) {
        if (!strcmp(name, reserved[i])) {
            return NULL;
        }
    }
    alias = find_alias(name);
    if (alias || is_numbered(name)) {
        return alias;
    }
    /* Of two or three letters every other name is near, such as VIP. */
    nw_nearest_init(&nearest, name);
    for (size_t i = 0; i < NW_ARRAY_SIZE(reserved) && strlen(name) > 4; i++) {
        if (strlen(reserved[i]) > 4) {
            nw_nearest_add(&nearest, reserved[i]);
        }
    }
    return nearest.best;
}

/* A variable that a reference sets may have any name. */
static void
check_variables(struct lint *lint, const struct lint_rule *r)
{
    for (size_t i = 0; i < r->rule->n_items; i++) {
        const struct nw_item *item = &r->rule->items[i];
        const char *name = item->is_variable ? item->access.name : NULL;
        const char *near = name ? nearly_reserved(name) : NULL;

        if (near && !lint_scope_find(r->scope, name)) {
            lint_warn(lint, NW_LINT_SIMILAR_NAME,
                      lint_is_own(r) ? item->line : lint_line(r),
                      "$%s has no value unless a parameter sets it; did you "
                      "mean $%s?",
                      name, near);
        }
    }
}

/* Compares 'name' with the variables of the rules that came by 'ref'. */
static bool
is_used(const struct lint *lint, const struct nw_filterref *ref,
        const char *name, struct nw_nearest *nearest)
{
    for (size_t i = 0; i < lint->policy.n; i++) {
        const struct lint_rule *r = &lint->policy.rules[i];

        for (size_t j = 0; r->via == ref && j < r->rule->n_items; j++) {
            const struct nw_item *item = &r->rule->items[j];

            if (!item->is_variable) {
                continue;
            } else if (!strcmp(item->access.name, name)) {
                return true;
            } else if (strlen(name) >= 4
                       || !strcasecmp(item->access.name, name)) {
                nw_nearest_add(nearest, item->access.name);
            }
        }
    }
    return false;
}

static void
check_param(struct lint *lint, const struct nw_filterref *ref,
            const char *name)
{
    const char *near = nearly_reserved(name);
    struct nw_nearest nearest;

    nw_nearest_init(&nearest, name);
    if (is_used(lint, ref, name, &nearest)) {
        return;
    }
    if (nearest.best && !lint->policy.incomplete) {
        near = nearest.best;
    }
    if (near) {
        lint_warn(lint, NW_LINT_SIMILAR_NAME, ref->line,
                  "no rule uses the parameter '%s'; did you mean '%s'?", name,
                  near);
    }
}

static void
check_ref(struct lint *lint, const struct nw_filterref *ref)
{
    struct nw_nearest nearest;

    for (size_t i = 0; i < ref->n_params; i++) {
        check_param(lint, ref, ref->params[i].name);
    }
    if (nw_filter_is_shipped(ref->filter)
        || lint->world->lookup(ref->filter, lint->world->aux)) {
        return;
    }
    nw_nearest_init(&nearest, ref->filter);
    for (size_t i = 0; i < NW_ARRAY_SIZE(shipped); i++) {
        nw_nearest_add(&nearest, shipped[i]);
    }
    if (nearest.best) {
        lint_warn(lint, NW_LINT_SIMILAR_NAME, ref->line,
                  "filter '%s' is not known here, but '%s' is; which one is "
                  "meant?",
                  ref->filter, nearest.best);
    }
}

void
lint_check_names(struct lint *lint)
{
    /* The filters that refer to this one may set any variable. */
    for (size_t i = 0; i < lint->policy.n && !lint->is_referenced; i++) {
        check_variables(lint, &lint->policy.rules[i]);
    }
    for (size_t i = 0; i < lint->filter->n_entries; i++) {
        const struct nw_entry *e = &lint->filter->entries[i];

        if (e->is_ref) {
            check_ref(lint, &e->ref);
        }
    }
}
