/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_IPSET_H
#define XML_IPSET_H 1

/* Types and entries of address sets, in the words of ipset(8).
 *
 * A set has a type such as "hash:ip,port": a method and one to three
 * dimensions.  An entry gives a value for each dimension, separated by commas,
 * as in "10.0.0.1,tcp:80".  The method says nothing about what matches; sets
 * of both methods that are known here, hash and bitmap, are kept alike.
 *
 * Unlike a set of the kernel, which has one address family, a set may hold
 * IPv4 and IPv6 entries: each is compared with packets of its own family.
 *
 * Addresses are byte strings in network order, ports in host byte order. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum nw_set_dim {
    NW_SET_IP,   /* Single addresses. */
    NW_SET_NET,  /* Networks. */
    NW_SET_PORT, /* Protocol and port, or ICMP type and code. */
    NW_SET_MAC,
};

enum { NW_SET_MAX_DIMS = 3 };

struct nw_set_type {
    const char *name; /* "hash:ip,port". */
    size_t n_dims;
    enum nw_set_dim dims[NW_SET_MAX_DIMS];
};

/* Finds a type by name.  Returns NULL if it is none or can not be expressed in
 * flows; '*errorp' then receives a message that the caller frees. */
const struct nw_set_type *nw_set_type_find(const char *name, char **errorp);

/* Addresses 'from' to 'to', both included, from <= to.  IPv4 addresses use the
 * first four bytes, the others are 0. */
struct nw_set_range {
    uint8_t from[16], to[16];
};

/* For protocols without ports from == to == 0; for ICMP and ICMPv6
 * from == to == type * 256 + code.  bitmap:port has no protocol: it is
 * NW_SET_TCP_UDP, the numbers are those of TCP and of UDP alike. */
enum { NW_SET_TCP_UDP = -1 };

struct nw_set_port {
    int protocol; /* 0...255 or NW_SET_TCP_UDP. */
    uint16_t from, to;
};

struct nw_set_elem {
    enum nw_set_dim dim;
    union {
        struct nw_set_range range; /* NW_SET_IP, NW_SET_NET. */
        struct nw_set_port port;   /* NW_SET_PORT. */
        uint8_t mac[6];            /* NW_SET_MAC. */
    };
};

struct nw_set_entry {
    int family;   /* 4, 6, or 0 without any address. */
    bool nomatch; /* Exception to a larger network. */
    size_t n;     /* As the type's 'n_dims'. */
    struct nw_set_elem elems[NW_SET_MAX_DIMS];
};

/* Parses one entry, for example "10.0.0.0/8,tcp:80 nomatch".  Addresses may be
 * networks or ranges ("10.0.0.1-10.0.0.9"), ports may be ranges; the protocol
 * of a port is tcp if none is written.  Ports of UDP-Lite, which the switch
 * does not see, are refused.  The words of ipset-save(8) that say
 * nothing about matching (comment, counters, timeout 0) are read and dropped.
 *
 * Returns NULL if successful, otherwise a message that the caller frees. */
char *nw_set_entry_parse(const struct nw_set_type *, const char *text,
                         struct nw_set_entry *);

/* The entry in the form in which `ipset save' prints it: equal for equal
 * entries.  The caller frees it. */
char *nw_set_entry_format(const struct nw_set_entry *);

/* What ipset stores for an entry: one member for each address of an NW_SET_IP
 * and each port, and one for each of the fewest networks that make up an
 * NW_SET_NET.  Calls 'member' for each of them in ascending order.
 *
 * Returns false, without any call, if there are more than 'limit'. */
bool nw_set_entry_expand(const struct nw_set_entry *, size_t limit,
                         void (*member)(const struct nw_set_entry *,
                                        void *aux),
                         void *aux);

/* Takes the first of the fewest networks that make up 'range' (of 'family' 4
 * or 6) off it.  Returns its length in bits; '*networkp' receives its
 * addresses.  '*morep' says whether anything is left, which '*restp' then
 * receives.  'restp' may be 'range' itself. */
int nw_set_range_split(const struct nw_set_range *range, int family,
                       struct nw_set_range *networkp,
                       struct nw_set_range *restp, bool *morep);

#endif /* xml/ipset.h */
