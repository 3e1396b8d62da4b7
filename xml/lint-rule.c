/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include <stdlib.h>
#include <string.h>

#include "xml/lint-private.h"
#include "xml/mem.h"
#include "xml/strbuf.h"

/* Checks of single rules, and of the filter's own attributes. */

/* "srcipaddr is 10.0.0.2, and 10.0.0.1 is not looked at". */
static char *
describe_replaced(const struct nw_item *item)
{
    struct nw_strbuf s = { 0 };
    const struct nw_item *old = item->replaced;

    for (; item; item = item->replaced) {
        char *value = nw_item_format(item);

        if (!s.s) {
            nw_strbuf_printf(&s, "%s is %s%s, and ",
                             nw_attr_name(item->field->attr),
                             item->negate ? "not " : "", value);
        } else {
            nw_strbuf_printf(&s, "%s%s%s", item == old ? "" : ", ",
                             item->negate ? "not " : "", value);
        }
        free(value);
    }
    nw_strbuf_printf(&s, " %s not looked at", old->replaced ? "are" : "is");
    return nw_strbuf_steal(&s);
}

static bool
is_change(const struct nw_item *item)
{
    const struct nw_item *old = item->replaced;
    bool same;

    if (!old) {
        return false;
    } else if (old->negate != item->negate
               || old->is_variable != item->is_variable) {
        return true;
    }

    char *a = nw_item_format(old);
    char *b = nw_item_format(item);
    same = !strcmp(a, b);
    free(a);
    free(b);
    return !same;
}

static void
check_rule_elements(struct lint *lint, const struct nw_rule *rule)
{
    const char *name = nw_protocol_name(rule->protocol);

    for (size_t i = 0; i < rule->n_items; i++) {
        const struct nw_item *item = &rule->items[i];

        if (is_change(item)) {
            char *text = describe_replaced(item);

            lint_warn(lint, NW_LINT_SEVERAL_ELEMENTS, item->line,
                      "all <%s> in a rule are one match, in which the last "
                      "value counts: %s",
                      name, text);
            free(text);
            return;
        }
    }
    if (rule->repeated_line) {
        lint_warn(lint, NW_LINT_SEVERAL_ELEMENTS, rule->repeated_line,
                  "all <%s> in a rule are one match: only packets that agree "
                  "with every one of them are meant",
                  name);
    }
}

void
lint_check_elements(struct lint *lint)
{
    for (size_t i = 0; i < lint->filter->n_entries; i++) {
        if (!lint->filter->entries[i].is_ref) {
            check_rule_elements(lint, &lint->filter->entries[i].rule);
        }
    }
}

/* A list by its nature, since a guest may have several addresses, or because a
 * reference gives it several values. */
static bool
is_list(const struct lint_rule *r, const struct nw_item *item)
{
    const struct nw_param *param;

    if (!item->is_variable || item->access.kind != NW_ACCESS_ITERATOR) {
        return false;
    }
    param = lint_scope_find(r->scope, item->access.name);
    return (param ? param->n_values > 1
                  : !strcmp(item->access.name, "IP")
                        || !strcmp(item->access.name, "IPV6"));
}

static void
warn_negated_list(struct lint *lint, const struct lint_rule *r,
                  const struct nw_item *item)
{
    char *rule = lint_describe(r, lint_line(r));

    lint_warn(lint, NW_LINT_NEGATED_LIST,
              lint_is_own(r) ? item->line : lint_line(r),
              "with several values in $%s, %s becomes one rule for each of "
              "them, which together match every packet",
              item->access.name, rule);
    free(rule);
}

void
lint_check_negated_lists(struct lint *lint)
{
    for (size_t i = 0; i < lint->policy.n; i++) {
        const struct lint_rule *r = &lint->policy.rules[i];

        for (size_t j = 0; j < r->rule->n_items; j++) {
            const struct nw_item *item = &r->rule->items[j];

            /* The warning about another filter is its own, unless it is the
             * reference that makes a list of it. */
            if (item->negate && is_list(r, item)
                && (lint_is_own(r)
                    || lint_scope_find(r->scope, item->access.name))) {
                warn_negated_list(lint, r, item);
            }
        }
    }
}

