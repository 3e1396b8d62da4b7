/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "interpret/interpret.h"
#include "interpret/set.h"
#include "tests/unit/check.h"
#include "tests/unit/hex-frames.h"
#include "util.h"
#include "xml/diag.h"
#include "xml/vars.h"

/* One port with up to four filters; the first is the top one. */
struct port {
    struct nw_filter *filters[4];
    struct nw_vars vars;
    struct nw_diags diags;
    struct interpret_policy *policy;
    struct interpret_result result;
    struct interpret_conn conn;
};

static const struct nw_filter *
find_filter(const char *name, void *port_)
{
    struct port *port = port_;

    for (size_t i = 0; i < ARRAY_SIZE(port->filters); i++) {
        if (port->filters[i] && !strcmp(port->filters[i]->name, name)) {
            return port->filters[i];
        }
    }
    return NULL;
}

static bool
find_set(const char *name, void *aux OVS_UNUSED)
{
    return !strcmp(name, "webs");
}

/* The address set "webs" holds 10.0.0.9. */
static bool
test_set(const char *name OVS_UNUSED, const struct nw_ipset_flags *flags,
         const struct interpret_frame *f, void *aux OVS_UNUSED)
{
    struct nw_set_entry entry;
    char *error = NULL;
    const struct nw_set_type *type = nw_set_type_find("hash:ip", &error);
    struct interpret_set set = { type, &entry, 1 };

    free(nw_set_entry_parse(type, "10.0.0.9", &entry));
    return interpret_set_contains(&set, flags, f);
}

static void
port_init(struct port *port)
{
    memset(port, 0, sizeof *port);
    nw_vars_init(&port->vars);
    nw_vars_set(&port->vars, "MAC", "02:00:00:00:00:01");
    port->conn.state = INTERPRET_NEW;
}

/* Adds a filter: "<filter ATTRS>BODY</filter>". */
static void
port_add(struct port *port, const char *attrs, const char *body)
{
    struct nw_parse_options options = { .compat = false };
    char *xml = xasprintf("<filter %s>\n%s</filter>", attrs, body);
    size_t i = 0;

    while (port->filters[i]) {
        i++;
    }
    port->filters[i] = nw_filter_parse(xml, strlen(xml), "doc", &options,
                                       &port->diags);
    free(xml);
}

static bool
port_build(struct port *port)
{
    struct interpret_env env = {
        .find_filter = find_filter,
        .find_set = find_set,
        .test_set = test_set,
        .aux = port,
    };

    if (port->filters[0]) {
        port->policy = interpret_policy_create(&env, port->filters[0]->name,
                                               &port->vars, &port->diags);
    }
    return port->policy != NULL;
}

/* A port with one filter in chain root. */
static void
port_open(struct port *port, const char *body)
{
    port_init(port);
    port_add(port, "name='top'", body);
    if (!CHECK(port_build(port))) {
        nw_diags_print(&port->diags, stdout);
        exit(1);
    }
}

static void
port_uninit(struct port *port)
{
    interpret_policy_destroy(port->policy);
    for (size_t i = 0; i < ARRAY_SIZE(port->filters); i++) {
        nw_filter_destroy(port->filters[i]);
    }
    nw_vars_uninit(&port->vars);
    nw_diags_clear(&port->diags);
    interpret_result_uninit(&port->result);
}

/* "accept", "drop" or "reject". */
static const char *
judge(struct port *port, enum nw_direction direction, const char *hex)
{
    uint8_t data[256];
    struct interpret_frame frame;

    if (!interpret_frame_parse(data, read_hex(hex, data), &frame)) {
        return "short";
    }
    interpret_frame(port->policy, &frame, direction, &port->conn,
                    &port->result);
    return interpret_verdict_name(port->result.verdict);
}

#define ARP(HRD, PRO, LENGTHS, OP, SPA, TPA) \
    FROM "0806" HRD PRO LENGTHS OP GUEST_MAC SPA "000000000000" TPA

/* With the last byte of "port" and the first of "age". */
#define BRIDGES "0180c2000000" GUEST_MAC
#define BPDU_BODY(VERSION, PORT, AGE)                              \
    "0026424203 0000" VERSION "11 1213 141516171819 1a1b1c1d 1e1f" \
    "202122232425 2627" PORT AGE "3031 3233 3435"
#define BPDU(VERSION, PORT, AGE) BRIDGES BPDU_BODY(VERSION, PORT, AGE)

#define CHECK_OUT(FRAME, VERDICT) \
    CHECK_STR(judge(&port, NW_OUT, FRAME), VERDICT)
