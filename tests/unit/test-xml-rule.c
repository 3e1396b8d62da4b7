/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "tests/unit/xml-document.h"

/* Rules: their attributes, protocol elements, merging, variables. */

#define RULE_ATTRS(...) FILTER("<rule " __VA_ARGS__ "/>")

static void
test_attributes(void)
{
    static const char *const actions[] = { "drop", "accept", "reject",
                                           "return", "continue" };
    static const char *const directions[] = { "in", "out", "inout" };

    for (size_t i = 0; i < 15; i++) {
        char text[100], expected[50];
        snprintf(text, sizeof text, RULE_ATTRS("action='%s' direction='%s'"),
                 actions[i / 3], directions[i % 3]);
        snprintf(expected, sizeof expected, "1: %s %s\n", actions[i / 3],
                 directions[i % 3]);
        CHECK_DOC(text, expected);
    }
    CHECK_DOC(RULE_ATTRS("action='Accept' direction='IN'"),
              "f:1: error: action 'Accept' is none of drop, accept, reject, "
              "return, continue; did you mean 'accept'?\n"
              "f:1: error: direction 'IN' is none of in, out, inout; did you "
              "mean 'in'?\n");
    CHECK_DOC(RULE_ATTRS("direction='in'"),
              "f:1: error: <rule> has no attribute 'action'\n");
    CHECK_DOC(RULE_ATTRS("action='drop'"),
              "f:1: error: <rule> has no attribute 'direction'\n");
    CHECK_DOC(RULE_ATTRS("action='drop' direction='in' prio='1'"),
              "f:1: error: [D2] unknown attribute 'prio' of <rule>; did you "
              "mean 'priority'?\n");
}

static void
check_rule(const char *attrs, bool compat, int priority, bool statematch)
{
    struct nw_parse_options options = { .compat = compat };
    struct nw_diags diags = { 0 };
    char text[200];

    snprintf(text, sizeof text, RULE_ATTRS("action='drop' direction='in' %s"),
             attrs);
    struct nw_filter *filter = nw_filter_parse(text, strlen(text), "f",
                                               &options, &diags);
    if (CHECK(filter != NULL)) {
        CHECK_INT(filter->entries[0].rule.priority, priority);
        CHECK_INT(filter->entries[0].rule.statematch, statematch);
    }
    nw_filter_destroy(filter);
    nw_diags_clear(&diags);
}

static void
test_priority_and_statematch(void)
{
    check_rule("", false, 500, true);
    check_rule("priority='-1000'", false, -1000, true);
    check_rule("priority='1000'", false, 1000, true);
    check_rule("priority=' +7'", false, 7, true);
    check_rule("statematch='0'", false, 500, false);
    check_rule("statematch='False'", false, 500, false);
    check_rule("statematch='1'", false, 500, true);
    check_rule("statematch='TRUE'", false, 500, true);
    check_rule("priority='1001'", true, 500, true);
    check_rule("priority=''", true, 500, true);
    check_rule("statematch='no'", true, 500, true);
    CHECK_DOC(RULE_ATTRS("action='drop' direction='in' priority='1001'"),
              "f:1: error: [D3] the rule's priority '1001' is not a number "
              "from -1000 to 1000\n");
    CHECK_DOC(RULE_ATTRS("action='drop' direction='in' priority=''"),
              "f:1: error: [D3] the rule's priority '' is not a number from "
              "-1000 to 1000\n");
    CHECK_DOC(RULE_ATTRS("action='drop' direction='in' statematch='no'"),
              "f:1: error: [D3] statematch 'no' is neither true nor false\n");
    CHECK_COMPAT(RULE_ATTRS("action='drop' direction='in' statematch='off'"),
                 "f:1: warning: [D3] statematch 'off' is neither true nor "
                 "false; it is read as true\n"
                 "1: drop in\n");
}

