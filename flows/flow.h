/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_FLOW_H
#define FLOWS_FLOW_H 1

/* One OpenFlow flow as this project makes it, and sets of them.
 *
 * The compiler produces 'struct of_flow's, the desired table keeps them, the
 * session encodes them.  A flow is identified in the switch by (table,
 * priority, match); cookie and actions are its value.
 *
 * A flow never changes once it is made, so that the desired table, a bundle
 * on its way and the picture of the switch can share it by reference.
 *
 * Every flow is kept in the one form that the switch gives back in a dump
 * (where `load' has become `set_field', for example), because it has been
 * through the library's OpenFlow 1.5 encoder and decoder.  Hence two flows
 * that mean the same are equal whichever way they came here, and a restart
 * that finds its flows in the switch has nothing to send. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/hmap.h"
#include "openvswitch/match.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-protocol.h"
#include "openvswitch/ofpbuf.h"

struct ds;
struct flow_owner;

/* Cookies: bits 48...63 are the project's mark, which says that a flow is
 * ours; bits 44...47 its kind; the rest identifies what it was made from.
 * Flows of kind LEARNED are made by learn() actions in the switch: nobody
 * compares or deletes them. */
#define OF_COOKIE_MARK UINT64_C(0x4e57000000000000)
#define OF_COOKIE_MARK_MASK UINT64_C(0xffff000000000000)
#define OF_COOKIE_KIND_SHIFT 44
#define OF_COOKIE_KIND_MASK UINT64_C(0x0000f00000000000)
#define OF_COOKIE_ID_MASK UINT64_C(0x00000fffffffffff)
#define OF_COOKIE_KIND_LEARNED 0xf
#define OF_COOKIE_LEARNED \
    (OF_COOKIE_MARK       \
     | (uint64_t) OF_COOKIE_KIND_LEARNED << OF_COOKIE_KIND_SHIFT)

static inline uint64_t
of_cookie_make(unsigned int kind, uint64_t id)
{
    return (OF_COOKIE_MARK
            | (((uint64_t) kind << OF_COOKIE_KIND_SHIFT) & OF_COOKIE_KIND_MASK)
            | (id & OF_COOKIE_ID_MASK));
}

static inline unsigned int
of_cookie_kind(uint64_t cookie)
{
    return (cookie & OF_COOKIE_KIND_MASK) >> OF_COOKIE_KIND_SHIFT;
}

static inline uint64_t
of_cookie_id(uint64_t cookie)
{
    return cookie & OF_COOKIE_ID_MASK;
}

static inline bool
of_cookie_is_ours(uint64_t cookie)
{
    return (cookie & OF_COOKIE_MARK_MASK) == OF_COOKIE_MARK;
}

/* True for the flows that the session looks after. */
static inline bool
of_cookie_is_managed(uint64_t cookie)
{
    return (of_cookie_is_ours(cookie)
            && of_cookie_kind(cookie) != OF_COOKIE_KIND_LEARNED);
}

struct of_flow {
    struct hmap_node node;    /* In a flow_set. */
    struct flow_owner *owner; /* Used by flow-table.c only. */
    struct of_flow *next;     /* Used by flow-table.c only. */
    uint32_t hash;            /* Of (table, priority, match). */
    unsigned int ref_cnt;
    uint16_t priority;
    uint8_t table;
    bool altered; /* Seen in the switch with timeouts or flags,
                   * which ours never have. */
    uint64_t cookie;
    struct minimatch match;
    struct ofpact *ofpacts;
    size_t ofpacts_len;
};

/* Takes copies of 'match' and of the actions, in canonical form. */
struct of_flow *of_flow_create(uint8_t table, uint16_t priority,
                               uint64_t cookie, const struct match *,
                               const struct ofpbuf *ofpacts);
struct of_flow *of_flow_clone(const struct of_flow *);

/* One more reference to the same flow. */
struct of_flow *of_flow_ref(const struct of_flow *);
void of_flow_destroy(struct of_flow *); /* Drops one; NULL is fine. */

/* Same place in the switch: table, priority and match. */
bool of_flow_same_key(const struct of_flow *, const struct of_flow *);
/* Same cookie and actions. */
bool of_flow_same_value(const struct of_flow *, const struct of_flow *);

/* Orders by table, priority (highest first), then match: negative, 0 or
 * positive, the same in every run of a program. */
int of_flow_compare(const struct of_flow *, const struct of_flow *);

/* The value that the flow wants to see in a register (MFF_REG0 and so on), or
 * 0 if it does not look at the register as a whole. */
uint32_t of_flow_match_reg(const struct of_flow *, enum mf_field_id reg);

/* Appends the flow as `ovs-ofctl --no-stats dump-flows' prints it and
 * `ovs-ofctl add-flows' reads it, without newline.  (Table 0 and the default
 * priority are not printed.) */
void of_flow_format(const struct of_flow *, struct ds *);
char *of_flow_to_string(const struct of_flow *); /* The caller frees it. */

/* Checks the flow as the switch will: prerequisites of each matched field and
 * of each action, with the library's own encoder and decoder.  Returns NULL if
 * it is fine, otherwise a message that the caller frees.  An atomic bundle
 * fails as a whole, so nothing is sent unchecked. */
char *of_flow_check(const struct of_flow *);

/* A flow_mod that adds the flow or replaces the one in its place, or one that
 * deletes it if a flow with the project's mark is there.  The caller owns the
 * message and sets its xid. */
struct ofpbuf *of_flow_encode_add(const struct of_flow *,
                                  enum ofputil_protocol);
struct ofpbuf *of_flow_encode_delete(const struct of_flow *,
                                     enum ofputil_protocol);

/* A set of flows of one owner (a program, a port, the fixed pipeline), keyed
 * by (table, priority, match). */
struct flow_set {
    struct hmap flows; /* Contains "struct of_flow"s. */
};

void flow_set_init(struct flow_set *);
void flow_set_uninit(struct flow_set *); /* Destroys the flows. */
void flow_set_clear(struct flow_set *);

/* Takes ownership of the flow.  If the set has a flow of the same key already,
 * that one stays (the earlier rule wins), the new one is destroyed, and the
 * return value is false. */
bool flow_set_add(struct flow_set *, struct of_flow *);

/* NULL if there is none.  The set keeps the flow. */
struct of_flow *flow_set_find(const struct flow_set *,
                              const struct of_flow *key);

#define FLOW_SET_FOR_EACH(FLOW, SET) HMAP_FOR_EACH (FLOW, node, &(SET)->flows)

#endif /* flows/flow.h */
