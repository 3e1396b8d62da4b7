/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* What frames say about addresses: bytes in, one event out. */

#include <config.h>

#include <string.h>

#include "learning/snoop.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "tests/unit/check.h"
#include "tests/unit/guest-frames.h"
#include "tests/unit/hex.h"
#include "util.h"

static struct snoop_event
read_event(const struct gf_frame *f)
{
    /* Of exactly that size, so that reading past the end is seen. */
    uint8_t *copy = xmemdup(f->data, MAX(f->size, 1));
    struct snoop_event event;

    snoop_frame(copy, f->size, &event);
    free(copy);
    return event;
}

/* "KIND" or "malformed: REASON", and more of what is recognised. */
static void
check_event(const struct gf_frame *f, const char *expected, const char *what)
{
    struct snoop_event event = read_event(f);
    struct ds s = DS_EMPTY_INITIALIZER;

    snoop_event_format(&event, &s);
    if (!CHECK_STR(ds_cstr(&s), expected)) {
        printf("# %s\n", what);
    }
    ds_destroy(&s);
}

#define CHECK_EVENT(FRAME, EXPECTED) check_event(FRAME, EXPECTED, #FRAME)

/* Frames off a wire, from the recorded conversation of a guest and a server.
 */
#define ZERO8 "0000000000000000"
#define ZERO64 ZERO8 ZERO8 ZERO8 ZERO8 ZERO8 ZERO8 ZERO8 ZERO8
#define ZERO202 ZERO64 ZERO64 ZERO64 ZERO8 "0000"
#define RECORDED_REQUEST                                                   \
    "ffffffffffff525400123456080045000124123440004011279600000000ffffffff" \
    "00440043011016f80101060012345678" ZERO8 ZERO8                         \
    "00000000525400123456" ZERO202 "63825363350103ff" ZERO8 ZERO8 "00000000"
#define RECORDED_ACK                                                       \
    "525400123456525400aabb01080045000136123440004011117b0a0101020a010105" \
    "004300440122c73f0201060012345678" ZERO8 "0a010105"                    \
    "0a01010200000000525400123456" ZERO202                                 \
    "6382536335010536040a010102330400000e100104ffffff00ff" ZERO8 ZERO8     \
    "00000000"

/* Of ISC's client and dnsmasq. */
#define RECORDED_REQUEST6                                                  \
    "333300010002ae2d6fdfbdad86dd600423db006e1101fe80000000000000ac2d6fff" \
    "fedfbdadff02000000000000000000000001000202220223006e3b98037c01d80001" \
    "000e0001000132956d20ae2d6fdfbdad0002000e0001000132956d1bc23dfad08336" \
    "00060008001700180027001f000800020000000300286fdfbdad00000e1000001518" \
    "00050018fd00000900000000000000000000001600001c2000001d4c"
#define RECORDED_REPLY6                                                    \
    "ae2d6fdfbdadc23dfad0833686dd6c025cd300691140fe80000000000000c03dfaff" \
    "fed08336fe80000000000000ac2d6ffffedfbdad022302220069a4af077c01d80001" \
    "000e0001000132956d20ae2d6fdfbdad0002000e0001000132956d1bc23dfad08336" \
    "000300286fdfbdad000000960000010300050018fd00000900000000000000000000" \
    "00160000012c0000012c000d0009000073756363657373"

static struct gf_frame
from_hex(const char *hex)
{
    struct gf_frame f = { .size = 0 };
    struct ofpbuf buf = bytes_from_hex(hex);

    gf_bytes(&f, buf.data, buf.size);
    ofpbuf_uninit(&buf);
    return f;
}

static void
test_recorded(void)
{
    struct gf_frame request = from_hex(RECORDED_REQUEST);
    struct gf_frame ack = from_hex(RECORDED_ACK);

    CHECK_EVENT(&request, "DHCP client REQUEST for 52:54:00:12:34:56 "
                          "from 0.0.0.0");
    CHECK_EVENT(&ack, "DHCP server ACK for 52:54:00:12:34:56, "
                      "gets 10.1.1.5 from 10.1.1.2");

    struct snoop_event event = read_event(&ack);

    CHECK_INT(ntohl(event.dhcp.xid), 0x12345678);
    CHECK(event.dhcp.has_lease);
    CHECK_INT(event.dhcp.lease, 3600);
    CHECK_INT(ntohl(event.dhcp.server_id), 0x0a010102);
}

