/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* The interpreter as a program: reads cases, one JSON object a line, and
 * prints what the interpreter and its connection tracker say, one JSON object
 * a line.
 *
 *   {"id": ..., "filters": {NAME: XML}, "env": {"ipsets": ...},
 *    "binding": {"mac":, "filter":, "parameters": {NAME: [VALUE...]}},
 *    "peer": BINDING,
 *    "steps": [{"dir": "in"|"out", "frame": HEX, "flush": BOOL,
 *               "state": NAME, "reply": BOOL}]}
 *
 * With "peer" the other port is filtered, too: frames pass the "out" rules of
 * the one and the "in" rules of the other.  "flush" empties the connection
 * tables before the step; "state" replaces the tracker's opinion.  The answer
 * is {"id", "error", "refused": "define"|"instantiate"} or {"id", "verdicts":
 * [...], "states": [...]}, with -v also "why". */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "interpret/ct.h"
#include "interpret/interpret.h"
#include "interpret/set.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "openvswitch/shash.h"
#include "util.h"
#include "xml/diag.h"
#include "xml/ipset.h"
#include "xml/vars.h"

struct options {
    bool verbose;
    bool dump;
    bool strict; /* Refuse what the switch can not do. */
    struct interpret_ct_options ct;
};

/* A fragment that waits for the rest of its packet. */
struct held {
    size_t step;
    uint8_t *data;
    struct interpret_frame frame;
    enum nw_direction direction;
};

/* A filtered port. */
struct side {
    struct testcase *tc;
    struct interpret_policy *policy; /* NULL: not filtered. */
    struct interpret_ct *ct;
    struct interpret_result result;
    struct interpret_conn conn;
    struct held *held;
    size_t n_held, allocated_held;
};

/* One case while it is worked on. */
struct testcase {
    const struct options *options;
    bool parsed;          /* Every document is well-formed. */
    struct shash filters; /* Name to struct nw_filter. */
    struct shash sets;    /* Name to struct interpret_set. */
    struct side guest, peer;
    struct json *verdicts, *states, *why;
};

static const struct nw_filter *
find_filter(const char *name, void *side_)
{
    struct side *side = side_;

    return shash_find_data(&side->tc->filters, name);
}

static bool
find_set(const char *name, void *side_)
{
    struct side *side = side_;

    return shash_find(&side->tc->sets, name) != NULL;
}

static bool
test_set(const char *name, const struct nw_ipset_flags *flags,
         const struct interpret_frame *frame, void *side_)
{
    struct side *side = side_;

    return interpret_set_contains(shash_find_data(&side->tc->sets, name),
                                  flags, frame);
}

static unsigned int
count_connections(const void *key, const struct interpret_frame *frame,
                  void *side_)
{
    struct side *side = side_;

    return interpret_ct_count(side->ct, key, frame);
}

static const struct json *
member(const struct json *object, const char *name)
{
    return (object && object->type == JSON_OBJECT
                ? shash_find_data(json_object(object), name)
                : NULL);
}

static const char *
string_member(const struct json *object, const char *name)
{
    const struct json *value = member(object, name);

    return value && value->type == JSON_STRING ? json_string(value) : NULL;
}

static bool
flag_member(const struct json *object, const char *name)
{
    const struct json *value = member(object, name);

    return value && value->type == JSON_TRUE;
}

static void
add_filters(struct testcase *tc, const struct json *filters,
            struct nw_diags *diags)
{
    struct nw_parse_options options = { .compat = false };
    struct shash_node *node;

    SHASH_FOR_EACH (node, json_object(filters)) {
        const char *text = json_string(node->data);
        struct nw_filter *filter = nw_filter_parse(text, strlen(text),
                                                   node->name, &options,
                                                   diags);
        if (filter && !shash_add_once(&tc->filters, filter->name, filter)) {
            nw_filter_destroy(filter);
        }
    }
}

static void
add_set(struct testcase *tc, const char *name, const struct json *spec,
        struct nw_diags *diags)
{
    struct interpret_set *set = xzalloc(sizeof *set);
    const struct json *entries = member(spec, "entries");
    char *type = xstrdup(string_member(spec, "type"));
    char *error = NULL;

    type[strcspn(type, " ")] = '\0';
    set->type = nw_set_type_find(type, &error);
    free(type);
    if (!set->type) {
        nw_error(diags, NULL, 0, "set %s: %s", name, error);
        free(error);
        free(set);
        return;
    }
    set->n_entries = json_array(entries)->n;
    struct nw_set_entry *e = xcalloc(MAX(set->n_entries, 1), sizeof *e);
    for (size_t i = 0; i < set->n_entries; i++) {
        error = nw_set_entry_parse(set->type,
                                   json_string(json_array(entries)->elems[i]),
                                   &e[i]);
        if (error) {
            nw_error(diags, NULL, 0, "set %s: %s", name, error);
            free(error);
        }
    }
    set->entries = e;
    shash_add(&tc->sets, name, set);
}

