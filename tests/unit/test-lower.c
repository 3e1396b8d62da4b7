/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/lower.h"

#include <stdlib.h>

#include "flows/pipeline.h"
#include "openvswitch/match.h"
#include "random.h"
#include "tests/unit/check.h"
#include "tests/unit/filters.h"

/* Ranges, connection states, orientations, predicates' fields.  What becomes
 * of each attribute is in test-lower-rules.c. */

/* Ranges to masks. */

__extension__ typedef unsigned __int128 u128;

static u128
get_be(const uint8_t *p, size_t size)
{
    u128 x = 0;

    for (size_t i = 0; i < size; i++) {
        x = x << 8 | p[i];
    }
    return x;
}

static void
put_be(u128 x, uint8_t *p, size_t size)
{
    for (size_t i = size; i-- > 0; x >>= 8) {
        p[i] = x & 0xff;
    }
}

/* Number of alternatives that 'x' matches. */
static size_t
count_matches(const struct lw_item *item, u128 x, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < item->n_alts; i++) {
        const struct lw_clause *c = &item->alts[i].clauses[0];

        n += (x & get_be(c->mask, size)) == get_be(c->value, size);
    }
    return n;
}

/* Number of values that the alternatives match, if they are disjoint; ends
 * are excepted from the count so that it fits. */
static u128
sum_sizes(const struct lw_item *item, size_t size)
{
    u128 all = ~(u128) 0 >> (128 - 8 * size), sum = 0;

    for (size_t i = 0; i < item->n_alts; i++) {
        sum += (all & ~get_be(item->alts[i].clauses[0].mask, size)) + 1;
    }
    return sum;
}

static void
make_range(struct lw_item *item, enum mf_field_id field, u128 lo, u128 hi,
           size_t size)
{
    uint8_t lo_be[16], hi_be[16];

    memset(item, 0, sizeof *item);
    put_be(lo, lo_be, size);
    put_be(hi, hi_be, size);
    lw_range(item, field, lo_be, hi_be, size);
}

/* Every value of the range in exactly one alternative, and together no more
 * values than the range has: so none outside of it. */
static void
check_small_range(uint16_t lo, uint16_t hi)
{
    struct lw_item item;
    bool each_once = true;

    make_range(&item, MFF_TCP_DST, lo, hi, 2);
    for (uint32_t x = lo; x <= hi; x++) {
        each_once = each_once && count_matches(&item, x, 2) == 1;
    }
    if (!each_once || sum_sizes(&item, 2) != hi - lo + 1) {
        CHECK_INT(lo, -1);
        CHECK_INT(hi, -1);
    }
    free(item.alts);
}

static void
test_small_ranges(void)
{
    for (int lo = 0; lo < 130; lo++) {
        for (int hi = lo; hi < 130; hi++) {
            check_small_range(lo, hi);
            check_small_range(UINT16_MAX - hi, UINT16_MAX - lo);
        }
    }
    check_small_range(0, UINT16_MAX);
    check_small_range(1, UINT16_MAX);
    check_small_range(0, UINT16_MAX - 1);
    check_small_range(1, UINT16_MAX - 1);
}

/* What one mask can say takes one. */
static void
test_aligned_ranges(void)
{
    struct lw_item item;

    for (int bits = 0; bits <= 16; bits++) {
        uint32_t size = UINT32_C(1) << bits, lo = 0x5a5a5a5a & (0u - size);

        make_range(&item, MFF_TCP_DST, lo & 0xffff, (lo & 0xffff) + size - 1,
                   2);
        CHECK_INT(item.n_alts, 1);
        free(item.alts);
    }
    make_range(&item, MFF_TCP_DST, 1, 0xfffe, 2);
    CHECK_INT(item.n_alts, 30);
    free(item.alts);
}

static void
test_reversed_range(void)
{
    struct lw_item item;

    make_range(&item, MFF_TCP_DST, 5, 4, 2);
    CHECK_INT(item.n_alts, 0);
    make_range(&item, MFF_IPV6_SRC, 1, 0, 16);
    CHECK_INT(item.n_alts, 0);
}

