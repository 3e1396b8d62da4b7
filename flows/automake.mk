# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.

noinst_LTLIBRARIES += flows/libflows.la
flows_libflows_la_SOURCES = \
	flows/actions.c \
	flows/actions.h \
	flows/arp-header.c \
	flows/arp-header.h \
	flows/bond-flows.c \
	flows/bond-flows.h \
	flows/bpdu-flows.c \
	flows/bpdu-flows.h \
	flows/bpdu.c \
	flows/bpdu.h \
	flows/expand.c \
	flows/expand.h \
	flows/flood.c \
	flows/flood.h \
	flows/flow-table.c \
	flows/flow-table.h \
	flows/flow.c \
	flows/flow.h \
	flows/groups.c \
	flows/groups.h \
	flows/ipv6-header.c \
	flows/ipv6-header.h \
	flows/known.c \
	flows/known.h \
	flows/lower-l2.c \
	flows/lower-l3.c \
	flows/lower-private.h \
	flows/lower-stp.c \
	flows/lower.c \
	flows/lower.h \
	flows/pipeline.c \
	flows/pipeline.h \
	flows/port-config.c \
	flows/port-config.h \
	flows/port-flows.c \
	flows/port-flows.h \
	flows/predicate.c \
	flows/predicate.h \
	flows/program-chains.c \
	flows/program-chains.h \
	flows/program.c \
	flows/program.h \
	flows/punt-flows.c \
	flows/punt-flows.h \
	flows/purpose.c \
	flows/purpose.h \
	flows/reject.c \
	flows/reject.h \
	flows/rule-origin.c \
	flows/rule-origin.h \
	flows/ruleset.c \
	flows/ruleset.h \
	flows/sample.c \
	flows/sample.h \
	flows/segment.c \
	flows/segment.h \
	flows/set-rows.c \
	flows/set-rows.h \
	flows/snoop-flows.c \
	flows/snoop-flows.h \
	flows/stable-id.c \
	flows/stable-id.h
