/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef SWITCH_QUESTIONS_H
#define SWITCH_QUESTIONS_H 1

/* Multipart requests that somebody asks beside the session's own business
 * (install.h), and the answers that belong to them.  They have transaction ids
 * of their own, so neither side sees the other's messages.
 *
 * Pure: part of switch.h's session.  Times are in ms. */

#include <stdbool.h>

struct ofp_header;
struct ofpbuf;
struct questions;

/* How long the switch may be silent about a question. */
#define QUESTIONS_TIMEOUT_MS 10000

/* Called with each part of the answer; 'last' with the last one.  If there is
 * none, or no more, it is called once with 'part' NULL and the reason. */
typedef void question_cb(void *aux, const struct ofp_header *part, bool last,
                         const char *error);

/* The reason, by its address, if the switch was silent for that long.  What it
 * says later is ignored. */
extern const char question_unanswered[];

struct questions *questions_create(void);
void questions_destroy(struct questions *); /* As questions_disconnected(). */

/* Gives 'request' its transaction id; 'cb' will be called exactly to the end
 * of the answer, and not before this function has returned. */
void questions_add(struct questions *, struct ofpbuf *request, question_cb *,
                   void *aux, long long int now);

/* Takes a message from the switch.  Returns false if it answers nothing that
 * was asked here. */
bool questions_receive(struct questions *, const struct ofp_header *,
                       long long int now);

/* Gives up questions about which the switch is silent.  The other one returns
 * when that is to be done next, or LLONG_MAX. */
void questions_run(struct questions *, long long int now);
long long int questions_next_run(const struct questions *);

/* Tells everybody who waits that no answer will come. */
void questions_disconnected(struct questions *);

#endif /* switch/questions.h */
