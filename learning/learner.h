/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef LEARNING_LEARNER_H
#define LEARNING_LEARNER_H 1

/* Which addresses a port's guest has, by what it and its servers say.
 *
 * One learner is for one port.  It gets what snoop.h reads in the frames that
 * the guest sends or is about to receive, and tells which addresses are to be
 * in force: semantics reference 4.3 to 4.6, with its defects mended as
 * deviation D10 says, and IPv6 besides.
 *
 *     mode   IPv4                           IPv6
 *     any    the first address that the     every address that the guest
 *            guest sends from, or is        claims (RFC 4862 5.4, RFC 4861
 *            offered; for good              7.2), and DHCPv6's
 *     dhcp   all live leases                all live leases, with the
 *                                           link-local address that asked
 *
 * What is believed:
 *
 * - The guest's own word, if it comes from its MAC address: what it sends from
 *   and claims with `any'; that it gives a lease back; what it asked for.
 * - A server's word, if it comes from the network (LEARNER_FROM_NETWORK), is
 *   for the guest's MAC address, comes from one of DHCPSERVER if there are
 *   any, and, with `dhcp', answers a question of this guest (xid, DUID).
 * - Nothing that another guest says.
 *
 * Pure: no I/O, no clock.  'now' is in ms of any clock that does not jump,
 * always the same one; leases on paper have wall-clock time, so that they
 * outlive the clock. */

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <netinet/in.h>

#include "openvswitch/types.h"

struct ds;
struct snoop_event;

enum learner_mode {
    LEARNER_NONE,
    LEARNER_ANY,
    LEARNER_DHCP,
};

/* CTRL_IP_LEARNING's values, in any case (reference 4.3).  False if there is
 * no such mode. */
bool learner_mode_from_string(const char *, enum learner_mode *);
const char *learner_mode_to_string(enum learner_mode);

/* Bounds, for each port. */
#define LEARNER_MAX_IPV4 16     /* Addresses. */
#define LEARNER_MAX_IPV6 32     /* Privacy addresses (RFC 8981) need some. */
#define LEARNER_MAX_QUESTIONS 8 /* Of a guest, to its servers. */
#define LEARNER_MAX_PREFIXES 8  /* Of routers. */
#define LEARNER_QUESTION_MS 120000 /* A client asks again within that. */

/* Frames that are looked at, in each direction (reference 4.6). */
#define LEARNER_RATE 10
#define LEARNER_BURST 50

/* With `any', an IPv4 address that the guest sends from is in force after this
 * time.  libvirt takes about as long: the recordings have frames from further
 * addresses that pass meanwhile. */
#define LEARNER_SETTLE_MS 1000

struct learner_config {
    struct eth_addr mac;
    enum learner_mode ipv4, ipv6;

    /* DHCPSERVER, IPv4 mapped, and servers of DHCPv6 by their source address;
     * a family without entries trusts all of the network's servers. */
    const struct in6_addr *servers;
    size_t n_servers;

    long long settle_ms; /* Usually LEARNER_SETTLE_MS. */

    /* Does another port of the same VLAN have the address?  May be NULL. */
    bool (*held_by_other)(const struct in6_addr *, void *aux);
    void *aux;
};

/* Copies the configuration. */
struct learner *learner_create(const struct learner_config *);
void learner_destroy(struct learner *); /* NULL is fine. */

/* Another configuration.  Addresses that the new one would not have learned
 * go: those of another MAC address or of a family whose mode changed.  Returns
 * true if addresses in force differ. */
bool learner_configure(struct learner *, const struct learner_config *);

enum learner_way {
    LEARNER_FROM_GUEST,   /* The port's guest sends it. */
    LEARNER_FROM_NETWORK, /* To the guest, from a port without filter. */
    LEARNER_FROM_OTHERS,  /* To the guest, from another filtered port. */
};

/* What became of a frame, a lease, or nothing. */
#define LEARNER_OUTCOMES                                                     \
    LEARNER_OUTCOME(IGNORED, "says nothing new")                             \
    LEARNER_OUTCOME(LEARNED, "learned")                                      \
    LEARNER_OUTCOME(RENEWED, "renewed")                                      \
    LEARNER_OUTCOME(SETTLING, "seen first, soon in force")                   \
    LEARNER_OUTCOME(RELEASED, "given back by the guest")                     \
    LEARNER_OUTCOME(DECLINED, "declined by the guest")                       \
    LEARNER_OUTCOME(WITHDRAWN, "withdrawn by the server")                    \
    LEARNER_OUTCOME(EXPIRED, "expired")                                      \
    LEARNER_OUTCOME(REPLACED, "not seen for longest, made room for another") \
    LEARNER_OUTCOME(CONFLICT, "refused, another port has it")                \
    LEARNER_OUTCOME(FULL, "refused, the port has too many")                  \
    LEARNER_OUTCOME(FORGED, "server message from a guest")                   \
    LEARNER_OUTCOME(FOREIGN, "for or from another MAC address")              \
    LEARNER_OUTCOME(UNASKED, "answers nothing that the guest asked")         \
    LEARNER_OUTCOME(SERVER, "not one of the port's DHCP servers")            \
    LEARNER_OUTCOME(ADDRESS, "not an address of one host")                   \
    LEARNER_OUTCOME(NO_LEASE, "without lease time")                          \
    LEARNER_OUTCOME(MALFORMED, "malformed")                                  \
    LEARNER_OUTCOME(TOO_FAST, "too many frames")

