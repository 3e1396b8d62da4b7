/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/program.h"

#include <stdlib.h>
#include <string.h>

#include "flows/actions.h"
#include "flows/bpdu-flows.h"
#include "flows/expand.h"
#include "flows/flow.h"
#include "flows/known.h"
#include "flows/lower.h"
#include "flows/pipeline.h"
#include "flows/predicate.h"
#include "flows/program-chains.h"
#include "flows/rule-origin.h"
#include "flows/segment.h"
#include "flows/stable-id.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofpbuf.h"
#include "packets.h"
#include "util.h"
#include "xml/diag.h"
#include "xml/filter.h"
#include "xml/vars.h"

struct program {
    char *filter;
    char *key;
    uint32_t default_id;
    bool ok;
    struct sset filters;
    struct sset chains; /* Names, for the segments. */
    struct expand_uses uses;
    struct nw_vars copied; /* Values of uses.copied. */
    struct sg_stage stages[N_DIRECTIONS][N_LAYERS];
    uint32_t flags[N_DIRECTIONS];
    uint32_t stamp; /* Of connections, or 0 (known.h). */
    bool tests_arp_header[N_DIRECTIONS];
    bool tests_gratuitous[N_DIRECTIONS];
    struct bpdu_list bpdu[N_DIRECTIONS];
    unsigned int needs; /* Bits by pipeline_need. */
    struct predicate *predicates;
    size_t n_predicates, allocated_predicates;
    struct rule_origins origins;
};

/* A rule with its variables looked up, for both directions. */
struct program_rule {
    const struct rs_rule *rs_rule;
    struct expansion expansion;
    bool decisive; /* See known.h: and so are all before it, or accept. */
};

struct build {
    struct program *program;
    struct program_rule *rules;
    size_t n_rules;
    const struct program_limits *limits;
    struct nw_diags *diags;
    bool tests_state[N_LAYERS];
    bool uses_related;
    const struct rs_rule *too_many[N_DIRECTIONS]; /* The first rule whose
                                                   * condition on BPDUs has no
                                                   * bit. */
};

static bool
expand_rules(struct build *b, const struct ruleset *rs,
             const struct nw_vars *vars)
{
    bool ok = true;

    b->rules = xcalloc(rs->n_rules + 1, sizeof *b->rules);
    for (size_t i = 0; i < rs->n_rules; i++) {
        struct program_rule *r = &b->rules[b->n_rules++];

        r->rs_rule = &rs->rules[i];
        ok = expand_init(&r->expansion, r->rs_rule, vars, &b->program->uses,
                         b->diags)
             && ok;
    }
    return ok;
}

/* Ethertype that the fields of a rule's addresses presuppose. */
static uint16_t
address_eth_type(const struct nw_rule *rule)
{
    switch (nw_protocol_layer(rule->protocol)) {
    case NW_L3_IPV4:
        return ETH_TYPE_IP;
    case NW_L3_IPV6:
        return ETH_TYPE_IPV6;
    case NW_L2:
        break;
    }
    switch ((int) rule->protocol) {
    case NW_P_ARP:
        return ETH_TYPE_ARP;
    case NW_P_RARP:
        return ETH_TYPE_RARP;
    case NW_P_IP:
        return ETH_TYPE_IP;
    case NW_P_IPV6:
        return ETH_TYPE_IPV6;
    }
    return 0;
}

/* Index of the predicate in the program, added if it is new.  Takes over
 * 'p'. */
static size_t
intern_predicate(struct program *program, struct predicate *p)
{
    for (size_t i = 0; i < program->n_predicates; i++) {
        if (!strcmp(program->predicates[i].text, p->text)) {
            predicate_uninit(p);
            return i;
        }
        /* A hash of another predicate's text: take the next key.  Sets have
         * no such choice, their rows know of no program. */
        p->key += !p->use.set && program->predicates[i].key == p->key;
    }
    if (program->n_predicates >= program->allocated_predicates) {
        program->predicates = x2nrealloc(program->predicates,
                                         &program->allocated_predicates,
                                         sizeof *program->predicates);
    }
    program->predicates[program->n_predicates] = *p;
    return program->n_predicates++;
}

