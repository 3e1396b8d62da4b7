/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/parse-private.h"

#include <netinet/in.h>

#include "xml/diag.h"
#include "xml/mem.h"

/* A rule as a whole, after its elements are merged: where it deviates from
 * libvirt (deviations D4 to D14), and what its attributes imply. */

struct check {
    struct nw_parse *parse;
    const struct nw_rule *rule;
    struct nw_item *items;
    const struct nw_field *fields;
    size_t n_fields;
};

static struct nw_item *
get(const struct check *c, enum nw_attr attr)
{
    const struct nw_field *field = nw_field_by_attr(c->rule->protocol, attr);
    struct nw_item *item = field ? &c->items[field - c->fields] : NULL;

    return item && item->field ? item : NULL;
}

static bool
negated(const struct nw_item *item)
{
    return item && item->negate;
}

static void
check_ports(const struct check *c)
{
    const struct nw_item *src = get(c, NW_A_SRCPORTSTART);
    const struct nw_item *dst = get(c, NW_A_DSTPORTSTART);

    if (nw_protocol_layer(c->rule->protocol) != NW_L2 && dst
        && negated(dst) != negated(src)) {
        nw_parse_warning(c->parse, dst->line,
                         "[D4] dstportstart %s negated here, unlike in "
                         "libvirt, which takes that from srcportstart",
                         negated(dst) ? "is" : "is not");
    }
}

/* iptables compares the two as one number. */
static void
check_port_pair(const struct check *c)
{
    const struct nw_item *dst = get(c, NW_A_DSTPORTSTART);

    if (nw_protocol_layer(c->rule->protocol) != NW_L2
        && negated(get(c, NW_A_SRCPORTSTART)) && negated(dst)
        && !get(c, NW_A_SRCPORTEND) && !get(c, NW_A_DSTPORTEND)
        && c->rule->protocol != NW_P_SCTP
        && c->rule->protocol != NW_P_SCTP_IPV6) {
        nw_parse_warning(c->parse, dst->line,
                         "[D4] each port is negated by itself here; iptables "
                         "of libvirt's host may negate the pair of them");
    }
}

static void
check_vlan(const struct check *c)
{
    const struct nw_item *item = get(c, NW_A_ENCAP_PROTOCOL);

    if (item) {
        nw_parse_warning(c->parse, item->line,
                         "[D5] encap-protocol is compared as written; libvirt "
                         "%s another number",
                         item->is_variable ? "may compare" : "compares");
    }
}

static void
check_ipset(const struct check *c)
{
    const struct nw_item *set = get(c, NW_A_IPSET);
    struct nw_item *flags = get(c, NW_A_IPSETFLAGS);
    bool all = (c->rule->protocol == NW_P_ALL
                || c->rule->protocol == NW_P_ALL_IPV6);

    if (!set) {
        if (flags) {
            nw_parse_warning(c->parse, flags->line,
                             "ipsetflags without ipset is ignored");
            flags->field = NULL;
        }
        return;
    }
    if (!flags) {
        const struct nw_field *field = nw_field_by_attr(c->rule->protocol,
                                                        NW_A_IPSETFLAGS);
        nw_parse_warning(c->parse, set->line,
                         "[D6] ipset without ipsetflags tests 'src' here; "
                         "libvirt %s",
                         all ? "does not test the set" : "refuses it");
        c->items[field - c->fields] = (struct nw_item){
            .field = field,
            .line = set->line,
            .value = { .type = field->type, .ipset_flags = { .n = 1 } },
        };
    } else if (!all) {
        nw_parse_warning(c->parse, set->line,
                         "[D6] the set is tested here; libvirt does not test "
                         "sets in <%s>",
                         nw_protocol_name(c->rule->protocol));
    }
}

static void
check_ipv6(const struct check *c)
{
    const struct nw_item *to = get(c, NW_A_DSTIPTO);
    const struct nw_item *flags = get(c, NW_A_TCP_FLAGS);

    if (nw_protocol_layer(c->rule->protocol) != NW_L3_IPV6) {
        return;
    }
    if (c->rule->protocol == NW_P_AH_IPV6) {
        nw_parse_warning(c->parse, c->rule->line,
                         "ports with this rule take IPv6 at a limited rate: "
                         "the switch shows each packet to the daemon, which "
                         "looks for authentication headers");
    }
    if (to && !to->is_variable) {
        nw_parse_warning(c->parse, to->line,
                         "[D7] dstipto is taken as an IPv6 address; libvirt "
                         "refuses it");
    }
    if (flags) {
        nw_parse_warning(c->parse, flags->line,
                         "[D8] flags are tested here; libvirt ignores them in "
                         "<%s>",
                         nw_protocol_name(c->rule->protocol));
    }
}

