/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

/* Packets that the switch shows: any message and any bytes as packet are read,
 * printed in one line and folded.  The first byte says which of the two
 * follows, the second by how much the packet was longer. */

#include "flows/sample.h"
#include "lib/flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-errors.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-packet.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "tests/fuzz/fuzz.h"

static void
check_sample(const struct ofputil_packet_in *pin, size_t total_len)
{
    struct ds s = DS_EMPTY_INITIALIZER;
    struct sample sample;
    struct flow once, twice;

    sample_read(&sample, pin, total_len);
    sample_format(&sample.flow, &s);
    require(s.length && !strpbrk(ds_cstr(&s), " \n"));
    once = sample.flow;
    sample_fold(&once);
    twice = once;
    sample_fold(&twice);
    require(flow_equal(&once, &twice));
    ds_destroy(&s);
}

/* A message as it arrives. */
static void
check_message(const uint8_t *data, size_t size)
{
    struct ofputil_packet_in pin;
    struct ofpbuf continuation;
    size_t total_len;
    struct ofp_header *oh;
    enum ofptype type;

    if (size < sizeof *oh || size > UINT16_MAX) {
        return;
    }
    oh = exact_copy(data, size);
    oh->length = htons(size);
    if (!ofptype_decode(&type, oh) && type == OFPTYPE_PACKET_IN
        && !ofputil_decode_packet_in(oh, true, NULL, NULL, &pin, &total_len,
                                     NULL, &continuation)) {
        check_sample(&pin, total_len);
    }
    free(oh);
}

static void
check_packet(const uint8_t *data, size_t size, size_t more)
{
    uint8_t *packet = exact_copy(data, size);
    struct ofputil_packet_in pin = { .packet = packet, .packet_len = size };

    check_sample(&pin, size + more * more);
    free(packet);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    vlog_set_levels(NULL, VLF_ANY_DESTINATION, VLL_OFF);
    if (size < 2) {
        return 0;
    } else if (data[0] & 1) {
        check_message(data + 2, size - 2);
    } else {
        check_packet(data + 2, size - 2, data[1]);
    }
    return 0;
}
