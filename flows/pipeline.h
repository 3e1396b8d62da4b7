/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_PIPELINE_H
#define FLOWS_PIPELINE_H 1

/* The pipeline as data: tables, registers, cookies.  Everything that refers to
 * a table or register number takes it from here; doc/pipeline.md explains and
 * `nwfctl' prints by the same names.
 *
 * A frame's way (the pipeline is the switch: NORMAL is never used):
 *
 *   CLASSIFY --filtered port--> OUT_ENTRY -> OUT_L2 -> OUT_CT -> OUT_STATE
 *       |                         -> OUT_L3_ENTRY -> OUT_L3 -> OUT_DONE
 *       +--other port--> LEARN                                   |
 *                          +-----------------+-------------------+
 *                                            v
 *                                         FORWARD -> FLOOD -> FLOOD_CHUNK
 *                                            v
 *          EGRESS -> VLAN_OUT -> DELIVER --other port--> output
 *                                   +--filtered port--> IN_ENTRY -> IN_CT
 *            -> IN_STATE -> IN_L3_ENTRY -> IN_L3 -> IN_L2_ENTRY -> IN_L2
 *            -> IN_DONE (commit, output)
 *
 * Whose address the destination is, FDB_STATIC and FDB_LEARNED say to OUT_CT,
 * or OUT_DONE, and to CLASSIFY.
 *
 * A port that is in none of these tables is closed in both directions.
 *
 * Numbers of tables, registers and cookie kinds keep their meaning from one
 * version to the next: a daemon that starts may have to go on with the flows
 * of the one before it (leftovers.h). */

#include <stdint.h>

#include "flows/flow.h"
#include "flows/purpose.h"
#include "openflow/openflow-common.h"
#include "openvswitch/meta-flow.h"

/* PIPELINE_TABLE(NAME, first number, count, title).  A segmented stage has
 * PL_SEGMENT_TABLES tables: segment n of a program lives in the table
 * "first + n % PL_SEGMENT_TABLES", so that a resubmit normally goes forward
 * and does not count against Open vSwitch's depth limit of 64. */
#define PL_SEGMENT_TABLES 20

#define PIPELINE_TABLES                                                      \
    PIPELINE_TABLE(CLASSIFY, 0, 1, "which port, which VLAN, which policy")   \
    PIPELINE_TABLE(LEARN, 1, 1, "learn addresses behind unfiltered ports")   \
    PIPELINE_TABLE(ARP_HEADER, 2, 1, "is this a standard ARP header")        \
    PIPELINE_TABLE(GRATUITOUS, 3, 8, "sender address equals target address") \
    PIPELINE_TABLE(OUT_ENTRY, 11, 1, "start of the out rules")               \
    PIPELINE_TABLE(OUT_L2, 12, PL_SEGMENT_TABLES, "out, layer 2 rules")      \
    PIPELINE_TABLE(OUT_CT, 32, 1, "out, connection tracking")                \
    PIPELINE_TABLE(OUT_STATE, 33, 1, "out, connection state")                \
    PIPELINE_TABLE(OUT_L3_ENTRY, 34, 1, "start of the out IP rules")         \
    PIPELINE_TABLE(OUT_L3, 35, PL_SEGMENT_TABLES, "out, IP rules")           \
    PIPELINE_TABLE(OUT_DONE, 55, 1, "passed the sender's out rules")         \
    PIPELINE_TABLE(FDB_STATIC, 56, 1, "addresses of filtered ports")         \
    PIPELINE_TABLE(FDB_LEARNED, 57, 1, "learned addresses")                  \
    PIPELINE_TABLE(FORWARD, 58, 1, "to one port or to many")                 \
    PIPELINE_TABLE(FLOOD, 59, 1, "ports of a VLAN")                          \
    PIPELINE_TABLE(FLOOD_CHUNK, 60, 1, "a few ports of a VLAN")              \
    PIPELINE_TABLE(EGRESS, 61, 1, "the receiving port and its policy")       \
    PIPELINE_TABLE(VLAN_OUT, 62, 1, "tag as the receiving port has it")      \
    PIPELINE_TABLE(DELIVER, 63, 1, "filter, or output")                      \
    PIPELINE_TABLE(BOND_IN, 64, 1, "what members of bonds may receive")      \
    PIPELINE_TABLE(BOND_OUT, 65, 1, "which member of a bond sends")          \
    PIPELINE_TABLE(IN_ENTRY, 69, 1, "start of the in rules")                 \
    PIPELINE_TABLE(IN_CT, 70, 1, "in, connection tracking")                  \
    PIPELINE_TABLE(IN_STATE, 71, 1, "in, connection state")                  \
    PIPELINE_TABLE(IN_L3_ENTRY, 72, 1, "start of the in IP rules")           \
    PIPELINE_TABLE(IN_L3, 73, PL_SEGMENT_TABLES, "in, IP rules")             \
    PIPELINE_TABLE(IN_L2_ENTRY, 93, 1, "start of the in layer 2 rules")      \
    PIPELINE_TABLE(IN_L2, 94, PL_SEGMENT_TABLES, "in, layer 2 rules")        \
    PIPELINE_TABLE(IN_DONE, 114, 1, "passed the receiver's in rules")        \
    PIPELINE_TABLE(COMMIT_SRC, 115, 1, "remember the sender's connection")   \
    PIPELINE_TABLE(COMMIT_DST, 116, 1, "remember the receiver's connection") \
    PIPELINE_TABLE(KNOWN, 117, 1, "connections that the rules accepted")     \
    PIPELINE_TABLE(STAMP, 118, 1, "what such connections are known by")      \
    PIPELINE_TABLE(SHOW, 119, 1, "packets shown to the daemon")              \
    PIPELINE_TABLE(PREDICATE, 120, 1, "addresses of each port")              \
    PIPELINE_TABLE(SET, 121, 1, "members of address sets")                   \
    PIPELINE_TABLE(REJECT, 122, 1, "dropped, and the sender is to be told")  \
    PIPELINE_TABLE(DROP, 123, 1, "dropped, and the daemon may be told")      \
    PIPELINE_TABLE(ACCEPT, 124, 1, "accepted, and the daemon may be told")   \
    PIPELINE_TABLE(BPDU, 125, 1, "what the daemon is asked of BPDUs")