#define CHECK_IN(FRAME, VERDICT) CHECK_STR(judge(&port, NW_IN, FRAME), VERDICT)

static void
test_nothing_filters_nothing(void)
{
    struct port port;

    port_open(&port, "");
    CHECK_OUT(TCP_OUT(PORT_99, PORT_22), "accept");
    CHECK_IN(TCP_IN(PORT_99, PORT_22), "accept");
    port_uninit(&port);
}

static void
test_end_of_chain_accepts(void)
{
    struct port port;

    port_init(&port);
    port_add(&port, "name='top'",
             "<filterref filter='arp'/>"
             "<rule action='drop' direction='out' priority='1000'/>");
    port_add(&port, "name='arp' chain='arp-x'",
             "<rule action='drop' direction='out'><arp opcode='2'/></rule>");
    CHECK(port_build(&port));
    CHECK_OUT(ARP("0001", "0800", "0604", "0001", GUEST_IP, PEER_IP),
              "accept");
    CHECK_STR(port.result.l2.chain, "arp-x");
    CHECK(port.result.l2.rule == NULL);
    CHECK_INT(port.result.n_chains, 2);
    CHECK_OUT(ARP("0001", "0800", "0604", "0002", GUEST_IP, PEER_IP), "drop");
    CHECK_OUT(TCP_OUT(PORT_99, PORT_22), "drop");
    CHECK_STR(port.result.l2.chain, "root");
    port_uninit(&port);
}

static void
test_return_resumes_root(void)
{
    struct port port;

    port_init(&port);
    port_add(&port, "name='top'",
             "<filterref filter='mac'/>"
             "<rule action='drop' direction='out'><arp/></rule>");
    port_add(&port, "name='mac' chain='mac'",
             "<rule action='return' direction='out'>"
             "<mac srcmacaddr='$MAC'/></rule>");
    CHECK(port_build(&port));
    CHECK_OUT(ARP("0001", "0800", "0604", "0001", GUEST_IP, PEER_IP), "drop");
    CHECK_INT(port.result.l2.rule->line, 2);
    CHECK_OUT(TCP_OUT(PORT_99, PORT_22), "accept");
    port_uninit(&port);
}

static void
test_jump_comes_before_rule_of_equal_priority(void)
{
    struct port port;

    port_init(&port);
    port_add(&port, "name='top'",
             "<rule action='accept' direction='out' priority='-500'/>"
             "<filterref filter='arp'/>");
    port_add(&port, "name='arp' chain='arp'",
             "<rule action='drop' direction='out'/>");
    CHECK(port_build(&port));
    CHECK_OUT(ARP("0001", "0800", "0604", "0001", GUEST_IP, PEER_IP), "drop");
    port_uninit(&port);
}

static void
test_inout_is_written_towards_the_guest(void)
{
    struct port port;

    port_open(&port, "<rule action='drop' direction='inout'>"
                     "<ip protocol='tcp' dstportstart='22'/></rule>");
    CHECK_IN(TCP_IN(PORT_99, PORT_22), "drop");
    CHECK_IN(TCP_IN(PORT_22, PORT_99), "accept");
    CHECK_OUT(TCP_OUT(PORT_22, PORT_99), "drop");
    CHECK_OUT(TCP_OUT(PORT_99, PORT_22), "accept");
    port_uninit(&port);
}

static void
test_automatic_states(void)
{
    struct port port;

    port_open(&port, "<rule action='accept' direction='in'>"
                     "<tcp dstportstart='22'/></rule>"
                     "<rule action='drop' direction='inout'><all/></rule>");
    CHECK_IN(TCP_IN(PORT_99, PORT_22), "accept");
    CHECK_OUT(TCP_OUT(PORT_22, PORT_99), "drop");
    port.conn = (struct interpret_conn){ INTERPRET_ESTABLISHED, true };
    CHECK_OUT(TCP_OUT(PORT_22, PORT_99), "accept");
    CHECK_IN(TCP_IN(PORT_99, PORT_22), "drop");
    port.conn = (struct interpret_conn){ INTERPRET_RELATED, false };
    CHECK_IN(TCP_IN(PORT_99, PORT_22), "drop");
    port.conn = (struct interpret_conn){ INTERPRET_UNTRACKED, false };
    CHECK_IN(TCP_IN(PORT_99, PORT_22), "drop");
    port_uninit(&port);
}

