/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef SWITCH_TABLE_NAMES_H
#define SWITCH_TABLE_NAMES_H 1

/* Names for the switch's tables, so that `ovs-ofctl --names' shows those of
 * pipeline.h.
 *
 * They are set with OFPMP_TABLE_FEATURES (OpenFlow 1.5.1, 7.3.5.18, command
 * OFPTFC_MODIFY), not with rows of table Flow_Table: a bridge may have only
 * one such row for each table, and it is the administrator's.  In Open vSwitch
 * a name from there wins, and a request to change it fails as a whole, so
 * tables that have another name are left alone.
 *
 * Pure. */

#include <stdbool.h>

#include "openflow/openflow-common.h"

struct ofp_header;
struct ofpbuf;
struct table_names;

struct table_names *table_names_create(void);
void table_names_destroy(struct table_names *);

/* A request for what the switch says about its tables; NULL if this version of
 * OpenFlow can not change a part of it. */
struct ofpbuf *table_names_encode_request(enum ofp_version);

/* Takes one part of the answer.  Returns 0 if successful, otherwise an
 * OFPERR_* value. */
int table_names_add(struct table_names *, const struct ofp_header *);

/* A request that names the tables, or takes the names away; NULL if there is
 * nothing to change. */
struct ofpbuf *table_names_encode_change(struct table_names *,
                                         enum ofp_version, bool set);

#endif /* switch/table-names.h */
