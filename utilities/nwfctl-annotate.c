/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl-annotate.h"

#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "flows/flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"
#include "svec.h"
#include "util.h"

enum {
    MAX_COOKIES = 500,            /* In one request. */
    MAX_BATCH = 16 * 1024 * 1024, /* Bytes that wait for an answer. */
};

struct annotation {
    FILE *out;
    char *(*ask)(char **cookies, size_t n, void *aux);
    void *aux;
    struct shash texts; /* By cookie; NULL: asked for with the next request. */
    struct svec wanted; /* Those. */
    struct ds lines;    /* Read, and not yet printed.  May hold any bytes. */
};

/* Finds a cookie of ours in the line and writes its canonical text into
 * 'cookie'.  One that a flow's actions give to others is not its own.  'line'
 * is followed by a byte that is no digit. */
static bool
find_cookie(const char *line, size_t len, char cookie[24])
{
    const char *actions = memmem(line, len, "actions=", 8);
    size_t n = actions ? actions - line : len;
    const char *found = memmem(line, n, "cookie=0x", 9);
    uint64_t value;

    if (!found) {
        found = memmem(line, n, "cookie 0x", 9); /* As ofproto/trace has it. */
    }
    value = found && isxdigit((unsigned char) found[9])
                ? strtoull(found + 9, NULL, 16)
                : 0;
    snprintf(cookie, 24, "0x%016" PRIx64, value);
    return of_cookie_is_ours(value);
}

/* Gives the lines of the answer to the cookies that were asked about. */
static void
ask(struct annotation *a)
{
    char *answer, *rest;

    if (!a->wanted.n) {
        return;
    }
    rest = answer = a->ask(a->wanted.names, a->wanted.n, a->aux);
    for (size_t i = 0; i < a->wanted.n && rest; i++) {
        shash_replace(&a->texts, a->wanted.names[i],
                      xstrdup(strsep(&rest, "\n")));
    }
    free(answer);
    svec_clear(&a->wanted);
}

/* What is added stands before the line's end, whatever that is. */
static void
print_line(const struct annotation *a, const char *line, size_t len)
{
    const char *text = NULL;
    size_t body = len;
    char cookie[24];

    while (body && (line[body - 1] == '\r' || line[body - 1] == '\n')) {
        body--;
    }
    if (find_cookie(line, body, cookie)) {
        text = shash_find_data(&a->texts, cookie);
    }
    fwrite(line, 1, body, a->out);
    if (text && *text) {
        fprintf(a->out, "  # %s", text);
    }
    fwrite(line + body, 1, len - body, a->out);
}

/* The length of the line that begins at 'start', with its end. */
static size_t
line_length(const struct ds *lines, size_t start)
{
    const char *line = lines->string + start;
    const char *end = memchr(line, '\n', lines->length - start);

    return end ? end - line + 1 : lines->length - start;
}

static void
print_lines(struct annotation *a)
{
    size_t len;

    ask(a);
    for (size_t i = 0; i < a->lines.length; i += len) {
        len = line_length(&a->lines, i);
        print_line(a, a->lines.string + i, len);
    }
    ds_clear(&a->lines);
}

static void
take_line(struct annotation *a, const char *line, size_t len)
{
    char cookie[24];

    if (find_cookie(line, len, cookie) && !shash_find(&a->texts, cookie)) {
        shash_add(&a->texts, cookie, NULL);
        svec_add(&a->wanted, cookie);
    }
    ds_put_buffer(&a->lines, line, len);
    if (a->wanted.n >= MAX_COOKIES || a->lines.length >= MAX_BATCH) {
        print_lines(a);
    }
}

int
nwfctl_annotate(FILE *in, FILE *out,
                char *(*ask_cb)(char **cookies, size_t n, void *aux),
                void *aux)
{
    struct annotation a = { .out = out, .ask = ask_cb, .aux = aux };
    size_t allocated = 0;
    char *line = NULL;
    ssize_t len;

    shash_init(&a.texts);
    svec_init(&a.wanted);
    ds_init(&a.lines);
    while (!ferror(out) && (len = getline(&line, &allocated, in)) >= 0) {
        take_line(&a, line, len);
    }
    int error = ferror(in) ? errno : 0;

    print_lines(&a);
    free(line);
    ds_destroy(&a.lines);
    svec_destroy(&a.wanted);
    shash_destroy_free_data(&a.texts);
    return error;
}
