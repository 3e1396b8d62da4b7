/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef TESTS_UNIT_HEX_H
#define TESTS_UNIT_HEX_H 1

/* Frames written as hexadecimal digits, for unit tests. */

#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofpbuf.h"

/* Blanks between bytes do not count.  For ofpbuf_uninit(). */
static inline struct ofpbuf
bytes_from_hex(const char *hex)
{
    struct ofpbuf buf;

    ofpbuf_init(&buf, 0);
    ofpbuf_put_hex(&buf, hex, NULL);
    return buf;
}

#endif /* tests/unit/hex.h */
