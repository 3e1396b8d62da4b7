/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_BPDU_H
#define FLOWS_BPDU_H 1

/* Fields of spanning tree frames (BPDUs, IEEE 802.1D 9.3), of which Open
 * vSwitch shows nothing, as libvirt's driver compares them
 * (doc/arp-and-stp.md; verdicts of libvirt are in tests/libvirt).
 *
 * The kernel's ebt_stp takes the protocol identifier for one byte, though it
 * is two.  So it finds each field one byte too early: what follows a tag and
 * the type or length has to begin with 42 42 03 00 00 00, or no rule with
 * fields matches, whatever it negates.  The last of these bytes, the version,
 * is compared with "type", the BPDU's type with "flags", and so on.  A rule
 * with a field other than "type" needs 31 bytes more, padding included.  The
 * Ethernet type, or length, does not matter.
 *
 * All that one rule asks is a *condition*.  A program's conditions are in the
 * flow that shows a BPDU to the daemon, so the answer, a bit for each, needs
 * nothing but what comes with the frame.
 *
 * Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/types.h"

struct ofpbuf;

enum bpdu_field {
    BPDU_TYPE,
    BPDU_FLAGS,
    BPDU_ROOT_PRIORITY,
    BPDU_ROOT_ADDRESS, /* An address; others are numbers. */
    BPDU_ROOT_COST,
    BPDU_SENDER_PRIORITY,
    BPDU_SENDER_ADDRESS, /* Likewise. */
    BPDU_PORT,
    BPDU_AGE,
    BPDU_MAX_AGE,
    BPDU_HELLO_TIME,
    BPDU_FORWARD_DELAY,
    BPDU_N_FIELDS
};

/* Whether a frame may be one by where it is sent to. */
bool bpdu_is_destination(struct eth_addr);

/* Tests of fields, all of which must hold.  Equal conditions are equal bytes,
 * if fields are added in their order, each once. */
struct bpdu_condition {
    uint8_t bytes[BPDU_N_FIELDS * 13];
    size_t n; /* 0: no field is asked for. */
};

/* Adds "'lo' <= field <= 'hi'" to a condition. */
void bpdu_condition_add_range(struct bpdu_condition *, enum bpdu_field,
                              uint32_t lo, uint32_t hi, bool negate);

/* Adds "field & 'mask' == 'address' & 'mask'", for an address. */
void bpdu_condition_add_address(struct bpdu_condition *, enum bpdu_field,
                                const uint8_t address[6],
                                const uint8_t mask[6], bool negate);

/* Different conditions, in the order in which they were added. */
struct bpdu_list {
    struct bpdu_condition *conditions;
    size_t n, allocated;
};

/* That one frame can be asked for. */
#define BPDU_MAX_CONDITIONS 26

void bpdu_list_init(struct bpdu_list *);
void bpdu_list_uninit(struct bpdu_list *);

/* Returns the condition's place in the list. */
size_t bpdu_list_add(struct bpdu_list *, const struct bpdu_condition *);

/* A number that stands for what the list says; never 0. */
uint32_t bpdu_list_id(const struct bpdu_list *);

/* Appends what bpdu_answer() reads. */
void bpdu_list_put(const struct bpdu_list *, struct ofpbuf *);

struct bpdu_answer {
    uint32_t id;   /* bpdu_list_id(). */
    uint32_t bits; /* Bit i: condition i holds. */
};

/* Reads the conditions in the 'n' bytes at 'list', and decides them for an
 * Ethernet frame.  Returns false if bpdu_list_put() has not made them. */
bool bpdu_answer(const void *list, size_t n, const void *frame, size_t size,
                 struct bpdu_answer *);

#endif /* flows/bpdu.h */
