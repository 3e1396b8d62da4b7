/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/sample.h"

#include <stdlib.h>
#include <string.h>

#include "dp-packet.h"
#include "flows/pipeline.h"
#include "lib/flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-packet.h"
#include "packets.h"
#include "util.h"

/* From here on a port may be one that a client was given. */
#define FIRST_UNPRIVILEGED_PORT 1024

/* Ethernet's largest, with a jumbo's payload, and what the length may say. */
#define MAX_PACKET 65535

/* Open vSwitch reads no IP header that claims more bytes than the packet
 * has. */
static void
extract(const struct ofputil_packet_in *pin, size_t total_len,
        struct flow *flow)
{
    size_t size = MIN(MAX(pin->packet_len, total_len), MAX_PACKET);
    struct dp_packet packet;

    dp_packet_init(&packet, size);
    dp_packet_put(&packet, pin->packet, MIN(pin->packet_len, size));
    dp_packet_put_zeros(&packet, size - dp_packet_size(&packet));
    flow_extract(&packet, flow);
    dp_packet_uninit(&packet);
}

/* Out, the IP rules are the second layer; in, the first. */
static uint32_t
find_acceptor(const struct flow *metadata, bool out)
{
    uint32_t first = metadata->regs[PL_R_ACCEPTED_BY[0] - MFF_REG0];
    uint32_t second = metadata->regs[PL_R_ACCEPTED_BY[1] - MFF_REG0];

    return out ? (second ? second : first) : (first ? first : second);
}

void
sample_read(struct sample *sample, const struct ofputil_packet_in *pin,
            size_t total_len)
{
    const struct flow *metadata = &pin->flow_metadata.flow;
    uint16_t port = metadata->regs[PL_R_PORT - MFF_REG0];

    memset(sample, 0, sizeof *sample);
    sample->port = port ? port : ofp_to_u16(metadata->in_port.ofp_port);
    sample->out = !(metadata->regs[PL_R_FLAGS - MFF_REG0] & PL_F_IN);
    sample->state = metadata->regs[PL_R_STATE - MFF_REG0];
    sample->cookie = flow_get_xreg(metadata, PL_XREG_DROPPED_BY - MFF_XREG0);
    sample->accepted_by = find_acceptor(metadata, sample->out);
    extract(pin, total_len, &sample->flow);
    sample->flow.in_port.ofp_port = 0;
}

/* What flow_format() calls "tp_src" `ofproto/trace' takes for TCP's only. */
static const char *
port_prefix(const struct flow *flow)
{
    return (flow->nw_proto == IPPROTO_UDP    ? "udp_"
            : flow->nw_proto == IPPROTO_SCTP ? "sctp_"
                                             : "tp_");
}

void
sample_format(const struct flow *flow, struct ds *s)
{
    static const char any[] = ",tp_";
    char *text = flow_to_string(flow, NULL);
    const char *rest = text, *port;

    while ((port = strstr(rest, any))) {
        ds_put_buffer(s, rest, port + 1 - rest);
        ds_put_cstr(s, port_prefix(flow));
        rest = port + strlen(any);
    }
    ds_put_cstr(s, rest);
    free(text);
}

/* Who was called has the lower port, as far as one can tell. */
static void
fold_ports(struct flow *flow)
{
    uint16_t src = ntohs(flow->tp_src), dst = ntohs(flow->tp_dst);

    if (!src || !dst || MAX(src, dst) < FIRST_UNPRIVILEGED_PORT) {
        return; /* Without one of them, it is folded already. */
    }
    if (src >= dst) {
        flow->tp_src = htons(0);
    } else {
        flow->tp_dst = htons(0);
    }
}

void
sample_fold(struct flow *flow)
{
    flow->nw_ttl = 0;
    flow->ipv6_label = htonl(0);
    if (flow->nw_proto == IPPROTO_TCP || flow->nw_proto == IPPROTO_UDP
        || flow->nw_proto == IPPROTO_SCTP) {
        fold_ports(flow);
    }
}

const char *
sample_state_name(const struct sample *sample)
{
    switch (sample->state & PL_STATE_CLASS) {
    case PL_STATE_NEW:
        return "new";
    case PL_STATE_ESTABLISHED:
        return "established";
    case PL_STATE_RELATED:
        return "related";
    case PL_STATE_INVALID:
        return "invalid";
    default:
        return NULL;
    }
}
