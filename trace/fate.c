/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "trace/fate.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "svec.h"
#include "trace/trace-state.h"
#include "util.h"

/* What people write for an address that does not matter. */
#define ANY "any"

/* One end of a packet's way: "10.0.0.5:22", "[fe80::1]:22", "fe80::1",
 * "any:22". */
struct endpoint {
    char *address; /* Or ANY. */
    const char *port;
    bool ipv6;
};

/* Returns false if 'text' is none.  The address itself is not looked at. */
static bool
endpoint_init(struct endpoint *e, const char *text)
{
    char *colon;

    memset(e, 0, sizeof *e);
    if (text[0] == '[') {
        e->address = xstrdup(text + 1);
        colon = strchr(e->address, ']');
        if (!colon || (colon[1] != ':' && colon[1] != '\0')) {
            return false;
        }
        *colon++ = '\0';
    } else {
        e->address = xstrdup(text);
        colon = strchr(e->address, ':');
        if (colon && strchr(colon + 1, ':')) {
            colon = NULL;
        }
    }
    if (colon && *colon == ':') {
        *colon = '\0';
        e->port = colon + 1;
    }
    e->ipv6 = strchr(e->address, ':') != NULL;
    return true;
}

static void
endpoint_uninit(struct endpoint *e)
{
    free(e->address);
}

static bool
is_any(const struct endpoint *e)
{
    return !strcmp(e->address, ANY);
}

/* The protocol as flows call it. */
static const char *
protocol_name(const char *name, bool ipv6)
{
    static const char *const twins[][2] = {
        { "ip", "ipv6" },    { "tcp", "tcp6" },   { "udp", "udp6" },
        { "sctp", "sctp6" }, { "icmp", "icmp6" },
    };

    for (size_t i = 0; ipv6 && i < ARRAY_SIZE(twins); i++) {
        if (!strcmp(twins[i][0], name)) {
            return twins[i][1];
        }
    }
    return name;
}

static void
put_endpoint(const struct endpoint *e, const char *protocol, bool dst,
             struct ds *s)
{
    bool arp = strstr(protocol, "arp") != NULL;

    if (!is_any(e)) {
        ds_put_format(s, ",%s=%s",
                      (arp       ? (dst ? "arp_tpa" : "arp_spa")
                       : e->ipv6 ? (dst ? "ipv6_dst" : "ipv6_src")
                                 : (dst ? "nw_dst" : "nw_src")),
                      e->address);
    }
    if (e->port) {
        ds_put_format(s, ",%s=%s", dst ? "tp_dst" : "tp_src", e->port);
    }
}

/* "type=8" and the like: short names of fields. */
static void
put_field(const char *word, struct ds *s)
{
    static const char *const names[][2] = {
        { "type", "icmp_type" },  { "code", "icmp_code" },
        { "flags", "tcp_flags" }, { "vlan", "dl_vlan" },
        { "src", "dl_src" },      { "dst", "dl_dst" },
        { "op", "arp_op" },
    };
    size_t len = strcspn(word, "=");
    const char *name = NULL;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        if (strlen(names[i][0]) == len && !memcmp(names[i][0], word, len)) {
            name = names[i][1];
        }
    }
    ds_put_char(s, ',');
    if (name) {
        ds_put_cstr(s, name);
    } else {
        ds_put_buffer(s, word, len);
    }
    for (const char *p = word + len; *p; p++) {
        /* A comma would begin another field. */
        ds_put_char(s, *p == ',' ? '|' : *p);
    }
}

static char *
format_flow(const char *name, const struct endpoint *src,
            const struct endpoint *dst, char **fields, size_t n)
{
    const char *protocol = protocol_name(name, src->ipv6 || dst->ipv6);
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&s, protocol);
    put_endpoint(src, protocol, false, &s);
    put_endpoint(dst, protocol, true, &s);
    for (size_t i = 0; i < n; i++) {
        put_field(fields[i], &s);
    }
    return ds_steal_cstr(&s);
}

