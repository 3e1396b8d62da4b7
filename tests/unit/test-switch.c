/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* The OpenFlow session against a real ovs-vswitchd. */

#include <config.h>

#include "switch/switch.h"

#include <stdlib.h>
#include <string.h>

#include "byte-order.h"
#include "flows/flow-table.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-packet.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "tests/unit/check.h"
#include "tests/unit/flow-text.h"
#include "tests/unit/live-switch.h"
#include "timeval.h"
#include "util.h"

#define MARK "cookie=0x4e57000000000000/0xffff000000000000"
#define N_MANY 20000

/* One switch for all tests; each starts with the flows of the last one. */
static struct live_switch live;

struct session {
    struct flow_table *table;
    struct switch_session *sw;
};

static void
session_open(struct session *s)
{
    char *target = xasprintf("unix:%s/br0.mgmt", live.dir);
    s->table = flow_table_create();
    s->sw = switch_create("br0", target, s->table);
    free(target);
}

static void
session_close(struct session *s)
{
    switch_destroy(s->sw);
    flow_table_destroy(s->table);
}

/* Runs the session for 'ms' or until 'mark' is acknowledged; returns the time
 * that took, or -1. */
static int
session_run(struct session *s, uint64_t mark, int ms)
{
    long long int start = time_msec();
    for (;;) {
        switch_run(s->sw);
        if (switch_acked(s->sw) >= mark) {
            return time_msec() - start;
        } else if (time_msec() - start >= ms) {
            return -1;
        }
        switch_wait(s->sw);
        poll_timer_wait_until(start + ms);
        poll_block();
    }
}

static bool
session_sync(struct session *s)
{
    return CHECK(session_run(s, switch_mark(s->sw), 60000) >= 0);
}

static void
session_idle(struct session *s, int ms)
{
    session_run(s, UINT64_MAX, ms);
}

/* Waits until the session is connected with the switch, or is not. */
static void
wait_connected(struct session *s, bool connected)
{
    for (int i = 0; i < 6000 && switch_is_connected(s->sw) != connected; i++) {
        session_idle(s, 10);
    }
    CHECK_INT(switch_is_connected(s->sw), connected);
}

/* Runs the session until the shell command prints exactly 'expected'. */
static void
wait_output(struct session *s, const char *command, const char *expected)
{
    for (int i = 0;; i++) {
        char *output = live_run(&live, "%s", command);

        if (i == 1000 || !strcmp(output, expected)) {
            CHECK_STR(output, expected);
            free(output);
            return;
        }
        free(output);
        session_idle(s, 10);
    }
}

/* The flow, with a cookie of ours. */
static struct of_flow *
our_flow(const char *text)
{
    char *flow_text = xasprintf("cookie=0x4e57000000000001,%s", text);
    struct of_flow *flow = flow_from_text(flow_text);
    char *error = of_flow_check(flow);
    CHECK_STR(error, NULL);
    free(error);
    free(flow_text);
    return flow;
}

/* Makes the flows up to a NULL those of 'owner'. */
static void
want(struct session *s, const char *owner, ...)
{
    va_list texts;

    va_start(texts, owner);
    replace_by_texts(s->table, owner, our_flow, texts);
    va_end(texts);
}

static void
want_many(struct session *s)
{
    struct flow_set set;

    flow_set_init(&set);
    for (int i = 0; i < N_MANY; i++) {
        struct match match;
        uint64_t stub[64];
        struct ofpbuf ofpacts = OFPBUF_STUB_INITIALIZER(stub);
        union mf_value value = { .be32 = htonl(i) };

        match_init_catchall(&match);
        match_set_dl_type(&match, htons(0x800));
        match_set_nw_proto(&match, 6);
        match_set_nw_src(&match, htonl(0x0a000000 + i));
        match_set_tp_dst(&match, htons(i % 60000));
        match_set_reg(&match, 14, i);
        ofpact_put_set_field(&ofpacts, mf_from_id(MFF_REG0), &value, NULL);
        ofpact_put_RESUBMIT(&ofpacts)->table_id = 120;
        flow_set_add(&set, of_flow_create(i % 100, 1000, of_cookie_make(1, i),
                                          &match, &ofpacts));
        ofpbuf_uninit(&ofpacts);
    }
    flow_table_replace(s->table, "many", &set);
    flow_set_uninit(&set);
}

