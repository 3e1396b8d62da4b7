/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/ipset.h"

#include <stdlib.h>

#include "tests/unit/check.h"

#define N_ELEMS(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))

/* What 'text' is as an entry of 'type': its canonical form, or
 * "error: TEXT".  The caller frees it. */
static char *
canonical(const char *type_name, const char *text)
{
    char *error, *s = NULL;
    const struct nw_set_type *type = nw_set_type_find(type_name, &error);
    struct nw_set_entry entry;

    if (!error) {
        error = nw_set_entry_parse(type, text, &entry);
    }
    if (!error) {
        return nw_set_entry_format(&entry);
    }
    if (asprintf(&s, "error: %s", error) < 0) {
        abort();
    }
    free(error);
    return s;
}

static void
check_canonical(const char *type, const char *text, const char *expected)
{
    char *actual = canonical(type, text);

    if (!CHECK_STR(actual, expected)) {
        printf("# for %s %s\n", type, text);
    }
    free(actual);
}

static void
test_ipset_types(void)
{
    static const char *const good[] = {
        "hash:ip",       "hash:net",          "hash:mac",
        "hash:ip,mac",   "hash:net,net",      "hash:ip,port",
        "hash:net,port", "hash:ip,port,ip",   "hash:ip,port,net",
        "bitmap:ip",     "hash:net,port,net", "bitmap:ip,mac",
        "bitmap:port",
    };
    static const char *const bad[] = {
        "hash:ip,mark", "hash:net,iface", "list:set", "hash:port", "",
        "hash",         "HASH:IP",        "hash:ip ",
    };
    char *error;

    for (size_t i = 0; i < N_ELEMS(good); i++) {
        const struct nw_set_type *type = nw_set_type_find(good[i], &error);

        if (CHECK(type != NULL)) {
            CHECK_STR(type->name, good[i]);
        }
        CHECK(error == NULL);
    }
    for (size_t i = 0; i < N_ELEMS(bad); i++) {
        CHECK(nw_set_type_find(bad[i], &error) == NULL);
        CHECK(error != NULL);
        free(error);
    }
}

static void
test_ipset_addresses(void)
{
    check_canonical("hash:ip", "10.0.0.1", "10.0.0.1");
    check_canonical("hash:ip", "10.0.0.1/32", "10.0.0.1");
    check_canonical("hash:ip", "10.0.0.77/24", "10.0.0.0/24");
    check_canonical("hash:ip", "10.0.0.0-10.0.0.3", "10.0.0.0/30");
    check_canonical("hash:ip", "10.0.0.1-10.0.0.9", "10.0.0.1-10.0.0.9");
    check_canonical("hash:net", "0.0.0.0/0", "0.0.0.0/0");
    check_canonical("hash:net", "2001:DB8:0:0::1", "2001:db8::1");
    check_canonical("hash:net", "2001:db8::1/64", "2001:db8::/64");
    check_canonical("hash:net", "::/0", "::/0");
    check_canonical("hash:net", " 10.0.0.0/8 ", "10.0.0.0/8");
    check_canonical("hash:ip", "10.0.0", "error: '10.0.0' is no IP address");
    check_canonical("hash:ip", "010.0.0.1",
                    "error: '010.0.0.1' is no IP address");
    check_canonical("hash:ip", "host", "error: 'host' is no IP address");
    check_canonical("hash:ip", "", "error: an entry can not be empty");
    check_canonical("hash:net", "10.0.0.0/33",
                    "error: '/33' is no prefix length of an IPv4 address");
    check_canonical("hash:net", "10.0.0.0/",
                    "error: '/' is no prefix length of an IPv4 address");
    check_canonical("hash:net", "::/129",
                    "error: '/129' is no prefix length of an IPv6 address");
    check_canonical("hash:ip", "10.0.0.2-10.0.0.1",
                    "error: '10.0.0.2-10.0.0.1' is no range of addresses");
    check_canonical("hash:ip", "10.0.0.2-::1",
                    "error: '10.0.0.2-::1' is no range of addresses");
}

