/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

/* The interpreter as a program: reads cases, one JSON object a line, and
 * prints what the interpreter and its connection tracker say, one JSON object
 * a line.
 *
 *   {"id": ..., "filters": {NAME: XML}, "env": {"ipsets": ...},
 *    "binding": {"mac":, "filter":, "parameters": {NAME: [VALUE...]}},
 *    "steps": [{"dir": "in"|"out", "frame": HEX, "flush": BOOL,
 *               "state": NAME, "reply": BOOL}]}
 *
 * "flush" empties the connection table before the step; "state" replaces the
 * tracker's opinion.  The answer is {"id", "error", "refused":
 * "define"|"instantiate"} or {"id", "verdicts": [...], "states": [...]}, with
 * -v also "why". */

#include <config.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/interpret-ct.h"
#include "flows/interpret-set.h"
#include "flows/interpret.h"
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

/* One case while it is worked on. */
struct testcase {
    const struct options *options;
    bool parsed;          /* Every document is well-formed. */
    struct shash filters; /* Name to struct nw_filter. */
    struct shash sets;    /* Name to struct interpret_set. */
    struct interpret_ct *ct;
    struct interpret_policy *policy;
    struct interpret_result result;
    struct {
        uint8_t *data;
        struct interpret_frame frame;
    } * firsts;
    size_t n_firsts, allocated_firsts;
    struct json *verdicts, *states, *why;
};

static const struct nw_filter *
find_filter(const char *name, void *tc_)
{
    struct testcase *tc = tc_;

    return shash_find_data(&tc->filters, name);
}

static bool
find_set(const char *name, void *tc_)
{
    struct testcase *tc = tc_;

    return shash_find(&tc->sets, name) != NULL;
}

static bool
test_set(const char *name, const struct nw_ipset_flags *flags,
         const struct interpret_frame *frame, void *tc_)
{
    struct testcase *tc = tc_;

    return interpret_set_contains(shash_find_data(&tc->sets, name), flags,
                                  frame);
}