/* The actions and matches that the pipeline uses: whatever the switch makes of
 * them, it must compare equal. */
static const char *const various[] = {
    "table=0,priority=9,in_port=1,actions=load:0x5->NXM_NX_REG0[],"
    "load:3->NXM_NX_REG1[4..7],resubmit(,1)",
    "table=0,priority=1,in_port=LOCAL,actions=push_vlan:0x8100,"
    "set_field:4106->vlan_vid,goto_table:9",
    "table=0,priority=2,vlan_tci=0x1000/0x1000,actions="
    "move:OXM_OF_VLAN_VID[0..11]->NXM_NX_REG5[0..11],strip_vlan,goto_table:3",
    "table=1,priority=3,vlan_tci=0/0x1fff,ip,nw_frag=not_later,nw_tos=16,"
    "actions=ct(table=33,zone=NXM_NX_REG13[0..15])",
    "table=2,ct_state=+trk+new-rel,ct_mark=0x1/0x1,tcp,actions=ct(commit,"
    "zone=NXM_NX_REG13[0..15],alg=ftp,exec(load:1->NXM_NX_CT_MARK[1])),"
    "resubmit(,4)",
    "table=2,conj_id=7,tcp,actions=drop",
    "table=2,tcp,nw_src=10.0.0.0/255.0.0.255,actions=conjunction(7,1/2)",
    "table=2,tcp,tp_dst=0x50/0xfff0,actions=conjunction(7,2/2)",
    "table=3,tcp,tcp_flags=+syn-ack,actions=output:3,"
    "output:NXM_NX_REG12[0..15]",
    "table=3,ipv6,ipv6_src=fe80::/10,icmp6,icmp_type=135,nd_target=fe80::1,"
    "actions=clone(load:1->NXM_NX_REG2[],resubmit(,5)),resubmit(,6)",
    "table=3,arp,arp_op=1,arp_spa=10.0.0.1,arp_sha=02:00:00:00:00:01,"
    "actions=controller(reason=action,max_len=128,userdata=01.02)",
    "table=3,priority=7,dl_src=02:00:00:00:00:00/ff:00:00:00:00:00,actions="
    "learn(table=57,idle_timeout=300,limit=5000,cookie=0x4e57f00000000001,"
    "priority=100,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],"
    "load:NXM_OF_IN_PORT[]->NXM_NX_REG12[0..15])",
    "table=4,reg0=0x5/0xff,metadata=0x1/0xf,actions=in_port,"
    "multipath(symmetric_l4,1024,modulo_n,4,0,NXM_NX_REG3[0..3])",
    "table=4,reg0=0x6,actions=bundle(symmetric_l4,0,hrw,ofport,slaves:4,5)",
    "table=5,xreg1=0x5,actions=load:0xffffffff00000001->OXM_OF_PKT_REG3[]",
    "table=6,udp,tp_src=67,actions=set_field:1.2.3.4->ip_dst,dec_ttl,"
    "note:00.01.02.03.04.05,ct_clear,check_pkt_larger(1400)->NXM_NX_REG9[0],"
    "output:1",
    "table=7,sctp,sctp_dst=5,nw_ttl=64,actions=write_actions(output:1),"
    "write_metadata:0x1/0x1,goto_table:8",
    "table=8,dl_type=0x8035,actions=set_queue:5,NORMAL,pop_queue,IN_PORT",
};

static void
want_various(struct session *s)
{
    struct flow_set set;

    flow_set_init(&set);
    for (size_t i = 0; i < ARRAY_SIZE(various); i++) {
        flow_set_add(&set, our_flow(various[i]));
    }
    flow_table_replace(s->table, "various", &set);
    flow_set_uninit(&set);
}