static void
test_recorded_ipv6(void)
{
    struct gf_frame request = from_hex(RECORDED_REQUEST6);
    struct gf_frame reply = from_hex(RECORDED_REPLY6);
    struct snoop_event asked = read_event(&request);
    struct snoop_event answered = read_event(&reply);

    CHECK_EVENT(&request, "DHCPv6 client REQUEST fd00:9::16 "
                          "from fe80::ac2d:6fff:fedf:bdad");
    CHECK_EVENT(&reply, "DHCPv6 server REPLY fd00:9::16 "
                        "from fe80::c03d:faff:fed0:8336");
    CHECK_INT(answered.dhcpv6.xid, asked.dhcpv6.xid);
    CHECK_INT(answered.dhcpv6.duid_len, 14);
    CHECK(!memcmp(answered.dhcpv6.duid, asked.dhcpv6.duid, 14));
    CHECK_INT(answered.dhcpv6.addresses[0].valid, 300);
}

static void
test_ipv4_and_arp(void)
{
    struct gf_frame f = gf_ipv4(1, 2, "10.0.0.5", "10.0.0.9", 1000, 2000);

    CHECK_EVENT(&f, "IPv4 from 10.0.0.5");

    /* The source of a later fragment, or of one of DHCP's, is as good. */
    gf_set16(&f, GF_IP + 6, 0x0010);
    gf_fix(&f);
    CHECK_EVENT(&f, "IPv4 from 10.0.0.5");

    f.data[GF_IP + 12] ^= 1;
    CHECK_EVENT(&f, "malformed: a checksum is wrong");
    f.size = GF_IP + 19;
    CHECK_EVENT(&f, "malformed: cut off, or its lengths disagree");
    f.size = 13;
    CHECK_EVENT(&f, "malformed: cut off, or its lengths disagree");

    f = gf_arp(1, "10.0.0.5", "10.0.0.9");
    CHECK_EVENT(&f, "ARP from 10.0.0.5");
    f.data[GF_IP + 4] = 8;
    CHECK_EVENT(&f, "malformed: a fixed part has an illegal value");

    f = gf_ethernet(1, 2, 0x88b5);
    CHECK_EVENT(&f, "other");
}

/* Puts a VLAN tag on a frame. */
static void
push_tag(struct gf_frame *f)
{
    memmove(f->data + 16, f->data + 12, f->size - 12);
    f->size += 4;
    gf_set16(f, 12, 0x8100);
    gf_set16(f, 14, 7);
}

static void
test_tagged(void)
{
    struct gf_frame f = gf_make_dhcp(
        &(struct gf_dhcp){ .type = 5, .yiaddr = "10.0.0.5" });
    struct gf_frame dad = gf_dad(1, "fe80::1");

    push_tag(&f);
    CHECK_EVENT(&f, "IPv4 from 10.0.0.1");
    CHECK(read_event(&f).tagged);
    push_tag(&f);
    CHECK_EVENT(&f, "other");
    push_tag(&dad);
    CHECK_EVENT(&dad, "other");
}