static void
add_group_predicate(struct build *b, const struct program_rule *r,
                    const struct expand_group *g,
                    const struct lw_orientation *orient, struct lw_rule *lw)
{
    const struct nw_rule *rule = r->rs_rule->rule;
    struct predicate p = { .file = NULL };

    for (size_t i = 0; i < g->n_items; i++) {
        const struct nw_item *item = &rule->items[g->items[i]];
        struct predicate_part *part = &p.parts[p.n_parts];

        if (lw_address_field(rule, item->field->attr, orient, &part->field,
                             &part->prefix_len)) {
            part->type = item->field->type;
            part->attr = item->field->attr;
            part->name = xstrdup(item->access.name);
            part->kind = item->access.kind;
            part->index = item->access.index;
            p.negate = item->negate;
            if (part->field != MFF_ETH_SRC && part->field != MFF_ETH_DST) {
                p.eth_type = address_eth_type(rule);
            }
            p.n_parts++;
        }
    }
    if (p.n_parts) {
        bool negate = p.negate;

        p.file = xstrdup(r->rs_rule->filter->file);
        p.line = rule->line;
        predicate_finish(&p);
        lw_rule_add_predicate(lw, intern_predicate(b->program, &p), negate);
    }
}

static void
add_set_predicate(struct build *b, const struct lw_input *in,
                  struct lw_rule *lw)
{
    struct predicate p = { .file = NULL };

    if (lw->possible && set_use_init(&p.use, in)) {
        p.file = xstrdup(in->file);
        p.line = nw_rule_item(in->rule, NW_A_IPSET)->line;
        predicate_finish(&p);
        lw_rule_add_predicate(lw, intern_predicate(b->program, &p), false);
    }
}

static void
add_bpdu_condition(struct build *b, const struct rs_rule *rule, int dir,
                   struct lw_rule *lw)
{
    if (lw->bpdu.n) {
        size_t i = bpdu_list_add(&b->program->bpdu[dir], &lw->bpdu);

        if (i < BPDU_MAX_CONDITIONS) {
            lw_rule_add_bpdu(lw, bpdu_header_bit(i));
        } else if (!b->too_many[dir]) {
            b->too_many[dir] = rule;
        }
        b->program->needs |= 1u << PL_NEED_BPDU;
    }
}

static bool
needs(const struct program *program, enum pipeline_need need)
{
    return program->needs & 1u << need;
}

static void
note_needs(struct build *b, const struct lw_rule *lw, int dir)
{
    struct program *program = b->program;

    program->tests_arp_header[dir] |= lw->tests_arp_header;
    program->tests_gratuitous[dir] |= lw->tests_gratuitous;
    program->needs |= lw->tests_gratuitous ? 1u << PL_NEED_GRATUITOUS : 0;
    program->needs |= lw->tests_arp_numbers ? 1u << PL_NEED_ARP_NUMBERS : 0;
}

/* Which families' connections have to be tracked: both directions make a
 * connection, whichever tests its state.  And whether the headers of IPv6
 * packets have to be read. */
static void
find_needs(struct build *b)
{
    for (size_t i = 0; i < b->n_rules; i++) {
        const struct nw_rule *rule = b->rules[i].rs_rule->rule;
        uint8_t states = lw_orient(rule, NW_IN).states
                         | lw_orient(rule, NW_OUT).states;

        b->tests_state[nw_protocol_layer(rule->protocol)] |= states != 0;
        b->uses_related |= (states & NW_STATE_RELATED) != 0;
        if (lw_reads_ipv6(rule)) {
            b->program->needs |= 1u << PL_NEED_IPV6_HEADERS;
        }
    }
}

/* Up to where a layer's rules only accept. */
static void
find_decisive(struct build *b)
{
    bool only_accepts[N_LAYERS];

    memset(only_accepts, !b->limits->count_all, sizeof only_accepts);
    if (needs(b->program, PL_NEED_IPV6_HEADERS)) {
        /* Of one connection there may be packets with and without. */
        only_accepts[NW_L3_IPV6] = false;
    }
    for (size_t i = 0; i < b->n_rules; i++) {
        struct program_rule *r = &b->rules[i];
        const struct nw_rule *rule = r->rs_rule->rule;
        bool *only = &only_accepts[nw_protocol_layer(rule->protocol)];

        *only &= rule->action == NW_ACTION_ACCEPT;
        r->decisive = *only && known_rule_is_decisive(rule, &r->expansion);
    }
}

