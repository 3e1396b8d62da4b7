/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* Fields of BPDUs, as the daemon finds them. */

#include <config.h>

#include "flows/bpdu-flows.h"
#include "flows/bpdu.h"
#include "flows/pipeline.h"
#include "tests/unit/check.h"
#include "tests/unit/hex.h"
#include "util.h"

#define LINK "0180c2000000 020000000001"
#define HEADER "424203 0000 00"
/* Bytes that tell where they are. */
#define BODY                                                    \
    "11 1213 141516171819 1a1b1c1d 1e1f 202122232425 2627 2829" \
    "3031 3233 3435"
#define FRAME LINK "0026" HEADER BODY

/* The answer to a list, or -1: it can not be read. */
static int
ask_list(const struct bpdu_list *list, const char *hex, size_t cut)
{
    struct ofpbuf frame = bytes_from_hex(hex);
    struct bpdu_answer answer;
    struct ofpbuf question;

    ofpbuf_init(&question, 0);
    bpdu_list_put(list, &question);

    bool ok = bpdu_answer(question.data, question.size, frame.data,
                          frame.size - cut, &answer);

    CHECK(!ok || answer.id == bpdu_list_id(list));
    ofpbuf_uninit(&question);
    ofpbuf_uninit(&frame);
    return ok ? (int) answer.bits : -1;
}

static int
ask(const struct bpdu_condition *c, const char *hex, size_t cut)
{
    struct bpdu_list list;

    bpdu_list_init(&list);
    bpdu_list_add(&list, c);

    int result = ask_list(&list, hex, cut);

    bpdu_list_uninit(&list);
    return result;
}

static struct bpdu_condition
range(enum bpdu_field field, uint32_t lo, uint32_t hi, bool negate)
{
    struct bpdu_condition c = { .n = 0 };

    bpdu_condition_add_range(&c, field, lo, hi, negate);
    return c;
}

/* Whether the frame has it, and has not the negation. */
static bool
has(enum bpdu_field field, uint32_t lo, uint32_t hi)
{
    struct bpdu_condition yes = range(field, lo, hi, false);
    struct bpdu_condition no = range(field, lo, hi, true);
    int result = ask(&yes, FRAME, 0);

    CHECK_INT(ask(&no, FRAME, 0), !result);
    return result == 1;
}

static void
test_numbers(void)
{
    static const struct {
        enum bpdu_field field;
        uint32_t value;
    } fields[] = {
        { BPDU_TYPE, 0 },
        { BPDU_FLAGS, 0x11 },
        { BPDU_ROOT_PRIORITY, 0x1213 },
        { BPDU_ROOT_COST, 0x1a1b1c1d },
        { BPDU_SENDER_PRIORITY, 0x1e1f },
        { BPDU_PORT, 0x2627 },
        { BPDU_AGE, 0x2829 },
        { BPDU_MAX_AGE, 0x3031 },
        { BPDU_HELLO_TIME, 0x3233 },
        { BPDU_FORWARD_DELAY, 0x3435 },
    };

    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        enum bpdu_field field = fields[i].field;
        uint32_t value = fields[i].value;

        CHECK(has(field, value, value));
        CHECK(!has(field, value + 1, value + 1));
        CHECK(has(field, 0, value));
        CHECK(has(field, value, value + 1));
        CHECK(!has(field, value + 1, value + 2));
        CHECK(!value || !has(field, 0, value - 1));
    }
    CHECK(has(BPDU_ROOT_COST, 0, UINT32_MAX));
}

static int
ask_address(enum bpdu_field field, const uint8_t address[6],
            const uint8_t mask[6], bool negate)
{
    struct bpdu_condition c = { .n = 0 };

    bpdu_condition_add_address(&c, field, address, mask, negate);
    return ask(&c, FRAME, 0);
}

