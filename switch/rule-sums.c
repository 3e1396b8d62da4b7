/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "switch/rule-sums.h"

#include <stdlib.h>

#include "flows/flow-table.h"
#include "flows/flow.h"
#include "flows/pipeline.h"
#include "hash.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofpbuf.h"
#include "switch/survey.h"
#include "util.h"

/* Cookies that are asked for one by one; beyond, everything is. */
#define MAX_COOKIES 32

/* A flow whose counters will be lost or get into the wrong hands. */
struct ending {
    struct hmap_node node;   /* By key of 'old'. */
    struct of_flow *old;     /* References. */
    struct of_flow *next;    /* In the same place, or NULL. */
    uint64_t packets, bytes; /* What the switch says, 0 until then. */
};

/* What a flow has counted for the one before it. */
struct inherited {
    struct hmap_node node; /* By key of 'flow'. */
    struct of_flow *flow;  /* A reference. */
    uint64_t packets, bytes;
};

struct rule_sums {
    struct hmap sums;    /* Contains "struct rule_count"s: flows gone. */
    struct hmap endings; /* Contains "struct ending"s. */
    struct hmap inherited;
    uint32_t first_xid, n_xids; /* Of the questions. */
};

struct rule_sums *
rule_sums_create(void)
{
    struct rule_sums *rs = xzalloc(sizeof *rs);

    hmap_init(&rs->sums);
    hmap_init(&rs->endings);
    hmap_init(&rs->inherited);
    return rs;
}

static void
inherited_destroy(struct rule_sums *rs, struct inherited *in)
{
    hmap_remove(&rs->inherited, &in->node);
    of_flow_destroy(in->flow);
    free(in);
}

void
rule_sums_destroy(struct rule_sums *rs)
{
    struct inherited *in;

    if (!rs) {
        return;
    }
    rule_sums_finish(rs, false);
    hmap_destroy(&rs->endings);
    HMAP_FOR_EACH_SAFE (in, node, &rs->inherited) {
        inherited_destroy(rs, in);
    }
    hmap_destroy(&rs->inherited);
    rule_counts_destroy(&rs->sums);
    free(rs);
}

static bool
is_rule(const struct of_flow *flow)
{
    return of_cookie_kind(flow->cookie) == PL_K_RULE;
}

static struct ending *
find_ending(const struct rule_sums *rs, const struct of_flow *key)
{
    struct ending *e;

    HMAP_FOR_EACH_WITH_HASH (e, node, key->hash, &rs->endings) {
        if (of_flow_same_key(e->old, key)) {
            return e;
        }
    }
    return NULL;
}

static struct inherited *
find_inherited(const struct rule_sums *rs, const struct of_flow *flow)
{
    struct inherited *in;

    HMAP_FOR_EACH_WITH_HASH (in, node, flow->hash, &rs->inherited) {
        if (of_flow_same_key(in->flow, flow)) {
            return in;
        }
    }
    return NULL;
}

/* Whether 'new' (or nothing) in the place of 'old' is a matter for us. */
static bool
is_ending(const struct of_flow *old, const struct of_flow *new)
{
    return old
           && (new ? (is_rule(old) || is_rule(new))
                         && old->cookie != new->cookie
                   : is_rule(old));
}

static void
add_ending(struct rule_sums *rs, const struct of_flow *old,
           const struct of_flow *new)
{
    struct ending *e = xzalloc(sizeof *e);

    e->old = of_flow_ref(old);
    e->next = new ? of_flow_ref(new) : NULL;
    hmap_insert(&rs->endings, &e->node, old->hash);
}

static void
ask(struct rule_sums *rs, enum ofputil_protocol protocol, uint64_t cookie,
    uint64_t mask, uint32_t *next_xidp, struct ovs_list *out)
{
    struct ofpbuf *msg = survey_encode_request(protocol, cookie, mask);

    ((struct ofp_header *) msg->data)->xid = htonl((*next_xidp)++);
    rs->n_xids++;
    ofpmsg_update_length(msg);
    ovs_list_push_back(out, &msg->list_node);
}

/* The cookies of the flows that end, each once.  Returns more than MAX_COOKIES
 * if they are too many. */
static size_t
list_cookies(const struct rule_sums *rs, uint64_t cookies[MAX_COOKIES])
{
    const struct ending *e;
    size_t n = 0;

    HMAP_FOR_EACH (e, node, &rs->endings) {
        size_t i = 0;

        while (i < n && cookies[i] != e->old->cookie) {
            i++;
        }
        if (i == n) {
            if (n == MAX_COOKIES) {
                return n + 1;
            }
            cookies[n++] = e->old->cookie;
        }
    }
    return n;
}

void
rule_sums_prepare(struct rule_sums *rs, const struct flow_change *changes,
                  size_t n, const struct flow_table *installed,
                  enum ofputil_protocol protocol, uint32_t *next_xidp,
                  struct ovs_list *out)
{
    uint64_t cookies[MAX_COOKIES];
    size_t n_cookies;

    rule_sums_finish(rs, false);
    for (size_t i = 0; i < n; i++) {
        const struct of_flow *flow = changes[i].flow;
        const struct of_flow *old = (changes[i].kind == FLOW_ADD
                                         ? NULL
                                         : flow_table_find_installed(installed,
                                                                     flow));
        const struct of_flow *new = changes[i].kind == FLOW_DELETE ? NULL
                                                                   : flow;

        if (is_ending(old, new)) {
            add_ending(rs, old, new);
        }
    }

