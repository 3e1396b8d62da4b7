/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/binding.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "xml/arena.h"
#include "xml/diag.h"
#include "xml/mem.h"
#include "xml/nearest.h"
#include "xml/parse-private.h"
#include "xml/strbuf.h"
#include "xml/value-private.h"

static const char *const element_names[] = { "owner", "portdev",   "linkdev",
                                             "mac",   "filterref", NULL };

static bool
is(const struct nw_xml_node *node, const char *name)
{
    return !node->foreign && !strcmp(node->name, name);
}

/* Returns the first child of that name; others of the same name are ignored,
 * with a warning. */
static const struct nw_xml_node *
find_child(struct nw_parse *parse, const struct nw_xml_node *parent,
           const char *name)
{
    const struct nw_xml_node *found = NULL;

    for (const struct nw_xml_node *node = parent->first_child; node;
         node = node->next) {
        if (is(node, name) && found) {
            nw_parse_warning(parse, node->line, "a second <%s> is ignored",
                             name);
        } else if (is(node, name)) {
            found = node;
        }
    }
    return found;
}

/* Unknown elements are ignored, as in libvirt, but not silently. */
static void
warn_unknown(struct nw_parse *parse, const struct nw_xml_node *parent,
             const char *const known[])
{
    for (const struct nw_xml_node *node = parent->first_child; node;
         node = node->next) {
        struct nw_nearest nearest;
        bool found = false;

        nw_nearest_init(&nearest, node->name);
        for (size_t i = 0; known[i] && !found; i++) {
            found = is(node, known[i]);
            nw_nearest_add(&nearest, known[i]);
        }
        if (!found) {
            char *hint = nw_nearest_hint(nearest.best);
            char clip[NW_CLIP_SIZE];
            nw_parse_warning(parse, node->line,
                             "unknown element <%s> in <%s> is ignored%s",
                             nw_clip(clip, node->name), parent->name, hint);
            free(hint);
        }
    }
}

/* Returns a copy of the attribute, or NULL after an error if it is missing or
 * empty. */
static char *
get_attr(struct nw_parse *parse, const struct nw_xml_node *node,
         const char *name)
{
    const char *const known[] = { name, NULL };
    const struct nw_xml_attr *attr;

    nw_parse_check_attrs(parse, node, known);
    nw_parse_check_empty(parse, node);
    attr = nw_parse_required(parse, node, name);
    if (attr && !*attr->value) {
        nw_parse_error(parse, attr->line, "the %s of <%s> is empty", name,
                       node->name);
        attr = NULL;
    }
    return attr ? nw_xstrdup(attr->value) : NULL;
}

static const struct nw_xml_node *
required_child(struct nw_parse *parse, const struct nw_xml_node *parent,
               const char *name)
{
    const struct nw_xml_node *node = find_child(parse, parent, name);

    if (!node) {
        nw_parse_error(parse, parent->line, "<%s> has no <%s>", parent->name,
                       name);
    }
    return node;
}

/* Returns a copy of the text, or NULL after an error if there is none. */
static char *
get_text(struct nw_parse *parse, const struct nw_xml_node *node)
{
    static const char *const none[] = { NULL };

    nw_parse_check_attrs(parse, node, none);
    if (!node->text) {
        nw_parse_error(parse, node->line, "<%s> is empty", node->name);
        return NULL;
    }
    return nw_xstrdup(node->text);
}

static void
parse_owner(struct nw_parse *parse, const struct nw_xml_node *root,
            struct nw_binding *binding)
{
    static const char *const known[] = { "name", "uuid", NULL };
    const struct nw_xml_node *owner = required_child(parse, root, "owner");
    char uuid[NW_UUID_SIZE];
    char clip[NW_CLIP_SIZE];

    if (!owner) {
        return;
    }
    warn_unknown(parse, owner, known);

    const struct nw_xml_node *node = required_child(parse, owner, "name");
    if (node) {
        binding->owner_name = get_text(parse, node);
    }
    node = required_child(parse, owner, "uuid");
    char *text = node ? get_text(parse, node) : NULL;
    if (text && !nw_parse_uuid(text, uuid)) {
        nw_parse_error(parse, node->text_line, "'%s' is not a UUID",
                       nw_clip(clip, text));
    } else if (text) {
        binding->owner_uuid = nw_xstrdup(uuid);
    }
    free(text);
}

static void
parse_mac(struct nw_parse *parse, const struct nw_xml_node *root,
          struct nw_binding *binding)
{
    const struct nw_xml_node *node = required_child(parse, root, "mac");
    char clip[NW_CLIP_SIZE];
    struct nw_value v;

    char *text = node ? get_attr(parse, node, "address") : NULL;
    if (!text) {
        return;
    }
    char *error = nw_value_parse(NW_T_MAC, text, &v);
    if (error) {
        nw_parse_error(parse, nw_xml_attr(node, "address")->line,
                       "address '%s' is %s", nw_clip(clip, text), error);
        free(error);
    } else {
        binding->mac = nw_value_format(&v);
    }
    free(text);
}