static u128
random_u128(size_t size)
{
    u128 x = (u128) random_uint64() << 64 | random_uint64();

    /* Short numbers and runs of ones, too. */
    x >>= random_range(128);
    x = random_range(2) ? x : ~x;
    return x & (~(u128) 0 >> (128 - 8 * size));
}

/* Addresses: the ends, their neighbours, and some in between; as few masks as
 * there can be. */
static void
check_big_range(enum mf_field_id field, size_t size)
{
    u128 a = random_u128(size), b = random_u128(size);
    u128 lo = MIN(a, b), hi = MAX(a, b), span = hi - lo;
    u128 all = ~(u128) 0 >> (128 - 8 * size);
    struct lw_item item;

    make_range(&item, field, lo, hi, size);
    CHECK_INT(count_matches(&item, lo, size), 1);
    CHECK_INT(count_matches(&item, hi, size), 1);
    CHECK_INT(lo ? count_matches(&item, lo - 1, size) : 0, 0);
    CHECK_INT(hi < all ? count_matches(&item, hi + 1, size) : 0, 0);
    for (int i = 0; i < 50; i++) {
        u128 x = random_u128(size);

        CHECK_INT(count_matches(&item, x, size), x >= lo && x <= hi);
        if (span) {
            CHECK_INT(count_matches(&item, lo + x % span, size), 1);
        }
    }
    CHECK(sum_sizes(&item, size) == span + 1);
    CHECK(item.n_alts <= MAX(1, 16 * size - 2));
    free(item.alts);
}

static void
test_big_ranges(void)
{
    random_set_seed(1);
    for (int i = 0; i < 2000; i++) {
        check_big_range(MFF_IPV4_SRC, 4);
        check_big_range(MFF_IPV6_DST, 16);
    }
}

/* One rule of one filter, lowered. */

struct lowered {
    struct test_filters filters;
    const struct nw_rule *rule;
    struct lw_rule lw;
    struct nw_diags diags;
    bool ok;
};

/* 'text' is a <rule> without variables. */
static void
lowered_init(struct lowered *l, const char *text, enum nw_direction dir)
{
    char *document = xasprintf("<filter name='f'>%s</filter>", text);
    const struct nw_value *values[64];

    memset(l, 0, sizeof *l);
    l->rule = &filters_add(&l->filters, "f", document)->entries[0].rule;
    for (size_t i = 0; i < l->rule->n_items; i++) {
        values[i] = &l->rule->items[i].value;
    }

    struct lw_input in = {
        .file = "f",
        .rule = l->rule,
        .values = values,
        .orient = lw_orient(l->rule, dir),
    };

    l->ok = lw_rule_init(&l->lw, &in, &l->diags);
    free(document);
}

static void
lowered_uninit(struct lowered *l)
{
    lw_rule_uninit(&l->lw);
    filters_clear(&l->filters);
    nw_diags_clear(&l->diags);
}

/* States. */

struct class {
    uint32_t code;
    uint8_t state; /* 0: untracked. */
};

static const struct class classes[] = {
    { 0, 0 },
    { PL_STATE_NEW, NW_STATE_NEW },
    { PL_STATE_ESTABLISHED, NW_STATE_ESTABLISHED },
    { PL_STATE_RELATED, NW_STATE_RELATED },
    { PL_STATE_INVALID, NW_STATE_INVALID },
};

/* Whether the rule's clauses on the state register hold for that value. */
static bool
state_matches(const struct lw_rule *lw, uint32_t reg)
{
    for (size_t i = 0; i < lw->n_items; i++) {
        const struct lw_item *item = &lw->items[i];
        bool any = false, about_state = false;

        for (size_t j = 0; j < item->n_alts; j++) {
            const struct lw_clause *c = &item->alts[j].clauses[0];

            about_state = c->field == PL_R_STATE;
            any |= (reg & get_be(c->mask, 4)) == get_be(c->value, 4);
        }
        if (about_state) {
            return any;
        }
    }
    return true;
}

