# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.

noinst_LTLIBRARIES += flows/libflows.la
flows_libflows_la_SOURCES = \
	flows/flow-table.c \
	flows/flow-table.h \
	flows/flow.c \
	flows/flow.h \
	flows/switch.h
