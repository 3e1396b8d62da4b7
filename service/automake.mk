# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.

# What starts ovs-nwfilter with the host, and keeps its logs small.
UNITS = service/ovs-nwfilter-db.service service/ovs-nwfilterd.service
EXTRA_DIST += \
	service/ovs-nwfilter-db.service.in \
	service/ovs-nwfilter.logrotate \
	service/ovs-nwfilterd.service.in
CLEANFILES += $(UNITS) service/ovs-nwfilter

if SYSTEMD
systemdsystemunit_DATA = $(UNITS)
endif

$(UNITS): Makefile
	$(AM_V_GEN)$(MKDIR_P) service && \
	sed -e 's,[@]sbindir@,$(sbindir),' $(srcdir)/$@.in > $@.tmp && \
	mv $@.tmp $@
service/ovs-nwfilter-db.service: service/ovs-nwfilter-db.service.in
service/ovs-nwfilterd.service: service/ovs-nwfilterd.service.in

# logrotate takes the name for what it is about.
logrotatedir = $(sysconfdir)/logrotate.d
logrotate_DATA = service/ovs-nwfilter

service/ovs-nwfilter: service/ovs-nwfilter.logrotate
	$(AM_V_GEN)$(MKDIR_P) service && \
	cp $(srcdir)/service/ovs-nwfilter.logrotate $@
