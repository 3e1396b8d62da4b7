/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "tests/unit/xml-document.h"

/* The <filter> element, references, and what rules share. */

static struct nw_filter *
parse(const char *text)
{
    struct nw_diags diags = { 0 };
    struct nw_filter *filter;

    filter = nw_filter_parse(text, strlen(text), NULL, NULL, &diags);
    if (!CHECK(filter != NULL)) {
        nw_diags_print(&diags, stdout);
    }
    nw_diags_clear(&diags);
    return filter;
}

static void
check_chain(const char *attrs, const char *chain, int priority,
            bool has_priority)
{
    char text[200];

    snprintf(text, sizeof text, "<filter name='a' %s/>", attrs);
    struct nw_filter *filter = parse(text);
    if (filter) {
        CHECK_STR(filter->chain, chain);
        CHECK_INT(filter->priority, priority);
        CHECK_INT(filter->has_priority, has_priority);
    }
    nw_filter_destroy(filter);
}

static void
test_chain(void)
{
    check_chain("", "root", 0, false);
    check_chain("chain=''", "root", 0, false);
    check_chain("chain='root'", "root", 0, false);
    check_chain("chain='root' priority='7'", "root", 7, true);
    check_chain("priority='7'", "root", 0, false);
    check_chain("chain='' priority='7'", "root", 0, false);
    check_chain("chain='mac'", "mac", -800, false);
    check_chain("chain='vlan-x'", "vlan-x", -750, false);
    check_chain("chain='stp'", "stp", -810, false);
    check_chain("chain='arp'", "arp", -500, false);
    check_chain("chain='rarp_1.:-2'", "rarp_1.:-2", -400, false);
    check_chain("chain='ipv4'", "ipv4", -700, false);
    check_chain("chain='ipv6-1234567'", "ipv6-1234567", -600, false);
    check_chain("chain='ipv4' priority='-1000'", "ipv4", -1000, true);
    check_chain("chain='ipv4' priority=' +1000'", "ipv4", 1000, true);
    check_chain("chain='ipv4' priority='0'", "ipv4", 0, true);
    check_chain("chain='ipv4' priority='-0'", "ipv4", 0, true);
    check_chain("chain='ipv4' priority=''", "ipv4", -700, false);
}

static void
test_bad_chain(void)
{
    CHECK_DOC("<filter name='a' chain='rootX'/>",
              "f:1: error: the chain name 'rootX' is neither 'root' nor "
              "begins with mac, vlan, stp, arp, rarp, ipv4 or ipv6\n");
    CHECK_DOC("<filter name='a' chain='ipv6-12345678'/>",
              "f:1: error: the chain name 'ipv6-12345678' is longer than 12 "
              "characters\n");
    CHECK_DOC("<filter name='a' chain='arp x'/>",
              "f:1: error: the chain name 'arp x' may only have letters, "
              "digits and '_.:-'\n");
    CHECK_DOC("<filter name='a' chain='IPV4'/>",
              "f:1: error: the chain name 'IPV4' is neither 'root' nor "
              "begins with mac, vlan, stp, arp, rarp, ipv4 or ipv6\n");
    for (const char *const *p =
             (const char *const[]){ "1001", "-1001", "1x", "0x1", "--1", "-+1",
                                    "-", " ", "99999999999999999999", "1.5",
                                    NULL };
         *p; p++) {
        char text[100], expected[200];
        snprintf(text, sizeof text,
                 "<filter name='a' chain='ipv4' priority='%s'/>", *p);
        snprintf(expected, sizeof expected,
                 "f:1: error: the filter's priority '%s' is not a number from "
                 "-1000 to 1000\n",
                 *p);
        CHECK_DOC(text, expected);
    }
    /* Checked even where it is ignored. */
    CHECK_DOC("<filter name='a' priority='2000'/>",
              "f:1: error: the filter's priority '2000' is not a number from "
              "-1000 to 1000\n");
}

static void
test_uuid(void)
{
    struct nw_filter *filter;

    filter = parse("<filter name='a'>\n"
                   "<uuid> 5C6D49AF-b071-6127b4ec6f8ed4b55335\n</uuid>"
                   "</filter>");
    if (filter) {
        CHECK_STR(filter->uuid, "5c6d49af-b071-6127-b4ec-6f8ed4b55335");
        CHECK_STR(filter->file, NULL);
    }
    nw_filter_destroy(filter);

    filter = parse("<filter name='a'><uuid/></filter>");
    if (filter) {
        CHECK_STR(filter->uuid, NULL);
    }
    nw_filter_destroy(filter);

    CHECK_DOC(FILTER("<uuid><b/></uuid>"),
              "f:1: error: [D1] unknown element <b> in <uuid>\n");
    CHECK_DOC(FILTER("<uuid>5c6d49afb07161276127b4ec6f8ed4b5</uuid>"
                     "<uuid>5c6d49afb07161276127b4ec6f8ed4b6</uuid>"),
              "f:1: warning: a second <uuid> is ignored\n");
    CHECK_DOC("<filter name='a'><uuid>5c6d49af</uuid></filter>",
              "f:1: error: '5c6d49af' is not a UUID\n");
    CHECK_DOC("<filter name='a'>"
              "<uuid>5c6d49af-b071-6127-b4ec-6f8ed4b553350</uuid></filter>",
              "f:1: error: '5c6d49af-b071-6127-b4ec-6f8ed4b553350' is not a "
              "UUID\n");
}

