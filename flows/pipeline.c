/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* The fixed flows, written as text so that they can be read.  "{NAME}" is a
 * table's number and "[NAME]" a register ("reg2"), "<NAME>" the same register
 * as moves and zones name it ("NXM_NX_REG2"). */

#include <config.h>

#include "flows/pipeline.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "flows/flow.h"
#include "flows/stable-id.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(pipeline);

struct table_info {
    const char *name;
    uint8_t first, count;
};

static const struct table_info tables[] = {
#define PIPELINE_TABLE(NAME, FIRST, COUNT, TITLE) { #NAME, FIRST, COUNT },
    PIPELINE_TABLES
#undef PIPELINE_TABLE
};

struct reg_info {
    const char *name;
    int number;
};

static const struct reg_info regs[] = {
#define PIPELINE_REG(NAME, NUMBER, TITLE) { #NAME, NUMBER },
    PIPELINE_REGS
#undef PIPELINE_REG
};

const char *
pipeline_table_name(uint8_t table, char buf[32])
{
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        const struct table_info *t = &tables[i];

        if (table >= t->first && table < t->first + t->count) {
            if (t->count == 1) {
                return t->name;
            }
            snprintf(buf, 32, "%s.%d", t->name, table - t->first);
            return buf;
        }
    }
    return NULL;
}

static int
table_number(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        if (strlen(tables[i].name) == len
            && !memcmp(tables[i].name, name, len)) {
            return tables[i].first;
        }
    }
    VLOG_FATAL("no table \"%.*s\"", (int) len, name);
}

static int
reg_number(const char *name, size_t len)
{
    for (size_t i = 0; i < ARRAY_SIZE(regs); i++) {
        if (strlen(regs[i].name) == len && !memcmp(regs[i].name, name, len)) {
            return regs[i].number;
        }
    }
    VLOG_FATAL("no register \"%.*s\"", (int) len, name);
}

/* Replaces the names; "[0..15]" and the like are left alone. */
static char *
expand(const char *template)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    for (const char *p = template; *p;) {
        size_t n = strspn(p + 1, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
        bool named = n && isupper((unsigned char) p[1]);

        if (*p == '{' && named && p[n + 1] == '}') {
            ds_put_format(&s, "%d", table_number(p + 1, n));
        } else if (*p == '[' && named && p[n + 1] == ']') {
            ds_put_format(&s, "reg%d", reg_number(p + 1, n));
        } else if (*p == '<' && named && p[n + 1] == '>') {
            ds_put_format(&s, "NXM_NX_REG%d", reg_number(p + 1, n));
        } else {
            ds_put_char(&s, *p++);
            continue;
        }
        p += n + 2;
    }
    return ds_steal_cstr(&s);
}

/* Adds a flow whose names have been replaced. */
static void
add_expanded(struct flow_set *set, uint64_t cookie, const char *text)
{
    enum ofputil_protocol usable;
    struct ofputil_flow_mod fm;
    char *error = parse_ofp_flow_mod_str(&fm, text, NULL, NULL, OFPFC_ADD,
                                         &usable);

    if (error) {
        VLOG_FATAL("%s: %s", text, error);
    }

    struct match match;
    struct ofpbuf acts;

    minimatch_expand(&fm.match, &match);
    ofpbuf_use_const(&acts, fm.ofpacts, fm.ofpacts_len);
    flow_set_add(set, of_flow_create(fm.table_id, fm.priority, cookie, &match,
                                     &acts));
    minimatch_destroy(&fm.match);
    free(CONST_CAST(struct ofpact *, fm.ofpacts));
}

void
pipeline_add_text(struct flow_set *set, uint64_t cookie, const char *template)
{
    char *text = expand(template);

    add_expanded(set, cookie, text);
    free(text);
}

void
pipeline_add_fixed(struct flow_set *set, enum pipeline_purpose purpose,
                   const char *template)
{
    char *text = expand(template);
    uint64_t table = strtoul(text + strlen("table="), NULL, 10);

    add_expanded(set, pipeline_cookie(PL_K_PIPELINE, table << 16 | purpose),
                 text);
    free(text);
}

struct substitution {
    const char *from, *to;
};

/* Returns 'template' with each "@NAME" replaced. */
static char *
substitute(const char *template, const struct substitution *subs)
{
    char *text = xstrdup(template);

    for (const struct substitution *s = subs; s && s->from; s++) {
        char *p;

        while ((p = strstr(text, s->from))) {
            char *next = xasprintf("%.*s%s%s", (int) (p - text), text, s->to,
                                   p + strlen(s->from));

            free(text);
            text = next;
        }
    }
    return text;
}

/* Adds a list of flows, in which "#NAME" says what those are for that follow.
 * 'subs' may be NULL. */
