/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/ipset.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "xml/ipset-private.h"
#include "xml/mem.h"
#include "xml/strbuf.h"
#include "xml/value.h"

static const struct nw_set_type types[] = {
    { "hash:ip", 1, { NW_SET_IP } },
    { "hash:net", 1, { NW_SET_NET } },
    { "hash:mac", 1, { NW_SET_MAC } },
    { "hash:ip,mac", 2, { NW_SET_IP, NW_SET_MAC } },
    { "hash:net,net", 2, { NW_SET_NET, NW_SET_NET } },
    { "hash:ip,port", 2, { NW_SET_IP, NW_SET_PORT } },
    { "hash:net,port", 2, { NW_SET_NET, NW_SET_PORT } },
    { "hash:ip,port,ip", 3, { NW_SET_IP, NW_SET_PORT, NW_SET_IP } },
    { "hash:ip,port,net", 3, { NW_SET_IP, NW_SET_PORT, NW_SET_NET } },
    { "hash:net,port,net", 3, { NW_SET_NET, NW_SET_PORT, NW_SET_NET } },
    { "bitmap:ip", 1, { NW_SET_IP } },
    { "bitmap:ip,mac", 2, { NW_SET_IP, NW_SET_MAC } },
    { "bitmap:port", 1, { NW_SET_PORT } },
};

/* Types of ipset(8) that test what no flow can see. */
static const struct {
    const char *name, *why;
} impossible[] = {
    { "hash:ip,mark", "packet marks are not visible to the switch" },
    { "hash:net,iface", "host interfaces are not visible to the switch" },
    { "list:set", "a set of sets is not supported, name their entries" },
};

static const char *const dim_words[] = {
    [NW_SET_IP] = "ADDRESS",
    [NW_SET_NET] = "ADDRESS/LENGTH",
    [NW_SET_PORT] = "PROTOCOL:PORT",
    [NW_SET_MAC] = "MAC",
};

const struct nw_set_type *
nw_set_type_find(const char *name, char **errorp)
{
    *errorp = NULL;
    for (size_t i = 0; i < NW_ARRAY_SIZE(types); i++) {
        if (!strcmp(name, types[i].name)) {
            return &types[i];
        }
    }
    for (size_t i = 0; i < NW_ARRAY_SIZE(impossible); i++) {
        if (!strcmp(name, impossible[i].name)) {
            *errorp = nw_xasprintf("sets of type %s can not be used: %s", name,
                                   impossible[i].why);
            return NULL;
        }
    }
    *errorp = nw_xasprintf("'%s' is no type of set (known are hash:ip, "
                           "hash:net, hash:ip,port, hash:net,port, hash:mac "
                           "and others, see nwfctl(8))",
                           name);
    return NULL;
}

/* Reads an address of 'dim'.  All addresses of an entry have one family. */
static char *
parse_address(char *text, struct nw_set_elem *elem, struct nw_set_entry *entry)
{
    int family;
    char *error = nw_set_range_parse(text, &elem->range, &family);

    if (error) {
        return error;
    }
    if (entry->family && entry->family != family) {
        return nw_xstrdup("an entry can not mix IPv4 and IPv6 addresses");
    }
    entry->family = family;
    return NULL;
}

static char *
parse_mac(const char *text, struct nw_set_elem *elem)
{
    struct nw_value value;
    char *error = nw_value_parse(NW_T_MAC, text, &value);

    if (!error) {
        memcpy(elem->mac, value.mac, sizeof elem->mac);
    }
    return error;
}

static char *
parse_elem(char *text, const struct nw_set_type *type,
           struct nw_set_elem *elem, struct nw_set_entry *entry)
{
    switch (elem->dim) {
    case NW_SET_IP:
    case NW_SET_NET:
        return parse_address(text, elem, entry);
    case NW_SET_PORT:
        return nw_set_port_parse(text, type->n_dims == 1, &elem->port);
    case NW_SET_MAC:
        return parse_mac(text, elem);
    }
    abort();
}

