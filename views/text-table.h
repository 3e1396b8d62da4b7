/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#ifndef VIEWS_TEXT_TABLE_H
#define VIEWS_TEXT_TABLE_H 1

/* Tables for people, in the look of virsh:
 *
 *      Port Dev   Filter
 *     ---------------------------
 *      vnet0      clean-traffic
 */

#include <stddef.h>

#include "svec.h"

struct ds;

struct text_table {
    size_t n_columns;
    struct svec cells; /* Headings, then row by row. */
};

/* A table with 'n_columns' columns, whose headings are the first cells that
 * are added. */
void text_table_init(struct text_table *, size_t n_columns);
void text_table_uninit(struct text_table *);

/* Appends one cell; NULL is an empty one.  Its control characters are shown as
 * question marks, so that a row is one line. */
void text_table_add(struct text_table *, const char *cell);
void text_table_addf(struct text_table *, const char *format, ...)
    __attribute__((__format__(__printf__, 2, 3)));

/* Appends the whole table to 'out'. */
void text_table_format(const struct text_table *, struct ds *out);

#endif /* views/text-table.h */
