/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/punt.h"

#include <stdlib.h>

#include "byte-order.h"
#include "controller/bridge.h"
#include "controller/hold.h"
#include "controller/learning.h"
#include "controller/samples.h"
#include "flows/arp-header.h"
#include "flows/bpdu-flows.h"
#include "flows/ipv6-header.h"
#include "flows/pipeline.h"
#include "flows/punt-flows.h"
#include "lib/flow.h"
#include "openvswitch/ofp-packet.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/token-bucket.h"
#include "openvswitch/vlog.h"
#include "switch/switch.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(punt);

/* Ports share buckets by the low bits of their number. */
#define N_PORT_BUCKETS 256

/* A bucket's tokens come by the millisecond. */
#define TOKENS 1000

struct punt {
    const struct bridge *bridge;
    struct switch_session *session;
    struct samples *samples;
    struct learning *learning;
    struct token_bucket all;
    struct token_bucket ports[N_PORT_BUCKETS];
    struct hold hold;
    struct punt_stats stats;
};

static void receive(void *punt, const struct ofp_header *);

struct punt *
punt_create(const struct bridge *bridge, struct samples *samples,
            struct learning *learning)
{
    struct punt *p = xzalloc(sizeof *p);

    p->bridge = bridge;
    p->session = bridge->session;
    p->samples = samples;
    p->learning = learning;
    token_bucket_init(&p->all, PUNT_BRIDGE_RATE, PUNT_BRIDGE_RATE * TOKENS);
    for (size_t i = 0; i < N_PORT_BUCKETS; i++) {
        token_bucket_init(&p->ports[i], PUNT_PORT_RATE,
                          PUNT_PORT_RATE * TOKENS);
    }
    hold_init(&p->hold, bridge);
    switch_set_packet_in(p->session, receive, p);
    return p;
}

void
punt_destroy(struct punt *p)
{
    if (p) {
        hold_uninit(&p->hold);
        free(p);
    }
}

void
punt_mark(struct punt *p)
{
    hold_mark(&p->hold);
}

void
punt_run(struct punt *p)
{
    if (switch_is_connected(p->session)) {
        hold_run(&p->hold);
    } else {
        hold_forget(&p->hold);
    }
}

void
punt_forget_port(struct punt *p, uint16_t ofport)
{
    hold_forget_port(&p->hold, ofport);
}

void
punt_wait(const struct punt *p)
{
    hold_wait(&p->hold);
}

const struct punt_stats *
punt_get_stats(const struct punt *p)
{
    return &p->stats;
}

static bool
may_answer(struct punt *p, uint32_t port)
{
    return token_bucket_withdraw(&p->ports[port % N_PORT_BUCKETS], TOKENS)
           && token_bucket_withdraw(&p->all, TOKENS);
}

static void
reject(struct punt *p, const struct ofputil_packet_in *pin)
{
    const struct flow *metadata = &pin->flow_metadata.flow;
    struct ofpbuf *answer;

    if (!may_answer(p, metadata->regs[PL_R_PORT - MFF_REG0])) {
        p->stats.limited++;
        return;
    }

    enum reject_result result = reject_answer(pin->packet, pin->packet_len,
                                              &answer);

    p->stats.rejected[result]++;
    VLOG_DBG("port %" PRIu32 ": rejected packet: %s",
             metadata->regs[PL_R_PORT - MFF_REG0],
             reject_result_to_string(result));
    if (answer) {
        struct ofpbuf *msg = punt_encode_answer(
            switch_protocol(p->session), answer->data, answer->size,
            ofp_to_u16(metadata->in_port.ofp_port),
            metadata->regs[PL_R_VLAN - MFF_REG0]);

        p->stats.lost += !switch_send(p->session, msg);
        ofpbuf_delete(answer);
    }
}

/* Lets the frame go on.  Only the switch's meters limit this: above them,
 * frames are lost, so there is nothing to save here. */
static void
resume(struct punt *p, const struct ofputil_packet_in *pin,
       const struct ofpbuf *continuation)
{
    struct ofpbuf *msg = ofputil_encode_resume(pin, continuation,
                                               switch_protocol(p->session));

    p->stats.lost += !switch_send(p->session, msg);
}

/* The same, with what was found in its header. */
static void
resume_read(struct punt *p, struct ofputil_packet_in *pin,
            const struct ofpbuf *continuation, uint64_t header)
{
    match_set_metadata(&pin->flow_metadata, htonll(header));
    resume(p, pin, continuation);
}

/* The same, with the answer to what the rules ask. */
static void
resume_bpdu(struct punt *p, struct ofputil_packet_in *pin,
            const struct ofpbuf *continuation)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);
    const uint32_t *regs = pin->flow_metadata.flow.regs;
    struct bpdu_answer answer;
    size_t size;
    const void *question = punt_question(pin, &size);

    if (!bpdu_answer(question, size, pin->packet, pin->packet_len, &answer)) {
        VLOG_WARN_RL(&rl, "bridge %s: a BPDU is lost: unknown question",
                     p->bridge->name);
        p->stats.lost++;
        return;
    }

    uint32_t header = bpdu_header_answered(regs[PL_R_HEADER - MFF_REG0],
                                           &answer);

    match_set_reg(&pin->flow_metadata, PL_R_HEADER - MFF_REG0, header);
    match_set_reg(&pin->flow_metadata, PL_R_PRED - MFF_REG0, answer.id);
    resume(p, pin, continuation);
}

/* An ARP frame goes on with a header that the switch can read, if it has
 * addresses. */
