/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_PURPOSE_H
#define FLOWS_PURPOSE_H 1

/* What each fixed flow of the pipeline is for: a number in its cookie, and a
 * sentence for `nwfctl explain'.
 *
 * PIPELINE_PURPOSE(NAME, number, sentence).  Numbers keep their meaning from
 * one version to the next; new ones are added at the end. */

#include <stddef.h>
#include <stdint.h>

#define PIPELINE_PURPOSES                                                     \
    PIPELINE_PURPOSE(RESERVED, 1,                                             \
                     "protocols between bridges are not forwarded")           \
    PIPELINE_PURPOSE(NOBODYS, 2,                                              \
                     "what comes from a port that is nobody's is dropped")    \
    PIPELINE_PURPOSE(SHOW_ARP, 3,                                             \
                     "an ARP header that the switch does not read is shown "  \
                     "to the daemon")                                         \
    PIPELINE_PURPOSE(GROUP_SENDER, 4,                                         \
                     "a group address as sender teaches nothing")             \
    PIPELINE_PURPOSE(LEARN, 5, "the sender's address is learned")             \
    PIPELINE_PURPOSE(ARP_UNREAD, 6,                                           \
                     "an ARP header that the switch has not read is no "      \
                     "standard one")                                          \
    PIPELINE_PURPOSE(ARP_STANDARD, 7, "a standard ARP header")                \
    PIPELINE_PURPOSE(ARP_SHOWN, 8,                                            \
                     "an ARP header that the daemon has found standard")      \
    PIPELINE_PURPOSE(EQUAL_DIGIT, 9,                                          \
                     "four bits that an ARP header's sender and target "      \
                     "address have in common")                                \
    PIPELINE_PURPOSE(UNTRACKED, 10,                                           \
                     "neighbour discovery and multicast membership are in "   \
                     "no connection")                                         \
    PIPELINE_PURPOSE(TRACK, 11,                                               \
                     "rules test states: through connection tracking")        \
    PIPELINE_PURPOSE(STATELESS, 12,                                           \
                     "no rule tests states: to the IP rules at once")         \
    PIPELINE_PURPOSE(NO_IP_RULES, 13, "no IP rules for this: past them")      \
    PIPELINE_PURPOSE(INVALID, 14,                                             \
                     "INVALID: connection tracking can not classify it")      \
    PIPELINE_PURPOSE(BAD_START, 15,                                           \
                     "INVALID: no TCP connection begins like this")           \
    PIPELINE_PURPOSE(NEW, 16, "NEW: a connection's first packet")             \
    PIPELINE_PURPOSE(EXPECTED, 17,                                            \
                     "RELATED: the first packet of a connection that "        \
                     "another one announced")                                 \
    PIPELINE_PURPOSE(ICMP_ERROR, 18,                                          \
                     "RELATED: an ICMP error about a known connection")       \
    PIPELINE_PURPOSE(BAD_SYN, 19,                                             \
                     "INVALID: a SYN in the middle of a TCP connection")      \
    PIPELINE_PURPOSE(FIRST_REPLY, 20,                                         \
                     "ESTABLISHED: the first answer in a TCP connection, "    \
                     "which is noted")                                        \
    PIPELINE_PURPOSE(REPLY, 21, "ESTABLISHED: an answer")                     \
    PIPELINE_PURPOSE(BEFORE_REPLY, 22,                                        \
                     "INVALID: after a SYN only an answer makes sense")       \
    PIPELINE_PURPOSE(PICKED_UP, 23,                                           \
                     "NEW: a TCP connection found in its middle, without "    \
                     "an answer yet")                                         \
    PIPELINE_PURPOSE(ESTABLISHED, 24,                                         \
                     "ESTABLISHED: a known connection goes on")               \
    PIPELINE_PURPOSE(NO_STATE, 25, "in no state: to the IP rules")            \
    PIPELINE_PURPOSE(RULES_GONE, 26,                                          \
                     "the rules that it has to pass have just gone: "         \
                     "dropped")                                               \
    PIPELINE_PURPOSE(NO_RULES, 27, "no rules for this: goes on")              \
    PIPELINE_PURPOSE(OUT_PASSED, 28,                                          \
                     "the sender's rules have accepted: now it is switched")  \
    PIPELINE_PURPOSE(IN_PASSED, 29,                                           \
                     "the receiver's rules have accepted: connections are "   \
                     "remembered, the frame leaves")                          \
    PIPELINE_PURPOSE(TO_GROUP, 30, "a group address: to many ports")          \
    PIPELINE_PURPOSE(LOOK_UP, 31,                                             \
                     "the destination is looked up among learned addresses")  \
    PIPELINE_PURPOSE(TO_UNKNOWN, 32,                                          \
                     "nobody is known to have the address: to the ports "     \
                     "that take such frames")                                 \
    PIPELINE_PURPOSE(TO_KNOWN, 33,                                            \
                     "the address is known: to the port that has it")         \
    PIPELINE_PURPOSE(TAG, 34, "leaves with its VLAN's tag, or in VLAN 0")     \
    PIPELINE_PURPOSE(NO_TAG, 35, "leaves without tag")                        \
    PIPELINE_PURPOSE(TO_UNFILTERED, 36,                                       \
                     "the receiving port has no filter: the frame leaves")    \
    PIPELINE_PURPOSE(TO_FILTERED, 37,                                         \
                     "the receiving port has a filter: to its in rules")      \
    PIPELINE_PURPOSE(COMMIT_HELPED, 38,                                       \
                     "the connection is remembered, and a helper watches it") \
    PIPELINE_PURPOSE(COMMIT, 39, "the connection is remembered")              \
    PIPELINE_PURPOSE(SILENT, 40,                                              \
                     "rejected, and nobody is told: sent to a group, or a "   \
                     "later fragment")                                        \
    PIPELINE_PURPOSE(TELL, 41,                                                \
                     "rejected, and shown to the daemon, which tells the "    \
                     "sender")                                                \
    PIPELINE_PURPOSE(ANSWER, 42,                                              \
                     "what the daemon answers itself goes past the filter")   \
    PIPELINE_PURPOSE(SAMPLE, 43,                                              \
                     "dropped, and now and then shown to the daemon")         \
    PIPELINE_PURPOSE(DROPPED_COPY, 44,                                        \
                     "a copy of a frame for many is dropped")                 \
    PIPELINE_PURPOSE(KNOWN, 45,                                               \
                     "the present rules have accepted the connection: past "  \
                     "them")                                                  \
    PIPELINE_PURPOSE(RESTAMP, 46,                                             \
                     "the connection is noted as one that the present rules " \
                     "accept")                                                \
    PIPELINE_PURPOSE(SHOW_BROADCAST, 47,                                      \
                     "a DHCP server's broadcast is shown to the daemon")      \
    PIPELINE_PURPOSE(PROBED, 48,                                              \
                     "what the daemon asked: the in rules accept")            \
    PIPELINE_PURPOSE(UNREAD, 49,                                              \
                     "rules ask for authentication headers: IPv6 that the "   \
                     "daemon has not seen is dropped")                        \
    PIPELINE_PURPOSE(                                                         \
        TO_SHOW, 50,                                                          \
        "rules ask for authentication headers: IPv6 waits for the "           \
        "daemon")                                                             \
    PIPELINE_PURPOSE(SHOW_IPV6, 51,                                           \
                     "IPv6 is shown to the daemon, and goes on where it was") \
    PIPELINE_PURPOSE(NO_REPLY, 52,                                            \
                     "ESTABLISHED: against the direction of a SYN, which it " \
                     "does not answer")                                       \
    PIPELINE_PURPOSE(WRONG_WAY, 53,                                           \
                     "not known: packets of this connection go the other "    \
                     "way")                                                   \
    PIPELINE_PURPOSE(TAKEN_BACK, 54,                                          \
                     "NEW: a SYN that nobody has answered is taken back")     \
    PIPELINE_PURPOSE(ADDRESSES, 55,                                           \
                     "who the frame is from, and which port has its "         \
                     "destination")                                           \
    PIPELINE_PURPOSE(SHARE_PASSED, 56,                                        \
                     "the rules of several receivers have accepted: the "     \
                     "frame leaves through all of them")                      \
    PIPELINE_PURPOSE(SHARE_SPLIT, 57,                                         \
                     "for many, and it depends on the receiver: one by one")  \
    PIPELINE_PURPOSE(SHARE_UNLIKE, 58,                                        \
                     "a frame for many is for nobody's own address")          \
    PIPELINE_PURPOSE(SHOW_BPDU, 59,                                           \
                     "rules ask for fields of BPDUs: to the daemon")          \
    PIPELINE_PURPOSE(ARP_WRAPPED, 60,                                         \
                     "an ARP header in whose place the daemon has put its "   \
                     "addresses")                                             \
    PIPELINE_PURPOSE(UNWRAP_ARP, 61,                                          \
                     "the daemon sends an ARP frame on as it was")            \
    PIPELINE_PURPOSE(SYN_AGAIN, 62, "NEW: another SYN before an answer")      \
    PIPELINE_PURPOSE(SYN_ANEW, 63,                                            \
                     "NEW: another SYN, after what made no sense before an "  \
                     "answer")                                                \
    PIPELINE_PURPOSE(ANNOUNCED_REPLY, 64,                                     \
                     "ESTABLISHED: an answer in a connection that another "   \
                     "one announced")                                         \
    PIPELINE_PURPOSE(ANNOUNCED, 65,                                           \
                     "ESTABLISHED: a connection that another one announced "  \
                     "goes on")

enum pipeline_purpose {
#define PIPELINE_PURPOSE(NAME, NUMBER, TEXT) PL_P_##NAME = (NUMBER),
    PIPELINE_PURPOSES
#undef PIPELINE_PURPOSE
};

/* The sentence, or NULL if no flow is for that. */
const char *purpose_text(uint16_t number);

/* The number that goes with a name, or 0. */
uint16_t purpose_find(const char *name);

#endif /* flows/purpose.h */