static char *
dump(const char *args)
{
    return live_run(&live,
                    "ovs-ofctl -O OpenFlow15 --no-stats dump-flows br0 "
                    "%s | grep actions= | sed 's/^ *//' | LC_ALL=C sort",
                    args);
}

static void
check_dump(const char *args, const char *expected)
{
    char *s = dump(args);
    CHECK_STR(s, expected);
    free(s);
}

/* The switch has exactly the desired flows, formatted as we format them. */
static void
check_all_there(struct session *s)
{
    const struct of_flow **flows;
    size_t n = flow_table_sorted(s->table, &flows);
    char *path = xasprintf("%s/expected", live.dir);
    FILE *file = fopen(path, "w");
    for (size_t i = 0; i < n; i++) {
        char *text = of_flow_to_string(flows[i]);
        fprintf(file, "%s\n", text);
        free(text);
    }
    fclose(file);
    free(flows);

    char *diff = live_run(&live,
                          "LC_ALL=C sort expected > sorted; "
                          "ovs-ofctl -O OpenFlow15 --no-stats dump-flows br0 "
                          "\"" MARK
                          "\" | grep actions= | grep -v '^ *cookie=0x4e57f' "
                          "| sed 's/^ *//' "
                          "| LC_ALL=C sort | diff sorted - | head -5; true");
    CHECK_STR(diff, "");
    free(diff);
    free(path);
}

static uint64_t
flow_mods(struct session *s)
{
    struct switch_stats stats;
    switch_get_stats(s->sw, &stats);
    return stats.flow_mods;
}

static void
test_not_ready(void)
{
    struct session s;

    free(live_run(&live, "ovs-ofctl -O OpenFlow15 add-flow br0 '"
                         "cookie=0x4e57000000000009,table=9,actions=drop'"));
    session_open(&s);
    want(&s, "x", "table=1,actions=drop", NULL);
    wait_connected(&s, true);
    session_idle(&s, 300);
    CHECK_INT(switch_acked(s.sw), 0);
    check_dump("'" MARK "'",
               "cookie=0x4e57000000000009, table=9, actions=drop");

    switch_set_ready(s.sw);
    session_sync(&s);
    check_dump("'" MARK "'",
               "cookie=0x4e57000000000001, table=1, actions=drop");
    session_close(&s);
}

static void
test_many(void)
{
    struct session s;
    struct switch_stats stats;

    free(live_run(&live, "ovs-ofctl -O OpenFlow15 add-flow br0 "
                         "'table=50,cookie=0x1234,ip,actions=drop'"));
    free(live_run(&live,
                  "ovs-ofctl -O OpenFlow15 add-flow br0 "
                  "'table=50,cookie=0x4e57f00000000123,arp,actions=drop'"));
    session_open(&s);
    switch_set_ready(s.sw);
    long long int start = time_msec();
    want_many(&s);
    want_various(&s);
    long long int made = time_msec();
    if (session_sync(&s)) {
        printf("# %d flows made in %lld ms, installed in %lld ms\n", N_MANY,
               made - start, time_msec() - made);
    }
    switch_get_stats(s.sw, &stats);
    CHECK_INT(stats.errors, 0);
    CHECK_INT(stats.protocol, OFPUTIL_P_OF15_OXM);
    check_all_there(&s);
    check_dump("table=50,cookie=0x1234/-1",
               "cookie=0x1234, table=50, ip actions=drop");
    session_close(&s);
}

/* Takes over what is there. */
static void
test_restart(void)
{
    struct session s;

    session_open(&s);
    switch_set_ready(s.sw);
    want_many(&s);
    want_various(&s);
    session_sync(&s);
    CHECK_INT(flow_mods(&s), 0);

    want(&s, "various", NULL);
    session_sync(&s);
    CHECK_INT(flow_mods(&s), ARRAY_SIZE(various));
    check_all_there(&s);
    session_close(&s);
}

