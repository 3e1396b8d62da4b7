# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.

bin_PROGRAMS += utilities/nwfctl
utilities_nwfctl_SOURCES = \
	utilities/ctl-client.c \
	utilities/ctl-client.h \
	utilities/nwfctl-annotate.c \
	utilities/nwfctl-annotate.h \
	utilities/nwfctl-args.c \
	utilities/nwfctl-binding.c \
	utilities/nwfctl-bound.c \
	utilities/nwfctl-bound.h \
	utilities/nwfctl-catalog.c \
	utilities/nwfctl-catalog.h \
	utilities/nwfctl-commands.c \
	utilities/nwfctl-compile.c \
	utilities/nwfctl-daemon.c \
	utilities/nwfctl-drops.c \
	utilities/nwfctl-edit.c \
	utilities/nwfctl-filter.c \
	utilities/nwfctl-filter.h \
	utilities/nwfctl-import.c \
	utilities/nwfctl-input.c \
	utilities/nwfctl-lint.c \
	utilities/nwfctl-lint.h \
	utilities/nwfctl-log.c \
	utilities/nwfctl-offline.c \
	utilities/nwfctl-offline.h \
	utilities/nwfctl-run.c \
	utilities/nwfctl-set.c \
	utilities/nwfctl-set.h \
	utilities/nwfctl-show.c \
	utilities/nwfctl-shipped.c \
	utilities/nwfctl-shipped.h \
	utilities/nwfctl-suite.c \
	utilities/nwfctl-suite.h \
	utilities/nwfctl-test.c \
	utilities/nwfctl-trace.c \
	utilities/nwfctl-usage.c \
	utilities/nwfctl.c \
	utilities/nwfctl.h
utilities_nwfctl_LDADD = $(VIEWS_LIBS)
$(utilities_nwfctl_OBJECTS): ovsdb/nwfilter-idl.h

sbin_SCRIPTS += utilities/ovs-nwfilter-ctl
EXTRA_DIST += utilities/ovs-nwfilter-ctl.in
CLEANFILES += utilities/ovs-nwfilter-ctl

utilities/ovs-nwfilter-ctl: utilities/ovs-nwfilter-ctl.in Makefile
	$(AM_V_GEN)$(MKDIR_P) utilities && \
	sed -e 's,[@]sbindir@,$(sbindir),' -e 's,[@]VERSION@,$(VERSION),' \
	    -e 's,[@]pkgdatadir@,$(pkgdatadir),' \
	    $(srcdir)/utilities/ovs-nwfilter-ctl.in > $@.tmp && \
	chmod +x $@.tmp && mv $@.tmp $@