/* Every set of states against every class, in both directions. */
static void
test_states(void)
{
    static const char *const names[] = { "NEW", "ESTABLISHED", "RELATED",
                                         "INVALID" };

    for (unsigned int set = 1; set < 16; set++) {
        char list[64] = "", text[160];
        struct lowered l;

        for (int i = 0; i < 4; i++) {
            if (set & 1u << i) {
                strcat(strcat(list, *list ? "," : ""), names[i]);
            }
        }
        snprintf(text, sizeof text,
                 "<rule action='accept' direction='in'>"
                 "<all state='%s'/></rule>",
                 list);
        lowered_init(&l, text, NW_IN);
        CHECK(l.ok);
        for (size_t i = 0; i < ARRAY_SIZE(classes); i++) {
            bool expected = (classes[i].state & set) != 0;

            CHECK_INT(state_matches(&l.lw, classes[i].code), expected);
            CHECK_INT(state_matches(&l.lw, classes[i].code | PL_STATE_REPLY),
                      expected);
        }
        lowered_uninit(&l);
    }
}

/* The automatic match goes by the direction of the connection, too. */
static void
test_automatic_states(void)
{
    struct lowered l;

    lowered_init(&l, "<rule action='accept' direction='in'><tcp/></rule>",
                 NW_IN);
    CHECK(state_matches(&l.lw, PL_STATE_NEW));
    CHECK(state_matches(&l.lw, PL_STATE_ESTABLISHED));
    CHECK(!state_matches(&l.lw, PL_STATE_ESTABLISHED | PL_STATE_REPLY));
    CHECK(!state_matches(&l.lw, PL_STATE_RELATED));
    CHECK(!state_matches(&l.lw, PL_STATE_INVALID));
    CHECK(!state_matches(&l.lw, 0));
    lowered_uninit(&l);

    lowered_init(&l, "<rule action='accept' direction='in'><tcp/></rule>",
                 NW_OUT);
    CHECK(!state_matches(&l.lw, PL_STATE_NEW));
    CHECK(!state_matches(&l.lw, PL_STATE_ESTABLISHED));
    CHECK(state_matches(&l.lw, PL_STATE_ESTABLISHED | PL_STATE_REPLY));
    CHECK(!state_matches(&l.lw, PL_STATE_RELATED | PL_STATE_REPLY));
    CHECK(!state_matches(&l.lw, 0));
    lowered_uninit(&l);
}

/* Orientations. */

struct orient_case {
    const char *rule; /* What stands after "action='". */
    const char *in, *out;
};

#define W "written"
#define M "mirrored"
#define NEW_EST " NEW,ESTABLISHED"