/* Runs the session until it has finished 'bundles' in all and nothing is left
 * to do; returns how long it took from 'start', or -1. */
static int
wait_repaired(struct session *s, uint64_t bundles, long long int start)
{
    for (;;) {
        struct switch_stats stats;

        switch_run(s->sw);
        switch_get_stats(s->sw, &stats);
        if (stats.bundles >= bundles && !flow_table_has_changes(s->table)) {
            return time_msec() - start;
        } else if (time_msec() - start > 60000) {
            return -1;
        }
        switch_wait(s->sw);
        poll_timer_wait_until(start + 60000);
        poll_block();
    }
}

/* Runs a shell command and checks that what it did is repaired; returns how
 * long it took from there, or -1. */
static int
check_repaired(struct session *s, const char *command)
{
    struct switch_stats stats;

    switch_get_stats(s->sw, &stats);
    free(live_run(&live, "%s", command));
    int ms = wait_repaired(s, stats.bundles + 1, time_msec());
    printf("# %s: repaired after %d ms\n", command, ms);
    return CHECK(ms >= 0) ? ms : -1;
}

/* Runs ovs-ofctl and checks that what it did is repaired at once: no timer has
 * to go off.  A busy machine takes its time, but not again and again.  Each
 * time there are 'n_changes' changes that are not ours. */
static void
check_repaired_at_once(struct session *s, const char *version,
                       const char *command, int n_changes)
{
    char *line = xasprintf("ovs-ofctl -O %s %s", version, command);

    for (int i = 0; i < 30; i++) {
        struct switch_stats before, after;

        switch_get_stats(s->sw, &before);
        int ms = check_repaired(s, line);
        switch_get_stats(s->sw, &after);
        CHECK_INT(after.foreign_changes - before.foreign_changes, n_changes);
        if (ms < 100) {
            free(line);
            return;
        }
    }
    CHECK(!"repaired at once");
    free(line);
}

static void
test_drift(void)
{
    static const struct {
        const char *command;
        int n_changes;
    } drifts[] = {
        { "del-flows br0 table=3", 4 },
        { "mod-flows br0 table=2,actions=drop", 3 },
        { "add-flow br0 table=1,priority=3,ip,vlan_tci=0/0x1fff,"
          "nw_frag=not_later,nw_tos=16,actions=NORMAL",
          1 },
        { "add-flow br0 cookie=0x4e57000000000005,table=99,actions=drop", 1 },
        { "add-flow br0 'cookie=0x4e57000000000001,table=2,conj_id=7,tcp,"
          "idle_timeout=9,actions=drop'",
          1 },
    };
    struct session s;
    struct switch_stats before, after;

    session_open(&s);
    switch_set_ready(s.sw);
    want_various(&s);
    session_sync(&s);

    for (size_t i = 0; i < ARRAY_SIZE(drifts); i++) {
        check_repaired_at_once(&s, "OpenFlow15", drifts[i].command,
                               drifts[i].n_changes);
        check_all_there(&s);
    }
    switch_get_stats(s.sw, &after);

    /* Our own changes and other people's flows are no drift. */
    free(live_run(&live, "ovs-ofctl -O OpenFlow15 add-flow br0 "
                         "table=51,actions=drop"));
    free(live_run(&live, "ovs-ofctl -O OpenFlow15 del-flows br0 table=51"));
    want(&s, "various", "table=1,actions=drop", NULL);
    session_sync(&s);
    session_idle(&s, 200);
    switch_get_stats(s.sw, &before);
    CHECK_INT(before.foreign_changes, after.foreign_changes);
    CHECK_INT(before.bundles, after.bundles + 1);
    session_close(&s);
}

