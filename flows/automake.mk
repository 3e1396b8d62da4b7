# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.

noinst_LTLIBRARIES += flows/libflows.la
flows_libflows_la_SOURCES = \
	flows/actions.c \
	flows/actions.h \
	flows/bundle.c \
	flows/bundle.h \
	flows/expand.c \
	flows/expand.h \
	flows/flood.c \
	flows/flood.h \
	flows/flow-table.c \
	flows/flow-table.h \
	flows/flow.c \
	flows/flow.h \
	flows/flush.c \
	flows/flush.h \
	flows/install.c \
	flows/install.h \
	flows/interpret-chain.c \
	flows/interpret-check.c \
	flows/interpret-ct-ftp.c \
	flows/interpret-ct-private.h \
	flows/interpret-ct-sum.c \
	flows/interpret-ct-tcp.c \
	flows/interpret-ct.c \
	flows/interpret-ct.h \
	flows/interpret-flatten.c \
	flows/interpret-frame.c \
	flows/interpret-frame.h \
	flows/interpret-match-l3.c \
	flows/interpret-match.c \
	flows/interpret-private.h \
	flows/interpret-set.c \
	flows/interpret-set.h \
	flows/interpret.c \
	flows/interpret.h \
	flows/leftovers.c \
	flows/leftovers.h \
	flows/lower-l2.c \
	flows/lower-l3.c \
	flows/lower-private.h \
	flows/lower.c \
	flows/lower.h \
	flows/observe.c \
	flows/observe.h \
	flows/pipeline.c \
	flows/pipeline.h \
	flows/port-flows.c \
	flows/port-flows.h \
	flows/predicate.c \
	flows/predicate.h \
	flows/program-chains.c \
	flows/program-chains.h \
	flows/program.c \
	flows/program.h \
	flows/reject.c \
	flows/reject.h \
	flows/ruleset.c \
	flows/ruleset.h \
	flows/segment.c \
	flows/segment.h \
	flows/set-rows.c \
	flows/set-rows.h \
	flows/switch.c \
	flows/switch.h
