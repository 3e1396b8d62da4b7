/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_LEARNING_H
#define CONTROLLER_LEARNING_H 1

/* The ports that learn their guests' addresses (learning/learner.h): who they
 * are, the frames that concern them, and what outlives the daemon.
 *
 * A port's plan says whether and how it learns; what is learned makes the port
 * dirty, and the next plan uses it.  A learner lives as long as its interface,
 * whatever becomes of the port meanwhile. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <netinet/in.h>

#include "learning/learner.h"
#include "openvswitch/types.h"

struct bridge;
struct ds;
struct learning;
struct policy_db;
struct sset;

/* Whether another port than 'port' of its network has the address by
 * configuration. */
typedef bool learning_given_func(const char *port, const struct in6_addr *,
                                 void *aux);

/* 'policy' is borrowed: what is learned is kept there. */
struct learning *learning_create(struct policy_db *policy,
                                 learning_given_func *, void *aux);
void learning_destroy(struct learning *); /* NULL is fine. */

/* How a port learns. */
struct learning_config {
    const char *guest; /* The same wherever the guest is; its key in the policy
                        * database. */
    const struct bridge *bridge;
    uint16_t ofport;
    uint16_t vlan; /* Ports of the same bridge and VLAN share addresses. */
    struct eth_addr mac;
    enum learner_mode ipv4, ipv6;   /* Not both LEARNER_NONE. */
    const struct in6_addr *servers; /* DHCPSERVER, mapped. */
    size_t n_servers;
};

/* Makes the port learn like that from now on.  If it has just begun, it gets
 * what is known of the guest. */
void learning_start(struct learning *, const char *port,
                    const struct learning_config *);

/* The port needs no addresses any more, or is gone.  Leases stay known, what
 * the guest alone has said is forgotten (doc/conformance.md, N106). */
void learning_stop(struct learning *, const char *port);

/* The port's learner, or NULL if it does not learn. */
const struct learner *learning_find(const struct learning *, const char *port);

/* A port's guest and its addresses as a JSON document, for a host that the
 * guest moves to: {"version": 1, "port": "vnet0", "guest": "vm-id ...",
 * "addresses": ["10.0.0.5 source=dhcp expires=...", ...]}, as in
 * learner_lease_format().  A port that does not learn has no "guest" and no
 * addresses.  The caller frees it. */
char *learning_export(const struct learning *, const char *port);

/* Takes over such a document: a port that has the guest, or gets it later,
 * begins with these addresses, and those that are known here.  Returns NULL,
 * or an error message for the caller to free; nothing is changed then. */
char *learning_import(struct learning *, const char *text);

/* A copy of a frame that the switch has shown.  'ofport' is the filtered port
 * that it came from or is for.  Returns whether learning_run() will say that
 * the port has changed. */
bool learning_frame(struct learning *, const struct bridge *, uint16_t ofport,
                    enum learner_way, const void *frame, size_t size);

/* The guests' addresses in the policy database have changed, perhaps by
 * ourselves. */
void learning_note(struct learning *, const struct sset *guests);

/* The OpenFlow number of the port that learns and whose guest a DHCP server's
 * message to all of the VLAN is for, whatever the frame's tag; 0 if there is
 * none. */
uint16_t learning_find_client(const struct learning *, const struct bridge *,
                              uint16_t vlan, const void *frame, size_t size);

/* Does what is due, and adds the ports to 'changed' whose addresses have
 * changed since the last time. */
void learning_run(struct learning *, struct sset *changed);
void learning_wait(const struct learning *);

/* Other ports' addresses by configuration may have changed. */
void learning_retry(struct learning *);

/* How often what came of frames, for `ovs-appctl nwfilter/status'. */
void learning_format_counters(const struct learning *, struct ds *);

/* Appends what of the port's addresses is refused because another port has
 * them, separated by commas. */
void learning_format_conflicts(const struct learning *, const char *port,
                               struct ds *);

#endif /* controller/learning.h */