static void
set_stamp(struct program *program)
{
    const struct sg_stage *stages[] = {
        &program->stages[NW_OUT][NW_L3_IPV4],
        &program->stages[NW_OUT][NW_L3_IPV6],
        &program->stages[NW_IN][NW_L3_IPV4],
        &program->stages[NW_IN][NW_L3_IPV6],
    };

    program->stamp = known_stamp(stages, ARRAY_SIZE(stages));
}

/* Adds one combination of values of a rule to a segment. */
static bool
add_combination(struct build *b, const struct program_rule *r, size_t i,
                int dir, struct chain_sink *sink, struct sg_target target)
{
    const struct nw_rule *rule = r->rs_rule->rule;
    struct nw_value storage[EXPAND_MAX_ITEMS];
    const struct nw_value *values[EXPAND_MAX_ITEMS];
    struct lw_input in = {
        .file = r->rs_rule->filter->file,
        .rule = rule,
        .values = values,
        .orient = lw_orient(rule, dir),
        .reads_ipv6 = needs(b->program, PL_NEED_IPV6_HEADERS),
    };
    struct lw_rule lw;

    if (!expand_values(&r->expansion, i, storage, values, b->diags)) {
        return false;
    }

    bool ok = lw_rule_init(&lw, &in, b->diags);

    for (size_t g = 0; ok && g < r->expansion.n_groups; g++) {
        if (r->expansion.groups[g].shared) {
            add_group_predicate(b, r, &r->expansion.groups[g], &in.orient,
                                &lw);
        }
    }
    if (ok) {
        add_set_predicate(b, &in, &lw);
        note_needs(b, &lw, dir);
        target.stamps = r->decisive && !in.orient.reply
                        && sg_rule_is_simple(&lw);
        if (sink) {
            add_bpdu_condition(b, r->rs_rule, dir, &lw);
            chain_add_rule(sink, &lw, target, r->rs_rule->id);
        }
    }
    lw_rule_uninit(&lw);
    return ok;
}

bool
program_add_rule(struct build *b, const struct program_rule *r, int dir,
                 struct chain_sink *sink, struct sg_target target)
{
    bool ok = true;

    for (size_t i = 0; ok && i < r->expansion.n_combinations; i++) {
        ok = add_combination(b, r, i, dir, sink, target);
    }
    return ok;
}

const struct rs_rule *
program_rs_rule(const struct program_rule *r)
{
    return r->rs_rule;
}

const char *
program_keep_name(struct build *b, const char *name)
{
    sset_add(&b->program->chains, name);
    return sset_find(&b->program->chains, name)->name;
}

size_t
program_rules(struct build *b, struct program_rule *const **rulesp)
{
    struct program_rule **rules = xmalloc((b->n_rules + 1) * sizeof *rules);

    for (size_t i = 0; i < b->n_rules; i++) {
        rules[i] = &b->rules[i];
    }
    *rulesp = rules;
    return b->n_rules;
}

/* Numbers the segments.  Returns false, with an error, if there is too much of
 * anything. */
static bool
finish_stages(struct build *b, const struct nw_filter *top)
{
    size_t n = 0;

    for (int dir = 0; dir < N_DIRECTIONS; dir++) {
        for (int layer = 0; layer < N_LAYERS; layer++) {
            n += b->program->stages[dir][layer].n_flows;
            if (!sg_finish(&b->program->stages[dir][layer],
                           layer * 2 * SG_MAX_SEGMENTS)) {
                nw_error(b->diags, top->file, 0,
                         "filter '%s' needs more than "
                         "%d lookups in a row: too many rules with "
                         "match='no', or chains with rules that return",
                         top->name, SG_MAX_SEGMENTS);
                return false;
            }
        }
    }
    if (b->limits->max_flows && n > b->limits->max_flows) {
        nw_error(b->diags, top->file, 0,
                 "filter '%s' would need %" PRIuSIZE
                 " flows, more than the %" PRIuSIZE " allowed",
                 top->name, n, b->limits->max_flows);
        return false;
    }
    return true;
}

