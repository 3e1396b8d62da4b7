/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include <stdlib.h>
#include <time.h>

#include "tests/unit/check.h"
#include "xml/binding.h"
#include "xml/diag.h"
#include "xml/filter-graph.h"
#include "xml/filter.h"
#include "xml/strbuf.h"

/* Documents made to do harm.  Each must be refused with a message that has a
 * line, or give a filter; none may crash, leak (the sanitizers watch) or take
 * long. */

enum { MAX_SECONDS = 20 }; /* Of processor time; a second is usual. */

static const char good_filter[] =
    "<?xml version='1.0'?>\n"
    "<!-- comment -->\n"
    "<filter name='good' chain='ipv4-x' priority='-690'>\n"
    "  <uuid>5c6d49af-b071-6127-b4ec-6f8ed4b55335</uuid>\n"
    "  <filterref filter='other'>\n"
    "    <parameter name='IP' value='10.0.0.1'/>\n"
    "  </filterref>\n"
    "  <rule action='accept' direction='inout' priority='5'>\n"
    "    <tcp match='no' srcipaddr='$IP[@1]' srcipmask='255.0.0.0'\n"
    "         dscp='0x2e' state='NEW,ESTABLISHED' comment='&lt;x>'/>\n"
    "    <tcp srcportstart='1024' flags='SYN,ACK/SYN'/>\n"
    "  </rule>\n"
    "  <rule action='drop' direction='in'><![CDATA[ ]]></rule>\n"
    "</filter>";

static const char good_binding[] =
    "<filterbinding>\n"
    "  <owner><name>vm</name>\n"
    "  <uuid>d54df46f-1ab5-4a22-8618-4560ef5fac2c</uuid></owner>\n"
    "  <portdev name='vnet0'/><mac address='52:54:00:7b:35:93'/>\n"
    "  <filterref filter='f'><parameter name='A' value='1'/></filterref>\n"
    "</filterbinding>";

/* What has been seen. */
struct tally {
    size_t documents, refused;
};

/* An error means that there is no result, and has a line. */
static void
check_outcome(bool accepted, const struct nw_diags *diags)
{
    CHECK_INT(accepted, diags->n_errors == 0);
    for (size_t i = 0; i < diags->n; i++) {
        const struct nw_diag *d = &diags->items[i];
        CHECK(d->line > 0);
        CHECK(*d->text && !strpbrk(d->text, "\n\r"));
    }
}

/* Returns true if the document was refused by both readers of filters. */
static bool
feed(struct tally *tally, const char *text, size_t size)
{
    /* A copy of that very size shows reads beyond its end. */
    char *copy = malloc(size ? size : 1);
    bool refused = true;
    clock_t start = clock();

    memcpy(copy, text, size);
    for (int compat = 0; compat < 2; compat++) {
        struct nw_parse_options options = { .compat = compat };
        struct nw_diags diags = { 0 };
        struct nw_filter *filter = nw_filter_parse(copy, size, "f", &options,
                                                   &diags);
        check_outcome(filter != NULL, &diags);
        refused = refused && !filter;
        for (size_t i = 0; filter && i < filter->n_entries; i++) {
            if (!filter->entries[i].is_ref) {
                free(nw_rule_canonical(&filter->entries[i].rule));
            }
        }
        nw_filter_destroy(filter);
        nw_diags_clear(&diags);
    }

    struct nw_diags diags = { 0 };
    struct nw_binding *binding = nw_binding_parse(copy, size, "f", &diags);
    check_outcome(binding != NULL, &diags);
    nw_binding_destroy(binding);
    nw_diags_clear(&diags);
    free(copy);

    CHECK((clock() - start) / CLOCKS_PER_SEC <= MAX_SECONDS);
    tally->documents++;
    tally->refused += refused;
    return refused;
}

static void
report(const struct tally *tally, size_t documents, size_t refused)
{
    printf("# %zu documents, %zu refused\n", tally->documents, tally->refused);
    CHECK(tally->documents >= documents);
    CHECK(tally->refused >= refused);
}

static void
test_truncated(void)
{
    struct tally tally = { 0, 0 };

    for (size_t i = 0; i < sizeof good_filter - 1; i++) {
        CHECK(feed(&tally, good_filter, i));
    }
    CHECK(!feed(&tally, good_filter, sizeof good_filter - 1));
    for (size_t i = 0; i < sizeof good_binding - 1; i++) {
        CHECK(feed(&tally, good_binding, i));
    }
    report(&tally, 700, 700);
}