static void
add_list(struct flow_set *set, const char *const templates[], size_t n,
         const struct substitution *subs)
{
    uint16_t purpose = 0;

    for (size_t i = 0; i < n; i++) {
        if (*templates[i] == '#') {
            purpose = purpose_find(templates[i] + 1);
            continue;
        }
        ovs_assert(purpose);

        char *text = substitute(templates[i], subs);

        pipeline_add_fixed(set, purpose, text);
        free(text);
    }
}

/* Destinations that a bridge does not forward (IEEE 802.1D 7.12.6, and the
 * vendors' that Open vSwitch's own switching keeps back). */
static const char *const reserved_flows[] = {
    "#RESERVED",
    "table={CLASSIFY},priority=60000,"
    "dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0"
    ",actions=drop",
    "table={CLASSIFY},priority=60000,dl_dst=00:e0:2b:00:00:00,actions=drop",
    "table={CLASSIFY},priority=60000,dl_dst=00:e0:2b:00:00:04/"
    "ff:ff:ff:ff:ff:fd,actions=drop",
    "table={CLASSIFY},priority=60000,dl_dst=01:00:0c:00:00:00,actions=drop",
    "table={CLASSIFY},priority=60000,dl_dst=01:00:0c:cc:cc:cc/"
    "ff:ff:ff:ff:ff:fe,actions=drop",
    "table={CLASSIFY},priority=60000,dl_dst=01:00:0c:cd:cd:cd,actions=drop",
};

/* The address table is the one that Open vSwitch would keep: 300 s idle, 8192
 * addresses; a filtered port may add a few of its own (port-flows.c). */
static const char *const switching_flows[] = {
    "#NOBODYS",
    /* Before the flow that a bridge without fail_mode "secure" has. */
    "table={CLASSIFY},priority=1,actions=resubmit(,{DROP})",
    "#GROUP_SENDER",
    "table={LEARN},priority=40,[PORT]=0,"
    "dl_src=01:00:00:00:00:00/01:00:00:00:00:00,actions=drop",
    "table={LEARN},priority=40,[SENDER]=0x100/0x100,actions=drop",
    "#LEARN",
    "table={LEARN},priority=10,[PORT]=0,actions=learn(table={FDB_LEARNED},"
    "idle_timeout=300,priority=10,limit=8192,cookie=0x4e57f00000000000,"
    "<VLAN>[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],"
    "load:NXM_OF_IN_PORT[]-><OUT_PORT>[0..15])",

    "#LOOK_UP",
    "table={FDB_STATIC},priority=0,actions=resubmit(,{FDB_LEARNED})",
    "#TO_GROUP",
    "table={FORWARD},priority=20,[OUT_PORT]=0,"
    "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,"
    "actions=set_field:0x100000/0x100000->[SENDER],resubmit(,{FLOOD})",
    "#TO_UNKNOWN",
    "table={FORWARD},priority=10,[OUT_PORT]=0,"
    "actions=set_field:1->[MODE],resubmit(,{FLOOD})",
    "#TO_KNOWN",
    "table={FORWARD},priority=0,"
    "actions=set_field:3->[MODE],resubmit(,{EGRESS})",

    "#TAG",
    "table={VLAN_OUT},priority=30,[MODE]=1,vlan_tci=0x1000/0x1000,"
    "actions=move:<VLAN>[0..11]->OXM_OF_VLAN_VID[0..11],resubmit(,{DELIVER})",
    "table={VLAN_OUT},priority=20,[MODE]=1,[VLAN]=0,"
    "actions=resubmit(,{DELIVER})",
    "table={VLAN_OUT},priority=10,[MODE]=1,vlan_tci=0/0x1000,"
    "actions=push_vlan:0x8100,move:<VLAN>[0..11]->OXM_OF_VLAN_VID[0..11],"
    "resubmit(,{DELIVER})",
    "#NO_TAG",
    "table={VLAN_OUT},priority=30,[MODE]=2,vlan_tci=0x1000/0x1000,"
    "actions=pop_vlan,resubmit(,{DELIVER})",
    "table={VLAN_OUT},priority=20,[MODE]=2,actions=resubmit(,{DELIVER})",

    "#TO_UNFILTERED",
    "table={DELIVER},priority=10,[PROGRAM]=0,"
    "actions=resubmit(,{COMMIT_SRC}),output:<OUT_PORT>[]",
    "#TO_FILTERED",
    "table={DELIVER},priority=0,actions=resubmit(,{IN_ENTRY})",
};

/* Where the in rules of a share ask for what its ports do not have in common:
 * an address, a connection's state, or to show a copy. */
