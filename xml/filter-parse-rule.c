/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/parse-private.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xml/arena.h"
#include "xml/diag.h"
#include "xml/mem.h"
#include "xml/nearest.h"
#include "xml/strbuf.h"

/* The <rule> element: its own attributes, and the protocol elements in it,
 * which are merged attribute by attribute (reference 1.3). */

/* More than any protocol has. */
enum { MAX_FIELDS = 32 };

/* Longest comment, in bytes; the rest is cut, as in libvirt. */
enum { MAX_COMMENT = 256 };

struct rule_parse {
    struct nw_parse *parse;
    struct nw_rule *rule;
    const struct nw_field *fields;    /* Of the protocol; NULL before any. */
    struct nw_item items[MAX_FIELDS]; /* Indexed as 'fields'. */

    /* The last element that says more than a state: its 'match'. */
    bool has_match, match;

    uint32_t ip_protocol; /* The last "protocol" that is no variable. */
};

/* Returns the index of the attribute's value in 'names', or -1 after an
 * error. */
static int
parse_choice(struct nw_parse *parse, const struct nw_xml_node *node,
             const char *name, const char *const names[], int n)
{
    const struct nw_xml_attr *attr = nw_parse_required(parse, node, name);
    struct nw_nearest nearest;
    struct nw_strbuf msg = { 0 };
    char clip[NW_CLIP_SIZE];

    if (!attr) {
        return -1;
    }
    nw_nearest_init(&nearest, attr->value);
    for (int i = 0; i < n; i++) {
        if (!strcmp(attr->value, names[i])) {
            return i;
        }
        nw_nearest_add(&nearest, names[i]);
    }

    nw_strbuf_printf(&msg, "%s '%s' is none of ", name,
                     nw_clip(clip, attr->value));
    for (int i = 0; i < n; i++) {
        nw_strbuf_printf(&msg, "%s%s", i ? ", " : "", names[i]);
    }
    nw_strbuf_puts_free(&msg, nw_nearest_hint(nearest.best));
    nw_parse_error(parse, attr->line, "%s", msg.s);
    free(msg.s);
    return -1;
}

static void
parse_action(struct nw_parse *parse, const struct nw_xml_node *node,
             struct nw_rule *rule)
{
    const char *names[NW_ACTION_CONTINUE + 1];

    for (int i = 0; i <= NW_ACTION_CONTINUE; i++) {
        names[i] = nw_action_name(i);
    }
    int i = parse_choice(parse, node, "action", names, NW_ACTION_CONTINUE + 1);
    rule->action = i < 0 ? NW_ACTION_DROP : i;
}

static void
parse_direction(struct nw_parse *parse, const struct nw_xml_node *node,
                struct nw_rule *rule)
{
    const char *names[NW_INOUT + 1];

    for (int i = 0; i <= NW_INOUT; i++) {
        names[i] = nw_direction_name(i);
    }
    int i = parse_choice(parse, node, "direction", names, NW_INOUT + 1);
    rule->direction = i < 0 ? NW_IN : i;
}

static void
parse_rule_priority(struct nw_parse *parse, const struct nw_xml_node *node,
                    struct nw_rule *rule)
{
    const struct nw_xml_attr *attr = nw_xml_attr(node, "priority");
    char clip[NW_CLIP_SIZE];

    rule->priority = NW_PRIORITY_DEFAULT;
    if (attr && !nw_parse_priority(attr->value, &rule->priority)) {
        nw_parse_deviation(parse, attr->line, "D3", "500 is taken",
                           "the rule's priority '%s' is not a number from %d "
                           "to %d",
                           nw_clip(clip, attr->value), NW_PRIORITY_MIN,
                           NW_PRIORITY_MAX);
    }
}

static void
parse_statematch(struct nw_parse *parse, const struct nw_xml_node *node,
                 struct nw_rule *rule)
{
    const struct nw_xml_attr *attr = nw_xml_attr(node, "statematch");
    char clip[NW_CLIP_SIZE];