static void
test_explicit_states(void)
{
    struct port port;

    port_open(&port, "<rule action='reject' direction='out'>"
                     "<tcp state='INVALID,RELATED'/></rule>");
    CHECK_OUT(TCP_OUT(PORT_99, PORT_22), "accept");
    port.conn.state = INTERPRET_INVALID;
    CHECK_OUT(TCP_OUT(PORT_99, PORT_22), "reject");
    CHECK_IN(TCP_IN(PORT_99, PORT_22), "accept");
    CHECK(interpret_tests_state(port.policy, 4));
    CHECK(!interpret_tests_state(port.policy, 6));
    port_uninit(&port);
}

static void
test_icmp_with_type_goes_one_way(void)
{
    struct port port;

    port_open(&port, "<rule action='drop' direction='out'>"
                     "<icmp type='8'/></rule>"
                     "<rule action='drop' direction='inout'>"
                     "<icmp type='13' code='0'/></rule>");
    CHECK_OUT(ICMP_OUT("08", "00"), "drop");
    CHECK_IN(ICMP_IN("08", "00"), "accept");
    CHECK_OUT(ICMP_OUT("0d", "00"), "drop");
    CHECK_IN(ICMP_IN("0d", "00"), "drop");
    CHECK_IN(ICMP_IN("0d", "01"), "accept");
    port_uninit(&port);
}

static void
test_icmp_type_255_is_any(void)
{
    struct port port;

    port_open(&port, "<rule action='drop' direction='in'>"
                     "<icmp type='255' code='3'/></rule>"
                     "<rule action='drop' direction='out'>"
                     "<icmp match='no' type='255'/></rule>");
    CHECK_IN(ICMP_IN("08", "00"), "drop");
    CHECK_OUT(ICMP_OUT("08", "00"), "accept");
    port_uninit(&port);
}

static void
test_each_attribute_is_negated_alone(void)
{
    struct port port;

    port_open(&port, "<rule action='drop' direction='out'>"
                     "<tcp match='no' srcportstart='22' dstportstart='80'"
                     " dstportend='90'/></rule>");
    CHECK_OUT(TCP_OUT(PORT_22, PORT_80), "accept");
    CHECK_OUT(TCP_OUT(PORT_22, PORT_99), "accept");
    CHECK_OUT(TCP_OUT(PORT_99, PORT_80), "accept");
    CHECK_OUT(TCP_OUT(PORT_99, PORT_22), "drop");
    port_uninit(&port);
}

static void
test_later_fragments_have_no_ports(void)
{
    struct port port;

    port_open(&port, "<rule action='drop' direction='out'>"
                     "<ip protocol='tcp'/>"
                     "<ip match='no' dstportstart='22'/></rule>"
                     "<rule action='drop' direction='out'>"
                     "<tcp match='no' dstportstart='22'/></rule>");
    CHECK_OUT(TCP_OUT(PORT_99, PORT_80), "drop");
    CHECK_OUT(FROM IPV4("00", "2000", "06", GUEST_IP, PEER_IP)
                  TCP(PORT_99, PORT_80, "02"),
              "drop");
    CHECK_OUT(FROM IPV4("00", "0002", "06", GUEST_IP, PEER_IP)
                  TCP(PORT_99, PORT_80, "02"),
              "accept");
    port_uninit(&port);
}

static void
test_odd_arp_headers_fail_negated_items_too(void)
{
    struct port port;

    port_open(&port, "<rule action='drop' direction='out'>"
                     "<arp match='no' arpsrcipaddr='10.0.0.7'/></rule>");
    CHECK_OUT(ARP("0001", "0800", "0604", "0001", GUEST_IP, PEER_IP), "drop");
    CHECK_OUT(ARP("0001", "0800", "0604", "0001", "0a000007", PEER_IP),
              "accept");
    CHECK_OUT(ARP("0001", "0801", "0604", "0001", GUEST_IP, PEER_IP),
              "accept");
    CHECK_OUT(ARP("0001", "0800", "0605", "0001", GUEST_IP, PEER_IP "00"),
              "accept");
    port_uninit(&port);
}

static void
test_bpdu(void)
{
    struct port port;

    port_open(&port, "<rule action='drop' direction='out'>"
                     "<stp match='no' type='1' age='0x2829'/></rule>");
    CHECK_OUT(BPDU("00", "28", "2a"), "drop");
    CHECK_OUT(BPDU("00", "28", "29"), "accept");
    CHECK_OUT(BPDU("02", "28", "2a"), "accept");
    CHECK_OUT(BRIDGES "8100000a" BPDU_BODY("00", "28", "2a"), "drop");
    CHECK_OUT(BRIDGES "0007"
                      "42420300000080",
              "accept");
    port_uninit(&port);
}