static const struct orient_case orient_cases[] = {
    /* Reference 3.2: layer 2. */
    { "accept' direction='in'/>", W, "-" },
    { "accept' direction='out'/>", "-", W },
    { "accept' direction='inout'/>", W, M },
    { "return' direction='inout'><arp/></rule>", W, M },
    { "drop' direction='out'><ip/></rule>", "-", W },

    /* Reference 3.4, case A: automatic states. */
    { "accept' direction='out'><tcp/></rule>", M " ESTABLISHED reply",
      W NEW_EST " original" },
    { "accept' direction='in'><tcp/></rule>", W NEW_EST " original",
      M " ESTABLISHED reply" },
    { "accept' direction='inout'><tcp/></rule>", W, M },
    { "drop' direction='out'><tcp/></rule>", M, W },
    { "drop' direction='in'><tcp/></rule>", W, M },
    { "drop' direction='inout'><tcp/></rule>", W, M },
    { "reject' direction='in'><udp/></rule>", W, M },
    { "return' direction='out'><udp/></rule>", M, W },
    { "accept' direction='in'><all-ipv6/></rule>", W NEW_EST " original",
      M " ESTABLISHED reply" },

    /* ICMP without a type is like any other, with one it has a direction;
     * deviation D13 for inout. */
    { "accept' direction='out'><icmp/></rule>", M " ESTABLISHED reply",
      W NEW_EST " original" },
    { "accept' direction='out'><icmp type='8'/></rule>", "-", W NEW_EST },
    { "accept' direction='in'><icmp type='8'/></rule>", W NEW_EST, "-" },
    { "accept' direction='inout'><icmp type='8'/></rule>", W, M },
    { "drop' direction='in'><icmp type='8'/></rule>", W, "-" },
    { "drop' direction='out'><icmpv6 type='1' code='2'/></rule>", "-", W },
    { "accept' direction='in'><icmpv6 type='1'/></rule>", W NEW_EST, "-" },
    { "drop' direction='in'><icmp match='no' type='8'/></rule>", W, "-" },

    /* Case B: no statematch, no states. */
    { "accept' direction='out' statematch='0'><tcp/></rule>", M, W },
    { "accept' direction='in' statematch='false'><tcp/></rule>", W, M },
    { "accept' direction='in' statematch='0'><tcp state='NEW'/></rule>", W,
      M },
    { "accept' direction='in' statematch='0'><icmp type='8'/></rule>", W,
      "-" },

    /* Case C: explicit states, for the rule's own direction only. */
    { "accept' direction='out'><tcp state='NEW'/></rule>", "-", W " NEW" },
    { "accept' direction='in'><tcp state='NEW'/></rule>", W " NEW", "-" },
    { "accept' direction='inout'><tcp state='NEW'/></rule>", W " NEW",
      M " NEW" },
    { "drop' direction='out'><tcp state='INVALID'/></rule>", "-",
      W " INVALID" },
    { "return' direction='in'><udp state='RELATED'/></rule>", W " RELATED",
      "-" },
    { "accept' direction='out'><icmp type='8' state='NEW'/></rule>", "-",
      W " NEW" },
    { "accept' direction='inout'><icmp type='8' state='NEW'/></rule>",
      W " NEW", M " NEW" },
    { "accept' direction='in'><tcp state='NONE'/></rule>", W, "-" },
    { "accept' direction='inout'><tcp state='NONE'/></rule>", W, M },
    { "accept' direction='in'><tcp state='NEW,NONE'/></rule>", W, "-" },
    { "accept' direction='in'><tcp state=''/></rule>", W NEW_EST " original",
      M " ESTABLISHED reply" },
};

static void
format_orientation(const struct lw_orientation *o, char s[80])
{
    static const char *const names[] = { "NEW", "ESTABLISHED", "RELATED",
                                         "INVALID" };
    const char *sep = " ";

    strcpy(s, !o->present ? "-" : o->mirrored ? M : W);
    for (int i = 0; o->present && i < 4; i++) {
        if (o->states & 1u << i) {
            strcat(strcat(s, sep), names[i]);
            sep = ",";
        }
    }
    if (o->present && o->reply >= 0) {
        strcat(s, o->reply ? " reply" : " original");
    }
}

static void
test_orientations(void)
{
    for (size_t i = 0; i < ARRAY_SIZE(orient_cases); i++) {
        const struct orient_case *c = &orient_cases[i];
        char *document = xasprintf("<filter name='f'><rule action='%s"
                                   "</filter>",
                                   c->rule);
        struct test_filters fs = { .n = 0 };
        const struct nw_filter *f = filters_add(&fs, "f", document);
        struct lw_orientation in = lw_orient(&f->entries[0].rule, NW_IN);
        struct lw_orientation out = lw_orient(&f->entries[0].rule, NW_OUT);
        char in_s[80], out_s[80];

        format_orientation(&in, in_s);
        format_orientation(&out, out_s);
        check_str(in_s, c->in, c->rule, "in", (int) i);
        check_str(out_s, c->out, c->rule, "out", (int) i);
        filters_clear(&fs);
        free(document);
    }
}

/* Fields of predicates. */