    rule->statematch = true;
    if (!attr) {
        return;
    } else if (!strcmp(attr->value, "0")
               || !strcasecmp(attr->value, "false")) {
        rule->statematch = false;
    } else if (strcmp(attr->value, "1") && strcasecmp(attr->value, "true")) {
        nw_parse_deviation(parse, attr->line, "D3", "it is read as true",
                           "statematch '%s' is neither true nor false",
                           nw_clip(clip, attr->value));
    }
}

/* Returns whether match='no' stands in the element. */
static bool
parse_match(struct nw_parse *parse, const struct nw_xml_node *node)
{
    const struct nw_xml_attr *attr = nw_xml_attr(node, "match");
    char clip[NW_CLIP_SIZE];

    if (!attr || !strcmp(attr->value, "yes")) {
        return false;
    } else if (!strcmp(attr->value, "no")) {
        return true;
    }
    nw_parse_deviation(parse, attr->line, "D3", "it is read as yes",
                       "match '%s' is neither yes nor no",
                       nw_clip(clip, attr->value));
    return false;
}

/* An empty list of states is no state at all. */
static void
add_states(struct nw_rule *rule, uint8_t states)
{
    rule->has_connstate |= states != 0;
    rule->states |= states;
    if (rule->states & NW_STATE_NONE) {
        rule->states = NW_STATE_NONE;
    }
}

static void
set_comment(struct nw_parse *parse, struct nw_rule *rule, const char *text)
{
    rule->comment = nw_arena_memdup0(parse->arena, text,
                                     nw_utf8_prefix(text, MAX_COMMENT));
}

static void
set_item(struct rule_parse *rp, struct nw_item *slot,
         const struct nw_item *item, bool negate)
{
    struct nw_item *old = NULL;

    if (slot->field) {
        old = nw_arena_alloc(rp->parse->arena, sizeof *old);
        *old = *slot;
    }
    *slot = *item;
    slot->negate = (negate && item->field->attr != NW_A_IPSET
                    && item->field->attr != NW_A_IPSETFLAGS);
    slot->replaced = old;
}

static void
parse_attr(struct rule_parse *rp, const struct nw_xml_attr *attr, bool negate)
{
    struct nw_rule *rule = rp->rule;
    const struct nw_field *field;
    struct nw_item item;

    field = (attr->foreign ? NULL
                           : nw_field_by_name(rule->protocol, attr->name));
    if (!field) {
        if (strcmp(attr->name, "match") && strncmp(attr->name, "xml:", 4)) {
            nw_parse_unknown_attr(rp->parse, attr,
                                  nw_protocol_name(rule->protocol),
                                  nw_nearest_attr(rule->protocol, attr->name));
        }
        return;
    }

    struct nw_item *slot = &rp->items[field - rp->fields];
    if (!nw_parse_item(rp->parse, field, attr, &item)) {
        slot->field = NULL;
    } else if (field->attr == NW_A_STATE) {
        add_states(rule, item.value.states);
    } else if (field->attr == NW_A_COMMENT) {
        set_comment(rp->parse, rule, item.value.string);
    } else {
        set_item(rp, slot, &item, negate);
        if (field->attr == NW_A_PROTOCOL && !item.is_variable) {
            rp->ip_protocol = item.value.num;
        }
    }
}

/* Elements are merged so that negated attributes can stand beside others.
 * Two in a row with the same 'match' are meant otherwise. */
static void
note_element(struct rule_parse *rp, const struct nw_xml_node *node,
             bool negate)
{
    bool counts = false;

    for (size_t i = 0; i < node->n_attrs; i++) {
        const char *name = node->attrs[i].name;

        counts |= (strcmp(name, "match") && strcmp(name, "state")
                   && strcmp(name, "comment"));
    }
    if (!counts) {
        return;
    }
    if (rp->has_match && rp->match == negate && !rp->rule->repeated_line) {
        rp->rule->repeated_line = node->line;
    }
    rp->has_match = true;
    rp->match = negate;
}

static const struct nw_item *
find_item(const struct rule_parse *rp, enum nw_attr attr)
{
    const struct nw_field *field = nw_field_by_attr(rp->rule->protocol, attr);
    const struct nw_item *item = field ? &rp->items[field - rp->fields] : NULL;

    return item && item->field ? item : NULL;
}