static void
test_gratuitous(void)
{
    struct port port;

    port_open(&port, "<rule action='drop' direction='out'>"
                     "<arp gratuitous='true'/></rule>");
    CHECK_OUT(ARP("0001", "0800", "0604", "0001", PEER_IP, PEER_IP), "drop");
    CHECK_OUT(ARP("0001", "0800", "0604", "0001", GUEST_IP, PEER_IP),
              "accept");
    port_uninit(&port);
}

static void
test_tagged_frames_are_vlan_only(void)
{
    struct port port;

    port_open(&port, "<rule action='drop' direction='out'><ip/></rule>"
                     "<rule action='drop' direction='out'><all/></rule>"
                     "<rule action='drop' direction='out'>"
                     "<vlan vlanid='7' encap-protocol='arp'/></rule>");
    CHECK_OUT(FROM "8100 0007 0800 4500", "accept");
    CHECK_OUT(FROM "8100 2007 0806 0001", "drop");
    CHECK_OUT(FROM "8100 0008 0806 0001", "accept");
    CHECK_OUT(FROM "88a8 0007 0806 0001", "accept");
    port_uninit(&port);
}

static void
test_dscp_is_six_bits(void)
{
    struct port port;

    port_open(&port, "<rule action='drop' direction='out'>"
                     "<ip dscp='2'/></rule>"
                     "<rule action='drop' direction='out'>"
                     "<tcp dscp='3'/></rule>");
    CHECK_OUT(FROM IPV4("0b", "0000", "06", GUEST_IP, PEER_IP)
                  TCP(PORT_99, PORT_80, "02"),
              "drop");
    CHECK_OUT(FROM IPV4("0e", "0000", "06", GUEST_IP, PEER_IP)
                  TCP(PORT_99, PORT_80, "02"),
              "drop");
    CHECK_OUT(FROM IPV4("02", "0000", "06", GUEST_IP, PEER_IP)
                  TCP(PORT_99, PORT_80, "02"),
              "accept");
    port_uninit(&port);
}

static void
test_lists_advance_together(void)
{
    struct port port;

    port_init(&port);
    nw_vars_append_list(&port.vars, "P", "22,80");
    nw_vars_append_list(&port.vars, "Q", "1,2");
    port_add(&port, "name='top'",
             "<rule action='drop' direction='out'>"
             "<tcp srcportstart='$Q' dstportstart='$P'/></rule>"
             "<rule action='drop' direction='in'>"
             "<tcp srcportstart='$Q[@1]' dstportstart='$P[@2]'/></rule>"
             "<rule action='accept' direction='in'>"
             "<tcp srcportstart='$P[1]'/></rule>");
    CHECK(port_build(&port));
    CHECK_OUT(TCP_OUT("0001", PORT_22), "drop");
    CHECK_OUT(TCP_OUT("0002", PORT_80), "drop");
    CHECK_OUT(TCP_OUT("0002", PORT_22), "accept");
    CHECK_IN(TCP_IN("0002", PORT_22), "drop");
    CHECK_IN(TCP_IN(PORT_80, PORT_22), "accept");
    CHECK_INT(port.result.l3.rule->line, 2);
    port_uninit(&port);
}

static void
test_outer_parameter_wins(void)
{
    struct port port;

    port_init(&port);
    nw_vars_set(&port.vars, "P", "80");
    port_add(&port, "name='top'",
             "<filterref filter='in'>"
             "<parameter name='P' value='22'/>"
             "<parameter name='Q' value='99'/></filterref>");
    port_add(&port, "name='in'",
             "<rule action='drop' direction='out'>"
             "<tcp srcportstart='$Q' dstportstart='$P'/>"
             "</rule>");
    CHECK(port_build(&port));
    CHECK_OUT(TCP_OUT("0063", PORT_80), "drop");
    CHECK_OUT(TCP_OUT("0063", PORT_22), "accept");
    port_uninit(&port);
}

static void
test_address_set(void)
{
    struct port port;

    port_open(&port, "<rule action='drop' direction='out'>"
                     "<tcp ipset='webs' ipsetflags='dst'/></rule>");
    CHECK_OUT(TCP_OUT(PORT_99, PORT_80), "drop");
    CHECK_IN(TCP_IN(PORT_99, PORT_80), "drop");
    CHECK_IN(TO IPV4("00", "0000", "06", GUEST_IP, PEER_IP)
                 TCP(PORT_99, PORT_80, "02"),
             "accept");
    port_uninit(&port);
}

