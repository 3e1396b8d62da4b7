/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/learning.h"

#include <stdlib.h>
#include <string.h>

#include "controller/learning-private.h"
#include "dp-packet.h"
#include "hash.h"
#include "heap.h"
#include "learning/snoop.h"
#include "lib/flow.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/hmap.h"
#include "openvswitch/list.h"
#include "openvswitch/poll-loop.h"
#include "openvswitch/shash.h"
#include "openvswitch/vlog.h"
#include "ovsdb/policy.h"
#include "packets.h"
#include "sset.h"
#include "timeval.h"
#include "util.h"

VLOG_DEFINE_THIS_MODULE(learning);

/* How often leases that are over are looked for, in ms. */
#define CLEAN_INTERVAL (60 * 60 * 1000)

struct learning *
learning_create(struct policy_db *policy, learning_given_func *given,
                void *aux)
{
    struct learning *l = xzalloc(sizeof *l);

    shash_init(&l->ports);
    learning_index_init(&l->index);
    sset_init(&l->changed);
    heap_init(&l->due);
    ovs_list_init(&l->to_store);
    l->policy = policy;
    l->given = given;
    l->aux = aux;
    return l;
}

/* The top of a heap is its greatest: the sooner, the greater. */
static uint64_t
sooner(long long int when)
{
    return UINT64_MAX - when;
}

static bool
has_refused(const struct learning_port *p)
{
    size_t n;
    const struct learner_lease *leases = learner_leases(p->learner, &n);

    for (size_t i = 0; i < n; i++) {
        if (leases[i].refused) {
            return true;
        }
    }
    return false;
}

/* The learner is new or may have changed. */
static void
note_learner(struct learning_port *p)
{
    struct learning *l = p->learning;
    bool refused = has_refused(p);

    learning_index_note_addresses(&l->index, p);
    heap_change(&l->due, &p->due, sooner(learner_next(p->learner)));
    l->n_refused += refused - p->refused;
    p->refused = refused;
}

static void
set_learner(struct learning_port *p, const struct learner_config *config)
{
    p->learner = learner_create(config);
    heap_insert(&p->learning->due, &p->due, 0);
    note_learner(p);
}

static void
clear_learner(struct learning_port *p)
{
    if (p->learner) {
        learning_index_forget_addresses(&p->learning->index, p);
        heap_remove(&p->learning->due, &p->due);
        p->learning->n_refused -= p->refused;
        p->refused = false;
        learner_destroy(p->learner);
        p->learner = NULL;
    }
}

static void
set_store(struct learning_port *p, bool store)
{
    if (store && !p->store) {
        ovs_list_push_back(&p->learning->to_store, &p->store_node);
    } else if (!store && p->store) {
        ovs_list_remove(&p->store_node);
    }
    p->store = store;
}

static void
port_destroy(struct learning_port *p)
{
    learning_index_remove(&p->learning->index, p);
    clear_learner(p);
    set_store(p, false);
    free(p->guest);
    free(p->name);
    free(p);
}

void
learning_destroy(struct learning *l)
{
    if (l) {
        struct shash_node *node;

        SHASH_FOR_EACH (node, &l->ports) {
            port_destroy(node->data);
        }
        shash_destroy(&l->ports);
        learning_index_uninit(&l->index);
        sset_destroy(&l->changed);
        heap_destroy(&l->due);
        free(l);
    }
}

/* Whether 'p', that is not the one who asks, has the address. */
static bool
has_address(const struct learning_port *p, const struct in6_addr *addr)
{
    size_t n;
    const struct learner_lease *leases = learner_leases(p->learner, &n);

    for (size_t i = 0; i < n; i++) {
        if (!leases[i].refused && ipv6_addr_equals(&leases[i].addr, addr)) {
            return true;
        }
    }
    return false;
}

static bool
held_by_other(const struct in6_addr *addr, void *p_)
{
    const struct learning_port *p = p_;
    const struct learning *l = p->learning;

    return (learning_index_is_held(&l->index, p, addr)
            || l->given(p->name, addr, l->aux));
}

/* Reports. */

static void
log_lines(const struct learning_port *p, struct ds *lines)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(600, 600);
    char *save = NULL;

    for (char *line = strtok_r(ds_cstr(lines), "\n", &save); line;
         line = strtok_r(NULL, "\n", &save)) {
        VLOG_INFO_RL(&rl, "port %s: %s", p->name, line);
    }
    ds_destroy(lines);
}

/* Takes note of what a learner said, and frees its lines. */
static void
take_report(struct learning_port *p, struct learner_report *report)
{
    struct learning *l = p->learning;

    for (size_t i = 0; i < LEARNER_N_OUTCOMES; i++) {
        l->outcomes[i] += report->outcomes[i];
    }
    if (report->changed) {
        sset_add(&l->changed, p->name);
        l->retry = true;
    }
    set_store(p, p->store || report->store);
    note_learner(p);
    log_lines(p, report->log);
}