/* Deviation D10.  In the parameters of a filter's references the variable has
 * no meaning (semantics reference 4.3). */
static void
check_learning(struct nw_parse *parse, const struct nw_xml_node *ref,
               const struct nw_vars *params)
{
    const struct nw_var *mode = nw_vars_find(params, "CTRL_IP_LEARNING");

    if (mode && !strcasecmp(mode->values[0], "dhcp")) {
        nw_parse_warning(parse, ref->line,
                         "[D10] $IP is the list of all live leases, which end "
                         "when they are given back; libvirt takes the first "
                         "one only, and ends infinite ones after 10 seconds");
    }
}

static void
parse_binding(struct nw_parse *parse, const struct nw_xml_node *root,
              struct nw_binding *binding)
{
    static const char *const no_attrs[] = { NULL };
    const struct nw_xml_node *node;

    nw_parse_check_attrs(parse, root, no_attrs);
    nw_parse_check_text(parse, root);
    warn_unknown(parse, root, element_names);
    parse_owner(parse, root, binding);
    node = required_child(parse, root, "portdev");
    if (node) {
        binding->portdev = get_attr(parse, node, "name");
        binding->portdev_line = node->line;
    }
    node = find_child(parse, root, "linkdev");
    if (node) {
        binding->linkdev = get_attr(parse, node, "name");
    }
    parse_mac(parse, root, binding);
    node = required_child(parse, root, "filterref");
    if (node) {
        const char *name = nw_parse_filterref(parse, node, &binding->params);
        binding->filter = name ? nw_xstrdup(name) : NULL;
        binding->filter_line = node->line;
        check_learning(parse, node, &binding->params);
    }
}

bool
nw_document_is_binding(const char *text, size_t size)
{
    struct nw_arena *doc = nw_arena_create();
    struct nw_diags diags = { 0 };
    const struct nw_xml_node *root = nw_xml_parse(doc, text, size, "", &diags);
    bool is_binding = root && is(root, "filterbinding");

    nw_diags_clear(&diags);
    nw_arena_destroy(doc);
    return is_binding;
}

struct nw_binding *
nw_binding_parse(const char *text, size_t size, const char *file,
                 struct nw_diags *diags)
{
    struct nw_arena *doc = nw_arena_create();
    struct nw_xml_node *root = nw_xml_parse(doc, text, size, file, diags);
    struct nw_binding *binding = NULL;

    if (root) {
        struct nw_parse parse = { .file = file, .diags = diags, .arena = doc };

        binding = nw_xzalloc(sizeof *binding);
        nw_vars_init(&binding->params);
        if (nw_parse_check_root(&parse, root, "filterbinding")) {
            parse_binding(&parse, root, binding);
        }
        if (parse.n_errors) {
            nw_binding_destroy(binding);
            binding = NULL;
        }
    }
    nw_arena_destroy(doc);
    return binding;
}

static void
put_line(struct nw_strbuf *s, const char *before, const char *text,
         const char *after)
{
    nw_strbuf_puts(s, before);
    nw_xml_escape(s, text);
    nw_strbuf_puts(s, after);
}

static void
put_filterref(struct nw_strbuf *s, const struct nw_binding *binding)
{
    const struct nw_vars *params = &binding->params;

    put_line(s, "  <filterref filter='", binding->filter,
             params->n ? "'>\n" : "'/>\n");
    for (size_t i = 0; i < params->n; i++) {
        const struct nw_var *var = &params->vars[i];
        for (size_t j = 0; j < var->n_values; j++) {
            put_line(s, "    <parameter name='", var->name, "'");
            put_line(s, " value='", var->values[j], "'/>\n");
        }
    }
    if (params->n) {
        nw_strbuf_puts(s, "  </filterref>\n");
    }
}

char *
nw_binding_format(const struct nw_binding *binding)
{
    struct nw_strbuf s = { 0 };

    nw_strbuf_puts(&s, "<filterbinding>\n  <owner>\n");
    put_line(&s, "    <name>", binding->owner_name, "</name>\n");
    put_line(&s, "    <uuid>", binding->owner_uuid, "</uuid>\n");
    nw_strbuf_puts(&s, "  </owner>\n");
    put_line(&s, "  <portdev name='", binding->portdev, "'/>\n");
    if (binding->linkdev) {
        put_line(&s, "  <linkdev name='", binding->linkdev, "'/>\n");
    }
    put_line(&s, "  <mac address='", binding->mac, "'/>\n");
    put_filterref(&s, binding);
    nw_strbuf_puts(&s, "</filterbinding>\n");
    return nw_strbuf_steal(&s);
}

void
nw_binding_destroy(struct nw_binding *binding)
{
    if (binding) {
        free(binding->owner_name);
        free(binding->owner_uuid);
        free(binding->portdev);
        free(binding->linkdev);
        free(binding->mac);
        free(binding->filter);
        nw_vars_uninit(&binding->params);
        free(binding);
    }
}
