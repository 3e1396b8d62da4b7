/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef TESTS_UNIT_HEX_FRAMES_H
#define TESTS_UNIT_HEX_FRAMES_H 1

/* Frames between a guest and a peer, as string literals of hexadecimal digits
 * that are put together, for the tests of the interpreter. */

#include <stddef.h>
#include <stdint.h>

#include "util.h"

/* Reads hexadecimal digits with blanks between bytes. */
static inline size_t
read_hex(const char *hex, uint8_t data[256])
{
    size_t n = 0;

    for (const char *p = hex; p[0] && p[1] && n < 256; p += 2) {
        bool ok;
        while (*p == ' ') {
            p++;
        }
        data[n++] = hexits_value(p, 2, &ok);
    }
    return n;
}

#define GUEST_MAC "020000000001"
#define PEER_MAC "020000000002"
#define GUEST_IP "0a000001"
#define PEER_IP "0a000009"

/* Ethernet headers from the guest and to it. */
#define FROM PEER_MAC GUEST_MAC
#define TO GUEST_MAC PEER_MAC

/* IPv4 with 20 bytes after the header; TOS and fragment field given. */
#define IPV4(TOS, FRAG, PROTO, SRC, DST) \
    "0800 45" TOS "0028 0001" FRAG "40" PROTO "0000" SRC DST
#define TCP(SRC, DST, FLAGS) \
    SRC DST "00000001 00000000 50" FLAGS "2000 0000 0000"
#define PORT_22 "0016"
#define PORT_80 "0050"
#define PORT_99 "9999"

#define TCP_OUT(SPORT, DPORT) \
    FROM IPV4("00", "0000", "06", GUEST_IP, PEER_IP) TCP(SPORT, DPORT, "02")
#define TCP_IN(SPORT, DPORT) \
    TO IPV4("00", "0000", "06", PEER_IP, GUEST_IP) TCP(SPORT, DPORT, "02")

#define ICMP_OUT(TYPE, CODE)                         \
    FROM IPV4("00", "0000", "01", GUEST_IP, PEER_IP) \
    TYPE CODE "0000 0001 0001 000000000000000000000000"
#define ICMP_IN(TYPE, CODE)                        \
    TO IPV4("00", "0000", "01", PEER_IP, GUEST_IP) \
    TYPE CODE "0000 0001 0001 000000000000000000000000"

#endif /* tests/unit/hex-frames.h */