#define SHARE "[OUT_PORT]=0x80000000/0x80000000,"
#define SPLIT "actions=set_field:4->[MODE],resubmit(,{FLOOD_CHUNK})"
#define CLEAR                                                           \
    "set_field:0->[SEGMENT],set_field:0->[HEADER],set_field:0->[BITS]," \
    "set_field:0->[PRED],set_field:0->[HIT],set_field:0->[FLAGS],"      \
    "set_field:0->[PROGRAM],set_field:0->[PORT],set_field:5->[MODE],"
static const char *const share_flows[] = {
    "#SHARE_SPLIT",
    /* What is left of the rules finds no program.  A trace does not follow a
     * packet through the group. */
    "table={FLOOD_CHUNK},priority=110,[MODE]=4," SHARE "actions=" CLEAR
    "group:@FORK",
    "table={FLOOD_CHUNK},priority=120,[MODE]=4," SHARE
    "metadata=@TRACED/@TRACED,actions=" CLEAR "resubmit(,{FLOOD_CHUNK})",
    "table={VLAN_OUT},priority=100," SHARE "metadata=@TRACED/@TRACED," SPLIT,
    "table={IN_CT},priority=65,[FLAGS]=0x20/0x20,ipv6," SHARE SPLIT,
    "table={IN_CT},priority=45,[FLAGS]=0x1/0x1,ip,vlan_tci=0/0x1000," SHARE
    "" SPLIT,
    "table={IN_CT},priority=45,[FLAGS]=0x2/0x2,ipv6,vlan_tci=0/0x1000," SHARE
    "" SPLIT,
    "table={PREDICATE},priority=200,[PORT]=0x10000," SPLIT,
    "table={IN_DONE},priority=28,icmp6,icmp_type=134," SHARE SPLIT,
    "table={IN_DONE},priority=28,udp6,tp_src=547,tp_dst=546," SHARE SPLIT,
    "#SHARE_UNLIKE",
    "table={PREDICATE},priority=210,[PORT]=0x10000,[PRED]=@MAC,"
    "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,actions=drop",
    "#SHARE_PASSED",
    "table={IN_DONE},priority=25," SHARE "actions=resubmit(,{COMMIT_SRC}),"
    "set_field:6->[MODE],resubmit(,{FLOOD_CHUNK})",
};
#undef SHARE
#undef SPLIT
#undef CLEAR

static const char *const arp_flows[] = {
    "#ARP_UNREAD",
    "table={ARP_HEADER},priority=20,arp,arp_op=0,arp_spa=0.0.0.0,"
    "arp_tpa=0.0.0.0,arp_sha=00:00:00:00:00:00,arp_tha=00:00:00:00:00:00,"
    "actions=drop",
    "table={ARP_HEADER},priority=20,rarp,arp_op=0,arp_spa=0.0.0.0,"
    "arp_tpa=0.0.0.0,arp_sha=00:00:00:00:00:00,arp_tha=00:00:00:00:00:00,"
    "actions=drop",
    "#ARP_STANDARD",
    "table={ARP_HEADER},priority=10,arp,actions=set_field:0xd/0xd->[HEADER]",
    "table={ARP_HEADER},priority=10,rarp,actions=set_field:0xd/0xd->[HEADER]",
};

/* What the sender's rules have to know of addresses after connection tracking:
 * whom the frame is from, for LEARN, and where it goes.  There they are in
 * registers, not matched: the datapath's flows behind ct() do not tell
 * addresses apart. */
#define ADDRESSES                                                           \
    "move:NXM_OF_ETH_SRC[0..31]-><SOURCE>[0..31],"                          \
    "move:NXM_OF_ETH_SRC[32..47]-><SENDER>[0..15],resubmit(,{FDB_STATIC})," \
    "set_field:0x400/0x400->[FLAGS],"