/* Changing the failure mode or the controllers of a bridge wipes its flows. */
static void
test_wiped(void)
{
#define VSCTL "ovs-vsctl --db=unix:db.sock "
    static const char *const commands[] = {
        VSCTL "set-fail-mode br0 standalone",
        VSCTL "set-controller br0 unix:nowhere.sock",
        VSCTL "del-controller br0",
        VSCTL "set-fail-mode br0 secure",
    };
    struct session s;

    session_open(&s);
    switch_set_ready(s.sw);
    want_various(&s);
    session_sync(&s);
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++) {
        check_repaired(&s, commands[i]);
        check_all_there(&s);
    }
    session_close(&s);
}

/* So many reports that the switch pauses the monitor. */
static void
test_drift_many(void)
{
    struct session s;

    session_open(&s);
    switch_set_ready(s.sw);
    want_many(&s);
    session_sync(&s);
    check_repaired(&s, "ovs-ofctl -O OpenFlow15 del-flows br0");
    check_all_there(&s);
    session_close(&s);
}

static void
test_vswitchd_restart(void)
{
    struct session s;
    struct switch_stats stats;

    session_open(&s);
    switch_set_ready(s.sw);
    want_many(&s);
    session_sync(&s);

    switch_get_stats(s.sw, &stats);
    live_kill(&live.vswitchd_pid);
    wait_connected(&s, false);
    switch_flush_zone(s.sw, 7);
    live_start_vswitchd(&live);
    long long int start = time_msec();
    int ms = wait_repaired(&s, stats.bundles + 1, start);
    printf("# everything back after %d ms\n", ms);
    CHECK(ms >= 0);
    check_all_there(&s);
    switch_get_stats(s.sw, &stats);
    CHECK_INT(stats.connects, 2);
    session_close(&s);
}

/* A flow that only the switch can find out to be bad. */
static void
test_bad_flow(void)
{
    struct session s;
    struct switch_error error;

    session_open(&s);
    switch_set_ready(s.sw);
    want(&s, "good", "table=1,actions=drop", NULL);
    want(&s, "bad", "table=2,ip,actions=drop",
         "table=2,priority=9,ip,actions=group:77", NULL);
    want(&s, "other", "table=3,actions=drop", NULL);
    session_sync(&s);
    CHECK(switch_next_error(s.sw, &error));
    CHECK_STR(error.text,
              "OFPBAC_BAD_OUT_GROUP (Invalid group id in output "
              "action.): cookie=0x4e57000000000001, table=2, priority=9,ip "
              "actions=group:77");
    CHECK_INT(error.cookie, UINT64_C(0x4e57000000000001));
    switch_error_uninit(&error);
    CHECK(!switch_next_error(s.sw, &error));
    check_dump("'" MARK "'",
               "cookie=0x4e57000000000001, table=1, actions=drop\n"
               "cookie=0x4e57000000000001, table=3, actions=drop");

    /* Tried again once something has changed, and then it works. */
    free(live_run(&live, "ovs-ofctl -O OpenFlow15 add-group br0 "
                         "group_id=77,type=all,bucket=output:1"));
    want(&s, "other", "table=3,arp,actions=drop", NULL);
    session_sync(&s);
    wait_repaired(&s, 4, time_msec());
    check_all_there(&s);
    CHECK(!switch_next_error(s.sw, &error));
    free(live_run(&live, "ovs-ofctl -O OpenFlow15 del-groups br0"));
    session_close(&s);
}

/* The versions that the bridge may be restricted to. */
static void
check_version(const char *name, enum ofputil_protocol protocol)
{
    struct session s;
    struct switch_stats stats;

    free(live_run(&live,
                  "ovs-vsctl --db=unix:db.sock set bridge br0 "
                  "protocols=%s",
                  name));
    session_open(&s);
    switch_set_ready(s.sw);
    want_various(&s);
    session_sync(&s);
    switch_get_stats(s.sw, &stats);
    CHECK_INT(stats.protocol, protocol);
    CHECK_INT(stats.errors, 0);
    check_repaired_at_once(&s, name, "del-flows br0 table=2", 4);
    session_close(&s);

    /* What one version wrote, the other finds unchanged. */
    session_open(&s);
    switch_set_ready(s.sw);
    want_various(&s);
    session_sync(&s);
    CHECK_INT(flow_mods(&s), 0);
    session_close(&s);

    free(live_run(&live, "ovs-vsctl --db=unix:db.sock set bridge br0 "
                         "protocols=[]"));
    session_open(&s);
    switch_set_ready(s.sw);
    want_various(&s);
    session_sync(&s);
    CHECK_INT(flow_mods(&s), 0);
    want(&s, "various", NULL);
    session_sync(&s);
    session_close(&s);
}

