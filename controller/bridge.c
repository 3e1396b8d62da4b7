/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/bridge.h"

#include <stdlib.h>
#include <string.h>

#include "controller/bridge-sets.h"
#include "controller/programs.h"
#include "controller/purge.h"
#include "flows/bpdu-flows.h"
#include "flows/flood.h"
#include "flows/flow-table.h"
#include "flows/flow.h"
#include "flows/pipeline.h"
#include "flows/program.h"
#include "flows/punt-flows.h"
#include "flows/snoop-flows.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/vlog.h"
#include "ovsdb/local.h"
#include "smap.h"
#include "switch/switch.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(bridge);

#define PIPELINE_OWNER "pipeline"
#define SNOOP_OWNER "pipeline, DHCP servers"
#define REJECT_OWNER "pipeline, reject"
#define DROP_OWNER BRIDGE_SHOWS "samples of drops"

/* In Open_vSwitch:external_ids: whether the switch shows samples of what is
 * dropped. */
#define SAMPLE_KEY "nwfilter-drops"

/* After how long the ports of a bridge say that it is not connected. */
#define LOST_MS 5000

/* How long to gather numbers of new ports after the first of many, in ms: they
 * come one by one, and cannot be made use of before the last. */
#define NUMBERS_MS 10

struct bridge_program {
    size_t n_ports;
    unsigned int needs; /* Bits by pipeline_need. */
};

static void
warn_unsupported(const struct local_bridge *lb)
{
    if (!lb->fail_mode_secure) {
        VLOG_WARN("bridge %s: fail_mode is not 'secure': without its flows "
                  "Open vSwitch would switch unfiltered",
                  lb->name);
    }
    if (lb->stp || lb->rstp) {
        VLOG_WARN("bridge %s: spanning tree is not supported: blocked ports "
                  "would forward",
                  lb->name);
    }
    if (lb->mcast_snooping) {
        VLOG_WARN("bridge %s: multicast snooping is not supported: multicast "
                  "goes to every port of the VLAN",
                  lb->name);
    }
}

static void
note_number(void *bridge_, const char *name, uint16_t ofport)
{
    struct bridge *bridge = bridge_;

    if (name) {
        simap_put(&bridge->numbers, name, ofport);
    } else {
        simap_clear(&bridge->numbers);
        bridge->numbers_lost = true;
    }
}

void
bridge_take_numbers(struct bridge *bridge, struct local_db *local,
                    struct sset *changed)
{
    const struct simap_node *node;

    if (time_msec() < bridge->next_numbers) {
        return;
    }
    if (bridge->numbers_lost) {
        local_forget_ofports(local, bridge->name, changed);
        bridge->numbers_lost = false;
    }
    SIMAP_FOR_EACH (node, &bridge->numbers) {
        if (local_note_ofport(local, bridge->name, node->name, node->data)) {
            sset_add(changed, node->name);
        }
    }
    if (!simap_is_empty(&bridge->numbers)) {
        simap_clear(&bridge->numbers);
        bridge->next_numbers = time_msec() + NUMBERS_MS;
    }
}

struct bridge *
bridge_create(const struct local_bridge *lb, const struct smap *config,
              const char *rundir, struct purge *purge, struct sets *sets)
{
    struct bridge *bridge = xzalloc(sizeof *bridge);
    char *target = xasprintf("unix:%s/%s.mgmt", rundir, lb->name);

    bridge->name = xstrdup(lb->name);
    bridge->desired = flow_table_create();
    bridge->flood = flood_create();
    bridge->session = switch_create(lb->name, target, bridge->desired);
    simap_init(&bridge->numbers);
    switch_set_port_cb(bridge->session, note_number, bridge);
    bridge->purge = purge;
    bridge->sets = bridge_sets_create(sets, bridge->desired);
    hmap_init(&bridge->ports);
    ovs_list_init(&bridge->due);
    shash_init(&bridge->programs);
    shash_init(&bridge->refused);
    bridge->seen_at = time_msec();
    bridge_configure(bridge, lb, config);
    free(target);
    return bridge;
}

void
bridge_destroy(struct bridge *bridge)
{
    if (bridge) {
        switch_destroy(bridge->session);
        flood_destroy(bridge->flood);
        bridge_sets_destroy(bridge->sets);
        flow_table_destroy(bridge->desired);
        hmap_destroy(&bridge->ports);
        shash_destroy_free_data(&bridge->programs);
        shash_destroy_free_data(&bridge->refused);
        simap_destroy(&bridge->numbers);
        free(bridge->name);
        free(bridge);
    }
}

void
bridge_set_flows(struct bridge *bridge, const char *owner,
                 struct flow_set *flows)
{
    flow_table_replace(bridge->desired, owner, flows);
}

void
bridge_configure(struct bridge *bridge, const struct local_bridge *lb,
                 const struct smap *config)
{
    struct pipeline_config pipeline = { .forward_bpdu = lb->forward_bpdu };
    struct flow_set set;

    warn_unsupported(lb);
    bridge->userspace = lb->datapath_type[0]
                        && strcmp(lb->datapath_type, "system");
    flow_set_init(&set);
    pipeline_flows(&pipeline, &set);
    bridge_set_flows(bridge, PIPELINE_OWNER, &set);
    flow_set_uninit(&set);

    /* For themselves: a switch without meters does without answers. */
    flow_set_init(&set);
    punt_reject_flows(&set);
    bridge_set_flows(bridge, REJECT_OWNER, &set);
    flow_set_uninit(&set);

    flow_set_init(&set);
    if (smap_get_bool(config, SAMPLE_KEY, true)) {
        punt_drop_flows(&set);
    }
    bridge_set_flows(bridge, DROP_OWNER, &set);
    flow_set_uninit(&set);
}

