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
    check_field(NW_P_ALL_IPV6, "srcipaddr", "fe80::1%lo", NULL);
    check_field(NW_P_ALL_IPV6, "srcipto", "fe80::1%lo",
                "an address with a zone, which a range has not");
}

/* The value of a variable, as what it is in a literal that means the same, or
 * the message. */
static void
check_variable(enum nw_protocol protocol, const char *attr, const char *text,
               const char *expected)
{
    struct nw_value v;
    char *s = nw_field_parse_variable(nw_field_by_name(protocol, attr), text,
                                      &v);

    if (!s) {
        s = nw_value_format(&v);
    }
    check_str(s, expected, text, __FILE__, __LINE__);
    free(s);
}

/* What ebtables 1.8.9 and iptables 1.8.9 make of it (tests/libvirt/record). */
static void
test_variables(void)
{
    const char *port = "not a number from 0 to 65535";
    const char *mask = "not an IPv4 mask, 0 to 32 or ones followed by zeros";
    const char *type = "not an Ethernet type (0 to 0xffff, arp, rarp, ipv4, "
                       "ipv6 or vlan)";
    const char *protocol = "not an IP protocol (0 to 255 or a name such as "
                           "tcp)";

    check_variable(NW_P_TCP, "srcportstart", "80", "80");
    check_variable(NW_P_TCP, "srcportstart", "010", "8");
    check_variable(NW_P_TCP, "srcportstart", "0x1F", "31");
    check_variable(NW_P_TCP, "srcportstart", "1f", port);
    check_variable(NW_P_TCP, "srcportstart", "08", port);
    check_variable(NW_P_TCP, "srcportstart", "0x", port);
    check_variable(NW_P_TCP, "srcportstart", "65536", port);
    check_variable(NW_P_TCP, "srcportstart", "http", port);
    check_variable(NW_P_UDP, "srcportstart", "010", "10");
    check_variable(NW_P_UDP_IPV6, "dstportend", "08", "8");
    check_variable(NW_P_UDP, "srcportstart", "0x1f",
                   "not a decimal number from 0 to 65535");
    check_variable(NW_P_IP, "dscp", "077", "63");
    check_variable(NW_P_IP, "dscp", "64", "not a number from 0 to 63");
    check_variable(NW_P_VLAN, "vlanid", "010", "10");
    check_variable(NW_P_VLAN, "vlanid", "0x1", port);
    check_variable(NW_P_VLAN, "encap-protocol", "2048", "ipv4");
    check_variable(NW_P_VLAN, "encap-protocol", "vlan", "vlan");
    check_variable(NW_P_ARP, "hwtype", "09", "9");
    check_variable(NW_P_ARP, "hwtype", "0x1", port);
    check_variable(NW_P_ARP, "protocoltype", "800", "2048");
    check_variable(NW_P_ARP, "protocoltype", "0x800", "2048");
    check_variable(NW_P_ARP, "protocoltype", "65535", port);
    check_variable(NW_P_ARP, "opcode", "2", "Reply");
    check_variable(NW_P_ARP, "opcode", "reply", "Reply");
    check_variable(NW_P_ARP, "opcode", "0x2",
                   "not an ARP opcode (0 to 65535 or a name such as Request)");
    check_variable(NW_P_MAC, "protocolid", "800", "ipv4");
    check_variable(NW_P_MAC, "protocolid", "2048", "0x2048");
    check_variable(NW_P_MAC, "protocolid", "IPv6", "ipv6");
    check_variable(NW_P_MAC, "protocolid", "vlan", type);
    check_variable(NW_P_MAC, "protocolid", "5ff",
                   "not an Ethernet type from 0x0600 to 0xffff");
    check_variable(NW_P_STP, "root-priority", "08", "8");
    check_variable(NW_P_STP, "port-hi", "0x100", port);
    check_variable(NW_P_STP, "root-cost", "010", "10");
    check_variable(NW_P_STP, "root-cost", "4294967295", "4294967295");
    check_variable(NW_P_STP, "root-cost", "1e",
                   "not a number from 0 to 4294967295");
    check_variable(NW_P_STP, "type", "tcn", "128");
    check_variable(NW_P_STP, "type", "Config", "0");
    check_variable(NW_P_IP, "protocol", "tcp", "tcp");
    check_variable(NW_P_IP, "protocol", "UDP", "udp");
    check_variable(NW_P_IP, "protocol", "Udp", protocol);
    check_variable(NW_P_IP, "protocol", "0x11", "udp");
    check_variable(NW_P_IP, "protocol", "ff", protocol);
    check_variable(NW_P_IP, "srcipaddr", "10.1.2.3", "10.1.2.3");
    check_variable(NW_P_IP, "srcipaddr", "010.1", "8.1.0.0");
    check_variable(NW_P_IP, "srcipaddr", "1", "1.0.0.0");
    check_variable(NW_P_IP, "srcipaddr", "167838211", "10.1.2.3");
    check_variable(NW_P_IP, "srcipaddr", "10.1.65535", "10.1.255.255");
    check_variable(NW_P_IP, "srcipaddr", "::ffff:10.1.2.3", "10.1.2.3");
    check_variable(NW_P_IP, "srcipaddr", "10.1.", "not an IPv4 address");
    check_variable(NW_P_TCP, "srcipfrom", "0000000000000000077.1",
                   "not an IPv4 address");
    check_variable(NW_P_TCP, "srcipfrom", "10.1", "10.1.0.0");
    check_variable(NW_P_TCP, "srcipfrom", "167838211", "not an IPv4 address");
    check_variable(NW_P_IP, "srcipmask", "0x8", "8");
    check_variable(NW_P_IP, "srcipmask", "024", "20");
    check_variable(NW_P_IP, "srcipmask", "08", mask);
    check_variable(NW_P_IP, "srcipmask", "33", mask);
    check_variable(NW_P_IP, "srcipmask", "255.255.255.0", "24");
    check_variable(NW_P_IP, "srcipmask", "255.255.0", mask);
    check_variable(NW_P_IPV6, "srcipmask", "064", "52");
    check_variable(NW_P_IPV6, "srcipmask", "ffff::", "16");
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
    RUN(test_variables);
    return CHECK_RESULT();
}
