/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef VIEWS_FSCK_H
#define VIEWS_FSCK_H 1

/* `nwfctl fsck': lists what each switch holds and compares it with what it
 * should hold.
 *
 * The daemon's own picture of the switch is not asked, because it may be what
 * is wrong.  A difference that is there while changes are on their way says
 * nothing; then the switch is asked again when all is quiet, for some seconds
 * at most.  After a difference that stays, the sessions list the flows anew,
 * too, and put right what they did not know of. */

struct fsck;
struct reconcile;

struct fsck *fsck_create(struct reconcile *);

/* To be called after reconcile_destroy(), which ends those checks that wait
 * for a switch.  Answers the others with an error. */
void fsck_destroy(struct fsck *);

/* Registers "nwfilter/fsck". */
void fsck_register(struct fsck *);

/* Asks again where that is due.  Call it after reconcile_run(). */
void fsck_run(struct fsck *);
void fsck_wait(struct fsck *);

#endif /* views/fsck.h */
