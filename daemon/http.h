/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef DAEMON_HTTP_H
#define DAEMON_HTTP_H 1

/* A small HTTP server (RFC 9110, 9112) in the loop, for machines that read a
 * few pages: libevent's evhttp, within limits.
 *
 * GET and HEAD only.  Requests cost little, whatever they contain: headers and
 * bodies are limited, silent connections are closed after HTTP_TIMEOUT
 * seconds, and beyond HTTP_MAX_EVENTS, connections wait in the kernel until
 * others have ended. */

#include <stdbool.h>
#include <stddef.h>

struct ds;
struct event_base;
struct http;

#define HTTP_TIMEOUT 10
#define HTTP_MAX_EVENTS 32
#define HTTP_MAX_HEADERS 8192
#define HTTP_MAX_BODY 4096

struct http_page {
    const char *path; /* "/metrics". */
    const char *content_type;

    /* Appends the page to 'body' and returns the status, such as 200.  Must
     * not call the functions below. */
    int (*print)(struct ds *body, void *aux);
};

/* Listens nowhere at first.  'base' is loop.h's; it and the 'n' pages are
 * borrowed. */
struct http *http_create(struct event_base *, const struct http_page *,
                         size_t n, void *aux);
void http_destroy(struct http *); /* NULL is fine. */

/* Listens at "ADDRESS:PORT", numeric, IPv6 in brackets; NULL or "" is nowhere.
 * If that fails, logs why and tries again every few seconds. */
void http_configure(struct http *, const char *address);

void http_run(struct http *);
void http_wait(const struct http *);

/* Appends the address and whether it listens there, one line, or nothing. */
void http_format_status(const struct http *, struct ds *);

#endif /* daemon/http.h */
