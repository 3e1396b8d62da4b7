/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/log-events.h"

#include <string.h>

#include "sset.h"
#include "util.h"

bool
log_events_parse(const char *text, unsigned int *eventsp)
{
    static const struct {
        const char *word;
        unsigned int event;
    } words[] = { { "drop", LOG_DROP }, { "accept", LOG_ACCEPT } };
    struct sset given = SSET_INITIALIZER(&given);
    size_t n = 0;

    *eventsp = 0;
    sset_from_delimited_string(&given, text, ", ");
    for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
        if (sset_contains(&given, words[i].word)) {
            *eventsp |= words[i].event;
            n++;
        }
    }

    bool ok = (n ? n == sset_count(&given)
                 : sset_count(&given) == 1 && sset_contains(&given, "none"));

    *eventsp = ok ? *eventsp : 0;
    sset_destroy(&given);
    return ok;
}