static bool
too_many_conditions(struct build *b)
{
    bool too_many = false;

    for (int dir = 0; dir < N_DIRECTIONS; dir++) {
        const struct rs_rule *rule = b->too_many[dir];

        if (rule) {
            nw_error(b->diags, rule->filter->file, rule->rule->line,
                     "rules in direction '%s' ask for fields of BPDUs in "
                     "%" PRIuSIZE " ways, more than the %d that can be told "
                     "apart",
                     nw_direction_name(dir), b->program->bpdu[dir].n,
                     BPDU_MAX_CONDITIONS);
            too_many = true;
        }
    }
    return too_many;
}

static bool
build_stages(struct build *b, const struct nw_filter *top)
{
    bool ok = true;

    find_needs(b);
    find_decisive(b);
    for (int dir = 0; dir < N_DIRECTIONS; dir++) {
        for (int layer = 0; layer < N_LAYERS; layer++) {
            struct sg_stage *stage = &b->program->stages[dir][layer];

            ok = (layer == NW_L2
                      ? chain_build_l2(b, dir, stage)
                      : chain_build_l3(b, dir, layer, stage, b->diags))
                 && ok;
        }
    }
    return ok && !too_many_conditions(b) && finish_stages(b, top);
}

static void
set_flags(struct build *b)
{
    for (int dir = 0; dir < N_DIRECTIONS; dir++) {
        uint32_t *flags = &b->program->flags[dir];
        struct sg_stage *stages = b->program->stages[dir];

        *flags |= b->tests_state[NW_L3_IPV4] ? PL_F_CT4 : 0;
        *flags |= b->tests_state[NW_L3_IPV6] ? PL_F_CT6 : 0;
        *flags |= stages[NW_L3_IPV4].n_flows ? PL_F_L3_4 : 0;
        *flags |= stages[NW_L3_IPV6].n_flows ? PL_F_L3_6 : 0;
        *flags |= stages[NW_L2].n_flows ? PL_F_L2 : 0;
        *flags |= b->uses_related ? PL_F_ALG : 0;
        *flags |= needs(b->program, PL_NEED_IPV6_HEADERS) ? PL_F_AH : 0;
    }
}

/* "FILTER(A=1;2,B,C)": the variables that ports have, with the values that
 * matter. */
static void
set_key(struct program *program, const struct nw_vars *vars)
{
    const char **names = sset_sort(&program->uses.at_port);
    struct ds s = DS_EMPTY_INITIALIZER;

    ds_put_format(&s, "%s(", program->filter);
    for (size_t i = 0; names[i]; i++) {
        ds_put_format(&s, "%s%s", i ? "," : "", names[i]);
        if (sset_contains(&program->uses.copied, names[i])) {
            const struct nw_var *var = nw_vars_find(vars, names[i]);

            for (size_t j = 0; j < var->n_values; j++) {
                ds_put_format(&s, "%c%s", j ? ';' : '=', var->values[j]);
                nw_vars_append(&program->copied, names[i], var->values[j]);
            }
        }
    }
    ds_put_char(&s, ')');
    free(names);
    program->key = ds_steal_cstr(&s);
    program->default_id = stable_id(program->key);
    program->default_id += !program->default_id;
}

static struct program *
program_create(const struct nw_filter *top)
{
    struct program *program = xzalloc(sizeof *program);

    program->filter = xstrdup(top->name);
    sset_init(&program->filters);
    sset_init(&program->chains);
    sset_init(&program->uses.at_port);
    sset_init(&program->uses.absent);
    sset_init(&program->uses.copied);
    sset_init(&program->uses.missing);
    nw_vars_init(&program->copied);
    for (int dir = 0; dir < N_DIRECTIONS; dir++) {
        bpdu_list_init(&program->bpdu[dir]);
        for (int layer = 0; layer < N_LAYERS; layer++) {
            sg_stage_init(&program->stages[dir][layer]);
        }
    }
    return program;
}

struct program *
program_build(const struct nw_filter *top, filter_lookup_func *lookup,
              void *aux, const struct nw_vars *vars,
              const struct program_limits *limits, struct nw_diags *diags)
{
    struct program *program = program_create(top);
    struct build b = {
        .program = program,
        .limits = limits,
        .diags = diags,
    };
    struct ruleset rs;

    program->ok = ruleset_init(&rs, top, lookup, aux, diags)
                  && expand_rules(&b, &rs, vars) && build_stages(&b, top);
    set_flags(&b);
    set_stamp(program);
    set_key(program, vars);
    rule_origins_init(&program->origins, &rs);
    sset_swap(&program->filters, &rs.filters);

    for (size_t i = 0; i < b.n_rules; i++) {
        expand_uninit(&b.rules[i].expansion);
    }
    free(b.rules);
    ruleset_uninit(&rs);
    return program;
}

