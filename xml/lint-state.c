/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "xml/lint-private.h"
#include "xml/mem.h"

/* What surprises about directions and states (reference 3.3, 3.4). */

static enum lint_dir
written_dir(const struct lint_rule *r)
{
    return r->rule->direction == NW_OUT ? LINT_OUT : LINT_IN;
}

static enum lint_dir
opposite(enum lint_dir dir)
{
    return dir == LINT_IN ? LINT_OUT : LINT_IN;
}

/* True if all of 'packets' are dropped, at one layer or the other. */
static bool
are_dropped(struct lint *lint, enum lint_dir dir,
            const struct lint_box *packets)
{
    struct lint_walk w = lint_walk_start(lint, dir, packets, LINT_EVERY);

    return lint_walk_drops(&w);
}

/* The ports that clients use, of which no service is (RFC 6335, 6). */
#define DYNAMIC_PORTS 49152

/* Packets that only come from where a service is answer a connection: to drop
 * them in the other direction is no surprise.  But clients are where all
 * dynamic ports are among those that they come from. */
static bool
are_answers(const struct lint_box *mirrored)
{
    const struct lint_set *from = lint_box_get(mirrored, LINT_SRC_PORT);

    if (!from || lint_box_get(mirrored, LINT_DST_PORT)) {
        return false;
    } else if (!from->literal) {
        return !from->negate;
    }
    return (from->negate
                ? from->hi.lo >= DYNAMIC_PORTS
                : from->lo.lo > DYNAMIC_PORTS || from->hi.lo < UINT16_MAX);
}

/* True if the rule drops new connections in the direction that it does not
 * name, and nothing else would. */
static bool
drops_other_way(struct lint *lint, const struct lint_rule *r)
{
    enum lint_dir dir = opposite(written_dir(r));
    const struct lint_entry *entry = r->entries[dir];
    struct lint_probe probe;

    if (r->rule->direction == NW_INOUT || !entry || are_answers(&entry->box)) {
        return false;
    }
    lint_probe_clone(&probe, &entry->box);
    probe.box.states &= LINT_NEW;
    lint_probe_guest(&probe, dir);

    struct lint_walk w = lint_walk_start(lint, dir, &probe.box, LINT_TYPICAL);
    if (lint_walk_l2(&w) & LINT_DROP || lint_walk_l3(&w) != LINT_DROP
        || w.decider != r) {
        return false;
    }
    w.without = r;
    return lint_walk_l3(&w) != LINT_DROP;
}

void
lint_check_drops(struct lint *lint)
{
    for (size_t i = 0; i < lint->policy.n && lint->budget > 0; i++) {
        const struct lint_rule *r = &lint->policy.rules[i];

        if (!lint_rule_is_l2(r) && lint_rule_drops(r)
            && drops_other_way(lint, r)) {
            bool out = r->rule->direction == NW_OUT;
            char *rule = lint_describe(r, lint_line(r));

            lint_warn(lint, NW_LINT_DROP_BOTH_WAYS, lint_line(r),
                      "%s also drops what the guest %s: at layer 3 a drop "
                      "with direction '%s' holds for the opposite direction, "
                      "too, with source and destination exchanged",
                      rule, out ? "is sent" : "sends",
                      nw_direction_name(r->rule->direction));
            free(rule);
        }
    }
}

/* What follows the first packet of a connection that 'r' accepts. */
static bool
are_later_dropped(struct lint *lint, const struct lint_rule *r,
                  enum lint_dir dir)
{
    struct lint_probe probe;

    lint_probe_clone(&probe, &r->entries[dir]->box);
    probe.box.states = LINT_ORIGINAL;
    return are_dropped(lint, dir, &probe.box);
}

/* The answers to what 'r' accepts; those to ICMP have another type. */
static bool
are_answers_dropped(struct lint *lint, const struct lint_rule *r,
                    enum lint_dir dir)
{
    struct lint_probe probe;

    if (lint_box_get(&r->entries[dir]->box, LINT_ICMP_TYPE)) {
        return false;
    }
    lint_probe_from_rule(&probe, r->rule, r->scope, true);
    probe.box.states = LINT_REPLY;
    return are_dropped(lint, opposite(dir), &probe.box);
}

