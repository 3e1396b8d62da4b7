/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include <stdlib.h>

#include "interpret/ct.h"
#include "tests/unit/check.h"
#include "tests/unit/hex-frames.h"
#include "util.h"

static const char *
track(struct interpret_ct *ct, const char *hex, bool confirm)
{
    uint8_t data[256];
    struct interpret_frame frame;
    struct interpret_conn conn;

    interpret_frame_parse(data, read_hex(hex, data), &frame);
    interpret_ct_receive(ct, &frame, &conn);
    if (confirm) {
        interpret_ct_confirm(ct);
    }
    return interpret_state_name(conn.state);
}

static struct interpret_ct *
new_tracker(bool userspace)
{
    struct interpret_ct_options options = { .ftp = true,
                                            .ignore_checksums = true,
                                            .userspace = userspace };

    return interpret_ct_create(&options);
}

#define SEG_OUT(FLAGS)                               \
    FROM IPV4("00", "0000", "06", GUEST_IP, PEER_IP) \
        TCP(PORT_99, PORT_22, FLAGS)
#define SEG_IN(FLAGS) \
    TO IPV4("00", "0000", "06", PEER_IP, GUEST_IP) TCP(PORT_22, PORT_99, FLAGS)

static void
test_tracker_follows_tcp(void)
{
    struct interpret_ct *ct = new_tracker(false);

    CHECK_STR(track(ct, SEG_OUT("02"), false), "new");
    CHECK_STR(track(ct, SEG_IN("12"), true), "invalid");
    CHECK_STR(track(ct, SEG_OUT("02"), true), "new");
    CHECK_STR(track(ct, SEG_OUT("02"), true), "new");
    CHECK_STR(track(ct, SEG_OUT("10"), true), "invalid");
    CHECK_STR(track(ct, SEG_IN("12"), true), "established");
    CHECK_STR(track(ct, SEG_OUT("10"), true), "established");
    CHECK_STR(track(ct, SEG_IN("02"), true), "invalid");
    CHECK_STR(track(ct, SEG_IN("11"), true), "established");
    CHECK_STR(track(ct, SEG_OUT("04"), true), "established");
    CHECK_STR(track(ct, SEG_OUT("02"), true), "new");
    CHECK_STR(track(ct, SEG_IN("14"), true), "established");
    CHECK_STR(track(ct, SEG_IN("10"), true), "new");
    interpret_ct_destroy(ct);
}

static void
test_tracker_refuses_what_begins_nothing(void)
{
    static const char *const flags[] = { "00", "01", "03", "04", "06",
                                         "11", "12", "14", "3f" };
    struct interpret_ct *ct = new_tracker(false);

    for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
        char *frame = xasprintf(SEG_OUT("%s"), flags[i]);
        CHECK_STR(track(ct, frame, true), "invalid");
        free(frame);
    }
    CHECK_STR(track(ct, ICMP_OUT("00", "00"), true), "invalid");
    CHECK_STR(track(ct, ICMP_OUT("08", "00"), true), "new");
    CHECK_STR(track(ct, ICMP_IN("00", "00"), true), "established");
    CHECK_STR(track(ct, SEG_OUT("10"), true), "new");
    interpret_ct_destroy(ct);
}

static const char error[] = TO
    "0800 4500 0038 0001 0000 40 01 0000 0a0000fe" GUEST_IP
    "0301 0000 00000000"
    "4500 0028 0001 0000 40 06 0000" GUEST_IP PEER_IP "99990016 00000001";

static void
test_tracker_relates_icmp_errors(void)
{
    struct interpret_ct *ct = new_tracker(false);

    CHECK_STR(track(ct, error, true), "invalid");
    CHECK_STR(track(ct, SEG_OUT("02"), true), "new");
    CHECK_STR(track(ct, error, true), "related");
    interpret_ct_flush(ct);
    CHECK_STR(track(ct, error, true), "invalid");
    interpret_ct_destroy(ct);
}

/* "PORT 10,0,0,1,195,81", in a connection's first packet: only the userspace
 * datapath reads it there. */
