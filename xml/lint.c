/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "xml/lint.h"

#include <net/ethernet.h>
#include <stdlib.h>
#include <string.h>

#include "xml/diag.h"
#include "xml/lint-private.h"
#include "xml/mem.h"

/* Comparisons that one check may make: some tenths of a second.  What is not
 * looked at then gives no warning. */
enum { BUDGET = 20 * 1000 * 1000 };

/* Warnings of one id that are shown of a filter. */
enum { MAX_SHOWN = 50 };

static const char *const ids[NW_N_LINTS] = {
#define NW_LINT(ENUM, ID) [NW_LINT_##ENUM] = ID,
    NW_LINTS
#undef NW_LINT
};

/* How much a check has to know to be right. */
enum need {
    NEED_FILTER,     /* The filter alone. */
    NEED_REFERENCES, /* All that it refers to. */
    NEED_WHOLE,      /* That, and it is no building block. */
};

static const struct {
    void (*run)(struct lint *);
    enum need need;
} checks[] = {
    { lint_check_elements, NEED_FILTER },
    { lint_check_negated_lists, NEED_FILTER },
    { lint_check_matches, NEED_FILTER },
    { lint_check_chain, NEED_FILTER },
    { lint_check_names, NEED_FILTER },
    { lint_check_duplicate_refs, NEED_FILTER },
    { lint_check_order, NEED_FILTER },
    { lint_check_chain_ends, NEED_REFERENCES },
    { lint_check_layers, NEED_WHOLE },
    { lint_check_only_accepts, NEED_WHOLE },
    { lint_check_ipv4_only, NEED_WHOLE },
    { lint_check_drops, NEED_WHOLE },
    { lint_check_states, NEED_WHOLE },
    { lint_check_related, NEED_WHOLE },
    { lint_check_neighbours, NEED_WHOLE },
};

static bool
is_known(const struct lint *lint, enum nw_lint id, int line, const char *text)
{
    for (size_t i = lint->n_warnings; i-- > 0;) {
        const struct lint_warning *w = &lint->warnings[i];

        if (w->id == id && w->line == line && !strcmp(w->text, text)) {
            return true;
        }
    }
    return false;
}

void
lint_warn(struct lint *lint, enum nw_lint id, int line, const char *format,
          ...)
{
    va_list args;

    va_start(args, format);
    char *text = nw_xvasprintf(format, args);
    va_end(args);

    if (is_known(lint, id, line, text) || lint->counts[id]++ >= MAX_SHOWN) {
        free(text);
        return;
    }
    if (lint->n_warnings >= lint->allocated_warnings) {
        lint->warnings = nw_grow(lint->warnings, &lint->allocated_warnings,
                                 sizeof *lint->warnings);
    }
    lint->warnings[lint->n_warnings] = (struct lint_warning){
        .id = id,
        .line = line,
        .order = lint->n_warnings,
        .text = text,
    };
    lint->n_warnings++;
}

int
lint_line(const struct lint_rule *r)
{
    return r->via ? r->via->line : r->rule->line;
}

bool
lint_is_own(const struct lint_rule *r)
{
    return !r->via;
}

char *
lint_describe(const struct lint_rule *r, int here)
{
    if (r->via) {
        return nw_xasprintf("a rule of filter '%s' (line %d there)",
                            r->filter->name, r->rule->line);
    } else if (r->rule->line == here) {
        return nw_xstrdup("this rule");
    }
    return nw_xasprintf("the rule in line %d", r->rule->line);
}

struct lint_walk
lint_walk_start(struct lint *lint, enum lint_dir dir,
                const struct lint_box *packets, enum lint_mode mode)
{
    return (struct lint_walk){
        .policy = &lint->policy,
        .dir = dir,
        .packets = packets,
        .mode = mode,
        .budget = &lint->budget,
    };
}

void
lint_probe_guest(struct lint_probe *probe, enum lint_dir dir)
{
    const struct lint_set *type = lint_box_get(&probe->box, LINT_ETHERTYPE);
    uint64_t ethertype = type && type->literal ? type->lo.lo : 0;
    bool out = dir == LINT_OUT;

    lint_probe_set_token(probe, out ? LINT_SRC_MAC : LINT_DST_MAC, "MAC");
    if (ethertype == ETHERTYPE_IP || ethertype == ETHERTYPE_IPV6) {
        lint_probe_set_token(probe, out ? LINT_SRC_IP : LINT_DST_IP,
                             ethertype == ETHERTYPE_IP ? "IP" : "IPV6");
    } else if (ethertype == ETHERTYPE_ARP) {
        lint_probe_set_token(probe, out ? LINT_ARP_SHA : LINT_ARP_THA, "MAC");
        lint_probe_set_token(probe, out ? LINT_ARP_SPA : LINT_ARP_TPA, "IP");
    }
}

static int
compare_warnings(const void *a_, const void *b_)
{
    const struct lint_warning *a = a_, *b = b_;

    if (a->line != b->line) {
        return a->line < b->line ? -1 : 1;
    }
    return a->order < b->order ? -1 : a->order > b->order;
}

static void
report(struct lint *lint, struct nw_diags *diags)
{
    const char *file = lint->filter->file;

    if (lint->n_warnings) {
        qsort(lint->warnings, lint->n_warnings, sizeof *lint->warnings,
              compare_warnings);
    }
    for (size_t i = 0; i < lint->n_warnings; i++) {
        const struct lint_warning *w = &lint->warnings[i];

        nw_warning(diags, file, w->line, "[%s] %s", ids[w->id], w->text);
    }
    for (size_t id = 0; id < NW_N_LINTS; id++) {
        if (lint->counts[id] > MAX_SHOWN) {
            nw_warning(diags, file, 1, "[%s] there are %zu more, not shown",
                       ids[id], lint->counts[id] - MAX_SHOWN);
        }
    }
}

static void
run_checks(struct lint *lint)
{
    for (size_t i = 0; i < NW_ARRAY_SIZE(checks); i++) {
        if ((checks[i].need >= NEED_REFERENCES && lint->policy.incomplete)
            || (checks[i].need >= NEED_WHOLE && lint->is_block)) {
            continue;
        }
        lint->budget = BUDGET;
        checks[i].run(lint);
    }
}

void
nw_lint_filter(const struct nw_filter *filter,
               const struct nw_lint_world *world, struct nw_diags *diags)
{
    struct lint lint = {
        .filter = filter,
        .world = world,
        .is_referenced = world->is_referenced
                         && world->is_referenced(filter->name, world->aux),
    };

    lint.is_block = lint.is_referenced || strcmp(filter->chain, "root");
    lint_policy_init(&lint.policy, filter, world->lookup, world->aux);
    run_checks(&lint);
    report(&lint, diags);
    for (size_t i = 0; i < lint.n_warnings; i++) {
        free(lint.warnings[i].text);
    }
    free(lint.warnings);
    lint_policy_uninit(&lint.policy);
}
