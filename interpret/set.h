/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef INTERPRET_SET_H
#define INTERPRET_SET_H 1

/* Is a frame in an address set?  For interpret_env's test_set.  Pure. */

#include <stdbool.h>
#include <stddef.h>

#include "interpret/frame.h"
#include "xml/ipset.h"
#include "xml/value.h"

struct interpret_set {
    const struct nw_set_type *type;
    const struct nw_set_entry *entries;
    size_t n_entries;
};

/* As iptables' set match: dimension i of the set is compared with the source
 * or destination that flag i says.  Fewer flags than dimensions never match,
 * more are ignored (semantics reference 1.7, ipset(8)).  Where several
 * entries hold the address, the most specific one decides ("nomatch"). */
bool interpret_set_contains(const struct interpret_set *,
                            const struct nw_ipset_flags *,
                            const struct interpret_frame *);

#endif /* interpret/set.h */