/* Every attribute of every protocol, with a value of its type. */
static void
test_every_attribute(void)
{
    static const char *const samples[] = {
        [NW_T_U8] = "7",
        [NW_T_U16] = "7",
        [NW_T_U32] = "7",
        [NW_T_U16_DEC] = "7",
        [NW_T_MAC] = "02:00:00:00:00:01",
        [NW_T_MAC_MASK] = "ff:ff:ff:00:00:00",
        [NW_T_IPV4] = "10.0.0.1",
        [NW_T_IPV4_MASK] = "24",
        [NW_T_IPV6] = "fe80::1",
        [NW_T_IPV6_MASK] = "64",
        [NW_T_ETHERTYPE] = "arp",
        [NW_T_ARP_OPCODE] = "Reply",
        [NW_T_IP_PROTOCOL] = "tcp",
        [NW_T_BOOL] = "true",
        [NW_T_STATE] = "NEW",
        [NW_T_TCP_FLAGS] = "SYN,ACK/SYN",
        [NW_T_IPSET] = "set",
        [NW_T_IPSET_FLAGS] = "src,dst",
        [NW_T_STRING] = "words",
    };

    for (int p = NW_P_NONE + 1; p < NW_N_PROTOCOLS; p++) {
        struct nw_strbuf s = { 0 };
        size_t n;
        const struct nw_field *fields = nw_protocol_fields(p, &n);
        struct nw_diags diags = { 0 };

        nw_strbuf_printf(&s,
                         "<filter name='t'><rule action='drop' "
                         "direction='in'><%s",
                         nw_protocol_name(p));
        for (size_t i = 0; i < n; i++) {
            nw_strbuf_printf(&s, " %s='%s'", nw_attr_name(fields[i].attr),
                             samples[fields[i].type]);
        }
        nw_strbuf_puts(&s, "/></rule></filter>");

        struct nw_filter *filter = nw_filter_parse(s.s, s.len, "f", NULL,
                                                   &diags);
        if (CHECK(filter != NULL)) {
            const struct nw_rule *rule = &filter->entries[0].rule;
            size_t n_others = nw_protocol_layer(p) == NW_L2 ? 1 : 2;
            CHECK_INT(rule->n_items, n - n_others);
            CHECK_STR(rule->comment, "words");
            CHECK_INT(rule->has_connstate, n_others == 2);
            for (size_t i = 0; i < rule->n_items; i++) {
                char *value = nw_value_format(&rule->items[i].value);
                CHECK_STR(value, samples[rule->items[i].field->type]);
                free(value);
                CHECK(!i || rule->items[i - 1].field < rule->items[i].field);
            }
            CHECK(!nw_rule_item(rule, NW_A_COMMENT));
            CHECK(!nw_rule_item(rule, NW_A_STATE));
        } else {
            nw_diags_print(&diags, stdout);
        }
        nw_filter_destroy(filter);
        nw_diags_clear(&diags);
        free(s.s);
    }
}

static void
test_merging(void)
{
    CHECK_DOC(RULE("<tcp srcportstart='1' dstportstart='2'/>"
                   "<tcp match='no' srcportstart='3'/>"
                   "<tcp srcipaddr='10.0.0.1'/>"),
              "f:1: warning: [D4] dstportstart is not negated here, unlike in "
              "libvirt, which takes that from srcportstart\n"
              "1: accept in tcp srcipaddr=10.0.0.1 srcportstart!=3 "
              "dstportstart=2\n");
    CHECK_DOC(RULE("<ip match='no' protocol='tcp'/><ip protocol='udp'/>"),
              "1: accept in ip protocol=udp\n");
    CHECK_DOC(RULE("<tcp srcportstart='$A'/><tcp srcportstart='5'/>"
                   "<tcp dstportstart='5'/><tcp dstportstart='$A'/>"),
              "1: accept in tcp srcportstart=5 dstportstart=$A\n");
    CHECK_DOC(RULE("<udp state='NEW'/><udp state='RELATED'/>"),
              "1: accept in udp state=NEW,RELATED\n");
    CHECK_DOC(RULE("<udp state='NONE'/><udp state='RELATED'/>"),
              "1: accept in udp state=NONE\n");
    CHECK_DOC(RULE("<udp state=' '/>"), "1: accept in udp\n");
    CHECK_DOC(RULE("<arp gratuitous='true'/><arp gratuitous='false'/>"),
              "1: accept in arp\n");
    CHECK_DOC(RULE("<all match='no' ipset='s' ipsetflags='dst' "
                   "srcipaddr='10.0.0.1'/>"),
              "1: accept in all srcipaddr!=10.0.0.1 ipset=s "
              "ipsetflags=dst\n");
}

