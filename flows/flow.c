/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/flow.h"

#include <string.h>

#include "byte-order.h"
#include "hash.h"
#include "lib/flow.h" /* Open vSwitch's, for "struct miniflow". */
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-flow.h"
#include "openvswitch/ofp-msgs.h"
#include "util.h"

/* A FLOW_MOD has to fit into a BUNDLE_ADD_MESSAGE, whose length is a 16-bit
 * number too (OpenFlow 1.5.1, 7.3.9.6). */
#define MAX_FLOW_MOD_SIZE (UINT16_MAX - 64)

/* OFPTT_MAX + 1. */
#define N_TABLES 255

static void init_minimatch(struct minimatch *, const struct match *);
static struct ofpbuf *encode(const struct of_flow *, int command,
                             enum ofputil_protocol);
static enum ofperr round_trip(const struct of_flow *, enum ofputil_protocol,
                              size_t *sizep, struct minimatch *,
                              struct ofpbuf *ofpacts);
static enum ofperr decode(const struct ofpbuf *, enum ofputil_protocol,
                          size_t room, struct minimatch *,
                          struct ofpbuf *ofpacts);
static void canonicalize(struct of_flow *);
static bool is_no_wider(const struct minimatch *meant,
                        const struct minimatch *got);
static char *check_protocol(const struct of_flow *, enum ofputil_protocol);
static int compare_miniflows(const struct miniflow *, const struct miniflow *);

struct of_flow *
of_flow_create(uint8_t table, uint16_t priority, uint64_t cookie,
               const struct match *match, const struct ofpbuf *ofpacts)
{
    struct of_flow *flow = xzalloc(sizeof *flow);
    flow->ref_cnt = 1;
    flow->table = table;
    flow->priority = priority;
    flow->cookie = cookie;
    flow->ofpacts = xmemdup(ofpacts->data, ofpacts->size);
    flow->ofpacts_len = ofpacts->size;

    init_minimatch(&flow->match, match);
    canonicalize(flow);
    flow->hash = hash_2words(minimatch_hash(&flow->match, table), priority);
    return flow;
}

struct of_flow *
of_flow_clone(const struct of_flow *src)
{
    struct of_flow *dst = xmemdup(src, sizeof *src);
    dst->owner = NULL;
    dst->next = NULL;
    dst->ref_cnt = 1;
    minimatch_clone(&dst->match, &src->match);
    dst->ofpacts = xmemdup(src->ofpacts, src->ofpacts_len);
    return dst;
}

struct of_flow *
of_flow_ref(const struct of_flow *flow_)
{
    struct of_flow *flow = CONST_CAST(struct of_flow *, flow_);
    flow->ref_cnt++;
    return flow;
}

void
of_flow_destroy(struct of_flow *flow)
{
    if (flow && !--flow->ref_cnt) {
        minimatch_destroy(&flow->match);
        free(flow->ofpacts);
        free(flow);
    }
}

bool
of_flow_same_key(const struct of_flow *a, const struct of_flow *b)
{
    return (a->hash == b->hash && a->table == b->table
            && a->priority == b->priority
            && minimatch_equal(&a->match, &b->match));
}

bool
of_flow_same_value(const struct of_flow *a, const struct of_flow *b)
{
    return (a == b
            || (a->cookie == b->cookie && a->altered == b->altered
                && ofpacts_equal(a->ofpacts, a->ofpacts_len, b->ofpacts,
                                 b->ofpacts_len)));
}

int
of_flow_compare(const struct of_flow *a, const struct of_flow *b)
{
    if (a->table != b->table) {
        return a->table < b->table ? -1 : 1;
    }
    if (a->priority != b->priority) {
        return a->priority > b->priority ? -1 : 1;
    }
    int cmp = compare_miniflows(&a->match.mask->masks, &b->match.mask->masks);
    return cmp ? cmp : compare_miniflows(a->match.flow, b->match.flow);
}

uint32_t
of_flow_match_reg(const struct of_flow *flow, enum mf_field_id reg)
{
    struct match match;
    int i = reg - MFF_REG0;

    minimatch_expand(&flow->match, &match);
    return match.wc.masks.regs[i] == UINT32_MAX ? match.flow.regs[i] : 0;
}

void
of_flow_format(const struct of_flow *flow, struct ds *s)
{
    struct ofputil_flow_stats fs = {
        .cookie = htonll(flow->cookie),
        .table_id = flow->table,
        .priority = flow->priority,
        .ofpacts = flow->ofpacts,
        .ofpacts_len = flow->ofpacts_len,
    };
    minimatch_expand(&flow->match, &fs.match);
    ofputil_flow_stats_format(s, &fs, NULL, NULL, false);
}

