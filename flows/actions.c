/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/actions.h"

#include "byte-order.h"
#include "lib/flow.h"
#include "openvswitch/ofp-actions.h"
#include "openvswitch/ofpbuf.h"

void
act_load(struct ofpbuf *acts, enum mf_field_id reg, uint32_t value)
{
    ovs_be32 be_value = htonl(value);

    ofpact_put_set_field(acts, mf_from_id(reg), &be_value, NULL);
}

void
act_load64(struct ofpbuf *acts, enum mf_field_id xreg, uint64_t value)
{
    ovs_be64 be_value = htonll(value);

    ofpact_put_set_field(acts, mf_from_id(xreg), &be_value, NULL);
}

void
act_load_masked(struct ofpbuf *acts, enum mf_field_id reg, uint32_t value,
                uint32_t mask)
{
    ovs_be32 be_value = htonl(value), be_mask = htonl(mask);

    ofpact_put_set_field(acts, mf_from_id(reg), &be_value, &be_mask);
}

static void
put_move(struct ofpbuf *acts, const struct mf_subfield *src,
         const struct mf_subfield *dst)
{
    struct ofpact_reg_move *move = ofpact_put_REG_MOVE(acts);

    move->src = *src;
    move->dst = *dst;
}

void
act_move_bit(struct ofpbuf *acts, enum mf_field_id src, enum mf_field_id dst,
             unsigned int bit)
{
    put_move(acts,
             &(struct mf_subfield){
                 .field = mf_from_id(src), .ofs = 0, .n_bits = 1 },
             &(struct mf_subfield){
                 .field = mf_from_id(dst), .ofs = bit, .n_bits = 1 });
}

void
act_move_low(struct ofpbuf *acts, enum mf_field_id src, enum mf_field_id dst,
             unsigned int n_bits)
{
    put_move(acts,
             &(struct mf_subfield){
                 .field = mf_from_id(src), .ofs = 0, .n_bits = n_bits },
             &(struct mf_subfield){
                 .field = mf_from_id(dst), .ofs = 0, .n_bits = n_bits });
}

void
act_set_in_port(struct ofpbuf *acts, uint16_t ofport)
{
    ovs_be16 be_value = htons(ofport);

    ofpact_put_set_field(acts, mf_from_id(MFF_IN_PORT), &be_value, NULL);
}

void
act_first_alive(struct ofpbuf *acts, const uint16_t *members, size_t n_members,
                enum mf_field_id reg)
{
    struct ofpact_bundle *bundle = ofpact_put_BUNDLE(acts);

    bundle->fields = NX_HASH_FIELDS_ETH_SRC;
    bundle->algorithm = NX_BD_ALG_ACTIVE_BACKUP;
    bundle->dst = (struct mf_subfield){ .field = mf_from_id(reg),
                                        .ofs = 0,
                                        .n_bits = 16 };
    for (size_t i = 0; i < n_members; i++) {
        ofp_port_t port = u16_to_ofp(members[i]);

        ofpbuf_put(acts, &port, sizeof port);
    }
    bundle = acts->header;
    bundle->n_members = n_members;
    ofpact_finish_BUNDLE(acts, &bundle);
}

void
act_output(struct ofpbuf *acts, uint16_t ofport)
{
    ofpact_put_OUTPUT(acts)->port = u16_to_ofp(ofport);
}

void
act_resubmit(struct ofpbuf *acts, uint8_t table)
{
    struct ofpact_resubmit *resubmit = ofpact_put_RESUBMIT(acts);

    resubmit->in_port = OFPP_IN_PORT;
    resubmit->table_id = table;
}

void
act_group(struct ofpbuf *acts, uint32_t group_id)
{
    ofpact_put_GROUP(acts)->group_id = group_id;
}

size_t
act_clone_begin(struct ofpbuf *acts)
{
    size_t begin = acts->size;

    ofpact_put_CLONE(acts);
    return begin;
}

void
act_clone_end(struct ofpbuf *acts, size_t begin)
{
    struct ofpact_nest *clone = ofpbuf_at_assert(acts, begin, sizeof *clone);

    acts->header = clone;
    ofpact_finish_CLONE(acts, &clone);
}