enum learner_outcome {
#define LEARNER_OUTCOME(NAME, TEXT) LEARNER_##NAME,
    LEARNER_OUTCOMES
#undef LEARNER_OUTCOME
        LEARNER_N_OUTCOMES
};

const char *learner_outcome_to_string(enum learner_outcome);

/* What calls below report.  The caller initialises with
 * LEARNER_REPORT_INITIALIZER, may pass it to several calls, and reads: */
struct learner_report {
    bool changed; /* The addresses in force differ. */
    bool store;   /* The leases differ, perhaps only in their end. */
    unsigned int outcomes[LEARNER_N_OUTCOMES]; /* How many, to be counted. */
    struct ds *log; /* If not NULL: gets a line for each address concerned,
                     * and for what is refused, each ending in '\n'. */
};

#define LEARNER_REPORT_INITIALIZER \
    {                              \
        .log = NULL                \
    }

/* Gives a frame to the learner.  Call learner_run() with the same 'now'
 * before, or the order of expiry and renewal is not that of time. */
void learner_frame(struct learner *, const struct snoop_event *,
                   enum learner_way, long long now, struct learner_report *);

/* What time alone does: leases expire, an address comes in force. */
void learner_run(struct learner *, long long now, struct learner_report *);

/* When learner_run() has something to do; LLONG_MAX: never. */
long long learner_next(const struct learner *);

/* Another port's addresses changed: asks held_by_other() again for those that
 * were refused. */
void learner_retry(struct learner *, long long now, struct learner_report *);

/* Whether a family can be put into rules. */
enum learner_state {
    LEARNER_OFF,     /* Its mode is LEARNER_NONE. */
    LEARNER_WAITING, /* No address yet: reference 4.4 by the mode. */
    LEARNER_REFUSED, /* None, and one was refused because another port has it.
                      * Rules as for `dhcp' also with `any', or a guest that
                      * begins with a stolen address had no rules at all. */
    LEARNER_READY,   /* At least one. */
};

enum learner_state learner_state(const struct learner *, int family);

/* Where an address is from. */
enum learner_source {
    LEARNER_BY_TRAFFIC, /* "traffic": `any', IPv4. */
    LEARNER_BY_OFFER,   /* "offer": `any', IPv4, offered by DHCP. */
    LEARNER_BY_CLAIM,   /* "nd": `any', IPv6. */
    LEARNER_BY_LEASE,   /* "dhcp". */
    LEARNER_BY_REPLY,   /* "link": the link-local address that a server of
                         * DHCPv6 answered to. */
};

const char *learner_source_to_string(enum learner_source);

#define LEARNER_NEVER LLONG_MAX

struct learner_lease {
    struct in6_addr addr;
    enum learner_source source;
    long long expires;      /* ms, like 'now', or LEARNER_NEVER. */
    long long seen;         /* When it was last confirmed. */
    struct in6_addr server; /* Whose lease it is, or zeros. */
    bool refused;           /* Not in force: another port has it. */
};

/* All addresses, refused ones, too, in a stable order: as they were learned,
 * IPv4 and IPv6 mixed.  Valid until the learner changes. */
const struct learner_lease *learner_leases(const struct learner *, size_t *n);

/* A family's addresses in force (AF_INET, AF_INET6), for $IP and $IPV6, in the
 * same order but for LEARNER_BY_REPLY, which is last, as text: '*n' strings,
 * for the caller to free with the array. */
char **learner_addresses(const struct learner *, int family, size_t *n);

/* Leases on paper: "10.0.0.5 source=dhcp expires=1795335600
 * server=10.0.0.1", in seconds since 1970 or "never".  'wall' is the wall
 * clock's ms at 'now'.
 *
 * An absolute end holds after a restart of whatever length and on another
 * host, as far as the hosts' clocks agree; by how much they do not, a lease
 * ends too early or too late once, until it is renewed. */
void learner_lease_format(const struct learner_lease *, long long now,
                          long long wall, struct ds *);

/* The other way.  Returns NULL, or an error message for the caller to free. */
char *learner_lease_parse(const char *, long long now, long long wall,
                          struct learner_lease *);

/* A lease from before: of this port, stored, or imported.  It is learned like
 * one from a server, or not: its mode must fit, it must not have expired, nor
 * belong to another port.  'store' is set if it is not to be kept. */
void learner_restore(struct learner *, const struct learner_lease *,
                     long long now, struct learner_report *);

/* Forgets one address, or with NULL all. */
void learner_forget(struct learner *, const struct in6_addr *,
                    struct learner_report *);

#endif /* learning/learner.h */
