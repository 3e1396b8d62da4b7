/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl-suite.h"

#include <stdlib.h>
#include <string.h>

#include "dp-packet.h"
#include "interpret/ct.h"
#include "interpret/set.h"
#include "lib/flow.h"
#include "packets.h"
#include "sset.h"
#include "trace/fate.h"
#include "trace/trace-state.h"
#include "util.h"
#include "utilities/nwfctl-set.h"
#include "xml/ipset.h"
#include "xml/value.h"

void
suite_init(struct suite *suite, const char *file)
{
    memset(suite, 0, sizeof *suite);
    suite->folder = dir_name(file);
    svec_init(&suite->files);
    nw_vars_init(&suite->vars);
    shash_init(&suite->sets);
    shipped_init(&suite->shipped, true);
    suite->changed = true;
}

static void
set_destroy(struct interpret_set *set)
{
    if (set) {
        free(CONST_CAST(struct nw_set_entry *, set->entries));
        free(set);
    }
}

static void
forget_policy(struct suite *suite)
{
    interpret_policy_destroy(suite->policy);
    suite->policy = NULL;
    if (suite->offline) {
        offline_uninit(suite->offline);
        free(suite->offline);
        suite->offline = NULL;
    }
}

void
suite_uninit(struct suite *suite)
{
    struct shash_node *node;

    suite_end_block(suite);
    forget_policy(suite);
    SHASH_FOR_EACH (node, &suite->sets) {
        set_destroy(node->data);
    }
    shash_destroy(&suite->sets);
    shipped_uninit(&suite->shipped);
    nw_vars_uninit(&suite->vars);
    svec_destroy(&suite->files);
    free(suite->handshakes);
    free(suite->filter);
    free(suite->port);
    free(suite->folder);
}

/* Settings. */

static char *
set_name(char **namep, const char *value)
{
    if (!value[0] || strchr(value, ' ')) {
        return xstrdup("expected one name");
    }
    free(*namep);
    *namep = xstrdup(value);
    return NULL;
}

static char *
set_filter(struct suite *suite, const char *value)
{
    return set_name(&suite->filter, value);
}

static char *
set_port(struct suite *suite, const char *value)
{
    return set_name(&suite->port, value);
}

/* Relative to the test file. */
static char *
find_document(const struct suite *suite, const char *name)
{
    bool here = name[0] == '/' || !strcmp(suite->folder, ".");

    return here ? xstrdup(name) : xasprintf("%s/%s", suite->folder, name);
}

static char *
add_files(struct suite *suite, const char *value)
{
    struct svec words = SVEC_EMPTY_INITIALIZER;

    fate_split(value, &words);
    for (size_t i = 0; i < words.n; i++) {
        svec_add_nocopy(&suite->files, find_document(suite, words.names[i]));
    }
    svec_destroy(&words);
    return NULL;
}

static char *
set_mac(struct suite *suite, const char *value)
{
    return offline_set_mac(&suite->vars, value);
}

/* In place of the values that the parameter had before. */
static char *
set_param(struct suite *suite, const char *value)
{
    struct nw_vars one = NW_VARS_INITIALIZER;
    char *error = offline_add_param(&one, value);

    nw_vars_override(&suite->vars, &one);
    nw_vars_uninit(&one);
    return error;
}

static struct interpret_set *
make_set(const struct nw_set_type *type, const struct sset *members)
{
    struct interpret_set *set = xzalloc(sizeof *set);
    struct nw_set_entry *entries = xcalloc(sset_count(members) + 1,
                                           sizeof *entries);
    const char *member;

    set->type = type;
    SSET_FOR_EACH (member, members) {
        free(nw_set_entry_parse(type, member, &entries[set->n_entries++]));
    }
    set->entries = entries;
    return set;
}

/* "NAME TYPE [ENTRY]..."; the entries are separated by blanks, so "nomatch"
 * belongs to the entry before it. */
static char *
set_set(struct suite *suite, const char *value)
{
    struct sset members = SSET_INITIALIZER(&members);
    struct svec words = SVEC_EMPTY_INITIALIZER;
    const struct nw_set_type *type = NULL;
    char *error = NULL;

    fate_split(value, &words);
    if (words.n < 2) {
        error = xstrdup("expected NAME TYPE [ENTRY]...");
    } else {
        error = nwfctl_set_check_name(words.names[0]);
    }
    if (!error) {
        type = nw_set_type_find(words.names[1], &error);
    }
    for (size_t i = 2; !error && i < words.n; i++) {
        bool except = (i + 1 < words.n
                       && !strcmp(words.names[i + 1], "nomatch"));
        char *entry = xasprintf("%s%s", words.names[i],
                                except ? " nomatch" : "");

        error = nwfctl_set_members(type, entry, &members);
        i += except;
        free(entry);
    }
    if (!error) {
        set_destroy(shash_replace(&suite->sets, words.names[0],
                                  make_set(type, &members)));
    }
    svec_destroy(&words);
    sset_destroy(&members);
    return error;
}

