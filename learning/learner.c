/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "learning/learner.h"

#include "dhcp.h"
#include "learning/learner-private.h"
#include "learning/snoop.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "util.h"

#define FRAME 1000 /* Of an allowance. */

static void
copy_config(struct learner *l, const struct learner_config *config)
{
    l->config = *config;
    l->config.servers = (config->n_servers
                             ? xmemdup(config->servers,
                                       config->n_servers
                                           * sizeof *config->servers)
                             : NULL);
}

static void
free_config(struct learner *l)
{
    free(CONST_CAST(struct in6_addr *, l->config.servers));
}

struct learner *
learner_create(const struct learner_config *config)
{
    struct learner *l = xzalloc(sizeof *l);

    copy_config(l, config);
    l->settled = LEARNER_NEVER;
    l->from_guest.left = l->to_guest.left = LEARNER_BURST * FRAME;
    return l;
}

void
learner_destroy(struct learner *l)
{
    if (l) {
        free_config(l);
        free(l);
    }
}

static enum learner_mode
mode_of(const struct learner *l, int family)
{
    return family == AF_INET ? l->config.ipv4 : l->config.ipv6;
}

/* DHCPSERVER, if it has entries of the family. */
static bool
is_server(const struct learner *l, const struct in6_addr *addr)
{
    bool any = true;

    for (size_t i = 0; i < l->config.n_servers; i++) {
        const struct in6_addr *server = &l->config.servers[i];

        if (ipv6_addr_equals(server, addr)) {
            return true;
        } else if (learner_is_v4(server) == learner_is_v4(addr)) {
            any = false;
        }
    }
    return any;
}

/* Could it have been learned with this configuration? */
static bool
fits(const struct learner *l, const struct learner_lease *lease)
{
    bool v4 = learner_is_v4(&lease->addr);

    switch (mode_of(l, v4 ? AF_INET : AF_INET6)) {
    case LEARNER_DHCP:
        return (lease->source == LEARNER_BY_LEASE
                || lease->source == LEARNER_BY_REPLY)
               && is_server(l, &lease->server);
    case LEARNER_ANY:
        return (v4 ? lease->source != LEARNER_BY_LEASE
                   : lease->source == LEARNER_BY_CLAIM
                         || (lease->source == LEARNER_BY_LEASE
                             && is_server(l, &lease->server)));
    case LEARNER_NONE:
    default:
        return false;
    }
}

bool
learner_configure(struct learner *l, const struct learner_config *config)
{
    bool same_mac = eth_addr_equals(l->config.mac, config->mac);
    struct learner_report report = LEARNER_REPORT_INITIALIZER;

    free_config(l);
    copy_config(l, config);
    for (size_t i = l->n_leases; i-- > 0;) {
        if (!same_mac || !fits(l, &l->leases[i])) {
            learner_drop(l, &l->leases[i], LEARNER_REPLACED, &report);
        }
    }
    if (!same_mac || config->ipv4 != LEARNER_ANY) {
        l->settled = LEARNER_NEVER;
    }
    if (!same_mac) {
        l->n_questions = l->n_prefixes = 0;
    }
    return report.changed;
}

/* Limits. */

static bool
withdraw(struct allowance *a, long long now)
{
    long long earned = MAX(now - a->since, 0) * LEARNER_RATE;

    a->left = MIN(a->left + earned, LEARNER_BURST * FRAME);
    a->since = now;
    if (a->left < FRAME) {
        return false;
    }
    a->left -= FRAME;
    return true;
}

/* Questions. */

static void
ask(struct learner *l, const struct question *q)
{
    l->questions[l->next_question] = *q;
    l->next_question = (l->next_question + 1) % LEARNER_MAX_QUESTIONS;
    l->n_questions = MIN(l->n_questions + 1, LEARNER_MAX_QUESTIONS);
}

static bool
was_asked(const struct learner *l, const struct question *answer)
{
    for (size_t i = 0; i < l->n_questions; i++) {
        const struct question *q = &l->questions[i];

        if (q->v6 == answer->v6 && q->xid == answer->xid
            && answer->asked - q->asked < LEARNER_QUESTION_MS
            && q->duid_len == answer->duid_len
            && !memcmp(q->duid, answer->duid, q->duid_len)) {
            return true;
        }
    }
    return false;
}

static struct question
dhcp_question(const struct snoop_dhcp *dhcp, long long now)
{
    return (struct question){ .xid = ntohl(dhcp->xid), .asked = now };
}

