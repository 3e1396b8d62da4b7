# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.

noinst_LTLIBRARIES += trace/libtrace.la
trace_libtrace_la_SOURCES = \
	trace/fate.c \
	trace/fate.h \
	trace/trace-packet.c \
	trace/trace-packet.h \
	trace/trace-state.c \
	trace/trace-state.h \
	trace/trace.c \
	trace/trace.h
