/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/lower.h"

#include <stdlib.h>

#include "openvswitch/dynamic-string.h"
#include "tests/unit/check.h"
#include "tests/unit/filters.h"

/* What becomes of each attribute: rules as text. */

static void
put_clause(const struct lw_clause *c, struct ds *s)
{
    const struct mf_field *mf = mf_from_id(c->field);
    union mf_value value, mask;

    if (c->field == MFF_VLAN_TCI && c->mask[0] == 0x10 && !c->value[0]) {
        ds_put_cstr(s, "untagged");
        return;
    }
    memset(&value, 0, sizeof value);
    memset(&mask, 0, sizeof mask);
    memcpy(&value, c->value, sizeof c->value);
    memcpy(&mask, c->mask, sizeof c->mask);
    ds_put_format(s, "%s=", mf->name);
    mf_format(mf, &value, &mask, NULL, s);
}

static void
put_alt(const struct lw_alt *alt, struct ds *s)
{
    for (size_t i = 0; i < alt->n; i++) {
        ds_put_cstr(s, i ? "," : "");
        put_clause(&alt->clauses[i], s);
    }
    if (!alt->n) {
        ds_put_cstr(s, "any");
    }
}

static void
put_item(const struct lw_item *item, struct ds *s)
{
    ds_put_cstr(s, item->negate ? " & !(" : " & ");
    for (size_t i = 0; i < item->n_alts; i++) {
        ds_put_cstr(s, i ? " or " : "");
        put_alt(&item->alts[i], s);
    }
    ds_put_format(s, "%s%s", item->n_alts ? "" : "none",
                  item->negate ? ")" : "");
}

static char *
rule_to_string(const struct lw_rule *lw)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (!lw->possible) {
        return xstrdup("");
    }
    put_alt(&lw->base, &s);
    for (size_t i = 0; i < lw->n_items; i++) {
        put_item(&lw->items[i], &s);
    }
    return ds_steal_cstr(&s);
}

struct lower_case {
    enum nw_direction dir;
    const char *rule; /* What stands after "direction='inout'". */
    const char *expected;
};

static void
check_case(const struct lower_case *c, const char *file, int line)
{
    char *document = xasprintf("<filter name='f'><rule action='drop' "
                               "direction='inout'%s</rule></filter>",
                               c->rule);
    struct test_filters fs = { .n = 0 };
    const struct nw_filter *f = filters_add(&fs, "f", document);
    const struct nw_rule *rule = &f->entries[0].rule;
    const struct nw_value *values[64];
    struct nw_diags diags = { 0 };
    struct lw_rule lw;

    for (size_t i = 0; i < rule->n_items; i++) {
        values[i] = rule->items[i].is_variable ? NULL : &rule->items[i].value;
    }

    struct lw_input in = {
        .file = "f",
        .rule = rule,
        .values = values,
        .orient = lw_orient(rule, c->dir),
        .reads_ipv6 = lw_reads_ipv6(rule),
    };
    bool ok = lw_rule_init(&lw, &in, &diags);
    char *s = ok ? rule_to_string(&lw) : diags_steal(&diags);

    check_str(s, c->expected, c->rule, file, line);
    CHECK_INT(diags.n, 0);
    free(s);
    lw_rule_uninit(&lw);
    filters_clear(&fs);
    free(document);
}

#define CASE(DIR, RULE, EXPECTED) \
    check_case(&(struct lower_case){ DIR, RULE, EXPECTED }, __FILE__, __LINE__)

#define IP "eth_type=0x800,untagged"
#define IP6 "eth_type=0x86dd,untagged"
#define ARP "eth_type=0x806,untagged"

/* With a number that the daemon may have read, and that number. */
#define NUMBERS ARP ",metadata=0/0x4000000000000"
#define NUMBER(VALUE, MASK) "metadata=0x1" VALUE "/0x1" MASK
#define HARDWARE_1 NUMBER("000100000000", "ffff00000000")
#define PROTOCOL_IPV4 NUMBER("000008000000", "0000ffff0000")
#define OP_9 NUMBER("000000000009", "00000000ffff")

