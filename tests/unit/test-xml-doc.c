/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include <stdlib.h>

#include "tests/unit/check.h"
#include "xml/arena.h"
#include "xml/diag.h"
#include "xml/strbuf.h"
#include "xml/xmldoc.h"

/* Diagnostics, and XML as such: lines, encodings, limits. */

static void
test_diags(void)
{
    struct nw_diags diags = { 0 };
    char *s;

    CHECK_STR(nw_diags_first_error(&diags), NULL);
    nw_warning(&diags, "f", 3, "a %d", 1);
    CHECK_INT(diags.n_errors, 0);
    nw_error(&diags, NULL, 3, "b\n\x01\x7f\xc3\xa4\xc3|\xa4");
    nw_error(&diags, "g", 0, "c");
    CHECK_INT(diags.n, 3);
    CHECK_INT(diags.n_errors, 2);
    s = nw_diag_format(&diags.items[0]);
    CHECK_STR(s, "f:3: warning: a 1");
    free(s);
    s = nw_diags_first_error(&diags);
    CHECK_STR(s, "error: b???\xc3\xa4?|?");
    free(s);
    s = nw_diag_format(&diags.items[2]);
    CHECK_STR(s, "g: error: c");
    free(s);
    nw_diags_clear(&diags);
    CHECK_INT(diags.n, 0);
    nw_diags_clear(&diags);
}

static void
test_long_diags(void)
{
    struct nw_diags diags = { 0 };
    char text[2001], clip[NW_CLIP_SIZE];

    for (int i = 0; i < 1000; i++) {
        memcpy(text + 2 * i, "\xc3\xa4", 2);
    }
    text[2000] = '\0';
    nw_error(&diags, "f", 1, "x%s", text);
    size_t n = strlen(diags.items[0].text);
    CHECK(n <= NW_DIAG_MAX && n >= NW_DIAG_MAX - 2);
    CHECK_STR(diags.items[0].text + n - 5, "\xc3\xa4...");
    nw_diags_clear(&diags);

    /* 64 bytes fit, whole characters of them. */
    CHECK_STR(nw_clip(clip, "abc"), "abc");
    text[64] = '\0';
    CHECK_STR(nw_clip(clip, text), text);
    text[64] = '\xc3';
    text[66] = '\0';
    CHECK_INT(strlen(nw_clip(clip, text)), 67);
    CHECK_STR(clip + 62, "\xc3\xa4...");
    text[0] = text[1] = text[2] = 'x';
    memmove(text + 3, text + 4, 63);
    CHECK_INT(strlen(nw_clip(clip, text)), 66);
    CHECK_STR(clip + 61, "\xc3\xa4...");
}

static void
put_node(struct nw_strbuf *s, const struct nw_xml_node *node)
{
    nw_strbuf_printf(s, "%d%s", node->line, node->name);
    for (size_t i = 0; i < node->n_attrs; i++) {
        const struct nw_xml_attr *a = &node->attrs[i];
        nw_strbuf_printf(s, " %d%s=%s", a->line, a->name, a->value);
    }
    if (node->text) {
        nw_strbuf_printf(s, " %d\"%s\"", node->text_line, node->text);
    }
    nw_strbuf_puts(s, "(");
    for (node = node->first_child; node; node = node->next) {
        put_node(s, node);
    }
    nw_strbuf_puts(s, ")");
}

/* Compares the tree, each thing after its line, or the message. */
static void
check_xml(const char *text, size_t size, const char *expected, int line)
{
    struct nw_arena *arena = nw_arena_create();
    struct nw_diags diags = { 0 };
    struct nw_strbuf s = { 0 };

    struct nw_xml_node *root = nw_xml_parse(arena, text, size, "f", &diags);
    CHECK_INT(root == NULL, diags.n > 0);
    if (root) {
        put_node(&s, root);
    } else {
        nw_strbuf_puts_free(&s, nw_diag_format(&diags.items[0]));
    }
    check_str(s.s, expected, "document", __FILE__, line);
    free(s.s);
    nw_diags_clear(&diags);
    nw_arena_destroy(arena);
}

#define CHECK_XML(TEXT, EXPECTED) \
    check_xml(TEXT, sizeof TEXT - 1, EXPECTED, __LINE__)

