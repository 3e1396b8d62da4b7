/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/bpdu.h"

#include <stdlib.h>
#include <string.h>

#include "flows/stable-id.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "unaligned.h"
#include "util.h"

/* A condition is a sequence of tests and an end.  A test is a byte with the
 * field's number, and two values of the field's size: the ends of a range, or
 * an address and its mask. */
#define TEST_NEGATED 0x80
#define CONDITION_END 0xff

#define MAX_FIELD_SIZE 6

/* Where ebt_stp finds the fields. */
static const struct bpdu_layout {
    uint8_t ofs, size;
    bool is_address;
} layouts[BPDU_N_FIELDS] = {
    [BPDU_TYPE] = { 5, 1, false },
    [BPDU_FLAGS] = { 6, 1, false },
    [BPDU_ROOT_PRIORITY] = { 7, 2, false },
    [BPDU_ROOT_ADDRESS] = { 9, 6, true },
    [BPDU_ROOT_COST] = { 15, 4, false },
    [BPDU_SENDER_PRIORITY] = { 19, 2, false },
    [BPDU_SENDER_ADDRESS] = { 21, 6, true },
    [BPDU_PORT] = { 27, 2, false },
    [BPDU_AGE] = { 29, 2, false },
    [BPDU_MAX_AGE] = { 31, 2, false },
    [BPDU_HELLO_TIME] = { 33, 2, false },
    [BPDU_FORWARD_DELAY] = { 35, 2, false },
};

static const uint8_t header[] = { 0x42, 0x42, 0x03, 0, 0, 0 };
#define BODY_SIZE 31 /* After the header: all fields but BPDU_TYPE. */

bool
bpdu_is_destination(struct eth_addr address)
{
    return eth_addr_equals(address, eth_addr_stp);
}

/* Conditions. */

static void
put(struct bpdu_condition *c, const void *bytes, size_t n)
{
    ovs_assert(c->n + n <= sizeof c->bytes);
    memcpy(c->bytes + c->n, bytes, n);
    c->n += n;
}

static void
put_test(struct bpdu_condition *c, enum bpdu_field field, const void *a,
         const void *b, bool negate)
{
    uint8_t first = field | (negate ? TEST_NEGATED : 0);

    put(c, &first, 1);
    put(c, a, layouts[field].size);
    put(c, b, layouts[field].size);
}

void
bpdu_condition_add_range(struct bpdu_condition *c, enum bpdu_field field,
                         uint32_t lo, uint32_t hi, bool negate)
{
    ovs_be32 lo_be = htonl(lo), hi_be = htonl(hi);
    size_t skip = sizeof lo_be - layouts[field].size;

    put_test(c, field, (uint8_t *) &lo_be + skip, (uint8_t *) &hi_be + skip,
             negate);
}

void
bpdu_condition_add_address(struct bpdu_condition *c, enum bpdu_field field,
                           const uint8_t address[6], const uint8_t mask[6],
                           bool negate)
{
    uint8_t value[6];

    for (size_t i = 0; i < sizeof value; i++) {
        value[i] = address[i] & mask[i];
    }
    put_test(c, field, value, mask, negate);
}

/* Lists. */

void
bpdu_list_init(struct bpdu_list *list)
{
    memset(list, 0, sizeof *list);
}

void
bpdu_list_uninit(struct bpdu_list *list)
{
    free(list->conditions);
}

size_t
bpdu_list_add(struct bpdu_list *list, const struct bpdu_condition *c)
{
    for (size_t i = 0; i < list->n; i++) {
        const struct bpdu_condition *old = &list->conditions[i];

        if (old->n == c->n && !memcmp(old->bytes, c->bytes, c->n)) {
            return i;
        }
    }
    if (list->n >= list->allocated) {
        list->conditions = x2nrealloc(list->conditions, &list->allocated,
                                      sizeof *list->conditions);
    }
    list->conditions[list->n] = *c;
    return list->n++;
}

static void
put_conditions(const struct bpdu_list *list, struct ofpbuf *buf)
{
    static const uint8_t end = CONDITION_END;

    for (size_t i = 0; i < list->n; i++) {
        ofpbuf_put(buf, list->conditions[i].bytes, list->conditions[i].n);
        ofpbuf_put(buf, &end, 1);
    }
}

