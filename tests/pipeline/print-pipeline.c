/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/bond-flows.h"
#include "flows/bpdu-flows.h"
#include "flows/flood.h"
#include "flows/flow-table.h"
#include "flows/flow.h"
#include "flows/pipeline.h"
#include "flows/port-config.h"
#include "flows/port-flows.h"
#include "flows/punt-flows.h"
#include "packets.h"
#include "util.h"

/* Prints the parts of doc/pipeline.md that follow from the code, each after a
 * line "@@ NAME"; tests/house/pipeline puts them in their places. */

/* Tables. */

static void
print_table(const char *name, int first, int count, const char *title)
{
    printf("| %d", first);
    if (count > 1) {
        printf("-%d", first + count - 1);
    }
    printf(" | %s | %s |\n", name, title);
}

static void
print_tables(void)
{
    printf("@@ tables\n"
           "| number | table | purpose |\n"
           "|-------:|-------|---------|\n");
#define PIPELINE_TABLE(NAME, FIRST, COUNT, TITLE) \
    print_table(#NAME, FIRST, COUNT, TITLE);
    PIPELINE_TABLES
#undef PIPELINE_TABLE
}

/* Numbers. */

static void
print_registers(void)
{
    printf("@@ registers\n"
           "| register | name | holds |\n"
           "|----------|------|-------|\n");
#define PIPELINE_REG(NAME, NUMBER, TITLE) \
    printf("| reg%d | %s | %s |\n", NUMBER, #NAME, TITLE);
    PIPELINE_REGS
#undef PIPELINE_REG
}

struct constant {
    const char *name;
    unsigned int value;
    const char *meaning;
};

#define CONSTANT(NAME, MEANING) \
    {                           \
#NAME, NAME, MEANING    \
    }

static const struct constant states[] = {
    CONSTANT(PL_STATE_NEW, "no reply was seen yet"),
    CONSTANT(PL_STATE_ESTABLISHED, "a reply was seen"),
    CONSTANT(PL_STATE_RELATED, "an ICMP error about a connection, or the "
                               "beginning of one that a helper expects"),
    CONSTANT(PL_STATE_INVALID, "not to be classified"),
    CONSTANT(PL_STATE_REPLY, "added: against the direction of the "
                             "connection's first packet"),
    CONSTANT(PL_STATE_KNOWN, "added: the present rules have accepted the "
                             "connection"),
};

static const struct constant flags[] = {
    CONSTANT(PL_F_CT4, "IPv4 goes through connection tracking"),
    CONSTANT(PL_F_CT6, "IPv6 does"),
    CONSTANT(PL_F_L3_4, "the direction has rules for IPv4"),
    CONSTANT(PL_F_L3_6, "the direction has rules for IPv6"),
    CONSTANT(PL_F_L2, "the direction has layer 2 rules"),
    CONSTANT(PL_F_AH, "rules ask for AH: IPv6 is shown to the daemon"),
    CONSTANT(PL_F_ALG, "new connections get helpers for FTP and TFTP"),
    CONSTANT(PL_F_ANSWER, "set by the daemon on what it sends itself: goes "
                          "past the filter"),
    CONSTANT(PL_F_IN, "the in rules are running"),
    CONSTANT(PL_F_COPIED, "the daemon has been shown a copy"),
    CONSTANT(PL_F_LOOKED, "addresses have been looked at (see OUT_CT)"),
};

static const struct constant commits[] = {
    CONSTANT(PL_COMMIT_NEW, "the packet begins a connection"),
    CONSTANT(PL_COMMIT_SYN, "with a SYN"),
    CONSTANT(PL_COMMIT_ALG, "a helper is to watch it"),
    CONSTANT(PL_COMMIT_STAMP, "the rule that accepted it makes its "
                              "connection known (see KNOWN)"),
};

static const struct constant marks[] = {
    CONSTANT(PL_MARK_REPLIED, "TCP: a reply was seen"),
    CONSTANT(PL_MARK_SYN, "TCP: the connection began with a SYN"),
    CONSTANT(PL_MARK_HEARD, "TCP: something came back, but no answer to the "
                            "SYN"),
    CONSTANT(PL_MARK_IN, "it began at the in rules"),
    CONSTANT(PL_MARK_STAMP, "which rules have accepted it (see KNOWN)"),
};

static const struct constant modes[] = {
    CONSTANT(PL_FLOOD_BROADCAST, "in FLOOD: broadcast or multicast"),
    CONSTANT(PL_FLOOD_UNKNOWN,
             "in FLOOD: nobody is known to have the address"),
    CONSTANT(PL_FLOOD_HAIRPIN, "in FLOOD: the address is behind the port that "
                               "the frame came from"),
    CONSTANT(PL_FLOOD_NONE, "in EGRESS: the frame is for one port"),
    CONSTANT(PL_FLOOD_SPLIT, "in FLOOD_CHUNK, for a share: its ports have to "
                             "be asked one by one"),
    CONSTANT(PL_FLOOD_EACH, "in FLOOD_CHUNK: visits them"),
    CONSTANT(PL_FLOOD_PASSED, "in FLOOD_CHUNK: the rules of all its ports "
                              "have accepted"),
    CONSTANT(PL_MODE_TAGGED, "in VLAN_OUT: with a tag, unless VLAN 0"),
    CONSTANT(PL_MODE_UNTAGGED, "in VLAN_OUT: without"),
};

static const struct constant cookies[] = {
    CONSTANT(PL_K_PIPELINE, "fixed flows: the table's number from bit 16 on, "
                            "the purpose's below"),
    CONSTANT(PL_K_RULE, "a rule: hash of the filter's name and the rule"),
    CONSTANT(PL_K_PORT, "a port: low 16 bits its OpenFlow number, from bit 32 "
                        "on the table"),
    CONSTANT(PL_K_PROGRAM, "between rules: low 32 bits the program's number"),
    CONSTANT(PL_K_SET, "members of an address set: hash of its name"),
    CONSTANT(PL_K_LEARNED, "learned by the switch: low 16 bits the filtered "
                           "port, or 0"),
};

static void
print_constants(const char *title, const struct constant *c, size_t n)
{
    printf("@@ %s\n"
           "| value | name | meaning |\n"
           "|------:|------|---------|\n",
           title);
    for (size_t i = 0; i < n; i++) {
        printf("| %#x | %s | %s |\n", c[i].value, c[i].name, c[i].meaning);
    }
}

#define PRINT_CONSTANTS(LIST) print_constants(#LIST, LIST, ARRAY_SIZE(LIST))

static void
print_purposes(void)
{
    printf("@@ purposes\n"
           "| value | purpose |\n"
           "|------:|---------|\n");
#define PIPELINE_PURPOSE(NAME, NUMBER, TEXT) \
    printf("| %#x | %s |\n", NUMBER, TEXT);
    PIPELINE_PURPOSES
#undef PIPELINE_PURPOSE
}

/* Flows. */

/* "dl_dst=... actions=...", without cookie and table, which the chapter
 * says. */
static void
print_flow(const struct of_flow *flow)
{
    char *text = of_flow_to_string(flow);
    const char *shown = strstr(text, "priority=");

    printf("%s\n", shown ? shown : text);
    free(text);
}

static void
print_table_flows(const char *title, const struct flow_table *table,
                  uint8_t number)
{
    const struct of_flow **flows;
    size_t n = flow_table_sorted(table, &flows);
    bool found = false;

    for (size_t i = 0; i < n; i++) {
        if (flows[i]->table == number) {
            if (!found) {
                char buf[32];

                printf("@@ %s %s\n", title, pipeline_table_name(number, buf));
                found = true;
            }
            print_flow(flows[i]);
        }
    }
    free(flows);
}

static void
print_all_tables(const char *title, const struct flow_table *table)
{
    for (int number = 0; number < 255; number++) {
        print_table_flows(title, table, number);
    }
}

/* Empties the set. */
static void
print_set(const char *title, struct flow_set *set)
{
    struct flow_table *table = flow_table_create();

    flow_table_replace(table, "all", set);
    print_all_tables(title, table);
    flow_table_destroy(table);
}

static void
print_fixed(void)
{
    struct pipeline_config config = { .forward_bpdu = false };
    struct flow_set set;

    flow_set_init(&set);
    pipeline_flows(&config, &set);
    pipeline_gratuitous_flows(&set);
    punt_reject_flows(&set);
    punt_drop_flows(&set);
    print_set("fixed", &set);
    punt_arp_flows(&set);
    print_set("punt ARP", &set);
    punt_log_flows(&(struct punt_log){ 5, true, true }, &set);
    print_set("logged", &set);
    punt_ipv6_flows(&set);
    print_set("punt IPv6", &set);
    bpdu_show_flows(&set);
    print_set("punt BPDU", &set);
    flow_set_uninit(&set);
}

static void
print_port(const char *title, const struct port_config *config)
{
    struct flow_set set;

    flow_set_init(&set);
    port_flows(config, &set);
    print_set(title, &set);
    flow_set_uninit(&set);
}

/* The ports of the examples. */
static const struct port_config guest = {
    .ofport = 5,
    .access = true,
    .tag = 10,
    .filtered = true,
    .program = 0x2fe86ce1,
    .zone = 4711,
    .has_mac = true,
    .mac = ETH_ADDR_C(52, 54, 00, 12, 34, 56),
};
static const struct port_config uplink = { .ofport = 1 };

static void
print_bond(const char *title, enum bond_balance balance, bool aggregated)
{
    uint16_t members[] = { 2, 3 };
    struct port_bond bond = {
        .balance = balance,
        .aggregated = aggregated,
        .members = members,
        .n_members = ARRAY_SIZE(members),
    };
    struct port_config config = { .ofport = 2, .bond = &bond };

    print_port(title, &config);
}

static void
print_floods(void)
{
    struct flow_table *table = flow_table_create();
    struct flood *flood = flood_create();
    struct port_config other = guest;

    other.ofport = 6;
    flood_set_port(flood, "p", &uplink, true, false);
    flood_set_port(flood, "p", &guest, false, false);
    flood_set_port(flood, "p", &other, false, false);
    flood_run(flood, table);
    print_all_tables("floods", table);
    flood_destroy(flood);
    flow_table_destroy(table);
}

/* Four guests with the same program. */
static void
print_shares(void)
{
    struct flow_table *table = flow_table_create();
    struct flood *flood = flood_create();
    struct port_config one = guest;

    for (one.ofport = 5; one.ofport < 9; one.ofport++) {
        flood_set_port(flood, "p", &one, false, false);
    }
    flood_run(flood, table);
    print_all_tables("shares", table);
    flood_destroy(flood);
    flow_table_destroy(table);
}

int
main(void)
{
    print_tables();
    print_registers();
    PRINT_CONSTANTS(states);
    PRINT_CONSTANTS(flags);
    PRINT_CONSTANTS(commits);
    PRINT_CONSTANTS(marks);
    PRINT_CONSTANTS(modes);
    PRINT_CONSTANTS(cookies);
    print_purposes();
    print_fixed();
    print_port("guest", &guest);
    print_port("uplink", &uplink);
    print_bond("active bond", BOND_ACTIVE, false);
    print_bond("SLB bond", BOND_BY_SOURCE, false);
    print_bond("LACP bond", BOND_BY_HASH, true);
    print_floods();
    print_shares();
    return 0;
}
