/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef TESTS_UNIT_LEARNER_WORLD_H
#define TESTS_UNIT_LEARNER_WORLD_H 1

/* For tests of the learner: a conversation in frames, as bytes, and time, and
 * after each step the addresses in force. */

#include <stdlib.h>
#include <string.h>

#include "learning/learner.h"
#include "learning/snoop.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "tests/unit/check.h"
#include "tests/unit/guest-frames.h"
#include "util.h"

#define GUEST LEARNER_FROM_GUEST
#define NETWORK LEARNER_FROM_NETWORK
#define OTHERS LEARNER_FROM_OTHERS

#define HOUR 3600000LL

/* A port, the clock, and what the last call reported. */
struct world {
    struct learner_config config;
    struct in6_addr servers[2];
    struct learner *l;
    long long now;
    struct learner_report report;
    char held[64]; /* An address of another port. */
};

static inline bool
is_held(const struct in6_addr *addr, void *world_)
{
    const struct world *w = world_;
    char text[INET6_ADDRSTRLEN + 1];

    return ipv6_string_mapped(text, addr) && !strcmp(text, w->held);
}

static inline void
world_init(struct world *w, enum learner_mode ipv4, enum learner_mode ipv6)
{
    memset(w, 0, sizeof *w);
    w->now = 1000000;
    w->config = (struct learner_config){
        .mac = ETH_ADDR_C(02, 00, 00, 00, 00, 01),
        .ipv4 = ipv4,
        .ipv6 = ipv6,
        .settle_ms = LEARNER_SETTLE_MS,
        .held_by_other = is_held,
        .aux = w,
    };
    w->l = learner_create(&w->config);
}

/* Starts anew with another configuration. */
static inline void
world_reset(struct world *w)
{
    learner_destroy(w->l);
    w->l = learner_create(&w->config);
}

static inline void
add_server(struct world *w, const char *addr)
{
    CHECK(ipv6_parse(addr, &w->servers[w->config.n_servers++]));
    w->config.servers = w->servers;
    world_reset(w);
}

static inline void
world_uninit(struct world *w)
{
    learner_destroy(w->l);
}

static inline void
pass(struct world *w, long long ms)
{
    w->now += ms;
    memset(&w->report, 0, sizeof w->report);
    learner_run(w->l, w->now, &w->report);
}

/* Shows the learner a frame a second later, or at once. */
static inline void
show_now(struct world *w, enum learner_way way, const struct gf_frame *f)
{
    struct snoop_event event;

    memset(&w->report, 0, sizeof w->report);
    snoop_frame(f->data, f->size, &event);
    learner_run(w->l, w->now, &w->report);
    learner_frame(w->l, &event, way, w->now, &w->report);
}

static inline void
show(struct world *w, enum learner_way way, const struct gf_frame *f)
{
    w->now += 100;
    show_now(w, way, f);
}

static inline void
dhcp(struct world *w, enum learner_way way, const struct gf_dhcp *d)
{
    struct gf_frame f = gf_make_dhcp(d);

    show(w, way, &f);
}

static inline void
dhcpv6(struct world *w, enum learner_way way, const struct gf_dhcpv6 *d)
{
    struct gf_frame f = gf_make_dhcpv6(d);

    show(w, way, &f);
}

#define DHCP(W, WAY, ...) dhcp(W, WAY, &(struct gf_dhcp){ __VA_ARGS__ })
#define DHCPV6(W, WAY, ...) dhcpv6(W, WAY, &(struct gf_dhcpv6){ __VA_ARGS__ })

/* The guest asks, the server gives. */
static inline void
lease(struct world *w, const char *addr, int64_t seconds)
{
    DHCP(w, GUEST, .type = 3, .requested = addr);
    DHCP(w, NETWORK, .type = 5, .yiaddr = addr, .lease = seconds);
}

static inline void
leasev6(struct world *w, const char *addr, int64_t seconds)
{
    DHCPV6(w, GUEST, .type = 3);
    DHCPV6(w, NETWORK, .type = 7, .n = 1, .addr = { addr }, .valid = seconds);
}

/* Compares the addresses in force, "A B C". */
static inline void
check_addresses(const struct world *w, int family, const char *expected,
                int line)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    size_t n;
    char **addresses = learner_addresses(w->l, family, &n);

    for (size_t i = 0; i < n; i++) {
        ds_put_format(&s, "%s%s", i ? " " : "", addresses[i]);
        free(addresses[i]);
    }
    free(addresses);
    if (!CHECK_STR(ds_cstr(&s), expected)) {
        printf("# line %d\n", line);
    }
    ds_destroy(&s);
}

#define CHECK_IP(W, EXPECTED) check_addresses(W, AF_INET, EXPECTED, __LINE__)
#define CHECK_IPV6(W, EXPECTED) \
    check_addresses(W, AF_INET6, EXPECTED, __LINE__)
#define CHECK_OUTCOME(W, OUTCOME) CHECK_INT((W)->report.outcomes[OUTCOME], 1)

static inline void
claim(struct world *w, const char *addr)
{
    struct gf_frame f = gf_dad(GF_GUEST, addr);

    show(w, GUEST, &f);
}

#endif /* tests/unit/learner-world.h */