static void
test_mac(void)
{
    CASE(NW_IN, ">", "any");
    CASE(NW_IN, "><mac srcmacaddr='2:0:0:0:0:1' dstmacaddr='2:0:0:0:0:2'/>",
         "any & eth_src=02:00:00:00:00:01 & eth_dst=02:00:00:00:00:02");
    CASE(NW_OUT, "><mac srcmacaddr='2:0:0:0:0:1' dstmacaddr='2:0:0:0:0:2'/>",
         "any & eth_dst=02:00:00:00:00:01 & eth_src=02:00:00:00:00:02");
    CASE(NW_IN, "><mac srcmacmask='ff:0:0:0:0:0'/>", "any");
    CASE(NW_IN,
         "><mac match='no' dstmacaddr='1:0:0:0:0:0' "
         "dstmacmask='ff:0:0:0:0:0' protocolid='0x88cc'/>",
         "any & !(eth_type=0x88cc,untagged) & "
         "!(eth_dst=01:00:00:00:00:00/ff:00:00:00:00:00)");
    CASE(NW_IN, "><mac srcmacaddr='2:0:0:0:0:1' srcmacmask='0:0:0:0:0:0'/>",
         "f:1: error: srcmacmask without any bit: ebtables refuses it\n");
    CASE(NW_IN, "><mac protocolid='vlan'/>", "any & vlan_tci=0x1000/0x1000");
    CASE(NW_IN, "><mac protocolid='0x88a8'/>",
         "f:1: error: protocolid 0x88a8: Open vSwitch can not tell 802.1ad "
         "tags from 802.1Q tags\n");
}

static void
test_vlan_stp(void)
{
    CASE(NW_OUT,
         "><vlan srcmacaddr='2:0:0:0:0:1' vlanid='5' "
         "encap-protocol='0x1234'/>",
         "vlan_tci=0x1000/0x1000 & vlan_tci=0x1005/0x1fff & "
         "eth_type=0x1234 & eth_dst=02:00:00:00:00:01");
    CASE(NW_IN, "><vlan match='no' vlanid='0'/>",
         "vlan_tci=0x1000/0x1000 & !(vlan_tci=0x1000/0x1fff)");
    CASE(NW_IN, "><vlan vlanid='4095'/>",
         "f:1: error: vlanid 4095 is reserved\n");
    CASE(NW_IN, "><stp/>", "eth_dst=01:80:c2:00:00:00");
    CASE(NW_IN, "><stp srcmacaddr='2:0:0:0:0:1'/>",
         "f:1: error: stp with srcmacaddr needs direction 'in' or 'out'\n");
    CASE(NW_IN, "><stp root-cost='7'/>", "eth_dst=01:80:c2:00:00:00");
    CASE(NW_IN, "><stp root-cost='7' root-cost-hi='6'/>",
         "f:1: error: root-cost 7 to 6 is reversed\n");
}

