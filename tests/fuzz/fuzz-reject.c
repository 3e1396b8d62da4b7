/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

/* Frames that are to be rejected: any bytes get no answer, or one that is an
 * ICMP error of limited size, goes back to where the frame came from, and is
 * not answered itself. */

#include "flows/reject.h"
#include "openvswitch/ofpbuf.h"
#include "tests/fuzz/fuzz.h"

static void
check_answer(const uint8_t *frame, size_t size, const struct ofpbuf *answer)
{
    const uint8_t *a = answer->data;
    bool v4 = a[12] == 0x08;
    size_t ip = 14, icmp = ip + (v4 ? 20 : 40);
    size_t max = v4 ? REJECT_MAX_IPV4 : REJECT_MAX_IPV6;

    require(answer->size > icmp + 8 && answer->size <= 14 + max);
    require(answer->size - icmp - 8 <= size - 14);
    require(!memcmp(a, frame + 6, 6) && !memcmp(a + 6, frame, 6));
    require(!(a[0] & 1) && !(a[6] & 1));
    require(a[icmp] == (v4 ? 3 : 1) && a[icmp + 1] == (v4 ? 3 : 4));
    require(!memcmp(a + icmp + 8, frame + 14, answer->size - icmp - 8));

    struct ofpbuf *second;

    require(reject_answer(a, answer->size, &second) == REJECT_ICMP_ERROR);
    require(!second);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t *frame = exact_copy(data, size);
    struct ofpbuf *answer;
    enum reject_result result = reject_answer(frame, size, &answer);

    require((result == REJECT_ANSWER) == (answer != NULL));
    require(reject_result_to_string(result)[0] != '?');
    if (answer) {
        check_answer(frame, size, answer);
    }
    ofpbuf_delete(answer);
    free(frame);
    return 0;
}
