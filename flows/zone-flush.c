/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>
#include "zone-flush.h"

#include <stdlib.h>

#include "openflow/nicira-ext.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-util.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"

struct zone_flush {
    uint16_t *zones;
    size_t n, allocated;
    size_t n_sent;        /* The first so many have been sent. */
    uint32_t barrier_xid; /* After the last of those. */
};

static void send_msg(struct ofpbuf *, uint32_t xid, struct ovs_list *out);

struct zone_flush *
zone_flush_create(void)
{
    return xzalloc(sizeof(struct zone_flush));
}

void
zone_flush_destroy(struct zone_flush *zf)
{
    if (zf) {
        free(zf->zones);
        free(zf);
    }
}

void
zone_flush_add(struct zone_flush *zf, uint16_t zone)
{
    for (size_t i = zf->n_sent; i < zf->n; i++) {
        if (zf->zones[i] == zone) {
            return;
        }
    }
    if (zf->n >= zf->allocated) {
        zf->zones = x2nrealloc(zf->zones, &zf->allocated, sizeof *zf->zones);
    }
    zf->zones[zf->n++] = zone;
}

bool
zone_flush_is_pending(const struct zone_flush *zf)
{
    return zf->n_sent < zf->n;
}

void
zone_flush_run(struct zone_flush *zf, enum ofp_version version,
               uint32_t *next_xidp, struct ovs_list *out)
{
    if (!zone_flush_is_pending(zf)) {
        return;
    }
    for (; zf->n_sent < zf->n; zf->n_sent++) {
        struct ofpbuf *msg = ofpraw_alloc(OFPRAW_NXT_CT_FLUSH_ZONE, version,
                                          0);
        struct nx_zone_id *nzi = ofpbuf_put_zeros(msg, sizeof *nzi);
        nzi->zone_id = htons(zf->zones[zf->n_sent]);
        send_msg(msg, (*next_xidp)++, out);
    }
    zf->barrier_xid = (*next_xidp)++;
    send_msg(ofputil_encode_barrier_request(version), zf->barrier_xid, out);
}

bool
zone_flush_confirmed(struct zone_flush *zf, uint32_t xid)
{
    if (!zf->n_sent || xid != zf->barrier_xid) {
        return false;
    }
    zf->n -= zf->n_sent;
    memmove(zf->zones, zf->zones + zf->n_sent, zf->n * sizeof *zf->zones);
    zf->n_sent = 0;
    return true;
}

void
zone_flush_disconnected(struct zone_flush *zf)
{
    zf->n_sent = 0;
}

static void
send_msg(struct ofpbuf *msg, uint32_t xid, struct ovs_list *out)
{
    ((struct ofp_header *) msg->data)->xid = htonl(xid);
    ofpmsg_update_length(msg);
    ovs_list_push_back(out, &msg->list_node);
}
