/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/strbuf.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "xml/mem.h"

void
nw_strbuf_put(struct nw_strbuf *b, const char *s, size_t n)
{
    if (b->allocated - b->len <= n) {
        b->allocated = (b->len + n) * 2 + 32;
        b->s = nw_xrealloc(b->s, b->allocated);
    }
    memcpy(b->s + b->len, s, n);
    b->len += n;
    b->s[b->len] = '\0';
}

void
nw_strbuf_puts(struct nw_strbuf *b, const char *s)
{
    nw_strbuf_put(b, s, strlen(s));
}

void
nw_strbuf_printf(struct nw_strbuf *b, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    nw_strbuf_puts_free(b, nw_xvasprintf(format, args));
    va_end(args);
}

void
nw_strbuf_puts_free(struct nw_strbuf *b, char *s)
{
    nw_strbuf_puts(b, s);
    free(s);
}

char *
nw_strbuf_steal(struct nw_strbuf *b)
{
    char *s = b->s ? b->s : nw_xstrdup("");
    *b = (struct nw_strbuf){ 0 };
    return s;
}

size_t
nw_utf8_length(const char *s, size_t n)
{
    const unsigned char *p = (const unsigned char *) s;
    size_t len;

    if (p[0] < 0x80) {
        return 1;
    } else if (p[0] < 0xc2 || p[0] > 0xf4) {
        return 0;
    } else if (p[0] < 0xe0) {
        len = 2;
    } else {
        len = p[0] < 0xf0 ? 3 : 4;
    }
    if (len > n) {
        return 0;
    }
    for (size_t i = 1; i < len; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    /* Longer forms than needed, surrogates, and what is behind U+10FFFF. */
    if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f)
        || (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f)) {
        return 0;
    }
    return len;
}

size_t
nw_utf8_prefix(const char *s, size_t max)
{
    size_t n = strnlen(s, max + 1);

    if (n > max) {
        n = max;
        while (n > 0 && ((unsigned char) s[n] & 0xc0) == 0x80) {
            n--;
        }
    }
    return n;
}
