# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.

# What the daemon and the command line share, and what tests link with.
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
	controller/commands.c \
	controller/commands.h \
	controller/daemon.c \
	controller/daemon.h \
	controller/document.c \
	controller/document.h \
	controller/drops.c \
	controller/drops.h \
	controller/explain.c \
	controller/explain.h \
	controller/exposition.c \
	controller/exposition.h \
	controller/filter-store.c \
	controller/filter-store.h \
	controller/flow-list.c \
	controller/flow-list.h \
	controller/fsck.c \
	controller/fsck.h \
	controller/inquiry.c \
	controller/inquiry.h \
	controller/http.c \
	controller/http.h \
	controller/learning-move.c \
	controller/learning-private.h \
	controller/learning-rules.c \
	controller/learning-rules.h \
	controller/learning.c \
	controller/learning.h \
	controller/log-events.c \
	controller/log-events.h \
	controller/loop.c \
	controller/loop.h \
	controller/metrics.c \
	controller/metrics.h \
	controller/opinion.c \
	controller/opinion.h \
	controller/port-learning.c \
	controller/port-learning.h \
	controller/port-change.c \
	controller/port-change.h \
	controller/port-counts.c \
	controller/port-counts.h \
	controller/packet-log.c \
	controller/packet-log.h \
	controller/port-log.c \
	controller/port-log.h \
	controller/port-policy.c \
	controller/port-policy.h \
	controller/port-view.c \
	controller/port-view.h \
	controller/port.c \
	controller/port.h \
	controller/process-metrics.c \
	controller/process-metrics.h \
	controller/programs.c \
	controller/programs.h \
	controller/punt.c \
	controller/punt.h \
	controller/purge.c \
	controller/purge.h \
	controller/reconcile.c \
	controller/reconcile.h \
	controller/reply.c \
	controller/reply.h \
	controller/report.c \
	controller/report.h \
	controller/rule-counters.c \
	controller/rule-counters.h \
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
	controller/text-table.c \
	controller/text-table.h \
	controller/trace-answer.c \
	controller/trace-answer.h \
	controller/trace-ends.c \
	controller/trace-ends.h \
	controller/trace-report.c \
	controller/trace-report.h \
	controller/trace-request.c \
	controller/trace-request.h \
	controller/trace.c \
	controller/trace.h \
	controller/vswitchd-call.c \
	controller/vswitchd-call.h \
	controller/watch.c \
	controller/watch.h \
	controller/zones.c \
	controller/zones.h

sbin_PROGRAMS += controller/ovs-nwfilterd
controller_ovs_nwfilterd_SOURCES = controller/main.c
controller_ovs_nwfilterd_LDADD = $(CONTROLLER_LIBS)

bin_PROGRAMS += controller/nwfctl
controller_nwfctl_SOURCES = \
	controller/ctl-client.c \
	controller/ctl-client.h \
	controller/nwfctl-annotate.c \
	controller/nwfctl-annotate.h \
	controller/nwfctl-args.c \
	controller/nwfctl-binding.c \
	controller/nwfctl-catalog.c \
	controller/nwfctl-catalog.h \
	controller/nwfctl-commands.c \
	controller/nwfctl-compile.c \
	controller/nwfctl-daemon.c \
	controller/nwfctl-drops.c \
	controller/nwfctl-edit.c \
	controller/nwfctl-filter.c \
	controller/nwfctl-filter.h \
	controller/nwfctl-import.c \
	controller/nwfctl-input.c \
	controller/nwfctl-lint.c \
	controller/nwfctl-lint.h \
	controller/nwfctl-log.c \
	controller/nwfctl-offline.c \
	controller/nwfctl-offline.h \
	controller/nwfctl-run.c \
	controller/nwfctl-set.c \
	controller/nwfctl-set.h \
	controller/nwfctl-show.c \
	controller/nwfctl-shipped.c \
	controller/nwfctl-shipped.h \
	controller/nwfctl-suite.c \
	controller/nwfctl-suite.h \
	controller/nwfctl-test.c \
	controller/nwfctl-trace.c \
	controller/nwfctl-usage.c \
	controller/nwfctl.c \
	controller/nwfctl.h
controller_nwfctl_LDADD = $(CONTROLLER_LIBS)
$(controller_nwfctl_OBJECTS): ovsdb/nwfilter-idl.h

sbin_SCRIPTS += controller/ovs-nwfilter-ctl
EXTRA_DIST += controller/ovs-nwfilter-ctl.in
CLEANFILES += controller/ovs-nwfilter-ctl

controller/ovs-nwfilter-ctl: controller/ovs-nwfilter-ctl.in Makefile
	$(AM_V_GEN)$(MKDIR_P) controller && \
	sed -e 's,[@]sbindir@,$(sbindir),' -e 's,[@]VERSION@,$(VERSION),' \
	    -e 's,[@]pkgdatadir@,$(pkgdatadir),' \
	    $(srcdir)/controller/ovs-nwfilter-ctl.in > $@.tmp && \
	chmod +x $@.tmp && mv $@.tmp $@