static struct question
dhcpv6_question(const struct snoop_dhcpv6 *dhcpv6, long long now)
{
    struct question q = {
        .xid = dhcpv6->xid,
        .asked = now,
        .v6 = true,
        .duid_len = dhcpv6->duid_len,
    };

    memcpy(q.duid, dhcpv6->duid, q.duid_len);
    return q;
}

/* The event is refused or without effect as a whole. */
static void
note_event(struct learner_report *report, enum learner_outcome outcome,
           const struct snoop_event *event)
{
    learner_note(report, outcome, NULL);
    if (report->log && outcome != LEARNER_IGNORED
        && outcome != LEARNER_FOREIGN) {
        snoop_event_format(event, report->log);
        ds_put_format(report->log, ": %s\n",
                      learner_outcome_to_string(outcome));
    }
}

/* What the guest sends. */

/* `any', IPv4: the first address that is seen, for good (reference 4.5). */
static bool
wants_first(const struct learner *l)
{
    return l->config.ipv4 == LEARNER_ANY && l->settled == LEARNER_NEVER
           && !learner_count(l, AF_INET, false);
}

static void
see_source(struct learner *l, const struct snoop_event *event, long long now,
           struct learner_report *report)
{
    if (wants_first(l) && learner_is_host(&event->src, AF_INET)) {
        l->first = event->src;
        l->settled = now + l->config.settle_ms;
        learner_note(report, LEARNER_SETTLING, NULL);
    } else {
        learner_note(report, LEARNER_IGNORED, NULL);
    }
}

static void
give_back(struct learner *l, const struct in6_addr *addr,
          enum learner_outcome outcome, struct learner_report *report)
{
    struct learner_lease *lease = learner_find(l, addr);

    if (lease && lease->source == LEARNER_BY_LEASE) {
        learner_drop(l, lease, outcome, report);
    } else {
        learner_note(report, LEARNER_IGNORED, NULL);
    }
}

static void
dhcp_from_guest(struct learner *l, const struct snoop_event *event,
                long long now, struct learner_report *report)
{
    const struct snoop_dhcp *dhcp = &event->dhcp;
    struct question q = dhcp_question(dhcp, now);
    struct in6_addr addr;

    if (!eth_addr_equals(dhcp->chaddr, l->config.mac)) {
        note_event(report, LEARNER_FOREIGN, event);
        return;
    }
    switch (dhcp->type) {
    case DHCP_MSG_DISCOVER: /* With rapid commit (RFC 4039) ACK follows. */
    case DHCP_MSG_REQUEST:
        ask(l, &q);
        break;
    case SNOOP_DHCP_RELEASE:
        in6_addr_set_mapped_ipv4(&addr, dhcp->ciaddr);
        give_back(l, &addr, LEARNER_RELEASED, report);
        return;
    case SNOOP_DHCP_DECLINE:
        in6_addr_set_mapped_ipv4(&addr, dhcp->requested);
        give_back(l, &addr, LEARNER_DECLINED, report);
        return;
    default:
        break;
    }
    see_source(l, event, now, report);
}

static void
dhcpv6_from_guest(struct learner *l, const struct snoop_event *event,
                  long long now, struct learner_report *report)
{
    const struct snoop_dhcpv6 *dhcpv6 = &event->dhcpv6;
    struct question q = dhcpv6_question(dhcpv6, now);
    bool release = dhcpv6->type == SNOOP_DHCPV6_RELEASE;

    if (release || dhcpv6->type == SNOOP_DHCPV6_DECLINE) {
        for (size_t i = 0; i < dhcpv6->n_addresses; i++) {
            give_back(l, &dhcpv6->addresses[i].addr,
                      release ? LEARNER_RELEASED : LEARNER_DECLINED, report);
        }
        return;
    } else if (dhcpv6->type == SNOOP_DHCPV6_REQUEST
               || dhcpv6->type == SNOOP_DHCPV6_RENEW
               || dhcpv6->type == SNOOP_DHCPV6_REBIND
               || (dhcpv6->type == SNOOP_DHCPV6_SOLICIT
                   && dhcpv6->rapid_commit)) {
        ask(l, &q);
    }
    learner_note(report, LEARNER_IGNORED, NULL);
}

static void
claim(struct learner *l, const struct snoop_event *event, long long now,
      struct learner_report *report)
{
    struct learner_lease lease = {
        .addr = event->nd.target,
        .source = LEARNER_BY_CLAIM,
        .expires = learner_claim_expires(l, &event->nd.target, now),
        .seen = now,
    };

