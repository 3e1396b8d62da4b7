/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef SWITCH_INSTALL_PRIVATE_H
#define SWITCH_INSTALL_PRIVATE_H 1

/* The parts of install.h's implementation.
 *
 *   install.c          the session: greeting, bundles, refusals
 *   install-picture.c  what the switch holds: the dump, reports of changes,
 *                      other people's flows */

#include "flows/flow.h"
#include "switch/install.h"

struct ofp_header;

enum install_state {
    DISCONNECTED,
    DUMPING, /* Waits for the rest of the dump. */
    IDLE,    /* Knows what the switch holds. */
    BUNDLE,  /* 'bundle' is being sent or answered. */
    FAILED,  /* Waits to be disconnected. */
};

struct install {
    char *name;
    struct flow_table *desired;
    enum ofputil_protocol protocol;
    enum install_state state;
    bool ready;
    bool want_packet_in;

    struct ovs_list out; /* Messages ready to send. */
    uint32_t next_xid;
    uint32_t next_bundle_id;

    struct flow_set dump;   /* What has come of the dump so far. */
    struct flow_set others; /* Other people's flows, without actions. */
    bool ignore_others;     /* They can not be read. */
    uint32_t dump_xid;
    uint32_t monitor_xid;
    uint32_t meter_xid; /* Of the first message that adds a meter. */
    bool monitor_paused;
    bool dump_again; /* The picture of the switch may be wrong. */

    struct bundle *bundle;
    bool restoring;            /* It takes back half of the last one. */
    struct familiar *familiar; /* What the switch has taken before. */
    uint64_t bundle_mark;      /* 'mark' when the bundle was made. */
    long long int bundle_time;
    uint64_t held_version;       /* Of 'desired' when an owner was held. */
    long long int retry_at;      /* No bundle before that time. */
    long long int owes_until;    /* See note_cost() in install.c. */
    long long int full_retry_at; /* For flows that are held, or LLONG_MAX. */

    uint64_t mark;         /* The last number given out, and ... */
    uint64_t mark_version; /* ... the version that it stands for. */
    uint64_t acked;

    struct rule_sums *sums;
    struct flush *zones;     /* To be emptied at once. */
    struct flush *addresses; /* Once what is desired is in the switch. */
    struct ovs_list errors;  /* Contains "struct queued_error"s. */
    struct switch_stats stats;
};

/* Takes 'msg', to be sent next. */
void install_send(struct install *, struct ofpbuf *msg, uint32_t xid);

/* There is no going on: 'what' has happened, with an OFPERR_* or errno value.
 * The session waits to be disconnected. */
void install_fail(struct install *, const char *what, int error);

/* What flows need besides tables. */
void install_send_groups(struct install *);
void install_send_meters(struct install *);

/* From now on the switch reports changes, and lists its flows. */
void install_start_watching(struct install *);

/* The flows are listed anew, for whatever was missed. */
void install_start_dump(struct install *);

/* A part of the list, or a report; returns false if it is for others. */
bool install_receive_dump(struct install *, const struct ofp_header *);
bool install_receive_monitor(struct install *, const struct ofp_header *);

/* What somebody else has asked the switch to do with groups or meters. */
void install_receive_request(struct install *, const struct ofp_header *);

#endif /* switch/install-private.h */