char *
of_flow_to_string(const struct of_flow *flow)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    of_flow_format(flow, &s);
    return ds_steal_cstr(&s);
}

char *
of_flow_check(const struct of_flow *flow)
{
    if (flow->table >= N_TABLES) {
        return xasprintf("table %" PRIu8 " does not exist", flow->table);
    } else if (!of_cookie_is_managed(flow->cookie)) {
        return xasprintf("cookie %#" PRIx64 " is none that the session would "
                         "find again",
                         flow->cookie);
    }
    char *error = check_protocol(flow, OFPUTIL_P_OF15_OXM);
    return error ? error : check_protocol(flow, OFPUTIL_P_OF13_OXM);
}

struct ofpbuf *
of_flow_encode_add(const struct of_flow *flow, enum ofputil_protocol protocol)
{
    return encode(flow, OFPFC_ADD, protocol);
}

struct ofpbuf *
of_flow_encode_delete(const struct of_flow *flow,
                      enum ofputil_protocol protocol)
{
    return encode(flow, OFPFC_DELETE_STRICT, protocol);
}

void
flow_set_init(struct flow_set *set)
{
    hmap_init(&set->flows);
}

void
flow_set_uninit(struct flow_set *set)
{
    flow_set_clear(set);
    hmap_destroy(&set->flows);
}

void
flow_set_clear(struct flow_set *set)
{
    struct of_flow *flow;
    HMAP_FOR_EACH_POP (flow, node, &set->flows) {
        of_flow_destroy(flow);
    }
    hmap_shrink(&set->flows);
}

bool
flow_set_add(struct flow_set *set, struct of_flow *flow)
{
    if (flow_set_find(set, flow)) {
        of_flow_destroy(flow);
        return false;
    }
    hmap_insert(&set->flows, &flow->node, flow->hash);
    return true;
}

struct of_flow *
flow_set_find(const struct flow_set *set, const struct of_flow *key)
{
    struct of_flow *flow;
    HMAP_FOR_EACH_WITH_HASH (flow, node, key->hash, &set->flows) {
        if (of_flow_same_key(flow, key)) {
            return flow;
        }
    }
    return NULL;
}

/* Bits that are not matched, or can not be, must not make two flows differ.
 * ("nw_frag=not_later" as parsed from text matches bits that do not exist.) */
static void
init_minimatch(struct minimatch *dst, const struct match *src)
{
    struct match zeroed = *src;
    zeroed.wc.masks.nw_frag &= FLOW_NW_FRAG_MASK;
    match_zero_wildcarded_fields(&zeroed);
    minimatch_init(dst, &zeroed);
}

static struct ofpbuf *
encode(const struct of_flow *flow, int command, enum ofputil_protocol protocol)
{
    bool delete = command != OFPFC_ADD;
    struct ofputil_flow_mod fm = {
        .match = flow->match,
        .priority = flow->priority,
        .cookie = delete ? htonll(OF_COOKIE_MARK) : 0,
        .cookie_mask = delete ? htonll(OF_COOKIE_MARK_MASK) : 0,
        .new_cookie = delete ? OVS_BE64_MAX : htonll(flow->cookie),
        .table_id = flow->table,
        .command = command,
        .buffer_id = UINT32_MAX,
        .out_port = OFPP_ANY,
        .out_group = OFPG_ANY,
        .ofpacts = delete ? NULL : flow->ofpacts,
        .ofpacts_len = delete ? 0 : flow->ofpacts_len,
    };
    return ofputil_encode_flow_mod(&fm, protocol);
}

/* Does what sending the flow does: encodes and decodes it.  '*sizep' is the
 * size of the message.  If successful, initializes 'match' and 'ofpacts',
 * which the caller must destroy and uninit. */
static enum ofperr
round_trip(const struct of_flow *flow, enum ofputil_protocol protocol,
           size_t *sizep, struct minimatch *match, struct ofpbuf *ofpacts)
{
    struct ofpbuf *msg = encode(flow, OFPFC_ADD, protocol);
    enum ofperr error = OFPERR_OFPBRC_BAD_LEN;

    *sizep = msg->size;
    if (msg->size <= MAX_FLOW_MOD_SIZE) {
        /* The decoder leaves gaps between actions as they were.  If the buffer
         * had to grow, it did so without zeros, so start over. */
        size_t room = 1024;
        while ((error = decode(msg, protocol, room, match, ofpacts)) == 0
               && ofpacts->allocated > room) {
            room = ofpacts->allocated;
            minimatch_destroy(match);
            ofpbuf_uninit(ofpacts);
        }
    }
    ofpbuf_delete(msg);
    return error;
}