    if (l->config.ipv6 != LEARNER_ANY) {
        learner_note(report, LEARNER_IGNORED, NULL);
    } else if (!eth_addr_is_zero(event->nd.lla)
               && !eth_addr_equals(event->nd.lla, l->config.mac)) {
        note_event(report, LEARNER_FOREIGN, event);
    } else if (!learner_is_host(&lease.addr, AF_INET6)) {
        note_event(report, LEARNER_ADDRESS, event);
    } else {
        learner_take(l, &lease, now, report);
    }
}

static void
from_guest(struct learner *l, const struct snoop_event *event, long long now,
           struct learner_report *report)
{
    if (!eth_addr_equals(event->eth_src, l->config.mac)) {
        note_event(report, LEARNER_FOREIGN, event);
        return;
    } else if (event->kind == SNOOP_IPV4) {
        see_source(l, event, now, report);
        return;
    } else if (!withdraw(&l->from_guest, now)) {
        note_event(report, LEARNER_TOO_FAST, event);
        return;
    }
    switch (event->kind) {
    case SNOOP_DHCP_CLIENT:
        dhcp_from_guest(l, event, now, report);
        break;
    case SNOOP_DHCPV6_CLIENT:
        dhcpv6_from_guest(l, event, now, report);
        break;
    case SNOOP_ND_DAD:
    case SNOOP_ND_ADVERT:
        claim(l, event, now, report);
        break;
    case SNOOP_DHCP_SERVER:
    case SNOOP_DHCPV6_SERVER:
    case SNOOP_ND_ROUTER:
        note_event(report, LEARNER_FORGED, event);
        break;
    case SNOOP_MALFORMED:
        note_event(report, LEARNER_MALFORMED, event);
        break;
    case SNOOP_OTHER:
    case SNOOP_ARP:
    case SNOOP_IPV4:
    case SNOOP_N_KINDS:
    default:
        learner_note(report, LEARNER_IGNORED, NULL);
        break;
    }
}

/* What the guest is sent. */

/* `any': OFFER or ACK, whichever comes first (reference 4.5). */
static void
take_offer(struct learner *l, const struct snoop_event *event,
           struct learner_lease *lease, long long now,
           struct learner_report *report)
{
    lease->source = LEARNER_BY_OFFER;
    lease->expires = LEARNER_NEVER;
    if (l->settled != LEARNER_NEVER || learner_count(l, AF_INET, true)) {
        learner_note(report, LEARNER_IGNORED, NULL);
    } else if (!learner_is_host(&lease->addr, AF_INET)) {
        note_event(report, LEARNER_ADDRESS, event);
    } else {
        learner_take(l, lease, now, report);
    }
}

/* A server that renews what is already leased needs no question: the daemon
 * may have been away when it was asked. */
static void
take_ack(struct learner *l, const struct snoop_event *event,
         struct learner_lease *lease, long long now,
         struct learner_report *report)
{
    const struct snoop_dhcp *dhcp = &event->dhcp;
    struct question q = dhcp_question(dhcp, now);

    lease->source = LEARNER_BY_LEASE;
    lease->expires = (dhcp->lease == SNOOP_FOREVER
                          ? LEARNER_NEVER
                          : now + dhcp->lease * 1000LL);
    if (!dhcp->yiaddr) { /* Of INFORM (RFC 2131 4.3.5). */
        learner_note(report, LEARNER_IGNORED, NULL);
    } else if (!learner_is_host(&lease->addr, AF_INET)) {
        note_event(report, LEARNER_ADDRESS, event);
    } else if (!dhcp->has_lease || !dhcp->lease) {
        note_event(report, LEARNER_NO_LEASE, event);
    } else if (!was_asked(l, &q) && !learner_find(l, &lease->addr)) {
        note_event(report, LEARNER_UNASKED, event);
    } else {
        learner_take(l, lease, now, report);
    }
}

static void
dhcp_to_guest(struct learner *l, const struct snoop_event *event,
              long long now, struct learner_report *report)
{
    const struct snoop_dhcp *dhcp = &event->dhcp;
    bool offer = dhcp->type == DHCP_MSG_OFFER;
    bool ack = dhcp->type == DHCP_MSG_ACK;
    struct learner_lease lease = { .seen = now, .server = event->src };

    in6_addr_set_mapped_ipv4(&lease.addr, dhcp->yiaddr);
    if (!is_server(l, &event->src)) {
        note_event(report, LEARNER_SERVER, event);
    } else if (l->config.ipv4 == LEARNER_ANY && (offer || ack)) {
        take_offer(l, event, &lease, now, report);
    } else if (l->config.ipv4 == LEARNER_DHCP && ack) {
        take_ack(l, event, &lease, now, report);
    } else {
        learner_note(report, LEARNER_IGNORED, NULL);
    }
}