/* Each byte replaced by each of some that have a meaning. */
static void
test_mutated(void)
{
    static const char bytes[] = "<>'&\0\xff$/[]";
    struct tally tally = { 0, 0 };
    char text[sizeof good_filter];

    for (size_t i = 0; i < sizeof good_filter - 1; i++) {
        for (size_t j = 0; j < sizeof bytes - 1; j++) {
            memcpy(text, good_filter, sizeof text);
            text[i] = bytes[j];
            bool refused = feed(&tally, text, sizeof text - 1);
            CHECK(refused || (bytes[j] && bytes[j] != '\xff'));
        }
    }
    report(&tally, 5000, 3000);
}

/* Each byte left out, and each stretch of 16 doubled. */
static void
test_shifted(void)
{
    struct tally tally = { 0, 0 };
    char text[sizeof good_filter + 16];
    size_t size = sizeof good_filter - 1;

    for (size_t i = 0; i < size; i++) {
        memcpy(text, good_filter, i);
        memcpy(text + i, good_filter + i + 1, size - i - 1);
        feed(&tally, text, size - 1);
    }
    for (size_t i = 16; i <= size; i++) {
        memcpy(text, good_filter, i);
        memcpy(text + i, good_filter + i - 16, size - i + 16);
        feed(&tally, text, size + 16);
    }
    report(&tally, 1000, 600);
}

static const char *const strange_values[] = {
    "",
    " ",
    "-1",
    "256",
    "65536",
    "4294967296",
    "18446744073709551616",
    "0x",
    "1e3",
    "1.5",
    "x",
    "$",
    "$[",
    "$A[",
    "$A[@",
    "$A[99999999999]",
    "$A[1]x",
    "$A[@1001]",
    "true",
    "None",
    "/",
    "////",
    ",,,,",
    "src,",
    "255.255.0.255",
    "1.2.3.4.5",
    "::::",
    "fe80::1%lo",
    "ff:ff:ff:ff:ff:ff:ff",
    "0:0",
    "%s%n%d",
    "&#1114111;",
    "\xc3\xa4\xf0\x9f\x98\x80",
    "&#10;",
    "../../x",
    "NEWNEWNEW",
    "11111111111111111111111111111111111111111111111111111111111111111111111",
};

enum { N_STRANGE = sizeof strange_values / sizeof *strange_values };

/* Every attribute of every protocol with values of any type. */
static void
test_wrong_types(void)
{
    struct tally tally = { 0, 0 };
    char text[400];

    for (int p = NW_P_NONE + 1; p < NW_N_PROTOCOLS; p++) {
        size_t n;
        const struct nw_field *fields = nw_protocol_fields(p, &n);

        for (size_t i = 0; i < n * N_STRANGE; i++) {
            int size = snprintf(text, sizeof text,
                                "<filter name='a'><rule action='drop' "
                                "direction='inout'><%s %s='%s'/></rule>"
                                "</filter>",
                                nw_protocol_name(p),
                                nw_attr_name(fields[i / N_STRANGE].attr),
                                strange_values[i % N_STRANGE]);
            feed(&tally, text, size);
        }
    }
    report(&tally, 10000, 5000);
}

/* The same for all other attributes. */
static void
test_wrong_values(void)
{
    static const char *const formats[] = {
        "<filter name='%s'/>",
        "<filter name='a' chain='%s'/>",
        "<filter name='a' chain='ipv4' priority='%s'/>",
        "<filter name='a' %s='b'/>",
        "<filter name='a'><uuid>%s</uuid></filter>",
        "<filter name='a'><filterref filter='%s'/></filter>",
        "<filter name='a'><filterref filter='a'>"
        "<parameter name='%s' value='1'/></filterref></filter>",
        "<filter name='a'><filterref filter='a'>"
        "<parameter name='A' value='%s'/></filterref></filter>",
        "<filter name='a'><rule action='%s' direction='in'/></filter>",
        "<filter name='a'><rule action='drop' direction='%s'/></filter>",
        "<filter name='a'><rule action='drop' direction='in' "
        "priority='%s'/></filter>",
        "<filter name='a'><rule action='drop' direction='in' "
        "statematch='%s'/></filter>",
        "<filter name='a'><rule action='drop' direction='in'>"
        "<tcp match='%s'/></rule></filter>",
        "<filter name='a'><rule action='drop' direction='in'>"
        "<%s/></rule></filter>",
        "<filter name='a'><%s/></filter>",
        "<%s/>",
        "<filter name='a'>%s</filter>",
        "<?xml version='1.0' encoding='%s'?><filter name='a'/>",
        "<?xml version='%s'?><filter name='a'/>",
    };
    struct tally tally = { 0, 0 };
    char text[400];

    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        for (size_t j = 0; j < N_STRANGE; j++) {
            int size = snprintf(text, sizeof text, formats[i],
                                strange_values[j]);
            feed(&tally, text, size);
        }
    }
    report(&tally, 500, 300);
}

