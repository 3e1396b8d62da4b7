/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef RULE_INDEX_H
#define RULE_INDEX_H 1

/* From a flow's cookie back to the rule that the flow was made from. */

#include <stdint.h>

struct nw_filter;
struct rule_index;

struct rule_index *rule_index_create(void);
void rule_index_destroy(struct rule_index *);

/* Adds the rules of 'filter', which need not live on. */
void rule_index_add(struct rule_index *, const struct nw_filter *);

/* What a flow with this cookie is there for, in one line:
 *
 *     FILE:LINE: accept in tcp dstportstart=22
 *
 * or, for a flow that no rule gave rise to, a description in words.  NULL if
 * the cookie is none of ours or the rule is not in the index.  The caller
 * frees the string. */
char *rule_index_explain(const struct rule_index *, uint64_t cookie);

#endif /* controller/rule-index.h */
