/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* DHCPv6 (RFC 8415): messages between clients and servers.  Delegated
 * prefixes (IA_PD) are no addresses of the guest and not read. */

#include <config.h>

#include "learning/snoop-private.h"

#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "unaligned.h"
#include "util.h"

/* Options (RFC 8415 21). */
enum {
    OPT_CLIENTID = 1,
    OPT_SERVERID = 2,
    OPT_IA_NA = 3,
    OPT_IA_TA = 4,
    OPT_IAADDR = 5,
    OPT_STATUS_CODE = 13,
    OPT_RAPID_COMMIT = 14,
};

#define IA_NA_LEN 12 /* Before the options in it: IAID, T1, T2. */
#define IA_TA_LEN 4

OVS_PACKED(struct option_header {
    ovs_be16 code;
    ovs_be16 len;
});

OVS_PACKED(struct ia_address {
    struct in6_addr addr;
    ovs_be32 preferred;
    ovs_be32 valid;
});

struct option {
    uint16_t code;
    struct ofpbuf data;
};

/* Takes the next option off 'rest'.  Returns false at the end, and with
 * '*badp' set if it does not fit. */
static bool
next_option(struct ofpbuf *rest, struct option *option, bool *badp)
{
    const struct option_header *header;

    if (!rest->size) {
        return false;
    }
    header = ofpbuf_try_pull(rest, sizeof *header);

    size_t len = header ? ntohs(header->len) : 0;
    const void *data = header ? ofpbuf_try_pull(rest, len) : NULL;

    if (!data) {
        *badp = true;
        return false;
    }
    option->code = ntohs(header->code);
    ofpbuf_use_const(&option->data, data, len);
    return true;
}

static bool
read_status(const struct option *option, uint16_t *statusp)
{
    const uint8_t *p = option->data.data;

    if (option->data.size < 2) {
        return false;
    }
    *statusp = p[0] << 8 | p[1];
    return true;
}

/* The status among some options, 0 (success) without one.  Returns false if
 * the options are malformed. */
static bool
find_status(struct ofpbuf options, uint16_t *statusp)
{
    struct option option;
    bool bad = false;

    *statusp = 0;
    while (next_option(&options, &option, &bad)) {
        if (option.code == OPT_STATUS_CODE && !read_status(&option, statusp)) {
            return false;
        }
    }
    return !bad;
}

/* RFC 8415 21.6: an address whose preferred lifetime is the longer one does
 * not count. */
static bool
read_address(struct option *option, struct snoop_event *event)
{
    struct snoop_dhcpv6 *dhcpv6 = &event->dhcpv6;
    const struct ia_address *ia = ofpbuf_try_pull(&option->data, sizeof *ia);
    uint16_t status;

    if (!ia || !find_status(option->data, &status)) {
        return snoop_bad(event, SNOOP_BAD_OPTION);
    } else if (status || ntohl(ia->preferred) > ntohl(ia->valid)) {
        return true;
    } else if (dhcpv6->n_addresses >= SNOOP_MAX_ADDRESSES) {
        return snoop_bad(event, SNOOP_BAD_TOO_MANY);
    }

    struct snoop_dhcpv6_address *a = &dhcpv6->addresses[dhcpv6->n_addresses++];

    a->addr = ia->addr;
    a->valid = ntohl(ia->valid);
    return true;
}

/* RFC 8415 21.4: an IA_NA whose T1 is later than its T2 does not count. */
static bool
times_ok(const ovs_be32 *ia)
{
    uint32_t t1 = ntohl(get_unaligned_be32(ia + 1));
    uint32_t t2 = ntohl(get_unaligned_be32(ia + 2));

    return !t1 || !t2 || t1 <= t2;
}

/* An identity association, with its addresses. */
static bool
read_ia(struct option *ia, struct snoop_event *event)
{
    bool na = ia->code == OPT_IA_NA;
    const ovs_be32 *head = ofpbuf_try_pull(&ia->data,
                                           na ? IA_NA_LEN : IA_TA_LEN);
    struct option option;
    uint16_t status;
    bool bad = false;

    if (!head || !find_status(ia->data, &status)) {
        return snoop_bad(event, SNOOP_BAD_OPTION);
    } else if (status || (na && !times_ok(head))) {
        return true;
    }
    while (next_option(&ia->data, &option, &bad)) {
        if (option.code == OPT_IAADDR && !read_address(&option, event)) {
            return false;
        }
    }
    return !bad || snoop_bad(event, SNOOP_BAD_OPTION);
}

