/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/punt-flows.h"

#include <stdlib.h>
#include <string.h>

#include "flows/actions.h"
#include "flows/arp-header.h"
#include "flows/flow.h"
#include "flows/ipv6-header.h"
#include "flows/pipeline.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-meter.h"
#include "openvswitch/ofp-packet.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"

enum punt_kind
punt_kind_of(const struct ofputil_packet_in *pin)
{
    if (pin->userdata_len < PUNT_KIND_LEN
        || memcmp(pin->userdata, "\x4e\x57", PUNT_KIND_LEN - 1)) {
        return PUNT_NONE;
    } else if (pin->userdata_len > PUNT_KIND_LEN) {
        return pin->userdata[2] == PUNT_BPDU ? PUNT_BPDU : PUNT_NONE;
    }
    switch (pin->userdata[2]) {
    case PUNT_REJECT:
    case PUNT_ARP:
    case PUNT_DROP:
    case PUNT_COPY_OUT:
    case PUNT_COPY_IN:
    case PUNT_ACCEPT:
    case PUNT_BROADCAST:
    case PUNT_IPV6:
    case PUNT_UNWRAP:
    case PUNT_HOLD_IN:
        return pin->userdata[2];
    default:
        return PUNT_NONE;
    }
}

const void *
punt_question(const struct ofputil_packet_in *pin, size_t *sizep)
{
    *sizep = pin->userdata_len - PUNT_KIND_LEN;
    return pin->userdata + PUNT_KIND_LEN;
}

const char *
punt_kind_to_string(enum punt_kind kind)
{
    switch (kind) {
    case PUNT_NONE:
        return "none";
    case PUNT_REJECT:
        return "reject";
    case PUNT_ARP:
        return "arp";
    case PUNT_DROP:
        return "drop";
    case PUNT_COPY_OUT:
        return "copy-out";
    case PUNT_COPY_IN:
        return "copy-in";
    case PUNT_ACCEPT:
        return "accept";
    case PUNT_BROADCAST:
        return "broadcast";
    case PUNT_IPV6:
        return "ipv6";
    case PUNT_BPDU:
        return "bpdu";
    case PUNT_UNWRAP:
        return "unwrap";
    case PUNT_HOLD_IN:
        return "hold-in";
    case PUNT_N_KINDS:
        break;
    }
    OVS_NOT_REACHED();
}

/* What nobody is told about anyway does not need to be sent to the daemon. */
static const char *const silent_flows[] = {
    "table={REJECT},priority=100,"
    "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,actions=resubmit(,{DROP})",
    "table={REJECT},priority=90,ip,nw_frag=later,actions=resubmit(,{DROP})",
    "table={REJECT},priority=90,ipv6,nw_frag=later,actions=resubmit(,{DROP})",
};

void
punt_reject_flows(struct flow_set *set)
{
    for (size_t i = 0; i < ARRAY_SIZE(silent_flows); i++) {
        pipeline_add_fixed(set, PL_P_SILENT, silent_flows[i]);
    }
    for (size_t i = 0; i < PUNT_N_PORT_METERS; i++) {
        char *text = xasprintf("table={REJECT},priority=10,[PORT]=%" PRIuSIZE
                               "/%#x,actions=controller(userdata=4e.57.%02x,"
                               "meter_id=%" PRIuSIZE ")",
                               i, PUNT_N_PORT_METERS - 1, PUNT_REJECT,
                               PUNT_METER_REJECT + i);

        pipeline_add_fixed(set, PL_P_TELL, text);
        free(text);
    }
    pipeline_add_fixed(set, PL_P_ANSWER,
                       "table={DELIVER},priority=20,[FLAGS]=0x80/0x80,"
                       "actions=output:<OUT_PORT>[]");
}

