/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "views/reply.h"

#include <stdlib.h>

#include "controller/reconcile.h"
#include "unixctl.h"
#include "util.h"

void
reply_error(struct unixctl_conn *conn, char *error)
{
    unixctl_command_reply_error(conn, error);
    free(error);
}

const struct port *
reply_find_port(struct unixctl_conn *conn, const struct reconcile *reconcile,
                const char *name)
{
    const struct port *port = shash_find_data(reconcile_ports(reconcile),
                                              name);

    if (!port) {
        reply_error(conn, xasprintf("no port '%s' on a managed bridge", name));
    }
    return port;
}