static void
take_reply_address(struct learner *l, const struct snoop_event *event,
                   const struct snoop_dhcpv6_address *a, bool asked,
                   long long now, struct learner_report *report)
{
    struct learner_lease *old = learner_find(l, &a->addr);
    struct learner_lease lease = {
        .addr = a->addr,
        .source = LEARNER_BY_LEASE,
        .expires = (a->valid == SNOOP_FOREVER ? LEARNER_NEVER
                                              : now + a->valid * 1000LL),
        .seen = now,
        .server = event->src,
    };

    if (!learner_is_host(&a->addr, AF_INET6)) {
        note_event(report, LEARNER_ADDRESS, event);
    } else if (!asked && !(old && old->source == LEARNER_BY_LEASE)) {
        note_event(report, LEARNER_UNASKED, event);
    } else if (a->valid) {
        learner_take(l, &lease, now, report);
    } else if (old && old->source == LEARNER_BY_LEASE) {
        learner_drop(l, old, LEARNER_WITHDRAWN, report);
    } else {
        learner_note(report, LEARNER_IGNORED, NULL);
    }
}

/* Where the server answered to.  There is no more than one. */
static void
take_destination(struct learner *l, const struct snoop_event *event,
                 long long now, struct learner_report *report)
{
    struct learner_lease lease = {
        .addr = event->dst,
        .source = LEARNER_BY_REPLY,
        .expires = LEARNER_NEVER,
        .seen = now,
        .server = event->src,
    };

    if (!IN6_IS_ADDR_LINKLOCAL(&event->dst) || learner_find(l, &event->dst)) {
        return;
    }
    for (size_t i = 0; i < l->n_leases; i++) {
        if (l->leases[i].source == LEARNER_BY_REPLY) {
            learner_drop(l, &l->leases[i], LEARNER_REPLACED, report);
            break;
        }
    }
    learner_take(l, &lease, now, report);
}

static void
dhcpv6_to_guest(struct learner *l, const struct snoop_event *event,
                long long now, struct learner_report *report)
{
    const struct snoop_dhcpv6 *dhcpv6 = &event->dhcpv6;
    struct question q = dhcpv6_question(dhcpv6, now);
    bool asked = was_asked(l, &q);

    if (dhcpv6->type != SNOOP_DHCPV6_REPLY || dhcpv6->status
        || l->config.ipv6 == LEARNER_NONE) {
        learner_note(report, LEARNER_IGNORED, NULL);
    } else if (!is_server(l, &event->src)) {
        note_event(report, LEARNER_SERVER, event);
    } else {
        for (size_t i = 0; i < dhcpv6->n_addresses; i++) {
            take_reply_address(l, event, &dhcpv6->addresses[i], asked, now,
                               report);
        }
        if (asked && dhcpv6->n_addresses && l->config.ipv6 == LEARNER_DHCP) {
            take_destination(l, event, now, report);
        }
    }
}

static void
router_to_guest(struct learner *l, const struct snoop_event *event,
                long long now, struct learner_report *report)
{
    if (l->config.ipv6 == LEARNER_ANY) {
        learner_note_prefixes(l, &event->ra, now, report);
    }
    learner_note(report, LEARNER_IGNORED, NULL);
}

/* Is the frame for this guest?  Broadcasts of servers are for one of all the
 * guests that get them. */
static bool
is_for_guest(const struct learner *l, const struct snoop_event *event)
{
    switch (event->kind) {
    case SNOOP_DHCP_SERVER:
        return eth_addr_equals(event->dhcp.chaddr, l->config.mac);
    case SNOOP_DHCPV6_SERVER:
        return eth_addr_equals(event->eth_dst, l->config.mac);
    case SNOOP_OTHER:
    case SNOOP_MALFORMED:
    case SNOOP_ARP:
    case SNOOP_IPV4:
    case SNOOP_DHCP_CLIENT:
    case SNOOP_DHCPV6_CLIENT:
    case SNOOP_ND_DAD:
    case SNOOP_ND_ADVERT:
    case SNOOP_ND_ROUTER:
    case SNOOP_N_KINDS:
    default:
        return true;
    }
}

static bool
is_of_server(const struct snoop_event *event)
{
    return event->kind == SNOOP_DHCP_SERVER
           || event->kind == SNOOP_DHCPV6_SERVER
           || event->kind == SNOOP_ND_ROUTER;
}