    rs->first_xid = *next_xidp;
    rs->n_xids = 0;
    n_cookies = list_cookies(rs, cookies);
    if (n_cookies > MAX_COOKIES) {
        ask(rs, protocol, 0, 0, next_xidp, out);
        return;
    }
    for (size_t i = 0; i < n_cookies; i++) {
        ask(rs, protocol, cookies[i], UINT64_MAX, next_xidp, out);
    }
}

bool
rule_sums_receive(struct rule_sums *rs, const struct ofp_header *oh)
{
    const struct survey_flow *sf;
    struct survey survey;

    if (ntohl(oh->xid) - rs->first_xid >= rs->n_xids
        || !ofpmsg_is_stat_reply(oh)) {
        return false;
    }
    survey_init(&survey);
    survey_add(&survey, oh);
    HMAP_FOR_EACH (sf, node, &survey.flows) {
        struct ending *e = find_ending(rs, sf->flow);

        if (e && e->old->cookie == sf->flow->cookie) {
            e->packets = sf->packets;
            e->bytes = sf->bytes;
        }
    }
    survey_uninit(&survey);
    return true;
}

/* A number's sum, made when first asked for. */
static struct rule_count *
obtain(struct hmap *counts, uint64_t id)
{
    struct rule_count *count = CONST_CAST(struct rule_count *,
                                          rule_counts_find(counts, id));

    if (!count) {
        count = xzalloc(sizeof *count);
        count->id = id;
        hmap_insert(counts, &count->node, hash_uint64(id));
    }
    return count;
}

/* Adds what the flow has counted itself. */
static void
add_own(const struct rule_sums *rs, struct hmap *counts,
        const struct of_flow *flow, uint64_t packets, uint64_t bytes)
{
    const struct inherited *in = find_inherited(rs, flow);
    struct rule_count *count;

    if (!is_rule(flow) || !packets) {
        return;
    }
    count = obtain(counts, of_cookie_id(flow->cookie));
    count->packets += packets - (in ? MIN(in->packets, packets) : 0);
    count->bytes += bytes - (in ? MIN(in->bytes, bytes) : 0);
}

static void
end(struct rule_sums *rs, const struct ending *e)
{
    add_own(rs, &rs->sums, e->old, e->packets, e->bytes);
    rule_sums_forget(rs, e->old);
    if (e->next && is_rule(e->next) && e->packets) {
        struct inherited *in = xmalloc(sizeof *in);

        in->flow = of_flow_ref(e->next);
        in->packets = e->packets;
        in->bytes = e->bytes;
        hmap_insert(&rs->inherited, &in->node, in->flow->hash);
    }
}

void
rule_sums_finish(struct rule_sums *rs, bool committed)
{
    struct ending *e;

    HMAP_FOR_EACH_POP (e, node, &rs->endings) {
        if (committed) {
            end(rs, e);
        }
        of_flow_destroy(e->old);
        of_flow_destroy(e->next);
        free(e);
    }
    rs->n_xids = 0;
}

void
rule_sums_forget(struct rule_sums *rs, const struct of_flow *flow)
{
    struct inherited *in = find_inherited(rs, flow);

    if (in) {
        inherited_destroy(rs, in);
    }
}

void
rule_sums_check(struct rule_sums *rs, const struct flow_table *installed)
{
    struct inherited *in;

    HMAP_FOR_EACH_SAFE (in, node, &rs->inherited) {
        const struct of_flow *flow = flow_table_find_installed(installed,
                                                               in->flow);

        if (!flow || flow->cookie != in->flow->cookie) {
            inherited_destroy(rs, in);
        }
    }
}

void
rule_sums_add(const struct rule_sums *rs, const struct survey *survey,
              struct hmap *counts)
{
    const struct rule_count *sum;
    const struct survey_flow *sf;

    HMAP_FOR_EACH (sum, node, &rs->sums) {
        struct rule_count *count = obtain(counts, sum->id);

        count->packets += sum->packets;
        count->bytes += sum->bytes;
    }
    HMAP_FOR_EACH (sf, node, &survey->flows) {
        add_own(rs, counts, sf->flow, sf->packets, sf->bytes);
    }
}

const struct rule_count *
rule_counts_find(const struct hmap *counts, uint64_t id)
{
    const struct rule_count *count;

    HMAP_FOR_EACH_WITH_HASH (count, node, hash_uint64(id), counts) {
        if (count->id == id) {
            return count;
        }
    }
    return NULL;
}

void
rule_counts_destroy(struct hmap *counts)
{
    struct rule_count *count;

    HMAP_FOR_EACH_POP (count, node, counts) {
        free(count);
    }
    hmap_destroy(counts);
}

size_t
rule_sums_count(const struct rule_sums *rs)
{
    return hmap_count(&rs->sums);
}

void
rule_sums_prune(struct rule_sums *rs,
                bool (*exists)(uint64_t id, const void *aux), const void *aux)
{
    struct rule_count *sum;

    HMAP_FOR_EACH_SAFE (sum, node, &rs->sums) {
        if (!exists(sum->id, aux)) {
            hmap_remove(&rs->sums, &sum->node);
            free(sum);
        }
    }
}
