/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/nwfctl-annotate.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "flows/flow.h"
#include "openvswitch/shash.h"
#include "sset.h"
#include "util.h"

enum { MAX_COOKIES = 500 }; /* In one request. */

/* Finds a cookie of ours in 'line' and writes its canonical text into
 * 'cookie'.  One that a flow's actions give to others is not its own. */
static bool
find_cookie(const char *line, size_t len, char cookie[24])
{
    const char *key = "cookie=0x";
    char *s = xmemdup0(line, len);
    const char *found = strstr(s, key);
    const char *actions = strstr(s, "actions=");
    bool own = found && (!actions || found < actions);
    uint64_t value = own ? strtoull(found + strlen(key), NULL, 16) : 0;

    free(s);
    snprintf(cookie, 24, "0x%016" PRIx64, value);
    return of_cookie_is_ours(value);
}

/* Adds the lines of 'answer', one for each of the 'n' cookies, to 'texts'. */
static void
read_answer(char *answer, const char **cookies, size_t n, struct shash *texts)
{
    char *rest = answer;

    for (size_t i = 0; i < n && rest; i++) {
        shash_add(texts, cookies[i], xstrdup(strsep(&rest, "\n")));
    }
}

static void
explain_all(const struct sset *cookies, struct shash *texts,
            char *(*ask)(char **cookies, size_t n, void *aux), void *aux)
{
    const char **array = sset_sort(cookies);
    size_t total = sset_count(cookies);

    for (size_t i = 0; i < total; i += MAX_COOKIES) {
        size_t n = MIN(MAX_COOKIES, total - i);
        char *answer = ask(CONST_CAST(char **, &array[i]), n, aux);

        read_answer(answer, &array[i], n, texts);
        free(answer);
    }
    free(array);
}

void
nwfctl_annotate(const char *dump, FILE *stream,
                char *(*ask)(char **cookies, size_t n, void *aux), void *aux)
{
    struct sset cookies = SSET_INITIALIZER(&cookies);
    struct shash texts = SHASH_INITIALIZER(&texts);
    char cookie[24];
    size_t len;

    for (const char *line = dump; *line; line += len + (line[len] == '\n')) {
        len = strcspn(line, "\n");
        if (find_cookie(line, len, cookie)) {
            sset_add(&cookies, cookie);
        }
    }
    explain_all(&cookies, &texts, ask, aux);
    for (const char *line = dump; *line; line += len + (line[len] == '\n')) {
        const char *text;

        len = strcspn(line, "\n");
        text = find_cookie(line, len, cookie) ? shash_find_data(&texts, cookie)
                                              : NULL;
        fprintf(stream, "%.*s%s%s\n", (int) len, line,
                text && *text ? "  # " : "", text ? text : "");
    }
    shash_destroy_free_data(&texts);
    sset_destroy(&cookies);
}