static void
read_vars(const struct json *binding, struct nw_vars *vars)
{
    const struct json *params = member(binding, "parameters");
    struct shash_node *node;

    nw_vars_init(vars);
    nw_vars_set(vars, "MAC", string_member(binding, "mac"));
    if (!params) {
        return;
    }
    SHASH_FOR_EACH (node, json_object(params)) {
        const struct json *values = node->data;
        for (size_t i = 0; i < json_array(values)->n; i++) {
            const char *value = json_string(json_array(values)->elems[i]);
            if (!i) {
                nw_vars_set(vars, node->name, value);
            } else {
                nw_vars_append(vars, node->name, value);
            }
        }
    }
}

static bool
setup_side(struct testcase *tc, struct side *side, const struct json *binding,
           const struct json *env_json, struct nw_diags *diags)
{
    bool strict = tc->options->strict;
    struct interpret_env env = {
        .find_filter = find_filter,
        .find_set = find_set,
        .test_set = test_set,
        .count_connections = strict ? NULL : count_connections,
        .aux = side,
        .refuse_inexpressible = strict,
    };
    struct interpret_ct_options options = tc->options->ct;
    struct nw_vars vars;

    side->tc = tc;
    read_vars(binding, &vars);
    side->policy = interpret_policy_create(&env,
                                           string_member(binding, "filter"),
                                           &vars, diags);
    nw_vars_uninit(&vars);
    if (!side->policy) {
        return false;
    }
    options.ftp |= flag_member(env_json, "ftp_helper");
    options.ftp |= (options.userspace
                    && interpret_tests_related(side->policy));
    options.ignore_checksums |= member(env_json, "ct_checksum") != NULL;
    side->ct = interpret_ct_create(&options);
    return true;
}

static bool
setup(struct testcase *tc, const struct json *json, struct nw_diags *diags)
{
    const struct json *env = member(json, "env");
    const struct json *sets = member(env, "ipsets");
    const struct json *peer = member(json, "peer");
    struct shash_node *node;

    add_filters(tc, member(json, "filters"), diags);
    if (sets) {
        SHASH_FOR_EACH (node, json_object(sets)) {
            add_set(tc, node->name, node->data, diags);
        }
    }
    tc->parsed = !diags->n_errors;
    return (tc->parsed
            && setup_side(tc, &tc->guest, member(json, "binding"), env, diags)
            && (!peer || setup_side(tc, &tc->peer, peer, env, diags)));
}

static uint8_t *
from_hex(const char *hex, size_t *sizep)
{
    size_t n = strlen(hex) / 2;
    uint8_t *data = xmalloc(MAX(n, 1));

    for (size_t i = 0; i < n; i++) {
        bool ok;
        data[i] = hexits_value(hex + 2 * i, 2, &ok);
        if (!ok) {
            ovs_fatal(0, "frame is not hexadecimal: %s", hex);
        }
    }
    *sizep = n;
    return data;
}

static bool
same_packet(const struct held *a, const struct held *b)
{
    const struct interpret_ip *x = &a->frame.ip, *y = &b->frame.ip;

    return a->direction == b->direction && x->family == y->family
           && x->frag_id == y->frag_id && !memcmp(x->src, y->src, 16)
           && !memcmp(x->dst, y->dst, 16);
}

static void
override_state(const struct json *step, struct side *side)
{
    const char *name = string_member(step, "state");

    for (int i = INTERPRET_UNTRACKED; name && i <= INTERPRET_INVALID; i++) {
        if (!strcmp(name, interpret_state_name(i))) {
            side->conn.state = i;
            side->conn.reply = flag_member(step, "reply");
        }
    }
}

/* The port's verdict on a frame.  "state" in 'step', which may be NULL,
 * replaces the tracker's. */
static enum interpret_verdict
judge(struct side *side, const struct interpret_frame *frame,
      enum nw_direction direction, const struct json *step)
{
    interpret_tracked(side->policy, side->ct, frame, direction, &side->conn,
                      &side->result);
    if (step && member(step, "state")) {
        override_state(step, side);
        interpret_frame(side->policy, frame, direction, &side->conn,
                        &side->result);
    }
    return side->result.verdict;
}

static void
put(struct json *array, size_t i, char *text)
{
    struct json_array *a = &array->array;

    if (i < a->n) {
        json_destroy(a->elems[i]);
        a->elems[i] = json_string_create_nocopy(text);
    } else {
        json_array_add(array, json_string_create_nocopy(text));
    }
}