static void
test_two_protocols(void)
{
    CHECK_DOC(RULE("<tcp/>\n<udp/>"),
              "f:2: error: [D1] <udp> in a rule that is for <tcp> already\n");
    CHECK_COMPAT(RULE("<tcp/>\n<udp srcportstart='x'/><tcp dscp='1'/>"),
                 "f:2: warning: [D1] <udp> in a rule that is for <tcp> "
                 "already; it is ignored\n"
                 "1: accept in tcp dscp=1\n");
    CHECK_DOC(RULE("\n<tpc dstportstart='22'/>"),
              "f:2: error: [D1] unknown element <tpc> in <rule>; did you mean "
              "'tcp'?\n");
    CHECK_COMPAT(RULE("\n<tpc dstportstart='22'/>"),
                 "f:2: warning: [D1] unknown element <tpc> in <rule>; did you "
                 "mean 'tcp'?; it is ignored\n"
                 "1: accept in\n");
    CHECK_DOC(RULE("<x:tcp xmlns:x='http://a'/>"),
              "f:1: error: [D1] unknown element <x:tcp> in <rule>: it is in a "
              "namespace of its own\n");
    CHECK_DOC(RULE("<tcp><udp/></tcp>"),
              "f:1: error: [D1] unknown element <udp> in <tcp>\n");
    CHECK_DOC(RULE(""), "1: accept in\n");
    CHECK_DOC(RULE("<tcp xml:lang='en'/>"), "1: accept in tcp\n");
}

static void
test_match(void)
{
    CHECK_DOC(RULE("<mac match='yes' protocolid='arp'/>"),
              "1: accept in mac protocolid=arp\n");
    CHECK_DOC(RULE("<mac match='no' protocolid='arp'/>"),
              "1: accept in mac protocolid!=arp\n");
    CHECK_DOC(RULE("<mac match='No' protocolid='arp'/>"),
              "f:1: error: [D3] match 'No' is neither yes nor no\n");
    CHECK_COMPAT(RULE("<mac match='No' protocolid='arp'/>"),
                 "f:1: warning: [D3] match 'No' is neither yes nor no; it is "
                 "read as yes\n"
                 "1: accept in mac protocolid=arp\n");
    CHECK_DOC(RULE("<arp gratuitous='TRUE'/>"),
              "f:1: error: [D3] gratuitous 'TRUE' is neither true nor "
              "false\n");
    CHECK_COMPAT(RULE("<arp gratuitous='TRUE'/>"),
                 "f:1: warning: [D3] gratuitous 'TRUE' is neither true nor "
                 "false; it is read as false\n"
                 "1: accept in arp\n");
}

static void
test_variables(void)
{
    CHECK_DOC(RULE("<tcp srcipaddr='$IP' dstipaddr='$IP[@0]' "
                   "srcportstart='$P[@1000]' dstportstart='$P[3]' "
                   "dscp='$_a[ @ 7 ]'/>"),
              "1: accept in tcp srcipaddr=$IP dstipaddr=$IP dscp=$_a[@7] "
              "srcportstart=$P[@1000] dstportstart=$P[3]\n");
    CHECK_DOC(RULE("<tcp srcportstart='$P[ 3 ] '/>"),
              "1: accept in tcp srcportstart=$P[3]\n");
    CHECK_DOC(RULE("<tcp srcportstart='$P[4294967295]'/>"),
              "1: accept in tcp srcportstart=$P[4294967295]\n");
    CHECK_DOC(RULE("<tcp srcportstart='$P[000000000012]'/>"),
              "1: accept in tcp srcportstart=$P[12]\n");
    CHECK_DOC(RULE("<all ipset='web-$S[2]' ipsetflags='src'/>"),
              "1: accept in all ipset=web-$S[2] ipsetflags=src\n");
    CHECK_DOC(RULE("<tcp ipset='$S' ipsetflags='src'/>"),
              "f:1: warning: [D6] the set is tested here; libvirt does not "
              "test sets in <tcp>\n"
              "1: accept in tcp ipset=$S ipsetflags=src\n");
}

