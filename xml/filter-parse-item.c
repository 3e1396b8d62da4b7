/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/parse-private.h"

#include <stdlib.h>
#include <string.h>

#include "xml/arena.h"
#include "xml/diag.h"
#include "xml/mem.h"
#include "xml/value-private.h"

/* Attribute values: literals and references to variables. */

static void
bad_value(struct nw_parse *parse, const struct nw_xml_attr *attr,
          const char *problem)
{
    char clip[NW_CLIP_SIZE];

    nw_parse_error(parse, attr->line, "%s '%s' is %s", attr->name,
                   nw_clip(clip, attr->value), problem);
}

static void
bad_variable(struct nw_parse *parse, const struct nw_xml_attr *attr,
             const char *problem)
{
    char clip[NW_CLIP_SIZE];

    nw_parse_error(parse, attr->line, "%s '%s': %s", attr->name,
                   nw_clip(clip, attr->value), problem);
}

static const char *
skip_blanks(const char *s)
{
    return s + strspn(s, " \t\r\n");
}

/* Reads the "[@1]" or "[1]" at 's'.  Returns what follows, or NULL after an
 * error. */
static const char *
parse_brackets(struct nw_parse *parse, const struct nw_xml_attr *attr,
               const char *s, struct nw_access *access)
{
    s = skip_blanks(s + 1);
    access->kind = *s == '@' ? NW_ACCESS_ITERATOR : NW_ACCESS_ELEMENT;
    s = skip_blanks(s + (*s == '@'));

    /* libvirt reads "-1" as the largest number, an element that no list
     * has. */
    size_t sign = *s == '+' || *s == '-';
    size_t n = sign + strspn(s + sign, "0123456789");
    char *number = nw_xmemdup0(s, n);
    uint32_t index;
    bool ok = nw_parse_number(number, 10, UINT32_MAX, &index);
    free(number);
    if (!ok) {
        bad_variable(parse, attr,
                     n > sign ? "the number in the brackets is too large"
                              : "there is no number in the brackets");
        return NULL;
    }

    s = skip_blanks(s + n);
    if (*s != ']') {
        bad_variable(parse, attr, "']' is missing after the number");
        return NULL;
    } else if (access->kind == NW_ACCESS_ITERATOR && index > NW_ITERATOR_MAX) {
        bad_variable(parse, attr, "the largest iterator is @1000");
        return NULL;
    }
    access->index = index;
    return s + 1;
}

/* Reads "$NAME", "$NAME[@n]" or "$NAME[i]" (reference 1.5) at 'dollar'. */
static bool
parse_access(struct nw_parse *parse, const struct nw_xml_attr *attr,
             const char *dollar, struct nw_access *access)
{
    const char *name = dollar + 1;
    size_t n = strspn(name, "abcdefghijklmnopqrstuvwxyz"
                            "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    const char *rest = name + n;

    if (!n && !*rest) {
        nw_parse_warning(parse, attr->line,
                         "%s '$' has no name, so it never has a value: an "
                         "error where the filter is used",
                         attr->name);
    } else if (!n) {
        bad_variable(parse, attr, "there is no variable name after the '$'");
        return false;
    }
    access->name = nw_arena_memdup0(parse->arena, name, n);
    access->kind = NW_ACCESS_ITERATOR;
    access->index = 0;
    if (!*rest) {
        return true;
    } else if (*rest != '[') {
        bad_variable(parse, attr,
                     "a variable name has letters, digits and "
                     "'_', and nothing may follow but '[...]'");
        return false;
    }

    rest = parse_brackets(parse, attr, rest, access);
    if (!rest) {
        return false;
    }
    rest = skip_blanks(rest);
    if (*rest) {
        nw_parse_warning(parse, attr->line,
                         "the text after ']' in %s is ignored", attr->name);
    }
    return true;
}

/* A variable where the language allows none (D15), and what libvirt does with
 * it in each case. */
static bool
parse_forbidden_variable(struct nw_parse *parse, const struct nw_field *field,
                         const struct nw_xml_attr *attr, struct nw_item *item)
{
    const char *consequence = "the attribute is ignored";
    bool keep = false;

    if (field->type == NW_T_TCP_FLAGS) {
        consequence = "it is read as NONE/NONE";
        memset(&item->value, 0, sizeof item->value);
        item->value.type = NW_T_TCP_FLAGS;
        keep = true;
    } else if (field->type == NW_T_IPSET_FLAGS) {
        consequence = "the value of the variable is taken";
        item->is_variable = true;
        keep = parse_access(parse, attr, attr->value, &item->access);
    }
    nw_parse_deviation(parse, attr->line, "D15", consequence,
                       "%s can not be a variable", attr->name);
    return keep;
}

/* D3: a boolean that is neither true nor false. */
static bool
parse_bad_bool(struct nw_parse *parse, const struct nw_xml_attr *attr)
{
    char clip[NW_CLIP_SIZE];

    nw_parse_deviation(parse, attr->line, "D3", "it is read as false",
                       "%s '%s' is neither true nor false", attr->name,
                       nw_clip(clip, attr->value));
    return false;
}

/* Reads the name of a set that ends with a variable: more than libvirt takes,
 * but its documents have none.  The whole is checked when it is known. */
static bool
parse_set_access(struct nw_parse *parse, const struct nw_field *field,
                 const struct nw_xml_attr *attr, struct nw_item *item)
{
    const char *dollar = strchr(attr->value, '$');
    char *prefix = nw_arena_memdup0(parse->arena, attr->value,
                                    dollar - attr->value);
    char *error = nw_field_parse(field, prefix, &item->value);

    if (error) {
        bad_value(parse, attr, error);
        free(error);
        return false;
    }
    item->is_variable = true;
    item->access.prefix = prefix;
    return parse_access(parse, attr, dollar, &item->access);
}

bool
nw_parse_item(struct nw_parse *parse, const struct nw_field *field,
              const struct nw_xml_attr *attr, struct nw_item *item)
{
    *item = (struct nw_item){ .field = field, .line = attr->line };
    if (*attr->value == '$') {
        if (!field->variable) {
            return parse_forbidden_variable(parse, field, attr, item);
        }
        item->is_variable = true;
        return parse_access(parse, attr, attr->value, &item->access);
    } else if (field->type == NW_T_IPSET && strchr(attr->value, '$')) {
        return parse_set_access(parse, field, attr, item);
    }

    char *error = nw_field_parse(field, attr->value, &item->value);
    if (error && field->type == NW_T_BOOL) {
        free(error);
        return parse_bad_bool(parse, attr);
    } else if (error) {
        bad_value(parse, attr, error);
        free(error);
        return false;
    }
    if (field->type == NW_T_IPV6 && strchr(attr->value, '%')) {
        nw_parse_warning(parse, attr->line,
                         "the zone behind '%%' in %s has no effect, as in "
                         "libvirt: packets of every interface are compared",
                         attr->name);
    }
    if (field->type == NW_T_IPSET || field->type == NW_T_STRING) {
        item->value.string = nw_arena_strdup(parse->arena, item->value.string);
    }
    return true;
}