static void
test_lines(void)
{
    CHECK_XML("<a/>", "1a()");
    CHECK_XML("\n<a\n>\n<b/><c\n\n/>\n</a>\n", "2a(4b()4c())");
    CHECK_XML("<a b='1'\n  c\n=\n'2\n3' d=\"4'>\"\n\te='5'><f g='6'/></a>",
              "1a 1b=1 2c=2 3 5d=4'> 6e=5(6f 6g=6())");
    CHECK_XML("<a xmlns='http://a'\nb='1'\nxmlns:x='http://b'\nx:c='2' "
              "xmlnsx='3'/>",
              "1a 2b=1 4x:c=2 4xmlnsx=3()");
    CHECK_XML("\xef\xbb\xbf<?xml version='1.0'?>\n<!-- <a>\n-->\n"
              "<a\tb\t=\t'&lt;&#10;\t'/>",
              "4a 4b=<\n ()");
    CHECK_XML("<a>\r\n<b\r\nc='1'/>\r\n</a>", "1a(2b 3c=1())");
    CHECK_XML("<a>\r\r\n\rt&#10;</a>", "1a 2\"t\"()");
    CHECK_XML("<a>\n\n t\n<b/>\nu<!-- -->v<![CDATA[<w]]>&amp;</a>",
              "1a 3\"t\n\nuv<w&\"(4b())");
}

/* libxml2 itself gives up counting at 65535. */
static void
test_many_lines(void)
{
    struct nw_strbuf s = { 0 };

    nw_strbuf_puts(&s, "<a>");
    for (int i = 0; i < 100000; i++) {
        nw_strbuf_puts(&s, "\n");
    }
    nw_strbuf_puts(&s, "<b\nc='1'/></a>");
    check_xml(s.s, s.len, "1a(100001b 100002c=1())", __LINE__);
    s.len -= 6;
    check_xml(s.s, s.len,
              "f:100002: error: malformed XML: attributes construct "
              "error",
              __LINE__);
    free(s.s);
}

static void
test_encodings(void)
{
    CHECK_XML("<?xml version='1.0' encoding='UTF-8'?><a b='\xc3\xa4'/>",
              "1a 1b=\xc3\xa4()");
    /* What a document says of its encoding is not believed. */
    CHECK_XML("<?xml version='1.0' encoding='ISO-8859-1'?><a b='\xc3\xa4'/>",
              "1a 1b=\xc3\xa4()");
    CHECK_XML("<?xml version='1.0' encoding='UTF-16'?><a/>", "1a()");
    CHECK_XML("<?xml version='1.0' encoding='no-such'?><a/>", "1a()");
    CHECK_XML("\n<a b='\xe4'/>",
              "f:2: error: malformed XML: the document is not UTF-8");
    CHECK_XML("<a>\n\xc0\xaf</a>",
              "f:2: error: malformed XML: the document is not UTF-8");
    CHECK_XML("<a>\xed\xa0\x80</a>",
              "f:1: error: malformed XML: the document is not UTF-8");
    CHECK_XML("<a>\xf4\x90\x80\x80</a>",
              "f:1: error: malformed XML: the document is not UTF-8");
    CHECK_XML("<a>\xe2\x82",
              "f:1: error: malformed XML: the document is not UTF-8");
    CHECK_XML("\xff\xfe<\0a\0/\0>\0",
              "f:1: error: malformed XML: the document is not UTF-8");
    CHECK_XML("<a/>\n\0", "f:2: error: malformed XML: there is a null byte");
    CHECK_XML("\0", "f:1: error: malformed XML: there is a null byte");
    CHECK_XML("<a b='&amp;&#38;amp;'>&amp;&#38;amp;</a>",
              "1a 1b=&&amp; 1\"&&amp;\"()");
    CHECK_XML("<a b='\xf0\x9f\x98\x80'/>", "1a 1b=\xf0\x9f\x98\x80()");
}

