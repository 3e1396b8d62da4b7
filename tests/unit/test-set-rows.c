/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/set-rows.h"

#include <netinet/in.h>
#include <stdlib.h>

#include "dp-packet.h"
#include "flows/flow.h"
#include "flows/pipeline.h"
#include "interpret/frame.h"
#include "interpret/set.h"
#include "lib/flow.h"
#include "packets.h"
#include "random.h"
#include "tests/unit/check.h"
#include "tests/unit/flow-text.h"
#include "util.h"
#include "xml/ipset.h"

static struct set_use
make_use(const char *flags, int family)
{
    struct nw_value value;
    char *error = nw_value_parse(NW_T_IPSET_FLAGS, flags, &value);

    ovs_assert(!error);
    return (struct set_use){
        .set = CONST_CAST(char *, "s"),
        .flags = value.ipset_flags,
        .family = family,
    };
}

static const struct nw_set_type *
find_type(const char *name)
{
    char *error;
    const struct nw_set_type *type = nw_set_type_find(name, &error);

    ovs_assert(type);
    return type;
}

static void
add_rows(const struct set_use *use, const char *type_name, const char *text,
         struct flow_set *rows)
{
    const struct nw_set_type *type = find_type(type_name);
    struct nw_set_entry entry;
    char *error = nw_set_entry_parse(type, text, &entry);

    ovs_assert(!error);
    set_rows_add(use, type, &entry, rows);
    CHECK(hmap_count(&rows->flows) <= set_rows_count(&entry));
}

static struct of_flow *
expected_row(const struct set_use *use, const char *match, int priority,
             bool member)
{
    char *name = set_use_format(use);
    char *text = xasprintf("table=%d,priority=%d,cookie=%#" PRIx64
                           ",reg8=%#" PRIx32 ",reg9=%#" PRIx32
                           ",%s,actions=%s",
                           PL_T_SET, priority, set_rows_cookie(use->set),
                           set_use_key(name), set_use_hit(name), match,
                           member ? "set_field:1->reg9" : "drop");
    struct of_flow *flow = flow_from_text(text);

    free(text);
    free(name);
    return flow;
}

/* 'matches' are the rows' matches, separated by blanks. */
static void
check_rows(const struct set_use *use, const char *type, const char *entry,
           const char *matches, int priority, bool member)
{
    struct flow_set rows;
    char *copy = xstrdup(matches), *save = NULL;
    const struct of_flow *row;

    flow_set_init(&rows);
    add_rows(use, type, entry, &rows);
    for (char *match = strtok_r(copy, " ", &save); match;
         match = strtok_r(NULL, " ", &save)) {
        struct of_flow *expected = expected_row(use, match, priority, member);
        struct of_flow *found = flow_set_find(&rows, expected);

        if (!CHECK(found && of_flow_same_value(found, expected))) {
            printf("# no row %s for %s %s\n", match, type, entry);
        }
        if (found) {
            hmap_remove(&rows.flows, &found->node);
            of_flow_destroy(found);
        }
        of_flow_destroy(expected);
    }
    FLOW_SET_FOR_EACH (row, &rows) {
        char *text = of_flow_to_string(row);
        char *problem = of_flow_check(row);

        CHECK_STR(problem, NULL);
        CHECK_STR(text, NULL);
        free(problem);
        free(text);
    }
    flow_set_uninit(&rows);
    free(copy);
}

static void
check(const char *type, const char *entry, const char *flags, int family,
      const char *matches)
{
    struct set_use use = make_use(flags, family);

    check_rows(&use, type, entry, matches, 101, true);
}

