# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.

noinst_LTLIBRARIES += ovsdb/libovsdbmodel.la
ovsdb_libovsdbmodel_la_SOURCES = \
	ovsdb/idl.c \
	ovsdb/idl.h \
	ovsdb/local.c \
	ovsdb/local.h \
	ovsdb/local-bond.c \
	ovsdb/local-private.h \
	ovsdb/local-row.c \
	ovsdb/local-tree.c \
	ovsdb/local-update.c \
	ovsdb/local-write.c \
	ovsdb/policy.c \
	ovsdb/policy.h \
	ovsdb/policy-host.c \
	ovsdb/policy-lease.c \
	ovsdb/policy-private.h \
	ovsdb/policy-row.c
nodist_ovsdb_libovsdbmodel_la_SOURCES = \
	ovsdb/nwfilter-idl.c \
	ovsdb/nwfilter-idl.h

dist_pkgdata_DATA += ovsdb/nwfilter.ovsschema

EXTRA_DIST += ovsdb/nwfilter-idl.ann
BUILT_SOURCES += ovsdb/nwfilter-idl.h
CLEANFILES += \
	ovsdb/nwfilter-idl.c \
	ovsdb/nwfilter-idl.h \
	ovsdb/nwfilter-idl.ovsidl

ovsdb/nwfilter-idl.ovsidl: ovsdb/nwfilter.ovsschema ovsdb/nwfilter-idl.ann
	$(AM_V_GEN)$(MKDIR_P) ovsdb && \
	$(OVSDB_IDLC) annotate $(srcdir)/ovsdb/nwfilter.ovsschema \
	    $(srcdir)/ovsdb/nwfilter-idl.ann > $@.tmp && mv $@.tmp $@
ovsdb/nwfilter-idl.c: ovsdb/nwfilter-idl.ovsidl
	$(AM_V_GEN)$(OVSDB_IDLC) c-idl-source $< > $@.tmp && mv $@.tmp $@
ovsdb/nwfilter-idl.h: ovsdb/nwfilter-idl.ovsidl
	$(AM_V_GEN)$(OVSDB_IDLC) c-idl-header $< > $@.tmp && mv $@.tmp $@