static void
show_arp(struct punt *p, struct ofputil_packet_in *pin,
         const struct ofpbuf *continuation)
{
    uint64_t stub[1024 / 8];
    struct ofpbuf wrapped = OFPBUF_STUB_INITIALIZER(stub);
    uint64_t header = arp_header_read(pin->packet, pin->packet_len, &wrapped);

    if (header & ARP_HEADER_WRAPPED) {
        pin->packet = wrapped.data;
        pin->packet_len = wrapped.size;
    }
    resume_read(p, pin, continuation, header);
    ofpbuf_uninit(&wrapped);
}

/* A wrapped frame has passed its receiver's rules. */
static void
unwrap(struct punt *p, const struct ofputil_packet_in *pin)
{
    const struct flow *metadata = &pin->flow_metadata.flow;
    void *frame = xmemdup(pin->packet, pin->packet_len);
    size_t size = arp_header_unwrap(frame, pin->packet_len);
    struct ofpbuf *msg = punt_encode_unwrapped(
        switch_protocol(p->session), frame, size, metadata->in_port.ofp_port,
        metadata->regs[PL_R_OUT_PORT - MFF_REG0]);

    p->stats.lost += !switch_send(p->session, msg);
    free(frame);
}

/* What is told of a wrapped frame is told of the frame. */
static void
take_sample(struct punt *p, enum punt_kind kind, struct ofputil_packet_in *pin,
            size_t total_len)
{
    void *frame = NULL;

    if (pin->flow_metadata.flow.metadata & htonll(ARP_HEADER_WRAPPED)) {
        size_t size = pin->packet_len;

        frame = xmemdup(pin->packet, size);
        pin->packet = frame;
        pin->packet_len = arp_header_unwrap(frame, size);
        total_len -= size - pin->packet_len;
    }
    samples_receive(p->samples, p->bridge, kind, pin, total_len);
    free(frame);
}

/* A frame that was cut off would be misread.  (Open vSwitch sends the whole,
 * see greeting.c.)  Returns whether it has changed what the port may do. */
static bool
take_copy(struct punt *p, const struct ofputil_packet_in *pin,
          size_t total_len, bool in)
{
    const struct flow *metadata = &pin->flow_metadata.flow;

    return (pin->packet_len == total_len
            && learning_frame(p->learning, p->bridge,
                              metadata->regs[PL_R_PORT - MFF_REG0],
                              in ? LEARNER_FROM_NETWORK : LEARNER_FROM_GUEST,
                              pin->packet, pin->packet_len));
}

static void
take_held(struct punt *p, const struct ofputil_packet_in *pin,
          const struct ofpbuf *continuation, size_t total_len)
{
    uint16_t ofport = pin->flow_metadata.flow.regs[PL_R_PORT - MFF_REG0];
    struct ofpbuf *msg = ofputil_encode_resume(pin, continuation,
                                               switch_protocol(p->session));

    if (take_copy(p, pin, total_len, true)) {
        hold_frame(&p->hold, ofport, msg);
    } else {
        hold_send(&p->hold, ofport, msg);
    }
}

/* A DHCP server's broadcast: would the one whom it is for get it? */
static void
probe(struct punt *p, const struct ofputil_packet_in *pin, size_t total_len)
{
    const struct flow *metadata = &pin->flow_metadata.flow;
    uint32_t vlan = metadata->regs[PL_R_VLAN - MFF_REG0];
    uint16_t port = (pin->packet_len == total_len
                         ? learning_find_client(p->learning, p->bridge, vlan,
                                                pin->packet, pin->packet_len)
                         : 0);

    if (port) {
        struct ofpbuf *msg = punt_encode_probe(switch_protocol(p->session),
                                               pin->packet, pin->packet_len,
                                               port, vlan);

        p->stats.lost += !switch_send(p->session, msg);
    }
}

static void
receive(void *p_, const struct ofp_header *oh)
{
    struct punt *p = p_;
    struct ofputil_packet_in pin;
    struct ofpbuf continuation;
    enum punt_kind kind = PUNT_NONE;
    size_t total_len;

    p->stats.received++;
    if (!ofputil_decode_packet_in(oh, true, NULL, NULL, &pin, &total_len, NULL,
                                  &continuation)) {
        kind = punt_kind_of(&pin);
    }
    p->stats.kinds[kind]++;
    switch (kind) {
    case PUNT_REJECT:
        samples_receive(p->samples, p->bridge, kind, &pin, total_len);
        reject(p, &pin);
        break;
    case PUNT_ARP:
        show_arp(p, &pin, &continuation);
        break;
    case PUNT_UNWRAP:
        unwrap(p, &pin);
        break;
    case PUNT_DROP:
    case PUNT_ACCEPT:
        take_sample(p, kind, &pin, total_len);
        break;
    case PUNT_BROADCAST:
        probe(p, &pin, total_len);
        break;
    case PUNT_COPY_OUT:
    case PUNT_COPY_IN:
        take_copy(p, &pin, total_len, kind == PUNT_COPY_IN);
        break;
    case PUNT_HOLD_IN:
        take_held(p, &pin, &continuation, total_len);
        break;
    case PUNT_IPV6:
        resume_read(p, &pin, &continuation,
                    ipv6_header_read(pin.packet, pin.packet_len));
        break;
    case PUNT_BPDU:
        resume_bpdu(p, &pin, &continuation);
        break;
    case PUNT_NONE:
    case PUNT_N_KINDS:
        break;
    }
}
