/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_DROPS_H
#define CONTROLLER_DROPS_H 1

/* The last packets that were dropped, as far as samples show them.
 *
 * Repeated ones are one entry with a count: same port, direction, rule and
 * header, whatever port the client had (sample_fold()).  The number of entries
 * is bounded; the one that was not repeated for the longest time makes room.
 *
 * An entry keeps the text of its rule and the name of its port, so that it
 * still says what happened when either is gone. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/flow.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"

struct ds;
struct sample;

/* Entries that the daemon keeps. */
#define DROPS_MAX 1024

struct drops;

struct drop {
    struct hmap_node node;     /* In struct drops. */
    struct ovs_list list_node; /* In struct drops, latest first. */
    struct flow key;           /* Header, folded. */
    struct flow last;          /* Header of the last packet. */
    char *bridge, *port;
    bool out;
    uint64_t cookie;
    char *rule;        /* Set by the caller of drops_note(). */
    const char *state; /* sample_state_name() of the last packet. */
    uint64_t count;
    uint64_t number;    /* Of the last packet, among all. */
    long long int when; /* Of the last packet: wall clock, ms. */
};

/* 'start' tells this daemon's packets from an earlier one's. */
struct drops *drops_create(size_t max, long long int start);
void drops_destroy(struct drops *); /* NULL is fine. */

/* Notes one packet.  Returns its entry; if that has no 'rule' yet, the caller
 * sets it. */
struct drop *drops_note(struct drops *, const struct sample *,
                        const char *bridge, const char *port,
                        long long int wall_msec);

/* Number of the last packet, 0 for none yet. */
uint64_t drops_number(const struct drops *);

/* A word that says which packets have been seen up to now, for somebody who
 * asks again later, and the number that it stands for: 0 if it is empty or
 * from another daemon.  Returns false if it is no such word. */
void drops_put_mark(const struct drops *, struct ds *);
bool drops_read_mark(const struct drops *, const char *mark,
                     uint64_t *numberp);

/* Whether there is an entry of a port of that name. */
bool drops_knows_port(const struct drops *, const char *port);

/* Appends a line for each entry that has a packet with a higher number than
 * 'after', oldest first; 'port' is a name, or NULL for all. */
void drops_format(const struct drops *, const char *port, uint64_t after,
                  struct ds *);

#endif /* controller/drops.h */
