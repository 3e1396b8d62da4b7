/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/explain.h"

#include "controller/port.h"
#include "controller/programs.h"
#include "controller/reconcile.h"
#include "controller/sets.h"
#include "flows/pipeline.h"
#include "flows/program.h"
#include "openvswitch/dynamic-string.h"
#include "openvswitch/shash.h"

struct explain_scope
explain_scope(const struct reconcile *r, const struct bridge *bridge)
{
    return (struct explain_scope){
        .ports = reconcile_ports(r),
        .programs = reconcile_programs(r),
        .sets = reconcile_sets(r),
        .bridge = bridge,
    };
}

static const struct program_origin *
find_origin(const struct explain_scope *scope, uint64_t id)
{
    const struct program_entry *entry;

    LIST_FOR_EACH (entry, node, programs_list(scope->programs)) {
        const struct program_origin *origin =
            entry->program ? program_find_origin(entry->program, id) : NULL;

        if (origin) {
            return origin;
        }
    }
    return NULL;
}

static const char *
find_port_name(const struct explain_scope *scope, uint32_t ofport)
{
    struct shash_node *node;

    SHASH_FOR_EACH (node, scope->ports) {
        const struct port *port = node->data;

        if (port->config.ofport == ofport
            && (!scope->bridge || scope->bridge == port->bridge)) {
            return port->name;
        }
    }
    return NULL;
}

static const char *
find_program_owner(const struct explain_scope *scope, uint32_t id)
{
    const struct program_entry *entry;

    LIST_FOR_EACH (entry, node, programs_list(scope->programs)) {
        if (entry->id == id) {
            return entry->owner;
        }
    }
    return NULL;
}

static void
explain_port(const struct explain_scope *scope, uint64_t id, struct ds *s)
{
    char buf[32];
    const char *table = pipeline_table_name(id >> 32, buf);
    const char *name = find_port_name(scope, id);
    bool flood = (id >> 32) == PL_T_FLOOD || (id >> 32) == PL_T_FLOOD_CHUNK;

    if (flood) {
        ds_put_format(s, "ports of VLANs (%s)", table);
    } else {
        ds_put_format(s, "port %s (%s)", name ? name : "that is gone",
                      table ? table : "?");
    }
}

void
explain_cookie(const struct explain_scope *scope, uint64_t cookie,
               struct ds *s)
{
    uint64_t id = cookie & PL_COOKIE_ID_MASK;
    const struct program_origin *origin;
    const char *owner;
    char buf[32];

    if (cookie >> 48 != PL_COOKIE_MARK) {
        ds_put_cstr(s, "not a flow of ovs-nwfilter");
        return;
    }
    switch (cookie >> 44 & 0xf) {
    case PL_K_PIPELINE:
        owner = pipeline_table_name(id >> 16, buf);
        ds_put_format(s, "pipeline (%s): ", owner ? owner : "?");
        owner = purpose_text(id);
        ds_put_cstr(s, owner ? owner : "not for anything that is known here");
        break;
    case PL_K_RULE:
        origin = find_origin(scope, id);
        if (origin) {
            ds_put_format(s, "%s:%d: %s", origin->file, origin->line,
                          origin->text);
        } else {
            ds_put_cstr(s, "a rule that is not in use here");
        }
        break;
    case PL_K_PORT:
        explain_port(scope, id, s);
        break;
    case PL_K_PROGRAM:
        owner = find_program_owner(scope, id);
        ds_put_format(s, "%s: from rule to rule",
                      owner ? owner : "a program that is not in use here");
        break;
    case PL_K_SET:
        owner = sets_find_cookie(scope->sets, cookie);
        if (owner) {
            ds_put_format(s, "members of address set '%s'", owner);
        } else {
            ds_put_cstr(s, "an address set that is not in use here");
        }
        break;
    case PL_K_LEARNED:
        ds_put_cstr(s, "learned address");
        break;
    default:
        ds_put_cstr(s, "unknown kind");
        break;
    }
}
