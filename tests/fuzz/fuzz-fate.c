/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* Policy tests, and the packets that they and `nwfctl trace' describe: each
 * line is refused with a message, or makes a packet that can be written down
 * and read again. */

#include <config.h>

#include "dp-packet.h"
#include "tests/fuzz/fuzz.h"
#include "trace/fate.h"
#include "trace/trace-packet.h"
#include "trace/trace-state.h"
#include "trace/trace.h"
#include "util.h"

#define MAX_SIZE 2000

static const struct trace_end guest = {
    .name = "vnet0",
    .has_mac = true,
    .mac = ETH_ADDR_C(52, 54, 00, 00, 00, 05),
    .ip = CONSTANT_HTONL(0x0a000005),
};
static const struct trace_end nobody = { .name = NULL };

/* What is printed for a packet can be read, whatever the packet. */
static void
check_again(const struct trace_packet *packet)
{
    char *text = trace_packet_to_string(packet);
    struct trace_packet again;
    char *error = trace_packet_init(&again, text, NULL);

    if (error) {
        ovs_fatal(0, "%s: %s", text, error);
    }
    trace_packet_uninit(&again);
    free(text);
}

static void
check_packet(const struct fate_line *line)
{
    const struct interpret_conn wanted = { INTERPRET_NEW, false };
    struct interpret_frame frame;
    struct interpret_conn conn;
    struct trace_packet packet;
    char *error = trace_packet_init(&packet, line->flow, NULL);

    if (!error) {
        error = trace_packet_complete(&packet, &guest, &nobody, true);
    }
    if (!error) {
        check_again(&packet);
        if (interpret_frame_parse(dp_packet_data(packet.frame),
                                  dp_packet_size(packet.frame), &frame)) {
            trace_state_resolve(&wanted, &frame, &conn);
        }
        trace_packet_set_tag(&packet, true, 5);
        trace_packet_set_tag(&packet, false, 0);
    }
    trace_packet_uninit(&packet);
    free(error);
}

static void
check_line(const char *text)
{
    struct fate_line line;
    char *error = fate_line_init(&line, text);

    if (!error && line.kind == FATE_PACKET) {
        check_packet(&line);
    }
    fate_line_uninit(&line);
    free(error);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* More lines are more of the same. */
    char *copy = xmemdup0((const char *) data, MIN(size, MAX_SIZE));
    char *rest = copy;
    struct trace trace;

    trace_init(&trace);
    trace_read(&trace, copy, false);
    trace_uninit(&trace);
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        check_line(line);
    }
    free(copy);
    return 0;
}