/* What is kept. */

/* "ADDRESS REST" becomes a key and a value. */
void
learning_add_lease(const struct learner_lease *lease, struct smap *addresses)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    learner_lease_format(lease, time_msec(), time_wall_msec(), &s);

    char *rest = ds_cstr(&s) + strcspn(ds_cstr(&s), " ");

    if (*rest) {
        *rest++ = '\0';
    }
    smap_replace(addresses, ds_cstr(&s), rest);
    ds_destroy(&s);
}

/* Whether no other host has written about the guest since we did. */
static bool
is_here(const struct learning_port *p)
{
    const struct policy_db *policy = p->learning->policy;
    const struct policy_leases *leases = policy_leases(policy, p->guest);

    return !leases || !strcmp(leases->host, policy_host_name(policy));
}

/* 'gone': the port, and with it what is no lease. */
static void
store(struct learning_port *p, bool gone)
{
    struct smap addresses = SMAP_INITIALIZER(&addresses);
    size_t n;
    const struct learner_lease *leases = learner_leases(p->learner, &n);

    for (size_t i = 0; i < n; i++) {
        if (!leases[i].refused
            && !(gone && leases[i].source != LEARNER_BY_LEASE
                 && leases[i].source != LEARNER_BY_REPLY)) {
            learning_add_lease(&leases[i], &addresses);
        }
    }
    policy_set_leases(p->learning->policy, p->guest, p->name, &addresses);
    smap_destroy(&addresses);
    set_store(p, false);
    p->arrived = false;
}

static void
restore_lease(struct learning_port *p, const char *text,
              struct learner_report *report)
{
    static struct vlog_rate_limit rl = VLOG_RATE_LIMIT_INIT(5, 20);
    struct learner_lease lease;
    char *error = learner_lease_parse(text, time_msec(), time_wall_msec(),
                                      &lease);

    if (error) {
        VLOG_WARN_RL(&rl, "guest %s: lease '%s': %s", p->guest, text, error);
        free(error);
    } else if (!has_address(p, &lease.addr)) {
        learner_restore(p->learner, &lease, time_msec(), report);
    }
}

/* Learns what is kept of the guest.  Returns true if that is something new. */
bool
learning_restore(struct learning_port *p)
{
    const struct policy_leases *leases = policy_leases(p->learning->policy,
                                                       p->guest);
    struct learner_report report = LEARNER_REPORT_INITIALIZER;
    struct ds lines = DS_EMPTY_INITIALIZER;
    const struct smap_node **nodes = leases ? smap_sort(&leases->addresses)
                                            : NULL;
    size_t n = leases ? smap_count(&leases->addresses) : 0;

    report.log = &lines;
    for (size_t i = 0; i < n; i++) {
        char *text = xasprintf("%s %s", nodes[i]->key, nodes[i]->value);

        restore_lease(p, text, &report);
        free(text);
    }
    free(nodes);
    if (leases && p->arrived) {
        /* Only once, or two hosts with the guest would never agree. */
        set_store(p, p->store || !is_here(p));
        p->arrived = false;
    }
    take_report(p, &report);
    return report.changed;
}

/* Forgets what somebody has removed from the policy database. */
static void
forget_removed(struct learning_port *p)
{
    const struct policy_leases *kept = policy_leases(p->learning->policy,
                                                     p->guest);
    struct learner_report report = LEARNER_REPORT_INITIALIZER;
    struct ds lines = DS_EMPTY_INITIALIZER;
    size_t n;
    const struct learner_lease *leases = learner_leases(p->learner, &n);

    report.log = &lines;
    for (size_t i = n; i-- > 0;) {
        struct ds key = DS_EMPTY_INITIALIZER;

        leases = learner_leases(p->learner, &n);
        ipv6_format_mapped(&leases[i].addr, &key);
        if (!leases[i].refused
            && !(kept && smap_get(&kept->addresses, ds_cstr(&key)))) {
            struct in6_addr addr = leases[i].addr;

            learner_forget(p->learner, &addr, &report);
        }
        ds_destroy(&key);
    }
    take_report(p, &report);
}

static void
note_guest(struct learning *l, const char *guest)
{
    struct learning_port *p;

    HMAP_FOR_EACH_WITH_HASH (p, guest_node, learning_index_hash_guest(guest),
                             &l->index.guests) {
        if (!strcmp(p->guest, guest) && !p->store
            && !policy_leases_are_pending(l->policy, guest)) {
            forget_removed(p);
            learning_restore(p);
        }
    }
}

