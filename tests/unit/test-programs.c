/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/programs.h"

#include <stdlib.h>

#include "flows/flow-table.h"
#include "flows/port-config.h"
#include "flows/port-flows.h"
#include "flows/program.h"
#include "sset.h"
#include "switch/leftovers.h"
#include "tests/unit/check.h"
#include "tests/unit/filters.h"
#include "tests/unit/flow-text.h"

#define FILTER(ACTION)                                            \
    "<filter name='f'><rule action='" ACTION "' direction='out'>" \
    "<ip srcipaddr='$IP'/></rule></filter>"

struct lab {
    struct test_filters filters;
    struct nw_vars vars;
    struct programs *programs;
};

static void
lab_init(struct lab *lab)
{
    memset(lab, 0, sizeof *lab);
    filters_add(&lab->filters, "f", FILTER("drop"));
    vars_from_text(&lab->vars, "IP=10.0.0.1");
    lab->programs = programs_create();
}

static void
lab_uninit(struct lab *lab)
{
    programs_destroy(lab->programs);
    nw_vars_uninit(&lab->vars);
    filters_clear(&lab->filters);
}

static struct program_entry *
get(struct lab *lab)
{
    struct program_entry *entry = programs_get(
        lab->programs, "f", &(struct program_variant){ .own_port = NULL },
        &lab->vars, filters_find, &lab->filters);

    CHECK(!entry->error);
    return entry;
}

/* A new version of the filter. */
static void
change_filter(struct lab *lab)
{
    struct sset names = SSET_INITIALIZER(&names);

    sset_add(&names, "f");
    filters_add(&lab->filters, "f", FILTER("accept"));
    programs_retire(lab->programs, &names);
    sset_destroy(&names);
}

/* What a switch with the entry's flows and one port has for the next
 * process. */
static struct leftovers *
leave(const struct program_entry *entry)
{
    const struct port_config port = {
        .ofport = 5,
        .filtered = true,
        .program = entry->id,
        .zone = 1,
    };
    struct sset sets = SSET_INITIALIZER(&sets);
    struct flow_table *table = flow_table_create();
    struct leftovers *l = leftovers_create();
    struct flow_set flows;

    flow_set_init(&flows);
    port_flows(&port, &flows);
    program_entry_flows(entry, &flows);
    flow_table_set_all_installed(table, &flows);
    leftovers_add_port(l, 5);
    leftovers_read(l, table, &sets);
    flow_set_uninit(&flows);
    flow_table_destroy(table);
    sset_destroy(&sets);
    return l;
}

static void
check_flows(const struct program_entry *entry, const struct leftovers *l,
            uint32_t id)
{
    const struct flow_set *left = leftovers_find_program(l, id);
    struct flow_set flows, expected;
    const struct of_flow *flow;

    flow_set_init(&flows);
    flow_set_init(&expected);
    program_entry_flows(entry, &flows);
    leftovers_copy_program(left, entry->id, &expected);
    CHECK(hmap_count(&flows.flows) > 0);
    CHECK_INT(hmap_count(&flows.flows), hmap_count(&expected.flows));
    FLOW_SET_FOR_EACH (flow, &flows) {
        const struct of_flow *other = flow_set_find(&expected, flow);

        CHECK(other && of_flow_same_value(other, flow));
    }
    flow_set_uninit(&flows);
    flow_set_uninit(&expected);
}

/* The program that is in the switch is compiled already: it is the same. */
static void
test_shared(void)
{
    struct lab lab;

    lab_init(&lab);

    struct program_entry *entry = get(&lab);
    struct leftovers *l = leave(entry);
    CHECK(programs_take_over(lab.programs, entry->id, l) == entry);
    CHECK(!programs_is_displaced(lab.programs, entry));
    leftovers_destroy(l);
    lab_uninit(&lab);
}

/* Ports that had the same program have the same again, until it is no one's
 * any more. */
static void
test_kept(void)
{
    struct lab old, new;

    lab_init(&old);
    lab_init(&new);

    struct program_entry *was = get(&old);
    struct leftovers *l = leave(was);
    struct program_entry *entry = programs_take_over(new.programs, was->id, l);
    CHECK(entry->retired);
    CHECK_INT(entry->id, was->id);
    CHECK(programs_take_over(new.programs, was->id, l) == entry);
    check_flows(entry, l, was->id);
    CHECK_INT(program_entry_needs(entry), 0);
    CHECK(!program_entry_same_rows(entry, was));

    entry->n_ports = 1;
    programs_clean(new.programs);
    CHECK(programs_take_over(new.programs, was->id, l) == entry);
    entry->n_ports = 0;
    programs_clean(new.programs);
    CHECK(ovs_list_is_empty(programs_list(new.programs)));
    leftovers_destroy(l);
    lab_uninit(&old);
    lab_uninit(&new);
}

/* Another version gets the number as soon as a port has it. */
static void
test_gives_way(void)
{
    struct lab old, new;

    lab_init(&old);
    lab_init(&new);
    change_filter(&new);

    struct program_entry *was = get(&old);
    struct leftovers *l = leave(was);
    struct program_entry *entry = programs_take_over(new.programs, was->id, l);
    entry->n_ports = 1;

    struct program_entry *live = get(&new);
    CHECK(live != entry);
    CHECK_INT(live->id, was->id);
    CHECK(!programs_is_displaced(new.programs, entry));
    CHECK(!programs_set_aside(new.programs, entry));
    CHECK_INT(entry->id, was->id);

    live->planned = true;
    CHECK(programs_is_displaced(new.programs, entry));
    CHECK(!programs_is_displaced(new.programs, live));
    CHECK(programs_set_aside(new.programs, entry));
    CHECK(entry->id != was->id);
    CHECK(strcmp(entry->owner, live->owner));
    CHECK(!programs_is_displaced(new.programs, entry));
    check_flows(entry, l, was->id);
    leftovers_destroy(l);
    lab_uninit(&old);
    lab_uninit(&new);
}

/* The switch has another version under the number of a live program. */
static void
test_place_is_taken(void)
{
    struct lab old, new;

    lab_init(&old);
    lab_init(&new);
    change_filter(&new);

    struct program_entry *live = get(&new);
    live->n_ports = 1;

    struct leftovers *l = leave(get(&old));
    struct program_entry *one = programs_take_over(new.programs, live->id, l);
    CHECK(one != live);
    CHECK(programs_is_displaced(new.programs, one));
    CHECK(programs_set_aside(new.programs, one));

    struct program_entry *two = programs_take_over(new.programs, live->id, l);
    CHECK(two != one && two != live);
    CHECK(programs_set_aside(new.programs, two));
    CHECK(two->id != one->id && two->id != live->id);
    leftovers_destroy(l);
    lab_uninit(&old);
    lab_uninit(&new);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_shared);
    RUN(test_kept);
    RUN(test_gives_way);
    RUN(test_place_is_taken);
    return CHECK_RESULT();
}