/* Where a direction's rules end. */
static const char *const done_flows[] = {
    "#RULES_GONE",
    /* A packet that was in ct() while its program went has rules to pass that
     * are not there any more: it is not for those that have none. */
    "table={OUT_L3_ENTRY},priority=10,[FLAGS]=0x4/0x4,ip,actions=drop",
    "table={OUT_L3_ENTRY},priority=10,[FLAGS]=0x8/0x8,ipv6,actions=drop",
    "table={IN_L3_ENTRY},priority=10,[FLAGS]=0x4/0x4,ip,actions=drop",
    "table={IN_L3_ENTRY},priority=10,[FLAGS]=0x8/0x8,ipv6,actions=drop",
    "table={IN_L2_ENTRY},priority=10,[FLAGS]=0x10/0x10,actions=drop",
    "#WRONG_WAY",
    /* Who began at the in rules sends in, and is answered out. */
    "table={KNOWN},priority=200,ct_mark=0x8/0x8,[FLAGS]=0/0x200,"
    "[STATE]=0/0x8,actions=drop",
    "table={KNOWN},priority=200,ct_mark=0x8/0x8,[FLAGS]=0x200/0x200,"
    "[STATE]=0x8/0x8,actions=drop",
    "table={KNOWN},priority=200,ct_mark=0/0x8,[FLAGS]=0x200/0x200,"
    "[STATE]=0/0x8,actions=drop",
    "table={KNOWN},priority=200,ct_mark=0/0x8,[FLAGS]=0/0x200,"
    "[STATE]=0x8/0x8,actions=drop",
    "#KNOWN",
    /* A later fragment has no ports: rules with ports do not accept it. */
    "table={OUT_L3_ENTRY},priority=200,[STATE]=0x10/0x10,ip,"
    "nw_frag=not_later,actions=resubmit(,{OUT_DONE})",
    "table={OUT_L3_ENTRY},priority=200,[STATE]=0x10/0x10,ipv6,"
    "nw_frag=not_later,actions=resubmit(,{OUT_DONE})",
    "table={IN_L3_ENTRY},priority=200,[STATE]=0x10/0x10,ip,"
    "nw_frag=not_later,actions=resubmit(,{IN_L2_ENTRY})",
    "table={IN_L3_ENTRY},priority=200,[STATE]=0x10/0x10,ipv6,"
    "nw_frag=not_later,actions=resubmit(,{IN_L2_ENTRY})",
    "#NO_RULES",
    "table={OUT_L3_ENTRY},priority=0,actions=resubmit(,{OUT_DONE})",
    "table={IN_L3_ENTRY},priority=0,actions=resubmit(,{IN_L2_ENTRY})",
    "table={IN_L2_ENTRY},priority=0,actions=resubmit(,{IN_DONE})",

    "#ADDRESSES",
    "table={OUT_DONE},priority=10,[FLAGS]=0/0x400,actions=" ADDRESSES
    "resubmit(,{OUT_DONE})",
    "#OUT_PASSED",
    "table={OUT_DONE},priority=0,actions=resubmit(,{ACCEPT}),"
    "resubmit(,{LEARN}),set_field:0->[STAMP],"
    "resubmit(,{STAMP}),move:<ZONE>[0..15]-><SENDER>[0..15],"
    "move:<COMMIT>[0..1]-><SENDER>[16..17],move:<FLAGS>[6]-><SENDER>[18],"
    "move:<COMMIT>[3]-><SENDER>[19],"
    "set_field:0->[SEGMENT],set_field:0->[HEADER],set_field:0->[STATE],"
    "set_field:0->[COMMIT],set_field:0->[BITS],set_field:0->[FLAGS],"
    "set_field:0->[PROGRAM],set_field:0->[ZONE],set_field:0->[PORT],"
    "set_field:0->[MODE],"
    "resubmit(,{FORWARD})",
    "#IN_PASSED",
    "table={IN_DONE},priority=0,actions=resubmit(,{ACCEPT}),"
    "move:<FLAGS>[6]-><COMMIT>[2],"
    "resubmit(,{COMMIT_SRC}),set_field:0->[STAMP],resubmit(,{STAMP}),"
    "resubmit(,{COMMIT_DST}),output:<OUT_PORT>[]",
};

/* For both directions: "@CT", "@STATE", "@L3", "@NEXT" are the tables,
 * "@AHEAD" what to do before tracking. */
static const char *const ct_flows[] = {
    "#UNREAD",
    "table={@CT},priority=55,[FLAGS]=0x20/0x20,ipv6,vlan_tci=0/0x1000,"
    "metadata=0/0x8000000000000,actions=resubmit(,{DROP})",
    "#TRACK",
    "table={@CT},priority=40,[FLAGS]=0x1/0x1,ip,vlan_tci=0/0x1000,"
    "actions=@AHEADct(table={@STATE},zone=<ZONE>[0..15])",
    "table={@CT},priority=40,[FLAGS]=0x2/0x2,ipv6,vlan_tci=0/0x1000,"
    "actions=@AHEADct(table={@STATE},zone=<ZONE>[0..15])",
    "#STATELESS",
    "table={@CT},priority=30,[FLAGS]=0x4/0x4,ip,vlan_tci=0/0x1000,"
    "actions=resubmit(,{@L3})",
    "table={@CT},priority=30,[FLAGS]=0x8/0x8,ipv6,vlan_tci=0/0x1000,"
    "actions=resubmit(,{@L3})",
    "#NO_IP_RULES",
    "table={@CT},priority=0,actions=resubmit(,{@NEXT})",
};

/* Neighbour discovery and MLD are in no connection state (RFC 4890 has the
 * reason; Linux leaves them untracked). */