static void
test_versions(void)
{
    check_version("OpenFlow14", OFPUTIL_P_OF14_OXM);
    check_version("OpenFlow13", OFPUTIL_P_OF13_OXM);
}

/* Nothing to do means nothing done. */
static void
test_idle(void)
{
    struct session s;
    int rounds = INT_MAX;

    session_open(&s);
    switch_set_ready(s.sw);
    want(&s, "x", "table=1,actions=drop", NULL);
    session_sync(&s);
    /* (The switch may still have something to say.) */
    for (int i = 0; i < 10 && rounds >= 10; i++) {
        long long int end = time_msec() + 1000;

        for (rounds = 0; time_msec() < end; rounds++) {
            switch_run(s.sw);
            switch_wait(s.sw);
            poll_timer_wait_until(end);
            poll_block();
        }
    }
    CHECK(rounds < 10);
    session_close(&s);
}

struct seen_packets {
    int n;
    uint64_t cookie;
    uint8_t userdata[2];
};

static void
see_packet(void *aux, const struct ofp_header *oh)
{
    struct seen_packets *seen = aux;
    struct ofputil_packet_in pin;
    size_t total_len;
    uint32_t buffer_id;

    if (CHECK(!ofputil_decode_packet_in(oh, false, NULL, NULL, &pin,
                                        &total_len, &buffer_id, NULL))) {
        seen->n++;
        seen->cookie = ntohll(pin.cookie);
        CHECK_INT(pin.userdata_len, 2);
        memcpy(seen->userdata, pin.userdata, 2);
    }
}

/* Packets for the controller, and conntrack zones. */
static void
test_packets(void)
{
    struct seen_packets seen = { 0, 0, { 0, 0 } };
    struct session s;

    free(live_run(&live, "ovs-vsctl --db=unix:db.sock add-port br0 p1 "
                         "-- set interface p1 type=dummy ofport_request=1"));
    session_open(&s);
    switch_set_packet_in(s.sw, see_packet, &seen);
    switch_set_ready(s.sw);
    want(&s, "x",
         "table=0,priority=5,ip,in_port=1,actions="
         "ct(commit,zone=7),controller(reason=action,userdata=01.02)",
         NULL);
    session_sync(&s);
    free(live_run(&live,
                  "ovs-appctl -t $PWD/vswitchd.ctl netdev-dummy/receive "
                  "p1 'in_port(1),eth(src=02:00:00:00:00:01,"
                  "dst=02:00:00:00:00:02),eth_type(0x0800),"
                  "ipv4(src=10.0.0.1,dst=10.0.0.2,proto=17,tos=0,ttl=64,"
                  "frag=no),udp(src=1,dst=2)'"));
    for (int i = 0; i < 6000 && !seen.n; i++) {
        session_idle(&s, 10);
    }
    CHECK_INT(seen.n, 1);
    CHECK_INT(seen.cookie, UINT64_C(0x4e57000000000001));
    CHECK_INT(seen.userdata[1], 2);

    char *conntrack = "ovs-appctl -t $PWD/vswitchd.ctl dpctl/dump-conntrack";
    char *before = live_run(&live, "%s", conntrack);
    CHECK(strstr(before, "zone=7") != NULL);
    free(before);
    switch_flush_zone(s.sw, 8);
    switch_flush_zone(s.sw, 7);
    wait_output(&s, conntrack, "");
    session_close(&s);
}

