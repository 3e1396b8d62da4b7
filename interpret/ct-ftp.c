/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "interpret/ct-private.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* FTP commands and replies that announce a data connection: PORT and 227
 * (RFC 959), EPRT and 229 (RFC 2428). */

struct endpoint {
    uint8_t addr[16];
    uint16_t port;
};

/* "h1,h2,h3,h4,p1,p2" */
static bool
parse_numbers(const char *s, struct endpoint *e)
{
    unsigned int n[6];

    if (sscanf(s, "%u,%u,%u,%u,%u,%u", &n[0], &n[1], &n[2], &n[3], &n[4],
               &n[5])
        != 6) {
        return false;
    }
    for (int i = 0; i < 6; i++) {
        if (n[i] > 255) {
            return false;
        }
    }
    for (int i = 0; i < 4; i++) {
        e->addr[i] = n[i];
    }
    e->port = n[4] << 8 | n[5];
    return true;
}

static bool
parse_port(const char *s, char delimiter, uint16_t *portp)
{
    char *end;
    unsigned long port = strtoul(s, &end, 10);

    *portp = port;
    return end != s && *end == delimiter && port > 0 && port < 65536;
}

/* "|2|fd00::1|5001|", with any delimiter. */
static bool
parse_eprt(const char *s, int family, struct endpoint *e)
{
    char delimiter = s[0];
    char addr[INET6_ADDRSTRLEN];
    const char *end;

    if (!delimiter || s[1] != (family == 6 ? '2' : '1') || s[2] != delimiter
        || !(end = strchr(s + 3, delimiter))
        || (size_t) (end - (s + 3)) >= sizeof addr) {
        return false;
    }
    memcpy(addr, s + 3, end - (s + 3));
    addr[end - (s + 3)] = '\0';
    return (inet_pton(family == 6 ? AF_INET6 : AF_INET, addr, e->addr) == 1
            && parse_port(end + 1, delimiter, &e->port));
}

static bool
parse_command(const char *s, int family, struct endpoint *e)
{
    if (!strncasecmp(s, "PORT ", 5)) {
        return family == 4 && parse_numbers(s + 5, e);
    } else if (!strncasecmp(s, "EPRT ", 5)) {
        return parse_eprt(s + 5, family, e);
    }
    return false;
}

static bool
parse_reply(const char *s, int family, const uint8_t *server,
            struct endpoint *e)
{
    if (!strncmp(s, "227 ", 4) && family == 4) {
        s += 4;
        return parse_numbers(s + strcspn(s, "0123456789"), e);
    } else if (!strncmp(s, "229 ", 4)) {
        const char *paren = strchr(s, '(');
        memcpy(e->addr, server, sizeof e->addr);
        return (paren && paren[1] && paren[2] == paren[1]
                && paren[3] == paren[1]
                && parse_port(paren + 4, paren[1], &e->port));
    }
    return false;
}

bool
ct_ftp_announces(const struct ct_conn *conn, bool reply,
                 const struct interpret_l4 *l4, struct ct_tuple *tuple)
{
    const struct ct_tuple *from = &conn->halves[reply].tuple;
    struct endpoint e = { .port = 0 };
    char line[256];

    if (conn->halves[0].tuple.dst_port != 21 || !l4->payload_len
        || l4->payload_len >= sizeof line) {
        return false;
    }
    memcpy(line, l4->payload, l4->payload_len);
    line[l4->payload_len] = '\0';
    if (!(reply ? parse_reply(line, from->family, from->src, &e)
                : parse_command(line, from->family, &e))) {
        return false;
    }
    /* Nobody announces for somebody else. */
    if (memcmp(e.addr, from->src, sizeof e.addr)) {
        return false;
    }
    memset(tuple, 0, sizeof *tuple);
    tuple->family = from->family;
    tuple->protocol = IPPROTO_TCP;
    memcpy(tuple->src, from->dst, sizeof tuple->src);
    memcpy(tuple->dst, from->src, sizeof tuple->dst);
    tuple->dst_port = e.port;
    return true;
}
