/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* Answers to rejected packets.  Checksums are verified by a sum of this
 * file's own, byte by byte (RFC 1071). */

#include <config.h>

#include <string.h>

#include "flows/reject.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "tests/unit/check.h"
#include "tests/unit/hex.h"
#include "util.h"

#define GUEST "020000000001"
#define PEER "020000000002"
#define LINK PEER GUEST

/* IPv4 from 10.0.0.1 to 10.0.0.2: "45 00 total id flags ttl protocol sum". */
#define IP4_UDP LINK "0800 4500 0020 0001 0000 4011 66ca 0a000001 0a000002"
#define UDP_DATA "03e8 07d0 000c e48a 01020304"

struct frame {
    uint8_t data[2048];
    size_t size;
};

static struct frame
from_hex(const char *hex)
{
    struct frame f;
    struct ofpbuf buf = bytes_from_hex(hex);

    f.size = buf.size;
    memcpy(f.data, buf.data, buf.size);
    ofpbuf_uninit(&buf);
    return f;
}

/* The sum of 16-bit words with end-around carry: 0xffff if the checksum in
 * them is right. */
static uint32_t
sum(uint32_t acc, const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        acc += i % 2 ? data[i] : data[i] << 8;
    }
    while (acc >> 16) {
        acc = (acc & 0xffff) + (acc >> 16);
    }
    return acc;
}

static void
set16(uint8_t *p, uint32_t value)
{
    p[0] = value >> 8;
    p[1] = value;
}

/* Puts right checksums into an IPv4 frame without options. */
static void
fix_ipv4(struct frame *f, size_t checksum_ofs)
{
    uint8_t *ip = f->data + 14;
    size_t total = ip[2] << 8 | ip[3];
    uint32_t pseudo = ip[9] == 1 ? 0 : sum(ip[9] + total - 20, ip + 12, 8);

    set16(ip + 10, 0);
    set16(ip + 10, ~sum(0, ip, 20));
    if (checksum_ofs) {
        set16(ip + 20 + checksum_ofs, 0);
        set16(ip + 20 + checksum_ofs, ~sum(pseudo, ip + 20, total - 20));
    }
}

static void
fix_ipv6(struct frame *f, size_t checksum_ofs)
{
    uint8_t *ip = f->data + 14;
    size_t n = ip[4] << 8 | ip[5];

    set16(ip + 40 + checksum_ofs, 0);
    set16(ip + 40 + checksum_ofs,
          ~sum(sum(ip[6] + n, ip + 8, 32), ip + 40, n));
}

static enum reject_result
result_of(const struct frame *f)
{
    struct ofpbuf *answer;
    enum reject_result result = reject_answer(f->data, f->size, &answer);

    CHECK_INT(answer != NULL, result == REJECT_ANSWER);
    ofpbuf_delete(answer);
    return result;
}

static void
check_ipv4_answer(const struct frame *f, const struct ofpbuf *answer,
                  size_t quoted)
{
    const uint8_t *a = answer->data;

    if (!CHECK(answer->size == 14 + 28 + quoted)) {
        return;
    }
    CHECK(!memcmp(a, f->data + 6, 6));
    CHECK(!memcmp(a + 6, f->data, 6));
    CHECK_INT(a[12] << 8 | a[13], 0x0800);
    CHECK_INT(a[14], 0x45);
    CHECK_INT(a[16] << 8 | a[17], 28 + quoted);
    CHECK_INT(a[23], 1);
    CHECK(!memcmp(a + 26, f->data + 30, 4));
    CHECK(!memcmp(a + 30, f->data + 26, 4));
    CHECK_INT(sum(0, a + 14, 20), 0xffff);
    CHECK_INT(a[34], 3);
    CHECK_INT(a[35], 3);
    CHECK_INT(sum(0, a + 34, 8 + quoted), 0xffff);
    CHECK(!memcmp(a + 38, "\0\0\0\0", 4));
    CHECK(!memcmp(a + 42, f->data + 14, quoted));
}

static void
test_ipv4(void)
{
    struct frame f = from_hex(IP4_UDP UDP_DATA "00000000000000000000");
    struct ofpbuf *answer;

    fix_ipv4(&f, 6);
    if (CHECK_INT(reject_answer(f.data, f.size, &answer), REJECT_ANSWER)) {
        check_ipv4_answer(&f, answer, 32); /* Without the padding. */
    }
    ofpbuf_delete(answer);
}

