/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

/* Frames that tell of addresses: any bytes are one event, the same each time,
 * within its bounds, and a malformed one says nothing. */

#include "learning/snoop.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/guest-frames.h"

static void
check_malformed(const struct snoop_event *event)
{
    struct snoop_event silent;

    memset(&silent, 0, sizeof silent);
    silent.kind = SNOOP_MALFORMED;
    silent.problem = event->problem;
    silent.eth_src = event->eth_src;
    silent.eth_dst = event->eth_dst;
    silent.tagged = event->tagged;
    require(event->problem < SNOOP_N_PROBLEMS);
    require(!memcmp(event, &silent, sizeof silent));
}

static void
check_event(const struct snoop_event *event)
{
    switch (event->kind) {
    case SNOOP_MALFORMED:
        check_malformed(event);
        break;
    case SNOOP_IPV4:
        require(IN6_IS_ADDR_V4MAPPED(&event->src));
        break;
    case SNOOP_DHCP_CLIENT:
    case SNOOP_DHCP_SERVER:
        require(!event->tagged && IN6_IS_ADDR_V4MAPPED(&event->src));
        break;
    case SNOOP_DHCPV6_CLIENT:
    case SNOOP_DHCPV6_SERVER:
        require(!event->tagged);
        require(event->dhcpv6.n_addresses <= SNOOP_MAX_ADDRESSES);
        require(event->dhcpv6.duid_len <= SNOOP_MAX_DUID);
        break;
    case SNOOP_ND_DAD:
        require(!event->tagged && !ipv6_addr_is_set(&event->src));
        require(!ipv6_addr_is_multicast(&event->nd.target));
        break;
    case SNOOP_ND_ADVERT:
        require(!event->tagged);
        require(!ipv6_addr_is_multicast(&event->nd.target));
        break;
    case SNOOP_ND_ROUTER:
        require(IN6_IS_ADDR_LINKLOCAL(&event->src));
        require(event->ra.n_prefixes <= SNOOP_MAX_ADDRESSES);
        break;
    case SNOOP_ARP:
    case SNOOP_OTHER:
        break;
    case SNOOP_N_KINDS:
    default:
        abort();
    }
}

static void
read_frame(const uint8_t *data, size_t size)
{
    uint8_t *frame = exact_copy(data, size);
    struct ds text = DS_EMPTY_INITIALIZER;
    struct snoop_event event, again;

    snoop_frame(frame, size, &event);
    snoop_frame(frame, size, &again);
    require(!memcmp(&event, &again, sizeof event));
    check_event(&event);
    snoop_event_format(&event, &text);
    ds_destroy(&text);
    free(frame);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gf_frame f = { .size = 0 };

    read_frame(data, size);

    /* Few inputs have right checksums by chance. */
    if (size > GF_DHCPV6 && size < sizeof f.data) {
        gf_bytes(&f, data, size);
        gf_fix(&f);
        read_frame(f.data, f.size);
    }
    return 0;
}
