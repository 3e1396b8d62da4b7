/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_LOG_EVENTS_H
#define CONTROLLER_LOG_EVENTS_H 1

/* Which packets are logged, as it is written in both databases: "drop",
 * "accept", both with a comma between them, or "none". */

#include <stdbool.h>

#define LOG_DROP 0x1
#define LOG_ACCEPT 0x2

/* What log_events_parse() takes, for messages. */
#define LOG_EVENTS_SYNTAX "'drop', 'accept', 'drop,accept' or 'none'"

/* Returns false, and no events, if the text is something else. */
bool log_events_parse(const char *, unsigned int *eventsp);

#endif /* controller/log-events.h */