#define PORT(VALUE) RULE("<tcp srcportstart='" VALUE "'/>")

static void
test_bad_variables(void)
{
    CHECK_DOC(PORT("$ P"), "f:1: error: srcportstart '$ P': there is no "
                           "variable name after the '$'\n");
    CHECK_DOC(PORT("$A-B"), "f:1: error: srcportstart '$A-B': a variable name "
                            "has letters, digits and '_', and nothing may "
                            "follow but '[...]'\n");
    CHECK_DOC(PORT("$A[]"), "f:1: error: srcportstart '$A[]': there is no "
                            "number in the brackets\n");
    CHECK_DOC(PORT("$A[@]"), "f:1: error: srcportstart '$A[@]': there is no "
                             "number in the brackets\n");
    CHECK_DOC(PORT("$[0]"), "f:1: error: srcportstart '$[0]': there is no "
                            "variable name after the '$'\n");
    CHECK_DOC(PORT("$A[--1]"),
              "f:1: error: srcportstart '$A[--1]': there is no number in the "
              "brackets\n");
    CHECK_DOC(PORT("$A[@-1]"), "f:1: error: srcportstart '$A[@-1]': the "
                               "largest iterator is @1000\n");
    CHECK_DOC(PORT("$A[0x1]"), "f:1: error: srcportstart '$A[0x1]': ']' is "
                               "missing after the number\n");
    CHECK_DOC(PORT("$A[1"), "f:1: error: srcportstart '$A[1': ']' is missing "
                            "after the number\n");
    CHECK_DOC(PORT("$A[@1001]"), "f:1: error: srcportstart '$A[@1001]': the "
                                 "largest iterator is @1000\n");
    CHECK_DOC(PORT("$A[4294967296]"),
              "f:1: error: srcportstart '$A[4294967296]': the number in the "
              "brackets is too large\n");
    CHECK_DOC(PORT("$A[100000000000]"),
              "f:1: error: srcportstart '$A[100000000000]': the number in the "
              "brackets is too large\n");
}

/* libvirt takes them, too. */
static void
test_odd_variables(void)
{
    CHECK_DOC(PORT("$A[1]x"), "f:1: warning: the text after ']' in "
                              "srcportstart is ignored\n"
                              "1: accept in tcp srcportstart=$A[1]\n");
    CHECK_DOC(PORT("$A[+1]"), "1: accept in tcp srcportstart=$A[1]\n");
    CHECK_DOC(PORT("$A[@+1]"), "1: accept in tcp srcportstart=$A[@1]\n");
    CHECK_DOC(PORT("$A[-1]"), "1: accept in tcp "
                              "srcportstart=$A[4294967295]\n");
    CHECK_DOC(PORT("$"), "f:1: warning: srcportstart '$' has no name, so it "
                         "never has a value: an error where the filter is "
                         "used\n"
                         "1: accept in tcp srcportstart=$\n");
}

/* D15. */
static void
test_forbidden_variables(void)
{
    CHECK_DOC(RULE("<tcp comment='$A'/>"),
              "f:1: error: [D15] comment can not be a variable\n");
    CHECK_DOC(RULE("<tcp state='$A'/>"),
              "f:1: error: [D15] state can not be a variable\n");
    CHECK_DOC(RULE("<tcp flags='$A'/>"),
              "f:1: error: [D15] flags can not be a variable\n");
    CHECK_DOC(RULE("<all ipset='s' ipsetflags='$A'/>"),
              "f:1: error: [D15] ipsetflags can not be a variable\n");
    CHECK_DOC(RULE("<arp gratuitous='$A'/>"),
              "f:1: error: [D15] gratuitous can not be a variable\n");
    CHECK_DOC(RULE("<stp flags='$A'/>"),
              "f:1: warning: flags is compared with the type, as in "
              "libvirt: it looks for fields of BPDUs one byte too early, "
              "and only in those of version 0\n"
              "1: accept in stp flags=$A\n");
    CHECK_COMPAT(RULE("<tcp comment='$A' state='$A'/>"),
                 "f:1: warning: [D15] comment can not be a variable; the "
                 "attribute is ignored\n"
                 "f:1: warning: [D15] state can not be a variable; the "
                 "attribute is ignored\n"
                 "1: accept in tcp\n");
    CHECK_COMPAT(RULE("<tcp flags='$A'/>"),
                 "f:1: warning: [D15] flags can not be a variable; it is read "
                 "as NONE/NONE\n"
                 "1: accept in tcp flags=NONE/NONE\n");
    CHECK_COMPAT(RULE("<all ipset='s' ipsetflags='$A'/>"),
                 "f:1: warning: [D15] ipsetflags can not be a variable; the "
                 "value of the variable is taken\n"
                 "1: accept in all ipset=s ipsetflags=$A\n");
}