enum pipeline_table {
#define PIPELINE_TABLE(NAME, FIRST, COUNT, TITLE) PL_T_##NAME = (FIRST),
    PIPELINE_TABLES
#undef PIPELINE_TABLE
};

/* Registers.  Valid from where they are set to the end of the direction;
 * OUT_DONE clears those that the receiving port's rules use again. */
#define PIPELINE_REGS                                                        \
    PIPELINE_REG(SEGMENT, 0, "segment of the program; chunk in FLOOD")       \
    PIPELINE_REG(HEADER, 1, "bits 0-3 ARP, see below; 4-31 BPDU")            \
    PIPELINE_REG(STATE, 2, "bits 0-2 class, 3 reply, 4 known")               \
    PIPELINE_REG(COMMIT, 3, "commit due: PL_COMMIT_*")                       \
    PIPELINE_REG(BITS, 4, "predicates of the segment, one bit each")         \
    PIPELINE_REG(VLAN, 5, "VLAN that the frame is in, 0 for none")           \
    PIPELINE_REG(MODE, 6, "list in FLOOD; how it is tagged; see ACCEPT")     \
    PIPELINE_REG(SENDER, 7, "bits 0-15 zone, 16-19 PL_COMMIT_*, 20 to many") \
    PIPELINE_REG(PRED, 8, "predicate being looked up; see DROP")             \
    PIPELINE_REG(HIT, 9, "1: the predicate holds; see DROP")                 \
    PIPELINE_REG(FLAGS, 10, "what the program needs: PL_F_*")                \
    PIPELINE_REG(PROGRAM, 11, "program, 0 for an unfiltered port")           \
    PIPELINE_REG(OUT_PORT, 12, "receiving port or share, 0 for unknown")     \
    PIPELINE_REG(ZONE, 13, "conntrack zone of the filtered port")            \
    PIPELINE_REG(PORT, 14, "the filtered port whose rules are running")      \
    PIPELINE_REG(MEMBER, 15, "in: member of a bond; out: slot in BOND_OUT")  \
    PIPELINE_REG(STAMP, 15, "between: of a connection that rules accept")    \
    PIPELINE_REG(SOURCE, 15, "out rules: low half of the sender's address")

#define PIPELINE_REG(NAME, NUMBER, TITLE) \
    static const enum mf_field_id PL_R_##NAME = MFF_REG##NUMBER;
PIPELINE_REGS
#undef PIPELINE_REG

/* In DROP and REJECT, PRED and HIT together are the cookie of the flow that
 * dropped the packet, 0 if that was none of a rule. */
static const enum mf_field_id PL_XREG_DROPPED_BY = MFF_XREG4;