static void
test_addresses(void)
{
    check("hash:ip", "10.0.0.1", "src", 4, "ip,nw_src=10.0.0.1");
    check("hash:ip", "10.0.0.1", "dst", 4, "ip,nw_dst=10.0.0.1");
    check("hash:ip", "10.0.0.1", "dst,src", 4, "ip,nw_dst=10.0.0.1");
    check("hash:ip", "10.0.0.1", "src", 6, "");
    check("hash:ip", "::1", "src", 4, "");
    check("hash:ip", "::1", "src", 6, "ipv6,ipv6_src=::1");
    check("hash:ip", "10.0.0.1-10.0.0.4", "src", 4,
          "ip,nw_src=10.0.0.1 ip,nw_src=10.0.0.2/31 ip,nw_src=10.0.0.4");
    check("hash:ip", "0.0.0.0/0", "src", 4, "ip");
    check("hash:mac", "52:54:00:00:00:01", "src", 4,
          "ip,dl_src=52:54:00:00:00:01");
    check("hash:mac", "52:54:00:00:00:01", "dst", 6,
          "ipv6,dl_dst=52:54:00:00:00:01");
    check("hash:ip,mac", "10.0.0.1,52:54:00:00:00:01", "dst,src", 4,
          "ip,nw_dst=10.0.0.1,dl_src=52:54:00:00:00:01");
}

static void
test_ports(void)
{
    const char *t = "hash:ip,port";

    check(t, "10.0.0.1,80", "src,dst", 4,
          "tcp,nw_src=10.0.0.1,tcp_dst=80,nw_frag=not_later");
    check(t, "10.0.0.1,udp:53", "dst,src", 4,
          "udp,nw_dst=10.0.0.1,udp_src=53,nw_frag=not_later");
    check(t, "::1,sctp:2-5", "src,src", 6,
          "sctp6,ipv6_src=::1,sctp_src=2/0xfffe,nw_frag=not_later "
          "sctp6,ipv6_src=::1,sctp_src=4/0xfffe,nw_frag=not_later");
    check(t, "10.0.0.1,icmp:ping", "src,dst", 4,
          "icmp,nw_src=10.0.0.1,icmp_type=8,icmp_code=0,nw_frag=not_later");
    check(t, "::1,icmpv6:ping", "src,src", 6,
          "icmp6,ipv6_src=::1,icmp_type=128,icmp_code=0,nw_frag=not_later");
    check(t, "10.0.0.1,vrrp:0", "src,dst", 4,
          "ip,nw_proto=112,nw_src=10.0.0.1");
    check(t, "::1,gre:0", "src,dst", 6,
          "ipv6,nw_proto=47,ipv6_src=::1,nw_frag=not_later");
    check(t, "10.0.0.1,0:0", "src,dst", 4, "");
    check(t, "::1,59:0", "src,dst", 6, "");
    check("bitmap:port", "53", "dst", 4,
          "tcp,tcp_dst=53,nw_frag=not_later "
          "udp,udp_dst=53,nw_frag=not_later");
    check("hash:ip,port,ip", "10.0.0.1,80,10.0.0.2", "src,dst,dst", 4,
          "tcp,nw_src=10.0.0.1,nw_dst=10.0.0.2,tcp_dst=80,nw_frag=not_later");
}

/* The longer prefix has the higher priority, first dimension first. */
static void
test_networks(void)
{
    struct set_use use = make_use("src,dst", 4);

    check_rows(&use, "hash:net", "10.0.0.0/8", "ip,nw_src=10.0.0.0/8", 117,
               true);
    check_rows(&use, "hash:net", "10.0.0.0/9 nomatch", "ip,nw_src=10.0.0.0/9",
               118, false);
    check_rows(&use, "hash:net,net", "10.0.0.0/8,11.0.0.0/16",
               "ip,nw_src=10.0.0.0/8,nw_dst=11.0.0.0/16",
               101 + 2 * (8 * 129 + 16), true);
    check_rows(&use, "hash:ip,port,net", "10.0.0.1,80,11.0.0.0/16", "", 101,
               true);
    use = make_use("src,dst,src", 4);
    check_rows(&use, "hash:ip,port,net", "10.0.0.1,80,10.0.0.0/16",
               "tcp,nw_src=10.0.0.1,tcp_dst=80,nw_frag=not_later", 133, true);
    check_rows(&use, "hash:ip,port,net", "10.0.0.1,80,11.0.0.0/16", "", 0,
               true);
    use = make_use("dst,src,src", 6);
    check_rows(&use, "hash:net,port,net", "::/128,80,::1/128",
               "tcp6,ipv6_dst=::,ipv6_src=::1,tcp_src=80,nw_frag=not_later",
               101 + 2 * (128 * 129 + 128), true);
}