static void
test_arp(void)
{
    CASE(NW_IN, "><arp/>", ARP);
    CASE(NW_OUT,
         "><arp srcmacaddr='2:0:0:0:0:9' arpsrcmacaddr='2:0:0:0:0:1' "
         "arpdstmacaddr='2:0:0:0:0:2' arpsrcipaddr='10.0.0.1' "
         "arpsrcipmask='24' arpdstipaddr='10.0.0.2' opcode='Reply'/>",
         ARP ",reg1=0xc/0xc & arp_op=2 & arp_tha=02:00:00:00:00:01 & "
             "arp_sha=02:00:00:00:00:02 & arp_tpa=10.0.0.0/24 & "
             "arp_spa=10.0.0.2 & eth_dst=02:00:00:00:00:09");
    CASE(NW_IN, "><rarp match='no' opcode='3'/>",
         "eth_type=0x8035,untagged,metadata=0/0x4000000000000 & "
         "!(arp_op=3 or " NUMBER("000000000003", "00000000ffff") ")");
    CASE(NW_IN, "><arp opcode='3' arpsrcipaddr='10.0.0.1'/>",
         ARP ",reg1=0x4/0x4 & arp_op=3 & arp_spa=10.0.0.1");
    CASE(NW_IN, "><arp opcode='0'/>",
         NUMBERS " & " NUMBER("000000000000", "00000000ffff"));
    CASE(NW_IN, "><arp hwtype='1'/>",
         NUMBERS " & reg1=0x1/0x1 or " HARDWARE_1);
    CASE(NW_IN, "><arp protocoltype='0x800' opcode='9'/>",
         NUMBERS " & reg1=0x1/0x1 or " PROTOCOL_IPV4 " & arp_op=9 or " OP_9);
    CASE(NW_IN, "><arp gratuitous='true'/>",
         ARP ",reg1=0x4/0x4 & reg1=0x2/0x2");
    CASE(NW_IN, "><arp match='no' gratuitous='true' arpsrcipaddr='10.0.0.1'/>",
         ARP ",reg1=0x4/0x4 & !(arp_spa=10.0.0.1) & !(reg1=0x2/0x2)");
    CASE(NW_IN, "><arp opcode='256'/>",
         NUMBERS " & " NUMBER("000000000100", "00000000ffff"));
    CASE(NW_IN, "><arp match='no' hwtype='6'/>",
         NUMBERS " & !(" NUMBER("000600000000", "ffff00000000") ")");
    CASE(NW_IN, "><arp arpsrcipaddr='$IP'/>", ARP ",reg1=0x4/0x4");
    CASE(NW_IN, "><arp match='no' arpsrcmacaddr='2:0:0:0:0:1'/>",
         ARP ",reg1=0x8/0x8 & !(arp_sha=02:00:00:00:00:01)");
}

static void
test_ip(void)
{
    CASE(NW_OUT,
         "><ip srcipaddr='10.0.0.1' dstipaddr='10.1.0.0' "
         "dstipmask='255.255.0.0' dscp='46'/>",
         IP " & ip_dst=10.0.0.1 & ip_src=10.1.0.0/16 & ip_dscp=46");
    CASE(NW_OUT,
         "><ip protocol='udp' srcportstart='53' dstportstart='4' "
         "dstportend='7'/>",
         IP ",nw_proto=17,ip_frag=not_later & udp_dst=53 & udp_src=4/0xfffc");
    CASE(NW_IN, "><ip match='no' protocol='17'/>", IP " & !(nw_proto=17)");
    CASE(NW_IN, "><ip protocol='tcp'/><ip match='no' dstportstart='80'/>",
         IP ",nw_proto=6,ip_frag=not_later & !(tcp_dst=80)");
    CASE(NW_IN, "><ip match='no' protocol='tcp' dstportstart='80'/>",
         "f:1: error: match='no' on a protocol can not go with its ports "
         "or types; use a second element of the same rule\n");
    CASE(NW_IN, "><ip protocol='33' dstportstart='80'/>",
         "f:1: error: ports of this protocol can not be matched in Open "
         "vSwitch\n");
    CASE(NW_IN, "><ip protocol='tcp' dstportstart='81' dstportend='80'/>",
         "f:1: error: port range 81-80 is reversed\n");
}

static void
test_ports_in_order(void)
{
    CASE(NW_IN, "><tcp dstportstart='81' dstportend='80'/>",
         "f:1: error: port range 81-80 is reversed\n");
    CASE(NW_IN, "><udp dstportstart='81' dstportend='80'/>",
         IP ",nw_proto=17,ip_frag=not_later & none");
    CASE(NW_IN, "><udp-ipv6 match='no' srcportstart='1' srcportend='0'/>",
         IP6 ",nw_proto=17,ip_frag=not_later & !(none)");
}