static void
test_ipset_ports(void)
{
    const char *t = "hash:ip,port";

    check_canonical(t, "10.0.0.1,80", "10.0.0.1,tcp:80");
    check_canonical(t, "10.0.0.1,tcp:80", "10.0.0.1,tcp:80");
    check_canonical(t, "10.0.0.1,6:80", "10.0.0.1,tcp:80");
    check_canonical(t, "10.0.0.1,UDP:53-55", "10.0.0.1,udp:53-55");
    check_canonical(t, "::1,sctp:0-65535", "::1,sctp:0-65535");
    check_canonical(t, "10.0.0.1,udplite:1",
                    "error: 'udplite:1': UDP-Lite ports are not visible to "
                    "the switch");
    check_canonical(t, "10.0.0.1,136:1",
                    "error: '136:1': UDP-Lite ports are not visible to the "
                    "switch");
    check_canonical(t, "10.0.0.1,vrrp:0", "10.0.0.1,vrrp:0");
    check_canonical(t, "10.0.0.1,253:0", "10.0.0.1,253:0");
    check_canonical(t, "10.0.0.1,icmp:8/0", "10.0.0.1,icmp:echo-request");
    check_canonical(t, "10.0.0.1,icmp:ping", "10.0.0.1,icmp:echo-request");
    check_canonical(t, "10.0.0.1,icmp:3/250", "10.0.0.1,icmp:3/250");
    check_canonical(t, "::1,icmpv6:echo-reply", "::1,icmpv6:echo-reply");
    check_canonical(t, "::1,ipv6-icmp:1/4", "::1,icmpv6:port-unreachable");
    check_canonical("bitmap:port", "80", "80");
    check_canonical("bitmap:port", "80-90", "80-90");

    check_canonical(t, "::1,icmp:8/0",
                    "error: icmp does not go with an IPv6 address");
    check_canonical(t, "10.0.0.1,icmpv6:1/0",
                    "error: icmpv6 does not go with an IPv4 address");
    check_canonical(t, "10.0.0.1,icmp:8",
                    "error: '8' is no ICMP type: expected a name such as "
                    "echo-request, or TYPE/CODE");
    check_canonical(t, "10.0.0.1,tcp:65536",
                    "error: '65536' is no port: expected PORT or PORT-PORT, "
                    "each 0 to 65535");
    check_canonical(t, "10.0.0.1,tcp:",
                    "error: '' is no port: expected PORT or PORT-PORT, "
                    "each 0 to 65535");
    check_canonical(t, "10.0.0.1,90-80",
                    "error: port range '90-80' ends before it begins");
    check_canonical(t, "10.0.0.1,tpc:80", "error: 'tpc' is no protocol");
    check_canonical(t, "10.0.0.1,256:80", "error: '256' is no protocol");
    check_canonical(t, "10.0.0.1,esp:80",
                    "error: 'esp:80': this protocol has no ports, write "
                    "'esp:0'");
    check_canonical("bitmap:port", "tcp:80",
                    "error: 'tcp:80': a set of type bitmap:port holds ports "
                    "of TCP and UDP alike, without a protocol");
}

static void
test_ipset_shapes(void)
{
    check_canonical("hash:mac", "52:54:0:AB:cd:ef", "52:54:00:ab:cd:ef");
    check_canonical("hash:ip,mac", "10.0.0.1,52:54:00:ab:cd:ef",
                    "10.0.0.1,52:54:00:ab:cd:ef");
    check_canonical("hash:net,net", "10.0.0.0/8,11.0.0.0/8",
                    "10.0.0.0/8,11.0.0.0/8");
    check_canonical("hash:ip,port,net", "10.0.0.1,udp:1,11.0.0.0/8",
                    "10.0.0.1,udp:1,11.0.0.0/8");
    check_canonical("hash:net,net", "10.0.0.0/8,2001:db8::/32",
                    "error: an entry can not mix IPv4 and IPv6 addresses");
    check_canonical("hash:ip,port", "10.0.0.1",
                    "error: '10.0.0.1': an entry of type hash:ip,port is "
                    "ADDRESS,PROTOCOL:PORT");
    check_canonical("hash:ip", "10.0.0.1,tcp:80",
                    "error: '10.0.0.1,tcp:80': an entry of type hash:ip is "
                    "ADDRESS");
    check_canonical("hash:ip,port,net", "10.0.0.1,tcp:80",
                    "error: '10.0.0.1,tcp:80': an entry of type "
                    "hash:ip,port,net is ADDRESS,PROTOCOL:PORT,"
                    "ADDRESS/LENGTH");
}

