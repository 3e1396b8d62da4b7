/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "xml/lint-private.h"
#include "xml/mem.h"
#include "xml/strbuf.h"

/* What a filter leaves open: everything that no rule matches is accepted
 * (reference 2.3), and IPv4 rules only see untagged IPv4 (3.5). */

/* Whether the rule is of '*layer', or whatever it is if 'layer' is NULL. */
static bool
is_of_layer(const struct lint_rule *r, const enum nw_layer *layer)
{
    return !layer || nw_protocol_layer(r->rule->protocol) == *layer;
}

/* Whether the rule accepts; to return from the root chain, or at layer 3, is
 * the same (reference 2.3). */
static bool
accepts(const struct lint_rule *r)
{
    return (
        r->rule->action == NW_ACTION_ACCEPT
        || (r->rule->action == NW_ACTION_RETURN
            && (!lint_rule_is_l2(r) || !strcmp(r->filter->chain, "root"))));
}

/* The first accepting rule of 'layer' (NULL: of any), by its line in the
 * filter; if 'own', among those that stand in the filter itself. */
static const struct lint_rule *
find_accept(const struct lint *lint, const enum nw_layer *layer, bool own)
{
    const struct lint_rule *found = NULL;

    for (size_t i = 0; i < lint->policy.n; i++) {
        const struct lint_rule *r = &lint->policy.rules[i];

        if (accepts(r) && is_of_layer(r, layer) && (!own || lint_is_own(r))
            && (!found || lint_line(r) < lint_line(found))) {
            found = r;
        }
    }
    return found;
}

static bool
has_drop(const struct lint *lint, const enum nw_layer *layer)
{
    for (size_t i = 0; i < lint->policy.n; i++) {
        const struct lint_rule *r = &lint->policy.rules[i];

        if (lint_rule_drops(r) && is_of_layer(r, layer)) {
            return true;
        }
    }
    return false;
}

/* True if layer 2 drops the whole family. */
static bool
is_closed(struct lint *lint, uint64_t ethertype)
{
    for (int dir = 0; dir < LINT_N_DIRS; dir++) {
        struct lint_probe probe;

        lint_probe_init(&probe);
        lint_probe_set_num(&probe, LINT_ETHERTYPE, ethertype, ethertype);

        struct lint_walk w = lint_walk_start(lint, dir, &probe.box,
                                             LINT_EVERY);
        if (lint_walk_l2(&w) != LINT_DROP) {
            return false;
        }
    }
    return true;
}

void
lint_check_only_accepts(struct lint *lint)
{
    static const struct {
        enum nw_layer layer;
        const char *name;
        uint64_t ethertype;
    } layers[] = {
        { NW_L3_IPV4, "IPv4", ETHERTYPE_IP },
        { NW_L3_IPV6, "IPv6", ETHERTYPE_IPV6 },
    };
    const struct lint_rule *r = find_accept(lint, NULL, false);

    if (r && !has_drop(lint, NULL)) {
        lint_warn(lint, NW_LINT_ONLY_ACCEPTS, lint_line(r),
                  "the filter only accepts, and so forbids nothing: what no "
                  "rule matches is accepted as well");
        return;
    }
    for (size_t i = 0; i < NW_ARRAY_SIZE(layers); i++) {
        r = find_accept(lint, &layers[i].layer, true);
        if (r && !has_drop(lint, &layers[i].layer)
            && !is_closed(lint, layers[i].ethertype)) {
            lint_warn(lint, NW_LINT_ONLY_ACCEPTS, lint_line(r),
                      "<%s> and the like only accept here, and so forbid "
                      "nothing: %s packets that no such rule matches are "
                      "accepted at layer 3 as well",
                      nw_protocol_name(r->rule->protocol), layers[i].name);
        }
    }
}

/* A new connection, or some frame, of the guest: towards it, or from it with
 * its own addresses or another IP address. */
struct sample {
    enum lint_dir dir;
    bool forged;
};

static void
sample_probe(struct lint_probe *probe, const struct sample *sample,
             uint64_t ethertype)
{
    lint_probe_init(probe);
    lint_probe_set_num(probe, LINT_ETHERTYPE, ethertype, ethertype);
    probe->box.states = LINT_NEW;
    if (ethertype == ETHERTYPE_IP || ethertype == ETHERTYPE_IPV6) {
        lint_probe_set_num(probe, LINT_PROTOCOL, IPPROTO_TCP, IPPROTO_TCP);
    }
    if (!sample->forged) {
        lint_probe_guest(probe, sample->dir);
    } else {
        lint_probe_set_token(probe, LINT_SRC_MAC, "MAC");
        if (ethertype == ETHERTYPE_ARP) {
            lint_probe_set_token(probe, LINT_ARP_SHA, "MAC");
        }
    }
}

/* True if nobody has said anything about the packet, and so it passes. */
static bool
is_open(struct lint *lint, enum lint_dir dir, const struct lint_box *packet)
{
    struct lint_walk w = lint_walk_start(lint, dir, packet, LINT_TYPICAL);
    unsigned int fate = lint_walk_l2(&w);

    if (fate == LINT_PASS_CHAIN_END) {
        /* Where a later rule wants to drop it, that is another warning. */
        w.through = w.chain;
        fate = lint_walk_l2(&w) == LINT_DROP ? LINT_DROP : LINT_PASS_END;
    }
    return fate == LINT_PASS_END && lint_walk_l3(&w) == LINT_PASS_END;
}

