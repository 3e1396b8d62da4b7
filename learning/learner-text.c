/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "learning/learner-private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "util.h"

/* The latest end on paper, in seconds: the year 9999. */
#define LAST_SECOND 253402300799LL

static const char *const modes[] = {
    [LEARNER_NONE] = "none",
    [LEARNER_ANY] = "any",
    [LEARNER_DHCP] = "dhcp",
};

static const char *const sources[] = {
    [LEARNER_BY_TRAFFIC] = "traffic", [LEARNER_BY_OFFER] = "offer",
    [LEARNER_BY_CLAIM] = "nd",        [LEARNER_BY_LEASE] = "dhcp",
    [LEARNER_BY_REPLY] = "link",
};

bool
learner_mode_from_string(const char *s, enum learner_mode *modep)
{
    for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
        if (!strcasecmp(s, modes[i])) {
            *modep = i;
            return true;
        }
    }
    return false;
}

const char *
learner_mode_to_string(enum learner_mode mode)
{
    return mode < ARRAY_SIZE(modes) ? modes[mode] : "?";
}

const char *
learner_source_to_string(enum learner_source source)
{
    return source < ARRAY_SIZE(sources) ? sources[source] : "?";
}

const char *
learner_outcome_to_string(enum learner_outcome outcome)
{
    static const char *const names[] = {
#define LEARNER_OUTCOME(NAME, TEXT) TEXT,
        LEARNER_OUTCOMES
#undef LEARNER_OUTCOME
    };

    return outcome < LEARNER_N_OUTCOMES ? names[outcome] : "?";
}

void
learner_note(struct learner_report *report, enum learner_outcome outcome,
             const struct learner_lease *lease)
{
    report->outcomes[outcome]++;
    if (!report->log || !lease || outcome == LEARNER_IGNORED) {
        return;
    }
    ipv6_format_mapped(&lease->addr, report->log);
    ds_put_format(report->log, ": %s (%s", learner_outcome_to_string(outcome),
                  learner_source_to_string(lease->source));
    if (ipv6_addr_is_set(&lease->server)) {
        ds_put_cstr(report->log, " from ");
        ipv6_format_mapped(&lease->server, report->log);
    }
    ds_put_cstr(report->log, ")\n");
}

/* Rounded up, so that a lease does not get shorter each time. */
static long long
to_seconds(long long ms)
{
    return DIV_ROUND_UP(ms, 1000);
}

void
learner_lease_format(const struct learner_lease *lease, long long now,
                     long long wall, struct ds *s)
{
    ipv6_format_mapped(&lease->addr, s);
    ds_put_format(s, " source=%s expires=",
                  learner_source_to_string(lease->source));
    if (lease->expires == LEARNER_NEVER) {
        ds_put_cstr(s, "never");
    } else {
        ds_put_format(s, "%lld", to_seconds(lease->expires - now + wall));
    }
    if (ipv6_addr_is_set(&lease->server)) {
        ds_put_cstr(s, " server=");
        ipv6_format_mapped(&lease->server, s);
    }
}

static bool
parse_addr(const char *s, struct in6_addr *addr)
{
    ovs_be32 ip;

    if (ip_parse(s, &ip)) {
        in6_addr_set_mapped_ipv4(addr, ip);
        return true;
    }
    return ipv6_parse(s, addr) && !learner_is_v4(addr);
}

static bool
parse_expires(const char *s, long long offset, long long *expiresp)
{
    long long seconds;

    if (!strcmp(s, "never")) {
        *expiresp = LEARNER_NEVER;
        return true;
    } else if (!str_to_llong(s, 10, &seconds) || seconds < 0
               || seconds > LAST_SECOND) {
        return false;
    }
    *expiresp = seconds * 1000 + offset;
    return true;
}

static bool
parse_source(const char *s, enum learner_source *sourcep)
{
    for (size_t i = 0; i < ARRAY_SIZE(sources); i++) {
        if (!strcmp(s, sources[i])) {
            *sourcep = i;
            return true;
        }
    }
    return false;
}

/* Which parts of a lease were there. */
struct parts {
    bool source, expires, server;
};

/* One "key=value", each once. */
static bool
parse_part(char *part, long long offset, struct parts *parts,
           struct learner_lease *lease)
{
    char *value = strchr(part, '=');
    bool *seen;
    bool ok;

    if (!value) {
        return false;
    }
    *value++ = '\0';
    if (!strcmp(part, "source")) {
        seen = &parts->source;
        ok = parse_source(value, &lease->source);
    } else if (!strcmp(part, "expires")) {
        seen = &parts->expires;
        ok = parse_expires(value, offset, &lease->expires);
    } else if (!strcmp(part, "server")) {
        seen = &parts->server;
        ok = parse_addr(value, &lease->server);
    } else {
        return false;
    }
    ok = ok && !*seen;
    *seen = true;
    return ok;
}

/* Addresses of IPv4 and IPv6 are not learned the same ways. */
static bool
is_consistent(const struct learner_lease *lease)
{
    bool v4 = learner_is_v4(&lease->addr);
    bool v4_only = (lease->source == LEARNER_BY_TRAFFIC
                    || lease->source == LEARNER_BY_OFFER);

    return learner_is_host(&lease->addr, v4 ? AF_INET : AF_INET6)
           && (lease->source == LEARNER_BY_LEASE || v4 == v4_only)
           && (lease->source != LEARNER_BY_REPLY
               || IN6_IS_ADDR_LINKLOCAL(&lease->addr))
           && (!ipv6_addr_is_set(&lease->server)
               || learner_is_v4(&lease->server) == v4);
}

char *
learner_lease_parse(const char *text, long long now, long long wall,
                    struct learner_lease *lease)
{
    char *copy = xstrdup(text), *save = NULL, *error = NULL;
    char *part = strtok_r(copy, " ", &save);
    struct parts parts = { .source = false };

    memset(lease, 0, sizeof *lease);
    lease->seen = now;
    if (!part || !parse_addr(part, &lease->addr)) {
        error = xasprintf("\"%s\": no lease: it must begin with an address",
                          text);
    }
    while (!error && (part = strtok_r(NULL, " ", &save))) {
        char *shown = xstrdup(part);

        if (!parse_part(part, now - wall, &parts, lease)) {
            error = xasprintf("\"%s\": bad lease: \"%s\"", text, shown);
        }
        free(shown);
    }
    if (!error && !(parts.source && parts.expires && is_consistent(lease))) {
        error = xasprintf("\"%s\": bad lease", text);
    }
    free(copy);
    return error;
}