static const int untracked_icmpv6[] = {
    130, 131, 132, 133, 134, 135, 136, 143
};

/* ct_state, once, into a class.  All quirks of datapaths live here: in the
 * userspace datapath +est does not mean that a reply was seen, so a TCP
 * connection's ct_mark remembers the first reply and whether it began with a
 * SYN; a mid-stream segment may begin a connection, a FIN, a RST or a SYN-ACK
 * may not, and who began a connection sends no SYN-ACK.
 *
 * The order is that of what is looked at: what usual packets of a connection
 * match comes before flows that test more flags or bits, which would be in the
 * mask of the datapath's flows for all of them.  A SYN-ACK that answers, and
 * whatever follows it, is decided by two flags and two bits of the mark. */
#define TO_L3 "resubmit(,{@L3})"
#define INVALID "actions=set_field:0x5->[STATE]," TO_L3
#define ANSWERED                                         \
    "actions=set_field:0xb->[STATE],resubmit(,{KNOWN})," \
    "ct(commit,zone=<ZONE>[0..15],exec(set_field:0x1/0x1->ct_mark))," TO_L3
static const char *const state_flows[] = {
    "#INVALID",
    "table={@STATE},priority=100,ct_state=+trk+inv," INVALID,
    "table={@STATE},priority=100,ct_state=+trk,ipv6,nw_proto=59," INVALID,
    /* The ICMP of the other family, which the userspace datapath tracks. */
    "table={@STATE},priority=100,ct_state=+trk,ip,nw_proto=58," INVALID,
    "table={@STATE},priority=100,ct_state=+trk,ipv6,nw_proto=1," INVALID,
    "#BAD_START",
    "table={@STATE},priority=90,ct_state=+trk+new,tcp,tcp_flags=+rst," INVALID,
    "table={@STATE},priority=90,ct_state=+trk+new,tcp,tcp_flags=+fin," INVALID,
    "table={@STATE},priority=90,ct_state=+trk+new,tcp,tcp_flags=-syn-ack,"
    "" INVALID,
    "table={@STATE},priority=90,ct_state=+trk+new,tcp,tcp_flags=+syn+ack,"
    "" INVALID,
    "table={@STATE},priority=90,ct_state=+trk+new,tcp6,tcp_flags=+rst,"
    "" INVALID,
    "table={@STATE},priority=90,ct_state=+trk+new,tcp6,tcp_flags=+fin,"
    "" INVALID,
    "table={@STATE},priority=90,ct_state=+trk+new,tcp6,tcp_flags=-syn-ack,"
    "" INVALID,
    "table={@STATE},priority=90,ct_state=+trk+new,tcp6,tcp_flags=+syn+ack,"
    "" INVALID,
    "#BAD_SYN",
    /* After an answer, from an end that has no acknowledgement yet. */
    "table={@STATE},priority=90,ct_state=+trk+new-rel,tcp,ct_mark=0x1/0x1,"
    "" INVALID,
    "table={@STATE},priority=90,ct_state=+trk+new-rel,tcp6,ct_mark=0x1/0x1,"
    "" INVALID,
    "table={@STATE},priority=90,ct_state=+trk+new-rel,tcp,ct_mark=0x4/0x4,"
    "" INVALID,
    "table={@STATE},priority=90,ct_state=+trk+new-rel,tcp6,ct_mark=0x4/0x4,"
    "" INVALID,
    "#SYN_AGAIN",
    /* Also across the first one: who began stays who began. */
    "table={@STATE},priority=85,ct_state=+trk+new-rel,tcp,ct_mark=0x2/0x2,"
    "tcp_flags=+syn,actions=set_field:0x1->[STATE]," TO_L3,
    "table={@STATE},priority=85,ct_state=+trk+new-rel,tcp6,ct_mark=0x2/0x2,"
    "tcp_flags=+syn,actions=set_field:0x1->[STATE]," TO_L3,
    "#NEW",
    "table={@STATE},priority=80,ct_state=+trk+new-rel,tcp,tcp_flags=+syn,"
    "actions=set_field:0x1->[STATE],set_field:0x3->[COMMIT]," TO_L3,
    "table={@STATE},priority=80,ct_state=+trk+new-rel,tcp6,tcp_flags=+syn,"
    "actions=set_field:0x1->[STATE],set_field:0x3->[COMMIT]," TO_L3,
    "#EXPECTED",
    "table={@STATE},priority=80,ct_state=+trk+new+rel,tcp,tcp_flags=+syn,"
    "actions=set_field:0x7->[STATE],set_field:0x3->[COMMIT]," TO_L3,
    "table={@STATE},priority=80,ct_state=+trk+new+rel,tcp6,tcp_flags=+syn,"
    "actions=set_field:0x7->[STATE],set_field:0x3->[COMMIT]," TO_L3,
    "#NEW",
    "table={@STATE},priority=70,ct_state=+trk+new-rel,"
    "actions=set_field:0x1->[STATE],set_field:0x1->[COMMIT]," TO_L3,
    "#EXPECTED",
    "table={@STATE},priority=70,ct_state=+trk+new+rel,"
    "actions=set_field:0x7->[STATE],set_field:0x1->[COMMIT]," TO_L3,
    "#ICMP_ERROR",
    "table={@STATE},priority=65,ct_state=+trk+rel-est-new,"
    "actions=set_field:0x7->[STATE]," TO_L3,
    "#SYN_ANEW",
    "table={@STATE},priority=61,ct_state=+trk+est-rpl-rel,tcp,ct_mark=0/0x5,"
    "tcp_flags=+syn-ack,actions=set_field:0x1->[STATE],"
    "set_field:0x3->[COMMIT]," TO_L3,
    "table={@STATE},priority=61,ct_state=+trk+est-rpl-rel,tcp6,ct_mark=0/0x5,"
    "tcp_flags=+syn-ack,actions=set_field:0x1->[STATE],"
    "set_field:0x3->[COMMIT]," TO_L3,
    "#BAD_SYN",
    "table={@STATE},priority=60,ct_state=+trk+est,tcp,tcp_flags=+syn-ack,"
    "" INVALID,
    "table={@STATE},priority=60,ct_state=+trk+est,tcp6,tcp_flags=+syn-ack,"
    "" INVALID,
    "table={@STATE},priority=60,ct_state=+trk+est-rpl,tcp,"
    "tcp_flags=+syn+ack," INVALID,
    "table={@STATE},priority=60,ct_state=+trk+est-rpl,tcp6,"
    "tcp_flags=+syn+ack," INVALID,
    /* The mark of a connection that was announced is that of the one that
     * announced it: it tells nothing about this one. */
    "#ANNOUNCED_REPLY",
    "table={@STATE},priority=59,ct_state=+trk+est+rpl+rel,"
    "actions=set_field:0xb->[STATE]," TO_L3,
    "#ANNOUNCED",
    "table={@STATE},priority=59,ct_state=+trk+est-rpl+rel,"
    "actions=set_field:0x3->[STATE]," TO_L3,
    "#FIRST_REPLY",
    "table={@STATE},priority=58,ct_state=+trk+est+rpl,tcp,ct_mark=0x2/0x3,"
    "tcp_flags=+syn+ack,nw_frag=not_later," ANSWERED,
    "table={@STATE},priority=58,ct_state=+trk+est+rpl,tcp6,ct_mark=0x2/0x3,"
    "tcp_flags=+syn+ack,nw_frag=not_later," ANSWERED,
    "#INVALID",
    "table={@STATE},priority=57,ct_state=+trk+est+rpl,tcp,ct_mark=0x2/0x3,"
    "tcp_flags=-syn-rst+fin," INVALID,
    "table={@STATE},priority=57,ct_state=+trk+est+rpl,tcp6,ct_mark=0x2/0x3,"
    "tcp_flags=-syn-rst+fin," INVALID,
    "#NO_REPLY",
    "table={@STATE},priority=56,ct_state=+trk+est+rpl,tcp,ct_mark=0x2/0x3,"
    "tcp_flags=-syn-rst,nw_frag=not_later,actions=set_field:0xb->[STATE],"
    "resubmit(,{KNOWN}),"
    "ct(commit,zone=<ZONE>[0..15],exec(set_field:0x4/0x4->ct_mark))," TO_L3,
    "table={@STATE},priority=56,ct_state=+trk+est+rpl,tcp6,ct_mark=0x2/0x3,"
    "tcp_flags=-syn-rst,nw_frag=not_later,actions=set_field:0xb->[STATE],"
    "resubmit(,{KNOWN}),"
    "ct(commit,zone=<ZONE>[0..15],exec(set_field:0x4/0x4->ct_mark))," TO_L3,
    "#FIRST_REPLY",
    "table={@STATE},priority=55,ct_state=+trk+est+rpl,tcp,ct_mark=0/0x1,"
    "nw_frag=not_later," ANSWERED,
    "table={@STATE},priority=55,ct_state=+trk+est+rpl,tcp6,ct_mark=0/0x1,"
    "nw_frag=not_later," ANSWERED,
    "#REPLY",
    "table={@STATE},priority=50,ct_state=+trk+est+rpl,"
    "actions=set_field:0xb->[STATE],resubmit(,{KNOWN})," TO_L3,
    "#PICKED_UP",
    "table={@STATE},priority=48,ct_state=+trk+est-rpl,tcp,ct_mark=0/0x3,"
    "actions=set_field:0x1->[STATE]," TO_L3,
    "table={@STATE},priority=48,ct_state=+trk+est-rpl,tcp6,ct_mark=0/0x3,"
    "actions=set_field:0x1->[STATE]," TO_L3,
    "#ESTABLISHED",
    "table={@STATE},priority=47,ct_state=+trk+est-rpl,ct_mark=0/0x3,"
    "actions=set_field:0x3->[STATE],resubmit(,{KNOWN})," TO_L3,
    "table={@STATE},priority=47,ct_state=+trk+est-rpl,ct_mark=0x1/0x1,"
    "actions=set_field:0x3->[STATE],resubmit(,{KNOWN})," TO_L3,
    "#BEFORE_REPLY",
    "table={@STATE},priority=46,ct_state=+trk+est-rpl,tcp,ct_mark=0x2/0x3,"
    "tcp_flags=-rst," INVALID,
    "table={@STATE},priority=46,ct_state=+trk+est-rpl,tcp6,ct_mark=0x2/0x3,"
    "tcp_flags=-rst," INVALID,
    "#TAKEN_BACK",
    "table={@STATE},priority=45,ct_state=+trk+est-rpl,tcp,ct_mark=0x2/0x7,"
    "actions=set_field:0x1->[STATE]," TO_L3,
    "table={@STATE},priority=45,ct_state=+trk+est-rpl,tcp6,ct_mark=0x2/0x7,"
    "actions=set_field:0x1->[STATE]," TO_L3,
    "#ESTABLISHED",
    "table={@STATE},priority=40,ct_state=+trk+est-rpl,"
    "actions=set_field:0x3->[STATE],resubmit(,{KNOWN})," TO_L3,
    "#NO_STATE",
    "table={@STATE},priority=0,actions=" TO_L3,
};
#undef TO_L3
#undef INVALID
#undef ANSWERED

