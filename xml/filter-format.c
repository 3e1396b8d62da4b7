/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/filter.h"

#include <stdlib.h>
#include <string.h>

#include "xml/mem.h"
#include "xml/strbuf.h"

/* Rules as text. */

char *
nw_item_format(const struct nw_item *item)
{
    const struct nw_access *access = &item->access;
    const char *prefix = access->prefix ? access->prefix : "";

    if (!item->is_variable) {
        return nw_value_format(&item->value);
    } else if (access->kind == NW_ACCESS_ELEMENT) {
        return nw_xasprintf("%s$%s[%u]", prefix, access->name, access->index);
    } else if (access->index) {
        return nw_xasprintf("%s$%s[@%u]", prefix, access->name, access->index);
    }
    return nw_xasprintf("%s$%s", prefix, access->name);
}

static void
put_item(struct nw_strbuf *s, const struct nw_item *item)
{
    char *value = nw_item_format(item);
    /* Only the names of sets can have blanks in them. */
    const char *quote = strchr(value, ' ') ? "'" : "";

    nw_strbuf_printf(s, " %s%s%s%s%s", nw_attr_name(item->field->attr),
                     item->negate ? "!=" : "=", quote, value, quote);
    free(value);
}

static void
put_states(struct nw_strbuf *s, uint8_t states)
{
    struct nw_value v = { .type = NW_T_STATE, .states = states };

    nw_strbuf_puts(s, " state=");
    nw_strbuf_puts_free(s, nw_value_format(&v));
}

static void
put_match(struct nw_strbuf *s, const struct nw_rule *rule)
{
    nw_strbuf_printf(s, "%s %s", nw_action_name(rule->action),
                     nw_direction_name(rule->direction));
    if (rule->protocol != NW_P_NONE) {
        nw_strbuf_printf(s, " %s", nw_protocol_name(rule->protocol));
    }
    for (size_t i = 0; i < rule->n_items; i++) {
        put_item(s, &rule->items[i]);
    }
    if (rule->has_connstate) {
        put_states(s, rule->states);
    }
    if (!rule->statematch) {
        nw_strbuf_puts(s, " statematch=false");
    }
}

char *
nw_rule_format(const struct nw_rule *rule)
{
    struct nw_strbuf s = { 0 };
    put_match(&s, rule);
    return nw_strbuf_steal(&s);
}

char *
nw_rule_canonical(const struct nw_rule *rule)
{
    struct nw_strbuf s = { 0 };
    nw_strbuf_printf(&s, "%d ", rule->priority);
    put_match(&s, rule);
    return nw_strbuf_steal(&s);
}
