/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_STABLE_ID_H
#define FLOWS_STABLE_ID_H 1

/* Ids that follow from names: the same on every host, after every restart and
 * in every build.  (libopenvswitch's hash_string() is another function where
 * the compiler may use CRC instructions.) */

#include <stdint.h>

/* The first 64 bits of the SHA-1 of 'text'. */
uint64_t stable_id(const char *text);

/* Of a formatted text. */
uint64_t stable_idf(const char *format, ...)
    __attribute__((__format__(__printf__, 1, 2)));

#endif /* flows/stable-id.h */