/* "@COMMIT" is the table, "@REG" the register of PL_COMMIT_* bits from bit
 * "@BIT0" on, "@ZONE" the zone.  Helpers exist for FTP and TFTP. */
#define STAMP \
    "set_field:@BEGAN->ct_mark,move:<STAMP>[0..27]->NXM_NX_CT_MARK[4..31]"
#define EXEC "exec(move:<@REG>[@BIT1]->NXM_NX_CT_MARK[1]," STAMP ")"
static const char *const commit_flows[] = {
    "#COMMIT_HELPED",
    "table={@COMMIT},priority=30,[@REG]=@ALG,tcp,tcp_dst=21,"
    "actions=ct(commit,zone=<@ZONE>[0..15],alg=ftp," EXEC ")",
    "table={@COMMIT},priority=30,[@REG]=@ALG,tcp6,tcp_dst=21,"
    "actions=ct(commit,zone=<@ZONE>[0..15],alg=ftp," EXEC ")",
    "table={@COMMIT},priority=30,[@REG]=@ALG,udp,udp_dst=69,"
    "actions=ct(commit,zone=<@ZONE>[0..15],alg=tftp," EXEC ")",
    "table={@COMMIT},priority=30,[@REG]=@ALG,udp6,udp_dst=69,"
    "actions=ct(commit,zone=<@ZONE>[0..15],alg=tftp," EXEC ")",
    "#COMMIT",
    "table={@COMMIT},priority=20,[@REG]=@NEW,ip,"
    "actions=ct(commit,zone=<@ZONE>[0..15]," EXEC ")",
    "table={@COMMIT},priority=20,[@REG]=@NEW,ipv6,"
    "actions=ct(commit,zone=<@ZONE>[0..15]," EXEC ")",
    "#RESTAMP",
    "table={@COMMIT},priority=10,[@REG]=@STAMP,ip,"
    "actions=ct(commit,zone=<@ZONE>[0..15],exec(" STAMP "))",
    "table={@COMMIT},priority=10,[@REG]=@STAMP,ipv6,"
    "actions=ct(commit,zone=<@ZONE>[0..15],exec(" STAMP "))",
};
#undef EXEC
#undef STAMP

