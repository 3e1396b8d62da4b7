/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include <stdlib.h>

#include "dp-packet.h"
#include "flows/pipeline.h"
#include "lib/flow.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "tests/unit/check.h"
#include "trace/trace-packet.h"
#include "trace/trace-state.h"
#include "trace/trace.h"
#include "util.h"

/* As ovs-vswitchd 3.1 prints it, shortened: port 1 sends to port 2. */
static const char from_port[] =
    "Flow: tcp,in_port=1\n"
    "\n"
    "bridge(\"br-int\")\n"
    "----------------\n"
    " 0. in_port=1,vlan_tci=0x0000/0x0fff, priority 100, "
    "cookie 0x4e57200000000001\n"
    "    set_field:0xa->reg5\n"
    "    resubmit(,11)\n"
    "11. reg11=0x5, priority 100, cookie 0x4e57300000000005\n"
    "    resubmit(,2)\n"
    "     2. No match.\n"
    "            drop\n"
    "    resubmit(,13)\n"
    "13. reg0=0x1,reg11=0x5, priority 60000, cookie 0x4e57100000000007\n"
    "    ct(table=33,zone=NXM_NX_REG13[0..15])\n"
    "     -> A clone of the packet is forked to recirculate. The forked "
    "pipeline will be resumed at table 33.\n"
    "\n"
    "Final flow: tcp,reg0=0x1,in_port=1\n"
    "Megaflow: recirc_id=0,eth,ip,in_port=1\n"
    "Datapath actions: ct(zone=45818),recirc(0x1)\n"
    "\n"
    "================\n"
    "recirc(0x1) - resume conntrack with default ct_state=trk|new\n"
    "================\n"
    "\n"
    "Flow: recirc_id=0x1,tcp\n"
    "    thaw\n"
    "        Resuming from table 33\n"
    "33. ct_state=+new+trk, priority 80, cookie 0x4e5700000021000a\n"
    "35. reg0=0x7d0, priority 60000, cookie 0x4e57100000000008\n"
    "55. priority 0, cookie 0x4e57000000370008\n"
    "     1. reg14=0x1, priority 30, cookie 0x4e57200100000001\n"
    "61. reg5=0xa,reg12=0x2, priority 110, cookie 0x4e57203d00000002\n"
    "69. reg11=0x5, priority 100, cookie 0x4e57300000000005\n"
    "70. ip, priority 40, cookie 0x4e57000000460000\n"
    "     -> A clone of the packet is forked to recirculate. The forked "
    "pipeline will be resumed at table 71.\n"
    "recirc(0x2) - resume conntrack with default ct_state=trk|new\n"
    "71. ct_state=+new+trk, priority 80, cookie 0x4e5700000047000a\n"
    "73. reg0=0x7d0, priority 59999, cookie 0x4e57100000000009\n";

static void
test_path_from_port_to_port(void)
{
    struct trace_decision d;
    struct trace trace;

    trace_init(&trace);
    trace_read(&trace, from_port, false);
    CHECK_INT(trace.n, 13);
    CHECK_INT(trace.sender, 1);
    CHECK(!trace.hops[2].match && trace.hops[2].subroutine);
    CHECK_INT(trace.hops[3].segment, 1);

    trace_decide(&trace, TRACE_OUT, 1, &d);
    CHECK_INT(d.verdict, TRACE_ACCEPT);
    CHECK(d.l2 && d.l2->cookie == UINT64_C(0x4e57100000000007));
    CHECK(d.l3 && d.l3->cookie == UINT64_C(0x4e57100000000008));
    trace_decide(&trace, TRACE_IN, 2, &d);
    CHECK_INT(d.verdict, TRACE_DROP);
    CHECK(!d.l2 && d.l3 && d.last == d.l3);
    CHECK_INT(d.l3->priority, 59999);
    trace_decide(&trace, TRACE_IN, 1, &d);
    CHECK_INT(d.verdict, TRACE_NOT_REACHED);
    trace_uninit(&trace);
}

static void
test_first_part_only(void)
{
    struct trace_decision d;
    struct trace trace;

    trace_init(&trace);
    trace_read(&trace, from_port, true);
    CHECK_INT(trace.n, 4);
    CHECK_INT(trace.n_forks, 1);
    CHECK_INT(trace.forks[0].table, PL_T_OUT_STATE);
    CHECK_STR(trace.final_flow, "tcp,reg0=0x1,in_port=1");
    trace_read(&trace,
               "35. reg0=0x7d0, priority 1, cookie 0x4e57100000000008\n"
               "122. priority 10, cookie 0x4e570000007a0005\n",
               true);
    CHECK_INT(trace.n_resumed, 1);
    trace_decide(&trace, TRACE_OUT, 1, &d);
    CHECK_INT(d.verdict, TRACE_REJECT);
    CHECK(d.l3 && d.l3->cookie == UINT64_C(0x4e57100000000008));
    trace_uninit(&trace);
}

