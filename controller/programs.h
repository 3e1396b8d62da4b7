/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef CONTROLLER_PROGRAMS_H
#define CONTROLLER_PROGRAMS_H 1

/* The programs that ports use, each compiled once.
 *
 * When a filter changes, the programs made from it are retired: no port gets
 * one any more, but those that have one keep it until they have been moved to
 * a new version, and for good if the new version does not work for them.
 *
 * A port may have a copy of a program for itself, under another number, so
 * that its flows count that port's packets alone; and ports whose accepted
 * packets are logged have one whose flows say which rule accepts.
 *
 * A program that was taken over from an earlier process is known by its flows
 * only.  It is retired from the beginning. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "flows/ruleset.h"
#include "openvswitch/list.h"
#include "sset.h"
#include "switch/histogram.h"

struct filter_store;
struct flow_set;
struct leftovers;
struct nw_vars;
struct program;
struct programs;
struct set_use;

struct program_entry {
    struct ovs_list node; /* In programs. */
    char *filter;         /* Top-level filter's name. */
    char *own_port;       /* The port that has it for itself, or NULL. */
    bool tells_accepts;   /* See program_telling_flows(). */
    struct program *program;
    char *key; /* Of 'program', and whose it is; NULL without 'program'. */
    struct flow_set *taken_over; /* Its flows, if 'program' is NULL; */
    struct set_use *uses;        /* and of address sets. */
    size_t n_uses;
    uint32_t id;
    char *owner; /* Name as owner of flows. */
    bool retired;
    char *error;    /* Why it could not be compiled, or NULL. */
    size_t n_ports; /* Ports that have it in force. */
    bool planned;   /* Ports are about to have it in force. */
};

struct programs *programs_create(void);
void programs_destroy(struct programs *);

/* Sets how many flows a program may have; 0 is no limit.  If that is a change,
 * all programs are retired. */
void programs_set_max_flows(struct programs *, size_t max_flows);
size_t programs_max_flows(const struct programs *);

/* Retires the programs that depend on one of the filters. */
void programs_retire(struct programs *, const struct sset *filters);

struct program_variant {
    const char *own_port; /* Who is to have it for itself; NULL: ports share
                           * it. */
    bool tells_accepts;   /* It is to say which rule accepts... */
    const struct filter_store *filters; /* ...or, if not NULL, whenever one of
                                         * its filters has accepts logged. */
};

/* The program for a port that names 'filter' and has parameters 'vars', which
 * is compiled if there is none that fits.  Check its 'error'. */
struct program_entry *programs_get(struct programs *, const char *filter,
                                   const struct program_variant *,
                                   const struct nw_vars *vars,
                                   filter_lookup_func *, void *aux);

/* The program that has that number, for a port whose filter can not be
 * compiled. */
struct program_entry *programs_take_over(struct programs *, uint32_t id,
                                         const struct leftovers *);

/* Whether another program that ports have, or are about to have, needs the
 * retired program's id. */
bool programs_is_displaced(const struct programs *,
                           const struct program_entry *);

bool programs_any_displaced(const struct programs *);

/* Gives a retired program that stays in use another id and owner's name, so
 * that its successor can have its own.  Returns true if it had to. */
bool programs_set_aside(struct programs *, struct program_entry *);

/* Frees programs without ports; no plan is left. */
void programs_clean(struct programs *);

/* Adds the program's flows under its id. */
void program_entry_flows(const struct program_entry *, struct flow_set *);

/* What it needs besides: bits by pipeline_need. */
unsigned int program_entry_needs(const struct program_entry *);

/* Whether both have the same predicates, so that a port's rows fit either. */
bool program_entry_same_rows(const struct program_entry *,
                             const struct program_entry *);

/* How long compiling took, for each program. */
const struct histogram *programs_compile_times(const struct programs *);

/* Iterates over all entries, retired ones too. */
const struct ovs_list *programs_list(const struct programs *);

#endif /* controller/programs.h */