/* Writes down what 'side' said about the frame of step 'i'. */
static void
answer_step(struct testcase *tc, size_t i, const struct side *side)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    put(tc->verdicts, i,
        xstrdup(interpret_verdict_name(side->result.verdict)));
    put(tc->states, i,
        xasprintf("%s%s", interpret_state_name(side->conn.state),
                  side->conn.reply ? " reply" : ""));
    if (tc->options->verbose) {
        interpret_result_format(&side->result, &s);
        put(tc->why, i, ds_steal_cstr(&s));
    }
}

/* The verdict on a later fragment where the datapath tracks it with its packet
 * but leaves it apart: it has no ports. */
static void
judge_blind(struct side *side, const struct held *part)
{
    struct interpret_frame frame = part->frame;

    frame.ip.l4.valid = false;
    interpret_frame(side->policy, &frame, part->direction, &side->conn,
                    &side->result);
}

/* The fragments held[a] and held[b] are one packet. */
static void
release_packet(struct side *side, size_t a, size_t b)
{
    struct held *parts[] = { &side->held[a], &side->held[b] };
    struct held *first = parts[parts[0]->frame.ip.later];
    struct held *later = parts[!parts[0]->frame.ip.later];
    bool blind = side->tc->options->ct.userspace;
    int n_accepted = 0;

    interpret_frame_reassemble(&later->frame, &first->frame);
    for (int i = 0; i < 2; i++) {
        judge(side, &parts[i]->frame, parts[i]->direction, NULL);
        if (blind && parts[i] == later) {
            judge_blind(side, later);
        }
        n_accepted += side->result.verdict == INTERPRET_ACCEPT;
        answer_step(side->tc, parts[i]->step, side);
    }
    bool begins = (side->conn.state == INTERPRET_NEW
                   || side->conn.state == INTERPRET_RELATED);
    if (n_accepted == 2 || (n_accepted && !blind)) {
        interpret_ct_confirm(side->ct);
    } else if (blind && begins) {
        /* What was let through waits for the rest once more, to be
         * committed. */
        side->result.verdict = INTERPRET_DROP;
        answer_step(side->tc, first->step, side);
        answer_step(side->tc, later->step, side);
    }
    free(first->data);
    free(later->data);
    side->held[b] = side->held[--side->n_held];
    side->held[a] = side->held[--side->n_held];
}

/* Where layer 3 looks at state, it sees whole packets: a fragment waits for
 * the others.  (Here packets have two.) */
static void
hold(struct side *side, const struct held *held)
{
    side->result.verdict = INTERPRET_DROP;
    answer_step(side->tc, held->step, side);
    if (side->n_held >= side->allocated_held) {
        side->held = x2nrealloc(side->held, &side->allocated_held,
                                sizeof *side->held);
    }
    side->held[side->n_held++] = *held;
    for (size_t i = 0; i + 1 < side->n_held; i++) {
        if (same_packet(&side->held[i], held)
            && side->held[i].frame.ip.later != held->frame.ip.later) {
            release_packet(side, i, side->n_held - 1);
            return;
        }
    }
}

static bool
must_wait(struct side *side, const struct interpret_frame *frame,
          enum nw_direction direction)
{
    return frame->ip.fragment
           && interpret_tests_state(side->policy, frame->ip.family)
           && interpret_reaches_layer3(side->policy, frame, direction,
                                       &side->result);
}

static void
flush_side(struct side *side)
{
    if (side->ct) {
        interpret_ct_flush(side->ct);
    }
    for (size_t i = 0; i < side->n_held; i++) {
        free(side->held[i].data);
    }
    side->n_held = 0;
}

/* The frame leaves one port and arrives at the other; one for everybody gets
 * to ports without filter, too. */
static void
cross(struct testcase *tc, size_t i, const struct interpret_frame *frame,
      bool in)
{
    struct side *from = in ? &tc->peer : &tc->guest;
    struct side *to = in ? &tc->guest : &tc->peer;

    if (judge(from, frame, NW_OUT, NULL) != INTERPRET_ACCEPT) {
        answer_step(tc, i, from);
        return;
    }
    if (judge(to, frame, NW_IN, NULL) == INTERPRET_ACCEPT) {
        interpret_ct_confirm(from->ct);
        interpret_ct_confirm(to->ct);
    } else if (frame->eth_dst[0] & 1) {
        interpret_ct_confirm(from->ct);
    }
    answer_step(tc, i, to);
}