static void
test_ipset_words(void)
{
    check_canonical("hash:net", "10.1.0.0/16 nomatch", "10.1.0.0/16 nomatch");
    check_canonical("hash:ip", "10.0.0.1 timeout 0", "10.0.0.1");
    check_canonical("hash:ip",
                    "10.0.0.1 packets 3 bytes 99 comment \"a b\" skbmark 0x1",
                    "10.0.0.1");
    check_canonical("hash:ip", "10.0.0.1 comment \"\"", "10.0.0.1");
    check_canonical("hash:ip", "10.0.0.1 timeout 30",
                    "error: entries with a timeout are not supported: they "
                    "would stay for ever");
    check_canonical("hash:ip", "10.0.0.1 timeout",
                    "error: entries with a timeout are not supported: they "
                    "would stay for ever");
    check_canonical("hash:ip", "10.0.0.1 nomatch",
                    "error: 'nomatch' is not understood after an entry of "
                    "type hash:ip");
    check_canonical("hash:ip", "10.0.0.1 comment",
                    "error: 'comment' is not understood after an entry of "
                    "type hash:ip");
    check_canonical("hash:ip", "10.0.0.1 10.0.0.2",
                    "error: '10.0.0.2' is not understood after an entry of "
                    "type hash:ip");
}

struct members {
    char text[512];
    size_t n;
};

static void
add_member(const struct nw_set_entry *entry, void *members_)
{
    struct members *members = members_;
    char *s = nw_set_entry_format(entry);
    size_t used = strlen(members->text);

    snprintf(members->text + used, sizeof members->text - used, "%s%s",
             members->n++ ? " " : "", s);
    free(s);
}

static void
check_members(const char *type_name, const char *text, const char *expected)
{
    struct members members = { .n = 0 };
    struct nw_set_entry entry;
    char *error;
    const struct nw_set_type *type = nw_set_type_find(type_name, &error);

    error = nw_set_entry_parse(type, text, &entry);
    if (CHECK_STR(error, NULL)) {
        bool ok = nw_set_entry_expand(&entry, 8, add_member, &members);

        CHECK_STR(ok ? members.text : NULL, expected);
        CHECK(ok || !members.n);
    }
    free(error);
}

static void
test_ipset_expand(void)
{
    check_members("hash:ip", "10.0.0.255/30",
                  "10.0.0.252 10.0.0.253 10.0.0.254 10.0.0.255");
    check_members("hash:ip", "10.0.0.254-10.0.1.1",
                  "10.0.0.254 10.0.0.255 10.0.1.0 10.0.1.1");
    check_members("hash:ip", "255.255.255.254-255.255.255.255",
                  "255.255.255.254 255.255.255.255");
    check_members("hash:ip", "2001:db8::ffff-2001:db8::1:1",
                  "2001:db8::ffff 2001:db8::1:0 2001:db8::1:1");
    check_members("hash:net", "10.0.0.1-10.0.0.8",
                  "10.0.0.1 10.0.0.2/31 10.0.0.4/30 10.0.0.8");
    check_members("hash:net", "0.0.0.0-255.255.255.255", "0.0.0.0/0");
    check_members("hash:net", "0.0.0.0-255.255.255.254", NULL);
    check_members("hash:net", "::/0", "::/0");
    check_members("hash:net", "10.0.0.0/8 nomatch", "10.0.0.0/8 nomatch");
    check_members("hash:ip,port", "10.0.0.0/31,tcp:1-2",
                  "10.0.0.0,tcp:1 10.0.0.0,tcp:2 10.0.0.1,tcp:1 "
                  "10.0.0.1,tcp:2");
    check_members("hash:ip,mac", "10.0.0.1,2:0:0:0:0:1",
                  "10.0.0.1,02:00:00:00:00:01");
    check_members("bitmap:port", "65534-65535", "65534 65535");
    check_members("hash:ip", "10.0.0.0/29",
                  "10.0.0.0 10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 "
                  "10.0.0.6 10.0.0.7");
    check_members("hash:ip", "10.0.0.0-10.0.0.8", NULL);
    check_members("hash:ip", "0.0.0.0/0", NULL);
    check_members("hash:ip", "::/0", NULL);
    check_members("hash:ip,port", "10.0.0.0/30,1-3", NULL);
    check_members("bitmap:port", "0-65535", NULL);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_ipset_types);
    RUN(test_ipset_addresses);
    RUN(test_ipset_ports);
    RUN(test_ipset_shapes);
    RUN(test_ipset_words);
    RUN(test_ipset_expand);
    return CHECK_RESULT();
}
