/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "xml/mem.h"

/* Names in documents may be long, those of the language are not. */
enum { MAX_LENGTH = 32 };

/* So many slips of the pen are forgiven in a name of 'n' letters. */
static unsigned int
tolerance(size_t n)
{
    return n < 3 ? 0 : n < 6 ? 1 : n < 10 ? 2 : 3;
}

static unsigned int
min(unsigned int a, unsigned int b)
{
    return a < b ? a : b;
}

static int
fold(char c)
{
    return tolower((unsigned char) c);
}

/* How many letters must be inserted, left out, replaced or exchanged with
 * their neighbour to make 'b' from 'a' (the "optimal string alignment"
 * distance). */
static unsigned int
distance(const char *a, size_t na, const char *b, size_t nb)
{
    unsigned int d[MAX_LENGTH + 1][MAX_LENGTH + 1];

    for (size_t i = 0; i <= na; i++) {
        for (size_t j = 0; j <= nb; j++) {
            if (!i || !j) {
                d[i][j] = i + j;
                continue;
            }
            bool same = fold(a[i - 1]) == fold(b[j - 1]);
            d[i][j] = min(d[i - 1][j - 1] + !same,
                          1 + min(d[i - 1][j], d[i][j - 1]));
            if (i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2])
                && fold(a[i - 2]) == fold(b[j - 1])) {
                d[i][j] = min(d[i][j], d[i - 2][j - 2] + 1);
            }
        }
    }
    return d[na][nb];
}

void
nw_nearest_init(struct nw_nearest *nearest, const char *name)
{
    nearest->name = name;
    nearest->best = NULL;
    nearest->distance = 0;
}

void
nw_nearest_add(struct nw_nearest *nearest, const char *candidate)
{
    size_t n = strnlen(nearest->name, MAX_LENGTH + 1);
    size_t m = strnlen(candidate, MAX_LENGTH + 1);

    if (n > MAX_LENGTH || m > MAX_LENGTH) {
        return;
    }

    unsigned int limit = tolerance(n > m ? n : m);
    unsigned int d = distance(nearest->name, n, candidate, m);
    if (n >= 4 && n < m && !strncasecmp(nearest->name, candidate, n)) {
        d = min(d, limit);
    }
    if (d <= limit && (!nearest->best || d < nearest->distance)) {
        nearest->best = candidate;
        nearest->distance = d;
    }
}

char *
nw_nearest_hint(const char *best)
{
    return best ? nw_xasprintf("; did you mean '%s'?", best) : nw_xstrdup("");
}
