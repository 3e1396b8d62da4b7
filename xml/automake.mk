# SPDX-License-Identifier: Apache-2.0
# Copyright (c) 2026 the ovs-nwfilter authors.

noinst_LTLIBRARIES += xml/libxmlfilter.la
xml_libxmlfilter_la_SOURCES = \
	xml/arena.c \
	xml/arena.h \
	xml/binding.c \
	xml/binding.h \
	xml/diag.c \
	xml/diag.h \
	xml/fields-variable.c \
	xml/fields.c \
	xml/fields.h \
	xml/filter-check.c \
	xml/filter-format.c \
	xml/filter-graph.c \
	xml/filter-graph.h \
	xml/filter-parse-item.c \
	xml/filter-parse-rule.c \
	xml/filter-parse.c \
	xml/filter.c \
	xml/filter.h \
	xml/ipset-port.c \
	xml/ipset-private.h \
	xml/ipset-range.c \
	xml/ipset.c \
	xml/ipset.h \
	xml/lint-box-rule.c \
	xml/lint-box.c \
	xml/lint-box.h \
	xml/lint-layers.c \
	xml/lint-names.c \
	xml/lint-neighbours.c \
	xml/lint-open.c \
	xml/lint-order.c \
	xml/lint-policy.c \
	xml/lint-policy.h \
	xml/lint-private.h \
	xml/lint-rule.c \
	xml/lint-state.c \
	xml/lint-walk.c \
	xml/lint-walk.h \
	xml/lint.c \
	xml/lint.h \
	xml/mem.c \
	xml/mem.h \
	xml/nearest.c \
	xml/nearest.h \
	xml/parameters.c \
	xml/parameters.h \
	xml/parse-common.c \
	xml/parse-private.h \
	xml/strbuf.c \
	xml/strbuf.h \
	xml/value-addr.c \
	xml/value-format.c \
	xml/value-names.c \
	xml/value-private.h \
	xml/value.c \
	xml/value.h \
	xml/vars.c \
	xml/vars.h \
	xml/xmldoc.c \
	xml/xmldoc.h \
	xml/xmlscan.c \
	xml/xmlscan.h