static void
test_ipv6(void)
{
    CASE(NW_OUT,
         "><ipv6 srcipaddr='fd00::1' dstipaddr='fd01::' dstipmask='16' "
         "protocol='sctp' dstportstart='9'/>",
         IP6 ",nw_proto=132,ip_frag=not_later & ipv6_dst=fd00::1 & "
             "ipv6_src=fd01::/16 & sctp_src=9");
    CASE(NW_IN, "><ipv6 protocol='icmpv6' type='1' typeend='2'/>",
         IP6 ",nw_proto=58,ip_frag=not_later & icmpv6_type=1 or "
             "icmpv6_type=2");
    CASE(NW_IN,
         "><ipv6 protocol='icmpv6' type='1' typeend='2' code='3' "
         "codeend='4'/>",
         IP6 ",nw_proto=58,ip_frag=not_later & icmpv6_type=1 or "
             "icmpv6_type=2 & icmpv6_code=3 or icmpv6_code=4");
    CASE(NW_IN,
         "><ipv6 protocol='icmpv6'/><ipv6 match='no' type='1' code='3' "
         "codeend='4'/>",
         IP6 ",nw_proto=58,ip_frag=not_later & !(icmpv6_type=1,"
             "icmpv6_code=3 or icmpv6_type=1,icmpv6_code=4)");
    CASE(NW_IN, "><ipv6 protocol='icmpv6' codeend='1'/>",
         IP6 ",nw_proto=58,ip_frag=not_later & icmpv6_code=0 or "
             "icmpv6_code=1");
    CASE(NW_IN, "><ipv6 protocol='icmpv6'/><ipv6 match='no' code='3'/>",
         IP6 ",nw_proto=58,ip_frag=not_later & icmpv6_code=3");
    CASE(NW_IN, "><ipv6 protocol='udp' type='1'/>",
         "f:1: error: type and code need protocol='icmpv6'\n");
    CASE(NW_IN, "><ipv6 type='1'/>",
         "f:1: error: type and code need protocol='icmpv6'\n");
    /* ebtables goes past this header, too. */
    CASE(NW_IN, "><ipv6 protocol='ah'/>", IP6 " & none");
    CASE(NW_IN, "><ipv6 match='no' protocol='51'/>", IP6 " & !(none)");
}

static void
test_l3(void)
{
    CASE(NW_IN, "><all/>", IP);
    CASE(NW_IN, "><udplite-ipv6 dscp='1'/>", IP6 ",nw_proto=136 & ip_dscp=1");
    CASE(NW_OUT, "><tcp srcmacaddr='2:0:0:0:0:1'/>", "");
    CASE(NW_OUT, "><tcp srcmacaddr='2:0:0:0:0:1' srcipaddr='10.0.0.1'/>",
         IP ",nw_proto=6 & ip_dst=10.0.0.1");
    CASE(NW_IN, "><tcp srcmacaddr='2:0:0:0:0:1' srcipaddr='10.0.0.1'/>",
         IP ",nw_proto=6 & eth_src=02:00:00:00:00:01 & ip_src=10.0.0.1");
    CASE(NW_OUT,
         "><all srcipfrom='10.0.0.1' srcipto='10.0.0.2' "
         "dstipfrom='10.0.0.9'/>",
         IP " & ip_dst=10.0.0.1 or ip_dst=10.0.0.2 & ip_src=10.0.0.9");
    CASE(NW_IN, "><all match='no' srcipfrom='10.0.0.2' srcipto='10.0.0.1'/>",
         IP " & !(none)");
    CASE(NW_IN, "><all srcipaddr='10.0.0.2' srcipfrom='10.0.0.1'/>",
         IP " & ip_src=10.0.0.2");
    CASE(NW_IN, "><all srcipto='10.0.0.1' dstipmask='8'/>", IP);
    CASE(NW_IN, "><all srcipaddr='10.0.0.1' srcipmask='0'/>",
         IP " & ip_src=ANY");
    CASE(NW_IN, "><all match='no' dstipaddr='10.0.0.1' dstipmask='0'/>",
         "f:1: error: dstipaddr of all addresses under match='no': iptables "
         "refuses it\n");
    CASE(NW_IN, "><all-ipv6 dstipfrom='::1' dstipto='::3'/>",
         IP6 " & ipv6_dst=::1 or ipv6_dst=::2/127");
    CASE(NW_IN, "><ah-ipv6/>",
         IP6 ",metadata=0x10000000000000/"
             "0x10000000000000");
    CASE(NW_IN, "><all-ipv6/>", IP6);
    CASE(NW_IN, "><tcp option='2'/>",
         "f:1: error: tcp option: Open vSwitch can not match TCP options\n");
    CASE(NW_IN, "><tcp connlimit-above='2'/>",
         "f:1: error: connlimit-above: connections can not be counted per "
         "source address in Open vSwitch\n");
}