static void
test_source_mac_is_dropped_in_the_mirror(void)
{
    struct port port;

    port_open(&port, "<rule action='drop' direction='in'>"
                     "<all srcmacaddr='02:00:00:00:00:02'/></rule>"
                     "<rule action='drop' direction='in'>"
                     "<tcp srcmacaddr='02:00:00:00:00:07'"
                     " srcportstart='80'/></rule>");
    CHECK_IN(TCP_IN(PORT_99, PORT_22), "drop");
    CHECK_OUT(TCP_OUT(PORT_99, PORT_22), "accept");
    CHECK_OUT(TCP_OUT(PORT_22, PORT_80), "drop");
    port_uninit(&port);
}

/* Each of these is a filter that can not be instantiated, with the message. */
static const char *const refused[][2] = {
    { "<rule action='drop' direction='out'><mac srcmacaddr='$X'/></rule>",
      "doc:2: error: unresolvable variables or unavailable list elements: X" },
    { "<rule action='drop' direction='out'><mac srcmacaddr='$MAC[1]'/></rule>",
      "doc:2: error: unresolvable variables or unavailable list elements: "
      "MAC[1]" },
    { "<rule action='drop' direction='out'>"
      "<tcp dstportstart='80' dstportend='79'/></rule>",
      "doc:2: error: dstportstart is above dstportend" },
    { "<rule action='continue' direction='out'><all/></rule>",
      "doc:2: error: all: 'continue' is not possible in an IP rule" },
    { "\n<rule action='drop' direction='out'><vlan vlanid='4095'/></rule>",
      "doc:3: error: vlan: 4095 is no VLAN" },
    { "<rule action='drop' direction='inout'>"
      "<stp srcmacaddr='02:00:00:00:00:01'/></rule>",
      "doc:2: error: stp: srcmacaddr needs a direction, not inout" },
    { "<rule action='drop' direction='out'>"
      "<ip match='no' protocol='tcp' dstportstart='80'/></rule>",
      "doc:2: error: ip: ports need a protocol without match='no'" },
    { "<rule action='drop' direction='out'><ipv6 type='3'/></rule>",
      "doc:2: error: ipv6: types and codes need protocol='icmpv6'" },
    { "<rule action='drop' direction='out'><all ipset='none'/></rule>",
      "doc:2: error: all: there is no such address set" },
    { "<filterref filter='other'/>",
      "doc:2: error: referenced filter 'other' is missing" },
    { "<filterref filter='top'/>",
      "doc:2: error: filter 'top' refers to itself through 'top'" },
};

static void
test_refused(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(refused); i++) {
        struct port port;
        port_init(&port);
        port_add(&port, "name='top'", refused[i][0]);
        CHECK(!port_build(&port));
        char *message = nw_diags_first_error(&port.diags);
        CHECK_STR(message, refused[i][1]);
        free(message);
        port_uninit(&port);
    }
}

static void
test_wrong_values_are_refused(void)
{
    struct port port;

    port_init(&port);
    nw_vars_set(&port.vars, "IP", "hello");
    nw_vars_append_list(&port.vars, "A", "1,2");
    nw_vars_append_list(&port.vars, "B", "1,2,3");
    port_add(&port, "name='top'",
             "<rule action='drop' direction='out'>"
             "<ip srcipaddr='$IP'/></rule>\n"
             "<rule action='drop' direction='out'>"
             "<tcp srcportstart='$A' dstportstart='$B'/></rule>");
    CHECK(!port_build(&port));
    CHECK_INT(port.diags.n_errors, 2);
    CHECK_INT(port.diags.items[0].line, 2);
    CHECK(strstr(port.diags.items[0].text, "'hello'") != NULL);
    CHECK_INT(port.diags.items[1].line, 3);
    port_uninit(&port);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_nothing_filters_nothing);
    RUN(test_end_of_chain_accepts);
    RUN(test_return_resumes_root);
    RUN(test_jump_comes_before_rule_of_equal_priority);
    RUN(test_inout_is_written_towards_the_guest);
    RUN(test_automatic_states);
    RUN(test_explicit_states);
    RUN(test_icmp_with_type_goes_one_way);
    RUN(test_icmp_type_255_is_any);
    RUN(test_each_attribute_is_negated_alone);
    RUN(test_later_fragments_have_no_ports);
    RUN(test_odd_arp_headers_fail_negated_items_too);
    RUN(test_bpdu);
    RUN(test_gratuitous);
    RUN(test_tagged_frames_are_vlan_only);
    RUN(test_dscp_is_six_bits);
    RUN(test_lists_advance_together);
    RUN(test_outer_parameter_wins);
    RUN(test_address_set);
    RUN(test_source_mac_is_dropped_in_the_mirror);
    RUN(test_refused);
    RUN(test_wrong_values_are_refused);
    return CHECK_RESULT();
}
