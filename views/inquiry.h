/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef VIEWS_INQUIRY_H
#define VIEWS_INQUIRY_H 1

/* Asks switches what they hold, for a command that waits for the answer. */

struct bridge;
struct inquiry;
struct shash;
struct survey;

/* Called once, when all bridges have answered or one can not: then 'error'
 * says so, and neither bridges nor ports are to be touched, because the daemon
 * may be stopping. */
typedef void inquiry_cb(void *aux, const struct inquiry *, const char *error);

enum inquiry_scope {
    INQUIRY_ALL,       /* One that does not answer is an error. */
    INQUIRY_CONNECTED, /* Leaves out those that have no connection, or do not
                        * answer (switch/questions.h). */
};

/* Asks 'only', or if it is NULL all 'bridges' (reconcile_bridges()), for their
 * flows with our cookies, and for what their ports have sent and received
 * (switch/survey.h).  'cb' may be called before this function returns. */
void inquiry_start(const struct shash *bridges, const struct bridge *only,
                   enum inquiry_scope, inquiry_cb *cb, void *aux);

/* What a bridge has answered, or NULL if it has not.  Valid as long as
 * the inquiry: until the callback returns. */
const struct survey *inquiry_survey(const struct inquiry *,
                                    const char *bridge);

#endif /* views/inquiry.h */
