/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "daemon/http.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(http);

/* Before an address is tried again that could not be listened at, or before
 * connections are accepted again after that failed, in ms. */
#define RETRY_MS 5000

/* Connections that wait in the kernel. */
#define BACKLOG 16

struct http {
    struct event_base *base;
    const struct http_page *pages;
    size_t n_pages;
    void *aux;

    char *address;                   /* Configured, or NULL. */
    char *error;                     /* Why it does not listen, or NULL. */
    struct evhttp *server;           /* NULL while it does not. */
    struct evconnlistener *listener; /* The server's. */
    bool paused;                     /* There are too many connections. */
    long long int retry_at;          /* In ms. */
};

struct http *
http_create(struct event_base *base, const struct http_page *pages, size_t n,
            void *aux)
{
    struct http *http = xzalloc(sizeof *http);

    http->base = base;
    http->pages = pages;
    http->n_pages = n;
    http->aux = aux;
    return http;
}

static void
close_server(struct http *http)
{
    if (http->server) {
        evhttp_free(http->server);
        http->server = NULL;
        http->listener = NULL;
    }
}

void
http_destroy(struct http *http)
{
    if (http) {
        close_server(http);
        free(http->address);
        free(http->error);
        free(http);
    }
}

/* Answers. */

static const struct http_page *
find_page(const struct http *http, struct evhttp_request *request)
{
    const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(request);
    const char *path = uri ? evhttp_uri_get_path(uri) : NULL;

    for (size_t i = 0; path && i < http->n_pages; i++) {
        if (!strcmp(path, http->pages[i].path)) {
            return &http->pages[i];
        }
    }
    return NULL;
}

static void
send_text(struct evhttp_request *request, int status, const char *content_type,
          const struct ds *text)
{
    struct evbuffer *body = evbuffer_new();

    evbuffer_add(body, text->string, text->length);
    evhttp_add_header(evhttp_request_get_output_headers(request),
                      "Content-Type", content_type);
    evhttp_send_reply(request, status, NULL, body);
    evbuffer_free(body);
}

static void
answer(struct evhttp_request *request, void *http_)
{
    const struct http *http = http_;
    const struct http_page *page = find_page(http, request);
    enum evhttp_cmd_type method = evhttp_request_get_command(request);
    const char *content_type = "text/plain; charset=utf-8";
    struct ds text = DS_EMPTY_INITIALIZER;
    int status;

    if (!page) {
        status = HTTP_NOTFOUND;
        ds_put_cstr(&text, "there is no such page\n");
    } else if (method != EVHTTP_REQ_GET && method != EVHTTP_REQ_HEAD) {
        status = HTTP_BADMETHOD;
        evhttp_add_header(evhttp_request_get_output_headers(request), "Allow",
                          "GET, HEAD");
        ds_put_cstr(&text, "pages can only be read\n");
    } else {
        content_type = page->content_type;
        status = page->print(&text, http->aux);
    }
    send_text(request, status, content_type, &text);
    ds_destroy(&text);
}

/* Connections. */

static bool
may_accept(const struct http *http)
{
    return (event_base_get_num_events(http->base, EVENT_BASE_COUNT_ADDED)
            < HTTP_MAX_EVENTS);
}

/* Called for each connection that is accepted.  libevent makes the bufferevent
 * itself when it is given none. */
static struct bufferevent *
note_connection(struct event_base *base OVS_UNUSED, void *http_)
{
    struct http *http = http_;

    if (!may_accept(http)) {
        evconnlistener_disable(http->listener);
        http->paused = true;
    }
    return NULL;
}

/* Such as too many open files, which would be so again at once.  http_run()
 * tries again. */
static void
note_accept_error(struct evconnlistener *listener, void *server OVS_UNUSED)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

    VLOG_WARN_RL(&rl, "can not accept a connection: %s", ovs_strerror(errno));
    evconnlistener_disable(listener);
}

/* Listening. */

/* libevent's parser takes "1x" for 1, and no port for 0. */
static bool
parse_address(const char *address, struct sockaddr_storage *ss, int *len)
{
    const char *colon = strrchr(address, ':');
    unsigned int port;

    *len = sizeof *ss;
    memset(ss, 0, sizeof *ss);
    return (
        colon && str_to_uint(colon + 1, 10, &port) && port
        && !evutil_parse_sockaddr_port(address, (struct sockaddr *) ss, len)
        && ss_get_port(ss) == port);
}

static struct evconnlistener *
listen_at(struct http *http, char **errorp)
{
    struct evconnlistener *listener;
    struct sockaddr_storage ss;
    int len;

    if (!parse_address(http->address, &ss, &len)) {
        *errorp = xstrdup("expected ADDRESS:PORT, such as 127.0.0.1:9100 or "
                          "[::1]:9100");
        return NULL;
    }
    errno = 0;
    listener = evconnlistener_new_bind(http->base, NULL, NULL,
                                       LEV_OPT_REUSEABLE
                                           | LEV_OPT_CLOSE_ON_FREE
                                           | LEV_OPT_CLOSE_ON_EXEC,
                                       BACKLOG, (struct sockaddr *) &ss, len);
    if (!listener) {
        *errorp = xstrdup(errno ? ovs_strerror(errno) : "can not listen");
    }
    return listener;
}

static void
open_server(struct http *http, struct evconnlistener *listener)
{
    http->server = evhttp_new(http->base);
    http->listener = listener;
    evhttp_set_gencb(http->server, answer, http);
    evhttp_set_bevcb(http->server, note_connection, http);
    evhttp_set_timeout(http->server, HTTP_TIMEOUT);
    evhttp_set_max_headers_size(http->server, HTTP_MAX_HEADERS);
    evhttp_set_max_body_size(http->server, HTTP_MAX_BODY);

    /* All that libevent knows, so that answer() refuses them. */
    evhttp_set_allowed_methods(http->server, UINT16_MAX);
    evhttp_bind_listener(http->server, listener);
    evconnlistener_set_error_cb(listener, note_accept_error);
}

static void
try_to_listen(struct http *http)
{
    char *error = NULL;
    struct evconnlistener *listener = listen_at(http, &error);

    if (listener) {
        open_server(http, listener);
        VLOG_INFO("listening at %s", http->address);
    } else if (!nullable_string_is_equal(error, http->error)) {
        VLOG_WARN("can not listen at %s: %s", http->address, error);
    }
    free(http->error);
    http->error = error;
}

void
http_configure(struct http *http, const char *address)
{
    if (address && !address[0]) {
        address = NULL;
    }
    if (nullable_string_is_equal(address, http->address)) {
        return;
    }
    if (http->server) {
        VLOG_INFO("no longer listening at %s", http->address);
    }
    close_server(http);
    free(http->address);
    free(http->error);
    http->address = nullable_xstrdup(address);
    http->error = NULL;
    http->retry_at = LLONG_MIN;
}

static void
accept_again(struct http *http)
{
    evconnlistener_enable(http->listener);
    http->paused = false;
}

void
http_run(struct http *http)
{
    bool due = http->address && time_msec() >= http->retry_at;

    if (http->server && may_accept(http) && (due || http->paused)) {
        accept_again(http);
    } else if (!http->server && due) {
        try_to_listen(http);
    }
    if (due) {
        http->retry_at = time_msec() + RETRY_MS;
    }
}

void
http_wait(const struct http *http)
{
    if (http->address) {
        poll_timer_wait_until(http->retry_at);
    }
}

void
http_format_status(const struct http *http, struct ds *s)
{
    if (http->address) {
        ds_put_format(s, "http %s: %s\n", http->address,
                      http->error ? http->error : "listening");
    }
}
