/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/value.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xml/mem.h"
#include "xml/nearest.h"
#include "xml/strbuf.h"
#include "xml/value-private.h"

static char *
not_a(enum nw_type type)
{
    return nw_xasprintf("not %s", nw_type_name(type));
}

/* Decimal is tried first, so "10" is ten and "1f" is 31. */
static bool
parse_any_base(const char *text, uint32_t max, uint32_t *nump)
{
    return (nw_parse_number(text, 10, max, nump)
            || nw_parse_number(text, 16, max, nump));
}

static char *
parse_uint(enum nw_type type, const char *text, uint32_t max, uint32_t *nump)
{
    if (type == NW_T_U16_DEC ? nw_parse_number(text, 10, max, nump)
                             : parse_any_base(text, max, nump)) {
        return NULL;
    }
    return not_a(type);
}

/* A number that may be written as one of the names of its type. */
static char *
parse_named(enum nw_type type, const char *text, uint32_t max, uint32_t *nump)
{
    const struct nw_name *names = nw_type_names(type);

    if (parse_any_base(text, max, nump)) {
        return NULL;
    }
    for (const struct nw_name *n = names; n->name; n++) {
        if (!strcasecmp(n->name, text)) {
            *nump = n->num;
            return NULL;
        }
    }

    struct nw_nearest nearest;
    nw_nearest_init(&nearest, text);
    for (const struct nw_name *n = names; n->name; n++) {
        nw_nearest_add(&nearest, n->name);
    }
    struct nw_strbuf msg = { 0 };
    nw_strbuf_printf(&msg, "not %s", nw_type_name(type));
    nw_strbuf_puts_free(&msg, nw_nearest_hint(nearest.best));
    return nw_strbuf_steal(&msg);
}

static char *
parse_mac_mask(const char *text, uint8_t mac[6])
{
    if (!nw_parse_mac(text, mac) || nw_mask_length(mac, 6) < 0) {
        return not_a(NW_T_MAC_MASK);
    }
    return NULL;
}

/* libvirt compares letter case here. */
static char *
parse_bool(const char *text, bool *valuep)
{
    if (!strcmp(text, "true") || !strcmp(text, "1") || !strcmp(text, "yes")) {
        *valuep = true;
    } else if (!strcmp(text, "false") || !strcmp(text, "0")
               || !strcmp(text, "no")) {
        *valuep = false;
    } else {
        return not_a(NW_T_BOOL);
    }
    return NULL;
}

/* Ors the values of the names in the 'n' bytes at 's' into '*bitsp'.  Names
 * may be separated by commas and blanks, but need not be.  Returns false at
 * anything else. */
static bool
parse_words(const struct nw_name *names, const char *s, size_t n,
            uint8_t *bitsp)
{
    const char *end = s + n;

    for (;;) {
        while (s < end && (isspace((unsigned char) *s) || *s == ',')) {
            s++;
        }
        if (s >= end) {
            return true;
        }

        const struct nw_name *word;
        for (word = names; word->name; word++) {
            size_t len = strlen(word->name);
            if ((size_t) (end - s) >= len
                && !strncasecmp(s, word->name, len)) {
                *bitsp |= word->num;
                s += len;
                break;
            }
        }
        if (!word->name) {
            return false;
        }
    }
}

static char *
parse_state(const char *text, uint8_t *statesp)
{
    *statesp = 0;
    if (!parse_words(nw_state_names, text, strlen(text), statesp)) {
        return not_a(NW_T_STATE);
    }
    if (*statesp & NW_STATE_NONE) {
        *statesp = NW_STATE_NONE;
    }
    return NULL;
}

static char *
parse_tcp_flags(const char *text, struct nw_value *v)
{
    const char *slash = strchr(text, '/');

    v->tcp.mask = v->tcp.flags = 0;
    if (!slash
        || !parse_words(nw_tcp_flag_names, text, slash - text, &v->tcp.mask)
        || !parse_words(nw_tcp_flag_names, slash + 1, strlen(slash + 1),
                        &v->tcp.flags)) {
        return not_a(NW_T_TCP_FLAGS);
    }
    return NULL;
}

static char *
parse_ipset(const char *text, const char **namep)
{
    size_t n = strlen(text);

    *namep = text;
    if (!n) {
        return nw_xstrdup("empty");
    } else if (n > NW_IPSET_NAME_MAX) {
        return nw_xasprintf("longer than %d characters", NW_IPSET_NAME_MAX);
    }
    for (; *text; text++) {
        if (!strchr("_.:+ -", *text)
            && !(isascii((unsigned char) *text)
                 && isalnum((unsigned char) *text))) {
            return not_a(NW_T_IPSET);
        }
    }
    return NULL;
}

static char *
parse_ipset_flags(const char *text, struct nw_ipset_flags *flags)
{
    flags->n = flags->dst = 0;
    for (; flags->n < 6; text++) {
        if (!strncasecmp(text, "dst", 3)) {
            flags->dst |= 1 << flags->n;
        } else if (strncasecmp(text, "src", 3)) {
            break;
        }
        flags->n++;
        text += 3;
        if (!*text) {
            return NULL;
        } else if (*text != ',') {
            break;
        }
    }
    /* libvirt takes a comma behind the sixth. */
    return flags->n == 6 && !*text ? NULL : not_a(NW_T_IPSET_FLAGS);
}

static char *
check(enum nw_type type, bool ok)
{
    return ok ? NULL : not_a(type);
}

char *
nw_value_parse(enum nw_type type, const char *text, struct nw_value *v)
{
    memset(v, 0, sizeof *v);
    v->type = type;
    switch (type) {
    case NW_T_U8:
        return parse_uint(type, text, UINT8_MAX, &v->num);
    case NW_T_U16:
    case NW_T_U16_DEC:
        return parse_uint(type, text, UINT16_MAX, &v->num);
    case NW_T_U32:
        return parse_uint(type, text, UINT32_MAX, &v->num);
    case NW_T_MAC:
        return check(type, nw_parse_mac(text, v->mac));
    case NW_T_MAC_MASK:
        return parse_mac_mask(text, v->mac);
    case NW_T_IPV4:
        return check(type, nw_parse_ipv4(text, &v->ipv4));
    case NW_T_IPV4_MASK:
        return check(type, nw_parse_ipv4_mask(text, &v->num));
    case NW_T_IPV6:
        return check(type, nw_parse_ipv6(text, v->ipv6));
    case NW_T_IPV6_MASK:
        return check(type, nw_parse_ipv6_mask(text, &v->num));
    case NW_T_ETHERTYPE:
    case NW_T_ARP_OPCODE:
        return parse_named(type, text, UINT16_MAX, &v->num);
    case NW_T_IP_PROTOCOL:
        return parse_named(type, text, UINT8_MAX, &v->num);
    case NW_T_BOOL:
        return parse_bool(text, &v->boolean);
    case NW_T_STATE:
        return parse_state(text, &v->states);
    case NW_T_TCP_FLAGS:
        return parse_tcp_flags(text, v);
    case NW_T_IPSET:
        return parse_ipset(text, &v->string);
    case NW_T_IPSET_FLAGS:
        return parse_ipset_flags(text, &v->ipset_flags);
    case NW_T_STRING:
        v->string = text;
        return NULL;
    }
    abort();
}
