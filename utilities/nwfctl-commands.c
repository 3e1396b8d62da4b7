/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl.h"

#include <string.h>

#include "ovsdb-idl.h"
#include "ovsdb/nwfilter-idl.h"
#include "util.h"

/* How generic database commands name the rows of each table. */
static const struct ctl_table_class tables[NWREC_N_TABLES] = {
    [NWREC_TABLE_FILTER].row_ids = {
        { &nwrec_filter_col_name, NULL, NULL },
    },
    [NWREC_TABLE_BINDING].row_ids = {
        { &nwrec_binding_col_port, NULL, NULL },
    },
    [NWREC_TABLE_ADDRESS_SET].row_ids = {
        { &nwrec_address_set_col_name, NULL, NULL },
    },
    [NWREC_TABLE_LEASE].row_ids = {
        { &nwrec_lease_col_guest, NULL, NULL },
    },
    [NWREC_TABLE_HOST].row_ids = {
        { &nwrec_host_col_name, NULL, NULL },
    },
    [NWREC_TABLE_CONNECTION].row_ids = {
        { &nwrec_connection_col_target, NULL, NULL },
    },
    [NWREC_TABLE_RBAC_ROLE].row_ids = {
        { &nwrec_rbac_role_col_name, NULL, NULL },
    },
    [NWREC_TABLE_RBAC_PERMISSION].row_ids = {
        { &nwrec_rbac_permission_col_table, NULL, NULL },
    },
};

static const struct ctl_command_syntax *
find_command(const struct ctl_command_syntax *commands, const char *name)
{
    for (const struct ctl_command_syntax *c = commands; c->name; c++) {
        if (!strcmp(c->name, name)) {
            return c;
        }
    }
    return NULL;
}

/* The words for arguments in the tables of commands are what the completion of
 * command lines (completion/nwfctl) goes by. */
void
nwfctl_register_commands(void)
{
    ctl_init(&nwrec_idl_class, nwrec_table_classes, tables, NULL, NULL);
    ctl_register_commands(nwfctl_filter_commands);
    ctl_register_commands(nwfctl_edit_commands);
    ctl_register_commands(nwfctl_binding_commands);
    ctl_register_commands(nwfctl_set_commands);
    ctl_register_commands(nwfctl_import_commands);
    ctl_register_commands(nwfctl_log_commands);
    ctl_register_commands(nwfctl_show_commands);
    ctl_register_commands(nwfctl_check_commands);
    ctl_register_commands(nwfctl_compile_commands);
    ctl_register_commands(nwfctl_daemon_commands);
    ctl_register_commands(nwfctl_trace_commands);
    ctl_register_commands(nwfctl_test_commands);
}

enum nwfctl_kind
nwfctl_command_kind(const struct ctl_command *command)
{
    if (find_command(nwfctl_check_commands, command->syntax->name)
        || find_command(nwfctl_compile_commands, command->syntax->name)) {
        return NWFCTL_OFFLINE;
    } else if (find_command(nwfctl_daemon_commands, command->syntax->name)
               || command->syntax == nwfctl_trace_commands
               || command->syntax == nwfctl_test_commands) {
        return NWFCTL_DAEMON;
    } else {
        return NWFCTL_DATABASE;
    }
}

const struct ctl_command_syntax *
nwfctl_own_command(const char *name)
{
    /* Others have options that may be repeated, or with the name of a global
     * one, and read them by themselves. */
    const struct ctl_command_syntax *const own[] = {
        nwfctl_filter_commands,  nwfctl_edit_commands,
        nwfctl_binding_commands, nwfctl_set_commands,
        nwfctl_import_commands,  nwfctl_check_commands,
        nwfctl_trace_commands,   nwfctl_test_commands,
    };

    for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
        const struct ctl_command_syntax *c = find_command(own[i], name);

        if (c) {
            return c;
        }
    }

    const struct ctl_command_syntax *c = find_command(nwfctl_daemon_commands,
                                                      name);

    return c && c->options[0] ? c : NULL;
}