static void
test_ipv4_long(void)
{
    struct frame f = from_hex(IP4_UDP UDP_DATA);
    struct ofpbuf *answer;

    f.size = 14 + 1501;
    memset(f.data + 46, 0x5a, f.size - 46);
    set16(f.data + 16, 1501);
    set16(f.data + 38, 1481);
    fix_ipv4(&f, 6);
    if (CHECK_INT(reject_answer(f.data, f.size, &answer), REJECT_ANSWER)) {
        check_ipv4_answer(&f, answer, REJECT_MAX_IPV4 - 28);
    }
    ofpbuf_delete(answer);

    /* Cut off, a wrong checksum of the data can not be seen. */
    f.data[200] ^= 1;
    CHECK_INT(result_of(&f), REJECT_CHECKSUM);
    f.size -= 100;
    CHECK_INT(result_of(&f), REJECT_ANSWER);
}

#define IP6_HEAD(LEN, NEXT)                 \
    LINK "86dd 6000 0000 " LEN NEXT "40"    \
         "fd000000000000000000000000000001" \
         "fd000000000000000000000000000002"

static void
test_ipv6(void)
{
    struct frame f = from_hex(
        IP6_HEAD("000c", "11") "03e8 07d0 000c 0000 01020304");
    struct ofpbuf *answer;

    fix_ipv6(&f, 6);
    CHECK_INT(reject_answer(f.data, f.size, &answer), REJECT_ANSWER);
    if (!CHECK(answer && answer->size == 14 + 48 + 52)) {
        return;
    }

    const uint8_t *a = answer->data;

    CHECK(!memcmp(a, f.data + 6, 6));
    CHECK(!memcmp(a + 6, f.data, 6));
    CHECK_INT(a[12] << 8 | a[13], 0x86dd);
    CHECK_INT(a[14], 0x60);
    CHECK_INT(a[18] << 8 | a[19], 8 + 52);
    CHECK_INT(a[20], 58);
    CHECK(!memcmp(a + 22, f.data + 38, 16));
    CHECK(!memcmp(a + 38, f.data + 22, 16));
    CHECK_INT(a[54], 1);
    CHECK_INT(a[55], 4);
    CHECK_INT(sum(sum(58 + 60, a + 22, 32), a + 54, 60), 0xffff);
    CHECK(!memcmp(a + 58, "\0\0\0\0", 4));
    CHECK(!memcmp(a + 62, f.data + 14, 52));
    ofpbuf_delete(answer);

    f.data[60] ^= 1;
    CHECK_INT(result_of(&f), REJECT_CHECKSUM);
}

static void
test_ipv6_long(void)
{
    struct frame f = from_hex(IP6_HEAD("05dc", "84") "00");
    struct ofpbuf *answer;

    f.size = 14 + 40 + 1500;
    memset(f.data + 54, 0xa5, 1500);
    CHECK_INT(reject_answer(f.data, f.size, &answer), REJECT_ANSWER);
    if (CHECK(answer && answer->size == 14 + REJECT_MAX_IPV6)) {
        const uint8_t *a = answer->data;

        CHECK_INT(sum(sum(58 + 1240, a + 22, 32), a + 54, 1240), 0xffff);
    }
    ofpbuf_delete(answer);
}

/* A byte of the frame that makes the difference. */
struct changed {
    size_t ofs;
    uint8_t value;
    enum reject_result result;
};

static void
test_ipv4_unanswered(void)
{
    static const struct changed changes[] = {
        { 0, 0x03, REJECT_LINK_MULTICAST }, { 0, 0xff, REJECT_LINK_MULTICAST },
        { 6, 0x03, REJECT_LINK_MULTICAST }, { 12, 0x81, REJECT_NOT_IP },
        { 14, 0x44, REJECT_NOT_IP },        { 14, 0x65, REJECT_NOT_IP },
        { 20, 0x20, REJECT_ANSWER }, /* The first fragment. */
        { 20, 0x10, REJECT_FRAGMENT },      { 21, 0x01, REJECT_FRAGMENT },
        { 26, 0, REJECT_SOURCE },           { 26, 127, REJECT_SOURCE },
        { 26, 224, REJECT_SOURCE },         { 26, 255, REJECT_SOURCE },
        { 30, 0, REJECT_MULTICAST },        { 30, 127, REJECT_MULTICAST },
        { 30, 239, REJECT_MULTICAST },      { 30, 255, REJECT_MULTICAST },
    };

    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        struct frame f = from_hex(IP4_UDP UDP_DATA);

        f.data[changes[i].ofs] = changes[i].value;
        fix_ipv4(&f, 6);
        CHECK_INT(result_of(&f), changes[i].result);
    }
}

