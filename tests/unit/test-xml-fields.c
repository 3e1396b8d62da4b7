/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include <stdlib.h>

#include "tests/unit/check.h"
#include "xml/fields.h"

static void
test_protocols(void)
{
    enum nw_protocol protocol;

    for (int i = NW_P_NONE + 1; i < NW_N_PROTOCOLS; i++) {
        const char *name = nw_protocol_name(i);
        CHECK(nw_protocol_from_name(name, &protocol) && protocol == i);
    }
    CHECK(!nw_protocol_from_name("", &protocol));
    CHECK(!nw_protocol_from_name("TCP", &protocol));
    CHECK(!nw_protocol_from_name("icmp-ipv6", &protocol));
    CHECK(nw_protocol_layer(NW_P_NONE) == NW_L2);
    CHECK(nw_protocol_layer(NW_P_IPV6) == NW_L2);
    CHECK(nw_protocol_layer(NW_P_TCP) == NW_L3_IPV4);
    CHECK(nw_protocol_layer(NW_P_ALL) == NW_L3_IPV4);
    CHECK(nw_protocol_layer(NW_P_TCP_IPV6) == NW_L3_IPV6);
    CHECK(nw_protocol_layer(NW_P_ALL_IPV6) == NW_L3_IPV6);
}

/* Each attribute of each protocol once, and found both ways. */
static void
test_tables(void)
{
    size_t n_all = 0;

    for (int i = 0; i < NW_N_PROTOCOLS; i++) {
        size_t n;
        const struct nw_field *fields = nw_protocol_fields(i, &n);

        for (size_t j = 0; j < n; j++) {
            const struct nw_field *f = &fields[j];
            CHECK(nw_field_by_attr(i, f->attr) == f);
            CHECK(nw_field_by_name(i, nw_attr_name(f->attr)) == f);
            CHECK(f->min <= f->max);
        }
        n_all += n;
        CHECK(n <= 32);
        CHECK_INT(n > 0, i != NW_P_NONE);
    }
    CHECK_INT(n_all, 388);
}

static bool
has(enum nw_protocol protocol, const char *attr)
{
    return nw_field_by_name(protocol, attr) != NULL;
}

/* The differences between similar protocols (semantics reference 1.6). */
static void
test_differences(void)
{
    CHECK(has(NW_P_IP, "dscp") && !has(NW_P_IPV6, "dscp"));
    CHECK(has(NW_P_IPV6, "typeend") && !has(NW_P_ICMPV6, "typeend"));
    CHECK(has(NW_P_TCP, "flags") && has(NW_P_TCP_IPV6, "flags"));
    CHECK(has(NW_P_TCP, "option") && !has(NW_P_UDP, "option"));
    CHECK(has(NW_P_SCTP, "srcportstart"));
    CHECK(!has(NW_P_UDPLITE, "srcportstart"));
    CHECK(!has(NW_P_IGMP, "type"));
    CHECK(has(NW_P_STP, "srcmacaddr") && !has(NW_P_STP, "dstmacaddr"));
    CHECK(has(NW_P_TCP, "srcmacaddr") && !has(NW_P_TCP, "srcmacmask"));
    CHECK(!has(NW_P_MAC, "state") && has(NW_P_ALL, "state"));
    CHECK(!has(NW_P_NONE, "comment"));
    CHECK_INT(nw_field_by_name(NW_P_UDP_IPV6, "dstipto")->type, NW_T_IPV6);
    CHECK_INT(nw_field_by_name(NW_P_STP, "flags")->attr, NW_A_STP_FLAGS);
    CHECK_INT(nw_field_by_name(NW_P_TCP, "flags")->attr, NW_A_TCP_FLAGS);
    CHECK_INT(nw_field_by_name(NW_P_STP, "flags")->variable, true);
    CHECK_INT(nw_field_by_name(NW_P_TCP, "flags")->variable, false);
}

static void
test_nearest(void)
{
    CHECK_STR(nw_nearest_protocol("tpc"), "tcp");
    CHECK_STR(nw_nearest_protocol("TCP"), "tcp");
    CHECK_STR(nw_nearest_protocol("tcpipv6"), "tcp-ipv6");
    CHECK_STR(nw_nearest_protocol("icmp-ipv6"), "icmpv6");
    CHECK_STR(nw_nearest_protocol("ip6"), "ipv6");
    CHECK_STR(nw_nearest_protocol("interface"), NULL);
    CHECK_STR(nw_nearest_protocol(""), NULL);
    CHECK_STR(nw_nearest_attr(NW_P_TCP, "dstport"), "dstportstart");
    CHECK_STR(nw_nearest_attr(NW_P_TCP, "srcipadr"), "srcipaddr");
    CHECK_STR(nw_nearest_attr(NW_P_TCP, "dstmask"), "dstipmask");
    CHECK_STR(nw_nearest_attr(NW_P_TCP, "msg-age"), NULL);
    CHECK_STR(nw_nearest_attr(NW_P_STP, "msg-age"), "age");
    CHECK_STR(nw_nearest_attr(NW_P_STP, "port_hi"), "port-hi");
    CHECK_STR(nw_nearest_attr(NW_P_MAC, "mtach"), "match");
    CHECK_STR(nw_nearest_attr(NW_P_ICMP, "srcportstart"), NULL);
}

static void
check_field(enum nw_protocol protocol, const char *attr, const char *text,
            const char *expected)
{
    struct nw_value v;
    char *error = nw_field_parse(nw_field_by_name(protocol, attr), text, &v);
    CHECK_STR(error, expected);
    free(error);
}

static void
test_ranges(void)
{
    check_field(NW_P_MAC, "protocolid", "0x600", NULL);
    check_field(NW_P_MAC, "protocolid", "600",
                "not an Ethernet type from 0x0600 to 0xffff");
    check_field(NW_P_VLAN, "encap-protocol", "0x3c", NULL);
    check_field(NW_P_VLAN, "encap-protocol", "59",
                "not an Ethernet type from 0x003c to 0xffff");
    check_field(NW_P_VLAN, "vlanid", "4095", NULL);
    check_field(NW_P_VLAN, "vlanid", "4096", "not a number from 0 to 4095");
    check_field(NW_P_TCP, "dscp", "63", NULL);
    check_field(NW_P_TCP, "dscp", "64", "not a number from 0 to 63");
    check_field(NW_P_IP, "dscp", "0x40", "not a number from 0 to 63");
    check_field(NW_P_TCP, "dstportstart", "http",
                "not a number from 0 to 65535");
    check_field(NW_P_ALL, "srcipmask", "255.255.0.0", NULL);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_protocols);
    RUN(test_tables);
    RUN(test_differences);
    RUN(test_nearest);
    RUN(test_ranges);
    return CHECK_RESULT();
}
