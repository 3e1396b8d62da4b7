/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_PACKET_LOG_H
#define CONTROLLER_PACKET_LOG_H 1

/* The packet log: a line for each packet that is to be logged, as text or as a
 * JSON object, to the daemon's own log (module "packet_log", level INFO) or to
 * a file.  doc/drops.md describes what a line holds.
 *
 * A file is opened anew when its name stands for another file or for none, so
 * that whoever moves it away, such as logrotate(8), need not tell the daemon.
 *
 * Writing to a file may block as the daemon's own log may. */

#include <stdbool.h>
#include <stdint.h>

struct packet_log;
struct port_log;
struct rule_origin;
struct sample;
struct smap;

/* Keys in Open_vSwitch:external_ids. */
#define PACKET_LOG_FILE_KEY "nwfilter-log-file"     /* Absolute path. */
#define PACKET_LOG_FORMAT_KEY "nwfilter-log-format" /* "text" or "json". */
#define PACKET_LOG_RATE_KEY "nwfilter-log-rate"     /* Lines a second. */
#define PACKET_LOG_RATE_DEFAULT 100

struct packet_log *packet_log_create(void);
void packet_log_destroy(struct packet_log *); /* NULL is fine. */

/* Takes over the keys. */
void packet_log_configure(struct packet_log *, const struct smap *config);

/* What a line says. */
struct packet_log_line {
    bool drop; /* Else accepted. */
    const char *port, *bridge;
    const struct rule_origin *rule; /* NULL: none has decided. */
    const char *reason;             /* What has, then. */
    const struct sample *sample;
    long long int when; /* Wall clock, ms. */
};

/* Writes the line, unless the port, whose state 'log' is, has had its lines
 * for this second; the next line says how many were left out. */
void packet_log_write(struct packet_log *, struct port_log *log,
                      const struct packet_log_line *);

#endif /* controller/packet-log.h */
