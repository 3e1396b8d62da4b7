/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef LEARNING_LEARNER_PRIVATE_H
#define LEARNING_LEARNER_PRIVATE_H 1

/* The parts of learner.h: learner.c decides what is believed, learner-table.c
 * has the addresses, learner-text.c is about words. */

#include "learning/learner.h"
#include "learning/snoop.h"
#include "openvswitch/types.h"

/* What a guest asked its servers. */
struct question {
    uint32_t xid;
    long long asked;
    bool v6;
    uint8_t duid[SNOOP_MAX_DUID]; /* Of DHCPv6. */
    size_t duid_len;
};

struct prefix {
    struct in6_addr addr;
    uint8_t plen;
    long long expires;
};

/* Frames that may still be looked at, in thousandths. */
struct allowance {
    long long left, since;
};

struct learner {
    struct learner_config config; /* Its servers are owned. */

    struct learner_lease leases[LEARNER_MAX_IPV4 + LEARNER_MAX_IPV6];
    size_t n_leases;

    /* `any', IPv4: what the guest was first seen to send from, and when that
     * comes in force, or LEARNER_NEVER. */
    struct in6_addr first;
    long long settled;

    struct question questions[LEARNER_MAX_QUESTIONS]; /* The oldest goes. */
    size_t n_questions, next_question;
    struct prefix prefixes[LEARNER_MAX_PREFIXES];
    size_t n_prefixes;
    struct allowance from_guest, to_guest;
};

/* learner-table.c. */

bool learner_is_v4(const struct in6_addr *);
bool learner_is_host(const struct in6_addr *, int family);
bool learner_in_force(const struct learner *, const struct learner_lease *);
size_t learner_count(const struct learner *, int family, bool in_force);
struct learner_lease *learner_find(struct learner *, const struct in6_addr *);

/* An address is to be in force: adds it, or renews it, or refuses it. */
void learner_take(struct learner *, const struct learner_lease *,
                  long long now, struct learner_report *);

/* Removes a lease, because of 'outcome'. */
void learner_drop(struct learner *, struct learner_lease *,
                  enum learner_outcome, struct learner_report *);

void learner_expire(struct learner *, long long now, struct learner_report *);

/* Routers say how long addresses are valid that hosts made themselves. */
void learner_note_prefixes(struct learner *, const struct snoop_ra *,
                           long long now, struct learner_report *);
long long learner_claim_expires(const struct learner *,
                                const struct in6_addr *, long long now);

/* learner-text.c. */

/* Counts an outcome, and logs it with the address, if there is one. */
void learner_note(struct learner_report *, enum learner_outcome,
                  const struct learner_lease *);

#endif /* learning/learner-private.h */
