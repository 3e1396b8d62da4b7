/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_SNOOP_FLOWS_H
#define FLOWS_SNOOP_FLOWS_H 1

/* The frames that tell of a guest's addresses, shown to the daemon.
 *
 * The daemon gets copies, where a direction's rules have accepted the frame:
 * what it is shown really leaves the guest's port, or is really delivered to
 * it.  Only neighbour discovery is shown before the rules: a guest asks for a
 * new address from "::" or from the address itself, which the rules can not
 * accept before it is known.  Only ports that learn have such flows, each is
 * metered (punt-flows.h), and a server's message that comes from another
 * filtered port is not shown at all.
 *
 * One kind of frame waits for the daemon: what a DHCP server sends to a guest
 * that has no address yet.  Of a copy the daemon may hear too late, or never,
 * if many come at once; the guest would use an address that it may not send
 * from, until it renews its lease.  So the guest gets the answer when the
 * address is in force; if the answer is lost on that way, the guest asks
 * again.  Without the daemon a guest does not get a first lease, which would
 * be of no use to it; those who have one renew it. */

#include <stdint.h>

#include "openvswitch/types.h"

struct flow_set;

/* Which frames. */
#define SNOOP_COPY_IPV4 0x01       /* From the guest: all IPv4. */
#define SNOOP_COPY_DHCP_OUT 0x02   /* UDP 68 to 67. */
#define SNOOP_COPY_DHCP_IN 0x04    /* To the guest: UDP 67 to 68. */
#define SNOOP_COPY_ND_OUT 0x08     /* ICMPv6 135 and 136. */
#define SNOOP_COPY_RA_IN 0x10      /* To the guest: ICMPv6 134. */
#define SNOOP_COPY_DHCPV6_OUT 0x20 /* UDP 546 to 547. */
#define SNOOP_COPY_DHCPV6_IN 0x40  /* To the guest: UDP 547 to 546. */
#define SNOOP_HOLD_DHCP_IN 0x80    /* Of these, those for its own MAC wait. */

/* Adds the flows that a bridge has while a port of it has SNOOP_COPY_DHCP_IN.
 *
 * A server may answer by broadcast (RFC 2131 4.1).  If each port's rules
 * showed it, a thousand ports that learn would show a thousand copies of each
 * answer.  So it is shown once, before the flood, and the daemon, which alone
 * can tell for whom it is, asks that port's in rules (punt_encode_probe()). */
void snoop_bridge_flows(struct flow_set *);

/* Adds the flows of the port with that OpenFlow number, which is filtered and
 * has the guest with that address, for 'copies'. */
void snoop_flows(uint16_t ofport, struct eth_addr mac, unsigned int copies,
                 struct flow_set *);

/* The other way: for which copies 'flows' has all that the port needs. */
unsigned int snoop_find_copies(uint16_t ofport, struct eth_addr mac,
                               const struct flow_set *flows);

#endif /* flows/snoop-flows.h */
