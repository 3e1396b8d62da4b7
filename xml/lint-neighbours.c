/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include <net/ethernet.h>
#include <netinet/icmp6.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "xml/lint-private.h"
#include "xml/mem.h"
#include "xml/strbuf.h"

/* IPv6 needs neighbour discovery (RFC 4861): without it no address is ever
 * resolved.  Its messages are untracked, so that no rule about connections
 * matches them (reference 3.4). */

static const struct message {
    uint8_t type;
    enum lint_dir dir;
    const char *name;
} messages[] = {
    { ND_NEIGHBOR_SOLICIT, LINT_OUT, "solicitations out" },
    { ND_NEIGHBOR_ADVERT, LINT_IN, "advertisements in" },
    { ND_NEIGHBOR_SOLICIT, LINT_IN, "solicitations in" },
    { ND_NEIGHBOR_ADVERT, LINT_OUT, "advertisements out" },
};

static bool
is_dropped(struct lint *lint, const struct message *m)
{
    struct lint_probe probe;

    lint_probe_init(&probe);
    lint_probe_set_num(&probe, LINT_ETHERTYPE, ETHERTYPE_IPV6, ETHERTYPE_IPV6);
    lint_probe_set_num(&probe, LINT_PROTOCOL, IPPROTO_ICMPV6, IPPROTO_ICMPV6);
    lint_probe_set_num(&probe, LINT_ICMP_TYPE, m->type, m->type);
    probe.box.states = LINT_UNTRACKED;

    struct lint_walk w = lint_walk_start(lint, m->dir, &probe.box, LINT_EVERY);
    return lint_walk_drops(&w);
}

/* A rule that lets IPv6 pass. */
static bool
accepts_ipv6(struct lint *lint, const struct lint_rule *r)
{
    const struct nw_item *type = nw_rule_item(r->rule, NW_A_PROTOCOLID);

    if (r->rule->action != NW_ACTION_ACCEPT
        || !(r->rule->protocol == NW_P_IPV6
             || nw_protocol_layer(r->rule->protocol) == NW_L3_IPV6
             || (type && !type->is_variable && !type->negate
                 && type->value.num == ETHERTYPE_IPV6))) {
        return false;
    }
    for (int dir = 0; dir < LINT_N_DIRS; dir++) {
        const struct lint_entry *e = r->entries[dir];

        if (e && !e->box.empty) {
            struct lint_walk w = lint_walk_start(lint, dir, &e->box,
                                                 LINT_EVERY);

            if (lint_walk_may_pass(&w)) {
                return true;
            }
        }
    }
    return false;
}

void
lint_check_neighbours(struct lint *lint)
{
    const struct lint_rule *first = NULL;
    struct nw_strbuf names = { 0 };

    for (size_t i = 0; i < lint->policy.n; i++) {
        const struct lint_rule *r = &lint->policy.rules[i];

        if ((!first || lint_line(r) < lint_line(first))
            && accepts_ipv6(lint, r)) {
            first = r;
        }
    }
    for (size_t i = 0; i < NW_ARRAY_SIZE(messages) && first; i++) {
        if (is_dropped(lint, &messages[i])) {
            nw_strbuf_printf(&names, "%s%s", names.len ? ", " : "",
                             messages[i].name);
        }
    }
    if (names.len) {
        char *rule = lint_describe(first, lint_line(first));

        lint_warn(lint, NW_LINT_NEIGHBOUR_DISCOVERY, lint_line(first),
                  "what %s accepts has no way to go: IPv6 neighbour discovery "
                  "(ICMPv6 types 135 and 136) is dropped (%s)",
                  rule, names.s);
        free(rule);
        free(names.s);
    }
}