static void
test_dhcp_types(void)
{
    static const struct {
        struct gf_dhcp dhcp;
        const char *event;
    } cases[] = {
        { { .type = 1, .requested = "10.0.0.5" },
          "DHCP client DISCOVER for 02:00:00:00:00:01, wants 10.0.0.5 "
          "from 0.0.0.0" },
        { { .type = 2, .yiaddr = "10.0.0.5", .lease = 60 },
          "DHCP server OFFER for 02:00:00:00:00:01, gets 10.0.0.5 "
          "from 10.0.0.1" },
        { { .type = 3, .ciaddr = "10.0.0.5", .from = "10.0.0.5" },
          "DHCP client REQUEST for 02:00:00:00:00:01, has 10.0.0.5 "
          "from 10.0.0.5" },
        { { .type = 4, .requested = "10.0.0.5" },
          "DHCP client DECLINE for 02:00:00:00:00:01, wants 10.0.0.5 "
          "from 0.0.0.0" },
        { { .type = 6 },
          "DHCP server NAK for 02:00:00:00:00:01 from 10.0.0.1" },
        { { .type = 7, .ciaddr = "10.0.0.5", .from = "10.0.0.5" },
          "DHCP client RELEASE for 02:00:00:00:00:01, has 10.0.0.5 "
          "from 10.0.0.5" },
        { { .type = 8, .ciaddr = "10.0.0.5", .from = "10.0.0.5" },
          "DHCP client INFORM for 02:00:00:00:00:01, has 10.0.0.5 "
          "from 10.0.0.5" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct gf_frame f = gf_make_dhcp(&cases[i].dhcp);

        check_event(&f, cases[i].event, "type");
    }
}

/* A DHCP message whose options are these. */
static struct gf_frame
with_options(const char *hex)
{
    struct gf_frame f = gf_make_dhcp(&(struct gf_dhcp){ .type = 5 });
    struct gf_frame options = from_hex(hex);

    f.size = GF_OPTIONS;
    gf_bytes(&f, options.data, options.size);
    gf_fix(&f);
    return f;
}

#define SERVER_ACK "DHCP server ACK for 02:00:00:00:00:01 from 10.0.0.1"

static void
test_dhcp_options(void)
{
    static const struct {
        const char *options;
        const char *event;
    } cases[] = {
        { "350105ff", SERVER_ACK },
        { "350105ff350105", SERVER_ACK }, /* Padding of any kind. */
        { "0000350105000000ff", SERVER_ACK },
        { "0c03616263350105ff", SERVER_ACK }, /* Others are skipped. */
        { "0c00350105ff", SERVER_ACK },
        { "ff", "malformed: an option is missing" },
        { "", "malformed: an option has an illegal length" },
        { "350105", "malformed: an option has an illegal length" },
        { "35", "malformed: an option has an illegal length" },
        { "3501", "malformed: an option has an illegal length" },
        { "3500ff", "malformed: an option has an illegal length" },
        { "35020505ff", "malformed: an option has an illegal length" },
        { "3501053303000001ff", "malformed: an option has an illegal length" },
        { "350105330500000001ffff",
          "malformed: an option has an illegal length" },
        { "3501050cff6162", "malformed: an option has an illegal length" },
        { "350105350105ff", "malformed: an option is repeated" },
        { "350105330400000001330400000001ff",
          "malformed: an option is repeated" },
        { "350105340100ff", SERVER_ACK },
        { "350105340104ff", "malformed: a fixed part has an illegal value" },
        /* Overload: the other fields begin with 0 and have no end. */
        { "350105340101ff", "malformed: an option has an illegal length" },
        { "350105340102ff", "malformed: an option has an illegal length" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct gf_frame f = with_options(cases[i].options);

        check_event(&f, cases[i].event, cases[i].options);
    }
}

/* RFC 2131 4.1: options may go on in "file", then in "sname". */
static void
test_dhcp_overload(void)
{
    struct gf_frame f = with_options("340103ff");
    const size_t sname = GF_DHCP + 44, file = GF_DHCP + 108;

    memcpy(f.data + file, "\x33\x04\x00\x00\x00\x3c\xff", 7);
    memcpy(f.data + sname, "\x35\x01\x05\xff", 4);
    gf_fix(&f);
    CHECK_EVENT(&f, SERVER_ACK);
    CHECK_INT(read_event(&f).dhcp.lease, 60);

    memcpy(f.data + sname, "\x33\x04\x00\x00\x00\x3c\xff", 7);
    gf_fix(&f);
    CHECK_EVENT(&f, "malformed: an option is repeated");
}

static void
test_dhcp_header(void)
{
    static const struct {
        size_t ofs;
        uint8_t value;
        const char *event;
    } cases[] = {
        { 0, 1, "malformed: a fixed part has an illegal value" },   /* op */
        { 1, 6, "malformed: a fixed part has an illegal value" },   /* htype */
        { 2, 16, "malformed: a fixed part has an illegal value" },  /* hlen */
        { 3, 1, SERVER_ACK },                                       /* hops */
        { 236, 0, "malformed: a fixed part has an illegal value" }, /* magic */
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct gf_frame f = with_options("350105ff");

        f.data[GF_DHCP + cases[i].ofs] = cases[i].value;
        gf_fix(&f);
        check_event(&f, cases[i].event, "header");
    }
}

static void
test_udp(void)
{
    struct gf_frame f = with_options("350105ff");

    f.data[GF_OPTIONS + 2] = 2; /* ACK to OFFER. */
    CHECK_EVENT(&f, "malformed: a checksum is wrong");
    gf_set16(&f, GF_UDP4 + 6, 0); /* None. */
    CHECK_EVENT(&f, "DHCP server OFFER for 02:00:00:00:00:01 from 10.0.0.1");

    gf_fix(&f);
    gf_put(&f, 4, 0); /* Padding of the link. */
    CHECK_EVENT(&f, "DHCP server OFFER for 02:00:00:00:00:01 from 10.0.0.1");

    gf_set16(&f, GF_UDP4 + 4, 7);
    CHECK_EVENT(&f, "malformed: cut off, or its lengths disagree");
    gf_set16(&f, GF_UDP4 + 4, 1000);
    CHECK_EVENT(&f, "malformed: cut off, or its lengths disagree");

    f = with_options("350105ff");
    gf_set16(&f, GF_IP + 6, 0x2000);
    gf_fix(&f);
    CHECK_EVENT(&f, "malformed: in fragments");

    /* From a port that no server has. */
    f = with_options("350105ff");
    gf_set16(&f, GF_UDP4, 1067);
    gf_fix(&f);
    CHECK_EVENT(&f, "IPv4 from 10.0.0.1");
}

static void
test_dhcp_every_length(void)
{
    struct gf_frame whole = gf_make_dhcp(
        &(struct gf_dhcp){ .type = 5, .yiaddr = "10.0.0.5", .lease = 60 });

    for (size_t size = 0; size < whole.size; size++) {
        struct gf_frame f = whole;

        f.size = size;
        CHECK_INT(read_event(&f).kind, SNOOP_MALFORMED);
        if (size >= GF_DHCP) {
            gf_fix(&f);
            CHECK_INT(read_event(&f).kind, SNOOP_MALFORMED);
        }
    }
}

static void
test_dhcpv6(void)
{
    static const struct {
        struct gf_dhcpv6 dhcpv6;
        const char *event;
    } cases[] = {
        { { .type = 1, .rapid_commit = true },
          "DHCPv6 client SOLICIT from fe80::1" },
        { { .type = 7, .n = 2, .addr = { "fd00::5", "fd00::6" } },
          "DHCPv6 server REPLY fd00::5 fd00::6 from fe80::2" },
        { { .type = 7, .n = 1, .addr = { "fd00::5" }, .temporary = true },
          "DHCPv6 server REPLY fd00::5 from fe80::2" },
        { { .type = 7, .n = 1, .addr = { "fd00::5" }, .valid = -1 },
          "DHCPv6 server REPLY fd00::5 from fe80::2" },
        /* RFC 8415 21.6, and addresses of an association that failed. */
        { { .type = 7, .n = 1, .addr = { "fd00::5" }, .preferred = 4000 },
          "DHCPv6 server REPLY from fe80::2" },
        { { .type = 7, .n = 1, .addr = { "fd00::5" }, .ia_status = 2 },
          "DHCPv6 server REPLY from fe80::2" },
        { { .type = 7, .status = 5 }, "DHCPv6 server REPLY from fe80::2" },
        { { .type = 8, .n = 1, .addr = { "fd00::5" } },
          "DHCPv6 client RELEASE fd00::5 from fe80::1" },
        { { .type = 7, .n = 17 },
          "malformed: more addresses than one guest needs" },
        { { .type = 7, .duid = "" },
          "malformed: an option has an illegal length" },
        { { .type = 12 }, "other from fe80::1" }, /* A relay's. */
        { { .type = 99 }, "other from fe80::1" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct gf_frame f = gf_make_dhcpv6(&cases[i].dhcpv6);

        check_event(&f, cases[i].event, "DHCPv6");
    }
}

static void
test_dhcpv6_details(void)
{
    struct gf_frame f = gf_make_dhcpv6(&(struct gf_dhcpv6){
        .type = 7, .n = 1, .addr = { "fd00::5" }, .status = 5 });
    struct snoop_event event = read_event(&f);

    CHECK_INT(event.dhcpv6.xid, 0xabcdef);
    CHECK_INT(event.dhcpv6.status, 5);
    CHECK_INT(event.dhcpv6.duid_len, 7);
    CHECK(!memcmp(event.dhcpv6.duid, "\0\2guest", 7));
    CHECK_INT(event.dhcpv6.addresses[0].valid, 3600);

    /* A server's message from a client's port, and the other way round. */
    f.data[GF_DHCPV6] = SNOOP_DHCPV6_REQUEST;
    gf_fix(&f);
    CHECK_EVENT(&f, "malformed: a fixed part has an illegal value");
}

/* Messages with these options. */
static void
test_dhcpv6_options(void)
{
#define CLIENT "0001 0004 00020001"
#define SERVER "0002 0004 00020002"
#define IA(LENGTH, TIMES) "0003" LENGTH "00000001" TIMES
#define IAADDR "0005 0018 fd000000000000000000000000000005 00000e10 00000e10"
    static const struct {
        const char *options;
        const char *event;
    } cases[] = {
        { CLIENT SERVER IA("0028", "00000000 00000000") IAADDR,
          "DHCPv6 server REPLY fd00::5 from fe80::2" },
        { CLIENT SERVER IA("0028", "00000002 00000003") IAADDR,
          "DHCPv6 server REPLY fd00::5 from fe80::2" },
        /* RFC 8415 21.4. */
        { CLIENT SERVER IA("0028", "00000003 00000002") IAADDR,
          "DHCPv6 server REPLY from fe80::2" },
        { CLIENT SERVER IA("0027", "00000000 00000000") IAADDR,
          "malformed: an option has an illegal length" },
        { CLIENT SERVER IA("0029", "00000000 00000000") IAADDR,
          "malformed: an option has an illegal length" },
        { CLIENT SERVER IA("0008", "00000000"),
          "malformed: an option has an illegal length" },
        { CLIENT SERVER "0003 0010 00000001 00000000 00000000 0005 0000",
          "malformed: an option has an illegal length" },
        { CLIENT SERVER "000d 0001 00",
          "malformed: an option has an illegal length" },
        { CLIENT SERVER "000d", "malformed: an option has an illegal length" },
        { CLIENT SERVER CLIENT, "malformed: an option is repeated" },
        { CLIENT SERVER SERVER, "malformed: an option is repeated" },
        { CLIENT, "malformed: an option is missing" },
        { SERVER, "malformed: an option is missing" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct gf_frame f = gf_make_dhcpv6(&(struct gf_dhcpv6){ .type = 7 });
        struct gf_frame options = from_hex(cases[i].options);

        f.size = GF_DHCPV6 + 4;
        gf_bytes(&f, options.data, options.size);
        gf_fix(&f);
        check_event(&f, cases[i].event, cases[i].options);
    }
}

static void
test_dhcpv6_every_length(void)
{
    struct gf_frame whole = gf_make_dhcpv6(
        &(struct gf_dhcpv6){ .type = 7, .n = 1, .addr = { "fd00::5" } });

    for (size_t size = 0; size < whole.size; size++) {
        struct gf_frame f = whole;

        f.size = size;
        CHECK_INT(read_event(&f).kind, SNOOP_MALFORMED);
    }

    struct gf_frame f = whole;

    gf_set16(&f, GF_L4_6 + 6, 0); /* IPv6 has no UDP without. */
    CHECK_EVENT(&f, "malformed: a checksum is wrong");
}

static void
test_nd(void)
{
    struct gf_frame f = gf_dad(1, "fe80::5");

    CHECK_EVENT(&f, "duplicate address detection fe80::5");
    f = gf_na(1, "fd00::5", GF_GUEST);
    CHECK_EVENT(&f, "neighbour advertisement fd00::5 from fd00::5");
    CHECK_INT(read_event(&f).nd.lla.ea[5], GF_GUEST);
    f = gf_nd(135, 1, "fe80::5", "ff02::1:ff00:9", 0, "fe80::9");
    CHECK_EVENT(&f, "other from fe80::5");
    f = gf_nd(133, 1, "fe80::5", "ff02::2", 0, "::");
    CHECK_EVENT(&f, "other from fe80::5");

    for (size_t size = 0; size < 78; size++) {
        f = gf_dad(1, "fe80::5");
        f.size = size;
        CHECK_INT(read_event(&f).kind, SNOOP_MALFORMED);
    }
}

/* RFC 4861 7.1: what makes a message invalid. */
static void
test_nd_invalid(void)
{
    static const struct {
        uint8_t type;
        size_t ofs; /* From the ICMPv6 header, or the IPv6 header if ip. */
        bool ip;
        uint8_t value;
        const char *event;
    } cases[] = {
        { 135, 7, true, 254, "malformed: a fixed part has an illegal value" },
        { 135, 1, false, 1, "malformed: a fixed part has an illegal value" },
        { 135, 8, false, 0xff,
          "malformed: an address is not that of one host" },
        { 135, 24, true, 0xfe,
          "malformed: an address is not that of one host" },
        { 135, 39, true, 9, "malformed: an address is not that of one host" },
        { 136, 7, true, 254, "malformed: a fixed part has an illegal value" },
        { 136, 1, false, 1, "malformed: a fixed part has an illegal value" },
        { 136, 4, false, 0x60,
          "malformed: a fixed part has an illegal value" },
        { 136, 8, false, 0xff,
          "malformed: an address is not that of one host" },
        { 136, 25, false, 0, "malformed: an option has an illegal length" },
        { 136, 25, false, 2, "malformed: an option has an illegal length" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct gf_frame f = (cases[i].type == 135
                                 ? gf_dad(1, "fe80::5")
                                 : gf_na(1, "fe80::5", GF_GUEST));

        f.data[(cases[i].ip ? GF_IP : GF_L4_6) + cases[i].ofs] =
            cases[i].value;
        gf_fix(&f);
        if (!CHECK_INT(read_event(&f).kind, SNOOP_MALFORMED)) {
            printf("# case %zu\n", i);
        }
        CHECK_STR(snoop_problem_to_string(read_event(&f).problem),
                  cases[i].event + strlen("malformed: "));
    }
}

static void
test_nd_options(void)
{
    struct gf_frame f = gf_dad(1, "fe80::5");

    /* A source link-layer address: whoever has no address has none. */
    gf_put(&f, 2, 1 << 8 | 1);
    gf_put_mac(&f, GF_GUEST);
    gf_fix(&f);
    CHECK_EVENT(&f, "malformed: an option has an illegal length");

    /* A nonce (RFC 7527) is fine. */
    f.data[GF_L4_6 + 24] = 14;
    gf_fix(&f);
    CHECK_EVENT(&f, "duplicate address detection fe80::5");

    f = gf_na(1, "fe80::5", GF_GUEST);
    gf_put(&f, 2, 2 << 8 | 1);
    gf_put_mac(&f, GF_GUEST);
    gf_fix(&f);
    CHECK_EVENT(&f, "malformed: an option is repeated");
    f.size -= 3;
    gf_fix(&f);
    CHECK_INT(read_event(&f).problem, SNOOP_BAD_OPTION);

    f = gf_na(1, "fe80::5", GF_GUEST);
    f.data[GF_L4_6 + 10] ^= 1;
    CHECK_INT(read_event(&f).problem, SNOOP_BAD_CHECKSUM);
}

#define AUTONOMOUS 0x40

static void
test_router(void)
{
    struct gf_frame f = gf_ra(2, "fd00:1::", 64, AUTONOMOUS, 86400);
    struct snoop_event event = read_event(&f);

    CHECK_INT(event.kind, SNOOP_ND_ROUTER);
    CHECK_INT(event.ra.n_prefixes, 1);
    CHECK_INT(event.ra.prefixes[0].plen, 64);
    CHECK_INT(event.ra.prefixes[0].valid, 86400);

    /* Hosts make no addresses of it. */
    f = gf_ra(2, "fd00:1::", 64, 0x80, 86400);
    CHECK_INT(read_event(&f).ra.n_prefixes, 0);
    f = gf_ra(2, "fd00:1::", 129, AUTONOMOUS, 86400);
    CHECK_INT(read_event(&f).ra.n_prefixes, 0);

    f = gf_ra(2, "fd00:1::", 64, AUTONOMOUS, 86400);
    f.data[GF_IP + 8] = 0xfd; /* Not from a link-local address. */
    gf_fix(&f);
    CHECK_INT(read_event(&f).problem, SNOOP_BAD_ADDRESS);
    f = gf_ra(2, "fd00:1::", 64, AUTONOMOUS, 86400);
    f.data[GF_L4_6 + 17] = 3;
    gf_fix(&f);
    CHECK_INT(read_event(&f).problem, SNOOP_BAD_OPTION);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_recorded);
    RUN(test_recorded_ipv6);
    RUN(test_ipv4_and_arp);
    RUN(test_tagged);
    RUN(test_dhcp_types);
    RUN(test_dhcp_options);
    RUN(test_dhcp_overload);
    RUN(test_dhcp_header);
    RUN(test_udp);
    RUN(test_dhcp_every_length);
    RUN(test_dhcpv6);
    RUN(test_dhcpv6_details);
    RUN(test_dhcpv6_options);
    RUN(test_dhcpv6_every_length);
    RUN(test_nd);
    RUN(test_nd_invalid);
    RUN(test_nd_options);
    RUN(test_router);
    return CHECK_RESULT();
}
