/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

/* Whole conversations: whatever a guest and the network say, a learner stays
 * within its bounds, its addresses are of hosts, of no other port and in
 * time, and its leases survive being written and read.  The input is a list
 * of frames:
 *
 *   byte 0: way (2 bits), protocol (3 bits), clock goes on (3 bits)
 *   bytes 1, 2: how many follow
 *   the payload above UDP or IPv6. */

#include <limits.h>

#include "learning/learner.h"
#include "learning/snoop.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/guest-frames.h"

#define MAX_PAYLOAD 1400
#define WALL 1795335600000LL

/* Another port has every address that ends with 99. */
static bool
is_held(const struct in6_addr *addr, void *aux)
{
    (void) aux;
    return addr->s6_addr[15] == 99;
}

static struct gf_frame
make_frame(unsigned int protocol, const uint8_t *payload, size_t n)
{
    struct gf_frame f;

    switch (protocol) {
    case 0:
        f = gf_ipv4(GF_GUEST, GF_BROADCAST, "10.0.0.5", "10.0.0.1", 68, 67);
        break;
    case 1:
        f = gf_ipv4(GF_SERVER, GF_GUEST, "10.0.0.1", "10.0.0.5", 67, 68);
        break;
    case 2:
        f = gf_ipv6(GF_GUEST, GF_BROADCAST, "fe80::1", "ff02::1:2",
                    IPPROTO_UDP, 64);
        gf_put(&f, 8, UINT64_C(0x0222022300000000));
        break;
    case 3:
        f = gf_ipv6(GF_SERVER, GF_GUEST, "fe80::2", "fe80::1", IPPROTO_UDP,
                    64);
        gf_put(&f, 8, UINT64_C(0x0223022200000000));
        break;
    case 4:
        f = gf_ipv6(GF_GUEST, GF_BROADCAST, "fe80::1", "ff02::1",
                    IPPROTO_ICMPV6, 255);
        break;
    case 5: /* Duplicate address detection of .....:0. */
        f = gf_ipv6(GF_GUEST, GF_BROADCAST, NULL, "ff02::1:ff00:0",
                    IPPROTO_ICMPV6, 255);
        break;
    default:
        f = gf_ipv4(GF_GUEST, GF_SERVER, "10.0.0.5", "10.0.0.1", 1, 2);
        memcpy(f.data + GF_IP + 12, payload, n < 4 ? n : 4);
        break;
    }
    gf_bytes(&f, payload, n);
    gf_fix(&f);
    return f;
}

static void
check_paper(const struct learner_lease *lease, long long now)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct learner_lease read;

    learner_lease_format(lease, now, WALL, &s);

    char *error = learner_lease_parse(ds_cstr(&s), now, WALL, &read);

    require(!error);
    require(ipv6_addr_equals(&read.addr, &lease->addr));
    require(read.source == lease->source);
    require(read.expires >= lease->expires);
    ds_destroy(&s);
}

static void
check_learner(const struct learner *l, long long now)
{
    size_t n, n_v4 = 0, n_v6 = 0;
    const struct learner_lease *leases = learner_leases(l, &n);

    for (size_t i = 0; i < n; i++) {
        const struct in6_addr *addr = &leases[i].addr;
        bool v4 = IN6_IS_ADDR_V4MAPPED(addr);

        *(v4 ? &n_v4 : &n_v6) += 1;
        require(ipv6_addr_is_set(addr) && !ipv6_addr_is_multicast(addr));
        require(!v4 || addr->s6_addr[12] < 224);
        require(leases[i].refused == is_held(addr, NULL));
        require(leases[i].expires > now);
        require(learner_next(l) <= leases[i].expires);
        check_paper(&leases[i], now);
        for (size_t j = 0; j < i; j++) {
            require(!ipv6_addr_equals(addr, &leases[j].addr));
        }
    }
    require(n_v4 <= LEARNER_MAX_IPV4 && n_v6 <= LEARNER_MAX_IPV6);
}

static void
converse(struct learner *l, const uint8_t *data, size_t size)
{
    long long now = 1;

    while (size >= 3) {
        enum learner_way way = (data[0] & 3) % 3;
        size_t wanted = (data[1] << 8 | data[2]) % MAX_PAYLOAD;
        size_t n = wanted < size - 3 ? wanted : size - 3;
        struct gf_frame f = make_frame(data[0] >> 2 & 7, data + 3, n);
        struct learner_report report = LEARNER_REPORT_INITIALIZER;
        struct ds log = DS_EMPTY_INITIALIZER;
        struct snoop_event event;

        report.log = &log;
        now += 1LL << (data[0] >> 5) * 3;
        snoop_frame(f.data, f.size, &event);
        learner_run(l, now, &report);
        learner_frame(l, &event, way, now, &report);
        check_learner(l, now);
        ds_destroy(&log);
        data += 3 + n;
        size -= 3 + n;
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct learner_config config = {
        .mac = ETH_ADDR_C(02, 00, 00, 00, 00, 01),
        .settle_ms = LEARNER_SETTLE_MS,
        .held_by_other = is_held,
    };

    if (size) {
        config.ipv4 = data[0] & 1 ? LEARNER_DHCP : LEARNER_ANY;
        config.ipv6 = data[0] & 2 ? LEARNER_DHCP : LEARNER_ANY;

        struct learner *l = learner_create(&config);

        converse(l, data + 1, size - 1);
        learner_destroy(l);
    }
    return 0;
}