void
program_destroy(struct program *program)
{
    if (!program) {
        return;
    }
    for (int dir = 0; dir < N_DIRECTIONS; dir++) {
        bpdu_list_uninit(&program->bpdu[dir]);
        for (int layer = 0; layer < N_LAYERS; layer++) {
            sg_stage_uninit(&program->stages[dir][layer]);
        }
    }
    for (size_t i = 0; i < program->n_predicates; i++) {
        predicate_uninit(&program->predicates[i]);
    }
    free(program->predicates);
    rule_origins_uninit(&program->origins);
    sset_destroy(&program->filters);
    sset_destroy(&program->chains);
    sset_destroy(&program->uses.at_port);
    sset_destroy(&program->uses.absent);
    sset_destroy(&program->uses.copied);
    sset_destroy(&program->uses.missing);
    nw_vars_uninit(&program->copied);
    free(program->filter);
    free(program->key);
    free(program);
}

bool
program_is_ok(const struct program *program)
{
    return program->ok;
}

const char *
program_key(const struct program *program)
{
    return program->key;
}

uint32_t
program_default_id(const struct program *program)
{
    return program->default_id;
}

const struct sset *
program_filters(const struct program *program)
{
    return &program->filters;
}

const struct sset *
program_missing(const struct program *program)
{
    return &program->uses.missing;
}

bool
program_uses(const struct program *program, const char *name)
{
    return sset_contains(&program->uses.at_port, name);
}

bool
program_fits(const struct program *program, const struct nw_vars *vars)
{
    const char *name;

    SSET_FOR_EACH (name, &program->uses.at_port) {
        if (!nw_vars_find(vars, name)) {
            return false;
        }
    }
    SSET_FOR_EACH (name, &program->uses.absent) {
        if (nw_vars_find(vars, name)) {
            return false;
        }
    }
    for (size_t i = 0; i < program->copied.n; i++) {
        const struct nw_var *a = &program->copied.vars[i];
        const struct nw_var *b = nw_vars_find(vars, a->name);

        if (a->n_values != b->n_values) {
            return false;
        }
        for (size_t j = 0; j < a->n_values; j++) {
            if (strcmp(a->values[j], b->values[j])) {
                return false;
            }
        }
    }
    return true;
}

size_t
program_predicates(const struct program *program,
                   const struct predicate **predicatesp)
{
    *predicatesp = program->predicates;
    return program->n_predicates;
}

const struct rule_origins *
program_origins(const struct program *program)
{
    return &program->origins;
}

const struct nw_var *
program_variable(const struct program *program,
                 const struct rule_origin *origin, const char *name,
                 const struct nw_vars *port_vars)
{
    if (port_vars) {
        const struct nw_var *var = nw_vars_find(port_vars, name);

        return var ? var : nw_vars_find(&origin->given, name);
    } else if (sset_contains(&program->uses.at_port, name)) {
        return nw_vars_find(&program->copied, name);
    }
    return nw_vars_find(&origin->given, name);
}

const char *
program_find_chain(const struct program *program, enum nw_direction direction,
                   uint32_t number)
{
    const struct sg_segment *segment =
        sg_find(&program->stages[direction][NW_L2], number);

    return !segment ? NULL : segment->chain ? segment->chain : "root";
}

unsigned int
program_needs(const struct program *program)
{
    return program->needs;
}

/* Flows. */

struct stage_place {
    int dir;
    enum nw_layer layer;
    uint8_t entry, tables, accept;
    uint16_t eth_type; /* The entry flow's, or 0 for any. */
};