/* In ACCEPT, for a program that tells who accepts (program.h): the low 32 bits
 * of the cookie of the rule that accepted in the direction's first layer are
 * in MODE, which rules do not use, of the one in its second layer in PRED; 0
 * if that was none. */
static const enum mf_field_id PL_R_ACCEPTED_BY[] = { MFF_REG6, MFF_REG8 };

/* What is known of an ARP header. */
#define PL_HEADER_ARP 0x1             /* It is a standard one. */
#define PL_HEADER_GRATUITOUS 0x2      /* spa = tpa. */
#define PL_HEADER_IPS 0x4             /* It has IPv4 addresses. */
#define PL_HEADER_MACS 0x8            /* It has MAC addresses. */
#define PL_HEADER_BPDU_SHIFT 4        /* BPDU_MAX_CONDITIONS bits. */
#define PL_HEADER_ASKED 0x40000000    /* On its way to the daemon... */
#define PL_HEADER_ANSWERED 0x80000000 /* ...and back; in PRED the list. */

/* Connection state classes.  The codes are chosen so that the usual unions are
 * one masked match: NEW|ESTABLISHED, ESTABLISHED|RELATED, NEW|INVALID,
 * RELATED|INVALID.  0 is untracked, which is in no state. */
#define PL_STATE_NEW 0x1
#define PL_STATE_ESTABLISHED 0x3
#define PL_STATE_RELATED 0x7
#define PL_STATE_INVALID 0x5
#define PL_STATE_CLASS 0x7
#define PL_STATE_REPLY 0x8
#define PL_STATE_KNOWN 0x10 /* Goes past the IP rules (known.h). */

/* What to commit, and as what, once the frame has passed. */
#define PL_COMMIT_NEW 0x1   /* New connection. */
#define PL_COMMIT_SYN 0x2   /* ... that began with a SYN. */
#define PL_COMMIT_ALG 0x4   /* The program expects related connections. */
#define PL_COMMIT_STAMP 0x8 /* The accepting rule makes it known. */

/* In SENDER: the daemon only asks what the receiver's rules say. */
#define PL_SENDER_PROBE UINT32_C(0x80000000)
/* ...and that the frame is for many: what drops it shows no sample. */
#define PL_SENDER_MANY UINT32_C(0x00100000)

/* ct_mark bits of a port's zone. */
#define PL_MARK_REPLIED 0x1      /* TCP: a reply was seen. */
#define PL_MARK_SYN 0x2          /* TCP: began with a SYN. */
#define PL_MARK_HEARD 0x4        /* TCP: no answer, but something came back. */
#define PL_MARK_IN 0x8           /* It began at the in rules. */
#define PL_MARK_STAMP 0xfffffff0 /* See known.h. */

/* Program flags. */
#define PL_F_CT4 0x01 /* IPv4 rules test the connection state. */
#define PL_F_CT6 0x02
#define PL_F_L3_4 0x04 /* The direction has IPv4 rules. */
#define PL_F_L3_6 0x08
#define PL_F_L2 0x10      /* The direction has layer 2 rules. */
#define PL_F_AH 0x20      /* IPv6 rules test for authentication headers. */
#define PL_F_ALG 0x40     /* RELATED is used: ftp and tftp helpers. */
#define PL_F_ANSWER 0x80  /* The daemon's own: goes past the filter. */
#define PL_F_IN 0x200     /* The in rules are running. */
#define PL_F_COPIED 0x100 /* The daemon has been shown a copy. */
#define PL_F_LOOKED 0x400 /* OUT_PORT, SOURCE: addresses were looked at. */

/* Why a frame goes to many, in PL_R_MODE while in FLOOD. */
enum pipeline_flood {
    PL_FLOOD_BROADCAST, /* Broadcast or multicast. */
    PL_FLOOD_UNKNOWN,   /* Nobody is known to have the address. */
    PL_FLOOD_HAIRPIN,   /* It is where the frame came from. */
    PL_N_FLOODS,
    PL_FLOOD_NONE = PL_N_FLOODS, /* In EGRESS: it goes to one port. */

    /* In FLOOD_CHUNK, for a share: */
    PL_FLOOD_SPLIT,  /* Its ports have to be asked one by one: begins that. */
    PL_FLOOD_EACH,   /* Visits them. */
    PL_FLOOD_PASSED, /* The rules of all have accepted. */
};

/* A share is several ports of a chunk that have the same program and tag
 * alike: their in rules are run once for all of them, as if for a port of its
 * own.  OUT_PORT is the share then, which has this bit; PORT is none. */
#define PL_SHARE UINT32_C(0x80000000)
#define PL_SHARE_PORT UINT32_C(0x10000)

