/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/snoop-flows.h"

#include <stdbool.h>
#include <stdlib.h>

#include "flows/flow.h"
#include "flows/pipeline.h"
#include "flows/punt-flows.h"
#include "openvswitch/packets.h"
#include "packets.h"
#include "util.h"

struct copy {
    unsigned int bit; /* SNOOP_*. */
    uint8_t table;
    uint16_t priority;
    const char *match;
};

/* Above what the tables do with every frame. */
#define DONE 20
#define ENTRY 200

static const struct copy copies[] = {
    { SNOOP_COPY_IPV4, PL_T_OUT_DONE, DONE, "ip" },
    { SNOOP_COPY_DHCP_OUT, PL_T_OUT_DONE, DONE, "udp,tp_src=68,tp_dst=67" },
    { SNOOP_COPY_DHCP_IN, PL_T_IN_DONE, DONE,
      "udp,dl_dst=00:00:00:00:00:00/01:00:00:00:00:00,tp_src=67,tp_dst=68" },
    { SNOOP_HOLD_DHCP_IN, PL_T_IN_DONE, DONE + 1, "udp,tp_src=67,tp_dst=68" },
    { SNOOP_COPY_ND_OUT, PL_T_OUT_ENTRY, ENTRY, "icmp6,icmp_type=135" },
    { SNOOP_COPY_ND_OUT, PL_T_OUT_ENTRY, ENTRY, "icmp6,icmp_type=136" },
    { SNOOP_COPY_RA_IN, PL_T_IN_DONE, DONE, "icmp6,icmp_type=134" },
    { SNOOP_COPY_DHCPV6_OUT, PL_T_OUT_DONE, DONE,
      "udp6,tp_src=546,tp_dst=547" },
    { SNOOP_COPY_DHCPV6_IN, PL_T_IN_DONE, DONE, "udp6,tp_src=547,tp_dst=546" },
};

/* How the daemon is shown the frame.  "controller" ignores its own meter when
 * it pauses. */
static char *
show_actions(const struct copy *copy, uint16_t ofport)
{
    bool in = copy->table == PL_T_IN_DONE;
    uint32_t meter = (in ? PUNT_METER_COPY_IN : PUNT_METER_COPY_OUT)
                     + ofport % PUNT_N_PORT_METERS;

    if (copy->bit == SNOOP_HOLD_DHCP_IN) {
        return xasprintf("meter:%" PRIu32
                         ",controller(userdata=4e.57.%02x,pause)",
                         meter, PUNT_HOLD_IN);
    }
    return xasprintf("controller(userdata=4e.57.%02x,meter_id=%" PRIu32 ")",
                     in ? PUNT_COPY_IN : PUNT_COPY_OUT, meter);
}

/* Then the table is asked again for what it does with every frame.  SENDER has
 * the zone of a filtered port that it is from. */
static void
add_copy(const struct copy *copy, uint16_t ofport, const char *more,
         struct flow_set *set)
{
    char *show = show_actions(copy, ofport);
    uint64_t id = (uint64_t) copy->table << 32 | ofport;
    char *text = xasprintf("table=%d,priority=%d,[PORT]=%" PRIu16
                           ",[FLAGS]=0/%#x,%s%s%s,actions=%s,"
                           "set_field:%#x/%#x->[FLAGS],resubmit(,%d)",
                           copy->table, copy->priority, ofport, PL_F_COPIED,
                           copy->table == PL_T_IN_DONE ? "[SENDER]=0/0xffff,"
                                                       : "",
                           copy->match, more, show, PL_F_COPIED, PL_F_COPIED,
                           copy->table);

    pipeline_add_text(set, pipeline_cookie(PL_K_PORT, id), text);
    free(text);
    free(show);
}

/* A frame for the guest's address is for nobody else: if the meter drops it,
 * or it does not come back, no other port loses it.  A packet that is traced
 * does not wait: the trace would end there. */
static void
add_hold(const struct copy *copy, uint16_t ofport, struct eth_addr mac,
         struct flow_set *set)
{
    char *more = xasprintf(",dl_dst=" ETH_ADDR_FMT ",metadata=0/%#" PRIx64,
                           ETH_ADDR_ARGS(mac), PL_METADATA_SPLIT);

    add_copy(copy, ofport, more, set);
    free(more);
}

void
snoop_flows(uint16_t ofport, struct eth_addr mac, unsigned int wanted,
            struct flow_set *set)
{
    for (size_t i = 0; i < ARRAY_SIZE(copies); i++) {
        if (wanted & copies[i].bit & SNOOP_HOLD_DHCP_IN) {
            add_hold(&copies[i], ofport, mac, set);
        } else if (wanted & copies[i].bit) {
            add_copy(&copies[i], ofport, "", set);
        }
    }
}

static bool
has_all(const struct flow_set *flows, const struct flow_set *wanted)
{
    const struct of_flow *flow;

    FLOW_SET_FOR_EACH (flow, wanted) {
        if (!flow_set_find(flows, flow)) {
            return false;
        }
    }
    return true;
}

unsigned int
snoop_find_copies(uint16_t ofport, struct eth_addr mac,
                  const struct flow_set *flows)
{
    unsigned int found = 0;

    for (size_t i = 0; i < ARRAY_SIZE(copies); i++) {
        struct flow_set wanted;

        flow_set_init(&wanted);
        snoop_flows(ofport, mac, copies[i].bit, &wanted);
        found |= has_all(flows, &wanted) ? copies[i].bit : 0;
        flow_set_uninit(&wanted);
    }
    return found;
}

void
snoop_bridge_flows(struct flow_set *set)
{
    char *show = xasprintf(
        "table={FORWARD},priority=30,[OUT_PORT]=0,[SENDER]=0,udp,"
        "dl_dst=ff:ff:ff:ff:ff:ff,tp_src=67,tp_dst=68,"
        "actions=controller(userdata=4e.57.%02x,meter_id=%d),"
        "set_field:%#" PRIx32 "/%#" PRIx32 "->[SENDER],"
        "resubmit(,{FLOOD})",
        PUNT_BROADCAST, PUNT_METER_BROADCAST, PL_SENDER_MANY, PL_SENDER_MANY);
    char *probed = xasprintf("table={IN_DONE},priority=30,[SENDER]=%#" PRIx32
                             "/%#" PRIx32 ","
                             "actions=controller(userdata=4e.57.%02x)",
                             PL_SENDER_PROBE, PL_SENDER_PROBE, PUNT_COPY_IN);

    pipeline_add_fixed(set, PL_P_SHOW_BROADCAST, show);
    pipeline_add_fixed(set, PL_P_PROBED, probed);
    free(show);
    free(probed);
}