static void
test_refused(void)
{
    CHECK_XML("", "f:1: error: malformed XML: the document is empty");
    CHECK_XML("\n<!DOCTYPE a\n[]>\n<a/>",
              "f:3: error: declarations in a document type are not allowed, "
              "nor are entities");
    CHECK_XML("<!DOCTYPE a SYSTEM 'x'>\n<a>&b;</a>",
              "f:2: error: malformed XML: Entity 'b' not defined");
    CHECK_XML("<!DOCTYPE a SYSTEM 'x'>\n<a b='&c;'/>",
              "f:2: error: malformed XML: Entity 'c' not defined");
    CHECK_XML("<!-- <!DOCTYPE> --><a b='<!DOCTYPE'/>",
              "f:1: error: malformed XML: Unescaped '<' not allowed in "
              "attributes values");
    CHECK_XML("<a>&b;</a>",
              "f:1: error: malformed XML: Entity 'b' not defined");
    CHECK_XML("<a>\n<b></a>", "f:2: error: malformed XML: Opening and ending "
                              "tag mismatch: b line 2 and a");
    CHECK_XML("<a/>\n<b/>", "f:2: error: malformed XML: Extra content at the "
                            "end of the document");
    CHECK_XML("<a x:b='1'/>", "f:1: error: malformed XML: Namespace prefix x "
                              "for b on a is not defined");
    CHECK_XML("<a b='1' b='2'/>",
              "f:1: error: malformed XML: Attribute b redefined");
    CHECK_XML("<!-- --><![CDATA[ <!DOCTYPE> ]]>",
              "f:1: error: malformed XML: StartTag: invalid element name");
}

/* 'n' times 'text' between 'before' and 'after'. */
static char *
repeat(const char *before, const char *text, int n, const char *after)
{
    struct nw_strbuf s = { 0 };

    nw_strbuf_puts(&s, before);
    for (int i = 0; i < n; i++) {
        nw_strbuf_printf(&s, text, i);
    }
    nw_strbuf_puts(&s, after);
    return nw_strbuf_steal(&s);
}

static bool
refused(const char *before, const char *text, int n, const char *after,
        const char *why)
{
    struct nw_arena *arena = nw_arena_create();
    struct nw_diags diags = { 0 };
    char *s = repeat(before, text, n, after);

    bool ok = nw_xml_parse(arena, s, strlen(s), "f", &diags) != NULL;
    if (!ok && !strstr(diags.items[0].text, why)) {
        CHECK_STR(diags.items[0].text, why);
    }
    nw_diags_clear(&diags);
    nw_arena_destroy(arena);
    free(s);
    return !ok;
}

static void
test_limits(void)
{
    CHECK(!refused("<a", " b%d='1'", 64, "/>", ""));
    CHECK(refused("<a", " b%d='1'", 65, "/>", "too many attributes"));
    CHECK(refused("<a", " b%d=\"'\"", 300000, "/>", "too many attributes"));
    CHECK(!refused("<!--", " b%d='1'", 1000, "--><a/>", ""));
    CHECK(!refused("<a>", " b%d='1'", 1000, "</a>", ""));
    CHECK(!refused("<?a ", " b%d='1'", 1000, "?><a/>", ""));
    CHECK(!refused("<a><![CDATA[", " b%d='1'", 1000, "]]></a>", ""));
    CHECK(!refused("<a>", "<b xmlns:c%d='http://a'/>", 64, "</a>", ""));
    CHECK(refused("<a>", "<b xmlns:c%d='http://a'/>", 65, "</a>",
                  "too many namespace"));
    CHECK(refused("", "<a>", 65, "", "nested too deeply"));
    CHECK(refused("", "<a>", 100000, "", "nested too deeply"));
    CHECK(refused("<a>", "<b/>", 250000, "</a>", "too many elements"));
    CHECK(!refused("<a>", "<b/>", 249999, "</a>", ""));
    CHECK(refused("<a>", "0123456", 600000, "</a>", "4200007 bytes"));
    CHECK(!refused("<a>", "012345", 600000, "</a>", ""));
    CHECK(!refused("<a>", "&#65;", 600000, "</a>", ""));
}

static void
test_escape(void)
{
    struct nw_strbuf s = { 0 };

    nw_xml_escape(&s, "a<>&'\"\n\t\xc3\xa4");
    CHECK_STR(s.s, "a&lt;&gt;&amp;&apos;&quot;&#10;&#9;\xc3\xa4");
    free(s.s);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_diags);
    RUN(test_long_diags);
    RUN(test_lines);
    RUN(test_many_lines);
    RUN(test_encodings);
    RUN(test_refused);
    RUN(test_limits);
    RUN(test_escape);
    return CHECK_RESULT();
}
