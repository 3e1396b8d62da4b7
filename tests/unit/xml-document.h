/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef TESTS_UNIT_XML_DOCUMENT_H
#define TESTS_UNIT_XML_DOCUMENT_H 1

/* For tests of filter documents: what becomes of one, as text. */

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/check.h"
#include "xml/diag.h"
#include "xml/filter.h"
#include "xml/strbuf.h"

static inline void
put_param(struct nw_strbuf *s, const struct nw_param *param)
{
    nw_strbuf_printf(s, " %s=", param->name);
    for (size_t i = 0; i < param->n_values; i++) {
        nw_strbuf_printf(s, "%s%s", i ? "," : "", param->values[i]);
    }
}

static inline void
put_entry(struct nw_strbuf *s, const struct nw_entry *entry)
{
    if (entry->is_ref) {
        nw_strbuf_printf(s, "%d: -> %s", entry->ref.line, entry->ref.filter);
        for (size_t i = 0; i < entry->ref.n_params; i++) {
            put_param(s, &entry->ref.params[i]);
        }
        nw_strbuf_puts(s, "\n");
    } else {
        nw_strbuf_printf(s, "%d: ", entry->rule.line);
        nw_strbuf_puts_free(s, nw_rule_format(&entry->rule));
        nw_strbuf_puts(s, "\n");
    }
}

/* Returns the messages of the document 'text' ("f" in them), one a line, then
 * its entries with their lines. */
static inline char *
describe(const char *text, bool compat)
{
    struct nw_parse_options options = { .compat = compat };
    struct nw_diags diags = { 0 };
    struct nw_filter *filter;
    struct nw_strbuf s = { 0 };

    filter = nw_filter_parse(text, strlen(text), "f", &options, &diags);
    CHECK_INT(filter == NULL, diags.n_errors != 0);
    for (size_t i = 0; i < diags.n; i++) {
        nw_strbuf_puts_free(&s, nw_diag_format(&diags.items[i]));
        nw_strbuf_puts(&s, "\n");
    }
    for (size_t i = 0; filter && i < filter->n_entries; i++) {
        put_entry(&s, &filter->entries[i]);
    }
    nw_filter_destroy(filter);
    nw_diags_clear(&diags);
    return nw_strbuf_steal(&s);
}

#define CHECK_DOC(TEXT, EXPECTED) \
    check_doc(TEXT, false, EXPECTED, __FILE__, __LINE__)
#define CHECK_COMPAT(TEXT, EXPECTED) \
    check_doc(TEXT, true, EXPECTED, __FILE__, __LINE__)

/* A document that has just these entries. */
#define FILTER(...) "<filter name='t'>" __VA_ARGS__ "</filter>"

/* A document with one rule. */
#define RULE(...) \
    FILTER("<rule action='accept' direction='in'>" __VA_ARGS__ "</rule>")

static inline void
check_doc(const char *text, bool compat, const char *expected,
          const char *file, int line)
{
    char *s = describe(text, compat);
    check_str(s, expected, text, file, line);
    free(s);
}

#endif /* tests/unit/xml-document.h */
