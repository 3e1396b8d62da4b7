/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/learning-rules.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "util.h"
#include "xml/diag.h"
#include "xml/filter.h"

#define NAME_PREFIX "waiting for addresses: "

struct learning_rules {
    struct shash filters; /* Name to "struct nw_filter". */
};

/* What a filter is made for. */
struct wait {
    enum learner_mode ipv4, ipv6;
    bool servers;
};

struct learning_rules *
learning_rules_create(void)
{
    struct learning_rules *r = xmalloc(sizeof *r);

    shash_init(&r->filters);
    return r;
}

void
learning_rules_destroy(struct learning_rules *r)
{
    if (r) {
        struct shash_node *node;

        SHASH_FOR_EACH (node, &r->filters) {
            nw_filter_destroy(node->data);
        }
        shash_destroy(&r->filters);
        free(r);
    }
}

static void
put_accept(struct ds *s, const char *direction, const char *protocol)
{
    ds_put_format(s, "<rule action='accept' direction='%s'><%s/></rule>\n",
                  direction, protocol);
}

static void
put_dhcp(struct ds *s, bool servers)
{
    static const char *const to[] = { "$MAC", "ff:ff:ff:ff:ff:ff" };

    put_accept(s, "out",
               "ip protocol='udp' srcportstart='68' "
               "dstportstart='67'");
    for (size_t i = 0; i < ARRAY_SIZE(to); i++) {
        ds_put_format(s,
                      "<rule action='accept' direction='in'><ip "
                      "dstmacaddr='%s'%s protocol='udp' srcportstart='67' "
                      "dstportstart='68'/></rule>\n",
                      to[i], servers ? " srcipaddr='$DHCPSERVER[@1]'" : "");
    }
}

/* A server answers to the guest's link-local address, which it has to find,
 * and a guest uses it only if nobody else does. */
static void
put_dhcpv6(struct ds *s)
{
    put_accept(s, "out",
               "ipv6 protocol='udp' srcportstart='546' dstportstart='547'");
    put_accept(s, "in",
               "ipv6 protocol='udp' srcportstart='547' dstportstart='546'");
    put_accept(s, "out", "ipv6 protocol='icmpv6' type='133'");
    put_accept(s, "in", "ipv6 protocol='icmpv6' type='134'");
    put_accept(s, "inout", "ipv6 protocol='icmpv6' type='135' typeend='136'");
}

static void
put_rules(struct ds *s, const struct wait *w)
{
    bool open = ((w->ipv4 == LEARNER_ANY && w->ipv6 != LEARNER_DHCP)
                 || (w->ipv6 == LEARNER_ANY && w->ipv4 == LEARNER_NONE));

    ds_put_cstr(s, "<rule action='drop' direction='out' priority='0'>"
                   "<mac match='no' srcmacaddr='$MAC'/></rule>\n");
    if (w->ipv4 == LEARNER_ANY) {
        put_accept(s, open ? "out" : "inout", "mac protocolid='ipv4'");
        put_accept(s, open ? "out" : "inout", "mac protocolid='arp'");
    } else if (w->ipv4 == LEARNER_DHCP) {
        put_dhcp(s, w->servers);
    }
    if (w->ipv6 == LEARNER_ANY) {
        put_accept(s, open ? "out" : "inout", "mac protocolid='ipv6'");
    } else if (w->ipv6 == LEARNER_DHCP) {
        put_dhcpv6(s);
    }
    ds_put_format(s, "<rule action='drop' direction='%s' priority='1000'/>\n",
                  open ? "out" : "inout");
}

static struct nw_filter *
make_filter(const char *name, const struct wait *w)
{
    struct nw_parse_options options = { .compat = false };
    struct nw_diags diags = { .n = 0 };
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "<filter name='%s'>\n", name);
    put_rules(&s, w);
    ds_put_cstr(&s, "</filter>\n");

    struct nw_filter *filter = nw_filter_parse(s.string, s.length, name,
                                               &options, &diags);

    ovs_assert(filter);
    nw_diags_clear(&diags);
    ds_destroy(&s);
    return filter;
}

const char *
learning_rules_name(struct learning_rules *r, enum learner_mode ipv4,
                    enum learner_mode ipv6, bool servers)
{
    struct wait wait = {
        .ipv4 = ipv4,
        .ipv6 = ipv6,
        .servers = servers && ipv4 == LEARNER_DHCP,
    };
    char *name = xasprintf(NAME_PREFIX "IP %s, IPV6 %s%s",
                           learner_mode_to_string(ipv4),
                           learner_mode_to_string(ipv6),
                           wait.servers ? ", DHCPSERVER" : "");
    struct shash_node *node = shash_find(&r->filters, name);

    if (!node) {
        node = shash_add(&r->filters, name, make_filter(name, &wait));
    }
    free(name);
    return node->name;
}

const struct nw_filter *
learning_rules_lookup(const char *name, void *r_)
{
    struct learning_rules *r = r_;

    return shash_find_data(&r->filters, name);
}

bool
learning_rules_is_name(const char *name)
{
    return !strncmp(name, NAME_PREFIX, strlen(NAME_PREFIX));
}
