/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "ovsdb/policy-private.h"

#include <stdlib.h>
#include <string.h>

#include "ovsdb/nwfilter-idl.h"
#include "util.h"

static const char *
filter_row_key(const struct ovsdb_idl_row *row)
{
    return CONTAINER_OF(row, struct nwrec_filter, header_)->name;
}

static void *
filter_create(struct ovsdb_idl_index *index, const char *name,
              const char *host OVS_UNUSED)
{
    struct nwrec_filter *target = nwrec_filter_index_init_row(index);
    nwrec_filter_index_set_name(target, name);
    const struct nwrec_filter *row = nwrec_filter_index_find(index, target);
    nwrec_filter_index_destroy_row(target);
    if (!row) {
        return NULL;
    }

    struct policy_filter *filter = xmalloc(sizeof *filter);
    *filter = (struct policy_filter){
        .name = xstrdup(row->name),
        .xml = xstrdup(row->xml),
        .compat = row->compat,
        .log = nullable_xstrdup(smap_get(&row->external_ids, "log")),
    };
    return filter;
}

static bool
filter_equal(const void *a_, const void *b_)
{
    const struct policy_filter *a = a_;
    const struct policy_filter *b = b_;

    return (!strcmp(a->xml, b->xml) && a->compat == b->compat
            && nullable_string_is_equal(a->log, b->log));
}

static void
filter_destroy(void *filter_)
{
    struct policy_filter *filter = filter_;

    if (filter) {
        free(filter->name);
        free(filter->xml);
        free(filter->log);
        free(filter);
    }
}

static const char *
binding_row_key(const struct ovsdb_idl_row *row)
{
    return CONTAINER_OF(row, struct nwrec_binding, header_)->port;
}

/* A row for this host wins over one for every host.  Rows for other hosts are
 * left out by the monitor's condition, but not by a server without it. */
static const struct nwrec_binding *
binding_find_row(struct ovsdb_idl_index *index, const char *port,
                 const char *host)
{
    struct nwrec_binding *target = nwrec_binding_index_init_row(index);
    const struct nwrec_binding *row, *best = NULL;

    nwrec_binding_index_set_port(target, port);
    NWREC_BINDING_FOR_EACH_EQUAL (row, target, index) {
        if (!strcmp(row->host, host)) {
            best = row;
            break;
        } else if (!row->host[0]) {
            best = row;
        }
    }
    nwrec_binding_index_destroy_row(target);
    return best;
}

static void *
binding_create(struct ovsdb_idl_index *index, const char *port,
               const char *host)
{
    const struct nwrec_binding *row = binding_find_row(index, port, host);

    if (!row) {
        return NULL;
    }

    struct policy_binding *binding = xmalloc(sizeof *binding);
    *binding = (struct policy_binding){
        .port = xstrdup(row->port),
        .host = xstrdup(row->host),
        .mac = xstrdup(row->mac),
        .filter = xstrdup(row->filter),
    };
    smap_clone(&binding->params, &row->params);
    return binding;
}

static bool
binding_equal(const void *a_, const void *b_)
{
    const struct policy_binding *a = a_;
    const struct policy_binding *b = b_;

    return (!strcmp(a->host, b->host) && !strcmp(a->mac, b->mac)
            && !strcmp(a->filter, b->filter)
            && smap_equal(&a->params, &b->params));
}

static void
binding_destroy(void *binding_)
{
    struct policy_binding *binding = binding_;

    if (binding) {
        free(binding->port);
        free(binding->host);
        free(binding->mac);
        free(binding->filter);
        smap_destroy(&binding->params);
        free(binding);
    }
}

static const char *
set_row_key(const struct ovsdb_idl_row *row)
{
    return CONTAINER_OF(row, struct nwrec_address_set, header_)->name;
}

static void *
set_create(struct ovsdb_idl_index *index, const char *name,
           const char *host OVS_UNUSED)
{
    struct nwrec_address_set *target = nwrec_address_set_index_init_row(index);
    nwrec_address_set_index_set_name(target, name);
    const struct nwrec_address_set *row = nwrec_address_set_index_find(index,
                                                                       target);
    nwrec_address_set_index_destroy_row(target);
    if (!row) {
        return NULL;
    }

    struct policy_set *set = xmalloc(sizeof *set);
    *set = (struct policy_set){
        .name = xstrdup(row->name),
        .type = xstrdup(row->type),
        .entries = SSET_INITIALIZER(&set->entries),
    };
    sset_add_array(&set->entries, row->entries, row->n_entries);
    return set;
}

static bool
set_equal(const void *a_, const void *b_)
{
    const struct policy_set *a = a_;
    const struct policy_set *b = b_;

    return !strcmp(a->type, b->type) && sset_equals(&a->entries, &b->entries);
}

static void
set_destroy(void *set_)
{
    struct policy_set *set = set_;

    if (set) {
        free(set->name);
        free(set->type);
        sset_destroy(&set->entries);
        free(set);
    }
}

static const char *
leases_row_key(const struct ovsdb_idl_row *row)
{
    return CONTAINER_OF(row, struct nwrec_lease, header_)->guest;
}

static void *
leases_create(struct ovsdb_idl_index *index, const char *guest,
              const char *host OVS_UNUSED)
{
    struct nwrec_lease *target = nwrec_lease_index_init_row(index);
    nwrec_lease_index_set_guest(target, guest);
    const struct nwrec_lease *row = nwrec_lease_index_find(index, target);
    nwrec_lease_index_destroy_row(target);
    if (!row) {
        return NULL;
    }

    struct policy_leases *leases = xmalloc(sizeof *leases);
    *leases = (struct policy_leases){
        .guest = xstrdup(row->guest),
        .host = xstrdup(row->host),
        .port = xstrdup(row->port),
    };
    smap_clone(&leases->addresses, &row->addresses);
    return leases;
}

static bool
leases_equal(const void *a_, const void *b_)
{
    const struct policy_leases *a = a_;
    const struct policy_leases *b = b_;

    return (!strcmp(a->host, b->host) && !strcmp(a->port, b->port)
            && smap_equal(&a->addresses, &b->addresses));
}

static void
leases_destroy(void *leases_)
{
    struct policy_leases *leases = leases_;

    if (leases) {
        free(leases->guest);
        free(leases->host);
        free(leases->port);
        smap_destroy(&leases->addresses);
        free(leases);
    }
}

const struct policy_kind policy_kinds[N_POLICY_KINDS] = {
    [POLICY_FILTER] = {
        &nwrec_table_filter, &nwrec_filter_col_name, filter_row_key,
        filter_create, filter_equal, filter_destroy,
    },
    [POLICY_BINDING] = {
        &nwrec_table_binding, &nwrec_binding_col_port, binding_row_key,
        binding_create, binding_equal, binding_destroy,
    },
    [POLICY_SET] = {
        &nwrec_table_address_set, &nwrec_address_set_col_name, set_row_key,
        set_create, set_equal, set_destroy,
    },
    [POLICY_LEASES] = {
        &nwrec_table_lease, &nwrec_lease_col_guest, leases_row_key,
        leases_create, leases_equal, leases_destroy,
    },
};