static char *
wrong_shape(const char *text, const struct nw_set_type *type)
{
    const char *second = type->n_dims > 1 ? dim_words[type->dims[1]] : "";
    const char *third = type->n_dims > 2 ? dim_words[type->dims[2]] : "";

    return nw_xasprintf("'%s': an entry of type %s is %s%s%s%s%s", text,
                        type->name, dim_words[type->dims[0]],
                        *second ? "," : "", second, *third ? "," : "", third);
}

/* ICMP exists in one family each. */
static char *
check_families(const struct nw_set_entry *entry)
{
    for (size_t i = 0; i < entry->n; i++) {
        const struct nw_set_elem *elem = &entry->elems[i];
        int protocol = elem->dim == NW_SET_PORT ? elem->port.protocol : 0;

        if ((protocol == IPPROTO_ICMP && entry->family == 6)
            || (protocol == IPPROTO_ICMPV6 && entry->family == 4)) {
            return nw_xasprintf("%s does not go with an IPv%d address",
                                protocol == IPPROTO_ICMP ? "icmp" : "icmpv6",
                                entry->family);
        }
    }
    return NULL;
}

static char *
parse_elems(char *text, const struct nw_set_type *type,
            struct nw_set_entry *entry)
{
    char *rest = text, *part;
    size_t commas = 0;

    for (const char *p = text; *p; p++) {
        commas += *p == ',';
    }
    if (commas + 1 != type->n_dims) {
        return wrong_shape(text, type);
    }
    while ((part = strsep(&rest, ",")) != NULL) {
        struct nw_set_elem *elem = &entry->elems[entry->n];
        char *error;

        elem->dim = type->dims[entry->n];
        error = parse_elem(part, type, elem, entry);
        if (error) {
            return error;
        }
        entry->n++;
    }
    return check_families(entry);
}

static bool
has_networks(const struct nw_set_type *type)
{
    for (size_t i = 0; i < type->n_dims; i++) {
        if (type->dims[i] == NW_SET_NET) {
            return true;
        }
    }
    return false;
}

/* Takes the next word, or text in double quotes, off '*restp'. */
static char *
next_word(char **restp)
{
    char *word = *restp + strspn(*restp, " \t");
    bool quoted = *word == '"';
    size_t n;

    word += quoted;
    n = strcspn(word, quoted ? "\"" : " \t");
    *restp = word + n + (word[n] != '\0');
    word[n] = '\0';
    return n || quoted ? word : NULL;
}

/* What may follow the entry in the output of `ipset save'. */
static char *
parse_words(char *rest, const struct nw_set_type *type,
            struct nw_set_entry *entry)
{
    static const char *const ignored[] = {
        "comment", "packets", "bytes", "skbmark", "skbprio", "skbqueue",
    };
    char *word;

    while ((word = next_word(&rest)) != NULL) {
        bool known = false;

        if (!strcmp(word, "nomatch") && has_networks(type)) {
            entry->nomatch = true;
            continue;
        }
        if (!strcmp(word, "timeout")) {
            const char *value = next_word(&rest);

            if (value && !strcmp(value, "0")) {
                continue;
            }
            return nw_xstrdup("entries with a timeout are not supported: "
                              "they would stay for ever");
        }
        for (size_t i = 0; i < NW_ARRAY_SIZE(ignored); i++) {
            known |= !strcmp(word, ignored[i]);
        }
        if (!known || !next_word(&rest)) {
            return nw_xasprintf("'%s' is not understood after an entry of "
                                "type %s",
                                word, type->name);
        }
    }
    return NULL;
}

char *
nw_set_entry_parse(const struct nw_set_type *type, const char *text,
                   struct nw_set_entry *entry)
{
    char *copy = nw_xstrdup(text);
    char *rest = copy;
    char *first = next_word(&rest);
    char *error;

    memset(entry, 0, sizeof *entry);
    error = first ? parse_elems(first, type, entry)
                  : nw_xstrdup("an entry can not be empty");
    if (!error) {
        error = parse_words(rest, type, entry);
    }
    free(copy);
    return error;
}