static void
run_step(struct testcase *tc, size_t i, const struct json *step)
{
    bool in = !strcmp(string_member(step, "dir"), "in");
    struct held held = { .step = i, .direction = in ? NW_IN : NW_OUT };
    size_t size;

    if (flag_member(step, "flush")) {
        flush_side(&tc->guest);
        flush_side(&tc->peer);
    }
    held.data = from_hex(string_member(step, "frame"), &size);
    if (!interpret_frame_parse(held.data, size, &held.frame)) {
        ovs_fatal(0, "frame is too short");
    }
    if (tc->peer.policy) {
        cross(tc, i, &held.frame, in);
    } else if (must_wait(&tc->guest, &held.frame, held.direction)) {
        hold(&tc->guest, &held);
        return;
    } else {
        if (judge(&tc->guest, &held.frame, held.direction, step)
            == INTERPRET_ACCEPT) {
            interpret_ct_confirm(tc->guest.ct);
        }
        answer_step(tc, i, &tc->guest);
    }
    free(held.data);
}

static struct json *
run_steps(struct testcase *tc, const struct json *steps)
{
    struct json *answer = json_object_create();

    tc->verdicts = json_array_create_empty();
    tc->states = json_array_create_empty();
    tc->why = json_array_create_empty();
    for (size_t i = 0; i < json_array(steps)->n; i++) {
        run_step(tc, i, json_array(steps)->elems[i]);
    }
    json_object_put(answer, "verdicts", tc->verdicts);
    json_object_put(answer, "states", tc->states);
    if (tc->options->verbose) {
        json_object_put(answer, "why", tc->why);
    } else {
        json_destroy(tc->why);
    }
    return answer;
}

static void
uninit_side(struct side *side)
{
    flush_side(side);
    interpret_policy_destroy(side->policy);
    interpret_ct_destroy(side->ct);
    interpret_result_uninit(&side->result);
    free(side->held);
}

static void
uninit(struct testcase *tc)
{
    struct shash_node *node;

    uninit_side(&tc->guest);
    uninit_side(&tc->peer);
    SHASH_FOR_EACH (node, &tc->filters) {
        nw_filter_destroy(node->data);
    }
    shash_destroy(&tc->filters);
    SHASH_FOR_EACH (node, &tc->sets) {
        struct interpret_set *set = node->data;
        free(CONST_CAST(struct nw_set_entry *, set->entries));
    }
    shash_destroy_free_data(&tc->sets);
}

static struct json *
run_case(const struct options *options, const struct json *json)
{
    struct testcase tc = { .options = options };
    struct nw_diags diags = { .items = NULL };
    struct json *answer;

    shash_init(&tc.filters);
    shash_init(&tc.sets);
    if (setup(&tc, json, &diags)) {
        answer = run_steps(&tc, member(json, "steps"));
    } else {
        answer = json_object_create();
        json_object_put_string(answer, "refused",
                               tc.parsed ? "instantiate" : "define");
        json_object_put(answer, "error",
                        json_string_create_nocopy(
                            nw_diags_first_error(&diags)));
    }
    if (options->dump && tc.guest.policy) {
        struct ds s = DS_EMPTY_INITIALIZER;
        interpret_policy_format(tc.guest.policy, &s);
        json_object_put(answer, "policy",
                        json_string_create_nocopy(ds_steal_cstr(&s)));
    }
    json_object_put_string(answer, "id", string_member(json, "id"));
    uninit(&tc);
    nw_diags_clear(&diags);
    return answer;
}

static void
parse_arguments(int argc, char *argv[], struct options *options)
{
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "-v")) {
            options->verbose = true;
        } else if (!strcmp(argv[i], "--dump")) {
            options->dump = true;
        } else if (!strcmp(argv[i], "--strict")) {
            options->strict = true;
        } else if (!strcmp(argv[i], "--ftp")) {
            options->ct.ftp = true;
        } else if (!strcmp(argv[i], "--userspace")) {
            options->ct.userspace = true;
        } else if (!strcmp(argv[i], "--check-udplite")) {
            options->ct.check_udplite = true;
        } else if (!strcmp(argv[i], "--ignore-checksums")) {
            options->ct.ignore_checksums = true;
        } else {
            ovs_fatal(
                0,
                "usage: %s [-v] [--dump] [--strict] [--ftp] [--userspace] "
                "[--check-udplite] [--ignore-checksums] < CASES",
                argv[0]);
        }
    }
}

int
main(int argc, char *argv[])
{
    struct options options = { .verbose = false };
    struct ds line = DS_EMPTY_INITIALIZER;

    set_program_name(argv[0]);
    parse_arguments(argc, argv, &options);
    while (!ds_get_line(&line, stdin)) {
        struct json *json = json_from_string(ds_cstr(&line));
        if (json->type != JSON_OBJECT) {
            ovs_fatal(0, "no JSON object: %.60s", ds_cstr(&line));
        }
        struct json *answer = run_case(&options, json);
        char *text = json_to_string(answer, 0);
        puts(text);
        fflush(stdout);
        free(text);
        json_destroy(answer);
        json_destroy(json);
    }
    ds_destroy(&line);
    return 0;
}
