/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* Samples: what they say of a packet, and what is kept of them. */

#include <config.h>

#include <stdlib.h>

#include "controller/drops.h"
#include "flows/pipeline.h"
#include "flows/sample.h"
#include "lib/flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-packet.h"
#include "openvswitch/ofpbuf.h"
#include "tests/unit/check.h"
#include "tests/unit/hex.h"
#include "util.h"

/* UDP from 10.0.0.1:1000 to 10.0.0.2:53, 100 bytes of which are not here. */
#define UDP                                                        \
    "020000000002 020000000001 0800 4500 0080 0001 0000 4011 66ca" \
    "0a000001 0a000002 03e8 0035 006c 0000"
#define UDP_TEXT                                                         \
    "udp,vlan_tci=0x0000,dl_src=02:00:00:00:00:01,"                      \
    "dl_dst=02:00:00:00:00:02,nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=0," \
    "nw_ecn=0,nw_ttl=64,nw_frag=no,udp_src=1000,udp_dst=53"

static struct sample
read_hex(const char *hex, size_t total_len, const struct match *metadata)
{
    struct ofputil_packet_in pin = { .packet_len = 0 };
    struct sample sample;
    struct ofpbuf buf = bytes_from_hex(hex);

    pin.packet = buf.data;
    pin.packet_len = buf.size;
    pin.flow_metadata = *metadata;
    sample_read(&sample, &pin, total_len);
    ofpbuf_uninit(&buf);
    return sample;
}

static struct match
metadata_of(uint32_t port, uint32_t flags, uint64_t cookie)
{
    struct match match = MATCH_CATCHALL_INITIALIZER;

    match_set_in_port(&match, u16_to_ofp(9));
    match_set_reg(&match, PL_R_PORT - MFF_REG0, port);
    match_set_reg(&match, PL_R_OUT_PORT - MFF_REG0, 6);
    match_set_reg(&match, PL_R_FLAGS - MFF_REG0, flags);
    match_set_reg(&match, PL_R_STATE - MFF_REG0, PL_STATE_NEW);
    match_set_xreg(&match, PL_XREG_DROPPED_BY - MFF_XREG0, cookie);
    return match;
}

static void
check_text(const struct sample *sample, const char *expected)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    sample_format(&sample->flow, &s);
    CHECK_STR(ds_cstr(&s), expected);
    ds_destroy(&s);
}

static void
test_read(void)
{
    struct match metadata = metadata_of(5, 0, 77);
    struct sample sample = read_hex(UDP, 142, &metadata);

    CHECK_INT(sample.port, 5);
    CHECK(sample.out);
    CHECK_INT(sample.cookie, 77);
    CHECK_STR(sample_state_name(&sample), "new");
    check_text(&sample, UDP_TEXT);

    metadata = metadata_of(5, PL_F_IN, UINT64_C(0x4e571fedcba98765));
    sample = read_hex(UDP, 142, &metadata);
    CHECK(!sample.out);
    CHECK_INT(sample.cookie, UINT64_C(0x4e571fedcba98765));

    /* Before any rule, only the port that the packet came from is known. */
    metadata = metadata_of(0, 0, 0);
    sample = read_hex(UDP, 142, &metadata);
    CHECK_INT(sample.port, 9);
}

/* A packet that is shorter than its header says has no header. */
static void
test_short(void)
{
    struct match metadata = metadata_of(5, 0, 77);
    struct sample sample = read_hex(UDP, 0, &metadata);

    CHECK_INT(ntohs(sample.flow.dl_type), 0x800);
    CHECK_INT(sample.flow.nw_src, 0);
    sample = read_hex("0200", 2, &metadata);
    CHECK_INT(sample.flow.dl_type, 0);
}

static void
note(struct drops *drops, const char *port, uint16_t src, uint16_t dst)
{
    struct match metadata = metadata_of(5, 0, 77);
    struct sample sample = read_hex(UDP, 142, &metadata);

    sample.flow.tp_src = htons(src);
    sample.flow.tp_dst = htons(dst);
    struct drop *drop = drops_note(drops, &sample, "br", port, 0);

    if (!drop->rule) {
        drop->rule = xstrdup("a rule");
    }
}

static size_t
count_lines(const struct drops *drops, const char *port, uint64_t after)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    size_t n = 0;

    drops_format(drops, port, after, &s);
    for (size_t i = 0; i < s.length; i++) {
        n += s.string[i] == '\n';
    }
    ds_destroy(&s);
    return n;
}

static void
check_marks(const struct drops *drops)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    uint64_t number;

    drops_put_mark(drops, &s);
    CHECK(drops_read_mark(drops, ds_cstr(&s), &number));
    CHECK_INT(number, 8);
    CHECK(drops_read_mark(drops, "", &number));
    CHECK_INT(number, 0);
    CHECK(drops_read_mark(drops, "76.8", &number)); /* Another daemon's. */
    CHECK_INT(number, 0);
    ds_put_char(&s, 'x');
    CHECK(!drops_read_mark(drops, ds_cstr(&s), &number));
    CHECK(!drops_read_mark(drops, "8", &number));
    ds_destroy(&s);
}

static void
test_folding(void)
{
    struct drops *drops = drops_create(10, 77);

    CHECK_INT(drops_number(drops), 0);
    note(drops, "a", 40000, 53);
    note(drops, "a", 40001, 53); /* The same. */
    note(drops, "a", 53, 40001); /* An answer. */
    note(drops, "a", 53, 40002); /* The same. */
    note(drops, "a", 68, 67);    /* Both are well known. */
    note(drops, "a", 67, 68);
    note(drops, "b", 40001, 53);
    CHECK_INT(drops_number(drops), 7);
    CHECK_INT(count_lines(drops, NULL, 0), 5);
    CHECK_INT(count_lines(drops, "a", 0), 4);
    CHECK_INT(count_lines(drops, "b", 0), 1);
    CHECK_INT(count_lines(drops, NULL, 6), 1);
    CHECK_INT(count_lines(drops, NULL, 7), 0);
    note(drops, "a", 40003, 53);
    CHECK_INT(count_lines(drops, NULL, 7), 1);
    CHECK(drops_knows_port(drops, "b"));
    CHECK(!drops_knows_port(drops, "c"));
    check_marks(drops);
    drops_destroy(drops);
}

/* Who is repeated stays. */
static void
test_bound(void)
{
    struct drops *drops = drops_create(10, 77);

    for (uint16_t i = 1; i < 100; i++) {
        note(drops, "a", 40000, i);
        note(drops, "b", 40000, 53);
        CHECK(count_lines(drops, NULL, 0) <= 10);
    }
    CHECK_INT(count_lines(drops, NULL, 0), 10);
    CHECK_INT(count_lines(drops, "b", 0), 1);
    drops_destroy(drops);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_read);
    RUN(test_short);
    RUN(test_folding);
    RUN(test_bound);
    return CHECK_RESULT();
}
