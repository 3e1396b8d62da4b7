/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "learning/learner-private.h"

#include "packets.h"
#include "util.h"

/* An address lives this long at least after a router's word (RFC 4862
 * 5.5.3), so that a forged one does not end it. */
#define TWO_HOURS_MS (2 * 3600 * 1000LL)

bool
learner_is_v4(const struct in6_addr *addr)
{
    return IN6_IS_ADDR_V4MAPPED(addr);
}

static int
family_of(const struct in6_addr *addr)
{
    return learner_is_v4(addr) ? AF_INET : AF_INET6;
}

/* A mapped address in IPv6 would be one of IPv4: it is none here. */
bool
learner_is_host(const struct in6_addr *addr, int family)
{
    if (family == AF_INET) {
        ovs_be32 ip = in6_addr_get_mapped_ipv4(addr);

        return learner_is_v4(addr) && ip && ntohl(ip) < 0xe0000000;
    }
    return !learner_is_v4(addr) && ipv6_addr_is_set(addr)
           && !IN6_IS_ADDR_LOOPBACK(addr) && !ipv6_addr_is_multicast(addr);
}

/* With `dhcp', a guest without its link-local address could not be asked for
 * its leased one by neighbours, nor renew it; but it is not in force for its
 * own sake. */
static bool
has_lease(const struct learner *l)
{
    for (size_t i = 0; i < l->n_leases; i++) {
        const struct learner_lease *lease = &l->leases[i];

        if (lease->source == LEARNER_BY_LEASE && !lease->refused
            && !learner_is_v4(&lease->addr)) {
            return true;
        }
    }
    return false;
}

bool
learner_in_force(const struct learner *l, const struct learner_lease *lease)
{
    return !lease->refused
           && (lease->source != LEARNER_BY_REPLY || has_lease(l));
}

size_t
learner_count(const struct learner *l, int family, bool in_force)
{
    size_t n = 0;

    for (size_t i = 0; i < l->n_leases; i++) {
        const struct learner_lease *lease = &l->leases[i];

        n += (family_of(&lease->addr) == family
              && !(in_force && !learner_in_force(l, lease)));
    }
    return n;
}

struct learner_lease *
learner_find(struct learner *l, const struct in6_addr *addr)
{
    for (size_t i = 0; i < l->n_leases; i++) {
        if (ipv6_addr_equals(&l->leases[i].addr, addr)) {
            return &l->leases[i];
        }
    }
    return NULL;
}

void
learner_drop(struct learner *l, struct learner_lease *lease,
             enum learner_outcome outcome, struct learner_report *report)
{
    size_t i = lease - l->leases;

    learner_note(report, outcome, lease);
    report->store = true;
    report->changed |= !lease->refused;
    l->n_leases--;
    memmove(lease, lease + 1, (l->n_leases - i) * sizeof *lease);
}

static bool
is_held(const struct learner *l, const struct in6_addr *addr)
{
    return l->config.held_by_other
           && l->config.held_by_other(addr, l->config.aux);
}

/* What a guest has by its own word alone, it can lose to another. */
static bool
is_replaceable(const struct learner_lease *lease)
{
    return lease->source == LEARNER_BY_CLAIM
           || lease->source == LEARNER_BY_REPLY;
}

/* The claim that was not confirmed for longest, refused ones first. */
static struct learner_lease *
oldest_claim(struct learner *l)
{
    struct learner_lease *oldest = NULL;

    for (size_t i = 0; i < l->n_leases; i++) {
        struct learner_lease *lease = &l->leases[i];

        if (is_replaceable(lease)
            && (!oldest || lease->refused > oldest->refused
                || (lease->refused == oldest->refused
                    && lease->seen < oldest->seen))) {
            oldest = lease;
        }
    }
    return oldest;
}

/* Is there room for another address?  Makes some for an IPv6 address at the
 * cost of a claim: the guest itself says which ones it has. */
static bool
make_room(struct learner *l, const struct learner_lease *lease,
          struct learner_report *report)
{
    if (learner_is_v4(&lease->addr)) {
        return learner_count(l, AF_INET, false) < LEARNER_MAX_IPV4;
    } else if (learner_count(l, AF_INET6, false) < LEARNER_MAX_IPV6) {
        return true;
    }

    struct learner_lease *victim = oldest_claim(l);

    if (victim) {
        learner_drop(l, victim, LEARNER_REPLACED, report);
    }
    return victim != NULL;
}

/* With `any', IPv4 has one address: what was refused before does not count any
 * more. */
static void
drop_refused_ipv4(struct learner *l, struct learner_report *report)
{
    for (size_t i = l->n_leases; i-- > 0;) {
        if (l->leases[i].refused && learner_is_v4(&l->leases[i].addr)) {
            learner_drop(l, &l->leases[i], LEARNER_REPLACED, report);
        }
    }
}

static void
add(struct learner *l, const struct learner_lease *new,
    struct learner_report *report)
{
    bool refused = is_held(l, &new->addr);

    if (!refused && l->config.ipv4 == LEARNER_ANY
        && learner_is_v4(&new->addr)) {
        drop_refused_ipv4(l, report);
    }
    if (!make_room(l, new, report)) {
        learner_note(report, refused ? LEARNER_CONFLICT : LEARNER_FULL, new);
        return;
    }

    struct learner_lease *lease = &l->leases[l->n_leases++];

    *lease = *new;
    lease->refused = refused;
    report->store = true;
    report->changed |= !refused;
    learner_note(report, refused ? LEARNER_CONFLICT : LEARNER_LEARNED, lease);
}

/* A lease is never made shorter by a renewal (reference 4.6), but by the
 * server's word what was for ever gets an end, and an IPv6 address that was
 * only claimed gets the end of its lease. */
