/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_ARP_HEADER_H
#define FLOWS_ARP_HEADER_H 1

/* The numbers at the beginning of an ARP or RARP header (RFC 826), for frames
 * of which Open vSwitch shows nothing: it reads headers of hardware type
 * Ethernet and protocol type IPv4 only, and of opcodes above 255 it shows 0.
 *
 * The daemon reads those and gives the frame back with the numbers in OpenFlow
 * field "metadata", where flows can match them.  To the switch, all of them
 * have opcode 0. */

#include <stddef.h>
#include <stdint.h>

/* Layout of "metadata". */
#define ARP_HEADER_OPCODE_SHIFT 0               /* 16 bits. */
#define ARP_HEADER_PROTOCOL_SHIFT 16            /* 16 bits. */
#define ARP_HEADER_HARDWARE_SHIFT 32            /* 16 bits. */
#define ARP_HEADER_READ (UINT64_C(1) << 48)     /* The rest is valid. */
#define ARP_HEADER_STANDARD (UINT64_C(1) << 49) /* As the switch reads it. */
#define ARP_HEADER_CUT (UINT64_C(1) << 50)      /* Too short: no numbers. */

/* Reads the header of an Ethernet frame, tagged or not.  Always has
 * ARP_HEADER_READ. */
uint64_t arp_header_read(const void *frame, size_t size);

#endif /* flows/arp-header.h */