/* Decodes a flow_mod, its actions into 'room' zeroed bytes or more. */
static enum ofperr
decode(const struct ofpbuf *msg, enum ofputil_protocol protocol, size_t room,
       struct minimatch *match, struct ofpbuf *ofpacts)
{
    struct ofputil_flow_mod fm;

    ofpbuf_init(ofpacts, room);
    memset(ofpacts->base, 0, room);
    enum ofperr error = ofputil_decode_flow_mod(&fm, msg->data, protocol, NULL,
                                                NULL, ofpacts, OFPP_MAX,
                                                N_TABLES);
    if (error) {
        ofpbuf_uninit(ofpacts);
    } else {
        struct match decoded;
        minimatch_expand(&fm.match, &decoded);
        minimatch_destroy(&fm.match);
        init_minimatch(match, &decoded);
    }
    return error;
}

/* Gives the flow the form in which the switch would return it.  A flow that
 * the switch would not take, or not as it is meant, stays as it is:
 * of_flow_check() says what is wrong with it. */
static void
canonicalize(struct of_flow *flow)
{
    struct ofpbuf ofpacts;
    struct minimatch match;
    size_t size;

    if (!round_trip(flow, OFPUTIL_P_OF15_OXM, &size, &match, &ofpacts)) {
        if (is_no_wider(&flow->match, &match)) {
            minimatch_destroy(&flow->match);
            minimatch_move(&flow->match, &match);
        } else {
            minimatch_destroy(&match);
        }
        free(flow->ofpacts);
        flow->ofpacts = xmemdup(ofpacts.data, ofpacts.size);
        flow->ofpacts_len = ofpacts.size;
        ofpbuf_uninit(&ofpacts);
    }
}

/* Returns true if 'got', which is what became of 'meant', matches no packet
 * that 'meant' does not match.  The decoder may add what is implied (that the
 * packet is an Ethernet frame; that a frame without tag has no priority), but
 * the encoder drops a field whose prerequisites are not matched. */
static bool
is_no_wider(const struct minimatch *meant, const struct minimatch *got)
{
    struct match m, g;

    minimatch_expand(meant, &m);
    minimatch_expand(got, &g);
    const uint64_t *m_flow = (const uint64_t *) &m.flow;
    const uint64_t *m_mask = (const uint64_t *) &m.wc.masks;
    const uint64_t *g_flow = (const uint64_t *) &g.flow;
    const uint64_t *g_mask = (const uint64_t *) &g.wc.masks;
    for (size_t i = 0; i < FLOW_U64S; i++) {
        if (m_mask[i] & ~g_mask[i] || (m_flow[i] ^ g_flow[i]) & m_mask[i]) {
            return false;
        }
    }
    return true;
}

static char *
check_protocol(const struct of_flow *flow, enum ofputil_protocol protocol)
{
    struct ofpbuf ofpacts;
    struct minimatch match;
    size_t size;
    char *message = NULL;

    enum ofperr error = round_trip(flow, protocol, &size, &match, &ofpacts);
    if (size > MAX_FLOW_MOD_SIZE) {
        return xasprintf("flow takes %" PRIuSIZE " bytes, the limit is %d",
                         size, MAX_FLOW_MOD_SIZE);
    } else if (error) {
        return xasprintf("%s (%s)", ofperr_get_description(error),
                         ofperr_get_name(error));
    }

    if (!is_no_wider(&flow->match, &match)) {
        char *got = minimatch_to_string(&match, NULL, OFP_DEFAULT_PRIORITY);
        message = xasprintf("prerequisite missing: the switch would only "
                            "match \"%s\"",
                            got);
        free(got);
    }
    minimatch_destroy(&match);
    ofpbuf_uninit(&ofpacts);
    return message;
}

static int
compare_miniflows(const struct miniflow *a, const struct miniflow *b)
{
    size_t n = miniflow_n_values(a);
    int cmp = memcmp(&a->map, &b->map, sizeof a->map);
    return cmp ? cmp
               : memcmp(miniflow_get_values(a), miniflow_get_values(b),
                        MINIFLOW_VALUES_SIZE(n));
}