char *
suite_set(struct suite *suite, const struct fate_line *line)
{
    static const struct {
        const char *key;
        char *(*set)(struct suite *, const char *value);
    } settings[] = {
        { "filter", set_filter }, { "file", add_files }, { "mac", set_mac },
        { "param", set_param },   { "set", set_set },    { "port", set_port },
    };

    suite_end_block(suite);
    suite->changed = true;
    for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
        if (!strcmp(settings[i].key, line->key)) {
            return settings[i].set(suite, line->value);
        }
    }
    return xasprintf("'%s' is nothing that can be set: expected in, out, "
                     "filter, file, mac, param, set or port",
                     line->key);
}

void
suite_end_block(struct suite *suite)
{
    interpret_ct_destroy(suite->ct);
    suite->ct = NULL;
    suite->n_handshakes = 0;
}

/* Packets. */

/* The guest, as its parameters have it. */
static void
guest_init(struct trace_end *guest, const struct nw_vars *vars)
{
    const struct nw_var *mac = nw_vars_find(vars, "MAC");
    const struct nw_var *ip = nw_vars_find(vars, "IP");
    const struct nw_var *ipv6 = nw_vars_find(vars, "IPV6");

    memset(guest, 0, sizeof *guest);
    guest->name = "the guest";
    guest->has_mac = mac && eth_addr_from_string(mac->values[0], &guest->mac);
    if (!ip || !ip_parse(ip->values[0], &guest->ip)) {
        guest->ip = 0;
    }
    if (!ipv6 || !ipv6_parse(ipv6->values[0], &guest->ipv6)) {
        guest->ipv6 = in6addr_any;
    }
}

static bool
has_tcp(const struct flow *flow)
{
    return is_ip_any(flow) && flow->nw_proto == IPPROTO_TCP;
}

/* Whether 'b' is between the same two ends as 'a', the other way round if
 * 'back'. */
static bool
same_ends(const struct flow *a, const struct flow *b, bool back)
{
    return a->dl_type == b->dl_type
           && a->nw_src == (back ? b->nw_dst : b->nw_src)
           && a->nw_dst == (back ? b->nw_src : b->nw_dst)
           && ipv6_addr_equals(&a->ipv6_src,
                               back ? &b->ipv6_dst : &b->ipv6_src)
           && ipv6_addr_equals(&a->ipv6_dst,
                               back ? &b->ipv6_src : &b->ipv6_dst)
           && a->tp_src == (back ? b->tp_dst : b->tp_src)
           && a->tp_dst == (back ? b->tp_src : b->tp_dst);
}

static struct handshake *
find_handshake(struct suite *suite, const struct flow *flow, bool back)
{
    for (size_t i = 0; i < suite->n_handshakes; i++) {
        if (same_ends(&suite->handshakes[i].opening, flow, back)) {
            return &suite->handshakes[i];
        }
    }
    return NULL;
}

/* The flags that a TCP packet has at this point of its connection. */
static uint16_t
next_flags(struct suite *suite, const struct flow *flow)
{
    const struct handshake *answered = find_handshake(suite, flow, true);
    const struct handshake *opened = find_handshake(suite, flow, false);

    if (answered) {
        return answered->answered ? TCP_ACK : TCP_SYN | TCP_ACK;
    }
    return opened && opened->answered ? TCP_ACK : TCP_SYN;
}

static void
note_handshake(struct suite *suite, const struct flow *flow)
{
    struct handshake *answered = find_handshake(suite, flow, true);

    if (answered) {
        answered->answered = true;
        return;
    } else if (find_handshake(suite, flow, false)) {
        return;
    }
    if (suite->n_handshakes >= suite->allocated_handshakes) {
        suite->handshakes = x2nrealloc(suite->handshakes,
                                       &suite->allocated_handshakes,
                                       sizeof *suite->handshakes);
    }
    suite->handshakes[suite->n_handshakes++] = (struct handshake){
        .opening = *flow,
    };
}

static char *
complete(struct suite *suite, const struct fate_line *line,
         struct suite_packet *p)
{
    static const struct trace_end nobody = { .name = NULL };
    bool out = line->direction == NW_OUT;
    bool opening = p->wanted.state == INTERPRET_NEW;
    struct trace_end guest;

    guest_init(&guest, &suite->vars);
    return trace_packet_complete(&p->packet, out ? &guest : &nobody,
                                 out ? &nobody : &guest, opening);
}

