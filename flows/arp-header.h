/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_ARP_HEADER_H
#define FLOWS_ARP_HEADER_H 1

/* ARP and RARP headers (RFC 826) of which Open vSwitch shows nothing: it reads
 * those of hardware type Ethernet and protocol type IPv4 only, and of opcodes
 * above 255 it shows 0.
 *
 * The daemon reads those and gives the frame back with the header's numbers in
 * OpenFlow field "metadata", where flows can match them.
 *
 * libvirt compares IPv4 addresses in headers of any hardware type, and MAC
 * addresses in those of any protocol type (semantics reference 1.6).  A frame
 * with either is wrapped: a standard header with the addresses, which the
 * switch reads, is put before its own.  What passes the rules is unwrapped
 * before it leaves. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "openvswitch/ofpbuf.h"

/* Layout of "metadata".  Bits 51 and 52 are ipv6-header.h's, 53 is
 * PL_METADATA_SPLIT. */
#define ARP_HEADER_OPCODE_SHIFT 0               /* 16 bits. */
#define ARP_HEADER_PROTOCOL_SHIFT 16            /* 16 bits. */
#define ARP_HEADER_HARDWARE_SHIFT 32            /* 16 bits. */
#define ARP_HEADER_READ (UINT64_C(1) << 48)     /* The rest is valid. */
#define ARP_HEADER_STANDARD (UINT64_C(1) << 49) /* As the switch reads it. */
#define ARP_HEADER_CUT (UINT64_C(1) << 50)      /* Too short: no numbers. */
#define ARP_HEADER_IPS (UINT64_C(1) << 54)      /* Wrapped: IP addresses. */
#define ARP_HEADER_MACS (UINT64_C(1) << 55)     /* Wrapped: MAC addresses. */
#define ARP_HEADER_WRAPPED (UINT64_C(1) << 56)  /* One of the two. */

/* Reads the header of an Ethernet frame, tagged or not.  Always has
 * ARP_HEADER_READ.  If it has ARP_HEADER_WRAPPED, the frame to go on with is
 * appended to 'wrapped', which is else left alone. */
uint64_t arp_header_read(const void *frame, size_t size,
                         struct ofpbuf *wrapped);

/* Takes the header out that arp_header_read() put into a frame, tagged or not,
 * perhaps cut off at the end, and returns how many bytes are left. */
size_t arp_header_unwrap(void *frame, size_t size);

#endif /* flows/arp-header.h */
