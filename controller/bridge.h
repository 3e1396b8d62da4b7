/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_BRIDGE_H
#define CONTROLLER_BRIDGE_H 1

/* One managed bridge: its desired flows, its OpenFlow session, and which
 * programs its ports need. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/pipeline.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "openvswitch/shash.h"
#include "simap.h"

struct bridge_sets;
struct flood;
struct flow_set;
struct flow_table;
struct local_bridge;
struct local_db;
struct program_entry;
struct purge;
struct sets;
struct smap;
struct sset;
struct switch_session;

struct bridge {
    char *name;
    struct flow_table *desired;
    struct flood *flood;
    struct switch_session *session;
    struct hmap ports;          /* Contains "struct port"s, by the number that
                                 * they want (a bond's lowest). */
    struct ovs_list due;        /* Of these, those with 'status_due'. */
    bool announce_due;          /* Of these, one may have 'announce_due'. */
    struct shash programs;      /* Owner to "struct bridge_program". */
    size_t n_needs[PL_N_NEEDS]; /* How many programs need that. */
    size_t n_dhcp;              /* Ports that want DHCP servers' messages. */
    struct bridge_sets *sets;
    bool taken_over;       /* See take-over.h. */
    struct shash refused;  /* What the switch refused (char *), by the name of
                            * the owner whose flow it is (flow-table.h). */
    uint64_t mark;         /* Of the last bridge_commit(). */
    long long int seen_at; /* When it last was connected, in ms. */
    bool userspace;        /* Its datapath's cache has to be purged. */
    struct purge *purge;   /* Borrowed. */
    uint64_t n_bundles;    /* Of the session, when last purged for. */
    uint64_t purge_mark;   /* Marks up to here wait for... */
    uint64_t purge_ticket; /* ...this request. */
    uint64_t settled_mark; /* In the switch, and nothing old is cached. */
    struct simap numbers;  /* Ports that the switch made (their numbers) or
                            * removed (0): bridge_take_numbers(). */
    bool numbers_lost;     /* The connection was lost, before these. */
    long long int next_numbers; /* When they are handed on, in ms. */
};

/* 'rundir' is Open vSwitch's run directory, where the bridge's management
 * socket is.  'purge' and 'sets' are borrowed. */
struct bridge *bridge_create(const struct local_bridge *,
                             const struct smap *config, const char *rundir,
                             struct purge *purge, struct sets *sets);
void bridge_destroy(struct bridge *); /* Leaves the switch's flows. */

/* Takes over changed configuration of the bridge itself, and of the host:
 * 'config' is Open_vSwitch:external_ids. */
void bridge_configure(struct bridge *, const struct local_bridge *,
                      const struct smap *config);

/* A port of the bridge begins or ceases to use a program.  The first use adds
 * its flows, the last one removes them. */
void bridge_use_program(struct bridge *, const struct program_entry *);
void bridge_drop_program(struct bridge *, const struct program_entry *);

/* How many ports of the bridge use the program. */
size_t bridge_program_ports(const struct bridge *,
                            const struct program_entry *);

/* A port of the bridge has other copies (SNOOP_COPY_*) made than before. */
void bridge_note_copies(struct bridge *, unsigned int before,
                        unsigned int now);

/* What owners of flows that only show packets to the daemon are called: no
 * port is less filtered without them. */
#define BRIDGE_SHOWS "showing "

/* Makes 'flows' (taken over) those of 'owner'. */
void bridge_set_flows(struct bridge *, const char *owner, struct flow_set *);

/* Ends a round of changes: from now on they may be sent; bridge_is_acked()
 * says when they are in the switch and hold for existing traffic too. */
void bridge_commit(struct bridge *);
bool bridge_is_acked(const struct bridge *, uint64_t mark);

/* True once the switch has confirmed them, which is earlier: what the datapath
 * has cached may still go its old way. */
bool bridge_is_committed(const struct bridge *, uint64_t mark);

/* True if the switch is connected and all of that is done: unlike what was
 * acknowledged, this ends when the switch is restarted or disturbed. */
bool bridge_is_settled(const struct bridge *);

/* True if the switch has not been connected for some seconds. */
bool bridge_is_lost(const struct bridge *);

/* Hands the OpenFlow numbers of ports that the switch has made or removed to
 * the local database's model (local_note_ofport()), and adds the names of the
 * interfaces that thereby changed.  The switch tells them before it has gone
 * through all its ports, the database afterwards. */
void bridge_take_numbers(struct bridge *, struct local_db *,
                         struct sset *changed);

/* Runs the session and sees to purges. */
void bridge_run(struct bridge *);
void bridge_wait(struct bridge *);

#endif /* controller/bridge.h */