/* The switch learns an address for port 1 and one for port 2. */
static void
test_forget_addresses(void)
{
    char *dump = "ovs-ofctl -OOpenFlow15 --no-stats dump-flows unix:br0.mgmt "
                 "table=57 | grep -o 'cookie=[^,]*' | sort";
    struct session s;

    session_open(&s);
    switch_set_ready(s.sw);
    want(&s, "x",
         "table=0,priority=5,in_port=1,actions="
         "learn(table=57,cookie=0x4e57f00000000001,NXM_OF_ETH_DST[]="
         "NXM_OF_ETH_SRC[],load:NXM_OF_IN_PORT[]->NXM_NX_REG12[0..15]),"
         "learn(table=57,cookie=0x4e57f00000000002,NXM_NX_REG1[])",
         NULL);
    session_sync(&s);
    free(live_run(&live,
                  "ovs-appctl -t $PWD/vswitchd.ctl netdev-dummy/receive "
                  "p1 'in_port(1),eth(src=02:00:00:00:00:01,"
                  "dst=02:00:00:00:00:02),eth_type(0x1234)'"));
    wait_output(&s, dump,
                "cookie=0x4e57f00000000001\ncookie=0x4e57f00000000002");
    switch_forget_addresses(s.sw, 1);
    CHECK(!switch_is_settled(s.sw));
    wait_output(&s, dump, "cookie=0x4e57f00000000002");
    for (int i = 0; i < 6000 && !switch_is_settled(s.sw); i++) {
        session_idle(&s, 10);
    }
    CHECK(switch_is_settled(s.sw));
    session_close(&s);
}

/* Appends "NAME NUMBER". */
static void
note_port(void *text_, const char *name, uint16_t ofport)
{
    struct ds *text = text_;

    ds_put_format(text, "%s %" PRIu16 "; ", name ? name : "lost", ofport);
}

static bool
session_waits_for(struct session *s, const struct ds *text, const char *part)
{
    for (int i = 0; i < 400; i++) {
        if (strstr(text->string ? text->string : "", part)) {
            return true;
        }
        session_idle(s, 50);
    }
    return false;
}

static void
test_ports(void)
{
    struct ds text = DS_EMPTY_INITIALIZER;
    struct session s;

    session_open(&s);
    switch_set_port_cb(s.sw, note_port, &text);
    switch_set_ready(s.sw);
    session_sync(&s);
    free(live_run(&live, "ovs-vsctl --db=unix:$PWD/db.sock --timeout=120 "
                         "add-port br0 new -- set Interface new type=dummy "
                         "ofport_request=77 -- "
                         "add-port br0 fifteen-letters -- "
                         "set Interface fifteen-letters type=dummy"));
    CHECK(session_waits_for(&s, &text, "new 77; "));
    free(live_run(&live, "ovs-vsctl --db=unix:$PWD/db.sock --timeout=120 "
                         "del-port new -- del-port fifteen-letters"));
    CHECK(session_waits_for(&s, &text, "new 0; "));
    CHECK(!strstr(ds_cstr(&text), "fifteen"));
    live_kill(&live.vswitchd_pid);
    CHECK(session_waits_for(&s, &text, "lost 0; "));
    live_start_vswitchd(&live);
    ds_destroy(&text);
    session_close(&s);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    vlog_set_levels(NULL, VLF_CONSOLE, getenv("VERBOSE") ? VLL_INFO : VLL_OFF);
    if (!live_start(&live)) {
        return 1;
    }
    RUN(test_not_ready);
    RUN(test_many);
    RUN(test_restart);
    RUN(test_drift);
    RUN(test_wiped);
    RUN(test_drift_many);
    RUN(test_vswitchd_restart);
    RUN(test_bad_flow);
    RUN(test_versions);
    RUN(test_idle);
    RUN(test_packets);
    RUN(test_forget_addresses);
    RUN(test_ports);
    live_stop(&live);
    return CHECK_RESULT();
}
