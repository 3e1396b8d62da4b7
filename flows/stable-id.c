/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/stable-id.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "sha1.h"
#include "util.h"

uint64_t
stable_id(const char *text)
{
    uint8_t digest[SHA1_DIGEST_SIZE];
    uint64_t id = 0;

    sha1_bytes(text, strlen(text), digest);
    for (int i = 0; i < 8; i++) {
        id = id << 8 | digest[i];
    }
    return id;
}

uint64_t
stable_idf(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = xvasprintf(format, args);
    va_end(args);

    uint64_t id = stable_id(text);

    free(text);
    return id;
}
