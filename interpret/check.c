/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "interpret/private.h"

#include <netinet/in.h>
#include <string.h>

#include "util.h"
#include "xml/diag.h"

/* What ebtables and iptables refuse, so that instantiation fails (reference
 * 1.10), and what the switch can not do. */

struct check {
    const struct interpret_env *env;
    const struct interp_rule *rule;
    struct nw_diags *diags;
};

static void
refuse(const struct check *c, const char *what)
{
    const struct nw_rule *rule = c->rule->rule;

    nw_error(c->diags, c->rule->filter->file, rule->line, "%s: %s",
             nw_protocol_name(rule->protocol), what);
}

static void
check_range(const struct check *c, enum nw_attr from_attr,
            enum nw_attr to_attr)
{
    const struct interp_item *from = interp_item(c->rule, from_attr);
    const struct interp_item *to = interp_item(c->rule, to_attr);

    if (from && to && from->value.num > to->value.num) {
        nw_error(c->diags, c->rule->filter->file, c->rule->rule->line,
                 "%s is above %s", nw_attr_name(from_attr),
                 nw_attr_name(to_attr));
    }
}

static bool
has_ports(const struct interp_rule *r)
{
    return (interp_item(r, NW_A_SRCPORTSTART)
            || interp_item(r, NW_A_DSTPORTSTART));
}

/* ebtables looks for ports in all of these, the switch not in all. */
static bool
protocol_has_ports(const struct check *c, uint32_t protocol)
{
    switch (protocol) {
    case IPPROTO_TCP:
    case IPPROTO_UDP:
    case IPPROTO_SCTP:
        return true;
    case IPPROTO_DCCP:
    case IPPROTO_UDPLITE:
        return !c->env->refuse_inexpressible;
    default:
        return false;
    }
}

static void
check_ip(const struct check *c)
{
    const struct interp_item *protocol = interp_item(c->rule, NW_A_PROTOCOL);

    if (!has_ports(c->rule) || !protocol) {
        return;
    } else if (protocol->negate) {
        refuse(c, "ports need a protocol without match='no'");
    } else if (!protocol_has_ports(c, protocol->value.num)) {
        refuse(c, "the protocol has no ports");
    }
}

static void
check_ipv6(const struct check *c)
{
    const struct interp_item *protocol = interp_item(c->rule, NW_A_PROTOCOL);
    static const enum nw_attr tuple[] = {
        NW_A_ICMP_TYPE,
        NW_A_ICMP_TYPEEND,
        NW_A_ICMP_CODE,
        NW_A_ICMP_CODEEND,
    };

    check_ip(c);
    for (size_t i = 0; i < ARRAY_SIZE(tuple); i++) {
        if (interp_item(c->rule, tuple[i])
            && (!protocol || protocol->negate
                || protocol->value.num != IPPROTO_ICMPV6)) {
            refuse(c, "types and codes need protocol='icmpv6'");
            return;
        }
    }
}

static void
check_stp(const struct check *c)
{
    static const enum nw_attr ranges[][2] = {
        { NW_A_ROOT_PRIORITY, NW_A_ROOT_PRIORITY_HI },
        { NW_A_ROOT_COST, NW_A_ROOT_COST_HI },
        { NW_A_SENDER_PRIORITY, NW_A_SENDER_PRIORITY_HI },
        { NW_A_STP_PORT, NW_A_STP_PORT_HI },
        { NW_A_AGE, NW_A_AGE_HI },
        { NW_A_MAX_AGE, NW_A_MAX_AGE_HI },
        { NW_A_HELLO_TIME, NW_A_HELLO_TIME_HI },
        { NW_A_FORWARD_DELAY, NW_A_FORWARD_DELAY_HI },
    };
    const struct interp_rule *r = c->rule;

    for (size_t i = 0; i < ARRAY_SIZE(ranges); i++) {
        check_range(c, ranges[i][0], ranges[i][1]);
    }
    if (r->rule->direction == NW_INOUT && interp_item(r, NW_A_SRCMACADDR)) {
        refuse(c, "srcmacaddr needs a direction, not inout");
    }
}

static void
check_vlan(const struct check *c)
{
    const struct interp_item *vid = interp_item(c->rule, NW_A_VLANID);

    if (vid && vid->value.num == 4095) {
        refuse(c, "4095 is no VLAN");
    }
}

/* ebtables takes no mask without any bit. */
static void
check_mac_mask(const struct check *c, enum nw_attr addr, enum nw_attr mask)
{
    static const uint8_t none[6];
    const struct interp_item *m = interp_item(c->rule, mask);

    if (m && interp_item(c->rule, addr) && !memcmp(m->value.mac, none, 6)) {
        refuse(c, "a mask without any bit");
    }
}

/* iptables takes no negated network of all addresses. */
static void
check_negated_all(const struct check *c, enum nw_attr addr_attr,
                  enum nw_attr mask_attr)
{
    const struct interp_item *addr = interp_item(c->rule, addr_attr);
    const struct interp_item *mask = interp_item(c->rule, mask_attr);

    if (addr && addr->negate && mask && mask->value.num == 0) {
        refuse(c, "not one of all addresses");
    }
}

static void
check_l3(const struct check *c)
{
    const struct interp_rule *r = c->rule;
    const struct interp_item *set = interp_item(r, NW_A_IPSET);

    check_negated_all(c, NW_A_SRCIPADDR, NW_A_SRCIPMASK);
    check_negated_all(c, NW_A_DSTIPADDR, NW_A_DSTIPMASK);
    if (r->rule->action == NW_ACTION_CONTINUE) {
        refuse(c, "'continue' is not possible in an IP rule");
    }
    if (set
        && !(c->env->find_set
             && c->env->find_set(set->value.string, c->env->aux))) {
        refuse(c, "there is no such address set");
    }
    if (interp_item(r, NW_A_CONNLIMIT_ABOVE) && !c->env->count_connections) {
        refuse(c, "connections are not counted");
    }
    if (c->env->refuse_inexpressible) {
        if (interp_item(r, NW_A_TCP_OPTION)) {
            refuse(c, "the switch can not match TCP options");
        }
    }
}

void
interp_check(const struct interpret_env *env, const struct interp_rule *r,
             struct nw_diags *diags)
{
    struct check c = { env, r, diags };

    /* iptables takes reversed ranges of UDP ports, which never match. */
    if (r->rule->protocol != NW_P_UDP && r->rule->protocol != NW_P_UDP_IPV6) {
        check_range(&c, NW_A_SRCPORTSTART, NW_A_SRCPORTEND);
        check_range(&c, NW_A_DSTPORTSTART, NW_A_DSTPORTEND);
    }
    if (nw_protocol_layer(r->rule->protocol) != NW_L2) {
        check_l3(&c);
        return;
    }
    check_mac_mask(&c, NW_A_SRCMACADDR, NW_A_SRCMACMASK);
    check_mac_mask(&c, NW_A_DSTMACADDR, NW_A_DSTMACMASK);
    switch (r->rule->protocol) {
    case NW_P_VLAN:
        check_vlan(&c);
        break;
    case NW_P_STP:
        check_stp(&c);
        break;
    case NW_P_IP:
        check_ip(&c);
        break;
    case NW_P_IPV6:
        check_ipv6(&c);
        break;
    default:
        break;
    }
}
