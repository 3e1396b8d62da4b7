/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "controller/text-table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "util.h"

void
text_table_init(struct text_table *table, size_t n_columns)
{
    table->n_columns = n_columns;
    svec_init(&table->cells);
}

void
text_table_uninit(struct text_table *table)
{
    svec_destroy(&table->cells);
}

void
text_table_add(struct text_table *table, const char *cell)
{
    svec_add(&table->cells, cell ? cell : "");
}

void
text_table_addf(struct text_table *table, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    svec_add_nocopy(&table->cells, xvasprintf(format, args));
    va_end(args);
}

/* Returns the width of each column; the caller frees the array. */
static size_t *
measure(const struct text_table *table)
{
    size_t *widths = xcalloc(table->n_columns, sizeof *widths);

    for (size_t i = 0; i < table->cells.n; i++) {
        size_t *width = &widths[i % table->n_columns];

        *width = MAX(*width, strlen(table->cells.names[i]));
    }
    return widths;
}

void
text_table_format(const struct text_table *table, struct ds *out)
{
    size_t *widths = measure(table);
    size_t total = 0;

    for (size_t i = 0; i < table->n_columns; i++) {
        total += widths[i] + 3;
    }
    for (size_t i = 0; i < table->cells.n; i++) {
        size_t column = i % table->n_columns;

        if (column < table->n_columns - 1) {
            ds_put_format(out, " %-*s  ", (int) widths[column],
                          table->cells.names[i]);
            continue;
        }
        ds_put_format(out, " %s", table->cells.names[i]);
        while (ds_chomp(out, ' ')) {
            continue;
        }
        ds_put_char(out, '\n');
        if (i == column) {
            ds_put_char_multiple(out, '-', total);
            ds_put_char(out, '\n');
        }
    }
    free(widths);
}