void
learning_note(struct learning *l, const struct sset *guests)
{
    const char *guest;

    SSET_FOR_EACH (guest, guests) {
        note_guest(l, guest);
    }
}

/* Ports. */

static struct learner_config
learner_config(struct learning_port *p, const struct learning_config *config)
{
    return (struct learner_config){
        .mac = config->mac,
        .ipv4 = config->ipv4,
        .ipv6 = config->ipv6,
        .servers = config->servers,
        .n_servers = config->n_servers,
        .settle_ms = LEARNER_SETTLE_MS,
        .held_by_other = held_by_other,
        .aux = p,
    };
}

static struct learning_port *
add_port(struct learning *l, const char *name, const char *guest)
{
    struct learning_port *p = xzalloc(sizeof *p);

    p->learning = l;
    p->name = xstrdup(name);
    p->guest = xstrdup(guest);
    ovs_list_init(&p->in_force);
    shash_add(&l->ports, name, p);
    learning_index_insert(&l->index, p);
    return p;
}

/* How frames and rows find the port. */
static void
set_identity(struct learning_port *p, const struct learning_config *config)
{
    struct learning_index *index = &p->learning->index;

    learning_index_remove(index, p);
    if (strcmp(p->guest, config->guest)) {
        free(p->guest);
        p->guest = xstrdup(config->guest);
    }
    p->mac = config->mac;
    p->bridge = config->bridge;
    p->vlan = config->vlan;
    p->ofport = config->ofport;
    learning_index_insert(index, p);
}

/* Once for all ports that begin or end together: it names every guest. */
static void
watch_guests(struct learning *l)
{
    struct sset guests = SSET_INITIALIZER(&guests);
    const struct shash_node *node;

    l->other_guests = false;
    SHASH_FOR_EACH (node, &l->ports) {
        const struct learning_port *p = node->data;

        sset_add(&guests, p->guest);
    }
    policy_watch_guests(l->policy, &guests);
    sset_destroy(&guests);
}

void
learning_start(struct learning *l, const char *name,
               const struct learning_config *config)
{
    struct learning_port *p = shash_find_data(&l->ports, name);
    bool changed = false;

    if (!p) {
        p = add_port(l, name, config->guest);
    }
    if (p->learner && strcmp(p->guest, config->guest)) {
        /* Another guest, even if nobody took the port away in between. */
        clear_learner(p);
        changed = true;
    }
    set_identity(p, config);

    struct learner_config lc = learner_config(p, config);

    if (p->learner) {
        changed = learner_configure(p->learner, &lc);
        set_store(p, p->store || changed);
        note_learner(p);
    } else {
        set_learner(p, &lc);
        p->arrived = true;
        changed |= learning_restore(p);
        l->other_guests = true;
    }
    l->retry |= changed;
}

void
learning_stop(struct learning *l, const char *name)
{
    struct learning_port *p = shash_find_and_delete(&l->ports, name);

    if (p) {
        if (is_here(p)) {
            store(p, true);
        }
        port_destroy(p);
        l->other_guests = l->retry = true;
    }
}

const struct learner *
learning_find(const struct learning *l, const char *name)
{
    const struct learning_port *p = shash_find_data(&l->ports, name);

    return p ? p->learner : NULL;
}

/* Frames and time. */

bool
learning_frame(struct learning *l, const struct bridge *bridge,
               uint16_t ofport, enum learner_way way, const void *frame,
               size_t size)
{
    struct learning_port *p = learning_index_find_number(&l->index, bridge,
                                                         ofport);
    struct learner_report report = LEARNER_REPORT_INITIALIZER;
    struct ds lines = DS_EMPTY_INITIALIZER;
    struct snoop_event event;

    if (p) {
        report.log = &lines;
        snoop_frame(frame, size, &event);
        learner_run(p->learner, time_msec(), &report);
        learner_frame(p->learner, &event, way, time_msec(), &report);
        take_report(p, &report);
    }
    return report.changed;
}

static void
retry_port(struct learning_port *p)
{
    struct learner_report report = LEARNER_REPORT_INITIALIZER;
    struct ds lines = DS_EMPTY_INITIALIZER;

    report.log = &lines;
    learner_retry(p->learner, time_msec(), &report);
    take_report(p, &report);
}

uint16_t
learning_find_client(const struct learning *l, const struct bridge *bridge,
                     uint16_t vlan, const void *frame, size_t size)
{
    struct dp_packet *packet = dp_packet_clone_data(frame, size);
    const struct learning_port *p = NULL;
    struct snoop_event event;
    struct flow flow;

    flow_extract(packet, &flow); /* Finds the layers. */
    eth_pop_vlan(packet);
    snoop_frame(dp_packet_data(packet), dp_packet_size(packet), &event);
    if (event.kind == SNOOP_DHCP_SERVER) {
        p = learning_index_find_mac(&l->index, bridge, vlan,
                                    event.dhcp.chaddr);
    }
    dp_packet_delete(packet);
    return p ? p->ofport : 0;
}

