/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/learning-private.h"

#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "openvswitch/json.h"
#include "ovsdb-error.h"
#include "ovsdb-parser.h"
#include "ovsdb/policy.h"
#include "smap.h"
#include "timeval.h"
#include "util.h"

char *
learning_export(const struct learning *l, const char *name)
{
    const struct learning_port *p = shash_find_data(&l->ports, name);
    struct json *addresses = json_array_create_empty();
    struct json *document = json_object_create();
    size_t n = 0;
    const struct learner_lease *leases = p ? learner_leases(p->learner, &n)
                                           : NULL;

    for (size_t i = 0; i < n; i++) {
        struct ds s = DS_EMPTY_INITIALIZER;

        if (!leases[i].refused) {
            learner_lease_format(&leases[i], time_msec(), time_wall_msec(),
                                 &s);
            json_array_add(addresses, json_string_create(ds_cstr(&s)));
        }
        ds_destroy(&s);
    }
    json_object_put(document, "version", json_integer_create(1));
    json_object_put_string(document, "port", name);
    if (p) {
        json_object_put_string(document, "guest", p->guest);
    }
    json_object_put(document, "addresses", addresses);

    char *text = json_to_string(document, JSSF_PRETTY | JSSF_SORT);

    json_destroy(document);
    return text;
}

/* Adds the documents' addresses to 'addresses'. */
static char *
read_addresses(const struct json *array, struct smap *addresses)
{
    for (size_t i = 0; array && i < array->array.n; i++) {
        const struct json *element = array->array.elems[i];
        struct learner_lease lease;
        char *error;

        if (element->type != JSON_STRING) {
            return xstrdup("\"addresses\" has an element that is no string");
        }
        error = learner_lease_parse(json_string(element), time_msec(),
                                    time_wall_msec(), &lease);
        if (error) {
            return error;
        }
        learning_add_lease(&lease, addresses);
    }
    return NULL;
}

static void
import_guest(struct learning *l, const char *guest, const char *port,
             const struct smap *imported)
{
    const struct policy_leases *known = policy_leases(l->policy, guest);
    struct smap addresses = SMAP_INITIALIZER(&addresses);
    struct learning_port *p;
    struct smap_node *node;

    if (known) {
        smap_destroy(&addresses);
        smap_clone(&addresses, &known->addresses);
    }
    SMAP_FOR_EACH (node, imported) {
        smap_replace(&addresses, node->key, node->value);
    }
    policy_set_leases(l->policy, guest, port, &addresses);
    smap_destroy(&addresses);
    HMAP_FOR_EACH_WITH_HASH (p, guest_node, learning_index_hash_guest(guest),
                             &l->index.guests) {
        if (!strcmp(p->guest, guest)) {
            learning_restore(p);
        }
    }
}

/* A guest that is known by its port only has the same port here. */
static char *
local_guest(const struct learning *l, const char *guest)
{
    const char *prefix = "port ";
    const char *rest = strncmp(guest, prefix, strlen(prefix))
                           ? NULL
                           : strchr(guest + strlen(prefix), ' ');

    return (
        rest ? xasprintf("%s%s%s", prefix, policy_host_name(l->policy), rest)
             : xstrdup(guest));
}

char *
learning_import(struct learning *l, const char *text)
{
    struct json *json = json_from_string(text);
    struct smap addresses = SMAP_INITIALIZER(&addresses);
    struct ovsdb_parser parser;
    char *error;

    if (json->type == JSON_STRING) {
        error = xstrdup(json_string(json));
        json_destroy(json);
        return error;
    }
    ovsdb_parser_init(&parser, json, "exported port");

    const struct json *version = ovsdb_parser_member(&parser, "version",
                                                     OP_INTEGER);
    const struct json *port = ovsdb_parser_member(&parser, "port", OP_STRING);
    const struct json *guest = ovsdb_parser_member(&parser, "guest",
                                                   OP_STRING | OP_OPTIONAL);
    const struct json *array = ovsdb_parser_member(&parser, "addresses",
                                                   OP_ARRAY);

    if (version && json_integer(version) != 1) {
        ovsdb_parser_raise_error(&parser, "version is not 1");
    }
    error = ovsdb_error_to_string_free(ovsdb_parser_finish(&parser));
    if (!error) {
        error = read_addresses(array, &addresses);
    }
    if (!error && guest) {
        char *name = local_guest(l, json_string(guest));

        import_guest(l, name, json_string(port), &addresses);
        free(name);
    }
    smap_destroy(&addresses);
    json_destroy(json);
    return error;
}
