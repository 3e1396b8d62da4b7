/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_KNOWN_H
#define FLOWS_KNOWN_H 1

/* Connections whose later packets need not pass the IP rules one by one.
 *
 * Most filters begin with rules that accept connections, by addresses and
 * ports, and end with one that drops the rest.  Once such a rule has accepted
 * a connection's first packet, it, or an accept before it, accepts every later
 * packet in state ESTABLISHED, and mirrored every answer.  So the verdict is
 * kept with the connection: ct_mark gets the program's *stamp*, and while a
 * connection has the stamp of its port's program, established packets go past
 * the rules: those of the connection's own direction where the first packet
 * passed, answers in the other rules.  The datapath then needs one cached flow
 * for them, instead of one for each rule and direction.
 *
 * A stamp is a hash of all that those rules match.  Whenever one of them goes
 * or changes, or something that does not accept comes before it, there is
 * another stamp, connections with the old one pass the rules again, and those
 * that are accepted are stamped anew: a change of the policy holds for the
 * next packet.
 *
 * Pure. */

#include <stdbool.h>
#include <stdint.h>

struct expansion;
struct flow_set;
struct nw_rule;
struct sg_stage;

/* Whether the rule's verdict on a connection's first packet is the one on all
 * of it: it accepts, with the states that it has if none are written, and
 * compares nothing but protocol, addresses and ports, which are the same for
 * all ports of the program. */
bool known_rule_is_decisive(const struct nw_rule *, const struct expansion *);

/* The stamp for the flows of these stages with sg_target's 'stamps', or 0 if
 * there are none. */
#define KNOWN_STAMP_BITS 28
uint32_t known_stamp(const struct sg_stage *const *, int n);

/* Adds the rows for program 'id': which connections it knows, and what new
 * ones get. */
void known_flows(uint32_t id, uint32_t stamp, struct flow_set *);

#endif /* flows/known.h */
