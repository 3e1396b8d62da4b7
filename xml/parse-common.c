/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/parse-private.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "xml/diag.h"
#include "xml/mem.h"
#include "xml/nearest.h"
#include "xml/value-private.h"

static void
report(struct nw_parse *parse, enum nw_severity severity, int line,
       const char *format, ...)
{
    va_list args;

    va_start(args, format);
    nw_diag_valist(parse->diags, severity, parse->file, line, format, args);
    va_end(args);
}

/* Adds a message unless there are too many; 'text' is freed. */
static void
add(struct nw_parse *parse, enum nw_severity severity, int line, char *text)
{
    size_t max = (severity == NW_ERROR ? NW_PARSE_MAX_ERRORS
                                       : NW_PARSE_MAX_WARNINGS);
    size_t *np = (severity == NW_ERROR ? &parse->n_errors
                                       : &parse->n_warnings);

    if (*np < max) {
        report(parse, severity, line, "%s", text);
    } else if (*np == max) {
        report(parse, severity, line, "there are more %s, not shown",
               severity == NW_ERROR ? "errors" : "warnings");
    }
    (*np)++;
    free(text);
}

void
nw_parse_error(struct nw_parse *parse, int line, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(parse, NW_ERROR, line, nw_xvasprintf(format, args));
    va_end(args);
}

void
nw_parse_warning(struct nw_parse *parse, int line, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add(parse, NW_WARNING, line, nw_xvasprintf(format, args));
    va_end(args);
}

void
nw_parse_deviation(struct nw_parse *parse, int line, const char *id,
                   const char *consequence, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    char *text = nw_xvasprintf(format, args);
    va_end(args);

    if (parse->compat) {
        add(parse, NW_WARNING, line,
            nw_xasprintf("[%s] %s; %s", id, text, consequence));
    } else {
        add(parse, NW_ERROR, line, nw_xasprintf("[%s] %s", id, text));
    }
    free(text);
}

bool
nw_parse_gave_up(const struct nw_parse *parse)
{
    return parse->n_errors > NW_PARSE_MAX_ERRORS;
}

bool
nw_parse_check_root(struct nw_parse *parse, const struct nw_xml_node *root,
                    const char *name)
{
    char clip[NW_CLIP_SIZE];

    if (strcmp(root->name, name)) {
        nw_parse_error(parse, root->line,
                       "the document's element is <%s>, not <%s>",
                       nw_clip(clip, root->name), name);
    } else if (root->foreign) {
        nw_parse_error(parse, root->line,
                       "<%s> must not be in a namespace (xmlns)", name);
    } else {
        return true;
    }
    return false;
}

/* Attributes such as xml:lang and xml:space mean nothing here, and are no
 * mistake. */
static bool
is_harmless(const struct nw_xml_attr *attr)
{
    return attr->foreign && !strncmp(attr->name, "xml:", 4);
}

void
nw_parse_unknown_attr(struct nw_parse *parse, const struct nw_xml_attr *attr,
                      const char *element, const char *nearest)
{
    char clip1[NW_CLIP_SIZE], clip2[NW_CLIP_SIZE];
    char *hint = nw_nearest_hint(nearest);

    nw_parse_deviation(parse, attr->line, "D2", "it is ignored",
                       "unknown attribute '%s' of <%s>%s",
                       nw_clip(clip1, attr->name), nw_clip(clip2, element),
                       hint);
    free(hint);
}

void
nw_parse_check_attrs(struct nw_parse *parse, const struct nw_xml_node *node,
                     const char *const known[])
{
    for (size_t i = 0; i < node->n_attrs; i++) {
        const struct nw_xml_attr *attr = &node->attrs[i];
        struct nw_nearest nearest;
        bool found = is_harmless(attr);

        nw_nearest_init(&nearest, attr->name);
        for (size_t j = 0; known[j] && !found; j++) {
            found = !attr->foreign && !strcmp(attr->name, known[j]);
            nw_nearest_add(&nearest, known[j]);
        }
        if (!found) {
            nw_parse_unknown_attr(parse, attr, node->name, nearest.best);
        }
    }
}

void
nw_parse_unknown_element(struct nw_parse *parse,
                         const struct nw_xml_node *node, const char *parent,
                         const char *nearest)
{
    char clip[NW_CLIP_SIZE];
    char *hint = (node->foreign
                      ? nw_xstrdup(": it is in a namespace of its own")
                      : nw_nearest_hint(nearest));

    nw_parse_deviation(parse, node->line, "D1", "it is ignored",
                       "unknown element <%s> in <%s>%s",
                       nw_clip(clip, node->name), parent, hint);
    free(hint);
}

void
nw_parse_check_text(struct nw_parse *parse, const struct nw_xml_node *node)
{
    char clip[NW_CLIP_SIZE];

    if (node->text) {
        nw_parse_warning(parse, node->text_line,
                         "the text '%s' in <%s> has no meaning",
                         nw_clip(clip, node->text), node->name);
    }
}

void
nw_parse_check_empty(struct nw_parse *parse, const struct nw_xml_node *node)
{
    nw_parse_check_text(parse, node);
    for (const struct nw_xml_node *child = node->first_child;
         child && !nw_parse_gave_up(parse); child = child->next) {
        nw_parse_unknown_element(parse, child, node->name, NULL);
    }
}

