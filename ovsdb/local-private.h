/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef OVSDB_LOCAL_PRIVATE_H
#define OVSDB_LOCAL_PRIVATE_H 1

/* The parts of local.h's implementation.
 *
 *   local-row.c     one row and its parents -> one snapshot; comparison
 *   local-bond.c    a Port with several interfaces -> one snapshot
 *   local-tree.c    which interface is in which port is in which bridge
 *   local-write.c   values on their way to the database
 *   local-update.c  what has changed in the replica -> what has changed here
 *   local.c         the session: snapshots by name, read barriers */

#include "lib/uuidset.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "openvswitch/token-bucket.h"
#include "ovsdb/idl.h"
#include "ovsdb/local.h"
#include "uuid.h"

struct ovsdb_idl;
struct ovsdb_idl_txn;
struct ovsrec_bridge;
struct ovsrec_interface;
struct ovsrec_port;

/* Values to write, and values that were written.
 *
 * The latter tell apart our own writes, which come back as updates, from
 * changes that somebody else made. */
struct id_writes {
    struct hmap writes;        /* Contains "struct id_write"s. */
    struct ovs_list pending;   /* Of these, those in state WRITE_PENDING. */
    struct ovs_list sent;      /* Of these, those in state WRITE_SENT. */
    struct ovsdb_idl_txn *txn; /* In flight, or NULL. */
    bool stalled;              /* Could not be sent: no connection. */
    long long int next_try;    /* Not before this time, in ms. */
    struct token_bucket rate;  /* WRITE_COST for each transaction. */
};

void id_writes_init(struct id_writes *);
void id_writes_uninit(struct id_writes *);

/* 'present' is the value in the replica, or NULL. */
void id_writes_set(struct id_writes *, const char *interface, const char *key,
                   const char *value, const char *present);

/* What is written there is never an echo. */
void id_writes_report(struct id_writes *, const char *interface,
                      const char *key);

/* Returns true if 'value' (or NULL) is what was written there last. */
bool id_writes_is_echo(const struct id_writes *, const char *interface,
                       const char *key, const char *value);

/* Forgets an interface that is gone. */
void id_writes_forget(struct id_writes *, const char *interface);

/* 'rows' maps names of interfaces to "struct iface_snap"s. */
void id_writes_run(struct id_writes *, struct ovsdb_idl *,
                   const struct shash *rows);
void id_writes_wait(const struct id_writes *);
bool id_writes_is_flushed(const struct id_writes *);

/* Snapshots.  The public part comes first. */
struct bridge_snap {
    struct local_bridge up;
    struct uuid uuid;
};

struct iface_snap {
    struct local_interface up;
    struct uuid uuid;
    struct hmap_node node; /* By 'uuid'. */
    bool noted;            /* 'ofport' is from local_note_ofport(). */
};

struct bridge_snap *bridge_snap_create(const struct ovsrec_bridge *);
void bridge_snap_destroy(struct bridge_snap *);
/* Apart from 'interfaces'. */
bool bridge_snap_equal(const struct bridge_snap *, const struct bridge_snap *);

struct iface_snap *iface_snap_create(const struct ovsrec_bridge *,
                                     const struct ovsrec_port *,
                                     const struct ovsrec_interface *);
/* Of a Port that has several; 'uuid' is the Port's. */
struct iface_snap *iface_snap_create_bond(const struct ovsrec_bridge *,
                                          const struct ovsrec_port *);
void iface_snap_destroy(struct iface_snap *);
/* Apart from differences that are echoes of 'writes'. */
bool iface_snap_equal(const struct iface_snap *old,
                      const struct iface_snap *new,
                      const struct id_writes *writes);

/* A snapshot's VLANs, from those of its Port. */
void iface_snap_init_vlans(struct local_interface *,
                           const struct ovsrec_port *);

struct local_bond *bond_create(const struct ovsrec_port *);
void bond_destroy(struct local_bond *); /* NULL is fine. */
bool bond_equal(const struct local_bond *, const struct local_bond *);
int bond_lowest_ofport(const struct local_bond *); /* 0 if none. */

/* The tree of bridges, ports and interfaces: parents of each, by UUID.
 *
 * Rows point from the bridge down; a changed Interface needs the way up.
 * Keeping it costs one hash look-up for each port of a bridge whose list of
 * ports changed, and nothing otherwise. */
struct tree {
    struct hmap ports;  /* Contains "struct tree_port"s. */
    struct hmap ifaces; /* Contains "struct tree_iface"s. */
    unsigned int walk;  /* Marks what the present walk has met. */
};

struct tree_port {
    struct hmap_node node;
    struct uuid uuid;
    struct uuid bridge; /* Zero: in no bridge. */
    struct uuid *ifaces;
    size_t n_ifaces;
    unsigned int walk;
};

struct tree_iface {
    struct hmap_node node;
    struct uuid uuid;
    struct uuid port; /* Zero: in no port. */
};

void tree_init(struct tree *);
void tree_uninit(struct tree *);

/* The row is NULL if the bridge is gone.  Adds ports that came or went. */
void tree_update_bridge(struct tree *, const struct uuid *bridge,
                        const struct ovsrec_bridge *, struct uuidset *ports);

/* The row is NULL if the port is gone.  Adds all of its interfaces, those
 * that it has lost included. */
void tree_update_port(struct tree *, const struct uuid *port,
                      const struct ovsrec_port *, struct uuidset *ifaces);

/* Sets '*port' and '*bridge' and returns true if the interface is in both. */
bool tree_find_parents(const struct tree *, const struct uuid *iface,
                       struct uuid *port, struct uuid *bridge);
void tree_remove_iface(struct tree *, const struct uuid *iface);

/* Adds everything that the tree knows. */
void tree_add_all(const struct tree *, struct uuidset *ports,
                  struct uuidset *ifaces);

/* A barrier that the database server has answered, and ovs-vswitchd has not.
 * In order of both members. */
struct local_sync {
    uint64_t number;
    int64_t cfg; /* cur_cfg must reach this. */
};

struct local_db {
    struct idl_session session;
    struct idl_barrier barrier;
    struct id_writes writes;

    unsigned int seqno; /* The IDL's at the last local_run(). */
    struct tree tree;
    struct shash bridges;    /* Contains "struct bridge_snap"s. */
    struct shash interfaces; /* Contains "struct iface_snap"s. */
    struct hmap by_uuid;     /* The same. */
    struct shash bonds;      /* Contains "struct iface_snap"s. */
    struct smap config;

    struct local_sync *syncs;
    size_t n_syncs, allocated_syncs;
    uint64_t synced;
};

/* Brings the snapshots to what the IDL tracks as changed since the last call,
 * and adds their names to 'changes'. */
void local_update(struct local_db *, struct local_changes *changes);

#endif /* ovsdb/local-private.h */