/* Options that a message has once. */
struct seen {
    bool client, server, status, rapid_commit;
};

static bool
once(bool *seen, struct snoop_event *event)
{
    if (*seen) {
        return snoop_bad(event, SNOOP_BAD_REPEATED);
    }
    *seen = true;
    return true;
}

static bool
read_duid(const struct option *option, struct snoop_event *event)
{
    struct snoop_dhcpv6 *dhcpv6 = &event->dhcpv6;

    /* RFC 8415 11.1: two bytes of type, then one to 128. */
    if (option->data.size < 3 || option->data.size > SNOOP_MAX_DUID) {
        return snoop_bad(event, SNOOP_BAD_OPTION);
    }
    memcpy(dhcpv6->duid, option->data.data, option->data.size);
    dhcpv6->duid_len = option->data.size;
    return true;
}

static bool
read_option(struct option *option, struct seen *seen,
            struct snoop_event *event)
{
    switch (option->code) {
    case OPT_CLIENTID:
        return once(&seen->client, event) && read_duid(option, event);
    case OPT_SERVERID:
        return once(&seen->server, event);
    case OPT_IA_NA:
    case OPT_IA_TA:
        return read_ia(option, event);
    case OPT_STATUS_CODE:
        return once(&seen->status, event)
               && (read_status(option, &event->dhcpv6.status)
                   || snoop_bad(event, SNOOP_BAD_OPTION));
    case OPT_RAPID_COMMIT:
        event->dhcpv6.rapid_commit = true;
        return once(&seen->rapid_commit, event);
    default:
        return true;
    }
}

/* Which side sends a message of this type? */
enum side { SIDE_NONE, SIDE_CLIENT, SIDE_SERVER };

static enum side
side_of(uint8_t type)
{
    switch (type) {
    case SNOOP_DHCPV6_SOLICIT:
    case SNOOP_DHCPV6_REQUEST:
    case SNOOP_DHCPV6_CONFIRM:
    case SNOOP_DHCPV6_RENEW:
    case SNOOP_DHCPV6_REBIND:
    case SNOOP_DHCPV6_RELEASE:
    case SNOOP_DHCPV6_DECLINE:
    case SNOOP_DHCPV6_INFORMATION_REQUEST:
        return SIDE_CLIENT;
    case SNOOP_DHCPV6_ADVERTISE:
    case SNOOP_DHCPV6_REPLY:
    case SNOOP_DHCPV6_RECONFIGURE:
        return SIDE_SERVER;
    default:
        return SIDE_NONE;
    }
}

/* RFC 8415 16: what makes a receiver discard a message. */
static bool
is_complete(const struct seen *seen, bool from_server, uint8_t type)
{
    return (from_server
                ? seen->server && seen->client
                : seen->client || type == SNOOP_DHCPV6_INFORMATION_REQUEST);
}

bool
snoop_dhcpv6(struct ofpbuf *payload, bool from_server,
             struct snoop_event *event)
{
    struct snoop_dhcpv6 *dhcpv6 = &event->dhcpv6;
    const uint8_t *head = ofpbuf_try_pull(payload, 4);
    struct seen seen = { .client = false };
    struct option option;
    bool bad = false;

    if (!head) {
        return snoop_bad(event, SNOOP_BAD_LENGTH);
    } else if (side_of(head[0]) == SIDE_NONE) {
        return true;
    } else if (side_of(head[0]) != (from_server ? SIDE_SERVER : SIDE_CLIENT)) {
        return snoop_bad(event, SNOOP_BAD_HEADER);
    }
    dhcpv6->type = head[0];
    dhcpv6->xid = head[1] << 16 | head[2] << 8 | head[3];
    while (next_option(payload, &option, &bad)) {
        if (!read_option(&option, &seen, event)) {
            return false;
        }
    }
    if (bad) {
        return snoop_bad(event, SNOOP_BAD_OPTION);
    } else if (!is_complete(&seen, from_server, dhcpv6->type)) {
        return snoop_bad(event, SNOOP_BAD_MISSING);
    }
    event->kind = from_server ? SNOOP_DHCPV6_SERVER : SNOOP_DHCPV6_CLIENT;
    return true;
}
