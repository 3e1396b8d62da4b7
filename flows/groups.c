/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/groups.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "flows/flow.h"
#include "flows/pipeline.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofp-group.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-protocol.h"
#include "openvswitch/ofpbuf.h"
#include "openvswitch/vlog.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(groups);

/* A group of one bucket.  "select" recirculates, "indirect" does not. */
struct group_info {
    uint32_t id;
    const char *type;
    bool to_group;
    uint32_t next; /* Table, or group. */
};

static const struct group_info groups[] = {
    { PL_GROUP_RESTART, "select", false, PL_T_FLOOD_CHUNK },
    { PL_GROUP_FORK, "indirect", true, PL_GROUP_RESTART },
    { PL_GROUP_AGAIN, "select", false, PL_T_CLASSIFY },
    { PL_GROUP_TO_SHOW, "select", false, PL_T_SHOW },
    { PL_GROUP_SHOW, "indirect", true, PL_GROUP_TO_SHOW },
    { PL_GROUP_SHOWN_OUT, "select", false, PL_T_OUT_CT },
    { PL_GROUP_SHOWN_IN, "select", false, PL_T_IN_CT },
    { PL_GROUP_BPDU_OUT, "select", false, PL_T_OUT_ENTRY },
    { PL_GROUP_BPDU_IN, "select", false, PL_T_IN_L2_ENTRY },
};

/* A group's definition; the caller frees it. */
static char *
spread_group(void)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "group_id=%d,type=select,selection_method=dp_hash",
                  PL_GROUP_SPREAD);
    for (int i = 0; i < PL_SPREAD_SLOTS; i++) {
        ds_put_format(&s,
                      ",bucket=weight:1,actions=set_field:%d->reg%d,"
                      "resubmit(,%d)",
                      i, PL_R_MEMBER - MFF_REG0, PL_T_BOND_OUT);
    }
    return ds_steal_cstr(&s);
}

static char *
group_text(const struct group_info *g)
{
    return xasprintf("group_id=%" PRIu32 ",type=%s,bucket=%sactions="
                     "%s%" PRIu32 "%s",
                     g->id, g->type,
                     strcmp(g->type, "select") ? "" : "weight:1,",
                     g->to_group ? "group:" : "resubmit(,", g->next,
                     g->to_group ? "" : ")");
}

struct ofpbuf *
groups_encode(enum ofp_version version, size_t i)
{
    struct ofputil_group_mod gm;
    enum ofputil_protocol usable;

    if (i > ARRAY_SIZE(groups)) {
        return NULL;
    }

    char *text = i < ARRAY_SIZE(groups) ? group_text(&groups[i])
                                        : spread_group();
    char *error = parse_ofp_group_mod_str(&gm, OFPGC11_ADD_OR_MOD, text, NULL,
                                          NULL, &usable);

    if (error) {
        VLOG_FATAL("%s: %s", text, error);
    }

    struct ofpbuf *msg = ofputil_encode_group_mod(version, &gm, NULL, -1);

    ofputil_uninit_group_mod(&gm);
    free(text);
    return msg;
}

bool
groups_are_used(const struct of_flow *flow)
{
    const struct ofpact *a;

    OFPACT_FOR_EACH (a, flow->ofpacts, flow->ofpacts_len) {
        if (a->type == OFPACT_GROUP) {
            return true;
        }
    }
    return false;
}

/* The padding of decoded actions is whatever was in memory before. */
static bool
is_same_bucket(const struct ofputil_bucket *a, const struct ofputil_bucket *b)
{
    return (a->weight == b->weight
            && ofpacts_equal_stringwise(a->ofpacts, a->ofpacts_len, b->ofpacts,
                                        b->ofpacts_len));
}

static bool
is_same_group(const struct ofputil_group_mod *a,
              const struct ofputil_group_mod *b)
{
    const struct ovs_list *other = &b->buckets;
    const struct ofputil_bucket *bucket;

    if (a->type != b->type
        || ovs_list_size(&a->buckets) != ovs_list_size(&b->buckets)) {
        return false;
    }
    LIST_FOR_EACH (bucket, list_node, &a->buckets) {
        other = other->next;
        if (!is_same_bucket(bucket, CONTAINER_OF(other, struct ofputil_bucket,
                                                 list_node))) {
            return false;
        }
    }
    return true;
}

/* Ours is encoded first, because actions that were decoded are not equal to
 * those that were parsed. */
bool
groups_are_changed(enum ofp_version version,
                   const struct ofputil_group_mod *gm)
{
    bool changed = gm->group_id == OFPG_ALL;
    struct ofputil_group_mod ours;
    struct ofpbuf *msg;

    for (size_t i = 0; !changed && (msg = groups_encode(version, i)); i++) {
        ofpmsg_update_length(msg);
        if (ofputil_decode_group_mod(msg->data, &ours)) {
            OVS_NOT_REACHED();
        }
        changed = gm->group_id == ours.group_id
                  && ((gm->command != OFPGC11_ADD
                       && gm->command != OFPGC11_MODIFY
                       && gm->command != OFPGC11_ADD_OR_MOD)
                      || !is_same_group(gm, &ours));
        ofputil_uninit_group_mod(&ours);
        ofpbuf_delete(msg);
    }
    return changed;
}
