/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include <stdlib.h>

#include "tests/unit/check.h"
#include "xml/value.h"

/* Parses 'text' and compares its canonical form, or the message. */
#define CHECK_VALUE(TYPE, TEXT, EXPECTED) \
    check_value(NW_T_##TYPE, TEXT, EXPECTED, __LINE__)

static void
check_value(enum nw_type type, const char *text, const char *expected,
            int line)
{
    struct nw_value v;
    char *s = nw_value_parse(type, text, &v);

    if (!s) {
        struct nw_value again;
        s = nw_value_format(&v);
        /* What is formatted reads back as the same value. */
        char *error = nw_value_parse(type, s, &again);
        check_str(error, NULL, s, __FILE__, line);
        free(error);
        error = nw_value_format(&again);
        check_str(error, s, text, __FILE__, line);
        free(error);
    }
    check_str(s, expected, text, __FILE__, line);
    free(s);
}

static void
test_numbers(void)
{
    CHECK_VALUE(U8, "0", "0");
    CHECK_VALUE(U8, "255", "255");
    CHECK_VALUE(U8, "10", "10");
    CHECK_VALUE(U8, "1f", "31");
    CHECK_VALUE(U8, "0x1F", "31");
    CHECK_VALUE(U8, "0X1f", "31");
    CHECK_VALUE(U8, "007", "7");
    CHECK_VALUE(U8, "  7", "7");
    CHECK_VALUE(U8, "+7", "7");
    CHECK_VALUE(U8, "0xff", "255");
    CHECK_VALUE(U16, "65535", "65535");
    CHECK_VALUE(U16, "ffff", "65535");
    CHECK_VALUE(U32, "4294967295", "4294967295");
    CHECK_VALUE(U32, "0xffffffff", "4294967295");
    CHECK_VALUE(U16_DEC, "17", "17");
    CHECK_VALUE(U8, "-0", "0");
    CHECK_VALUE(U8, "-4294967295", "1");
    CHECK_VALUE(U32, "-1", "4294967295");
    CHECK_VALUE(U32, "-ffff", "4294901761");
}

static void
test_bad_numbers(void)
{
    CHECK_VALUE(U8, "256", "not a number from 0 to 255");
    CHECK_VALUE(U8, "100000000000000000000", "not a number from 0 to 255");
    CHECK_VALUE(U8, "0x100", "not a number from 0 to 255");
    CHECK_VALUE(U8, "", "not a number from 0 to 255");
    CHECK_VALUE(U8, " ", "not a number from 0 to 255");
    CHECK_VALUE(U8, "-1", "not a number from 0 to 255");
    CHECK_VALUE(U8, "0x", "not a number from 0 to 255");
    CHECK_VALUE(U8, "1 ", "not a number from 0 to 255");
    CHECK_VALUE(U8, "1g", "not a number from 0 to 255");
    CHECK_VALUE(U8, "++1", "not a number from 0 to 255");
    CHECK_VALUE(U8, "+-1", "not a number from 0 to 255");
    CHECK_VALUE(U8, "-4294967296", "not a number from 0 to 255");
    CHECK_VALUE(U16, "65536", "not a number from 0 to 65535");
    CHECK_VALUE(U32, "4294967296", "not a number from 0 to 4294967295");
    CHECK_VALUE(U16_DEC, "1f", "not a decimal number from 0 to 65535");
    CHECK_VALUE(U16_DEC, "0x11", "not a decimal number from 0 to 65535");
}

static void
test_names(void)
{
    static const struct {
        enum nw_type type;
        const char *number, *name, *other_case;
    } names[] = {
        { NW_T_ETHERTYPE, "0x806", "arp", "ARP" },
        { NW_T_ETHERTYPE, "0x8035", "rarp", "Rarp" },
        { NW_T_ETHERTYPE, "0x800", "ipv4", "IPv4" },
        { NW_T_ETHERTYPE, "0x86dd", "ipv6", "IPv6" },
        { NW_T_ETHERTYPE, "0x8100", "vlan", "VLAN" },
        { NW_T_ARP_OPCODE, "1", "Request", "request" },
        { NW_T_ARP_OPCODE, "2", "Reply", "REPLY" },
        { NW_T_ARP_OPCODE, "3", "Request_Reverse", "request_reverse" },
        { NW_T_ARP_OPCODE, "4", "Reply_Reverse", "reply_reverse" },
        { NW_T_ARP_OPCODE, "5", "DRARP_Request", "drarp_request" },
        { NW_T_ARP_OPCODE, "6", "DRARP_Reply", "drarp_reply" },
        { NW_T_ARP_OPCODE, "7", "DRARP_Error", "drarp_error" },
        { NW_T_ARP_OPCODE, "8", "InARP_Request", "inarp_request" },
        { NW_T_ARP_OPCODE, "9", "ARP_NAK", "arp_nak" },
        { NW_T_IP_PROTOCOL, "6", "tcp", "TCP" },
        { NW_T_IP_PROTOCOL, "17", "udp", "Udp" },
        { NW_T_IP_PROTOCOL, "136", "udplite", "UDPLite" },
        { NW_T_IP_PROTOCOL, "50", "esp", "ESP" },
        { NW_T_IP_PROTOCOL, "51", "ah", "AH" },
        { NW_T_IP_PROTOCOL, "1", "icmp", "ICMP" },
        { NW_T_IP_PROTOCOL, "2", "igmp", "IGMP" },
        { NW_T_IP_PROTOCOL, "132", "sctp", "SCTP" },
        { NW_T_IP_PROTOCOL, "58", "icmpv6", "ICMPv6" },
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        check_value(names[i].type, names[i].number, names[i].name, __LINE__);
        check_value(names[i].type, names[i].name, names[i].name, __LINE__);
        check_value(names[i].type, names[i].other_case, names[i].name,
                    __LINE__);
    }
    CHECK_VALUE(ETHERTYPE, "arp", "arp");
    CHECK_VALUE(ETHERTYPE, "IPv4", "ipv4");
    CHECK_VALUE(ETHERTYPE, "0x86dd", "ipv6");
    CHECK_VALUE(ETHERTYPE, "33024", "vlan");
    CHECK_VALUE(ETHERTYPE, "0x835", "0x0835");
    CHECK_VALUE(ARP_OPCODE, "reply", "Reply");
    CHECK_VALUE(ARP_OPCODE, "9", "ARP_NAK");
    CHECK_VALUE(ARP_OPCODE, "10", "10");
    CHECK_VALUE(IP_PROTOCOL, "TCP", "tcp");
    CHECK_VALUE(IP_PROTOCOL, "0x11", "udp");
    CHECK_VALUE(IP_PROTOCOL, "33", "33");
    CHECK_VALUE(IP_PROTOCOL, "icmpv6", "icmpv6");
    CHECK_VALUE(IP_PROTOCOL, "tpc",
                "not an IP protocol (0 to 255 or a name such as tcp); did you "
                "mean 'tcp'?");
    CHECK_VALUE(IP_PROTOCOL, "dccp",
                "not an IP protocol (0 to 255 or a name such as tcp)");
    CHECK_VALUE(ETHERTYPE, "ip4",
                "not an Ethernet type (0 to 0xffff, arp, rarp, ipv4, ipv6 or "
                "vlan); did you mean 'ipv4'?");
    CHECK_VALUE(ARP_OPCODE, "Requset",
                "not an ARP opcode (0 to 65535 or a name such as Request); "
                "did you mean 'Request'?");
}

static void
test_mac(void)
{
    CHECK_VALUE(MAC, "01:02:03:04:05:06", "01:02:03:04:05:06");
    CHECK_VALUE(MAC, "1:2:3:4:5:6", "01:02:03:04:05:06");
    CHECK_VALUE(MAC, "aA:Bb:cc:DD:ee:FF", "aa:bb:cc:dd:ee:ff");
    CHECK_VALUE(MAC, "", "not a MAC address");
    CHECK_VALUE(MAC, "1:2:3:4:5", "not a MAC address");
    CHECK_VALUE(MAC, "1:2:3:4:5:", "not a MAC address");
    CHECK_VALUE(MAC, "1:2:3:4:5:6:7", "not a MAC address");
    CHECK_VALUE(MAC, "001:2:3:4:5:6", "not a MAC address");
    CHECK_VALUE(MAC, "1-2-3-4-5-6", "not a MAC address");
    CHECK_VALUE(MAC, "g:2:3:4:5:6", "not a MAC address");
    CHECK_VALUE(MAC, " 1:2:3:4:5:6", "not a MAC address");
    CHECK_VALUE(MAC, "1:2:3:4:5:6,", "not a MAC address");
    CHECK_VALUE(MAC, "1:2:3:4:5:6 ", "01:02:03:04:05:06");
    CHECK_VALUE(MAC, "1:2:3:4:5:6\t7", "01:02:03:04:05:06");
}

static void
test_mac_mask(void)
{
    const char *error = "not a MAC mask, ones followed by zeros";

    CHECK_VALUE(MAC_MASK, "ff:ff:ff:ff:ff:ff", "ff:ff:ff:ff:ff:ff");
    CHECK_VALUE(MAC_MASK, "ff:fe:0:0:0:0", "ff:fe:00:00:00:00");
    CHECK_VALUE(MAC_MASK, "0:0:0:0:0:0", "00:00:00:00:00:00");
    CHECK_VALUE(MAC_MASK, "1:0:0:0:0:0", error);
    CHECK_VALUE(MAC_MASK, "ff:0:ff:0:0:0", error);
    CHECK_VALUE(MAC_MASK, "ff:fd:0:0:0:0", error);
    CHECK_VALUE(MAC_MASK, "24", error);
}

static void
test_ipv4(void)
{
    CHECK_VALUE(IPV4, "10.1.2.3", "10.1.2.3");
    CHECK_VALUE(IPV4, "255.255.255.255", "255.255.255.255");
    CHECK_VALUE(IPV4, "10.1", "10.0.0.1");
    CHECK_VALUE(IPV4, "10.1.258", "10.1.1.2");
    CHECK_VALUE(IPV4, "1", "0.0.0.1");
    CHECK_VALUE(IPV4, "0x0a000001", "10.0.0.1");
    CHECK_VALUE(IPV4, "010.0.0.0xA", "8.0.0.10");
    CHECK_VALUE(IPV4, "4294967295", "255.255.255.255");
    CHECK_VALUE(IPV4, "4294967296", "not an IPv4 address");
    CHECK_VALUE(IPV4, "10.16777216", "not an IPv4 address");
    CHECK_VALUE(IPV4, "10.0.0.256", "not an IPv4 address");
    CHECK_VALUE(IPV4, "256.0.0.1", "not an IPv4 address");
    CHECK_VALUE(IPV4, "10.0.0.1.2", "not an IPv4 address");
    CHECK_VALUE(IPV4, "10.0.0.", "not an IPv4 address");
    CHECK_VALUE(IPV4, "10..1", "not an IPv4 address");
    CHECK_VALUE(IPV4, "08.0.0.1", "not an IPv4 address");
    CHECK_VALUE(IPV4, "0x.0.0.1", "not an IPv4 address");
    CHECK_VALUE(IPV4, "10.0.0.1 ", "not an IPv4 address");
    CHECK_VALUE(IPV4, "10.0.0.0/8", "not an IPv4 address");
    CHECK_VALUE(IPV4, "hello", "not an IPv4 address");
    CHECK_VALUE(IPV4, "", "not an IPv4 address");
    CHECK_VALUE(IPV4, "::1", "not an IPv4 address");
    CHECK_VALUE(IPV4, "::10.1.2.3", "not an IPv4 address");
    CHECK_VALUE(IPV4, "::ffff:10.1.2.3", "10.1.2.3");
    CHECK_VALUE(IPV4, "::FFFF:0a01:0203", "10.1.2.3");
}

static void
test_ipv4_mask(void)
{
    const char *error = "not an IPv4 mask, 0 to 32 or ones followed by zeros";

    CHECK_VALUE(IPV4_MASK, "0", "0");
    CHECK_VALUE(IPV4_MASK, "32", "32");
    CHECK_VALUE(IPV4_MASK, "255.255.255.0", "24");
    CHECK_VALUE(IPV4_MASK, "128.0.0.0", "1");
    CHECK_VALUE(IPV4_MASK, "0.0.0.0", "0");
    CHECK_VALUE(IPV4_MASK, "0xffff0000", "16");
    CHECK_VALUE(IPV4_MASK, "::ffff:255.255.255.0", "24");
    CHECK_VALUE(IPV4_MASK, "33", error);
    CHECK_VALUE(IPV4_MASK, "255.0.255.0", error);
    CHECK_VALUE(IPV4_MASK, "0.0.0.255", error);
    CHECK_VALUE(IPV4_MASK, "0x18", error);
    CHECK_VALUE(IPV4_MASK, "", error);
    CHECK_VALUE(IPV4_MASK, "/24", error);
}

static void
test_ipv6(void)
{
    const char *error = "not an IPv6 mask, 0 to 128 or ones followed by zeros";

    CHECK_VALUE(IPV6, "::", "::");
    CHECK_VALUE(IPV6, "FE80:0::1", "fe80::1");
    CHECK_VALUE(IPV6, "::ffff:10.1.2.3", "::ffff:10.1.2.3");
    CHECK_VALUE(IPV6, "10.1.2.3", "not an IPv6 address");
    CHECK_VALUE(IPV6, "fe80::1%lo", "fe80::1");
    CHECK_VALUE(IPV6, "ff02::1%1", "ff02::1");
    CHECK_VALUE(IPV6, "fd00::1%99", "fd00::1");
    CHECK_VALUE(IPV6, "fd00::1%lo", "not an IPv6 address");
    CHECK_VALUE(IPV6, "fe80::1%", "not an IPv6 address");
    CHECK_VALUE(IPV6, "fd00::1%-1", "not an IPv6 address");
    CHECK_VALUE(IPV6, "fe80::1%eth0", "fe80::1");
    CHECK_VALUE(IPV6, "ff02::1%abcdefghijklmno", "ff02::1");
    CHECK_VALUE(IPV6, "fe80::1%abcdefghijklmnop", "not an IPv6 address");
    CHECK_VALUE(IPV6, "fe80::1%eth 0", "not an IPv6 address");
    CHECK_VALUE(IPV6, "fe80::1%eth/0", "not an IPv6 address");
    CHECK_VALUE(IPV6, "fe80::1%..", "not an IPv6 address");
    CHECK_VALUE(IPV6, "fd00::1%eth0", "not an IPv6 address");
    CHECK_VALUE(IPV6_MASK, "ffff::%1", error);
    CHECK_VALUE(IPV6, "1:2:3:4:5:6:7:8:9", "not an IPv6 address");
    CHECK_VALUE(IPV6, "", "not an IPv6 address");
    CHECK_VALUE(IPV6_MASK, "0", "0");
    CHECK_VALUE(IPV6_MASK, "128", "128");
    CHECK_VALUE(IPV6_MASK, "ffff:fffe::", "31");
    CHECK_VALUE(IPV6_MASK, "129", error);
    CHECK_VALUE(IPV6_MASK, "ffff::1", error);
    CHECK_VALUE(IPV6_MASK, "1234", error);
    CHECK_VALUE(IPV6_MASK, "", error);
}

static void
test_bool(void)
{
    CHECK_VALUE(BOOL, "true", "true");
    CHECK_VALUE(BOOL, "1", "true");
    CHECK_VALUE(BOOL, "yes", "true");
    CHECK_VALUE(BOOL, "false", "false");
    CHECK_VALUE(BOOL, "0", "false");
    CHECK_VALUE(BOOL, "no", "false");
    CHECK_VALUE(BOOL, "TRUE", "not true or false");
    CHECK_VALUE(BOOL, "", "not true or false");
    CHECK_VALUE(BOOL, "2", "not true or false");
}

static void
test_state(void)
{
    const char *error = "not a list of NEW, ESTABLISHED, RELATED, INVALID, "
                        "NONE";

    CHECK_VALUE(STATE, "NEW", "NEW");
    CHECK_VALUE(STATE, "established,new", "NEW,ESTABLISHED");
    CHECK_VALUE(STATE, "RELATED INVALID", "RELATED,INVALID");
    CHECK_VALUE(STATE, "NEWESTABLISHED", "NEW,ESTABLISHED");
    CHECK_VALUE(STATE, " ,NEW,,NEW, ", "NEW");
    CHECK_VALUE(STATE, "NEW,NONE", "NONE");
    CHECK_VALUE(STATE, "", "");
    CHECK_VALUE(STATE, "NEWS", error);
    CHECK_VALUE(STATE, "NE", error);
    CHECK_VALUE(STATE, "OLD", error);
}

static void
test_tcp_flags(void)
{
    const char *error = "not a pair MASK/FLAGS of lists of SYN, ACK, URG, "
                        "PSH, FIN, RST, ALL, NONE";

    CHECK_VALUE(TCP_FLAGS, "SYN,ACK/SYN", "SYN,ACK/SYN");
    CHECK_VALUE(TCP_FLAGS, "ack,syn/syn", "SYN,ACK/SYN");
    CHECK_VALUE(TCP_FLAGS, "ALL/NONE", "ALL/NONE");
    CHECK_VALUE(TCP_FLAGS, "FIN,SYN,RST,PSH,ACK,URG/ALL", "ALL/ALL");
    CHECK_VALUE(TCP_FLAGS, "SYN/ACK", "SYN/ACK");
    CHECK_VALUE(TCP_FLAGS, "/", "NONE/NONE");
    CHECK_VALUE(TCP_FLAGS, "SYN", error);
    CHECK_VALUE(TCP_FLAGS, "SYN/SYN/SYN", error);
    CHECK_VALUE(TCP_FLAGS, "ECE/ECE", error);
    CHECK_VALUE(TCP_FLAGS, "", error);
}

static void
test_ipset(void)
{
    const char *bad_name = "not the name of a set (letters, digits, "
                           "\"_.:+- \")";
    const char *bad_flags = "not a list of one to six src or dst";

    CHECK_VALUE(IPSET, "a", "a");
    CHECK_VALUE(IPSET, "My set_1.:+-", "My set_1.:+-");
    CHECK_VALUE(IPSET, "1234567890123456789012345678901",
                "1234567890123456789012345678901");
    CHECK_VALUE(IPSET, "12345678901234567890123456789012",
                "longer than 31 characters");
    CHECK_VALUE(IPSET, "", "empty");
    CHECK_VALUE(IPSET, "a/b", bad_name);
    CHECK_VALUE(IPSET, "a\tb", bad_name);
    CHECK_VALUE(IPSET, "\xc3\xa4", bad_name);
    CHECK_VALUE(IPSET_FLAGS, "src", "src");
    CHECK_VALUE(IPSET_FLAGS, "DST,Src", "dst,src");
    CHECK_VALUE(IPSET_FLAGS, "dst,dst,dst,src,src,dst",
                "dst,dst,dst,src,src,dst");
    CHECK_VALUE(IPSET_FLAGS, "src,src,src,src,src,dst,",
                "src,src,src,src,src,dst");
    CHECK_VALUE(IPSET_FLAGS, "src,src,src,src,src,src,src", bad_flags);
    CHECK_VALUE(IPSET_FLAGS, "src,", bad_flags);
    CHECK_VALUE(IPSET_FLAGS, "src dst", bad_flags);
    CHECK_VALUE(IPSET_FLAGS, "srcdst", bad_flags);
    CHECK_VALUE(IPSET_FLAGS, "", bad_flags);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_numbers);
    RUN(test_bad_numbers);
    RUN(test_names);
    RUN(test_mac);
    RUN(test_mac_mask);
    RUN(test_ipv4);
    RUN(test_ipv4_mask);
    RUN(test_ipv6);
    RUN(test_bool);
    RUN(test_state);
    RUN(test_tcp_flags);
    RUN(test_ipset);
    return CHECK_RESULT();
}