static const struct stage_place places[] = {
    { NW_OUT, NW_L2, PL_T_OUT_ENTRY, PL_T_OUT_L2, PL_T_OUT_CT, 0 },
    { NW_OUT, NW_L3_IPV4, PL_T_OUT_L3_ENTRY, PL_T_OUT_L3, PL_T_OUT_DONE,
      ETH_TYPE_IP },
    { NW_OUT, NW_L3_IPV6, PL_T_OUT_L3_ENTRY, PL_T_OUT_L3, PL_T_OUT_DONE,
      ETH_TYPE_IPV6 },
    { NW_IN, NW_L3_IPV4, PL_T_IN_L3_ENTRY, PL_T_IN_L3, PL_T_IN_L2_ENTRY,
      ETH_TYPE_IP },
    { NW_IN, NW_L3_IPV6, PL_T_IN_L3_ENTRY, PL_T_IN_L3, PL_T_IN_L2_ENTRY,
      ETH_TYPE_IPV6 },
    { NW_IN, NW_L2, PL_T_IN_L2_ENTRY, PL_T_IN_L2, PL_T_IN_DONE, 0 },
};

/* What a direction starts with: the program's needs, and the header bits. */
static void
put_begin(const struct program *program, int dir, bool tells_accepts,
          struct ofpbuf *acts)
{
    act_load(acts, PL_R_FLAGS,
             program->flags[dir] | (dir == NW_IN ? PL_F_IN : 0));
    if (tells_accepts) {
        act_load(acts, PL_R_ACCEPTED_BY[0], 0);
        act_load(acts, PL_R_ACCEPTED_BY[1], 0);
    }
    if (program->tests_arp_header[dir] || program->tests_gratuitous[dir]) {
        act_resubmit(acts, PL_T_ARP_HEADER);
    }
    if (program->tests_gratuitous[dir]) {
        act_resubmit(acts, PL_T_GRATUITOUS);
    }
}

static void
add_entry(uint8_t table, uint32_t id, uint16_t eth_type,
          const struct ofpbuf *acts, struct flow_set *set)
{
    struct match match;

    match_init_catchall(&match);
    match_set_reg(&match, PL_R_PROGRAM - MFF_REG0, id);
    if (eth_type) {
        match_set_dl_type(&match, htons(eth_type));
    }
    flow_set_add(set,
                 of_flow_create(table, 100, pipeline_cookie(PL_K_PROGRAM, id),
                                &match, acts));
}

static void
add_flows(const struct program *program, uint32_t id, bool tells_accepts,
          struct flow_set *set)
{
    struct sg_lookup *lookups = xmalloc((program->n_predicates + 1)
                                        * sizeof *lookups);
    struct ofpbuf acts;

    for (size_t i = 0; i < program->n_predicates; i++) {
        const struct predicate *p = &program->predicates[i];

        lookups[i] = (struct sg_lookup){ p->table, p->key, p->hit };
    }
    ofpbuf_init(&acts, 256);
    put_begin(program, NW_IN, tells_accepts, &acts);
    act_resubmit(&acts, PL_T_IN_CT);
    add_entry(PL_T_IN_ENTRY, id, 0, &acts, set);

    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        const struct stage_place *p = &places[i];
        const struct sg_stage *stage = &program->stages[p->dir][p->layer];
        struct sg_emit e = {
            .program = id,
            .first_table = p->tables,
            .accept_table = p->accept,
            .predicates = lookups,
            .tells_accepts = tells_accepts,
            .second = (p->dir == NW_OUT) != (p->layer == NW_L2),
        };

        ofpbuf_clear(&acts);
        if (p->entry == PL_T_OUT_ENTRY) {
            put_begin(program, NW_OUT, tells_accepts, &acts);
        } else if (!stage->n_flows) {
            continue;
        }
        sg_emit_entry(stage, &e, &acts);
        add_entry(p->entry, id, p->eth_type, &acts, set);
        if (p->layer == NW_L2 && program->bpdu[p->dir].n) {
            bpdu_program_flows(&program->bpdu[p->dir], p->dir == NW_IN, id,
                               &acts, set);
        }
        sg_emit_flows(stage, &e, set);
    }
    if (program->stamp) {
        known_flows(id, program->stamp, set);
    }
    ofpbuf_uninit(&acts);
    free(lookups);
}

void
program_flows(const struct program *program, uint32_t id, struct flow_set *set)
{
    add_flows(program, id, false, set);
}

void
program_telling_flows(const struct program *program, uint32_t id,
                      struct flow_set *set)
{
    add_flows(program, id, true, set);
}
