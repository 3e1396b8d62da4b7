/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H 1

/* What fuzz targets have in common.  A target says at its top what holds for
 * all input, and aborts if it does not. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline void
require(bool condition)
{
    if (!condition) {
        abort();
    }
}

/* A copy to be freed, of exactly that size, so that a sanitizer sees each byte
 * that is read past its end. */
static inline void *
exact_copy(const uint8_t *data, size_t size)
{
    void *copy = malloc(size ? size : 1);

    require(copy != NULL);
    memcpy(copy, data, size);
    return copy;
}

#endif /* tests/fuzz/fuzz.h */