static void
test_l4(void)
{
    CASE(NW_IN,
         "><tcp match='no' srcportstart='1' dstportstart='80' flags='SYN,"
         "ACK/SYN'/>",
         IP ",nw_proto=6,ip_frag=not_later & !(tcp_src=1) & !(tcp_dst=80) "
            "& !(tcp_flags=+syn-ack)");
    CASE(NW_IN, "><tcp flags='SYN/ACK'/>",
         IP ",nw_proto=6,ip_frag=not_later & none");
    CASE(NW_IN, "><tcp match='no' flags='NONE/SYN'/>",
         IP ",nw_proto=6,ip_frag=not_later");
    CASE(NW_IN, "><udp match='no' srcportstart='0' srcportend='65535'/>",
         IP ",nw_proto=17");
    CASE(NW_IN, "><sctp match='no' srcportstart='0' srcportend='65535'/>",
         IP ",nw_proto=132,ip_frag=not_later & !(sctp_src=ANY)");
    CASE(NW_OUT, "><udp srcportstart='1' dstportstart='80'/>",
         IP ",nw_proto=17,ip_frag=not_later & udp_dst=1 & udp_src=80");
    CASE(NW_IN, "><tcp dstportend='80'/>", IP ",nw_proto=6");
    CASE(NW_OUT, "><icmp type='8' code='0'/>",
         IP ",nw_proto=1,ip_frag=not_later & icmp_type=8 & icmp_code=0");
    CASE(NW_IN, "><icmp match='no' type='3' code='1'/>",
         IP ",nw_proto=1,ip_frag=not_later & !(icmp_type=3,icmp_code=1)");
    CASE(NW_IN, "><icmp type='255'/>", IP ",nw_proto=1,ip_frag=not_later");
    CASE(NW_IN, "><icmp match='no' type='255'/>",
         IP ",nw_proto=1,ip_frag=not_later & !(any)");
    CASE(NW_IN, "><icmpv6 type='255'/>",
         IP6 ",nw_proto=58,ip_frag=not_later & icmpv6_type=255");
}

/* They match what looks at neither ports nor types. */
static void
test_later_fragments(void)
{
    CASE(NW_IN, "><all srcipaddr='10.0.0.1'/>", IP " & ip_src=10.0.0.1");
    CASE(NW_IN, "><udp srcipaddr='10.0.0.1'/>",
         IP ",nw_proto=17 & ip_src=10.0.0.1");
    CASE(NW_IN, "><udp srcportstart='0' srcportend='65535'/>",
         IP ",nw_proto=17,ip_frag=not_later & udp_src=ANY");
    CASE(NW_IN, "><udp match='no' dstportstart='53' state='NEW'/>",
         IP ",nw_proto=17,ip_frag=not_later & reg2=0x1/0x7 & "
            "!(udp_dst=53)");
    CASE(NW_OUT, "><icmp type='0'/>",
         IP ",nw_proto=1,ip_frag=not_later & icmp_type=0");
    CASE(NW_IN, "><tcp-ipv6 flags='SYN/SYN'/>",
         IP6 ",nw_proto=6,ip_frag=not_later & tcp_flags=+syn");
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_mac);
    RUN(test_vlan_stp);
    RUN(test_arp);
    RUN(test_ip);
    RUN(test_ports_in_order);
    RUN(test_ipv6);
    RUN(test_l3);
    RUN(test_l4);
    RUN(test_later_fragments);
    return CHECK_RESULT();
}