bool
nw_parse_priority(const char *text, int *priorityp)
{
    uint32_t n;
    bool negative = false;

    text += strspn(text, " \t\r\n");
    if (*text == '-') {
        negative = true;
        text++;
        if (!isdigit((unsigned char) *text)) {
            return false;
        }
    }
    if (!nw_parse_number(text, 10, NW_PRIORITY_MAX, &n)) {
        return false;
    }
    *priorityp = negative ? -(int) n : (int) n;
    return true;
}

const struct nw_xml_attr *
nw_parse_required(struct nw_parse *parse, const struct nw_xml_node *node,
                  const char *name)
{
    const struct nw_xml_attr *attr = nw_xml_attr(node, name);

    if (!attr) {
        nw_parse_error(parse, node->line, "<%s> has no attribute '%s'",
                       node->name, name);
    }
    return attr;
}

/* The name becomes a file's name when filters are exported to libvirt, and a
 * word on the command line. */
bool
nw_parse_filter_name(struct nw_parse *parse, int line, const char *name)
{
    const char *problem = NULL;
    char clip[NW_CLIP_SIZE];

    if (!*name) {
        nw_parse_error(parse, line, "the name of a filter is empty");
        return false;
    } else if (strlen(name) > NW_FILTER_NAME_MAX) {
        nw_parse_error(parse, line,
                       "the filter name '%s' is longer than %d "
                       "bytes",
                       nw_clip(clip, name), NW_FILTER_NAME_MAX);
        return false;
    } else if (!strcmp(name, ".") || !strcmp(name, "..")) {
        problem = "can not be used";
    } else if (strchr(name, '/')) {
        problem = "must not contain a slash";
    }
    for (const char *p = name; *p; p++) {
        if ((unsigned char) *p < ' ' || *p == 0x7f) {
            problem = "must not contain control characters";
        }
    }
    if (problem) {
        nw_parse_error(parse, line, "the filter name '%s' %s",
                       nw_clip(clip, name), problem);
    }
    return !problem;
}

bool
nw_parse_uuid(const char *text, char uuid[NW_UUID_SIZE])
{
    int n = 0;

    text += strspn(text, " \t\r\n");
    for (; *text && n < 36; text++) {
        if (*text == '-') {
            continue;
        } else if (!isxdigit((unsigned char) *text)) {
            break;
        }
        if (n == 8 || n == 13 || n == 18 || n == 23) {
            uuid[n++] = '-';
        }
        uuid[n++] = tolower((unsigned char) *text);
    }
    uuid[n] = '\0';
    text += strspn(text, " \t\r\n");
    return n == 36 && !*text;
}

/* libvirt's alphabet: no CIDR and no ranges. */
static bool
is_valid_param_value(const char *value)
{
    for (const char *p = value; *p; p++) {
        if (!(isascii((unsigned char) *p) && isalnum((unsigned char) *p))
            && !strchr("_.:", *p)) {
            return false;
        }
    }
    return *value;
}

static void
parse_parameter(struct nw_parse *parse, const struct nw_xml_node *node,
                struct nw_vars *params)
{
    static const char *const known[] = { "name", "value", NULL };
    const struct nw_xml_attr *name = nw_xml_attr(node, "name");
    const struct nw_xml_attr *value = nw_xml_attr(node, "value");
    const char *consequence = "the parameter is ignored";
    char clip[NW_CLIP_SIZE];

    nw_parse_check_attrs(parse, node, known);
    nw_parse_check_empty(parse, node);
    if (!name || !value) {
        nw_parse_deviation(parse, node->line, "D2", consequence,
                           "<parameter> has no attribute '%s'",
                           name ? "value" : "name");
    } else if (!nw_var_name_is_valid(name->value)) {
        nw_parse_deviation(parse, name->line, "D2", consequence,
                           "the parameter name '%s' may only have letters, "
                           "digits and '_'",
                           nw_clip(clip, name->value));
    } else if (!is_valid_param_value(value->value)) {
        nw_parse_deviation(parse, value->line, "D2", consequence,
                           "the parameter value '%s' may only have letters, "
                           "digits and '_.:'",
                           nw_clip(clip, value->value));
    } else if (params->n >= NW_PARSE_MAX_PARAMS
               && !nw_vars_find(params, name->value)) {
        nw_parse_error(parse, node->line,
                       "<filterref> has more than %d "
                       "different parameters",
                       NW_PARSE_MAX_PARAMS);
    } else {
        nw_vars_append(params, name->value, value->value);
    }
}

const char *
nw_parse_filterref(struct nw_parse *parse, const struct nw_xml_node *node,
                   struct nw_vars *params)
{
    static const char *const known[] = { "filter", NULL };
    const struct nw_xml_attr *filter;

    nw_parse_check_attrs(parse, node, known);
    nw_parse_check_text(parse, node);
    filter = nw_parse_required(parse, node, "filter");
    if (filter && !nw_parse_filter_name(parse, filter->line, filter->value)) {
        filter = NULL;
    }

    for (const struct nw_xml_node *child = node->first_child;
         child && !nw_parse_gave_up(parse); child = child->next) {
        if (!child->foreign && !strcmp(child->name, "parameter")) {
            parse_parameter(parse, child, params);
        } else {
            struct nw_nearest nearest;
            nw_nearest_init(&nearest, child->name);
            nw_nearest_add(&nearest, "parameter");
            nw_parse_unknown_element(parse, child, "filterref", nearest.best);
        }
    }
    return filter ? filter->value : NULL;
}