static void
test_names(void)
{
    char text[400], name[300];

    memset(name, 'x', sizeof name);
    snprintf(text, sizeof text, "<filter name='%.255s'/>", name);
    CHECK_DOC(text, "");
    snprintf(text, sizeof text, "<filter name='%.256s'/>", name);
    CHECK_DOC(text, "f:1: error: the filter name 'xxxxxxxxxxxxxxxxxxxxxxxxxxxx"
                    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx...' is longer than "
                    "255 bytes\n");
    CHECK_DOC("<filter name='a b\xc3\xa4-.._'/>", "");
    CHECK_DOC("<filter/>", "f:1: error: <filter> has no attribute 'name'\n");
    CHECK_DOC("<filter name=''/>",
              "f:1: error: the name of a filter is empty\n");
    CHECK_DOC("<filter name='.'/>",
              "f:1: error: the filter name '.' can not be used\n");
    CHECK_DOC("<filter name='..'/>",
              "f:1: error: the filter name '..' can not be used\n");
    CHECK_DOC("<filter name='a/b'/>",
              "f:1: error: the filter name 'a/b' must not contain a slash\n");
    CHECK_DOC("<filter name='a&#10;b'/>",
              "f:1: error: the filter name 'a?b' must not contain control "
              "characters\n");
}

static void
test_references(void)
{
    CHECK_DOC(FILTER("<filterref filter='a'/>\n"
                     "<filterref filter='b'>\n"
                     "<parameter name='Z' value='1'/>"
                     "<parameter name='A_1' value='fe80::1'/>"
                     "<parameter name='Z' value='x.Y_2'/>"
                     "<parameter name='Z' value='1'/>"
                     "</filterref>"),
              "1: -> a\n"
              "2: -> b A_1=fe80::1 Z=1,x.Y_2,1\n");
    CHECK_DOC(FILTER("<filterref/>"),
              "f:1: error: <filterref> has no attribute 'filter'\n");
    CHECK_DOC(FILTER("<filterref filter=''/>"),
              "f:1: error: the name of a filter is empty\n");
}

#define PARAM(ATTRS) \
    FILTER("<filterref filter='a'>\n<parameter " ATTRS "/></filterref>")

static void
test_bad_parameters(void)
{
    CHECK_DOC(PARAM("name='A'"),
              "f:2: error: [D2] <parameter> has no attribute 'value'\n");
    CHECK_DOC(PARAM("value='1'"),
              "f:2: error: [D2] <parameter> has no attribute 'name'\n");
    CHECK_DOC(PARAM("name='A-B' value='1'"),
              "f:2: error: [D2] the parameter name 'A-B' may only have "
              "letters, digits and '_'\n");
    CHECK_DOC(PARAM("name='A' value='10.0.0.0/8'"),
              "f:2: error: [D2] the parameter value '10.0.0.0/8' may only "
              "have letters, digits and '_.:'\n");
    CHECK_DOC(PARAM("name='A' value=''"),
              "f:2: error: [D2] the parameter value '' may only have letters, "
              "digits and '_.:'\n");
    CHECK_COMPAT(PARAM("name='A' value='1,2'"),
                 "f:2: warning: [D2] the parameter value '1,2' may only have "
                 "letters, digits and '_.:'; the parameter is ignored\n"
                 "1: -> a\n");
    CHECK_DOC(FILTER("<filterref filter='a'><paramter name='A' value='1'/>"
                     "</filterref>"),
              "f:1: error: [D1] unknown element <paramter> in <filterref>; "
              "did you mean 'parameter'?\n");
}

static void
test_too_many_parameters(void)
{
    struct nw_strbuf s = { 0 };

    nw_strbuf_puts(&s, "<filter name='t'><filterref filter='a'>");
    for (int i = 0; i < 257; i++) {
        nw_strbuf_printf(&s, "<parameter name='A%d' value='1'/>\n", i);
    }
    nw_strbuf_puts(&s, "</filterref></filter>");
    CHECK_DOC(s.s, "f:257: error: <filterref> has more than 256 different "
                   "parameters\n");
    free(s.s);
}

