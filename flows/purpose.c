/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/purpose.h"

#include <string.h>

#include "util.h"

struct purpose {
    const char *name;
    uint16_t number;
    const char *text;
};

static const struct purpose purposes[] = {
#define PIPELINE_PURPOSE(NAME, NUMBER, TEXT) { #NAME, NUMBER, TEXT },
    PIPELINE_PURPOSES
#undef PIPELINE_PURPOSE
};

const char *
purpose_text(uint16_t number)
{
    for (size_t i = 0; i < ARRAY_SIZE(purposes); i++) {
        if (purposes[i].number == number) {
            return purposes[i].text;
        }
    }
    return NULL;
}

uint16_t
purpose_find(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(purposes); i++) {
        if (!strcmp(purposes[i].name, name)) {
            return purposes[i].number;
        }
    }
    return 0;
}