static void
test_tracker_reads_ftp(void)
{
    static const char port[] = FROM
        "0800 4500 003f 0000 0000 40 06 0000" GUEST_IP PEER_IP
        "9999 0015 00000001 00000001 5018 ffff 0000 0000"
        "504f52542031302c302c302c312c3139352c38310d0a";
    static const char data[] = TO IPV4("00", "0000", "06", PEER_IP, GUEST_IP)
        TCP("0014", "c351", "02");

    for (int userspace = 0; userspace < 2; userspace++) {
        struct interpret_ct *ct = new_tracker(userspace);

        CHECK_STR(track(ct, data, false), "new");
        CHECK_STR(track(ct, port, false), "new");
        CHECK_STR(track(ct, data, false), "new");
        CHECK_STR(track(ct, port, true), "new");
        CHECK_STR(track(ct, data, false), userspace ? "related" : "new");
        interpret_ct_destroy(ct);
    }
}

/* After an unanswered reset, which makes Linux forget; picked up before. */
static void
test_tracker_begins_anew(void)
{
    for (int userspace = 0; userspace < 2; userspace++) {
        struct interpret_ct *ct = new_tracker(userspace);

        CHECK_STR(track(ct, SEG_OUT("10"), true), "new");
        CHECK_STR(track(ct, SEG_OUT("02"), true), "new");
        CHECK_STR(track(ct, SEG_OUT("10"), true),
                  userspace ? "invalid" : "new");
        interpret_ct_flush(ct);
        CHECK_STR(track(ct, SEG_OUT("02"), true), "new");
        CHECK_STR(track(ct, SEG_OUT("04"), true), "new");
        CHECK_STR(track(ct, error, true), userspace ? "related" : "invalid");
        CHECK_STR(track(ct, SEG_OUT("02"), true), "new");
        CHECK_STR(track(ct, SEG_IN("03"), true), "invalid");
        interpret_ct_destroy(ct);
    }
}

/* Two SYNs across each other: an answer for Linux, the first packet again for
 * the userspace datapath, which then knows too little to go on. */
static void
test_tracker_crosses_syns(void)
{
    for (int userspace = 0; userspace < 2; userspace++) {
        struct interpret_ct *ct = new_tracker(userspace);

        CHECK_STR(track(ct, SEG_OUT("02"), true), "new");
        CHECK_STR(track(ct, SEG_IN("02"), true),
                  userspace ? "new" : "established");
        CHECK_STR(track(ct, SEG_IN("12"), true),
                  userspace ? "invalid" : "established");
        CHECK_STR(track(ct, SEG_OUT("10"), true),
                  userspace ? "invalid" : "established");
        interpret_ct_flush(ct);
        CHECK_STR(track(ct, SEG_OUT("02"), true), "new");
        CHECK_STR(track(ct, SEG_IN("12"), true), "established");
        CHECK_STR(track(ct, SEG_IN("02"), true), "invalid");
        interpret_ct_destroy(ct);
    }
}

#define V6_GUEST "fe800000000000000000000000000001"
#define V6_GROUP "ff020000000000000000000000000001"
#define ICMPV6(TYPE) \
    FROM "86dd 60000000 0008 3a ff" V6_GUEST V6_GROUP TYPE "00 0000 00000000"

static void
test_tracker_leaves_neighbour_discovery_alone(void)
{
    struct interpret_ct *ct = new_tracker(false);

    CHECK_STR(track(ct, ICMPV6("87"), true), "untracked");
    CHECK_STR(track(ct, ICMPV6("8f"), true), "untracked");
    CHECK_STR(track(ct, ICMPV6("80"), true), "new");
    CHECK_STR(track(ct, ICMPV6("89"), true), "invalid");
    interpret_ct_destroy(ct);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_tracker_follows_tcp);
    RUN(test_tracker_refuses_what_begins_nothing);
    RUN(test_tracker_relates_icmp_errors);
    RUN(test_tracker_reads_ftp);
    RUN(test_tracker_begins_anew);
    RUN(test_tracker_crosses_syns);
    RUN(test_tracker_leaves_neighbour_discovery_alone);
    return CHECK_RESULT();
}
