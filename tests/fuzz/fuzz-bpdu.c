/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

/* Questions about BPDUs: any bytes are a question or none, any frame has an
 * answer, the same each time, and what is no BPDU answers no to all. */

#include "flows/bpdu.h"
#include "tests/fuzz/fuzz.h"

static bool
ask(const uint8_t *question, size_t n, const uint8_t *frame, size_t size,
    struct bpdu_answer *answer)
{
    struct bpdu_answer again;
    bool ok = bpdu_answer(question, n, frame, size, answer);

    require(bpdu_answer(question, n, frame, size, &again) == ok);
    require(!ok || (again.id == answer->id && again.bits == answer->bits));
    require(!ok || !(answer->bits >> BPDU_MAX_CONDITIONS));
    return ok;
}

/* The first byte is the length of the question. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bpdu_answer answer, none;

    if (!size) {
        return 0;
    }

    size_t n = data[0] < size ? data[0] : size - 1;
    uint8_t *question = exact_copy(data + 1, n);
    uint8_t *frame = exact_copy(data + 1 + n, size - 1 - n);

    bool ok = ask(question, n, frame, size - 1 - n, &answer);

    /* Whether it is a question does not depend on the frame. */
    require(ask(question, n, frame, 0, &none) == ok);
    require(!ok || (none.id == answer.id && !none.bits));
    free(question);
    free(frame);
    return 0;
}
