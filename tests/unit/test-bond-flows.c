/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* Flows of bonds.  What they do is in tests/system/test_bonds.py. */

#include <config.h>

#include <stdlib.h>

#include "flows/bond-flows.h"
#include "flows/flow.h"
#include "flows/pipeline.h"
#include "flows/port-config.h"
#include "flows/port-flows.h"
#include "openvswitch/ofp-actions.h"
#include "tests/unit/check.h"
#include "util.h"

static const uint16_t numbers[] = { 3, 5, 9 };

static struct port_bond
make_bond(enum bond_balance balance, bool aggregated)
{
    return (struct port_bond){
        .balance = balance,
        .aggregated = aggregated,
        .members = CONST_CAST(uint16_t *, numbers),
        .n_members = ARRAY_SIZE(numbers),
        .active = 1,
    };
}

/* Whether some action of the flow sends to, or chooses among, members: all of
 * them, and no other port. */
static size_t
count_bundles(const struct of_flow *flow, size_t n_members)
{
    const struct ofpact *a;
    size_t n = 0;

    OFPACT_FOR_EACH (a, flow->ofpacts, flow->ofpacts_len) {
        if (a->type == OFPACT_BUNDLE) {
            const struct ofpact_bundle *bundle = ofpact_get_BUNDLE(a);

            CHECK_INT(bundle->n_members, n_members);
            n++;
        }
    }
    return n;
}

static void
check_flows(const struct port_config *config, size_t *bundles)
{
    const struct of_flow *flow;
    struct flow_set set;

    flow_set_init(&set);
    port_flows(config, &set);
    for (int table = 0; table < 256; table++) {
        bundles[table] = 0;
    }
    FLOW_SET_FOR_EACH (flow, &set) {
        bool one = flow->table == PL_T_CLASSIFY && config->bond->aggregated;
        char *error = of_flow_check(flow);

        CHECK_STR(error, NULL);
        free(error);
        CHECK_INT(of_cookie_kind(flow->cookie), PL_K_PORT);
        CHECK_INT(flow->cookie & 0xffff, config->ofport);
        bundles[flow->table] += count_bundles(flow, one ? 1 : 3);
    }
    flow_set_uninit(&set);
}

static void
test_flows(void)
{
    static const enum bond_balance balances[] = { BOND_ACTIVE, BOND_BY_SOURCE,
                                                  BOND_BY_HASH };

    for (size_t i = 0; i < 2 * ARRAY_SIZE(balances); i++) {
        struct port_bond bond = make_bond(balances[i / 2], i % 2);
        struct port_config config = { .ofport = 3, .bond = &bond };
        bool by_hash = bond.balance == BOND_BY_HASH;
        size_t bundles[256];

        check_flows(&config, bundles);
        CHECK_INT(bundles[PL_T_CLASSIFY], 3);
        CHECK_INT(bundles[PL_T_DELIVER], by_hash ? 0 : 1);
        CHECK_INT(bundles[PL_T_BOND_OUT], by_hash ? PL_SPREAD_SLOTS : 0);
    }
}

/* A copy has a bond of its own. */
static void
test_copy(void)
{
    struct port_bond bond = make_bond(BOND_ACTIVE, false);
    uint16_t members[] = { 3, 5, 9 };
    struct port_config config = { .ofport = 3, .bond = &bond };
    struct port_config copy;

    bond.members = members;
    port_config_clone(&copy, &config);
    CHECK(copy.bond != &bond && port_config_equal(&config, &copy));
    CHECK_INT(port_bond_active(copy.bond), 5);
    CHECK(port_config_has_number(&copy, 9)
          && !port_config_has_number(&copy, 4));
    members[2] = 10;
    CHECK(!port_config_equal(&config, &copy));
    members[2] = 9;
    bond.active = 0;
    CHECK(!port_config_equal(&config, &copy));
    port_config_uninit(&copy);

    config.bond = NULL;
    port_config_clone(&copy, &config);
    CHECK(!copy.bond && port_config_equal(&config, &copy));
    CHECK(port_config_has_number(&copy, 3)
          && !port_config_has_number(&copy, 5));
    config.bond = &bond;
    CHECK(!port_config_equal(&config, &copy));
    port_config_uninit(&copy);
}

int
main(int argc, char *argv[])
{
    CHECK_INIT(argc, argv);
    RUN(test_flows);
    RUN(test_copy);
    return CHECK_RESULT();
}