/* The rule that drops the packet, or NULL if none does. */
static const struct lint_rule *
find_dropper(struct lint *lint, enum lint_dir dir,
             const struct lint_box *packet)
{
    struct lint_walk w = lint_walk_start(lint, dir, packet, LINT_TYPICAL);

    if (lint_walk_l2(&w) != LINT_DROP && lint_walk_l3(&w) != LINT_DROP) {
        return NULL;
    }
    return w.decider;
}

static const struct kind {
    uint64_t ethertype;
    const char *name;
} kinds[] = {
    { ETHERTYPE_IPV6, "IPv6" },
    { ETHERTYPE_ARP, "ARP" },
    { ETHERTYPE_VLAN, "VLAN-tagged frames" },
};
enum { N_KINDS = NW_ARRAY_SIZE(kinds) };

/* "IPv6, ARP and VLAN-tagged frames". */
static char *
format_kinds(const bool open[N_KINDS])
{
    struct nw_strbuf s = { 0 };
    size_t last = 0;

    for (size_t i = 0; i < N_KINDS; i++) {
        last = open[i] ? i : last;
    }
    for (size_t i = 0; i < N_KINDS; i++) {
        if (open[i]) {
            nw_strbuf_printf(&s, "%s%s",
                             !s.len      ? ""
                             : i == last ? " and "
                                         : ", ",
                             kinds[i].name);
        }
    }
    return nw_strbuf_steal(&s);
}

/* Where IPv4 is closed unless a rule opens it, the rest should be, too.  ARP
 * alone has to be open for IPv4 to work. */
static bool
check_closed(struct lint *lint)
{
    static const struct sample samples[] = {
        { LINT_OUT, false },
        { LINT_OUT, true },
        { LINT_IN, false },
    };
    const struct lint_rule *closer = NULL;
    bool open[N_KINDS] = { false };

    for (size_t i = 0; i < NW_ARRAY_SIZE(samples); i++) {
        const struct lint_rule *r;
        struct lint_probe probe;

        sample_probe(&probe, &samples[i], ETHERTYPE_IP);
        r = find_dropper(lint, samples[i].dir, &probe.box);
        for (size_t j = 0; j < N_KINDS && r; j++) {
            sample_probe(&probe, &samples[i], kinds[j].ethertype);
            open[j] |= is_open(lint, samples[i].dir, &probe.box);
        }
        closer = closer ? closer : r;
    }
    if (!open[0] && !open[2]) {
        return closer != NULL;
    }

    char *rule = lint_describe(closer, lint_line(closer));
    char *text = format_kinds(open);

    lint_warn(lint, NW_LINT_IPV4_ONLY, lint_line(closer),
              "%s restricts IPv4, but no rule restricts %s", rule, text);
    free(rule);
    free(text);
    return true;
}

/* DHCP over IPv6 has other ports. */
static bool
is_dhcp_port(const struct nw_rule *rule, enum nw_attr attr)
{
    const struct nw_item *item = nw_rule_item(rule, attr);

    return (item && !item->is_variable
            && (item->value.num == 67 || item->value.num == 68));
}

/* A rule that drops a protocol or port, which IPv6 has as well. */
static bool
has_twin(const struct lint_rule *r)
{
    static const enum nw_attr ipv4[] = {
        NW_A_SRCIPADDR, NW_A_DSTIPADDR, NW_A_SRCIPFROM,
        NW_A_DSTIPFROM, NW_A_IPSET,
    };
    enum nw_protocol protocol = r->rule->protocol;

    if (!lint_rule_drops(r) || protocol == NW_P_ICMP || protocol == NW_P_IGMP
        || is_dhcp_port(r->rule, NW_A_SRCPORTSTART)
        || is_dhcp_port(r->rule, NW_A_DSTPORTSTART)
        || (protocol != NW_P_IP
            && nw_protocol_layer(protocol) != NW_L3_IPV4)) {
        return false;
    }
    for (size_t i = 0; i < NW_ARRAY_SIZE(ipv4); i++) {
        if (nw_rule_item(r->rule, ipv4[i])) {
            return false;
        }
    }
    return true;
}

static bool
is_open_in_ipv6(struct lint *lint, const struct lint_rule *r,
                enum lint_dir dir)
{
    const struct lint_entry *entry = r->entries[dir];
    struct lint_probe probe;

    if (!entry || entry->mirrored || !(entry->box.states & LINT_NEW)) {
        return false;
    }
    lint_probe_clone(&probe, &entry->box);
    probe.box.states = LINT_NEW;
    lint_probe_guest(&probe, dir);
    if (find_dropper(lint, dir, &probe.box) != r) {
        return false;
    }
    lint_probe_clone(&probe, &entry->box);
    probe.box.states = LINT_NEW;
    lint_probe_set_num(&probe, LINT_ETHERTYPE, ETHERTYPE_IPV6, ETHERTYPE_IPV6);
    lint_probe_guest(&probe, dir);
    return is_open(lint, dir, &probe.box);
}

static void
check_twins(struct lint *lint)
{
    for (size_t i = 0; i < lint->policy.n && lint->budget > 0; i++) {
        const struct lint_rule *r = &lint->policy.rules[i];

        if (has_twin(r)
            && (is_open_in_ipv6(lint, r, LINT_IN)
                || is_open_in_ipv6(lint, r, LINT_OUT))) {
            char *rule = lint_describe(r, lint_line(r));

            lint_warn(lint, NW_LINT_IPV4_ONLY, lint_line(r),
                      "%s is for IPv4 only: the same packets pass as IPv6",
                      rule);
            free(rule);
            return;
        }
    }
}

void
lint_check_ipv4_only(struct lint *lint)
{
    if (!check_closed(lint)) {
        check_twins(lint);
    }
}
