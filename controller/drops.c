/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/drops.h"

#include <stdlib.h>
#include <string.h>

#include "flows/sample.h"
#include "hash.h"
#include "lib/flow.h"
#include "openvswitch/dynamic-string.h"
#include "timeval.h"
#include "util.h"

struct drops {
    struct hmap entries;   /* Contains "struct drop"s. */
    struct ovs_list order; /* The same, latest first. */
    size_t max;
    long long int start;
    uint64_t number;
};

struct drops *
drops_create(size_t max, long long int start)
{
    struct drops *drops = xzalloc(sizeof *drops);

    hmap_init(&drops->entries);
    ovs_list_init(&drops->order);
    drops->max = max;
    drops->start = start;
    return drops;
}

static void
drop_destroy(struct drops *drops, struct drop *drop)
{
    hmap_remove(&drops->entries, &drop->node);
    ovs_list_remove(&drop->list_node);
    free(drop->bridge);
    free(drop->port);
    free(drop->rule);
    free(drop);
}

void
drops_destroy(struct drops *drops)
{
    if (drops) {
        struct drop *drop;

        LIST_FOR_EACH_SAFE (drop, list_node, &drops->order) {
            drop_destroy(drops, drop);
        }
        hmap_destroy(&drops->entries);
        free(drops);
    }
}

static struct drop *
find(const struct drops *drops, uint32_t hash, const struct flow *key,
     const struct sample *sample, const char *bridge, const char *port)
{
    struct drop *drop;

    HMAP_FOR_EACH_WITH_HASH (drop, node, hash, &drops->entries) {
        if (drop->cookie == sample->cookie && drop->out == sample->out
            && flow_equal(&drop->key, key) && !strcmp(drop->port, port)
            && !strcmp(drop->bridge, bridge)) {
            return drop;
        }
    }
    return NULL;
}

static struct drop *
add(struct drops *drops, uint32_t hash, const struct flow *key,
    const struct sample *sample, const char *bridge, const char *port)
{
    struct drop *drop = xzalloc(sizeof *drop);

    if (hmap_count(&drops->entries) >= drops->max) {
        drop_destroy(drops, CONTAINER_OF(ovs_list_back(&drops->order),
                                         struct drop, list_node));
    }
    drop->key = *key;
    drop->bridge = xstrdup(bridge);
    drop->port = xstrdup(port);
    drop->out = sample->out;
    drop->cookie = sample->cookie;
    hmap_insert(&drops->entries, &drop->node, hash);
    ovs_list_push_front(&drops->order, &drop->list_node);
    return drop;
}

struct drop *
drops_note(struct drops *drops, const struct sample *sample,
           const char *bridge, const char *port, long long int wall_msec)
{
    struct flow key = sample->flow;
    uint32_t hash;
    struct drop *drop;

    sample_fold(&key);
    hash = hash_string(port, flow_hash(&key, sample->out));
    hash = hash_uint64_basis(sample->cookie, hash);
    drop = find(drops, hash, &key, sample, bridge, port);
    if (drop) {
        ovs_list_remove(&drop->list_node);
        ovs_list_push_front(&drops->order, &drop->list_node);
    } else {
        drop = add(drops, hash, &key, sample, bridge, port);
    }
    drop->last = sample->flow;
    drop->state = sample_state_name(sample);
    drop->count++;
    drop->number = ++drops->number;
    drop->when = wall_msec;
    return drop;
}

uint64_t
drops_number(const struct drops *drops)
{
    return drops->number;
}

void
drops_put_mark(const struct drops *drops, struct ds *s)
{
    ds_put_format(s, "%lld.%" PRIu64, drops->start, drops->number);
}

bool
drops_read_mark(const struct drops *drops, const char *mark, uint64_t *numberp)
{
    unsigned long long int number;
    long long int start;
    int n = 0;

    *numberp = 0;
    if (!mark[0]) {
        return true;
    } else if (!ovs_scan(mark, "%lld.%llu%n", &start, &number, &n)
               || mark[n]) {
        return false;
    }
    *numberp = start == drops->start ? number : 0;
    return true;
}

bool
drops_knows_port(const struct drops *drops, const char *port)
{
    const struct drop *drop;

    LIST_FOR_EACH (drop, list_node, &drops->order) {
        if (!strcmp(drop->port, port)) {
            return true;
        }
    }
    return false;
}

static void
format_drop(const struct drop *drop, struct ds *s)
{
    char *when = xastrftime_msec("%Y-%m-%d %H:%M:%S.###", drop->when, false);

    ds_put_format(s, "%s %s %s %" PRIu64 "x ", when, drop->port,
                  drop->out ? "out" : "in", drop->count);
    sample_format(&drop->last, s);
    if (drop->state) {
        ds_put_format(s, " (%s)", drop->state);
    }
    ds_put_format(s, " %s\n", drop->rule);
    free(when);
}

void
drops_format(const struct drops *drops, const char *port, uint64_t after,
             struct ds *s)
{
    const struct drop *drop;

    LIST_FOR_EACH_REVERSE (drop, list_node, &drops->order) {
        if (drop->number > after && (!port || !strcmp(drop->port, port))) {
            format_drop(drop, s);
        }
    }
}
