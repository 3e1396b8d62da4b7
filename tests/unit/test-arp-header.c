/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* Numbers of ARP headers, as the daemon reads them. */

#include <config.h>

#include <string.h>

#include "flows/arp-header.h"
#include "flows/pipeline.h"
#include "tests/unit/check.h"
#include "tests/unit/hex.h"

#define LINK "ffffffffffff 020000000001"
#define ADDRESSES "020000000001 0a000001 000000000000 0a000002"

static uint64_t
read_hex(const char *hex, size_t cut)
{
    struct ofpbuf buf = bytes_from_hex(hex);
    struct ofpbuf wrapped;

    ofpbuf_init(&wrapped, 0);

    uint64_t header = arp_header_read(buf.data, buf.size - cut, &wrapped);

    CHECK_INT(wrapped.size > 0, (header & ARP_HEADER_WRAPPED) != 0);
    ofpbuf_uninit(&wrapped);
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

/* Reads a frame with addresses, whose standard form begins with 'standard',
 * and gets it back. */
static void
check_wrapped(const char *hex, const char *standard, uint64_t header)
{
    struct ofpbuf buf = bytes_from_hex(hex);
    struct ofpbuf begin = bytes_from_hex(standard);
    struct ofpbuf wrapped;

    ofpbuf_init(&wrapped, 0);
    CHECK_INT(arp_header_read(buf.data, buf.size, &wrapped),
              header | ARP_HEADER_READ | ARP_HEADER_WRAPPED
                  | PL_METADATA_SPLIT);
    if (CHECK(wrapped.size == buf.size + 28)) {
        CHECK(!memcmp(wrapped.data, begin.data, begin.size));
        CHECK_INT(arp_header_unwrap(wrapped.data, wrapped.size), buf.size);
        CHECK(!memcmp(wrapped.data, buf.data, buf.size));
    }
    ofpbuf_uninit(&wrapped);
    ofpbuf_uninit(&begin);
    ofpbuf_uninit(&buf);
}

static void
test_addresses(void)
{
    /* Any hardware type, and hardware addresses of any length. */
    check_wrapped(LINK "0806 0006 0800 06 04 0001" ADDRESSES "ff",
                  LINK "0806 0001 0800 06 04 0001"
                       "000000000000 0a000001 000000000000 0a000002",
                  ARP_HEADER_IPS | UINT64_C(0x000608000001));
    check_wrapped(LINK "8100 0005 8035 0001 0800 01 04 0103"
                       "05 0a000001 06 0a000002",
                  LINK "8100 0005 8035 0001 0800 06 04 0000"
                       "000000000000 0a000001 000000000000 0a000002",
                  ARP_HEADER_IPS | UINT64_C(0x000108000103));
    /* Any protocol type, and protocol addresses of any length. */
    check_wrapped(LINK "0806 0001 0806 06 04 0001" ADDRESSES,
                  LINK "0806 0001 0800 06 04 0001"
                       "020000000001 00000000 000000000000 00000000",
                  ARP_HEADER_MACS | UINT64_C(0x000108060001));
    check_wrapped(LINK "0806 0001 0800 06 00 0002 020000000001 020000000002",
                  LINK "0806 0001 0800 06 04 0002"
                       "020000000001 00000000 020000000002 00000000",
                  ARP_HEADER_MACS | UINT64_C(0x000108000002));
}

/* A sample is cut off at the end. */
static void
test_unwrap_cut(void)
{
    struct ofpbuf buf = bytes_from_hex(LINK "8100 0005 0806 0001 0800");

    CHECK_INT(arp_header_unwrap(buf.data, buf.size), 18);
    CHECK_INT(arp_header_unwrap(buf.data, 15), 15);
    CHECK_INT(arp_header_unwrap(buf.data, 12), 12);
    ofpbuf_uninit(&buf);
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
    RUN(test_addresses);
    RUN(test_unwrap_cut);
    RUN(test_tags);
    RUN(test_cut);
    return CHECK_RESULT();
}