/* Only registers are looked at: the datapath's flows do not become more. */
void
punt_drop_flows(struct flow_set *set)
{
    pipeline_add_fixed(set, PL_P_DROPPED_COPY,
                       "table={DROP},priority=20,"
                       "[SENDER]=0x100000/0x100000,actions=drop");
    for (size_t i = 0; i < PUNT_N_PORT_METERS; i++) {
        char *text = xasprintf("table={DROP},priority=10,[PORT]=%" PRIuSIZE
                               "/%#x,actions=controller(userdata=4e.57.%02x,"
                               "max_len=%d,meter_id=%" PRIuSIZE ")",
                               i, PUNT_N_PORT_METERS - 1, PUNT_DROP,
                               PUNT_SAMPLE_LEN, PUNT_METER_DROP + i);

        pipeline_add_fixed(set, PL_P_SAMPLE, text);
        free(text);
    }
}

static void
add_log_flow(uint8_t table, const char *form, enum punt_kind kind,
             uint16_t ofport, struct flow_set *set)
{
    char *text = xasprintf("%s,[PORT]=%" PRIu16
                           ",actions=controller(userdata=4e.57.%02x,"
                           "max_len=%d,meter_id=%d)",
                           form, ofport, kind, PUNT_SAMPLE_LEN,
                           PUNT_METER_LOG + ofport % PUNT_N_PORT_METERS);

    pipeline_add_text(set,
                      pipeline_cookie(PL_K_PORT,
                                      (uint64_t) table << 32 | ofport),
                      text);
    free(text);
}

void
punt_log_flows(const struct punt_log *log, struct flow_set *set)
{
    static const char *const accepts[] = {
        "table={ACCEPT},priority=20,[COMMIT]=0x1/0x1",
        "table={ACCEPT},priority=10,[STATE]=0/0xf",
    };

    if (log->drops) {
        add_log_flow(PL_T_DROP, "table={DROP},priority=40", PUNT_DROP,
                     log->ofport, set);
    }
    for (size_t i = 0; log->accepts && i < ARRAY_SIZE(accepts); i++) {
        add_log_flow(PL_T_ACCEPT, accepts[i], PUNT_ACCEPT, log->ofport, set);
    }
}

static void
add_header_flow(const char *protocol, uint16_t priority, uint64_t metadata,
                uint32_t header, enum pipeline_purpose purpose,
                struct flow_set *set)
{
    char *text = xasprintf("table={ARP_HEADER},priority=%" PRIu16 ",%s,"
                           "metadata=%#" PRIx64 "/%#" PRIx64
                           ",actions=set_field:%#" PRIx32 "/0xd->[HEADER]",
                           priority, protocol, metadata, metadata, header);

    pipeline_add_fixed(set, purpose, text);
    free(text);
}

/* What is wrapped does not leave by itself. */
static void
unwrap_flows(struct flow_set *set)
{
    static const char *const places[] = {
        "table={DELIVER},priority=40,[PROGRAM]=0",
        "table={IN_DONE},priority=20",
    };

    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        char *text = xasprintf("%s,metadata=%#" PRIx64 "/%#" PRIx64
                               ",actions=%scontroller(userdata=4e.57.%02x,"
                               "meter_id=%d)",
                               places[i], ARP_HEADER_WRAPPED,
                               ARP_HEADER_WRAPPED,
                               i ? "resubmit(,{ACCEPT})," : "", PUNT_UNWRAP,
                               PUNT_METER_UNWRAP);

        pipeline_add_fixed(set, PL_P_UNWRAP_ARP, text);
        free(text);
    }
}

/* The meter is an instruction, because "controller" ignores its own when it
 * pauses. */
void
punt_arp_flows(struct flow_set *set)
{
    static const char *const protocols[] = { "arp", "rarp" };

    for (size_t i = 0; i < ARRAY_SIZE(protocols); i++) {
        char *show = xasprintf(
            "table={CLASSIFY},priority=50000,%s,arp_op=0,metadata=0/%#" PRIx64
            ",actions=meter:%d,controller(userdata=4e.57.%02x,pause),group:%d",
            protocols[i], ARP_HEADER_READ, PUNT_METER_ARP, PUNT_ARP,
            PL_GROUP_AGAIN);

        pipeline_add_fixed(set, PL_P_SHOW_ARP, show);
        free(show);
        add_header_flow(protocols[i], 30, ARP_HEADER_STANDARD,
                        PL_HEADER_ARP | PL_HEADER_IPS | PL_HEADER_MACS,
                        PL_P_ARP_SHOWN, set);
        add_header_flow(protocols[i], 40, ARP_HEADER_IPS, PL_HEADER_IPS,
                        PL_P_ARP_WRAPPED, set);
        add_header_flow(protocols[i], 40, ARP_HEADER_MACS, PL_HEADER_MACS,
                        PL_P_ARP_WRAPPED, set);
    }
    unwrap_flows(set);
}