/* Once for all ports: what one gives up another may have. */
static void
retry(struct learning *l)
{
    struct shash_node *node;

    l->retry = false;
    if (l->n_refused) {
        SHASH_FOR_EACH (node, &l->ports) {
            struct learning_port *p = node->data;

            if (p->refused) {
                retry_port(p);
            }
        }
    }
}

static void
store_ports(struct learning *l)
{
    struct learning_port *p;

    LIST_FOR_EACH_SAFE (p, store_node, &l->to_store) {
        store(p, false);
    }
}

/* The port that has something to do first, or NULL; and when. */
static struct learning_port *
next_port(const struct learning *l, long long int *when)
{
    if (heap_is_empty(&l->due)) {
        return NULL;
    }

    struct heap_node *top = heap_max(&l->due);

    *when = UINT64_MAX - top->priority;
    return CONTAINER_OF(top, struct learning_port, due);
}

static void
run_ports(struct learning *l)
{
    struct learning_port *p;
    long long int when;

    while ((p = next_port(l, &when)) && when <= time_msec()) {
        struct learner_report report = LEARNER_REPORT_INITIALIZER;
        struct ds lines = DS_EMPTY_INITIALIZER;

        report.log = &lines;
        learner_run(p->learner, time_msec(), &report);
        take_report(p, &report);
    }
}

static bool
all_over(const struct policy_leases *leases)
{
    const struct smap_node *node;

    SMAP_FOR_EACH (node, &leases->addresses) {
        char *text = xasprintf("%s %s", node->key, node->value);
        struct learner_lease lease;
        char *error = learner_lease_parse(text, time_msec(), time_wall_msec(),
                                          &lease);
        bool live = !error && lease.expires > time_msec();

        free(text);
        free(error);
        if (live) {
            return false;
        }
    }
    return true;
}

/* Nobody else removes what this host has kept of guests that are gone. */
static void
clean(struct learning *l)
{
    struct smap none = SMAP_INITIALIZER(&none);
    const struct shash_node *node;

    l->next_clean = time_msec() + CLEAN_INTERVAL;
    SHASH_FOR_EACH (node, policy_all_leases(l->policy)) {
        const struct policy_leases *leases = node->data;

        if (!strcmp(leases->host, policy_host_name(l->policy))
            && !policy_leases_are_pending(l->policy, leases->guest)
            && all_over(leases)) {
            policy_set_leases(l->policy, leases->guest, leases->port, &none);
        }
    }
    smap_destroy(&none);
}

void
learning_run(struct learning *l, struct sset *changed)
{
    const char *name;

    if (time_msec() >= l->next_clean) {
        clean(l);
    }
    if (l->other_guests) {
        watch_guests(l);
    }
    run_ports(l);
    if (l->retry) {
        retry(l);
    }
    store_ports(l);
    SSET_FOR_EACH (name, &l->changed) {
        sset_add(changed, name);
    }
    sset_clear(&l->changed);
}

void
learning_wait(const struct learning *l)
{
    long long int when;

    if (l->next_clean) { /* Else it has not begun. */
        poll_timer_wait_until(l->next_clean);
    }
    if (l->retry || l->other_guests || !sset_is_empty(&l->changed)
        || !ovs_list_is_empty(&l->to_store)) {
        poll_immediate_wake();
    } else if (next_port(l, &when) && when != LEARNER_NEVER) {
        poll_timer_wait_until(when);
    }
}

void
learning_retry(struct learning *l)
{
    l->retry = true;
}

/* Reading. */

void
learning_format_counters(const struct learning *l, struct ds *s)
{
    ds_put_format(s, "learning ports %" PRIuSIZE "\n", shash_count(&l->ports));
    for (size_t i = 0; i < LEARNER_N_OUTCOMES; i++) {
        if (l->outcomes[i]) {
            ds_put_format(s, "  %s: %" PRIu64 "\n",
                          learner_outcome_to_string(i), l->outcomes[i]);
        }
    }
}

void
learning_format_conflicts(const struct learning *l, const char *name,
                          struct ds *s)
{
    const struct learner *learner = learning_find(l, name);
    size_t n = 0;
    const struct learner_lease *leases = learner ? learner_leases(learner, &n)
                                                 : NULL;

    for (size_t i = 0; i < n; i++) {
        if (leases[i].refused) {
            ds_put_cstr(s, s->length ? "," : "");
            ipv6_format_mapped(&leases[i].addr, s);
        }
    }
}
