/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef FLOWS_SET_ROWS_H
#define FLOWS_SET_ROWS_H 1

/* Address sets in the switch.
 *
 * A rule with `ipset' tests one bit.  Before the rules that need it, a lookup
 * in table SET by a key sets or leaves the bit; the rows there belong to the
 * set, not to a port or a filter.  The key stands for everything that the rows
 * depend on beside the members, a "use" of the set.  So a member that comes or
 * goes costs its rows once for each different use, however many rules, filters
 * and ports share it.
 *
 * What matches is what iptables' set match says (ipset(8), semantics reference
 * 1.7): dimension i of a member is compared with the source or the destination
 * as flag i says; fewer flags than dimensions never match, more are ignored;
 * in a set of networks the longest prefix is looked for first, and the first
 * one found decides, by "nomatch" too.
 *
 * A member takes one row.  More only if it is a range, but what nwfctl stores
 * are no ranges, and in bitmap:port, where it stands for TCP and UDP.
 *
 * A later fragment has no port, so it is in no set with ports.  That holds
 * where connections are tracked, too: the kernel's datapath has put fragments
 * together there, the userspace datapath tells nobody what a later fragment's
 * ports are.
 *
 * Pure. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xml/value.h"

struct flow_set;
struct lw_input;
struct nw_set_entry;
struct nw_set_type;

struct set_use {
    char *set;                   /* Name. */
    struct nw_ipset_flags flags; /* As they are in the orientation. */
    int family;                  /* Of the rule: 4 or 6. */
};

/* The use that a rule makes of a set.  Returns false, and leaves 'use' alone,
 * if it has no `ipset'. */
bool set_use_init(struct set_use *use, const struct lw_input *);
void set_use_uninit(struct set_use *);
void set_use_clone(struct set_use *dst, const struct set_use *src);

/* "set web src,dst IPv4"; equal for equal ones.  The caller frees
 * it. */
char *set_use_format(const struct set_use *);

/* What registers PRED and HIT hold while a use with that text is looked up.
 * Together they are 63 bits of a hash; 'hit' has bit 0 clear, which is the
 * answer if there is no row. */
uint32_t set_use_key(const char *text);
uint32_t set_use_hit(const char *text);

/* Cookie of all rows of the set of that name. */
uint64_t set_rows_cookie(const char *name);

/* How many rows a member takes for one use at most. */
size_t set_rows_count(const struct nw_set_entry *);
#define SET_ROWS_MAX 65536

/* Adds the rows of a member, at most set_rows_count(), for one use. */
void set_rows_add(const struct set_use *, const struct nw_set_type *,
                  const struct nw_set_entry *, struct flow_set *);

#endif /* flows/set-rows.h */