static void
check_use(const char *flags, int family, const char *expected)
{
    struct set_use use = make_use(flags, family);
    char *text = set_use_format(&use);

    CHECK_STR(text, expected);
    CHECK(!(set_use_hit(text) & 1));
    free(text);
}

static void
test_uses(void)
{
    check_use("src", 4, "set s src IPv4");
    check_use("SRC,dst,src", 6, "set s src,dst,src IPv6");
    CHECK(set_use_key("set s src IPv4") != set_use_key("set s src IPv6"));
    CHECK(set_use_hit("set s src IPv4") != set_use_hit("set s src IPv6"));
    CHECK(set_rows_cookie("a") != set_rows_cookie("b"));
    CHECK_INT(set_rows_cookie("a") >> 44, 0x4e574);
}

/* Random sets and packets: the rows against interpret/set.c, which shares
 * nothing with them. */

enum { MAX_ENTRIES = 12 };

static const char *const type_names[] = {
    "hash:ip",           "hash:net",        "hash:mac",
    "hash:ip,mac",       "hash:net,net",    "hash:ip,port",
    "hash:net,port",     "hash:ip,port,ip", "hash:ip,port,net",
    "hash:net,port,net", "bitmap:port",
};

static void
random_address(int family, struct ds *s)
{
    ds_put_format(s, family == 4 ? "10.0.0.%d" : "2001:db8::%x",
                  random_range(8));
}

static void
random_port(bool bitmap, int family, struct ds *s)
{
    static const char *const words[] = {
        "tcp:1",  "tcp:2-3", "udp:1",       "udp:1-4",
        "sctp:2", "gre:0",   "tcp:0-65535",
    };

    if (bitmap) {
        ds_put_format(s, "%d-%d", random_range(2), 2 + random_range(2));
    } else if (!random_range(4)) {
        ds_put_format(s, "%s:%d/%d", family == 4 ? "icmp" : "icmpv6",
                      random_range(2), random_range(2));
    } else {
        ds_put_cstr(s, words[random_range(ARRAY_SIZE(words))]);
    }
}

static void
random_entry(const struct nw_set_type *type, struct ds *s)
{
    int family = random_range(2) ? 4 : 6;
    bool nets = false;

    ds_clear(s);
    for (size_t i = 0; i < type->n_dims; i++) {
        ds_put_cstr(s, i ? "," : "");
        switch (type->dims[i]) {
        case NW_SET_IP:
            random_address(family, s);
            break;
        case NW_SET_NET:
            random_address(family, s);
            ds_put_format(s, "/%d",
                          (family == 4 ? 32 : 128) - random_range(4));
            nets = true;
            break;
        case NW_SET_PORT:
            random_port(type->n_dims == 1, family, s);
            break;
        case NW_SET_MAC:
            ds_put_format(s, "02:00:00:00:00:%02x", random_range(3));
            break;
        }
    }
    if (nets && !random_range(3)) {
        ds_put_cstr(s, " nomatch");
    }
}

static void
random_flow(int family, struct flow *flow)
{
    static const uint8_t protocols[] = {
        IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP, IPPROTO_GRE, IPPROTO_ICMP,
    };

    memset(flow, 0, sizeof *flow);
    flow->dl_src = (struct eth_addr) ETH_ADDR_C(02, 00, 00, 00, 00, 00);
    flow->dl_dst = flow->dl_src;
    flow->dl_src.ea[5] = random_range(3);
    flow->dl_dst.ea[5] = random_range(3);
    flow->nw_ttl = 64;
    flow->nw_proto = protocols[random_range(ARRAY_SIZE(protocols))];
    flow->tp_src = htons(random_range(5));
    flow->tp_dst = htons(random_range(5));
    if (family == 4) {
        flow->dl_type = htons(ETH_TYPE_IP);
        flow->nw_src = htonl(0x0a000000 + random_range(8));
        flow->nw_dst = htonl(0x0a000000 + random_range(8));
        flow->nw_frag = random_range(8) ? 0 : FLOW_NW_FRAG_MASK;
        return;
    }
    if (flow->nw_proto == IPPROTO_ICMP) {
        flow->nw_proto = IPPROTO_ICMPV6;
    }
    flow->dl_type = htons(ETH_TYPE_IPV6);
    ovs_assert(ipv6_parse("2001:db8::", &flow->ipv6_src));
    flow->ipv6_dst = flow->ipv6_src;
    flow->ipv6_src.s6_addr[15] = random_range(8);
    flow->ipv6_dst.s6_addr[15] = random_range(8);
}

