/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "switch/table-names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "flows/pipeline.h"
#include "openvswitch/list.h"
#include "openvswitch/ofp-msgs.h"
#include "openvswitch/ofp-table.h"
#include "openvswitch/ofpbuf.h"
#include "util.h"

/* What the switch says about one of the pipeline's tables. */
struct table {
    uint8_t id;
    char name[OFP_MAX_TABLE_NAME_LEN];
    uint32_t max_entries; /* May not be changed, but has to be said. */
};

struct table_names {
    struct table *tables;
    size_t n, allocated;
};

struct table_names *
table_names_create(void)
{
    return xzalloc(sizeof(struct table_names));
}

void
table_names_destroy(struct table_names *tn)
{
    if (tn) {
        free(tn->tables);
        free(tn);
    }
}

struct ofpbuf *
table_names_encode_request(enum ofp_version version)
{
    return (version < OFP15_VERSION
                ? NULL
                : ofputil_encode_table_features_request(version));
}

static void
add_table(struct table_names *tn, const struct ofputil_table_features *tf)
{
    struct table *table;
    char buf[32];

    if (!pipeline_table_name(tf->table_id, buf)) {
        return;
    }
    if (tn->n >= tn->allocated) {
        tn->tables = x2nrealloc(tn->tables, &tn->allocated,
                                sizeof *tn->tables);
    }
    table = &tn->tables[tn->n++];
    table->id = tf->table_id;
    table->max_entries = tf->max_entries;
    ovs_strlcpy_arrays(table->name, tf->name);
}

int
table_names_add(struct table_names *tn, const struct ofp_header *oh)
{
    struct ofpbuf msg = ofpbuf_const_initializer(oh, ntohs(oh->length));
    struct ofputil_table_features tf;
    struct ofpbuf properties;
    int error;

    while (!(error = ofputil_decode_table_features(&msg, &tf, &properties))) {
        add_table(tn, &tf);
    }
    return error == EOF ? 0 : error;
}

/* Appends the table if its name is 'from' and gets 'to'. */
static size_t
put_table(struct table *table, const char *from, const char *to,
          struct ovs_list *msgs)
{
    struct ofputil_table_features tf = {
        .table_id = table->id,
        .command = OFPTFC15_MODIFY,
        .metadata_match = OVS_BE64_MAX,
        .metadata_write = OVS_BE64_MAX,
        .max_entries = table->max_entries,
    };

    if (strcmp(table->name, from)) {
        return 0;
    }
    ovs_strlcpy(tf.name, to, sizeof tf.name);
    ovs_strlcpy(table->name, to, sizeof table->name);
    ofputil_append_table_features(&tf, NULL, msgs);
    return 1;
}

struct ofpbuf *
table_names_encode_change(struct table_names *tn, enum ofp_version version,
                          bool set)
{
    struct ofpbuf *request = table_names_encode_request(version);
    struct ovs_list msgs = OVS_LIST_INITIALIZER(&msgs);
    size_t n = 0;

    if (!request) {
        return NULL;
    }
    ovs_list_push_back(&msgs, &request->list_node);
    for (size_t i = 0; i < tn->n; i++) {
        char buf[32];
        const char *name = pipeline_table_name(tn->tables[i].id, buf);

        n += put_table(&tn->tables[i], set ? "" : name, set ? name : "",
                       &msgs);
    }

    /* A hundred tables are far from filling one message. */
    ovs_assert(ovs_list_is_singleton(&msgs));
    request = ofpbuf_from_list(ovs_list_pop_front(&msgs));
    if (!n) {
        ofpbuf_delete(request);
        return NULL;
    }
    ofpmsg_update_length(request);
    return request;
}