static void
check_ip(const struct check *c)
{
    const struct nw_item *dscp = get(c, NW_A_DSCP);

    if (c->rule->protocol == NW_P_IP && dscp) {
        nw_parse_warning(c->parse, dscp->line,
                         "[D9] dscp is the 6 bits of that name; libvirt "
                         "compares the whole TOS byte with it in <ip>");
    }
}

static void
check_arp(const struct check *c)
{
    const struct nw_item *mask = get(c, NW_A_ARPSRCIPMASK);
    const struct nw_item *dst = get(c, NW_A_ARPDSTIPADDR);

    if (mask && dst && get(c, NW_A_ARPSRCIPADDR)
        && !get(c, NW_A_ARPDSTIPMASK)) {
        nw_parse_warning(c->parse, dst->line,
                         "[D11] arpdstipaddr is compared in full; libvirt "
                         "applies arpsrcipmask to it");
    }

    struct nw_item *gratuitous = get(c, NW_A_GRATUITOUS);
    if (gratuitous && !gratuitous->value.boolean) {
        gratuitous->field = NULL;
    }
}

/* What the kernel compares instead of a field, which it looks for one byte too
 * early. */
static const struct {
    enum nw_attr attr;
    const char *instead;
} stp_fields[] = {
    { NW_A_STP_TYPE, "the version" },
    { NW_A_STP_FLAGS, "the type" },
    { NW_A_ROOT_PRIORITY, "flags and the first byte of root-priority" },
    { NW_A_ROOT_ADDRESS,
      "the last byte of root-priority and five of root-address" },
    { NW_A_ROOT_COST, "the last byte of root-address and three of root-cost" },
    { NW_A_SENDER_PRIORITY,
      "the last byte of root-cost and the first of sender-priority" },
    { NW_A_SENDER_ADDRESS,
      "the last byte of sender-priority and five of sender-address" },
    { NW_A_STP_PORT, "the last byte of sender-address and the first of port" },
    { NW_A_AGE, "the last byte of port and the first of age" },
    { NW_A_MAX_AGE, "the last byte of age and the first of max-age" },
    { NW_A_HELLO_TIME,
      "the last byte of max-age and the first of hello-time" },
    { NW_A_FORWARD_DELAY,
      "the last byte of hello-time and the first of forward-delay" },
};

/* Whether it is a "type" that no version agrees with. */
static bool
type_is_never(const struct nw_item *item)
{
    return item->field->attr == NW_A_STP_TYPE && !item->is_variable
           && !item->value.num == item->negate;
}

static void
check_stp(const struct check *c)
{
    if (c->rule->protocol != NW_P_STP) {
        return;
    }
    for (size_t i = 0; i < NW_ARRAY_SIZE(stp_fields); i++) {
        const struct nw_item *item = get(c, stp_fields[i].attr);

        if (item) {
            nw_parse_warning(c->parse, item->line,
                             "%s is compared with %s, as in libvirt: it looks "
                             "for fields of BPDUs one byte too early, and "
                             "only in those of version 0%s",
                             nw_attr_name(stp_fields[i].attr),
                             stp_fields[i].instead,
                             type_is_never(item) ? "; so the rule never "
                                                   "matches"
                                                 : "");
        }
    }
}

/* ebtables goes past an authentication header. */
static void
check_ah(const struct check *c)
{
    const struct nw_item *protocol = get(c, NW_A_PROTOCOL);

    if (c->rule->protocol == NW_P_IPV6 && protocol && !protocol->is_variable
        && protocol->value.num == IPPROTO_AH) {
        nw_parse_warning(c->parse, protocol->line,
                         "protocol 'ah' of <ipv6> never matches, as in "
                         "libvirt: use <ah-ipv6>");
    }
}

static void
check_icmp(const struct check *c)
{
    const struct nw_item *type = get(c, NW_A_ICMP_TYPE);
    struct nw_item *code = get(c, NW_A_ICMP_CODE);

    if (c->rule->protocol != NW_P_ICMP && c->rule->protocol != NW_P_ICMPV6) {
        return;
    }
    if (code && !type) {
        nw_parse_deviation(c->parse, code->line, "D14", "it is ignored",
                           "code without type in <%s>",
                           nw_protocol_name(c->rule->protocol));
        code->field = NULL;
    }
    if (type && c->rule->direction == NW_INOUT) {
        nw_parse_warning(c->parse, type->line,
                         "[D13] the rule holds in both directions; libvirt "
                         "makes no rule at all of direction 'inout' with a "
                         "type");
    }
}

void
nw_parse_check_rule(struct nw_parse *parse, const struct nw_rule *rule,
                    struct nw_item items[])
{
    struct check c = { .parse = parse, .rule = rule, .items = items };

    c.fields = nw_protocol_fields(rule->protocol, &c.n_fields);
    check_ports(&c);
    check_port_pair(&c);
    check_vlan(&c);
    check_ipset(&c);
    check_ipv6(&c);
    check_ip(&c);
    check_arp(&c);
    check_stp(&c);
    check_icmp(&c);
    check_ah(&c);
}