static void
check_new(struct lint *lint, const struct lint_rule *r)
{
    enum lint_dir dir = written_dir(r);
    const char *how = dir == LINT_IN ? "out" : "in";
    char *rule;

    if (!r->entries[dir] || r->entries[dir]->box.empty
        || !(r->rule->states & NW_STATE_NEW)) {
        return;
    }
    rule = lint_describe(r, lint_line(r));
    if (!(r->rule->states & NW_STATE_ESTABLISHED)
        && are_later_dropped(lint, r, dir)) {
        lint_warn(lint, NW_LINT_NEW_ONLY, lint_line(r),
                  "%s accepts a connection's first packet only: without "
                  "ESTABLISHED the ones that follow are dropped",
                  rule);
    } else if (r->rule->direction != NW_INOUT
               && are_answers_dropped(lint, r, dir)) {
        lint_warn(lint, NW_LINT_NO_ANSWERS, lint_line(r),
                  "the answers to what %s accepts are dropped: with 'state' a "
                  "rule is for its direction alone, and no rule lets "
                  "ESTABLISHED packets %s",
                  rule, how);
    }
    free(rule);
}

void
lint_check_states(struct lint *lint)
{
    for (size_t i = 0; i < lint->policy.n && lint->budget > 0; i++) {
        const struct lint_rule *r = &lint->policy.rules[i];

        if (!lint_rule_is_l2(r) && r->rule->action == NW_ACTION_ACCEPT
            && r->rule->has_connstate && r->rule->statematch) {
            check_new(lint, r);
        }
    }
}

/* Protocols whose data connections are RELATED to one on a known port. */
static const struct helper {
    const char *name;
    uint64_t protocol, port;
    uint64_t data_port; /* From which the server opens them, or 0: any. */
} helpers[] = {
    { "ftp", IPPROTO_TCP, 21, 20 },
    { "tftp", IPPROTO_UDP, 69, 0 },
};

/* More ports than this are not about one protocol. */
enum { MAX_PORTS = 100 };

static bool
is_about(const struct lint_box *box, const struct helper *helper)
{
    const struct lint_set *protocol = lint_box_get(box, LINT_PROTOCOL);
    const struct lint_set *port = lint_box_get(box, LINT_DST_PORT);

    return (protocol && protocol->lo.lo == helper->protocol && port
            && port->literal && !port->negate && port->lo.lo <= helper->port
            && port->hi.lo >= helper->port
            && port->hi.lo - port->lo.lo < MAX_PORTS);
}

/* True if no data connection can begin, neither of the server (towards 'dir',
 * as ftp's active mode) nor of the client (passive mode). */
static bool
are_data_dropped(struct lint *lint, const struct helper *helper,
                 const struct lint_box *control, enum lint_dir dir)
{
    const struct lint_set *type = lint_box_get(control, LINT_ETHERTYPE);
    struct lint_probe probe;

    lint_probe_init(&probe);
    lint_probe_set(&probe, LINT_ETHERTYPE, type);
    lint_probe_set_num(&probe, LINT_PROTOCOL, helper->protocol,
                       helper->protocol);
    probe.box.states = LINT_RELATED;
    if (!are_dropped(lint, opposite(dir), &probe.box)) {
        return false;
    }
    if (helper->data_port) {
        lint_probe_set_num(&probe, LINT_SRC_PORT, helper->data_port,
                           helper->data_port);
    }
    return are_dropped(lint, dir, &probe.box);
}

void
lint_check_related(struct lint *lint)
{
    for (size_t i = 0; i < lint->policy.n && lint->budget > 0; i++) {
        const struct lint_rule *r = &lint->policy.rules[i];
        enum lint_dir dir = written_dir(r);
        const struct lint_entry *entry = r->entries[dir];

        if (!entry || r->rule->action != NW_ACTION_ACCEPT || lint_rule_is_l2(r)
            || entry->box.states & LINT_RELATED) {
            continue;
        }
        for (size_t j = 0; j < NW_ARRAY_SIZE(helpers); j++) {
            if (is_about(&entry->box, &helpers[j])
                && are_data_dropped(lint, &helpers[j], &entry->box,
                                    opposite(dir))) {
                char *rule = lint_describe(r, lint_line(r));

                lint_warn(lint, NW_LINT_RELATED_MISSING, lint_line(r),
                          "%s accepts %s's control connection only: its data "
                          "connections are RELATED, which no rule accepts",
                          rule, helpers[j].name);
                free(rule);
            }
        }
    }
}
