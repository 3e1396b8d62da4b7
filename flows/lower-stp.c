/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* Spanning tree frames: what is compared of them, see bpdu.h. */

#include <config.h>

#include <inttypes.h>

#include "flows/bpdu.h"
#include "flows/lower-private.h"
#include "packets.h"
#include "util.h"

/* 'second' is the end of a range, or a mask. */
static const struct stp_field {
    enum nw_attr attr, second;
} fields[BPDU_N_FIELDS] = {
    [BPDU_TYPE] = { NW_A_STP_TYPE, NW_N_ATTRS },
    [BPDU_FLAGS] = { NW_A_STP_FLAGS, NW_N_ATTRS },
    [BPDU_ROOT_PRIORITY] = { NW_A_ROOT_PRIORITY, NW_A_ROOT_PRIORITY_HI },
    [BPDU_ROOT_ADDRESS] = { NW_A_ROOT_ADDRESS, NW_A_ROOT_ADDRESS_MASK },
    [BPDU_ROOT_COST] = { NW_A_ROOT_COST, NW_A_ROOT_COST_HI },
    [BPDU_SENDER_PRIORITY] = { NW_A_SENDER_PRIORITY, NW_A_SENDER_PRIORITY_HI },
    [BPDU_SENDER_ADDRESS] = { NW_A_SENDER_ADDRESS, NW_A_SENDER_ADDRESS_MASK },
    [BPDU_PORT] = { NW_A_STP_PORT, NW_A_STP_PORT_HI },
    [BPDU_AGE] = { NW_A_AGE, NW_A_AGE_HI },
    [BPDU_MAX_AGE] = { NW_A_MAX_AGE, NW_A_MAX_AGE_HI },
    [BPDU_HELLO_TIME] = { NW_A_HELLO_TIME, NW_A_HELLO_TIME_HI },
    [BPDU_FORWARD_DELAY] = { NW_A_FORWARD_DELAY, NW_A_FORWARD_DELAY_HI },
};

/* An end or a mask alone asks for nothing. */
static void
lower_field(struct lowering *l, enum bpdu_field field)
{
    static const uint8_t exact[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    const struct stp_field *f = &fields[field];
    struct bpdu_condition *c = &l->out->bpdu;
    bool negate;
    const struct nw_value *value = lw_value(l, f->attr, &negate);
    const struct nw_value *second = lw_value(l, f->second, NULL);

    if (value && value->type == NW_T_MAC) {
        bpdu_condition_add_address(c, field, value->mac,
                                   second ? second->mac : exact, negate);
    } else if (value && second && second->num < value->num) {
        lw_fail(l, f->attr, "%s %" PRIu32 " to %" PRIu32 " is reversed",
                nw_attr_name(f->attr), value->num, second->num);
    } else if (value) {
        bpdu_condition_add_range(c, field, value->num,
                                 second ? second->num : value->num, negate);
    }
}

void
lw_lower_stp(struct lowering *l)
{
    if (l->in->rule->direction == NW_INOUT && lw_has(l, NW_A_SRCMACADDR)) {
        lw_fail(l, NW_A_SRCMACADDR,
                "stp with srcmacaddr needs direction "
                "'in' or 'out'");
    }
    lw_clause_add(lw_base(l), MFF_ETH_DST, &eth_addr_stp, NULL);
    for (int field = 0; field < BPDU_N_FIELDS; field++) {
        lower_field(l, field);
    }
}
