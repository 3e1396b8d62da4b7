/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* DHCP (RFC 2131) with the options (RFC 2132) that tell of addresses. */

#include <config.h>

#include "learning/snoop-private.h"

#include "dhcp.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "unaligned.h"
#include "util.h"

/* Beyond those of dhcp.h. */
#define OPT_LEASE_TIME 51
#define OPT_OVERLOAD 52
#define OPT_SERVER_ID 54

enum { OVERLOAD_FILE = 1, OVERLOAD_SNAME = 2 }; /* RFC 2132 9.3. */

/* One field of options, until it ends. */
struct options {
    struct ofpbuf rest;
    uint8_t code;
    const uint8_t *data;
    uint8_t len;
};

enum next { NEXT_OPTION, NEXT_END, NEXT_BAD };

/* RFC 2131 4.1: the last option must be "end". */
static enum next
next_option(struct options *o)
{
    for (;;) {
        const uint8_t *head = ofpbuf_try_pull(&o->rest, 1);

        if (!head) {
            return NEXT_BAD;
        } else if (*head == DHCP_OPT_END) {
            return NEXT_END;
        } else if (*head != DHCP_OPT_PAD) {
            const uint8_t *len = ofpbuf_try_pull(&o->rest, 1);

            o->code = *head;
            o->data = len ? ofpbuf_try_pull(&o->rest, *len) : NULL;
            o->len = len ? *len : 0;
            return o->data ? NEXT_OPTION : NEXT_BAD;
        }
    }
}

/* The options that are read, once each, in whichever field they are. */
struct seen {
    const uint8_t *type, *requested, *lease, *server_id, *overload;
};

static bool
note(const struct options *o, struct seen *seen, struct snoop_event *event)
{
    const struct {
        uint8_t code, len;
        const uint8_t **where;
    } wanted[] = {
        { DHCP_OPT_MSG_TYPE, 1, &seen->type },
        { DHCP_OPT_REQ_IP, 4, &seen->requested },
        { OPT_LEASE_TIME, 4, &seen->lease },
        { OPT_SERVER_ID, 4, &seen->server_id },
        { OPT_OVERLOAD, 1, &seen->overload },
    };

    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
        if (o->code != wanted[i].code) {
            continue;
        } else if (o->len != wanted[i].len) {
            return snoop_bad(event, SNOOP_BAD_OPTION);
        } else if (*wanted[i].where) {
            return snoop_bad(event, SNOOP_BAD_REPEATED);
        }
        *wanted[i].where = o->data;
    }
    return true;
}

static bool
read_field(const void *data, size_t size, struct seen *seen,
           struct snoop_event *event)
{
    struct options o;
    enum next next;

    ofpbuf_use_const(&o.rest, data, size);
    while ((next = next_option(&o)) == NEXT_OPTION) {
        if (!note(&o, seen, event)) {
            return false;
        }
    }
    return next == NEXT_END || snoop_bad(event, SNOOP_BAD_OPTION);
}

/* Options may go on in two fields of the header (RFC 2131 4.1). */
static bool
read_options(const struct dhcp_header *header, const struct ofpbuf *options,
             struct seen *seen, struct snoop_event *event)
{
    if (!read_field(options->data, options->size, seen, event)) {
        return false;
    }

    uint8_t fields = seen->overload ? *seen->overload : 0;

    if (fields & ~(OVERLOAD_FILE | OVERLOAD_SNAME)) {
        return snoop_bad(event, SNOOP_BAD_HEADER);
    }
    return (!(fields & OVERLOAD_FILE)
            || read_field(header->file, sizeof header->file, seen, event))
           && (!(fields & OVERLOAD_SNAME)
               || read_field(header->sname, sizeof header->sname, seen,
                             event));
}

static ovs_be32
address_of(const uint8_t *data)
{
    return data ? get_unaligned_be32((const ovs_be32 *) data) : 0;
}

static bool
header_ok(const struct dhcp_header *header, const ovs_be32 *cookie,
          bool from_server)
{
    return header->op == (from_server ? DHCP_OP_REPLY : DHCP_OP_REQUEST)
           && header->htype == ARP_HRD_ETHERNET && header->hlen == ETH_ADDR_LEN
           && get_unaligned_be32(cookie) == htonl(DHCP_MAGIC_COOKIE);
}

bool
snoop_dhcp(struct ofpbuf *payload, bool from_server, struct snoop_event *event)
{
    const struct dhcp_header *header = ofpbuf_try_pull(payload,
                                                       sizeof *header);
    const ovs_be32 *cookie = ofpbuf_try_pull(payload, sizeof *cookie);
    struct snoop_dhcp *dhcp = &event->dhcp;
    struct seen seen = { .type = NULL };

    if (!header || !cookie) {
        return snoop_bad(event, SNOOP_BAD_LENGTH);
    } else if (!header_ok(header, cookie, from_server)) {
        return snoop_bad(event, SNOOP_BAD_HEADER);
    } else if (!read_options(header, payload, &seen, event)) {
        return false;
    } else if (!seen.type) {
        return snoop_bad(event, SNOOP_BAD_MISSING);
    }

    event->kind = from_server ? SNOOP_DHCP_SERVER : SNOOP_DHCP_CLIENT;
    dhcp->type = *seen.type;
    dhcp->xid = header->xid;
    memcpy(&dhcp->chaddr, header->chaddr, sizeof dhcp->chaddr);
    dhcp->ciaddr = header->ciaddr;
    dhcp->yiaddr = header->yiaddr;
    dhcp->requested = address_of(seen.requested);
    dhcp->server_id = address_of(seen.server_id);
    dhcp->has_lease = seen.lease != NULL;
    dhcp->lease = ntohl(address_of(seen.lease));
    return true;
}
