/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_INQUIRY_H
#define CONTROLLER_INQUIRY_H 1

/* Asks switches what they hold, for a command that waits for the answer. */

#include <stddef.h>

struct bridge;
struct inquiry;
struct shash;
struct survey;

/* Called once, when all bridges have answered or one can not: then 'error'
 * says so, and neither bridges nor ports are to be touched, because the daemon
 * may be stopping. */
typedef void inquiry_cb(void *aux, const struct inquiry *, const char *error);

/* Asks for all flows with our cookies, and for what ports have sent and
 * received (survey.h).  'cb' may be called before this function returns. */
void inquiry_start(const struct bridge *const *bridges, size_t n, inquiry_cb *,
                   void *aux);

/* What a bridge has answered, or NULL if it was not asked. */
const struct survey *inquiry_survey(const struct inquiry *,
                                    const char *bridge);

#endif /* controller/inquiry.h */
