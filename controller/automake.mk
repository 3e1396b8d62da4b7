# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.

noinst_LTLIBRARIES += controller/libcontroller.la
controller_libcontroller_la_SOURCES = \
	controller/announce.c \
	controller/announce.h \
	controller/bond.c \
	controller/bond.h \
	controller/bridge-sets.c \
	controller/bridge-sets.h \
	controller/bridge.c \
	controller/bridge.h \
	controller/document.c \
	controller/document.h \
	controller/drops.c \
	controller/drops.h \
	controller/explain.c \
	controller/explain.h \
	controller/filter-store.c \
	controller/filter-store.h \
	controller/learning-move.c \
	controller/learning-private.h \
	controller/learning-rules.c \
	controller/learning-rules.h \
	controller/learning.c \
	controller/learning.h \
	controller/log-events.c \
	controller/log-events.h \
	controller/packet-log.c \
	controller/packet-log.h \
	controller/port-change.c \
	controller/port-change.h \
	controller/port-learning.c \
	controller/port-learning.h \
	controller/port-log.c \
	controller/port-log.h \
	controller/port-policy.c \
	controller/port-policy.h \
	controller/port.c \
	controller/port.h \
	controller/programs.c \
	controller/programs.h \
	controller/punt.c \
	controller/punt.h \
	controller/purge.c \
	controller/purge.h \
	controller/reconcile.c \
	controller/reconcile.h \
	controller/rule-index.c \
	controller/rule-index.h \
	controller/rundir.c \
	controller/rundir.h \
	controller/samples.c \
	controller/samples.h \
	controller/sets.c \
	controller/sets.h \
	controller/shipped.c \
	controller/shipped.h \
	controller/status.c \
	controller/status.h \
	controller/syncs.c \
	controller/syncs.h \
	controller/take-over.c \
	controller/take-over.h \
	controller/zones.c \
	controller/zones.h
