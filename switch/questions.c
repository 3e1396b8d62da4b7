/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "switch/questions.h"

#include <limits.h>
#include <stdlib.h>

#include "openflow/openflow-common.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"

/* The session counts from 1. */
#define FIRST_XID 0x80000000

struct question {
    struct ovs_list node; /* In "struct questions"'s 'waiting'. */
    uint32_t xid;
    question_cb *cb;
    void *aux;
    long long int deadline; /* Of the next part. */
};

const char question_unanswered[] = "no answer from the switch";

struct questions {
    struct ovs_list waiting; /* Contains "struct question"s. */
    uint32_t n_asked;
};

struct questions *
questions_create(void)
{
    struct questions *qs = xzalloc(sizeof *qs);
    ovs_list_init(&qs->waiting);
    return qs;
}

void
questions_destroy(struct questions *qs)
{
    if (qs) {
        questions_disconnected(qs);
        free(qs);
    }
}

void
questions_add(struct questions *qs, struct ofpbuf *request, question_cb *cb,
              void *aux, long long int now)
{
    struct question *q = xmalloc(sizeof *q);
    q->xid = FIRST_XID | qs->n_asked++;
    q->cb = cb;
    q->aux = aux;
    q->deadline = now + QUESTIONS_TIMEOUT_MS;
    ovs_list_push_back(&qs->waiting, &q->node);
    ((struct ofp_header *) request->data)->xid = htonl(q->xid);
}

static struct question *
find(const struct questions *qs, uint32_t xid)
{
    struct question *q;

    LIST_FOR_EACH (q, node, &qs->waiting) {
        if (q->xid == xid) {
            return q;
        }
    }
    return NULL;
}

/* Takes it off the list first: the callback may ask again. */
static void
answer(struct question *q, const struct ofp_header *part, bool last,
       const char *error)
{
    if (last) {
        ovs_list_remove(&q->node);
    }
    q->cb(q->aux, part, last, error);
    if (last) {
        free(q);
    }
}

bool
questions_receive(struct questions *qs, const struct ofp_header *oh,
                  long long int now)
{
    struct question *q = find(qs, ntohl(oh->xid));
    enum ofptype type;

    if (!q || ofptype_decode(&type, oh)) {
        return false;
    }
    q->deadline = now + QUESTIONS_TIMEOUT_MS;
    if (type == OFPTYPE_ERROR) {
        answer(q, NULL, true, ofperr_get_name(ofperr_decode_msg(oh, NULL)));
    } else if (ofpmsg_is_stat_reply(oh)) {
        answer(q, oh, !ofpmp_more(oh), NULL);
    } else {
        return false;
    }
    return true;
}

void
questions_run(struct questions *qs, long long int now)
{
    struct question *q;

    LIST_FOR_EACH_SAFE (q, node, &qs->waiting) {
        if (now >= q->deadline) {
            answer(q, NULL, true, question_unanswered);
        }
    }
}

long long int
questions_next_run(const struct questions *qs)
{
    long long int next = LLONG_MAX;
    struct question *q;

    LIST_FOR_EACH (q, node, &qs->waiting) {
        next = MIN(next, q->deadline);
    }
    return next;
}

void
questions_disconnected(struct questions *qs)
{
    struct ovs_list lost;

    ovs_list_move(&lost, &qs->waiting);
    ovs_list_init(&qs->waiting);
    while (!ovs_list_is_empty(&lost)) {
        answer(CONTAINER_OF(ovs_list_front(&lost), struct question, node),
               NULL, true, "the connection was lost");
    }
}
