/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_REJECT_H
#define FLOWS_REJECT_H 1

/* What "reject" tells the sender of a packet: ICMP type 3 code 3 (RFC 792) or
 * ICMPv6 type 1 code 4 (RFC 4443 3.1), port unreachable, as if it came from
 * the address that the packet was sent to.
 *
 * Pure: bytes in, bytes out.  Rate limits are the caller's. */

#include <stddef.h>
#include <stdint.h>

struct ofpbuf;

/* Why there is an answer or, mostly by RFC 1122 3.2.2 and RFC 4443 2.4(e),
 * none. */
#define REJECT_RESULTS                                                     \
    REJECT_RESULT(ANSWER, "answered")                                      \
    REJECT_RESULT(NOT_IP, "not an IP packet without VLAN tag, or cut off") \
    REJECT_RESULT(LINK_MULTICAST, "broadcast or multicast on the link")    \
    REJECT_RESULT(MULTICAST, "sent to more than one host, or to none")     \
    REJECT_RESULT(SOURCE, "the source address is not that of one host")    \
    REJECT_RESULT(FRAGMENT, "a later fragment")                            \
    REJECT_RESULT(ICMP_ERROR, "itself an ICMP error")                      \
    REJECT_RESULT(CHECKSUM, "a checksum is wrong")

enum reject_result {
#define REJECT_RESULT(NAME, TEXT) REJECT_##NAME,
    REJECT_RESULTS
#undef REJECT_RESULT
        REJECT_N_RESULTS
};

const char *reject_result_to_string(enum reject_result);

/* The longest packets that are sent as an answer, without the Ethernet header:
 * RFC 1812 4.3.2.3, RFC 4443 2.4(c). */
#define REJECT_MAX_IPV4 576
#define REJECT_MAX_IPV6 1280

/* Makes the answer to an Ethernet frame.  Stores it in '*answerp', for the
 * caller to delete, if there is to be one (REJECT_ANSWER); else NULL.  The
 * frame may have been cut off; a transport checksum that can not be verified
 * for that reason counts as right. */
enum reject_result reject_answer(const void *frame, size_t size,
                                 struct ofpbuf **answerp);

#endif /* flows/reject.h */
