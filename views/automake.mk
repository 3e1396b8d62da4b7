# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.

# Also what the command line answers by itself.
noinst_LTLIBRARIES += views/libviews.la
views_libviews_la_SOURCES = \
	views/exposition.c \
	views/exposition.h \
	views/flow-list.c \
	views/flow-list.h \
	views/fsck.c \
	views/fsck.h \
	views/inquiry.c \
	views/inquiry.h \
	views/metrics.c \
	views/metrics.h \
	views/opinion.c \
	views/opinion.h \
	views/port-counts.c \
	views/port-counts.h \
	views/port-view.c \
	views/port-view.h \
	views/process-metrics.c \
	views/process-metrics.h \
	views/reply.c \
	views/reply.h \
	views/rule-counters.c \
	views/rule-counters.h \
	views/text-table.c \
	views/text-table.h \
	views/trace-answer.c \
	views/trace-answer.h \
	views/trace-ends.c \
	views/trace-ends.h \
	views/trace-report.c \
	views/trace-report.h \
	views/trace-request.c \
	views/trace-request.h \
	views/trace.c \
	views/trace.h \
	views/vswitchd-call.c \
	views/vswitchd-call.h \
	views/watch.c \
	views/watch.h