static void
add_untracked(struct flow_set *set, const struct substitution *subs)
{
    for (size_t i = 0; i < ARRAY_SIZE(untracked_icmpv6); i++) {
        char *template =
            xasprintf("table={@CT},priority=50,[FLAGS]=0x2/0x2,icmp6,"
                      "icmp_type=%d,vlan_tci=0/0x1000,nw_frag=not_later,"
                      "actions=resubmit(,{@L3})",
                      untracked_icmpv6[i]);
        char *text = substitute(template, subs);

        pipeline_add_fixed(set, PL_P_UNTRACKED, text);
        free(text);
        free(template);
    }
}

static void
add_conntrack(struct flow_set *set)
{
    static const struct substitution out[] = {
        { "@CT", "OUT_CT" },       { "@STATE", "OUT_STATE" },
        { "@L3", "OUT_L3_ENTRY" }, { "@NEXT", "OUT_DONE" },
        { "@AHEAD", ADDRESSES },   { NULL, NULL },
    };
    static const struct substitution in[] = {
        { "@CT", "IN_CT" },       { "@STATE", "IN_STATE" },
        { "@L3", "IN_L3_ENTRY" }, { "@NEXT", "IN_L2_ENTRY" },
        { "@AHEAD", "" },         { NULL, NULL },
    };
    static const struct substitution src[] = {
        { "@COMMIT", "COMMIT_SRC" },
        { "@REG", "SENDER" },
        { "@ZONE", "SENDER" },
        { "@BIT1", "17" },
        { "@ALG", "0x50000/0x50000" },
        { "@NEW", "0x10000/0x10000" },
        { "@STAMP", "0x80000/0x80000" },
        { "@BEGAN", "0/0x8" },
        { NULL, NULL },
    };
    static const struct substitution dst[] = {
        { "@COMMIT", "COMMIT_DST" },
        { "@REG", "COMMIT" },
        { "@ZONE", "ZONE" },
        { "@BIT1", "1" },
        { "@ALG", "0x5/0x5" },
        { "@NEW", "0x1/0x1" },
        { "@STAMP", "0x8/0x8" },
        { "@BEGAN", "0x8/0x8" },
        { NULL, NULL },
    };

    add_list(set, ct_flows, ARRAY_SIZE(ct_flows), out);
    add_list(set, ct_flows, ARRAY_SIZE(ct_flows), in);
    add_untracked(set, out);
    add_untracked(set, in);
    add_list(set, state_flows, ARRAY_SIZE(state_flows), out);
    add_list(set, state_flows, ARRAY_SIZE(state_flows), in);
    add_list(set, commit_flows, ARRAY_SIZE(commit_flows), src);
    add_list(set, commit_flows, ARRAY_SIZE(commit_flows), dst);
}