/* Whatever comes, it is read or skipped. */
static void
test_odd_text(void)
{
    static const char *const texts[] = {
        "",
        "\n\n",
        "300. priority 1",
        "7.",
        "7. ",
        "7. priority ",
        "7. , priority 99999999999999999999, cookie 0x",
        "-> A clone of the packet is forked to recirculate.",
        "recirc(\nrecirc(",
        "Final flow: ",
        "Translation failed (Recirculation conflict), packet is dropped.",
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct trace trace;

        trace_init(&trace);
        trace_read(&trace, texts[i], false);
        CHECK(trace.n <= 1);
        CHECK(!trace.error == (i + 1 < ARRAY_SIZE(texts)));
        trace_uninit(&trace);
    }
}

/* Packets. */

static const struct trace_end guest = {
    .name = "vnet0",
    .has_mac = true,
    .mac = ETH_ADDR_C(52, 54, 00, 00, 00, 01),
    .ip = CONSTANT_HTONL(0x0a000005),
};
static const struct trace_end nobody = { .name = NULL };

/* Makes the packet that the guest sends and returns it as text, or an error;
 * the caller frees it. */
static char *
complete(const char *text, char **assumedp)
{
    struct trace_packet packet;
    char *error = trace_packet_init(&packet, text, NULL);

    if (!error) {
        error = trace_packet_complete(&packet, &guest, &nobody, true);
    }
    if (assumedp) {
        *assumedp = xstrdup(ds_cstr(&packet.assumed));
    }
    if (!error) {
        struct flow again;

        CHECK(packet.frame != NULL);
        flow_extract(packet.frame, &again);
        CHECK(eth_addr_equals(again.dl_src, packet.flow.dl_src));
        CHECK_INT(again.tp_dst, packet.flow.tp_dst);
        error = trace_packet_to_string(&packet);
    }
    trace_packet_uninit(&packet);
    return error;
}

static void
test_what_is_left_open(void)
{
    char *assumed;
    char *text = complete("tcp,nw_dst=10.0.0.9,tp_dst=80", &assumed);

    CHECK_STR(text, "tcp,in_port=ANY,dl_src=52:54:00:00:00:01,"
                    "dl_dst=00:00:5e:00:53:02,nw_src=10.0.0.5,"
                    "nw_dst=10.0.0.9,nw_ttl=64,tp_src=49152,tp_dst=80,"
                    "tcp_flags=syn");
    CHECK_STR(assumed, "nw_src=10.0.0.5 (vnet0's)\n"
                       "tp_src=49152 (of no service)\n"
                       "tcp_flags=syn (begins a connection)\n"
                       "dl_src=52:54:00:00:00:01 (vnet0's)\n"
                       "dl_dst=00:00:5e:00:53:02 (of nobody)\n");
    free(text);
    free(assumed);
}

