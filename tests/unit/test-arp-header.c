/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* Numbers of ARP headers, as the daemon reads them. */

#include <config.h>

#include "flows/arp-header.h"
#include "tests/unit/check.h"
#include "tests/unit/hex.h"

#define LINK "ffffffffffff 020000000001"
#define ADDRESSES "020000000001 0a000001 000000000000 0a000002"

static uint64_t
read_hex(const char *hex, size_t cut)
{
    struct ofpbuf buf = bytes_from_hex(hex);
    uint64_t header = arp_header_read(buf.data, buf.size - cut);

    ofpbuf_uninit(&buf);
    return header;
}

static void
test_numbers(void)
{
    const uint64_t read = ARP_HEADER_READ;

    CHECK_INT(read_hex(LINK "0806 0001 0800 06 04 0001" ADDRESSES, 0),
              read | ARP_HEADER_STANDARD | UINT64_C(0x000108000001));
    CHECK_INT(read_hex(LINK "0806 0001 0800 06 04 abcd" ADDRESSES, 0),
              read | ARP_HEADER_STANDARD | UINT64_C(0x00010800abcd));
    CHECK_INT(read_hex(LINK "8035 fedc 86dd 08 10 ff00" ADDRESSES, 0),
              read | UINT64_C(0xfedc86ddff00));
    CHECK_INT(read_hex(LINK "0806 0001 0800 06 10 0001" ADDRESSES, 0),
              read | UINT64_C(0x000108000001));
    CHECK_INT(read_hex(LINK "0806 0001 0800 07 04 0001" ADDRESSES, 0),
              read | UINT64_C(0x000108000001));
}

static void
test_tags(void)
{
    uint64_t expected = ARP_HEADER_READ | UINT64_C(0x000608000002);

    CHECK_INT(read_hex(LINK "8100 0005 0806 0006 0800 06 04 0002", 0),
              expected);
    CHECK_INT(read_hex(LINK "88a8 0005 8100 0006 0806 0006 0800 06 04 0002",
                       0),
              expected);
}

static void
test_cut(void)
{
    const char *hex = LINK "8100 0005 0806 0006 0800 06 04 0002";

    for (size_t cut = 1; cut <= 26; cut++) {
        CHECK_INT(read_hex(hex, cut), ARP_HEADER_READ | ARP_HEADER_CUT);
    }

    /* The numbers are there, but not the addresses. */
    CHECK_INT(read_hex(LINK "0806 0001 0800 06 04 0001" ADDRESSES, 1),
              ARP_HEADER_READ | UINT64_C(0x000108000001));
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_numbers);
    RUN(test_tags);
    RUN(test_cut);
    return CHECK_RESULT();
}
