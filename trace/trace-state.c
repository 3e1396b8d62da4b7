/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "trace/trace-state.h"

#include <string.h>

#include "flows/pipeline.h"
#include "interpret/ct.h"
#include "lib/flow.h"
#include "openvswitch/dynamic-string.h"
#include "packets.h"
#include "util.h"

bool
trace_state_parse(const char *text, struct interpret_conn *conn)
{
    static const struct {
        const char *name;
        struct interpret_conn conn;
    } states[] = {
        { "new", { INTERPRET_NEW, false } },
        { "est", { INTERPRET_ESTABLISHED, false } },
        { "est,rpl", { INTERPRET_ESTABLISHED, true } },
        { "rel", { INTERPRET_RELATED, false } },
        { "inv", { INTERPRET_INVALID, false } },
    };

    for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
        if (!strcmp(text, states[i].name)) {
            *conn = states[i].conn;
            return true;
        }
    }
    return false;
}

void
trace_state_resolve(const struct interpret_conn *wanted,
                    const struct interpret_frame *frame,
                    struct interpret_conn *resolved)
{
    const struct interpret_ct_options options = { .ignore_checksums = true };
    struct interpret_ct *ct = interpret_ct_create(&options);

    /* To a tracker without memory it is a first packet. */
    interpret_ct_receive(ct, frame, resolved);
    interpret_ct_destroy(ct);
    if (resolved->state != INTERPRET_UNTRACKED
        && wanted->state != INTERPRET_NEW) {
        *resolved = *wanted;
    }
}

const char *
trace_state_check(const struct interpret_conn *wanted, const struct flow *flow)
{
    uint16_t flags = ntohs(flow->tcp_flags) & (TCP_SYN | TCP_ACK);

    if (wanted->state != INTERPRET_ESTABLISHED || !is_ip_any(flow)
        || flow->nw_proto != IPPROTO_TCP) {
        return NULL;
    } else if (flags == TCP_SYN) {
        return "a packet with SYN begins a connection: "
               "it is in state new, or inv";
    } else if (flags == (TCP_SYN | TCP_ACK) && !wanted->reply) {
        return "a packet with SYN and ACK is an answer: "
               "it is in state est,rpl, or inv";
    }
    return NULL;
}

static bool
is_icmp(const struct flow *flow)
{
    return is_icmpv4(flow, NULL) || is_icmpv6(flow, NULL);
}

uint32_t
trace_state_to_ct(const struct interpret_conn *wanted,
                  const struct interpret_conn *resolved,
                  const struct flow *flow, struct ds *ct_state)
{
    bool tcp = is_ip_any(flow) && flow->nw_proto == IPPROTO_TCP;

    switch (resolved->state) {
    case INTERPRET_ESTABLISHED:
        ds_put_format(ct_state, "trk,est%s", resolved->reply ? ",rpl" : "");
        return tcp ? PL_MARK_REPLIED | PL_MARK_SYN : 0;
    case INTERPRET_RELATED:
        ds_put_cstr(ct_state, is_icmp(flow) ? "trk,rel" : "trk,new,rel");
        return 0;
    case INTERPRET_INVALID:
        /* Which TCP packets begin no connection, the switch's flows tell. */
        ds_put_cstr(ct_state,
                    (tcp && wanted->state == INTERPRET_NEW ? "trk,new"
                                                           : "trk,inv"));
        return 0;
    case INTERPRET_NEW:
    case INTERPRET_UNTRACKED:
        break;
    }
    ds_put_cstr(ct_state, "trk,new");
    return 0;
}
