/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "flows/predicate.h"

#include <stdlib.h>
#include <string.h>

#include "flows/actions.h"
#include "flows/flow.h"
#include "flows/lower.h"
#include "flows/pipeline.h"
#include "flows/stable-id.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"
#include "xml/diag.h"
#include "xml/vars.h"

void
predicate_finish(struct predicate *p)
{
    struct ds s = DS_EMPTY_INITIALIZER;

    if (p->use.set) {
        p->table = PL_T_SET;
        p->text = set_use_format(&p->use);
        p->key = set_use_key(p->text);
        p->hit = set_use_hit(p->text);
        return;
    }
    if (p->negate) {
        ds_put_char(&s, '!');
    }
    if (p->eth_type) {
        ds_put_format(&s, "%#" PRIx16 " ", p->eth_type);
    }
    for (size_t i = 0; i < p->n_parts; i++) {
        const struct predicate_part *part = &p->parts[i];
        const struct mf_field *mf = mf_from_id(part->field);

        ds_put_format(&s, "%s%s=$%s", i ? "," : "", mf->name, part->name);
        if (part->kind == NW_ACCESS_ELEMENT) {
            ds_put_format(&s, "[%u]", part->index);
        }
        if (part->prefix_len < mf->n_bits) {
            ds_put_format(&s, "/%u", part->prefix_len);
        }
    }
    p->table = PL_T_PREDICATE;
    p->text = ds_steal_cstr(&s);
    p->key = stable_id(p->text);
    p->hit = 0;
}

void
predicate_uninit(struct predicate *p)
{
    for (size_t i = 0; i < p->n_parts; i++) {
        free(p->parts[i].name);
    }
    set_use_uninit(&p->use);
    free(p->text);
    free(p->file);
}

/* Number of tuples, or 0 after an error. */
static size_t
count_tuples(const struct predicate *p, const struct nw_vars *vars,
             struct nw_diags *diags)
{
    size_t n = 0;

    for (size_t i = 0; i < p->n_parts; i++) {
        const struct predicate_part *part = &p->parts[i];
        const struct nw_var *var = nw_vars_find(vars, part->name);

        if (!var) {
            nw_error(diags, p->file, p->line, "variable '%s' has no value",
                     part->name);
            return 0;
        }
        if (part->kind == NW_ACCESS_ELEMENT) {
            if (part->index >= var->n_values) {
                nw_error(diags, p->file, p->line,
                         "variable '%s' has no "
                         "element %u",
                         part->name, part->index);
                return 0;
            }
            n = 1;
        } else if (n && n != var->n_values) {
            nw_error(diags, p->file, p->line,
                     "variables that are used in "
                     "parallel have lists of different lengths: '%s' has "
                     "%" PRIuSIZE " values, '%s' has %" PRIuSIZE,
                     p->parts[0].name, n, part->name, var->n_values);
            return 0;
        } else {
            n = var->n_values;
        }
    }
    return n;
}

size_t
predicate_count(const struct predicate *p, const struct nw_vars *vars)
{
    struct nw_diags diags = { .n = 0 };
    size_t n = p->use.set ? 0 : count_tuples(p, vars, &diags);

    nw_diags_clear(&diags);
    return n;
}

/* Parses the part's value for tuple 'i'. */
static bool
parse_value(const struct predicate *p, const struct predicate_part *part,
            size_t i, const struct nw_vars *vars, struct nw_value *value,
            struct nw_diags *diags)
{
    const struct nw_var *var = nw_vars_find(vars, part->name);
    bool element = part->kind == NW_ACCESS_ELEMENT;
    const char *text = var->values[element ? part->index : i];
    char *error = nw_variable_parse(part->attr, part->type, text, value);

    if (error) {
        nw_error(diags, p->file, p->line,
                 "[D16] %s: value '%s' of variable '%s': %s",
                 nw_attr_name(part->attr), text, part->name, error);
        free(error);
        return false;
    }
    return true;
}

/* Adds the clause "field = value" with the part's mask to 'alt'. */
static bool
add_clause(const struct predicate *p, const struct predicate_part *part,
           size_t i, const struct nw_vars *vars, struct lw_alt *alt,
           struct nw_diags *diags)
{
    size_t size = mf_from_id(part->field)->n_bytes;
    uint8_t mask[16];
    struct nw_value value;

    if (!parse_value(p, part, i, vars, &value, diags)) {
        return false;
    }
    lw_prefix_mask(part->prefix_len, mask, size);

    ovs_be32 ipv4 = htonl(value.ipv4);

    lw_clause_add(alt, part->field,
                  (part->type == NW_T_IPV4   ? (const void *) &ipv4
                   : part->type == NW_T_IPV6 ? value.ipv6
                                             : value.mac),
                  mask);
    return true;
}

/* Builds the match of tuple 'i'. */
static bool
tuple_match(const struct predicate *p, size_t i, uint16_t port,
            const struct nw_vars *vars, struct match *match,
            struct nw_diags *diags)
{
    match_init_catchall(match);
    match_set_reg(match, PL_R_PORT - MFF_REG0, port);
    match_set_reg(match, PL_R_PRED - MFF_REG0, p->key);
    if (p->eth_type) {
        match_set_dl_type(match, htons(p->eth_type));
    }
    for (size_t j = 0; j < p->n_parts; j++) {
        struct lw_alt alt = { .n = 0 };

        if (!add_clause(p, &p->parts[j], i, vars, &alt, diags)) {
            return false;
        }
        lw_alt_apply(&alt, match);
    }
    return true;
}

bool
predicate_check(const struct predicate *p, const struct nw_vars *vars,
                struct nw_diags *diags)
{
    size_t n = p->use.set ? 0 : count_tuples(p, vars, diags);
    bool ok = n > 0 || p->use.set;

    for (size_t i = 0; ok && i < n; i++) {
        for (size_t j = 0; ok && j < p->n_parts; j++) {
            struct nw_value value;

            ok = parse_value(p, &p->parts[j], i, vars, &value, diags);
        }
    }
    return ok;
}

bool
predicate_rows(const struct predicate *p, uint16_t port,
               const struct nw_vars *vars, struct flow_set *set,
               struct nw_diags *diags)
{
    size_t n = p->use.set ? 0 : count_tuples(p, vars, diags);
    uint64_t cookie = pipeline_cookie(PL_K_PORT,
                                      (uint64_t) PL_T_PREDICATE << 32 | port);
    struct flow_set rows;
    struct of_flow *row;
    bool ok = n > 0 || p->use.set;

    flow_set_init(&rows);
    for (size_t i = 0; ok && i < n; i++) {
        uint64_t stub[64 / 8];
        struct ofpbuf acts = OFPBUF_STUB_INITIALIZER(stub);
        struct match match;

        ok = tuple_match(p, i, port, vars, &match, diags);
        if (ok) {
            act_load(&acts, PL_R_HIT, 1);
            flow_set_add(&rows, of_flow_create(PL_T_PREDICATE, 100, cookie,
                                               &match, &acts));
        }
        ofpbuf_uninit(&acts);
    }
    if (ok && !(p->negate && hmap_count(&rows.flows) > 1)) {
        HMAP_FOR_EACH_POP (row, node, &rows.flows) {
            flow_set_add(set, row);
        }
    }
    flow_set_uninit(&rows);
    return ok;
}