static void
test_checksums(void)
{
    static const struct {
        uint8_t protocol;
        size_t checksum_ofs;
    } protocols[] = { { 1, 2 }, { 6, 16 }, { 17, 6 } };

    for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
        struct frame f = from_hex(IP4_UDP "0800 0000 0000 0000 00000000"
                                          "5000 0000 0000 0000");

        set16(f.data + 16, 40);
        f.data[23] = protocols[i].protocol;
        fix_ipv4(&f, protocols[i].checksum_ofs);
        CHECK_INT(result_of(&f), REJECT_ANSWER);
        f.data[50] ^= 0x10;
        CHECK_INT(result_of(&f), REJECT_CHECKSUM);
        f.data[50] ^= 0x10;
        f.data[24] ^= 0x10;
        CHECK_INT(result_of(&f), REJECT_CHECKSUM);
    }

    struct frame none = from_hex(IP4_UDP "03e8 07d0 000c 0000 01020304");

    fix_ipv4(&none, 0); /* UDP without a checksum. */
    CHECK_INT(result_of(&none), REJECT_ANSWER);
}

static void
test_icmp(void)
{
    for (int type = 0; type < 256; type++) {
        struct frame f = from_hex(IP4_UDP "0000 0000 0001 0001 01020304");
        bool query = type == 0 || (type >= 8 && type <= 10)
                     || (type >= 13 && type <= 18);

        f.data[23] = 1;
        f.data[34] = type;
        fix_ipv4(&f, 2);
        CHECK_INT(result_of(&f), query ? REJECT_ANSWER : REJECT_ICMP_ERROR);

        f = from_hex(IP6_HEAD("0008", "3a") "0000 0000 0001 0001");
        f.data[54] = type;
        fix_ipv6(&f, 2);
        CHECK_INT(result_of(&f),
                  (type >= 128 && type != 137 ? REJECT_ANSWER
                                              : REJECT_ICMP_ERROR));
    }
}

static void
test_ipv6_unanswered(void)
{
    static const struct changed changes[] = {
        { 14, 0x40, REJECT_NOT_IP },
        { 22, 0xff, REJECT_SOURCE },
        { 38, 0xff, REJECT_MULTICAST },
    };

    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        struct frame f = from_hex(IP6_HEAD("0004", "fd") "00000000");

        CHECK_INT(result_of(&f), REJECT_ANSWER);
        f.data[changes[i].ofs] = changes[i].value;
        CHECK_INT(result_of(&f), changes[i].result);
    }

    struct frame f = from_hex(IP6_HEAD("0004", "fd") "00000000");

    memset(f.data + 22, 0, 16);
    CHECK_INT(result_of(&f), REJECT_SOURCE);
    f.data[37] = 1;
    CHECK_INT(result_of(&f), REJECT_SOURCE);
    memcpy(f.data + 22, f.data + 38, 16);
    memset(f.data + 38, 0, 16);
    CHECK_INT(result_of(&f), REJECT_MULTICAST);
}

static void
test_ipv6_extensions(void)
{
    /* Hop-by-hop, then fragment, then an ICMPv6 error or a question. */
#define EXTENDED(FRAGMENT, TYPE) \
    IP6_HEAD("0018", "00")       \
    "2c00 000000000000 3a00" FRAGMENT "00000001" TYPE "00 0000 00000000"
    struct frame f = from_hex(EXTENDED("0001", "80"));

    CHECK_INT(result_of(&f), REJECT_ANSWER);
    f = from_hex(EXTENDED("0009", "80"));
    CHECK_INT(result_of(&f), REJECT_FRAGMENT);
    f = from_hex(EXTENDED("0001", "03"));
    CHECK_INT(result_of(&f), REJECT_ICMP_ERROR);

    /* Cut off inside the headers: what follows is not known. */
    f.size = 14 + 40 + 8 + 4;
    CHECK_INT(result_of(&f), REJECT_NOT_IP);
    f.size = 14 + 39;
    CHECK_INT(result_of(&f), REJECT_NOT_IP);
}

static void
test_every_length(void)
{
    struct frame f = from_hex(IP4_UDP UDP_DATA);

    fix_ipv4(&f, 6);
    for (size_t size = 0; size <= f.size; size++) {
        struct frame cut = f;

        cut.size = size;
        CHECK_INT(result_of(&cut), size < 34 ? REJECT_NOT_IP : REJECT_ANSWER);
    }
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_ipv4);
    RUN(test_ipv4_long);
    RUN(test_ipv6);
    RUN(test_ipv6_long);
    RUN(test_ipv4_unanswered);
    RUN(test_checksums);
    RUN(test_icmp);
    RUN(test_ipv6_unanswered);
    RUN(test_ipv6_extensions);
    RUN(test_every_length);
    return CHECK_RESULT();
}