/* <ip> and <ipv6> can only compare ports of a protocol that is known to have
 * them, from this element or one before it (reference 1.6).  A variable that
 * replaces the protocol is looked at when it has a value. */
static void
check_ports(struct rule_parse *rp, const struct nw_xml_node *node)
{
    static const enum nw_attr ports[] = {
        NW_A_SRCPORTSTART,
        NW_A_SRCPORTEND,
        NW_A_DSTPORTSTART,
        NW_A_DSTPORTEND,
    };
    const struct nw_item *port = NULL;

    if (rp->rule->protocol != NW_P_IP && rp->rule->protocol != NW_P_IPV6) {
        return;
    }
    for (size_t i = 0; i < NW_ARRAY_SIZE(ports) && !port; i++) {
        port = find_item(rp, ports[i]);
    }
    if (port) {
        uint32_t num = rp->ip_protocol;
        if (num != IPPROTO_TCP && num != IPPROTO_UDP && num != IPPROTO_DCCP
            && num != IPPROTO_SCTP) {
            nw_parse_error(rp->parse, node->line,
                           "%s in <%s> needs protocol tcp (6), udp (17), "
                           "dccp (33) or sctp (132)",
                           nw_attr_name(port->field->attr), node->name);
        }
    }
}

static void
parse_protocol(struct rule_parse *rp, const struct nw_xml_node *node,
               enum nw_protocol protocol)
{
    size_t n_errors = rp->parse->n_errors;
    size_t n;

    if (!rp->fields) {
        rp->rule->protocol = protocol;
        rp->fields = nw_protocol_fields(protocol, &n);
    } else if (rp->rule->protocol != protocol) {
        nw_parse_deviation(rp->parse, node->line, "D1", "it is ignored",
                           "<%s> in a rule that is for <%s> already",
                           node->name, nw_protocol_name(rp->rule->protocol));
        return;
    }

    bool negate = parse_match(rp->parse, node);
    note_element(rp, node, negate);
    for (size_t i = 0; i < node->n_attrs; i++) {
        parse_attr(rp, &node->attrs[i], negate);
    }
    nw_parse_check_empty(rp->parse, node);
    if (rp->parse->n_errors == n_errors) {
        check_ports(rp, node);
    }
}

static void
parse_child(struct rule_parse *rp, const struct nw_xml_node *node)
{
    enum nw_protocol protocol;

    if (!node->foreign && nw_protocol_from_name(node->name, &protocol)) {
        parse_protocol(rp, node, protocol);
    } else {
        nw_parse_unknown_element(rp->parse, node, "rule",
                                 nw_nearest_protocol(node->name));
    }
}

/* Moves the items that are there to the rule. */
static void
copy_items(struct rule_parse *rp)
{
    struct nw_rule *rule = rp->rule;
    size_t n;

    nw_protocol_fields(rule->protocol, &n);
    for (size_t i = 0; i < n; i++) {
        rule->n_items += rp->items[i].field != NULL;
    }
    rule->items = nw_arena_alloc(rp->parse->arena,
                                 rule->n_items * sizeof *rule->items);

    struct nw_item *item = rule->items;
    for (size_t i = 0; i < n; i++) {
        if (rp->items[i].field) {
            *item++ = rp->items[i];
        }
    }
}

void
nw_parse_rule(struct nw_parse *parse, const struct nw_xml_node *node,
              struct nw_rule *rule)
{
    static const char *const known[] = { "action", "direction", "priority",
                                         "statematch", NULL };
    struct rule_parse rp = { .parse = parse, .rule = rule };
    size_t n_errors = parse->n_errors;

    rule->line = node->line;
    rule->protocol = NW_P_NONE;
    parse_action(parse, node, rule);
    parse_direction(parse, node, rule);
    parse_rule_priority(parse, node, rule);
    parse_statematch(parse, node, rule);
    nw_parse_check_attrs(parse, node, known);
    nw_parse_check_text(parse, node);
    for (const struct nw_xml_node *child = node->first_child;
         child && !nw_parse_gave_up(parse); child = child->next) {
        parse_child(&rp, child);
    }
    if (rp.fields && parse->n_errors == n_errors) {
        nw_parse_check_rule(parse, rule, rp.items);
    }
    copy_items(&rp);
}
