/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* Neighbour discovery (RFC 4861) and address configuration (RFC 4862). */

#include <config.h>

#include "learning/snoop-private.h"

#include <netinet/icmp6.h>

#include "lib/flow.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"

#define HOP_LIMIT 255 /* Nobody but a neighbour can have sent that. */
#define OPTION_UNIT 8

struct nd_option {
    uint8_t type;
    uint8_t len; /* In units of 8 bytes. */
};

/* Takes the next option off 'rest'; NULL at the end.  An option of length 0
 * makes the packet invalid (RFC 4861 4.6). */
static const struct nd_option *
next_option(struct ofpbuf *rest, bool *badp)
{
    const struct nd_option *option = rest->data;

    if (!rest->size) {
        return NULL;
    } else if (rest->size < OPTION_UNIT || !option->len
               || option->len * OPTION_UNIT > rest->size) {
        *badp = true;
        return NULL;
    }
    ofpbuf_pull(rest, option->len * OPTION_UNIT);
    return option;
}

/* Reads the options of a neighbour's message: is there a source link-layer
 * address, and which is the target's? */
static bool
read_lla_options(struct ofpbuf *rest, bool *sourcep, struct snoop_event *event)
{
    const struct nd_option *option;
    bool bad = false, target = false;

    *sourcep = false;
    while ((option = next_option(rest, &bad))) {
        bool *seen = (option->type == ND_OPT_SOURCE_LINKADDR   ? sourcep
                      : option->type == ND_OPT_TARGET_LINKADDR ? &target
                                                               : NULL);
        if (!seen) {
            continue;
        } else if (option->len != 1) {
            return snoop_bad(event, SNOOP_BAD_OPTION);
        } else if (*seen) {
            return snoop_bad(event, SNOOP_BAD_REPEATED);
        }
        *seen = true;
        if (seen == &target) {
            event->nd.lla = ((const struct ovs_nd_lla_opt *) option)->mac;
        }
    }
    return !bad || snoop_bad(event, SNOOP_BAD_OPTION);
}

static bool
pull_nd(struct ofpbuf *payload, struct snoop_event *event, uint32_t *flagsp)
{
    const struct ovs_nd_msg *msg = ofpbuf_try_pull(payload, ND_MSG_LEN);

    if (!msg) {
        return snoop_bad(event, SNOOP_BAD_LENGTH);
    }
    *flagsp = ntohl(get_16aligned_be32(&msg->rso_flags));
    memcpy(&event->nd.target, &msg->target, sizeof event->nd.target);
    return !ipv6_addr_is_multicast(&event->nd.target)
           || snoop_bad(event, SNOOP_BAD_ADDRESS);
}

/* RFC 4861 7.1.1. */
static bool
read_solicitation(struct ofpbuf *payload, const struct flow *flow,
                  struct snoop_event *event)
{
    struct in6_addr group;
    uint32_t flags;
    bool source;

    if (!pull_nd(payload, event, &flags)
        || !read_lla_options(payload, &source, event)) {
        return false;
    } else if (ipv6_addr_is_set(&flow->ipv6_src)) {
        return true; /* Asks for a neighbour, claims nothing. */
    }
    in6_addr_solicited_node(&group, &event->nd.target);
    if (source) {
        return snoop_bad(event, SNOOP_BAD_OPTION);
    } else if (!ipv6_addr_equals(&group, &flow->ipv6_dst)) {
        return snoop_bad(event, SNOOP_BAD_ADDRESS);
    }
    event->kind = SNOOP_ND_DAD;
    return true;
}

/* RFC 4861 7.1.2. */
static bool
read_advertisement(struct ofpbuf *payload, const struct flow *flow,
                   struct snoop_event *event)
{
    uint32_t flags;
    bool source;

    if (!pull_nd(payload, event, &flags)
        || !read_lla_options(payload, &source, event)) {
        return false;
    } else if (ipv6_addr_is_multicast(&flow->ipv6_dst)
               && flags & ND_RSO_SOLICITED) {
        return snoop_bad(event, SNOOP_BAD_HEADER);
    }
    event->kind = SNOOP_ND_ADVERT;
    return true;
}

/* RFC 4862 5.5.3: prefixes that hosts do not make addresses of, or must not,
 * are ignored. */
static bool
read_prefix(const struct ovs_nd_prefix_opt *opt, struct snoop_event *event)
{
    struct snoop_ra *ra = &event->ra;
    uint32_t valid = ntohl(get_16aligned_be32(&opt->valid_lifetime));
    uint32_t preferred = ntohl(get_16aligned_be32(&opt->preferred_lifetime));

    if (!(opt->la_flags & ND_OPT_PI_FLAG_AUTO) || preferred > valid
        || opt->prefix_len > 128) {
        return true;
    } else if (ra->n_prefixes >= SNOOP_MAX_ADDRESSES) {
        return snoop_bad(event, SNOOP_BAD_TOO_MANY);
    }

    struct snoop_prefix *prefix = &ra->prefixes[ra->n_prefixes++];

    memcpy(&prefix->addr, &opt->prefix, sizeof prefix->addr);
    prefix->plen = opt->prefix_len;
    prefix->valid = valid;
    return true;
}

/* RFC 4861 6.1.2. */
static bool
read_router(struct ofpbuf *payload, const struct flow *flow,
            struct snoop_event *event)
{
    const struct nd_option *option;
    bool bad = false;

    if (!ofpbuf_try_pull(payload, sizeof(struct ovs_ra_msg))) {
        return snoop_bad(event, SNOOP_BAD_LENGTH);
    } else if (!in6_is_lla(CONST_CAST(struct in6_addr *, &flow->ipv6_src))) {
        return snoop_bad(event, SNOOP_BAD_ADDRESS);
    }
    while ((option = next_option(payload, &bad))) {
        if (option->type != ND_OPT_PREFIX_INFORMATION) {
            continue;
        } else if (option->len != 4) {
            return snoop_bad(event, SNOOP_BAD_OPTION);
        } else if (!read_prefix((const void *) option, event)) {
            return false;
        }
    }
    event->kind = SNOOP_ND_ROUTER;
    return !bad || snoop_bad(event, SNOOP_BAD_OPTION);
}

bool
snoop_icmpv6(struct ofpbuf *payload, const struct flow *flow,
             struct snoop_event *event)
{
    const struct icmp6_header *icmp = payload->data;

    if (payload->size < ICMP6_HEADER_LEN) {
        return snoop_bad(event, SNOOP_BAD_LENGTH);
    } else if (icmp->icmp6_type != ND_NEIGHBOR_SOLICIT
               && icmp->icmp6_type != ND_NEIGHBOR_ADVERT
               && icmp->icmp6_type != ND_ROUTER_ADVERT) {
        return true;
    } else if (icmp->icmp6_code || flow->nw_ttl != HOP_LIMIT) {
        return snoop_bad(event, SNOOP_BAD_HEADER);
    }
    switch (icmp->icmp6_type) {
    case ND_NEIGHBOR_SOLICIT:
        return read_solicitation(payload, flow, event);
    case ND_NEIGHBOR_ADVERT:
        return read_advertisement(payload, flow, event);
    default:
        return read_router(payload, flow, event);
    }
}