uint32_t
bpdu_list_id(const struct bpdu_list *list)
{
    struct ds text = DS_EMPTY_INITIALIZER;
    struct ofpbuf buf;

    ofpbuf_init(&buf, 64);
    put_conditions(list, &buf);
    ds_put_hex(&text, buf.data, buf.size);

    uint32_t id = stable_id(ds_cstr(&text));

    ofpbuf_uninit(&buf);
    ds_destroy(&text);
    return id + !id;
}

void
bpdu_list_put(const struct bpdu_list *list, struct ofpbuf *buf)
{
    ovs_be32 id = htonl(bpdu_list_id(list));

    ofpbuf_put(buf, &id, sizeof id);
    put_conditions(list, buf);
}

/* Answers. */

/* What follows the frame's type or length.  A tag is not part of it, a second
 * one is. */
struct body {
    const uint8_t *p; /* NULL: no BPDU for ebt_stp. */
    size_t size;
};

static struct body
find_body(const uint8_t *frame, size_t size)
{
    size_t ofs = 2 * ETH_ADDR_LEN;
    struct body none = { NULL, 0 };

    if (ofs + 2 <= size
        && eth_type_vlan(
            get_unaligned_be16(ALIGNED_CAST(const ovs_be16 *, frame + ofs)))) {
        ofs += VLAN_HEADER_LEN;
    }
    ofs += 2;
    if (size < ofs + sizeof header
        || memcmp(frame + ofs, header, sizeof header)) {
        return none;
    }
    return (struct body){ frame + ofs, size - ofs };
}

static bool
address_equals(const uint8_t *p, const uint8_t *address, const uint8_t *mask)
{
    for (size_t i = 0; i < MAX_FIELD_SIZE; i++) {
        if ((p[i] ^ address[i]) & mask[i]) {
            return false;
        }
    }
    return true;
}

static bool
test_holds(const struct body *body, enum bpdu_field field, bool negate,
           const uint8_t *a)
{
    const struct bpdu_layout *l = &layouts[field];
    const uint8_t *b = a + l->size, *p;

    if (!body->p
        || (field != BPDU_TYPE && body->size < sizeof header + BODY_SIZE)) {
        return false;
    }
    p = body->p + l->ofs;

    bool inside = (l->is_address ? address_equals(p, a, b)
                                 : memcmp(p, a, l->size) >= 0
                                       && memcmp(p, b, l->size) <= 0);

    return inside != negate;
}

/* Reads the condition at '*ofsp', and goes on to the next one. */
static bool
read_condition(const uint8_t *list, size_t n, size_t *ofsp,
               const struct body *body, bool *holdsp)
{
    size_t ofs = *ofsp;

    *holdsp = true;
    while (ofs < n && list[ofs] != CONDITION_END) {
        unsigned int field = list[ofs] & ~TEST_NEGATED;

        if (field >= BPDU_N_FIELDS
            || n - ofs - 1 < 2 * (size_t) layouts[field].size) {
            return false;
        }
        *holdsp = test_holds(body, field, list[ofs] & TEST_NEGATED,
                             list + ofs + 1)
                  && *holdsp;
        ofs += 1 + 2 * (size_t) layouts[field].size;
    }
    if (ofs >= n || ofs == *ofsp) {
        return false;
    }
    *ofsp = ofs + 1;
    return true;
}

bool
bpdu_answer(const void *list_, size_t n, const void *frame, size_t size,
            struct bpdu_answer *answer)
{
    const uint8_t *list = list_;
    struct body body = find_body(frame, size);
    size_t ofs = sizeof(ovs_be32);

    answer->bits = 0;
    if (n <= ofs) {
        return false;
    }
    answer->id = ntohl(
        get_unaligned_be32(ALIGNED_CAST(const ovs_be32 *, list)));
    for (size_t i = 0; ofs < n; i++) {
        bool holds;

        if (i >= BPDU_MAX_CONDITIONS
            || !read_condition(list, n, &ofs, &body, &holds)) {
            return false;
        }
        answer->bits |= (uint32_t) holds << i;
    }
    return true;
}
