# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.

# The daemon but for its command line, which tests link with.
noinst_LTLIBRARIES += daemon/libdaemon.la
daemon_libdaemon_la_SOURCES = \
	daemon/commands.c \
	daemon/commands.h \
	daemon/daemon.c \
	daemon/daemon.h \
	daemon/http.c \
	daemon/http.h \
	daemon/loop.c \
	daemon/loop.h \
	daemon/report.c \
	daemon/report.h

sbin_PROGRAMS += daemon/ovs-nwfilterd
daemon_ovs_nwfilterd_SOURCES = daemon/main.c
daemon_ovs_nwfilterd_LDADD = $(DAEMON_LIBS)
