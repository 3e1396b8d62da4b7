/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_IPV6_HEADER_H
#define FLOWS_IPV6_HEADER_H 1

/* The authentication header among an IPv6 packet's extension headers (RFC
 * 4302, RFC 8200), which Open vSwitch goes past without a trace.
 *
 * The daemon looks for it and gives the packet back with what it found in
 * OpenFlow field "metadata", where flows can match it.  The bits are others
 * than those of ARP headers (arp-header.h).
 *
 * ip6tables takes a packet with such a header for one of protocol AH, whatever
 * follows it; hop-by-hop, routing, destination and fragment headers may come
 * before.  A later fragment has none behind its fragment header. */

#include <stddef.h>
#include <stdint.h>

#define IPV6_HEADER_READ (UINT64_C(1) << 51) /* The daemon has looked. */
#define IPV6_HEADER_AH (UINT64_C(1) << 52)   /* It has found one. */

/* Looks at an Ethernet frame without tag.  Always has IPV6_HEADER_READ. */
uint64_t ipv6_header_read(const void *frame, size_t size);

#endif /* flows/ipv6-header.h */
