/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef SWITCH_INSTALL_H
#define SWITCH_INSTALL_H 1

/* The decisions of an OpenFlow session, without its I/O.
 *
 * A state machine that brings a switch from whatever it holds to the desired
 * flow table and keeps it there.  It is fed with the messages that came from
 * the switch and with the time, and gives back the messages to send; there is
 * no other input, so that a test can play the switch.
 *
 *     disconnected --install_connected()--> dumping --dump complete--> idle
 *     idle --desired differs, caller is ready--> bundle --barrier--> idle
 *     idle --reports were lost--> dumping
 *     any --install_disconnected()--> disconnected
 *
 * What the switch holds is known from the dump, from each bundle that was
 * committed, and from the flow monitor's reports of what somebody else did;
 * it is kept in the desired table (flow-table.h).  A difference is one,
 * wherever it comes from: foreign changes of our flows are repaired by the
 * same bundles that carry our own.
 *
 * A flow of ours whose place (table, priority, match) is taken by somebody
 * else's flow is not sent, because it would replace that flow.  It is treated
 * as if the switch had refused it.
 *
 * A bundle waits before its commit until the switch has taken every flow
 * (bundle.h), unless all are such as this switch has taken before
 * (familiar.h).  If it refuses one of these all the same, what came with it is
 * taken back at once.
 *
 * A bundle that was refused has changed nothing in the switch.  The owner of
 * each flow that the switch named is held back (flow_table_hold()), an error
 * is queued, and the rest is sent again.  What was held back is tried again
 * when its owner's flows change or, after everything else, when anything has
 * changed. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/ofp-protocol.h"
#include "switch/histogram.h"

struct flow_table;
struct install;
struct ofp_header;
struct ovs_list;
struct rule_sums;

/* An OpenFlow error, traced to what caused it. */
struct switch_error {
    uint64_t cookie; /* Of the flow, or 0 if it is none. */
    char *owner;     /* Of the flow (flow-table.h), or NULL if nobody wants it
                      * any more. */
    char *text;      /* Error name and the flow as text. */
};

void switch_error_uninit(struct switch_error *);

struct switch_stats {
    enum ofputil_protocol protocol; /* 0 while not connected. */
    uint64_t connects;
    uint64_t bundles;         /* Committed or refused. */
    uint64_t refused;         /* Of these. */
    uint64_t flow_mods;       /* Sent, in whatever bundle. */
    uint64_t errors;          /* Queued for switch_next_error(). */
    uint64_t foreign_changes; /* Of our flows, by somebody else. */
    uint64_t dumped;          /* Our flows in the last dump. */

    /* From the beginning of a bundle to the answer to its barrier. */
    struct histogram barriers;
};

/* 'name' is for log messages.  'desired' is borrowed and must outlive the
 * machine. */
struct install *install_create(const char *name, struct flow_table *desired);
void install_destroy(struct install *); /* NULL is fine. */

/* Asks for packet-in messages of action "controller" from the next connection
 * on.  They are not this machine's: install_receive() returns false. */
void install_want_packet_in(struct install *);

/* Until this was called nothing is changed in the switch. */
void install_set_ready(struct install *);

void install_connected(struct install *, enum ofputil_protocol);
void install_disconnected(struct install *);

/* Takes a message from the switch.  Returns false if it is not for this
 * machine. */
bool install_receive(struct install *, long long int now,
                     const struct ofp_header *);

/* Appends messages to send to 'out' (struct ofpbuf, by list_node), at most
 * about 'max', and returns their number.  To be called whenever the desired
 * table may have changed, a message was received, or install_next_run() has
 * come. */
size_t install_run(struct install *, long long int now, size_t max,
                   struct ovs_list *out);

/* When install_run() wants to be called again without any other event:
 * LLONG_MIN for at once, LLONG_MAX for never. */
long long int install_next_run(struct install *);

/* True if the session can not go on: the caller has to reconnect. */
bool install_is_failed(const struct install *);

/* See switch.h. */
uint64_t install_mark(struct install *);
uint64_t install_acked(const struct install *);
bool install_next_error(struct install *, struct switch_error *);
bool install_is_settled(const struct install *);
bool install_knows_flows(const struct install *);
void install_look_again(struct install *);
void install_flush_zone(struct install *, uint16_t zone);
void install_forget_addresses(struct install *, uint16_t port);
struct rule_sums *install_rule_sums(struct install *);
void install_get_stats(const struct install *, struct switch_stats *);

#endif /* switch/install.h */
