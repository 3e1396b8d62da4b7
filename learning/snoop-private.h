/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef LEARNING_SNOOP_PRIVATE_H
#define LEARNING_SNOOP_PRIVATE_H 1

/* The protocols of snoop.h.  Each function gets the payload of a packet whose
 * lengths and checksums are right, sets 'kind' and what belongs to it, and
 * returns false with 'problem' set if the payload is malformed.  The payload
 * may be used up. */

#include "learning/snoop.h"

struct flow;
struct ofpbuf;

bool snoop_dhcp(struct ofpbuf *, bool from_server, struct snoop_event *);
bool snoop_dhcpv6(struct ofpbuf *, bool from_server, struct snoop_event *);
bool snoop_icmpv6(struct ofpbuf *, const struct flow *, struct snoop_event *);

/* Sets the problem; for "return snoop_bad(...)". */
bool snoop_bad(struct snoop_event *, enum snoop_problem);

#endif /* learning/snoop-private.h */