/* TCP flags that nobody wrote follow from what went before, which takes the
 * completed packet to tell. */
static char *
follow_handshake(struct suite *suite, const struct fate_line *line,
                 struct suite_packet *p)
{
    uint16_t flags = next_flags(suite, &p->packet.flow);
    char *text = xasprintf("%s,tcp_flags=%u", line->flow, flags);
    char *error;

    trace_packet_uninit(&p->packet);
    error = trace_packet_init(&p->packet, text, NULL);
    free(text);
    return error ? error : complete(suite, line, p);
}

/* In the state that is asked for, or that of the block's connections. */
static void
find_state(struct suite *suite, const struct fate_line *line,
           struct suite_packet *p)
{
    const struct interpret_ct_options options = {
        .ftp = true,
        .ignore_checksums = true,
    };

    if (line->has_state) {
        trace_state_resolve(&p->wanted, &p->frame, &p->conn);
        return;
    }
    if (!suite->ct) {
        suite->ct = interpret_ct_create(&options);
    }
    p->tracked = true;
}

char *
suite_packet_init(struct suite *suite, const struct fate_line *line,
                  struct suite_packet *p)
{
    const char *problem;
    bool by_itself;
    char *error;

    memset(p, 0, sizeof *p);
    p->wanted = line->wanted;
    if (!line->has_state) {
        p->wanted = (struct interpret_conn){ INTERPRET_NEW, false };
    }
    error = trace_packet_init(&p->packet, line->flow, NULL);
    by_itself = p->packet.frame || p->packet.given.masks.tcp_flags
                || line->has_state;
    error = error ? error : complete(suite, line, p);
    if (!error && !by_itself && has_tcp(&p->packet.flow)) {
        error = follow_handshake(suite, line, p);
    }
    if (error) {
        return error;
    }
    problem = trace_state_check(&p->wanted, &p->packet.flow);
    if (problem) {
        return xstrdup(problem);
    }
    if (!interpret_frame_parse(dp_packet_data(p->packet.frame),
                               dp_packet_size(p->packet.frame), &p->frame)) {
        return xstrdup("the frame is too short");
    }
    find_state(suite, line, p);
    return NULL;
}

void
suite_packet_uninit(struct suite_packet *p)
{
    trace_packet_uninit(&p->packet);
}

/* Judging. */

static const struct nw_filter *
find_filter(const char *name, void *suite_)
{
    struct suite *suite = suite_;
    const struct nw_filter *filter = catalog_find(name,
                                                  &suite->offline->catalog);

    return filter ? filter : shipped_find(&suite->shipped, name);
}

static bool
find_set(const char *name, void *suite_)
{
    struct suite *suite = suite_;

    return shash_find(&suite->sets, name) != NULL;
}

static bool
test_set(const char *name, const struct nw_ipset_flags *flags,
         const struct interpret_frame *frame, void *suite_)
{
    struct suite *suite = suite_;

    return interpret_set_contains(shash_find_data(&suite->sets, name), flags,
                                  frame);
}

static void
make_policy(struct suite *suite, struct nw_diags *diags)
{
    struct interpret_env env = {
        .find_filter = find_filter,
        .find_set = find_set,
        .test_set = test_set,
        .aux = suite,
        .refuse_inexpressible = true,
    };

    forget_policy(suite);
    suite->changed = false;
    suite->offline = xmalloc(sizeof *suite->offline);
    offline_init(suite->offline, suite->files.n, suite->files.names, false);
    for (size_t i = 0; i < suite->offline->diags.n; i++) {
        const struct nw_diag *d = &suite->offline->diags.items[i];

        if (d->severity == NW_ERROR) {
            nw_error(diags, d->file, d->line, "%s", d->text);
        }
    }
    if (!suite->offline->diags.n_errors) {
        suite->policy = interpret_policy_create(&env, suite->filter,
                                                &suite->vars, diags);
    }
}

bool
suite_judge(struct suite *suite, const struct fate_line *line,
            struct suite_packet *p, struct interpret_result *result,
            struct nw_diags *diags)
{
    if (suite->changed) {
        make_policy(suite, diags);
    }
    if (!suite->policy) {
        return false;
    }
    if (p->tracked) {
        interpret_tracked(suite->policy, suite->ct, &p->frame, line->direction,
                          &p->conn, result);
    } else {
        interpret_frame(suite->policy, &p->frame, line->direction, &p->conn,
                        result);
    }
    return true;
}

void
suite_confirm(struct suite *suite, const struct suite_packet *p)
{
    if (p->tracked) {
        interpret_ct_confirm(suite->ct);
        if (has_tcp(&p->packet.flow)) {
            note_handshake(suite, &p->packet.flow);
        }
    }
}
