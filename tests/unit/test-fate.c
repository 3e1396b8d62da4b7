/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include <stdlib.h>

#include "tests/unit/check.h"
#include "trace/fate.h"
#include "util.h"

static void
test_packets(void)
{
    static const struct {
        const char *text, *flow;
    } cases[] = {
        { "out tcp 10.0.0.5:1234 > 10.0.0.9:22 -> accept",
          "tcp,nw_src=10.0.0.5,tp_src=1234,nw_dst=10.0.0.9,tp_dst=22" },
        { "in udp [fe80::1]:53 > fe80::2 -> drop # why",
          "udp6,ipv6_src=fe80::1,tp_src=53,ipv6_dst=fe80::2" },
        { "in tcp any > any:22 flags=syn,ack -> drop",
          "tcp,tp_dst=22,tcp_flags=syn|ack" },
        { "\tin  icmp any > 10.0.0.5 type=8 code=0 new  -> reject",
          "icmp,nw_dst=10.0.0.5,icmp_type=8,icmp_code=0" },
        { "out arp 10.0.0.5 > 10.0.0.9 op=2 src=02:00:00:00:00:01 -> accept",
          "arp,arp_spa=10.0.0.5,arp_tpa=10.0.0.9,arp_op=2,"
          "dl_src=02:00:00:00:00:01" },
        { "out icmp fe80::1 > any vlan=7 -> accept",
          "icmp6,ipv6_src=fe80::1,dl_vlan=7" },
        { "out arp,arp_op=2 -> drop", "arp,arp_op=2" },
        { "out 525400 est,rpl -> drop", "525400" },
    };

    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct fate_line line;
        char *error = fate_line_init(&line, cases[i].text);

        CHECK_STR(error, NULL);
        CHECK_INT(line.kind, FATE_PACKET);
        CHECK_STR(line.flow, cases[i].flow);
        CHECK(line.has_state
              == (strstr(cases[i].text, " new ")
                  || strstr(cases[i].text, " est,")));
        fate_line_uninit(&line);
        free(error);
    }
}

static void
test_directions_states_and_verdicts(void)
{
    struct fate_line line;

    CHECK(!fate_line_init(&line, "in arp est,rpl -> reject"));
    CHECK_INT(line.direction, NW_IN);
    CHECK(line.has_state && line.wanted.reply);
    CHECK_INT(line.wanted.state, INTERPRET_ESTABLISHED);
    CHECK_INT(line.expected, INTERPRET_REJECT);
    fate_line_uninit(&line);
    CHECK(!fate_line_init(&line, "out new -> drop"));
    CHECK_INT(line.direction, NW_OUT);
    CHECK(!line.has_state);
    CHECK_STR(line.flow, "new");
    CHECK_INT(line.expected, INTERPRET_DROP);
    fate_line_uninit(&line);
}

static void
test_other_lines(void)
{
    struct fate_line line;

    CHECK(!fate_line_init(&line, "  \t "));
    CHECK_INT(line.kind, FATE_BLANK);
    fate_line_uninit(&line);
    CHECK(!fate_line_init(&line, "  # a comment"));
    CHECK_INT(line.kind, FATE_COMMENT);
    fate_line_uninit(&line);
    CHECK(!fate_line_init(&line, "file  a.xml \tb.xml\r"));
    CHECK_INT(line.kind, FATE_SETTING);
    CHECK_STR(line.key, "file");
    CHECK_STR(line.value, "a.xml b.xml");
    fate_line_uninit(&line);
    CHECK(!fate_line_init(&line, "filter"));
    CHECK_STR(line.value, "");
    fate_line_uninit(&line);
}

static void
test_bad_lines(void)
{
    static const char *const texts[] = {
        "in",
        "out ->",
        "in -> drop",
        "out arp drop",
        "out arp -> maybe",
        "out arp -> drop now",
        "out tcp > -> drop",
        "out tcp a b -> drop",
        "out tcp a b c d -> drop",
        "in tcp [fe80::1 > -> drop",
        "in tcp [fe80::1 > fe80::2 -> drop",
        "in tcp [fe80::1]22 > fe80::2 -> drop",
        "in tcp any > [fe80::2].22 -> drop",
    };

    for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
        struct fate_line line;
        char *error = fate_line_init(&line, texts[i]);

        CHECK(error != NULL);
        fate_line_uninit(&line);
        free(error);
    }
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_packets);
    RUN(test_directions_states_and_verdicts);
    RUN(test_other_lines);
    RUN(test_bad_lines);
    return CHECK_RESULT();
}
