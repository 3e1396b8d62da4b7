/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "views/text-table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "openvswitch/dynamic-string.h"
#include "unicode.h"
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

/* A row is one line, and what a name says to a terminal stays unsaid. */
static void
add_cell(struct text_table *table, char *cell)
{
    for (char *p = cell; *p; p++) {
        *p = (unsigned char) *p < ' ' || *p == 0x7f ? '?' : *p;
    }
    svec_add_nocopy(&table->cells, cell);
}

void
text_table_add(struct text_table *table, const char *cell)
{
    add_cell(table, xstrdup(cell ? cell : ""));
}

void
text_table_addf(struct text_table *table, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    add_cell(table, xvasprintf(format, args));
    va_end(args);
}

/* In characters; in bytes of what is no UTF-8. */
static size_t
width_of(const char *cell)
{
    size_t width;
    char *error = utf8_validate(cell, &width);

    if (error) {
        width = strlen(cell);
        free(error);
    }
    return width;
}

/* Returns the width of each column; the caller frees the array. */
static size_t *
measure(const struct text_table *table)
{
    size_t *widths = xcalloc(table->n_columns, sizeof *widths);

    for (size_t i = 0; i < table->cells.n; i++) {
        size_t *width = &widths[i % table->n_columns];

        *width = MAX(*width, width_of(table->cells.names[i]));
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
            ds_put_format(out, " %s", table->cells.names[i]);
            ds_put_char_multiple(out, ' ',
                                 widths[column]
                                     - width_of(table->cells.names[i]) + 2);
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