#define NEEDS_PROTOCOL(ATTR, ELEMENT)      \
    "f:1: error: " ATTR " in <" ELEMENT    \
    "> needs protocol tcp (6), udp (17), " \
    "dccp (33) or sctp (132)\n"

static void
test_ports_need_protocol(void)
{
    CHECK_DOC(RULE("<ip dstportstart='5' protocol='33'/>"),
              "1: accept in ip protocol=33 dstportstart=5\n");
    CHECK_DOC(RULE("<ipv6 protocol='sctp'/><ipv6 dstportstart='5'/>"),
              "1: accept in ipv6 protocol=sctp dstportstart=5\n");
    CHECK_DOC(RULE("<ip dstportstart='5'/>"),
              NEEDS_PROTOCOL("dstportstart", "ip"));
    CHECK_DOC(RULE("<ipv6 dstportend='5'/>"),
              NEEDS_PROTOCOL("dstportend", "ipv6"));
    CHECK_DOC(RULE("<ip srcportend='5' protocol='udplite'/>"),
              NEEDS_PROTOCOL("srcportend", "ip"));
    CHECK_DOC(RULE("<ip srcportstart='5' protocol='$P'/>"),
              NEEDS_PROTOCOL("srcportstart", "ip"));
    CHECK_DOC(RULE("<ip srcportstart='5'/><ip protocol='tcp'/>"),
              NEEDS_PROTOCOL("srcportstart", "ip"));
    CHECK_DOC(RULE("<ip srcportstart='5' protocol='6'/><ip protocol='1'/>"),
              NEEDS_PROTOCOL("srcportstart", "ip"));
}

