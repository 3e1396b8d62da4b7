/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/filter.h"

#include <ctype.h>
#include <string.h>

#include "xml/arena.h"
#include "xml/mem.h"

const struct nw_item *
nw_rule_item(const struct nw_rule *rule, enum nw_attr attr)
{
    for (size_t i = 0; i < rule->n_items; i++) {
        if (rule->items[i].field->attr == attr) {
            return &rule->items[i];
        }
    }
    return NULL;
}

const char *
nw_action_name(enum nw_action action)
{
    static const char *const names[] = {
        [NW_ACTION_DROP] = "drop",         [NW_ACTION_ACCEPT] = "accept",
        [NW_ACTION_REJECT] = "reject",     [NW_ACTION_RETURN] = "return",
        [NW_ACTION_CONTINUE] = "continue",
    };
    return names[action];
}

const char *
nw_direction_name(enum nw_direction direction)
{
    static const char *const names[] = {
        [NW_IN] = "in",
        [NW_OUT] = "out",
        [NW_INOUT] = "inout",
    };
    return names[direction];
}

void
nw_filter_destroy(struct nw_filter *filter)
{
    if (filter) {
        nw_arena_destroy(filter->arena);
    }
}

/* Chains other than "root" are named after what is filtered in them, with any
 * suffix. */
static const struct {
    const char *prefix;
    int priority;
} chain_prefixes[] = {
    { "mac", -800 },  { "vlan", -750 }, { "stp", -810 },  { "arp", -500 },
    { "rarp", -400 }, { "ipv4", -700 }, { "ipv6", -600 },
};

static char *
check_chain_text(const char *chain)
{
    if (strlen(chain) > NW_CHAIN_NAME_MAX) {
        return nw_xasprintf("is longer than %d characters", NW_CHAIN_NAME_MAX);
    }
    for (const char *p = chain; *p; p++) {
        if (!(isascii((unsigned char) *p) && isalnum((unsigned char) *p))
            && !strchr("_.:-", *p)) {
            return nw_xstrdup("may only have letters, digits and '_.:-'");
        }
    }
    return NULL;
}

bool
nw_chain_check(const char *chain, int *priorityp, char **errorp)
{
    *errorp = check_chain_text(chain);
    if (*errorp) {
        return false;
    }
    if (!strcmp(chain, "root")) {
        *priorityp = 0;
        return true;
    }
    for (size_t i = 0; i < NW_ARRAY_SIZE(chain_prefixes); i++) {
        const char *prefix = chain_prefixes[i].prefix;
        if (!strncmp(chain, prefix, strlen(prefix))) {
            *priorityp = chain_prefixes[i].priority;
            return true;
        }
    }
    *errorp = nw_xstrdup("is neither 'root' nor begins with mac, vlan, stp, "
                         "arp, rarp, ipv4 or ipv6");
    return false;
}
