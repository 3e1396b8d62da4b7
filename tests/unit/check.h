/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef TESTS_UNIT_CHECK_H
#define TESTS_UNIT_CHECK_H 1

/* Unit tests.  A test program is
 *
 *     static void
 *     test_addition(void)
 *     {
 *         CHECK(1 + 1 == 2);
 *         CHECK_INT(1 + 1, 2);
 *         CHECK_STR(sum_to_string(2), "2");
 *     }
 *
 *     int
 *     main(int argc, char *argv[])
 *     {
 *         CHECK_INIT(argc, argv);
 *         RUN(test_addition);
 *         return CHECK_RESULT();
 *     }
 *
 * A failed CHECK says where and with which values, and the test goes on.
 * RUN() prints "ok - NAME" or "not ok - NAME"; with an argument the program
 * runs only the tests whose name contains it. */

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct check_state {
    const char *only;           /* Part of the names to run, or NULL. */
    unsigned int failed_checks; /* In the test that runs. */
    unsigned int failed_tests;
};

/* Each test program is one translation unit, so this is one variable. */
static struct check_state check_state;

#define CHECK_INIT(ARGC, ARGV)         \
    (setvbuf(stdout, NULL, _IOLBF, 0), \
     check_state.only = (ARGC) > 1 ? (ARGV)[1] : NULL)
#define CHECK_RESULT() (check_state.failed_tests ? 1 : 0)

#define RUN(FUNCTION) check_run(#FUNCTION, FUNCTION)

static inline void
check_run(const char *name, void (*function)(void))
{
    if (check_state.only && !strstr(name, check_state.only)) {
        return;
    }
    check_state.failed_checks = 0;
    function();
    if (check_state.failed_checks) {
        check_state.failed_tests++;
    }
    printf("%s - %s\n", check_state.failed_checks ? "not ok" : "ok", name);
}

/* The rest of the test makes no sense if this is false, so return.  Usage:
 * if (!CHECK(p != NULL)) { return; } */
#define CHECK(CONDITION) check_true(CONDITION, #CONDITION, __FILE__, __LINE__)

static inline bool
check_true(bool ok, const char *text, const char *file, int line)
{
    if (!ok) {
        check_state.failed_checks++;
        printf("# %s:%d: not true: %s\n", file, line, text);
    }
    return ok;
}

#define CHECK_INT(ACTUAL, EXPECTED) \
    check_int(ACTUAL, EXPECTED, #ACTUAL, __FILE__, __LINE__)

static inline bool
check_int(intmax_t actual, intmax_t expected, const char *text,
          const char *file, int line)
{
    if (actual != expected) {
        check_state.failed_checks++;
        printf("# %s:%d: %s is %" PRIdMAX ", expected %" PRIdMAX "\n", file,
               line, text, actual, expected);
    }
    return actual == expected;
}

/* Either string may be NULL. */
#define CHECK_STR(ACTUAL, EXPECTED) \
    check_str(ACTUAL, EXPECTED, #ACTUAL, __FILE__, __LINE__)

static inline bool
check_str(const char *actual, const char *expected, const char *text,
          const char *file, int line)
{
    bool ok = (actual && expected ? !strcmp(actual, expected)
                                  : actual == expected);
    if (!ok) {
        check_state.failed_checks++;
        printf("# %s:%d: %s is \"%s\", expected \"%s\"\n", file, line, text,
               actual ? actual : "(null)", expected ? expected : "(null)");
    }
    return ok;
}

#endif /* tests/unit/check.h */
