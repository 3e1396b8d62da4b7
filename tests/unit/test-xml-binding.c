/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include <stdlib.h>

#include "tests/unit/check.h"
#include "xml/binding.h"
#include "xml/diag.h"
#include "xml/strbuf.h"

#define OWNER                                           \
    "<owner><name>vm &lt;1></name>"                     \
    "<uuid>d54df46f-1ab5-4a22-8618-4560ef5fac2c</uuid>" \
    "</owner>"
#define PORT "<portdev name='vnet0'/>"
#define MAC "<mac address='52:54:0:7B:35:93'/>"
#define REF "<filterref filter='clean-traffic'/>"
#define BINDING(...) "<filterbinding>\n" __VA_ARGS__ "</filterbinding>"

/* Returns the messages, and the binding as it is formatted. */
static char *
describe(const char *text)
{
    struct nw_diags diags = { 0 };
    struct nw_strbuf s = { 0 };

    struct nw_binding *binding = nw_binding_parse(text, strlen(text), "f",
                                                  &diags);
    CHECK_INT(binding == NULL, diags.n_errors != 0);
    for (size_t i = 0; i < diags.n; i++) {
        nw_strbuf_puts_free(&s, nw_diag_format(&diags.items[i]));
        nw_strbuf_puts(&s, "\n");
    }
    if (binding) {
        nw_strbuf_puts_free(&s, nw_binding_format(binding));
    }
    nw_binding_destroy(binding);
    nw_diags_clear(&diags);
    return nw_strbuf_steal(&s);
}

static void
check(const char *text, const char *expected)
{
    char *s = describe(text);
    CHECK_STR(s, expected);
    free(s);
}

/* The messages alone. */
static void
check_messages(const char *text, const char *expected)
{
    char *s = describe(text);
    char *xml = strstr(s, "<filterbinding>\n  ");
    if (xml) {
        *xml = '\0';
    }
    CHECK_STR(s, expected);
    free(s);
}

#define FORMATTED_OWNER                                       \
    "<filterbinding>\n"                                       \
    "  <owner>\n"                                             \
    "    <name>vm &lt;1&gt;</name>\n"                         \
    "    <uuid>d54df46f-1ab5-4a22-8618-4560ef5fac2c</uuid>\n" \
    "  </owner>\n"

static void
test_round_trip(void)
{
    const char *small = FORMATTED_OWNER
        "  <portdev name='vnet0'/>\n"
        "  <mac address='52:54:00:7b:35:93'/>\n"
        "  <filterref filter='clean-traffic'/>\n"
        "</filterbinding>\n";
    const char *large = FORMATTED_OWNER
        "  <portdev name='a&apos;b'/>\n"
        "  <linkdev name='eth0&amp;'/>\n"
        "  <mac address='52:54:00:7b:35:93'/>\n"
        "  <filterref filter='clean-traffic'>\n"
        "    <parameter name='A' value='1'/>\n"
        "    <parameter name='IP' value='10.0.0.2'/>\n"
        "    <parameter name='IP' value='10.0.0.1'/>\n"
        "  </filterref>\n"
        "</filterbinding>\n";

    check(BINDING(OWNER PORT MAC REF), small);
    check(small, small);
    check(BINDING(OWNER
                  "<filterref filter='clean-traffic'>"
                  "<parameter name='IP' value='10.0.0.2'/>"
                  "<parameter name='A' value='1'/>"
                  "<parameter name='IP' value='10.0.0.1'/></filterref>"
                  "<portdev name=\"a'b\"/><linkdev name='eth0&amp;'/>" MAC),
          large);
    check(large, large);
}

static void
test_missing(void)
{
    check_messages(BINDING(PORT MAC REF),
                   "f:1: error: <filterbinding> has no <owner>\n");
    check_messages(BINDING(OWNER MAC REF),
                   "f:1: error: <filterbinding> has no <portdev>\n");
    check_messages(BINDING(OWNER PORT REF),
                   "f:1: error: <filterbinding> has no <mac>\n");
    check_messages(BINDING(OWNER PORT MAC),
                   "f:1: error: <filterbinding> has no <filterref>\n");
    check_messages(BINDING("<owner/>" PORT MAC REF),
                   "f:2: error: <owner> has no <name>\n"
                   "f:2: error: <owner> has no <uuid>\n");
    check_messages(BINDING(OWNER "<portdev/>" MAC REF),
                   "f:2: error: <portdev> has no attribute 'name'\n");
    check_messages(BINDING(OWNER "<portdev name=''/>" MAC REF),
                   "f:2: error: the name of <portdev> is empty\n");
    check_messages(BINDING(OWNER PORT "<mac/>" REF),
                   "f:2: error: <mac> has no attribute 'address'\n");
    check_messages(BINDING(OWNER PORT MAC "<filterref/>"),
                   "f:2: error: <filterref> has no attribute 'filter'\n");
    check_messages("<filter/>", "f:1: error: the document's element is "
                                "<filter>, not <filterbinding>\n");
}

static void
test_bad_values(void)
{
    check_messages(BINDING(OWNER PORT "<mac address='52:54:00'/>" REF),
                   "f:2: error: address '52:54:00' is not a MAC address\n");
    check_messages(BINDING("<owner><name/><uuid/></owner>" PORT MAC REF),
                   "f:2: error: <name> is empty\n"
                   "f:2: error: <uuid> is empty\n");
    check_messages(
        BINDING(
            "<owner><name>a</name>\n<uuid>\nb</uuid></owner>" PORT MAC REF),
        "f:4: error: 'b' is not a UUID\n");
    check_messages(BINDING(OWNER PORT MAC "<filterref filter='a/b'/>"),
                   "f:2: error: the filter name 'a/b' must not contain a "
                   "slash\n");
    check_messages(BINDING(OWNER PORT MAC "<filterref filter='a'>\n"
                                          "<parameter name='A'/></filterref>"),
                   "f:3: error: [D2] <parameter> has no attribute 'value'\n");
    check_messages(BINDING(OWNER "<portdev nmae='a'/>" MAC REF),
                   "f:2: error: [D2] unknown attribute 'nmae' of <portdev>; "
                   "did you mean 'name'?\n"
                   "f:2: error: <portdev> has no attribute 'name'\n");
}

static void
test_unknown(void)
{
    check_messages(BINDING(OWNER PORT MAC REF "<linkdevv name='a'/>"),
                   "f:2: warning: unknown element <linkdevv> in "
                   "<filterbinding> is ignored; did you mean 'linkdev'?\n");
    check_messages(BINDING(OWNER PORT PORT MAC REF),
                   "f:2: warning: a second <portdev> is ignored\n");
}

static void
test_destroy(void)
{
    nw_binding_destroy(NULL);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_round_trip);
    RUN(test_missing);
    RUN(test_bad_values);
    RUN(test_unknown);
    RUN(test_destroy);
    return CHECK_RESULT();
}