/* A reversed range of ports is refused, but in <udp> (doc/conformance.md,
 * N30). */
static bool
is_refused_range(const struct lint_rule *r, const struct nw_item *item)
{
    enum nw_protocol protocol = r->rule->protocol;

    return ((item->field->attr == NW_A_SRCPORTEND
             || item->field->attr == NW_A_DSTPORTEND)
            && protocol != NW_P_UDP && protocol != NW_P_UDP_IPV6);
}

static void
check_empty(struct lint *lint, const struct lint_rule *r)
{
    const struct nw_item *item = NULL;

    for (int dir = 0; dir < LINT_N_DIRS; dir++) {
        if (r->entries[dir]) {
            item = r->entries[dir]->box.empty;
            if (!item) {
                return;
            }
        }
    }
    if (item && is_refused_range(r, item)) {
        lint_warn(lint, NW_LINT_NEVER_MATCHES, item->line,
                  "no port can use the filter: the range that '%s' ends is "
                  "reversed",
                  nw_attr_name(item->field->attr));
    } else if (item) {
        lint_warn(lint, NW_LINT_NEVER_MATCHES, item->line,
                  "the rule matches nothing: no packet can agree with this "
                  "'%s'%s",
                  nw_attr_name(item->field->attr),
                  item->negate ? " under match='no'" : "");
    }
}

/* Whether the chain gets nothing that the rule matches, in neither direction:
 * source and destination are exchanged in one of them. */
static bool
is_outside(const struct lint_rule *r, const struct lint_box *selector)
{
    bool any = false;

    for (int dir = 0; dir < LINT_N_DIRS; dir++) {
        const struct lint_entry *entry = r->entries[dir];

        if (entry
            && (entry->box.empty
                || lint_box_relation(selector, &entry->box, LINT_EVERY)
                       != LINT_NONE)) {
            return false;
        }
        any |= entry != NULL;
    }
    return any;
}

/* A rule that is for other frames than its chain gets. */
static void
check_selector(struct lint *lint, const struct lint_rule *r)
{
    const struct nw_item *type = nw_rule_item(r->rule, NW_A_PROTOCOLID);
    const char *chain = r->filter->chain;
    struct lint_probe selector;

    lint_probe_init(&selector);
    lint_probe_select(&selector, chain);
    if (lint_rule_is_l2(r) && is_outside(r, &selector.box)) {
        bool by_address = lint_box_get(&selector.box, LINT_DST_MAC);

        lint_warn(lint, NW_LINT_NEVER_MATCHES, r->rule->line,
                  "the rule matches nothing: chain '%s' only gets %s, which "
                  "<%s>%s never matches",
                  chain, lint_chain_frames(chain),
                  nw_protocol_name(r->rule->protocol),
                  by_address ? " with this address"
                  : type     ? " with this protocolid"
                             : "");
    }
}

void
lint_check_matches(struct lint *lint)
{
    for (size_t i = 0; i < lint->policy.n; i++) {
        const struct lint_rule *r = &lint->policy.rules[i];

        if (lint_is_own(r)) {
            check_empty(lint, r);
            check_selector(lint, r);
        }
    }
}

void
lint_check_chain(struct lint *lint)
{
    const struct nw_filter *f = lint->filter;
    bool root = !strcmp(f->chain, "root");

    if (f->idle_priority_line) {
        lint_warn(lint, NW_LINT_PRIORITY_IGNORED, f->idle_priority_line,
                  "the filter's priority has no effect: it is that of a "
                  "chain, and %s",
                  f->has_priority ? "chain 'root' has none"
                                  : "the filter names no chain");
    }
    for (size_t i = 0; i < f->n_entries && !root; i++) {
        const struct nw_entry *e = &f->entries[i];

        if (!e->is_ref && nw_protocol_layer(e->rule.protocol) != NW_L2) {
            lint_warn(lint, NW_LINT_CHAIN_IGNORED, e->rule.line,
                      "the rule is not in chain '%s': <%s> belongs to layer "
                      "3, which has no chains, and comes after the layer 3 "
                      "rules of filters without one",
                      f->chain, nw_protocol_name(e->rule.protocol));
            return;
        }
    }
}