/* In metadata: for `ofproto/trace', which is to show each port's rules. */
#define PL_METADATA_SPLIT (UINT64_C(1) << 53)

/* Tagging of the receiving port, in PL_R_MODE. */
#define PL_MODE_TAGGED 1 /* Tag unless VLAN 0. */
#define PL_MODE_UNTAGGED 2

/* Cookies: 0x4e57, a kind, an id (flow.h has the mark and the kinds' mask).
 *   PIPELINE   table << 16 | purpose (purpose.h): the same on every host
 *   RULE       44 bits hash of filter name and rule: leads to filter:line
 *   PORT       table << 32 | OpenFlow port number; in FLOOD and FLOOD_CHUNK
 *              list << 16 | chunk (flood.c) instead of the number
 *   PROGRAM    glue of a program: low 32 bits its id
 *   SET        44 bits hash of an address set's name
 *   LEARNED    0xf, made by the switch: bits 0-31 port, 0 for unfiltered */
enum pipeline_cookie_kind {
    PL_K_PIPELINE = 0,
    PL_K_RULE = 1,
    PL_K_PORT = 2,
    PL_K_PROGRAM = 3,
    PL_K_SET = 4,
    PL_K_LEARNED = OF_COOKIE_KIND_LEARNED,
};

static inline uint64_t
pipeline_cookie(enum pipeline_cookie_kind kind, uint64_t id)
{
    return of_cookie_make(kind, id);
}

/* "OUT_L2.3" for a table of a segmented stage, "CLASSIFY" for others, NULL for
 * a number that is none of ours. */
const char *pipeline_table_name(uint8_t table, char buf[32]);

/* Groups (groups.h).  RESTART goes on in FLOOD_CHUNK; being a "select" group
 * by hash, it first recirculates the packet, which starts a new budget of
 * resubmits: Open vSwitch stops a packet after 4,096 of them, and each port's
 * rules take some.  FORK does that with a copy: what follows a recirculation
 * in a clone is lost, what follows a bucket is not.  AGAIN starts from
 * CLASSIFY in the same way, for frames that the daemon gives back: in Open
 * vSwitch 3.1, "learn" crashes the switch if it comes after such a pause
 * without a recirculation. */
#define PL_GROUP_RESTART 0x4e570001
#define PL_GROUP_FORK 0x4e570002
#define PL_GROUP_AGAIN 0x4e570003

/* SPREAD chooses one of PL_SPREAD_SLOTS by the datapath's hash of addresses
 * and ports, puts it into MEMBER and goes on in BOND_OUT. */
#define PL_GROUP_SPREAD 0x4e570004
#define PL_SPREAD_SLOTS 16

/* As FORK and RESTART, but to SHOW; as AGAIN, but to OUT_CT and IN_CT. */
#define PL_GROUP_SHOW 0x4e570005
#define PL_GROUP_TO_SHOW 0x4e570006
#define PL_GROUP_SHOWN_OUT 0x4e570007
#define PL_GROUP_SHOWN_IN 0x4e570008

/* As AGAIN, but to where the layer 2 rules begin. */
#define PL_GROUP_BPDU_OUT 0x4e570009
#define PL_GROUP_BPDU_IN 0x4e57000a

struct flow_set;
struct of_flow;
struct ofpbuf;

/* What the pipeline needs to know of the bridge. */
struct pipeline_config {
    bool forward_bpdu; /* other_config:forward-bpdu. */
};

/* Adds the flows that every bridge has, whatever its ports. */
void pipeline_flows(const struct pipeline_config *, struct flow_set *);

/* Flows that only some programs need: those of GRATUITOUS, and those that show
 * frames to the daemon (punt-flows.h). */
enum pipeline_need {
    PL_NEED_GRATUITOUS,
    PL_NEED_ARP_NUMBERS,
    PL_NEED_IPV6_HEADERS,
    PL_NEED_BPDU,
    PL_N_NEEDS
};

/* Adds the flows of GRATUITOUS. */
void pipeline_gratuitous_flows(struct flow_set *);

/* Adds one flow given as text in the form of `ovs-ofctl add-flow', with
 * "{TABLE}", "[REG]" and "<REG>" for tables and registers. */
void pipeline_add_text(struct flow_set *, uint64_t cookie, const char *);

/* The same for a fixed flow, whose cookie is made of its table, which has to
 * come first, and its purpose. */
void pipeline_add_fixed(struct flow_set *, enum pipeline_purpose,
                        const char *);

#endif /* flows/pipeline.h */
