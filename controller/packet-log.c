/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/packet-log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "controller/port-log.h"
#include "flows/rule-origin.h"
#include "flows/sample.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/vlog.h"
#include "smap.h"
#include "socket-util.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(packet_log);

/* A bucket's tokens come by the millisecond. */
#define TOKENS 1000

/* What the buckets can count. */
#define MAX_RATE 1000000

struct packet_log {
    char *path; /* NULL: the daemon's own log. */
    int fd;     /* Of 'path', or -1. */
    bool torn;  /* Its last line is not complete. */
    bool json;
    unsigned int rate;
};

struct packet_log *
packet_log_create(void)
{
    struct packet_log *log = xzalloc(sizeof *log);

    log->fd = -1;
    log->rate = PACKET_LOG_RATE_DEFAULT;
    return log;
}

static void
close_file(struct packet_log *log)
{
    if (log->fd >= 0) {
        close(log->fd);
        log->fd = -1;
    }
}

void
packet_log_destroy(struct packet_log *log)
{
    if (log) {
        close_file(log);
        free(log->path);
        free(log);
    }
}

static bool
parse_format(const char *format)
{
    bool json = !strcmp(format, "json");

    if (!json && strcmp(format, "text")) {
        VLOG_WARN(PACKET_LOG_FORMAT_KEY " is '%s', expected 'text' or 'json'",
                  format);
    }
    return json;
}

/* The daemon's working directory is nobody's business. */
static const char *
parse_path(const char *path)
{
    if (path && path[0] != '/') {
        VLOG_WARN(PACKET_LOG_FILE_KEY " is '%s', expected an absolute path",
                  path);
        return NULL;
    }
    return path;
}

void
packet_log_configure(struct packet_log *log, const struct smap *config)
{
    const char *path = parse_path(smap_get(config, PACKET_LOG_FILE_KEY));
    unsigned int rate = smap_get_uint(config, PACKET_LOG_RATE_KEY,
                                      PACKET_LOG_RATE_DEFAULT);

    log->json = parse_format(
        smap_get_def(config, PACKET_LOG_FORMAT_KEY, "text"));
    log->rate = MIN(rate, MAX_RATE);
    if (!nullable_string_is_equal(path, log->path)) {
        close_file(log);
        free(log->path);
        log->path = nullable_xstrdup(path);
    }
}

/* Lines. */

/* Appends " KEY=VALUE", in quotes where a reader would not find the value's
 * end without them. */
static void
put_word(const char *key, const char *value, struct ds *s)
{
    ds_put_format(s, " %s=", key);
    if (!value[0] || value[strcspn(value, " \t\r\n\"\\=")]) {
        json_string_escape(value, s);
    } else {
        ds_put_cstr(s, value);
    }
}

static char *
format_text(const struct packet_log_line *line, uint64_t suppressed)
{
    const char *state = sample_state_name(line->sample);
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_cstr(&s, line->drop ? "drop" : "accept");
    put_word("port", line->port, &s);
    put_word("bridge", line->bridge, &s);
    put_word("direction", line->sample->out ? "out" : "in", &s);
    if (line->rule) {
        put_word("filter", rule_origin_filter(line->rule), &s);
        ds_put_format(&s, " line=%d rule=", line->rule->line);
        json_string_escape(line->rule->text, &s);
    } else {
        ds_put_cstr(&s, " reason=");
        json_string_escape(line->reason, &s);
    }
    if (state) {
        ds_put_format(&s, " state=%s", state);
    }
    if (suppressed) {
        ds_put_format(&s, " suppressed=%" PRIu64, suppressed);
    }
    ds_put_cstr(&s, " packet=");
    sample_format(&line->sample->flow, &s);
    return ds_steal_cstr(&s);
}

static char *
format_json(const struct packet_log_line *line, uint64_t suppressed)
{
    const char *state = sample_state_name(line->sample);
    char *when = xastrftime_msec("%Y-%m-%dT%H:%M:%S.###Z", line->when, true);
    struct json *json = json_object_create();
    struct ds s = DS_EMPTY_INITIALIZER;

    json_object_put_string(json, "time", when);
    json_object_put_string(json, "event", line->drop ? "drop" : "accept");
    json_object_put_string(json, "port", line->port);
    json_object_put_string(json, "bridge", line->bridge);
    json_object_put_string(json, "direction",
                           line->sample->out ? "out" : "in");
    if (line->rule) {
        json_object_put_string(json, "filter", rule_origin_filter(line->rule));
        json_object_put(json, "line", json_integer_create(line->rule->line));
        json_object_put_string(json, "rule", line->rule->text);
    } else {
        json_object_put_string(json, "reason", line->reason);
    }
    if (state) {
        json_object_put_string(json, "state", state);
    }
    if (suppressed) {
        json_object_put(json, "suppressed", json_integer_create(suppressed));
    }
    sample_format(&line->sample->flow, &s);
    json_object_put_string(json, "packet", ds_cstr(&s));

    char *text = json_to_string(json, JSSF_SORT);

    json_destroy(json);
    ds_destroy(&s);
    free(when);
    return text;
}

/* The file. */

/* Whether the path stands for the file that is open. */
static bool
is_open(const struct packet_log *log)
{
    struct stat named, open;

    return (log->fd >= 0 && !stat(log->path, &named) && !fstat(log->fd, &open)
            && named.st_dev == open.st_dev && named.st_ino == open.st_ino);
}

static void
open_file(struct packet_log *log)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

    close_file(log);
    log->torn = false;
    log->fd = open(log->path,
                   O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK
                       | O_NOCTTY,
                   0640);
    if (log->fd < 0) {
        VLOG_WARN_RL(&rl, "%s: can not write packets here: %s", log->path,
                     ovs_strerror(errno));
    }
}

static void
write_file(struct packet_log *log, const char *text, long long int when)
{
    char *time = log->json
                     ? xstrdup("")
                     : xastrftime_msec("%Y-%m-%dT%H:%M:%S.###Z ", when, true);
    char *line;
    ssize_t n = 0;

    if (!is_open(log)) {
        open_file(log);
    }
    line = xasprintf("%s%s%s\n", log->torn ? "\n" : "", time, text);
    if (log->fd >= 0) {
        n = write(log->fd, line, strlen(line));
        log->torn = n < 0 ? log->torn : n < strlen(line);
    }
    if (n < 0) {
        static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(1, 5);

        VLOG_WARN_RL(&rl, "%s: can not write: %s", log->path,
                     ovs_strerror(errno));
    }
    free(line);
    free(time);
}

/* A port begins with the lines of one second. */
static bool
may_write(const struct packet_log *log, struct port_log *port)
{
    unsigned int burst = log->rate * TOKENS;

    if (port->tokens.rate != log->rate) {
        token_bucket_init(&port->tokens, log->rate, burst);
    }
    return log->rate && token_bucket_withdraw(&port->tokens, TOKENS);
}

void
packet_log_write(struct packet_log *log, struct port_log *port,
                 const struct packet_log_line *line)
{
    if (!may_write(log, port)) {
        port->suppressed++;
        return;
    }

    char *text = (log->json ? format_json : format_text)(line,
                                                         port->suppressed);

    port->suppressed = 0;
    if (log->path) {
        write_file(log, text, line->when);
    } else {
        VLOG_INFO("%s", text);
    }
    free(text);
}
