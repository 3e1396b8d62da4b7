/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef TESTS_UNIT_FLOW_TEXT_H
#define TESTS_UNIT_FLOW_TEXT_H 1

/* Flows written as `ovs-ofctl add-flow' takes them, for unit tests. */

#include "byte-order.h"
#include "flows/flow-table.h"
#include "flows/flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofp-flow.h"
#include "util.h"

/* A text that is no flow fails an assertion: the test is wrong. */
static inline struct of_flow *
flow_from_text(const char *text)
{
    struct ofputil_flow_mod fm;
    enum ofputil_protocol usable;
    char *error = parse_ofp_flow_mod_str(&fm, text, NULL, NULL, OFPFC_ADD,
                                         &usable);
    if (error) {
        ovs_fatal(0, "%s: %s", text, error);
    }

    struct match match;
    minimatch_expand(&fm.match, &match);
    struct ofpbuf ofpacts = ofpbuf_const_initializer(fm.ofpacts,
                                                     fm.ofpacts_len);
    struct of_flow *flow =
        of_flow_create(fm.table_id == OFPTT_ALL ? 0 : fm.table_id, fm.priority,
                       ntohll(fm.new_cookie), &match, &ofpacts);
    free(fm.ofpacts);
    minimatch_destroy(&fm.match);
    return flow;
}

/* Makes the flows written up to a NULL those of 'owner': 'read' makes a flow
 * of a text.  Returns as flow_table_replace() does. */
static inline size_t
replace_by_texts(struct flow_table *table, const char *owner,
                 struct of_flow *(*read)(const char *text), va_list texts)
{
    struct flow_set set;
    const char *text;

    flow_set_init(&set);
    while ((text = va_arg(texts, const char *)) != NULL) {
        ovs_assert(flow_set_add(&set, read(text)));
    }

    size_t n = flow_table_replace(table, owner, &set);
    ovs_assert(hmap_is_empty(&set.flows));
    flow_set_uninit(&set);
    return n;
}

#endif /* tests/unit/flow-text.h */
