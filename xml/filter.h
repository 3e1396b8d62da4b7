/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef XML_FILTER_H
#define XML_FILTER_H 1

/* A parsed filter: an immutable value.
 *
 * Everything below a 'struct nw_filter' lives in one arena and is freed with
 * it; pointers into it are borrowed and valid as long as the filter is.  A
 * changed document gives a new filter, never an edited one.  Every node keeps
 * its line, for messages and for the explanation of flows. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "xml/fields.h"
#include "xml/value.h"

struct nw_arena;
struct nw_diags;

enum nw_action {
    NW_ACTION_DROP,
    NW_ACTION_ACCEPT,
    NW_ACTION_REJECT,
    NW_ACTION_RETURN,
    NW_ACTION_CONTINUE,
};

/* As the guest sees it: NW_IN is what is delivered to the guest. */
enum nw_direction {
    NW_IN,
    NW_OUT,
    NW_INOUT,
};

/* How an attribute refers to a variable (reference 1.5). */
enum nw_access_kind {
    NW_ACCESS_ITERATOR, /* $NAME (iterator 0) and $NAME[@n]. */
    NW_ACCESS_ELEMENT,  /* $NAME[i]. */
};

struct nw_access {
    const char *name; /* Without the "$"; never empty. */
    enum nw_access_kind kind;
    unsigned int index; /* Iterator id 0...1000, or element index. */
    const char *prefix; /* What stands before it; not NULL only in the names
                         * of sets ("web-$TENANT"), and not empty then. */
};

/* Largest iterator id, as in libvirt. */
enum { NW_ITERATOR_MAX = 1000 };

/* One attribute of a rule, after merging of several elements of the same
 * name.  Exactly one of 'value' and 'access' counts.
 *
 * Some attributes need no look at what is written:
 *
 * - 'state' and 'comment' are no items but members of struct nw_rule;
 * - 'gratuitous' is an item only if it is true;
 * - 'ipset' always comes with 'ipsetflags', which default to "src", and
 *   'ipsetflags' never without 'ipset'; both are never negated. */
struct nw_item {
    const struct nw_field *field;
    bool negate; /* match='no'. */
    bool is_variable;
    int line;
    struct nw_value value;   /* If !is_variable. */
    struct nw_access access; /* If is_variable. */

    /* What an earlier element of the rule said, which this one replaced, or
     * NULL.  It counts for nothing; the linter tells about it. */
    const struct nw_item *replaced;
};

struct nw_rule {
    enum nw_action action;
    enum nw_direction direction;
    int priority; /* -1000...1000. */
    bool statematch;
    enum nw_protocol protocol;
    int line;
    struct nw_item *items; /* In the order of the field table. */
    size_t n_items;
    bool has_connstate;  /* state= is there; see 'states'. */
    uint8_t states;      /* Union over all elements; NONE alone if it
                          * is anywhere (reference 1.6, 3.4). */
    const char *comment; /* Or NULL. */

    /* The first element that could have been one with the element before it,
     * since both have the same 'match': its line, or 0 if there is none. */
    int repeated_line;
};

struct nw_param {
    const char *name;
    const char **values; /* At least one, in order. */
    size_t n_values;
};

struct nw_filterref {
    const char *filter;
    int line;
    struct nw_param *params;
    size_t n_params;
};

/* Children in document order. */
struct nw_entry {
    bool is_ref;
    union {
        struct nw_rule rule;
        struct nw_filterref ref;
    };
};

/* Longest name of a filter, in bytes. */
enum { NW_FILTER_NAME_MAX = 255 };

/* Longest name of a chain, as in libvirt. */
enum { NW_CHAIN_NAME_MAX = 12 };

/* Priorities of chains and rules, and that of a rule that names none. */
enum {
    NW_PRIORITY_MIN = -1000,
    NW_PRIORITY_MAX = 1000,
    NW_PRIORITY_DEFAULT = 500,
};

struct nw_filter {
    struct nw_arena *arena;
    const char *file; /* For messages: path, or "filter NAME". */
    const char *name;
    const char *chain;      /* "root" if absent or empty. */
    bool has_priority;      /* Explicit and with a chain. */
    int priority;           /* Explicit, or the default for 'chain'. */
    int idle_priority_line; /* Of a priority that has no effect, because of
                             * the chain, or 0. */
    const char *uuid;       /* Normalized, lower case, or NULL. */
    struct nw_entry *entries;
    size_t n_entries;
};

/* Returns the rule's item for 'attr', or NULL if it has none. */
const struct nw_item *nw_rule_item(const struct nw_rule *, enum nw_attr);

/* One line for people: "accept in tcp dstportstart=22", as the explanations
 * show it; negated items as "srcipaddr!=10.0.0.1".  The caller frees it. */
char *nw_rule_format(const struct nw_rule *);

/* A text of the rule's meaning (action, direction, priority, state, protocol
 * and items, not its line or comment), equal for equal rules: input to the
 * stable rule ids.  The caller frees it. */
char *nw_rule_canonical(const struct nw_rule *);

/* How messages show what an attribute has: "10.0.0.1", or a reference to a
 * variable, "$IP", "$IP[@1]", "$IP[2]".  The caller frees it. */
char *nw_item_format(const struct nw_item *);

const char *nw_action_name(enum nw_action);
const char *nw_direction_name(enum nw_direction);

void nw_filter_destroy(struct nw_filter *); /* NULL is fine. */

/* Finds the default priority of 'chain' by its prefix (semantics reference
 * 2.1; D12: -810 for stp).  Returns false if the name is no legal one; the
 * message, which the caller frees, says why. */
bool nw_chain_check(const char *chain, int *priorityp, char **errorp);

/* Parsing.  'compat' is `define --compat' (deviations.md): warnings instead of
 * errors for D1, D2, D3, D14, D15, and libvirt's behaviour. */
struct nw_parse_options {
    bool compat;
};

/* Parses the document of 'size' bytes at 'text'.  'file' is what messages
 * name.  Returns NULL, with at least one error in 'diags', if the document is
 * refused.  Warnings may be added in either case. */
struct nw_filter *nw_filter_parse(const char *text, size_t size,
                                  const char *file,
                                  const struct nw_parse_options *,
                                  struct nw_diags *);

#endif /* xml/filter.h */