/* Returns 'before', 'n' times 'text' (where "%d" counts), and 'after'. */
static struct nw_strbuf
repeat(const char *before, const char *text, int n, const char *after)
{
    struct nw_strbuf s = { 0 };

    nw_strbuf_puts(&s, before);
    for (int i = 0; i < n; i++) {
        if (strchr(text, '%')) {
            nw_strbuf_printf(&s, text, i);
        } else {
            nw_strbuf_puts(&s, text);
        }
    }
    nw_strbuf_puts(&s, after);
    return s;
}

static void
test_huge(void)
{
    static const struct {
        const char *before, *text;
        int n;
        const char *after;
        bool refused;
    } documents[] = {
        { "", "<filter name='a'>", 200000, "", true },
        { "", "<a>", 1000000, "", true },
        { "<filter name='a'>", "<rule>", 60, "</filter>", true },
        { "<filter name='", "x", 4000000, "'/>", true },
        { "<filter name='", "&#65;", 800000, "'/>", true },
        { "<filter name='a", "' name='a", 400000, "'/>", true },
        { "<filter name='a'", " a%d='1'", 250000, "/>", true },
        { "<filter name='a'", " xmlns:a%d='b'", 200000, "/>", true },
        { "<filter name='a'>", "<a:b xmlns:a='b'/>", 100000, "</filter>",
          true },
        { "<filter name='a'>", "<x%d/>", 80000, "</filter>", false },
        { "<", "a", 4000000, "/>", true },
        { "<filter name='a'><filterref filter='b'>",
          "<parameter name='A%d' value='1'/>", 100000, "</filterref></filter>",
          true },
        { "<filter name='a'><filterref filter='b'>",
          "<parameter name='A' value='%d'/>", 100000, "</filterref></filter>",
          false },
        { "<filter name='a'><rule action='drop' direction='in'>",
          "<tcp srcportstart='%d'/>", 60000, "</rule></filter>", false },
        { "<filter name='a'>", "<rule action='x' direction='in'/>", 100000,
          "</filter>", true },
        { "<filter name='a'>", "<rule action='drop' direction='in'/>", 100000,
          "</filter>", false },
        { "<filter name='a'>", "<!-- - -->", 400000, "</filter>", false },
        { "<filter name='a'>", "<!---->x", 400000, "</filter>", false },
        { "<filter name='a'><!--", "- '\"", 900000, "--></filter>", false },
        { "<filter name='a'>", "<![CDATA[x]]>", 300000, "</filter>", false },
        { "<filter name='a'>", "<?x y?>", 500000, "</filter>", false },
        { "<filter name='a'>", "\n", 4000000, "</filter>", false },
        { "<filter name='a'>", "&amp;&#10;", 400000, "</filter>", false },
        { "<filter name='a'>", "<", 4000000, "</filter>", true },
        { "<filter name='a'>", "&", 4000000, "</filter>", true },
        { "<filter name='a'>", "<rule '", 500000, "</filter>", true },
        { "<filter name='a'>", "xxxxxxxxxx", 500000, "</filter>", true },
        { "<filter name='a'><rule action='drop' direction='in'>"
          "<all state='",
          "NEW", 1000000, "'/></rule></filter>", false },
        { "<filter name='a'><rule action='drop' direction='in'>"
          "<all comment='",
          "\xc3\xa4", 1000000, "'/></rule></filter>", false },
        { "<filter name='a'><rule action='drop' direction='in'>"
          "<all srcipaddr='$",
          "A", 3000000, "'/></rule></filter>", false },
        { "<filter name='a'><rule action='drop' direction='in'>"
          "<all srcipaddr='$A[",
          "1", 3000000, "]'/></rule></filter>", true },
        { "<filter name='a'><uuid>", "-", 3000000, "</uuid></filter>", true },
    };
    struct tally tally = { 0, 0 };

    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        struct nw_strbuf s = repeat(documents[i].before, documents[i].text,
                                    documents[i].n, documents[i].after);
        if (!CHECK_INT(feed(&tally, s.s, s.len), documents[i].refused)) {
            printf("# %s%s...\n", documents[i].before, documents[i].text);
        }
        free(s.s);
    }
    report(&tally, 30, 15);
}

#define DTD(SUBSET, NAME) \
    "<!DOCTYPE filter " SUBSET ">\n<filter name='" NAME "'/>"

