/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* Authentication headers of IPv6, as the daemon finds them. */

#include <config.h>

#include "flows/ipv6-header.h"
#include "tests/unit/check.h"
#include "tests/unit/hex.h"

#define LINK "020000000002 020000000001 86dd"
#define ADDRESSES                      \
    "fe800000000000000000000000000001" \
    "fe800000000000000000000000000002"
#define PACKET(NEXT) LINK "60000000 0018" NEXT "40" ADDRESSES
#define AH(NEXT) NEXT "040000 00000100 00000001 000000000000000000000000"

static uint64_t
read_hex(const char *hex, size_t cut)
{
    struct ofpbuf buf = bytes_from_hex(hex);
    uint64_t header = ipv6_header_read(buf.data, buf.size - cut);

    ofpbuf_uninit(&buf);
    return header;
}

#define CHECK_AH(HEX) \
    CHECK_INT(read_hex(HEX, 0), IPV6_HEADER_READ | IPV6_HEADER_AH)
#define CHECK_NONE(HEX) CHECK_INT(read_hex(HEX, 0), IPV6_HEADER_READ)

static void
test_found(void)
{
    CHECK_AH(PACKET("33") AH("3b"));
    CHECK_AH(PACKET("33") AH("06"));
    CHECK_AH(PACKET("00") "3300 0104 00000000" AH("3b"));
    CHECK_AH(PACKET("2b") "3c00 0000 00000000 3300 0104 00000000" AH("3b"));
    CHECK_AH(PACKET("00") "3301 010c 000000000000000000000000" AH("3b"));

    /* The first of some fragments. */
    CHECK_AH(PACKET("2c") "3300 0001 00000007" AH("3b"));
}

static void
test_not_found(void)
{
    CHECK_NONE(PACKET("3b"));
    CHECK_NONE(PACKET("06") AH("3b"));
    CHECK_NONE(PACKET("00") "0600 0104 00000000" AH("3b"));
    CHECK_NONE(PACKET("32") AH("33"));

    /* A later fragment: what follows is not that header. */
    CHECK_NONE(PACKET("2c") "3300 0008 00000007" AH("3b"));
}

static void
test_cut(void)
{
    const char *hex = PACKET("00") "3300 0104 00000000";

    CHECK_AH(PACKET("33"));
    CHECK_INT(read_hex(hex, 0), IPV6_HEADER_READ | IPV6_HEADER_AH);
    for (size_t cut = 1; cut <= 62; cut++) {
        CHECK_INT(read_hex(hex, cut), IPV6_HEADER_READ);
    }
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_found);
    RUN(test_not_found);
    RUN(test_cut);
    return CHECK_RESULT();
}