/* What the switch would find; rows of one priority must agree. */
static bool
look_up(const struct flow_set *rows, struct flow *flow,
        const struct set_use *use)
{
    char *text = set_use_format(use);
    const struct of_flow *row;
    int priority = -1;
    bool member = false;

    flow->regs[PL_R_PRED - MFF_REG0] = set_use_key(text);
    flow->regs[PL_R_HIT - MFF_REG0] = set_use_hit(text);
    FLOW_SET_FOR_EACH (row, rows) {
        if (row->priority >= priority
            && minimatch_matches_flow(&row->match, flow)) {
            CHECK(row->priority > priority
                  || member == (row->ofpacts_len > 0));
            priority = row->priority;
            member = row->ofpacts_len > 0;
        }
    }
    free(text);
    return member;
}

struct sample {
    const struct nw_set_type *type;
    struct nw_set_entry entries[MAX_ENTRIES];
    size_t n;
    struct ds text;
};

static void
sample_init(struct sample *set)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    set->type = find_type(type_names[random_range(ARRAY_SIZE(type_names))]);
    set->n = 1 + random_range(MAX_ENTRIES);
    ds_init(&set->text);
    ds_put_cstr(&set->text, set->type->name);
    for (size_t i = 0; i < set->n; i++) {
        random_entry(set->type, &s);
        ds_put_format(&set->text, " %s;", ds_cstr(&s));

        char *error = nw_set_entry_parse(set->type, ds_cstr(&s),
                                         &set->entries[i]);

        ovs_assert(!error);
    }
    ds_destroy(&s);
}

/* Compares one packet; returns 1 if it is in the set. */
static int
compare(struct sample *set, const struct set_use *use,
        const struct flow_set *rows)
{
    const struct interpret_set reference = { set->type, set->entries, set->n };
    struct interpret_frame frame;
    struct dp_packet packet;
    struct flow flow;
    bool expected, actual;

    random_flow(use->family, &flow);
    dp_packet_init(&packet, 0);
    flow_compose(&packet, &flow, NULL, 64);
    flow_extract(&packet, &flow);
    CHECK(interpret_frame_parse(dp_packet_data(&packet),
                                dp_packet_size(&packet), &frame));
    expected = interpret_set_contains(&reference, &use->flags, &frame);
    actual = look_up(rows, &flow, use);
    if (!CHECK(expected == actual)) {
        char *name = set_use_format(use);
        char *text = flow_to_string(&flow, NULL);

        printf("# %s, %s, %s: %s\n", ds_cstr(&set->text), name, text,
               expected ? "is in the set" : "is not in the set");
        free(text);
        free(name);
    }
    dp_packet_uninit(&packet);
    return expected;
}

static void
test_random(void)
{
    int n = 0, n_in = 0;

    random_set_seed(1);
    for (int i = 0; i < 1500; i++) {
        struct sample set;
        struct flow_set rows;
        struct set_use use = {
            .set = CONST_CAST(char *, "s"),
            .flags.n = 1 + random_range(3),
            .family = random_range(2) ? 4 : 6,
        };

        use.flags.dst = random_range(1u << use.flags.n);
        sample_init(&set);
        flow_set_init(&rows);
        for (size_t j = 0; j < set.n; j++) {
            set_rows_add(&use, set.type, &set.entries[j], &rows);
        }
        for (int j = 0; j < 40; j++, n++) {
            n_in += compare(&set, &use, &rows);
        }
        flow_set_uninit(&rows);
        ds_destroy(&set.text);
    }
    /* Neither side has it easy. */
    CHECK(n_in > n / 10 && n_in < n / 2);
    printf("# %d packets, %d in their sets\n", n, n_in);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_addresses);
    RUN(test_ports);
    RUN(test_networks);
    RUN(test_uses);
    RUN(test_random);
    return CHECK_RESULT();
}