static void
test_packets_for_many(void)
{
    static const struct {
        const char *text, *dst;
    } cases[] = {
        { "arp", "dl_dst=ff:ff:ff:ff:ff:ff" },
        { "udp,nw_dst=255.255.255.255", "dl_dst=ff:ff:ff:ff:ff:ff" },
        { "udp,nw_dst=239.129.2.3", "dl_dst=01:00:5e:01:02:03" },
        { "icmp6,ipv6_dst=ff02::1:ff00:5", "dl_dst=33:33:ff:00:00:05" },
        { "udp,nw_dst=239.1.2.3,dl_dst=02:00:00:00:00:01",
          "dl_dst=02:00:00:00:00:01" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *text = complete(cases[i].text, NULL);

        CHECK(strstr(text, cases[i].dst));
        free(text);
    }
}

static void
test_bad_packets(void)
{
    static const struct {
        const char *text, *error;
    } cases[] = {
        { "tpc", "tpc: unknown field tpc" },
        { "tp_dst=80", "tp_dst=80: prerequisites not met for setting tp_dst" },
        { "udp6,nw_frag=later",
          "no frame can be made from these fields: give the frame itself, "
          "in hexadecimal" },
        { "packet_type=(1,0x800),ip",
          "packet_type: guests send Ethernet frames" },
        { "ffffffffffff5254000000010806zz",
          "ffffffffffff5254000000010806zz: unknown field "
          "ffffffffffff5254000000010806zz" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *text = complete(cases[i].text, NULL);

        CHECK_STR(text, cases[i].error);
        free(text);
    }
}

/* What a packet is printed as can be read again. */
static void
test_print_and_read(void)
{
    static const char *const texts[] = {
        "udp,tp_src=53,tp_dst=9",
        "udp6,tp_dst=9,ipv6_dst=2001:db8::9,ipv6_label=0x12345",
        "sctp,tp_dst=9",
        "ip,nw_proto=50,nw_tos=32,nw_ecn=1",
        "icmp,icmp_type=3,icmp_code=1",
        "icmp6,icmp_type=135,icmp_code=0,nd_target=fe80::1,"
        "nd_sll=02:00:00:00:00:01",
        "tcp,tcp_flags=syn|ack,dl_vlan=10,dl_vlan_pcp=5",
        "udp,nw_frag=later",
        "dl_type=0x88b5,dl_dst=02:00:00:00:00:09",
        "arp,arp_op=2,arp_tha=02:00:00:00:00:07",
        "arp,arp_op=9,dl_vlan=10,arp_sha=02:00:00:00:00:07",
        "rarp,arp_tha=02:00:00:00:00:07,arp_tpa=10.0.0.9",
        "in_port=7,ct_mark=3,tcp",
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        char *once = complete(texts[i], NULL);
        char *twice = complete(once, NULL);

        CHECK_STR(twice, once);
        CHECK(strstr(once, "in_port="));
        free(twice);
        free(once);
    }
}

/* To the switch, a second tag is an unknown Ethernet type. */
static void
test_two_tags(void)
{
    char *text = complete("52540000000252540000000181000005810000060800"
                          "45000014000000004001000001020304050607080900",
                          NULL);

    CHECK_STR(text, "dl_type=0x8100,in_port=ANY,vlan_tci=0x1005,"
                    "dl_src=52:54:00:00:00:01,dl_dst=52:54:00:00:00:02");
    free(text);
}

/* ARP headers that the switch does not read: with MAC addresses, and with
 * nothing that is known. */
static void
test_frame_in_hexadecimal(void)
{
    char *text = complete("ffffffffffff525400000001080600010801060400015254"
                          "000000010a0000050000000000000a000009",
                          NULL);

    CHECK(strstr(text, "arp,metadata=0x1a1000108010001,in_port=ANY"));
    CHECK(strstr(text, "dl_src=52:54:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff"));
    CHECK(strstr(text, "arp_sha=52:54:00:00:00:01"));
    free(text);

    text = complete("ffffffffffff525400000001080600060801060400015254"
                    "000000010a0000050000000000000a000009",
                    NULL);
    CHECK(strstr(text, "arp,metadata=0x1000608010001,in_port=ANY"));
    free(text);
}

/* States. */

static void
expect_state(const char *packet_text, const char *name, const char *resolved,
             const char *ct_state, uint32_t mark)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct interpret_conn wanted, conn;
    struct interpret_frame frame;
    struct trace_packet packet;

    CHECK(trace_state_parse(name, &wanted));
    CHECK(!trace_packet_init(&packet, packet_text, NULL));
    CHECK(!trace_packet_complete(&packet, &guest, &nobody,
                                 wanted.state == INTERPRET_NEW));
    CHECK(interpret_frame_parse(dp_packet_data(packet.frame),
                                dp_packet_size(packet.frame), &frame));
    trace_state_resolve(&wanted, &frame, &conn);
    CHECK_STR(interpret_state_name(conn.state), resolved);
    CHECK_INT(trace_state_to_ct(&wanted, &conn, &packet.flow, &s), mark);
    CHECK_STR(ds_cstr(&s), ct_state);
    trace_packet_uninit(&packet);
    ds_destroy(&s);
}

static void
test_states(void)
{
    struct interpret_conn conn;

    CHECK(!trace_state_parse("NEW", &conn));
    CHECK(!trace_state_parse("", &conn));
    CHECK(trace_state_parse("est,rpl", &conn) && conn.reply);
    expect_state("tcp", "new", "new", "trk,new", 0);
    expect_state("tcp,tcp_flags=rst", "new", "invalid", "trk,new", 0);
    expect_state("tcp", "est", "established", "trk,est",
                 PL_MARK_REPLIED | PL_MARK_SYN);
    expect_state("udp", "est,rpl", "established", "trk,est,rpl", 0);
    expect_state("tcp", "rel", "related", "trk,new,rel", 0);
    expect_state("icmp,icmp_type=3", "rel", "related", "trk,rel", 0);
    expect_state("icmp,icmp_type=3", "new", "invalid", "trk,inv", 0);
    expect_state("udp", "inv", "invalid", "trk,inv", 0);
    expect_state("icmp6,icmp_type=135", "est", "untracked", "trk,new", 0);
    expect_state("arp", "inv", "untracked", "trk,new", 0);
}

static void
test_states_at_odds(void)
{
    static const struct {
        const char *flags, *state;
        bool ok;
    } cases[] = {
        { "syn", "new", true },      { "syn", "est", false },
        { "syn", "est,rpl", false }, { "syn|ack", "est,rpl", true },
        { "syn|ack", "est", false }, { "syn|ack", "inv", true },
        { "ack", "est", true },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        char *text = xasprintf("tcp,tcp_flags=%s", cases[i].flags);
        struct interpret_conn wanted;
        struct trace_packet packet;

        CHECK(trace_state_parse(cases[i].state, &wanted));
        CHECK(!trace_packet_init(&packet, text, NULL));
        CHECK(!trace_state_check(&wanted, &packet.flow) == cases[i].ok);
        trace_packet_uninit(&packet);
        free(text);
    }
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_path_from_port_to_port);
    RUN(test_first_part_only);
    RUN(test_odd_text);
    RUN(test_what_is_left_open);
    RUN(test_packets_for_many);
    RUN(test_bad_packets);
    RUN(test_print_and_read);
    RUN(test_two_tags);
    RUN(test_frame_in_hexadecimal);
    RUN(test_states);
    RUN(test_states_at_odds);
    return CHECK_RESULT();
}