static void
test_unknown_elements(void)
{
    CHECK_DOC(FILTER("<filterreff filter='a'/>"),
              "f:1: error: [D1] unknown element <filterreff> in <filter>; "
              "did you mean 'filterref'?\n");
    CHECK_DOC(FILTER("<description>x</description>"),
              "f:1: error: [D1] unknown element <description> in <filter>\n");
    CHECK_DOC(FILTER("<tcp/>"),
              "f:1: error: [D1] <tcp> stands in <filter>, but belongs in a "
              "<rule>\n");
    CHECK_COMPAT(FILTER("<tcp/><description>x</description>"),
                 "f:1: warning: [D1] <tcp> stands in <filter>, but belongs in "
                 "a <rule>; it is ignored\n"
                 "f:1: warning: [D1] unknown element <description> in "
                 "<filter>; it is ignored\n");
    CHECK_DOC("<filterbinding/>",
              "f:1: error: the document's element is <filterbinding>, not "
              "<filter>\n");
    CHECK_DOC("<x:filter xmlns:x='http://a' name='a'/>",
              "f:1: error: the document's element is <x:filter>, not "
              "<filter>\n");
}

static void
test_namespaces(void)
{
    CHECK_DOC("<filter name='a' xmlns='http://a'/>",
              "f:1: error: <filter> must not be in a namespace (xmlns)\n");
    CHECK_DOC(FILTER("<rule xmlns='http://a' action='drop'/>"),
              "f:1: error: [D1] unknown element <rule> in <filter>: it is in "
              "a namespace of its own\n");
    CHECK_COMPAT(FILTER("<q:x xmlns:q='http://a' action='drop'/>"),
                 "f:1: warning: [D1] unknown element <q:x> in <filter>: it is "
                 "in a namespace of its own; it is ignored\n");
    CHECK_DOC("<filter name='a' xmlns:q='http://a'/>", "");
}

static void
test_unknown_attributes(void)
{
    CHECK_DOC("<filter name='a' chian='arp'/>",
              "f:1: error: [D2] unknown attribute 'chian' of <filter>; did "
              "you mean 'chain'?\n");
    CHECK_COMPAT("<filter name='a' chian='arp'/>",
                 "f:1: warning: [D2] unknown attribute 'chian' of <filter>; "
                 "did you mean 'chain'?; it is ignored\n");
    CHECK_DOC("<filter name='a' xml:lang='en' xml:space='preserve'/>", "");
    CHECK_DOC("<filter name='a' xmlns:x='http://a' x:chain='arp'/>",
              "f:1: error: [D2] unknown attribute 'x:chain' of <filter>; "
              "did you mean 'chain'?\n");
}

static void
test_text(void)
{
    CHECK_DOC("<filter name='a'>\n\n <!-- c --> loose\n ends</filter>",
              "f:3: warning: the text 'loose? ends' in <filter> has no "
              "meaning\n");
    CHECK_DOC("<filter name='a'>\n<filterref filter='b'/>\n&#65;\n&#10;b"
              "</filter>",
              "f:3: warning: the text 'A??b' in <filter> has no meaning\n"
              "2: -> b\n");
    CHECK_DOC(RULE("\n<![CDATA[\n\ntcp\n]]>"),
              "f:4: warning: the text 'tcp' in <rule> has no meaning\n"
              "1: accept in\n");
    CHECK_DOC(RULE("<![CDATA[tcp]]>"),
              "f:1: warning: the text 'tcp' in <rule> has no meaning\n"
              "1: accept in\n");
    CHECK_DOC(FILTER("<!-- a --><?pi x?>\n<![CDATA[ \n ]]>"), "");
}

/* An error never hides the others, up to a limit. */
static void
test_many_errors(void)
{
    struct nw_strbuf s = { 0 };
    struct nw_diags diags = { 0 };

    nw_strbuf_puts(&s, "<filter name='t'>\n");
    for (int i = 0; i < 500; i++) {
        nw_strbuf_puts(&s, "<rule action='x' direction='y'/>\n");
    }
    nw_strbuf_puts(&s, "</filter>");
    CHECK(!nw_filter_parse(s.s, s.len, "f", NULL, &diags));
    CHECK_INT(diags.n, 101);
    CHECK_STR(diags.items[99].text, "direction 'y' is none of in, out, inout");
    CHECK_INT(diags.items[99].line, 51);
    CHECK_STR(diags.items[100].text, "there are more errors, not shown");
    nw_diags_clear(&diags);
    free(s.s);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_chain);
    RUN(test_bad_chain);
    RUN(test_uuid);
    RUN(test_names);
    RUN(test_references);
    RUN(test_bad_parameters);
    RUN(test_too_many_parameters);
    RUN(test_unknown_elements);
    RUN(test_namespaces);
    RUN(test_unknown_attributes);
    RUN(test_text);
    RUN(test_many_errors);
    return CHECK_RESULT();
}