/* "PROTOCOL SOURCE > TARGET [FIELD=VALUE]..." as a flow. */
static char *
parse_short(char **words, size_t n, char **flowp)
{
    struct endpoint src, dst;
    char *error = NULL;

    if (n < 4 || strcmp(words[2], ">")) {
        return xstrdup("expected PROTOCOL SOURCE > TARGET [FIELD=VALUE]..., "
                       "or a flow without blanks");
    }

    bool src_ok = endpoint_init(&src, words[1]);
    bool dst_ok = endpoint_init(&dst, words[3]);

    if (src_ok && dst_ok) {
        *flowp = format_flow(words[0], &src, &dst, words + 4, n - 4);
    } else {
        error = xasprintf("'%s' is no end of a packet's way: expected "
                          "[ADDRESS] or [ADDRESS]:PORT",
                          words[src_ok ? 3 : 1]);
    }
    endpoint_uninit(&src);
    endpoint_uninit(&dst);
    return error;
}

static bool
parse_verdict(const char *text, enum interpret_verdict *verdictp)
{
    for (int i = INTERPRET_ACCEPT; i <= INTERPRET_REJECT; i++) {
        if (!strcmp(text, interpret_verdict_name(i))) {
            *verdictp = i;
            return true;
        }
    }
    return false;
}

/* "DIRECTION PACKET [STATE] -> VERDICT". */
static char *
parse_packet(struct fate_line *line, char **words, size_t n)
{
    line->direction = strcmp(words[0], "in") ? NW_OUT : NW_IN;
    if (n < 4 || strcmp(words[n - 2], "->")) {
        return xstrdup("expected '-> accept', '-> drop' or '-> reject' at the "
                       "end");
    } else if (!parse_verdict(words[n - 1], &line->expected)) {
        return xasprintf("'%s' is no verdict: expected accept, drop or reject",
                         words[n - 1]);
    }
    words++;
    n -= 3;
    if (n > 1 && trace_state_parse(words[n - 1], &line->wanted)) {
        line->has_state = true;
        n--;
    }
    if (n > 1) {
        return parse_short(words, n, &line->flow);
    }
    line->flow = xstrdup(words[0]);
    return NULL;
}

static void
parse_setting(struct fate_line *line, const struct svec *words)
{
    struct svec rest = SVEC_EMPTY_INITIALIZER;

    for (size_t i = 1; i < words->n; i++) {
        svec_add(&rest, words->names[i]);
    }
    line->key = xstrdup(words->names[0]);
    line->value = svec_join(&rest, " ", "");
    svec_destroy(&rest);
}

void
fate_split(const char *text, struct svec *words)
{
    char *copy = xstrdup(text), *save = NULL;

    for (char *word = strtok_r(copy, " \t\r", &save); word;
         word = strtok_r(NULL, " \t\r", &save)) {
        svec_add(words, word);
    }
    svec_terminate(words);
    free(copy);
}

char *
fate_line_init(struct fate_line *line, const char *text)
{
    struct svec words = SVEC_EMPTY_INITIALIZER;
    char *copy = xmemdup0(text, strcspn(text, "#"));
    char *error = NULL;

    memset(line, 0, sizeof *line);
    fate_split(copy, &words);
    if (!words.n) {
        line->kind = text[strlen(copy)] == '#' ? FATE_COMMENT : FATE_BLANK;
    } else if (!strcmp(words.names[0], "in")
               || !strcmp(words.names[0], "out")) {
        line->kind = FATE_PACKET;
        error = parse_packet(line, words.names, words.n);
    } else {
        line->kind = FATE_SETTING;
        parse_setting(line, &words);
    }
    svec_destroy(&words);
    free(copy);
    return error;
}

void
fate_line_uninit(struct fate_line *line)
{
    free(line->key);
    free(line->value);
    free(line->flow);
}