static long long
later_end(const struct learner_lease *old, const struct learner_lease *new)
{
    bool leased = (old->source == LEARNER_BY_LEASE
                   && old->expires != LEARNER_NEVER);

    if (new->source == LEARNER_BY_LEASE) {
        return leased ? MAX(old->expires, new->expires) : new->expires;
    }
    return old->expires;
}

static void
renew(struct learner *l, struct learner_lease *old,
      const struct learner_lease *new, struct learner_report *report)
{
    long long expires = later_end(old, new);
    bool store = expires != old->expires || old->source != new->source;

    old->expires = expires;
    old->seen = new->seen;
    if (new->source == LEARNER_BY_LEASE) {
        old->source = new->source;
        old->server = new->server;
    } else {
        store = false;
    }
    report->store |= store;
    if (old->refused) {
        old->refused = is_held(l, &old->addr);
        report->changed |= !old->refused;
        learner_note(report, old->refused ? LEARNER_CONFLICT : LEARNER_LEARNED,
                     old);
    } else {
        learner_note(report, store ? LEARNER_RENEWED : LEARNER_IGNORED, old);
    }
}

void
learner_take(struct learner *l, const struct learner_lease *lease,
             long long now, struct learner_report *report)
{
    struct learner_lease *old = learner_find(l, &lease->addr);

    if (!learner_is_host(&lease->addr, family_of(&lease->addr))) {
        learner_note(report, LEARNER_ADDRESS, lease);
    } else if (lease->expires <= now) {
        learner_note(report, LEARNER_EXPIRED, lease);
    } else if (old) {
        renew(l, old, lease, report);
    } else {
        add(l, lease, report);
    }
}

void
learner_retry(struct learner *l, long long now, struct learner_report *report)
{
    for (size_t i = 0; i < l->n_leases; i++) {
        struct learner_lease *lease = &l->leases[i];

        if (lease->refused && lease->expires > now
            && !is_held(l, &lease->addr)) {
            lease->refused = false;
            report->changed = report->store = true;
            learner_note(report, LEARNER_LEARNED, lease);
        }
    }
}

void
learner_expire(struct learner *l, long long now, struct learner_report *report)
{
    for (size_t i = l->n_leases; i-- > 0;) {
        if (l->leases[i].expires <= now) {
            learner_drop(l, &l->leases[i], LEARNER_EXPIRED, report);
        }
    }
}

/* Prefixes of routers. */

static bool
is_within(const struct in6_addr *addr, const struct in6_addr *prefix,
          uint8_t plen)
{
    struct in6_addr mask = ipv6_create_mask(plen);
    struct in6_addr a = ipv6_addr_bitand(addr, &mask);
    struct in6_addr b = ipv6_addr_bitand(prefix, &mask);

    return ipv6_addr_equals(&a, &b);
}

static long long
end_of(uint32_t seconds, long long now)
{
    return seconds == SNOOP_FOREVER ? LEARNER_NEVER : now + seconds * 1000LL;
}

/* RFC 4862 5.5.3 (e). */
static long long
prolong(long long expires, uint32_t valid, long long now)
{
    long long end = end_of(valid, now);

    if (end - now > TWO_HOURS_MS || end > expires) {
        return end;
    }
    return MIN(expires, now + TWO_HOURS_MS);
}

static struct prefix *
find_prefix(struct learner *l, const struct snoop_prefix *p)
{
    for (size_t i = 0; i < l->n_prefixes; i++) {
        struct prefix *prefix = &l->prefixes[i];

        if (prefix->plen == p->plen
            && is_within(&p->addr, &prefix->addr, p->plen)) {
            return prefix;
        }
    }
    return NULL;
}

/* Keeps the prefix; the one that ends first makes room. */
static void
keep_prefix(struct learner *l, const struct snoop_prefix *p, long long now)
{
    struct prefix *prefix = find_prefix(l, p);

    if (!prefix && l->n_prefixes < LEARNER_MAX_PREFIXES) {
        prefix = &l->prefixes[l->n_prefixes++];
    } else if (!prefix) {
        prefix = &l->prefixes[0];
        for (size_t i = 1; i < l->n_prefixes; i++) {
            if (l->prefixes[i].expires < prefix->expires) {
                prefix = &l->prefixes[i];
            }
        }
    }
    prefix->addr = p->addr;
    prefix->plen = p->plen;
    prefix->expires = end_of(p->valid, now);
}

void
learner_note_prefixes(struct learner *l, const struct snoop_ra *ra,
                      long long now, struct learner_report *report)
{
    for (size_t i = 0; i < ra->n_prefixes; i++) {
        const struct snoop_prefix *p = &ra->prefixes[i];

        keep_prefix(l, p, now);
        for (size_t j = 0; j < l->n_leases; j++) {
            struct learner_lease *lease = &l->leases[j];
            long long end = prolong(lease->expires, p->valid, now);

            if (lease->source == LEARNER_BY_CLAIM && end != lease->expires
                && !IN6_IS_ADDR_LINKLOCAL(&lease->addr)
                && is_within(&lease->addr, &p->addr, p->plen)) {
                lease->expires = end;
                report->store = true;
            }
        }
    }
}

long long
learner_claim_expires(const struct learner *l, const struct in6_addr *addr,
                      long long now)
{
    if (!IN6_IS_ADDR_LINKLOCAL(addr)) {
        for (size_t i = 0; i < l->n_prefixes; i++) {
            const struct prefix *prefix = &l->prefixes[i];

            if (prefix->expires > now
                && is_within(addr, &prefix->addr, prefix->plen)) {
                return prefix->expires;
            }
        }
    }
    return LEARNER_NEVER;
}