static void
test_deviations(void)
{
    CHECK_DOC(RULE("<tcp match='no' dstportstart='80'/>"),
              "f:1: warning: [D4] dstportstart is negated here, unlike in "
              "libvirt, which takes that from srcportstart\n"
              "1: accept in tcp dstportstart!=80\n");
    CHECK_DOC(RULE("<udp match='no' srcportstart='1' dstportstart='80'/>"),
              "f:1: warning: [D4] each port is negated by itself here; "
              "iptables of libvirt's host may negate the pair of them\n"
              "1: accept in udp srcportstart!=1 dstportstart!=80\n");
    CHECK_DOC(RULE("<ip match='no' dstportstart='80'/>"
                   "<ip protocol='tcp'/>"),
              NEEDS_PROTOCOL("dstportstart", "ip"));
    CHECK_DOC(RULE("<ip protocol='tcp'/><ip match='no' dstportstart='80'/>"),
              "1: accept in ip protocol=tcp dstportstart!=80\n");
    CHECK_DOC(RULE("<vlan encap-protocol='arp'/>"),
              "f:1: warning: [D5] encap-protocol is compared as written; "
              "libvirt compares another number\n"
              "1: accept in vlan encap-protocol=arp\n");
    CHECK_DOC(RULE("<vlan encap-protocol='$P'/>"),
              "f:1: warning: [D5] encap-protocol is compared as written; "
              "libvirt may compare another number\n"
              "1: accept in vlan encap-protocol=$P\n");
    CHECK_DOC(RULE("<udp ipset='s'/>"),
              "f:1: warning: [D6] ipset without ipsetflags tests 'src' here; "
              "libvirt refuses it\n"
              "1: accept in udp ipset=s ipsetflags=src\n");
    CHECK_DOC(RULE("<udp ipsetflags='src'/>"),
              "f:1: warning: ipsetflags without ipset is ignored\n"
              "1: accept in udp\n");
    CHECK_DOC(RULE("<all-ipv6 dstipfrom='::1' dstipto='::2'/>"),
              "f:1: warning: [D7] dstipto is taken as an IPv6 address; "
              "libvirt refuses it\n"
              "1: accept in all-ipv6 dstipfrom=::1 dstipto=::2\n");
    CHECK_DOC(RULE("<all-ipv6 dstipto='10.0.0.1'/>"),
              "f:1: error: dstipto '10.0.0.1' is not an IPv6 address\n");
    CHECK_DOC(RULE("<tcp-ipv6 flags='ALL/SYN'/>"),
              "f:1: warning: [D8] flags are tested here; libvirt ignores them "
              "in <tcp-ipv6>\n"
              "1: accept in tcp-ipv6 flags=ALL/SYN\n");
    CHECK_DOC(RULE("<ip dscp='46'/>"),
              "f:1: warning: [D9] dscp is the 6 bits of that name; libvirt "
              "compares the whole TOS byte with it in <ip>\n"
              "1: accept in ip dscp=46\n");
    CHECK_DOC(RULE("<all dscp='46'/>"), "1: accept in all dscp=46\n");
    CHECK_DOC(RULE("<arp arpsrcipaddr='10.0.0.0' arpsrcipmask='8' "
                   "arpdstipaddr='10.0.0.1'/>"),
              "f:1: warning: [D11] arpdstipaddr is compared in full; libvirt "
              "applies arpsrcipmask to it\n"
              "1: accept in arp arpsrcipaddr=10.0.0.0 arpsrcipmask=8 "
              "arpdstipaddr=10.0.0.1\n");
    CHECK_DOC("<filter name='a' chain='stp-x'/>",
              "f:1: warning: [D12] chain 'stp-x' has priority -810 here, but "
              "0 in libvirt\n");
    CHECK_DOC("<filter name='a' chain='stp-x' priority='1'/>", "");
    CHECK_DOC(FILTER("<rule action='drop' direction='inout'>"
                     "<icmp type='8'/></rule>"),
              "f:1: warning: [D13] the rule holds in both directions; libvirt "
              "makes no rule at all of direction 'inout' with a type\n"
              "1: drop inout icmp type=8\n");
    CHECK_DOC(RULE("<icmpv6 code='0'/>"),
              "f:1: error: [D14] code without type in <icmpv6>\n");
    CHECK_COMPAT(RULE("<icmp code='0' dscp='1'/>"),
                 "f:1: warning: [D14] code without type in <icmp>; it is "
                 "ignored\n"
                 "1: accept in icmp dscp=1\n");
    CHECK_DOC(RULE("<ipv6 code='0'/>"), "1: accept in ipv6 code=0\n");
}

static void
test_comment(void)
{
    char text[600], c[301];
    struct nw_diags diags = { 0 };

    /* Cut at 256 bytes, but not within a character. */
    memset(c, 'x', 300);
    memcpy(c + 255, "\xc3\xa4", 2);
    c[300] = '\0';
    snprintf(text, sizeof text, RULE("<tcp comment='%s'/>"), c);
    struct nw_filter *filter = nw_filter_parse(text, strlen(text), "f", NULL,
                                               &diags);
    if (CHECK(filter != NULL)) {
        const char *comment = filter->entries[0].rule.comment;
        CHECK_INT(strlen(comment), 255);
        CHECK(!strspn(comment, "\xc3"));
    }
    nw_filter_destroy(filter);

    const char *two = RULE("<tcp comment='a'/><tcp comment=\"b'&lt;\"/>");
    filter = nw_filter_parse(two, strlen(two), "f", NULL, &diags);
    if (CHECK(filter != NULL)) {
        CHECK_STR(filter->entries[0].rule.comment, "b'<");
    }
    nw_filter_destroy(filter);
    nw_diags_clear(&diags);
}

/* The canonical text of the first rule. */
static char *
canonical(const char *text)
{
    struct nw_diags diags = { 0 };
    char *s = NULL;

    struct nw_filter *filter = nw_filter_parse(text, strlen(text), "f", NULL,
                                               &diags);
    if (CHECK(filter != NULL)) {
        s = nw_rule_canonical(&filter->entries[0].rule);
    } else {
        nw_diags_print(&diags, stdout);
        s = calloc(1, 1);
    }
    nw_filter_destroy(filter);
    nw_diags_clear(&diags);
    return s;
}

