/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef UTILITIES_NWFCTL_SUITE_H
#define UTILITIES_NWFCTL_SUITE_H 1

/* What one file of policy tests has set so far: the filter, the port's
 * parameters, and the connections of the current block. */

#include <stdbool.h>
#include <stddef.h>

#include "interpret/interpret.h"
#include "svec.h"
#include "trace/trace-packet.h"
#include "utilities/nwfctl-offline.h"
#include "utilities/nwfctl-shipped.h"
#include "xml/vars.h"

struct fate_line;
struct interpret_ct;

/* A TCP connection, as far as the flags of its next packet depend on it. */
struct handshake {
    struct flow opening;
    bool answered;
};

struct suite {
    char *folder; /* Of the file; documents are relative to it. */

    /* Settings. */
    char *filter, *port;
    struct svec files;
    struct nw_vars vars;
    struct shash sets; /* Contains "struct interpret_set"s. */

    /* Made from them, when a packet comes. */
    bool changed;
    struct offline *offline; /* Or NULL. */
    struct shipped shipped;
    struct interpret_policy *policy; /* NULL: could not be made. */

    /* The block. */
    struct interpret_ct *ct;
    struct handshake *handshakes;
    size_t n_handshakes, allocated_handshakes;
};

/* A packet of the tests, ready to be judged. */
struct suite_packet {
    struct trace_packet packet;
    struct interpret_frame frame;
    struct interpret_conn conn; /* Resolved. */
    struct interpret_conn wanted;
    bool tracked; /* 'conn' is from the block's connections. */
};

void suite_init(struct suite *, const char *file);
void suite_uninit(struct suite *);

/* Does what a FATE_SETTING says.  Returns NULL, or a message that the caller
 * frees. */
char *suite_set(struct suite *, const struct fate_line *);

/* Forgets all connections. */
void suite_end_block(struct suite *);

/* Makes the packet of a FATE_PACKET, and finds its connection state.  Returns
 * NULL, or a message that the caller frees; the packet needs
 * suite_packet_uninit() in any case. */
char *suite_packet_init(struct suite *, const struct fate_line *,
                        struct suite_packet *);
void suite_packet_uninit(struct suite_packet *);

/* Judges the packet by the interpreter.  Returns false, with errors in
 * 'diags', if the filter can not be used; '*result' is borrowed from the
 * suite. */
bool suite_judge(struct suite *, const struct fate_line *,
                 struct suite_packet *, struct interpret_result *result,
                 struct nw_diags *diags);

/* The packet got through: its connection exists from now on. */
void suite_confirm(struct suite *, const struct suite_packet *);

#endif /* utilities/nwfctl-suite.h */