static void
to_guest(struct learner *l, const struct snoop_event *event, bool trusted,
         long long now, struct learner_report *report)
{
    if (!is_for_guest(l, event)) {
        note_event(report, LEARNER_FOREIGN, event);
    } else if (event->kind == SNOOP_MALFORMED) {
        note_event(report, LEARNER_MALFORMED, event);
    } else if (!is_of_server(event)) {
        learner_note(report, LEARNER_IGNORED, NULL);
    } else if (!trusted) {
        note_event(report, LEARNER_FORGED, event);
    } else if (!withdraw(&l->to_guest, now)) {
        note_event(report, LEARNER_TOO_FAST, event);
    } else if (event->kind == SNOOP_DHCP_SERVER) {
        dhcp_to_guest(l, event, now, report);
    } else if (event->kind == SNOOP_DHCPV6_SERVER) {
        dhcpv6_to_guest(l, event, now, report);
    } else {
        router_to_guest(l, event, now, report);
    }
}

void
learner_frame(struct learner *l, const struct snoop_event *event,
              enum learner_way way, long long now,
              struct learner_report *report)
{
    if (way == LEARNER_FROM_GUEST) {
        from_guest(l, event, now, report);
    } else {
        to_guest(l, event, way == LEARNER_FROM_NETWORK, now, report);
    }
}

/* Time, and the rest. */

void
learner_run(struct learner *l, long long now, struct learner_report *report)
{
    if (l->settled <= now) {
        struct learner_lease lease = {
            .addr = l->first,
            .source = LEARNER_BY_TRAFFIC,
            .expires = LEARNER_NEVER,
            .seen = now,
        };

        l->settled = LEARNER_NEVER;
        learner_take(l, &lease, now, report);
    }
    learner_expire(l, now, report);
}

long long
learner_next(const struct learner *l)
{
    long long next = l->settled;

    for (size_t i = 0; i < l->n_leases; i++) {
        next = MIN(next, l->leases[i].expires);
    }
    return next;
}

static bool
has_refused(const struct learner *l, int family)
{
    for (size_t i = 0; i < l->n_leases; i++) {
        if (l->leases[i].refused
            && learner_is_v4(&l->leases[i].addr) == (family == AF_INET)) {
            return true;
        }
    }
    return false;
}

enum learner_state
learner_state(const struct learner *l, int family)
{
    return (mode_of(l, family) == LEARNER_NONE ? LEARNER_OFF
            : learner_count(l, family, true)   ? LEARNER_READY
            : has_refused(l, family)           ? LEARNER_REFUSED
                                               : LEARNER_WAITING);
}

const struct learner_lease *
learner_leases(const struct learner *l, size_t *n)
{
    *n = l->n_leases;
    return l->leases;
}

/* Appends a family's addresses in force, of one kind. */
static void
list_addresses(const struct learner *l, int family, bool by_reply,
               char **addresses, size_t *n)
{
    for (size_t i = 0; i < l->n_leases; i++) {
        const struct learner_lease *lease = &l->leases[i];

        if (learner_in_force(l, lease)
            && learner_is_v4(&lease->addr) == (family == AF_INET)
            && (lease->source == LEARNER_BY_REPLY) == by_reply) {
            struct ds s = DS_EMPTY_INITIALIZER;

            ipv6_format_mapped(&lease->addr, &s);
            addresses[(*n)++] = ds_steal_cstr(&s);
        }
    }
}

char **
learner_addresses(const struct learner *l, int family, size_t *n)
{
    char **addresses = xmalloc((l->n_leases + 1) * sizeof *addresses);

    *n = 0;
    list_addresses(l, family, false, addresses, n);
    list_addresses(l, family, true, addresses, n);
    return addresses;
}

void
learner_restore(struct learner *l, const struct learner_lease *lease,
                long long now, struct learner_report *report)
{
    bool first = (lease->source == LEARNER_BY_TRAFFIC
                  || lease->source == LEARNER_BY_OFFER);

    if (fits(l, lease) && (!first || wants_first(l))) {
        learner_take(l, lease, now, report);
    } else {
        learner_note(report, LEARNER_IGNORED, NULL);
    }
    report->store |= !learner_find(l, &lease->addr);
}

void
learner_forget(struct learner *l, const struct in6_addr *addr,
               struct learner_report *report)
{
    for (size_t i = l->n_leases; i-- > 0;) {
        if (!addr || ipv6_addr_equals(&l->leases[i].addr, addr)) {
            learner_drop(l, &l->leases[i], LEARNER_REPLACED, report);
        }
    }
    if (!addr) {
        l->settled = LEARNER_NEVER;
    }
}
