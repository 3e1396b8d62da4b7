/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

/* Leases on paper: any text is refused with a message, or is a lease that is
 * written as it was read. */

#include "learning/learner.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "tests/fuzz/fuzz.h"
#include "util.h"

#define NOW 12345
#define WALL 1795335600000LL

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = xmemdup0((const char *) data, size);
    struct learner_lease lease, again;
    char *error = learner_lease_parse(text, NOW, WALL, &lease);

    if (error) {
        require(strstr(error, "lease") != NULL);
    } else {
        struct ds s = DS_EMPTY_INITIALIZER;

        learner_lease_format(&lease, NOW, WALL, &s);
        require(!learner_lease_parse(ds_cstr(&s), NOW, WALL, &again));
        require(ipv6_addr_equals(&lease.addr, &again.addr));
        require(ipv6_addr_equals(&lease.server, &again.server));
        require(lease.source == again.source);
        require(lease.expires == again.expires);
        ds_destroy(&s);
    }
    free(error);
    free(text);
    return 0;
}
