/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* The OpenFlow session against a real ovs-vswitchd. */

#include <config.h>
#include "flows/switch.h"

#include <stdlib.h>

#include "check.h"
#include "flow-text.h"
#include "flows/flow-table.h"
#include "live-switch.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
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
    return CHECK(session_run(s, switch_mark(s->sw), 20000) >= 0);
}

static void
session_idle(struct session *s, int ms)
{
    session_run(s, UINT64_MAX, ms);
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
    struct flow_set set;
    const char *text;
    va_list args;

    flow_set_init(&set);
    va_start(args, owner);
    while ((text = va_arg(args, const char *)) != NULL) {
        flow_set_add(&set, our_flow(text));
    }
    va_end(args);
    flow_table_replace(s->table, owner, &set);
    flow_set_uninit(&set);
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
    session_idle(&s, 300);
    CHECK(switch_is_connected(s.sw));
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
    live_stop(&live);
    return CHECK_RESULT();
}
