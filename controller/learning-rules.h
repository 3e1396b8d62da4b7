/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_LEARNING_RULES_H
#define CONTROLLER_LEARNING_RULES_H 1

/* The rules in force while a port waits for its guest's addresses (semantics
 * reference 4.4), as filters like any other, so that ports share them and
 * `nwfctl explain' knows them.
 *
 *          from the guest, by its own MAC only     to the guest
 *   any    IPv4 and ARP, or IPv6                   everything
 *   dhcp   DHCP, or DHCPv6 and what it needs of    the answers, from one of
 *          neighbour discovery                     DHCPSERVER if there are any
 *
 * If a port waits for both families, what either lets pass does.  With `dhcp'
 * for one and `any' for the other, "everything" is that family's. */

#include "learning/learner.h"

struct learning_rules;
struct nw_filter;

struct learning_rules *learning_rules_create(void);
void learning_rules_destroy(struct learning_rules *); /* NULL is fine. */

/* Returns the name of the filter for a port that waits; valid as long as 'r'.
 * A mode that is LEARNER_NONE: not for that family. */
const char *learning_rules_name(struct learning_rules *r,
                                enum learner_mode ipv4, enum learner_mode ipv6,
                                bool servers);

/* The filter of that name; has the signature of filter_lookup_func. */
const struct nw_filter *learning_rules_lookup(const char *name, void *r);

/* Whether a user's filter can not have that name. */
bool learning_rules_is_name(const char *name);

#endif /* controller/learning-rules.h */
