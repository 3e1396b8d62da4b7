/* SPDX-License-Identifier: Apache-2.0
 * Copyright (c) 2026 the ovs-nwfilter authors. */

#include <config.h>

#include "utilities/nwfctl.h"

#include <stdio.h>
#include <stdlib.h>

#include "openvswitch/vlog.h"
#include "stream.h"
#include "table.h"
#include "util.h"

static const char commands[] =
    "Filters:\n"
    "  define [--compat] [--no-lint] FILE...\n"
    "                              define or replace the filters in FILEs\n"
    "  undefine [--if-exists] NAME...\n"
    "                              delete filters that nothing refers to\n"
    "  list                        list the filters\n"
    "  filter-list                 the same\n"
    "  dumpxml NAME                print a filter as it was defined\n"
    "  edit NAME                   change a filter in your editor\n"
    "  log [NAME [EVENTS]]         log what a filter's rules drop, accept\n"
    "\n"
    "Bindings (--host=NAME: on that host only):\n"
    "  binding-create [--replace] FILE  bind a port to a filter\n"
    "  binding-delete [--if-exists] PORT...  delete bindings\n"
    "  binding-list                list the bindings\n"
    "  binding-dumpxml PORT        print a binding\n"
    "\n"
    "Address sets (--exist: entries may exist, or be gone, already):\n"
    "  set-create NAME TYPE [ENTRY...]  create a set, TYPE as ipset(8)\n"
    "  set-add NAME ENTRY...       add entries\n"
    "  set-del NAME ENTRY...       delete entries\n"
    "  set-list [NAME]             list the sets, or the entries of one\n"
    "  set-destroy [--if-exists] NAME  delete a set that no filter tests\n"
    "  set-import [--replace] [FILE]  create sets from `ipset save' output\n"
    "\n"
    "Without database and daemon:\n"
    "  check [--compat] [--no-lint] FILE...\n"
    "                              validate filters, and warn of what people\n"
    "                              get wrong in them\n"
    "  test [--live] FILE...       does what FILEs say become of packets?\n"
    "  compile [--mac=MAC] [--param=NAME=VALUE[,VALUE]...]...\n"
    "          [--set=NAME=TYPE[;ENTRY]...]... --filter=NAME FILE...\n"
    "                              print the flows of a filter\n"
    "\n"
    "The daemon on this host:\n"
    "  ports                       its ports, their filters and status\n"
    "  port PORT                   one port: parameters, addresses, packets,\n"
    "                              last change\n"
    "  counters [FILTER]           packets and bytes that each rule decided\n"
    "  flows [--all] [PORT]        the switch's flows, with counters and\n"
    "                              rules\n"
    "  explain [COOKIE...]         the rules behind cookies; without\n"
    "                              arguments, annotates a dump of flows\n"
    "  fsck                        compare the switch with what should be\n"
    "                              there\n"
    "  trace [--state=STATE] PORT in|out FLOW\n"
    "  trace [--state=STATE] --between PORT PORT FLOW\n"
    "                              follow a packet and name its rule\n"
    "  drops [PORT] [--follow]     the last dropped packets and their rules\n"
    "  watch [PORT [on|off]]       what each rule did for one port\n"
    "  export-port PORT            print what is learned of a port's guest\n"
    "  import-port FILE            take that over, on the host that the\n"
    "                              guest moves to\n"
    "  sync [--timeout=S]          wait until the switch has everything\n";

static const char options[] =
    "Options:\n"
    "  --db=DATABASE               connect to policy DATABASE\n"
    "                              (default: %s)\n"
    "  --ctl=SOCKET                the daemon's control socket\n"
    "                              (default: %s)\n"
    "  --wait                      then wait until the switch has it;\n"
    "                              --no-wait is the default\n"
    "  -t, --timeout=SECS          give up after SECS seconds\n"
    "  --retry                     keep trying to connect to the database\n"
    "  --dry-run                   do not commit changes to the database\n"
    "  --oneline                   print the output of each command as one\n"
    "                              line\n"
    "  --no-leader-only            talk to any server of a cluster, not\n"
    "                              its leader (--leader-only, default)\n"
    "  --no-shuffle-remotes        try its servers in order, not in any\n"
    "                              (--shuffle-remotes, default)\n"
    "  --max-column-width=N        cut off the cells of tables\n";

static const char queries[] =
    "\nOther options:\n"
    "  --peer-ca-cert=FILE         certificate to send to peers\n"
    "  --commands                  print all commands\n"
    "  --options                   print all options\n"
    "  -h, --help                  display this help message\n"
    "  -V, --version               display version information";

void
nwfctl_usage(const struct nwfctl *nwfctl)
{
    printf("%s: libvirt network filters on Open vSwitch\n"
           "usage: %s [OPTIONS] COMMAND [ARG...] [-- COMMAND [ARG...]]...\n\n",
           program_name, program_name);
    puts(commands);
    puts("General:\n"
         "  show                        print an overview of the database\n"
         "  comment TEXT...             put a remark into the database's log");
    printf("%s%s\n", ctl_get_db_cmd_usage(), ctl_list_db_tables_usage());
    puts("Their options: --if-exists, --all, --columns=COL..., --id=@NAME\n");
    printf(options, nwfctl->db, nwfctl->control_socket);
    table_usage();
    vlog_usage();
    puts("  --no-syslog                 equivalent to -vsyslog:warn");
    stream_usage("database", true, false, true);
    puts(queries);
    exit(EXIT_SUCCESS);
}