static void
test_entities(void)
{
    /* A document type that is only named is no harm. */
    static const char *const documents[] = {
        DTD("[<!ENTITY a 'b'>]", "&a;"),
        DTD("SYSTEM 'file:///dev/zero'", "&a;"),
        DTD("SYSTEM '[<!ENTITY a \"b\">]' [<!ENTITY a 'b'>]", "&a;"),
        DTD("SYSTEM '>' [<!ATTLIST filter chain CDATA 'ipv4'>]", "a"),
        DTD("SYSTEM 'x' 'y'", "a"),
        "<!DOCTYPE filter SYSTEM '",
        "<!DOCTYPE filter><!DOCTYPE filter><filter name='a'/>",
        DTD("[<!ENTITY a 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'>"
            "<!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>"
            "<!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;'>"
            "<!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;'>"
            "<!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;'>"
            "<!ENTITY f '&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;'>]",
            "&f;"),
        DTD("[<!ENTITY a '&b;'><!ENTITY b '&a;'>]", "&a;"),
        DTD("[<!ENTITY % a SYSTEM 'file:///etc/passwd'> %a;]", "a"),
        DTD("[<!ENTITY a SYSTEM 'file:///dev/zero'>]", "&a;"),
        DTD("SYSTEM 'http://192.0.2.1/x.dtd'", "a"),
        DTD("PUBLIC '-//X//Y' 'http://192.0.2.1/x.dtd'", "a"),
        DTD("[<!ATTLIST filter chain CDATA 'ipv4'>]", "a"),
        DTD("", "a"),
        "<!DOCTYPE",
        "<!DOCTYPE filter [",
        "<!doctype filter><filter name='a'/>",
        "<!ENTITY a 'b'><filter name='a'/>",
        "<filter name='a'><!DOCTYPE x></filter>",
        "<filter name='a'>&a;</filter>",
        "<filter name='&a;'/>",
        "<filter name='&#0;'/>",
        "<filter name='&#x110000;'/>",
        "<filter name='&#xd800;'/>",
        "<filter name='&#99999999999999999999;'/>",
        "<filter name='&#;'/>",
        "<filter name='&amp'/>",
        "<filter name='a' xmlns='http://example.com/'/>",
        "<filter xml:name='a'/>",
        "<filter name='a'><xi:include xmlns:xi='http://www.w3.org/2001/"
        "XInclude' href='file:///etc/passwd'/></filter>/",
    };
    struct tally tally = { 0, 0 };

    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        bool named = strstr(documents[i], "/x.dtd'>")
                     || strstr(documents[i], "filter >");

        if (!CHECK_INT(feed(&tally, documents[i], strlen(documents[i])),
                       !named)) {
            printf("# %s\n", documents[i]);
        }
    }
    report(&tally, 31, 28);
}

/* Documents in other encodings, and broken UTF-8. */
static void
test_bytes(void)
{
    struct tally tally = { 0, 0 };
    char text[100];

    for (int i = 0; i < 256; i++) {
        /* Alone, at the start, and as the begin of a character that does not
         * go on. */
        text[0] = i;
        CHECK(feed(&tally, text, 1));
        int size = snprintf(text, sizeof text, "%c<filter name='a'/>", i);
        feed(&tally, text, size);
        size = snprintf(text, sizeof text, "<filter name='a'>%c</filter>", i);
        CHECK(feed(&tally, text, size) || (i < 0x80 && i != '<' && i != '&'));
        size = snprintf(text, sizeof text, "<filter name='%c'/>", i);
        CHECK(feed(&tally, text, size) || (i < 0x80 && i >= ' ') || i == '\t'
              || i == '\r' || i == '\n');
    }
    CHECK(feed(&tally, "\xff\xfe<\0f\0/\0>\0", 10));
    CHECK(feed(&tally, "\xfe\xff\0<\0f\0/\0>", 10));
    CHECK(feed(&tally, "\0\0\0<\0\0\0f\0\0\0/\0\0\0>", 16));
    CHECK(feed(&tally, "\x4c\x6f\xa7\x94\x93\x40", 6));
    report(&tally, 1000, 500);
}

static const struct nw_filter *
lookup(const char *name, void *aux)
{
    const struct nw_filter *filter = aux;
    return strcmp(filter->name, name) ? NULL : filter;
}

static void
test_reference_to_itself(void)
{
    const char *text = "<filter name='a'>\n<filterref filter='b'/>"
                       "<filterref filter='a'/></filter>";
    struct nw_diags diags = { 0 };
    char *path;

    struct nw_filter *filter = nw_filter_parse(text, strlen(text), "f", NULL,
                                               &diags);
    if (CHECK(filter != NULL)) {
        CHECK(nw_filter_find_loop(filter, lookup, filter, &path));
        CHECK_STR(path, "a -> a");
        free(path);
    }
    nw_filter_destroy(filter);
    nw_diags_clear(&diags);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_truncated);
    RUN(test_mutated);
    RUN(test_shifted);
    RUN(test_wrong_types);
    RUN(test_wrong_values);
    RUN(test_huge);
    RUN(test_entities);
    RUN(test_bytes);
    RUN(test_reference_to_itself);
    return CHECK_RESULT();
}