static char *
format_elem(const struct nw_set_elem *elem, int family)
{
    struct nw_value value = { .type = NW_T_MAC };

    switch (elem->dim) {
    case NW_SET_IP:
    case NW_SET_NET:
        return nw_set_range_format(&elem->range, family);
    case NW_SET_PORT:
        return nw_set_port_format(&elem->port);
    case NW_SET_MAC:
        memcpy(value.mac, elem->mac, sizeof value.mac);
        return nw_value_format(&value);
    }
    abort();
}

char *
nw_set_entry_format(const struct nw_set_entry *entry)
{
    struct nw_strbuf s = { 0 };

    for (size_t i = 0; i < entry->n; i++) {
        nw_strbuf_puts(&s, i ? "," : "");
        nw_strbuf_puts_free(&s, format_elem(&entry->elems[i], entry->family));
    }
    nw_strbuf_puts(&s, entry->nomatch ? " nomatch" : "");
    return nw_strbuf_steal(&s);
}

/* How many members 'elem' gives, as far as that is no more than 'max'. */
static size_t
count_elem(const struct nw_set_elem *elem, int family, size_t max)
{
    struct nw_set_range network, rest;
    size_t n = 0;
    bool more;

    switch (elem->dim) {
    case NW_SET_IP:
        return nw_set_range_count(&elem->range, family, max);
    case NW_SET_PORT:
        return (size_t) (elem->port.to - elem->port.from) + 1;
    case NW_SET_MAC:
        return 1;
    case NW_SET_NET:
        rest = elem->range;
        do {
            nw_set_range_split(&rest, family, &network, &rest, &more);
            n++;
        } while (more);
        return n;
    }
    abort();
}

struct expansion {
    const struct nw_set_entry *whole;
    struct nw_set_entry member;
    void (*callback)(const struct nw_set_entry *, void *aux);
    void *aux;
};

static void expand_from(struct expansion *, size_t i);

static void
expand_addresses(struct expansion *x, size_t i)
{
    const struct nw_set_range *whole = &x->whole->elems[i].range;
    struct nw_set_range *one = &x->member.elems[i].range;

    memcpy(one->from, whole->from, sizeof one->from);
    memcpy(one->to, whole->from, sizeof one->to);
    do {
        expand_from(x, i + 1);
    } while (nw_set_range_next(one, whole->to, x->whole->family));
}

static void
expand_networks(struct expansion *x, size_t i)
{
    struct nw_set_range rest = x->whole->elems[i].range;
    bool more;

    do {
        nw_set_range_split(&rest, x->whole->family, &x->member.elems[i].range,
                           &rest, &more);
        expand_from(x, i + 1);
    } while (more);
}

static void
expand_ports(struct expansion *x, size_t i)
{
    const struct nw_set_port *whole = &x->whole->elems[i].port;
    struct nw_set_port *one = &x->member.elems[i].port;

    for (int port = whole->from; port <= whole->to; port++) {
        one->from = one->to = port;
        expand_from(x, i + 1);
    }
}

/* Goes through all members that share the first 'i' elements. */
static void
expand_from(struct expansion *x, size_t i)
{
    if (i == x->whole->n) {
        x->callback(&x->member, x->aux);
        return;
    }
    switch (x->whole->elems[i].dim) {
    case NW_SET_IP:
        expand_addresses(x, i);
        break;
    case NW_SET_NET:
        expand_networks(x, i);
        break;
    case NW_SET_PORT:
        expand_ports(x, i);
        break;
    case NW_SET_MAC:
        expand_from(x, i + 1);
        break;
    }
}

bool
nw_set_entry_expand(const struct nw_set_entry *entry, size_t limit,
                    void (*member)(const struct nw_set_entry *, void *aux),
                    void *aux)
{
    struct expansion x = {
        .whole = entry, .member = *entry, .callback = member, .aux = aux
    };
    size_t total = 1;

    for (size_t i = 0; i < entry->n; i++) {
        size_t n = count_elem(&entry->elems[i], entry->family, limit);

        if (n > limit / total) {
            return false;
        }
        total *= n;
    }
    expand_from(&x, 0);
    return true;
}