/* SHOW is behind a recirculation, where nothing else becomes of the packet:
 * other receivers of a frame for many get theirs, whatever the meter says. */
void
punt_ipv6_flows(struct flow_set *set)
{
    static const char *const tables[] = { "OUT_CT", "IN_CT" };

    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        char *text = xasprintf("table={%s},priority=60,[FLAGS]=0x20/0x20,ipv6,"
                               "vlan_tci=0/0x1000,metadata=0/%#" PRIx64
                               ",actions=group:%d",
                               tables[i], IPV6_HEADER_READ, PL_GROUP_SHOW);

        pipeline_add_fixed(set, PL_P_TO_SHOW, text);
        free(text);
    }
    for (size_t i = 0; i < 2 * PUNT_N_PORT_METERS; i++) {
        size_t port = i % PUNT_N_PORT_METERS;
        bool in = i >= PUNT_N_PORT_METERS;
        char *text =
            xasprintf("table={SHOW},priority=%d%s,[PORT]=%" PRIuSIZE "/%#x,"
                      "actions=meter:%" PRIuSIZE
                      ",controller(userdata=4e.57.%02x,pause),group:%d",
                      in ? 10 : 20, in ? "" : ",[OUT_PORT]=0", port,
                      PUNT_N_PORT_METERS - 1, PUNT_METER_IPV6 + port,
                      PUNT_IPV6, in ? PL_GROUP_SHOWN_IN : PL_GROUP_SHOWN_OUT);

        pipeline_add_fixed(set, PL_P_SHOW_IPV6, text);
        free(text);
    }
}

/* The i-th meter, from 0, with room for its band; false if there are no more.
 */
static bool
make_meter(size_t i, struct ofputil_meter_config *meter,
           struct ofputil_meter_band *band)
{
    static const struct {
        uint32_t first;
        size_t n;
        uint32_t rate;
    } ranges[] = {
        { PUNT_METER_REJECT, PUNT_N_PORT_METERS, PUNT_RATE },
        { PUNT_METER_ARP, 1, PUNT_RATE },
        { PUNT_METER_DROP, PUNT_N_PORT_METERS, PUNT_DROP_RATE },
        { PUNT_METER_COPY_OUT, PUNT_N_PORT_METERS, PUNT_COPY_RATE },
        { PUNT_METER_COPY_IN, PUNT_N_PORT_METERS, PUNT_COPY_RATE },
        { PUNT_METER_LOG, PUNT_N_PORT_METERS, PUNT_LOG_RATE },
        { PUNT_METER_BROADCAST, 1, PUNT_BROADCAST_RATE },
        { PUNT_METER_IPV6, PUNT_N_PORT_METERS, PUNT_IPV6_RATE },
        { PUNT_METER_BPDU, PUNT_N_PORT_METERS, PUNT_RATE },
        { PUNT_METER_UNWRAP, 1, PUNT_UNWRAP_RATE },
    };
    size_t r = 0;

    while (r < ARRAY_SIZE(ranges) && i >= ranges[r].n) {
        i -= ranges[r++].n;
    }
    if (r == ARRAY_SIZE(ranges)) {
        return false;
    }
    *band = (struct ofputil_meter_band){
        .type = OFPMBT13_DROP,
        .rate = ranges[r].rate,
        .burst_size = ranges[r].rate,
    };
    *meter = (struct ofputil_meter_config){
        .meter_id = ranges[r].first + i,
        .flags = OFPMF13_PKTPS | OFPMF13_BURST,
        .n_bands = 1,
        .bands = band,
    };
    return true;
}