/* Brings the flows that only some programs need, or takes them away. */
static void
update_need(struct bridge *bridge, enum pipeline_need need)
{
    static const struct {
        const char *owner;
        void (*add)(struct flow_set *);
    } flows[PL_N_NEEDS] = {
        [PL_NEED_GRATUITOUS] = { "pipeline, gratuitous ARP",
                                 pipeline_gratuitous_flows },
        [PL_NEED_ARP_NUMBERS] = { "pipeline, ARP headers", punt_arp_flows },
        [PL_NEED_IPV6_HEADERS] = { "pipeline, IPv6 headers", punt_ipv6_flows },
        [PL_NEED_BPDU] = { "pipeline, BPDUs", bpdu_show_flows },
    };
    struct flow_set set;

    flow_set_init(&set);
    if (bridge->n_needs[need]) {
        flows[need].add(&set);
    }
    bridge_set_flows(bridge, flows[need].owner, &set);
    flow_set_uninit(&set);
}

void
bridge_note_copies(struct bridge *bridge, unsigned int before,
                   unsigned int now)
{
    size_t n = bridge->n_dhcp + !!(now & SNOOP_COPY_DHCP_IN)
               - !!(before & SNOOP_COPY_DHCP_IN);
    bool changed = !n != !bridge->n_dhcp;
    struct flow_set set;

    bridge->n_dhcp = n;
    if (changed) {
        flow_set_init(&set);
        if (n) {
            snoop_bridge_flows(&set);
        }
        bridge_set_flows(bridge, SNOOP_OWNER, &set);
        flow_set_uninit(&set);
    }
}

void
bridge_use_program(struct bridge *bridge, const struct program_entry *entry)
{
    struct bridge_program *bp = shash_find_data(&bridge->programs,
                                                entry->owner);
    struct flow_set set;

    if (bp) {
        bp->n_ports++;
        return;
    }
    bp = xmalloc(sizeof *bp);
    bp->n_ports = 1;
    bp->needs = program_entry_needs(entry);
    shash_add(&bridge->programs, entry->owner, bp);

    flow_set_init(&set);
    program_entry_flows(entry, &set);
    bridge_set_flows(bridge, entry->owner, &set);
    flow_set_uninit(&set);
    bridge_sets_use(bridge->sets, entry);
    for (int i = 0; i < PL_N_NEEDS; i++) {
        if (bp->needs & 1u << i && !bridge->n_needs[i]++) {
            update_need(bridge, i);
        }
    }
}

void
bridge_drop_program(struct bridge *bridge, const struct program_entry *entry)
{
    struct shash_node *node = shash_find(&bridge->programs, entry->owner);
    struct bridge_program *bp = node->data;
    struct flow_set set;

    if (--bp->n_ports) {
        return;
    }
    flow_set_init(&set);
    bridge_set_flows(bridge, entry->owner, &set);
    flow_set_uninit(&set);
    bridge_sets_drop(bridge->sets, entry);
    for (int i = 0; i < PL_N_NEEDS; i++) {
        if (bp->needs & 1u << i && !--bridge->n_needs[i]) {
            update_need(bridge, i);
        }
    }
    shash_delete(&bridge->programs, node);
    free(bp);
}

size_t
bridge_program_ports(const struct bridge *bridge,
                     const struct program_entry *entry)
{
    const struct bridge_program *bp = shash_find_data(&bridge->programs,
                                                      entry->owner);

    return bp ? bp->n_ports : 0;
}

void
bridge_commit(struct bridge *bridge)
{
    flood_run(bridge->flood, bridge->desired);
    bridge_sets_run(bridge->sets);
    bridge->mark = switch_mark(bridge->session);
}

bool
bridge_is_acked(const struct bridge *bridge, uint64_t mark)
{
    return bridge->settled_mark >= mark;
}

bool
bridge_is_committed(const struct bridge *bridge, uint64_t mark)
{
    return switch_acked(bridge->session) >= mark;
}

/* Whether the switch got flows since the last purge. */
static bool
purge_is_due(struct bridge *bridge)
{
    struct switch_stats stats;

    switch_get_stats(bridge->session, &stats);
    if (stats.bundles == bridge->n_bundles) {
        return false;
    }
    bridge->n_bundles = stats.bundles;
    return bridge->userspace;
}

bool
bridge_is_settled(const struct bridge *bridge)
{
    return (bridge_is_acked(bridge, bridge->mark) && !bridge->purge_ticket
            && switch_is_settled(bridge->session));
}

bool
bridge_is_lost(const struct bridge *bridge)
{
    return time_msec() - bridge->seen_at >= LOST_MS;
}

void
bridge_run(struct bridge *bridge)
{
    switch_run(bridge->session);
    if (switch_is_connected(bridge->session)) {
        bridge->seen_at = time_msec();
    }

    uint64_t acked = switch_acked(bridge->session);

    if (bridge->purge_ticket
        && purge_done(bridge->purge) >= bridge->purge_ticket) {
        bridge->settled_mark = MAX(bridge->settled_mark, bridge->purge_mark);
        bridge->purge_ticket = 0;
    }
    if (!bridge->purge_ticket) {
        if (purge_is_due(bridge)) {
            bridge->purge_mark = acked;
            bridge->purge_ticket = purge_request(bridge->purge);
        } else {
            bridge->settled_mark = acked;
        }
    }
}

void
bridge_wait(struct bridge *bridge)
{
    switch_wait(bridge->session);
    if (!simap_is_empty(&bridge->numbers) || bridge->numbers_lost) {
        poll_timer_wait_until(bridge->next_numbers);
    }
}