static void
test_addresses(void)
{
    static const uint8_t root[6] = { 0x14, 0x15, 0x16, 0x17, 0x18, 0x19 };
    static const uint8_t sender[6] = { 0x20, 0x21, 0x22, 0x23, 0x24, 0x25 };
    static const uint8_t exact[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
    static const uint8_t other[6] = { 0x20, 0x21, 0x22, 0x23, 0x24, 0x26 };
    static const uint8_t most[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xf0 };
    static const uint8_t none[6] = { 0 };

    CHECK_INT(ask_address(BPDU_ROOT_ADDRESS, root, exact, false), 1);
    CHECK_INT(ask_address(BPDU_ROOT_ADDRESS, root, exact, true), 0);
    CHECK_INT(ask_address(BPDU_ROOT_ADDRESS, sender, exact, false), 0);
    CHECK_INT(ask_address(BPDU_SENDER_ADDRESS, sender, exact, false), 1);
    CHECK_INT(ask_address(BPDU_SENDER_ADDRESS, other, exact, false), 0);
    CHECK_INT(ask_address(BPDU_SENDER_ADDRESS, other, most, false), 1);
    CHECK_INT(ask_address(BPDU_SENDER_ADDRESS, other, most, true), 0);
    CHECK_INT(ask_address(BPDU_SENDER_ADDRESS, root, none, false), 1);
}

/* What is no BPDU for ebt_stp has no fields, not even other ones. */
static void
test_which_frames(void)
{
    static const struct {
        const char *hex;
        bool is;
    } frames[] = {
        { FRAME, true },
        { LINK "0000" HEADER BODY, true },
        { LINK "88b5" HEADER BODY, true },
        { LINK "8100 000a 0026" HEADER BODY, true },
        { LINK "88a8 000a 0026" HEADER BODY, true },
        { LINK "8100 000a 8100 000b 0026" HEADER BODY, false },
        { LINK "0026 424203 0000 02" BODY, false },
        { LINK "0026 424203 0001 00" BODY, false },
        { LINK "0026 aaaa03 0000 00" BODY, false },
        { LINK "8100", false },
        { LINK, false },
        { "", false },
    };
    struct bpdu_condition yes = range(BPDU_FLAGS, 0x11, 0x11, false);
    struct bpdu_condition no = range(BPDU_FLAGS, 0x12, 0x12, true);

    for (size_t i = 0; i < ARRAY_SIZE(frames); i++) {
        CHECK_INT(ask(&yes, frames[i].hex, 0), frames[i].is);
        CHECK_INT(ask(&no, frames[i].hex, 0), frames[i].is);
    }
}

/* "type" needs less of a frame than other fields. */
static void
test_cut(void)
{
    struct bpdu_condition type = range(BPDU_TYPE, 0, 0, false);
    struct bpdu_condition flags = range(BPDU_FLAGS, 0x12, 0x12, true);

    CHECK_INT(ask(&type, FRAME, 0), 1);
    CHECK_INT(ask(&flags, FRAME, 0), 1);
    for (size_t cut = 1; cut <= 31; cut++) {
        CHECK_INT(ask(&type, FRAME, cut), 1);
        CHECK_INT(ask(&flags, FRAME, cut), 0);
    }
    for (size_t cut = 32; cut <= 51; cut++) {
        CHECK_INT(ask(&type, FRAME, cut), 0);
        CHECK_INT(ask(&flags, FRAME, cut), 0);
    }
}

static void
test_list(void)
{
    struct bpdu_condition type = range(BPDU_TYPE, 0, 0, false);
    struct bpdu_condition flags = range(BPDU_FLAGS, 0x12, 0x12, false);
    struct bpdu_condition both = type;
    struct bpdu_list list;

    bpdu_condition_add_range(&both, BPDU_FLAGS, 0x11, 0x11, false);
    bpdu_list_init(&list);
    CHECK_INT(bpdu_list_add(&list, &type), 0);

    uint32_t id = bpdu_list_id(&list);

    CHECK_INT(bpdu_list_add(&list, &flags), 1);
    CHECK_INT(bpdu_list_add(&list, &both), 2);
    CHECK_INT(bpdu_list_add(&list, &flags), 1);
    CHECK_INT(list.n, 3);
    CHECK(bpdu_list_id(&list) != id);
    CHECK_INT(ask_list(&list, FRAME, 0), 5);

    /* As many as there are bits, and not one more. */
    for (uint32_t i = 100; list.n < BPDU_MAX_CONDITIONS; i++) {
        struct bpdu_condition c = range(BPDU_AGE, 0, i, true);

        bpdu_list_add(&list, &c);
    }
    CHECK_INT(ask_list(&list, FRAME, 0),
              ((UINT32_C(1) << BPDU_MAX_CONDITIONS) - 1) & ~2u);
    flags = range(BPDU_FLAGS, 0, 0x80, false);
    bpdu_list_add(&list, &flags);
    CHECK_INT(ask_list(&list, FRAME, 0), -1);
    bpdu_list_uninit(&list);
}

/* Whatever else a question may be, it is refused. */
static void
test_no_list(void)
{
    static const char *const questions[] = {
        "",                        /* No list at all. */
        "00000001",                /* No condition. */
        "00000001 ff",             /* No test. */
        "00000001 00 00 00",       /* No end. */
        "00000001 00 00",          /* Half a test. */
        "00000001 0c 00 00 ff",    /* An unknown field. */
        "00000001 00 00 00 ff 00", /* Half of another condition. */
        "00000001 7f 00 00 ff",
    };
    struct ofpbuf frame = bytes_from_hex(FRAME);
    struct bpdu_answer answer;

    for (size_t i = 0; i < ARRAY_SIZE(questions); i++) {
        struct ofpbuf question = bytes_from_hex(questions[i]);

        CHECK(!bpdu_answer(question.data, question.size, frame.data,
                           frame.size, &answer));
        ofpbuf_uninit(&question);
    }
    ofpbuf_uninit(&frame);
}

static void
test_header(void)
{
    struct bpdu_answer answer = { .id = 1, .bits = 0x5 };
    uint32_t header = bpdu_header_answered(PL_HEADER_ARP | PL_HEADER_ASKED
                                               | bpdu_header_bit(1),
                                           &answer);

    CHECK_INT(header, PL_HEADER_ARP | PL_HEADER_ANSWERED | bpdu_header_bit(0)
                          | bpdu_header_bit(2));
    CHECK(!(bpdu_header_bit(BPDU_MAX_CONDITIONS - 1) & PL_HEADER_ASKED));
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_numbers);
    RUN(test_addresses);
    RUN(test_which_frames);
    RUN(test_cut);
    RUN(test_list);
    RUN(test_no_list);
    RUN(test_header);
    return CHECK_RESULT();
}