struct ofpbuf *
punt_encode_meter(enum ofp_version version, size_t i, bool exists)
{
    struct ofputil_meter_band band;
    struct ofputil_meter_mod mm = {
        .command = exists ? OFPMC13_MODIFY : OFPMC13_ADD,
    };

    return (make_meter(i, &mm.meter, &band)
                ? ofputil_encode_meter_mod(version, &mm)
                : NULL);
}

static bool
is_same_meter(const struct ofputil_meter_config *a,
              const struct ofputil_meter_config *b)
{
    return (a->flags == b->flags && a->n_bands == b->n_bands
            && a->bands[0].type == b->bands[0].type
            && a->bands[0].rate == b->bands[0].rate
            && a->bands[0].burst_size == b->bands[0].burst_size);
}

bool
punt_meters_are_changed(const struct ofputil_meter_mod *mm)
{
    struct ofputil_meter_config ours;
    struct ofputil_meter_band band;

    for (size_t i = 0; make_meter(i, &ours, &band); i++) {
        if (mm->meter.meter_id == ours.meter_id) {
            return (mm->command == OFPMC13_DELETE
                    || !is_same_meter(&mm->meter, &ours));
        }
    }
    return mm->meter.meter_id == OFPM13_ALL;
}

bool
punt_flow_uses_meter(const struct of_flow *flow)
{
    const struct ofpact *a;

    OFPACT_FOR_EACH (a, flow->ofpacts, flow->ofpacts_len) {
        if (a->type == OFPACT_METER
            || (a->type == OFPACT_CONTROLLER
                && ofpact_get_CONTROLLER(a)->meter_id != NX_CTLR_NO_METER)) {
            return true;
        }
    }
    return false;
}

static struct ofpbuf *
encode_packet_out(enum ofputil_protocol protocol, const void *frame,
                  size_t size, ofp_port_t in_port, const struct ofpbuf *acts)
{
    struct ofputil_packet_out po = {
        .packet = frame,
        .packet_len = size,
        .buffer_id = UINT32_MAX,
        .ofpacts = acts->data,
        .ofpacts_len = acts->size,
    };

    match_init_catchall(&po.flow_metadata);
    match_set_in_port(&po.flow_metadata, in_port);
    return ofputil_encode_packet_out(&po, protocol);
}

/* With 'value' in 'reg'. */
static struct ofpbuf *
encode_egress(enum ofputil_protocol protocol, const void *frame, size_t size,
              uint16_t port, uint16_t vlan, enum mf_field_id reg,
              uint32_t value)
{
    uint64_t stub[512 / 8];
    struct ofpbuf acts = OFPBUF_STUB_INITIALIZER(stub);

    act_load(&acts, PL_R_VLAN, vlan);
    act_load(&acts, reg, value);
    act_load(&acts, PL_R_OUT_PORT, port);
    act_resubmit(&acts, PL_T_EGRESS);

    struct ofpbuf *msg = encode_packet_out(protocol, frame, size,
                                           OFPP_CONTROLLER, &acts);

    ofpbuf_uninit(&acts);
    return msg;
}

struct ofpbuf *
punt_encode_unwrapped(enum ofputil_protocol protocol, const void *frame,
                      size_t size, ofp_port_t from, uint16_t port)
{
    uint64_t stub[128 / 8];
    struct ofpbuf acts = OFPBUF_STUB_INITIALIZER(stub);

    act_load(&acts, PL_R_OUT_PORT, port);
    act_resubmit(&acts, PL_T_DELIVER);

    struct ofpbuf *msg = encode_packet_out(protocol, frame, size, from, &acts);

    ofpbuf_uninit(&acts);
    return msg;
}

struct ofpbuf *
punt_encode_answer(enum ofputil_protocol protocol, const void *frame,
                   size_t size, uint16_t port, uint16_t vlan)
{
    return encode_egress(protocol, frame, size, port, vlan, PL_R_FLAGS,
                         PL_F_ANSWER);
}

struct ofpbuf *
punt_encode_probe(enum ofputil_protocol protocol, const void *frame,
                  size_t size, uint16_t port, uint16_t vlan)
{
    return encode_egress(protocol, frame, size, port, vlan, PL_R_SENDER,
                         PL_SENDER_PROBE | PL_SENDER_MANY);
}