static unsigned int
count_connections(const void *key, const struct interpret_frame *frame,
                  void *tc_)
{
    struct testcase *tc = tc_;

    return interpret_ct_count(tc->ct, key, frame);
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
setup(struct testcase *tc, const struct json *json, struct nw_diags *diags)
{
    const struct json *binding = member(json, "binding");
    const struct json *sets = member(member(json, "env"), "ipsets");
    struct interpret_env env = {
        find_filter,       find_set, test_set,
        count_connections, tc,       tc->options->strict,
    };
    struct interpret_ct_options ct_options = tc->options->ct;
    struct shash_node *node;
    struct nw_vars vars;

    ct_options.ftp |= flag_member(member(json, "env"), "ftp_helper");
    if (member(member(json, "env"), "ct_checksum")) {
        ct_options.ignore_checksums = true;
    }
    tc->ct = interpret_ct_create(&ct_options);
    add_filters(tc, member(json, "filters"), diags);
    if (sets) {
        SHASH_FOR_EACH (node, json_object(sets)) {
            add_set(tc, node->name, node->data, diags);
        }
    }
    tc->parsed = !diags->n_errors;
    if (!tc->parsed) {
        return false;
    }
    read_vars(binding, &vars);
    tc->policy = interpret_policy_create(&env,
                                         string_member(binding, "filter"),
                                         &vars, diags);
    nw_vars_uninit(&vars);
    return tc->policy != NULL;
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
same_packet(const struct interpret_ip *a, const struct interpret_ip *b)
{
    return (a->family == b->family && a->frag_id == b->frag_id
            && !memcmp(a->src, b->src, 16) && !memcmp(a->dst, b->dst, 16));
}

/* Where layer 3 looks at state it sees whole packets: a later fragment gets
 * the header of its first.  Returns true if 'data' has been kept. */
static bool
handle_fragment(struct testcase *tc, struct interpret_frame *f, uint8_t *data)
{
    if (!f->ip.fragment || !interpret_tests_state(tc->policy, f->ip.family)) {
        return false;
    }
    if (!f->ip.later) {
        if (tc->n_firsts >= tc->allocated_firsts) {
            tc->firsts = x2nrealloc(tc->firsts, &tc->allocated_firsts,
                                    sizeof *tc->firsts);
        }
        tc->firsts[tc->n_firsts].data = data;
        tc->firsts[tc->n_firsts++].frame = *f;
        return true;
    }
    for (size_t i = 0; i < tc->n_firsts; i++) {
        if (same_packet(&tc->firsts[i].frame.ip, &f->ip)) {
            interpret_frame_reassemble(f, &tc->firsts[i].frame);
        }
    }
    return false;
}

static void
flush(struct testcase *tc)
{
    interpret_ct_flush(tc->ct);
    for (size_t i = 0; i < tc->n_firsts; i++) {
        free(tc->firsts[i].data);
    }
    tc->n_firsts = 0;
}

static void
override_state(const struct json *step, struct interpret_conn *conn)
{
    const char *name = string_member(step, "state");

    for (int i = INTERPRET_UNTRACKED; name && i <= INTERPRET_INVALID; i++) {
        if (!strcmp(name, interpret_state_name(i))) {
            conn->state = i;
            conn->reply = flag_member(step, "reply");
        }
    }
}

static void
run_step(struct testcase *tc, const struct json *step)
{
    bool in = !strcmp(string_member(step, "dir"), "in");
    struct interpret_frame frame;
    struct interpret_conn conn;
    size_t size;
    uint8_t *data = from_hex(string_member(step, "frame"), &size);

    if (flag_member(step, "flush")) {
        flush(tc);
    }
    if (!interpret_frame_parse(data, size, &frame)) {
        ovs_fatal(0, "frame is too short");
    }
    bool kept = handle_fragment(tc, &frame, data);
    interpret_ct_receive(tc->ct, &frame, &conn);
    override_state(step, &conn);
    interpret_frame(tc->policy, &frame, in ? NW_IN : NW_OUT, &conn,
                    &tc->result);
    if (tc->result.verdict == INTERPRET_ACCEPT) {
        interpret_ct_confirm(tc->ct);
    }
    json_array_add(tc->verdicts, json_string_create(interpret_verdict_name(
                                     tc->result.verdict)));
    json_array_add(tc->states,
                   json_string_create_nocopy(
                       xasprintf("%s%s", interpret_state_name(conn.state),
                                 conn.reply ? " reply" : "")));
    if (tc->options->verbose) {
        struct ds s = DS_EMPTY_INITIALIZER;
        interpret_result_format(&tc->result, &s);
        json_array_add(tc->why, json_string_create_nocopy(ds_steal_cstr(&s)));
    }
    if (!kept) {
        free(data);
    }
}

static struct json *
run_steps(struct testcase *tc, const struct json *steps)
{
    struct json *answer = json_object_create();

    tc->verdicts = json_array_create_empty();
    tc->states = json_array_create_empty();
    tc->why = json_array_create_empty();
    for (size_t i = 0; i < json_array(steps)->n; i++) {
        run_step(tc, json_array(steps)->elems[i]);
    }
    json_object_put(answer, "verdicts", tc->verdicts);
    json_object_put(answer, "states", tc->states);
    if (tc->options->verbose) {
        json_object_put(answer, "why", tc->why);
    } else {
        json_destroy(tc->why);
    }
    flush(tc);
    return answer;
}

static void
uninit(struct testcase *tc)
{
    struct shash_node *node;

    interpret_policy_destroy(tc->policy);
    interpret_ct_destroy(tc->ct);
    interpret_result_uninit(&tc->result);
    free(tc->firsts);
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
    if (options->dump && tc.policy) {
        struct ds s = DS_EMPTY_INITIALIZER;
        interpret_policy_format(tc.policy, &s);
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
