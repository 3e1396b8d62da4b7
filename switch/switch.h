/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef SWITCH_SWITCH_H
#define SWITCH_SWITCH_H 1

/* The OpenFlow session with one bridge: the only owner of an rconn.
 *
 * It brings the switch from whatever it holds to the desired flow table, and
 * keeps it there:
 *
 *   connect -> hello, negotiate 1.5, 1.4 or 1.3
 *           -> SET_CONFIG frags=nx-match (ports of first fragments stay
 *              visible), ask for reports of flow changes, dump flows
 *           -> wait until the caller has said that 'desired' is complete
 *           -> send the difference as one ordered, atomic bundle; barrier
 *           -> from then on, send each change set the same way.
 *
 * At most one bundle is in flight; changes meanwhile gather in the table.
 * What somebody else does to flows with the project's cookie is undone and
 * logged; other flows are never changed.
 *
 * The decisions are made by 'struct install' (install.h), a state machine
 * without I/O; this module moves its messages. */

#include <stdbool.h>
#include <stdint.h>

#include "switch/install.h" /* "struct switch_error", "switch_stats". */
#include "switch/questions.h"

struct flow_table;
struct ofp_header;
struct ofpbuf;
struct rule_sums;
struct switch_session;

/* 'target' is a vconn name such as "unix:/var/run/openvswitch/br0.mgmt".
 * 'desired' is borrowed and must outlive the session. */
struct switch_session *switch_create(const char *bridge, const char *target,
                                     struct flow_table *desired);

void switch_destroy(struct switch_session *); /* Leaves the flows. */

/* Nothing is sent, and nothing deleted, before this was called once: the
 * desired flows are only complete when both databases have been read. */
void switch_set_ready(struct switch_session *);

void switch_run(struct switch_session *);
void switch_wait(struct switch_session *);

bool switch_is_connected(const struct switch_session *);

/* True while 'desired' knows what the switch holds (flow_table_for_each()):
 * it is connected, and has listed its flows. */
bool switch_knows_flows(const struct switch_session *);

/* Acknowledgement by number.  switch_mark() gives the desired table's present
 * state a number; once switch_acked() is at least that, every change up to the
 * mark is in the switch (its barrier was answered) or was refused with an
 * error. */
uint64_t switch_mark(struct switch_session *);
uint64_t switch_acked(const struct switch_session *);

/* The tables have names while the session lives (table-names.h), and after it:
 * this takes them away, as far as the switch is connected. */
void switch_forget_names(struct switch_session *);

/* Takes the next error out of the session's queue.  Returns false if there is
 * none; else the caller destroys the error.  An error is queued before
 * switch_acked() reaches the mark that it belongs to.
 *
 * A refused bundle leaves the switch as it was.  The owners of the flows that
 * were refused (flow_table_find_owner()) then stay as they are in the switch,
 * all of their flows together; all others' changes are sent again.  See
 * install.h. */
bool switch_next_error(struct switch_session *, struct switch_error *);

/* Lists the switch's flows anew, because the picture that 'desired' has of
 * them may be wrong. */
void switch_look_again(struct switch_session *);

/* True if the switch is connected, holds what is desired as far as it accepts
 * it, and has done everything else that it was asked for. */
bool switch_is_settled(const struct switch_session *);

/* Removes every conntrack entry of 'zone' (before it is used again). */
void switch_flush_zone(struct switch_session *, uint16_t zone);

/* Removes the addresses that the switch has learned for a filtered port, or
 * with 0 for all others, as soon as it has what is desired now: a port that is
 * gone or has changed its VLAN does not learn them again.  (The last packets
 * that it sent may; so it is done again a second later.) */
void switch_forget_addresses(struct switch_session *, uint16_t port);

/* Asks for the packets that "controller" actions send, from the next
 * connection on; to be called right after switch_create().  'cb' is called
 * from switch_run() for each packet-in message, to be decoded with
 * ofputil_decode_packet_in(). */
typedef void switch_packet_in_cb(void *aux, const struct ofp_header *);
void switch_set_packet_in(struct switch_session *, switch_packet_in_cb *,
                          void *aux);

/* Has 'cb' called from switch_run() when the switch has made a port, with its
 * OpenFlow number; with 0 for one that is gone; and with NULL and 0 when the
 * connection is lost, because what happens then is not told.  The name is the
 * switch's own, in full: of a port whose name has 15 characters or more
 * nothing is said, because OpenFlow cuts it off. */
typedef void switch_port_cb(void *aux, const char *name, uint16_t ofport);
void switch_set_port_cb(struct switch_session *, switch_port_cb *, void *aux);

/* Sends a message whose answer, if any, nobody waits for: a packet-out or a
 * continuation.  Takes 'msg'.  Returns false, and drops it, if the switch is
 * not connected or too many such messages wait to be sent. */
bool switch_send(struct switch_session *, struct ofpbuf *msg);

/* Whether switch_send() would send a message. */
bool switch_has_room(const struct switch_session *);

/* Asks a question of its own (questions.h); takes the multipart request, whose
 * transaction id is set here.  Returns false if the switch is not connected;
 * otherwise 'cb' will be called, from switch_run() or switch_destroy().  It
 * must not ask again if there was no answer. */
bool switch_ask(struct switch_session *, struct ofpbuf *request, question_cb *,
                void *aux);

/* The protocol to encode messages with, or 0 while not connected. */
enum ofputil_protocol switch_protocol(const struct switch_session *);

/* What flows of rules had counted that are gone (rule-sums.h). */
struct rule_sums *switch_rule_sums(struct switch_session *);

/* For `ovs-appctl nwfilter/status'. */
void switch_get_stats(const struct switch_session *, struct switch_stats *);

#endif /* switch/switch.h */
