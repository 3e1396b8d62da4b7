/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_ACTIONS_H
#define FLOWS_ACTIONS_H 1

/* The few OpenFlow actions that compiled flows are made of, appended to a
 * buffer of ofpacts.  Fixed flows are written as text instead (pipeline.c). */

#include <stddef.h>
#include <stdint.h>

#include "openvswitch/meta-flow.h"

struct ofpbuf;

/* set_field:VALUE->REG, the whole 32-bit register. */
void act_load(struct ofpbuf *, enum mf_field_id reg, uint32_t value);

/* The same for a pair of registers as one of 64 bits. */
void act_load64(struct ofpbuf *, enum mf_field_id xreg, uint64_t value);

/* set_field:VALUE/MASK->REG. */
void act_load_masked(struct ofpbuf *, enum mf_field_id reg, uint32_t value,
                     uint32_t mask);

/* move:SRC[0]->DST[BIT], both registers. */
void act_move_bit(struct ofpbuf *, enum mf_field_id src, enum mf_field_id dst,
                  unsigned int bit);

/* move of the low 'n_bits' of field 'src' to those of register 'dst'. */
void act_move_low(struct ofpbuf *, enum mf_field_id src, enum mf_field_id dst,
                  unsigned int n_bits);

/* set_field:PORT->in_port. */
void act_set_in_port(struct ofpbuf *, uint16_t ofport);

/* bundle_load(eth_src,0,active_backup,ofport,REG[0..15],members:...): the
 * first of the members that is alive, or OFPP_NONE. */
void act_first_alive(struct ofpbuf *, const uint16_t *members,
                     size_t n_members, enum mf_field_id reg);

/* Sends the packet out of a port, unless it came from there. */
void act_output(struct ofpbuf *, uint16_t ofport);

/* resubmit(,TABLE): the pipeline's way to go on in any table. */
void act_resubmit(struct ofpbuf *, uint8_t table);

/* group:ID. */
void act_group(struct ofpbuf *, uint32_t group_id);

/* clone(...): what is appended between begin and end works on a copy of the
 * packet and of the registers. */
size_t act_clone_begin(struct ofpbuf *);
void act_clone_end(struct ofpbuf *, size_t begin);

#endif /* flows/actions.h */
