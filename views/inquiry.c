/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "views/inquiry.h"

#include <stdlib.h>

#include "controller/bridge.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/shash.h"
#include "switch/survey.h"
#include "switch/switch.h"
#include "util.h"

#define NOT_CONNECTED "not connected to the switch"

struct inquiry {
    struct shash answers; /* Contains "struct answer"s, by bridge. */
    size_t n_waiting;
    enum inquiry_scope scope;
    char *error; /* The first one. */
    inquiry_cb *cb;
    void *aux;
};

struct answer {
    struct inquiry *inquiry;
    char *bridge;
    struct survey survey;
    int error;    /* In a part of it. */
    bool missing; /* The switch is away, or has not answered. */
};

static void
note_error(struct inquiry *inquiry, const char *bridge, const char *error)
{
    if (!inquiry->error) {
        inquiry->error = xasprintf("bridge %s: %s", bridge, error);
    }
}

static void
finish(struct inquiry *inquiry)
{
    struct shash_node *node;

    if (--inquiry->n_waiting) {
        return;
    }
    inquiry->cb(inquiry->aux, inquiry, inquiry->error);
    SHASH_FOR_EACH (node, &inquiry->answers) {
        struct answer *answer = node->data;

        survey_uninit(&answer->survey);
        free(answer->bridge);
        free(answer);
    }
    shash_destroy(&inquiry->answers);
    free(inquiry->error);
    free(inquiry);
}

static void
note_missing(struct answer *answer, const char *error)
{
    answer->missing = true;
    if (answer->inquiry->scope == INQUIRY_ALL) {
        note_error(answer->inquiry, answer->bridge, error);
    }
}

/* A part of either answer. */
static void
receive(struct answer *answer, int part_error, bool last, const char *error)
{
    if (!answer->error) {
        answer->error = part_error;
    }
    if (!last) {
        return;
    }
    if (!error && answer->error) {
        error = ofperr_to_string(answer->error);
    }
    if (error == question_unanswered) {
        note_missing(answer, error);
    } else if (error) {
        note_error(answer->inquiry, answer->bridge, error);
    }
    finish(answer->inquiry);
}

static void
receive_flows(void *answer_, const struct ofp_header *part, bool last,
              const char *error)
{
    struct answer *answer = answer_;

    receive(answer, part ? survey_add(&answer->survey, part) : 0, last, error);
}

static void
receive_ports(void *answer_, const struct ofp_header *part, bool last,
              const char *error)
{
    struct answer *answer = answer_;

    receive(answer, part ? survey_add_ports(&answer->survey, part) : 0, last,
            error);
}

/* Takes 'request'. */
static void
ask(struct answer *answer, const struct bridge *bridge, struct ofpbuf *request,
    question_cb *cb)
{
    if (switch_ask(bridge->session, request, cb, answer)) {
        answer->inquiry->n_waiting++;
    } else {
        note_missing(answer, NOT_CONNECTED);
    }
}

static void
ask_bridge(struct inquiry *inquiry, const struct bridge *bridge)
{
    enum ofputil_protocol protocol = switch_protocol(bridge->session);
    struct answer *answer = xzalloc(sizeof *answer);

    answer->inquiry = inquiry;
    answer->bridge = xstrdup(bridge->name);
    survey_init(&answer->survey);
    shash_add(&inquiry->answers, bridge->name, answer);
    if (!protocol) {
        note_missing(answer, NOT_CONNECTED);
        return;
    }
    ask(answer, bridge, survey_encode_request(protocol, 0, 0), receive_flows);
    ask(answer, bridge, survey_encode_ports_request(protocol), receive_ports);
}

void
inquiry_start(const struct shash *bridges, const struct bridge *only,
              enum inquiry_scope scope, inquiry_cb *cb, void *aux)
{
    struct inquiry *inquiry = xzalloc(sizeof *inquiry);
    struct shash_node *node;

    shash_init(&inquiry->answers);
    inquiry->scope = scope;
    inquiry->cb = cb;
    inquiry->aux = aux;
    inquiry->n_waiting = 1; /* Until all are asked. */
    SHASH_FOR_EACH (node, bridges) {
        const struct bridge *bridge = node->data;

        if ((!only || bridge == only)
            && (scope == INQUIRY_ALL || switch_protocol(bridge->session))) {
            ask_bridge(inquiry, bridge);
        }
    }
    finish(inquiry);
}

const struct survey *
inquiry_survey(const struct inquiry *inquiry, const char *bridge)
{
    const struct answer *answer = shash_find_data(&inquiry->answers, bridge);

    return answer && !answer->missing ? &answer->survey : NULL;
}
