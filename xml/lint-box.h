/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_LINT_BOX_H
#define XML_LINT_BOX_H 1

/* What a rule matches, as the linter sees it: a box in a space that has one
 * dimension for each field of a packet.  A box restricts some dimensions, each
 * to a range of numbers or, where a variable is involved, to something that
 * can only be compared with the same again.
 *
 * Packets that the linter makes up are boxes as well: all packets in a box are
 * followed at once, or one of them that is unlike everything that the rules
 * mention (see enum lint_mode). */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xml/filter.h"

struct nw_arena;

/* An address or number, of up to 128 bits. */
struct lint_num {
    uint64_t hi, lo;
};

/* Less than 0, 0, or more, as memcmp(). */
int lint_num_compare(struct lint_num, struct lint_num);

enum lint_dim {
    LINT_ETHERTYPE, /* 0x8100 for every tagged frame (reference 3.5). */
    LINT_SRC_MAC,
    LINT_DST_MAC,
    LINT_VLAN,
    LINT_ENCAP,
    LINT_SRC_IP, /* IPv4 or IPv6. */
    LINT_DST_IP,
    LINT_PROTOCOL,
    LINT_SRC_PORT,
    LINT_DST_PORT,
    LINT_ICMP_TYPE,
    LINT_ICMP_CODE,
    LINT_DSCP,
    LINT_TCP_FLAGS,
    LINT_TCP_OPTION,
    LINT_CONNLIMIT,
    LINT_IPSET,
    LINT_ARP_HW,
    LINT_ARP_PROTO,
    LINT_ARP_OP,
    LINT_ARP_SHA,
    LINT_ARP_THA,
    LINT_ARP_SPA,
    LINT_ARP_TPA,
    LINT_ARP_GRATUITOUS,
    LINT_STP_FIRST, /* One for each field of a BPDU. */
    LINT_STP_LAST = LINT_STP_FIRST + 11,
    LINT_N_DIMS
};

/* LINT_DST_MAC of spanning tree frames: the bridges' group address (IEEE
 * 802.1D). */
#define LINT_BRIDGE_GROUP UINT64_C(0x0180c2000000)

/* States of connections as a set, finer than those of the language: an
 * established connection's packets by their direction. */
enum lint_state {
    LINT_NEW = 1 << 0,
    LINT_ORIGINAL = 1 << 1, /* ESTABLISHED, from who began it. */
    LINT_REPLY = 1 << 2,    /* ESTABLISHED, to who began it. */
    LINT_RELATED = 1 << 3,
    LINT_INVALID = 1 << 4,
    LINT_UNTRACKED = 1 << 5, /* Such as neighbour discovery. */
    LINT_ANY_STATE = (1 << 6) - 1,
};

/* The parameters that a rule sees: those of the references on the way to it,
 * the outermost last. */
struct lint_scope {
    const struct lint_scope *outer; /* Or NULL. */
    const struct nw_filterref *ref;
};

/* A restriction of one dimension. */
struct lint_set {
    bool literal; /* 'lo' to 'hi', else by 'items'. */
    bool negate;  /* All but that. */
    bool any;     /* Whatever it is, but the frame must have the field. */
    struct lint_num lo, hi;

    /* Attributes of which the restriction is made, the second may be NULL, or
     * a name that stands for any use of that variable. */
    const struct nw_item *items[2];
    const char *token;
    const struct lint_scope *scope;
    bool mirrored; /* The items are those of a mirrored rule. */
    bool unique;   /* Not comparable to any other. */
};

struct lint_box {
    const struct nw_item *empty; /* Nothing is in the box because of this. */
    uint8_t states;              /* Of enum lint_state. */
    uint64_t dims;               /* Bit 'd': dimension d is restricted. */
    struct lint_set *sets;       /* For each bit, in that order. */
};

/* A box with room for any restriction.  Not to be copied: the box points into
 * it. */
struct lint_probe {
    struct lint_box box;
    struct lint_set storage[LINT_N_DIMS];
};

void lint_probe_init(struct lint_probe *);
void lint_probe_clone(struct lint_probe *, const struct lint_box *);

/* Restricts a dimension, in place of what it was restricted to. */
void lint_probe_set(struct lint_probe *, enum lint_dim,
                    const struct lint_set *);
void lint_probe_set_num(struct lint_probe *, enum lint_dim, uint64_t lo,
                        uint64_t hi);

/* To the variable called 'token', unless the dimension is restricted to
 * something already ("all but" is no such thing). */
void lint_probe_set_token(struct lint_probe *, enum lint_dim,
                          const char *token);

/* Restricts the probe to what is in 'box', too, as far as that can be said: it
 * may stay larger.  Returns false if nothing is left. */
bool lint_probe_intersect(struct lint_probe *, const struct lint_box *box);

/* True if the restriction is to a range, and all of it. */
bool lint_set_is_range(const struct lint_set *);

/* The restriction of a dimension, or NULL. */
const struct lint_set *lint_box_get(const struct lint_box *, enum lint_dim);

/* What 'rule' matches, as written or mirrored (reference 3.2, 3.3), in any
 * state. */
void lint_probe_from_rule(struct lint_probe *, const struct nw_rule *rule,
                          const struct lint_scope *, bool mirrored);

/* A copy that lives in 'arena'. */
void lint_box_copy(struct lint_box *, const struct lint_box *src,
                   struct nw_arena *arena);

/* How much of a box another one has in it. */
enum lint_relation {
    LINT_NONE, /* No packet. */
    LINT_SOME, /* Possibly some, but not certainly all. */
    LINT_ALL,
};

enum lint_mode {
    /* All packets of the box, in doubt LINT_SOME. */
    LINT_EVERY,

    /* One packet of the box, whose fields have values that no rule mentions
     * unless the box says otherwise.  Never LINT_SOME. */
    LINT_TYPICAL,
};

/* How much of 'packets' is in 'box'. */
enum lint_relation lint_box_relation(const struct lint_box *box,
                                     const struct lint_box *packets,
                                     enum lint_mode);

/* True if both have the same values, or neither is there. */
bool lint_same_values(const struct nw_param *, const struct nw_param *);

/* True if the variable is looked up with the same result for both. */
bool lint_same_access(const struct nw_access *, const struct lint_scope *,
                      const struct nw_access *, const struct lint_scope *);

/* The parameter that a variable gets its values from, the outermost one
 * (reference 4.2), or NULL if no reference sets it. */
const struct nw_param *lint_scope_find(const struct lint_scope *,
                                       const char *name);

#endif /* xml/lint-box.h */