static void
add_shares(struct flow_set *set)
{
    char *fork = xasprintf("%d", PL_GROUP_FORK);
    char *traced = xasprintf("%#" PRIx64, PL_METADATA_SPLIT);
    char *mac = xasprintf("%#" PRIx32, (uint32_t) stable_id("eth_dst=$MAC"));
    const struct substitution subs[] = {
        { "@FORK", fork },
        { "@TRACED", traced },
        { "@MAC", mac },
        { NULL, NULL },
    };

    add_list(set, share_flows, ARRAY_SIZE(share_flows), subs);
    free(fork);
    free(traced);
    free(mac);
}

void
pipeline_flows(const struct pipeline_config *config, struct flow_set *set)
{
    if (!config->forward_bpdu) {
        add_list(set, reserved_flows, ARRAY_SIZE(reserved_flows), NULL);
    }
    add_list(set, switching_flows, ARRAY_SIZE(switching_flows), NULL);
    add_list(set, arp_flows, ARRAY_SIZE(arp_flows), NULL);
    add_list(set, done_flows, ARRAY_SIZE(done_flows), NULL);
    add_shares(set);
    add_conntrack(set);
}

/* 32-bit equality of two fields, four bits at a time: table i of the eight
 * lets a frame through whose i-th nibbles are equal. */
void
pipeline_gratuitous_flows(struct flow_set *set)
{
    static const char *const protocols[] = { "arp", "rarp" };

    for (int table = 0; table < 8; table++) {
        for (uint32_t i = 0; i < 32; i++) {
            int shift = 28 - 4 * table;
            uint32_t value = (i & 15) << shift, mask = 0xfu << shift;
            char value_s[INET_ADDRSTRLEN], mask_s[INET_ADDRSTRLEN], next[64];
            ovs_be32 value_be = htonl(value), mask_be = htonl(mask);

            inet_ntop(AF_INET, &value_be, value_s, sizeof value_s);
            inet_ntop(AF_INET, &mask_be, mask_s, sizeof mask_s);
            if (table < 7) {
                snprintf(next, sizeof next, "resubmit(,%d)",
                         PL_T_GRATUITOUS + table + 1);
            } else {
                snprintf(next, sizeof next, "set_field:0x2/0x2->[HEADER]");
            }

            char *text = xasprintf("table=%d,priority=10,%s,arp_spa=%s/%s,"
                                   "arp_tpa=%s/%s,actions=%s",
                                   PL_T_GRATUITOUS + table, protocols[i / 16],
                                   value_s, mask_s, value_s, mask_s, next);
            pipeline_add_fixed(set, PL_P_EQUAL_DIGIT, text);
            free(text);
        }
    }
}
