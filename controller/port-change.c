/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/port-change.h"

#include <stdlib.h>
#include <string.h>

#include "controller/port.h"
#include "controller/programs.h"
#include "flows/program.h"
#include "openvswitch/dynamic-string.h"
#include "timeval.h"
#include "util.h"

static void put(struct ds *s, const char *format, ...) OVS_PRINTF_FORMAT(2, 3);

static void
put(struct ds *s, const char *format, ...)
{
    va_list args;

    if (s->length) {
        ds_put_cstr(s, ", ");
    }
    va_start(args, format);
    ds_put_format_valist(s, format, args);
    va_end(args);
}

void
port_change_note_filters(struct port *port, const struct sset *filters)
{
    const struct program *program = port->entry ? port->entry->program : NULL;
    struct ds s = DS_EMPTY_INITIALIZER;

    if (program) {
        const char **names = sset_sort(filters);

        for (size_t i = 0; i < sset_count(filters); i++) {
            if (sset_contains(program_filters(program), names[i])) {
                put(&s, "filter %s redefined", names[i]);
            }
        }
        free(names);
    }
    if (s.length) {
        free(port->change.redefined);
        port->change.redefined = ds_steal_cstr(&s);
    }
    ds_destroy(&s);
}

/* Which filter. */
static void
put_filter(const struct port *port, struct ds *s)
{
    const char *old = port->change.filter;
    const char *new = (port->plan.state == PORT_FILTERED
                           ? port->plan.policy.filter
                           : NULL);

    if (old && new &&strcmp(old, new)) {
        put(s, "filter %s instead of %s", new, old);
    } else if (new && !old) {
        put(s, "filter %s", new);
    } else if (old && !new) {
        put(s, "no filter any more");
    } else if (port->change.redefined) {
        put(s, "%s", port->change.redefined);
    }
}

static bool
same_values(const struct nw_var *a, const struct nw_var *b)
{
    if (!a || !b || a->n_values != b->n_values) {
        return false;
    }
    for (size_t i = 0; i < a->n_values; i++) {
        if (strcmp(a->values[i], b->values[i])) {
            return false;
        }
    }
    return true;
}

/* Which parameters, for a port that has had a filter before. */
static void
put_parameters(const struct port *port, struct ds *s)
{
    const struct nw_vars *old = &port->vars, *new = &port->plan.policy.vars;

    for (size_t i = 0; i < new->n; i++) {
        const struct nw_var *var = nw_vars_find(old, new->vars[i].name);

        if (!var) {
            put(s, "parameter %s added", new->vars[i].name);
        } else if (!same_values(var, &new->vars[i])) {
            put(s, "parameter %s changed", new->vars[i].name);
        }
    }
    for (size_t i = 0; i < old->n; i++) {
        if (!nw_vars_find(new, old->vars[i].name)) {
            put(s, "parameter %s removed", old->vars[i].name);
        }
    }
}

static void
put_plan(const struct port *port, struct ds *s)
{
    if (port->state == PORT_CLOSED && port->plan.state != PORT_CLOSED) {
        put(s, port->change.when ? "opened" : "new to the daemon");
    } else if (port->state != PORT_CLOSED && port->plan.state == PORT_CLOSED) {
        put(s, "closed");
    }
    put_filter(port, s);
    if (port->state == PORT_FILTERED && port->plan.state == PORT_FILTERED) {
        if (!port->plan.same_rows) {
            put_parameters(port, s);
        }
        if (port->learning && !port->plan.learning) {
            put(s, "its addresses are known now");
        } else if (!port->learning && port->plan.learning) {
            put(s, "its addresses are not known any more");
        }
    }
}

void
port_change_note(struct port *port)
{
    struct port_change *change = &port->change;
    struct ds s = DS_EMPTY_INITIALIZER;

    if (port->plan.ok) {
        put_plan(port, &s);
        free(change->filter);
        change->filter = (port->plan.state == PORT_FILTERED
                              ? xstrdup(port->plan.policy.filter)
                              : NULL);
        free(change->redefined);
        change->redefined = NULL;
    }
    if (port->config.ofport
        && port->config.ofport != port->plan.config.ofport) {
        put(&s, "OpenFlow port changed");
    } else if (port->config.ofport
               && !port_config_same_vlans(&port->config, &port->plan.config)) {
        put(&s, "VLANs changed");
    }
    if (s.length) {
        free(change->what);
        change->what = ds_steal_cstr(&s);
        change->when = time_wall_msec();
    }
    ds_destroy(&s);
}