static void
check_address(const char *element, enum nw_attr attr, bool mirrored,
              const char *expected)
{
    char *document = xasprintf("<filter name='f'><rule action='drop' "
                               "direction='in'>%s</rule></filter>",
                               element);
    struct test_filters fs = { .n = 0 };
    const struct nw_filter *f = filters_add(&fs, "f", document);
    struct lw_orientation o = { .present = true, .mirrored = mirrored };
    enum mf_field_id field;
    unsigned int len;
    char s[80] = "none";

    CHECK(lw_is_address(attr));
    if (lw_address_field(&f->entries[0].rule, attr, &o, &field, &len)) {
        snprintf(s, sizeof s, "%s/%u", mf_from_id(field)->name, len);
    }
    CHECK_STR(s, expected);
    filters_clear(&fs);
    free(document);
}

static void
test_address_fields(void)
{
    check_address("<mac srcmacaddr='$M'/>", NW_A_SRCMACADDR, false,
                  "eth_src/48");
    check_address("<mac srcmacaddr='$M'/>", NW_A_SRCMACADDR, true,
                  "eth_dst/48");
    check_address("<mac dstmacaddr='$M' dstmacmask='ff:ff:fe:0:0:0'/>",
                  NW_A_DSTMACADDR, true, "eth_src/23");
    check_address("<arp arpsrcmacaddr='$M'/>", NW_A_ARPSRCMACADDR, true,
                  "arp_tha/48");
    check_address("<rarp arpdstmacaddr='$M'/>", NW_A_ARPDSTMACADDR, false,
                  "arp_tha/48");
    check_address("<arp arpsrcipaddr='$IP' arpsrcipmask='24'/>",
                  NW_A_ARPSRCIPADDR, false, "arp_spa/24");
    check_address("<arp arpdstipaddr='$IP'/>", NW_A_ARPDSTIPADDR, true,
                  "arp_spa/32");
    check_address("<ip srcipaddr='$IP' srcipmask='255.0.0.0'/>",
                  NW_A_SRCIPADDR, true, "ip_dst/8");
    check_address("<ipv6 dstipaddr='$IP'/>", NW_A_DSTIPADDR, false,
                  "ipv6_dst/128");
    check_address("<tcp-ipv6 dstipaddr='$IP' dstipmask='64'/>", NW_A_DSTIPADDR,
                  true, "ipv6_src/64");
    check_address("<all dstipaddr='$IP'/>", NW_A_DSTIPADDR, false,
                  "ip_dst/32");

    /* Reference 3.3: the MAC address of layer 3 has no mirror. */
    check_address("<all srcmacaddr='$M'/>", NW_A_SRCMACADDR, false,
                  "eth_src/48");
    check_address("<all srcmacaddr='$M'/>", NW_A_SRCMACADDR, true, "none");

    CHECK(!lw_is_address(NW_A_DSTPORTSTART));
    CHECK(!lw_is_address(NW_A_SRCIPFROM));
    CHECK(!lw_is_address(NW_A_SRCIPMASK));
}

/* A predicate becomes an item, unless the rule can not match anyway. */
static void
test_add_predicate(void)
{
    struct lowered l;

    lowered_init(&l,
                 "<rule action='accept' direction='inout' statematch='0'>"
                 "<tcp dstportstart='22'/></rule>",
                 NW_IN);
    lw_rule_add_predicate(&l.lw, 3, true);
    if (CHECK_INT(l.lw.n_items, 2)) {
        const struct lw_item *last = &l.lw.items[1];

        CHECK(last->is_predicate);
        CHECK(last->negate);
        CHECK_INT(last->predicate, 3);
    }
    lowered_uninit(&l);

    lowered_init(
        &l, "<rule action='accept' direction='in'><icmp type='8'/></rule>",
        NW_OUT);
    lw_rule_add_predicate(&l.lw, 3, true);
    CHECK_INT(l.lw.n_items, 0);
    lowered_uninit(&l);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_small_ranges);
    RUN(test_aligned_ranges);
    RUN(test_reversed_range);
    RUN(test_big_ranges);
    RUN(test_states);
    RUN(test_automatic_states);
    RUN(test_orientations);
    RUN(test_address_fields);
    RUN(test_add_predicate);
    return CHECK_RESULT();
}