static void
check_same(const char *a, const char *b, bool same)
{
    char *ca = canonical(a), *cb = canonical(b);

    if (!CHECK_INT(!strcmp(ca, cb), same)) {
        printf("# %s\n# %s\n", ca, cb);
    }
    free(ca);
    free(cb);
}

static void
test_canonical(void)
{
    check_same(RULE("<tcp srcipaddr='10.1' dstportstart='0x50' "
                    "srcipmask='255.0.0.0' comment='x'/>"),
               RULE("\n\n<tcp dstportstart='80'/>"
                    "<tcp srcipmask='8' srcipaddr='10.0.0.1'/>"),
               true);
    check_same(RULE("<ip protocol='TCP'/>"), RULE("<ip protocol='6'/>"), true);
    check_same(RULE("<tcp state='new,established'/>"),
               RULE("<tcp state='ESTABLISHED NEW'/>"), true);
    check_same(RULE("<tcp dscp='$A'/>"), RULE("<tcp dscp='$A[@0]'/>"), true);
    check_same(RULE("<all ipset='s'/>"),
               RULE("<all ipset='s' ipsetflags='SRC'/>"), true);

    check_same(RULE("<tcp/>"), RULE("<udp/>"), false);
    check_same(RULE("<tcp/>"), RULE("<tcp-ipv6/>"), false);
    check_same(RULE("<all/>"), RULE(""), false);
    check_same(RULE("<tcp dscp='1'/>"), RULE("<tcp dscp='2'/>"), false);
    check_same(RULE("<tcp dscp='1'/>"), RULE("<tcp match='no' dscp='1'/>"),
               false);
    check_same(RULE("<tcp dscp='$A'/>"), RULE("<tcp dscp='$B'/>"), false);
    check_same(RULE("<tcp dscp='$A'/>"), RULE("<tcp dscp='$A[0]'/>"), false);
    check_same(RULE("<tcp dscp='$A[@1]'/>"), RULE("<tcp dscp='$A[1]'/>"),
               false);
    check_same(RULE("<tcp state='NONE'/>"), RULE("<tcp/>"), false);
    check_same(RULE("<tcp srcportstart='1'/>"), RULE("<tcp srcportend='1'/>"),
               false);
    check_same(RULE_ATTRS("action='drop' direction='in'"),
               RULE_ATTRS("action='drop' direction='in' priority='1'"), false);
    check_same(RULE_ATTRS("action='drop' direction='in'"),
               RULE_ATTRS("action='drop' direction='in' statematch='0'"),
               false);
    check_same(RULE_ATTRS("action='drop' direction='in'"),
               RULE_ATTRS("action='drop' direction='out'"), false);
    check_same(RULE_ATTRS("action='drop' direction='in'"),
               RULE_ATTRS("action='reject' direction='in'"), false);
}

static void
test_format(void)
{
    CHECK_DOC(FILTER("<rule action='accept' direction='out' statematch='0'>"
                     "<tcp dstportstart='80' srcipaddr='$IP[@1]' "
                     "state='NEW,ESTABLISHED'/>"
                     "<tcp match='no' dstipaddr='10.0.0.1'/></rule>"),
              "1: accept out tcp srcipaddr=$IP[@1] dstipaddr!=10.0.0.1 "
              "dstportstart=80 state=NEW,ESTABLISHED statematch=false\n");
    CHECK_DOC(RULE("<all ipset='my set' ipsetflags='src'/>"),
              "1: accept in all ipset='my set' ipsetflags=src\n");
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_attributes);
    RUN(test_priority_and_statematch);
    RUN(test_every_attribute);
    RUN(test_merging);
    RUN(test_two_protocols);
    RUN(test_match);
    RUN(test_variables);
    RUN(test_bad_variables);
    RUN(test_odd_variables);
    RUN(test_forbidden_variables);
    RUN(test_ports_need_protocol);
    RUN(test_deviations);
    RUN(test_comment);
    RUN(test_canonical);
    RUN(test_format);
    return CHECK_RESULT();
}
