/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef OVSDB_LOCAL_H
#define OVSDB_LOCAL_H 1

/* The local Open_vSwitch database: what is configured, as plain values, and
 * the few keys that this project writes back.
 *
 * IDL rows never leave this module.  The caller asks what changed since the
 * last run and reads snapshots, which are valid until the next local_run(). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/shash.h"
#include "smap.h"
#include "sset.h"

struct local_db;

/* What a port's status is called in Interface:external_ids. */
#define LOCAL_STATUS_KEY "nwfilter-status"

enum vlan_mode {
    VLAN_MODE_TRUNK,           /* Every VLAN in 'trunks'; frames keep tags. */
    VLAN_MODE_ACCESS,          /* 'tag' only, untagged on the wire. */
    VLAN_MODE_NATIVE_TAGGED,   /* Trunk, and 'tag' for untagged frames. */
    VLAN_MODE_NATIVE_UNTAGGED, /* The same, 'tag' leaves untagged. */
    VLAN_MODE_DOT1Q_TUNNEL,    /* Not supported. */
};

struct local_bridge {
    char *name;
    char *datapath_type; /* "" is "system". */
    bool fail_mode_secure;
    bool forward_bpdu; /* other_config:forward-bpdu. */
    bool stp, rstp, mcast_snooping;
    struct sset interfaces; /* Names of its interfaces. */
};

enum local_bond_mode {
    LOCAL_BOND_ACTIVE_BACKUP,
    LOCAL_BOND_SLB,
    LOCAL_BOND_TCP,
};

struct local_member {
    char *name; /* Of the interface. */
    int ofport; /* As local_interface's. */
};

/* What makes a Port with several interfaces one port (ovs-vswitchd.conf.db(5),
 * Port, "Bonding Configuration"). */
struct local_bond {
    enum local_bond_mode mode;
    bool lacp;            /* LACP is not "off". */
    bool lacp_negotiated; /* Some member has heard from its peer. */
    bool lacp_fallback;   /* other_config:lacp-fallback-ab. */
    bool all_active;      /* other_config:all-members-active. */
    int active;           /* ofport of ovs-vswitchd's active member, or 0. */
    struct local_member *members;
    size_t n_members;
};

/* An Interface, or a bond: then the name is the Port's, 'ofport' is the lowest
 * of its members', and it has no external_ids and no status of its own. */
struct local_interface {
    char *name;
    char *bridge;
    char *port;               /* Name of the Port row. */
    char *type;               /* "", "internal", "patch", "vxlan", ... */
    int ofport;               /* 0 until the switch has it, -1: failed. */
    bool bonded;              /* One of several in its Port. */
    struct local_bond *bond;  /* It is a bond; else NULL. */
    bool is_protected;        /* Port:protected. */
    enum vlan_mode vlan_mode; /* Resolved: never implicit. */
    uint16_t tag;             /* 0 if none. */
    uint16_t *trunks;         /* Sorted; empty means all. */
    size_t n_trunks;
    struct smap external_ids; /* Without LOCAL_STATUS_KEY. */
    char *status;             /* Its value, or NULL. */
};

/* What differs from the last local_run().
 *
 * A bridge whose 'interfaces' alone differ is not in 'bridges': its interfaces
 * are in 'interfaces', where bonds are too.  Values that
 * local_set_interface_id() wrote are no change when they arrive in the
 * snapshot. */
struct local_changes {
    bool config;            /* Open_vSwitch:external_ids. */
    struct sset bridges;    /* Names of bridges added, changed, removed. */
    struct sset interfaces; /* Likewise. */
};

void local_changes_init(struct local_changes *);
void local_changes_uninit(struct local_changes *);

struct local_db *local_create(const char *remote);
void local_destroy(struct local_db *);

/* Receives updates and adds what changed to 'changes'.  After a reconnection
 * only real differences are reported. */
void local_run(struct local_db *, struct local_changes *changes);
void local_wait(struct local_db *);

/* True once the first complete copy of the database has been received (it
 * stays true while the connection is down). */
bool local_is_ready(const struct local_db *);
bool local_is_connected(const struct local_db *);

/* Open_vSwitch:external_ids. */
const struct smap *local_config(const struct local_db *);
/* NULL if there is no such row.  An interface that is in no bridge does not
 * exist here. */
const struct local_bridge *local_bridge(const struct local_db *,
                                        const char *name);
const struct local_interface *local_interface(const struct local_db *,
                                              const char *name);
/* What is switched under that name: an interface that is no member of a bond,
 * else a bond. */
const struct local_interface *local_port(const struct local_db *,
                                         const char *name);
/* name -> struct local_interface / local_bridge. */
const struct shash *local_interfaces(const struct local_db *);
const struct shash *local_bonds(const struct local_db *);
const struct shash *local_bridges(const struct local_db *);

/* Says that the switch has made the port of an interface of 'bridge', which
 * the database will tell some milliseconds later; or with 0 that it is gone.
 * As long as the database has no number, the interface has this one.  Returns
 * true if that is a change; local_run() will not report it. */
bool local_note_ofport(struct local_db *, const char *bridge,
                       const char *interface, uint16_t ofport);
/* Takes back all such numbers of 'bridge', and adds the names of the
 * interfaces that have none any more. */
void local_forget_ofports(struct local_db *, const char *bridge,
                          struct sset *interfaces);

/* Sets external_ids:KEY of an interface; NULL removes the key.  Writes are
 * gathered into one transaction per local_run(), never block, are repeated
 * when they conflict or the connection was lost, and are dropped if the
 * interface goes away.  Setting the present value writes nothing. */
void local_set_interface_id(struct local_db *, const char *interface,
                            const char *key, const char *value);
/* The same, for a key that is configuration and not a result: when the value
 * comes back it is a change like one that somebody else has made. */
void local_configure_interface(struct local_db *, const char *interface,
                               const char *key, const char *value);
/* True if every value set so far has been committed. */
bool local_is_flushed(const struct local_db *);

/* A read barrier.  local_sync_start() asks the server; once local_synced()
 * says that number, every transaction that was committed before the call has
 * been seen by local_run(), and ovs-vswitchd has applied it (cur_cfg has
 * reached the next_cfg of that moment) as far as it is running. */
uint64_t local_sync_start(struct local_db *);
uint64_t local_synced(const struct local_db *);

/* Whether a read barrier waits for ovs-vswitchd, and for nothing else. */
bool local_awaits_switch(const struct local_db *);

#endif /* ovsdb/local.h */
